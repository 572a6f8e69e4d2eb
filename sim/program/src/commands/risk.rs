//! `sit-sim risk`: exact value at risk and expected shortfall of a futures position.

use clap::Args;
use serde::Serialize;
use sit_sim::risk::{FuturesRisk, Side};

use super::Failure;
use super::input::ModelSource;
use super::output::emit;

/// Arguments of `risk`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    source: ModelSource,
    /// Years to delivery
    #[arg(long, value_name = "YEARS", allow_negative_numbers = true)]
    tenor: f64,
    /// Years to close out
    #[arg(long, value_name = "YEARS", allow_negative_numbers = true)]
    horizon: f64,
    /// Levels such as 0.99, separated by commas
    #[arg(long, value_name = "LEVELS", value_delimiter = ',', required = true)]
    levels: Vec<f64>,
}

#[derive(Serialize)]
struct Report {
    short: Tails,
    long: Tails,
}

#[derive(Serialize)]
struct Tails {
    var: Vec<f64>,
    es: Vec<f64>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let model = arguments.source.load()?;
    let risk = FuturesRisk::new(&model, arguments.tenor, arguments.horizon).map_err(Failure::input)?;
    let tails = |side| -> Result<Tails, Failure> {
        let each = arguments.levels.iter().map(|level| risk.tail(side, *level));
        let tails = each.collect::<Result<Vec<_>, _>>().map_err(Failure::input)?;
        Ok(Tails { var: tails.iter().map(|tail| tail.var).collect(), es: tails.iter().map(|tail| tail.es).collect() })
    };
    emit(&Report { short: tails(Side::Short)?, long: tails(Side::Long)? }, None)
}
