//! `suspend`: anyone points out that a maker lacks capital.

use super::{Clearing, Env, Event, IncentivesError, Status, Store, epoch_of};

/// Suspends a maker whose collateral is below the requirement. The current epoch and all until he resumes earn nothing.
/// Reads 2 cells and asks clearing once, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAMaker`], [`IncentivesError::WrongStatus`],
/// [`IncentivesError::CapitalSuffices`], [`IncentivesError::ClearingFailed`].
pub fn suspend<S: Store + Clearing>(store: &mut S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    let programme = store.connected()?;
    let mut maker = store.maker(seat).ok_or(IncentivesError::NotAMaker)?;
    maker.status = maker.status.to(Status::Suspended)?;
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
