//! `cancel`, `cancel_by_number` and `cancel_all`: take orders back. Possible at any time, in any market state.
//!
//! An order is known by its account and its number, which the client may choose ([`crate::clearing::place()`]): the
//! number is the client's order id.

use crate::chain::Env;
use crate::clearing::cells::{AccountAt, Instrument};
use crate::clearing::error::Result;
use crate::clearing::rules::book::{Book, Search};
use crate::clearing::store::{Store, traded_account};
use crate::units::{Lots, Seat, Ticks};

/// Cancels one order, found by its price and number. Returns the lots that were open.
///
/// Cells: account, curve, market and one page read; account and page written, the market when the page is empty now or
/// the owner a designated maker; the delegate's when the sender is not the owner.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `DelegationExpired`, `OutsideDelegation`, `UnknownInstrument`, `NotYetListed`,
/// `UnknownOrder` (filled, voided or never placed).
pub fn cancel<S: Store>(
    store: &mut S,
    env: Env,
    seat: Seat,
    instrument: Instrument,
    price: Ticks,
    number: u32,
) -> Result<Lots> {
    cancel_found(store, env, seat, instrument, Search::exact(number, price))
}

/// Cancels one order by its number alone, as after a sliding order whose receipt was lost. Returns the lots that were
/// open.
///
/// Cells: as `cancel`, and one page read for each further page of the search.
///
/// # Errors
/// Those of `cancel`; `TooMany` pages; `UnknownOrder` also when the order lies outside of the search.
pub fn cancel_by_number<S: Store>(
    store: &mut S,
    env: Env,
    seat: Seat,
    instrument: Instrument,
    search: Search,
) -> Result<Lots> {
    cancel_found(store, env, seat, instrument, search)
}

fn cancel_found<S: Store>(store: &mut S, env: Env, seat: Seat, instrument: Instrument, search: Search) -> Result<Lots> {
    let account = traded_account(store, &env, seat, instrument, Lots::ZERO)?;
    let mut me = AccountAt { seat, account };
    let mut book = Book::open(store, env.now, instrument)?;
    let market_before = book.market;
    let (index, order) = book.find(&me, search)?;
    book.cut(&mut me, index, &order, order.lots);
    let store = book.close(&market_before);
    me.account.tidy();
    store.set_account(seat, &me.account);
    Ok(order.lots)
}

/// Cancels all orders of the account in an instrument.
///
/// Cells: account, curve and market read, account written; no page is touched, whatever the number of orders; the
/// delegate's when the sender is not the owner.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `DelegationExpired`, `OutsideDelegation`, `UnknownInstrument`, `NotYetListed`.
pub fn cancel_all<S: Store>(store: &mut S, env: Env, seat: Seat, instrument: Instrument) -> Result<()> {
    let account = traded_account(store, &env, seat, instrument, Lots::ZERO)?;
    let mut me = AccountAt { seat, account };
    let mut book = Book::open(store, env.now, instrument)?;
    let market_before = book.market;
    book.void_all(&mut me);
    let store = book.close(&market_before);
    me.account.tidy();
    store.set_account(seat, &me.account);
    Ok(())
}
