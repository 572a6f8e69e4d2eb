//! What was wrong with a file and what was done about it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::check::name;
use crate::shown::shortened;

/// Most characters of a flag's sentence.
const MOST_CHARACTERS: usize = 1_000;

/// A defect that a loader recognises and handles by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// A price in another unit: per thousand tokens against per million.
    Unit,
    /// A source went back to prices that it had left long before.
    Regression,
    /// A price that is not in force yet.
    Announced,
    /// A row without a day, so without a place in time.
    NoDate,
    /// A price of zero: an offer, not a price.
    Free,
    /// A source repeats a price that another had already seen replaced.
    LateCopy,
    /// Days are those of the record, an upper bound of the day a price took effect.
    RecordedLate,
    /// The members of the index change on the day the price moves.
    PanelChange,
    /// Which models belong to the class is an assumption.
    ClassAssumption,
    /// Lines of a class that name no model of the record.
    ClassUnmatched,
    /// A record is read as of a day long after its last row.
    LongSilence,
    /// Rows without a price.
    MissingPrice,
    /// Lines below a table that are no rows of it.
    Notes,
    /// Several prices of one day.
    Intraday,
    /// Other columns say that the rows are of several things.
    Mixed,
    /// Prices of a size that no price in the expected unit has.
    UnitSuspected,
    /// A move so large that the unit may have changed.
    UnitChange,
    /// A long time without a price.
    Hole,
    /// Prices further apart than the horizons of a margin.
    Coarse,
}

impl Defect {
    /// Name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Regression => "regression",
            Self::Announced => "announced",
            Self::NoDate => "no-date",
            Self::Free => "free",
            Self::LateCopy => "late-copy",
            Self::RecordedLate => "recorded-late",
            Self::PanelChange => "panel-change",
            Self::ClassAssumption => "class-assumption",
            Self::ClassUnmatched => "class-unmatched",
            Self::LongSilence => "long-silence",
            Self::MissingPrice => "missing-price",
            Self::Notes => "notes",
            Self::Intraday => "intraday",
            Self::Mixed => "mixed",
            Self::UnitSuspected => "unit-suspected",
            Self::UnitChange => "unit-change",
            Self::Hole => "hole",
            Self::Coarse => "coarse",
        }
    }
}

/// A defect at its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// Defect.
    pub defect: Defect,
    /// File.
    pub file: PathBuf,
    /// Line, from 1; `None` when it concerns the whole file.
    pub line: Option<u64>,
    /// What was found and what was done, one sentence.
    pub text: String,
}

impl Flag {
    /// A flag that concerns a line. What the sentence quotes is made printable.
    pub(super) fn at(defect: Defect, file: &Path, line: u64, text: String) -> Self {
        Self { defect, file: file.into(), line: Some(line), text: shortened(&text, MOST_CHARACTERS) }
    }

    pub(super) fn of_file(defect: Defect, file: &Path, text: String) -> Self {
        Self { defect, file: file.into(), line: None, text: shortened(&text, MOST_CHARACTERS) }
    }
}

impl std::fmt::Display for Flag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} line {line}: {}", name(&self.file), self.text),
            None => write!(f, "{}: {}", name(&self.file), self.text),
        }
    }
}
