//! Exact value at risk and expected shortfall of a futures position.
//!
//! The log return R of a contract over a horizon has a characteristic function in closed form, and e^R over its mean m
//! is the density of a second measure; m is one unless there are prices of risk. With q the quantile of R at the level
//! and P* that measure,
//!
//! ```text
//! short (loses e^R - 1):  VaR = e^{q_alpha} - 1,        ES = m P*(R > q_alpha)/(1 - alpha) - 1
//! long  (loses 1 - e^R):  VaR = 1 - e^{q_{1-alpha}},    ES = 1 - m P*(R <= q_{1-alpha})/(1 - alpha)
//! ```
//!
//! and both probabilities come from Fourier inversion ([`Distribution`]). Losses are fractions of the futures price.

mod distribution;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use distribution::Distribution;

use crate::model::Model;

/// Why a risk number cannot be computed.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RiskError {
    /// A time is not above zero.
    #[error("the {name} is {value} years: it must be above zero")]
    Time {
        /// Which time.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// The horizon ends after the contract.
    #[error("the horizon of {horizon} years is longer than the tenor of {tenor} years")]
    HorizonBeyondTenor {
        /// Horizon.
        horizon: f64,
        /// Tenor.
        tenor: f64,
    },
    /// A level outside its range.
    #[error("the level is {0}: it must be between 0.5 and 0.99999")]
    Level(f64),
    /// There is too little diffusion beside the jumps to invert.
    #[error(
        "the return hardly moves between its jumps, so its law has an atom that Fourier inversion cannot resolve: raise a sigma of the model, or use the simulated margin"
    )]
    NoDiffusion,
    /// A quantile outside what the inversion covers.
    #[error(
        "the quantile at {0} lies beyond sixty standard deviations: the jumps of the model are too rare or too large"
    )]
    OutOfReach(f64),
}

/// A side of a futures position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Loses when the price rises.
    Short,
    /// Loses when the price falls.
    Long,
}

/// Value at risk and expected shortfall, as fractions of the futures price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TailRisk {
    /// Loss that is exceeded with a probability of one less the level.
    pub var: f64,
    /// Mean loss beyond it.
    pub es: f64,
}

/// The law of the return of one contract over one horizon.
#[derive(Debug)]
pub struct FuturesRisk {
    physical: Distribution,
    share: Distribution,
}

impl FuturesRisk {
    /// Prepares the law for a contract that ends in `tenor` years, over `horizon` years.
    ///
    /// # Errors
    /// [`RiskError`] for times out of range, or a model without diffusion.
    pub fn new(model: &Model, tenor: f64, horizon: f64) -> Result<Self, RiskError> {
        for (name, value) in [("tenor", tenor), ("horizon", horizon)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(RiskError::Time { name, value });
            }
        }
        if horizon > tenor {
            return Err(RiskError::HorizonBeyondTenor { horizon, tenor });
        }
        Ok(Self {
            physical: Distribution::of_return(model, tenor, horizon, 0.0)?,
            share: Distribution::of_return(model, tenor, horizon, 1.0)?,
        })
    }

    /// Value at risk and expected shortfall of a side at a level such as 0.99.
    ///
    /// # Errors
    /// [`RiskError::Level`], or [`RiskError::OutOfReach`] for a level that the law hardly ever reaches.
    pub fn tail(&self, side: Side, level: f64) -> Result<TailRisk, RiskError> {
        if !(0.5..=0.99999).contains(&level) {
            return Err(RiskError::Level(level));
        }
        let beyond = 1.0 - level;
        Ok(match side {
            Side::Short => {
                let quantile = self.physical.quantile(level)?;
                TailRisk {
                    var: quantile.exp_m1(),
                    es: self.share.mean() * (1.0 - self.share.cdf(quantile)) / beyond - 1.0,
                }
            }
            Side::Long => {
                let quantile = self.physical.quantile(beyond)?;
                TailRisk { var: -quantile.exp_m1(), es: 1.0 - self.share.mean() * self.share.cdf(quantile) / beyond }
            }
        })
    }

    /// The law of the log return.
    #[must_use]
    pub fn distribution(&self) -> &Distribution {
        &self.physical
    }
}
