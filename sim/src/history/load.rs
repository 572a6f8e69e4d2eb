//! Reading a history from a file as its vendor writes it.
//!
//! What can be found out is found out from the whole file: where the header stands, what separates the fields, how days
//! and numbers are written, whether the newest row comes first. What the file leaves open is refused with the option
//! that settles it ([`ReadOptions`]). What was found out is told ([`Understood`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::check::{Row, accept, name};
use super::day::{self, Order, Stamp, Style};
use super::flag::{Defect, Flag};
use super::number::{self, Cell, Evidence};
use super::options::{DateFormat, DecimalMark, ReadOptions, Unit};
use super::shape::Frequency;
use super::table::{self, Table};
use super::{History, HistoryError, Observation, days_between, text};
use crate::numeric::median;
use crate::shown;

/// Prices of inference, in US dollars per million tokens: a median outside of it suggests another unit.
pub const USUAL_PRICES: std::ops::RangeInclusive<f64> = 0.001..=1_000.0;

/// Prices that are held exactly with room to compute.
const HELD: std::ops::RangeInclusive<f64> = 1e-18..=1e18;

/// Days without a price that are told, however rarely there is one.
const LONG_HOLE: i32 = 31;

/// Times the usual distance between prices beyond which a hole is told.
const WIDE_HOLE: i32 = 5;

/// What was found out of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood {
    file: PathBuf,
    /// Rows of its table.
    pub rows: usize,
    /// Column of the prices.
    pub column: String,
    /// Column of the days.
    pub date_column: String,
    /// Unit of the prices.
    pub unit: Unit,
    /// What differs from a plain file, each a part of a sentence.
    pub differs: Vec<String>,
    told: bool,
}

impl History {
    /// Reads and checks the prices of one column of a file, whatever it leaves open refused.
    ///
    /// # Errors
    /// [`HistoryError`], one sentence with file and line.
    pub fn load(path: &Path, column: &str) -> Result<Self, HistoryError> {
        Self::read(path, column, &ReadOptions::default())
    }

    /// Reads and checks the prices of one column of a file. [`History::understood`] says how it was read and
    /// [`History::flags`] what was left out.
    ///
    /// # Errors
    /// [`HistoryError`], one sentence with file and line.
    pub fn read(path: &Path, column: &str, options: &ReadOptions) -> Result<Self, HistoryError> {
        Self::of_text(path, &text::read(path)?, column, options)
    }

    /// [`History::read`] of bytes in memory; `path` is what sentences call them.
    ///
    /// # Errors
    /// [`HistoryError`], as [`History::read`].
    pub fn from_bytes(path: &Path, bytes: &[u8], column: &str, options: &ReadOptions) -> Result<Self, HistoryError> {
        Self::of_text(path, &text::decode(path, bytes)?, column, options)
    }

    fn of_text(path: &Path, text: &text::Text, column: &str, options: &ReadOptions) -> Result<Self, HistoryError> {
        let table = Table::find(path, &text.text, column, options)?;
        let source = Source { path, table: &table, options };
        source.refuse_another_unit()?;
        let mut flags = Vec::new();
        let stamps = source.stamps()?;
        let order = source.order(&stamps)?;
        let mark = source.decimal_mark()?;
        let mut prices = source.prices(&stamps, order, mark, &mut flags)?;
        let reversed = put_in_order(path, &mut prices)?;
        let rows = source.last_of_each_day(prices, &mut flags)?;
        flags.extend(accept(path, &rows, options.unit)?);
        if !table.notes.is_empty() {
            flags.push(source.notes());
        }
        let style = stamps.iter().flatten().map(|stamp| stamp.style).next();
        let understood = Understood {
            file: path.into(),
            rows: table.rows.len(),
            column: shown(&table.price_name),
            date_column: shown(&table.date_name),
            unit: options.unit.unwrap_or_default(),
            differs: [
                text.encoding.map(|encoding| format!("the text is in {encoding}")),
                (table.titles > 0).then(|| format!("the table begins on line {}", table.titles + 1)),
                table.separator.map(|separator| format!("{separator} separate its fields")),
                style.and_then(|style| style.words(order)).map(str::to_owned),
                (mark == DecimalMark::Comma).then(|| "a comma stands before the decimals".to_owned()),
                reversed.then(|| "the newest row is the first".to_owned()),
            ]
            .into_iter()
            .flatten()
            .collect(),
            told: options.unit.is_some(),
        };
        let observations = rows.into_iter().map(|row| row.observation).collect();
        let mut history = Self { observations, flags, understood: Some(understood) };
        history.flag_shape(path);
        if options.unit.is_none() {
            history.flag_unusual_prices(path, &table.price_name);
        }
        history.flags.sort_by_key(|flag| (flag.line, flag.defect));
        Ok(history)
    }

    /// What was found out of the file, in sentences for whoever is about to compute on it; none for a history that was
    /// not read from a table of prices.
    #[must_use]
    pub fn understood(&self) -> Vec<String> {
        let (Some(understood), Some((first, last))) = (&self.understood, self.span()) else { return Vec::new() };
        let file = name(&understood.file);
        let holes = self.holes();
        // A weekend is no hole of a business-day history.
        let usual = self.frequency().usual_gap();
        let longest = holes.longest.filter(|(before, after)| days_between(*before, *after) > usual);
        let longest = longest.map_or_else(String::new, |(before, after)| {
            format!(", and between {before} and {after} there is none for {} days", days_between(before, after) - 1)
        });
        let without = match holes.share {
            0.0 => "every day has one".to_owned(),
            share => format!("{:.1} % of the {} days have none{longest}", 100.0 * share, holes.days),
        };
        let shape = format!(
            "{file}: {} {} prices from {} rows, {first} to {last}: {without}",
            self.len(),
            self.frequency().name(),
            understood.rows
        );
        let unit = if understood.told { "as --unit says" } else { "as nothing says otherwise" };
        let differs = understood.differs.iter().map(|part| format!("; {part}")).collect::<String>();
        let read = format!(
            "{file}: column \"{}\" by \"{}\" is read in {}, {unit}{differs}",
            understood.column,
            understood.date_column,
            understood.unit.words()
        );
        vec![shape, read]
    }

    fn flag_shape(&mut self, path: &Path) {
        let frequency = self.frequency();
        let wide = LONG_HOLE.max(WIDE_HOLE * frequency.usual_gap());
        for (before, after) in self.observations.windows(2).map(|pair| (pair[0].date, pair[1].date)) {
            let without = days_between(before, after) - 1;
            if without > wide {
                let text = format!(
                    "between {before} and {after} there is no price for {without} days; if a year is mistyped, correct it, for the time counts"
                );
                self.flags.push(Flag::of_file(Defect::Hole, path, text));
            }
        }
        if let Frequency::Weekly | Frequency::Monthly | Frequency::Quarterly | Frequency::Irregular = frequency {
            let text = format!(
                "the prices are {}: a move within days is not seen in them, so what is computed for days is the model's and no price of this history tests it; daily prices say more",
                frequency.name()
            );
            self.flags.push(Flag::of_file(Defect::Coarse, path, text));
        }
    }

    fn flag_unusual_prices(&mut self, path: &Path, column: &str) {
        let prices: Vec<f64> = self.observations.iter().map(|observation| observation.price).collect();
        let middle = median(&prices);
        if !USUAL_PRICES.contains(&middle) {
            let text = format!(
                "the median price is {middle}, and US dollars per million tokens are usually between {} and {}; if the unit is another, name it with --unit",
                USUAL_PRICES.start(),
                USUAL_PRICES.end()
            );
            self.flags.push(Flag::of_file(Defect::UnitSuspected, path, text));
        }
        let lower = column.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphabetic());
        if let Some(word) = words.find(|word| ["eur", "euro", "gbp", "cny", "rmb", "jpy", "chf", "inr"].contains(word))
        {
            let text =
                format!("column \"{}\" sounds like {}: its numbers are taken as US dollars", shown(column), word);
            self.flags.push(Flag::of_file(Defect::UnitSuspected, path, text));
        }
    }
}

/// A price at its place in the file.
struct Priced {
    line: u64,
    date: Date,
    time: Option<i64>,
    /// Index of its row.
    row: usize,
    observation: Observation,
}

/// A table and what is said about it.
struct Source<'a> {
    path: &'a Path,
    table: &'a Table,
    options: &'a ReadOptions,
}

impl Source<'_> {
    /// A column whose name says another unit needs a word from the user.
    fn refuse_another_unit(&self) -> Result<(), HistoryError> {
        match (self.options.unit, Unit::of_name(&self.table.price_name)) {
            (None, Some(unit)) => Err(HistoryError::AmbiguousUnit {
                path: self.path.into(),
                line: self.table.titles + 1,
                text: shown(&self.table.price_name),
                unit,
            }),
            _ => Ok(()),
        }
    }

    /// What the cells of the days say; `None` for a row without day and price.
    fn stamps(&self) -> Result<Vec<Option<Stamp>>, HistoryError> {
        let format = self.options.date_format.as_ref();
        let mut stamps = Vec::with_capacity(self.table.rows.len());
        let mut first: Option<(u64, Style)> = None;
        for row in &self.table.rows {
            let text = row.field(self.table.date_at);
            if text.is_empty() && number::is_missing(row.field(self.table.price_at)) {
                stamps.push(None);
                continue;
            }
            let stamp = day::read(text, format).ok_or_else(|| self.bad_date(row, None))?;
            let (line, style) = *first.get_or_insert((row.line, stamp.style));
            if stamp.style != style {
                return Err(self.bad_date(row, Some(line)));
            }
            stamps.push(Some(stamp));
        }
        Ok(stamps)
    }

    /// Whether the day or the month comes first where both are numbers: as the user says, else from the rows that say
    /// so.
    fn order(&self, stamps: &[Option<Stamp>]) -> Result<Order, HistoryError> {
        match self.options.date_format {
            Some(DateFormat::MonthFirst) => return Ok(Order::MonthFirst),
            Some(_) => return Ok(Order::DayFirst),
            None => {}
        }
        let mut open = None;
        for (row, stamp) in self.table.rows.iter().zip(stamps) {
            match stamp {
                Some(stamp) if stamp.style == Style::Numbers => open = open.or(Some(row)),
                _ => continue,
            }
            if let Some(order) = stamp.and_then(|stamp| stamp.order()) {
                return Ok(order);
            }
        }
        match open {
            None => Ok(Order::DayFirst),
            Some(row) => Err(HistoryError::AmbiguousDate {
                path: self.path.into(),
                line: row.line,
                text: shown(row.field(self.table.date_at)),
            }),
        }
    }

    fn bad_date(&self, row: &table::Row, otherwise_on: Option<u64>) -> HistoryError {
        let text = row.field(self.table.date_at);
        let hint = match (otherwise_on, &self.options.date_format) {
            (Some(line), _) => {
                format!("or is written in another way than the one on line {line}; write all days in one way")
            }
            (None, Some(DateFormat::Pattern(pattern))) => {
                format!("or does not fit the pattern {}; correct one of them", shown(pattern))
            }
            (None, None) if day::may_be_serial(text) => {
                "if it is a spreadsheet's count of days, say --date-format serial".to_owned()
            }
            _ => "correct or drop the row, or say how its days are written, as in --date-format %d.%m.%y".to_owned(),
        };
        HistoryError::BadDate {
            path: self.path.into(),
            line: row.line,
            column: shown(&self.table.date_name),
            text: shown(text),
            hint,
        }
    }

    /// The rows with a price.
    fn prices(
        &self,
        stamps: &[Option<Stamp>],
        order: Order,
        mark: DecimalMark,
        flags: &mut Vec<Flag>,
    ) -> Result<Vec<Priced>, HistoryError> {
        let factor = self.options.unit.unwrap_or_default().factor();
        let mut prices = Vec::with_capacity(self.table.rows.len());
        let mut missing: Vec<(u64, &str)> = Vec::new();
        for (at, (row, stamp)) in self.table.rows.iter().zip(stamps).enumerate() {
            let Some(stamp) = stamp else { continue };
            let date = stamp.day(order).ok_or_else(|| self.bad_date(row, None))?;
            let cell = row.field(self.table.price_at);
            let (path, line, text) = (self.path.to_path_buf(), row.line, || shown(cell));
            let number = match number::read(cell, mark) {
                Cell::Missing => {
                    missing.push((line, cell));
                    continue;
                }
                Cell::Number(number) => number,
                Cell::OutOfRange => return Err(HistoryError::OutOfRange { path, line, text: text() }),
                Cell::Foreign => return Err(HistoryError::Foreign { path, line, text: text() }),
                Cell::Cents if self.options.unit.is_none() => {
                    let unit = Unit::CentsPerMillion;
                    return Err(HistoryError::AmbiguousUnit { path, line, text: text(), unit });
                }
                Cell::Cents | Cell::Other => {
                    let column = shown(&self.table.price_name);
                    return Err(HistoryError::BadPrice { path, line, column, text: text() });
                }
            };
            if number.is_zero() || number.is_sign_negative() {
                return Err(HistoryError::NotPositive { path, line, text: text() });
            }
            let price = number.checked_mul(factor).and_then(|exact| Observation::new(date, exact));
            let price = price.filter(|observation| HELD.contains(&observation.price));
            let Some(observation) = price else {
                return Err(HistoryError::OutOfRange { path, line, text: text() });
            };
            prices.push(Priced { line, date, time: stamp.time, row: at, observation });
        }
        if let Some((line, cell)) = missing.first() {
            let written = if cell.is_empty() { "an empty cell".to_owned() } else { format!("\"{}\"", shown(cell)) };
            let text = format!("no price stands in {} of the rows, here {written}; they are left out", missing.len());
            flags.push(Flag::at(Defect::MissingPrice, self.path, *line, text));
        }
        Ok(prices)
    }

    /// The mark before the decimals, from the rows that say so.
    fn decimal_mark(&self) -> Result<DecimalMark, HistoryError> {
        if let Some(mark) = self.options.decimal {
            return Ok(mark);
        }
        let mut either = None;
        for row in &self.table.rows {
            match number::evidence(row.field(self.table.price_at)) {
                Evidence::Is(mark) => return Ok(mark),
                Evidence::Either => either = either.or(Some(row)),
                Evidence::None => {}
            }
        }
        match either {
            None => Ok(DecimalMark::Point),
            Some(row) => Err(HistoryError::AmbiguousDecimal {
                path: self.path.into(),
                line: row.line,
                text: shown(row.field(self.table.price_at)),
            }),
        }
    }

    /// One price for each day: the last of several, as a market's closing price is.
    fn last_of_each_day(&self, prices: Vec<Priced>, flags: &mut Vec<Flag>) -> Result<Vec<Row>, HistoryError> {
        let mut rows: Vec<Row> = Vec::with_capacity(prices.len());
        let (mut days, mut most, mut of_day, mut left_out) = (0_usize, 1_usize, 1_usize, 0_usize);
        let mut last: Option<Priced> = None;
        let mut first_line = None;
        for price in prices {
            if let Some(before) = last.take() {
                let (path, line, earlier, date) = (self.path.to_path_buf(), price.line, before.line, price.date);
                if before.date == price.date {
                    if before.time.is_none() || price.time.is_none() || before.time == price.time {
                        let (line, earlier) = (line.max(earlier), line.min(earlier));
                        return Err(HistoryError::DuplicateDate { path, line, earlier, date });
                    }
                    first_line.get_or_insert(earlier);
                    days += usize::from(of_day == 1);
                    of_day += 1;
                    left_out += 1;
                    most = most.max(of_day);
                } else {
                    of_day = 1;
                    rows.push(self.row_of(before));
                }
            }
            last = Some(price);
        }
        rows.extend(last.map(|price| self.row_of(price)));
        if let Some(line) = first_line {
            let text = format!(
                "{days} days have several prices, up to {most}: the last of each day is taken and {left_out} are left out"
            );
            flags.push(Flag::at(Defect::Intraday, self.path, line, text));
            flags.extend(self.mixed());
        }
        Ok(rows)
    }

    fn row_of(&self, price: Priced) -> Row {
        let vendors = self.table.vendors_at.and_then(|at| Some(self.table.rows.get(price.row)?.field(at).to_owned()));
        Row { line: price.line, vendors: vendors.unwrap_or_default(), observation: price.observation }
    }

    /// Names the first column of words that has several of them: the rows may be of several products.
    fn mixed(&self) -> Option<Flag> {
        for at in 0..self.table.names.len() {
            if at == self.table.date_at || at == self.table.price_at {
                continue;
            }
            let mut words: BTreeMap<&str, u64> = BTreeMap::new();
            for row in &self.table.rows {
                let cell = row.field(at);
                if cell.contains(char::is_alphabetic) && day::read(cell, None).is_none() && words.len() < 3 {
                    words.entry(cell).or_insert(row.line);
                }
            }
            let mut each = words.into_iter();
            if let (Some((a, _)), Some((b, line)), name) = (each.next(), each.next(), self.table.names.get(at)) {
                let text = format!(
                    "column \"{}\" has several values, such as \"{}\" and \"{}\": if the rows are of several things, keep those of one",
                    shown(name.map_or("", String::as_str)),
                    shown(a),
                    shown(b)
                );
                return Some(Flag::at(Defect::Mixed, self.path, line, text));
            }
        }
        None
    }

    fn notes(&self) -> Flag {
        let lines = &self.table.notes;
        let (first, last) = (lines.first().copied().unwrap_or(0), lines.last().copied().unwrap_or(0));
        let text = format!("what stands below the table, down to line {last}, is no row of it and left out");
        Flag::at(Defect::Notes, self.path, first, text)
    }
}

/// Puts prices in the order of their time. Newest first is an order, too; anything else is refused. Returns whether the
/// file had the newest first.
fn put_in_order(path: &Path, prices: &mut [Priced]) -> Result<bool, HistoryError> {
    let before = |a: &Priced, b: &Priced| (a.date, a.time) < (b.date, b.time);
    if !prices.windows(2).any(|pair| before(&pair[1], &pair[0])) {
        return Ok(false);
    }
    if !prices.windows(2).any(|pair| before(&pair[0], &pair[1])) {
        prices.reverse();
        return Ok(true);
    }
    // The rows go both ways: the one that is out of order is the first that goes against most of the others.
    let backwards = prices.windows(2).filter(|pair| before(&pair[1], &pair[0])).count();
    let newest_first = 2 * backwards > prices.len();
    let mut seen: BTreeMap<(Date, Option<i64>), u64> = BTreeMap::new();
    for (at, price) in prices.iter().enumerate() {
        let previous = at.checked_sub(1).and_then(|at| prices.get(at));
        let against =
            previous.filter(|previous| if newest_first { before(previous, price) } else { before(price, previous) });
        let (path, line, date) = (path.to_path_buf(), price.line, price.date);
        if let Some(earlier) = seen.insert((price.date, price.time), line) {
            return Err(HistoryError::DuplicateDate { path, line, earlier, date });
        }
        if let Some(previous) = against {
            return Err(HistoryError::NotSorted { path, line, date, previous: previous.date });
        }
    }
    Ok(newest_first)
}

impl Observation {
    /// An observation; `None` when the price is not above zero.
    pub(super) fn new(date: Date, exact: Decimal) -> Option<Self> {
        let price = exact.normalize().to_string().parse().ok().filter(|price: &f64| *price > 0.0)?;
        Some(Self { date, price, exact })
    }
}

#[cfg(test)]
mod tests {
    use super::super::MIN_OBSERVATIONS;
    use super::*;
    use jiff::civil::date;

    /// Rows of a valid history: one price a day, falling slowly.
    fn rows(count: usize) -> Vec<String> {
        let first = date(2026, 1, 1);
        (0..count)
            .map(|day| {
                let date = first.saturating_add(jiff::Span::new().days(day as i64));
                format!("{date},7,{:.2}", 3.0 - day as f64 / 1000.0)
            })
            .collect()
    }

    fn read(text: &str, column: &str, options: &ReadOptions) -> Result<History, HistoryError> {
        History::from_bytes(Path::new("p.csv"), text.as_bytes(), column, options)
    }

    fn load(rows: &[String]) -> Result<History, HistoryError> {
        read(&format!("date,vendors,price\n{}\n", rows.join("\n")), "price", &ReadOptions::default())
    }

    #[track_caller]
    fn says(found: Result<History, HistoryError>, says: &str) {
        let message = found.expect_err("it was accepted").to_string();
        assert!(message.contains(says), "{message}");
        assert!(!message.contains('\n') && message.chars().count() < 600, "{message}");
    }

    #[track_caller]
    fn refused(rows: &[String], line: u64, text: &str) {
        says(load(rows), &format!("line {line}: "));
        says(load(rows), text);
    }

    fn with(count: usize, at: usize, row: &str) -> Vec<String> {
        let mut rows = rows(count);
        rows[at] = row.into();
        rows
    }

    /// A table of 100 days in any way of writing: its header, and each row from its day and price.
    fn table(header: &str, row: impl Fn(Date, f64) -> String) -> String {
        let day = |n: i64| date(2025, 1, 1).saturating_add(jiff::Span::new().days(n));
        let rows = (0..100).map(|n| row(day(n), 2.0 + (n as f64 * 0.7).sin() / 4.0));
        format!("{header}{}", rows.map(|row| row + "\n").collect::<String>())
    }

    /// The same history as plainly as it can be written.
    fn plain() -> History {
        read(&table("date,price\n", |day, price| format!("{day},{price:.4}")), "price", &ReadOptions::default())
            .unwrap()
    }

    #[track_caller]
    fn same_as_plain(text: &str, column: &str, options: &ReadOptions) -> History {
        let history = read(text, column, options).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(history.dataset_root(), plain().dataset_root(), "{:?}", history.understood());
        history
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
        assert!(error.starts_with("no/such.csv: cannot be read"), "{error}");
        let error = History::load(Path::new("/"), "price").unwrap_err().to_string();
        assert!(error.starts_with("/: cannot be read"), "{error}");
    }

    #[test]
    fn an_export_is_taken_as_its_vendor_writes_it() {
        let none = ReadOptions::default();
        let each: Vec<(&str, &str, String)> = vec![
            ("Yahoo", "Close", table("Date,Open,Close,Volume\n", |day, price| format!("{day},1,{price:.4},0"))),
            (
                "CBOE",
                "close",
                table("DATE,OPEN,CLOSE\n", |day, price| format!("{},1,{price:.4}00", day.strftime("%m/%d/%Y"))),
            ),
            ("FRED", "dhhngsp", table("observation_date,DHHNGSP\n", |day, price| format!("{day},{price:.4}"))),
            ("Stooq", "Zamkniecie", table("Data,Otwarcie,Zamkniecie\n", |day, price| format!("{day},1,{price:.4}"))),
            (
                "CoinGecko",
                "price",
                table("snapped_at,price,market_cap\n", |day, price| format!("{day} 00:00:00 UTC,{price:.4},1")),
            ),
            ("an API", "value", table("timestamp,value\n", |day, price| format!("{day}T20:00:00.000Z,{price:.4}"))),
            (
                "a German bank",
                "Kurs",
                table("Datum;Kurs\n", |day, price| {
                    format!("{};{}", day.strftime("%d.%m.%Y"), format!("{price:.4}").replace('.', ","))
                }),
            ),
            ("a spreadsheet", "price", table("\u{feff}Date\tPrice\r\n", |day, price| format!("{day}\t${price:.4}\r"))),
            ("bars", "price", table("date | price\n", |day, price| format!("{day} | {price:.4}"))),
            ("a data frame", "price", table(",price\n", |day, price| format!("{day},{price:.4}"))),
            (
                "named months",
                "price",
                table("Day,Price\n", |day, price| format!("\"{}\",{price:.4}", day.strftime("%b %d, %Y"))),
            ),
            ("exponents", "price", table("time,price\n", |day, price| format!("{day},{:.4}e-1", price * 10.0))),
        ];
        for (vendor, column, text) in &each {
            let found = read(text, column, &none).unwrap_or_else(|error| panic!("{vendor}: {error}"));
            assert_eq!(found.len(), 100, "{vendor}");
        }
        for (vendor, column, text) in each.iter().filter(|(vendor, ..)| *vendor != "exponents") {
            assert_eq!(read(text, column, &none).unwrap().dataset_root(), plain().dataset_root(), "{vendor}");
        }
        // In UTF-16, as spreadsheets save "Unicode text", and in the encoding of old ones.
        let text = table("date\tprice \u{20ac}\n", |day, price| format!("{day}\t{price:.4}"));
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let history = History::from_bytes(Path::new("p.csv"), &wide, "price \u{20ac}", &none).unwrap();
        assert_eq!(history.dataset_root(), plain().dataset_root());
        assert!(history.understood()[1].contains("UTF-16LE"), "{:?}", history.understood());
        let narrow: Vec<u8> = text.chars().map(|c| if c == '\u{20ac}' { 0x80 } else { c as u8 }).collect();
        let history = History::from_bytes(Path::new("p.csv"), &narrow, "price \u{20ac}", &none).unwrap();
        assert_eq!(history.dataset_root(), plain().dataset_root());
    }

    #[test]
    fn titles_and_notes_around_a_table_are_no_rows_of_it() {
        let body = table("unix,date,symbol,close\n", |day, price| format!("1,{day} 00:00:00,X,{price:.4}"));
        let text = format!("https://www.example.com\n# made today\n{body}Source: somebody\nTotal,,,\n");
        let history = same_as_plain(&text, "close", &ReadOptions::default());
        assert!(
            history.understood()[1].contains("by \"date\"") && history.understood()[1].contains("begins on line 3")
        );
        let [notes] = history.flags() else { panic!("{:?}", history.flags()) };
        assert_eq!((notes.defect, notes.line), (Defect::Notes, Some(104)));
    }

    #[test]
    fn a_table_without_a_header_has_its_columns_numbered() {
        let text = table("", |day, price| {
            let seconds = i64::from(days_between(date(1970, 1, 1), day)) * i64::from(crate::DAY);
            format!("{seconds}000,1,1,1,{price:.4},9")
        });
        says(read(&text, "close", &ReadOptions::default()), "line 1: the table has no header");
        says(read(&text, "close", &ReadOptions::default()), "--date-column 1 --column 5");
        same_as_plain(&text, "5", &ReadOptions::default());
        let first = ReadOptions { date_column: Some("1".into()), ..ReadOptions::default() };
        same_as_plain(&text, "5", &first);
        says(read(&text, "7", &first), "no header");
        // Seconds, and the microseconds that one exchange changed to in the middle.
        same_as_plain(&text.replace("000,1,1,1,", ",1,1,1,"), "5", &first);
        same_as_plain(&text.replacen("000,1,1,1,", "000000,1,1,1,", 40), "5", &first);
    }

    #[test]
    fn the_newest_row_may_be_the_first() {
        let text = table("date,price\n", |day, price| format!("{day},{price:.4}"));
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        let history = same_as_plain(&lines.join("\n"), "price", &ReadOptions::default());
        assert!(history.understood()[1].contains("the newest row is the first"));
        lines.swap(30, 31);
        says(read(&lines.join("\n"), "price", &ReadOptions::default()), "line 32: 2025-03-12 comes after 2025-03-11");
    }

    #[test]
    fn a_wrong_column_lists_the_columns_there_are() {
        let none = ReadOptions::default();
        says(read("date,min,median\n", "mean", &none), "\"mean\"; the columns are date, min, median");
        says(read("date;min;median\n", "mean", &none), "the columns are date, min, median");
        says(read("who,price\nme,3\n", "price", &none), "--date-column; the columns are who, price");
        says(read("", "price", &none), "the file is empty");
        says(read("\n\n", "price", &none), "the file is empty");
        let named = ReadOptions { date_column: Some("when".into()), ..none.clone() };
        says(read("date,price\n2025-01-01,3\n", "price", &named), "no column \"when\"");
        says(read(&"x,".repeat(100_000), "price", &none), "and 99981 more");
    }

    #[test]
    fn two_columns_of_one_name_are_told_apart_by_their_numbers() {
        let text = table("date,price,price\n", |day, price| format!("{day},9,{price:.4}"));
        says(read(&text, "price", &ReadOptions::default()), "the columns 2 and 3 are all called \"price\"");
        same_as_plain(&text, "3", &ReadOptions::default());
        // A name that is written like it goes before one that is not.
        let text = table("date,Price,price\n", |day, price| format!("{day},9,{price:.4}"));
        same_as_plain(&text, "price", &ReadOptions::default());
    }

    #[test]
    fn day_and_month_are_told_apart_or_asked_for() {
        let text = table("date,price\n", |day, price| format!("{},{price:.4}", day.strftime("%d/%m/%Y")));
        assert!(same_as_plain(&text, "price", &ReadOptions::default()).understood()[1].contains("day first"));
        // First days of months, which may be days of January as well.
        let months: String = (0..96).map(|n| format!("01/{:02}/{},3\n", n % 12 + 1, 2010 + n / 12)).collect();
        let text = format!("date,price\n{months}");
        says(read(&text, "price", &ReadOptions::default()), "--date-format day-first or --date-format month-first");
        let told = |format| ReadOptions { date_format: Some(format), ..ReadOptions::default() };
        let history = read(&text, "price", &told(DateFormat::DayFirst)).unwrap();
        assert_eq!(history.observations()[1].date, date(2010, 2, 1));
        assert_eq!(history.frequency(), Frequency::Monthly);
        let twice = format!("date,price\n{}", "13/02/2025,3\n02/13/2025,3\n");
        says(read(&twice, "price", &ReadOptions::default()), "line 3: \"02/13/2025\" is not a date");
        let short = table("date,price\n", |day, price| format!("{},{price:.4}", day.strftime("%d.%m.%y")));
        says(read(&short, "price", &ReadOptions::default()), "--date-format %d.%m.%y");
        same_as_plain(&short, "price", &told(DateFormat::Pattern("%d.%m.%y".into())));
        let serial =
            table("date,price\n", |day, price| format!("{},{price:.4}", days_between(date(1899, 12, 30), day)));
        says(read(&serial, "price", &ReadOptions::default()), "--date-format serial");
        same_as_plain(&serial, "price", &told(DateFormat::Serial));
    }

    #[test]
    fn a_comma_that_may_be_either_is_asked_for() {
        let text = table("date;price\n", |day, price| format!("{day};{}", format!("{price:.3}").replace('.', ",")));
        says(read(&text, "price", &ReadOptions::default()), "say --decimal comma or --decimal point");
        let told = |mark| ReadOptions { decimal: Some(mark), ..ReadOptions::default() };
        assert!((1.0..3.0).contains(&read(&text, "price", &told(DecimalMark::Comma)).unwrap().observations()[0].price));
        assert_eq!(read(&text, "price", &told(DecimalMark::Point)).unwrap().observations()[0].price, 2000.0);
    }

    #[test]
    fn rows_without_a_price_are_left_out_and_told() {
        for cell in ["", ".", "null", "NA", "n/a", "NaN", "-", "#N/A"] {
            let mut rows = with(100, 4, &format!("2026-01-05,7,{cell}"));
            rows[7] = format!("2026-01-08,7,{cell}");
            let history = load(&rows).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(history.len(), 98);
            let [flag] = history.flags() else { panic!("{:?}", history.flags()) };
            assert_eq!((flag.defect, flag.line), (Defect::MissingPrice, Some(6)));
            assert!(flag.text.contains("2 of the rows"), "{flag}");
            assert!(history.understood()[0].contains("2.0 % of the 100 days have none"), "{:?}", history.understood());
        }
    }

    #[test]
    fn bad_fields_are_quoted_with_their_line_and_what_to_do() {
        refused(&with(100, 4, "01/02/2026,7,3"), 6, "\"01/02/2026\" is not a date");
        refused(&with(100, 4, "2026-01-05,7,dear"), 6, "\"dear\" is not a price");
        refused(&with(100, 4, ",7,3"), 6, "\"\" is not a date");
        refused(&with(100, 4, "9999-01-05,7,3"), 6, "of the years 1800 to 2099");
        refused(&with(100, 4, "2026-01-05,7,0.0"), 6, "above zero");
        refused(&with(100, 4, "2026-01-05,7,-1"), 6, "above zero");
        refused(&with(100, 4, "2026-01-05,7,1e30"), 6, "out of range");
        refused(&with(100, 4, "2026-01-05,7,1e-25"), 6, "out of range");
        refused(&with(100, 4, "2026-01-05,7,\u{20ac}3"), 6, "US dollars");
        refused(&with(100, 4, "2026-01-05,7"), 6, "2 fields");
        refused(&with(100, 4, "2026-01-05,7,3,4"), 6, "4 fields");
        let mut spaced = with(100, 4, "\n\n2026-01-05,7,dear");
        spaced[2] = "2026-01-03,\"two\nlines\",3".into();
        refused(&spaced, 9, "dear");
        refused(&with(100, 4, &format!("2026-01-05,7,{}\u{1b}[31m", "9".repeat(10_000))), 6, "9\u{2026}\" is not");
    }

    #[test]
    fn days_must_come_once_and_in_order() {
        refused(&with(100, 50, "2026-01-03,7,3"), 52, "already on line 4");
        refused(&with(100, 50, "2025-12-31,7,3"), 52, "sort the rows");
    }

    #[test]
    fn of_several_prices_a_day_the_last_is_taken() {
        let hours = table("time,gpu,price\n", |day, price| {
            format!("{day} 08:00,A,9\n{day} 16:00,A,8\n{day} 23:00,A,{price:.4}")
        });
        let history = same_as_plain(&hours, "price", &ReadOptions::default());
        let [flag] = history.flags() else { panic!("{:?}", history.flags()) };
        assert!(flag.text.contains("100 days have several prices, up to 3"), "{flag}");
        // Several things in one table cannot be told by their time.
        let mixed = hours.replace("16:00,A", "16:00,B");
        let flags = read(&mixed, "price", &ReadOptions::default()).unwrap().flags().to_vec();
        assert!(flags.iter().any(|flag| flag.text.contains("\"gpu\" has several values, such as \"A\" and \"B\"")));
        let once = table("date,gpu,price\n", |day, price| format!("{day},A,9\n{day},B,{price:.4}"));
        says(read(&once, "price", &ReadOptions::default()), "line 3: 2025-01-01 is already on line 2");
    }

    #[test]
    fn a_short_history_is_told_the_minimum_and_a_long_one_the_maximum() {
        refused(&rows(MIN_OBSERVATIONS - 1), 90, "at least 90");
        assert!(load(&rows(MIN_OBSERVATIONS)).is_ok());
        refused(&[], 1, "after 0 prices");
        let far: String = (0..40_000_i64)
            .map(|n| format!("{},3\n", date(1980, 1, 1).saturating_add(jiff::Span::new().days(n))))
            .collect();
        says(read(&format!("date,price\n{far}"), "price", &ReadOptions::default()), "36525 are the most");
    }

    #[test]
    fn a_price_in_another_unit_is_refused_where_it_begins_and_where_it_ends() {
        let mut wrong = with(100, 40, "2026-02-10,7,0.003");
        wrong[41] = "2026-02-11,7,0.003".into();
        refused(&wrong, 42, "back on line 44");
        // Unless somebody vouches for it: power does cost a cent for a day.
        let text = format!("date,vendors,price\n{}\n", wrong.join("\n"));
        let vouched = ReadOptions { unit: Some(Unit::UsdPerMillion), ..ReadOptions::default() };
        let history = read(&text, "price", &vouched).unwrap();
        assert_eq!(history.flags().iter().map(|flag| flag.line).collect::<Vec<_>>(), [Some(42)]);
    }

    #[test]
    fn a_unit_that_changes_for_good_is_told() {
        let mut cheap = rows(100);
        for row in cheap.iter_mut().skip(40) {
            *row = row.replace(",7,2.", ",7,0.002");
        }
        let history = load(&cheap).unwrap();
        let [flag] = history.flags() else { panic!("{:?}", history.flags()) };
        assert_eq!((flag.defect, flag.line), (Defect::UnitChange, Some(42)));
        assert!(flag.text.contains("a factor of 1"), "{flag}");
    }

    #[test]
    fn another_unit_is_named_or_asked_for() {
        let tokens = table("date,input_cost_per_token\n", |day, price| format!("{day},{:.10}", price / 1e6));
        says(read(&tokens, "input_cost_per_token", &ReadOptions::default()), "say --unit usd-per-token if it is so");
        let told = |unit| ReadOptions { unit: Some(unit), ..ReadOptions::default() };
        let history = same_as_plain(&tokens, "input_cost_per_token", &told(Unit::UsdPerToken));
        assert!(history.understood()[1].contains("US dollars per token, as --unit says"));
        let cents = table("date,price (cents)\n", |day, price| format!("{day},{:.2}", price * 100.0));
        says(read(&cents, "price (cents)", &ReadOptions::default()), "--unit cents-per-million");
        same_as_plain(&cents, "price (cents)", &told(Unit::CentsPerMillion));
        let thousands = table("date,p\n", |day, price| format!("{day},{:.8}", price / 1e4));
        let history = read(&thousands, "p", &ReadOptions::default()).unwrap();
        let [flag] = history.flags() else { panic!("{:?}", history.flags()) };
        assert!(flag.defect == Defect::UnitSuspected && flag.text.contains("--unit"), "{flag}");
    }

    #[test]
    fn holes_and_coarse_prices_are_told() {
        let mut rows = rows(100);
        for (n, row) in rows.iter_mut().enumerate().skip(50) {
            *row = row.replace("2026", if n < 100 { "2036" } else { "2026" });
        }
        let history = load(&rows).unwrap();
        let [flag] = history.flags() else { panic!("{:?}", history.flags()) };
        assert!(flag.defect == Defect::Hole && flag.text.contains("no price for 3652 days"), "{flag}");
        let weeks: String = (0..100_i64)
            .map(|n| format!("{},{}\n", date(2020, 1, 1).saturating_add(jiff::Span::new().days(7 * n)), 3 + n % 2))
            .collect();
        let history = read(&format!("date,price\n{weeks}"), "price", &ReadOptions::default()).unwrap();
        let [flag] = history.flags() else { panic!("{:?}", history.flags()) };
        assert!(flag.defect == Defect::Coarse && flag.text.contains("weekly"), "{flag}");
    }

    #[test]
    fn what_is_no_table_is_called_by_its_name() {
        let none = ReadOptions::default();
        for (bytes, what) in [
            (&b"PK\x03\x04rest"[..], "Excel"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"<!DOCTYPE html><html>", "HTML"),
            (b"  {\"prices\": [1]}", "JSON"),
            (b"PAR1", "Parquet"),
            (b"date,price\n\0\0", "no text"),
        ] {
            says(History::from_bytes(Path::new("p"), bytes, "price", &none), what);
        }
    }

    #[test]
    fn moves_that_the_panel_makes_are_counted() {
        let text = format!("date,n_vendors,price\n{}", with(100, 60, "2026-03-02,8,9.0").join("\n"));
        let history = read(&text, "price", &ReadOptions::default()).unwrap();
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
