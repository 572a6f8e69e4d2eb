//! The program `sit-sim`: the library's risk numbers from the command line.
//!
//! What a machine reads goes to stdout as JSON, what a person reads to stderr. A file is written whole or not at all.
//! The exit code is 0, or 2 when the input is at fault, or 1 when something else is.
#![forbid(unsafe_code)]

mod commands;
mod report;

use std::process::ExitCode;

/// Most characters of a refusal: several names of files and what is wrong with them.
const LONGEST_SENTENCE: usize = 4_000;

fn main() -> ExitCode {
    match commands::Program::from_command_line().and_then(commands::Program::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("sit-sim: {}", sit_sim::shortened(&failure.to_string(), LONGEST_SENTENCE));
            failure.exit_code()
        }
    }
}
