//! `sit reference`: the command reference of the book, from the command line as clap has it, and its page of errors.

use clap::{Arg, Command};

use crate::commands::explain;
use crate::context::Context;
use crate::failure::{Kind, Result};
use crate::output::say;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Print the page of errors instead
    #[arg(long)]
    errors: bool,
}

/// Prints the chapter.
///
/// # Errors
/// When standard output is closed.
pub fn run(_: &Context, args: &Args) -> Result {
    say(&if args.errors { explain::chapter() } else { chapter() })
}

/// The chapter.
#[must_use]
pub fn chapter() -> String {
    let mut program = crate::command_line();
    program.build();
    let mut text = "# The commands of `sit`\n\n".to_owned();
    text.push_str(
        "What `sit --help` says, in one place. It is generated (`sit reference`), and a test holds it to the program. \
         [First trade in five minutes](trading.md) shows how the commands go together.\n\n",
    );
    text.push_str("## What all commands take\n\n| option | what it does |\n|---|---|\n");
    for arg in program.get_arguments().filter(|arg| shown(arg)) {
        text.push_str(&row(arg));
    }
    text.push_str("\n## Exit codes\n\n| code | name | meaning |\n|---|---|---|\n| 0 | | done |\n");
    for (kind, name, meaning) in Kind::ALL {
        text.push_str(&format!("| {} | {name} | {meaning} |\n", kind as u8));
    }
    text.push_str("\nWith `--json` a failure is an object on standard error: `error` with `kind`, `code`, `message` and `name`, the name of the contract's error.\n");
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        section(command, "sit", &mut text);
    }
    text
}

fn section(command: &Command, parent: &str, text: &mut String) {
    let name = format!("{parent} {}", command.get_name());
    text.push_str(&format!("\n## `{name}`\n\n"));
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    text.push_str(&format!("{}.\n", about.trim_end_matches('.')));
    let inner: Vec<&Command> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
    let own: Vec<&Arg> = command.get_arguments().filter(|arg| shown(arg) && !arg.is_global_set()).collect();
    if inner.is_empty() {
        let arguments: Vec<String> = own.iter().filter(|arg| arg.is_positional()).map(|arg| positional(arg)).collect();
        let options = if own.iter().any(|arg| !arg.is_positional()) { " [OPTIONS]" } else { "" };
        let arguments = if arguments.is_empty() { String::new() } else { format!(" {}", arguments.join(" ")) };
        text.push_str(&format!("\n    {name}{arguments}{options}\n"));
    }
    if !own.is_empty() {
        text.push_str("\n| argument | what it is |\n|---|---|\n");
        for arg in own {
            text.push_str(&row(arg));
        }
    }
    for inner in inner {
        section(inner, &name, text);
    }
}

fn shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str())
}

fn positional(arg: &Arg) -> String {
    let name = arg.get_value_names().and_then(|names| names.first()).map_or_else(String::new, ToString::to_string);
    if arg.is_required_set() { format!("<{name}>") } else { format!("[{name}]") }
}

fn row(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let name = match (arg.get_long(), arg.get_short()) {
        (None, _) => positional(arg),
        (Some(long), short) => {
            let short = short.map_or_else(String::new, |short| format!("-{short}, "));
            let value =
                value.filter(|_| arg.get_action().takes_values()).map_or_else(String::new, |value| format!(" {value}"));
            format!("{short}--{long}{value}")
        }
    };
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| {
            let meaning = value.get_help().map_or_else(String::new, |help| format!(" ({})", lower(&help.to_string())));
            format!("`{}`{meaning}", value.get_name())
        })
        .collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        help.push_str(&format!(": {}", values.join(", ")));
    }
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        help.push_str(&format!("; `{}` unless said otherwise", defaults.join(",")));
    }
    format!("| `{name}` | {} |\n", help.replace('|', "\\|"))
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().collect::<String>()).unwrap_or_default();
    first + letters.as_str().trim_end_matches('.')
}
