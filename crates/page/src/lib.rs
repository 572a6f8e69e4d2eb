//! What every page is made of: figures as inline SVG, tables, numbers as people read them, and one style sheet.
//!
//! A page fetches nothing, runs no script, and follows the reader's light or dark scheme.

mod figure;
pub mod format;
mod lines;
mod table;

pub use figure::{ALARM, Across, Canvas, Figure, INK, Key, Panel, Stroke, ramp, series};
pub use lines::{Lines, Point};
pub use table::{Align, Column, Table, numbers, words};

/// The style sheet of a page, to be put into its head.
pub const STYLE: &str = include_str!("../templates/page.css");
