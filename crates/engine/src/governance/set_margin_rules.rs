//! `set_margin_rules`: changes the rules that a margin set must satisfy.

use super::{Env, Event, GovernanceError, MarginRules, Store, only_itself};

/// Changes speed limit, floor and interval of margin sets proposed from now on, within their hard bounds. An own
/// action. Reads 1 cell, writes 1.
///
/// # Errors
/// [`GovernanceError::NotAuthorised`], [`GovernanceError::BadMarginRules`].
pub fn set_margin_rules<S: Store>(store: &mut S, env: Env, rules: MarginRules) -> Result<(), GovernanceError> {
    only_itself(store, &env)?;
    rules.validate()?;
    let mut charter = store.founded()?;
    charter.margin_rules = rules;
    store.set_charter(&charter);
    store.emit(Event::MarginRulesChanged { rules });
    Ok(())
}
