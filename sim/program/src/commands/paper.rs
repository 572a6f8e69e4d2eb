//! `sit-sim paper`: the paper's claims beside what its own parameters give.

use clap::Args;
use sit_sim::hedge::experiment::LEAST_PATHS;
use sit_sim::paper::{MIN_PATHS, claims, hedging_claims};

use super::Failure;
use super::output::{emit, progress};

/// Most paths: what came of each is kept.
const MOST_PATHS: u32 = 1_000_000;

/// Arguments of `paper`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Paths for the claims about whole paths, and for hedging in each scenario
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    paths: u32,
    /// Seed of the random streams
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if !(MIN_PATHS..=MOST_PATHS).contains(&arguments.paths) {
        return Err(Failure::input(format!(
            "--paths is {}: at least {MIN_PATHS} are needed, and {MOST_PATHS} are the most",
            arguments.paths
        )));
    }
    let hedging_paths = arguments.paths.max(LEAST_PATHS);
    let bar = progress(u64::from(arguments.paths) + 3 * u64::from(hedging_paths));
    let table = claims(arguments.seed, arguments.paths, &|paths| bar.inc(paths)).and_then(|mut table| {
        table.extend(hedging_claims(arguments.seed, hedging_paths, &|paths| bar.inc(paths))?);
        Ok(table)
    });
    bar.finish_and_clear();
    emit(&table.map_err(Failure::input)?, None)
}
