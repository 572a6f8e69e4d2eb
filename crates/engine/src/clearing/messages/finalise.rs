//! `finalise`: an expired instrument gets its final price, once, from the index's settlement.

use crate::clearing::cells::Instrument;
use crate::clearing::error::Result;
use crate::clearing::peers::Index;
use crate::clearing::rules::final_price;
use crate::clearing::store::Store;
use crate::units::{Seconds, Ticks};

/// Sets the final price of an instrument from its index, rounded to the nearest tick for both sides alike; returns it.
///
/// Cells: curve and market read and written.
///
/// # Errors
/// `UnknownInstrument`, `NotFinal` while the index has no final price or for a zero price, `NotExpired`,
/// `AlreadySettled`.
pub fn finalise<S: Store>(store: &mut S, index: &impl Index, now: Seconds, instrument: Instrument) -> Result<Ticks> {
    final_price::from_index(store, index, now, instrument)
}
