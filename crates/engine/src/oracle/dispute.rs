//! Disputes a proposed final price.

use super::{Address, Env, Event, IndexId, OracleError, Settlement, Status, Store};
use crate::calendar::Day;

/// Freezes a proposed settlement until it is resolved, or until the fallback delay is over. By governance, or by anyone
/// with the dispute bond of the index; within the time for a dispute, once for each expiry. Returns the bond in quote
/// atoms, zero for governance, which the caller of this function must take from the disputer next and undo everything
/// if that fails. Cells: reads 3 (setup, settlement, authority), writes 1.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::NotAuthorised`] where the index knows no dispute bond,
/// [`OracleError::NotProposed`], [`OracleError::AlreadyFinal`], [`OracleError::Disputed`],
/// [`OracleError::DisputeOver`].
pub fn dispute<S: Store>(store: &mut S, env: Env, index: IndexId, expiry: Day) -> Result<u64, OracleError> {
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let (disputer, dispute_bond) = match setup.reporting.dispute_bond {
        _ if env.caller == store.governance() => (Address::default(), 0),
        0 => return Err(OracleError::NotAuthorised),
        bond => (env.caller, bond),
    };
    let held = store.settlement(index, expiry).ok_or(OracleError::NotProposed)?;
    match held.status {
        Status::Proposed if env.now < held.since.later(setup.rules.dispute_delay) => {}
        Status::Proposed | Status::Resolved => return Err(OracleError::DisputeOver),
        Status::Disputed => return Err(OracleError::Disputed),
        Status::Final => return Err(OracleError::AlreadyFinal),
    }
    let settlement = Settlement { status: Status::Disputed, since: env.now, disputer, dispute_bond, ..held };
    store.set_settlement(index, expiry, &settlement);
    store.emit(Event::SettlementChanged { index, expiry, settlement: &settlement });
    Ok(dispute_bond)
}
