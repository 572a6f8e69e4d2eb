//! Whether losses went beyond their margin as often as they should, and no more in clusters than by chance.
//!
//! An exceedance is a day whose loss was larger than the margin. With x of them in n days at a level p (0.01 for a
//! margin at 99 %), [`kupiec`] asks whether their number fits, [`Clusters::independence`] whether one follows another
//! more often than it should, and [`traffic_light`] sorts the number into the supervisors' three zones.
//! [`acerbi_szekely`] asks whether the exceedances were as large as the expected shortfall said. Each has a p-value
//! that is right for any number of days. [`walk`] puts the margin itself to the test, on a history that it has not
//! seen.

mod coverage;
mod exact;
mod independence;
mod shortfall;
#[cfg(test)]
mod tests;
mod traffic_light;
mod walk;

pub use coverage::{Coverage, kupiec};
pub use exact::{ExactClusters, MOST_EXACT};
pub use independence::{Clusters, LikelihoodRatio};
pub use shortfall::{PredictedLaw, ShortfallTest, ShortfallTests, acerbi_szekely};
pub use traffic_light::{TrafficLight, Zone, traffic_light};
pub use walk::{
    MOST_CALIBRATIONS, MOST_HORIZON_DAYS, OwnGrid, SideResult, WalkError, WalkRequest, WalkResult, calibrations, known,
    longest_horizon, refit_days, walk,
};

/// Most days of one test: the exact p-value sums over every possible count.
pub const MOST_OBSERVATIONS: u64 = 1_000_000;

/// Why a backtest cannot be run.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BacktestError {
    /// No days.
    #[error("there are no observations: a backtest needs at least one day")]
    NoObservations,
    /// More days than a binomial law is summed over.
    #[error("{0} observations: at most {MOST_OBSERVATIONS} can be tested exactly")]
    TooManyObservations(u64),
    /// More exceedances than days.
    #[error("{exceedances} exceedances in {observations} observations: there cannot be more of them than days")]
    TooManyExceedances {
        /// Exceedances.
        exceedances: u64,
        /// Days.
        observations: u64,
    },
    /// A level outside its range.
    #[error("the level is {0}: it is the share of exceedances expected, above 0 and below 1, such as 0.01")]
    Level(f64),
    /// A prediction that none of the tests can use.
    #[error("a predicted law must be a finite sample with at least ten losses beyond the level and a loss in its tail")]
    Law,
}

fn check(exceedances: u64, observations: u64, level: f64) -> Result<(), BacktestError> {
    if observations == 0 {
        return Err(BacktestError::NoObservations);
    }
    if observations > MOST_OBSERVATIONS {
        return Err(BacktestError::TooManyObservations(observations));
    }
    if exceedances > observations {
        return Err(BacktestError::TooManyExceedances { exceedances, observations });
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(BacktestError::Level(level));
    }
    Ok(())
}

/// `k ln q`, with `0 ln 0 = 0`.
fn log_likelihood(count: u64, probability: f64) -> f64 {
    if count == 0 { 0.0 } else { count as f64 * probability.ln() }
}

/// `P(chi^2 > x)` with one degree of freedom.
fn chi_square_one(x: f64) -> f64 {
    libm::erfc((x.max(0.0) / 2.0).sqrt())
}

/// `P(chi^2 > x)` with two degrees of freedom.
fn chi_square_two(x: f64) -> f64 {
    (-x.max(0.0) / 2.0).exp()
}

/// `P(X = k)` for each `k` of a binomial law.
fn binomial(observations: u64, level: f64) -> Vec<f64> {
    let n = observations as f64;
    let log_choose = |k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    (0..=observations)
        .map(|k| {
            let k = k as f64;
            (log_choose(k) + k * level.ln() + (n - k) * (-level).ln_1p()).exp()
        })
        .collect()
}
