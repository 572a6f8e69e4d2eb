//! Leverage against insolvency: how often a front-month position of a given leverage loses all of its margin before it
//! is closed out.
//!
//! ```text
//! P(short insolvent) = P(R > ln(1 + 1/L)),   P(long insolvent) = P(R < ln(1 - 1/L)),   R the log return over the close-out
//! ```
//!
//! exact by inversion, and averaged over the draws of the calibration's uncertainty. A margin is a place on this line,
//! and what it costs is capital: there is none that is both cheap and safe.

use rayon::prelude::*;

use super::{CLOSE_OUT_DAYS, DAY, FRONT_DAYS};
use sit_sim::model::Model;
use sit_sim::numeric::mean;
use sit_sim::risk::{FuturesRisk, RiskError};

/// Models that the average is taken over, at most: the inversion of each takes milliseconds.
const MOST_MODELS: usize = 64;

/// Leverages, from all of the price as margin to a twentieth of it.
const MOST_LEVERAGE: u32 = 20;

/// A leverage and how often it fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Value of the position over its margin.
    pub leverage: f64,
    /// Probability that a short loses its margin in one close-out, parameters taken as calibrated.
    pub short: f64,
    /// The same of a long.
    pub long: f64,
    /// Mean over the draws, short.
    pub short_mixed: f64,
    /// Mean over the draws, long.
    pub long_mixed: f64,
}

/// The line, from low to high leverage.
///
/// # Errors
/// [`RiskError`] when a law cannot be inverted.
pub fn places(model: &Model, models: &[Model]) -> Result<Vec<Place>, RiskError> {
    let law = |model: &Model| FuturesRisk::new(model, f64::from(FRONT_DAYS) * DAY, f64::from(CLOSE_OUT_DAYS) * DAY);
    let stride = models.len().div_ceil(MOST_MODELS).max(1);
    let chosen: Vec<&Model> = models.iter().step_by(stride).collect();
    let laws: Vec<FuturesRisk> = chosen.par_iter().map(|model| law(model)).collect::<Result<_, _>>()?;
    let point = law(model)?;
    Ok((2..=2 * MOST_LEVERAGE)
        .into_par_iter()
        .map(|half| {
            let leverage = f64::from(half) / 2.0;
            let short = |law: &FuturesRisk| (1.0 - law.distribution().cdf((1.0 / leverage).ln_1p())).max(0.0);
            // A long whose margin is the whole price cannot lose more than it.
            let long = |law: &FuturesRisk| match leverage {
                1.0 => 0.0,
                _ => law.distribution().cdf((-1.0 / leverage).ln_1p()).max(0.0),
            };
            let average = |of: &dyn Fn(&FuturesRisk) -> f64| mean(&laws.iter().map(of).collect::<Vec<_>>());
            Place {
                leverage,
                short: short(&point),
                long: long(&point),
                short_mixed: average(&short),
                long_mixed: average(&long),
            }
        })
        .collect())
}
