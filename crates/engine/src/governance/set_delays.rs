//! `set_delays`: changes the delays of the classes.

use super::{Delays, Env, Event, GovernanceError, Store, only_itself};

/// Changes the delays of actions queued from now on, within their hard bounds. An own action. Reads 1 cell, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::BadDelays`].
pub fn set_delays<S: Store>(store: &mut S, env: Env, delays: Delays) -> Result<(), GovernanceError> {
    only_itself(store, &env)?;
    delays.validate()?;
    let mut charter = store.founded()?;
    charter.delays = delays;
    store.set_charter(&charter);
    store.emit(Event::DelaysChanged { delays });
    Ok(())
}
