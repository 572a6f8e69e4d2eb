//! `sit completions SHELL`.

use clap_complete::Shell;

use crate::context::Context;
use crate::failure::Result;
use crate::output::say;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Which shell
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// When standard output is closed.
pub fn run(_: &Context, args: &Args) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::command_line(), "sit", &mut script);
    say(&String::from_utf8_lossy(&script))
}
