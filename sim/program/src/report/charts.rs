//! The figures of the page.

use kuva::prelude::ReferenceLine;

use super::fan::Spread;
use super::walk::Step;
use super::{FRONT_DAYS, Facts};
use sit_page::{ALARM, Across, Canvas, Figure, INK, Key, Lines, Panel, Point, Stroke, format, series};
use sit_sim::calibrate::{Jump, JumpKind};
use sit_sim::model::Model;

/// Jumps that are marked at most; more would be a hatching.
const MOST_JUMPS: usize = 60;

/// A horizontal axis of months.
const MONTHS: Across = Across::Numbers("Months from the last price", format::axis_whole);

/// Least probability that the frontier's logarithmic axis shows.
const LEAST_PROBABILITY: f64 = 1e-5;

/// The history with its jumps.
pub fn history(facts: &Facts) -> Figure {
    let mut lines = Lines::default();
    let each = facts.history.observations().iter();
    let prices = each.filter_map(|o| Some((format::seconds_of(&o.date.to_string())?, o.price))).collect();
    lines.add("Price", INK, 1.75, false, prices);
    let jumps = &facts.calibration.diagnostics.jumps;
    let references = jumps.iter().take(MOST_JUMPS).filter_map(|jump| {
        let line = ReferenceLine::vertical(format::seconds_of(&jump.date)?).with_color(mark(jump).1);
        Some(line.with_dasharray("3 3").with_stroke_width(1.0))
    });
    let canvas = Canvas {
        log: true,
        references: references.collect(),
        ..Canvas::wide("USD per million tokens", format::axis_price)
    };
    let caption =
        "The history that everything below follows from, on a logarithmic scale: equal heights are equal percentages.";
    let mut figure = lines.figure("Price history", caption.into(), canvas);
    let mut marks: Vec<(&str, &str)> = jumps.iter().map(mark).collect();
    marks.sort_unstable();
    marks.dedup();
    figure.keys.extend(marks.into_iter().map(|(label, colour)| Key::new(label, colour, Stroke::Dashed)));
    figure
}

/// What a jump is called, and its colour.
fn mark(jump: &Jump) -> (&'static str, &'static str) {
    match (jump.kind, jump.log_size > 0.0) {
        (JumpKind::Spike, _) => ("Spike", series(1)),
        (JumpKind::Lasting, true) => ("Jump up", ALARM),
        (JumpKind::Lasting, false) => ("Jump down", series(2)),
    }
}

/// The fan of the spot price.
pub fn fan(facts: &Facts) -> Figure {
    let mut lines = Lines::default();
    bands(&mut lines, &facts.fan);
    let canvas = Canvas { across: MONTHS, log: true, ..Canvas::wide("USD per million tokens", format::axis_price) };
    let caption = "Where the price may be, chance and uncertain parameters together: half of the outcomes lie in the dark band, \
                   nine tenths in the light one. The scale is logarithmic.";
    lines.figure("Fan of prices", caption.into(), canvas)
}

/// The futures curve.
pub fn curve(facts: &Facts) -> Figure {
    let mut lines = Lines::default();
    bands(&mut lines, &facts.curve);
    let model = &facts.calibration.model;
    let point = |months: f64| (months, model.futures_price(&model.start(), 0.0, months / 12.0));
    lines.add("Calibrated model", ALARM, 2.0, true, facts.curve.iter().map(|spread| point(spread.months)).collect());
    let canvas = Canvas { across: MONTHS, ..Canvas::wide("USD per million tokens", format::axis_price) };
    let caption = "The expected price of each month, which is its futures price where nobody asks for a premium. The bands are \
                   the uncertainty of the parameters alone.";
    lines.figure("Futures curve", caption.into(), canvas)
}

fn bands(lines: &mut Lines, spreads: &[Spread]) {
    let at = |level: usize| -> Vec<Point> { spreads.iter().map(|s| (s.months, s.quantiles[level])).collect() };
    lines.band("5 % to 95 %", series(0), 0.18, &at(0), &at(4));
    lines.band("25 % to 75 %", series(0), 0.32, &at(1), &at(3));
    lines.add("Median", series(0), 2.0, false, at(2));
}

/// Margin by tenor and side.
pub fn margin(facts: &Facts) -> Figure {
    let mut lines = Lines::default();
    let share = |bps: u32| f64::from(bps) / 1e4;
    let months = |of: &dyn Fn(usize) -> Option<(u32, u32)>| -> Vec<Point> {
        (0..facts.margin.months.len()).filter_map(of).map(|(days, bps)| (f64::from(days), share(bps))).collect()
    };
    let margins = &facts.margin;
    let month = |at: usize| margins.months.get(at);
    let tail = |at: usize| month(at).and_then(|m| margins.tails.iter().find(|tail| tail.tenor_days == m.tenor_days));
    for (label, colour, short) in [("Short", series(1), true), ("Long", series(0), false)] {
        let side = |at: usize| tail(at).map(|tail| (tail.tenor_days, if short { tail.short } else { tail.long }));
        let low = months(&|at| side(at).map(|(days, tail)| (days, tail.es_band_bps[0])));
        let high = months(&|at| side(at).map(|(days, tail)| (days, tail.es_band_bps[2])));
        lines.band(&format!("{label}: expected shortfall, 5 % to 95 % of the models"), colour, 0.18, &low, &high);
        let margin = months(&|at| month(at).map(|m| (m.tenor_days, if short { m.short_bps } else { m.long_bps })));
        lines.add(&format!("{label}: margin"), colour, 2.0, true, margin);
        let var = months(&|at| side(at).map(|(days, tail)| (days, tail.var_horizon_bps)));
        lines.add(&format!("{label}: value at risk alone"), colour, 1.5, false, var);
        lines.dash_last();
    }
    let across = Across::Numbers("Days to the last trading day", format::axis_whole);
    let canvas = Canvas { across, from_zero: true, ..Canvas::wide("Margin, % of price", format::axis_percent) };
    let caption = "Margin is the larger of value at risk over the regulator's horizon and expected shortfall over a random \
                   close-out time, over all draws of the parameters, and no less than its floors. Where value at risk alone \
                   lies far below, jumps are rarer than it can see.";
    lines.figure("Margin by month and side", caption.into(), canvas)
}

/// Losses against margins on the walk through the history.
pub fn coverage(steps: &[Step]) -> Figure {
    let over = |of: &dyn Fn(&Step) -> f64| -> Vec<Point> {
        steps.iter().filter_map(|step| Some((format::seconds_of(&step.date)?, of(step)))).collect()
    };
    let mut lines = Lines::default();
    lines.add("Margin of a short", series(1), 2.0, false, over(&|step| step.short_margin));
    lines.add("Margin of a long, downwards", series(0), 2.0, false, over(&|step| -step.long_margin));
    lines.add("Move of the front month", INK, 1.0, false, over(&|step| step.move_of_front));
    let beyond = over(&|step| step.move_of_front)
        .into_iter()
        .zip(steps)
        .filter(|(_, step)| step.move_of_front > step.short_margin || -step.move_of_front > step.long_margin);
    lines.points("Beyond the margin", ALARM, beyond.map(|(point, _)| point).collect());
    let canvas = Canvas { from_zero: true, ..Canvas::wide("% of price", format::axis_percent) };
    let caption = format!(
        "Each move of the front month ({FRONT_DAYS} days) over a close-out, against the margin from a calibration on the days \
         before it alone. A short loses upwards, a long downwards."
    );
    lines.figure("Margin against what came", caption, canvas)
}

/// Margins and price over time.
pub fn procyclicality(steps: &[Step]) -> Figure {
    let over = |of: &dyn Fn(&Step) -> f64| -> Vec<Point> {
        steps.iter().filter_map(|step| Some((format::seconds_of(&step.date)?, of(step)))).collect()
    };
    let mut margins = Lines::default();
    margins.add("Short", series(1), 2.0, false, over(&|step| step.usual[0]));
    margins.add("Long", series(0), 2.0, false, over(&|step| step.usual[1]));
    let small = |label, format| Canvas { width: 500.0, ..Canvas::small(label, format) };
    let margin = Canvas { from_zero: true, ..small("% of price", format::axis_percent) };
    let mut prices = Lines::default();
    prices.add("Price", INK, 2.0, false, over(&|step| step.price));
    let panels = [("Margin", margins.draw(margin)), ("Price", prices.draw(small("USD", format::axis_price)))];
    Figure {
        title: "Margin through time",
        caption:
            "The margin of a constant position as the history unfolds, before any smoothing. What rises just after the \
                  price has moved asks for cash when it is scarce."
                .into(),
        panels: panels
            .into_iter()
            .filter_map(|(title, svg)| svg.map(|svg| Panel { title: title.into(), svg }))
            .collect(),
        keys: vec![
            Key::new("Short", series(1), Stroke::Solid),
            Key::new("Long", series(0), Stroke::Solid),
            Key::new("Price", INK, Stroke::Solid),
        ],
    }
}

/// Leverage against insolvency.
pub fn frontier(facts: &Facts) -> Figure {
    let mut lines = Lines::default();
    let line = |of: &dyn Fn(&super::frontier::Place) -> f64| -> Vec<Point> {
        let each = facts.frontier.iter().map(|place| (place.leverage, of(place)));
        each.filter(|(_, probability)| *probability >= LEAST_PROBABILITY).collect()
    };
    lines.add("Short, uncertain parameters", series(1), 2.0, false, line(&|place| place.short_mixed));
    lines.add("Short, as calibrated", series(1), 1.5, false, line(&|place| place.short));
    lines.dash_last();
    lines.add("Long, uncertain parameters", series(0), 2.0, false, line(&|place| place.long_mixed));
    lines.add("Long, as calibrated", series(0), 1.5, false, line(&|place| place.long));
    lines.dash_last();
    let front = facts.margin.months.first();
    let sides = front.map(|month| [(month.short_bps, series(1)), (month.long_bps, series(0))]);
    let references = sides.into_iter().flatten().map(|(bps, colour)| {
        ReferenceLine::vertical(1e4 / f64::from(bps)).with_color(colour).with_dasharray("2 4").with_stroke_width(1.5)
    });
    let across = Across::Numbers("Leverage: value of the position over its margin", format::axis_whole);
    let canvas = Canvas {
        across,
        log: true,
        references: references.collect(),
        ..Canvas::wide("Probability", format::axis_percent)
    };
    let caption = "How often a front-month position loses more than its margin in one close-out of two days. The dotted lines \
                   are the leverage that the margin set above allows. Logarithmic scale.";
    lines.figure("Leverage against insolvency", caption.into(), canvas)
}

/// How often a year's deficits are larger than a share of open interest.
pub fn fund_loss(facts: &Facts) -> Figure {
    let years = &facts.fund_years;
    let count = years.len();
    // Evenly spaced on the logarithmic axis of probabilities, down to a handful of years.
    let exceeded = |step: u32| -> Option<Point> {
        let beyond = (count as f64 * 10_f64.powf(-f64::from(step) / 8.0)) as usize;
        let loss = *years.get(count.checked_sub(beyond.max(1))?)?;
        (beyond >= 4 && loss > 0.0).then_some((loss, beyond as f64 / count as f64))
    };
    let mut lines = Lines::default();
    lines.add("Years with larger deficits", series(0), 2.0, false, (0..60).filter_map(exceeded).collect());
    let sizes = [(facts.fund.cover_two, series(1)), (facts.fund.annual_shortfall, ALARM)];
    let references = sizes.into_iter().map(|(size, colour)| {
        ReferenceLine::vertical(size).with_color(colour).with_dasharray("3 3").with_stroke_width(1.5)
    });
    let canvas = Canvas {
        across: Across::Numbers("Sum of a year's deficits, % of open interest", format::axis_percent),
        log: true,
        references: references.collect(),
        ..Canvas::wide("Probability", format::axis_percent)
    };
    let caption = format!(
        "What margin leaves uncovered in a year when no member adds to it: {} of the years have none. The fund is the larger of \
         the two largest members' deficit (cover-2) and the expected shortfall of a year at 99.9 %. Logarithmic scale.",
        format::percent(facts.fund.years_without)
    );
    let mut figure = lines.figure("Distribution of the fund's losses", caption, canvas);
    figure.keys.push(Key::new("Cover-2", series(1), Stroke::Dashed));
    figure.keys.push(Key::new("Expected shortfall at 99.9 %", ALARM, Stroke::Dashed));
    figure
}

/// The model in numbers, for the caption of the page.
pub fn spot(model: &Model) -> f64 {
    model.spot(&model.start(), 0.0)
}
