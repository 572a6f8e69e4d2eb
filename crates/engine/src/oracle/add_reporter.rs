//! Registers a reporter.

use super::{Address, Env, Event, IndexId, OracleError, Store, only_governance, set_index::is_majority};

/// Registers a reporter for an index. Only governance.
///
/// The quorum has to stay a majority of those registered. Where the index asks for a bond, he posts it before his first
/// batch. Cells: reads 3 (setup, reporters, authority), writes 1.
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
    if !is_majority(&setup.rules, reporters.count()) {
        return Err(OracleError::TooManyReporters);
    }
    reporters.set_bonded(place, setup.reporting.bond == 0);
    store.set_reporters(index, &reporters);
    store.emit(Event::ReporterAdded { index, reporter, place });
    Ok(())
}
