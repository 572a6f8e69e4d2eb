//! What `sit-sim margin --evidence` adds: the margin set put to the test, and what stands beside it.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use sit_sim::DAY;
use sit_sim::backtest::{WalkRequest, WalkResult, known, walk};
use sit_sim::fund::{Fund, FundRequest, size};
use sit_sim::history::History;
use sit_sim::margin::coverage::{Coverage, measure};
use sit_sim::margin::procyclicality::{self, Procyclicality};
use sit_sim::margin::{Depth, MarginSet};
use sit_sim::path::{PathRequest, simulate_one};

use super::Failure;
use super::input::Sourced;
use super::output::{json, progress};

/// Fresh portfolios and paths of the coverage.
const PORTFOLIOS: u64 = 2_000;
const PATHS: u64 = 1 << 17;

/// Days of the generated history that stands in for a missing one.
const DAYS: u32 = 1_500;

/// Scenario number of that history's random stream.
const SCENARIO: u64 = 0x4556_4944;

/// A margin set put to the test.
#[derive(Serialize)]
struct Evidence {
    /// The risk array on fresh portfolios and paths.
    coverage: Vec<Coverage>,
    fund: Fund,
    /// Whether the two below are on the given history or on one that the first model generates.
    generated: bool,
    /// Without any for a price that never moves.
    procyclicality: Option<Vec<Procyclicality>>,
    /// The margin rule on what followed; without any for a history of less than a year.
    backtest: Option<WalkResult>,
}

/// Reads a market's depth from TOML; without a file, the default.
pub fn read_depth(path: Option<&Path>) -> Result<Depth, Failure> {
    let Some(path) = path else { return Ok(Depth::default()) };
    let named = |error: String| Failure::input(format!("{}: {}", path.display(), error));
    let text = std::fs::read_to_string(path).map_err(|error| named(format!("cannot be read: {error}")))?;
    sit_sim::from_toml(&text).map_err(named)
}

/// Gathers the evidence for a set.
pub fn evidence(set: &MarginSet, source: &Sourced) -> Result<Value, Failure> {
    let request = FundRequest { paths: set.paths.min(FundRequest::default().paths), ..FundRequest::default() };
    let fresh = PATHS.min(set.paths);
    let bar = progress(fresh + request.paths);
    let found = (|| {
        let coverage = measure(set, &source.models, PORTFOLIOS, fresh, &|paths| bar.inc(paths))?;
        let fund = size(set, &source.models, &request, &|paths| bar.inc(paths))?;
        Ok((coverage, fund))
    })();
    bar.finish_and_clear();
    let (coverage, fund) = found.map_err(|error: sit_sim::margin::MarginError| Failure::input(error))?;
    let prices = match &source.history {
        Some(history) => history.observations().iter().map(|observation| observation.price).collect(),
        None => generated(source, set.seed)?,
    };
    let returns: Vec<f64> = prices.iter().zip(prices.iter().skip(1)).map(|(a, b)| (b / a).ln()).collect();
    let front = set.months.first().map_or(0, |month| month.short_bps.max(month.long_bps));
    let found = Evidence {
        coverage,
        fund,
        generated: source.history.is_none(),
        procyclicality: procyclicality::measure(&returns, f64::from(front) / 10_000.0),
        backtest: backtest(set, source, source.history.as_ref(), &prices)?,
    };
    // Through text, so that numbers are the same as when they are read back.
    serde_json::from_str(&json(&found)?).map_err(|error| Failure::Machine(error.to_string()))
}

fn backtest(
    set: &MarginSet,
    source: &Sourced,
    history: Option<&History>,
    prices: &[f64],
) -> Result<Option<WalkResult>, Failure> {
    let level = 1.0 - f64::from(set.confidence_ppm) / 1e6;
    let horizon_days = set.horizon_seconds.div_ceil(DAY);
    let request = WalkRequest { horizon_days, level, seed: set.seed, ..WalkRequest::default() };
    let result = match (history, source.models.first()) {
        (Some(history), _) => walk(history, &request, &|_| ()),
        (None, Some(model)) => known(model, prices, &request),
        (None, None) => return Ok(None),
    };
    match result {
        Ok(result) => Ok(Some(result)),
        Err(error) => {
            eprintln!("note: no margin backtest: {error}");
            Ok(None)
        }
    }
}

fn generated(source: &Sourced, seed: u64) -> Result<Vec<f64>, Failure> {
    let request = PathRequest { seed, scenario: SCENARIO, days: DAYS, deliveries: Vec::new(), jumps: Vec::new() };
    let model = source.models.first().ok_or_else(|| Failure::input("there is no model"))?;
    let path = simulate_one(model, &request).map_err(Failure::input)?;
    Ok(path.days.into_iter().map(|day| day.spot).collect())
}
