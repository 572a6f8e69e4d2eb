//! `sit-sim sequences`: random sequences of messages through the native engine, every invariant audited after each.

use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use sit_market::sequence::{Covered, World, run_sequence};

use super::Failure;
use super::output::{emit, progress_of};

/// Most sequences of a run, most messages of one, and most messages in all: a day's work.
const MOST_SEQUENCES: u64 = 100_000_000;
const MOST_MESSAGES: u64 = 100_000;
const MOST_IN_ALL: u64 = 50 * MOST_SEQUENCES;

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
    /// Messages of the three contracts that no sequence has sent with success.
    never_accepted: Vec<String>,
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
    let messages = arguments.count.saturating_mul(arguments.messages as u64);
    if messages > MOST_IN_ALL {
        return Err(Failure::input(format!(
            "--count times --messages are {messages} messages in all, and {MOST_IN_ALL} are the most of one run"
        )));
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
        never_accepted: covered.never_accepted(),
        covered,
    };
    emit(&report, None)
}
