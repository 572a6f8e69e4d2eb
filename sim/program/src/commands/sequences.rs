//! `sit-sim sequences`: random sequences of messages through the native engine, every invariant audited after each.

use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use sit_market::sequence::{Covered, World, run_sequence};

use super::Failure;
use super::output::{emit, progress_of};

/// Most sequences of a run, a day's work, and most messages of one.
const MOST_SEQUENCES: u64 = 100_000_000;
const MOST_MESSAGES: u64 = 100_000;

/// Arguments of `sequences`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Sequences to run
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    count: u64,
    /// Messages of a sequence
    #[arg(long, value_name = "N", default_value_t = 50)]
    messages: usize,
    /// Seed of the random streams
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Serialize)]
struct Report {
    seed: u64,
    sequences: u64,
    messages: u64,
    accepted: u64,
    refused: u64,
    covered: Covered,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    for (name, count, most) in
        [("--count", arguments.count, MOST_SEQUENCES), ("--messages", arguments.messages as u64, MOST_MESSAGES)]
    {
        if !(1..=most).contains(&count) {
            return Err(Failure::input(format!("{name} is {count}: it must be 1 to {most}")));
        }
    }
    let world = World::named();
    let begun = world.begun();
    let bar = progress_of("sequences", arguments.count);
    let one = |number| {
        let covered = run_sequence(world, &begun, arguments.seed, number, arguments.messages);
        bar.inc(1);
        covered
    };
    let merge = |mut sum: Covered, other| {
        sum.merge(other);
        Ok(sum)
    };
    let covered = (0..arguments.count).into_par_iter().map(one).try_reduce(Covered::default, merge);
    let covered = covered.map_err(|broken| Failure::Machine(broken.to_string()))?;
    bar.finish_and_clear();
    let sum = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum();
    let (accepted, refused): (u64, u64) = (sum(&covered.accepted), sum(&covered.refused));
    let report = Report {
        seed: arguments.seed,
        sequences: arguments.count,
        messages: accepted + refused,
        accepted,
        refused,
        covered,
    };
    emit(&report, None)
}
