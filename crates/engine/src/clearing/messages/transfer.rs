//! `transfer`: cash moves between two sub-accounts of one owner.

use crate::chain::Env;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::{collateral, deficit};
use crate::clearing::store::{Store, own_account};
use crate::units::Seat;

/// Moves `amount` quote atoms from one of the caller's accounts to another. What is left must be what a withdrawal
/// would have to leave; the withdrawal limits do not count it, for it stays inside. A liquidation of the other account
/// that this makes needless ends. Returns what is left of the first account's cash.
///
/// Cells: both accounts, the auction of the second, and curve and risk array of each product that the first one trades
/// read; both accounts written.
///
/// # Errors
/// `ZeroAmount`, `BadParameter` for one and the same account, `NotAuthorised` unless the caller owns both,
/// `UnknownSeat`, `NotEnoughCash`, `BelowInitialMargin`, `IndexUnavailable`, `Opening`.
pub fn transfer<S: Store>(store: &mut S, env: Env, from: Seat, to: Seat, amount: u64) -> Result<u64> {
    if from == to {
        return Err(ClearingError::BadParameter);
    }
    let mut target = own_account(store, &env, to)?;
    let account = collateral::debit_free(store, &env, from, amount)?;
    target.cash = target.cash.checked_add(amount).ok_or(ClearingError::BadParameter)?;
    store.set_account(from, &account);
    store.set_account(to, &target);
    store.emit(Event::Transferred { from, to, amount });
    deficit::after_payment(store, to, &mut target)?;
    Ok(account.cash)
}
