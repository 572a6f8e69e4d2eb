//! Governance takes from a reporter's bond what a proven fault costs.

use super::{Address, Due, Env, Event, IndexId, OracleError, Store, only_governance};

/// Moves an amount from the bond of a reporter to the pot, also of one who has left as long as their bond is not free.
/// Only governance. Only the honest reporters gain by it, because the pot pays them. Cells: reads 4 (setup, reporters,
/// stakes, authority; due if they have left), writes 2.
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
    let due = store.due(index, reporter);
    let at_stake = match place {
        Some(place) => stakes.at(place).bond,
        None if env.now < due.free_at => due.amount,
        None => 0,
    };
    if amount == 0 || amount > at_stake {
        return Err(OracleError::BadAmount);
    }
    match place {
        Some(place) => {
            stakes.slash(place, amount);
            reporters.set_bonded(place, setup.reporting.suffices(stakes.at(place).bond, reporters.is_bonded(place)));
            store.set_reporters(index, &reporters);
            store.emit(Event::Slashed { index, place, amount });
        }
        None => {
            stakes.pot = stakes.pot.checked_add(amount).ok_or(OracleError::BadAmount)?;
            store.set_due(index, reporter, &Due { amount: due.amount.saturating_sub(amount), ..due });
            store.emit(Event::DueSlashed { index, reporter, amount });
        }
    }
    store.set_stakes(index, &stakes);
    Ok(())
}
