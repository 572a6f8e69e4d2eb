//! Margin: from models of the price to a set of whole numbers that the contracts can carry.
//!
//! For each month m the price return over the close-out time H has one law, whatever the price is today:
//!
//! ```text
//! R_m = exp( sum_i w_im eps_i - ln E[e^{w_im eps_i}] ) - 1,   w_im = e^{-kappa_i (tau_m - H)}
//! ```
//!
//! with eps_i the innovation of factor i over H, drawn exactly and once for all months, so that the months move
//! together as the model says. H is random ([`CloseOut`]), and the parameters may be: given many models, the draws of a
//! calibration's uncertainty, the returns are those of all of them mixed. A short loses R, a long loses -R. The margin
//! of a side is
//!
//! ```text
//! max( value at risk over the regulator's fixed horizon,  expected shortfall over the random close-out time,  floors )
//! ```
//!
//! The value at risk alone would be blind to jumps that are rarer than 1 % of the horizons. Floors are [`Floors`]; the
//! risk array of [`SCENARIOS`] joint moves of the curve is [`mod@array`].
//!
//! Everything that leaves is an integer and rounded up against the trader. The same request gives the same bytes for
//! any number of threads.

pub mod array;
mod certify;
mod close_out;
pub mod coverage;
pub mod limits;
pub mod procyclicality;
mod regime;
mod request;
mod returns;
mod simulated;
mod tail;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use certify::{certificate, certificate_hash, certificate_over, simulator_version};
pub use close_out::{CloseOut, CloseOutLaw, Stages};
pub use limits::{Depth, Limits, MonthLimits, PositionBound, Targets};
pub use regime::Regime;
pub use request::{Floors, MOST_MODELS, MarginError, MarginRequest};
pub use sit_engine::certificate::{Certificate, SCENARIOS, SLOTS};

use crate::DAYS_PER_YEAR;
use crate::columns::Columns;
use crate::model::Model;
pub(crate) use returns::{Draw, GROUP, Returns};
use simulated::Simulated;
pub(crate) use tail::Tail;

/// Version of the shape and meaning of [`MarginSet`]; it is part of the simulator's hash.
pub const SCHEMA_VERSION: u32 = 4;

/// Basis points of a whole.
const BPS: f64 = 10_000.0;

/// Margin of one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Month {
    /// Days to the last trading day.
    pub tenor_days: u32,
    /// Loss of a short position, in basis points of the mark price, after floors.
    pub short_bps: u32,
    /// Loss of a long position, in basis points of the mark price, after floors.
    pub long_bps: u32,
}

/// Tail of one side of one month before floors, in basis points of the mark price, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideTail {
    /// Value at risk over the regulator's horizon.
    pub var_horizon_bps: u32,
    /// What the simulation leaves open of it: order statistics, confidence 95 %.
    pub var_horizon_interval_bps: [u32; 2],
    /// Value at risk over the random close-out time.
    pub var_bps: u32,
    /// What the simulation leaves open of it: order statistics, confidence 95 %.
    pub var_interval_bps: [u32; 2],
    /// Expected shortfall over the random close-out time.
    pub es_bps: u32,
    /// What the simulation leaves open of it: Student's t on sections of the paths, confidence 95 %.
    pub es_interval_bps: [u32; 2],
    /// The same under the model at the 5th, 50th and 95th percentile of the models given.
    pub es_band_bps: [u32; 3],
}

/// Tails of one month at one confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthTail {
    /// Days to the last trading day.
    pub tenor_days: u32,
    /// Confidence, in parts per million.
    pub confidence_ppm: u32,
    /// Short side.
    pub short: SideTail,
    /// Long side.
    pub long: SideTail,
}

/// A margin set: whole numbers only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarginSet {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Seed of the random streams.
    pub seed: u64,
    /// Paths.
    pub paths: u64,
    /// Models whose returns are mixed.
    pub models: u32,
    /// Confidence of the expected shortfall, in parts per million.
    pub confidence_ppm: u32,
    /// Law of the close-out time.
    pub close_out: CloseOut,
    /// Mean and 99th percentile of the close-out time, in seconds.
    pub close_out_seconds: [u32; 2],
    /// Confidence of the value at risk, in parts per million.
    pub var_confidence_ppm: u32,
    /// Horizon of the value at risk, in seconds.
    pub horizon_seconds: u32,
    /// Floors that were applied.
    pub floors: Floors,
    /// The market that the limits are for.
    pub depth: Depth,
    /// How often they may bind.
    pub targets: Targets,
    /// Price limits, position limits and add-ons that bind as often.
    pub limits: Limits,
    /// The months, nearest first.
    pub months: Vec<Month>,
    /// What the months' margins come from.
    pub tails: Vec<MonthTail>,
    /// Names of the scenarios, in the order of a row of `shocks`.
    pub scenarios: Vec<String>,
    /// Price move of each slot in each scenario, in basis points of the mark price, positive when the price rises.
    /// Slots beyond the months are zero.
    pub shocks: [[i16; SCENARIOS]; SLOTS],
}

/// Computes the margin set of a model whose parameters are taken to be known. `progress` is told, from any thread, how
/// many paths have been drawn since it was last told; they are [`draws`] in all.
///
/// # Errors
/// [`MarginError`] when the request is outside its domain or a shock does not fit the contracts' integers.
pub fn compute(
    model: &Model,
    request: &MarginRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<MarginSet, MarginError> {
    compute_over(std::slice::from_ref(model), request, progress)
}

/// How many paths a computation draws: once over the close-out time, once over the regulator's horizon.
#[must_use]
pub fn draws(request: &MarginRequest) -> u64 {
    request.paths.saturating_mul(2)
}

/// [`compute`] over many models, each as likely as the others. The first gives the curve by which lots are valued.
///
/// # Errors
/// [`MarginError`] as [`compute`], or when there are no models or too many.
pub fn compute_over(
    models: &[Model],
    request: &MarginRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<MarginSet, MarginError> {
    compute_with_returns(models, request, progress, &mut |_| ())
}

/// [`compute_over`], with the returns behind it: `keep` is given the table of what every month returned on every path
/// over the close-out time, with the path's model and time, as a function that makes it if it is wanted.
///
/// # Errors
/// [`MarginError`] as [`compute_over`].
pub fn compute_with_returns(
    models: &[Model],
    request: &MarginRequest,
    progress: &(dyn Fn(u64) + Sync),
    keep: &mut dyn FnMut(&dyn Fn() -> Columns),
) -> Result<MarginSet, MarginError> {
    let law = request.close_out.law()?;
    let simulated = Simulated::draw(models, request, &law, progress)?;
    keep(&|| simulated.table(request, &law));
    let months = simulated.months(request)?;
    let shocks = array::shocks(
        &simulated.returns,
        &months,
        &curve(models, &request.tenor_days),
        confidence(request.confidence_ppm),
        request.floors.spread_ppm,
        request.seed,
    )?;
    let close_out_seconds = [law.mean().ceil() as u32, law.quantile(0.99)];
    let limits = limits::limits(models, request, &months, close_out_seconds)?;
    Ok(MarginSet {
        schema_version: SCHEMA_VERSION,
        seed: request.seed,
        paths: request.paths,
        models: models.len() as u32,
        confidence_ppm: request.confidence_ppm,
        close_out: request.close_out,
        close_out_seconds,
        var_confidence_ppm: request.var_confidence_ppm,
        horizon_seconds: request.horizon_seconds,
        floors: request.floors,
        depth: request.depth,
        targets: request.targets,
        limits,
        tails: simulated.tails(request)?,
        months,
        scenarios: array::NAMES.map(String::from).to_vec(),
        shocks,
    })
}

/// The margins alone, without the array: what [`compute_over`] gives as its months.
///
/// # Errors
/// [`MarginError`] as [`compute_over`].
pub fn months_over(
    models: &[Model],
    request: &MarginRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Month>, MarginError> {
    Simulated::draw(models, request, &request.close_out.law()?, progress)?.months(request)
}

/// The price of each month under the first model.
pub(crate) fn curve(models: &[Model], tenor_days: &[u32]) -> Vec<f64> {
    let price = |days: &u32| {
        let tenor = f64::from(*days) / DAYS_PER_YEAR;
        models.first().map_or(1.0, |model| model.futures_price(&model.start(), 0.0, tenor))
    };
    tenor_days.iter().map(price).collect()
}

pub(crate) fn confidence(ppm: u32) -> f64 {
    f64::from(ppm) / 1e6
}

/// Basis points, rounded up, within what a shock of the contracts can hold.
fn whole_bps(fraction: f64, tenor_days: u32) -> Result<u32, MarginError> {
    let bps = (fraction * BPS).ceil();
    if bps.is_finite() && bps <= f64::from(i16::MAX) {
        Ok(bps as u32)
    } else {
        Err(MarginError::ShockTooLarge { tenor_days, bps })
    }
}

impl MarginSet {
    /// The risk array as a table: a row for each month, a column for each scenario, moves in basis points of the mark
    /// price.
    #[must_use]
    pub fn array(&self) -> Columns {
        let scenarios = self.scenarios.iter().map(String::as_str);
        let mut table = Columns::new(std::iter::once("tenor_days").chain(scenarios));
        for (month, row) in self.months.iter().zip(&self.shocks) {
            table.push(std::iter::once(f64::from(month.tenor_days)).chain(row.iter().map(|shock| f64::from(*shock))));
        }
        table
    }

    /// The margin of a portfolio, as the contracts take it: the largest loss over the scenarios, at least zero, in the
    /// unit of the exposures. `exposures` are the values of the net positions at the marks, short below zero.
    #[must_use]
    pub fn portfolio(&self, exposures: &[f64]) -> f64 {
        (0..SCENARIOS)
            .map(|scenario| {
                let each = exposures.iter().zip(&self.shocks);
                -each.map(|(exposure, row)| exposure * f64::from(row[scenario]) / BPS).sum::<f64>()
            })
            .fold(0.0, f64::max)
    }
}
