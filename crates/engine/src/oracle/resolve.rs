//! Resolves a dispute.

use super::{
    Env, Event, IndexId, OracleError, Settlement, Status, Store, only_governance, settlement::average, stakes::owe,
};
use crate::calendar::Day;

/// Resolves a dispute: takes the prints marked in `voided` (bit `k` is the day `k` days before the expiry) out and
/// proposes the average of the rest; 0 dismisses the dispute. Only governance. The time for a dispute runs again, for
/// everyone to see the new receipt, but a second dispute is not possible.
///
/// Voided prints count as gaps and no more gaps are allowed than ever: governance cannot leave a price of its choice.
/// The bond of a dispute that was right comes back twofold as far as the pot reaches, of one that was wrong it goes
/// there. Cells: reads 5 (setup, settlement, authority, two pages of prints), writes 1; with a bond 2 more of each.
///
/// # Errors
/// [`OracleError::NotAuthorised`], [`OracleError::UnknownIndex`], [`OracleError::NotDisputed`],
/// [`OracleError::TooManyGaps`], [`OracleError::TooFewSamples`].
pub fn resolve<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    expiry: Day,
    voided: u64,
) -> Result<Settlement, OracleError> {
    only_governance(store, &env)?;
    let rules = store.setup(index).ok_or(OracleError::UnknownIndex)?.rules;
    let held = store.settlement(index, expiry).filter(|held| held.status == Status::Disputed);
    let held = held.ok_or(OracleError::NotDisputed)?;
    let average = average(store, &rules, index, expiry, voided, held.fallback)?;
    if held.dispute_bond > 0 {
        let mut stakes = store.stakes(index);
        if voided == 0 {
            stakes.pot = stakes.pot.saturating_add(held.dispute_bond);
        } else {
            let prize = stakes.pot.min(held.dispute_bond);
            stakes.pot = stakes.pot.saturating_sub(prize);
            owe(store, index, held.disputer, held.dispute_bond.saturating_add(prize), env.now);
        }
        store.set_stakes(index, &stakes);
    }
    let settlement = Settlement { status: Status::Resolved, since: env.now, ..average };
    store.set_settlement(index, expiry, &settlement);
    store.emit(Event::SettlementChanged { index, expiry, settlement: &settlement });
    Ok(settlement)
}
