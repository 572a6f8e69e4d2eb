//! One file for each subcommand over the shared parts: what is read ([`input`]), what is written ([`output`]), what
//! goes wrong ([`Failure`]).

mod average;
mod backtest;
mod calibrate;
mod columns;
mod evidence;
mod futures;
mod hedge;
mod input;
mod makers;
mod margin;
mod market;
mod moments;
mod output;
mod paper;
#[cfg(feature = "parquet")]
mod parquet;
mod report;
mod risk;
mod scenarios;
mod sequences;
mod verify;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

/// The price process of AI inference and its risk numbers.
#[derive(Debug, Parser)]
#[command(name = "sit-sim", version)]
pub struct Program {
    #[command(subcommand)]
    command: Command,
    /// Threads to work with; all cores if left out. The result does not depend on it.
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Model and diagnostics from a price history
    Calibrate(calibrate::Arguments),
    /// Futures prices of a model
    Futures(futures::Arguments),
    /// Moments of the price of a model
    Moments(moments::Arguments),
    /// Exact moments of an average of prices
    Average(average::Arguments),
    /// Exact value at risk and expected shortfall of a futures position
    Risk(risk::Arguments),
    /// Margin set of a model, with its certificate
    Margin(margin::Arguments),
    /// Compute a margin set again and compare
    Verify(verify::Arguments),
    /// Whether a number of exceedances fits a level
    Backtest(backtest::Arguments),
    /// What a hedge does to the cost of a token budget
    Hedge(hedge::Arguments),
    /// Agents on the engine: margin calls, cascades, fund draws, incidents
    Market(market::Arguments),
    /// Short markets as files, to be replayed on deployed contracts
    Scenarios(scenarios::Arguments),
    /// Random sequences of messages through the engine, audited
    Sequences(sequences::Arguments),
    /// Everything about one price history on one self-contained page
    Report(report::Arguments),
    /// Whether honest quoting pays best under the makers' programme
    Makers(makers::Arguments),
    /// The paper's claims beside what its own parameters give
    Paper(paper::Arguments),
}

/// Why the program stops.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The user's input is at fault; the sentence says how.
    #[error("{0}")]
    Input(String),
    /// The machine is at fault.
    #[error("{0}")]
    Machine(String),
}

impl Failure {
    /// A failure of the user's input.
    pub fn input(reason: impl std::fmt::Display) -> Self {
        Self::Input(reason.to_string())
    }

    /// The exit code of the program.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(2),
            Self::Machine(_) => ExitCode::FAILURE,
        }
    }
}

/// Most threads: each has a stack, and no machine that this runs on has more cores.
const MOST_THREADS: usize = 1_024;

impl Program {
    /// What was asked for on the command line. Help and version are printed, and the process ends.
    pub fn from_command_line() -> Result<Self, Failure> {
        Self::try_parse().map_err(|error| {
            if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
                error.exit();
            }
            Failure::input(sentence(&error.to_string()))
        })
    }

    /// Runs the subcommand.
    pub fn run(self) -> Result<(), Failure> {
        if let Some(threads) = self.threads {
            if !(1..=MOST_THREADS).contains(&threads) {
                return Err(Failure::input(format!("--threads is {threads}: 1 to {MOST_THREADS} are possible")));
            }
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build_global()
                .map_err(|error| Failure::Machine(error.to_string()))?;
        }
        match self.command {
            Command::Calibrate(arguments) => calibrate::run(&arguments),
            Command::Futures(arguments) => futures::run(&arguments),
            Command::Moments(arguments) => moments::run(&arguments),
            Command::Average(arguments) => average::run(&arguments),
            Command::Risk(arguments) => risk::run(&arguments),
            Command::Margin(arguments) => margin::run(&arguments),
            Command::Verify(arguments) => verify::run(&arguments),
            Command::Backtest(arguments) => backtest::run(&arguments),
            Command::Hedge(arguments) => hedge::run(&arguments),
            Command::Market(arguments) => market::run(&arguments),
            Command::Scenarios(arguments) => scenarios::run(&arguments),
            Command::Sequences(arguments) => sequences::run(&arguments),
            Command::Report(arguments) => report::run(&arguments),
            Command::Makers(arguments) => makers::run(&arguments),
            Command::Paper(arguments) => paper::run(&arguments),
        }
    }
}

/// The first paragraph of what the parser of the command line has to say, on one line: the rest is usage, which
/// `--help` shows.
fn sentence(told: &str) -> String {
    let lines = told.lines().take_while(|line| !line.trim().is_empty());
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let told = words.join(" ");
    told.strip_prefix("error: ").map_or(told.clone(), str::to_owned)
}
