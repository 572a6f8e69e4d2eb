//! `fund_programme`: the treasury's money goes to the market-maker programme. Only governance may send it. The money
//! stays in the clearing house, so the withdrawal limits do not apply.

use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;

/// Moves `amount` quote atoms from the treasury to the programme's pool. Returns what the pool holds then.
///
/// Cells: ledger read and written.
///
/// # Errors
/// `ZeroAmount`, `NotEnoughCash` when the treasury is smaller, `DeficitUncovered` while the fund owes more than it has:
/// the treasury may be needed to recapitalise it.
pub fn fund_programme<S: Store>(store: &mut S, amount: u64) -> Result<u64> {
    if amount == 0 {
        return Err(ClearingError::ZeroAmount);
    }
    let mut ledger = store.ledger();
    ledger.treasury = ledger.treasury.checked_sub(amount).ok_or(ClearingError::NotEnoughCash)?;
    if ledger.uncovered > ledger.fund {
        return Err(ClearingError::DeficitUncovered);
    }
    ledger.incentives = ledger.incentives.saturating_add(amount); // below all deposits, which fit 63 bits
    store.set_ledger(&ledger);
    store.emit(Event::ProgrammeFunded { amount });
    Ok(ledger.incentives)
}
