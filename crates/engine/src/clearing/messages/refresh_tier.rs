//! `refresh_tier`: an account's fee tier follows what it has traded in thirty days.

use crate::calendar::Day;
use crate::chain::Env;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::fees::tier_of;
use crate::clearing::store::Store;
use crate::units::Seat;

/// Counts what an account has traded since the last refresh, and sets its tier by the sum of thirty days. Returns the
/// tier. Anyone may send it for anyone: a tier goes down, too.
///
/// The time of the trades is not stored, so they count as of the day of the last refresh: volume never lives longer
/// than thirty days, and a little shorter for an account that is refreshed rarely. The first refresh of an account
/// counts it as of today.
///
/// Cells: account and volume read and written.
///
/// # Errors
/// `UnknownSeat`.
pub fn refresh_tier<S: Store>(store: &mut S, env: Env, seat: Seat) -> Result<u8> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let mut volume = store.volume(seat);
    volume.add_since_last(Day::of(env.now), account.volume);
    account.volume = 0;
    let tier = tier_of(volume.total());
    if tier != account.tier {
        account.tier = tier;
        store.emit(Event::TierSet { seat, tier });
    }
    store.set_volume(seat, &volume);
    store.set_account(seat, &account);
    Ok(tier)
}
