//! `sit-sim moments`: moments of the price at one time.

use clap::Args;

use super::Failure;
use super::input::{ModelSource, finite, tenors};
use super::output::emit;

/// Arguments of `moments`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    source: ModelSource,
    /// Years ahead
    #[arg(long, value_name = "YEARS", allow_negative_numbers = true)]
    tenor: f64,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    tenors(&[arguments.tenor])?;
    let model = arguments.source.load()?;
    let moments = model.moments(&model.start(), 0.0, arguments.tenor);
    finite("the price", &[moments.mean, moments.sd])?;
    emit(&moments, None)
}
