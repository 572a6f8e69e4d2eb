//! `sit positions`: what is held, what it is worth, and where it would be liquidated.

use sit_engine::clearing::{Policy, SelfTrade};
use sit_engine::units::{NetLots, QuoteAtoms, Side, Ticks};
use sit_native::message::limit_order;
use sit_native::{Message, preview as native};

use super::orders;
use crate::amount;
use crate::chain::Markets;
use crate::context::Context;
use crate::failure::Result;
use crate::output::{Field, Report, Table};
use crate::preview;
use crate::session::Session;

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Prints margin and positions. The liquidation prices are those of the engine, as everywhere; what closing now would
/// leave is its preview of a market order against the book as it stands.
///
/// # Errors
/// Those of the node.
pub fn run(context: &Context, _: &Args) -> Result {
    let mut session = Session::open(context)?;
    let (seat, now) = (session.seat()?, session.now());
    let markets = Markets::read(&mut session.client)?;
    let account = orders::account(&mut session, seat)?;
    let owner = account.owner;
    let mut state = session.client.state();
    let standing = native::standing(&mut state, seat);
    if let Some(failure) = state.failure() {
        return Err(failure.into());
    }
    let standing = standing.map_err(crate::act::refused)?;
    let health = &standing.health;
    let mut report = Report::new();
    let free = preview::free(health);
    let withdrawable = preview::withdrawable(&mut session.client, owner, now, seat, account.cash)?;
    report
        .fact("seat", "seat", Field::number(seat.0))
        .fact("cash", "cash, USD", Field::usd(crate::act::atoms(account.cash)))
        .fact("equity", "equity", Field::usd(health.equity))
        .fact("initial_margin", "initial margin", Field::usd(health.initial))
        .fact("free_collateral", "free collateral", Field::usd(free))
        .fact("maintenance_margin", "maintenance margin", Field::usd(health.maintenance))
        .fact("withdrawable", "withdrawable now", Field::usd(crate::act::atoms(withdrawable)))
        .fact("block", "block", Field::number(session.head.number));
    let mut table = Table::new("positions", "No position.", &preview::position_columns());
    for position in account.positions() {
        let Some(listed) = markets.month(position.instrument) else {
            continue;
        };
        let (month, sizes) = (&listed.month, listed.sizes());
        let unsettled = position.variation(month.mark) * month.tick_value;
        let found = standing.liquidation.iter().find(|(of, _)| *of == position.instrument);
        let prices = found.map(|(_, prices)| *prices).unwrap_or_default();
        let held = position.net != NetLots::ZERO;
        let live = position.epoch == month.epoch;
        let lots = |lots| Field::lots(if live { lots } else { sit_engine::units::Lots::ZERO });
        let closed = match position.net {
            NetLots::ZERO => Field::none(),
            net => {
                let side = if net > NetLots::ZERO { Side::Sell } else { Side::Buy };
                let price = if side == Side::Sell { Ticks(1) } else { Ticks(Ticks::MAX.0 - 1) };
                let order = sit_engine::clearing::Place {
                    policy: Policy::Market,
                    reduce_only: true,
                    // Own orders in the way go; what others give is what closing gives.
                    self_trade: SelfTrade::CancelMaker,
                    ..limit_order(seat, position.instrument, side, price, net.size())
                };
                let said = preview::run(&mut session.client, owner, now, seat, &Message::Place { order })?;
                if let Err(error) = &said.outcome {
                    report.note(format!("{} cannot be closed now: {}", listed.name(), error.explanation()));
                }
                closed_now(&said, seat, position, month, net)
            }
        };
        table.row(vec![
            Field::text(listed.name()),
            Field::net(position.net),
            Field::text(amount::show_sit(position.net.size(), sizes)),
            Field::price(month.mark, sizes),
            Field::price(month.settle, sizes),
            Field::usd(unsettled),
            if held { preview::liquidation_price(prices.below, sizes) } else { Field::none() },
            if held { preview::liquidation_price(prices.above, sizes) } else { Field::none() },
            closed,
            lots(position.bids.lots),
            lots(position.asks.lots),
        ]);
    }
    report.table(table);
    context.output.print(&report)
}

/// What a position would leave if it were closed against the book now: unsettled variation at the prices that the book
/// pays, less fees. Nothing when the book cannot take all of it, or nothing trades now.
fn closed_now(
    said: &native::Preview<sit_native::Answer>,
    seat: sit_engine::units::Seat,
    position: &sit_engine::clearing::Position,
    month: &sit_engine::clearing::Month,
    net: NetLots,
) -> Field {
    if said.outcome.is_err() {
        return Field::none().shown("(not now)");
    }
    let traded = preview::traded(&said.events, seat);
    if traded.lots < net.size() {
        return Field::none().shown(format!("(book takes {})", traded.lots.0));
    }
    let points = if net > NetLots::ZERO { traded.value - position.basis } else { -traded.value - position.basis };
    Field::usd(points * month.tick_value - QuoteAtoms(traded.fee.into()))
}
