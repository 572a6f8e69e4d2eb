//! `pay_treasury`: the protocol's own money leaves the clearing house, for the vault to pay out. Only governance may
//! send it.

use crate::chain::Address;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::peers::Payout;
use crate::clearing::store::Store;
use crate::units::Seconds;

/// Takes `amount` quote atoms out of the treasury, within the withdrawal limits, for the vault to pay to an address.
///
/// Cells: ledger read and written.
///
/// # Errors
/// `ZeroAmount`, `NotEnoughCash`, `DeficitUncovered`, `WithdrawalLimit`.
pub fn pay_treasury<S: Store>(store: &mut S, now: Seconds, to: Address, amount: u64) -> Result<Payout> {
    if amount == 0 {
        return Err(ClearingError::ZeroAmount);
    }
    let mut ledger = store.ledger();
    ledger.treasury = ledger.treasury.checked_sub(amount).ok_or(ClearingError::NotEnoughCash)?;
    if ledger.uncovered > ledger.fund {
        return Err(ClearingError::DeficitUncovered);
    }
    ledger.leave(now, amount).ok_or(ClearingError::WithdrawalLimit)?;
    store.set_ledger(&ledger);
    store.emit(Event::TreasuryPaid { amount });
    Ok(Payout { to, amount, left: ledger.treasury })
}
