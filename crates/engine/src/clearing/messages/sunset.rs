//! `sunset`: the way out when everybody else has failed. Anyone settles a month at its last settlement mark, and with
//! it every other one of the product that trades.
//!
//! Nobody gives a price: the mark is the one that the last valid print set, at which positions have been settled
//! already (invariants G4, G5).

use super::settle_day::settle_day;
use crate::calendar::{DAY, Day};
use crate::clearing::cells::{Guard, Instrument, Month, Product, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::peers::Index;
use crate::clearing::rules::guard::MAX_PAUSE;
use crate::clearing::rules::{final_price, opening};
use crate::clearing::store::Store;
use crate::oracle::Validity;
use crate::units::{Seconds, Ticks};

/// How long after the last trading time an index may take to give the final price: its lock, its fallback, its
/// disputes, and time for somebody to submit it.
pub const MAX_SETTLEMENT: u32 = 45 * DAY;

/// Settles a month at the oracle's final price where there is one, and else at its last settlement mark; returns the
/// price. The mark is taken
///
/// * of a month that trades when a pause of daily settlement has lasted for [`MAX_PAUSE`], in the two hours in which
///   the day's print is settled, by that print: at any other time who knows what comes would choose between two marks;
/// * when the index has printed nothing for that long;
/// * when the month has had no final price for [`MAX_SETTLEMENT`] after its last trading time.
///
/// A print that is there and not settled yet is settled first, also one that the pause has kept back, and while one is
/// due, or waits for its confirmation, a month that is not overdue waits too. Where a month ends by a pause or by
/// silence, every month of the product that trades does, in this message: who has a spread would choose which leg of it
/// ends. While trading alone is paused the months go on being settled and get their final price as usual.
///
/// Cells: curve, and market of each month that ends, read and written; those of [`settle_day()`] when a print is there.
///
/// # Errors
/// `UnknownInstrument`, `AlreadySettled`, `TooEarly`, `Opening` while a print is due, `IndexUnavailable` while one
/// waits for its confirmation, `CallFailed` when the index does not answer, `MovingOn` while the accounts of this house
/// move to its next version.
pub fn sunset<S: Store>(store: &mut S, index: &impl Index, now: Seconds, instrument: Instrument) -> Result<Ticks> {
    match final_price::from_index(store, index, now, instrument) {
        Err(ClearingError::NotFinal | ClearingError::NotExpired) => {}
        settled => return settled,
    }
    match settle_kept_back(store, index, now, instrument.product()) {
        Ok(_)
        | Err(ClearingError::AlreadySettled | ClearingError::IndexUnavailable | ClearingError::Paused)
        | Err(ClearingError::UnknownProduct) => {}
        Err(other) => return Err(other),
    }
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = *curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let overdue = now >= month.expiry.later(MAX_SETTLEMENT);
    let settles = curve.guard.paused & Guard::SETTLEMENT == 0;
    let long = is_paused_for_long(&curve.guard, now);
    // Of a month whose trading has ended everybody knows more than its mark says.
    let paused = long && now < month.expiry && curve.index_day == Day::of(now).0 && opening::is_print_time(now);
    // What a pause of settlements keeps back is no silence, until it has been settled above.
    let silent = (settles || long) && now >= Day(curve.index_day).start().later(DAY).later(MAX_PAUSE);
    if !(paused || silent || overdue) {
        return Err(ClearingError::TooEarly);
    }
    if !month.status.may_become(Status::Settled) {
        return Err(ClearingError::AlreadySettled);
    }
    // Whoever knows the print that comes would choose between two marks.
    let due = opening::is_print_due(&curve, now);
    if due && !overdue {
        return Err(ClearingError::Opening);
    }
    let waits = index.validity(instrument.product().index())? == Some(Validity::NeedsConfirmation);
    if waits && !overdue {
        return Err(ClearingError::IndexUnavailable);
    }
    let all = (paused || silent) && !due && !waits;
    let ends =
        |other: &&Month| other.instrument == instrument || all && other.status != Status::Settled && now < other.expiry;
    for Month { instrument, settle, .. } in curve.months().iter().filter(ends).copied() {
        let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
        final_price::set(store, now, curve, instrument, settle)?;
    }
    Ok(month.settle)
}

/// Whether settlements have been paused for [`MAX_PAUSE`].
fn is_paused_for_long(guard: &Guard, now: Seconds) -> bool {
    guard.paused & Guard::SETTLEMENT != 0 && now >= guard.since.later(MAX_PAUSE)
}

/// Settles the day, also by a print that a pause of settlements has kept back for [`MAX_PAUSE`]: one leg of a spread
/// would end at the mark from before it, and the other one by the print when the pause is over.
fn settle_kept_back<S: Store>(store: &mut S, index: &impl Index, now: Seconds, product: Product) -> Result<()> {
    let paused = |store: &mut S, paused: u8| {
        if let Some(mut curve) = store.curve(product) {
            curve.guard.paused = paused;
            store.set_curve(product, &curve);
        }
    };
    let guard = store.curve(product).map(|curve| curve.guard).unwrap_or_default();
    let over = is_paused_for_long(&guard, now);
    if over {
        paused(store, Guard::TRADING); // quotes of those who reduce are not heard either
    }
    let settled = settle_day(store, index, now, product).map(|_| ());
    if over {
        paused(store, guard.paused);
    }
    settled
}
