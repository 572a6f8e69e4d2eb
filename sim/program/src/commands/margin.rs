//! `sit-sim margin`: a margin set with its certificate.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sit_sim::columns::Columns;
use sit_sim::margin::{
    Certificate, CloseOut, MarginRequest, MarginSet, Regime, certificate_hash, certificate_over, compute_with_returns,
    draws, simulator_version,
};

use super::Failure;
use super::columns::{table_writable, write_table};
use super::evidence::{evidence, read_depth};
use super::input::{HistorySource, Sourced, models_or_history};
use super::output::{emit, hex, progress, writable};

/// Arguments of `margin`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Model in TOML, or `paper`; if left out, the one that the prices calibrate to. Given more than once, the margin
    /// is taken over all of them, each as likely as the others; so are the draws of `calibrate --posterior-out`, a
    /// `.json` file
    #[arg(long = "model", value_name = "FILE")]
    models: Vec<String>,
    #[command(flatten)]
    source: HistorySource,
    /// Days to the last trading day of each month, separated by commas; if left out, six months and four quarters
    #[arg(long, value_name = "DAYS", value_delimiter = ',')]
    tenors: Option<Vec<u32>>,
    /// What the supervisors ask for at least: confidence of both measures, horizon of the value at risk
    #[arg(long, value_name = "NAME", value_enum, default_value_t = RegimeName::Emir)]
    regime: RegimeName,
    /// Confidence of the expected shortfall; if left out, the regime's
    #[arg(long, value_name = "PPM")]
    confidence_ppm: Option<u32>,
    /// Horizon of the value at risk below which no margin falls; if left out, the regime's
    #[arg(long, value_name = "SECONDS")]
    horizon_seconds: Option<u32>,
    /// Take the expected shortfall over a fixed close-out time instead of the random one
    #[arg(long, value_name = "SECONDS")]
    close_out_seconds: Option<u32>,
    /// Paths to draw
    #[arg(long, value_name = "N", default_value_t = MarginRequest::default().paths)]
    paths: u64,
    /// Seed of the random streams
    #[arg(long, value_name = "N", default_value_t = MarginRequest::default().seed)]
    seed: u64,
    /// Put the set to the test: coverage of fresh portfolios against the sum of the months, backtest, fund,
    /// procyclicality
    #[arg(long)]
    evidence: bool,
    /// Depth of the market for the limits and add-ons, in TOML; assumed if left out
    #[arg(long, value_name = "FILE")]
    depth: Option<PathBuf>,
    /// Write a table of what each month returned on each path of the close-out time to this file: Parquet if its name
    /// ends in `.parquet` (needs a build with `--features parquet`), else JSON
    #[arg(long, value_name = "FILE")]
    returns_out: Option<PathBuf>,
    /// Write the risk array as a table to this file, in the same manner
    #[arg(long, value_name = "FILE")]
    array_out: Option<PathBuf>,
    /// Write the JSON to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A margin set and what vouches for it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    /// The set.
    pub margin: MarginSet,
    /// What it was computed from.
    pub certificate: CertificateText,
    /// keccak-256 of the certificate's canonical bytes.
    pub certificate_hash: String,
    /// How the set did when it was put to the test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Value>,
}

/// A certificate with its hashes in hexadecimal.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateText {
    /// Root of the data.
    pub dataset_root: String,
    /// The simulator in words.
    pub simulator_version: String,
    /// Its hash.
    pub simulator: String,
    /// Seed.
    pub seed: u64,
    /// Hash of the model and the margin rule.
    pub model_hash: String,
    /// Confidence.
    pub confidence_ppm: u32,
    /// Horizon.
    pub horizon_seconds: u32,
    /// Hash of the risk array.
    pub parameter_hash: String,
}

impl From<&Certificate> for CertificateText {
    fn from(certificate: &Certificate) -> Self {
        Self {
            dataset_root: hex(&certificate.dataset_root),
            simulator_version: simulator_version(),
            simulator: hex(&certificate.simulator),
            seed: certificate.seed,
            model_hash: hex(&certificate.model_hash),
            confidence_ppm: certificate.confidence_ppm,
            horizon_seconds: certificate.horizon_seconds,
            parameter_hash: hex(&certificate.parameter_hash),
        }
    }
}

/// Computes the set with a bar on stderr, and certifies it. `keep` is what [`compute_with_returns`] says.
pub fn certified(
    source: &Sourced,
    request: &MarginRequest,
    keep: &mut dyn FnMut(&dyn Fn() -> Columns),
) -> Result<Certified, Failure> {
    let bar = progress(draws(request));
    let margin = compute_with_returns(&source.models, request, &|paths| bar.inc(paths), keep).map_err(Failure::input);
    bar.finish_and_clear();
    let margin = margin?;
    let certificate = certificate_over(&margin, &source.models, source.dataset_root());
    Ok(Certified {
        certificate: CertificateText::from(&certificate),
        certificate_hash: hex(&certificate_hash(&certificate)),
        margin,
        evidence: None,
    })
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    table_writable([&arguments.returns_out, &arguments.array_out].into_iter().flatten())?;
    writable([&arguments.returns_out, &arguments.array_out, &arguments.out].into_iter().flatten())?;
    let regime = arguments.regime.regime().request();
    let request = MarginRequest {
        tenor_days: arguments.tenors.clone().unwrap_or(regime.tenor_days),
        confidence_ppm: arguments.confidence_ppm.unwrap_or(regime.confidence_ppm),
        close_out: arguments.close_out_seconds.map_or(regime.close_out, |seconds| CloseOut::Fixed { seconds }),
        horizon_seconds: arguments.horizon_seconds.unwrap_or(regime.horizon_seconds),
        paths: arguments.paths,
        seed: arguments.seed,
        depth: read_depth(arguments.depth.as_deref())?,
        ..regime
    };
    let source = models_or_history(&arguments.models, &arguments.source)?;
    let mut returns = None;
    let mut certified = certified(&source, &request, &mut |table| {
        returns = arguments.returns_out.as_ref().map(|path| (path, table()));
    })?;
    if arguments.evidence {
        certified.evidence = Some(evidence(&certified.margin, &source)?);
    }
    if let Some((path, table)) = returns {
        write_table(path, &table)?;
    }
    if let Some(path) = &arguments.array_out {
        write_table(path, &certified.margin.array())?;
    }
    emit(&certified, arguments.out.as_deref())
}

/// The regimes by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum RegimeName {
    /// 99 %, one day
    Pfmi,
    /// 99 %, two days
    Emir,
    /// 99.5 %, five days
    EmirOtc,
}

impl RegimeName {
    fn regime(self) -> Regime {
        match self {
            Self::Pfmi => Regime::Pfmi,
            Self::Emir => Regime::Emir,
            Self::EmirOtc => Regime::EmirOtc,
        }
    }
}
