//! `sit-sim market`: agents on the engine itself, by parameter set and by incident.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use sit_market::{Attack, Cast, MarketReport, MarketRequest, ParameterSet, simulate, simulate_paths};

use super::Failure;
use super::columns::{table_writable, write_table};
use super::input::ModelSource;
use super::output::{emit, progress};

/// Arguments of `market`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    source: ModelSource,
    /// Paths for each parameter set
    #[arg(long, value_name = "N", default_value_t = MarketRequest::default().paths)]
    paths: u64,
    /// Paths for each incident; 0 tries none
    #[arg(long, value_name = "N", default_value_t = MarketRequest::default().attack_paths)]
    attack_paths: u64,
    /// Days of a path
    #[arg(long, value_name = "N", default_value_t = MarketRequest::default().days)]
    days: u32,
    /// Seed of the random streams
    #[arg(long, value_name = "N", default_value_t = MarketRequest::default().seed)]
    seed: u64,
    /// Parameter sets and cast in TOML: tables `[[set]]` and `[cast]`; if left out, three presets and the usual cast
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Write a table of what became of each path to this file: Parquet if its name ends in `.parquet` (needs a build
    /// with `--features parquet`), else JSON
    #[arg(long, value_name = "FILE")]
    paths_out: Option<PathBuf>,
    /// Leave out the summary for people on stderr
    #[arg(long)]
    json: bool,
}

/// The file of `--run`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    #[serde(default)]
    set: Vec<ParameterSet>,
    #[serde(default)]
    cast: Cast,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    table_writable(&arguments.paths_out)?;
    let model = arguments.source.load()?;
    let mut request = MarketRequest {
        paths: arguments.paths,
        attack_paths: arguments.attack_paths,
        days: arguments.days,
        seed: arguments.seed,
        attacks: if arguments.attack_paths == 0 { Vec::new() } else { Attack::ALL.to_vec() },
        ..MarketRequest::default()
    };
    if let Some(path) = &arguments.run {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::input(format!("{name}: cannot be read: {error}")))?;
        let run: Run = sit_sim::from_toml(&text).map_err(|error| Failure::input(format!("{name}: {error}")))?;
        request.cast = run.cast;
        if !run.set.is_empty() {
            request.sets = run.set;
        }
    }
    let bar = progress(request.total_paths());
    let progress = |paths| bar.inc(paths);
    let found = match &arguments.paths_out {
        Some(_) => simulate_paths(&model, &request, &progress).map(|(report, table)| (report, Some(table))),
        None => simulate(&model, &request, &progress).map(|report| (report, None)),
    };
    bar.finish_and_clear();
    let (report, table) = found.map_err(Failure::input)?;
    if let Some((path, table)) = arguments.paths_out.as_ref().zip(table) {
        write_table(path, &table)?;
    }
    if !arguments.json {
        tell(&report);
    }
    emit(&report, None)
}

/// A summary for people, on stderr.
fn tell(report: &MarketReport) {
    eprintln!(
        "{} paths of {} days, {} for each incident, seed {}",
        report.paths, report.days, report.attack_paths, report.seed
    );
    for set in &report.sets {
        eprintln!();
        let [long, short] = set.front_margin_bps;
        eprintln!("{}: front margin {} bps long, {} bps short", set.set.name, long, short);
        eprintln!("  {:<24} {:>12} {:>10} {:>12} {:>12}", "a path", "mean", "P(> 0)", "99 %", "largest");
        for (name, of) in [
            ("margin calls", set.margin_calls),
            ("liquidations", set.liquidations),
            ("most on one day", set.cascade),
            ("accounts below zero", set.bankrupt),
            ("fund pays, USD", set.fund_draw),
            ("winners bear, USD", set.haircut),
        ] {
            eprintln!("  {name:<24} {:>12.1} {:>10.3} {:>12.0} {:>12.0}", of.mean, of.positive, of.p99, of.max);
        }
        for kind in &set.profits {
            eprintln!("  {:<24} {:>12.0} USD on average", kind.kind, kind.profit.mean);
        }
        for attack in &set.attacks {
            let name = serde_json::to_value(attack.attack).unwrap_or_default();
            eprintln!(
                "  {:<24} makes {:>9.0} USD on average, gains on {:.2} of paths, costs the fund {:.0} USD",
                name.as_str().unwrap_or_default(),
                attack.profit.mean,
                attack.profit.positive,
                attack.fund_cost.mean
            );
        }
    }
}
