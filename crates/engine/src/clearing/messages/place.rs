//! `place`: one order.

use crate::chain::Env;
use crate::clearing::cells::AccountAt;
use crate::clearing::error::Result;
use crate::clearing::rules::book::Book;
use crate::clearing::rules::order::{Place, Placed, conclude, submit};
use crate::clearing::store::{Store, traded_account};

/// Places an order. In the opening phase ([`crate::clearing::opening`]) it rests or is refused. A post-only order that
/// would have to pass more dead orders than a message may rests nowhere: the answer says so, and the next one begins
/// behind them.
///
/// Cells: account, curve, risk array, market and one page read; account, page and (when something traded or a page was
/// opened) market written; two more for each further account and each further page that it trades with, and for the
/// owner of an order that a full page drops; the delegate's when the sender is not the owner.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `UnknownInstrument`, `NotYetListed`, `DelegationExpired`, `OutsideDelegation`,
/// `BadSize`, `BadPrice`, `OutsidePriceLimits`, `OrderExpired`, `StaleOrderNumber`, `OrderNumberTooHigh`,
/// `TradingEnded`, `SessionClosed`, `Halted`, `Opening`, `ReduceOnly`, `WouldTrade`, `NotFilled`, `LevelFull`,
/// `AccountFull`, `PositionLimit`, `OpenInterestCap`, `NotEnoughCash`, `BelowInitialMargin`.
pub fn place<S: Store>(store: &mut S, env: Env, order: Place) -> Result<Placed> {
    let before = traded_account(store, &env, order.seat, order.instrument, order.lots)?;
    let mut me = AccountAt { seat: order.seat, account: before };
    let mut book = Book::open(store, env.now, order.instrument)?;
    book.by_delegate = before.owner != env.caller;
    let market_before = book.market;
    let placed = submit(&mut book, &mut me, order)?;
    conclude(book, me, &before, &market_before)?;
    Ok(placed)
}
