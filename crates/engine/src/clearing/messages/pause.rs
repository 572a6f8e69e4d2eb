//! `pause` and `unpause`: governance stops parts of a product. The guardian may pause at once; a resumption loosens and
//! waits for its timelock.

use crate::clearing::cells::{Curve, Guard, Product};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::guard::Marked;
use crate::clearing::rules::{guard, migrate, opening};
use crate::clearing::store::Store;
use crate::units::Seconds;

/// Adds scopes ([`crate::clearing::guard`]) to what is paused. It can only tighten: nothing that is paused resumes, and
/// the clock of a pause that runs already is set back once, when settlements come to be paused: from then on prints are
/// kept back, and a sunset asks how long. A pause of trading or of settlements voids every order.
///
/// Cells: curve read and written; the market of each month too when trading was paused before settlements are.
///
/// # Errors
/// `UnknownProduct`, `BadParameter` for no scope or an unknown one.
pub fn pause<S: Store>(store: &mut S, now: Seconds, product: Product, scopes: u8) -> Result<()> {
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    if scopes == 0 || scopes & !Guard::ALL != 0 {
        return Err(ClearingError::BadParameter);
    }
    if curve.guard.paused == 0 || scopes & !curve.guard.paused & Guard::SETTLEMENT != 0 {
        book_closed(store, &curve, now);
        curve.guard.since = now;
    }
    let before = curve;
    curve.guard.paused |= scopes;
    guard::follow(store, &mut curve, now, &before, Marked::default());
    store.set_curve(product, &curve);
    store.emit(Event::Guarded { product, guard: curve.guard });
    Ok(())
}

/// Ends every pause of a product. The time in which trading or settlements were paused is booked to its months as a
/// halt is: nobody owed quotes in it. Liquidations that were running start again from their first price. Books
/// collect before they open, where new risk is let in again; where a print was kept back that is with its settlement.
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
    book_closed(store, &curve, now);
    let before = curve;
    // A print that was kept back is known: nothing rests on marks until it is settled, liquidations neither, since one
    // leg of a hedge may have had its final price meanwhile.
    if opening::is_print_kept_back(&curve, now) {
        curve.guard.doubt = Guard::KEPT_BACK;
    }
    curve.guard.paused = 0;
    curve.guard.since = now; // the clocks of liquidations start again
    guard::follow(store, &mut curve, now, &before, Marked::default());
    store.set_curve(product, &curve);
    store.emit(Event::Guarded { product, guard: curve.guard });
    Ok(())
}

/// Books the time in which trading or settlements have been paused to the months of a product.
fn book_closed<S: Store>(store: &mut S, curve: &Curve, now: Seconds) {
    let Some(since) = curve.guard.closed_since() else { return };
    for month in curve.months() {
        let Some(mut market) = store.market(month.instrument) else { continue };
        market.halts.begin(since.max(market.listed), now, &curve.holidays);
        store.set_market(month.instrument, &market);
    }
}
