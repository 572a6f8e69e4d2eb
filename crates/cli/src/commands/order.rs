//! `sit order`: one order, limit or market.

use clap::ValueEnum;
use sit_engine::clearing::{Place, Policy, SelfTrade};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_native::Message;
use sit_native::event::clearing::{Filled, Placed};
use sit_native::message::limit_order;

use super::input::Good;
use crate::act::{Act, Sent, act_and_tell};
use crate::amount::{self, Rounding, Sizes};
use crate::chain::{self, Listed, Markets};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{Field, Report};
use crate::preview;
use crate::session::Session;

/// Buy or sell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Way {
    /// Buys: goes long.
    Buy,
    /// Sells: goes short.
    Sell,
}

impl Way {
    /// As the engine has it.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::Buy => Side::Buy,
            Self::Sell => Side::Sell,
        }
    }
}

/// What a side is called.
#[must_use]
pub fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// What happens when an order meets one of the same owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum OwnOrders {
    /// The rest of this order is cancelled
    #[default]
    CancelTaker,
    /// The resting order is cancelled
    CancelMaker,
    /// Both are reduced without a trade
    Decrement,
}

impl OwnOrders {
    /// As the engine has it.
    #[must_use]
    pub fn mode(self) -> SelfTrade {
        match self {
            Self::CancelTaker => SelfTrade::CancelTaker,
            Self::CancelMaker => SelfTrade::CancelMaker,
            Self::Decrement => SelfTrade::DecrementBoth,
        }
    }
}

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Buy or sell
    #[arg(value_enum)]
    way: Way,
    /// How much: 5lots, 500MSIT
    size: String,
    /// Month, such as DEC26
    month: String,
    /// Limit price in US dollars per million SIT, or `market`
    price: String,
    /// How far from the best price of the other side a market order may trade: 0.5%, 50bps
    #[arg(long, value_name = "SHARE")]
    max_slippage: Option<String>,
    /// Must not trade at once: refused if it would
    #[arg(long, conflicts_with_all = ["slide", "ioc", "fok"])]
    post_only: bool,
    /// Must not trade at once: its price moves back to where it rests
    #[arg(long, conflicts_with_all = ["ioc", "fok"])]
    slide: bool,
    /// What does not trade at once is cancelled
    #[arg(long, conflicts_with = "fok")]
    ioc: bool,
    /// All of it trades at once, or nothing
    #[arg(long)]
    fok: bool,
    /// It may only reduce the position
    #[arg(long)]
    reduce_only: bool,
    #[command(flatten)]
    good: Good,
    /// Your own number for it, larger than all before
    #[arg(long, value_name = "N", default_value_t = 0)]
    number: u32,
    /// What happens when it meets an order of yours
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    own_orders: OwnOrders,
    /// What becomes of an amount between two valid ones
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    round: Rounding,
}

/// A price and size in the words of people, with the side.
#[must_use]
pub fn words(side: Side, lots: Lots, listed: &Listed, price: &str) -> String {
    let sit = amount::show_sit(lots, listed.sizes());
    format!("{} {} lots ({sit} SIT) of {} {price}", side_name(side), lots.0, listed.name())
}

/// What else is signed of an order, beside side, size, month and price; nothing where it is as usual.
#[must_use]
pub fn terms(order: &Place) -> String {
    let mut terms = Vec::new();
    terms.extend(match order.policy {
        Policy::Rest | Policy::Market => None,
        Policy::PostOnly => Some("refused if it would trade at once".to_owned()),
        Policy::PostOnlySlide => Some("moved back if it would trade at once".to_owned()),
        Policy::ImmediateOrCancel => Some("what does not trade at once is cancelled".to_owned()),
        Policy::FillOrKill => Some("all of it at once or nothing".to_owned()),
    });
    terms.extend(order.reduce_only.then(|| "only to reduce".to_owned()));
    terms.extend((order.expiry > Seconds::ZERO).then(|| format!("good until {}", amount::show_time(order.expiry))));
    terms.extend((order.number > 0).then(|| format!("as number {}", order.number)));
    terms.extend(match order.self_trade {
        SelfTrade::CancelTaker => None,
        SelfTrade::CancelMaker => Some("orders of your own in its way are cancelled".to_owned()),
        SelfTrade::DecrementBoth => Some("orders of your own in its way and it reduce each other".to_owned()),
    });
    terms.iter().map(|term| format!(", {term}")).collect()
}

/// A value with the size that its month gives it, in US dollars.
fn limit_words(price: Ticks, sizes: Sizes) -> String {
    format!("at {} USD per million SIT", amount::show_price(price, sizes))
}

/// Places the order.
///
/// # Errors
/// What was typed; what the exchange would refuse; what the transaction met.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let now = session.now();
    let markets = Markets::read(&mut session.client)?;
    let listed = markets.find(&args.month, now)?;
    let (sizes, side) = (listed.sizes(), args.way.side());
    let lots = amount::size(&args.size, sizes, args.round)?;
    let market_order = args.price.eq_ignore_ascii_case("market");
    if !market_order && args.max_slippage.is_some() {
        return Err(Failure::usage("--max-slippage is for market orders: a limit price is a limit already"));
    }
    if market_order && (args.post_only || args.slide) {
        return Err(Failure::usage("a market order trades at once: --post-only and --slide are for limit orders"));
    }
    let price = if market_order {
        protection(&mut session, &listed, side, args.max_slippage.as_deref())?
    } else {
        amount::price(&args.price, sizes, args.round)?
    };
    let policy = match () {
        () if args.fok => Policy::FillOrKill,
        () if market_order => Policy::Market,
        () if args.ioc => Policy::ImmediateOrCancel,
        () if args.post_only => Policy::PostOnly,
        () if args.slide => Policy::PostOnlySlide,
        () => Policy::Rest,
    };
    let seat = session.seat()?;
    let order = Place {
        policy,
        self_trade: args.own_orders.mode(),
        reduce_only: args.reduce_only,
        expiry: args.good.expiry(now)?,
        number: args.number,
        ..limit_order(seat, listed.month.instrument, side, price, lots)
    };
    let limit = limit_words(price, sizes);
    let how =
        if market_order { format!("at the market, no worse than {}", limit.trim_start_matches("at ")) } else { limit };
    let title = words(side, lots, &listed, &how) + &terms(&order);
    let act = Act { order: Some((lots, side, sizes)), ..Act::new(seat, title, Message::Place { order }) };
    act_and_tell(context, &mut session, act, |_, sent| Ok(told(sent, seat, side, sizes)))?;
    Ok(())
}

/// The protection price of a market order, from the best price of the other side.
fn protection(session: &mut Session, listed: &Listed, side: Side, slippage: Option<&str>) -> Result<Ticks> {
    let text = slippage.ok_or_else(|| {
        Failure::usage("a market order needs --max-slippage, such as 0.5%: how far from the best price it may trade")
    })?;
    let bps = amount::share(text)?;
    let instrument = listed.month.instrument;
    let now = session.now();
    let market = chain::markets_of(&mut session.client, &[instrument])?.pop().flatten();
    let market = market.ok_or_else(|| Failure::usage(format!("{} has no market", listed.name())))?;
    let book = chain::book(&mut session.client, &listed.month, &market, now, 1)?;
    let best = book.best(side.opposite()).ok_or_else(|| {
        let other = if side == Side::Buy { "sells" } else { "buys" };
        Failure::usage(format!(
            "nobody {other} {} now: a market order has nothing to trade with. Place a limit order",
            listed.name()
        ))
    })?;
    Ok(amount::slipped(best, bps, side == Side::Buy))
}

/// What became of an order, by its events.
#[must_use]
pub fn told(sent: &Sent, seat: Seat, side: Side, sizes: Sizes) -> Report {
    let mut report = Report::new();
    let fills: Vec<Filled> = sent
        .events
        .iter()
        .filter_map(sit_native::EmittedEvent::read)
        .filter(|fill: &Filled| fill.taker == seat)
        .collect();
    let (mut lots, mut value, mut fee) = (Lots::ZERO, sit_engine::units::Points::ZERO, 0_u64);
    for fill in &fills {
        lots += fill.lots;
        value += fill.lots * fill.price;
        fee += fill.taker_fee;
    }
    let rests: Option<Placed> =
        sent.events.iter().filter_map(sit_native::EmittedEvent::read).find(|placed: &Placed| placed.seat == seat);
    let price = preview::average(value, lots, side);
    report
        .fact("traded_lots", "traded, lots", Field::lots(lots))
        .fact("traded_price", "average price", Field::price_or(price, sizes))
        .fact("traded_fee", "trading fee, USD", Field::usd(crate::act::atoms(fee)))
        .fact("resting_lots", "rests, lots", Field::lots(rests.as_ref().map_or(Lots::ZERO, |placed| placed.lots)))
        .fact("resting_price", "resting at", Field::price_or(rests.as_ref().map(|placed| placed.price), sizes))
        .fact("order", "order number", rests.map_or_else(Field::none, |placed| Field::number(placed.number)));
    report
}
