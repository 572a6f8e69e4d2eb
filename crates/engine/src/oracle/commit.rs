//! A reporter commits to their batch of a day before anyone sees it.

use super::{Env, Event, Hash, IndexId, OracleError, Store, Submission, slot_of, submit::window};
use crate::calendar::Day;

/// Stores the commitment to a batch, once a day, between the opening of the window and the end of the commitments:
///
/// ```text
/// commitment = keccak256( index 2 | salt 32 | batch as its cell: reporter 20 | day 4 | mask 2 | (input 4 | output 4 | volume 5)... )
/// ```
///
/// big endian. It is revealed by [`super::reveal()`]; a commitment that is not revealed counts as no batch.
/// Cells: reads 3 (setup, reporters, submission), writes 1.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::UnknownReporter`], [`OracleError::BondMissing`],
/// [`OracleError::NoCommitments`] for an index whose batches are sent in the open, [`OracleError::TooEarly`],
/// [`OracleError::TooLate`], [`OracleError::AlreadySubmitted`], [`OracleError::BadCommitment`] for a zero hash.
pub fn commit<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    day: Day,
    commitment: Hash,
) -> Result<(), OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let place = super::submit::place_of(store, &env, index, &setup)?;
    if setup.reporting.commit_until == 0 {
        return Err(OracleError::NoCommitments);
    }
    window(&env, day, setup.rules.opens, setup.reporting.commit_until)?;
    let slot = slot_of(day);
    if store.submission(index, slot, place).is_some_and(|held| held.day == day && held.reporter == env.caller) {
        return Err(OracleError::AlreadySubmitted);
    }
    if commitment == Hash::default() {
        return Err(OracleError::BadCommitment);
    }
    let committed = Submission { reporter: env.caller, day, commitment, ..Submission::default() };
    store.set_submission(index, slot, place, &committed);
    store.emit(Event::Committed { index, day, place, commitment });
    Ok(())
}
