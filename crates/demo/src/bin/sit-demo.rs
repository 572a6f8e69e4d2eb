//! From a price history to a settled futures contract, in one command.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use sit_demo::lifecycle::{self, Plan};
use sit_demo::report;
use sit_sim::history::History;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Calibrates a price process, computes certified margins, deploys the exchange on an embedded chain and lives one futures
/// month through, from listing to the last withdrawal. Writes report.html and record.json.
#[derive(Parser)]
#[command(name = "sit-demo", version)]
struct Arguments {
    /// Price history: CSV with the columns `date` and the one named by --column; without it a generated sample is used
    #[arg(long, value_name = "FILE", requires = "column")]
    prices: Option<PathBuf>,
    /// Column of the price in US dollars per million tokens
    #[arg(long, value_name = "NAME", requires = "prices")]
    column: Option<String>,
    /// Folder for report.html and record.json; made if it is missing
    #[arg(long, value_name = "DIR", default_value = "demo")]
    out: PathBuf,
    /// Seed of the sample, of the margin simulation and of the price path
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Paths of the margin simulation
    #[arg(long, value_name = "N", default_value_t = 1 << 20)]
    paths: u64,
    /// Print the record as JSON instead of the summary
    #[arg(long)]
    json: bool,
    /// Only check that the price history can be used
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let (history, name) = match (&arguments.prices, &arguments.column) {
        (Some(file), Some(column)) => {
            let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.display().to_string());
            (History::load(file, column)?, format!("{name}, column {column}"))
        }
        _ => (History::sample(arguments.seed), format!("a sample generated from seed {}", arguments.seed)),
    };
    sit_sim::calibrate::calibrate(&history)?;
    if arguments.check {
        return Ok(());
    }
    ensure!(!arguments.out.is_file(), "{} is a file; --out needs a folder", arguments.out.display());
    if arguments.prices.is_none() {
        eprintln!("No --prices given: using {name}.");
    }
    let bar = ProgressBar::new(arguments.paths);
    bar.set_style(
        ProgressStyle::with_template("Margin simulation {wide_bar} {human_pos} of {human_len} paths, {eta} left")
            .context("the template of the progress bar is well-formed")?,
    );
    let drawn = bar.clone();
    let progress = move |paths: u64| drawn.inc(paths);
    let plan = Plan {
        history: &history,
        name: &name,
        generated: arguments.prices.is_none(),
        seed: arguments.seed,
        paths: arguments.paths,
        progress: &progress,
    };
    let told = bar.clone();
    let record = lifecycle::run(&plan, move |sentence| {
        if !told.is_finished() {
            told.finish_and_clear();
        }
        eprintln!("  {sentence}");
    })?;
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("{} cannot be made", arguments.out.display()))?;
    let spinner = ProgressBar::new_spinner().with_message("Drawing the report");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let page = report::write(&record, &arguments.out)?;
    spinner.finish_and_clear();
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&record)?);
    } else {
        println!("{}", report::summary(&record));
        println!("The report: {}", page.display());
    }
    Ok(())
}
