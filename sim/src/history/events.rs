//! Price records: one row for each price that somebody saw, with who saw it.
//!
//! The columns are `date`, `vendor`, `model`, `input_usd_per_mtok`, `output_usd_per_mtok` and `source`. The rows are
//! cleaned source by source before they are merged:
//!
//! * no date, a price of zero, or a date after the day the record is read as of: left out
//! * a change beyond [`UNIT_ERROR_FACTOR`]: of the two prices the one further from the median of the same model (of the
//!   whole record where the model has fewer than three prices) is in another unit and left out; until no such change is
//!   left
//! * a day on which several models of a list, and most of those that change, return to prices left weeks before: a
//!   stale copy was restored, and these rows are left out. Marketplaces, whose prices do go back, are excepted

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::check::{HistoryError, UNIT_ERROR_FACTOR};
use super::flag::{Defect, Flag};
use super::table::{MOST_ROWS, Row, Rows, SEPARATORS, same};
use super::text;
use crate::numeric::median;
use crate::shown;

const COLUMNS: [&str; 6] = ["date", "vendor", "model", "input_usd_per_mtok", "output_usd_per_mtok", "source"];

/// Sources with this beginning quote a marketplace, whose prices go back and forth.
const MARKETPLACE: &str = "openrouter@";

/// A price that was left at least this many days before is not returned to by chance.
const STALE_DAYS: i32 = 30;

/// Fewest models that return on one day for the day to be a regression of the source.
const FEWEST_RETURNS: usize = 2;

/// Fewest prices of a model whose median says which unit is the right one.
const FEWEST_FOR_MEDIAN: usize = 3;

/// A source with this ending says that a model was withdrawn.
const REMOVED: &str = ":removed";

/// A price that somebody saw.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quote {
    pub line: u64,
    pub date: Date,
    pub vendor: String,
    pub model: String,
    pub input: Decimal,
    pub output: Decimal,
    pub source: String,
}

impl Quote {
    /// Three parts input to one part output, US dollars per million tokens.
    pub(super) fn blend(&self) -> Decimal {
        (self.input * Decimal::from(3) + self.output) / Decimal::from(4)
    }

    /// Whether the row says that the model is no longer sold.
    pub(super) fn withdrawn(&self) -> bool {
        self.source.ends_with(REMOVED)
    }

    fn prices(&self) -> (Decimal, Decimal) {
        (self.input, self.output)
    }

    /// The model without the path of whoever serves it.
    fn bare_model(&self) -> &str {
        self.model.rsplit('/').next().unwrap_or(&self.model)
    }

    fn series(&self) -> (&str, &str, &str) {
        let list = self.source.split(':').next().unwrap_or(&self.source);
        (list, &self.vendor, &self.model)
    }
}

/// Reads and cleans a record as of a day; the quotes come in order of date and line.
///
/// # Errors
/// [`HistoryError`] for a file that cannot be read, a missing column, or a field that is no date or no price.
pub(super) fn read(path: &Path, as_of: Date, flags: &mut Vec<Flag>) -> Result<Vec<Quote>, HistoryError> {
    let text = text::read(path)?.text;
    let (separator, at, width) = columns(path, &text)?;
    let mut quotes = Vec::new();
    for (count, row) in Rows::new(&text, separator).skip(1).filter(|row| !row.is_remark()).enumerate() {
        if count == MOST_ROWS {
            return Err(HistoryError::TooManyRows { path: path.into() });
        }
        if row.fields.len() != width {
            let (line, found) = (row.line, row.fields.len());
            return Err(HistoryError::Unequal { path: path.into(), line, found, expected: width });
        }
        quotes.extend(quote(path, &row, at, as_of, flags)?);
    }
    quotes.sort_by_key(|quote| (quote.date, quote.line));
    drop_unit_errors(path, &mut quotes, flags);
    drop_regressions(path, &mut quotes, flags);
    Ok(quotes)
}

/// The separator of a record, the places of its columns, and the number of its fields.
fn columns(path: &Path, text: &str) -> Result<(u8, [usize; COLUMNS.len()], usize), HistoryError> {
    let mut missing = None;
    for (separator, _) in SEPARATORS {
        let Some(header) = Rows::new(text, separator).next() else { break };
        let place = |name: &str| header.fields.iter().position(|field| same(field, name));
        let absent = COLUMNS.into_iter().find(|name| place(name).is_none());
        let Some(absent) = absent else {
            return Ok((separator, COLUMNS.map(|name| place(name).unwrap_or_default()), header.fields.len()));
        };
        let available: Vec<String> = header.fields.iter().take(COLUMNS.len() * 4).map(shown).collect();
        if missing.as_ref().is_none_or(|(_, _, columns): &(u64, &str, Vec<String>)| available.len() > columns.len()) {
            missing = Some((header.line, absent, available));
        }
    }
    let (line, column, available) = missing.unwrap_or((1, COLUMNS[0], Vec::new()));
    Err(HistoryError::NoColumn { path: path.into(), line, column: column.into(), available })
}

fn quote(
    path: &Path,
    row: &Row,
    at: [usize; COLUMNS.len()],
    as_of: Date,
    flags: &mut Vec<Flag>,
) -> Result<Option<Quote>, HistoryError> {
    let line = row.line;
    let [date, vendor, model, input, output, source] = at.map(|place| row.field(place));
    let mut left_out = |defect, why: String| {
        flags.push(Flag::at(defect, path, line, format!("{why}; the row is left out")));
        Ok(None)
    };
    if date.is_empty() {
        return left_out(Defect::NoDate, format!("the price of {model} has no date"));
    }
    let date = date.parse::<Date>().map_err(|_| HistoryError::BadDate {
        path: path.into(),
        line,
        column: COLUMNS[0].into(),
        text: shown(date),
        hint: "write it as YYYY-MM-DD".into(),
    })?;
    if date > as_of {
        return left_out(
            Defect::Announced,
            format!("{date} is after {as_of}: the price of {model} is announced and not in force"),
        );
    }
    let price = |name: &str, text: &str| {
        let read = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
        let price = read.map_err(|_| HistoryError::BadPrice {
            path: path.into(),
            line,
            column: name.into(),
            text: shown(text),
        })?;
        if price.is_sign_negative() && !price.is_zero() {
            return Err(HistoryError::NotPositive { path: path.into(), line, text: shown(text) });
        }
        Ok(price)
    };
    let (input, output) = (price(COLUMNS[3], input)?, price(COLUMNS[4], output)?);
    if input.is_zero() || output.is_zero() {
        return left_out(Defect::Free, format!("{model} costs nothing on one side, which is an offer and not a price"));
    }
    let [vendor, model, source] = [vendor, model, source].map(str::to_owned);
    Ok(Some(Quote { line, date, vendor, model, input, output, source }))
}

/// The natural logarithm of a price.
fn log(price: Decimal) -> f64 {
    price.normalize().to_string().parse::<f64>().map_or(0.0, f64::ln)
}

fn apart(a: &Quote, b: &Quote) -> f64 {
    (log(a.input) - log(b.input)).abs().max((log(a.output) - log(b.output)).abs())
}

/// Indices of the quotes of each series, in order.
fn by_series(quotes: &[Quote]) -> BTreeMap<(&str, &str, &str), Vec<usize>> {
    let mut series: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, quote) in quotes.iter().enumerate() {
        series.entry(quote.series()).or_default().push(index);
    }
    series
}

fn drop_unit_errors(path: &Path, quotes: &mut Vec<Quote>, flags: &mut Vec<Flag>) {
    let all: Vec<f64> = quotes.iter().map(|quote| log(quote.blend())).collect();
    let overall = median(&all);
    let mut of_model: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (quote, price) in quotes.iter().zip(&all) {
        of_model.entry(quote.bare_model()).or_default().push(*price);
    }
    let usual: Vec<f64> = quotes
        .iter()
        .map(|quote| match of_model.get(quote.bare_model()) {
            Some(prices) if prices.len() >= FEWEST_FOR_MEDIAN => median(prices),
            _ => overall,
        })
        .collect();
    let far = UNIT_ERROR_FACTOR.ln();
    let mut wrong = std::collections::BTreeSet::new();
    for mut series in by_series(quotes).into_values() {
        while let Some(at) = series.windows(2).position(|pair| apart(&quotes[pair[0]], &quotes[pair[1]]) > far) {
            let (a, b) = (series[at], series[at + 1]);
            let off = |index: usize| (all[index] - usual[index]).abs();
            let out = if off(a) > off(b) { at } else { at + 1 };
            let (bad, other) = if out == at { (&quotes[a], &quotes[b]) } else { (&quotes[b], &quotes[a]) };
            let text = format!(
                "{} at {} and {} is more than {UNIT_ERROR_FACTOR}x away from {} and {} on line {}, so its unit is another; the row is left out",
                bad.model, bad.input, bad.output, other.input, other.output, other.line
            );
            flags.push(Flag::at(Defect::Unit, path, bad.line, text));
            wrong.insert(series.remove(out));
        }
    }
    let mut index = 0;
    quotes.retain(|_| {
        index += 1;
        !wrong.contains(&(index - 1))
    });
}

fn drop_regressions(path: &Path, quotes: &mut Vec<Quote>, flags: &mut Vec<Flag>) {
    // By source and day: the rows that change a price, and those among them that go back to one left long before.
    let mut days: BTreeMap<(&str, Date), (usize, Vec<usize>)> = BTreeMap::new();
    for ((list, ..), series) in by_series(quotes) {
        if list.starts_with(MARKETPLACE) {
            continue;
        }
        for (place, index) in series.iter().enumerate().skip(1) {
            let quote = &quotes[*index];
            let before = &series[..place];
            if before.last().is_some_and(|last| quotes[*last].prices() == quote.prices()) {
                continue;
            }
            let day = days.entry((list, quote.date)).or_default();
            day.0 += 1;
            let left = before.iter().rposition(|earlier| quotes[*earlier].prices() == quote.prices());
            let left_on = left.and_then(|at| before.get(at + 1)).map(|next| quotes[*next].date);
            if left_on.is_some_and(|date| super::days_between(date, quote.date) >= STALE_DAYS) {
                day.1.push(*index);
            }
        }
    }
    let mut wrong = std::collections::BTreeSet::new();
    for ((list, date), (changes, returns)) in days {
        if returns.len() >= FEWEST_RETURNS && 2 * returns.len() > changes {
            for index in &returns {
                let quote = &quotes[*index];
                let text = format!(
                    "on {date} {list} returns {} to a price it had left at least {STALE_DAYS} days before, as it does with {} of its {changes} changes of that day: a stale copy; the row is left out",
                    quote.model,
                    returns.len()
                );
                flags.push(Flag::at(Defect::Regression, path, quote.line, text));
            }
            wrong.extend(returns);
        }
    }
    let mut index = 0;
    quotes.retain(|_| {
        index += 1;
        !wrong.contains(&(index - 1))
    });
}
