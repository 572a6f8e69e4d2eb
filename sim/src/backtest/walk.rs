//! Margin against what came: calibrated on the past, tested on what followed.
//!
//! From the first year of a history on, the model is calibrated again every quarter on all prices so far, and in a
//! history of more than ten years [`MOST_CALIBRATIONS`] times at even distances: what a quarter adds to ten years moves
//! no estimate. A hole in the history counts for nothing here, however many years it has. Until the next time it
//! predicts the return of a month at its end, which moves as the index does, over one horizon; horizons follow each
//! other without overlap.
//!
//! A horizon begins on a day with a price and ends on the first one that is at least [`WalkRequest::horizon_days`]
//! later: over a weekend it is as long as the weekend makes it, in a weekly history a week, and its margin is that of
//! its own length. Only where a history has a hole ([`longest_horizon`]) none is counted. The margin is the larger of
//! value at risk and expected shortfall, without floors: the floors are there for what the model does not know, and a
//! test that they pass says nothing about the model.
//!
//! A history of list prices is quiet for months and then jumps; the number of its horizons is small, and what a test
//! can say with them is said by its exact p-values.

use rayon::prelude::*;
use serde::Serialize;
use sit_engine::calendar::DAY;

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

/// Days between calibrations, at least.
const REFIT_DAYS: i32 = 91;

/// Most calibrations of one walk.
pub const MOST_CALIBRATIONS: i32 = 40;

/// Days beyond the usual distance of prices, or beyond a horizon, at which a history has a hole.
const HOLE_DAYS: i32 = 7;

/// Longest horizon that is asked for, in days: that of the slowest close-out that anybody margins.
pub const MOST_HORIZON_DAYS: u32 = 92;

/// Numbers of all predictions together: eighty megabytes for each side.
const MOST_DRAWS: usize = 160 * PATHS;

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
    /// Where not all horizons have the days that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_grid: Option<OwnGrid>,
    /// Short, then long.
    pub sides: Vec<SideResult>,
}

/// The horizons of a history that does not have a price on every day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OwnGrid {
    /// Days of the shortest.
    pub shortest_days: i32,
    /// Days of the longest.
    pub longest_days: i32,
    /// Mean days.
    pub mean_days: f64,
    /// Holes in the history, over which none was counted.
    pub holes: u64,
}

/// Why a walk cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// No horizons after the first year.
    #[error(
        "the last price of the history is {days} days after the first, and a margin backtest needs {needed}: a year to calibrate on and a \
         horizon to test; add at least {} days of prices, before the first or after the last, or compute the margin alone with `sit-sim margin`",
        needed - days
    )]
    Short {
        /// Days from the first price to the last.
        days: i32,
        /// Days that are needed.
        needed: i32,
    },
    /// A horizon of no days or of too many.
    #[error("the horizon is {0} days: it must be 1 to {MOST_HORIZON_DAYS}")]
    Horizon(u32),
    /// No prices near enough to each other, or nothing that could be calibrated on.
    #[error(
        "after its first year the history has no two prices that are {horizon} to {longest} days apart, or none of its parts can be calibrated \
         on: add prices after the first year, or say a longer --horizon-days"
    )]
    NothingToTest {
        /// Days of a horizon, at least.
        horizon: u32,
        /// Days of a horizon, at most.
        longest: i32,
    },
    /// A test cannot be run.
    #[error(transparent)]
    Test(#[from] BacktestError),
    /// A margin cannot be computed.
    #[error(transparent)]
    Margin(#[from] MarginError),
}

/// A horizon: the number of its prediction and the return.
type Horizon = (usize, f64);

/// What a prediction is of: the number of a model, and the days ahead.
type Law = (usize, i32);

/// Days from one calibration to the next, when the first is at `first` days of a history and they are `least` days
/// apart at least. Its holes do not count: there is nothing to calibrate on in them, and nothing to test.
#[must_use]
pub fn refit_days(history: &History, first: i32, least: i32) -> i32 {
    let days = history.days();
    let longest = longest_horizon(history, 1);
    let gaps = days.windows(2).map(|pair| pair[1] - pair[0]);
    let holes: i32 = gaps.filter(|gap| *gap > longest).sum();
    let last = days.last().copied().unwrap_or_default();
    let span = last.saturating_sub(holes).saturating_sub(first).max(0);
    least.max(span.saturating_add(MOST_CALIBRATIONS - 1) / MOST_CALIBRATIONS)
}

/// The longest horizon that is counted where one of these days is asked for: what is further apart has a hole in
/// between.
#[must_use]
pub fn longest_horizon(history: &History, horizon_days: u32) -> i32 {
    let asked = i32::try_from(horizon_days).unwrap_or(i32::MAX);
    asked.max(history.frequency().usual_gap()).saturating_add(HOLE_DAYS)
}

/// Days of a history on which [`walk`] calibrates. In a hole of it that is once: on all days of the hole the same
/// prices are known.
fn starts(history: &History) -> Vec<i32> {
    let days = history.days();
    let last = days.last().copied().unwrap_or_default();
    let longest = longest_horizon(history, 1);
    let mut known_before = None;
    let each = (FIRST_DAYS..last).step_by(refit_days(history, FIRST_DAYS, REFIT_DAYS) as usize);
    each.filter(|start| {
        let known = days.partition_point(|day| day <= start);
        let hole =
            matches!(days.get(known.saturating_sub(1)..=known), Some([before, after]) if after - before > longest);
        known_before.replace(known) != Some(known) || !hole
    })
    .collect()
}

/// How many times [`walk`] calibrates on a history.
#[must_use]
pub fn calibrations(history: &History) -> u64 {
    starts(history).len() as u64
}

/// Walks through a history, calibrating on the way. Days on which the calibration fails, as on a price that has not yet
/// moved, are left out. `progress` is told of every calibration that is done, [`calibrations`] in all, from any thread.
///
/// # Errors
/// [`WalkError`] for a history of less than a year and a horizon, or one on which nothing could be calibrated.
pub fn walk(
    history: &History,
    request: &WalkRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<WalkResult, WalkError> {
    let days = history.days();
    let last = days.last().copied().unwrap_or_default();
    check(request)?;
    let needed = FIRST_DAYS + request.horizon_days as i32;
    if last < needed {
        return Err(WalkError::Short { days: last, needed });
    }
    let starts = starts(history);
    let fits: Vec<Option<Model>> = starts
        .par_iter()
        .map(|start| {
            let known = days.partition_point(|day| day <= start);
            let model = calibrate(&history.first(known)).ok().map(|calibration| calibration.model);
            progress(1);
            model
        })
        .collect();
    let longest = longest_horizon(history, request.horizon_days);
    let (mut models, mut laws, mut horizons, mut lengths) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut holes = 0;
    for (place, (start, model)) in starts.iter().zip(fits).enumerate() {
        let Some(model) = model else { continue };
        let end = starts.get(place + 1).copied().unwrap_or(last);
        for (length, value) in returns(history, &days, *start, end, request.horizon_days) {
            if length > longest {
                holes += 1;
                continue;
            }
            let law: Law = (models.len(), length);
            let number = laws.iter().rposition(|known| *known == law).unwrap_or_else(|| {
                laws.push(law);
                laws.len() - 1
            });
            horizons.push((number, value));
            lengths.push(length);
        }
        models.push(model);
    }
    let asked = request.horizon_days as i32;
    let own_grid = (holes > 0 || lengths.iter().any(|length| *length != asked)).then(|| OwnGrid {
        shortest_days: lengths.iter().copied().min().unwrap_or_default(),
        longest_days: lengths.iter().copied().max().unwrap_or_default(),
        mean_days: lengths.iter().copied().map(f64::from).sum::<f64>() / lengths.len().max(1) as f64,
        holes,
    });
    if horizons.is_empty() {
        return Err(WalkError::NothingToTest { horizon: request.horizon_days, longest });
    }
    test(&models, &laws, &horizons, request).map(|result| WalkResult { own_grid, ..result })
}

fn check(request: &WalkRequest) -> Result<(), WalkError> {
    if (1..=MOST_HORIZON_DAYS).contains(&request.horizon_days) {
        Ok(())
    } else {
        Err(WalkError::Horizon(request.horizon_days))
    }
}

/// Tests a model on a series of daily prices that it is said to describe.
///
/// # Errors
/// [`WalkError`] for a series shorter than one horizon.
pub fn known(model: &Model, prices: &[f64], request: &WalkRequest) -> Result<WalkResult, WalkError> {
    check(request)?;
    let step = request.horizon_days as usize;
    let ends = prices.iter().step_by(step).zip(prices.iter().skip(step).step_by(step));
    let horizons: Vec<Horizon> = ends.map(|(before, after)| (0, after / before - 1.0)).collect();
    test(std::slice::from_ref(model), &[(0, request.horizon_days as i32)], &horizons, request)
}

/// Days and returns of the horizons from one calibration to the next: from a day with a price to the first that is far
/// enough, up to the first one of the next calibration, with which those begin anew.
fn returns<'a>(
    history: &'a History,
    days: &'a [i32],
    start: i32,
    end: i32,
    horizon: u32,
) -> impl Iterator<Item = (i32, f64)> + 'a {
    let price = |place: usize| history.observations().get(place).map(|observation| observation.price);
    let last = days.partition_point(|day| *day < end).min(days.len().saturating_sub(1));
    let mut at = days.partition_point(|day| *day < start);
    std::iter::from_fn(move || {
        let day = days.get(at)?;
        let next = days.partition_point(|later| *later < day.saturating_add(horizon as i32));
        if next > last {
            return None;
        }
        let found = (days.get(next)? - day, price(next)? / price(at)? - 1.0);
        at = next;
        Some(found)
    })
}

fn test(models: &[Model], laws: &[Law], horizons: &[Horizon], request: &WalkRequest) -> Result<WalkResult, WalkError> {
    let paths = (MOST_DRAWS / laws.len().max(1)).min(PATHS);
    let predictions = laws
        .par_iter()
        .map(|(number, length)| {
            let law = CloseOut::Fixed { seconds: (*length as u32).saturating_mul(DAY) }.law()?;
            Ok(models.get(*number).map_or_else(Vec::new, |model| predict(model, *number as u64, &law, request, paths)))
        })
        .collect::<Result<Vec<Vec<f64>>, WalkError>>()?;
    let side = |name: &'static str, sign: f64| -> Result<SideResult, WalkError> {
        let laws = predictions
            .par_iter()
            .map(|sample| PredictedLaw::new(sample.iter().map(|value| sign * value).collect(), request.level))
            .collect::<Result<Vec<_>, _>>()?;
        let losses: Vec<(usize, f64)> = horizons.iter().map(|(law, value)| (*law, sign * value)).collect();
        one_side(name, &losses, &laws, request)
    };
    Ok(WalkResult {
        calibrations: models.len() as u64,
        horizon_days: request.horizon_days,
        level: request.level,
        own_grid: None,
        sides: vec![side("short", 1.0)?, side("long", -1.0)?],
    })
}

/// Returns of a month that ends within the horizon: it is exposed to all of it.
fn predict(model: &Model, number: u64, law: &CloseOutLaw, request: &WalkRequest, paths: usize) -> Vec<f64> {
    let scenario = SCENARIO ^ number << 32;
    let models = std::slice::from_ref(model);
    // The month ends on the horizon's last day.
    let draw = Draw { models, tenor_days: &[1], law, seed: request.seed, scenario, paths };
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
