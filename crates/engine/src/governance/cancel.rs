//! `cancel`: the governor withdraws an action.

use super::{Env, Event, GovernanceError, State, Store};

/// Withdraws an action that is not executed. Reads 2 cells, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::UnknownAction`], [`GovernanceError::WrongState`].
pub fn cancel<S: Store>(store: &mut S, env: Env, id: u32) -> Result<(), GovernanceError> {
    store.founded()?.only_governor(env.caller)?;
    let mut action = store.action(id).ok_or(GovernanceError::UnknownAction)?;
    action.state = action.state.to(State::Cancelled)?;
    store.set_action(id, &action);
    store.emit(Event::Cancelled { id });
    Ok(())
}
