//! From a price history to a model.
//!
//! 1. A robust start. Trend: the Theil-Sen slope of the log price, the median of the slopes of all pairs of days.
//!    Jumps: the recursive three-sigma filter of Clewlow and Strickland (Energy Derivatives, 2000, chapter 2); a jump
//!    that another one takes back within days is a spike. Mean reversion: least squares of the other moves on the
//!    detrended log price. It counts only when its t-statistic is beyond the Dickey-Fuller value; otherwise every shock
//!    is taken to stay, which asks for more margin on the far months, not less.
//! 2. Exact likelihood: the density of each move by Fourier inversion of its characteristic function, jumps Gaussian or
//!    double exponential by Akaike's criterion, penalised where it has no maximum. A list price that moves in steps
//!    only has a likelihood of its own.
//! 3. Bias: a short history always seems to revert. Indirect inference takes the bias of kappa out.
//! 4. Two factors: a Kalman filter asks whether a permanent factor is seen beside the reverting one.
//! 5. What the history cannot say is filled with a stated default, and the diagnostics say so in a sentence.
//! 6. [`bootstrap`] draws models as they could as well have been, for whoever computes over parameter uncertainty.
//!
//! [`recovery`] shows what all this gives back of known parameters.

mod assemble;
mod bias;
mod bootstrap;
mod density;
mod diagnostics;
mod estimate;
mod jumps;
mod kalman;
mod likelihood;
mod minimise;
mod posterior;
mod process;
pub mod recovery;
mod reversion;
mod settings;
mod simulate;
mod sizes;
mod still;
#[cfg(test)]
mod tests;
mod trend;

pub use bootstrap::{FEWEST_DRAWS, MOST_DRAWS, bootstrap};
pub use diagnostics::{Diagnostics, Estimate, Jump, JumpKind};
pub use posterior::{BAND_LEVELS, Band, Posterior};
pub use settings::{FactorKind, LawKind, ReversionKind, Settings, TrendKind};

use assemble::Evidence;
use estimate::{Estimates, Kind};
use likelihood::Times;
use process::Process;

use crate::history::History;
use crate::model::{Model, ModelError};

/// A model and how it was found.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// The model; its time zero is the last day of the history.
    pub model: Model,
    /// How it was found.
    pub diagnostics: Diagnostics,
    truth: bootstrap::Truth,
}

/// Why a history cannot be calibrated on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// The price is the same on every day.
    #[error(
        "the price never moves in this history, so there is nothing to calibrate on; use a column that moves or a longer history"
    )]
    NeverMoves,
    /// Too few draws for percentiles.
    #[error("{0} draws are too few for percentiles: at least {FEWEST_DRAWS} are needed")]
    FewDraws(u32),
    /// More draws than anything is computed over.
    #[error("{0} draws are asked for: {MOST_DRAWS} are the most that a margin set is computed over")]
    ManyDraws(u32),
    /// A number of simulated histories that says nothing or takes days.
    #[error("{0} histories are asked for: a spread needs at least two histories, and {most} are the most", most = recovery::MOST_HISTORIES)]
    Histories(u64),
    /// Most simulated histories lead to no model.
    #[error(
        "of {draws} simulated histories {left_out} led to no model, so the history does not say how certain its parameters are: add prices until \
         it has a year of them, or compute a margin, which needs no draws, with `sit-sim margin`"
    )]
    Unstable {
        /// Simulated histories without a model.
        left_out: usize,
        /// Simulated histories.
        draws: u32,
    },
    /// The estimates do not make a model.
    #[error("the estimates do not make a model: {0}")]
    Model(#[from] ModelError),
}

/// Calibrates the price process on a history.
///
/// # Errors
/// [`CalibrationError::NeverMoves`] when every price is the same.
pub fn calibrate(history: &History) -> Result<Calibration, CalibrationError> {
    calibrate_with(history, &Settings::default())
}

/// [`calibrate`], told some things instead of finding them out.
///
/// # Errors
/// [`CalibrationError::NeverMoves`] when every price is the same.
pub fn calibrate_with(history: &History, settings: &Settings) -> Result<Calibration, CalibrationError> {
    let series = Series::of(history);
    if series.log_prices.windows(2).all(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(CalibrationError::NeverMoves);
    }
    let times = Times::of(&series.days);
    let line = match settings.trend {
        TrendKind::Line => trend::theil_sen(&series),
        TrendKind::Level => trend::level(&series),
    };
    let moves = jumps::filter(&series);
    let critical = match settings.trend {
        TrendKind::Line => reversion::DICKEY_FULLER_LINE,
        TrendKind::Level => reversion::DICKEY_FULLER_LEVEL,
    };
    let reversion = reversion::estimate(&series, &line, &moves);
    let tested = reversion.filter(|found| found.identified(critical) || settings.reversion == ReversionKind::Assumed);
    let kind = match tested {
        _ if moves.still > reversion::MOST_STILL => Kind::Still,
        Some(_) => Kind::Reverting,
        None => Kind::Permanent,
    };
    let start = start(&line, tested.as_ref(), &series);
    let mut found = estimate::estimate(&series, &times, &start, kind, settings);
    let covariance = covariance(&found, &times);
    let uncorrected = (kind == Kind::Reverting).then_some(found.process.kappa);
    let mut binding = None;
    if kind != Kind::Still && settings.factors == FactorKind::Tested {
        estimate::separate(&mut found, &times);
    }
    if found.kind == Kind::Reverting {
        binding = correct(&mut found, &times);
    }
    let last = series.log_prices.last().copied().unwrap_or_default();
    let model = assemble::model_of(&found, &times, last)?;
    let evidence = Evidence {
        history,
        series: &series,
        r_squared: line.r_squared,
        reversion: reversion.as_ref(),
        critical,
        uncorrected,
        covariance,
    };
    let diagnostics = assemble::diagnostics(&found, &model, &evidence);
    let truth = bootstrap::Truth {
        kind: found.kind,
        process: found.process,
        permanent_sigma: match (found.kind, found.two_factors) {
            (Kind::TwoFactors, Some(both)) => both.permanent_sigma,
            _ => 0.0,
        },
        spikes: found.spikes,
        binding,
        settings: *settings,
    };
    Ok(Calibration { model, diagnostics, truth })
}

/// The process that the search starts from. The volatility and the jumps are the filter's.
fn start(line: &trend::Line, reversion: Option<&reversion::Reversion>, series: &Series) -> Process {
    let middle = series.years / 2.0;
    let target = reversion.map_or(0.0, |found| found.target);
    // A rate below the first that a history of this length could show is no start.
    let kappa = reversion.map_or(0.0, |found| found.kappa.max(1.0 / series.years));
    let slope = if kappa > 0.0 { line.slope } else { 0.0 };
    let law = crate::model::JumpLaw::Gaussian { mean: 0.0, sd: 0.0 };
    Process { level: line.level + line.slope * middle + target, slope, kappa, sigma: 0.0, intensity: 0.0, law }
}

/// Covariance of what the likelihood estimated.
fn covariance(found: &Estimates, times: &Times) -> Option<Vec<Vec<f64>>> {
    let fit = found.fit.as_ref()?;
    estimate::likelihood(found, times, fit.process, &fit.free).covariance(fit)
}

/// Takes the bias out of the mean reversion.
fn correct(found: &mut Estimates, times: &Times) -> Option<bias::Binding> {
    let fit = found.fit.as_ref()?;
    let tables = estimate::likelihood(found, times, fit.process, &[]).tables(&fit.process)?;
    let first = found.values.first().copied()?;
    let binding = bias::Binding::near(times, first, &fit.process, &fit.free, &tables);
    found.process.kappa = binding.correct(fit.process.kappa);
    Some(binding)
}

/// A history as the estimators see it.
struct Series {
    /// Days since the first observation.
    days: Vec<i32>,
    /// Log prices.
    log_prices: Vec<f64>,
    /// Length of the history, in years.
    years: f64,
}

impl Series {
    fn of(history: &History) -> Self {
        let days = history.days();
        let last = days.last().copied().unwrap_or_default();
        let years = f64::from(last) / crate::DAYS_PER_YEAR;
        Self { days, log_prices: history.log_prices(), years }
    }

    /// Consecutive observations: (days apart, move of the log price), in order.
    fn moves(&self) -> impl Iterator<Item = (i32, f64)> + '_ {
        let gaps = self.days.windows(2).map(|pair| match pair {
            [a, b] => b - a,
            _ => 0,
        });
        let steps = self.log_prices.windows(2).map(|pair| match pair {
            [a, b] => b - a,
            _ => 0.0,
        });
        gaps.zip(steps)
    }
}
