//! Opens an index or changes its rules.

use super::{Env, Event, IndexId, OracleError, Rules, Setup, Store, only_governance};

/// Opens an index or changes its rules. Only governance.
///
/// New rules of pricing put a live index on probation: its next print has to be confirmed whatever its move. Blend and
/// reference score are fixed once there is a print.
/// Cells: reads 4 (setup, state, reporters, authority), writes 2.
///
/// # Errors
/// [`OracleError::NotAuthorised`], [`OracleError::BadRules`], also where more providers come to be wanted than are in
/// force and have sold something, or than stay in a version that waits, [`OracleError::ScaleIsFixed`],
/// [`OracleError::BadReporting`] when the commitments would end outside of the window.
pub fn set_index<S: Store>(store: &mut S, env: Env, index: IndexId, rules: Rules) -> Result<(), OracleError> {
    only_governance(store, &env)?;
    rules.check()?;
    let before = store.setup(index);
    let setup = Setup { rules, ..before.unwrap_or_default() };
    setup.reporting.check(&rules)?;
    if let Some(Setup { rules: before, .. }) = before {
        let mut state = store.state(index);
        if state.last.is_some() && !rules.same_scale(&before) {
            return Err(OracleError::ScaleIsFixed);
        }
        // Whoever has never sold anything is in no print, and with fewer a version that waits would come into force
        // never.
        let (basket, wanted) = (&setup.basket, rules.min_providers);
        let has_sold = |place| state.volumes.has_sold(place);
        let few = basket.in_force(has_sold) < wanted.into() || basket.waits() && !basket.keeps(wanted, has_sold);
        if state.last.is_some() && few && rules.min_providers > before.min_providers {
            return Err(OracleError::BadRules);
        }
        if !rules.same_pricing(&before) {
            state.probation = true;
            store.set_state(index, &state);
        }
    }
    store.set_setup(index, &setup);
    store.emit(Event::IndexSet { index, rules: &rules });
    Ok(())
}
