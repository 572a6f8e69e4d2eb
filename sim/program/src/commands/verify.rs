//! `sit-sim verify`: computes a margin set again and compares every number and hash.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use sit_sim::margin::{MarginRequest, simulator_version};

use super::Failure;
use super::evidence::evidence;
use super::input::{HistorySource, models_or_history};
use super::margin::{Certified, certified};
use super::output::emit;

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What `sit-sim margin` wrote
    #[arg(long, value_name = "FILE")]
    margin: PathBuf,
    /// Model in TOML, or `paper`, each that the set was computed over; if left out, the one that the prices calibrate
    /// to
    #[arg(long = "model", value_name = "FILE")]
    models: Vec<String>,
    #[command(flatten)]
    source: HistorySource,
}

#[derive(Serialize)]
struct Report<'a> {
    verified: bool,
    certificate_hash: &'a str,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let path = arguments.margin.display();
    let text = std::fs::read_to_string(&arguments.margin)
        .map_err(|error| Failure::input(format!("{path}: cannot be read: {error}")))?;
    let claimed: Certified = serde_json::from_str(&text)
        .map_err(|error| Failure::input(format!("{path}: is not what `sit-sim margin` writes: {error}")))?;
    let version = simulator_version();
    if claimed.certificate.simulator_version != version {
        return Err(Failure::input(format!(
            "{path}: was computed by \"{}\", and this is \"{version}\"; use that version to verify it",
            claimed.certificate.simulator_version
        )));
    }
    let request = MarginRequest::of(&claimed.margin);
    let source = models_or_history(&arguments.models, &arguments.source)?;
    let mut again = certified(&source, &request, &mut |_| ())?;
    if claimed.evidence.is_some() {
        again.evidence = Some(evidence(&again.margin, &source)?);
    }
    if again != claimed {
        return Err(Failure::input(format!("{path}: {}", difference(&claimed, &again))));
    }
    emit(&Report { verified: true, certificate_hash: &claimed.certificate_hash }, None)
}

/// The first thing that differs, from the inputs to the results.
fn difference(claimed: &Certified, again: &Certified) -> String {
    let (a, b) = (&claimed.certificate, &again.certificate);
    let what = if a.dataset_root != b.dataset_root {
        "it was computed from another price history"
    } else if a.model_hash != b.model_hash {
        "it was computed from another model or margin rule"
    } else if claimed.margin.months != again.margin.months {
        "its margins are not what this computation gives"
    } else if claimed.margin.limits != again.margin.limits {
        "its limits are not what this computation gives"
    } else if claimed.margin.shocks != again.margin.shocks {
        "its risk array is not what this computation gives"
    } else if claimed.evidence != again.evidence {
        "its evidence is not what this computation gives"
    } else {
        "its certificate is not what this computation gives"
    };
    format!("not verified: {what}")
}
