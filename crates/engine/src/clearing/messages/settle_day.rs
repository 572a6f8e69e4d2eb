//! `settle_day`: the daily settlement of a product. Every month gets its mark from the day's index print, at once.
//!
//! Nobody's account is touched: variation is owed from now on and paid when an account is settled. Where the mark has
//! moved enough to count as a repricing, all older orders of the month are void.

use crate::calendar::Day;
use crate::clearing::cells::{Guard, Product, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::peers::Index;
use crate::clearing::rules::backtest::Watch;
use crate::clearing::rules::guard::Marked;
use crate::clearing::rules::mark::{pulled_by_bounds, slow_mark, standing_mid, strike, strike_by_bounds};
use crate::clearing::rules::{backtest, guard};
use crate::clearing::store::Store;
use crate::oracle::validity::Action;
use crate::oracle::{Averaging, MAX_WINDOW_DAYS, Print};
use crate::units::Seconds;

/// Settles a product by the index's newest print. Of a month whose averaging window may have begun, the index is asked
/// how much of the window has been printed. A month whose trading has ended is settled once more where the print of its
/// last day had not been: a pause may have kept it back, and until the final price everybody would know it.
///
/// The open-interest scale of each month's margin is renewed too. Each settlement is an observation of the margin set's
/// backtest ([`crate::clearing::Backtest`]), whose consequences follow at once.
///
/// Cells: curve and backtest read and written, risk array (written when the surcharge changes) and one market for each
/// month read; for each month that the index does not reprice and whose book is quoted up to three pages and five
/// accounts on each side.
///
/// # Errors
/// `IndexUnavailable` when there is no print or its price is zero, `UnknownProduct`, `AlreadySettled` for a print that
/// is not newer, `Paused`, `CallFailed` when the index does not answer one of the questions.
pub fn settle_day<S: Store>(store: &mut S, index: &impl Index, now: Seconds, product: Product) -> Result<u16> {
    let print = index.latest(product.index())?.ok_or(ClearingError::IndexUnavailable)?;
    let validity = index.validity(product.index())?.ok_or(ClearingError::IndexUnavailable)?;
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    let add_ons = store.risk(product).ok_or(ClearingError::UnknownProduct)?.add_ons;
    let previous = Print { day: Day(curve.index_day), price: curve.index_price, ..Print::default() };
    if print.day <= previous.day {
        return Err(ClearingError::AlreadySettled);
    }
    if print.price == 0 {
        return Err(ClearingError::IndexUnavailable);
    }
    guard::check(&curve, now, Action::Settle)?;
    let before = curve;
    // A print was valid when it was made. Since then a newer price may wait, or the print may have grown stale.
    curve.guard.doubt = Guard::doubt_of(validity);
    let mut watch = Watch::default();
    curve.round = curve.round.wrapping_add(1);
    let mut marked = Marked::default();
    let unsettled = curve.months_mut().iter_mut().enumerate().filter(|(_, month)| month.status != Status::Settled);
    for (slot, (place, month)) in unsettled.enumerate() {
        let ended = now >= month.expiry;
        if ended && previous.day >= Day::of(month.expiry) {
            continue; // it has the mark of its last day until the final price
        }
        let market = store.market(month.instrument).ok_or(ClearingError::UnknownInstrument)?;
        let averaging = averaging(index, product, print.day, Day::of(month.expiry))?;
        let struck = if pulled_by_bounds() {
            strike_by_bounds(month, &market, previous, print, averaging)
        } else {
            strike(month, previous, print, averaging, || {
                standing_mid(store, &before, month, &market, now, print).filter(|_| !ended)
            })
        };
        let mark = struck.mark;
        watch.note(slot, month.settle, mark);
        month.settle = mark;
        month.pull = struck.pull;
        month.mark = mark;
        month.slow = slow_mark(month.slow, mark);
        month.open_interest_scale = add_ons.open_interest_scale(market.open_interest, market.terms.open_interest_cap);
        marked.months |= 1 << place;
        marked.repriced |= u16::from(struck.repriced) << place;
    }
    curve.index_day = print.day.0;
    curve.index_price = print.price;
    backtest::record(store, product, &mut curve.guard, &watch);
    guard::follow(store, &mut curve, now, &before, marked);
    store.set_curve(product, &curve);
    Ok(curve.round)
}

/// What has been printed of the averaging window that ends with a last trading day. No window is longer than
/// [`MAX_WINDOW_DAYS`], so before that the index need not be asked.
fn averaging(index: &impl Index, product: Product, printed: Day, last_day: Day) -> Result<Option<Averaging>> {
    let may_have_begun = last_day.0.saturating_sub(printed.0) <= MAX_WINDOW_DAYS.into();
    if may_have_begun { index.averaging(product.index(), last_day) } else { Ok(None) }
}
