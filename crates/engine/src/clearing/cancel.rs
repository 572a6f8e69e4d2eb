//! `cancel`, `cancel_by_number` and `cancel_all`: take orders back. Possible at any time, in any market state.
//!
//! An order is known by its account and its number, which the client may choose ([`super::place`]): the number is the client's
//! order id.

use super::account::Seated;
use super::book::Book;
use super::{Env, Instrument, Result, Store, traded_account};
use crate::units::{Lots, Seat, Side, Ticks};

/// Pages that `cancel_by_number` searches at most.
pub const MAX_SEARCH_PAGES: u8 = 16;

/// Cancels one order, found by its price and number. Returns the lots that were open.
///
/// Cells: account, curve, market and one page read; account and page written, the market when the page is empty now or the
/// owner a designated maker; the delegate's when the sender is not the owner.
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
    take_back(store, env, seat, instrument, Search::exact(number, price))
}

/// Where to look for an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Search {
    /// Its number.
    pub number: u32,
    /// Its side.
    pub side: Side,
    /// The price from which to look, away from the other side: down for a bid, up for an ask, as a sliding order moves. Zero
    /// for the best price of the side.
    pub from: Ticks,
    /// Pages to look through, 1 to [`MAX_SEARCH_PAGES`]; only pages that hold orders count.
    pub pages: u8,
    /// Whether it must stand at `from` itself.
    pub exact: bool,
}

impl Search {
    /// The order with this number at this price.
    pub fn exact(number: u32, price: Ticks) -> Self {
        Self { number, side: Side::Buy, from: price, pages: 1, exact: true }
    }
}

/// Cancels one order by its number alone, as after a sliding order whose receipt was lost. Returns the lots that were open.
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
    take_back(store, env, seat, instrument, search)
}

fn take_back<S: Store>(store: &mut S, env: Env, seat: Seat, instrument: Instrument, search: Search) -> Result<Lots> {
    let account = traded_account(store, &env, seat, instrument, Lots::ZERO)?;
    let mut me = Seated { seat, account };
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
/// Cells: account, curve and market read, account written; no page is touched, whatever the number of orders; the delegate's
/// when the sender is not the owner.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `DelegationExpired`, `OutsideDelegation`, `UnknownInstrument`, `NotYetListed`.
pub fn cancel_all<S: Store>(store: &mut S, env: Env, seat: Seat, instrument: Instrument) -> Result<()> {
    let account = traded_account(store, &env, seat, instrument, Lots::ZERO)?;
    let mut me = Seated { seat, account };
    let mut book = Book::open(store, env.now, instrument)?;
    let market_before = book.market;
    book.void_all(&mut me);
    let store = book.close(&market_before);
    me.account.tidy();
    store.set_account(seat, &me.account);
    Ok(())
}
