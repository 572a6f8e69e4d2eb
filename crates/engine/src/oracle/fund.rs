//! Anyone adds to the pot from which reporters are paid.

use super::{Env, Event, IndexId, OracleError, Store, stakes::check_amount};

/// Adds to the pot of an index. The caller of this function must take the amount from the sender next and undo
/// everything if that fails. Cells: reads 2 (setup, stakes), writes 1.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::BadAmount`].
pub fn fund<S: Store>(store: &mut S, env: Env, index: IndexId, amount: u64) -> Result<(), OracleError> {
    store.setup(index).ok_or(OracleError::UnknownIndex)?;
    check_amount(amount)?;
    let mut stakes = store.stakes(index);
    stakes.pot = stakes.pot.checked_add(amount).ok_or(OracleError::BadAmount)?;
    store.set_stakes(index, &stakes);
    store.emit(Event::Funded { index, by: env.caller, amount });
    Ok(())
}
