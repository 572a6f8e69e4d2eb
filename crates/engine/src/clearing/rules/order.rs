//! An order on an open book: what it may be, how it trades and rests, and how a message that sent it ends.

use super::book::{Book, drop_idle_orders};
use super::matching::{SelfTrade, Taken};
use super::{margin, matching, opening};
use crate::clearing::cells::{Account, AccountAt, Instrument, Market, Order, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::store::Store;
use crate::units::{Lots, NetLots, Points, Seat, Seconds, Side, Ticks};

/// What becomes of the part of an order that does not trade at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Policy {
    /// It rests until cancelled, expired or voided by a repricing.
    #[default]
    Rest,
    /// It is cancelled.
    ImmediateOrCancel,
    /// Nothing trades unless everything does.
    FillOrKill,
    /// The order must not trade at once; refused if it would.
    PostOnly,
    /// The order must not trade at once; its price moves back to the nearest one at which it rests.
    PostOnlySlide,
    /// A market order: it trades at once up to its protection price, or up to the day's limit if that is nearer, and
    /// what is left is cancelled.
    Market,
}

impl Policy {
    /// The policy with this number: 0 rest, 1 immediate-or-cancel, 2 fill-or-kill, 3 post-only, 4 post-only with
    /// sliding, 5 market.
    pub fn from_number(number: u8) -> Option<Self> {
        let policies =
            [Self::Rest, Self::ImmediateOrCancel, Self::FillOrKill, Self::PostOnly, Self::PostOnlySlide, Self::Market];
        policies.get(usize::from(number)).copied()
    }

    /// Whether what does not trade at once rests.
    pub fn rests(self) -> bool {
        matches!(self, Self::Rest | Self::PostOnly | Self::PostOnlySlide)
    }

    fn is_post_only(self) -> bool {
        matches!(self, Self::PostOnly | Self::PostOnlySlide)
    }
}

/// An order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// For which account.
    pub seat: Seat,
    /// The instrument.
    pub instrument: Instrument,
    /// Side.
    pub side: Side,
    /// Limit price; the protection price of a market order.
    pub price: Ticks,
    /// Size.
    pub lots: Lots,
    /// What becomes of the rest.
    pub policy: Policy,
    /// What happens when it meets an order of the same owner.
    pub self_trade: SelfTrade,
    /// Whether it may only reduce the position; a larger size is cut to it.
    pub reduce_only: bool,
    /// When it stops being good; zero for never.
    pub expiry: Seconds,
    /// The client's number for it, larger than all before; zero for the next in line.
    pub number: u32,
}

/// What became of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Placed {
    /// Its number in the account.
    pub number: u32,
    /// Lots traded.
    pub filled: Lots,
    /// Sum of traded lots times price.
    pub value: Points,
    /// Lots that rest.
    pub resting: Lots,
    /// The price at which they do.
    pub price: Ticks,
}

/// Checks, matches and rests an order on an open book.
pub(crate) fn submit<S: Store>(book: &mut Book<'_, S>, me: &mut AccountAt, mut order: Place) -> Result<Placed> {
    if order.lots == Lots::ZERO || order.lots > Lots::MAX {
        return Err(ClearingError::BadSize);
    }
    if order.expiry > Seconds::ZERO && order.expiry <= book.now {
        return Err(ClearingError::OrderExpired);
    }
    book.check_open()?;
    if order.policy == Policy::Market {
        order.price = book.limits.protect(order.side, order.price);
    }
    book.check_price(order.price)?;
    if book.collects() && !order.policy.rests() {
        return Err(ClearingError::Opening);
    }
    let lots = allowed_lots(book, &me.account, &order)?;
    book.enter(me)?;
    let number = me.account.assign_order_number(order.number)?;

    let post_only = order.policy.is_post_only() || book.collects();
    let taken = if post_only {
        Taken { left: lots, ..Taken::default() }
    } else {
        matching::take(book, me, order.side, order.price, lots, order.self_trade)?
    };
    if order.policy == Policy::FillOrKill && taken.filled < lots {
        return Err(ClearingError::NotFilled);
    }
    let mut placed =
        Placed { number, filled: taken.filled, value: taken.value, resting: Lots::ZERO, price: order.price };
    if order.policy.rests() && !taken.stopped && taken.left > Lots::ZERO {
        if post_only {
            let slides = order.policy == Policy::PostOnlySlide;
            let Some(price) = post_only_price(book, me, order.side, order.price, slides)? else { return Ok(placed) };
            placed.price = price;
        }
        placed.resting = taken.left;
        let Place { side, seat, expiry, reduce_only, .. } = order;
        let late = book.late;
        book.rest(me, Order { price: placed.price, side, seat, number, lots: taken.left, expiry, reduce_only, late })?;
    }
    Ok(placed)
}

/// Ends a message on a book: limits, book, margin, account.
pub(crate) fn conclude<S: Store>(
    book: Book<'_, S>,
    mut me: AccountAt,
    before: &Account,
    market_before: &Market,
) -> Result<()> {
    check_limits(&book, before, &me.account, market_before)?;
    let instrument = book.month.instrument;
    let store = book.close(market_before);
    drop_idle_orders(store, me.seat, &mut me.account, instrument);
    margin::check(store, before, &me.account)?;
    store.set_account(me.seat, &me.account);
    Ok(())
}

/// The size that may trade: all of it, or what reduces the position.
pub(crate) fn allowed_lots<S: Store>(book: &Book<'_, S>, account: &Account, order: &Place) -> Result<Lots> {
    if !order.reduce_only && book.month.status != Status::ReduceOnly {
        return Ok(order.lots);
    }
    let lots = account.net(order.instrument).reducible(order.side).min(order.lots);
    if lots == Lots::ZERO { Err(ClearingError::ReduceOnly) } else { Ok(lots) }
}

/// The price at which an order rests that must not trade: a post-only one, or any in the opening phase. `None` when
/// more dead orders stand in front than a message may pass: nothing rests then, and the next message finds fewer.
///
/// # Errors
/// `WouldTrade`, in the opening phase `Opening`, when it crosses and may not slide, or has nowhere to slide to.
/// `OutsidePriceLimits`, `BadPrice` when it would slide out of the limits.
pub(crate) fn post_only_price<S: Store>(
    book: &mut Book<'_, S>,
    me: &mut AccountAt,
    side: Side,
    price: Ticks,
    slide: bool,
) -> Result<Option<Ticks>> {
    let collects = book.collects();
    let refused = if collects { ClearingError::Opening } else { ClearingError::WouldTrade };
    let own = if collects { opening::own_side(&book.month, side, price) } else { price };
    let mut slid = Some(own.0);
    let bound = book.market.bound(side.opposite());
    if side.crosses(own, bound) {
        match book.front(side.opposite(), me).map(|front| front.order.price) {
            Some(best) if side.crosses(own, best) => {
                slid = match side {
                    Side::Buy => best.0.checked_sub(1),
                    Side::Sell => best.0.checked_add(1),
                };
            }
            // The search has ended before the first live order.
            None if side.crosses(own, book.market.bound(side.opposite())) => return Ok(None),
            _ => {}
        }
    }
    match slid.map(Ticks) {
        Some(slid) if slid == price => Ok(Some(price)), // cheapest: nothing stands there
        Some(slid) if slide => book.check_price(slid).map(|()| Some(slid)),
        _ => Err(refused),
    }
}

/// Position limit and open-interest cap, which bind only what grows.
pub(crate) fn check_limits<S: Store>(
    book: &Book<'_, S>,
    before: &Account,
    after: &Account,
    market_before: &Market,
) -> Result<()> {
    let reach_before = reach(before, book);
    let reach_after = reach(after, book);
    if reach_after > reach_before && reach_after > book.market.terms.position_limit {
        return Err(ClearingError::PositionLimit);
    }
    let open = book.market.open_interest;
    if open > market_before.open_interest && open > book.market.terms.open_interest_cap {
        return Err(ClearingError::OpenInterestCap);
    }
    Ok(())
}

/// The largest position that the account can get to when its open orders fill.
fn reach<S: Store>(account: &Account, book: &Book<'_, S>) -> Lots {
    let Some(position) = account.position(book.month.instrument) else { return Lots::ZERO };
    let (bids, asks) = if position.epoch == book.month.epoch {
        (position.bids.lots, position.asks.lots)
    } else {
        (Lots::ZERO, Lots::ZERO)
    };
    let long = position.net.max(NetLots::ZERO).size() + bids;
    let short = position.net.min(NetLots::ZERO).size() + asks;
    // A bid of a short position first buys it back; counting it in full is the stricter side.
    long.max(short)
}
