//! `nominate_governor`, `nominate_guardian`, `accept_governor`, `accept_guardian`: a role changes hands in two steps.

use super::{Address, Env, Event, GovernanceError, Role, Store, only_itself};
use crate::calendar::DAY;

/// How long a nominee may take to accept: two weeks. Without an end, a key that nobody has heard of for long would
/// still open the role.
pub const NOMINATION_SECONDS: u32 = 14 * DAY;

/// Names a successor, who may accept within [`NOMINATION_SECONDS`]; the zero address takes a nomination back. An own
/// action; a later nomination replaces it. Reads 1 cell, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`].
pub fn nominate<S: Store>(store: &mut S, env: Env, role: Role, nominee: Address) -> Result<(), GovernanceError> {
    only_itself(store, &env)?;
    let mut charter = store.founded()?;
    let until = env.now.later(NOMINATION_SECONDS);
    match role {
        Role::Governor => (charter.governor_nominee, charter.governor_until) = (nominee, until),
        Role::Guardian => (charter.guardian_nominee, charter.guardian_until) = (nominee, until),
    }
    store.set_charter(&charter);
    store.emit(Event::Nominated { role, nominee });
    Ok(())
}

/// Takes the role over. Only the nominee can, which proves that they hold the key. Reads 1 cell, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::Expired`], [`GovernanceError::RolesMustDiffer`].
pub fn accept_role<S: Store>(store: &mut S, env: Env, role: Role) -> Result<(), GovernanceError> {
    let mut charter = store.founded()?;
    let (nominee, until, other) = match role {
        Role::Governor => (charter.governor_nominee, charter.governor_until, charter.guardian),
        Role::Guardian => (charter.guardian_nominee, charter.guardian_until, charter.governor),
    };
    if nominee == [0; 20] || env.caller != nominee {
        return Err(GovernanceError::NotAuthorised);
    }
    if env.now >= until {
        return Err(GovernanceError::Expired);
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
