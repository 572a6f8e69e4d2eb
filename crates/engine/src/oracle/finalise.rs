//! Makes a proposed final price final.

use super::{Address, Env, Event, IndexId, OracleError, Settlement, Status, Store, stakes::owe};
use crate::calendar::Day;

/// Sets the final price of an expiry, for ever: when the time for a dispute is over, or, of a dispute that nobody
/// resolved, when the fallback delay is over. Anyone may call. Cells: reads 2 (setup, settlement), writes 1; one more
/// of each for the bond of an unresolved dispute.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::NotProposed`], [`OracleError::AlreadyFinal`],
/// [`OracleError::DisputeRunning`], [`OracleError::Disputed`].
pub fn finalise<S: Store>(store: &mut S, env: Env, index: IndexId, expiry: Day) -> Result<u32, OracleError> {
    let rules = store.setup(index).ok_or(OracleError::UnknownIndex)?.rules;
    let held = store.settlement(index, expiry).ok_or(OracleError::NotProposed)?;
    let (delay, refusal) = match held.status {
        Status::Proposed | Status::Resolved => (rules.dispute_delay, OracleError::DisputeRunning),
        Status::Disputed => (rules.fallback_delay, OracleError::Disputed),
        Status::Final => return Err(OracleError::AlreadyFinal),
    };
    if env.now < held.since.later(delay) {
        return Err(refusal);
    }
    // Only a dispute that nobody resolved still has its bond.
    owe(store, index, held.disputer, held.dispute_bond, env.now);
    let (disputer, dispute_bond) = (Address::default(), 0);
    let settlement = Settlement { status: Status::Final, since: env.now, disputer, dispute_bond, ..held };
    store.set_settlement(index, expiry, &settlement);
    store.emit(Event::SettlementChanged { index, expiry, settlement: &settlement });
    Ok(settlement.price)
}
