//! The commands, a module each: a structure of arguments and `run(&Context, &Args) -> Result`.
//!
//! A new command is a module and a row in [`Command`].

pub mod completions;
pub mod explain;
pub mod units;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Result;

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident = $module:ident;)+) => {
        /// What can be done.
        #[derive(Subcommand, Debug)]
        pub enum Command {
            $($(#[$doc])* $variant($module::Args),)+
        }

        impl Command {
            /// Does it.
            ///
            /// # Errors
            /// The command's.
            pub fn run(&self, context: &Context) -> Result {
                match self {
                    $(Self::$variant(args) => $module::run(context, args),)+
                }
            }
        }
    };
}

commands! {
    /// How amounts are written, and what a tick and a lot are
    Units = units;
    /// What an error means and what to do about it
    Explain = explain;
    /// Print a completion script for a shell
    Completions = completions;
}
