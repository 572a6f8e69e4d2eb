//! The book of a month as it stands: pages, and the accounts that its orders belong to.

use std::collections::BTreeSet;

use sit_engine::clearing::{
    ClearingError, Curve, Instrument, Market, Month, Order, PAGES, Store, limits::Limits, page_of,
};
use sit_engine::units::{Lots, NetLots, Seat, Seconds, Side, Ticks};

/// The book of a month.
pub struct Board {
    /// The month.
    pub month: Month,
    /// Today's limits.
    pub limits: Limits,
    /// Orders that can trade, in no particular order.
    pub orders: Vec<Order>,
}

/// A month's market in its running epoch, and today's limits.
///
/// # Errors
/// `UnknownInstrument`.
pub fn market_of<S: Store>(
    store: &mut S,
    curve: &Curve,
    month: &Month,
    now: Seconds,
) -> Result<(Market, Limits), ClearingError> {
    let mut market = store.market(month.instrument).ok_or(ClearingError::UnknownInstrument)?;
    market.enter_epoch(month.epoch, month.reference);
    Ok((market, Limits::today(curve, month, &market, now)))
}

/// The book of an instrument: orders that their owners have not voided, whose time is not over, inside today's limits,
/// and with something to reduce if that is all they may.
///
/// # Errors
/// `UnknownInstrument`.
pub fn board<S: Store>(store: &mut S, instrument: Instrument, now: Seconds) -> Result<Board, ClearingError> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = *curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let (market, limits) = market_of(store, &curve, &month, now)?;
    let mut found = Vec::new();
    for number in pages(&market) {
        let Some(page) = store.page(instrument, number) else { continue };
        if page.epoch == month.epoch {
            found.extend(page.orders().iter().copied());
        }
    }
    let mut orders = Vec::new();
    for mut order in found {
        let owner = store.account(order.seat);
        if !order.stands(&month, owner.as_ref()) || order.expired(now) || !limits.contain(order.price) {
            continue;
        }
        if order.reduce_only {
            order.lots =
                order.lots.min(reducible(owner.map_or(NetLots::ZERO, |owner| owner.net(instrument)), order.side));
        }
        if order.lots > Lots::ZERO {
            orders.push(order);
        }
    }
    Ok(Board { month, limits, orders })
}

/// Own orders that stand, whatever the day's limits say: they can be cancelled.
///
/// # Errors
/// `UnknownInstrument`.
pub fn own_orders<S: Store>(store: &mut S, seat: Seat, instrument: Instrument) -> Result<Vec<Order>, ClearingError> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = *curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let (market, _) = market_of(store, &curve, &month, Seconds::ZERO)?;
    let owner = store.account(seat);
    let mut orders = Vec::new();
    for number in pages(&market) {
        let Some(page) = store.page(instrument, number) else { continue };
        let mine = page.orders().iter().filter(|order| order.seat == seat && order.stands(&month, owner.as_ref()));
        orders.extend(mine.filter(|_| page.epoch == month.epoch).copied());
    }
    Ok(orders)
}

/// Pages that may hold orders: from the outermost price of each side outwards.
fn pages(market: &Market) -> BTreeSet<u32> {
    let mut pages = BTreeSet::new();
    for (side, none) in [(Side::Buy, Ticks::ZERO), (Side::Sell, Ticks::MAX)] {
        let bound = market.bound(side);
        if bound == none {
            continue;
        }
        let mut next = Some(page_of(bound));
        for _ in 0..=PAGES {
            let Some(page) = next else { break };
            pages.insert(page);
            next = market.next_page(side, page);
        }
    }
    pages
}

fn reducible(net: NetLots, side: Side) -> Lots {
    match side {
        Side::Buy if net < NetLots::ZERO => net.size(),
        Side::Sell if net > NetLots::ZERO => net.size(),
        _ => Lots::ZERO,
    }
}
