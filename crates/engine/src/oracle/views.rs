//! Views of the index.

use super::{
    Address, Due, IndexId, IndexState, OracleError, Print, Record, Rules, Settlement, Stake, Status, Store, Validity,
    prints,
};
use crate::{calendar::Day, units::Seconds};

/// The last print. Reads 1 cell.
///
/// # Errors
/// [`OracleError::NoPrint`].
pub fn latest<S: Store>(store: &S, index: IndexId) -> Result<Print, OracleError> {
    store.state(index).last.ok_or(OracleError::NoPrint)
}

/// The print of a day, in atoms per million units. Reads 1 cell.
///
/// # Errors
/// [`OracleError::NoPrint`].
pub fn print_of<S: Store>(store: &S, index: IndexId, day: Day) -> Result<u32, OracleError> {
    prints::price_on(store, index, day).ok_or(OracleError::NoPrint)
}

/// The final price of an expiry, in atoms per million units. Reads 1 cell.
///
/// # Errors
/// [`OracleError::NotFinal`].
pub fn final_price<S: Store>(store: &S, index: IndexId, expiry: Day) -> Result<u32, OracleError> {
    let held = store.settlement(index, expiry).filter(|held| held.status == Status::Final);
    held.map(|held| held.price).ok_or(OracleError::NotFinal)
}

/// How much of an averaging window has been printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Averaging {
    /// Sum of the prints, in atoms per million units.
    pub sum: u64,
    /// How many prints there are.
    pub samples: u8,
    /// Days of the window.
    pub window: u8,
}

/// What the averaging window that ends with an expiry holds by now. Reads 3 cells.
///
/// # Errors
/// [`OracleError::UnknownIndex`].
pub fn averaging<S: Store>(store: &S, index: IndexId, expiry: Day) -> Result<Averaging, OracleError> {
    let window = rules_of(store, index)?.window_days;
    let prints = prints::back_from(store, index, expiry);
    let (sum, samples) =
        prints.iter().take(window.into()).flatten().fold((0_u64, 0_u8), |(sum, samples), print| {
            (sum.saturating_add((*print).into()), samples.saturating_add(1))
        });
    Ok(Averaging { sum, samples, window })
}

/// The final settlement of an expiry as it stands, with its receipt. Reads 1 cell.
///
/// # Errors
/// [`OracleError::NotProposed`].
pub fn settlement_of<S: Store>(store: &S, index: IndexId, expiry: Day) -> Result<Settlement, OracleError> {
    store.settlement(index, expiry).ok_or(OracleError::NotProposed)
}

/// The rules of an index. Reads 1 cell.
///
/// # Errors
/// [`OracleError::UnknownIndex`].
pub fn rules_of<S: Store>(store: &S, index: IndexId) -> Result<Rules, OracleError> {
    store.setup(index).map(|setup| setup.rules).ok_or(OracleError::UnknownIndex)
}

/// How good the index is now: see [`allows`](super::validity::allows). Reads 2 cells.
///
/// # Errors
/// [`OracleError::UnknownIndex`].
pub fn validity_of<S: Store>(store: &S, index: IndexId, now: Seconds) -> Result<Validity, OracleError> {
    Ok(validity_now(&rules_of(store, index)?, &store.state(index), now))
}

/// How good an index of such a state is now.
fn validity_now(rules: &Rules, state: &IndexState, now: Seconds) -> Validity {
    match (state.last, state.pending) {
        (None, _) => Validity::Invalid,
        (Some(last), _) if now.since(last.published_at) > rules.max_staleness => Validity::Invalid,
        (_, Some(pending)) => pending.validity,
        (_, None) if state.probation => Validity::NeedsConfirmation,
        (_, None) => Validity::Valid,
    }
}

/// Price times seconds since the first print, up to now, in atoms per million units times seconds. Of two readings, the
/// difference over the seconds between them is the time-weighted average price, not rounded yet. Reads 1 cell.
///
/// # Errors
/// [`OracleError::NoPrint`].
pub fn accumulator<S: Store>(store: &S, index: IndexId, now: Seconds) -> Result<u64, OracleError> {
    let state = store.state(index);
    state.last.map(|_| state.accumulator(now)).ok_or(OracleError::NoPrint)
}

/// What the register holds about a reporter: place, record and stake. Reads 2 cells.
///
/// # Errors
/// [`OracleError::UnknownReporter`].
pub fn reporter_of<S: Store>(store: &S, index: IndexId, reporter: Address) -> Result<(u8, Record, Stake), OracleError> {
    let reporters = store.reporters(index);
    let found = reporters.iter().find(|(_, address, _)| *address == reporter);
    let (place, _, record) = found.ok_or(OracleError::UnknownReporter)?;
    Ok((place, record, store.stakes(index).at(place)))
}

/// What an address may collect besides earnings, and from when. Reads 1 cell.
pub fn due_to<S: Store>(store: &S, index: IndexId, whom: Address) -> Due {
    store.due(index, whom)
}
