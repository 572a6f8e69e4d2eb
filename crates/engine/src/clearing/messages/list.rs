//! `list`: a month joins the curve.

use crate::calendar::Day;
use crate::clearing::cells::{Curve, Instrument, Product};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::listing::{Listing, add_month};
use crate::clearing::store::Store;
use crate::units::Seconds;

/// Lists a month and returns its instrument.
///
/// Cells: curve and risk array read; curve and market written.
///
/// # Errors
/// `UnknownProduct`, `BadParameter`, `BadPrice`, `CurveFull`.
pub fn list<S: Store>(store: &mut S, now: Seconds, listing: Listing) -> Result<Instrument> {
    add_month(store, now, listing)
}

/// Starts a product at an index print, before its first month is listed. Its margin must be set already.
///
/// # Errors
/// `BadParameter` for a product above 15, one that exists, one that leaves a gap in the numbers, or a zero price;
/// `UnknownProduct` without margin.
pub fn start_product<S: Store>(store: &mut S, product: Product, day: Day, price: u32) -> Result<()> {
    let before = product.0.checked_sub(1).map(Product);
    let gap = before.is_some_and(|before| store.curve(before).is_none());
    if product > Product::MAX || gap || price == 0 || store.curve(product).is_some() {
        return Err(ClearingError::BadParameter);
    }
    store.risk(product).ok_or(ClearingError::UnknownProduct)?;
    store.set_curve(product, &Curve::new(day.0, price));
    Ok(())
}
