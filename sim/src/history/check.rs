//! What a history must be, and the sentences for what it isn't.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::flag::{Defect, Flag};
use super::{History, Observation};

/// Fewest observations that a calibration can start from: a quarter of daily prices, about ninety days.
pub const MIN_OBSERVATIONS: usize = 90;

/// A move beyond this factor that comes back, or that one source alone makes, is a mistaken unit (per thousand against per million tokens), not a price.
pub const UNIT_ERROR_FACTOR: f64 = 20.0;

/// A price has come back when it is within this factor of where it was before the move.
const RETURNED_FACTOR: f64 = 2.0;

/// Why a price history can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The file can't be opened or read.
    #[error("{}: can't be read: {source}", path.display())]
    Unreadable {
        /// File.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A row can't be split into fields.
    #[error("{} line {line}: isn't a row of a CSV file: {reason}", path.display())]
    NotCsv {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What the parser says.
        reason: String,
    },
    /// There is no such column.
    #[error("{} line 1: there is no column \"{column}\"; {}", path.display(), columns(available))]
    NoColumn {
        /// File.
        path: PathBuf,
        /// Column asked for.
        column: String,
        /// Columns of the file.
        available: Vec<String>,
    },
    /// A date isn't a date.
    #[error("{} line {line}: \"{text}\" isn't a date of the form YYYY-MM-DD", path.display())]
    BadDate {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// A price isn't a number.
    #[error("{} line {line}: \"{text}\" isn't a price in column \"{column}\"", path.display())]
    BadPrice {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Column.
        column: String,
        /// What stands there.
        text: String,
    },
    /// A price is zero or below.
    #[error("{} line {line}: the price is {text}, and every price must be above zero", path.display())]
    NotPositive {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// A day occurs twice.
    #[error("{} line {line}: {date} is already on line {earlier}; keep one price for each day", path.display())]
    DuplicateDate {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Line of the first occurrence.
        earlier: u64,
        /// Day.
        date: Date,
    },
    /// A day comes after a later one.
    #[error("{} line {line}: {date} comes after {previous}; sort the rows by date, oldest first", path.display())]
    NotSorted {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Day.
        date: Date,
        /// Day of the row before.
        previous: Date,
    },
    /// A price in another unit.
    #[error("{} line {line}: the price goes from {before} to {after}, a move beyond {UNIT_ERROR_FACTOR}x, and is back on line {back}: its unit is another; correct or drop the rows in between", path.display())]
    UnitError {
        /// File.
        path: PathBuf,
        /// Line of the first price in the other unit, from 1.
        line: u64,
        /// Price of the row before, in US dollars per million tokens.
        before: f64,
        /// Price on the line.
        after: f64,
        /// Line on which the price is back.
        back: u64,
    },
    /// Too few rows.
    #[error("{} line {line}: the history ends after {found} prices, and a calibration needs at least {MIN_OBSERVATIONS}", path.display())]
    TooShort {
        /// File.
        path: PathBuf,
        /// Last line, from 1.
        line: u64,
        /// Prices found.
        found: usize,
    },
    /// Too few days of a class.
    #[error("{}: its models have a price on {found} days of {}, and a calibration needs at least {MIN_OBSERVATIONS}", path.display(), record.display())]
    ClassTooShort {
        /// File of the class.
        path: PathBuf,
        /// Days found.
        found: usize,
        /// Record of prices.
        record: PathBuf,
    },
    /// A class without models.
    #[error("{}: it names no model; write one name a line", path.display())]
    EmptyClass {
        /// File.
        path: PathBuf,
    },
}

/// An observation and the line it stands on.
pub(super) struct Row {
    pub line: u64,
    /// Number of vendors behind the price, as it is written; empty where the file has no such column.
    pub vendors: String,
    pub observation: Observation,
}

/// Checks what can only be seen across rows.
///
/// # Errors
/// [`HistoryError`] for the first row that is out of order, twice there, or in another unit; or when there are too few. The
/// record of many vendors' prices is public and its unit errors are left out ([`super::panel`]); a series is somebody's own,
/// and only they know what the row should say.
pub(super) fn accept(path: PathBuf, rows: Vec<Row>) -> Result<History, HistoryError> {
    for (previous, row) in rows.iter().zip(rows.iter().skip(1)) {
        let (date, line) = (row.observation.date, row.line);
        if date <= previous.observation.date {
            let twin = rows.iter().take_while(|r| r.line < line).find(|r| r.observation.date == date);
            return Err(match twin {
                Some(twin) => HistoryError::DuplicateDate { path, line, earlier: twin.line, date },
                None => HistoryError::NotSorted { path, line, date, previous: previous.observation.date },
            });
        }
    }
    if let Some((before, after, back)) = unit_error(&rows) {
        let (before, line, after) = (before.observation.price, after.line, after.observation.price);
        return Err(HistoryError::UnitError { path, line, before, after, back: back.line });
    }
    let flags = panel_changes(&path, &rows).into_iter().collect();
    if rows.len() < MIN_OBSERVATIONS {
        let line = rows.last().map_or(1, |row| row.line);
        return Err(HistoryError::TooShort { path, line, found: rows.len() });
    }
    Ok(History { observations: rows.into_iter().map(|row| row.observation).collect(), flags })
}

/// The rows before, at the start of and after a move beyond [`UNIT_ERROR_FACTOR`] that comes back.
fn unit_error(rows: &[Row]) -> Option<(&Row, &Row, &Row)> {
    let distance = |a: &Row, b: &Row| (b.observation.price / a.observation.price).ln().abs();
    rows.iter().zip(rows.iter().skip(1)).enumerate().find_map(|(at, (before, after))| {
        if distance(before, after) <= UNIT_ERROR_FACTOR.ln() {
            return None;
        }
        let back = rows.iter().skip(at + 2).find(|row| distance(before, row) <= RETURNED_FACTOR.ln())?;
        Some((before, after, back))
    })
}

/// Moves on days on which the number of vendors changes too.
fn panel_changes(path: &Path, rows: &[Row]) -> Option<Flag> {
    let moves = rows.iter().zip(rows.iter().skip(1)).filter(|(a, b)| a.observation.price != b.observation.price);
    let (all, with): (Vec<_>, Vec<_>) =
        (moves.clone().collect(), moves.filter(|(a, b)| a.vendors != b.vendors).collect());
    let first = with.first()?;
    let lines: Vec<String> = with.iter().map(|(_, row)| row.line.to_string()).collect();
    let text = format!(
        "{} of the {} moves fall on a day on which the number of vendors changes (lines {}), so part of them is the panel's and not the price's; they are kept",
        with.len(),
        all.len(),
        lines.join(", ")
    );
    Some(Flag::at(Defect::PanelChange, path, first.1.line, text))
}
/// The columns that there are, in words.
fn columns(available: &[String]) -> String {
    if available.is_empty() { "the file is empty".into() } else { format!("the columns are {}", available.join(", ")) }
}
