//! Matching: an order trades against the best resting ones in price-time priority.

use super::book::{BestOrder, Book};
use super::{cash, fees, margin};
use crate::clearing::cells::{Account, AccountAt, Month, Order, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::{Event, RemovalReason};
use crate::clearing::store::Store;
use crate::fault::{self, Fault};
use crate::units::{Lots, NetLots, Points, QuoteAtoms, Seat, Side, Ticks};

/// Fills of one message at most. What is left of the order then is not placed.
pub const MAX_FILLS: u8 = 80;

/// What happens when an order meets a resting one of the same owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SelfTrade {
    /// The rest of the taking order is cancelled.
    #[default]
    CancelTaker,
    /// The resting order is cancelled and matching goes on.
    CancelMaker,
    /// Both are reduced by the smaller of the two, without a trade.
    DecrementBoth,
}

impl SelfTrade {
    /// The mode with this number: 0 cancel taker, 1 cancel maker, 2 decrement both.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::CancelTaker, Self::CancelMaker, Self::DecrementBoth].get(usize::from(number)).copied()
    }
}

/// How far a taking order got.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taken {
    /// Lots traded.
    pub filled: Lots,
    /// Sum of lots times price.
    pub value: Points,
    /// Lots that may still be placed; less than the rest when self-trade prevention took some.
    pub left: Lots,
    /// Whether matching stopped before the book had no price left that crosses; the rest must not be placed then.
    pub stopped: bool,
}

/// Trades up to `lots` against resting orders at `limit` or better.
pub(crate) fn take<S: Store>(
    book: &mut Book<'_, S>,
    me: &mut AccountAt,
    side: Side,
    limit: Ticks,
    lots: Lots,
    self_trade: SelfTrade,
) -> Result<Taken> {
    let mut taken = Taken { left: lots, ..Taken::default() };
    for _ in 0..MAX_FILLS {
        if taken.left == Lots::ZERO {
            return Ok(taken);
        }
        let Some(front) = book.front(side.opposite(), me) else {
            // Either nothing is left on that side, or the search used up what a message may pass.
            taken.stopped = side.crosses(limit, book.market.bound(side.opposite()));
            return Ok(taken);
        };
        if !side.crosses(limit, front.order.price) {
            return Ok(taken);
        }
        if front.maker.owner == me.account.owner {
            if prevent_self_trade(book, me, front, &mut taken, self_trade) {
                return Ok(taken);
            }
        } else {
            fill(book, me, side, front, &mut taken)?;
        }
    }
    taken.stopped = taken.left > Lots::ZERO;
    Ok(taken)
}

/// Returns whether matching ends here. A delegate ends at an order of another account of the owner, whatever they ask
/// for: they were named for one.
fn prevent_self_trade<S: Store>(
    book: &mut Book<'_, S>,
    me: &mut AccountAt,
    front: BestOrder,
    taken: &mut Taken,
    mode: SelfTrade,
) -> bool {
    let BestOrder { index, order, mut maker } = front;
    let foreign = book.by_delegate && order.seat != me.seat;
    let mode = if foreign { SelfTrade::CancelTaker } else { mode };
    let lots = match mode {
        SelfTrade::CancelTaker => {
            taken.left = Lots::ZERO;
            return true;
        }
        SelfTrade::CancelMaker => order.lots,
        SelfTrade::DecrementBoth => {
            let lots = order.lots.min(taken.left);
            taken.left -= lots;
            lots
        }
    };
    book.forget(order.seat, &mut maker, &order, lots, RemovalReason::SelfTrade);
    book.remove_lots(index, lots);
    book.keep(me, order.seat, &mut maker);
    false
}

/// Trades with the front order, or drops it when its owner may not trade.
fn fill<S: Store>(
    book: &mut Book<'_, S>,
    me: &mut AccountAt,
    side: Side,
    front: BestOrder,
    taken: &mut Taken,
) -> Result<()> {
    let BestOrder { index, order, mut maker } = front;
    let binds = order.reduce_only || book.month.status == Status::ReduceOnly; // both sides of a trade
    let allowed = if binds { reducible(&maker, book, order.side) } else { order.lots };
    let lots = order.lots.min(taken.left).min(allowed);
    if lots == Lots::ZERO {
        drop_order(book, me, index, &order, maker, RemovalReason::ReduceOnly);
        return Ok(());
    }
    settle(book, order.seat, &mut maker)?;
    settle(book, me.seat, &mut me.account)?;
    let (before, taker_before) = (maker, me.account);
    let market_before = book.market;
    book.reduce_totals(&mut maker, &order, lots);
    change(book, &mut maker, order.side, lots, order.price)?;
    let value = (lots * order.price) * book.month.tick_value;
    let due = fees::due(value, &book.market, &me.account, &maker);
    let maker_fee = cash::charge(&mut maker, &mut book.market, due.maker)?;
    change(book, &mut me.account, side, lots, order.price)?;
    let paid = pay_at_once(book, me, side, &order, lots, &mut maker)?;
    let Some(paid) = paid.filter(|_| margin::check(book.store, &before, &maker).is_ok()) else {
        // The mark has moved since the order was placed: it goes, as if it had been cancelled in time.
        (book.market, me.account) = (market_before, taker_before);
        drop_order(book, me, index, &order, before, RemovalReason::Margin);
        return Ok(());
    };
    if paid != Points::ZERO {
        tell_paid(book, me.seat, &me.account, paid);
        tell_paid(book, order.seat, &maker, -paid);
    }
    let held = taker_before.net(book.month.instrument).size();
    let taker_fee = cash::charge(&mut me.account, &mut book.market, due.taker)?;
    let paid = QuoteAtoms(taker_fee.into());
    // An account that reduces pays fees as far as its cash reaches: profit that has not been paid yet does not lock a
    // position up.
    if paid < due.taker && me.account.net(book.month.instrument).size() >= held {
        return Err(ClearingError::NotEnoughCash);
    }
    let rebate = cash::give_rebate(&mut maker, &mut book.market, due.rebate.min(paid))?;
    fees::note_volume(&mut me.account, value);
    fees::note_volume(&mut maker, value);
    book.note_fill(&maker, &order, lots);
    book.remove_lots(index, lots);
    book.keep(me, order.seat, &mut maker);
    taken.filled += lots;
    taken.left -= lots;
    taken.value += lots * order.price;
    book.note_trade(order.price, lots);
    book.store.emit(Event::Filled {
        instrument: book.month.instrument,
        taker: me.seat,
        side,
        maker: order.seat,
        number: order.number,
        price: order.price,
        lots,
        taker_fee,
        maker_fee,
    });
    if rebate > 0 {
        book.store.emit(Event::Rebated { seat: order.seat, instrument: book.month.instrument, amount: rebate });
    }
    Ok(())
}

fn drop_order<S: Store>(
    book: &mut Book<'_, S>,
    me: &mut AccountAt,
    index: usize,
    order: &Order,
    mut owner: Account,
    reason: RemovalReason,
) {
    book.forget(order.seat, &mut owner, order, order.lots, reason);
    book.remove_lots(index, order.lots);
    book.keep(me, order.seat, &mut owner);
}

fn reducible<S: Store>(account: &Account, book: &Book<'_, S>, side: Side) -> Lots {
    account.net(book.month.instrument).reducible(side)
}

/// What a trade moves at the settlement mark is paid at once, in cash, by the one who loses by it, where what winners
/// of the month are owed may be cut, or where the one who wins is owed something from before. So a trade leaves what
/// everybody is owed since the settlement as it was: a claim that may be cut pays for no trade, nobody else bears the
/// cut, and nobody waits longer for having traded (`docs/book/src/adr/0183-a-trade-moves-no-claim.md`). Returns what
/// the taker was paid, or `None` where a maker could not pay.
///
/// # Errors
/// `NotEnoughCash` of a taker: whoever rests has not chosen with whom they trade.
fn pay_at_once<S: Store>(
    book: &mut Book<'_, S>,
    me: &mut AccountAt,
    side: Side,
    order: &Order,
    lots: Lots,
    maker: &mut Account,
) -> Result<Option<Points>> {
    let Month { instrument, settle, tick_value, .. } = book.month;
    let due = lots * Ticks(order.price.0.abs_diff(settle.0));
    let takers_loss = side.crosses(order.price, settle);
    let taker = &mut me.account;
    let (loser, winner) = if takers_loss { (taker, maker) } else { (maker, taker) };
    let old = winner.position(instrument).is_some_and(|position| position.round != book.round);
    let open = book.market.has_open();
    if due == Points::ZERO || !old && !cash::may_be_cut(&book.market, &book.month, book.round, book.now, open) {
        return Ok(Some(Points::ZERO));
    }
    if fault::present(Fault::TradeDelaysAClaim) {
        if let Some(won) = winner.position_mut(instrument) {
            won.round = book.round;
        }
        return Ok(Some(Points::ZERO));
    }
    if loser.affordable(due, tick_value) < due {
        return if takers_loss { Err(ClearingError::NotEnoughCash) } else { Ok(None) };
    }
    for (account, paid) in [(loser, -due), (winner, due)] {
        cash::pay(account, &mut book.market, -paid * tick_value)?;
        book.market.pool -= paid;
        let Some(position) = account.position_mut(instrument) else { continue };
        let exposed = position.is_exposed();
        position.basis += paid;
        book.market.note_change(exposed, position)?;
    }
    Ok(Some(if takers_loss { -due } else { due }))
}

/// Tells what was paid at once, when the fill stands: a dropped order has moved nothing.
fn tell_paid<S: Store>(book: &mut Book<'_, S>, seat: Seat, account: &Account, paid: Points) {
    let Month { instrument, settle, .. } = book.month;
    let unpaid = account.position(instrument).map_or(Points::ZERO, |position| position.variation(settle));
    book.store.emit(Event::Settled { seat, instrument, paid, unpaid });
}

/// Books one leg of a trade: earlier variation is settled first. What a position wins by it at the settlement mark is
/// owed to it with what it is still owed from before, if it is, and else from the running round on.
pub(crate) fn trade<S: Store>(
    book: &mut Book<'_, S>,
    seat: Seat,
    account: &mut Account,
    side: Side,
    lots: Lots,
    price: Ticks,
) -> Result<()> {
    settle(book, seat, account)?;
    change(book, account, side, lots, price)
}

/// Settles an account in the instrument.
fn settle<S: Store>(book: &mut Book<'_, S>, seat: Seat, account: &mut Account) -> Result<()> {
    cash::settle_position(book.store, seat, account, &mut book.market, &book.month, book.round, book.now)
}

/// Books one leg of a trade of an account that has been settled.
fn change<S: Store>(book: &mut Book<'_, S>, account: &mut Account, side: Side, lots: Lots, price: Ticks) -> Result<()> {
    let position =
        account.enter(book.month.instrument, book.month.epoch, book.round).ok_or(ClearingError::AccountFull)?;
    let before = position.net;
    let exposed = position.is_exposed();
    position.trade(side, lots, price);
    position.allocation = book.market.allocation.number;
    let after = position.net;
    book.market.note_change(exposed, position)?;
    if !account.fits() {
        return Err(ClearingError::AccountFull);
    }
    book.market.open_interest += long(after);
    book.market.open_interest -= long(before);
    Ok(())
}

fn long(net: NetLots) -> Lots {
    net.max(NetLots::ZERO).size()
}
