//! `sit-sim makers`: whether honest quoting pays best under the makers' programme.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sit_market::incentives::{Depth, Experiment, Hedgers, News, Setting, Table, chart, compare, depth, hedgers, news};

use super::Failure;
use super::output::{emit, writable, write_file};

/// Arguments of `makers`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Seed of the random streams
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Weeks with news that are played for each strategy, and as many without
    #[arg(long, value_name = "N", default_value_t = 32)]
    paths: u64,
    /// Weekly budget in US dollars
    #[arg(long, value_name = "DOLLARS", default_value_t = 5_000)]
    budget: u64,
    /// Also let makers choose their quotes freely, with the programme and without it, and draw the depth: SVG, minutes
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
}

/// What is printed.
#[derive(Serialize)]
struct Answer {
    strategies: Table,
    news: News,
    hedgers: Hedgers,
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<Depth>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if !(2..=100_000).contains(&arguments.paths) {
        return Err(Failure::input(format!("--paths is {}: it must be 2 to 100,000", arguments.paths)));
    }
    if arguments.budget > 100_000_000 {
        return Err(Failure::input(format!("--budget is {}: at most 100,000,000", arguments.budget)));
    }
    writable(&arguments.chart)?;
    let setting = Setting { budget: arguments.budget * 1_000_000, ..Setting::default() };
    let experiment = Experiment { setting, seed: arguments.seed, paths: arguments.paths };
    let answer = Answer {
        strategies: compare(&experiment),
        news: news(&experiment),
        hedgers: hedgers(&experiment),
        depth: arguments.chart.is_some().then(|| depth(&experiment)),
    };
    if let (Some(path), Some(depth)) = (&arguments.chart, &answer.depth) {
        write_file(path, &chart(depth))?;
    }
    tell(&answer);
    emit(&answer, None)
}

/// The tables for people, on stderr.
fn tell(answer: &Answer) {
    eprintln!("US dollars a week of one maker among five; score in lots at the reference price\n");
    eprintln!(
        "strategy            score uptime  volume  trading   reward  capital   profit  honest makes more  in a week with news"
    );
    for row in &answer.strategies.rows {
        eprintln!(
            "{:<18} {:>6.1} {:>5.1}% {:>7.0} {:>8.0} {:>8.0} {:>8.0} {:>8.0} {:>9.0} +- {:<4.0} {:>9.0} +- {:.0}",
            row.strategy.name(),
            row.score,
            100.0 * row.uptime,
            row.volume,
            row.trading,
            row.reward,
            row.capital,
            row.profit,
            row.honest_makes_more,
            row.standard_error,
            row.more_with_news,
            row.news_error,
        );
    }
    let News { move_percent, with_epochs, without_epochs, standard_error, .. } = answer.news;
    eprintln!(
        "\nA print that moves the price by {move_percent:.1} % costs an honest maker {with_epochs:.0} dollars with quote \
         epochs, {without_epochs:.0} +- {standard_error:.0} without."
    );
    let Hedgers { lot, at_once, ref waits, .. } = answer.hedgers;
    eprintln!(
        "\nWho takes 50 lots a second before noon pays {at_once:.3} dollars a lot (of {lot:.0}) beyond the fair value. Who comes \
         at noon waits for the opening:\n\nsettled after  news  dollars a lot  more than at once   risk"
    );
    for wait in waits {
        eprintln!(
            "{:>9} min  {:>4}  {:>13.3} {:>13.3} +- {:.3} {:>5.2}",
            wait.minutes,
            if wait.news { "yes" } else { "no" },
            wait.cost,
            wait.more,
            wait.standard_error,
            wait.risk,
        );
    }
    if let Some(Depth { with, without }) = &answer.depth {
        for (name, curve) in [("with", with), ("without", without)] {
            eprintln!(
                "Makers free to choose {name} the programme: {} lots a side at {} basis points, {:.0} dollars a week.",
                curve.quoting.lots, curve.quoting.half_bps, curve.profit
            );
        }
    }
}
