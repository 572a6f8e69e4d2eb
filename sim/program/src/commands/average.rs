//! `sit-sim average`: exact moments of an average of prices.

use clap::Args;

use super::Failure;
use super::input::{ModelSource, finite};
use super::output::emit;

/// Arguments of `average`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    source: ModelSource,
    /// Years ahead of each price, separated by commas
    #[arg(long, value_name = "YEARS", value_delimiter = ',', required = true, allow_negative_numbers = true)]
    times: Vec<f64>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let model = arguments.source.load()?;
    let moments = sit_sim::average::moments(&model, &arguments.times).map_err(Failure::input)?;
    finite("the average", &[moments.mean, moments.sd])?;
    emit(&moments, None)
}
