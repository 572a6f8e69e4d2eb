//! Moments of the price at one future time.
//!
//! The n-th cumulant of the log price is the sum of the factors' n-th cumulants. Mean and standard deviation of the
//! price itself follow from the transform, `Var[S] = E[S]^2 (e^{ln E[S^2] - 2 ln E[S]} - 1)`.

use serde::Serialize;

use super::{Model, State};

/// Moments of the price at one future time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moments {
    /// Mean of the log price.
    pub mean_log: f64,
    /// Variance of the log price.
    pub var_log: f64,
    /// Skewness of the log price; zero when the variance is.
    pub skew_log: f64,
    /// Kurtosis of the log price in excess of three; zero when the variance is.
    pub exkurt_log: f64,
    /// Mean of the price: the futures price, unless there are prices of risk.
    pub mean: f64,
    /// Standard deviation of the price.
    pub sd: f64,
}

impl Moments {
    pub(super) fn of(model: &Model, state: &State, t: f64, tau: f64) -> Self {
        let cumulant = |n: u32| model.innovations_cumulant(state, t, tau, [1.0; 3], n);
        let carried: f64 = model.factors().iter().zip(state.values()).map(|(factor, x)| x * factor.decay(tau)).sum();
        let var_log = cumulant(2);
        let scaled = |n: u32| {
            if var_log > 0.0 { cumulant(n) / var_log.powf(f64::from(n) / 2.0) } else { 0.0 }
        };
        let log_mean = model.log_mgf(state, t, tau, 1.0);
        let mean = log_mean.exp();
        let spread = model.log_mgf(state, t, tau, 2.0) - 2.0 * log_mean;
        Self {
            mean_log: model.trend().at(t + tau) + carried + cumulant(1),
            var_log,
            skew_log: scaled(3),
            exkurt_log: scaled(4),
            mean,
            sd: mean * spread.max(0.0).exp_m1().sqrt(),
        }
    }
}
