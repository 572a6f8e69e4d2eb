//! What was wrong with a file and what was done about it.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// A defect that a loader recognises and handles by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// A price in another unit: per thousand tokens against per million.
    Unit,
    /// A source went back to prices that it had left long before.
    Regression,
    /// A price that isn't in force yet.
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
    pub(super) fn at(defect: Defect, file: &Path, line: u64, text: String) -> Self {
        Self { defect, file: file.into(), line: Some(line), text }
    }

    pub(super) fn of_file(defect: Defect, file: &Path, text: String) -> Self {
        Self { defect, file: file.into(), line: None, text }
    }
}

impl std::fmt::Display for Flag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} line {line}: {}", self.file.display(), self.text),
            None => write!(f, "{}: {}", self.file.display(), self.text),
        }
    }
}
