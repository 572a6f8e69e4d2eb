//! Governance takes from a reporter's bond what a proven fault costs.

use super::{Address, Env, Event, IndexId, OracleError, Store, only_governance};

/// Moves an amount from the bond of a reporter to the pot, and what the bond does not have from what they left with as
/// long as that is not free: also of one who has left, and of one who has left and come back. Only governance. Only the
/// honest reporters gain by it, because the pot pays them. Cells: reads 5 (setup, reporters, stakes, due, authority),
/// writes 2 or 3.
///
/// # Errors
/// [`OracleError::NotAuthorised`], [`OracleError::UnknownIndex`], [`OracleError::BadAmount`] for nothing or more than
/// is at stake.
pub fn slash<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    reporter: Address,
    amount: u64,
) -> Result<(), OracleError> {
    only_governance(store, &env)?;
    let setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let mut stakes = store.stakes(index);
    let mut reporters = store.reporters(index);
    let place = reporters.place_of(reporter);
    let mut due = store.due(index, reporter);
    let bond = place.map_or(0, |place| stakes.at(place).bond);
    let unbonding = if env.now < due.free_at { due.amount } else { 0 };
    if amount == 0 || amount > bond.saturating_add(unbonding) || stakes.pot.checked_add(amount).is_none() {
        return Err(OracleError::BadAmount);
    }
    let slashed = place.map_or(0, |place| stakes.slash(place, amount));
    if let Some(place) = place.filter(|_| slashed > 0) {
        reporters.set_bonded(place, setup.reporting.suffices(stakes.at(place).bond, reporters.is_bonded(place)));
        store.set_reporters(index, &reporters);
        store.emit(Event::Slashed { index, place, amount: slashed });
    }
    let rest = amount.saturating_sub(slashed);
    if rest > 0 {
        stakes.pot = stakes.pot.saturating_add(rest);
        due.amount = due.amount.saturating_sub(rest);
        store.set_due(index, reporter, &due);
        store.emit(Event::DueSlashed { index, reporter, amount: rest });
    }
    store.set_stakes(index, &stakes);
    Ok(())
}
