//! Sets the terms of reporting.

use super::{Env, Event, IndexId, OracleError, Reporting, Store, only_governance};

/// Sets bonds, slashes, rewards and the time of commitments of an index. Only governance.
///
/// A higher bond asks reporters to add to theirs before their next batch.
/// Cells: reads 4 (setup, reporters, stakes, authority), writes 2.
///
/// # Errors
/// [`OracleError::NotAuthorised`], [`OracleError::UnknownIndex`], [`OracleError::BadReporting`].
pub fn set_reporting<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    reporting: Reporting,
) -> Result<(), OracleError> {
    only_governance(store, &env)?;
    let mut setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    reporting.check(&setup.rules)?;
    let (mut reporters, stakes) = (store.reporters(index), store.stakes(index));
    for (place, ..) in store.reporters(index).iter() {
        reporters.set_bonded(place, stakes.at(place).bond >= reporting.bond);
    }
    setup.reporting = reporting;
    store.set_setup(index, &setup);
    store.set_reporters(index, &reporters);
    store.emit(Event::ReportingSet { index, reporting: &reporting });
    Ok(())
}
