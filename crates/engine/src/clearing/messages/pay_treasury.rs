//! `pay_treasury`: the protocol's own money leaves the clearing house. Only governance may say so; the shell then has the vault
//! pay it out.

use crate::clearing::cells::Env;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;

/// Takes `amount` quote atoms out of the treasury, within the withdrawal limits. Returns what is left of it.
///
/// Cells: ledger read and written.
///
/// # Errors
/// `ZeroAmount`, `NotEnoughCash`, `DeficitUncovered`, `WithdrawalLimit`.
pub fn pay_treasury<S: Store>(store: &mut S, env: Env, amount: u64) -> Result<u64> {
    if amount == 0 {
        return Err(ClearingError::ZeroAmount);
    }
    let mut ledger = store.ledger();
    ledger.treasury = ledger.treasury.checked_sub(amount).ok_or(ClearingError::NotEnoughCash)?;
    if ledger.uncovered > ledger.fund {
        return Err(ClearingError::DeficitUncovered);
    }
    ledger.leave(env.now, amount).ok_or(ClearingError::WithdrawalLimit)?;
    store.set_ledger(&ledger);
    store.emit(Event::TreasuryPaid { amount });
    Ok(ledger.treasury)
}
