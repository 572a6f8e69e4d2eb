//! Where the clearing house keeps its cells, and how messages and rules find what they need there.

use super::cells::{
    Account, Auction, Backtest, Curve, Delegate, Instrument, Ledger, Market, Month, Page, Product, RiskArray, Sheet,
    Status, Triggers, Volume,
};
use super::error::{ClearingError, Result};
use super::event::Event;
use crate::chain::{Address, Env};
use crate::units::{Lots, Seat};

/// Where the clearing house keeps its cells and emits its events.
pub trait Store {
    /// The account of a seat; `None` for one that was never opened and for one that has left for the next house. No
    /// message finds an account without an owner ([`live`]).
    fn account(&mut self, seat: Seat) -> Option<Account>;
    /// Stores the account of a seat.
    fn set_account(&mut self, seat: Seat, account: &Account);
    /// What stands for the other house in a product while accounts move. It has a cell of its own kind, so that no seat
    /// leads to it.
    fn mirror(&mut self, product: Product) -> Option<Account>;
    /// Stores what stands for the other house.
    fn set_mirror(&mut self, product: Product, mirror: &Account);
    /// The seat of an owner's sub-account.
    fn seat_of(&mut self, owner: Address, sub: u8) -> Option<Seat>;
    /// Stores the seat of an owner's sub-account.
    fn set_seat_of(&mut self, owner: Address, sub: u8, seat: Seat);
    /// An instrument.
    fn market(&mut self, instrument: Instrument) -> Option<Market>;
    /// Stores an instrument.
    fn set_market(&mut self, instrument: Instrument, market: &Market);
    /// A page of an instrument's book; `None` when it was never written.
    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page>;
    /// Stores a page of an instrument's book.
    fn set_page(&mut self, instrument: Instrument, page: u32, content: &Page);
    /// The curve of a product.
    fn curve(&mut self, product: Product) -> Option<Curve>;
    /// Stores the curve of a product.
    fn set_curve(&mut self, product: Product, curve: &Curve);
    /// The margin parameters of a product.
    fn risk(&mut self, product: Product) -> Option<RiskArray>;
    /// Stores the margin parameters of a product.
    fn set_risk(&mut self, product: Product, risk: &RiskArray);
    /// The backtest of a product's margin set; empty when it was never written.
    fn backtest(&mut self, product: Product) -> Backtest;
    /// Stores the backtest of a product's margin set.
    fn set_backtest(&mut self, product: Product, backtest: &Backtest);
    /// A sheet of a maker's scores; empty when it was never written.
    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet;
    /// Stores a sheet of scores.
    fn set_sheet(&mut self, seat: Seat, number: u16, sheet: &Sheet);
    /// The ledger of everything that belongs to no account.
    fn ledger(&mut self) -> Ledger;
    /// Stores the ledger.
    fn set_ledger(&mut self, ledger: &Ledger);
    /// The running liquidation of an account.
    fn auction(&mut self, seat: Seat) -> Auction;
    /// Stores the running liquidation of an account.
    fn set_auction(&mut self, seat: Seat, auction: &Auction);
    /// What an account has traded in thirty days; nothing when it was never written.
    fn volume(&mut self, seat: Seat) -> Volume;
    /// Stores what an account has traded in thirty days.
    fn set_volume(&mut self, seat: Seat, volume: &Volume);
    /// The triggers of an account; none when they were never written.
    fn triggers(&mut self, seat: Seat) -> Triggers;
    /// Stores the triggers of an account.
    fn set_triggers(&mut self, seat: Seat, triggers: &Triggers);
    /// What an address may trade for an account; `None` when it was never named.
    fn delegate(&mut self, seat: Seat, address: Address) -> Option<Delegate>;
    /// Stores what an address may trade for an account.
    fn set_delegate(&mut self, seat: Seat, address: Address, delegate: &Delegate);
    /// Emits an event.
    fn emit(&mut self, event: Event);
}

/// An account that has an owner. One that has left leaves its cell without one; every store looks through this.
pub fn live(account: Account) -> Option<Account> {
    (account.owner != [0; 20]).then_some(account)
}

/// The account of a seat, which must belong to the caller.
pub(crate) fn own_account<S: Store>(store: &mut S, env: &Env, seat: Seat) -> Result<Account> {
    let account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    if account.owner == env.caller { Ok(account) } else { Err(ClearingError::NotAuthorised) }
}

/// The account of a seat for which the caller may trade this much of an instrument: its own, or as its delegate.
pub(crate) fn traded_account<S: Store>(
    store: &mut S,
    env: &Env,
    seat: Seat,
    instrument: Instrument,
    lots: Lots,
) -> Result<Account> {
    quoted_account(store, env, seat, instrument, (lots, lots))
}

/// The account of a seat for which the caller may send orders in an instrument, the largest of which and all together
/// are of so many lots: its own, or as its delegate.
pub(crate) fn quoted_account<S: Store>(
    store: &mut S,
    env: &Env,
    seat: Seat,
    instrument: Instrument,
    (largest, all): (Lots, Lots),
) -> Result<Account> {
    let account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    if account.owner != env.caller {
        let mut delegate = store.delegate(seat, env.caller).ok_or(ClearingError::NotAuthorised)?;
        delegate.check(env.now, instrument, largest)?;
        if delegate.send(env.now, all)? {
            store.set_delegate(seat, env.caller, &delegate);
        }
    }
    Ok(account)
}

/// A product's curve and the month of an instrument in it.
pub(crate) fn month_of<S: Store>(store: &mut S, instrument: Instrument) -> Result<(Curve, Month)> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = listed(&curve, instrument)?;
    Ok((curve, month))
}

/// The month of an instrument in its product's curve.
pub(crate) fn listed(curve: &Curve, instrument: Instrument) -> Result<Month> {
    match curve.month(instrument) {
        Some(month) => Ok(*month),
        None if instrument.serial() >= curve.next_serial => Err(ClearingError::NotYetListed),
        None => Err(ClearingError::UnknownInstrument),
    }
}

/// The month of an instrument with its market and the running round: from the curve, or, when a settled one has lost
/// its row there, from the market's final price. So claims never lapse (invariant E7).
pub(crate) fn claimable_month<S: Store>(store: &mut S, instrument: Instrument) -> Result<(u8, Month, Market)> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let month = match (curve.month(instrument), market.final_price) {
        (Some(month), _) => *month,
        (None, Some(price)) => Month {
            instrument,
            status: Status::Settled,
            tick_value: market.tick_value,
            settle: price,
            mark: price,
            slow: price,
            ..Month::default()
        },
        (None, None) => return Err(ClearingError::UnknownInstrument),
    };
    Ok((curve.short_round(), month, market))
}

/// The curves of all products, which are numbered without gaps.
pub(crate) fn curves<S: Store>(store: &mut S) -> impl Iterator<Item = Curve> + use<S> {
    let mut curves = [None; Product::MAX.0 as usize + 1];
    for (curve, product) in curves.iter_mut().zip(0..) {
        *curve = store.curve(Product(product));
        if curve.is_none() {
            break;
        }
    }
    curves.into_iter().flatten()
}
