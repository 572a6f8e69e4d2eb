//! A table: words left, numbers right, and the rows beyond the first thirty folded away.

use askama::Template;
use askama::filters::HtmlSafe;

/// Rows that are shown at once; more would bury what comes after.
const OPEN_ROWS: usize = 30;

/// How a column is aligned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column: heading and alignment.
pub type Column = (&'static str, Align);

/// Heads a column of words.
pub const fn words(heading: &'static str) -> Column {
    (heading, Align::Left)
}

/// Heads a column of numbers.
pub const fn numbers(heading: &'static str) -> Column {
    (heading, Align::Right)
}

/// A table.
#[derive(Template)]
#[template(path = "table.html")]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    total: Option<Vec<String>>,
    /// What stands here when there is no row.
    empty: &'static str,
}

impl HtmlSafe for Table {}

impl Table {
    /// A table with these columns and rows.
    pub fn new(empty: &'static str, columns: Vec<Column>, rows: Vec<Vec<String>>) -> Self {
        Self { columns, rows, total: None, empty }
    }

    /// The same with a last row that sums up.
    pub fn with_total(mut self, total: Vec<String>) -> Self {
        self.total = Some(total);
        self
    }

    fn open(&self) -> &[Vec<String>] {
        self.rows.get(..OPEN_ROWS).unwrap_or(&self.rows)
    }

    fn folded(&self) -> &[Vec<String>] {
        self.rows.get(OPEN_ROWS..).unwrap_or_default()
    }

    fn class(&self, place: &usize) -> &'static str {
        match self.columns.get(*place) {
            Some((_, Align::Right)) => "n",
            _ => "w",
        }
    }
}
