//! The program `sit`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sit_cli::main()
}
