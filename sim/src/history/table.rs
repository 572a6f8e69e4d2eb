//! The table in a text: its separator, its header, and the two columns that matter.
//!
//! The separator is the one with which the asked columns are there. A header may stand below lines of titles, and there
//! may be none, when columns are numbered. Rows of notes below the table are left out and counted.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::options::ReadOptions;
use super::{HistoryError, day};
use crate::shown;

/// Separators that are tried, with their names.
pub(super) const SEPARATORS: [(u8, &str); 4] =
    [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")];

/// Lines among which a header is looked for.
const TITLE_LINES: usize = 50;

/// Most rows of a table: minutes of almost four years.
pub(super) const MOST_ROWS: usize = 2_000_000;

/// Most columns whose names a refusal lists.
const NAMED: usize = 20;

/// Names of a column of days, letters and digits alone, the likeliest first.
const DATE_NAMES: [&str; 34] = [
    "date",
    "day",
    "datetime",
    "timestamp",
    "observationdate",
    "snappedat",
    "tradedate",
    "tradingdate",
    "tradingday",
    "pricedate",
    "quotedate",
    "asofdate",
    "asof",
    "effectivedate",
    "dateutc",
    "datetimeutc",
    "timestamputc",
    "timeutc",
    "utc",
    "time",
    "opentime",
    "closetime",
    "unix",
    "unixtimestamp",
    "epoch",
    "ts",
    "timeperiod",
    "period",
    "month",
    "week",
    "datum",
    "data",
    "fecha",
    "dato",
];

/// A row of a table.
pub(super) struct Row {
    /// Line, from 1.
    pub line: u64,
    pub fields: StringRecord,
}

impl Row {
    pub(super) fn field(&self, at: usize) -> &str {
        self.fields.get(at).unwrap_or_default()
    }

    fn is_blank(&self) -> bool {
        self.fields.iter().all(str::is_empty)
    }

    pub(super) fn is_remark(&self) -> bool {
        self.fields.get(0).is_some_and(|first| first.starts_with('#'))
    }

    /// Fields up to the last that is not empty.
    fn filled(&self) -> usize {
        (0..self.fields.len()).rev().find(|at| !self.field(*at).is_empty()).map_or(0, |at| at + 1)
    }
}

/// The rows of a text with this separator, without blank ones.
pub(super) struct Rows<'t> {
    text: &'t str,
    records: csv::StringRecordsIntoIter<&'t [u8]>,
    /// A place in the text and its line.
    place: (usize, u64),
}

impl<'t> Rows<'t> {
    pub(super) fn new(text: &'t str, separator: u8) -> Self {
        let mut reader = ReaderBuilder::new();
        let reader = reader.delimiter(separator).has_headers(false).flexible(true).trim(Trim::All);
        Self { text, records: reader.from_reader(text.as_bytes()).into_records(), place: (0, 1) }
    }

    /// Line of a row that begins after `byte`, where there may be blank lines first.
    fn line(&mut self, byte: usize) -> u64 {
        let rest = self.text.as_bytes().get(byte..).unwrap_or_default();
        let byte = byte + rest.iter().take_while(|byte| **byte == b'\n').count();
        let between = self.text.as_bytes().get(self.place.0..byte).unwrap_or_default();
        let lines = between.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.place = (byte, self.place.1 + lines);
        self.place.1
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            // The text is UTF-8 and rows may have any length: there is nothing left that a reader of CSV could refuse.
            let fields = self.records.next()?.ok()?;
            let byte = fields.position().map_or(0, csv::Position::byte);
            let line = self.line(usize::try_from(byte).unwrap_or(usize::MAX));
            let row = Row { line, fields };
            if !row.is_blank() {
                return Some(row);
            }
        }
    }
}

/// A column as somebody names it: by its name, else by its number from 1.
fn place_of(name: &str) -> Option<usize> {
    name.trim().parse::<usize>().ok()?.checked_sub(1)
}

/// A name as names are compared: letters and digits in lower case.
fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

pub(super) fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// The places of the columns with a name: those that are written like it, else those that differ in case only.
fn places(header: &Row, name: &str) -> Vec<usize> {
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let fields = header.fields.iter().enumerate();
        fields.filter(|(at, field)| fits(bare(*at, field))).map(|(at, _)| at).collect()
    };
    let exact = named(&|field| field == name.trim());
    if exact.is_empty() { named(&|field| same(field, name)) } else { exact }
}

/// A name in a header; the first may stand behind the mark of a remark.
fn bare(at: usize, field: &str) -> &str {
    if at == 0 { field.trim_start_matches('#').trim_start() } else { field }
}

/// Whether a cell is written as a day is, of whatever order.
fn is_day(cell: &str, options: &ReadOptions) -> bool {
    day::read(cell, options.date_format.as_ref()).is_some()
}

/// What was found of a table.
pub(super) struct Table {
    /// `None` for commas, which everybody expects.
    pub separator: Option<&'static str>,
    /// Lines of titles above the header.
    pub titles: u64,
    pub date_at: usize,
    pub date_name: String,
    pub price_at: usize,
    pub price_name: String,
    /// Column of the number of vendors behind a price.
    pub vendors_at: Option<usize>,
    /// Names of the other columns.
    pub names: Vec<String>,
    pub rows: Vec<Row>,
    /// Lines of notes below the table.
    pub notes: Vec<u64>,
}

/// Where the columns are.
struct Found {
    /// Index of the header among the first rows, if there is one.
    header: Option<usize>,
    date_at: usize,
    price_at: usize,
}

/// Column of the number of vendors behind a price, where a file has one.
const VENDORS_COLUMN: &str = "n_vendors";

impl Table {
    /// Finds the table with a column of this name and one of days.
    ///
    /// # Errors
    /// [`HistoryError`] for a table without them, with several of them, or with a row that does not fit.
    pub(super) fn find(path: &Path, text: &str, column: &str, options: &ReadOptions) -> Result<Self, HistoryError> {
        let mut found: Option<(usize, u8, &'static str, Found, Vec<Row>)> = None;
        for (separator, name) in SEPARATORS {
            let head: Vec<Row> = Rows::new(text, separator).take(TITLE_LINES).collect();
            if let Some(places) = find(path, &head, column, options)? {
                // Of two separators that both show the columns, the one that splits more.
                let width = head.iter().map(Row::filled).max().unwrap_or(0);
                if found.as_ref().is_none_or(|(most, ..)| width > *most) {
                    found = Some((width, separator, name, places, head));
                }
            }
        }
        let Some((_, separator, name, places, head)) = found else {
            return Err(not_found(path, text, column, options));
        };
        let header = places.header.and_then(|at| head.get(at));
        let name_of = |at: usize| {
            let name = header.map(|row| bare(at, row.field(at)).to_owned()).unwrap_or_default();
            if name.is_empty() { format!("column {}", at + 1) } else { name }
        };
        let first = head.iter().position(|row| is_day(row.field(places.date_at), options)).unwrap_or(0);
        let begin = places.header.map_or(first, |at| at + 1);
        // A header's last columns may have no names, and their fields then be there or not.
        let least = header.map_or(0, Row::filled).max(places.price_at.max(places.date_at) + 1);
        let most = header.map_or(usize::MAX, |row| row.fields.len()).max(least);
        let mut table = Self {
            separator: (separator != b',').then_some(name),
            titles: head.get(begin.saturating_sub(usize::from(header.is_some()))).map_or(0, |row| row.line - 1),
            date_at: places.date_at,
            date_name: name_of(places.date_at),
            price_at: places.price_at,
            price_name: name_of(places.price_at),
            vendors_at: header.and_then(places_of_vendors),
            names: (0..header.map_or(0, Row::filled)).map(name_of).collect(),
            rows: Vec::new(),
            notes: Vec::new(),
        };
        for row in Rows::new(text, separator).skip(begin).filter(|row| !row.is_remark()) {
            if table.rows.len() == MOST_ROWS {
                return Err(HistoryError::TooManyRows { path: path.into() });
            }
            table.rows.push(row);
        }
        while let Some(row) = table.rows.pop_if(|row| is_note(row, places.date_at, places.price_at, options)) {
            table.notes.push(row.line);
        }
        table.notes.reverse();
        let fits = |row: &Row| row.fields.len() >= least && row.filled() <= most;
        match table.rows.iter().find(|row| !fits(row)) {
            None => Ok(table),
            Some(row) => {
                let (line, found, expected) = (row.line, row.fields.len(), least);
                Err(HistoryError::Unequal { path: path.into(), line, found, expected })
            }
        }
    }
}

fn places_of_vendors(header: &Row) -> Option<usize> {
    header.fields.iter().position(|field| field == VENDORS_COLUMN)
}

/// Whether a row below a table is a note: words where the day should be, and no price.
fn is_note(row: &Row, date_at: usize, price_at: usize, options: &ReadOptions) -> bool {
    let first = row.field(date_at);
    let first = if first.is_empty() { row.field(0) } else { first };
    let words = first.contains(char::is_alphabetic) && !is_day(first, options);
    words && !row.field(price_at).contains(|c: char| c.is_ascii_digit())
}

/// The columns in the first rows of a table, if they are there.
fn find(path: &Path, head: &[Row], column: &str, options: &ReadOptions) -> Result<Option<Found>, HistoryError> {
    for (at, row) in head.iter().enumerate() {
        let next = head.get(at + 1..).unwrap_or_default().iter().find(|row| !row.is_remark());
        let number = |name: &str| place_of(name).filter(|at| *at < row.fields.len());
        let price = pick(path, row, column)?;
        let Some(price_at) = price.or_else(|| number(column)) else { continue };
        let (date, named) = match &options.date_column {
            Some(name) => {
                let named = pick(path, row, name)?;
                (named.or_else(|| number(name)), named.is_some())
            }
            None => (usual_date(path, row, next, options)?, true),
        };
        // A header says at least one of the names, for by numbers alone any row would be one; and it has no day.
        let is_header = |date_at: &usize| {
            *date_at != price_at && (named || price.is_some()) && !is_day(row.field(*date_at), options)
        };
        if let Some(date_at) = date.filter(is_header) {
            return Ok(Some(Found { header: Some(at), date_at, price_at }));
        }
    }
    // Without a header: both columns by their numbers, the days in the first unless somebody says otherwise.
    let date_at = options.date_column.as_deref().map_or(Some(0), place_of);
    let (Some(date_at), Some(price_at)) = (date_at, place_of(column)) else { return Ok(None) };
    let fits = |row: &Row| is_day(row.field(date_at), options) && row.fields.len() > price_at && date_at != price_at;
    let Some(first) = head.iter().position(fits) else { return Ok(None) };
    // What stands above the first day and is as wide as it is a header all the same.
    let width = head.get(first).map_or(0, Row::filled);
    let above = first.checked_sub(1).filter(|at| head.get(*at).is_some_and(|row| row.filled() == width));
    Ok(Some(Found { header: above, date_at, price_at }))
}

/// The place of a column that somebody names.
fn pick(path: &Path, header: &Row, name: &str) -> Result<Option<usize>, HistoryError> {
    let places = places(header, name);
    match *places.as_slice() {
        [] => Ok(None),
        [at] => Ok(Some(at)),
        // A number that is in a row several times is no name.
        _ if place_of(name).is_some() => Ok(None),
        _ => Err(HistoryError::AmbiguousColumn {
            path: path.into(),
            line: header.line,
            column: shown(name),
            places: places.iter().map(|at| at + 1).collect(),
        }),
    }
}

/// The column of days among the usual names, verified in the row below.
fn usual_date(
    path: &Path,
    header: &Row,
    next: Option<&Row>,
    options: &ReadOptions,
) -> Result<Option<usize>, HistoryError> {
    let names: Vec<String> = header.fields.iter().map(squeezed).collect();
    let below = |at: usize| next.is_none_or(|row| is_day(row.field(at), options));
    let mut unverified = None;
    for usual in DATE_NAMES {
        let places: Vec<usize> =
            (0..names.len()).filter(|at| names.get(*at).is_some_and(|name| name == usual)).collect();
        match *places.as_slice() {
            [] => {}
            [at] if below(at) => return Ok(Some(at)),
            [at] => unverified = unverified.or(Some(at)),
            [first, ..] => {
                return Err(HistoryError::AmbiguousColumn {
                    path: path.into(),
                    line: header.line,
                    column: shown(header.field(first)),
                    places: places.iter().map(|at| at + 1).collect(),
                });
            }
        }
    }
    // The index of a data frame has no name.
    let index = names.first().is_some_and(|name| name.is_empty() || name == "unnamed0");
    Ok(unverified.or((index && next.is_some() && below(0)).then_some(0)))
}

/// What to say when the columns are not there.
fn not_found(path: &Path, text: &str, column: &str, options: &ReadOptions) -> HistoryError {
    // The separator that splits most rows into fields of the same number.
    let heads = SEPARATORS.map(|(separator, _)| Rows::new(text, separator).take(TITLE_LINES).collect::<Vec<Row>>());
    let split = |head: &Vec<Row>| head.iter().filter(|row| row.fields.len() > 1).count();
    let head = heads.into_iter().reduce(|best, other| if split(&other) > split(&best) { other } else { best });
    let head = head.unwrap_or_default();
    let Some(row) = head.iter().find(|row| row.fields.len() > 1).or(head.first()) else {
        return HistoryError::NoColumn { path: path.into(), line: 1, column: shown(column), available: Vec::new() };
    };
    if row.fields.iter().any(|field| is_day(field, options)) {
        return HistoryError::NoHeader { path: path.into(), line: row.line };
    }
    let mut available: Vec<String> = row.fields.iter().take(NAMED).map(shown).collect();
    if let Some(more) = row.fields.len().checked_sub(NAMED).filter(|more| *more > 0) {
        available.push(format!("and {more} more"));
    }
    let missing = |name: &str| places(row, name).is_empty();
    let (path, line) = (path.into(), row.line);
    match &options.date_column {
        _ if missing(column) => HistoryError::NoColumn { path, line, column: shown(column), available },
        Some(name) => HistoryError::NoColumn { path, line, column: shown(name), available },
        None => HistoryError::NoDateColumn { path, line, available },
    }
}
