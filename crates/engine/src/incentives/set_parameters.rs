//! `set_parameters`: governance changes what makers owe.

use super::{Env, Event, IncentivesError, Parameters, Store};

/// Changes the parameters, with effect on the current epoch. Reads 1 cell, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAuthorised`], [`IncentivesError::BadParameters`],
/// [`IncentivesError::CloseFirst`].
pub fn set_parameters<S: Store>(store: &mut S, env: Env, parameters: Parameters) -> Result<(), IncentivesError> {
    let mut programme = store.connected()?;
    programme.only_governance(env)?;
    parameters.validate()?;
    programme.all_closed(env.now)?;
    programme.parameters = parameters;
    store.set_programme(&programme);
    store.emit(Event::ParametersChanged { parameters });
    Ok(())
}
