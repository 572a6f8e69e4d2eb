//! What may leave an account: free collateral.

use super::margin;
use crate::chain::Env;
use crate::clearing::cells::Account;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::store::{Store, own_account};
use crate::math::mul_div_ceil;
use crate::oracle::validity::Action;
use crate::units::{QuoteAtoms, Seat};

/// What stays in an account with positions at least: this share of their notional value, if initial margin is less
/// (invariant W2: a winner must not withdraw down to the edge of liquidation).
pub const KEEP_DIVISOR: i128 = 10;

/// The caller's account without `amount` of its free collateral.
pub(crate) fn debit_free<S: Store>(store: &mut S, env: &Env, seat: Seat, amount: u64) -> Result<Account> {
    if amount == 0 {
        return Err(ClearingError::ZeroAmount);
    }
    let mut account = own_account(store, env, seat)?;
    account.cash = account.cash.checked_sub(amount).ok_or(ClearingError::NotEnoughCash)?;
    margin::check_guards(store, &account, env.now, Action::Withdraw)?;
    let health = margin::assess(store, &account)?;
    let tenth = QuoteAtoms(mul_div_ceil(health.notional.0, 1, KEEP_DIVISOR));
    if health.initial_equity < health.initial.max(tenth) {
        return Err(ClearingError::BelowInitialMargin);
    }
    Ok(account)
}
