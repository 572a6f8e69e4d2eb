//! `sit-sim calibrate`: a model from a history.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use sit_sim::calibrate::recovery::{Spread, recovery};
use sit_sim::calibrate::{Diagnostics, LawKind, Posterior, Settings, TrendKind, bootstrap};
use sit_sim::history::Flag;
use sit_sim::model::ModelSpec;

use super::Failure;
use super::columns::{asks_for_parquet, table_writable, write_table};
use super::input::{HistorySource, calibrated, model_text};
use super::output::{emit, hex, json, progress_of, writable, write_file};

/// Arguments of `calibrate`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    source: HistorySource,
    /// What the price reverts to
    #[arg(long, value_enum, default_value_t = Trend::Line)]
    trend: Trend,
    /// Law of the jump sizes
    #[arg(long, value_enum, default_value_t = Law::Best)]
    jump_law: Law,
    /// Draw this many models as they could as well have been (parametric bootstrap); 0 draws none
    #[arg(long, value_name = "N", default_value_t = 0)]
    draws: u32,
    /// Seed of the draws
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the draws with their bands and covariance to this JSON file, or, if its name ends in `.parquet`, a row for
    /// each draw (needs a build with `--features parquet`)
    #[arg(long, value_name = "FILE", requires = "draws")]
    posterior_out: Option<PathBuf>,
    /// Show instead what the calibration gives back of known parameters, over this many simulated histories
    #[arg(
        long,
        value_name = "HISTORIES",
        num_args = 0..=1,
        default_missing_value = "60",
        conflicts_with_all = ["prices", "sample", "record", "draws", "model_out", "trend", "jump_law"]
    )]
    recovery: Option<u64>,
    /// Write the model to this TOML file
    #[arg(long, value_name = "FILE")]
    model_out: Option<PathBuf>,
    /// Write the JSON to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// [`TrendKind`] on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Trend {
    /// A constant level
    Level,
    /// A line
    Line,
}

/// [`LawKind`] on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Law {
    /// Whichever explains the history better
    Best,
    /// Normal sizes
    Gaussian,
    /// Exponential sizes in either direction
    DoubleExponential,
}

#[derive(Serialize)]
struct Report<'a> {
    dataset_root: String,
    model: ModelSpec,
    diagnostics: &'a Diagnostics,
    flags: &'a [Flag],
    #[serde(skip_serializing_if = "Option::is_none")]
    posterior: Option<Posterior>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    table_writable(&arguments.posterior_out)?;
    writable([&arguments.posterior_out, &arguments.model_out, &arguments.out].into_iter().flatten())?;
    if let Some(histories) = arguments.recovery {
        return show_recovery(histories, arguments);
    }
    let Some(history) = arguments.source.load()? else {
        return Err(Failure::input(
            "give a price history: --prices and --column, --record with --class and --as-of, or --sample",
        ));
    };
    let settings = Settings { trend: arguments.trend.into(), law: arguments.jump_law.into(), ..Settings::default() };
    let calibration = calibrated(&history, &settings)?;
    let posterior = (arguments.draws > 0).then(|| {
        let bar = progress_of("draws", u64::from(arguments.draws));
        let drawn = bootstrap(&history, &calibration, arguments.draws, arguments.seed, &|count| bar.inc(count));
        bar.finish_and_clear();
        drawn.map_err(Failure::input)
    });
    let posterior = posterior.transpose()?;
    let model = arguments.model_out.as_ref().map(|path| model_text(&calibration.model).map(|text| (path, text)));
    let model = model.transpose()?;
    if let (Some(path), Some(posterior)) = (&arguments.posterior_out, &posterior) {
        if asks_for_parquet(path) {
            write_table(path, &posterior.columns().map_err(Failure::input)?)?;
        } else {
            write_file(path, &(json(posterior)? + "\n"))?;
        }
    }
    if let Some((path, text)) = model {
        write_file(path, &text)?;
    }
    let report = Report {
        dataset_root: hex(&history.dataset_root()),
        model: ModelSpec::from(&calibration.model),
        diagnostics: &calibration.diagnostics,
        flags: history.flags(),
        posterior: if arguments.posterior_out.is_some() { None } else { posterior },
    };
    emit(&report, arguments.out.as_deref())
}

fn show_recovery(histories: u64, arguments: &Arguments) -> Result<(), Failure> {
    let bar = progress_of("histories", histories);
    let rows = recovery(histories, arguments.seed, &|count| bar.inc(count)).map_err(Failure::input);
    bar.finish_and_clear();
    let rows = rows?;
    eprintln!(
        "{histories} histories of three years; mean ± standard deviation of the estimates, root mean square error"
    );
    let heads = ["this calibration", "filter, same histories", "filter, elsewhere", "mixture, elsewhere"];
    eprintln!("{:<10} {:>6}{}", "", "truth", heads.map(|head| format!("  {head:>26}")).concat());
    for row in &rows {
        let cell = |spread: &Spread| format!("{:.4} ± {:.4} ({:.4})", spread.mean, spread.sd, spread.error(row.truth));
        let cells = [&row.found, &row.start, &row.filter, &row.mixture].map(|spread| format!("  {:>26}", cell(spread)));
        eprintln!("{:<10} {:>6}{}", row.parameter, row.truth, cells.concat());
    }
    emit(&rows, arguments.out.as_deref())
}

impl From<Trend> for TrendKind {
    fn from(trend: Trend) -> Self {
        match trend {
            Trend::Level => Self::Level,
            Trend::Line => Self::Line,
        }
    }
}

impl From<Law> for LawKind {
    fn from(law: Law) -> Self {
        match law {
            Law::Best => Self::Best,
            Law::Gaussian => Self::Gaussian,
            Law::DoubleExponential => Self::DoubleExponential,
        }
    }
}
