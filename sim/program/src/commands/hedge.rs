//! `sit-sim hedge`: what a hedge does to the cost of a token budget.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sit_sim::columns::Columns;
use sit_sim::hedge::experiment::{self, FrictionSet, Outcome, Ratio};
use sit_sim::hedge::{Budget, Frictions, scenarios};
use sit_sim::model::Model;

use super::Failure;
use super::columns::{table_writable, write_table};
use super::input::read_model;
use super::output::{emit, progress};

/// Arguments of `hedge`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Model in TOML, or `paper`; the experiment without one is run on the paper's three scenarios and a fourth
    #[arg(long, value_name = "FILE", required_unless_present = "experiment")]
    model: Option<String>,
    /// Simulate instead a company that estimates its ratio and meets every friction, one by one and all together
    #[arg(long, conflicts_with_all = ["months", "ratio", "volume_cv", "basis_cv"])]
    experiment: bool,
    /// Paths of the experiment, 2,000 to 1,000,000
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "experiment")]
    paths: u32,
    /// Seed of the experiment's random streams
    #[arg(long, value_name = "N", default_value_t = 1, requires = "experiment")]
    seed: u64,
    /// Write a table of the costs on each path of the experiment to this file: Parquet if its name ends in `.parquet`
    /// (needs a build with `--features parquet`), else JSON. Scenarios and cases are numbered as in the result
    #[arg(long, value_name = "FILE", requires = "experiment")]
    costs_out: Option<PathBuf>,
    /// Months over which the tokens are bought in equal parts, at each month's end
    #[arg(long, value_name = "N", default_value_t = 12)]
    months: u32,
    /// Futures held for each expected unit of volume
    #[arg(long, value_name = "RATIO", default_value_t = 1.0, allow_negative_numbers = true)]
    ratio: f64,
    /// Standard deviation of the volume, as a share of its mean
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, allow_negative_numbers = true)]
    volume_cv: f64,
    /// Standard deviation of one's own price against the index, as a share of it
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, allow_negative_numbers = true)]
    basis_cv: f64,
}

/// One row of the experiment.
#[derive(Serialize)]
struct Row {
    scenario: String,
    frictions: &'static str,
    ratio: Ratio,
    #[serde(flatten)]
    outcome: Outcome,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    table_writable(&arguments.costs_out)?;
    if arguments.experiment {
        return emit(&experiment(arguments)?, None);
    }
    let model = read_model(arguments.model.as_deref().unwrap_or_default())?;
    let frictions = Frictions { volume_cv: arguments.volume_cv, basis_cv: arguments.basis_cv };
    let budget = Budget::monthly(&model, arguments.months, frictions).map_err(Failure::input)?;
    emit(&budget.outcome(arguments.ratio).map_err(Failure::input)?, None)
}

fn experiment(arguments: &Arguments) -> Result<Vec<Row>, Failure> {
    let models: Vec<(String, Model)> = match &arguments.model {
        Some(name) => vec![(name.clone(), read_model(name)?)],
        None => scenarios().map_err(Failure::input)?.map(|(name, model)| (name.to_owned(), model)).into(),
    };
    let estimated = FrictionSet::table().map(|(name, set)| (name, set, Ratio::Estimated));
    // The paper's ratio without frictions: its effect is the ratio itself.
    let cases: Vec<_> =
        std::iter::once(("none", FrictionSet::default(), Ratio::Fixed(0.85))).chain(estimated).collect();
    let sets: Vec<(FrictionSet, Ratio)> = cases.iter().map(|(_, set, ratio)| (*set, *ratio)).collect();
    let bar = progress(models.len() as u64 * u64::from(arguments.paths));
    let mut rows = Vec::new();
    let mut table = Columns::new(["scenario", "case", "path", "ratio", "unhedged", "hedged", "gain", "closed_early"]);
    for (place, (scenario, model)) in models.into_iter().enumerate() {
        let costs = experiment::costs(&model, &sets, arguments.paths, arguments.seed, &|paths| bar.inc(paths));
        let costs = costs.map_err(Failure::input)?;
        if arguments.costs_out.is_some() {
            add(&mut table, place, &costs);
        }
        let outcomes = costs.iter().map(|paths| Outcome::of(paths)).collect::<Result<Vec<_>, _>>();
        let outcomes = outcomes.map_err(Failure::input)?;
        rows.extend(cases.iter().zip(outcomes).map(|((frictions, _, ratio), outcome)| Row {
            scenario: scenario.clone(),
            frictions,
            ratio: *ratio,
            outcome,
        }));
    }
    bar.finish_and_clear();
    if let Some(path) = &arguments.costs_out {
        write_table(path, &table)?;
    }
    Ok(rows)
}

/// Adds what came of the paths of a scenario.
fn add(table: &mut Columns, scenario: usize, cases: &[Vec<experiment::Path>]) {
    for (case, paths) in cases.iter().enumerate() {
        for (number, path) in paths.iter().enumerate() {
            let closed = if path.closed { 1.0 } else { 0.0 };
            let numbers = [scenario, case, number].map(|number| number as f64);
            table.push(numbers.into_iter().chain([path.ratio, path.unhedged, path.hedged, path.gain, closed]));
        }
    }
}
