//! `pay_reward`: a market maker's reward becomes cash in their account. Only the incentives contract may send it.

use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::units::Seat;

/// Pays a reward out of the market-maker programme's budget.
///
/// Cells: account and ledger read and written.
///
/// # Errors
/// `ZeroAmount`, `UnknownSeat`, `NotEnoughCash` when the budget is smaller.
pub fn pay_reward<S: Store>(store: &mut S, seat: Seat, amount: u64) -> Result<()> {
    if amount == 0 {
        return Err(ClearingError::ZeroAmount);
    }
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let mut ledger = store.ledger();
    ledger.incentives = ledger.incentives.checked_sub(amount).ok_or(ClearingError::NotEnoughCash)?;
    ledger.trading = ledger.trading.saturating_add(amount.into());
    account.cash = account.cash.checked_add(amount).ok_or(ClearingError::BadParameter)?;
    store.set_ledger(&ledger);
    store.set_account(seat, &account);
    store.emit(Event::Rewarded { seat, amount });
    Ok(())
}
