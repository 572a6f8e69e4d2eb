//! `veto`: the guardian stops an action for good.

use super::{Env, Event, GovernanceError, NOMINATE_GUARDIAN, State, Store};

/// Stops an action that is not executed. The nomination of a guardian cannot be vetoed: otherwise a malicious guardian
/// could never be replaced. Reads 2 cells, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::UnknownAction`], [`GovernanceError::WrongState`],
/// [`GovernanceError::NotVetoable`].
pub fn veto<S: Store>(store: &mut S, env: Env, id: u32) -> Result<(), GovernanceError> {
    store.founded()?.only_guardian(env.caller)?;
    let mut action = store.action(id).ok_or(GovernanceError::UnknownAction)?;
    action.state = action.state.to(State::Cancelled)?;
    if action.target == store.this() && action.selector == NOMINATE_GUARDIAN {
        return Err(GovernanceError::NotVetoable);
    }
    store.set_action(id, &action);
    store.emit(Event::Vetoed { id });
    Ok(())
}
