//! `sit-sim report`: everything about one price history on one page.

use std::path::PathBuf;

use crate::report::{Facts, ReportRequest, html, stages};
use clap::Args;

use super::Failure;
use super::input::HistorySource;
use super::output::{progress_of, writable, write_file};

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    source: HistorySource,
    /// Write the page to this file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Name of the history on the page; the file and the column if left out
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Models drawn from what the history leaves open
    #[arg(long, value_name = "N", default_value_t = 200)]
    draws: u32,
    /// Paths of the margin set
    #[arg(long, value_name = "N", default_value_t = 1 << 18)]
    paths: u64,
    /// Paths of the simulated market for each parameter set; 0 leaves the section out
    #[arg(long, value_name = "N", default_value_t = 100)]
    market_paths: u64,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    writable([&arguments.out])?;
    let Some(history) = arguments.source.load()? else {
        return Err(Failure::input(
            "give a price history: --prices and --column, --record with --class and --as-of, or --sample",
        ));
    };
    let request = ReportRequest {
        name: arguments.name.clone().unwrap_or_else(|| arguments.source.name()),
        draws: arguments.draws,
        margin_paths: arguments.paths,
        market_paths: arguments.market_paths,
        seed: arguments.seed,
    };
    let bar = progress_of("steps", stages(&history, &request));
    let facts = Facts::gather(&history, &request, &|steps| bar.inc(steps));
    bar.finish_and_clear();
    let facts = facts.map_err(Failure::input)?;
    facts.left_out().iter().for_each(|reason| eprintln!("note: {reason}"));
    let page = html(&facts).map_err(|error| Failure::Machine(error.to_string()))?;
    write_file(&arguments.out, &page)
}
