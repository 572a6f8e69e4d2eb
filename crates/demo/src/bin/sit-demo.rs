//! From a price history to a settled futures contract, in one command.

use anyhow::{Context, Result, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use sit_client::blobs::Manifest;
use sit_demo::lifecycle::{self, Plan};
use sit_demo::report;
use sit_demo::sweep::{self, Prices, Subject};
use sit_sim::history::{History, ReadOptions};
use sit_sim::margin::{self, MarginRequest};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Paths of the margin simulation of a story.
const PATHS: u64 = 1 << 20;

/// Paths of the margin simulation of each story of a sweep, whose results depend on them little.
const SWEEP_PATHS: u64 = 1 << 14;

/// How often a sweep says how far it is where no bar is drawn.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// The manifest of blobs as it was when the program was built.
const MANIFEST: &str = include_str!("../../../../contracts/blobs.toml");

/// Notes on a history that are printed at most.
const MOST_NOTES: usize = 5;

/// Calibrates a price process, computes certified margins, deploys the exchange on an embedded chain and lives one
/// futures month through, from listing to the last withdrawal. Writes report.html and record.json.
#[derive(Parser)]
#[command(name = "sit-demo", version)]
struct Arguments {
    /// Table of prices as its vendor writes it: CSV with a column of days and the one named by --column; without it a
    /// generated sample is used. With --sweep it may be given more than once, each time with a --column
    #[arg(long, value_name = "FILE")]
    prices: Vec<PathBuf>,
    /// Column of the prices, by its name or its number from 1
    #[arg(long, value_name = "NAME")]
    column: Vec<String>,
    #[command(flatten)]
    options: ReadOptions,
    /// Folder for report.html and record.json; made if it is missing
    #[arg(long, value_name = "DIR", default_value = "demo", conflicts_with = "sweep")]
    out: PathBuf,
    /// Seed of the sample, of the margin simulation and of the price path
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "sweep")]
    seed: u64,
    /// Paths of the margin simulation: 2^20 for a story, 2^14 for each of a sweep
    #[arg(long, value_name = "N")]
    paths: Option<u64>,
    /// Print the record as JSON instead of the summary
    #[arg(long)]
    json: bool,
    /// Only check that the price history can be calibrated, margined and listed
    #[arg(long, conflicts_with = "sweep")]
    check: bool,
    /// Tell many stories, of the sample and of every file given, and count what became of them; writes no report
    #[arg(long)]
    sweep: bool,
    /// The sample is played on the seeds from 1 to this one; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 200, requires = "sweep")]
    seeds: u64,
    /// A file is played on the seeds from 1 to this one
    #[arg(long, value_name = "N", default_value_t = 5, requires = "sweep")]
    file_seeds: u64,
    /// Go on with contracts that contracts/blobs.toml does not name, too: of a source that was changed, or by another
    /// compiler
    #[arg(long, conflicts_with = "check")]
    unnamed_blobs: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if arguments.sweep { sweep_all(&arguments) } else { run(&arguments).map(|()| ExitCode::SUCCESS) };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn file_name(file: &Path) -> String {
    file.file_name().map_or_else(|| file.display().to_string(), |name| name.display().to_string())
}

fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { prices, column, options, seed, .. } = arguments;
    let (history, name) = match (prices.as_slice(), column.as_slice()) {
        ([], []) => (History::sample(*seed), format!("a sample generated from seed {seed}")),
        ([file], [column]) => (History::read(file, column, options)?, format!("{}, column {column}", file_name(file))),
        ([_], []) => anyhow::bail!("--prices needs the name of the price column: give it with --column NAME"),
        ([], _) => anyhow::bail!("--column needs a file: give it with --prices FILE"),
        _ => anyhow::bail!(
            "one story is told on one history: give --prices and --column once, or tell many with --sweep"
        ),
    };
    if !arguments.check {
        ensure!(!arguments.out.is_file(), "{} is a file; --out needs a folder", arguments.out.display());
        report::writable(&arguments.out)?;
    }
    if prices.is_empty() && !arguments.check {
        eprintln!("No --prices given: using {name}.");
    }
    // What was understood is said before anything is computed from it.
    if !prices.is_empty() {
        history.understood().iter().for_each(|sentence| eprintln!("note: {sentence}"));
        history.flags().iter().take(MOST_NOTES).for_each(|flag| eprintln!("note: {flag}"));
        if let Some(more) = history.flags().len().checked_sub(MOST_NOTES).filter(|more| *more > 0) {
            eprintln!("note: and {more} more, which sit-sim calibrate lists");
        }
    }
    let paths = arguments.paths.unwrap_or(PATHS);
    let request = MarginRequest { paths, ..MarginRequest::default() };
    let bar = if arguments.check { ProgressBar::hidden() } else { ProgressBar::new(margin::draws(&request)) };
    bar.set_style(
        ProgressStyle::with_template("Margin simulation {wide_bar} {human_pos} of {human_len} paths, {eta} left")
            .context("the template of the progress bar is well-formed")?,
    );
    let drawn = bar.clone();
    let progress = move |paths: u64| drawn.inc(paths);
    let plan =
        Plan { history: &history, name: &name, generated: prices.is_empty(), seed: *seed, paths, progress: &progress };
    let ready = lifecycle::ready(&plan);
    bar.finish_and_clear();
    let ready = ready?;
    if arguments.check {
        return Ok(());
    }
    held(arguments)?;
    let record = ready.tell(|sentence| eprintln!("  {sentence}"))?;
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

/// Holds what was built to the manifest: a story is of the contracts that everybody can build.
fn held(arguments: &Arguments) -> Result<()> {
    if !arguments.unnamed_blobs {
        Manifest::read(MANIFEST).hold_built()?;
    }
    Ok(())
}

fn sweep_all(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { prices, column, options, seeds, file_seeds, .. } = arguments;
    ensure!(
        prices.len() == column.len(),
        "there are {} of --prices and {} of --column: give each file its price column",
        prices.len(),
        column.len()
    );
    let mut subjects = Vec::new();
    if *seeds > 0 {
        subjects.push(Subject { name: "the sample".into(), prices: Prices::Sample, seeds: 1..=*seeds });
    }
    let file = |(file, column): (&PathBuf, &String)| sweep::file(file, column, options, 1..=*file_seeds);
    subjects.extend(prices.iter().zip(column).map(file));
    held(arguments)?;
    let count: u64 = subjects.iter().map(|subject| subject.seeds.end() + 1 - subject.seeds.start()).sum();
    let bar = ProgressBar::new(count);
    bar.set_style(
        ProgressStyle::with_template("Stories {wide_bar} {human_pos} of {human_len}, {eta} left")
            .context("the template of the progress bar is well-formed")?,
    );
    let drawn = bar.clone();
    let paths = arguments.paths.unwrap_or(SWEEP_PATHS);
    // Where the bar is not drawn, a line now and then says how far it is.
    let said = std::sync::Mutex::new(Instant::now());
    let done = move || {
        drawn.inc(1);
        let Ok(mut said) = said.lock() else { return };
        if !std::io::stderr().is_terminal() && said.elapsed() >= SIGN_OF_LIFE {
            *said = Instant::now();
            eprintln!("note: {} of {count} stories", drawn.position());
        }
    };
    let told = sweep::sweep(&subjects, paths, sweep::threads()?, &done);
    bar.finish_and_clear();
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&told)?);
    } else {
        println!("{}", sweep::table(&told));
    }
    Ok(if sweep::broke(&told) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
