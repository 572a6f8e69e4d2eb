//! `set_maker`: an account becomes a designated market maker, or stops being one. Only the incentives contract may send
//! it.

use crate::chain::Env;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::quoting::void_all_orders;
use crate::clearing::store::Store;
use crate::units::Seat;

/// Sets the designation. Open orders are voided, so that a score always begins and ends without quotes.
///
/// # Errors
/// `UnknownSeat`.
pub fn set_maker<S: Store>(store: &mut S, env: Env, seat: Seat, maker: bool) -> Result<()> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    void_all_orders(store, env, seat, &mut account)?;
    account.maker = maker;
    store.set_account(seat, &account);
    store.emit(Event::MakerSet { seat, maker });
    Ok(())
}
