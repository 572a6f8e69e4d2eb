//! `nominate_governor`, `nominate_guardian`, `accept_governor`, `accept_guardian`: a role changes hands in two steps.

use super::{Address, Env, Event, GovernanceError, Role, Store, only_itself};

/// Names a successor. An own action; a later nomination replaces it. Reads 1 cell, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::ZeroAddress`].
pub fn nominate<S: Store>(store: &mut S, env: Env, role: Role, nominee: Address) -> Result<(), GovernanceError> {
    only_itself(store, &env)?;
    if nominee == [0; 20] {
        return Err(GovernanceError::ZeroAddress);
    }
    let mut charter = store.founded()?;
    match role {
        Role::Governor => charter.governor_nominee = nominee,
        Role::Guardian => charter.guardian_nominee = nominee,
    }
    store.set_charter(&charter);
    store.emit(Event::Nominated { role, nominee });
    Ok(())
}

/// Takes the role over. Only the nominee can, which proves that he has his key. Reads 1 cell, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::RolesMustDiffer`].
pub fn accept_role<S: Store>(store: &mut S, env: Env, role: Role) -> Result<(), GovernanceError> {
    let mut charter = store.founded()?;
    let (nominee, other) = match role {
        Role::Governor => (charter.governor_nominee, charter.guardian),
        Role::Guardian => (charter.guardian_nominee, charter.governor),
    };
    if nominee == [0; 20] || env.caller != nominee {
        return Err(GovernanceError::NotAuthorised);
    }
    if nominee == other {
        return Err(GovernanceError::RolesMustDiffer);
    }
    match role {
        Role::Governor => {
            charter.governor = nominee;
            charter.governor_nominee = [0; 20];
        }
        Role::Guardian => {
            charter.guardian = nominee;
            charter.guardian_nominee = [0; 20];
        }
    }
    store.set_charter(&charter);
    store.emit(Event::RoleAccepted { role, holder: nominee });
    Ok(())
}
