//! What a risk committee reads: one self-contained HTML page about one price history.
//!
//! [`Facts::gather`] computes, [`html`] draws. The facts are those of the other modules over the draws of the
//! calibration's uncertainty; what is computed only here is the fan of prices ([`fan`]), the walk through the history
//! ([`walk`]), leverage against insolvency ([`frontier`]) and the sensitivities ([`tornado`]). The same history and
//! seed give the same page.

mod charts;
pub mod fan;
pub mod frontier;
mod page;
mod tables;
#[cfg(test)]
mod tests;
pub mod tornado;
pub mod walk;

use sit_market::{MarketError, MarketReport, MarketRequest, simulate};
use sit_sim::backtest::{WalkError, WalkRequest, WalkResult};
use sit_sim::calibrate::{Calibration, CalibrationError, Posterior, bootstrap, calibrate};
use sit_sim::fund::{Fund, FundRequest, size_with_years};
use sit_sim::hedge::HedgeError;
use sit_sim::hedge::experiment::{self, FrictionSet, Outcome, Ratio};
use sit_sim::history::History;
use sit_sim::margin::{MarginError, MarginRequest, MarginSet, compute_over, draws};
use sit_sim::model::{Model, ModelError};
use sit_sim::paper::{Claim, PaperError, ScenarioHedge, claims, scenario_hedges};
use sit_sim::risk::RiskError;

pub use page::html;

/// A day as a part of a year.
const DAY: f64 = 1.0 / sit_sim::DAYS_PER_YEAR;

/// Days in which a position is closed out, wherever a section needs one number for it.
pub const CLOSE_OUT_DAYS: u32 = 2;

/// Days to the last trading day of the front month, wherever a section looks at one month.
pub const FRONT_DAYS: u32 = 30;

/// Confidence of the margins.
pub const CONFIDENCE: f64 = 0.99;

/// Paths of the hedging experiment: a standard deviation is known to about one percent.
const HEDGE_PATHS: u32 = 4_096;

/// Paths for the paper's claims, as many as `sit-sim paper` draws: a share of 15 % is known to a third of a percent.
const PAPER_PATHS: u32 = 10_000;

/// What to report on.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportRequest {
    /// What the history is called.
    pub name: String,
    /// Models drawn from the calibration's uncertainty.
    pub draws: u32,
    /// Paths of the margin set.
    pub margin_paths: u64,
    /// Paths of the market; zero leaves the section out.
    pub market_paths: u64,
    /// Seed of everything random.
    pub seed: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The history cannot be calibrated on.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// The draws make no models.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The margin cannot be computed.
    #[error(transparent)]
    Margin(#[from] MarginError),
    /// The price of the history hardly moves but by jumps.
    #[error(
        "the price of this history hardly moves between its jumps, or moves the same way every day, and the exact risk that a report \
         shows needs noise: use a history as it was quoted, without interpolation or smoothing, or `sit-sim margin`, which simulates"
    )]
    NoNoise,
    /// A law cannot be inverted.
    #[error(transparent)]
    Risk(RiskError),
    /// The market cannot be simulated.
    #[error(transparent)]
    Market(#[from] MarketError),
    /// The margins cannot be tested.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// A hedge cannot be computed.
    #[error(transparent)]
    Hedge(#[from] HedgeError),
    /// The paper's claims cannot be checked.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// The page cannot be put together: a defect of the template.
    #[error("the page could not be put together; please report this with the history: {0}")]
    Page(#[from] askama::Error),
}

impl From<RiskError> for ReportError {
    fn from(error: RiskError) -> Self {
        match error {
            RiskError::NoDiffusion | RiskError::OutOfReach(_) => Self::NoNoise,
            other => Self::Risk(other),
        }
    }
}

/// Everything that the page shows.
#[derive(Clone, Debug)]
pub struct Facts {
    request: ReportRequest,
    history: History,
    calibration: Calibration,
    posterior: Posterior,
    fan: Vec<fan::Spread>,
    curve: Vec<fan::Spread>,
    margin: MarginSet,
    /// `None` where the history is too short to look ahead from any of its days.
    walk: Option<walk::Walk>,
    /// `None` likewise.
    backtest: Option<WalkResult>,
    /// Why there is none.
    no_backtest: Option<String>,
    frontier: Vec<frontier::Place>,
    market: Option<MarketReport>,
    /// Why there is none although one was asked for.
    no_market: Option<String>,
    fund: Fund,
    /// Deficit of each simulated year as a share of open interest, ascending.
    fund_years: Vec<f64>,
    tornado: Vec<tornado::Bar>,
    hedge: Vec<(&'static str, Outcome)>,
    paper_hedges: Vec<ScenarioHedge>,
    claims: Vec<Claim>,
}

/// Stages of the computation with the number of steps of each, for a progress bar.
#[must_use]
pub fn stages(history: &History, request: &ReportRequest) -> u64 {
    let walks = sit_sim::backtest::calibrations(history) + walk::calibrations(history);
    let paths = draws(&margin_request(request)) / PATHS_PER_STEP + walks + u64::from(request.draws);
    market_request(request).total_paths().saturating_add(paths)
}

/// Margin paths that count as one step of the progress.
const PATHS_PER_STEP: u64 = 4_096;

impl Facts {
    /// Parts that the page does not have, each with the reason and what to do.
    #[must_use]
    pub fn left_out(&self) -> Vec<String> {
        let market = self.no_market.iter().map(|reason| format!("no market of agents: {reason}"));
        market.chain(self.no_backtest.iter().map(|reason| format!("no margin backtest: {reason}"))).collect()
    }

    /// Computes the facts. `progress` is told of finished steps, [`stages`] in all, from any thread.
    ///
    /// # Errors
    /// [`ReportError`] of the first computation that the history does not allow.
    pub fn gather(
        history: &History,
        request: &ReportRequest,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self, ReportError> {
        if request.market_paths > 0 {
            market_request(request).check()?;
        }
        let calibration = calibrate(history)?;
        let posterior = bootstrap(history, &calibration, request.draws, request.seed, progress)?;
        let models = posterior.models()?;
        let model = calibration.model;
        let margin = compute_over(&models, &margin_request(request), &|paths| progress(paths / PATHS_PER_STEP))?;
        let usual = FundRequest::default();
        let fund_request = FundRequest { paths: usual.paths.min(request.margin_paths), ..usual };
        let (fund, fund_years) = size_with_years(&margin, &models, &fund_request, &|_| ())?;
        let (market, no_market) = match request.market_paths {
            0 => (None, None),
            _ => match simulate(&model, &market_request(request), progress) {
                Ok(report) => (Some(report), None),
                Err(error @ MarketError::Price(_)) => (None, Some(error.to_string())),
                Err(error) => return Err(error.into()),
            },
        };
        let tests = WalkRequest { horizon_days: CLOSE_OUT_DAYS, seed: request.seed, ..WalkRequest::default() };
        let (backtest, no_backtest) = match sit_sim::backtest::walk(history, &tests, progress) {
            Ok(result) => (Some(result), None),
            Err(error @ (WalkError::Short { .. } | WalkError::NothingToTest { .. })) => (None, Some(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        Ok(Self {
            request: request.clone(),
            backtest,
            no_backtest,
            fan: fan::prices(&models, request.seed),
            curve: fan::curve(&models),
            margin,
            fund,
            fund_years,
            walk: walk::Walk::through(history, progress),
            frontier: frontier::places(&model, &models)?,
            market,
            no_market,
            tornado: tornado::bars(&model, &posterior)?,
            hedge: hedges(&model, request.seed)?,
            paper_hedges: scenario_hedges(request.seed, HEDGE_PATHS, &|_| ())?,
            claims: claims(request.seed, PAPER_PATHS, &|_| ())?,
            history: history.clone(),
            calibration,
            posterior,
        })
    }
}

fn margin_request(request: &ReportRequest) -> MarginRequest {
    MarginRequest { paths: request.margin_paths, seed: request.seed, ..MarginRequest::default() }
}

fn market_request(request: &ReportRequest) -> MarketRequest {
    MarketRequest {
        paths: request.market_paths,
        attack_paths: 0,
        seed: request.seed,
        attacks: Vec::new(),
        ..MarketRequest::default()
    }
}

fn hedges(model: &Model, seed: u64) -> Result<Vec<(&'static str, Outcome)>, HedgeError> {
    let table = FrictionSet::table();
    let cases = table.map(|(_, set)| (set, Ratio::Estimated));
    let outcomes = experiment::run(model, &cases, HEDGE_PATHS, seed, &|_| ())?;
    Ok(table.iter().map(|(name, _)| *name).zip(outcomes).collect())
}
