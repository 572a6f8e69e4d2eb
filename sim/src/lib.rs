//! # sit-sim
//!
//! The price process of AI inference, and the risk numbers that follow from it: calibration from a history, the futures
//! curve, margin with the certificate that lets anyone recompute it.
//!
//! * [`model`]: the price process and its closed forms
//! * [`path`]: exact random paths of it, the same for any number of threads
//! * [`history`]: price histories, read and checked
//! * [`calibrate`]: from a history to a model
//! * [`margin`]: from a model to a margin set of whole numbers
//! * [`fund`]: the default fund that the margin leaves to be filled
//! * [`risk`]: exact value at risk and expected shortfall of one futures position
//! * [`average`]: exact mean and standard deviation of an average of prices
//! * [`hedge`]: what a hedge does to the cost of a token budget
//! * [`backtest`]: whether losses went beyond their margin as often as they should
//! * [`columns`]: tables of numbers for other tools
//! * [`paper`]: the paper's claims beside what its own parameters give
//!
//! The program `sit-sim` is a thin layer over this library: TOML in, JSON out.
//!
//! Units, unless a name says otherwise: time in years of 365.25 days ([`DAYS_PER_YEAR`]), prices in US dollars per
//! million tokens, rates per year, logarithms natural. Floating point ends where the margin set begins: what leaves for
//! the contracts is whole numbers.

pub mod average;
pub mod backtest;
pub mod calibrate;
pub mod columns;
pub mod fund;
pub mod hedge;
pub mod history;
pub mod margin;
pub mod model;
pub mod numeric;
pub mod paper;
pub mod path;
pub mod risk;
mod shown;

pub use shown::{shortened, shown};

/// Seconds of a day.
pub use sit_engine::calendar::DAY;

/// Days in a year. Prices of inference are quoted on every calendar day, so a year has no closed days in it.
pub const DAYS_PER_YEAR: f64 = 365.25;

/// Seconds in a year of [`DAYS_PER_YEAR`] days.
pub const SECONDS_PER_YEAR: f64 = DAYS_PER_YEAR * DAY as f64;

/// keccak-256, the hash of the contracts.
#[must_use]
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    use sha3::{Digest, Keccak256};
    Keccak256::digest(bytes).into()
}

/// Reads TOML. What is wrong is one line with its place.
///
/// # Errors
/// The parser's, as text.
pub fn from_toml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("line {}: {}", before.matches('\n').count() + 1, error.message())
    })
}
