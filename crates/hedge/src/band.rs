//! What the bill costs with and without the hedge, and the cash that the hedge needs: statistics in floating point, in
//! US dollars, on the price process of `sit-sim`. The same seed gives the same numbers.

use serde::Serialize;
use sit_sim::model::Model;
use sit_sim::path::{Key, Paths, Step};

use crate::exposure::Month;

/// Paths that are drawn.
const PATHS: usize = 1_024;

/// Steps of a month.
const STEPS: usize = 4;

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

/// Outcomes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Outcome {
    /// Without the hedge.
    pub unhedged: Band,
    /// With it.
    pub hedged: Band,
    /// Variation that the hedge has cost at its worst, at the confidence asked for.
    pub variation: f64,
}

/// Draws. `sign` is 1 for whoever buys tokens and -1 for whoever sells them; months without a contract are not hedged.
#[must_use]
pub fn outcome(model: &Model, months: &[Month], sign: f64, confidence: f64, seed: u64) -> Outcome {
    let start = model.start();
    let step = Step::new(model, 1.0 / (12 * STEPS) as f64);
    let mut paths = Paths::new(model, start, Key { seed, scenario: SCENARIO, block: 0 }, PATHS);
    let millions = |sit: u128| sit as f64 / 1e6;
    let tenor = |place: usize| (place + 1) as f64 / 12.0;
    let held: Vec<f64> =
        months.iter().map(|month| if month.contract.is_some() { millions(month.hedged_sit) } else { 0.0 }).collect();
    let locked: Vec<f64> = (0..months.len()).map(|place| model.futures_price(&start, 0.0, tenor(place))).collect();
    let (mut cost, mut gained, mut worst) = (vec![0.0; PATHS], vec![0.0; PATHS], vec![0.0_f64; PATHS]);
    let mut spots = vec![0.0; PATHS];
    for (place, month) in months.iter().enumerate() {
        for part in 0..STEPS {
            paths.advance(&step);
            let now = paths.time();
            let ends = part + 1 == STEPS;
            paths.spots(&mut spots);
            for path in 0..PATHS {
                let state = paths.state(path);
                let mut open = 0.0;
                for later in place..months.len() {
                    let price = if later == place && ends {
                        spots[path]
                    } else {
                        model.futures_price(&state, now, (tenor(later) - now).max(0.0))
                    };
                    open += held[later] * (price - locked[later]);
                }
                worst[path] = worst[path].max(-sign * (gained[path] + open));
                if ends {
                    cost[path] += millions(month.sit) * spots[path];
                    gained[path] += held[place] * (spots[path] - locked[place]);
                }
            }
        }
    }
    // A buyer's cost falls by the gain of the long side, a seller's revenue by the loss of the short one: one formula.
    let hedged = cost.iter().zip(&gained).map(|(cost, gained)| cost - gained).collect();
    Outcome { unhedged: band(cost), hedged: band(hedged), variation: quantile(&mut worst, confidence) }
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
