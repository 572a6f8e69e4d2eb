//! The parametric bootstrap: what the estimators say of histories whose truth is known.
//!
//! Each draw simulates a history of the calibrated process on the days of the real one, spikes and all, and runs every
//! estimator on it (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6). The mean reversion of a
//! draw is corrected for bias as the real one was. Draw i has its own random stream, so the draws do not depend on the
//! number of threads or on how many there are.

use rayon::prelude::*;

use super::assemble::model_of;
use super::estimate::{Estimates, Kind, estimate};
use super::likelihood::Times;
use super::posterior::Posterior;
use super::process::Process;
use super::settings::{LawKind, Settings};
use super::simulate::{Spikes, simulate};
use super::{Calibration, CalibrationError, Series};
use crate::history::History;
use crate::model::{JumpLaw, Model};
use crate::path::stream;

/// Scenario of the random streams.
const SCENARIO: u64 = 0x626f_6f74;

/// Fewest draws that have percentiles.
pub const FEWEST_DRAWS: u32 = 20;

/// Most draws: as many models as a margin set is computed over, and percentiles that nothing more would change.
pub const MOST_DRAWS: u32 = crate::margin::MOST_MODELS as u32;

/// What a calibration leaves behind for the bootstrap.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    pub kind: Kind,
    /// The process with the corrected mean reversion.
    pub process: Process,
    pub permanent_sigma: f64,
    pub spikes: Option<Spikes>,
    pub binding: Option<super::bias::Binding>,
    pub settings: Settings,
}

/// Draws models as they could as well have been estimated. `progress` is told of every finished draw, from any thread.
///
/// # Errors
/// [`CalibrationError::FewDraws`] below [`FEWEST_DRAWS`], [`CalibrationError::ManyDraws`] above [`MOST_DRAWS`];
/// [`CalibrationError::Unstable`] when fewer than half of the simulated histories lead to a model.
pub fn bootstrap(
    history: &History,
    calibration: &Calibration,
    draws: u32,
    seed: u64,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Posterior, CalibrationError> {
    if draws < FEWEST_DRAWS {
        return Err(CalibrationError::FewDraws(draws));
    }
    if draws > MOST_DRAWS {
        return Err(CalibrationError::ManyDraws(draws));
    }
    let series = Series::of(history);
    let times = Times::of(&series.days);
    let models: Vec<Option<Model>> = (0..u64::from(draws))
        .into_par_iter()
        .map(|draw| {
            let model = redraw(&series, &times, &calibration.truth, seed, draw);
            progress(1);
            model
        })
        .collect();
    let models: Vec<Model> = models.into_iter().flatten().collect();
    let left_out = draws as usize - models.len();
    if models.len() * 2 < draws as usize {
        return Err(CalibrationError::Unstable { left_out, draws });
    }
    Ok(Posterior::of(&calibration.model, &models, left_out, seed))
}

fn redraw(series: &Series, times: &Times, truth: &Truth, seed: u64, draw: u64) -> Option<Model> {
    let mut rng = stream(seed, SCENARIO, draw);
    let first = series.log_prices.first().copied().unwrap_or_default();
    let process = Process { sigma: if truth.kind == Kind::Still { 0.0 } else { truth.process.sigma }, ..truth.process };
    let mut values = simulate(times, first, &process, &mut rng);
    if truth.permanent_sigma > 0.0 {
        let walk =
            Process { level: 0.0, slope: 0.0, kappa: 0.0, sigma: truth.permanent_sigma, intensity: 0.0, ..process };
        let walk = simulate(times, 0.0, &walk, &mut rng);
        values.iter_mut().zip(walk).for_each(|(value, step)| *value += step);
    }
    if let Some(spikes) = &truth.spikes {
        spikes.add(times, &mut values, &mut rng);
    }
    let again = Series { days: series.days.clone(), log_prices: values, years: series.years };
    let law = match truth.process.law {
        JumpLaw::Gaussian { .. } => LawKind::Gaussian,
        JumpLaw::DoubleExponential { .. } => LawKind::DoubleExponential,
    };
    let mut found: Estimates = estimate(&again, times, &truth.process, truth.kind, &Settings { law, ..truth.settings });
    if let Some(binding) = &truth.binding {
        found.process.kappa = binding.correct(found.process.kappa);
    }
    // Every draw is a model of today: it starts at the price that there is.
    model_of(&found, times, series.log_prices.last().copied()?).ok()
}
