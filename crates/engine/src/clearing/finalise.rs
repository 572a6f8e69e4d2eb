//! `finalise`: an expired instrument gets its final price, once, from the index's settlement.

use super::error::ClearingError;
use super::mark::to_ticks;
use super::{Curve, Event, Index, Instrument, Result, Status, Store};
use crate::calendar::Day;
use crate::units::{Seconds, Ticks};

/// Sets the final price of an instrument from its index, rounded to the nearest tick for both sides alike; returns it.
///
/// Cells: curve and market read and written.
///
/// # Errors
/// `UnknownInstrument`, `NotFinal` while the index has no final price or for a zero price, `NotExpired`, `AlreadySettled`.
pub fn finalise<S: Store>(store: &mut S, index: &impl Index, now: Seconds, instrument: Instrument) -> Result<Ticks> {
    let curve = store.curve(instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    let month = curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let product = instrument.product();
    let price = index.final_price(product.index(), Day::of(month.expiry)).ok_or(ClearingError::NotFinal)?;
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
