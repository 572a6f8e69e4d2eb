//! `approve`: a member of the council approves an action; the last approval needed queues it.

use super::{Env, Event, GovernanceError, Hash, SET_RISK, State, Store, class_of};

/// Approves an action. The caller states what they approve, payload and council, so that an approval made for one thing
/// can never count for another. With the last approval needed the delay begins: that of the graver of the class that
/// the action was proposed with and the one that the table has by now. Reads 4 cells, writes 1. Returns whether the
/// action is queued now.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::WrongCouncilEpoch`], [`GovernanceError::UnknownAction`],
/// [`GovernanceError::WrongState`], [`GovernanceError::PayloadChanged`], [`GovernanceError::Expired`],
/// [`GovernanceError::AlreadyApproved`], and [`GovernanceError::BadWindow`] when the delay would outlast the window.
pub fn approve<S: Store>(
    store: &mut S,
    env: Env,
    id: u32,
    payload_hash: Hash,
    council_epoch: u32,
) -> Result<bool, GovernanceError> {
    let council = store.council().ok_or(GovernanceError::NotFounded)?;
    let bit = council.bit_of(env.caller).ok_or(GovernanceError::NotAuthorised)?;
    if council_epoch != council.epoch {
        return Err(GovernanceError::WrongCouncilEpoch);
    }
    let mut action = store.action(id).ok_or(GovernanceError::UnknownAction)?;
    if action.state != State::Proposed {
        return Err(GovernanceError::WrongState);
    }
    if payload_hash != action.payload_hash {
        return Err(GovernanceError::PayloadChanged);
    }
    if env.now > action.window.not_after {
        return Err(GovernanceError::Expired);
    }
    if action.council_epoch != council.epoch {
        action.council_epoch = council.epoch;
        action.approvals = 0;
    }
    if action.approvals & bit != 0 {
        return Err(GovernanceError::AlreadyApproved);
    }
    action.approvals |= bit;

    let queued = action.approvals.count_ones() >= u32::from(council.threshold);
    if queued {
        let charter = store.founded()?;
        // A margin set has the class of its move; what the table says of any other counts when the delay begins, too.
        if action.selector != SET_RISK {
            action.class = action.class.graver(class_of(store, action.target, action.selector));
        }
        let delay = charter.delay(action.class, env.now);
        action.window.validate(env.now, delay)?;
        action.state = action.state.to(State::Queued)?;
        action.genesis = !charter.is_sealed(env.now);
        action.ready_at = env.now.later(delay).max(action.window.not_before);
    }
    store.set_action(id, &action);
    store.emit(Event::Approved { id, member: env.caller });
    if queued {
        store.emit(Event::Queued { id, ready_at: action.ready_at });
    }
    Ok(queued)
}
