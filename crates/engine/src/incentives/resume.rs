//! `resume`: a suspended maker has the required capital again.

use super::{Clearing, Env, Event, IncentivesError, Status, Store, epoch_of};

/// Ends a suspension once the collateral meets the requirement again. The current epoch still earns nothing. Reads 2
/// cells and asks clearing once, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAuthorised`], [`IncentivesError::NotAMaker`],
/// [`IncentivesError::WrongStatus`], [`IncentivesError::CapitalTooLow`], [`IncentivesError::ClearingFailed`].
pub fn resume<S: Store + Clearing>(store: &mut S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    let programme = store.connected()?;
    let mut maker = store.maker(seat).ok_or(IncentivesError::NotAMaker)?;
    maker.only_owner(env)?;
    if !maker.is_suspended() {
        return Err(IncentivesError::WrongStatus);
    }
    programme.check_capital(store.holder(seat)?.collateral)?;
    if maker.status == Status::Suspended {
        maker.status = maker.status.to(Status::Designated)?;
    }
    maker.unpaid_to = epoch_of(env.now);
    store.set_maker(seat, &maker);
    store.emit(Event::Resumed { seat });
    Ok(())
}
