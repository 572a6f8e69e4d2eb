//! What a history leaves open: parameters as they could as well have been.
//!
//! A [`Posterior`] is what a computation integrates over instead of trusting one model. Its draws are equally likely;
//! each is a whole model that starts at the last price of the history. A risk number over parameter uncertainty is the
//! mean of the number over the draws (for a tail probability or an expected shortfall of the mixture, pool the draws'
//! scenarios), and a band of it is its percentiles over the draws:
//!
//! ```no_run
//! # use sit_sim::{calibrate::{calibrate, bootstrap, Settings}, history::History};
//! # let history = History::sample(1);
//! let calibration = calibrate(&history)?;
//! let posterior = bootstrap(&history, &calibration, 200, 1, &|_| ())?;
//! let curves: Vec<f64> = posterior.models()?.iter().map(|m| m.futures_price(&m.start(), 0.0, 0.5)).collect();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::columns::Columns;
use crate::model::{JumpLaw, Model, ModelError, ModelSpec};
use crate::numeric::{mean, standard_deviation};

/// Levels of the bands.
pub const BAND_LEVELS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// A parameter with what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Name, as in the model's TOML.
    pub name: String,
    /// Value in the calibrated model.
    pub point: f64,
    /// Mean of the draws.
    pub mean: f64,
    /// Standard deviation of the draws: the standard error.
    pub sd: f64,
    /// Percentiles of the draws at [`BAND_LEVELS`].
    pub percentiles: [f64; 5],
}

/// Equally likely models of one history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    /// Seed of the bootstrap.
    pub seed: u64,
    /// What is known of each parameter, in the order of the covariance.
    pub parameters: Vec<Band>,
    /// Covariance of the draws.
    pub covariance: Vec<Vec<f64>>,
    /// Simulated histories whose estimates made no model; they are left out of the draws.
    pub left_out: usize,
    /// The draws.
    pub draws: Vec<ModelSpec>,
}

impl Posterior {
    /// Reads what was written as JSON.
    ///
    /// By way of a value: where another crate switches on serde_json's arbitrary precision, numbers inside of flattened
    /// or tagged types are read as numbers only from there.
    ///
    /// # Errors
    /// The parser's.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<serde_json::Value>(text).and_then(serde_json::from_value)
    }

    pub(super) fn of(point: &Model, models: &[Model], left_out: usize, seed: u64) -> Self {
        let named = numbers(point);
        let columns: Vec<Vec<f64>> =
            named.iter().map(|(name, _)| models.iter().map(|model| number(model, name)).collect()).collect();
        let parameters = named
            .into_iter()
            .zip(&columns)
            .map(|((name, point), values)| Band {
                name,
                point,
                mean: mean(values),
                sd: standard_deviation(values),
                percentiles: BAND_LEVELS.map(|level| percentile(values, level)),
            })
            .collect();
        let covariance = columns.iter().map(|a| columns.iter().map(|b| covariance(a, b)).collect()).collect();
        Self { seed, parameters, covariance, left_out, draws: models.iter().map(ModelSpec::from).collect() }
    }

    /// The draws as a table: a column for each parameter, a row for each draw; zero where a draw does not have it.
    ///
    /// # Errors
    /// As [`Self::models`].
    pub fn columns(&self) -> Result<Columns, ModelError> {
        let mut table = Columns::new(self.parameters.iter().map(|band| band.name.as_str()));
        for model in self.models()? {
            table.push(self.parameters.iter().map(|band| number(&model, &band.name)));
        }
        Ok(table)
    }

    /// The draws as models, in their order.
    ///
    /// # Errors
    /// [`ModelError`] when the posterior was read from a text whose parameters make no model.
    pub fn models(&self) -> Result<Vec<Model>, ModelError> {
        self.draws.iter().map(ModelSpec::build).collect()
    }
}

/// The parameters of a model that a history is asked for, by their names in TOML; what is zero is left out.
fn numbers(model: &Model) -> Vec<(String, f64)> {
    let mut all = vec![("trend.slope".to_owned(), model.trend().slope())];
    for (factor, table) in model.factors().into_iter().zip(["permanent", "reverting", "spike"]) {
        let mut put = |name: &str, value: f64| all.push((format!("{table}.{name}"), value));
        if factor.kappa() > 0.0 {
            put("kappa", factor.kappa());
        }
        if factor.sigma() > 0.0 {
            put("sigma", factor.sigma());
        }
        let Some(jumps) = factor.jumps() else {
            continue;
        };
        put("jumps.intensity", jumps.intensity());
        match jumps.law() {
            JumpLaw::Gaussian { mean, sd } => {
                put("jumps.mean", mean);
                put("jumps.sd", sd);
            }
            JumpLaw::DoubleExponential { p_up, eta_up, eta_down } => {
                put("jumps.p_up", p_up);
                put("jumps.eta_up", eta_up);
                put("jumps.eta_down", eta_down);
            }
        }
    }
    all
}

/// One of [`numbers`]; zero where a draw does not have it, such as spikes that a simulated history did not show.
fn number(model: &Model, name: &str) -> f64 {
    numbers(model).into_iter().find(|(other, _)| *other == name).map_or(0.0, |(_, value)| value)
}

/// The percentile by linear interpolation between order statistics (Hyndman and Fan's type 7); zero of no values.
fn percentile(values: &[f64], level: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = level * sorted.len().saturating_sub(1) as f64;
    let below = place.floor();
    let at = |index: f64| sorted.get(index as usize).copied().unwrap_or_default();
    at(below) + (place - below) * (at(place.ceil()) - at(below))
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let products: crate::numeric::Sum = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).collect();
    products.value() / a.len().saturating_sub(1).max(1) as f64
}
