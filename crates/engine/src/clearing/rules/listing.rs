//! How a month joins the curve.

use crate::calendar::{self, Day};
use crate::clearing::cells::{Instrument, Market, Month, Product, Status, Terms};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::units::{Seconds, TickValue, Ticks};

/// What a new month is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Its product.
    pub product: Product,
    /// Last trading time; must be one that the calendar lists today.
    pub expiry: Seconds,
    /// Quote atoms of one tick on one lot, not zero.
    pub tick_value: TickValue,
    /// Index price of one tick in quote atoms per million tokens, not zero.
    pub tick_size: u16,
    /// First settlement mark.
    pub mark: Ticks,
    /// Its terms, see [`Terms`]; each bounded by [`Terms::check`].
    pub terms: Terms,
}

/// Puts a month into its product's curve and opens its market. Returns its instrument.
///
/// # Errors
/// `UnknownProduct`, `BadParameter`, `BadPrice`, `CurveFull`.
pub(crate) fn add_month<S: Store>(store: &mut S, now: Seconds, listing: Listing) -> Result<Instrument> {
    let mut curve = store.curve(listing.product).ok_or(ClearingError::UnknownProduct)?;
    let risk = store.risk(listing.product).ok_or(ClearingError::UnknownProduct)?;
    listing.terms.check(listing.tick_value)?;
    if listing.mark == Ticks::ZERO || listing.mark >= Ticks::MAX {
        return Err(ClearingError::BadPrice);
    }
    let due = calendar::listing(Day::of(now)).map(calendar::last_trading_time).contains(&listing.expiry);
    let twice = curve.months().iter().any(|month| month.expiry == listing.expiry);
    if !due || twice || listing.tick_size == 0 {
        return Err(ClearingError::BadParameter);
    }
    let month = Month {
        instrument: Instrument::default(),
        status: Status::Trading,
        epoch: 1, // pages never written read as epoch 0 and so are empty
        epoch_began: now,
        expiry: listing.expiry,
        tick_value: listing.tick_value,
        tick_size: listing.tick_size,
        settle: listing.mark,
        pull: 0,
        mark: listing.mark,
        slow: listing.mark,
        reference: listing.mark,
        open_interest_scale: 0,
    };
    let instrument = curve.list(listing.product, month).ok_or(ClearingError::CurveFull)?;
    let slot = curve.slot(instrument).ok_or(ClearingError::CurveFull)?;
    if !risk.covers(slot) {
        return Err(ClearingError::UnknownProduct);
    }
    store.set_curve(listing.product, &curve);
    let mut market = Market::new(listing.terms);
    market.tick_value = listing.tick_value;
    market.listed = now;
    store.set_market(instrument, &market);
    store.emit(Event::Listed { instrument, expiry: listing.expiry, mark: listing.mark });
    Ok(instrument)
}
