//! `list`: a month joins the curve.

use super::curve::Month;
use super::error::ClearingError;
use super::market::{Market, Terms};
use super::{Curve, Event, Index, Instrument, Product, Result, Status, Store};
use crate::calendar::{self, Day};
use crate::units::{Lots, Seconds, TickValue, Ticks};

/// Largest fee, in millionths of the value: 1 %.
pub const MAX_FEE_PPM: u16 = 10_000;

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
    /// Its terms, see [`Terms`]; each bounded by [`check_terms`].
    pub terms: Terms,
}

/// Starts a product at its index's newest print, before its first month is listed. Its margin must be set already.
///
/// # Errors
/// `IndexUnavailable` without a print, `BadParameter` for a product above 15, one that exists, one that leaves a gap in the numbers, or a zero price;
/// `UnknownProduct` without margin.
pub fn start_product<S: Store>(store: &mut S, index: &impl Index, product: Product) -> Result<()> {
    let print = index.latest(product.index()).ok_or(ClearingError::IndexUnavailable)?;
    let before = product.0.checked_sub(1).map(Product);
    let gap = before.is_some_and(|before| store.curve(before).is_none());
    if product > Product::MAX || gap || print.price == 0 || store.curve(product).is_some() {
        return Err(ClearingError::BadParameter);
    }
    store.risk(product).ok_or(ClearingError::UnknownProduct)?;
    store.set_curve(product, &Curve::new(print.day.0, print.price));
    Ok(())
}

/// Lists a month and returns its instrument.
///
/// Cells: curve and risk array read; curve and market written.
///
/// # Errors
/// `UnknownProduct`, `BadParameter`, `BadPrice`, `CurveFull`.
pub fn list<S: Store>(store: &mut S, now: Seconds, listing: Listing) -> Result<Instrument> {
    let mut curve = store.curve(listing.product).ok_or(ClearingError::UnknownProduct)?;
    let risk = store.risk(listing.product).ok_or(ClearingError::UnknownProduct)?;
    check_terms(&listing.terms, listing.tick_value)?;
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

/// Whether terms are inside their bounds: fees at most 1 % of value, price limits 1 to 50 %, a position limit whose value
/// stays in 62 bits at any price, an open-interest cap not below it, maker spreads 0.1 to 20 % with front not above back.
///
/// # Errors
/// `BadParameter`.
pub fn check_terms(terms: &Terms, value: TickValue) -> Result<()> {
    let limits = (100..=5_000).contains(&terms.price_limit_bps);
    let spreads = (10..=2_000).contains(&terms.maker_spread_back_bps)
        && terms.maker_spread_front_bps >= 10
        && terms.maker_spread_front_bps <= terms.maker_spread_back_bps;
    let sizes = terms.position_limit > Lots::ZERO
        && terms.position_limit <= terms.open_interest_cap
        && terms.open_interest_cap <= Lots::MAX
        && terms.maker_lots > Lots::ZERO
        && terms.maker_lots <= terms.position_limit;
    let fees = terms.taker_fee_ppm <= MAX_FEE_PPM && terms.maker_fee_ppm <= terms.taker_fee_ppm;
    let largest = (terms.position_limit * Ticks::MAX) * value;
    let bounded = value > TickValue(0) && largest.0 < 1_i128 << 62;
    if limits && spreads && sizes && fees && bounded { Ok(()) } else { Err(ClearingError::BadParameter) }
}
