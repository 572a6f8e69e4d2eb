//! `write_off`: what neither a bankrupt account nor the insurance fund can pay becomes the instrument's loss, to be
//! allocated.

use crate::clearing::cells::{Instrument, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::{deficit, migrate};
use crate::clearing::store::Store;
use crate::units::{Points, Seat, Seconds};

/// Takes what a bankrupt account lacks off the account, in each month in which it owes; winners of the month will bear
/// it ([`crate::clearing::allocate()`]). In each of its months it bears its part of an allocated loss before any of its
/// debts is ended. Only when the insurance fund may pay none of it: what it pays in part,
/// [`crate::clearing::cover()`] writes off itself. An account that is owed something still, where winners do not wait,
/// keeps so much of its debts (`clearing/rules/deficit.rs`). Returns the points of this instrument. Anyone may send it.
///
/// Cells: account, curves, the market of each position, auction and ledger read; account and markets in which it owes
/// written, auction and ledger when the debt had been reported.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating` in any of its months, and in one in which it owes while somebody
/// has still to bear their part of the loss before: settle them first. `NotBankrupt`, `WinnersWait` while it is owed
/// something where they do, `MovingOn` while the accounts that would bear it move to the next house, where it can be
/// written off, unless the month is settled, which does not move, `CoverFirst` while the insurance fund may pay.
pub fn write_off<S: Store>(store: &mut S, now: Seconds, seat: Seat, instrument: Instrument) -> Result<Points> {
    let debt = deficit::debt(store, now, seat, instrument)?;
    let stays = migrate::stays(store);
    if debt.month.status != Status::Settled {
        stays?; // a settled month stays here, with everybody who has to bear its loss
    }
    let parts = debt.parts(store)?;
    if parts.iter().any(|part| *part > Points::ZERO) {
        return Err(ClearingError::CoverFirst);
    }
    let points = debt.in_instrument(&debt.lacking);
    deficit::resolve(store, debt, &parts, now, stays.is_ok())?;
    Ok(points)
}
