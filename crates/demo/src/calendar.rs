//! Dates for people.

use sit_engine::calendar::{Date, Day};

/// A unix day as `YYYY-MM-DD`.
#[must_use]
pub fn iso(day: u32) -> String {
    let Date { year, month, day } = Day(day).date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// The month of a unix day, such as "Dec 2026".
#[must_use]
pub fn month_label(day: u32) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = Day(day).date();
    format!("{} {}", NAMES[(date.month as usize - 1) % 12], date.year)
}
