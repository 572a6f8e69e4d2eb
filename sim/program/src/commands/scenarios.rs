//! `sit-sim scenarios`: short markets written down message by message, to be replayed on deployed contracts.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sit_market::scenario::{replay, write_all};

use super::Failure;
use super::output::{emit, json, write_file};

/// Fewest scenarios: one of each kind.
const FEWEST: u64 = 6;

/// Most scenarios: they are in memory together, about a megabyte each.
const MOST: u64 = 1_000;

/// Arguments of `scenarios`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder to write them to; must exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How many, the six kinds in turn
    #[arg(long, value_name = "N", default_value_t = 54)]
    count: u64,
}

#[derive(Serialize)]
struct Written {
    scenario: String,
    messages: usize,
    refused: usize,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = &arguments.out;
    if !(FEWEST..=MOST).contains(&arguments.count) {
        return Err(Failure::input(format!(
            "--count is {}: at least {FEWEST}, one of each kind, and at most {MOST}",
            arguments.count
        )));
    }
    if !folder.is_dir() {
        return Err(Failure::input(format!("{}: is no folder", folder.display())));
    }
    let scenarios = write_all(arguments.count).map_err(Failure::input)?;
    let mut report = Vec::new();
    for scenario in &scenarios {
        // What is written has been read back natively first: nobody gets a file that does not replay.
        replay(scenario).map_err(Failure::Machine)?;
        report.push(Written {
            scenario: scenario.name.clone(),
            messages: scenario.steps.len(),
            refused: scenario.steps.iter().filter(|line| line.refused.is_some()).count(),
        });
    }
    for scenario in &scenarios {
        write_file(&folder.join(format!("{}.json", scenario.name)), &(json(scenario)? + "\n"))?;
    }
    emit(&report, None)
}
