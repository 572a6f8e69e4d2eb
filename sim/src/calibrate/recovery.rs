//! What the calibration gives back of known parameters.
//!
//! Histories are simulated from a process whose parameters are known, and calibrated. The table has the mean and the
//! standard deviation of the estimates beside those of two other estimators on the same process (set A of the check
//! values: kappa 3, sigma 0.6, four jumps a year of N(0.10, 0.25^2), three years of daily prices, 60 histories):
//! maximum likelihood of a Gaussian mixture by Nelder and Mead, and the three-sigma filter with least squares. Both
//! were computed by other programs.

use rayon::prelude::*;
use serde::Serialize;

use super::jumps::filter;
use super::likelihood::Times;
use super::process::Process;
use super::settings::{FactorKind, LawKind, ReversionKind, Settings, TrendKind};
use super::simulate::simulate;
use super::sizes::JumpEstimates;
use super::{CalibrationError, Series, calibrate_with, reversion, trend};
use crate::history::History;
use crate::model::JumpLaw;
use crate::numeric::{mean, standard_deviation};
use crate::path::stream;

/// Scenario of the random streams.
const SCENARIO: u64 = 0x7265_636f;

/// Days of a history after the first: three years.
const DAYS: i32 = 1_096;

/// Set A.
const TRUTH: Process = Process {
    level: 0.0,
    slope: 0.0,
    kappa: 3.0,
    sigma: 0.6,
    intensity: 4.0,
    law: JumpLaw::Gaussian { mean: 0.10, sd: 0.25 },
};

/// Mean and standard deviation over histories.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

impl Spread {
    /// Root mean square distance from the truth.
    #[must_use]
    pub fn error(&self, truth: f64) -> f64 {
        (self.mean - truth).hypot(self.sd)
    }
}

/// A parameter, its truth and what each estimator makes of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Parameter.
    pub parameter: &'static str,
    /// Truth.
    pub truth: f64,
    /// This calibration.
    pub found: Spread,
    /// The three-sigma filter and least squares on the same histories: where this calibration starts from.
    pub start: Spread,
    /// Maximum likelihood of a Gaussian mixture.
    pub mixture: Spread,
    /// Three-sigma filter and least squares.
    pub filter: Spread,
}

/// The estimators that the table compares with.
const BASELINES: [(&str, f64, Spread, Spread); 5] = [
    ("kappa", 3.0, Spread { mean: 3.77, sd: 1.50 }, Spread { mean: 3.66, sd: 1.41 }),
    ("sigma", 0.6, Spread { mean: 0.6002, sd: 0.0138 }, Spread { mean: 0.5936, sd: 0.0147 }),
    ("intensity", 4.0, Spread { mean: 3.92, sd: 1.86 }, Spread { mean: 3.86, sd: 1.33 }),
    ("jump mean", 0.10, Spread { mean: 0.112, sd: 0.095 }, Spread { mean: 0.095, sd: 0.072 }),
    ("jump sd", 0.25, Spread { mean: 0.212, sd: 0.077 }, Spread { mean: 0.230, sd: 0.051 }),
];

/// Most histories of one table: a mean is then known to a hundredth of a standard deviation.
pub const MOST_HISTORIES: u64 = 10_000;

/// Calibrates simulated histories. `progress` is told of every one, from any thread.
///
/// # Errors
/// [`CalibrationError::Histories`], or [`CalibrationError`] of the first history that cannot be calibrated on.
pub fn recovery(histories: u64, seed: u64, progress: &(dyn Fn(u64) + Sync)) -> Result<Vec<Row>, CalibrationError> {
    if !(2..=MOST_HISTORIES).contains(&histories) {
        return Err(CalibrationError::Histories(histories));
    }
    let times = Times::of(&(0..=DAYS).collect::<Vec<_>>());
    // What the other two estimators were told: a level without a trend, normal jumps, one factor that reverts.
    let settings = Settings {
        trend: TrendKind::Level,
        law: LawKind::Gaussian,
        reversion: ReversionKind::Assumed,
        factors: FactorKind::One,
    };
    let estimates: Vec<[[f64; 5]; 2]> = (0..histories)
        .into_par_iter()
        .map(|index| {
            let mut rng = stream(seed, SCENARIO, index);
            let history = History::of_log_prices(&simulate(&times, 0.0, &TRUTH, &mut rng));
            let found = calibrate_with(&history, &settings)?.diagnostics;
            let start = robust_start(&Series::of(&history));
            progress(1);
            let kappa = found.kappa.map_or(0.0, |kappa| kappa.value);
            let found = [found.sigma, found.jump_intensity, found.jump_mean, found.jump_sd].map(|each| each.value);
            let [sigma, intensity, mean, sd] = found;
            Ok([[kappa, sigma, intensity, mean, sd], start])
        })
        .collect::<Result<_, CalibrationError>>()?;
    let rows = BASELINES.into_iter().enumerate().map(|(column, (parameter, truth, mixture, filter))| {
        let spread = |pick: fn(&[[f64; 5]; 2]) -> &[f64; 5]| {
            let values: Vec<f64> = estimates.iter().map(|row| pick(row)[column]).collect();
            Spread { mean: mean(&values), sd: standard_deviation(&values) }
        };
        let (found, start) = (spread(|[found, _]| found), spread(|[_, start]| start));
        Row { parameter, truth, found, start, mixture, filter }
    });
    Ok(rows.collect())
}

/// The five parameters by the filter and least squares.
fn robust_start(series: &Series) -> [f64; 5] {
    let moves = filter(series);
    let sizes: Vec<f64> = moves.jumps.iter().map(|jump| jump.log_size).collect();
    let jumps = JumpEstimates::of("jumps", &sizes, series.years, &mut Vec::new());
    let kappa = reversion::estimate(series, &trend::level(series), &moves).map_or(0.0, |found| found.kappa);
    [kappa, moves.sigma, jumps.intensity.value, jumps.mean.value, jumps.sd.value]
}
