//! Reading a history from a CSV file.

use std::path::Path;
use std::str::FromStr;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::check::{Row, accept};
use super::{History, HistoryError, Observation};

/// Column of the days.
const DATE_COLUMN: &str = "date";

/// Column of the number of vendors behind a price, where a file has one.
const VENDORS_COLUMN: &str = "n_vendors";

impl History {
    /// Reads and checks the prices of one column of a CSV file. [`History::flags`] says what was left out.
    ///
    /// # Errors
    /// [`HistoryError`], one sentence with file and line.
    pub fn load(path: &Path, column: &str) -> Result<Self, HistoryError> {
        let mut reader =
            ReaderBuilder::new().trim(Trim::All).from_path(path).map_err(|error| not_readable(path, error))?;
        let headers = reader.headers().map_err(|error| not_readable(path, error))?.clone();
        let find = |name: &str| {
            headers.iter().position(|header| header == name).ok_or_else(|| HistoryError::NoColumn {
                path: path.into(),
                column: name.into(),
                available: headers.iter().map(Into::into).collect(),
            })
        };
        let (date_at, price_at) = (find(DATE_COLUMN)?, find(column)?);
        let vendors_at = find(VENDORS_COLUMN).ok();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| not_readable(path, error))?;
            let line = record.position().map_or(0, csv::Position::line);
            let observation = Observation::read(path, line, column, &record, date_at, price_at)?;
            let vendors = vendors_at.and_then(|at| record.get(at)).unwrap_or_default().into();
            rows.push(Row { line, vendors, observation });
        }
        accept(path.into(), rows)
    }
}

impl Observation {
    fn read(
        path: &Path,
        line: u64,
        column: &str,
        record: &StringRecord,
        date_at: usize,
        price_at: usize,
    ) -> Result<Self, HistoryError> {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let (date, price) = (field(date_at), field(price_at));
        let date =
            date.parse::<Date>().map_err(|_| HistoryError::BadDate { path: path.into(), line, text: date.into() })?;
        let exact = Decimal::from_str(price).or_else(|_| Decimal::from_scientific(price));
        let exact = exact.map_err(|_| HistoryError::BadPrice {
            path: path.into(),
            line,
            column: column.into(),
            text: price.into(),
        })?;
        Self::new(date, exact).ok_or_else(|| HistoryError::NotPositive { path: path.into(), line, text: price.into() })
    }

    /// An observation; `None` when the price isn't above zero.
    pub(super) fn new(date: Date, exact: Decimal) -> Option<Self> {
        let price = exact.normalize().to_string().parse().ok().filter(|price: &f64| *price > 0.0)?;
        Some(Self { date, price, exact })
    }
}

pub(super) fn not_readable(path: &Path, error: csv::Error) -> HistoryError {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields and the header has {expected_len}")
        }
        ErrorKind::Utf8 { .. } => "it isn't UTF-8 text".into(),
        _ => error.to_string(),
    };
    match error.into_kind() {
        ErrorKind::Io(source) => HistoryError::Unreadable { path: path.into(), source },
        _ => HistoryError::NotCsv { path: path.into(), line, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::super::MIN_OBSERVATIONS;
    use super::*;
    use std::io::Write;

    /// Rows of a valid history: one price a day, falling slowly.
    fn rows(count: usize) -> Vec<String> {
        let first = jiff::civil::date(2026, 1, 1);
        (0..count)
            .map(|day| {
                let date = first.saturating_add(jiff::Span::new().days(day as i64));
                format!("{date},7,{:.2}", 3.0 - day as f64 / 1000.0)
            })
            .collect()
    }

    fn load(rows: &[String]) -> Result<History, HistoryError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "date,vendors,price\n{}\n", rows.join("\n")).unwrap();
        History::load(file.path(), "price")
    }

    #[track_caller]
    fn refused(rows: &[String], line: u64, says: &str) {
        let message = load(rows).unwrap_err().to_string();
        assert!(message.contains(&format!("line {line}: ")), "{message}");
        assert!(message.contains(says), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }

    fn with(count: usize, at: usize, row: &str) -> Vec<String> {
        let mut rows = rows(count);
        rows[at] = row.into();
        rows
    }

    #[test]
    fn a_good_file_is_read_in_order() {
        let history = load(&rows(120)).unwrap();
        assert_eq!(history.len(), 120);
        assert_eq!(history.observations()[0].price, 3.0);
        assert_eq!(history.days()[119], 119);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = History::load(Path::new("no/such.csv"), "price").unwrap_err().to_string();
        assert!(error.starts_with("no/such.csv: can't be read"), "{error}");
    }

    #[test]
    fn a_wrong_column_lists_the_columns_there_are() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "date,min,median").unwrap();
        let error = History::load(file.path(), "mean").unwrap_err().to_string();
        assert!(error.contains("\"mean\"; the columns are date, min, median"), "{error}");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "day,price").unwrap();
        let error = History::load(file.path(), "price").unwrap_err().to_string();
        assert!(error.contains("no column \"date\""), "{error}");
    }

    #[test]
    fn bad_fields_are_quoted_with_their_line() {
        refused(&with(100, 4, "01/02/2026,7,3"), 6, "\"01/02/2026\"");
        refused(&with(100, 4, "2026-01-05,7,n/a"), 6, "\"n/a\"");
        refused(&with(100, 4, "2026-01-05,7,"), 6, "\"\"");
        refused(&with(100, 4, "2026-01-05,7,NaN"), 6, "\"NaN\"");
        refused(&with(100, 4, "2026-01-05,7,0.0"), 6, "above zero");
        refused(&with(100, 4, "2026-01-05,7,-1"), 6, "above zero");
        refused(&with(100, 4, "2026-01-05,7"), 6, "2 fields");
    }

    #[test]
    fn days_must_come_once_and_in_order() {
        refused(&with(100, 50, "2026-01-03,7,3"), 52, "already on line 4");
        refused(&with(100, 50, "2025-12-31,7,3"), 52, "sort the rows");
    }

    #[test]
    fn a_short_history_is_told_the_minimum() {
        refused(&rows(MIN_OBSERVATIONS - 1), 90, "at least 90");
        assert!(load(&rows(MIN_OBSERVATIONS)).is_ok());
        refused(&[], 1, "after 0 prices");
    }

    #[test]
    fn a_price_in_another_unit_is_refused_where_it_begins_and_where_it_ends() {
        let mut wrong = with(100, 40, "2026-02-10,7,0.003");
        wrong[41] = "2026-02-11,7,0.003".into();
        refused(&wrong, 42, "back on line 44");
        // A fall that stays is a price.
        let mut cheap = rows(100);
        for row in cheap.iter_mut().skip(40) {
            *row = row.replace(",7,2.", ",7,0.0");
        }
        assert!(load(&cheap).is_ok());
    }

    #[test]
    fn moves_that_the_panel_makes_are_counted() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "date,n_vendors,price\n{}", with(100, 60, "2026-03-02,8,9.0").join("\n")).unwrap();
        let history = History::load(file.path(), "price").unwrap();
        let [flag] = history.flags() else {
            panic!("{:?}", history.flags());
        };
        // The vendor comes and goes.
        assert!(flag.to_string().contains("lines 62, 63"), "{flag}");
        assert_eq!(history.len(), 100);
    }

    #[test]
    fn the_root_depends_on_the_prices_and_not_on_how_they_are_written() {
        let plain = load(&rows(100)).unwrap();
        let padded = load(&with(100, 0, "2026-01-01, 9, 3.000")).unwrap();
        let scientific = load(&with(100, 0, "2026-01-01,9,3e0")).unwrap();
        let other = load(&with(100, 0, "2026-01-01,9,3.001")).unwrap();
        assert_eq!(plain.dataset_root(), padded.dataset_root());
        assert_eq!(plain.dataset_root(), scientific.dataset_root());
        assert_ne!(plain.dataset_root(), other.dataset_root());
    }
}
