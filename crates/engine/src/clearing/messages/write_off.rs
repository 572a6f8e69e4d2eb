//! `write_off`: what neither a bankrupt account nor the insurance fund can pay becomes the instrument's loss, to be
//! allocated.

use crate::clearing::cells::{Instrument, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::{deficit, fund, migrate};
use crate::clearing::store::Store;
use crate::units::{Points, Seat, Seconds};

/// Takes what a bankrupt account lacks off the account, in each month in which it owes; winners of the month will bear
/// it ([`crate::clearing::allocate()`]). Only when the insurance fund may pay none of it: what it pays in part,
/// [`crate::clearing::cover()`] writes off itself. An account that is owed something still, where winners do not wait,
/// keeps so much of its debts (`clearing/rules/deficit.rs`). Returns the points of this instrument. Anyone may send it.
///
/// Cells: account, curves, each market in which the account owes or is owed, auction and ledger read; account and
/// markets in which it owes written, auction and ledger when the debt had been reported.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating` in any of the months, `NotBankrupt`, `WinnersWait` while it is owed
/// something where they do, `MovingOn` while the accounts that would bear it move to the next house, where it can be
/// written off, unless the month is settled, which does not move, `CoverFirst` while the insurance fund may pay.
pub fn write_off<S: Store>(store: &mut S, now: Seconds, seat: Seat, instrument: Instrument) -> Result<Points> {
    let debt = deficit::debt(store, now, seat, instrument)?;
    if debt.month.status != Status::Settled {
        migrate::stays(store)?; // a settled month stays here, with everybody who has to bear its loss
    }
    let parts = fund::parts(store, &debt.account, &debt.lacking, (instrument, &debt.market))?;
    if parts.iter().any(|part| *part > Points::ZERO) {
        return Err(ClearingError::CoverFirst);
    }
    let places = debt.account.positions().iter().zip(debt.lacking);
    let lacking = places.filter(|(position, _)| position.instrument == instrument).map(|(_, lacking)| lacking);
    let points = lacking.fold(Points::ZERO, |sum, points| sum + points);
    deficit::resolve(store, debt, &parts)?;
    Ok(points)
}
