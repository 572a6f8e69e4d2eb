//! `set_holidays`: governance amends a product's session calendar.

use crate::calendar::Day;
use crate::clearing::cells::{Holidays, Product};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::units::Seconds;

/// Sets the days on which a product does not trade, encoded as [`Holidays::parse`] reads them.
///
/// Today and what has been stay as they are: a running session is not cut short, a running holiday not called off, and
/// a past day enters only if it was a holiday (it may leave, to make room). The last trading day of a listed month is a
/// session.
///
/// Cells: curve read and written.
///
/// # Errors
/// `UnknownProduct`; `BadParameter` for days that are no weekdays, not in order, more than six, or against the rule
/// above.
pub fn set_holidays<S: Store>(store: &mut S, now: Seconds, product: Product, days: &[u8]) -> Result<()> {
    let mut curve = store.curve(product).ok_or(ClearingError::UnknownProduct)?;
    let holidays = Holidays::parse(days).ok_or(ClearingError::BadParameter)?;
    let today = Day::of(now);
    let ahead = holidays.days().all(|day| day > today || curve.holidays.contains(day));
    let kept = holidays.contains(today) == curve.holidays.contains(today);
    let trading_ends = curve.months().iter().any(|month| holidays.contains(Day::of(month.expiry)));
    if !ahead || !kept || trading_ends {
        return Err(ClearingError::BadParameter);
    }
    curve.holidays = holidays;
    store.set_curve(product, &curve);
    store.emit(Event::HolidaysSet { product });
    Ok(())
}
