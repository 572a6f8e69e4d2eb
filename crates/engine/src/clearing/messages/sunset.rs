//! `sunset`: the way out when everybody else has failed. Anyone settles a month at its last settlement mark.
//!
//! Nobody gives a price: the mark is the one that the last valid print set, at which positions have been settled
//! already (invariants G4, G5).

use crate::calendar::{DAY, Day};
use crate::clearing::cells::Instrument;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::peers::Index;
use crate::clearing::rules::final_price;
use crate::clearing::rules::guard::MAX_PAUSE;
use crate::clearing::store::Store;
use crate::units::{Seconds, Ticks};

/// How long after the last trading time an index may take to give the final price: its lock, its fallback, its
/// disputes, and time for somebody to bring it.
pub const MAX_SETTLEMENT: u32 = 45 * DAY;

/// Settles a month at the oracle's final price where there is one, and else at its last settlement mark; returns the
/// price. The mark is taken when a pause of the product has lasted for [`MAX_PAUSE`], when its index has printed
/// nothing for that long, or when the month has had no final price for [`MAX_SETTLEMENT`] after its last trading time.
///
/// Cells: curve and market read and written.
///
/// # Errors
/// `UnknownInstrument`, `AlreadySettled`, `TooEarly`.
pub fn sunset<S: Store>(store: &mut S, index: &impl Index, now: Seconds, instrument: Instrument) -> Result<Ticks> {
    match final_price::from_index(store, index, now, instrument) {
        Err(ClearingError::NotFinal | ClearingError::NotExpired) => {}
        settled => return settled,
    }
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = *curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let paused = curve.guard.paused != 0 && now >= curve.guard.since.later(MAX_PAUSE);
    let silent = now >= Day(curve.index_day).start().later(DAY).later(MAX_PAUSE);
    let overdue = now >= month.expiry.later(MAX_SETTLEMENT);
    if !(paused || silent || overdue) {
        return Err(ClearingError::TooEarly);
    }
    final_price::set(store, curve, instrument, month.settle)
}
