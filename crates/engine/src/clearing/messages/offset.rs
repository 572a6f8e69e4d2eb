//! `offset`: accounts that each owe in the instrument in which the one before is owed give up both.
//!
//! ```text
//! account i owes in month i and is owed in month i + 1; the last one is owed in month 0
//! ```
//!
//! None of them is bankrupt then, no pool holds a point, and winners of all the months wait for them: each would wait
//! for all others. Giving up a claim for a debt of the same worth costs nobody anything and needs no money. Whatever
//! keeps a default open is such a circle, or has somebody in it who can be covered or written off: so none is kept open
//! by accounts that owe each other (invariant L5).

use crate::clearing::cells::{Account, Instrument};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::{cash, deficit};
use crate::clearing::store::{Store, claimable_month};
use crate::codec::Reader;
use crate::units::{NetLots, Points, QuoteAtoms, Seat, Seconds, TickValue};

/// Accounts of a circle at most: more than a product has months that are not claimed yet, and a circle that passes a
/// month twice is two shorter ones.
pub const MAX_CIRCLE: usize = 16;

/// The accounts of an encoded circle, each with the instrument in which it owes: four bytes of seat and two of
/// instrument, big endian; fewer than six bytes at the end are ignored.
pub fn parse_circle(bytes: &[u8]) -> impl Iterator<Item = (Seat, Instrument)> + Clone {
    bytes.chunks_exact(6).map(|chunk| {
        let mut from = Reader::new(chunk);
        (Seat(from.u32(4)), Instrument(from.u16()))
    })
}

/// Offsets what the accounts of a circle owe each other: each owes in its own instrument and is owed in that of the
/// next, the last one in that of the first. As much as the smallest of these is worth, in whole points of all
/// instruments. None may hold lots in the two of its instruments. Returns the quote atoms by which each debt and each
/// claim falls. Anyone may send it.
///
/// Cells: of each account of the circle the account, its instrument's market and its auction read and written, the
/// curves read; the ledger read, and written when a deficit had been reported.
///
/// # Errors
/// `TooMany` accounts, `BadParameter` for fewer than two or when an account or an instrument comes twice,
/// `UnknownSeat`, `UnknownInstrument`, `Allocating`, `NothingToOffset`.
pub fn offset<S: Store>(
    store: &mut S,
    now: Seconds,
    circle: impl Iterator<Item = (Seat, Instrument)> + Clone,
) -> Result<u64> {
    let count = circle.clone().count();
    if count > MAX_CIRCLE {
        return Err(ClearingError::TooMany);
    }
    for (index, (seat, month)) in circle.clone().enumerate() {
        if circle.clone().skip(index.saturating_add(1)).any(|(other, owing)| other == seat || owing == month) {
            return Err(ClearingError::BadParameter);
        }
    }
    if count < 2 {
        return Err(ClearingError::BadParameter);
    }
    // Each account with the instruments in which it owes and is owed.
    let next = circle.clone().skip(1).chain(circle.clone().take(1));
    let links = circle.zip(next).map(|((seat, debt), (_, claim))| (seat, debt, claim));
    let (mut least, mut unit) = (u64::MAX, 1);
    for (seat, debt, claim) in links.clone() {
        let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
        for (instrument, sign) in [(debt, 1), (claim, -1)] {
            let (round, month, mut market) = claimable_month(store, instrument)?;
            if market.allocation.is_counting() {
                return Err(ClearingError::Allocating);
            }
            cash::settle_position(store, seat, &mut account, &mut market, &month, round, now)?;
            store.set_market(instrument, &market);
            least = least.min(value_of(&account, instrument, sign, month.tick_value));
            unit = common_multiple(unit, month.tick_value);
        }
        store.set_account(seat, &account);
    }
    let amount = least.saturating_sub(least.checked_rem(unit).unwrap_or(least));
    if amount == 0 {
        return Err(ClearingError::NothingToOffset);
    }
    for (seat, debt, claim) in links {
        let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
        for (instrument, sign) in [(debt, -1), (claim, 1)] {
            let (_, month, mut market) = claimable_month(store, instrument)?;
            // The amount is a whole number of points, and below what the position owes or is owed.
            let points = amount.checked_div(month.tick_value.0.into()).and_then(|points| i64::try_from(points).ok());
            let change = points.and_then(|points| points.checked_mul(sign)).ok_or(ClearingError::OutOfRange)?;
            if let Some(position) = account.position_mut(instrument) {
                position.basis += Points(change);
                market.note_change(true, position)?;
            }
            store.set_market(instrument, &market);
        }
        account.tidy();
        store.set_account(seat, &account);
        store.emit(Event::Offset { seat, debt, claim, amount });
        deficit::update(store, seat, &mut account)?;
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

/// The least amount that is a multiple of `unit` and a whole number of points of this value; zero when there is none
/// below 2^64.
fn common_multiple(unit: u64, value: TickValue) -> u64 {
    let (mut a, mut b) = (unit, u64::from(value.0));
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    unit.checked_div(a).and_then(|part| part.checked_mul(value.0.into())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(values: &[u32]) -> u64 {
        values.iter().fold(1, |unit, value| common_multiple(unit, TickValue(*value)))
    }

    #[test]
    fn amounts_are_whole_points_of_all_instruments() {
        assert_eq!(unit(&[100_000, 100_000]), 100_000);
        assert_eq!(unit(&[100_000, 150_000, 1_000_000]), 3_000_000);
        assert_eq!(unit(&[u32::MAX, u32::MAX - 1]), u64::from(u32::MAX) * u64::from(u32::MAX - 1));
        assert_eq!(unit(&[u32::MAX, u32::MAX - 1, u32::MAX - 2]), 0, "none that fits: nothing is offset");
        assert_eq!(unit(&[0, 7]), 0);
    }

    #[test]
    fn a_circle_is_six_bytes_an_account() {
        let bytes = [0, 0, 0, 7, 1, 2, 0, 0, 1, 0, 0, 3, 9];
        let circle: std::vec::Vec<_> = parse_circle(&bytes).collect();
        assert_eq!(circle, [(Seat(7), Instrument(0x0102)), (Seat(256), Instrument(3))]);
    }
}
