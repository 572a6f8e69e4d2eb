//! `sit orders`: what rests, and the triggers that wait.

use sit_engine::clearing::{Account, Order};
use sit_engine::units::{Seat, Seconds};
use sit_native::stored;

use super::order::side_name;
use crate::chain::{self, Listed, Markets};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{Field, Report, Table, column, optional};
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Of one month only
    month: Option<String>,
}

/// The resting orders of an account that can trade, by month and from the best on.
///
/// # Errors
/// Those of the node.
pub fn own(session: &mut Session, markets: &Markets, seat: Seat, account: &Account) -> Result<Vec<(Listed, Order)>> {
    let now = session.now();
    let mut found = Vec::new();
    for position in account.positions().iter().filter(|position| position.has_orders()) {
        let Some(listed) = markets.month(position.instrument).filter(|listed| listed.month.epoch == position.epoch)
        else {
            continue;
        };
        let market = chain::markets_of(&mut session.client, &[position.instrument])?.pop().flatten();
        let Some(market) = market else { continue };
        let book = chain::book(&mut session.client, &listed.month, &market, now, usize::MAX)?;
        let standing = book.bids.iter().chain(&book.asks).filter(|standing| standing.order.seat == seat);
        found.extend(standing.map(|standing| (listed, standing.order)));
    }
    Ok(found)
}

/// The account of a seat.
///
/// # Errors
/// A seat that nobody has opened; those of the node.
pub fn account(session: &mut Session, seat: Seat) -> Result<Account> {
    let found = chain::accounts(&mut session.client, &[seat])?.remove(&seat);
    found.ok_or_else(|| Failure::usage(format!("there is no account with seat {}: see `sit account show`", seat.0)))
}

/// The order of an account with a number.
///
/// # Errors
/// A number that no resting order has.
pub fn find(
    session: &mut Session,
    markets: &Markets,
    seat: Seat,
    number: u32,
    month: Option<&str>,
) -> Result<(Listed, Order)> {
    let account = account(session, seat)?;
    let now = session.now();
    let wanted = month.map(|month| markets.find(month, now)).transpose()?;
    let orders = own(session, markets, seat, &account)?;
    let of_month = |listed: &Listed| wanted.is_none_or(|wanted| wanted.month.instrument == listed.month.instrument);
    let found = orders.into_iter().find(|(listed, order)| order.number == number && of_month(listed));
    found.ok_or_else(|| {
        Failure::usage(format!(
            "no order {number} of seat {} rests: it has traded, was cancelled, has expired or was voided by a repricing. \
             See `sit orders` and `sit fills`",
            seat.0
        ))
    })
}

/// Prints orders and triggers.
///
/// # Errors
/// Those of the node.
pub fn run(context: &Context, args: &Args) -> Result {
    let mut session = Session::open(context)?;
    let seat = session.seat()?;
    let markets = Markets::read(&mut session.client)?;
    let now = session.now();
    let only = args.month.as_deref().map(|month| markets.find(month, now)).transpose()?;
    let account = account(&mut session, seat)?;
    let mut table = Table::new(
        "orders",
        "No order rests.",
        &[
            column("order", "order"),
            column("month", "month"),
            column("side", "side"),
            column("price", "price"),
            column("lots", "lots"),
            optional("sit", "SIT"),
            optional("reduce_only", "reduces"),
            optional("expiry", "good until"),
        ],
    );
    for (listed, order) in own(&mut session, &markets, seat, &account)? {
        if only.is_some_and(|only| only.month.instrument != listed.month.instrument) {
            continue;
        }
        table.row(vec![
            Field::number(order.number),
            Field::text(listed.name()),
            Field::text(side_name(order.side)),
            Field::price(order.price, listed.sizes()),
            Field::lots(order.lots),
            Field::text(crate::amount::show_sit(order.lots, listed.sizes())),
            Field::flag(order.reduce_only),
            Field::time(order.expiry),
        ]);
    }
    let mut report = Report::new();
    report.fact("seat", "seat", Field::number(seat.0)).table(table).table(triggers(&mut session, &markets, seat)?);
    context.output.print(&report)
}

/// The triggers of an account.
///
/// # Errors
/// Those of the node.
pub fn triggers(session: &mut Session, markets: &Markets, seat: Seat) -> Result<Table> {
    let triggers = chain::cells(&mut session.client, &[stored::triggers(seat)])?.pop().flatten().unwrap_or_default();
    let mut table = Table::new(
        "triggers",
        "No trigger waits.",
        &[
            column("slot", "slot"),
            column("month", "month"),
            column("when", "when"),
            column("price", "is at"),
            column("side", "side"),
            column("lots", "lots"),
            column("limit", "limit"),
            optional("rests", "rests"),
            optional("reduce_only", "reduces"),
            optional("fee", "keeper's fee"),
            optional("expiry", "good until"),
        ],
    );
    for slot in 0..16 {
        let Some(trigger) = triggers.get(slot) else { continue };
        let Some(listed) = markets.month(trigger.instrument) else { continue };
        let (what, way) =
            (if trigger.last { "last" } else { "mark" }, if trigger.above { "at or above" } else { "at or below" });
        table.row(vec![
            Field::number(slot),
            Field::text(listed.name()),
            Field::text(format!("{what} {way}")),
            Field::price(trigger.price, listed.sizes()),
            Field::text(side_name(trigger.side())),
            Field::lots(trigger.lots),
            Field::price(trigger.limit, listed.sizes()),
            Field::flag(trigger.rests),
            Field::flag(trigger.reduce_only),
            Field::usd(crate::act::atoms(trigger.fee.into())),
            Field::time(if trigger.expiry == Seconds::ZERO { Seconds::ZERO } else { trigger.expiry }),
        ]);
    }
    Ok(table)
}
