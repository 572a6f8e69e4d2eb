//! `seal`: ends genesis.

use super::{Env, Event, GovernanceError, Store};

/// Ends genesis: from now on every action waits its delay, and what was queued without one is void. Reads 1 cell,
/// writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::AlreadySealed`].
pub fn seal<S: Store>(store: &mut S, env: Env) -> Result<(), GovernanceError> {
    let mut charter = store.founded()?;
    if env.caller != charter.deployer {
        return Err(GovernanceError::NotAuthorised);
    }
    if charter.is_sealed(env.now) {
        return Err(GovernanceError::AlreadySealed);
    }
    charter.sealed = true;
    store.set_charter(&charter);
    store.emit(Event::Sealed { deployer: env.caller });
    Ok(())
}
