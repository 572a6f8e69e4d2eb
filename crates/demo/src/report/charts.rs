//! The figures of the report. Each takes what the record has and leaves out what is missing.

use super::format::{self, ATOMS_PER_DOLLAR, DAY};
use crate::record::{DayFacts, InstrumentFacts, Record};
use kuva::plot::ScatterPlot;
use kuva::prelude::ReferenceLine;
use sit_page::{ALARM, Canvas, Figure, INK, Key, Lines, Panel, Point, Stroke, ramp, series};

/// Loss that uses up the margin, in percent of it.
const ALL_OF_THE_MARGIN: f64 = 100.0;

/// Jumps of a history that are marked at most; more would be a hatching.
const MOST_JUMPS: usize = 60;

/// The index and the settlement mark of every month, day by day.
pub fn prices(record: &Record) -> Figure {
    let mut lines = Lines::default();
    let count = record.instruments.len();
    for (place, instrument) in record.instruments.iter().enumerate() {
        let marks = over_days(record, |day| mark(instrument, day, place));
        lines.add(&instrument.label, &ramp(place, count), 1.5, false, marks);
    }
    lines.add("Index", INK, 2.5, false, over_days(record, |day| Some(day.index)));
    let canvas = Canvas { references: alarms(record), ..Canvas::wide("USD per million tokens", format::axis_price) };
    let mut caption =
        "The index is the price of a million tokens today; a mark is the price that a month settles at on that \
                       day. As a month nears its last trading day its mark meets the average of the index."
            .to_owned();
    if let Some(scene) = &record.scene {
        caption.push_str(&format!(
            " The path is drawn from the calibrated process; the rise of {:.1} % on {} was put into it, because it had none of \
             that size.",
            100.0 * scene.rise,
            scene.date
        ));
    }
    with_alarm_key(lines.figure("Index and settlement marks", with_alarms(record, &caption), canvas), record)
}

/// The futures curve on a few days: the first, around the largest move of the index, and the last.
pub fn curves(record: &Record) -> Figure {
    let chosen = curve_days(&record.days);
    let mut lines = Lines::default();
    for (place, &(day, what)) in chosen.iter().enumerate() {
        let months = record.instruments.iter().enumerate();
        let marks = months.filter_map(|(place, month)| Some((month.expiry as f64, mark(month, day, place)?)));
        let curve = std::iter::once((time(day), day.index)).chain(marks).collect();
        lines.add(&format!("{} {what}", day.date), &ramp(place, chosen.len()), 2.0, true, curve);
    }
    let caption = "Each line is one day's curve: it starts at that day's index and has a point for each month, at its last \
                   trading day. Sloping down, the market expects tokens to get cheaper.";
    lines.figure("Futures curve", caption.into(), Canvas::wide("USD per million tokens", format::axis_price))
}

/// A plot for each participant: equity over the initial margin that the positions need.
pub fn equity(record: &Record) -> Figure {
    let mut panels = Vec::new();
    for (place, participant) in record.participants.iter().enumerate() {
        let mut lines = Lines::default();
        let dollars = |value: Option<&i128>| value.map(|atoms| *atoms as f64 / ATOMS_PER_DOLLAR);
        let margin = over_days(record, |day| dollars(day.initial_margin.get(place)));
        lines.add("Initial margin", ALARM, 2.0, false, margin);
        lines.dash_last();
        lines.add("Equity", series(0), 2.0, false, over_days(record, |day| dollars(day.equity.get(place))));
        let canvas = Canvas { from_zero: true, ..Canvas::small("USD", format::axis_dollars) };
        let title = format!("{} \u{2013} {}", participant.name, participant.role);
        panels.extend(lines.draw(canvas).map(|svg| Panel { title, svg }));
    }
    Figure {
        title: "Equity against initial margin",
        caption: "Equity is cash plus what the open positions have won or lost; initial margin is what must be there to open \
                  them. Where equity falls below the dashed line a margin call follows, below three quarters of it a \
                  liquidation. Each plot has its own scale."
            .into(),
        panels,
        keys: vec![Key::new("Equity", series(0), Stroke::Solid), Key::new("Initial margin", ALARM, Stroke::Dashed)],
    }
}

/// What each participant has won or lost since the start.
pub fn results(record: &Record) -> Figure {
    let mut lines = Lines::default();
    for (place, participant) in record.participants.iter().enumerate() {
        let mut total = 0_i128;
        let won = over_days(record, |day| {
            total = total.saturating_sub(*day.loss.get(place)?);
            Some(total as f64 / ATOMS_PER_DOLLAR)
        });
        lines.add(&participant.name, series(place), 2.0, false, won);
    }
    let canvas = Canvas { from_zero: true, references: alarms(record), ..Canvas::wide("USD", format::axis_dollars) };
    let caption = "Profit and loss added up; deposits, withdrawals and rewards are left out. What one side wins the other pays: \
                   apart from fees and the insurance fund the lines mirror each other.";
    with_alarm_key(lines.figure("Result since the start", with_alarms(record, caption), canvas), record)
}

/// Lots open over the days.
pub fn open_interest(record: &Record) -> Figure {
    let mut lines = Lines::default();
    lines.add("Open interest", series(0), 2.0, false, over_days(record, |day| Some(day.open_interest as f64)));
    lines.fill_last();
    let canvas = Canvas { from_zero: true, height: 260.0, ..Canvas::wide("Lots", format::axis_whole) };
    lines.figure(
        "Open interest",
        "Lots that are bought and not yet closed or settled, all months together.".into(),
        canvas,
    )
}

/// Loss of each settlement in percent of the initial margin held when the settlement before was done. Profits are
/// counted and not drawn: margin has nothing to do with them.
pub fn coverage(record: &Record) -> Figure {
    let (mut plots, mut points, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    let mut settled = 0_usize;
    for (place, participant) in record.participants.iter().enumerate() {
        let (mut shares, mut hints) = (Vec::new(), Vec::new());
        for pair in record.days.windows(2) {
            let [before, day] = pair else { continue };
            let (Some(&margin), Some(&loss)) = (before.initial_margin.get(place), day.loss.get(place)) else {
                continue;
            };
            if margin <= 0 {
                continue;
            }
            settled += 1;
            if loss > 0 {
                // Side by side within the day: equal positions lose equal shares and would hide each other.
                let aside = (place as f64 + 0.5) / record.participants.len() as f64 - 0.5;
                shares.push((time(day) + 0.7 * DAY * aside, loss as f64 / margin as f64 * ALL_OF_THE_MARGIN));
                let (loss, margin) = (format::usd(loss), format::usd(margin));
                hints.push(format!("{}, {}: lost {loss} with a margin of {margin}", day.date, participant.name));
            }
        }
        if !shares.is_empty() {
            keys.push(Key::new(&participant.name, series(place), Stroke::Dot));
            points.extend(&shares);
            let dots = ScatterPlot::new().with_data(shares).with_color(series(place)).with_size(4.5);
            plots.push(dots.with_tooltips().with_tooltip_labels(hints).into());
        }
    }
    let beyond = points.iter().filter(|(_, share)| *share > ALL_OF_THE_MARGIN).count();
    let caption = format!(
        "A point is a loss: one participant's settlement, in percent of the initial margin held after the settlement before. \
         Above the red line the loss was more than all of the margin. Settlements of a position that had margin: {settled}; \
         losses: {}; losses beyond the margin: {beyond}.",
        points.len()
    );
    if let Some((first, _)) = points.first().copied() {
        // The limit is always in view, however small the losses.
        points.push((first, 1.1 * ALL_OF_THE_MARGIN));
    }
    let limit = ReferenceLine::horizontal(ALL_OF_THE_MARGIN).with_color(ALARM).with_stroke_width(1.5);
    let canvas = Canvas {
        from_zero: true,
        references: vec![limit.with_label("all of the margin")],
        ..Canvas::wide("Loss, % of margin", |share| format!("{} %", format::axis_whole(share)))
    };
    let panels = canvas.draw(plots, &points).map(|svg| Panel { title: String::new(), svg });
    Figure { title: "Margin against loss", caption, panels: panels.into_iter().collect(), keys }
}

/// The price history that the model was calibrated to, with the jumps found in it.
pub fn history(record: &Record) -> Figure {
    let prices: Vec<Point> = record
        .source
        .prices
        .iter()
        .filter(|(_, price)| *price > 0.0)
        .filter_map(|(date, price)| Some((format::seconds_of(date)?, *price)))
        .collect();
    let mut lines = Lines::default();
    lines.add("Price", INK, 1.75, false, prices);
    let jumps = record.history_jumps.iter().take(MOST_JUMPS).filter_map(|(date, size)| {
        let colour = if *size > 0.0 { ALARM } else { series(2) };
        let line = ReferenceLine::vertical(format::seconds_of(date)?).with_color(colour).with_dasharray("3 3");
        Some(line.with_stroke_width(1.0))
    });
    let canvas =
        Canvas { log: true, references: jumps.collect(), ..Canvas::wide("USD per million tokens", format::axis_price) };
    let caption = "The history behind the model, on a logarithmic scale: equal heights are equal percentages.";
    let mut figure = lines.figure("Price history", caption.into(), canvas);
    for (label, colour, up) in [("Jump up", ALARM, true), ("Jump down", series(2), false)] {
        if record.history_jumps.iter().any(|(_, size)| (*size > 0.0) == up) {
            figure.keys.push(Key::new(label, colour, Stroke::Dashed));
        }
    }
    figure
}

fn with_alarm_key(mut figure: Figure, record: &Record) -> Figure {
    if !record.waterfall.steps.is_empty() && !figure.panels.is_empty() {
        figure.keys.push(Key::new("Margin call or liquidation", ALARM, Stroke::Dashed));
    }
    figure
}

fn with_alarms(record: &Record, caption: &str) -> String {
    let marked = if record.waterfall.steps.is_empty() { "" } else { " Dashed: margin calls and liquidations." };
    format!("{caption}{marked}")
}

/// A line down for each day on which there was a margin call or a liquidation.
fn alarms(record: &Record) -> Vec<ReferenceLine> {
    let mut days: Vec<u64> = record.waterfall.steps.iter().map(|(time, _, _)| time / DAY as u64).collect();
    days.dedup();
    days.into_iter()
        .map(|day| {
            ReferenceLine::vertical(day as f64 * DAY).with_color(ALARM).with_stroke_width(1.0).with_dasharray("4 4")
        })
        .collect()
}

/// The days whose curves tell the story, and why they were chosen.
fn curve_days(days: &[DayFacts]) -> Vec<(&DayFacts, &'static str)> {
    let Some(last) = days.len().checked_sub(1) else { return Vec::new() };
    let move_of = |pair: &[DayFacts]| (pair[1].index / pair[0].index).ln().abs();
    let moves = days.windows(2).map(move_of).enumerate().filter(|(_, size)| size.is_finite());
    let jump = moves.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(place, _)| place);
    let mut chosen = vec![
        (0, "(first day)"),
        (jump, "(before the largest move)"),
        (jump + 1, "(after it)"),
        ((jump + 1 + last) / 2, ""),
        (last, "(last day)"),
    ];
    chosen.retain(|(place, _)| *place <= last);
    chosen.sort_by_key(|(place, _)| *place);
    chosen.dedup_by_key(|(place, _)| *place);
    chosen.into_iter().map(|(place, what)| (&days[place], what)).collect()
}

/// The mark of a month on a day, while it trades: an expired month keeps its last one.
fn mark(month: &InstrumentFacts, day: &DayFacts, place: usize) -> Option<f64> {
    day.marks.get(place).copied().flatten().filter(|_| time(day) <= month.expiry as f64)
}

fn over_days(record: &Record, mut value: impl FnMut(&DayFacts) -> Option<f64>) -> Vec<Point> {
    record.days.iter().filter_map(|day| Some((time(day), value(day)?))).collect()
}

fn time(day: &DayFacts) -> f64 {
    f64::from(day.day) * DAY
}
