//! `sit-sim backtest`: whether a number of exceedances fits a level, or whether a margin held on a history.

use clap::Args;
use serde::Serialize;
use sit_sim::backtest::{Clusters, Coverage, ExactClusters, LikelihoodRatio, TrafficLight, WalkRequest};
use sit_sim::backtest::{calibrations, kupiec, traffic_light, walk};

use super::Failure;
use super::input::HistorySource;
use super::output::{emit, progress_of};

/// Arguments of `backtest`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Days whose loss was larger than the margin
    #[arg(long, value_name = "N", requires = "observations")]
    exceedances: Option<u64>,
    /// Days in all
    #[arg(long, value_name = "N", requires = "exceedances")]
    observations: Option<u64>,
    /// How many of the days with an exceedance follow another one; adds the tests for clustering, for which the first
    /// and the last day are taken to be calm
    #[arg(long, value_name = "N", requires = "exceedances")]
    neighbours: Option<u64>,
    /// Share of days on which an exceedance is expected
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, default_value_t = 0.01)]
    level: f64,
    /// Instead of counts: calibrate every quarter on the past of this history and test the margin on what followed
    #[command(flatten)]
    source: HistorySource,
    /// Days of one horizon of that test, at least: it ends on the first day with a price from then on
    #[arg(long, value_name = "DAYS", default_value_t = 2)]
    horizon_days: u32,
    /// Seed of that test's random streams
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Serialize)]
struct Report {
    kupiec: Coverage,
    traffic_light: TrafficLight,
    #[serde(skip_serializing_if = "Option::is_none")]
    christoffersen: Option<Christoffersen>,
}

#[derive(Serialize)]
struct Christoffersen {
    independence: LikelihoodRatio,
    conditional_coverage: LikelihoodRatio,
    exact_p_values: Option<ExactClusters>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let history = arguments.source.load()?;
    let (Some(exceedances), Some(observations)) = (arguments.exceedances, arguments.observations) else {
        let history = history.ok_or_else(|| {
            Failure::input(
                "give --exceedances and --observations, or a price history: --prices and --column, or --sample",
            )
        })?;
        let Arguments { horizon_days, level, seed, .. } = *arguments;
        let request = WalkRequest { horizon_days, level, seed, ..WalkRequest::default() };
        let bar = progress_of("calibrations", calibrations(&history));
        let result = walk(&history, &request, &|done| bar.inc(done));
        bar.finish_and_clear();
        return emit(&result.map_err(Failure::input)?, None);
    };
    if history.is_some() {
        return Err(Failure::input("counts and a price history are both given: a backtest is of one or the other"));
    }
    let level = arguments.level;
    emit(
        &Report {
            kupiec: kupiec(exceedances, observations, level).map_err(Failure::input)?,
            traffic_light: traffic_light(exceedances, observations, level).map_err(Failure::input)?,
            christoffersen: arguments
                .neighbours
                .map(|neighbours| christoffersen(exceedances, observations, neighbours, level))
                .transpose()?,
        },
        None,
    )
}

fn christoffersen(hits: u64, days: u64, neighbours: u64, level: f64) -> Result<Christoffersen, Failure> {
    // Runs of hits, each with a calm day before and after.
    let runs = hits.checked_sub(neighbours).filter(|runs| *runs > 0 || hits == 0);
    let calm = days.checked_sub(hits).zip(runs).and_then(|(calm, runs)| calm.checked_sub(runs + 1));
    let (Some(n01), Some(n00)) = (runs, calm) else {
        return Err(Failure::input(format!(
            "{neighbours} of {hits} exceedances in {days} days cannot follow another one with a calm day first and last"
        )));
    };
    let clusters = Clusters { n00, n01, n10: n01, n11: neighbours };
    Ok(Christoffersen {
        independence: clusters.independence(),
        conditional_coverage: clusters.conditional_coverage(hits, days, level).map_err(Failure::input)?,
        exact_p_values: clusters.exact(hits, days, level).map_err(Failure::input)?,
    })
}
