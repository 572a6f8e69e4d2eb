//! `roll_listing`: the months that the calendar lists join the curve by rule. Anyone may send it; the sender chooses
//! nothing.
//!
//! A new month takes its terms and sizes from the listed month before it, and its first mark from the curve: on the
//! straight line between its neighbours' settlement marks without what comes from their books, or at the last one
//! beyond the end.

use crate::calendar::{self, Day, LISTED_MONTHS};
use crate::clearing::cells::{Curve, Instrument, Month, Product, Status};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::listing::Listing;
use crate::clearing::rules::{guard, listing};
use crate::clearing::store::Store;
use crate::math::mul_div_floor;
use crate::oracle::validity::Action;
use crate::units::{Seconds, Ticks};

/// Lists every month that the calendar lists today and the curve lacks; returns how many joined. A month without a row
/// of the margin set waits until an expired one has its final price and makes room, or until a larger set is in force.
///
/// Cells: curve and risk array read; for each new month the market of its neighbour read, its own and the curve
/// written.
///
/// # Errors
/// `UnknownProduct`, `NothingToList`, `Paused`, `ReduceOnly`, `IndexUnavailable`, `CurveFull`.
pub fn roll_listing<S: Store>(store: &mut S, now: Seconds, product: Product) -> Result<u8> {
    let curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    guard::check(&curve, now, Action::IncreaseRisk)?;
    let mut joined = 0_u8;
    for day in calendar::listing(Day::of(now)) {
        let expiry = calendar::last_trading_time(day);
        let curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
        if expiry <= now || curve.months().iter().any(|month| month.expiry == expiry) {
            continue;
        }
        let covered = store.risk(product).is_some_and(|risk| risk.covers(curve.unsettled()));
        if !covered {
            break;
        }
        list_like_neighbour(store, now, product, &curve, expiry)?;
        joined = joined.saturating_add(1);
    }
    if joined == 0 { Err(ClearingError::NothingToList) } else { Ok(joined) }
}

const _: () = assert!(LISTED_MONTHS <= u8::MAX as usize);

fn list_like_neighbour<S: Store>(
    store: &mut S,
    now: Seconds,
    product: Product,
    curve: &Curve,
    expiry: Seconds,
) -> Result<Instrument> {
    let mut before: Option<&Month> = None;
    let mut after: Option<&Month> = None;
    for month in curve.months().iter().filter(|month| month.status != Status::Settled) {
        if month.expiry < expiry && before.is_none_or(|other| other.expiry < month.expiry) {
            before = Some(month);
        }
        if month.expiry > expiry && after.is_none_or(|other| other.expiry > month.expiry) {
            after = Some(month);
        }
    }
    // A product of which every month has been settled has nothing left to follow: governance lists its next one.
    let like = before.or(after).ok_or(ClearingError::NothingToList)?;
    let terms = store.market(like.instrument).ok_or(ClearingError::UnknownInstrument)?.terms;
    let listing = Listing {
        product,
        expiry,
        tick_value: like.tick_value,
        tick_size: like.tick_size,
        mark: between(like, after.unwrap_or(like), expiry),
        terms,
    };
    listing::add_month(store, now, listing)
}

/// The mark on the line between two months, rounded down to a tick.
fn between(before: &Month, after: &Month, expiry: Seconds) -> Ticks {
    let (from, to) = (i128::from(before.anchor().0), i128::from(after.anchor().0));
    let part = mul_div_floor(
        to.saturating_sub(from),
        expiry.since(before.expiry).into(),
        after.expiry.since(before.expiry).into(),
    );
    Ticks(u32::try_from(from.saturating_add(part)).unwrap_or(before.anchor().0).max(1))
}
