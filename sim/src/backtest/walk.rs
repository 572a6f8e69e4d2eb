//! Margin against what came: calibrated on the past, tested on what followed.
//!
//! From the first year of a history on, the model is calibrated again every quarter on all prices so far. Until the next time
//! it predicts the return of a month at its end, which moves as the index does, over one horizon; horizons follow each other
//! without overlap. The margin is the larger of value at risk and expected shortfall, without floors: the floors are there for
//! what the model doesn't know, and a test that they pass says nothing about the model.
//!
//! A history of list prices is quiet for months and then jumps; the number of its horizons is small, and what a test can say
//! with them is said by its exact p-values.

use rayon::prelude::*;
use serde::Serialize;

use super::{
    BacktestError, Clusters, Coverage, ExactClusters, LikelihoodRatio, PredictedLaw, ShortfallTests, TrafficLight,
    acerbi_szekely, kupiec, traffic_light,
};
use crate::calibrate::calibrate;
use crate::history::History;
use crate::margin::{CloseOut, CloseOutLaw, Draw, MarginError, Returns};
use crate::model::Model;

/// Days of history before the first calibration.
const FIRST_DAYS: i32 = 365;

/// Days between calibrations.
const REFIT_DAYS: i32 = 91;

/// Paths of one prediction.
const PATHS: usize = 1 << 16;

/// Scenario number of the random streams.
const SCENARIO: u64 = 0x5741_4c4b;

/// What to test.
#[derive(Clone, Copy, Debug)]
pub struct WalkRequest {
    /// Days of one horizon.
    pub horizon_days: u32,
    /// Share of horizons on which the value at risk may be exceeded, such as 0.01.
    pub level: f64,
    /// Simulated histories for the p-values of the shortfall tests.
    pub simulations: u32,
    /// Seed.
    pub seed: u64,
}

impl Default for WalkRequest {
    /// One horizon of two days at 1 %.
    fn default() -> Self {
        Self { horizon_days: 2, level: 0.01, simulations: 1_000, seed: 1 }
    }
}

/// One side's result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideResult {
    /// `short` or `long`.
    pub side: &'static str,
    /// Horizons.
    pub observations: u64,
    /// Horizons whose loss went beyond the value at risk.
    pub exceedances: u64,
    /// Horizons whose loss went beyond the margin.
    pub margin_exceedances: u64,
    /// The largest loss, as a fraction of the price.
    pub worst_loss: f64,
    /// Margin at that time.
    pub margin_then: f64,
    /// Mean margin.
    pub mean_margin: f64,
    /// Number.
    pub kupiec: Coverage,
    /// Clustering.
    pub independence: LikelihoodRatio,
    /// Number and clustering.
    pub conditional_coverage: LikelihoodRatio,
    /// Exact p-values of the last two; `None` for very many horizons.
    pub exact: Option<ExactClusters>,
    /// Zone.
    pub traffic_light: TrafficLight,
    /// Size.
    pub shortfall: ShortfallTests,
}

/// The result of a walk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WalkResult {
    /// Calibrations.
    pub calibrations: u64,
    /// Days of one horizon.
    pub horizon_days: u32,
    /// Share of horizons on which the value at risk may be exceeded.
    pub level: f64,
    /// Short, then long.
    pub sides: Vec<SideResult>,
}

/// Why a walk can't be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// No horizons after the first year.
    #[error(
        "the history has {days} days: a margin backtest needs more than {FIRST_DAYS}, a year to calibrate on and some to test"
    )]
    Short {
        /// Length of the history.
        days: i32,
    },
    /// No horizon.
    #[error("the horizon is 0 days: it must be at least one")]
    Horizon,
    /// A test can't be run.
    #[error(transparent)]
    Test(#[from] BacktestError),
    /// A margin can't be computed.
    #[error(transparent)]
    Margin(#[from] MarginError),
}

/// A horizon: the number of its prediction and the return.
type Horizon = (usize, f64);

/// Walks through a history, calibrating on the way. Days on which the calibration fails, as on a price that has not yet moved,
/// are left out. `progress` is told how many horizons have been dealt with.
///
/// # Errors
/// [`WalkError`] for a history of less than a year, or one on which nothing could be calibrated.
pub fn walk(
    history: &History,
    request: &WalkRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<WalkResult, WalkError> {
    let days = history.days();
    let last = days.last().copied().unwrap_or_default();
    if request.horizon_days == 0 {
        return Err(WalkError::Horizon);
    }
    if last <= FIRST_DAYS {
        return Err(WalkError::Short { days: last });
    }
    let starts: Vec<i32> = (FIRST_DAYS..last).step_by(REFIT_DAYS as usize).collect();
    let fits: Vec<(i32, Option<Model>)> = starts
        .par_iter()
        .map(|start| {
            let known = days.partition_point(|day| day <= start);
            (*start, calibrate(&history.first(known)).ok().map(|calibration| calibration.model))
        })
        .collect();
    let mut models = Vec::new();
    let mut horizons = Vec::new();
    for (start, model) in fits {
        let Some(model) = model else { continue };
        let end = (start + REFIT_DAYS).min(last);
        horizons.extend(returns(history, &days, start, end, request.horizon_days).map(|value| (models.len(), value)));
        models.push(model);
    }
    progress(horizons.len() as u64);
    test(&models, &horizons, request)
}

/// Tests a model on a series of daily prices that it is said to describe.
///
/// # Errors
/// [`WalkError`] for a series shorter than one horizon.
pub fn known(model: &Model, prices: &[f64], request: &WalkRequest) -> Result<WalkResult, WalkError> {
    if request.horizon_days == 0 {
        return Err(WalkError::Horizon);
    }
    let step = request.horizon_days as usize;
    let ends = prices.iter().step_by(step).zip(prices.iter().skip(step).step_by(step));
    let horizons: Vec<Horizon> = ends.map(|(before, after)| (0, after / before - 1.0)).collect();
    test(std::slice::from_ref(model), &horizons, request)
}

/// Returns over horizons of days that the history has at both ends.
fn returns<'a>(
    history: &'a History,
    days: &'a [i32],
    start: i32,
    end: i32,
    horizon: u32,
) -> impl Iterator<Item = f64> + 'a {
    let price = |day: i32| {
        let place = days.binary_search(&day).ok()?;
        history.observations().get(place).map(|observation| observation.price)
    };
    let step = horizon as i32;
    (start..end.saturating_sub(step - 1))
        .step_by(horizon as usize)
        .filter_map(move |day| Some(price(day + step)? / price(day)? - 1.0))
}

fn test(models: &[Model], horizons: &[Horizon], request: &WalkRequest) -> Result<WalkResult, WalkError> {
    if horizons.is_empty() {
        return Err(BacktestError::NoObservations.into());
    }
    let law = CloseOut::Fixed { seconds: request.horizon_days.saturating_mul(86_400) }.law()?;
    let predictions: Vec<Vec<f64>> = (0_u64..).zip(models).map(|(n, model)| predict(model, n, &law, request)).collect();
    let side = |name: &'static str, sign: f64| -> Result<SideResult, WalkError> {
        let laws = predictions
            .iter()
            .map(|sample| PredictedLaw::new(sample.iter().map(|value| sign * value).collect(), request.level))
            .collect::<Result<Vec<_>, _>>()?;
        let losses: Vec<(usize, f64)> = horizons.iter().map(|(law, value)| (*law, sign * value)).collect();
        one_side(name, &losses, &laws, request)
    };
    Ok(WalkResult {
        calibrations: models.len() as u64,
        horizon_days: request.horizon_days,
        level: request.level,
        sides: vec![side("short", 1.0)?, side("long", -1.0)?],
    })
}

/// Returns of a month that ends within the horizon: it is exposed to all of it.
fn predict(model: &Model, number: u64, law: &CloseOutLaw, request: &WalkRequest) -> Vec<f64> {
    let scenario = SCENARIO ^ number << 32;
    let models = std::slice::from_ref(model);
    let draw = Draw { models, tenor_days: &[1], law, seed: request.seed, scenario, paths: PATHS };
    Returns::draw(&draw, &|_| ()).month(0).collect()
}

fn one_side(
    side: &'static str,
    losses: &[(usize, f64)],
    laws: &[PredictedLaw],
    request: &WalkRequest,
) -> Result<SideResult, WalkError> {
    let margin = |law: usize| laws.get(law).map_or(0.0, |law| law.es().max(law.var()));
    let hits: Vec<bool> =
        losses.iter().map(|(law, loss)| laws.get(*law).is_some_and(|law| *loss > law.var())).collect();
    let exceedances = hits.iter().filter(|hit| **hit).count() as u64;
    let observations = losses.len() as u64;
    let clusters = Clusters::of(&hits);
    let worst = losses.iter().copied().fold((0, f64::NEG_INFINITY), |a, b| if b.1 > a.1 { b } else { a });
    Ok(SideResult {
        side,
        observations,
        exceedances,
        margin_exceedances: losses.iter().filter(|(law, loss)| *loss > margin(*law)).count() as u64,
        worst_loss: worst.1,
        margin_then: margin(worst.0),
        mean_margin: losses.iter().map(|(law, _)| margin(*law)).sum::<f64>() / losses.len() as f64,
        kupiec: kupiec(exceedances, observations, request.level)?,
        independence: clusters.independence(),
        conditional_coverage: clusters.conditional_coverage(exceedances, observations, request.level)?,
        exact: clusters.exact(exceedances, observations, request.level)?,
        traffic_light: traffic_light(exceedances, observations, request.level)?,
        shortfall: acerbi_szekely(losses, laws, request.simulations, request.seed)?,
    })
}
