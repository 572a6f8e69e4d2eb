//! What a command prints: tables that fit the terminal for people, JSON and CSV with stable fields for programs.
//!
//! A command fills a [`Report`]: facts, one after the other, and tables. With `--json` it is an object, each fact and
//! each table under its key; with `--csv` it is its first table, or its facts if it has none. Amounts are decimal
//! strings with all their places, times are in UTC, what is not there is null or an empty field.

use std::io::{IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table as Drawn, presets};
use serde_json::{Map, Value, json};
use sit_engine::units::{Lots, NetLots, QuoteAtoms, Seconds, Ticks};
use sit_keeper::log::harmless;
pub use sit_keeper::log::plain;

use crate::amount::{self, Sizes};
use crate::failure::{Failure, Result};

/// How a report is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

/// One value: what people see and what programs get.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// For people.
    pub shown: String,
    /// For programs.
    pub value: Value,
    /// Whether it stands at the right of its column.
    number: bool,
}

impl Field {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { value: Value::String(text.clone()), shown: text, number: false }
    }

    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self { shown: String::new(), value: Value::Null, number: true }
    }

    /// A whole number.
    pub fn number(number: impl Into<i128>) -> Self {
        let number = number.into();
        let value = i64::try_from(number).map_or_else(|_| number.to_string().into(), Value::from);
        Self { shown: number.to_string(), value, number: true }
    }

    /// How many there are of something.
    #[must_use]
    pub fn count(count: usize) -> Self {
        Self::number(i128::try_from(count).unwrap_or(i128::MAX))
    }

    /// Quote atoms: US dollars.
    #[must_use]
    pub fn usd(atoms: QuoteAtoms) -> Self {
        Self { shown: amount::show_atoms(atoms.0), value: amount::exact_atoms(atoms.0).into(), number: true }
    }

    /// A price of a month.
    #[must_use]
    pub fn price(price: Ticks, sizes: Sizes) -> Self {
        let shown = amount::show_price(price, sizes);
        Self { value: shown.clone().into(), shown, number: true }
    }

    /// A price that may be absent.
    #[must_use]
    pub fn price_or(price: Option<Ticks>, sizes: Sizes) -> Self {
        price.map_or_else(Self::none, |price| Self::price(price, sizes))
    }

    /// Lots.
    #[must_use]
    pub fn lots(lots: Lots) -> Self {
        Self::number(lots.0)
    }

    /// A position: long positive.
    #[must_use]
    pub fn net(net: NetLots) -> Self {
        Self { shown: format!("{:+}", net.0), ..Self::number(net.0) }
    }

    /// A time; zero for none.
    #[must_use]
    pub fn time(time: Seconds) -> Self {
        if time == Seconds::ZERO { Self::text("").null() } else { Self::text(amount::show_time(time)) }
    }

    /// Planck.
    #[must_use]
    pub fn planck(planck: i128) -> Self {
        let shown = amount::show_planck(planck);
        Self { value: shown.trim_end_matches(" DOT").into(), shown, number: true }
    }

    /// Yes or no.
    #[must_use]
    pub fn flag(flag: bool) -> Self {
        Self { shown: if flag { "yes" } else { "no" }.to_owned(), value: flag.into(), number: false }
    }

    /// With other words for people.
    #[must_use]
    pub fn shown(mut self, shown: impl Into<String>) -> Self {
        self.shown = shown.into();
        self
    }

    fn null(mut self) -> Self {
        self.value = Value::Null;
        self
    }

    fn csv(&self) -> String {
        match &self.value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its key for programs: stable.
    pub key: &'static str,
    /// Its title for people.
    pub title: &'static str,
    /// Whether it may be left out of a terminal that is too narrow.
    pub optional: bool,
}

/// A column that people always see.
#[must_use]
pub const fn column(key: &'static str, title: &'static str) -> Column {
    Column { key, title, optional: false }
}

/// A column that a narrow terminal does without; the last of them goes first.
#[must_use]
pub const fn optional(key: &'static str, title: &'static str) -> Column {
    Column { key, title, optional: true }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    key: &'static str,
    empty: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Field>>,
}

impl Table {
    /// A table under a key, with what is said when it has no row.
    #[must_use]
    pub fn new(key: &'static str, empty: &'static str, columns: &[Column]) -> Self {
        Self { key, empty, columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, a field for each column.
    pub fn row(&mut self, fields: Vec<Field>) {
        debug_assert_eq!(fields.len(), self.columns.len());
        self.rows.push(fields);
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn to_json(&self) -> Value {
        let object = |row: &Vec<Field>| -> Value {
            let fields = self.columns.iter().zip(row);
            Value::Object(fields.map(|(column, field)| (column.key.to_owned(), field.value.clone())).collect())
        };
        self.rows.iter().map(object).collect()
    }

    fn to_csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let failed = |error: csv::Error| Failure::new(crate::failure::Kind::Other, error.to_string());
        writer.write_record(self.columns.iter().map(|column| column.key)).map_err(failed)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Field::csv)).map_err(failed)?;
        }
        let bytes = writer.into_inner().map_err(|error| Failure::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// For a terminal of this width.
    #[must_use]
    pub fn draw(&self, width: usize) -> String {
        if self.rows.is_empty() {
            return self.empty.to_owned();
        }
        let mut kept: Vec<usize> = (0..self.columns.len()).collect();
        let mut left_out: Vec<&str> = Vec::new();
        while self.width(&kept) > width {
            let Some(place) =
                kept.iter().rposition(|index| self.columns.get(*index).is_some_and(|column| column.optional))
            else {
                break;
            };
            let index = kept.remove(place);
            left_out.extend(self.columns.get(index).map(|column| column.title));
        }
        let mut drawn = Drawn::new();
        drawn.load_preset(presets::NOTHING);
        drawn.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(80));
        drawn.set_header(kept.iter().filter_map(|index| self.columns.get(*index)).map(|column| column.title));
        for row in &self.rows {
            drawn.add_row(kept.iter().filter_map(|index| row.get(*index)).map(|field| field.shown.clone()));
        }
        for column in drawn.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for (place, index) in kept.iter().enumerate() {
            let number = self.rows.iter().all(|row| row.get(*index).is_none_or(|field| field.number));
            if let (true, Some(column)) = (number, drawn.column_mut(place)) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut text = drawn.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        if !left_out.is_empty() {
            left_out.reverse();
            let note = format!("(left out for want of width: {})", left_out.join("; "));
            text.push_str(&("\n".to_owned() + &wrapped(&note, width)));
        }
        text
    }

    fn width(&self, kept: &[usize]) -> usize {
        let of = |index: &usize| {
            let title = self.columns.get(*index).map_or(0, |column| column.title.chars().count());
            let cells = self.rows.iter().filter_map(|row| row.get(*index));
            cells.map(|field| field.shown.chars().count()).max().unwrap_or(0).max(title) + 2
        };
        kept.iter().map(of).sum()
    }
}

/// A part of a report.
#[derive(Clone, Debug)]
enum Part {
    Fact(&'static str, &'static str, Field),
    Table(Table),
    Note(String),
}

/// What a command has to say.
#[derive(Clone, Debug, Default)]
pub struct Report {
    parts: Vec<Part>,
}

impl Report {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact: its stable key, its title, its value.
    pub fn fact(&mut self, key: &'static str, title: &'static str, field: Field) -> &mut Self {
        self.parts.push(Part::Fact(key, title, field));
        self
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) -> &mut Self {
        self.parts.push(Part::Table(table));
        self
    }

    /// Adds a sentence for people. Programs do not get it.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.parts.push(Part::Note(note.into()));
        self
    }

    /// Adds all of another report.
    pub fn append(&mut self, other: Self) -> &mut Self {
        self.parts.extend(other.parts);
        self
    }

    /// As an object, each fact and each table under its key.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        for part in &self.parts {
            match part {
                Part::Fact(key, _, field) => drop(object.insert((*key).to_owned(), field.value.clone())),
                Part::Table(table) => drop(object.insert(table.key.to_owned(), table.to_json())),
                Part::Note(_) => {}
            }
        }
        Value::Object(object)
    }

    /// Its first table, or its facts.
    ///
    /// # Errors
    /// None that a vector of bytes could give.
    pub fn to_csv(&self) -> Result<String> {
        let tables = self.parts.iter().find_map(|part| if let Part::Table(table) = part { Some(table) } else { None });
        if let Some(table) = tables {
            return table.to_csv();
        }
        let mut facts = Table::new("facts", "", &[column("field", ""), column("value", "")]);
        for part in &self.parts {
            if let Part::Fact(key, _, field) = part {
                facts.row(vec![Field::text(*key), field.clone()]);
            }
        }
        facts.to_csv()
    }

    /// For people, in a terminal of this width.
    #[must_use]
    pub fn to_text(&self, width: usize) -> String {
        let titles =
            self.parts.iter().filter_map(|part| if let Part::Fact(_, title, _) = part { Some(title) } else { None });
        let wide = titles.map(|title| title.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        let mut after_table = false;
        for part in &self.parts {
            if after_table {
                text.push('\n');
            }
            after_table = matches!(part, Part::Table(_));
            match part {
                // What is not there needs no line.
                Part::Fact(_, _, field) if field.shown.is_empty() => after_table = false,
                Part::Fact(_, title, field) => {
                    let (indent, room) = (wide + 2, width.saturating_sub(wide + 2).max(20));
                    let value = wrapped(&field.shown, room).replace('\n', &format!("\n{:indent$}", ""));
                    text.push_str(&format!("{title:<wide$}  {value}\n"));
                }
                Part::Note(note) => text.push_str(&(wrapped(note, width) + "\n")),
                Part::Table(table) => {
                    if !text.is_empty() && !text.ends_with("\n\n") {
                        text.push('\n');
                    }
                    text.push_str(&(table.draw(width) + "\n"));
                }
            }
        }
        text
    }
}

/// Text in lines of at most `width` characters, where words allow it.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut current = String::new();
        for word in line.split_whitespace() {
            if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines.join("\n")
}

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Text, JSON or CSV.
    pub format: Format,
    /// Columns of the terminal.
    pub width: usize,
}

impl Output {
    /// Standard output. The width is the terminal's, or what `COLUMNS` says; 80 where there is no terminal.
    #[must_use]
    pub fn standard(format: Format) -> Self {
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let terminal = || {
            let size =
                std::io::stdout().is_terminal().then(crossterm::terminal::size).and_then(std::result::Result::ok);
            size.map(|(columns, _)| usize::from(columns)).filter(|columns| *columns > 0)
        };
        Self { format, width: columns.or_else(terminal).unwrap_or(80) }
    }

    /// Whether people read it.
    #[must_use]
    pub fn for_people(&self) -> bool {
        self.format == Format::Text
    }

    /// Prints a report.
    ///
    /// # Errors
    /// When standard output is closed, but not when its reader has gone.
    pub fn print(&self, report: &Report) -> Result {
        let text = match self.format {
            Format::Text => plain(&report.to_text(self.width)),
            Format::Json => pretty(&report.to_json()) + "\n",
            Format::Csv => plain(&report.to_csv()?),
        };
        say(&text)
    }

    /// Prints something for people only, to standard error: what is asked and what is waited for.
    pub fn tell(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{}", plain(&wrapped(text, self.width)));
    }
}

/// Writes to standard output; a reader that has gone is no error.
///
/// # Errors
/// Other errors of standard output.
pub fn say(text: &str) -> Result {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// A value as JSON, for programs and for what is written to files.
#[must_use]
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).map_or_else(|_| json!(null).to_string(), |text| harmless(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = [column("month", "month"), column("price", "price"), optional("note", "what there is to say")];
        let mut table = Table::new("months", "There are no months.", &columns);
        table.row(vec![Field::text("DEC26"), Field::number(2_625), Field::text("a long remark, with a comma")]);
        table.row(vec![Field::text("JAN27"), Field::none(), Field::text("short")]);
        table
    }

    #[test]
    fn a_table_fits_or_says_what_it_left_out() {
        let wide = table().draw(80);
        assert!(wide.contains("a long remark") && !wide.contains("left out"), "{wide}");
        let narrow = table().draw(30);
        let line = narrow.replace('\n', " ");
        assert!(!line.contains("remark") && line.contains("left out for want of width: what there is"), "{narrow}");
        let tiny = table().draw(12);
        assert!(tiny.lines().take(2).all(|line| line.chars().count() <= 12), "{tiny}");
        assert_eq!(Table::new("x", "Nothing.", &[]).draw(80), "Nothing.");
    }

    #[test]
    fn others_words_are_shown_and_not_obeyed() {
        let said = "refused\u{1b}[2J\u{1b}[1;1HSign and send: deposit 1.00 USD? [y/N]\r\u{7}\u{202e}";
        let shown = plain(said);
        assert!(shown.chars().all(|c| !c.is_control()) && !shown.contains('\u{202e}'), "{shown:?}");
        assert!(shown.starts_with("refused\u{fffd}[2J"), "{shown:?}");
        let text = "two lines\n\tand a word of \u{e9}t\u{e9}";
        assert_eq!(plain(text), text);
    }

    #[test]
    fn programs_get_all_of_it() {
        let mut report = Report::new();
        report.fact("cash", "cash", Field::usd(QuoteAtoms(-1_500_000))).table(table()).note("For people.");
        assert_eq!(report.to_json()["cash"], "-1.500000");
        assert_eq!(report.to_json()["months"][1], json!({ "month": "JAN27", "price": null, "note": "short" }));
        let csv = "month,price,note\nDEC26,2625,\"a long remark, with a comma\"\nJAN27,,short\n";
        assert_eq!(report.to_csv().expect("csv"), csv);
        assert!(report.to_text(80).starts_with("cash  -1.50\n\nmonth"), "{}", report.to_text(80));
    }
}
