//! Registers a reporter.

use super::{Address, Env, Event, IndexId, OracleError, Store, only_governance};
use crate::calendar::Day;

/// Registers a reporter for an index. Only governance.
///
/// From the next day on it owes batches and counts for the quorum. Where the index asks for a bond, it is posted before
/// the first batch. Cells: reads 4 (setup, reporters, stakes, authority), writes 2.
///
/// # Errors
/// [`OracleError::NotAuthorised`], [`OracleError::UnknownIndex`], [`OracleError::AlreadyReporter`],
/// [`OracleError::TooManyReporters`].
pub fn add_reporter<S: Store>(store: &mut S, env: Env, index: IndexId, reporter: Address) -> Result<(), OracleError> {
    only_governance(store, &env)?;
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let mut reporters = store.reporters(index);
    if reporters.place_of(reporter).is_some() {
        return Err(OracleError::AlreadyReporter);
    }
    let place = reporters.add(reporter).ok_or(OracleError::TooManyReporters)?;
    let mut stakes = store.stakes(index);
    stakes.join(place, Day::of(env.now));
    store.set_stakes(index, &stakes);
    reporters.set_bonded(place, setup.reporting.bond == 0);
    store.set_reporters(index, &reporters);
    store.emit(Event::ReporterAdded { index, reporter, place });
    Ok(())
}
