//! A reporter adds to their bond.

use super::{Env, Event, IndexId, OracleError, Store, stakes::check_amount};

/// Adds to the caller's bond. The caller of this function must take the amount from them next and undo everything if
/// that fails. Cells: reads 3 (setup, reporters, stakes), writes 2.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::UnknownReporter`], [`OracleError::BadAmount`].
pub fn post_bond<S: Store>(store: &mut S, env: Env, index: IndexId, amount: u64) -> Result<(), OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let mut reporters = store.reporters(index);
    let place = reporters.place_of(env.caller).ok_or(OracleError::UnknownReporter)?;
    check_amount(amount)?;
    let mut stakes = store.stakes(index);
    let stake = stakes.at_mut(place).ok_or(OracleError::UnknownReporter)?;
    stake.bond = stake.bond.checked_add(amount).ok_or(OracleError::BadAmount)?;
    reporters.set_bonded(place, setup.reporting.suffices(stake.bond, reporters.is_bonded(place)));
    store.set_stakes(index, &stakes);
    store.set_reporters(index, &reporters);
    store.emit(Event::Bonded { index, place, amount });
    Ok(())
}
