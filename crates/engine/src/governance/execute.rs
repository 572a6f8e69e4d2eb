//! `execute`: anyone executes a queued action when its time has come.

use super::propose::payload_hash;
use super::{AcceptedMargin, Action, Charter, Env, Event, GovernanceError, PendingMargin, SET_RISK, State, Store};

/// Marks an action as executed and gives it back for the call; the caller of this function must call `action.target`
/// with `calldata` next and undo everything if that fails. Marked first, it cannot be executed twice, not even from
/// within its own call. Reads 3 cells (5 for a margin set), writes 1 (2).
///
/// # Errors
/// [`GovernanceError::UnknownAction`], [`GovernanceError::WrongState`], [`GovernanceError::PayloadChanged`],
/// [`GovernanceError::WrongCouncilEpoch`], [`GovernanceError::NotReady`], [`GovernanceError::Expired`],
/// [`GovernanceError::QueuedBeforeSeal`]; for a margin set also [`GovernanceError::MarginBaseMoved`] and
/// [`GovernanceError::MarginTooSoon`].
pub fn execute<S: Store>(store: &mut S, env: Env, id: u32, calldata: &[u8]) -> Result<Action, GovernanceError> {
    let mut action = store.action(id).ok_or(GovernanceError::UnknownAction)?;
    action.state = action.state.to(State::Executed)?;
    if payload_hash(store, store.this(), id, action.target, action.window, calldata) != action.payload_hash {
        return Err(GovernanceError::PayloadChanged);
    }
    let council = store.council().ok_or(GovernanceError::NotFounded)?;
    if action.council_epoch != council.epoch {
        return Err(GovernanceError::WrongCouncilEpoch);
    }
    if env.now < action.ready_at {
        return Err(GovernanceError::NotReady);
    }
    if env.now > action.window.not_after {
        return Err(GovernanceError::Expired);
    }
    let charter = store.founded()?;
    if action.genesis && charter.is_sealed(env.now) {
        return Err(GovernanceError::QueuedBeforeSeal);
    }
    let accepted = if action.selector == SET_RISK {
        let pending = store.pending_margin(id).ok_or(GovernanceError::CertificateRequired)?;
        Some((pending.product, accept(store, env, &charter, &pending)?))
    } else {
        None
    };

    store.set_action(id, &action);
    store.emit(Event::Executed { id });
    if let Some((product, margin)) = accepted {
        store.set_accepted_margin(product, &margin);
        store.emit(Event::MarginSetAccepted {
            product,
            sequence: margin.sequence,
            certificate_hash: margin.certificate_hash,
        });
    }
    Ok(action)
}

/// The margin set that comes into force. What it was compared with must still be in force, and old enough.
fn accept<S: Store>(
    store: &S,
    env: Env,
    charter: &Charter,
    pending: &PendingMargin,
) -> Result<AcceptedMargin, GovernanceError> {
    let last = store.accepted_margin(pending.product);
    let base = last.map_or(0, |margin| margin.sequence);
    if base != pending.base {
        return Err(GovernanceError::MarginBaseMoved);
    }
    let age = last.map(|margin| env.now.since(margin.accepted_at));
    if charter.is_sealed(env.now) && age.is_some_and(|age| age < charter.margin_rules.interval) {
        return Err(GovernanceError::MarginTooSoon);
    }
    Ok(AcceptedMargin {
        sequence: base.saturating_add(1),
        accepted_at: env.now,
        certificate_hash: pending.certificate_hash,
        profile: pending.profile,
    })
}
