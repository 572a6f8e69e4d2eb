//! What every command is run with: its settings and where it prints.

use crate::config::{Global, Settings};
use crate::failure::Result;
use crate::output::{Format, Output};

/// What every command is run with.
#[derive(Clone, Debug)]
pub struct Context {
    /// The flags that all commands take.
    pub global: Global,
    /// Where it prints.
    pub output: Output,
}

impl Context {
    /// The context of a command.
    #[must_use]
    pub fn new(global: Global) -> Self {
        let format = match (global.json, global.csv) {
            (true, _) => Format::Json,
            (_, true) => Format::Csv,
            _ => Format::Text,
        };
        Self { output: Output::standard(format), global }
    }

    /// The settings: flag, environment, profile, default. A command that needs none does not read the file.
    ///
    /// # Errors
    /// [`Settings::resolve`].
    pub fn settings(&self) -> Result<Settings> {
        Settings::resolve(&self.global, &|name| std::env::var(name).ok())
    }
}
