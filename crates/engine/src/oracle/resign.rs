//! A reporter leaves.

use super::{Env, IndexId, OracleError, Store, stakes::leave};

/// Takes the caller off the register of an index. His bond and earnings are due to him after the unbonding time, until
/// which they can be slashed.
/// Cells: reads 4 (setup, reporters, stakes, due), writes 3.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::UnknownReporter`].
pub fn resign<S: Store>(store: &mut S, env: Env, index: IndexId) -> Result<(), OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    leave(store, index, env.caller, env.now.later(setup.reporting.unbonding))
}
