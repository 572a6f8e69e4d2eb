//! `settle_day`: the daily settlement of a product. Every month gets its mark from the day's index print, at once.
//!
//! Nobody's account is touched: variation is owed from now on and paid when an account is settled. Where the mark has
//! moved enough to count as a repricing, all older orders of the month are void.

use crate::calendar::Day;
use crate::clearing::cells::{Product, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::peers::Index;
use crate::clearing::rules::backtest::Watch;
use crate::clearing::rules::mark::{is_repricing, settlement_mark, slow_mark};
use crate::clearing::rules::{backtest, guard};
use crate::clearing::store::Store;
use crate::oracle::validity::Action;
use crate::oracle::{Averaging, MAX_WINDOW_DAYS, Print};
use crate::units::Seconds;

/// Settles a product by the index's newest print. Of a month whose averaging window may have begun, the index is asked
/// how much of the window has been printed.
///
/// The open-interest scale of each month's margin is renewed too. Each settlement is an observation of the margin set's
/// backtest ([`crate::clearing::Backtest`]), whose consequences follow at once.
///
/// Cells: curve and backtest read and written, risk array (written when the surcharge changes) and one market for each
/// month read.
///
/// # Errors
/// `IndexUnavailable` when there is no print or its price is zero, `UnknownProduct`, `AlreadySettled` for a print that
/// is not newer, `Paused`.
pub fn settle_day<S: Store>(store: &mut S, index: &impl Index, now: Seconds, product: Product) -> Result<u16> {
    let print = index.latest(product.index()).ok_or(ClearingError::IndexUnavailable)?;
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
    curve.guard.doubt = 0; // a print is only made when the index is valid
    let mut watch = Watch::default();
    curve.round = curve.round.wrapping_add(1);
    let round = curve.round;
    let unsettled = curve.months_mut().iter_mut().filter(|month| month.status != Status::Settled);
    for (slot, month) in unsettled.enumerate() {
        if now >= month.expiry {
            continue; // its last mark stands until the final price
        }
        let market = store.market(month.instrument).ok_or(ClearingError::UnknownInstrument)?;
        let averaging = averaging(index, product, print.day, Day::of(month.expiry));
        let mark = settlement_mark(month, &market, previous, print, averaging);
        watch.note(slot, month.settle, mark);
        month.settle = mark;
        month.mark = mark;
        month.slow = slow_mark(month.slow, mark);
        month.open_interest_scale = add_ons.open_interest_scale(market.open_interest, market.terms.open_interest_cap);
        if is_repricing(month.reference, mark) {
            month.epoch = month.epoch.wrapping_add(1).max(1);
            month.epoch_began = now;
            month.reference = mark;
        }
        store.emit(Event::MarkSet { instrument: month.instrument, round, mark, epoch: month.epoch });
    }
    curve.index_day = print.day.0;
    curve.index_price = print.price;
    backtest::record(store, product, &mut curve.guard, &watch);
    store.set_curve(product, &curve);
    Ok(round)
}

/// What has been printed of the averaging window that ends with a last trading day. No window is longer than
/// [`MAX_WINDOW_DAYS`], so before that the index need not be asked.
fn averaging(index: &impl Index, product: Product, printed: Day, last_day: Day) -> Option<Averaging> {
    let may_have_begun = last_day.0.saturating_sub(printed.0) <= MAX_WINDOW_DAYS.into();
    may_have_begun.then(|| index.averaging(product.index(), last_day)).flatten()
}
