//! `finalise`: an expired instrument gets its final price, once, from the index's settlement.

use super::error::ClearingError;
use super::mark::to_ticks;
use super::{Curve, Event, Instrument, Result, Status, Store};
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
    conclude(store, curve, instrument, price)
}

/// Sets the final price of an instrument, for ever.
pub(crate) fn conclude<S: Store>(
    store: &mut S,
    mut curve: Curve,
    instrument: Instrument,
    price: Ticks,
) -> Result<Ticks> {
    let month = curve.month_mut(instrument).ok_or(ClearingError::UnknownInstrument)?;
    if !month.status.may_become(Status::Settled) {
        return Err(ClearingError::AlreadySettled);
    }
    month.status = Status::Settled;
    month.settle = price;
    month.mark = price;
    month.slow = price;
    let mut market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    market.final_price = Some(price);
    market.clear_book(price);
    store.set_market(instrument, &market);
    store.set_curve(instrument.product(), &curve);
    store.emit(Event::Finalised { instrument, price });
    Ok(price)
}
