//! A figure: one plot or several side by side, drawn by kuva as inline SVG in the page's own colours.
//!
//! Colours are CSS variables of the page, so one drawing serves light, dark and print. Legends are HTML below the plot:
//! they wrap on a narrow screen and cannot cover a line.

use super::format::DAY;
use askama::Template;
use askama::filters::HtmlSafe;
use kuva::prelude::{DateTimeAxis, Layout, Plot, ReferenceLine, Theme, TickFormat};
use kuva::render_to_svg;
use std::sync::Arc;

/// Text and lead lines.
pub const INK: &str = "var(--ink)";

/// Limits, calls and liquidations.
pub const ALARM: &str = "var(--alarm)";

/// Colours of participants; they repeat after the last.
const SERIES: [&str; 8] =
    ["var(--s0)", "var(--s1)", "var(--s2)", "var(--s3)", "var(--s4)", "var(--s5)", "var(--s6)", "var(--s7)"];

/// The colour of a participant.
pub fn series(place: usize) -> &'static str {
    SERIES[place % SERIES.len()]
}

/// The colour of one of `count` things that follow each other in time, from blue over violet to orange, all of the same
/// perceived lightness: legible on white and on black.
pub fn ramp(place: usize, count: usize) -> String {
    const FROM: f64 = 225.0;
    const SPAN: f64 = 200.0;
    let last = count.saturating_sub(1).max(1);
    let hue = (FROM + SPAN * place as f64 / last as f64) % 360.0;
    format!("oklch(62% 0.16 {hue:.0})")
}

/// How an entry of a legend is drawn.
#[derive(Clone, Copy)]
pub enum Stroke {
    /// A line.
    Solid,
    /// A dashed line.
    Dashed,
    /// A point.
    Dot,
    /// An area.
    Band,
}

/// An entry of a legend.
pub struct Key {
    label: String,
    colour: String,
    stroke: Stroke,
}

impl Key {
    /// An entry of a legend.
    pub fn new(label: impl Into<String>, colour: impl Into<String>, stroke: Stroke) -> Self {
        Self { label: label.into(), colour: colour.into(), stroke }
    }

    fn class(&self) -> &'static str {
        match self.stroke {
            Stroke::Solid => "line",
            Stroke::Dashed => "dash",
            Stroke::Dot => "dot",
            Stroke::Band => "band",
        }
    }
}

/// One plot of a figure.
pub struct Panel {
    /// Its own heading; empty when it is alone.
    pub title: String,
    /// Inline SVG.
    pub svg: String,
}

/// A figure.
#[derive(Template)]
#[template(path = "figure.html")]
pub struct Figure {
    /// Its heading.
    pub title: &'static str,
    /// What to look for, in a sentence or two.
    pub caption: String,
    /// The plots; none when there is nothing to draw.
    pub panels: Vec<Panel>,
    /// What the colours mean.
    pub keys: Vec<Key>,
}

impl HtmlSafe for Figure {}

/// What the horizontal axis measures.
pub enum Across {
    /// Unix time, with so many dates at most.
    Dates(usize),
    /// A number: what it is, and the text of a tick.
    Numbers(&'static str, fn(f64) -> String),
}

/// Height and width of a drawing, and what its axes show.
pub struct Canvas {
    /// Width in pixels at the natural size.
    pub width: f64,
    /// Height in pixels at the natural size.
    pub height: f64,
    /// What the horizontal axis measures.
    pub across: Across,
    /// What the vertical axis measures.
    pub y_label: &'static str,
    /// Text of a tick of the vertical axis.
    pub y_format: fn(f64) -> String,
    /// Whether the vertical axis is logarithmic.
    pub log: bool,
    /// Whether the vertical axis contains zero.
    pub from_zero: bool,
    /// Lines across.
    pub references: Vec<ReferenceLine>,
}

impl Canvas {
    /// A plot as wide as the page.
    pub fn wide(y_label: &'static str, y_format: fn(f64) -> String) -> Self {
        Self {
            width: 1_000.0,
            height: 360.0,
            across: Across::Dates(14),
            y_label,
            y_format,
            log: false,
            from_zero: false,
            references: Vec::new(),
        }
    }

    /// One of several plots side by side.
    pub fn small(y_label: &'static str, y_format: fn(f64) -> String) -> Self {
        Self { width: 400.0, height: 230.0, across: Across::Dates(4), ..Self::wide(y_label, y_format) }
    }

    /// Draws plots; `points` are all the data in them, finite. `None` when there are none.
    pub fn draw(self, plots: Vec<Plot>, points: &[(f64, f64)]) -> Option<String> {
        let least = if matches!(self.across, Across::Dates(_)) { DAY } else { 0.5 };
        let (x_low, x_high) = widened(extent(points.iter().map(|point| point.0))?, least);
        let (mut y_low, mut y_high) = extent(points.iter().map(|point| point.1))?;
        if self.from_zero {
            (y_low, y_high) = (y_low.min(0.0), y_high.max(0.0));
        }
        let (y_low, y_high) = if self.log { (y_low, y_high) } else { widened((y_low, y_high), 1e-3 * y_high.abs()) };
        // Dates need no name below them.
        let below = if matches!(self.across, Across::Dates(_)) { 26.0 } else { 44.0 };
        let format = self.y_format;
        let mut layout = Layout::new((x_low, x_high), (y_low, y_high))
            .with_width(self.width)
            .with_height(self.height)
            .with_theme(theme())
            .with_x_axis_min(x_low)
            .with_x_axis_max(x_high)
            .with_y_label(self.y_label)
            .with_y_tick_format(TickFormat::Custom(Arc::new(format)))
            .with_ticks(5)
            .with_force_margins_y(10.0, below)
            .with_tick_size(11)
            .with_label_size(12)
            .with_tick_length(4.0);
        layout = match self.across {
            Across::Dates(most) => layout.with_x_datetime(dates(x_low, x_high, most)),
            Across::Numbers(label, format) => {
                layout.with_x_label(label).with_x_tick_format(TickFormat::Custom(Arc::new(format)))
            }
        };
        if self.log {
            layout = layout.with_log_y();
        }
        for line in self.references {
            layout = layout.with_reference_line(line);
        }
        Some(inline(&render_to_svg(plots, layout)))
    }
}

fn theme() -> Theme {
    Theme {
        background: "none".into(),
        axis_color: "var(--axis)".into(),
        grid_color: "var(--grid)".into(),
        tick_color: "var(--axis)".into(),
        text_color: "var(--soft)".into(),
        font_family: Some("inherit".into()),
        ..Theme::light()
    }
}

fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// A range that is not empty: a single value gets `least` to each side.
fn widened((low, high): (f64, f64), least: f64) -> (f64, f64) {
    if high > low { (low, high) } else { (low - least.max(1e-9), high + least.max(1e-9)) }
}

/// The axis of dates whose ticks are closest together without being more than `most`.
fn dates(from: f64, to: f64, most: usize) -> DateTimeAxis {
    const MONTH: f64 = 30.44 * DAY;
    let days = DateTimeAxis::days("%-d %b");
    let weeks = DateTimeAxis::weeks("%-d %b");
    let months = DateTimeAxis::months("%b %Y");
    let years = DateTimeAxis::years("%Y");
    let choices = [
        (DAY, days.clone()),
        (2.0 * DAY, days.with_step(2)),
        (7.0 * DAY, weeks.clone()),
        (14.0 * DAY, weeks.with_step(2)),
        (MONTH, months.clone()),
        (2.0 * MONTH, months.clone().with_step(2)),
        (3.0 * MONTH, months.clone().with_step(3)),
        (6.0 * MONTH, months.with_step(6)),
        (12.0 * MONTH, years.clone()),
        (24.0 * MONTH, years.clone().with_step(2)),
    ];
    let fits = choices.into_iter().find(|(step, _)| (to - from) / step <= most as f64);
    fits.map_or_else(|| years.with_step(5), |(_, axis)| axis)
}

/// Turns a stand-alone SVG into a part of a page: it takes the width of its place and names no namespace. Its clip goes
/// too: the axes hold all points, and its name, counted up by the process, would make each page differ from the one
/// before.
fn inline(svg: &str) -> String {
    let Some((head, body)) = svg.split_once('>') else { return String::new() };
    let attribute = |name: &str| head.split_once(&format!(" {name}=\""))?.1.split('"').next();
    let (width, height) = (attribute("width").unwrap_or("100"), attribute("height").unwrap_or("100"));
    let open = format!(r#"<svg viewBox="0 0 {width} {height}" role="img" fill="var(--soft)" font-family="inherit">"#);
    let body = without(body, "<!--", "-->");
    let body = without(&body, "<defs>", "</defs>");
    open + &without(&body, " clip-path=\"", "\"")
}

/// The text without anything from `from` to the next `to`.
fn without(text: &str, from: &str, to: &str) -> String {
    let mut pieces = text.split(from);
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        kept.push_str(piece.split_once(to).map_or("", |(_, rest)| rest));
    }
    kept
}
