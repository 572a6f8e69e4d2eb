//! What a calibration has to say about itself.

use serde::Serialize;

/// An estimate and how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error; `None` when the value is a default and not an estimate.
    pub standard_error: Option<f64>,
}

/// What became of a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JumpKind {
    /// It stayed, or went the slow way of the reverting factor.
    Lasting,
    /// Another jump took it back within days.
    Spike,
}

/// A jump of the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Jump {
    /// Day, `YYYY-MM-DD`.
    pub date: String,
    /// Size, natural logarithm.
    pub log_size: f64,
    /// What became of it.
    pub kind: JumpKind,
}

/// How a model was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnostics {
    /// Number of prices.
    pub observations: usize,
    /// First day, `YYYY-MM-DD`.
    pub first: String,
    /// Last day, `YYYY-MM-DD`.
    pub last: String,
    /// Length, in years.
    pub years: f64,
    /// Days without a price between the first and the last.
    pub missing_days: usize,
    /// Share of the moves that are exactly zero.
    pub still_share: f64,
    /// Slope of the log price, per year.
    pub trend_slope: f64,
    /// Share of the variance of the log price that the trend explains.
    pub trend_r_squared: f64,
    /// Mean reversion, per year: the corrected one where the model uses it, else what least squares say.
    pub kappa: Option<Estimate>,
    /// t-statistic of the mean reversion.
    pub kappa_t_statistic: Option<f64>,
    /// How far the raw estimate of the mean reversion is expected to lie above the truth, per year; taken out where the
    /// model uses it.
    pub kappa_bias: f64,
    /// Whether the model uses the mean reversion.
    pub reversion_identified: bool,
    /// Time in which half of a shock is gone, in days; `None` without mean reversion.
    pub half_life_days: Option<f64>,
    /// Diffusive volatility, per square root of a year.
    pub sigma: Estimate,
    /// Volatility of the permanent factor beside the reverting one; without a standard error where it is a default.
    pub permanent_sigma: Option<Estimate>,
    /// Twice the gain in log-likelihood from a permanent factor; above 2.71 it is believed.
    pub permanent_likelihood_ratio: Option<f64>,
    /// Logarithm of the likelihood; `None` of a price that moves in steps only.
    pub log_likelihood: Option<f64>,
    /// Rounds of the jump filter.
    pub filter_rounds: usize,
    /// Jumps a year, spikes left out.
    pub jump_intensity: Estimate,
    /// Mean jump, natural logarithm.
    pub jump_mean: Estimate,
    /// Standard deviation of the jumps.
    pub jump_sd: Estimate,
    /// Every jump found.
    pub jumps: Vec<Jump>,
    /// What the history could not say and what was put in its place, in sentences.
    pub warnings: Vec<String>,
}
