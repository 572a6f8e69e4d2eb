//! The end of an instrument: its final settlement price, set once.

use super::mark::to_ticks;
use super::migrate;
use crate::calendar::Day;
use crate::clearing::cells::{Curve, Instrument, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::peers::Index;
use crate::clearing::store::Store;
use crate::units::{Seconds, Ticks};

/// Sets the final price of an expired instrument that its index has settled, rounded to the nearest tick. `NotFinal`
/// says that the index has none; an index that does not answer has said nothing, which is `CallFailed`.
pub(crate) fn from_index<S: Store>(
    store: &mut S,
    index: &impl Index,
    now: Seconds,
    instrument: Instrument,
) -> Result<Ticks> {
    let product = instrument.product();
    let curve = store.curve(product).ok_or(ClearingError::UnknownInstrument)?;
    let month = curve.month(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let price = index.final_price(product.index(), Day::of(month.expiry))?.ok_or(ClearingError::NotFinal)?;
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
    set(store, now, curve, instrument, price)
}

/// Sets the final price of an instrument, which never changes again.
pub(crate) fn set<S: Store>(
    store: &mut S,
    now: Seconds,
    mut curve: Curve,
    instrument: Instrument,
    price: Ticks,
) -> Result<Ticks> {
    migrate::stays(store)?; // who has left would get it here, and who has not there
    let shut = curve.guard.shut;
    let month = curve.month_mut(instrument).ok_or(ClearingError::UnknownInstrument)?;
    if !month.status.may_become(Status::Settled) {
        return Err(ClearingError::AlreadySettled);
    }
    month.status = Status::Settled;
    month.settle = price;
    month.mark = price;
    month.slow = price;
    if now < month.expiry && !shut {
        // Quotes that stand would score on until the last trading time, though nobody can take them.
        month.start_epoch(now);
    }
    let mut market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    market.final_price = Some(price);
    market.halted_until = now; // trading has ended; from now on winners wait as after any other news
    market.clear_book(price);
    store.set_market(instrument, &market);
    store.set_curve(instrument.product(), &curve);
    store.emit(Event::Finalised { instrument, price });
    Ok(price)
}
