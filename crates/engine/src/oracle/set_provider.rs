//! Puts a provider into the basket, changes its quality score, or takes it out.

use super::{Env, Event, IndexId, IndexState, OracleError, Scores, Store, only_governance};
use crate::calendar::Day;

/// Sets the quality score of a provider; zero takes it out of the basket. Only governance.
///
/// Before the first print it applies at once. After that it goes into the next version of the basket, which runs in the
/// shadow of the current one from the next day on ([`super::publish()`]); a change while it does restarts the shadow on
/// the next day, and one that leaves nothing to change calls it off.
///
/// As many providers that have sold something as the rules want at least have to be in both versions, or all that are
/// in force if those are fewer, so that no level is linked by those alone that enter: first others enter, then some
/// leave. Scores of those in force change while nobody enters or leaves, and by a tenth against each other at most.
/// Cells: reads 3 (setup, state, authority), writes 1.
///
/// # Errors
/// [`OracleError::NotAuthorised`], [`OracleError::UnknownIndex`], [`OracleError::BadProvider`],
/// [`OracleError::TooFewProviders`], [`OracleError::BadScoreChange`].
pub fn set_provider<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    provider: u8,
    score: u16,
) -> Result<(), OracleError> {
    only_governance(store, &env)?;
    let mut setup = store.setup(index).ok_or(OracleError::UnknownIndex)?;
    let reference = setup.rules.reference_score;
    // Within a factor of ten a price keeps the bounds on which the arithmetic of the index stands.
    let (low, high) = (u32::from(score.min(reference)), u32::from(score.max(reference)));
    if score > 0 && high > low.saturating_mul(10) {
        return Err(OracleError::BadProvider);
    }
    let basket = &mut setup.basket;
    let today = Day::of(env.now);
    let IndexState { last, volumes, .. } = store.state(index);
    let (scores, from) = if last.is_none() {
        (&mut basket.current, today)
    } else {
        if !basket.waits() {
            basket.next = basket.current;
        }
        basket.next_from = Day(today.0.saturating_add(1));
        (&mut basket.next, basket.next_from)
    };
    *scores.get_mut(usize::from(provider)).ok_or(OracleError::BadProvider)? = score;
    let waits = basket.waits();
    if waits && !basket.keeps(setup.rules.min_providers, |place| volumes.has_sold(place)) {
        return Err(OracleError::TooFewProviders);
    }
    if waits && !basket.rescores_well() {
        return Err(OracleError::BadScoreChange);
    }
    if basket.next == basket.current {
        basket.next_from = Day::default();
        basket.next = Scores::default();
    }
    store.set_setup(index, &setup);
    store.emit(Event::ProviderSet { index, provider, score, from });
    Ok(())
}
