//! The program `sit`: trade on the exchange from the terminal.
//!
//! Each command is a module of [`commands`]: a structure of arguments and a function that runs it. Amounts are exact
//! ([`amount`]), settings say where they come from ([`config`]), failures have a kind and with it an exit code
//! ([`failure`]), and what is printed is a [`output::Report`] that people, JSON and CSV have in common.

pub mod act;
pub mod amount;
pub mod blobs;
pub mod chain;
pub mod commands;
pub mod config;
pub mod context;
pub mod failure;
pub mod history;
pub mod keys;
pub mod operate;
pub mod output;
pub mod plan;
pub mod preview;
pub mod session;
pub mod source;
pub mod words;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use commands::Command;
pub use context::Context;
pub use failure::{Failure, Kind};

/// Trade SIT futures: market data, orders, margin, settlement, statements.
///
/// Amounts carry their unit and are exact: 5lots or 500MSIT, prices in US dollars per million SIT, money in US dollars.
/// Before anything is signed you see what it would do, by the exchange's own engine, and are asked.
#[derive(Parser, Debug)]
#[command(name = "sit", version, disable_help_subcommand = true, max_term_width = 100, infer_subcommands = false)]
pub struct Arguments {
    /// What all commands take.
    #[command(flatten)]
    pub global: config::Global,
    /// Which one.
    #[command(subcommand)]
    pub command: Command,
}

/// The command line as clap has it, for completions and the reference.
#[must_use]
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// Runs the program: parses the command line, runs the command, says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.global.json;
    let context = Context::new(arguments.global);
    match arguments.command.run(&context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if json {
                eprintln!("{}", failure.to_json());
            } else {
                context.output.tell(&format!("error: {failure}"));
            }
            ExitCode::from(failure.kind as u8)
        }
    }
}
