//! The end of an instrument: its final price, for ever.

use crate::clearing::cells::{Curve, Instrument, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::units::Ticks;

/// Sets the final price of an instrument, for ever.
pub(crate) fn set<S: Store>(store: &mut S, mut curve: Curve, instrument: Instrument, price: Ticks) -> Result<Ticks> {
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
