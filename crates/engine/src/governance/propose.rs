//! `propose`: the governor proposes an action.

use super::{
    Action, Address, Charter, Class, Env, Event, GovernanceError, Hash, MAX_CALLDATA_BYTES, SET_RISK, Selector, State,
    Store, Window, payload_preimage,
};
use crate::units::Seconds;

/// Proposes the call of `target` with `calldata` and gives the action's number. Its class is the table's, and that of
/// its last approval where this is graver ([`super::approve()`]). Reads 2 cells, writes 2.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::ZeroAddress`], [`GovernanceError::BadCalldata`],
/// [`GovernanceError::BadWindow`], and [`GovernanceError::CertificateRequired`] for a margin set.
pub fn propose<S: Store>(
    store: &mut S,
    env: Env,
    target: Address,
    calldata: &[u8],
    window: Window,
) -> Result<u32, GovernanceError> {
    let charter = store.founded()?;
    charter.only_governor(env.caller)?;
    let selector = selector_of(calldata)?;
    if selector == SET_RISK {
        return Err(GovernanceError::CertificateRequired);
    }
    let class = class_of(store, target, selector);
    let action = prepare(store, env, &charter, target, calldata, class, window)?;
    Ok(record(store, charter, &action, calldata))
}

/// The message that calldata call.
pub(super) fn selector_of(calldata: &[u8]) -> Result<Selector, GovernanceError> {
    if calldata.len() > MAX_CALLDATA_BYTES {
        return Err(GovernanceError::BadCalldata);
    }
    calldata.first_chunk().copied().ok_or(GovernanceError::BadCalldata)
}

/// The class of a message. Governance's own are critical, and so is what the table does not know.
pub fn class_of<S: Store>(store: &S, target: Address, selector: Selector) -> Class {
    if target == store.this() {
        return Class::Critical;
    }
    store.class(target, selector).unwrap_or(Class::Critical)
}

/// Checks an action and binds it to its payload, without writing.
pub(super) fn prepare<S: Store>(
    store: &S,
    env: Env,
    charter: &Charter,
    target: Address,
    calldata: &[u8],
    class: Class,
    window: Window,
) -> Result<Action, GovernanceError> {
    if target == [0; 20] {
        return Err(GovernanceError::ZeroAddress);
    }
    window.validate(env.now, charter.delay(class, env.now))?;
    Ok(Action {
        state: State::Proposed,
        class,
        genesis: false,
        target,
        selector: selector_of(calldata)?,
        payload_hash: payload_hash(store, store.this(), charter.next_id, target, window, calldata),
        window,
        ready_at: Seconds(0),
        council_epoch: 0,
        approvals: 0,
    })
}

/// Writes a prepared action under the next number.
pub(super) fn record<S: Store>(store: &mut S, mut charter: Charter, action: &Action, calldata: &[u8]) -> u32 {
    let id = charter.next_id;
    charter.next_id = id.saturating_add(1);
    store.set_charter(&charter);
    store.set_action(id, action);
    store.emit(Event::Proposed {
        id,
        target: action.target,
        calldata,
        payload_hash: action.payload_hash,
        class: action.class,
        window: action.window,
    });
    id
}

/// What approvals are bound to.
pub(super) fn payload_hash<S: Store>(
    store: &S,
    this: Address,
    id: u32,
    target: Address,
    window: Window,
    calldata: &[u8],
) -> Hash {
    store.keccak(&payload_preimage(this, id, target, window, store.keccak(calldata)))
}
