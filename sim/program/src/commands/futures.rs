//! `sit-sim futures`: the futures curve of a model.

use clap::Args;
use serde::Serialize;

use super::Failure;
use super::input::{ModelSource, finite, tenors};
use super::output::emit;

/// Arguments of `futures`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    source: ModelSource,
    /// Years to delivery, separated by commas
    #[arg(long, value_name = "YEARS", value_delimiter = ',', required = true, allow_negative_numbers = true)]
    tenors: Vec<f64>,
}

#[derive(Serialize)]
struct Report<'a> {
    tenors: &'a [f64],
    futures: Vec<f64>,
    spot_sd: Vec<f64>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    tenors(&arguments.tenors)?;
    let model = arguments.source.load()?;
    let start = model.start();
    let each = || arguments.tenors.iter();
    let report = Report {
        tenors: &arguments.tenors,
        futures: each().map(|tenor| model.futures_price(&start, 0.0, *tenor)).collect(),
        spot_sd: each().map(|tenor| model.moments(&start, 0.0, *tenor).sd).collect(),
    };
    finite("the futures price", &report.futures)?;
    finite("the spot price's standard deviation", &report.spot_sd)?;
    emit(&report, None)
}
