//! Price histories: read, checked, hashed.
//!
//! A history is a table in text with a column of days and a column of prices that the user names, as its vendor writes
//! it ([`ReadOptions`] for what a file leaves open). Days may be missing. Or it is the index of a class of models, made
//! from a record of everything that somebody saw ([`History::from_record`]). A file that cannot be used is refused in
//! one sentence with the file and the line; a defect that the loader can handle is handled and flagged ([`Flag`]).
//!
//! The dataset root that a certificate carries is the keccak-256 of the canonical text of the history: for each
//! observation `YYYY-MM-DD,<price>\n`, the price as a plain decimal without trailing zeros. It does not depend on the
//! other columns, on line endings or on how the number was written.

mod check;
mod day;
mod events;
mod flag;
mod load;
mod number;
mod options;
mod panel;
mod part;
mod sample;
mod shape;
mod table;
#[cfg(test)]
mod tests;
mod text;
#[cfg(test)]
mod writings;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::keccak256;
pub use check::{HistoryError, MIN_OBSERVATIONS, MOST_OBSERVATIONS, UNIT_ERROR_FACTOR};
pub use flag::{Defect, Flag};
pub use load::{USUAL_PRICES, Understood};
pub use options::{DateFormat, DecimalMark, ReadOptions, Unit};
pub use panel::PanelRequest;
pub use shape::{Frequency, Holes};

/// One price of one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Day.
    pub date: Date,
    /// Price, US dollars per million tokens, above zero.
    pub price: f64,
    /// The same price as it was written.
    exact: Decimal,
}

/// A price history that has passed every check: at least [`MIN_OBSERVATIONS`] days in order, each once, prices above
/// zero.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    observations: Vec<Observation>,
    flags: Vec<Flag>,
    /// What was found out of its file, if it was read from a table of prices.
    understood: Option<Understood>,
}

impl History {
    /// The observations, oldest first.
    #[must_use]
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// What was wrong with the file and what was done about it.
    #[must_use]
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// Number of observations.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a history is never empty")]
    pub fn len(&self) -> usize {
        self.observations.len()
    }

    /// Log prices, oldest first.
    #[must_use]
    pub fn log_prices(&self) -> Vec<f64> {
        self.observations.iter().map(|observation| observation.price.ln()).collect()
    }

    /// Days of the observations, counted from the first.
    #[must_use]
    pub fn days(&self) -> Vec<i32> {
        let Some(first) = self.observations.first() else {
            return Vec::new();
        };
        self.observations.iter().map(|observation| days_between(first.date, observation.date)).collect()
    }

    /// The first and the last day; `None` only of a history that no constructor builds.
    #[must_use]
    pub fn span(&self) -> Option<(Date, Date)> {
        Some((self.observations.first()?.date, self.observations.last()?.date))
    }

    /// keccak-256 of the canonical text of the history.
    #[must_use]
    pub fn dataset_root(&self) -> [u8; 32] {
        let text: String = self
            .observations
            .iter()
            .map(|observation| format!("{},{}\n", observation.date, observation.exact.normalize()))
            .collect();
        keccak256(text.as_bytes())
    }
}

/// The text of a file of any of the encodings in which a history may be, lines ending in `\n`.
///
/// # Errors
/// [`HistoryError`] for what cannot be read, is too large, or is a workbook, an archive or no text.
pub fn text_of_file(path: &std::path::Path) -> Result<String, HistoryError> {
    text::read(path).map(|text| text.text)
}

/// Days from one date to another.
fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}
