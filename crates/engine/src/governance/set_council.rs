//! `set_council`: seats a new council.

use super::{Address, Council, Env, Event, GovernanceError, Store, only_itself};

/// Seats a new council. Every approval given before is void, also of queued actions: they have to be proposed again. An
/// own action. Reads 1 cell, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::BadCouncil`].
pub fn set_council<S: Store>(
    store: &mut S,
    env: Env,
    members: &[Address],
    threshold: u8,
) -> Result<(), GovernanceError> {
    only_itself(store, &env)?;
    let last = store.council().ok_or(GovernanceError::NotFounded)?;
    let council = Council::new(last.epoch.saturating_add(1), members, threshold)?;
    store.set_council(&council);
    store.emit(Event::CouncilChanged { epoch: council.epoch, threshold });
    Ok(())
}
