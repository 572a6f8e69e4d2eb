//! `set_budget`: governance changes what an epoch shares out.

use super::{Clearing, Env, Event, IncentivesError, MAX_BUDGET, Store, epoch_of};

/// Changes the budget of an epoch, in quote atoms: a raise from the current epoch on, a cut from the next. Reads 1 cell
/// and asks clearing once, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAuthorised`], [`IncentivesError::BudgetTooLarge`],
/// [`IncentivesError::CloseFirst`], [`IncentivesError::BudgetAbovePool`], [`IncentivesError::ClearingFailed`].
pub fn set_budget<S: Store + Clearing>(store: &mut S, env: Env, amount: u64) -> Result<(), IncentivesError> {
    let mut programme = store.connected()?;
    programme.only_governance(env)?;
    if amount > MAX_BUDGET {
        return Err(IncentivesError::BudgetTooLarge);
    }
    programme.all_closed(env.now)?;
    let epoch = epoch_of(env.now);
    let pool = store.weeks(epoch, programme.parameters.rules(), &[])?.pool;
    if amount > pool.saturating_sub(programme.owed) {
        return Err(IncentivesError::BudgetAbovePool);
    }
    programme.budget = programme.budget.changed(amount, epoch);
    store.set_programme(&programme);
    store.emit(Event::BudgetChanged { amount, from_epoch: programme.budget.from_epoch });
    Ok(())
}
