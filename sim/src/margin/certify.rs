//! The certificate of a margin set.
//!
//! ```text
//! simulator      = keccak256("sit-sim <version> results <schema>")
//! model_hash     = keccak256(tag, number of models, each model, then the margin rule)
//! model          = trend, factors, start: 64-bit floats
//! margin rule    = paths, floors, law of the close-out time, confidence and horizon of the value at risk, depth of the market,
//!                  target binding rates, tenors
//! parameter_hash = keccak256(risk_array_bytes(shocks))
//! ```
//!
//! Numbers are big-endian; the layout of the certificate itself is [`sit_engine::certificate`].

use sit_engine::certificate::{Certificate, risk_array_bytes};

use super::{CloseOut, Floors, MarginSet, SCHEMA_VERSION, Stages, Targets};
use crate::keccak256;
use crate::model::Model;

/// Opens the bytes of the model's hash.
const MODEL_TAG: &[u8] = b"sit-futures/model3";

/// The text whose keccak-256 stands for this version of the simulator.
#[must_use]
pub fn simulator_version() -> String {
    format!("sit-sim {} results {SCHEMA_VERSION}", env!("CARGO_PKG_VERSION"))
}

/// The certificate of a margin set that was computed with this version from a model and, through the model, from the
/// dataset with the given root.
#[must_use]
pub fn certificate(set: &MarginSet, model: &Model, dataset_root: [u8; 32]) -> Certificate {
    certificate_over(set, std::slice::from_ref(model), dataset_root)
}

/// [`certificate`] of a set that was computed over many models.
#[must_use]
pub fn certificate_over(set: &MarginSet, models: &[Model], dataset_root: [u8; 32]) -> Certificate {
    Certificate {
        dataset_root,
        simulator: keccak256(simulator_version().as_bytes()),
        seed: set.seed,
        model_hash: model_hash(set, models),
        confidence_ppm: set.confidence_ppm,
        horizon_seconds: set.horizon_seconds,
        parameter_hash: keccak256(&risk_array_bytes(&set.shocks)),
    }
}

/// The hash under which a certificate enters the exchange.
#[must_use]
pub fn certificate_hash(certificate: &Certificate) -> [u8; 32] {
    keccak256(&certificate.canonical_bytes())
}

fn model_hash(set: &MarginSet, models: &[Model]) -> [u8; 32] {
    let mut bytes = MODEL_TAG.to_vec();
    bytes.extend_from_slice(&(models.len() as u32).to_be_bytes());
    let mut put = |values: &[f64]| {
        for value in values {
            bytes.extend_from_slice(&value.to_bits().to_be_bytes());
        }
    };
    for model in models {
        put(&model.numbers());
    }
    bytes.extend_from_slice(&set.paths.to_be_bytes());
    let Floors { least_bps, side_ppm, term_ppm, spread_ppm } = set.floors;
    let mut rule = vec![least_bps, side_ppm, term_ppm, spread_ppm];
    rule.extend(close_out_numbers(set.close_out));
    rule.extend([set.var_confidence_ppm, set.horizon_seconds]);
    rule.extend(set.depth.numbers());
    let Targets { halt_ppm, close_ppm, position_ppm } = set.targets;
    rule.extend([halt_ppm, close_ppm, position_ppm]);
    rule.extend(set.months.iter().map(|month| month.tenor_days));
    for value in rule {
        bytes.extend_from_slice(&value.to_be_bytes());
    }
    keccak256(&bytes)
}

/// The law of the close-out time as numbers: its kind (0 fixed, 1 stages), then its parameters.
fn close_out_numbers(law: CloseOut) -> [u32; 11] {
    match law {
        CloseOut::Fixed { seconds } => [0, seconds, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        CloseOut::Stages(stages) => {
            let Stages { print_gap, weekend_gap, weekend_ppm, missed_ppm, oracle_delay, .. } = stages;
            let Stages { dispute_ppm, dispute, keeper, keeper_longest, auction, .. } = stages;
            [
                1,
                print_gap,
                weekend_gap,
                weekend_ppm,
                missed_ppm,
                oracle_delay,
                dispute_ppm,
                dispute,
                keeper,
                keeper_longest,
                auction,
            ]
        }
    }
}
