//! `pause` and `unpause`: governance stops parts of a product. The guardian may pause at once; a resumption loosens and
//! waits for its timelock.

use crate::clearing::cells::{Guard, Product};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::{guard, migrate, opening};
use crate::clearing::store::Store;
use crate::units::Seconds;

/// Adds scopes ([`crate::clearing::guard`]) to what is paused. It can only tighten: nothing that is paused resumes, and
/// the clock of a pause that runs already is not set back. A pause of trading or of settlements voids every order.
///
/// Cells: curve read and written.
///
/// # Errors
/// `UnknownProduct`, `BadParameter` for no scope or an unknown one.
pub fn pause<S: Store>(store: &mut S, now: Seconds, product: Product, scopes: u8) -> Result<()> {
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    if scopes == 0 || scopes & !Guard::ALL != 0 {
        return Err(ClearingError::BadParameter);
    }
    if curve.guard.paused == 0 {
        curve.guard.since = now;
    }
    let before = curve.guard;
    curve.guard.paused |= scopes;
    if curve.guard.keeps_risk_out() && !before.keeps_risk_out() {
        guard::void_orders(store, &mut curve, now);
    }
    store.set_curve(product, &curve);
    store.emit(Event::Guarded { product, guard: curve.guard });
    Ok(())
}

/// Ends every pause of a product. The time in which trading or settlements were paused is booked to its months as a
/// halt is: nobody owed quotes in it. Liquidations that were running start again from their first price.
///
/// Cells: curve read and written, mirror account (`migrate`) read; the market of each month read and written too when
/// trading or settlements were paused.
///
/// # Errors
/// `UnknownProduct`, `NotMigrating` while accounts are on their way to another house: a mark that moved in one of the
/// two would tear their variation apart.
pub fn unpause<S: Store>(store: &mut S, now: Seconds, product: Product) -> Result<()> {
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    if migrate::in_transit(store, product) {
        return Err(ClearingError::NotMigrating);
    }
    if let Some(since) = curve.guard.closed_since() {
        for month in curve.months() {
            let Some(mut market) = store.market(month.instrument) else { continue };
            market.halts.begin(since.max(market.listed), now, &curve.holidays);
            store.set_market(month.instrument, &market);
        }
    }
    // A print that was kept back is known: the doubt ends with its settlement.
    if opening::is_print_kept_back(&curve, now) {
        curve.guard.doubt = curve.guard.doubt.max(1);
    }
    curve.guard.paused = 0;
    curve.guard.since = now; // the clocks of liquidations start again
    store.set_curve(product, &curve);
    store.emit(Event::Guarded { product, guard: curve.guard });
    Ok(())
}
