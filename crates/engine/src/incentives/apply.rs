//! `apply`: the owner of a seat asks for designation.

use super::{Clearing, Env, Event, Holder, IncentivesError, Maker, Status, Store};

/// Asks for the designation of a seat. Its collateral must meet the capital requirement. Reads 2 cells and asks
/// clearing once, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAuthorised`], [`IncentivesError::AlreadyApplied`],
/// [`IncentivesError::CapitalTooLow`], [`IncentivesError::ClearingFailed`].
pub fn apply<S: Store + Clearing>(store: &mut S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    let programme = store.connected()?;
    let Holder { owner, collateral } = store.holder(seat)?;
    if owner != env.caller {
        return Err(IncentivesError::NotAuthorised);
    }
    let maker = match store.maker(seat) {
        None => Maker::new(owner),
        Some(mut maker) => {
            maker.status = maker.status.to(Status::Applied).map_err(|_| IncentivesError::AlreadyApplied)?;
            maker.owner = owner;
            maker
        }
    };
    programme.check_capital(collateral)?;
    store.set_maker(seat, &maker);
    store.emit(Event::Applied { seat });
    Ok(())
}
