//! A reporter leaves.

use super::{Env, IndexId, OracleError, SUBMISSION_DAYS, Store, Submission, publish::is_kept, slot_of, stakes::leave};
use crate::calendar::Day;

/// Takes the caller off the register of an index. Bond and earnings are due to them after the unbonding time, until
/// which they can be slashed. Not while a batch of theirs waits for its print: a reporter who sees the batches of
/// others must stand by their own. Cells: reads 9 (setup, reporters, state, four submissions, stakes, due), writes 3.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::UnknownReporter`], [`OracleError::BatchWaits`].
pub fn resign<S: Store>(store: &mut S, env: Env, index: IndexId) -> Result<(), OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let place = store.reporters(index).place_of(env.caller).ok_or(OracleError::UnknownReporter)?;
    let printed = store.state(index).last.map_or(0, |last| last.day.0);
    let waits = |held: &Submission| held.reporter == env.caller && held.day.0 > printed && is_kept(&env, held.day);
    if (0..SUBMISSION_DAYS)
        .any(|slot| store.submission(index, slot_of(Day(slot)), place).is_some_and(|held| waits(&held)))
    {
        return Err(OracleError::BatchWaits);
    }
    leave(store, index, env.caller, env.now.later(setup.reporting.unbonding))
}
