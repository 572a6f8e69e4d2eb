//! `offset`: two accounts that each owe in the instrument in which the other is owed give up both.
//!
//! Nobody is bankrupt then and no pool holds a point, so each would wait for the other. Giving up a claim for a debt of
//! the same worth costs neither anything and needs no money; what circles over three accounts or more the insurance
//! fund sets going ([`crate::clearing::bridge()`]).

use crate::clearing::cells::{Account, Instrument};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::{cash, deficit};
use crate::clearing::store::{Store, claimable_month};
use crate::units::{NetLots, Points, QuoteAtoms, Seat, Seconds, TickValue};

/// Offsets what `one` is owed in `claim` and owes in `debt` with what `other` owes in `claim` and is owed in `debt`: as
/// much as the smallest of the four, in whole points of both instruments. Neither may hold lots in the two. Returns the
/// quote atoms that each of the four is less. Anyone may send it.
///
/// Cells: both accounts, curves and both markets read and written, auctions read, written with the ledger when a
/// deficit had been reported.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `BadParameter` for one and the same account or instrument, `Allocating`,
/// `NothingToOffset`.
pub fn offset<S: Store>(
    store: &mut S,
    now: Seconds,
    (one, other): (Seat, Seat),
    claim: Instrument,
    debt: Instrument,
) -> Result<u64> {
    if one == other || claim == debt {
        return Err(ClearingError::BadParameter);
    }
    let mut accounts = [one, other].map(|seat| (seat, store.account(seat)));
    let mut values = [TickValue(0); 2];
    for (instrument, value) in [claim, debt].into_iter().zip(&mut values) {
        let (round, month, mut market) = claimable_month(store, instrument)?;
        if market.allocation.is_counting() {
            return Err(ClearingError::Allocating);
        }
        *value = month.tick_value;
        for (seat, account) in &mut accounts {
            let account = account.as_mut().ok_or(ClearingError::UnknownSeat)?;
            cash::settle_position(store, *seat, account, &mut market, &month, round, now)?;
        }
        store.set_market(instrument, &market);
    }
    let [(_, Some(mut first)), (_, Some(mut second))] = accounts else { return Err(ClearingError::UnknownSeat) };
    let worth = [
        value_of(&first, claim, -1, values[0]),
        value_of(&first, debt, 1, values[1]),
        value_of(&second, claim, 1, values[0]),
        value_of(&second, debt, -1, values[1]),
    ];
    let least = worth.into_iter().fold(u64::MAX, u64::min);
    let amount = whole_points(least, values);
    if amount == 0 {
        return Err(ClearingError::NothingToOffset);
    }
    for (instrument, value, sign) in [(claim, values[0], 1), (debt, values[1], -1)] {
        // As many whole points of either instrument as the amount is worth, which is below what two positions hold.
        let points = amount.checked_div(value.0.into()).and_then(|points| i64::try_from(points).ok());
        let change = points.and_then(|points| points.checked_mul(sign)).map(Points).ok_or(ClearingError::OutOfRange)?;
        let mut market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
        for (account, change) in [(&mut first, change), (&mut second, -change)] {
            if let Some(position) = account.position_mut(instrument) {
                position.basis += change;
                market.note_holder(true, position.is_exposed())?;
            }
        }
        store.set_market(instrument, &market);
    }
    store.emit(Event::Offset { one, other, claim, debt, amount });
    for (seat, account) in [(one, &mut first), (other, &mut second)] {
        account.tidy();
        store.set_account(seat, account);
        deficit::update(store, seat, account)?;
    }
    Ok(amount)
}

/// Quote atoms that an account without lots owes in an instrument, or with `sign` -1 is owed; zero otherwise.
fn value_of(account: &Account, instrument: Instrument, sign: i64, value: TickValue) -> u64 {
    let Some(position) = account.position(instrument).filter(|position| position.net == NetLots::ZERO) else {
        return 0;
    };
    let points = Points(position.basis.0.saturating_mul(sign).max(0));
    let worth: QuoteAtoms = points * value;
    u64::try_from(worth.0).unwrap_or(u64::MAX)
}

/// The largest amount up to `least` that is a whole number of points in both instruments.
fn whole_points(least: u64, [one, other]: [TickValue; 2]) -> u64 {
    let (mut a, mut b) = (u64::from(one.0), u64::from(other.0));
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    // Both are below 2^32, so their least common multiple is below 2^64.
    let multiple = u64::from(one.0).checked_div(a).unwrap_or(0).saturating_mul(other.0.into());
    least.saturating_sub(least.checked_rem(multiple).unwrap_or(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_whole_points_of_both_instruments() {
        let whole = |least, one, other| whole_points(least, [TickValue(one), TickValue(other)]);
        assert_eq!(whole(1_000_001, 100_000, 100_000), 1_000_000);
        assert_eq!(whole(1_000_001, 100_000, 150_000), 900_000);
        assert_eq!(whole(u64::MAX, u32::MAX, u32::MAX - 1), u64::from(u32::MAX) * u64::from(u32::MAX - 1));
        assert_eq!((whole(5, 2, 7), whole(9, 0, 7)), (0, 0));
    }
}
