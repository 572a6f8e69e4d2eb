//! Somebody collects what the index owes them.

use super::{Due, Env, Event, IndexId, OracleError, Store};

/// Empties the caller's earnings, and what is due to them if it is free, and returns the sum in quote atoms, which the
/// caller of this function must pay next and undo everything if that fails. A bond in use stays.
/// Cells: reads 3 (reporters, stakes, due), writes 2 at most.
///
/// # Errors
/// [`OracleError::NothingDue`].
pub fn collect<S: Store>(store: &mut S, env: Env, index: IndexId) -> Result<u64, OracleError> {
    let mut amount = 0_u64;
    if let Some(place) = store.reporters(index).place_of(env.caller) {
        let mut stakes = store.stakes(index);
        let earned = stakes.at_mut(place).map(|stake| core::mem::take(&mut stake.earned)).unwrap_or_default();
        if earned > 0 {
            amount = earned;
            store.set_stakes(index, &stakes);
        }
    }
    let due = store.due(index, env.caller);
    if due.amount > 0 && env.now >= due.free_at {
        amount = amount.checked_add(due.amount).ok_or(OracleError::BadAmount)?;
        store.set_due(index, env.caller, &Due::default());
    }
    if amount == 0 {
        return Err(OracleError::NothingDue);
    }
    store.emit(Event::Collected { index, by: env.caller, amount });
    Ok(amount)
}
