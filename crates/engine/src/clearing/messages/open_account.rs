//! `open_account`: a new seat.

use crate::chain::Env;
use crate::clearing::cells::{Account, Stage};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::units::Seat;

/// Opens sub-account `sub` (0 to 255) of the caller and returns its seat.
///
/// Cells: ledger and owner index read; account, ledger and owner index written.
///
/// # Errors
/// `MovingOn` when the accounts of this house move to its next version, `SeatTaken` when the caller already has that
/// sub-account.
pub fn open_account<S: Store>(store: &mut S, env: Env, sub: u8) -> Result<Seat> {
    if store.seat_of(env.caller, sub).is_some() {
        return Err(ClearingError::SeatTaken);
    }
    let mut ledger = store.ledger();
    if ledger.stage != Stage::InForce {
        return Err(ClearingError::MovingOn);
    }
    let seat = Seat(ledger.seats);
    ledger.seats = ledger.seats.checked_add(1).ok_or(ClearingError::TooMany)?;
    store.set_ledger(&ledger);
    store.set_account(seat, &Account::new(env.caller));
    store.set_seat_of(env.caller, sub, seat);
    store.emit(Event::Opened { seat, owner: env.caller, sub });
    Ok(seat)
}
