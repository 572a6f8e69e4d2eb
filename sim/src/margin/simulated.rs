//! From simulated returns to the margins of the months and the tails behind them.

use rayon::prelude::*;

use super::close_out::CloseOutLaw;
use super::returns::{Draw, GROUP, Returns, close_out_of};
use super::tail::Tail;
use super::{BPS, CloseOut, MarginError, MarginRequest, Month, MonthTail, SideTail, confidence, whole_bps};
use crate::columns::Columns;
use crate::model::Model;
use crate::numeric::standard_deviation;

/// Scenario numbers of the random streams: over the close-out time, and over the regulator's horizon.
const CLOSE_OUT: u64 = 0x4d41_5247;
const HORIZON: u64 = 0x484f_525a;

/// Confidences at which the tails are reported, in parts per million, beside the ones that are asked for.
const REPORTED: [u32; 2] = [990_000, 995_000];

/// Percentiles of the models that a band shows.
const BAND: [f64; 3] = [0.05, 0.50, 0.95];

/// Sections of the paths from which the error of an expected shortfall is taken.
const SECTIONS: usize = 16;

/// Student's t with one degree of freedom less than [`SECTIONS`], at 97.5 %.
const STUDENT: f64 = 2.131_449_545_559_323;

/// What has been drawn for a request.
pub(super) struct Simulated {
    /// Returns over the close-out time.
    pub returns: Returns,
    /// Confidences at which tails are taken, ascending, in parts per million.
    confidences: Vec<u32>,
    /// Over the regulator's horizon: each month's tails, short and long.
    horizon: Vec<[Tail; 2]>,
    /// Over the close-out time.
    close_out: Vec<[Tail; 2]>,
}

impl Simulated {
    pub fn draw(
        models: &[Model],
        request: &MarginRequest,
        law: &CloseOutLaw,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self, MarginError> {
        request.check(models.len())?;
        let fixed = CloseOut::Fixed { seconds: request.horizon_seconds }.law()?;
        let (tenor_days, seed, paths) = (request.tenor_days.as_slice(), request.seed, request.paths as usize);
        let draw = Draw { models, tenor_days, law, seed, scenario: CLOSE_OUT, paths };
        let mut confidences = REPORTED.to_vec();
        confidences.extend([request.confidence_ppm, request.var_confidence_ppm]);
        confidences.sort_unstable();
        confidences.dedup();
        // The returns over the fixed horizon are dropped before the others are drawn: memory holds one of them.
        let horizon =
            both_sides(&Returns::draw(&Draw { law: &fixed, scenario: HORIZON, ..draw }, progress), &confidences);
        let returns = Returns::draw(&draw, progress);
        let close_out = both_sides(&returns, &confidences);
        Ok(Self { returns, confidences, horizon, close_out })
    }

    /// The returns over the close-out time as a table: a row for each path.
    pub fn table(&self, request: &MarginRequest, law: &CloseOutLaw) -> Columns {
        let months = request.tenor_days.iter().map(|days| format!("return_{days}d"));
        let mut table = Columns::new(["model".to_owned(), "close_out_seconds".to_owned()].into_iter().chain(months));
        for (path, row) in self.returns.rows().enumerate() {
            let group = path / GROUP;
            let model = group % self.returns.models().max(1);
            table.push([model as f64, close_out_of(law, group).into()].into_iter().chain(row.iter().copied()));
        }
        table
    }

    /// The larger of shortfall and value at risk, then the floors, then whole basis points, rounded up.
    pub fn months(&self, request: &MarginRequest) -> Result<Vec<Month>, MarginError> {
        let (es, var) = (confidence(request.confidence_ppm), confidence(request.var_confidence_ppm));
        let raw = |close_out: &Tail, horizon: &Tail| close_out.shortfall(es).max(horizon.value_at_risk(var)).max(0.0);
        let floors = request.floors;
        let share = |ppm: u32, of: f64| f64::from(ppm) / 1e6 * of;
        let absolute = f64::from(floors.least_bps) / BPS;
        let sided: Vec<[f64; 2]> = self
            .close_out
            .iter()
            .zip(&self.horizon)
            .map(|([short, long], [short_horizon, long_horizon])| {
                let (short, long) = (raw(short, short_horizon), raw(long, long_horizon));
                let floor = |own: f64, other: f64| own.max(share(floors.side_ppm, other)).max(absolute);
                [floor(short, long), floor(long, short)]
            })
            .collect();
        let [front_short, front_long] = sided.first().copied().unwrap_or([absolute; 2]);
        sided
            .iter()
            .zip(&request.tenor_days)
            .map(|([short, long], tenor_days)| {
                let short = short.max(share(floors.term_ppm, front_short));
                // A price cannot fall below zero, so a long never loses more than all of it.
                let long = long.max(share(floors.term_ppm, front_long)).min(1.0);
                Ok(Month {
                    tenor_days: *tenor_days,
                    short_bps: whole_bps(short, *tenor_days)?,
                    long_bps: whole_bps(long, *tenor_days)?,
                })
            })
            .collect()
    }

    /// The tails as they are reported: each month at each confidence.
    pub fn tails(&self, request: &MarginRequest) -> Result<Vec<MonthTail>, MarginError> {
        let months = (0..self.returns.months()).into_par_iter();
        let parts: Vec<[Parts; 2]> = months.map(|month| [1.0, -1.0].map(|sign| self.parts(month, sign))).collect();
        let each = request.tenor_days.iter().zip(self.close_out.iter().zip(&self.horizon)).zip(&parts);
        each.flat_map(|((tenor_days, (close_out, horizon)), [short_parts, long_parts])| {
            self.confidences.iter().map(move |ppm| {
                let side = |close_out: &Tail, horizon: &Tail, parts: &Parts| {
                    side_tail(*tenor_days, confidence(*ppm), close_out, horizon, parts)
                };
                let [short, long] = close_out;
                let [short_horizon, long_horizon] = horizon;
                Ok(MonthTail {
                    tenor_days: *tenor_days,
                    confidence_ppm: *ppm,
                    short: side(short, short_horizon, short_parts)?,
                    long: side(long, long_horizon, long_parts)?,
                })
            })
        })
        .collect()
    }

    fn parts(&self, month: usize, sign: f64) -> Parts {
        let tail = |losses: &mut dyn Iterator<Item = f64>| Tail::of(losses.map(|value| sign * value), self.least());
        let models = 0..self.returns.models();
        Parts {
            models: models.map(|model| tail(&mut self.returns.month_under(month, model))).collect(),
            sections: (0..SECTIONS).map(|section| tail(&mut self.returns.month_in(month, section, SECTIONS))).collect(),
        }
    }

    fn least(&self) -> f64 {
        least(&self.confidences)
    }
}

/// The tails of one side of one month, taken apart.
struct Parts {
    /// Under each model.
    models: Vec<Tail>,
    /// On each section of the paths.
    sections: Vec<Tail>,
}

impl Parts {
    /// Half of the interval in which the expected shortfall lies with a confidence of 95 %: Student's t on the
    /// sections.
    fn shortfall_error(&self, level: f64) -> f64 {
        let each: Vec<f64> = self.sections.iter().map(|tail| tail.shortfall(level)).collect();
        STUDENT * standard_deviation(&each) / (SECTIONS as f64).sqrt()
    }
}

fn least(confidences: &[u32]) -> f64 {
    confidences.first().map_or(0.5, |ppm| confidence(*ppm))
}

fn both_sides(returns: &Returns, confidences: &[u32]) -> Vec<[Tail; 2]> {
    let tail = |month: usize, sign: f64| Tail::of(returns.month(month).map(|value| sign * value), least(confidences));
    (0..returns.months()).into_par_iter().map(|month| [tail(month, 1.0), tail(month, -1.0)]).collect()
}

fn side_tail(
    tenor_days: u32,
    level: f64,
    close_out: &Tail,
    horizon: &Tail,
    parts: &Parts,
) -> Result<SideTail, MarginError> {
    let bps = |fraction: f64| whole_bps(fraction.max(0.0), tenor_days);
    // The upper end of an interval may be beyond what a shock can hold, unlike what it is the interval of.
    let interval = |ends: [f64; 2]| ends.map(|end| (end.clamp(0.0, 10.0) * BPS).ceil() as u32);
    let mut each: Vec<f64> = parts.models.iter().map(|tail| tail.shortfall(level)).collect();
    each.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (each.len().saturating_sub(1) as f64 * share).round() as usize;
        bps(each.get(place).copied().unwrap_or_default())
    };
    let [low, middle, high] = BAND;
    let (shortfall, error) = (close_out.shortfall(level), parts.shortfall_error(level));
    Ok(SideTail {
        var_horizon_bps: bps(horizon.value_at_risk(level))?,
        var_horizon_interval_bps: interval(horizon.value_at_risk_interval(level)),
        var_bps: bps(close_out.value_at_risk(level))?,
        var_interval_bps: interval(close_out.value_at_risk_interval(level)),
        es_bps: bps(shortfall)?,
        es_interval_bps: interval([shortfall - error, shortfall + error]),
        es_band_bps: [at(low)?, at(middle)?, at(high)?],
    })
}
