//! `write_off`: what neither a bankrupt account nor the insurance fund can pay becomes the instrument's loss, to be
//! allocated.

use crate::clearing::cells::{Instrument, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::{deficit, migrate};
use crate::clearing::store::Store;
use crate::units::{Points, Seat};

/// Takes a bankrupt account's debt in an instrument off the account; winners of the instrument will bear it
/// ([`crate::clearing::allocate()`]). Only when the insurance fund may pay no more of it. Returns the points. Anyone
/// may send it.
///
/// Cells: account, curve, market, auction and ledger read; account and market written, auction and ledger when the debt
/// had been reported.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating`, `NotBankrupt`, `MovingOn` while the accounts that would bear it
/// move to the next house, where it can be written off, unless the month is settled, which does not move, `CoverFirst`
/// while the insurance fund may pay.
pub fn write_off<S: Store>(store: &mut S, seat: Seat, instrument: Instrument) -> Result<Points> {
    let deficit::Debt { mut account, mut market, month, owed } = deficit::debt(store, seat, instrument)?;
    if month.status != Status::Settled {
        migrate::stays(store)?; // a settled month stays here, with everybody who has to bear its loss
    }
    let allowance = store.ledger().fund_allowance(market.fund_drawn);
    if allowance >= month.tick_value.0.into() {
        return Err(ClearingError::CoverFirst);
    }
    if let Some(position) = account.position_mut(instrument) {
        position.basis = Points::ZERO;
        market.note_holder(true, false)?;
    }
    market.deficit += owed;
    account.tidy();
    store.set_market(instrument, &market);
    store.set_account(seat, &account);
    store.emit(Event::WrittenOff { seat, instrument, points: owed });
    deficit::update(store, seat, &account)?;
    Ok(owed)
}
