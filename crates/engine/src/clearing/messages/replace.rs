//! `replace`: one order in place of another, in one message with one margin check.

use crate::chain::Env;
use crate::clearing::cells::{AccountAt, Order};
use crate::clearing::error::Result;
use crate::clearing::rules::book::{Book, Search};
use crate::clearing::rules::order::{Place, Placed, conclude, submit};
use crate::clearing::store::{Store, traded_account};
use crate::units::{Lots, Points, Ticks};

/// A replacement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replace {
    /// Price at which the old order rests.
    pub price: Ticks,
    /// Number of the old order.
    pub number: u32,
    /// The order that stands for it from now on, of the same account in the same instrument.
    pub order: Place,
}

/// Replaces a resting order. It keeps its number and its place in the queue when only its size changes, and that
/// shrinks; otherwise it goes, and the new order comes as by `place`, under a new number. Refused as a whole when the
/// old order is gone, so that a fill on the way is never doubled.
///
/// Sizes are what stays open: a client that counts from the original size subtracts what was filled.
///
/// Cells: those of `cancel` and of `place` together, each once.
///
/// # Errors
/// `UnknownOrder` (filled, voided or never placed) and those of `place`.
pub fn replace<S: Store>(store: &mut S, env: Env, replace: Replace) -> Result<Placed> {
    let Replace { price, number, order } = replace;
    let before = traded_account(store, &env, order.seat, order.instrument, order.lots)?;
    let mut me = AccountAt { seat: order.seat, account: before };
    let mut book = Book::open(store, env.now, order.instrument)?;
    book.by_delegate = before.owner != env.caller;
    let market_before = book.market;
    let (index, old) = book.find(&me, Search::exact(number, price))?;
    let placed = if only_shrinks(&old, &order) && !old.expired(env.now) {
        book.check_open()?;
        if order.lots < old.lots {
            book.cut(&mut me, index, &old, old.lots - order.lots);
        }
        Placed { number, filled: Lots::ZERO, value: Points::ZERO, resting: order.lots, price }
    } else {
        book.cut(&mut me, index, &old, old.lots);
        submit(&mut book, &mut me, order)?
    };
    conclude(book, me, &before, &market_before)?;
    Ok(placed)
}

/// Whether the new order is the old one with fewer lots, or as many.
fn only_shrinks(old: &Order, new: &Place) -> bool {
    let same = new.policy.rests()
        && (new.side, new.price, new.expiry, new.reduce_only) == (old.side, old.price, old.expiry, old.reduce_only);
    same && Lots::ZERO < new.lots && new.lots <= old.lots
}
