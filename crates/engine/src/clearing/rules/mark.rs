//! The settlement mark of a month: from the index, and within a cap from the book
//! (`docs/book/src/protocol.md#the-settlement-mark`).
//!
//! ```text
//! fair = index + (previous mark - previous index) * index / previous index * days left / days left then
//! fair = (sum of prints + index * prints to come) / window            once the averaging window has begun
//! mark = fair + clamp(book mid - fair, -BOOK_CAP, +BOOK_CAP)          when both sides are quoted closely
//! slow = slow + (mark - slow) / SLOW_STEPS                            at least one tick
//! ```
//!
//! The basis of a month moves with the index and fades in proportion to the days left, so that the curve meets the
//! index at expiry. In one settlement a book alone never moves a mark by more than the cap (invariants P2, P3). Prices
//! here are in quote atoms per million tokens; the result is rounded to the nearest tick, once, for both sides of every
//! position.

use crate::calendar::Day;
use crate::clearing::cells::{Market, Month, PAGE_TICKS};
use crate::math::{div_nearest, mul_div_floor};
use crate::oracle::{Averaging, Print};
use crate::units::{BPS, Side, Ticks};

/// How far the book may move a mark from its fair price, in basis points of it.
pub const BOOK_CAP_BPS: i128 = 200;

/// Settlements over which the slow mark follows: a quarter of the distance each day.
pub const SLOW_STEPS: i128 = 4;

/// Change of the mark, in basis points of the reference, that counts as a repricing and starts a new quote epoch.
pub const REPRICING_BPS: i128 = 50;

/// The settlement mark that a month gets from a new print.
pub fn settlement_mark(
    month: &Month,
    market: &Market,
    previous: Print,
    print: Print,
    averaging: Option<Averaging>,
) -> Ticks {
    let fair = match averaging {
        Some(averaging) if averaging.samples > 0 => average_to_come(print, averaging),
        _ => with_faded_basis(month, previous, print),
    };
    let fair = to_ticks(fair, month.tick_size);
    let bounded = i128::from(fair).saturating_add(book_pull(month, market, fair));
    Ticks(u32::try_from(bounded.clamp(1, i128::from(Ticks::MAX.0).saturating_sub(1))).unwrap_or(fair))
}

/// The slow mark after a settlement.
pub fn slow_mark(slow: Ticks, mark: Ticks) -> Ticks {
    let distance = i128::from(mark.0).saturating_sub(slow.0.into());
    let step = distance.checked_div(SLOW_STEPS).unwrap_or(0);
    let step = if step == 0 { distance.signum() } else { step };
    Ticks(u32::try_from(i128::from(slow.0).saturating_add(step)).unwrap_or(mark.0))
}

/// Whether a new mark is a repricing of the reference.
pub fn is_repricing(reference: Ticks, mark: Ticks) -> bool {
    let moved = i128::from(mark.0.abs_diff(reference.0)).saturating_mul(BPS.into());
    moved >= i128::from(reference.0).saturating_mul(REPRICING_BPS)
}

/// An index price in whole ticks, nearest; at least one.
pub fn to_ticks(price: u64, tick_size: u16) -> u32 {
    u32::try_from(div_nearest(price, tick_size.into())).unwrap_or(Ticks::MAX.0).max(1)
}

fn average_to_come(print: Print, averaging: Averaging) -> u64 {
    let to_come = u64::from(averaging.window.saturating_sub(averaging.samples));
    let sum = averaging.sum.saturating_add(u64::from(print.price).saturating_mul(to_come));
    div_nearest(sum, averaging.window.max(averaging.samples).into())
}

fn with_faded_basis(month: &Month, previous: Print, print: Print) -> u64 {
    let last_day = Day::of(month.expiry).0;
    let (left, left_then) = (last_day.saturating_sub(print.day.0), last_day.saturating_sub(previous.day.0));
    let mark = i128::from(month.settle.0).saturating_mul(month.tick_size.into());
    let basis = mark.saturating_sub(previous.price.into());
    let moved = mul_div_floor(basis, print.price.into(), previous.price.into());
    let faded = mul_div_floor(moved, left.into(), left_then.into());
    u64::try_from(i128::from(print.price).saturating_add(faded)).unwrap_or(1)
}

/// What the book adds to a fair price, in ticks.
fn book_pull(month: &Month, market: &Market, fair: u32) -> i128 {
    let (bid, ask) = (market.bound(Side::Buy), market.bound(Side::Sell));
    let quoted = market.epoch == month.epoch && bid > Ticks::ZERO && ask < Ticks::MAX && bid < ask;
    let spread = i128::from(ask.0.saturating_sub(bid.0));
    // The bounds of the book can be a page wide of its best prices: no tighter test would hold for them.
    let widest = mul_div_floor(fair.into(), market.terms.maker_spread_back_bps.into(), BPS.into());
    if !quoted || spread > widest.max(PAGE_TICKS.into()) {
        return 0;
    }
    let mid = i128::from(bid.0).saturating_add(ask.0.into()).div_euclid(2);
    let cap = mul_div_floor(fair.into(), BOOK_CAP_BPS, BPS.into());
    mid.saturating_sub(fair.into()).clamp(cap.saturating_neg(), cap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::DAY;
    use crate::clearing::cells::Terms;
    use crate::units::Seconds;
    use proptest::prelude::*;

    fn month(settle: u32, days: u32) -> Month {
        Month { settle: Ticks(settle), tick_size: 100, expiry: Seconds((20_000 + days) * DAY), ..Month::default() }
    }

    fn print(day: u32, price: u32) -> Print {
        Print { day: Day(day), price, ..Print::default() }
    }

    fn quoted(bid: u32, ask: u32) -> Market {
        let mut market = Market::new(Terms { maker_spread_back_bps: 500, ..Terms::default() });
        market.enter_epoch(0, Ticks(2_600));
        market.note_order(Side::Buy, Ticks(bid));
        market.note_order(Side::Sell, Ticks(ask));
        market
    }

    #[test]
    fn the_basis_moves_with_the_index_and_fades_to_nothing() {
        let market = Market::new(Terms::default());
        let mark = |days, today, price| {
            settlement_mark(&month(2_800, days), &market, print(20_000, 260_000), print(today, price), None)
        };
        assert_eq!(mark(100, 20_000, 260_000), Ticks(2_800));
        assert_eq!(mark(100, 20_000, 130_000), Ticks(1_400));
        assert_eq!(mark(100, 20_050, 260_000), Ticks(2_700));
        assert_eq!(mark(100, 20_100, 260_000), Ticks(2_600));
        assert_eq!(mark(0, 20_000, 260_000), Ticks(2_600));
    }

    #[test]
    fn in_the_averaging_window_the_mark_is_the_average_to_come() {
        let averaging = Averaging { sum: 400_000, samples: 2, window: 4 };
        let market = Market::new(Terms::default());
        let mark =
            settlement_mark(&month(2_800, 2), &market, print(20_000, 260_000), print(20_001, 300_000), Some(averaging));
        assert_eq!(mark, Ticks(2_500));
    }

    #[test]
    fn a_book_moves_the_mark_by_its_cap_at_most() {
        let mark = |bid, ask| {
            settlement_mark(&month(2_600, 9), &quoted(bid, ask), print(20_000, 260_000), print(20_000, 260_000), None)
        };
        assert_eq!(mark(2_605, 2_615), Ticks(2_610));
        assert_eq!(mark(2_900, 2_910), Ticks(2_652)); // 2 % of 2,600
        assert_eq!(mark(2_300, 2_310), Ticks(2_548));
        assert_eq!(mark(2_300, 2_900), Ticks(2_600)); // too wide to mean anything
    }

    proptest! {
        /// P2, P3: whatever stands in the book, and whatever was traded last, the index gives the mark but for 2 %.
        #[test]
        fn no_book_moves_a_mark_further_than_its_cap(
            book in (1..10_000_u32, 1..10_000_u32), settle in 100..10_000_u32, price in 10_000..1_000_000_u32,
        ) {
            let of = |market: &Market| {
                settlement_mark(&month(settle, 90), market, print(20_000, 260_000), print(20_001, price), None).0
            };
            let alone = of(&Market::new(Terms::default()));
            let quoted = of(&quoted(book.0.min(book.1), book.0.max(book.1)));
            let cap = mul_div_floor(alone.into(), BOOK_CAP_BPS, BPS.into());
            prop_assert!(i128::from(quoted.abs_diff(alone)) <= cap);
        }

        /// P1: the mark of a month moves as far as its index, and the fading of its basis takes it no further away.
        #[test]
        fn an_empty_book_moves_the_mark_as_the_index(price in 10_000..1_000_000_u32, days in 1..90_u32) {
            let market = Market::new(Terms::default());
            let at_index = month(2_600, 90);
            let mark = settlement_mark(&at_index, &market, print(20_000, 260_000), print(20_000 + days, price), None);
            prop_assert_eq!(mark.0, to_ticks(price.into(), 100));
        }
    }

    /// Who holds the whole book day after day moves the mark by the cap a day: as long as nobody trades against him.
    #[test]
    fn a_book_that_is_held_moves_the_mark_by_its_cap_a_day() {
        let mut mark = Ticks(2_600);
        for _ in 0..5 {
            let far = quoted(mark.0 + 200, mark.0 + 210);
            mark = settlement_mark(&month(mark.0, 10_000), &far, print(20_000, 260_000), print(20_000, 260_000), None);
        }
        assert_eq!(mark, Ticks(2_870)); // 2,600 * 1.02^5 is 2,870.6
    }

    #[test]
    fn the_slow_mark_follows_and_arrives() {
        assert_eq!(slow_mark(Ticks(100), Ticks(200)), Ticks(125));
        assert_eq!(slow_mark(Ticks(200), Ticks(198)), Ticks(199));
        assert_eq!(slow_mark(Ticks(200), Ticks(200)), Ticks(200));
    }

    #[test]
    fn half_a_percent_is_a_repricing() {
        assert!(is_repricing(Ticks(2_000), Ticks(2_010)));
        assert!(!is_repricing(Ticks(2_000), Ticks(2_009)));
        assert!(is_repricing(Ticks(2_000), Ticks(1_990)));
    }
}
