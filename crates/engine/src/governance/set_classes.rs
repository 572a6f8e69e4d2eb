//! `set_classes`: registers the class of messages.

use super::{Address, Class, Env, Event, GovernanceError, SET_RISK, Selector, Store, only_itself};

/// Most selectors in one message: each writes a cell.
pub const MAX_SELECTORS: usize = 32;

/// Registers the class of messages of one contract. Actions already proposed keep theirs. An own action. Writes a cell
/// for each selector, at most [`MAX_SELECTORS`].
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::BadLength`], [`GovernanceError::ZeroAddress`],
/// [`GovernanceError::OwnMessagesAreCritical`], [`GovernanceError::CertificateRequired`] for the message of margin
/// sets.
pub fn set_classes<S: Store>(
    store: &mut S,
    env: Env,
    target: Address,
    selectors: &[Selector],
    class: Class,
) -> Result<(), GovernanceError> {
    only_itself(store, &env)?;
    if selectors.is_empty() || selectors.len() > MAX_SELECTORS {
        return Err(GovernanceError::BadLength);
    }
    if target == [0; 20] {
        return Err(GovernanceError::ZeroAddress);
    }
    if target == store.this() {
        return Err(GovernanceError::OwnMessagesAreCritical);
    }
    if selectors.contains(&SET_RISK) {
        return Err(GovernanceError::CertificateRequired);
    }
    for selector in selectors {
        store.set_class(target, *selector, class);
        store.emit(Event::ClassChanged { target, selector: *selector, class });
    }
    Ok(())
}
