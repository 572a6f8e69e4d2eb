//! The page.

use askama::Template;

use super::tornado::Bar;
use super::{Facts, ReportError, charts, tables};
use sit_page::format::{axis_whole, percent, percent_of_bps, price, real};
use sit_page::{Figure, STYLE, Table};

/// Bars of the tornado that are shown: the rest move nothing that anyone would see.
const MOST_BARS: usize = 10;

/// The facts as one HTML page.
///
/// # Errors
/// [`ReportError::Page`].
pub fn html(facts: &Facts) -> Result<String, ReportError> {
    let diagnostics = &facts.calibration.diagnostics;
    let walk = facts.walk.as_ref().zip(facts.backtest.as_ref()).map(|(walk, backtest)| Walked {
        coverage: charts::coverage(&walk.steps),
        backtest: tables::backtest(backtest),
        procyclicality: charts::procyclicality(&walk.steps),
        measures: tables::procyclicality(walk),
    });
    let page = Page {
        style: STYLE,
        name: &facts.request.name,
        span: format!(
            "{} prices from {} to {}, the last {}",
            diagnostics.observations,
            diagnostics.first,
            diagnostics.last,
            price(charts::spot(&facts.calibration.model))
        ),
        root: facts.history.dataset_root().iter().map(|byte| format!("{byte:02x}")).collect(),
        seed: facts.request.seed,
        draws: facts.posterior.draws.len(),
        cards: cards(facts),
        history: charts::history(facts),
        flags: facts.history.flags().iter().map(|flag| flag.text.clone()).collect(),
        left_out: facts.left_out(),
        parameters: tables::parameters(&facts.posterior),
        warnings: &diagnostics.warnings,
        fan: charts::fan(facts),
        curve: charts::curve(facts),
        margin: charts::margin(facts),
        margin_table: tables::margin(facts),
        price_limits: tables::price_limits(facts),
        add_ons: tables::add_ons(facts),
        daily_volume: axis_whole(facts.margin.depth.daily_volume_lots.into()),
        walk,
        frontier: charts::frontier(facts),
        fund_loss: charts::fund_loss(facts),
        fund: facts.market.as_ref().map(tables::fund),
        market: facts.market.as_ref().map(|market| (market.paths, market.days)),
        tornado: tornado(&facts.tornado),
        hedge: tables::hedge(facts),
        paper_hedges: tables::paper_hedges(facts),
        claims: tables::claims(facts),
        held: facts.claims.iter().filter(|claim| claim.holds).count(),
        claimed: facts.claims.len(),
        limits: LIMITS,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    style: &'static str,
    name: &'a str,
    span: String,
    root: String,
    seed: u64,
    draws: usize,
    cards: Vec<Card>,
    history: Figure,
    flags: Vec<String>,
    left_out: Vec<String>,
    parameters: Table,
    warnings: &'a [String],
    fan: Figure,
    curve: Figure,
    margin: Figure,
    margin_table: Table,
    price_limits: Table,
    add_ons: Table,
    daily_volume: String,
    walk: Option<Walked>,
    frontier: Figure,
    fund_loss: Figure,
    fund: Option<Table>,
    market: Option<(u64, u32)>,
    tornado: Vec<Swing>,
    hedge: Table,
    paper_hedges: Table,
    claims: Table,
    held: usize,
    claimed: usize,
    limits: &'static [&'static str],
}

/// What the walk through the history shows.
struct Walked {
    coverage: Figure,
    backtest: Table,
    procyclicality: Figure,
    measures: Table,
}

/// One of the numbers that matter.
struct Card {
    title: &'static str,
    value: String,
    lines: Vec<String>,
    good: bool,
}

/// A bar of the tornado: places in percent of the widest margin.
struct Swing {
    name: String,
    ends: String,
    sides: [Reach; 2],
}

/// A side of a bar.
struct Reach {
    class: &'static str,
    left: f64,
    width: f64,
    text: String,
}

fn cards(facts: &Facts) -> Vec<Card> {
    let mut cards = Vec::new();
    let diagnostics = &facts.calibration.diagnostics;
    cards.push(Card {
        title: "Trend of the price",
        value: format!("{} a year", percent(diagnostics.trend_slope.exp_m1())),
        lines: facts
            .posterior
            .parameters
            .iter()
            .filter(|band| band.name == "trend.slope")
            .map(|band| {
                let [low, .., high] = band.percentiles.map(|slope| percent(slope.exp_m1()));
                format!("{low} to {high} with 90 %")
            })
            .collect(),
        good: true,
    });
    if let Some(front) = facts.margin.months.first() {
        cards.push(Card {
            title: "Margin of the front month",
            value: format!("{} and {}", percent_of_bps(front.short_bps), percent_of_bps(front.long_bps))
                .replace(" %", "%"),
            lines: vec!["short and long, at 99 %".into()],
            good: true,
        });
    }
    if let Some(walk) = &facts.walk {
        let worst = walk.short.exceedances.max(walk.long.exceedances);
        cards.push(Card {
            title: "Losses beyond the margin",
            value: format!("{} and {} of {}", walk.short.exceedances, walk.long.exceedances, walk.short.observations),
            lines: vec!["short and long, out of sample".into(), "one in a hundred is expected".into()],
            good: worst as f64 <= 3.0 * (1.0 - super::CONFIDENCE) * walk.short.observations as f64,
        });
    }
    if let Some(set) = facts.market.as_ref().and_then(|market| market.sets.iter().find(|set| set.set.name == "launch"))
    {
        cards.push(Card {
            title: "Paths on which the fund pays",
            value: percent(set.fund_draw.positive),
            lines: vec![format!(
                "on 99 % of the paths it pays at most {}",
                sit_page::format::axis_dollars(set.fund_draw.p99)
            )],
            good: set.haircut.max == 0.0,
        });
    }
    cards
}

fn tornado(bars: &[Bar]) -> Vec<Swing> {
    let all = bars.iter().flat_map(|bar| bar.short.into_iter().chain(bar.long));
    let most = all.fold(0.0, f64::max);
    let place = |margin: f64| 100.0 * margin / most;
    let reach = |class, [a, b]: [f64; 2]| Reach {
        class,
        left: place(a.min(b)),
        width: place((a - b).abs()).max(0.4),
        text: format!("{} to {}", percent(a), percent(b)),
    };
    let swing = |bar: &Bar| Swing {
        name: bar.parameter.clone(),
        ends: format!("{} to {}", real(bar.ends[0]), real(bar.ends[1])),
        sides: [reach("fund", bar.short), reach("own", bar.long)],
    };
    bars.iter().take(MOST_BARS).map(swing).collect()
}

/// What the model cannot do, in words.
const LIMITS: &[&str] = &[
    "No futures have traded on this price. A futures price here is an expectation; the premium that a market will ask for is \
     unknown, and so is the basis between a month and its index.",
    "The index is made of list prices. They stand still for months and move in steps, so two years hold a few dozen moves: \
     every tail beyond the largest of them comes from the assumed law of jumps and not from data.",
    "Days are days of record. A price may have taken effect earlier, and part of the moves is a change of the panel.",
    "Which models make the class is a choice. A new class, a new way to count tokens or a merged vendor is outside the model.",
    "Jumps arrive independently of each other and of the level. Cuts that answer each other within days, and announced \
     launches, are not in the calibration; they can be put on a path by hand.",
    "The parameters do not change with time. A price war, a shortage of chips or a regulation would be a new regime, and the \
     bands of this page hold within the present one.",
    "One index stands for every month: the curve moves by at most three factors, so spreads between far months are safer \
     here than a market would make them. The floors of the margin are there for that.",
    "Liquidity on the simulated market is an assumption about makers. It has never been observed, and in a fall it is the \
     first thing to go.",
    "The uncertainty of the parameters is that of the estimators when the model is right. Nothing here measures how wrong it \
     is.",
];
