//! What the bill costs with and without the hedge, and the cash that the hedge needs: statistics in floating point, in
//! US dollars, on the price process of `sit-sim`. The same seed gives the same numbers.

use jiff::civil::Date;
use serde::Serialize;
use sit_sim::DAYS_PER_YEAR;
use sit_sim::model::Model;
use sit_sim::path::{Key, Paths, Step};

use crate::exposure::Month;

/// Paths that are drawn.
const PATHS: usize = 1_024;

/// Days from one look at what the hedge has cost to the next.
const LOOK_DAYS: i32 = 7;

/// Names the random numbers of a plan.
const SCENARIO: u64 = 0x4845_4447;

/// Quantiles of 5, 50 and 95 %.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Band {
    /// 5 %.
    pub low: f64,
    /// 50 %.
    pub middle: f64,
    /// 95 %.
    pub high: f64,
}

/// What has come together by the end of a month.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Until {
    /// First day of the month.
    pub month: Date,
    /// The bill of all months so far without the hedge.
    pub unhedged: Band,
    /// With it.
    pub hedged: Band,
    /// Variation that the hedge has cost at its worst so far, at the confidence asked for.
    pub variation: f64,
}

/// Outcomes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Outcome {
    /// Without the hedge.
    pub unhedged: Band,
    /// With it.
    pub hedged: Band,
    /// Variation that the hedge has cost at its worst, at the confidence asked for.
    pub variation: f64,
    /// The same by the end of each month, cumulated.
    #[serde(skip)]
    pub by_month: Vec<Until>,
}

/// A month in days from the plan's own.
struct Leg {
    /// The day before its first, and its last.
    days: (i32, i32),
    /// The day on which its hedge ends: the contract's last trading day, or the month's last where the contract is one
    /// of a later month and is given back then.
    ends: i32,
    /// The contract's last trading day.
    expires: i32,
    /// Millions of SIT that are used, and that are hedged.
    used: f64,
    held: f64,
}

/// Draws. `sign` is 1 for whoever buys tokens and -1 for whoever sells them. Usage is paid for day by day at the day's
/// price; a hedge ends on the last trading day of its contract, so what is used after the third Wednesday of a month is
/// paid for unhedged; months without a contract are not hedged.
#[must_use]
pub fn outcome(model: &Model, today: Date, months: &[Month], sign: f64, confidence: f64, seed: u64) -> Outcome {
    let start = model.start();
    let step = Step::new(model, 1.0 / DAYS_PER_YEAR);
    let mut paths = Paths::new(model, start, Key { seed, scenario: SCENARIO, block: 0 }, PATHS);
    let until = |date: Date| today.until(date).map_or(0, |span| span.get_days());
    let years = |days: i32| f64::from(days) / DAYS_PER_YEAR;
    let leg = |month: &Month| {
        let days = (until(month.month) - 1, until(month.month.last_of_month()));
        let expires = month.last_day.map_or(days.1, until).max(1);
        let held = if month.contract.is_some() { month.hedged_sit as f64 / 1e6 } else { 0.0 };
        Leg { days, ends: expires.min(days.1).max(1), expires, used: month.sit as f64 / 1e6, held }
    };
    let legs: Vec<Leg> = months.iter().map(leg).collect();
    let locked: Vec<f64> = legs.iter().map(|leg| model.futures_price(&start, 0.0, years(leg.expires))).collect();
    let (mut cost, mut gained, mut worst) = (vec![0.0; PATHS], vec![0.0; PATHS], vec![0.0_f64; PATHS]);
    let mut spots = vec![0.0; PATHS];
    let mut by_month = Vec::with_capacity(months.len());
    let net = |cost: &[f64], gained: &[f64]| -> Vec<f64> {
        // A buyer's cost falls by the gain of the long side, a seller's revenue by the loss of the short one: one
        // formula.
        cost.iter().zip(gained).map(|(cost, gained)| cost - gained).collect()
    };
    for day in 1..=legs.last().map_or(0, |leg| leg.days.1) {
        paths.advance(&step);
        paths.spots(&mut spots);
        for leg in legs.iter().filter(|leg| leg.days.0 < day && day <= leg.days.1) {
            let of_a_day = leg.used / f64::from((leg.days.1 - leg.days.0).max(1));
            for (cost, spot) in cost.iter_mut().zip(&spots) {
                *cost += of_a_day * spot;
            }
        }
        if day % LOOK_DAYS == 0 || legs.iter().any(|leg| leg.ends == day) {
            for path in 0..PATHS {
                let (state, now) = (paths.state(path), paths.time());
                let (mut open, mut ended) = (0.0, 0.0);
                for (leg, locked) in legs.iter().zip(&locked).filter(|(leg, _)| leg.ends >= day && leg.held > 0.0) {
                    let price = if leg.expires == day {
                        spots[path]
                    } else {
                        model.futures_price(&state, now, years(leg.expires - day).max(0.0))
                    };
                    let gain = leg.held * (price - locked);
                    open += gain;
                    ended += if leg.ends == day { gain } else { 0.0 };
                }
                worst[path] = worst[path].max(-sign * (gained[path] + open));
                gained[path] += ended;
            }
        }
        for (month, _) in months.iter().zip(&legs).filter(|(_, leg)| leg.days.1 == day) {
            let (unhedged, hedged) = (band(cost.clone()), band(net(&cost, &gained)));
            let variation = quantile(&mut worst.clone(), confidence);
            by_month.push(Until { month: month.month, unhedged, hedged, variation });
        }
    }
    let hedged = band(net(&cost, &gained));
    Outcome { unhedged: band(cost), hedged, variation: quantile(&mut worst, confidence), by_month }
}

fn band(mut values: Vec<f64>) -> Band {
    let [low, middle, high] = [0.05, 0.5, 0.95].map(|share| quantile(&mut values, share));
    Band { low, middle, high }
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let place = (share.clamp(0.0, 1.0) * (values.len().saturating_sub(1)) as f64).round() as usize;
    values.get(place).copied().unwrap_or(0.0)
}

/// How well the index follows what a company pays.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Basis {
    /// Monthly changes that both have.
    pub months: usize,
    /// R squared of the changes of the company's price on those of the index.
    pub r_squared: f64,
    /// Share of the variance of the company's price that a hedge of the whole would have removed; negative when it
    /// would have added to it.
    pub effectiveness: f64,
}

/// Least number of monthly changes for [`basis`].
pub const LEAST_CHANGES: usize = 4;

/// Compares relative changes of two prices by month, both in any unit; `None` when fewer than [`LEAST_CHANGES`] are
/// common, or one price does not move. Changes are between months that both have, also over a gap.
#[must_use]
pub fn basis(pairs: &[(f64, f64)]) -> Option<Basis> {
    let good: Vec<&(f64, f64)> = pairs.iter().filter(|(own, index)| *own > 0.0 && *index > 0.0).collect();
    let changes: Vec<(f64, f64)> =
        good.windows(2).map(|two| (two[1].0 / two[0].0 - 1.0, two[1].1 / two[0].1 - 1.0)).collect();
    let n = changes.len() as f64;
    if changes.len() < LEAST_CHANGES {
        return None;
    }
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| changes.iter().map(of).sum::<f64>() / n;
    let (own, index) = (mean(&|change| change.0), mean(&|change| change.1));
    let own_variance = mean(&|change| (change.0 - own).powi(2));
    let index_variance = mean(&|change| (change.1 - index).powi(2));
    let covariance = mean(&|change| (change.0 - own) * (change.1 - index));
    if own_variance < 1e-18 || index_variance < 1e-18 {
        return None;
    }
    let left = own_variance + index_variance - 2.0 * covariance;
    Some(Basis {
        months: changes.len(),
        r_squared: covariance * covariance / (own_variance * index_variance),
        effectiveness: 1.0 - left / own_variance,
    })
}
