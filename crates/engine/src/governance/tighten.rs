//! `tighten`: the guardian sends at once what only tightens.

use super::propose::{class_of, selector_of};
use super::{Address, Class, Env, Event, GovernanceError, SET_RISK, Store};

/// Lets the guardian call `target` with `calldata` without delay, if the message is registered as [`Class::Tighten`].
/// The caller of this function must make the call next and undo everything if that fails. Reads 2 cells.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::BadCalldata`], [`GovernanceError::NotTightening`].
pub fn tighten<S: Store>(store: &mut S, env: Env, target: Address, calldata: &[u8]) -> Result<(), GovernanceError> {
    store.founded()?.only_guardian(env.caller)?;
    let selector = selector_of(calldata)?;
    if selector == SET_RISK || class_of(store, target, selector) != Class::Tighten {
        return Err(GovernanceError::NotTightening);
    }
    store.emit(Event::Tightened { target, calldata });
    Ok(())
}
