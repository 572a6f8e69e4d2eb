//! `list`: a month joins the curve.

use crate::clearing::cells::{Curve, Instrument, Product};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::peers::Index;
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

/// Starts a product at its index's newest print, before its first month is listed. Its margin must be set already.
///
/// # Errors
/// `IndexUnavailable` without a print, `BadParameter` for a product above 15, one that exists, one that leaves a gap in
/// the numbers, or a zero price, `UnknownProduct` without margin.
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
