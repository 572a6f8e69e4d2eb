//! `write_off`: what neither a bankrupt account nor the insurance fund can pay becomes the instrument's loss, to be
//! allocated.

use super::cover::part_of;
use crate::clearing::cells::{Instrument, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::{deficit, fund, migrate};
use crate::clearing::store::Store;
use crate::units::{Points, Seat};

/// Takes a bankrupt account's debt in an instrument off the account; winners of the instrument will bear it
/// ([`crate::clearing::allocate()`]). Only when the insurance fund may pay none of it: what it pays in part,
/// [`crate::clearing::cover()`] writes off itself. Returns the points. Anyone may send it.
///
/// Cells: account, curve, each market in which the account owes, auction and ledger read; account and market written,
/// auction and ledger when the debt had been reported.
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
    let ledger = store.ledger();
    let parts = fund::parts(store, &ledger, &account, (instrument, &market))?;
    if part_of(&account, &parts, instrument) > Points::ZERO {
        return Err(ClearingError::CoverFirst);
    }
    if let Some(position) = account.position_mut(instrument) {
        deficit::write_off(store, seat, position, &mut market);
        market.note_holder(true, position.is_exposed())?;
    }
    account.tidy();
    store.set_market(instrument, &market);
    store.set_account(seat, &account);
    deficit::update(store, seat, &account)?;
    Ok(owed)
}
