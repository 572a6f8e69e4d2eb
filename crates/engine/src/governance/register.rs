//! `register`: points a name to a new version.

use super::{Address, Env, Event, GovernanceError, Hash, Store, Version, only_itself};

/// Points a name to a contract. An own action. Reads 1 cell, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::ZeroAddress`].
pub fn register<S: Store>(store: &mut S, env: Env, name: Hash, target: Address) -> Result<(), GovernanceError> {
    only_itself(store, &env)?;
    if target == [0; 20] {
        return Err(GovernanceError::ZeroAddress);
    }
    let last = store.version(name);
    let version = Version {
        target,
        previous: last.map_or([0; 20], |last| last.target),
        version: last.map_or(0, |last| last.version).saturating_add(1),
        since: env.now,
    };
    store.set_version(name, &version);
    store.emit(Event::Registered { name, target, version: version.version });
    Ok(())
}
