//! `withdraw`: free collateral leaves the account, for the vault to pay out.

use crate::chain::Env;
use crate::clearing::cells::WithdrawalLimits;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::peers::Payout;
use crate::clearing::rules::collateral::debit_free;
use crate::clearing::store::Store;
use crate::units::{BPS, QuoteAtoms, Seat};

/// Takes `amount` quote atoms out of an account, for the vault to pay to its owner.
///
/// Cells: account, ledger, and curve and risk array of each product traded read; account and ledger written.
///
/// # Errors
/// `ZeroAmount`, `NotAuthorised`, `UnknownSeat`, `NotEnoughCash`, `BelowInitialMargin` when cash less unsettled loss
/// would be below initial margin or a tenth of the notional value, `IndexUnavailable` when the marks of
/// its positions are too old or the index is in doubt, `Opening` while it has positions and a print is due, which
/// whoever reads the batches knows, `DeficitUncovered` while losses that nobody has paid exceed the
/// insurance fund by more than a hundredth of all collateral, `WithdrawalLimit`.
pub fn withdraw<S: Store>(store: &mut S, env: Env, seat: Seat, amount: u64) -> Result<Payout> {
    let account = debit_free(store, &env, seat, amount)?;
    let mut ledger = store.ledger();
    if !ledger.losses_are_bearable() {
        return Err(ClearingError::DeficitUncovered);
    }
    ledger.leave(env.now, amount).ok_or(ClearingError::WithdrawalLimit)?;
    ledger.move_trading(-QuoteAtoms(amount.into()))?;
    store.set_ledger(&ledger);
    store.set_account(seat, &account);
    store.emit(Event::Withdrawn { seat, amount });
    Ok(Payout { to: env.caller, amount, left: account.cash })
}

/// Sets how much may be withdrawn in an hour and in a day. Only governance may set it: lower at once, higher after its
/// timelock.
///
/// # Errors
/// `BadParameter` for shares above everything, or a day's limit below an hour's.
pub fn set_withdrawal_limits<S: Store>(store: &mut S, limits: WithdrawalLimits) -> Result<()> {
    let shares = limits.hour_bps <= limits.day_bps && limits.day_bps <= BPS;
    if !shares || limits.hour_amount > limits.day_amount {
        return Err(ClearingError::BadParameter);
    }
    let mut ledger = store.ledger();
    ledger.limits = limits;
    (ledger.hour, ledger.day) = (ledger.hour.without_credit(), ledger.day.without_credit());
    store.set_ledger(&ledger);
    Ok(())
}
