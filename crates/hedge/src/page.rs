//! A plan as one page of HTML: figures and tables, no script, nothing fetched.

use jiff::civil::Date;
use sit_page::format::{axis_dollars, axis_whole};
use sit_page::{Canvas, Lines, Point, STYLE, Table, numbers, series, words};

use crate::band::{Band, Outcome, Until};
use crate::exposure::Exposure;

/// What a page is about, beside plan and outcome.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// What the bands are of: `cost` or `revenue`.
    pub what: &'a str,
    /// Facts with their titles.
    pub facts: &'a [(String, String)],
    /// Orders as commands.
    pub orders: &'a [String],
    /// Sentences on what is left out.
    pub notes: &'a [String],
}

/// Text in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Midnight of a day in Unix seconds, where a figure of dates has it.
fn at(date: Date) -> f64 {
    let days = Date::constant(1970, 1, 1).until(date).map_or(0, |span| span.get_days());
    f64::from(days) * sit_page::format::DAY
}

fn dollars(value: f64) -> String {
    axis_dollars(value.round())
}

fn line(until: &[Until], of: impl Fn(&Until) -> f64) -> Vec<Point> {
    until.iter().map(|one| (at(one.month.last_of_month()), of(one))).collect()
}

/// SIT used and expected, by month.
fn exposure(plan: &Exposure) -> String {
    let mut lines = Lines::default();
    let past = plan.past.iter().map(|(month, sit)| (at(*month), *sit as f64)).collect();
    lines.add("used, by the file", series(0), 1.5, true, past);
    let expected = plan.months.iter().map(|month| (at(month.month), month.sit as f64)).collect();
    lines.add("expected", series(1), 1.5, true, expected);
    let hedged = plan.months.iter().map(|month| {
        let hedged = if month.contract.is_some() { month.hedged_sit } else { 0 };
        (at(month.month), hedged as f64)
    });
    lines.add("hedged", series(2), 1.5, true, hedged.collect());
    let caption = "What the file has, what is expected at the growth of the plan, and what its lots hedge.".to_owned();
    let canvas = Canvas { from_zero: true, ..Canvas::wide("SIT", axis_whole) };
    lines.figure("Exposure by month", caption, canvas).to_string()
}

/// The bill with and without the hedge, cumulated.
fn bill(what: &str, outcome: &Outcome) -> String {
    let until = &outcome.by_month;
    let mut lines = Lines::default();
    type Of = fn(&Until) -> Band;
    let parts: [(&str, usize, Of); 2] =
        [("without the hedge", 0, |one| one.unhedged), ("with the hedge", 1, |one| one.hedged)];
    for (label, place, of) in parts {
        let (low, high) = (line(until, |one| of(one).low), line(until, |one| of(one).high));
        lines.band(&format!("{label}, 5 to 95 %"), series(place), 0.2, &low, &high);
        lines.add(label, series(place), 2.0, false, line(until, |one| of(one).middle));
    }
    let caption = format!(
        "The {what} of all months up to a day: the middle of 1,024 paths, and where nine of ten lie. The hedge narrows the \
         band; it does not move its middle for free."
    );
    let canvas = Canvas { from_zero: true, ..Canvas::wide("US dollars", dollars) };
    lines.figure("The bill with and without the hedge", caption, canvas).to_string()
}

/// Cash that the hedge may need on the way.
fn cash(outcome: &Outcome) -> String {
    let mut lines = Lines::default();
    lines.add("initial margin", series(2), 1.5, false, line(&outcome.by_month, |one| one.margin));
    lines.add("with variation", series(3), 2.0, false, line(&outcome.by_month, |one| one.cash));
    lines.fill_last();
    let caption =
        "The largest of a month's days, at the confidence of the plan: what the exchange asks for the positions \
                   that are left, and that together with the variation paid by then. Have it at hand."
            .to_owned();
    let canvas = Canvas { from_zero: true, ..Canvas::wide("US dollars", dollars) };
    lines.figure("Cash for margin and variation", caption, canvas).to_string()
}

/// The page. The same plan and outcome give the same page.
#[must_use]
pub fn html(plan: &Exposure, outcome: &Outcome, about: About<'_>) -> String {
    let name = |date: Date| date.strftime("%b %Y").to_string();
    let month = |(month, until): (&crate::exposure::Month, &Until)| {
        vec![
            name(month.month),
            axis_whole(month.sit as f64),
            month.lots.to_string(),
            month.contract.map_or_else(|| "beyond the listed".to_owned(), name),
            month.last_day.map_or_else(String::new, |day| day.to_string()),
            dollars(until.margin),
            dollars(until.cash),
        ]
    };
    let columns = vec![
        words("month"),
        numbers("SIT"),
        numbers("lots"),
        words("contract"),
        words("its last trading day"),
        numbers("initial margin"),
        numbers("with variation"),
    ];
    let rows = plan.months.iter().zip(&outcome.by_month).map(month).collect();
    let months = Table::new("No month.", columns, rows);
    let band = |what: String, band: Band| vec![what, dollars(band.low), dollars(band.middle), dollars(band.high)];
    let bands = Table::new(
        "",
        vec![words("US dollars"), numbers("5 %"), numbers("50 %"), numbers("95 %")],
        vec![
            band(format!("{} without the hedge", about.what), outcome.unhedged),
            band(format!("{} with the hedge", about.what), outcome.hedged),
        ],
    );
    let facts: String = about
        .facts
        .iter()
        .map(|(title, value)| format!("<tr><th>{}</th><td>{}</td></tr>\n", escaped(title), escaped(value)))
        .collect();
    let orders: String = about.orders.iter().map(|order| escaped(order) + "\n").collect();
    let notes: String = about.notes.iter().map(|note| format!("<p>{}</p>\n", escaped(note))).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Hedge plan</title>\n\
         <style>\n{STYLE}\n</style>\n</head>\n<body>\n<header>\n<h1>Hedge plan</h1>\n</header>\n<main>\n\
         <section>\n<table>\n{facts}</table>\n</section>\n\
         <section>\n{}\n{months}\n</section>\n<section>\n{}\n{bands}\n</section>\n<section>\n{}\n</section>\n\
         <section>\n<h2>Orders</h2>\n<pre>{orders}</pre>\n{notes}</section>\n</main>\n</body>\n</html>\n",
        exposure(plan),
        bill(about.what, outcome),
        cash(outcome),
    )
}
