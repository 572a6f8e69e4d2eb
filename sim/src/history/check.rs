//! What a history must be, and the sentences for what it is not.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::Observation;
use super::flag::{Defect, Flag};
use super::options::Unit;
use super::table::MOST_ROWS;
use super::text::MOST_BYTES;
use crate::shown::shortened;

/// Fewest observations that a calibration can start from: a quarter of daily prices, about ninety days.
pub const MIN_OBSERVATIONS: usize = 90;

/// A move beyond this factor that comes back, or that one source alone makes, is a mistaken unit (per thousand against
/// per million tokens), not a price.
pub const UNIT_ERROR_FACTOR: f64 = 20.0;

/// Lines that a sentence lists at most.
const LISTED: usize = 20;

/// A price has come back when it is within this factor of where it was before the move.
const RETURNED_FACTOR: f64 = 2.0;

/// Most observations of a history: the days of a century.
pub const MOST_OBSERVATIONS: usize = 36_525;

/// Why a price history cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The file cannot be opened or read.
    #[error("{}: cannot be read: {source}", name(path))]
    Unreadable {
        /// File.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is larger than any table of prices.
    #[error("{}: is larger than {} MB; reduce it to one price for each day", name(path), MOST_BYTES >> 20)]
    TooLarge {
        /// File.
        path: PathBuf,
    },
    /// The file is not a table in text.
    #[error("{}: is not a table in CSV: {reason}", name(path))]
    NoTable {
        /// File.
        path: PathBuf,
        /// What it is, and what to do.
        reason: &'static str,
    },
    /// More rows than are read.
    #[error("{}: has more than {MOST_ROWS} rows; reduce it to one price for each day", name(path))]
    TooManyRows {
        /// File.
        path: PathBuf,
    },
    /// A row does not have the fields of the header.
    #[error(
        "{} line {line}: is not a row of the table: it has {found} fields and the header has {expected}; correct or drop the row \
         (a comma before decimals needs quotes, or another separator between the fields)",
        name(path)
    )]
    Unequal {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Fields of the row.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// There is no such column.
    #[error("{} line {line}: there is no column \"{column}\"; {}", name(path), columns(available))]
    NoColumn {
        /// File.
        path: PathBuf,
        /// Line where the header was looked for, from 1.
        line: u64,
        /// Column asked for.
        column: String,
        /// Columns of the file.
        available: Vec<String>,
    },
    /// No column has a name that days usually have.
    #[error(
        "{} line {line}: no column is called as days are, such as date; name it with --date-column; {}",
        name(path),
        columns(available)
    )]
    NoDateColumn {
        /// File.
        path: PathBuf,
        /// Line of the header, from 1.
        line: u64,
        /// Columns of the file.
        available: Vec<String>,
    },
    /// The table begins without names.
    #[error(
        "{} line {line}: the table has no header with this column: give the numbers of its columns, such as --date-column 1 --column 5",
        name(path)
    )]
    NoHeader {
        /// File.
        path: PathBuf,
        /// Line of the first row, from 1.
        line: u64,
    },
    /// Several columns have the asked name.
    #[error(
        "{} line {line}: the columns {} are all called \"{column}\"; give the number of the right one instead of its name",
        name(path),
        numbers(places)
    )]
    AmbiguousColumn {
        /// File.
        path: PathBuf,
        /// Line of the header, from 1.
        line: u64,
        /// Their name.
        column: String,
        /// Their numbers, from 1.
        places: Vec<usize>,
    },
    /// A date is not a date.
    #[error(
        "{} line {line}: \"{text}\" is not a date of the years 1800 to 2099 in column \"{column}\"; {hint}",
        name(path)
    )]
    BadDate {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Column.
        column: String,
        /// What stands there.
        text: String,
        /// What to do.
        hint: String,
    },
    /// Day and month cannot be told apart.
    #[error(
        "{} line {line}: \"{text}\" may have the day or the month first, and no other row says which; say --date-format day-first or \
         --date-format month-first",
        name(path)
    )]
    AmbiguousDate {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// A price is not a number.
    #[error(
        "{} line {line}: \"{text}\" is not a price in column \"{column}\"; correct it, or empty the cell if there was no price: days may be missing",
        name(path)
    )]
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
    /// A price that no exact decimal holds.
    #[error(
        "{} line {line}: the price \"{text}\" is out of range: prices are held exactly from 1e-18 to 1e18 US dollars per million tokens; check its unit",
        name(path)
    )]
    OutOfRange {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// A price in another currency.
    #[error(
        "{} line {line}: \"{text}\" is not in US dollars; convert the prices, or take the currency away if they are",
        name(path)
    )]
    Foreign {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// A comma may stand before decimals or between thousands.
    #[error(
        "{} line {line}: the comma in \"{text}\" may stand before decimals or between thousands, and no other row says which; say --decimal \
         comma or --decimal point",
        name(path)
    )]
    AmbiguousDecimal {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// The file says another unit than US dollars per million tokens, and the user none.
    #[error(
        "{} line {line}: \"{text}\" sounds like {}, and a history counts in {}; say --unit {} if it is so, or --unit {} if it is not",
        name(path), unit.words(), Unit::default().words(), unit.name(), Unit::default().name()
    )]
    AmbiguousUnit {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What says so.
        text: String,
        /// The unit it sounds like.
        unit: Unit,
    },
    /// A price is zero or below.
    #[error(
        "{} line {line}: the price is {text}, and every price must be above zero; if there was no price, empty the cell: days may be missing",
        name(path)
    )]
    NotPositive {
        /// File.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// A day occurs twice.
    #[error(
        "{} line {line}: {date} is already on line {earlier}; keep one price for each day, and the rows of one product",
        name(path)
    )]
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
    #[error("{} line {line}: {date} comes after {previous}; sort the rows by date", name(path))]
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
    #[error(
        "{} line {line}: the price goes from {before} to {after}, a move beyond {UNIT_ERROR_FACTOR}x, and is back on line {back}, as it is when \
         the unit changes for a while; correct or drop the rows in between, or say --unit {} if the prices are right",
        name(path), unit.name()
    )]
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
        /// Unit in which the file is read.
        unit: Unit,
    },
    /// Too few rows.
    #[error(
        "{} line {line}: the history ends after {found} prices, and a calibration needs at least {MIN_OBSERVATIONS}: add prices of {} more \
         days, before the first or after the last (days may be missing in between)",
        name(path), MIN_OBSERVATIONS.saturating_sub(*found)
    )]
    TooShort {
        /// File.
        path: PathBuf,
        /// Last line, from 1.
        line: u64,
        /// Prices found.
        found: usize,
    },
    /// Too many days.
    #[error(
        "{}: the history has {found} days with a price, and {MOST_OBSERVATIONS} are the most; use a part of it",
        name(path)
    )]
    TooLong {
        /// File.
        path: PathBuf,
        /// Days found.
        found: usize,
    },
    /// Too few days of a class.
    #[error(
        "{}: its models have a price on {found} days of {}, and a calibration needs at least {MIN_OBSERVATIONS}: read it as of a day {} days \
         later with --as-of, or name models that were on sale before",
        name(path),
        name(record),
        MIN_OBSERVATIONS.saturating_sub(*found)
    )]
    ClassTooShort {
        /// File of the class.
        path: PathBuf,
        /// Days found.
        found: usize,
        /// Record of prices.
        record: PathBuf,
    },
    /// The day as of which a record is read is no day of it.
    #[error(
        "{}: the record is to be read as of {as_of}, {days} days after its first price, and {MOST_OBSERVATIONS} are the most; check --as-of",
        name(path)
    )]
    AsOfTooLate {
        /// Record of prices.
        path: PathBuf,
        /// Day as of which it is read.
        as_of: Date,
        /// Days from its first price.
        days: i64,
    },
    /// Too many models of a class.
    #[error(
        "{}: it has {found} lines, and {} models are the most; use * for endings",
        name(path),
        super::panel::MOST_MODELS
    )]
    TooManyModels {
        /// File.
        path: PathBuf,
        /// Lines found.
        found: usize,
    },
    /// A class without models.
    #[error("{}: it names no model; write one name a line", name(path))]
    EmptyClass {
        /// File.
        path: PathBuf,
    },
}

/// The name of a file, on one line.
pub(super) fn name(path: &Path) -> String {
    shortened(&path.display().to_string(), 1_000)
}

/// `2, 3 and 5`.
fn numbers(places: &[usize]) -> String {
    let mut each: Vec<String> = places.iter().map(ToString::to_string).collect();
    let last = each.pop().unwrap_or_default();
    if each.is_empty() { last } else { format!("{} and {last}", each.join(", ")) }
}

/// Checks what can only be seen across days, oldest first, each once. `vouched` says that the user has named the unit,
/// so that a move which looks like another unit is told and not refused.
///
/// # Errors
/// [`HistoryError`] for the first price in another unit, or when there are too few or too many. The record of many
/// vendors' prices is public and its unit errors are left out ([`super::panel`]); a series is somebody's own, and only
/// they know what the row should say.
pub(super) fn accept(path: &Path, rows: &[Row], unit: Option<Unit>) -> Result<Vec<Flag>, HistoryError> {
    let mut flags = Vec::new();
    for found in unit_changes(rows) {
        let UnitChange { before, after, back } = found;
        let (line, was, is) = (after.line, before.observation.price, after.observation.price);
        match (back, unit) {
            (Some(back), None) => {
                let (path, back, unit) = (path.into(), back.line, Unit::default());
                return Err(HistoryError::UnitError { path, line, before: was, after: is, back, unit });
            }
            (back, _) => {
                let back = back.map_or_else(|| "stays there".to_owned(), |row| format!("is back on line {}", row.line));
                let text = format!(
                    "the price goes from {was} to {is}, {} in one step, and {back}; if the unit changes here, bring all rows to one unit",
                    factor(was, is)
                );
                flags.push(Flag::at(Defect::UnitChange, path, line, text));
            }
        }
    }
    flags.extend(panel_changes(path, rows));
    if rows.len() < MIN_OBSERVATIONS {
        let line = rows.iter().map(|row| row.line).max().unwrap_or(1);
        return Err(HistoryError::TooShort { path: path.into(), line, found: rows.len() });
    }
    if rows.len() > MOST_OBSERVATIONS {
        return Err(HistoryError::TooLong { path: path.into(), found: rows.len() });
    }
    Ok(flags)
}

/// `1,000 times as much`, to two digits.
fn factor(before: f64, after: f64) -> String {
    let ratio = if after > before { after / before } else { before / after };
    format!("a factor of {ratio:.0}")
}

/// A move beyond [`UNIT_ERROR_FACTOR`].
struct UnitChange<'a> {
    before: &'a Row,
    after: &'a Row,
    /// Where the price is back, if it ever is.
    back: Option<&'a Row>,
}

/// The moves beyond [`UNIT_ERROR_FACTOR`], but for those that take another one back.
fn unit_changes(rows: &[Row]) -> Vec<UnitChange<'_>> {
    let distance = |a: &Row, b: &Row| (b.observation.price.ln() - a.observation.price.ln()).abs();
    let mut changes: Vec<UnitChange<'_>> = Vec::new();
    for (at, pair) in rows.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let is_way_back = changes.last().and_then(|change| change.back).is_some_and(|back| after.line == back.line);
        if distance(before, after) <= UNIT_ERROR_FACTOR.ln() || is_way_back {
            continue;
        }
        let rest = rows.get(at + 2..).unwrap_or_default();
        let back = rest.iter().find(|row| distance(before, row) <= RETURNED_FACTOR.ln());
        changes.push(UnitChange { before, after, back });
    }
    changes
}

/// An observation and the line it stands on.
pub(super) struct Row {
    pub line: u64,
    /// Number of vendors behind the price, as it is written; empty where the file has no such column.
    pub vendors: String,
    pub observation: Observation,
}

/// Moves on days on which the number of vendors changes too.
fn panel_changes(path: &Path, rows: &[Row]) -> Option<Flag> {
    let moves = rows.iter().zip(rows.iter().skip(1)).filter(|(a, b)| a.observation.price != b.observation.price);
    let (all, with): (Vec<_>, Vec<_>) =
        (moves.clone().collect(), moves.filter(|(a, b)| a.vendors != b.vendors).collect());
    let first = with.first()?;
    let mut lines: Vec<String> = with.iter().take(LISTED).map(|(_, row)| row.line.to_string()).collect();
    if with.len() > LISTED {
        lines.push(format!("{} more", with.len() - LISTED));
    }
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
