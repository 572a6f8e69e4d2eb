//! `new` and `connect`: the programme is founded under governance, and governance connects it to clearing once.

use super::{Address, Budget, Env, Event, IncentivesError, Parameters, Programme, Store, epoch_of};

/// Founds the programme. Writes 1 cell.
///
/// # Errors
/// [`IncentivesError::ZeroAddress`].
pub fn found<S: Store>(store: &mut S, governance: Address) -> Result<(), IncentivesError> {
    if governance == [0; 20] {
        return Err(IncentivesError::ZeroAddress);
    }
    store.set_programme(&Programme {
        governance,
        clearing: [0; 20],
        parameters: Parameters::INITIAL,
        budget: Budget::default(),
        owed: 0,
        next_epoch: 0,
        slots: 0,
    });
    Ok(())
}

/// Names clearing. The first epoch to be closed is the current one. Reads 1 cell, writes 1.
///
/// # Errors
/// [`IncentivesError::NotAuthorised`], [`IncentivesError::AlreadyConnected`], [`IncentivesError::ZeroAddress`].
pub fn connect<S: Store>(store: &mut S, env: Env, clearing: Address) -> Result<(), IncentivesError> {
    let mut programme = store.programme().ok_or(IncentivesError::NotConnected)?;
    programme.only_governance(env)?;
    if programme.is_connected() {
        return Err(IncentivesError::AlreadyConnected);
    }
    if clearing == [0; 20] {
        return Err(IncentivesError::ZeroAddress);
    }
    programme.clearing = clearing;
    programme.next_epoch = epoch_of(env.now);
    store.set_programme(&programme);
    store.emit(Event::Connected { clearing });
    Ok(())
}
