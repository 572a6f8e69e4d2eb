//! Proposes the final price of an expiry.

use super::{
    Env, Event, IndexId, OracleError, Rules, Settlement, Status, Store, publish::is_kept, settlement::average,
};
use crate::calendar::{DAY, Day};

/// Proposes the final price of the contracts that expire on a day: the average of the prints of the averaging window
/// that ends with it. Anyone may call, from the end of the lock on, once.
///
/// A missing day holds the proposal up as long as it can still be published. If more days are missing than the rules
/// allow, the fallback opens after its delay: the average of as many prints as the window needs, the newest within 64
/// days. Cells: reads 5 (setup, settlement, state, two pages of prints), writes 1.
///
/// # Errors
/// [`OracleError::UnknownIndex`], [`OracleError::AlreadyProposed`], [`OracleError::AlreadyFinal`],
/// [`OracleError::LockRunning`], [`OracleError::SamplesPending`], [`OracleError::TooManyGaps`],
/// [`OracleError::TooFewSamples`].
pub fn propose_final<S: Store>(
    store: &mut S,
    env: Env,
    index: IndexId,
    expiry: Day,
) -> Result<Settlement, OracleError> {
    let rules = store.setup(index).ok_or(OracleError::UnknownIndex)?.rules;
    match store.settlement(index, expiry) {
        Some(held) if held.status == Status::Final => return Err(OracleError::AlreadyFinal),
        Some(_) => return Err(OracleError::AlreadyProposed),
        None => {}
    }
    let unlocked = expiry.start().later(DAY).later(rules.lock_delay);
    if env.now < unlocked {
        return Err(OracleError::LockRunning);
    }
    if samples_pending(store, &env, &rules, index, expiry) {
        return Err(OracleError::SamplesPending);
    }
    let settlement = match average(store, &rules, index, expiry, 0, false) {
        Err(OracleError::TooManyGaps) if env.now >= unlocked.later(rules.fallback_delay) => {
            average(store, &rules, index, expiry, 0, true)
        }
        regular => regular,
    }?;
    let settlement = Settlement { since: env.now, ..settlement };
    store.set_settlement(index, expiry, &settlement);
    store.emit(Event::SettlementChanged { index, expiry, settlement: &settlement });
    Ok(settlement)
}

/// Whether a day of the window without a print can still get one: it is not before the last print, and its submissions
/// are still kept.
fn samples_pending<S: Store>(store: &S, env: &Env, rules: &Rules, index: IndexId, expiry: Day) -> bool {
    let after_last = store.state(index).last.map_or(0, |print| print.day.0.saturating_add(1));
    let window_start = expiry.0.saturating_sub(rules.window_days.into()).saturating_add(1);
    (window_start.max(after_last)..=expiry.0).any(|day| is_kept(env, Day(day)))
}
