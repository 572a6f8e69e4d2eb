//! The program `sit-sim`: the library's risk numbers from the command line.
//!
//! What a machine reads goes to stdout as JSON, what a person reads to stderr. A file is written whole or not at all. The
//! exit code is 0, or 2 when the input is at fault, or 1 when something else is.
#![forbid(unsafe_code)]

mod commands;
mod report;

use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::Program::from_command_line().and_then(commands::Program::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("sit-sim: {failure}");
            failure.exit_code()
        }
    }
}
