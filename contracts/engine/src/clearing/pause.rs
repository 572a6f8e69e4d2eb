//! `pause` and `unpause`: governance stops parts of a product. The guardian may pause at once; a resumption loosens and
//! waits for its timelock.

use super::error::ClearingError;
use super::{Event, Product, Result, Store, guard, migrate};
use crate::units::Seconds;

/// Adds scopes ([`guard`]) to what is paused. It can only tighten: nothing that is paused resumes, and the clock of a pause
/// that runs already is not set back.
///
/// Cells: curve read and written.
///
/// # Errors
/// `UnknownProduct`, `BadParameter` for no scope or an unknown one.
pub fn pause<S: Store>(store: &mut S, now: Seconds, product: Product, scopes: u8) -> Result<()> {
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    if scopes == 0 || scopes & !guard::ALL != 0 {
        return Err(ClearingError::BadParameter);
    }
    if curve.guard.paused == 0 {
        curve.guard.since = now;
    }
    curve.guard.paused |= scopes;
    store.set_curve(product, &curve);
    store.emit(Event::Guarded { product, guard: curve.guard });
    Ok(())
}

/// Ends every pause of a product.
///
/// Cells: curve read and written, mirror account ([`super::migrate`]) read.
///
/// # Errors
/// `UnknownProduct`, `NotMigrating` while accounts are on their way to another house: a mark that moved in one of the two
/// would tear their variation apart.
pub fn unpause<S: Store>(store: &mut S, product: Product) -> Result<()> {
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    if migrate::in_transit(store, product) {
        return Err(ClearingError::NotMigrating);
    }
    curve.guard.paused = 0;
    curve.guard.since = Seconds::ZERO;
    store.set_curve(product, &curve);
    store.emit(Event::Guarded { product, guard: curve.guard });
    Ok(())
}
