//! The page.

use super::books::Equation;
use super::{ReportError, charts, format, tables};
use crate::record::{Hedge, Milestone, Record, Waterfall};
use askama::Template;
use sit_page::{Figure, STYLE, Table};

/// Puts the page together.
pub fn page(record: &Record) -> Result<String, ReportError> {
    let equation = Equation::of(&record.books);
    let (source, prices_span) = format::source(&record.source);
    let page = Page {
        source,
        prices_span,
        span: span(record),
        cards: cards(record, &equation),
        milestones: record.milestones.iter().map(Moment::of).collect(),
        prices: charts::prices(record),
        curves: charts::curves(record),
        equity: charts::equity(record),
        results: charts::results(record),
        open_interest: charts::open_interest(record),
        coverage: charts::coverage(record),
        history: charts::history(record),
        waterfall_bar: waterfall_bar(&record.waterfall),
        hedge_bars: hedge_bars(&record.hedge),
        hedge_sentence: hedge_sentence(&record.hedge),
        waterfall: tables::waterfall(record),
        cash_flows: tables::cash_flows(record),
        books: tables::books(&equation),
        margin: tables::margin(record),
        certificate: tables::certificate(record),
        calibration: tables::calibration(record),
        warnings: &record.calibration.warnings,
        fills: tables::fills(record),
        settlements: tables::settlements(record),
        contracts: tables::contracts(record),
        weights: tables::weights(record),
        sides: sides(record, &equation),
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    source: String,
    prices_span: String,
    span: String,
    cards: Vec<Card>,
    milestones: Vec<Moment>,
    prices: Figure,
    curves: Figure,
    equity: Figure,
    results: Figure,
    open_interest: Figure,
    coverage: Figure,
    history: Figure,
    waterfall_bar: Vec<Share>,
    hedge_bars: Vec<Share>,
    hedge_sentence: String,
    waterfall: Table,
    cash_flows: Table,
    books: Table,
    margin: Table,
    certificate: Vec<(&'static str, String)>,
    calibration: Table,
    warnings: &'a [String],
    fills: Table,
    settlements: Table,
    contracts: Table,
    weights: Table,
    sides: [Side; 3],
}

/// One of the numbers that matter.
struct Card {
    title: &'static str,
    value: String,
    lines: Vec<String>,
    good: bool,
}

/// A milestone, its time split so that the date stands once.
struct Moment {
    date: String,
    time: String,
    text: String,
}

impl Moment {
    fn of(milestone: &Milestone) -> Self {
        let date = format::date(milestone.time);
        let time = format::moment(milestone.time).strip_prefix(&date).unwrap_or_default().trim().to_owned();
        Self { date, time, text: milestone.text.clone() }
    }
}

/// A bar: name, amount, percent of the longest or of the whole, and the class of its colour.
struct Share {
    name: &'static str,
    amount: String,
    percent: f64,
    class: &'static str,
}

/// One count of the vault's money, and whether it agrees with the token's.
struct Side {
    name: String,
    atoms: String,
    word: &'static str,
    good: bool,
}

fn span(record: &Record) -> String {
    match (record.days.first(), record.days.last()) {
        (Some(first), Some(last)) => {
            format!("{} settlement days from {} to {}", record.days.len(), first.date, last.date)
        }
        _ => "no settlement day".into(),
    }
}

fn cards(record: &Record, equation: &Equation) -> Vec<Card> {
    let hedge = &record.hedge;
    let waterfall = &record.waterfall;
    let liquidation = if waterfall.loss == 0 {
        let called =
            if waterfall.steps.is_empty() { "Nobody was called for margin." } else { "No loss was left over." };
        Card { title: "Liquidation", value: "none unpaid".into(), lines: vec![called.into()], good: true }
    } else {
        let mut lines = vec![
            format!("{} own collateral", format::usd(waterfall.own_collateral)),
            format!("{} insurance fund", format::usd(waterfall.fund)),
            format!("{} borne by winners", format::usd(waterfall.unpaid)),
        ];
        lines.retain(|line| !line.starts_with("$0.00 insurance"));
        let value = format!("{} lost", format::usd(waterfall.loss));
        Card { title: "Liquidation", value, lines, good: waterfall.unpaid == 0 }
    };
    vec![
        Card {
            title: "The AI company\u{2019}s hedged bill",
            value: format::usd(hedge.hedged),
            lines: vec![
                format!("{} without futures", format::usd(hedge.unhedged)),
                format!("{} expected", format::usd(hedge.expected)),
            ],
            good: true,
        },
        Card {
            title: "The vault\u{2019}s books",
            value: Equation::word(equation.balanced() && equation.flows_balanced()).into(),
            lines: vec![
                format!("{} atoms held", format::whole(equation.held)),
                format!("{} atoms owed", format::whole(equation.owed)),
            ],
            good: equation.balanced() && equation.flows_balanced(),
        },
        liquidation,
        Card {
            title: "Messages audited",
            value: format!("{} of {}", format::grouped(record.audits.into()), format::grouped(record.messages.into())),
            lines: vec!["The books are checked after every message.".into()],
            good: record.audits == record.messages,
        },
    ]
}

fn sides(record: &Record, equation: &Equation) -> [Side; 3] {
    let side = |name: String, atoms: i128, agrees: Option<bool>| Side {
        name,
        atoms: format::whole(atoms),
        word: agrees.map_or("", Equation::word),
        good: agrees == Some(true),
    };
    let (paid_in, paid_out) = (format::whole(record.books.deposits), format::whole(record.books.withdrawals));
    let flow = format!("Ever paid in, {paid_in}, less ever paid out, {paid_out}");
    [
        side("The token says that the vault holds".into(), equation.held, None),
        side("The vault says that it owes".into(), equation.owed, Some(equation.balanced())),
        side(flow, equation.net_flow, Some(equation.flows_balanced())),
    ]
}

fn waterfall_bar(waterfall: &Waterfall) -> Vec<Share> {
    let share = |name, amount: i128, class| Share {
        name,
        amount: format::usd(amount),
        percent: percent(amount, waterfall.loss),
        class,
    };
    let shares = [
        share("Own collateral", waterfall.own_collateral, "own"),
        share("Insurance fund", waterfall.fund, "fund"),
        share("Borne by winners", waterfall.unpaid, "unpaid"),
    ];
    shares.into_iter().filter(|_| waterfall.loss > 0).collect()
}

fn hedge_bars(hedge: &Hedge) -> Vec<Share> {
    let longest = hedge.unhedged.max(hedge.hedged).max(hedge.expected);
    let bar = |name, amount: i128, class| Share {
        name,
        amount: format::usd(amount),
        percent: percent(amount, longest),
        class,
    };
    let bars = [
        bar("Expected when it hedged", hedge.expected, "soft"),
        bar("Paid with futures, fees included", hedge.hedged, "own"),
        bar("Would have paid without", hedge.unhedged, "unpaid"),
    ];
    bars.into_iter().filter(|_| longest > 0).collect()
}

fn hedge_sentence(hedge: &Hedge) -> String {
    if hedge.tokens_m == 0.0 {
        return "Nothing was hedged.".into();
    }
    let saved = hedge.unhedged - hedge.hedged;
    let outcome = if saved >= 0 { "cheaper" } else { "dearer" };
    let off = hedge.hedged - hedge.expected;
    let side = if off >= 0 { "above" } else { "below" };
    format!(
        "The company bought {} million tokens at {} per million. Its futures had locked {}; they made its bill {} {outcome}. \
         What it paid in the end lies {} {side} what it expected: {:.2} %.",
        format::grouped(hedge.tokens_m.max(0.0).round() as u128),
        format::price(hedge.spot),
        format::price(hedge.locked),
        format::usd(saved.saturating_abs()),
        format::usd(off.saturating_abs()),
        percent(off.saturating_abs(), hedge.expected),
    )
}

/// A part in percent of the whole; zero when there is no whole.
fn percent(part: i128, whole: i128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 * 100.0 }
}
