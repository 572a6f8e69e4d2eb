//! A walk through the history: margins from what was known, losses from what came.
//!
//! From the end of the first year on the model is calibrated again every thirty days on nothing but the days before, in
//! a long history as often as [`MOST_CALIBRATIONS`] allows. Its front-month margin of either side (value at risk or
//! expected shortfall over the close-out, whichever is larger, at 99 %) meets the move of the front month over each of
//! the following close-outs, which do not overlap. A close-out ends on the first day with a price that is far enough:
//! over a weekend it is as long as the weekend makes it, and its margin is that of its own length. The front month's
//! price is the model's, from the spot price of the day: no futures have traded on this price yet.
//!
//! The margins over the usual close-out show procyclicality: how far they rise, and how fast, when the price has moved.
//! Whether their number of exceedances is chance is [`sit_sim::backtest::walk`]'s to say.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sit_sim::backtest::{longest_horizon, refit_days};
use sit_sim::calibrate::calibrate;
use sit_sim::history::History;
use sit_sim::model::{Model, State};
use sit_sim::risk::{FuturesRisk, Side};

use super::{CLOSE_OUT_DAYS, CONFIDENCE, DAY, FRONT_DAYS};
#[cfg(doc)]
use sit_sim::backtest::MOST_CALIBRATIONS;

/// Days of the history before the first margin.
const FIRST_DAYS: i32 = 365;

/// Days between calibrations, at least.
const EVERY_DAYS: i32 = 30;

/// A close-out.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// First day, `YYYY-MM-DD`.
    pub date: String,
    /// Spot price of it.
    pub price: f64,
    /// Margin of a short over this close-out, as a share of the price.
    pub short_margin: f64,
    /// Margin of a long over this close-out.
    pub long_margin: f64,
    /// Margins of a short and of a long over the usual close-out.
    pub usual: [f64; 2],
    /// Return of the front month over the close-out: what a short loses and a long wins, as a share.
    pub move_of_front: f64,
}

/// How a side came through.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// Losses beyond the margin.
    pub exceedances: u64,
    /// Close-outs.
    pub observations: u64,
    /// Highest margin over the lowest.
    pub peak_to_trough: f64,
    /// Largest rise from one calibration to the next, as a share of the price.
    pub largest_rise: f64,
}

/// The walk.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Close-outs in order.
    pub steps: Vec<Step>,
    /// How shorts came through.
    pub short: Verdict,
    /// How longs came through.
    pub long: Verdict,
}

/// The first and the last observation of each close-out, and for each calibration the number of the close-out before
/// which it is made.
fn plan(history: &History) -> (Vec<(usize, usize)>, Vec<usize>) {
    let days = history.days();
    let day = |at: usize| days.get(at).copied().unwrap_or_default();
    let longest = longest_horizon(history, CLOSE_OUT_DAYS);
    let every = refit_days(history, FIRST_DAYS, EVERY_DAYS);
    let (mut close_outs, mut calibrated) = (Vec::new(), Vec::new());
    let mut since: Option<i32> = None;
    let mut at = days.partition_point(|day| *day < FIRST_DAYS);
    while at < days.len() {
        let end = days.partition_point(|later| *later < day(at) + CLOSE_OUT_DAYS as i32);
        if end >= days.len() {
            break;
        }
        // Over a hole in the history nobody waits to close out.
        if day(end) - day(at) <= longest {
            if since.is_none_or(|since| day(at) >= since + every) {
                since = Some(day(at));
                calibrated.push(close_outs.len());
            }
            close_outs.push((at, end));
        }
        at = end;
    }
    (close_outs, calibrated)
}

/// How many times a walk calibrates on a history.
pub fn calibrations(history: &History) -> u64 {
    plan(history).1.len() as u64
}

impl Walk {
    /// Walks through a history; `None` when it is too short for a single close-out after the first year. Close-outs
    /// from days on which no model can be calibrated or its law not be inverted, as on a price that has not moved yet,
    /// are left out. `progress` is told of every calibration that is done, [`calibrations`] in all, from any thread.
    pub fn through(history: &History, progress: &(dyn Fn(u64) + Sync)) -> Option<Self> {
        let (days, logs) = (history.days(), history.log_prices());
        let (close_outs, calibrated) = plan(history);
        let ends = calibrated.iter().copied().skip(1).chain([close_outs.len()]);
        let spans: Vec<(usize, usize)> = calibrated.iter().copied().zip(ends).collect();
        let each: Vec<Vec<Step>> = spans
            .par_iter()
            .map(|(first, last)| {
                let close_outs = close_outs.get(*first..*last).unwrap_or_default();
                let steps = steps_of(history, &days, &logs, close_outs);
                progress(1);
                steps.unwrap_or_default()
            })
            .collect();
        let steps = each.concat();
        if steps.is_empty() {
            return None;
        }
        let short = Verdict::of(&steps, |step| (step.short_margin, step.usual[0], step.move_of_front));
        let long = Verdict::of(&steps, |step| (step.long_margin, step.usual[1], -step.move_of_front));
        Some(Self { steps, short, long })
    }
}

/// The close-outs from one calibration, which is made on the first one's first day; `None` where there is no margin.
fn steps_of(history: &History, days: &[i32], logs: &[f64], close_outs: &[(usize, usize)]) -> Option<Vec<Step>> {
    let (first, _) = *close_outs.first()?;
    let known = Known::of(&history.first(first + 1), *days.get(first)?)?;
    let usual = known.margins(CLOSE_OUT_DAYS as i32)?;
    let mut margins = BTreeMap::from([(CLOSE_OUT_DAYS as i32, usual)]);
    let mut steps = Vec::with_capacity(close_outs.len());
    for (at, end) in close_outs {
        let (day, later, observation) = (*days.get(*at)?, *days.get(*end)?, history.observations().get(*at)?);
        let length = later - day;
        let [short_margin, long_margin] = match margins.get(&length) {
            Some(known) => *known,
            None => *margins.entry(length).or_insert(known.margins(length)?),
        };
        steps.push(Step {
            date: observation.date.to_string(),
            price: observation.price,
            short_margin,
            long_margin,
            usual,
            move_of_front: known.front_move(day, *logs.get(*at)?, later, *logs.get(*end)?),
        });
    }
    Some(steps)
}

/// What was known on a day.
struct Known {
    model: Model,
    since: i32,
    log_price: f64,
}

impl Known {
    fn of(history: &History, since: i32) -> Option<Self> {
        let model = calibrate(history).ok()?.model;
        let log_price = model.spot(&model.start(), 0.0).ln();
        Some(Self { model, since, log_price })
    }

    /// Margins of a short and of a long over some days.
    fn margins(&self, days: i32) -> Option<[f64; 2]> {
        let tenor = f64::from(days).max(FRONT_DAYS.into());
        let law = FuturesRisk::new(&self.model, tenor * DAY, f64::from(days) * DAY).ok()?;
        let margin = |side| law.tail(side, CONFIDENCE).ok().map(|tail| tail.var.max(tail.es));
        Some([margin(Side::Short)?, margin(Side::Long)?])
    }

    /// Return of the month that is [`FRONT_DAYS`] away on the first day, by the last day.
    fn front_move(&self, day: i32, log_price: f64, later: i32, next: f64) -> f64 {
        let front = |on: i32, log_price: f64, left: i32| {
            let t = f64::from(on - self.since) * DAY;
            let tenor = f64::from(i32::try_from(FRONT_DAYS).unwrap_or(0) - left).max(0.0) * DAY;
            self.model.futures_price(&self.state(t, log_price), t, tenor)
        };
        front(later, next, later - day) / front(day, log_price, 0) - 1.0
    }

    /// The factors on a day whose price is known: what the price did since the calibration, the trend apart, is the
    /// reverting factor's where there is one, else the permanent one's.
    fn state(&self, t: f64, log_price: f64) -> State {
        let start = self.model.start();
        let beyond = log_price - self.log_price - (self.model.trend().at(t) - self.model.trend().at(0.0));
        let [_, reverting, _] = self.model.factors();
        if reverting.sigma() > 0.0 {
            State { reverting: start.reverting + beyond, ..start }
        } else {
            State { permanent: start.permanent + beyond, ..start }
        }
    }
}

impl Verdict {
    /// From the margin over each close-out, the margin over the usual one, and the loss.
    fn of(steps: &[Step], side: impl Fn(&Step) -> (f64, f64, f64)) -> Self {
        let each: Vec<(f64, f64, f64)> = steps.iter().map(side).collect();
        let margins = || each.iter().map(|(_, usual, _)| *usual);
        let (high, low) = (margins().fold(0.0, f64::max), margins().fold(f64::INFINITY, f64::min));
        Self {
            exceedances: each.iter().filter(|(margin, _, loss)| loss > margin).count() as u64,
            observations: each.len() as u64,
            peak_to_trough: high / low,
            largest_rise: margins().zip(margins().skip(1)).map(|(a, b)| b - a).fold(0.0, f64::max),
        }
    }
}
