//! Removes a reporter.

use super::{Address, Env, IndexId, OracleError, Store, only_governance, stakes::leave};

/// Removes a reporter of an index. Only governance.
///
/// Their batches of days that are not yet published no longer count, so a price that waits for confirmation can be
/// freed of a reporter whose key was stolen. Bond and earnings are due to them after the unbonding time. Cells: reads 5
/// (setup, reporters, stakes, due, authority), writes 3.
///
/// # Errors
/// [`OracleError::NotAuthorised`], [`OracleError::UnknownIndex`], [`OracleError::UnknownReporter`].
pub fn remove_reporter<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    reporter: Address,
) -> Result<(), OracleError> {
    only_governance(store, &env)?;
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    leave(store, index, reporter, env.now.later(setup.reporting.unbonding))
}
