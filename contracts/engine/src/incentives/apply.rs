//! `apply`: the owner of a seat asks for designation.

use super::{Clearing, Env, Event, IncentivesError, Maker, Programme, Sink, Status, Store};

/// Asks for the designation of a seat. Its collateral must meet the capital requirement. Reads 2 cells and asks clearing
/// twice, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::OnlyOwner`], [`IncentivesError::AlreadyApplied`],
/// [`IncentivesError::CapitalTooLow`], [`IncentivesError::ClearingFailed`].
pub fn apply<S: Store + Sink + Clearing>(store: &mut S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    let programme = store.connected()?;
    only_owner(store, env, seat)?;
    let maker = match store.maker(seat) {
        None => Maker::new(),
        Some(mut maker) => {
            maker.status = maker.status.to(Status::Applied).map_err(|_| IncentivesError::AlreadyApplied)?;
            maker
        }
    };
    check_capital(store, &programme, seat)?;
    store.set_maker(seat, &maker);
    store.emit(Event::Applied { seat });
    Ok(())
}

/// Lets only the owner of a seat through.
pub(super) fn only_owner<S: Clearing>(store: &S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    if store.seat_owner(seat)? == env.caller { Ok(()) } else { Err(IncentivesError::OnlyOwner) }
}

/// Refuses a seat below the capital requirement.
pub(super) fn check_capital<S: Clearing>(store: &S, programme: &Programme, seat: u32) -> Result<(), IncentivesError> {
    if store.collateral(seat)? >= programme.parameters.capital { Ok(()) } else { Err(IncentivesError::CapitalTooLow) }
}
