//! `finalise`: an expired instrument gets its final price, once, from the index's settlement.

use crate::clearing::cells::{Instrument, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::final_price;
use crate::clearing::rules::mark::to_ticks;
use crate::clearing::store::Store;
use crate::units::{Seconds, Ticks};

/// Sets the final price, given in quote atoms per million tokens and rounded to the nearest tick for both sides alike.
///
/// Cells: curve and market read and written.
///
/// # Errors
/// `UnknownInstrument`, `NotExpired`, `AlreadySettled`, `NotFinal` for a zero price.
pub fn finalise<S: Store>(store: &mut S, now: Seconds, instrument: Instrument, price: u32) -> Result<Ticks> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?;
    if now < month.expiry {
        return Err(ClearingError::NotExpired);
    }
    if !month.status.may_become(Status::Settled) {
        return Err(ClearingError::AlreadySettled);
    }
    if price == 0 {
        return Err(ClearingError::NotFinal);
    }
    let price = Ticks(to_ticks(price.into(), month.tick_size).min(Ticks::MAX.0));
    final_price::set(store, curve, instrument, price)
}
