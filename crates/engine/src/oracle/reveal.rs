//! A reporter reveals the batch that they committed to.

use super::{
    Entry, Env, Event, Hash, IndexId, OracleError, Store, Submission, slot_of,
    submit::{fill, place_of, window},
};
use crate::{
    calendar::Day,
    codec::{Cell, Writer},
};

/// Stores the batch behind the caller's commitment, from the end of the commitments to the end of the window. The batch
/// must be complete, as in [`super::submit()`].
/// Cells: reads 3 (setup, reporters, submission), writes 1.
///
/// # Errors
/// [`OracleError::NotCommitted`], [`OracleError::CommitmentBroken`], and those of [`super::submit()`].
pub fn reveal<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    day: Day,
    salt: Hash,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let place = place_of(store, &env, index, &setup)?;
    if setup.reporting.commit_until == 0 {
        return Err(OracleError::NoCommitments);
    }
    window(&env, day, setup.reporting.commit_until, setup.rules.closes)?;
    let slot = slot_of(day);
    let held = store.submission(index, slot, place);
    let held = held.filter(|held| held.day == day && held.reporter == env.caller).ok_or(OracleError::NotCommitted)?;
    if held.is_open() {
        return Err(OracleError::AlreadySubmitted);
    }
    let submission = fill(&setup.basket, env.caller, day, entries)?;
    if store.keccak(commitment_preimage(index, salt, &submission).as_bytes()) != held.commitment {
        return Err(OracleError::CommitmentBroken);
    }
    store.set_submission(index, slot, place, &submission);
    store.emit(Event::Submitted { index, day, place, submission: &submission });
    Ok(())
}

/// The bytes whose keccak-256 is the commitment to a batch.
pub fn commitment_preimage(index: IndexId, salt: Hash, submission: &Submission) -> Writer {
    let mut bytes = Writer::new();
    bytes.uint(index.into(), 2);
    bytes.put(&salt);
    submission.write(&mut bytes);
    bytes
}

const _: () = assert!(2 + 32 + Submission::MAX_BYTES <= crate::codec::CELL_BYTES);
