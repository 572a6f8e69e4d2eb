//! `follow`: the programme goes on with the next version of the clearing house.

use super::{Clearing, Event, IncentivesError, Store};

/// Names the clearing house in force in place of the one that the programme has known: designations, scores, what is
/// owed and the pool that it is owed from have moved there, under the seats that they had. Anyone may send it, since
/// the sender chooses nothing: the registry names the house, and the house is connected to this contract, which it only
/// is once everything has arrived. Reads 1 cell and asks the registry and that house, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NothingToFollow`], [`IncentivesError::ClearingFailed`] when
/// one of them does not answer.
pub fn follow<S: Store + Clearing>(store: &mut S) -> Result<(), IncentivesError> {
    let mut programme = store.connected()?;
    let next = store.house_in_force()?.filter(|next| *next != programme.clearing);
    programme.clearing = next.ok_or(IncentivesError::NothingToFollow)?;
    store.set_programme(&programme);
    store.emit(Event::Connected { clearing: programme.clearing });
    Ok(())
}
