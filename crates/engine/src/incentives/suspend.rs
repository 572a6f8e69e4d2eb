//! `suspend`: anyone has a maker suspended who lacks capital.

use super::{Clearing, Env, Event, IncentivesError, Status, Store, epoch_of};

/// Suspends a maker whose collateral is below the requirement, also one that has given notice. The current epoch and
/// all until they resume earn nothing. Reads 2 cells and asks clearing once, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAMaker`], [`IncentivesError::WrongStatus`],
/// [`IncentivesError::CapitalSuffices`], [`IncentivesError::ClearingFailed`].
pub fn suspend<S: Store + Clearing>(store: &mut S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    let programme = store.connected()?;
    let mut maker = store.maker(seat).ok_or(IncentivesError::NotAMaker)?;
    // A maker who has given notice still leaves, and is not paid either.
    if maker.status != Status::Leaving {
        maker.status = maker.status.to(Status::Suspended)?;
    } else if maker.is_suspended() {
        return Err(IncentivesError::WrongStatus);
    }
    if programme.check_capital(store.holder(seat)?.collateral).is_ok() {
        return Err(IncentivesError::CapitalSuffices);
    }
    // An earlier suspension whose epochs are not closed yet is joined to this one.
    let open = maker.unpaid_to >= programme.next_epoch && maker.unpaid_from <= maker.unpaid_to;
    if !open {
        maker.unpaid_from = epoch_of(env.now);
    }
    maker.unpaid_to = u32::MAX;
    store.set_maker(seat, &maker);
    store.emit(Event::Suspended { seat });
    Ok(())
}
