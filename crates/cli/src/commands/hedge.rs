//! `sit hedge`: from the token bill of a company to the orders that hedge it, and what they have come to.

mod status;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;
use sit_engine::launch::{INDEX_RULES, Sizing, TERMS, TPI};
use sit_engine::units::Side;
use sit_hedge::band::{self, Asked, Band};
use sit_hedge::exposure::{self, Request, Rounding};
use sit_hedge::margin::{Terms, sizing_of};
use sit_hedge::page;
use sit_hedge::prices::Prices;
use sit_hedge::usage::{self, Options};
use sit_native::stored;
use sit_sim::history::{History, text_of_file};

use crate::amount;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{Field, Report, Table, column};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Exposure by month, lots, cost with and without the hedge, orders to send; needs no chain
    Plan(Box<Plan>),
    /// What is locked of a plan, what it has saved or cost, and how much of the prices' move it has covered
    Status(status::Args),
}

/// Who hedges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Who {
    /// Buys tokens: goes long
    Buyer,
    /// Sells tokens: goes short
    Provider,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Parts {
    /// Never more than the exposure
    Down,
    /// The nearer number of lots
    Near,
    /// Never less than the exposure
    Up,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Cached {
    /// As input tokens
    Count,
    /// Not at all
    LeaveOut,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Order {
    /// 31/12/2026
    DayFirst,
    /// 12/31/2026
    MonthFirst,
}

#[derive(clap::Args, Debug)]
struct Plan {
    /// Usage: date,model,input_tokens,output_tokens, or an export of OpenAI, Anthropic, LiteLLM, OpenRouter; CSV, JSON
    usage: PathBuf,
    /// Prices of the models: model,input,output,quality in US dollars per million tokens, or LiteLLM's price map; a
    /// later file goes before an earlier one
    #[arg(long, value_name = "FILE", required = true)]
    models: Vec<PathBuf>,
    /// Who hedges
    #[arg(long, value_enum, default_value = "buyer")]
    side: Who,
    /// Growth of usage a month, such as 5% or -2%; otherwise from the whole months of the file
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true)]
    growth: Option<String>,
    /// Months, 1 to 36
    #[arg(long, value_name = "N", default_value_t = 12)]
    months: u32,
    /// Share of the exposure to hedge
    #[arg(long, value_name = "SHARE", default_value = "100%")]
    ratio: String,
    /// What becomes of a part of a lot
    #[arg(long, value_enum, default_value = "down")]
    round: Parts,
    /// Whether input tokens read from a cache count
    #[arg(long, value_enum)]
    cached: Option<Cached>,
    /// How dates with slashes are written
    #[arg(long, value_enum)]
    date_format: Option<Order>,
    /// Day of the plan; otherwise today in UTC
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
    /// Price history of the index to calibrate on; otherwise a sample that the project makes itself
    #[arg(long, value_name = "FILE", requires = "column")]
    prices: Option<PathBuf>,
    /// Column of its prices
    #[arg(long, value_name = "NAME", requires = "prices")]
    column: Option<String>,
    /// Confidence of the cash need
    #[arg(long, value_name = "SHARE", default_value = "99%")]
    confidence: String,
    /// Take the margin set that is in force on the chain; otherwise one computed of the history, as an exchange opens
    /// with it
    #[arg(long)]
    on_chain: bool,
    /// Seed of the paths and of the sample
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the plan as a page of HTML with figures to this file too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Plans, or compares.
///
/// # Errors
/// Files that cannot be understood; those of the node.
pub fn run(context: &Context, args: &Args) -> Result {
    match &args.what {
        What::Plan(plan) => self::plan(context, plan),
        What::Status(asked) => status::run(context, asked),
    }
}

fn text(path: &Path) -> Result<String> {
    text_of_file(path).map_err(|error| Failure::usage(error.to_string()))
}

/// What is wrong in a file, with its name.
fn of(path: &Path) -> impl Fn(sit_hedge::HedgeError) -> Failure + '_ {
    move |error| Failure::usage(format!("{}: {error}", path.display()))
}

fn month_name(month: Date) -> String {
    month.strftime("%b%y").to_string().to_uppercase()
}

fn plan(context: &Context, args: &Plan) -> Result {
    let rules = INDEX_RULES;
    let options = Options {
        day_first: args.date_format.map(|order| order == Order::DayFirst),
        count_cached: args.cached.map(|cached| cached == Cached::Count),
    };
    let usage = usage::parse(&text(&args.usage)?, options).map_err(of(&args.usage))?;
    let mut prices = Prices::default();
    for path in &args.models {
        prices.extend(Prices::parse(&text(path)?, &rules).map_err(of(path))?);
    }
    let (tokens_in, tokens_out) = usage.tokens();
    let (first, last) = usage.span().unwrap_or_default();
    let cost = usage.cost().map_or_else(String::new, |atoms| {
        let cents = (atoms + 5_000).div_euclid(10_000);
        format!(", {}.{:02} USD", cents / 100, cents.rem_euclid(100))
    });
    context.output.tell(&format!(
        "{}: {} rows, {first} to {last}, {} models, {tokens_in} tokens in, {tokens_out} out{cost}",
        usage.source.name(),
        usage.rows.len(),
        usage.models().len(),
    ));
    let growth_bps = match args.growth.as_deref() {
        None => None,
        Some(typed) => match typed.strip_prefix('-') {
            Some(less) => Some(-i32::from(amount::share(less)?)),
            None => Some(i32::from(amount::share(typed)?)),
        },
    };
    let rounding = match args.round {
        Parts::Down => Rounding::Down,
        Parts::Near => Rounding::Near,
        Parts::Up => Rounding::Up,
    };
    let local = |error: String| Failure::usage(error);
    let history = match (&args.prices, &args.column) {
        (Some(path), Some(column)) => {
            History::read(path, column, &Default::default()).map_err(|error| local(error.to_string()))?
        }
        _ => History::sample(args.seed),
    };
    let model = sit_sim::calibrate::calibrate(&history).map_err(|error| local(error.to_string()))?.model;
    // A lot has the size that a month would be listed with at this price.
    let sizing = sizing_of(&model);
    let lot = u128::from(sizing.lot) * 1_000_000;
    let request = Request {
        today: args.today.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
        months: args.months,
        growth_bps,
        ratio_bps: amount::share(&args.ratio)?.into(),
        lot,
        rounding,
    };
    let plan = exposure::expose(&usage, &prices, &rules, &request).map_err(of(&args.usage))?;
    let asked = Asked {
        today: request.today,
        side: if args.side == Who::Buyer { Side::Buy } else { Side::Sell },
        confidence: f64::from(amount::share(&args.confidence)?) / 10_000.0,
        seed: args.seed,
    };
    let terms = if args.on_chain {
        terms_on_chain(context, sizing)?
    } else {
        Terms::of_process(&model, request.today, args.seed, sizing).map_err(|error| local(error.to_string()))?
    };
    let outcome = band::outcome(&model, &plan.months, &terms, &asked).map_err(|error| local(error.to_string()))?;

    let mut report = Report::new();
    let whole = |number: u128| Field::number(i128::try_from(number).unwrap_or(i128::MAX));
    report.fact("source", "usage", Field::text(usage.source.name()));
    report.fact("side", "who hedges", Field::text(if args.side == Who::Buyer { "buyer" } else { "provider" }));
    report.fact("growth_bps", "growth a month, basis points", Field::number(plan.growth_bps));
    report.fact("sit", "exposure, SIT", whole(plan.sit()));
    report.fact("lot", "SIT in a lot", whole(lot));
    let dollars = |value: f64| Field::text(format!("{value:.2}"));
    report.fact("initial_margin", "initial margin of the orders, USD", dollars(outcome.initial));
    report.fact("variation", "cash for variation, USD", dollars(outcome.variation));
    report.fact("cash", "cash for margin and variation, USD", dollars(outcome.cash));
    let mut months = Table::new(
        "months",
        "No month.",
        &[
            column("month", "month"),
            column("sit", "SIT"),
            column("lots", "lots"),
            column("contract", "contract"),
            column("margin", "initial margin, USD"),
            column("cash", "with variation, USD"),
        ],
    );
    for (month, until) in plan.months.iter().zip(&outcome.by_month) {
        let contract = month.contract.map_or_else(|| "beyond the listed".to_owned(), month_name);
        months.row(vec![
            Field::text(month_name(month.month)),
            whole(month.sit),
            whole(month.lots),
            Field::text(contract),
            dollars(until.margin),
            dollars(until.cash),
        ]);
    }
    report.table(months);
    let title = if args.side == Who::Buyer { "cost" } else { "revenue" };
    let mut bands = Table::new(
        "bands",
        "",
        &[column("what", "USD"), column("p5", "5 %"), column("p50", "50 %"), column("p95", "95 %")],
    );
    for (what, Band { low, middle, high }) in [("without", outcome.unhedged), ("with", outcome.hedged)] {
        bands.row(vec![Field::text(format!("{title} {what} the hedge")), dollars(low), dollars(middle), dollars(high)]);
    }
    report.table(bands);
    let mut orders = Table::new(
        "orders",
        "Nothing to send: no whole lot in any listed month.",
        &[column("side", "side"), column("lots", "lots"), column("month", "month"), column("command", "command")],
    );
    let way = if args.side == Who::Buyer { "buy" } else { "sell" };
    let mut commands = Vec::new();
    for (contract, lots) in plan.orders() {
        let month = month_name(contract);
        let command = format!("sit order {way} {lots}lots {month} market --max-slippage 1%");
        orders.row(vec![Field::text(way), whole(lots), Field::text(month), Field::text(&*command)]);
        commands.push(command);
    }
    report.table(orders);
    basis(&mut report, &usage, &plan, &history);
    let mut notes = Vec::new();
    if args.prices.is_none() {
        notes.push("The prices are a sample that the project makes itself, no market's: give a history with --prices.");
    }
    if outcome.initial > 0.0 {
        notes.push(
            "Margin and cash are the largest of a day, by month and over all, at the confidence asked for. Initial margin \
             is what the exchange asks before it takes an order or pays out; what is held needs three quarters of it.",
        );
    }
    if plan.orders().values().any(|lots| *lots > u128::from(TERMS.position_limit.0)) {
        notes.push("A contract has more lots than one account may hold: they need several, each with its own margin.");
    }
    if plan.months.iter().any(|month| month.contract.is_none()) {
        notes.push(
            "Months beyond the listed have no contract yet and count as not hedged: plan again when they are listed.",
        );
    }
    if let Some(path) = &args.html {
        let facts = [
            ("usage", format!("{}, {first} to {last}, {} models", usage.source.name(), usage.models().len())),
            ("day of the plan", request.today.to_string()),
            ("growth a month", format!("{} basis points", plan.growth_bps)),
            ("exposure", format!("{} SIT", plan.sit())),
            ("a lot", format!("{lot} SIT")),
            ("initial margin of the orders", format!("{:.2} USD", outcome.initial)),
            ("cash for variation", format!("{:.2} USD at {}", outcome.variation, args.confidence)),
            ("cash for margin and variation", format!("{:.2} USD at {}", outcome.cash, args.confidence)),
        ];
        let facts = facts.map(|(title, value)| (title.to_owned(), value));
        let notes: Vec<String> = notes.iter().map(|note| (*note).to_owned()).collect();
        let about = page::About { what: title, facts: &facts, orders: &commands, notes: &notes };
        std::fs::write(path, page::html(&plan, &outcome, about))
            .map_err(|error| Failure::local(format!("{} cannot be written: {error}", path.display())))?;
        report.fact("html", "page", Field::text(path.display().to_string()));
    }
    for note in notes {
        report.note(note);
    }
    context.output.print(&report)
}

/// The margin set that is in force on the chain.
fn terms_on_chain(context: &Context, sizing: Sizing) -> Result<Terms> {
    let mut session = Session::open(context)?;
    let risk = session.client.cell(&stored::risk(TPI))?;
    let risk = risk.ok_or_else(|| Failure::usage("the exchange has no margin set: plan without --on-chain"))?;
    Ok(Terms { risk, sizing })
}

/// The company's price of a SIT by month against the index, where the file has costs.
fn basis(report: &mut Report, usage: &usage::Usage, plan: &exposure::Exposure, history: &History) {
    let mut costs: BTreeMap<Date, Option<i128>> = BTreeMap::new();
    for row in &usage.rows {
        let sum = costs.entry(row.date.first_of_month()).or_insert(Some(0));
        *sum = sum.zip(row.cost).map(|(sum, cost)| sum.saturating_add(cost));
    }
    let mut index: BTreeMap<Date, (f64, f64)> = BTreeMap::new();
    for one in history.observations() {
        let sum = index.entry(one.date.first_of_month()).or_default();
        *sum = (sum.0 + one.price, sum.1 + 1.0);
    }
    let pairs: Vec<(f64, f64)> = plan
        .past
        .iter()
        .filter_map(|(month, sit)| {
            let (sum, count) = index.get(month)?;
            let cost = (*costs.get(month)?)?;
            (*sit > 0).then(|| (cost as f64 / *sit as f64, sum / count))
        })
        .collect();
    match band::basis(&pairs) {
        Some(found) => {
            report.fact("basis_months", "basis: monthly changes", Field::number(found.months as i128));
            report.fact("r_squared", "basis: R squared", Field::text(format!("{:.3}", found.r_squared)));
            let effect = Field::text(format!("{:.3}", found.effectiveness));
            report.fact("effectiveness", "basis: share of variance a full hedge removes", effect);
        }
        None => {
            report.note(
                "Basis risk is not measured: it needs costs in the usage file and a price history that share five months, \
                 with prices that move.",
            );
        }
    }
}
