//! A reporter sends their batch of a day.

use super::{
    Address, Basket, Env, Event, IndexId, MAX_PROVIDERS, MAX_VOLUME, OracleError, Quote, Setup, Store, Submission,
    slot_of,
};
use crate::calendar::Day;

/// One line of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Number of the provider.
    pub provider: u8,
    /// What the reporter saw of it.
    pub quote: Quote,
}

/// Stores the caller's batch for a day: every provider of the basket once, in ascending order. Once a day, while the
/// window of that day is open.
///
/// A batch is complete or refused: were a reporter free to leave a provider out, they could push it below the quorum
/// and move the price alone. A provider that sold nothing has volume zero, and its list price still stands. Cells:
/// reads 3 (setup, reporters, submission), writes 1.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::UnknownReporter`], [`OracleError::BondMissing`],
/// [`OracleError::CommitFirst`], [`OracleError::TooEarly`], [`OracleError::TooLate`],
/// [`OracleError::AlreadySubmitted`], [`OracleError::UnknownProvider`], [`OracleError::ZeroPrice`],
/// [`OracleError::VolumeTooLarge`], [`OracleError::IncompleteBatch`].
pub fn submit<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    day: Day,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let place = place_of(store, &env, index, &setup)?;
    if setup.reporting.commit_until > 0 {
        return Err(OracleError::CommitFirst);
    }
    window(&env, day, setup.rules.opens, setup.rules.closes)?;
    let slot = slot_of(day);
    let held = store.submission(index, slot, place);
    if held.is_some_and(|held| held.day == day && held.reporter == env.caller) {
        return Err(OracleError::AlreadySubmitted);
    }
    let submission = fill(&setup.basket, env.caller, day, entries)?;
    store.set_submission(index, slot, place, &submission);
    store.emit(Event::Submitted { index, day, place, submission: &submission });
    Ok(())
}

/// The place of the caller, whose bond must suffice.
pub(super) fn place_of<S: Store>(store: &S, env: &Env, index: IndexId, setup: &Setup) -> Result<u8, OracleError> {
    let reporters = store.reporters(index);
    let place = reporters.place_of(env.caller).ok_or(OracleError::UnknownReporter)?;
    if setup.reporting.bond > 0 && !reporters.is_bonded(place) {
        return Err(OracleError::BondMissing);
    }
    Ok(place)
}

/// Lets through from `opens` to before `closes`, in seconds after the start of the day.
pub(super) fn window(env: &Env, day: Day, opens: u32, closes: u32) -> Result<(), OracleError> {
    if env.now < day.start().later(opens) {
        return Err(OracleError::TooEarly);
    }
    if env.now >= day.start().later(closes) {
        return Err(OracleError::TooLate);
    }
    Ok(())
}

/// A complete batch. A quote of a provider that the basket does not ask for stands in it and counts nothing: so a
/// change of the basket that takes a provider out breaks no batch that was committed to before.
pub(super) fn fill(
    basket: &Basket,
    reporter: Address,
    day: Day,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<Submission, OracleError> {
    let mut submission = Submission { reporter, day, ..Submission::default() };
    let mut places = (0_u8..).zip(&mut submission.quotes);
    for Entry { provider, quote } in entries {
        // Going on from the last one taken, so that a provider that comes again or out of order is not found.
        let (_, held) = places.find(|(number, _)| *number == provider).ok_or(OracleError::UnknownProvider)?;
        if quote.input == 0 || quote.output == 0 {
            return Err(OracleError::ZeroPrice);
        }
        if quote.volume > MAX_VOLUME {
            return Err(OracleError::VolumeTooLarge);
        }
        *held = quote;
    }
    let missing = |provider: usize| basket.covers(day, provider) && submission.quote(provider).is_none();
    if (0..MAX_PROVIDERS).any(missing) {
        return Err(OracleError::IncompleteBatch);
    }
    Ok(submission)
}
