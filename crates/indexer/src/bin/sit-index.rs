//! The index as a program of its own: `sit-index --help`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use sit_indexer::program::{Arguments, run};

/// The index of an exchange
#[derive(Parser)]
#[command(name = "sit-index", version)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    let mut say = |line: &str| {
        // A reader that has gone is no error.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    };
    match run(&Program::parse().arguments, &mut say) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
