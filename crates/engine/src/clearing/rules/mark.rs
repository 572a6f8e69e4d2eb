//! The settlement mark of a month: from the index, and within a cap from the book
//! (`docs/book/src/protocol.md#the-settlement-mark`).
//!
//! ```text
//! anchor  = index + (previous anchor - previous index) * index / previous index * days left / days left then
//! anchor  = (sum of prints + index * days to come) / (prints + days to come)      in the averaging window
//! carried = previous pull * days left / days left then
//! pull    = clamp(book mid - anchor, carried - STEP, carried + STEP)             if the book says something
//!           carried                                                              else
//! mark    = anchor + clamp(pull, -REACH, +REACH)       REACH = 5 % of the anchor, over the last 30 days in proportion
//! slow    = slow + (mark - slow) / SLOW_STEPS                      at least one tick
//! ```
//!
//! The anchor is a price that no book has touched: the basis at which the month was listed moves with the index and
//! fades in proportion to the days left, so that the curve meets the index at expiry. In one settlement the book moves
//! a mark by at most STEP, 2 % of the anchor, and never further from the anchor than REACH, however many days it tries
//! (invariants P2, P3, P5).
//!
//! The book counts when the print is of today, the index alone does not reprice the month, and at prices no wider apart
//! than a maker's spread there stand, on both sides, the lots that a maker owes: in orders of a fifth of that at least,
//! which can still trade and have stood where they could be taken for an hour before the print was due
//! ([`crate::clearing::opening`]). The mid is that of the two prices up to which those lots stand. Orders that were
//! cancelled, have expired or came late do not count.
//!
//! Prices here are in quote atoms per million tokens; the result is rounded to the nearest tick, once, for both sides
//! of every position.

use super::{guard, opening};
use crate::calendar::Day;
use crate::clearing::cells::{Curve, Market, Month, Order, PAGE_TICKS, Page, first_tick, late_mark, page_of};
use crate::clearing::store::Store;
use crate::fault::{self, Fault};
use crate::math::{div_nearest, mul_div_floor};
use crate::oracle::validity::Action;
use crate::oracle::{Averaging, Print};
use crate::units::{BPS, Lots, Seconds, Side, Ticks};

/// How far the book may move a mark in one settlement, in basis points of the anchor.
pub const BOOK_STEP_BPS: i128 = 200;

/// How far from the anchor the book may ever hold a mark, in basis points of it: half of the least initial margin of a
/// month (10 % of the value), so that no book alone bankrupts an account that meets it.
pub const BOOK_REACH_BPS: i128 = 500;

/// Days before the last trading day over which that distance shrinks to nothing.
pub const REACH_DAYS: u32 = 30;

/// Settlements over which the slow mark follows: a quarter of the distance each day.
pub const SLOW_STEPS: i128 = 4;

/// Change of the mark, in basis points of the reference, that counts as a repricing and starts a new quote epoch.
pub const REPRICING_BPS: i128 = 50;

/// Accounts that are looked up on each side to find what stands there: orders that count hold a fifth of the lots that
/// count, so five live ones suffice.
const MAX_LOOKS: u8 = 5;

/// Pages that are read on each side, the outermost that may hold orders among them.
const MAX_PAGES: u8 = 3;

/// What a settlement makes of a month's mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Struck {
    /// The mark.
    pub mark: Ticks,
    /// The part of it that comes from the book.
    pub pull: i16,
    /// Whether it is a repricing: the index, and what the book said on other days, have moved the month.
    pub repriced: bool,
}

/// The settlement mark that a month gets from a new print. `mid` says what stands in the book, in ticks, if anything
/// does; it is asked only where it counts.
pub fn strike(
    month: &Month,
    previous: Print,
    print: Print,
    averaging: Option<Averaging>,
    mid: impl FnOnce() -> Option<i128>,
) -> Struck {
    let anchor = i128::from(to_ticks(fair(month, month.anchor(), previous, print, averaging), month.tick_size));
    let (left, left_then) = days_left(month, previous, print);
    let carried = mul_div_floor(i128::from(month.pull.unsigned_abs()), left.into(), left_then.into());
    let carried = carried.saturating_mul(i128::from(month.pull).signum());
    let of_anchor = |bps| mul_div_floor(anchor, bps, BPS.into());
    let reach = mul_div_floor(of_anchor(BOOK_REACH_BPS), left.min(REACH_DAYS).into(), REACH_DAYS.into());
    let reach = reach.min(i16::MAX.into());
    let at = |pull: i128| in_range(anchor.saturating_add(pull.clamp(reach.saturating_neg(), reach)));
    let repriced = is_repricing(month.reference, at(carried));
    let step = of_anchor(BOOK_STEP_BPS);
    let said = if repriced { None } else { mid() };
    let pull = said.map_or(carried, |mid| {
        mid.saturating_sub(anchor).clamp(carried.saturating_sub(step), carried.saturating_add(step))
    });
    let mark = at(pull);
    Struck { mark, pull: i16::try_from(i128::from(mark.0).saturating_sub(anchor)).unwrap_or(0), repriced }
}

/// What stands in a month's book and counts for its mark: the middle, in ticks, of the two prices up to which the lots
/// stand that a maker owes.
pub(crate) fn standing_mid<S: Store>(
    store: &mut S,
    curve: &Curve,
    month: &Month,
    market: &Market,
    now: Seconds,
    print: Print,
) -> Option<i128> {
    let due = opening::due(print.day);
    let open = opening::opened(month, market, &curve.holidays).later(opening::STANDING_SECONDS) <= due;
    let trades = curve.holidays.is_session(now) && guard::check(curve, now, Action::IncreaseRisk).is_ok();
    if print.day != Day::of(now) || now < due || !open || !trades || market.epoch != month.epoch {
        return None;
    }
    let late = late_mark(print.day);
    let mut edge = |side| edge(store, month, market, now, late, side).map(|price| i128::from(price.0));
    let (bid, ask) = (edge(Side::Buy)?, edge(Side::Sell)?);
    let widest = mul_div_floor(month.settle.0.into(), market.terms.maker_spread_back_bps.into(), BPS.into());
    let close = bid < ask && ask.saturating_sub(bid) <= widest;
    close.then(|| bid.saturating_add(ask).div_euclid(2))
}

/// The price up to which the lots stand on a side that a maker owes.
fn edge<S: Store>(store: &mut S, month: &Month, market: &Market, now: Seconds, late: u8, side: Side) -> Option<Ticks> {
    let (mut lots, mut looks) = (Lots::ZERO, MAX_LOOKS);
    let mut number = page_of(market.bound(side));
    for _ in 0..MAX_PAGES {
        let page = store.page(month.instrument, number).filter(|page| page.epoch == month.epoch);
        for step in 0..PAGE_TICKS {
            let price = match side {
                Side::Sell => first_tick(side, number).0.saturating_add(step),
                Side::Buy => first_tick(side, number).0.saturating_sub(step),
            };
            let counts = |order: &&Order| {
                let large = order.lots.0.saturating_mul(MAX_LOOKS.into()) >= market.terms.maker_lots.0;
                let there = order.side == side && order.price == Ticks(price);
                there && large && order.late != late && !order.expired(now)
            };
            for order in page.as_ref().map_or(&[][..], Page::orders).iter().filter(counts) {
                looks = looks.checked_sub(1)?;
                if order.stands(month, store.account(order.seat).as_ref()) {
                    lots += order.lots;
                }
            }
            if lots >= market.terms.maker_lots {
                return Some(Ticks(price));
            }
        }
        number = market.next_page(side, number)?;
    }
    None
}

/// The mark as it was struck before orders had to be live, of some size and of some age (clearing H5, index H1), and
/// repriced by what the book says: [`Fault::PullByDeadOrders`].
pub(crate) fn strike_by_bounds(
    month: &Month,
    market: &Market,
    previous: Print,
    print: Print,
    averaging: Option<Averaging>,
) -> Struck {
    let fair = to_ticks(fair(month, month.settle, previous, print, averaging), month.tick_size);
    let mark = in_range(i128::from(fair).saturating_add(pull_by_bounds(month, market, fair)));
    Struck { mark, pull: 0, repriced: is_repricing(month.reference, mark) }
}

/// Whether the fault is there that [`strike_by_bounds`] puts back.
pub(crate) fn pulled_by_bounds() -> bool {
    fault::present(Fault::PullByDeadOrders)
}

fn in_range(ticks: i128) -> Ticks {
    Ticks(u32::try_from(ticks.clamp(1, i128::from(Ticks::MAX.0).saturating_sub(1))).unwrap_or(1))
}

/// What a month is worth by the index alone, whose last mark was `mark`: in quote atoms per million tokens.
fn fair(month: &Month, mark: Ticks, previous: Print, print: Print, averaging: Option<Averaging>) -> u64 {
    match averaging {
        Some(averaging) if averaging.samples > 0 => {
            average_to_come(days_left(month, previous, print).0, print, averaging)
        }
        _ => with_faded_basis(month, mark, previous, print),
    }
}

/// Days from the print to the last trading day, and from the print before it.
fn days_left(month: &Month, previous: Print, print: Print) -> (u32, u32) {
    let last_day = Day::of(month.expiry).0;
    (last_day.saturating_sub(print.day.0), last_day.saturating_sub(previous.day.0))
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

/// The average of the window when every day that can still come prints what this one did. A day that is missing by now
/// does not come: it weighs nothing, here as in the final price.
fn average_to_come(left: u32, print: Print, averaging: Averaging) -> u64 {
    let open = averaging.window.saturating_sub(averaging.samples);
    let to_come = u64::from(open).min(left.into());
    let sum = averaging.sum.saturating_add(u64::from(print.price).saturating_mul(to_come));
    div_nearest(sum, u64::from(averaging.samples).saturating_add(to_come).max(1))
}

fn with_faded_basis(month: &Month, mark: Ticks, previous: Print, print: Print) -> u64 {
    let (left, left_then) = days_left(month, previous, print);
    let mark = i128::from(mark.0).saturating_mul(month.tick_size.into());
    let basis = mark.saturating_sub(previous.price.into());
    let moved = mul_div_floor(basis, print.price.into(), previous.price.into());
    let faded = mul_div_floor(moved, left.into(), left_then.into());
    u64::try_from(i128::from(print.price).saturating_add(faded)).unwrap_or(1)
}

fn pull_by_bounds(month: &Month, market: &Market, fair: u32) -> i128 {
    let (bid, ask) = (market.bound(Side::Buy), market.bound(Side::Sell));
    let quoted = market.epoch == month.epoch && bid > Ticks::ZERO && ask < Ticks::MAX && bid < ask;
    let spread = i128::from(ask.0.saturating_sub(bid.0));
    let widest = mul_div_floor(fair.into(), market.terms.maker_spread_back_bps.into(), BPS.into());
    if !quoted || spread > widest.max(PAGE_TICKS.into()) {
        return 0;
    }
    let mid = i128::from(bid.0).saturating_add(ask.0.into()).div_euclid(2);
    let cap = mul_div_floor(fair.into(), BOOK_STEP_BPS, BPS.into());
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
        let (settle, expiry) = (Ticks(settle), Seconds((20_000 + days) * DAY));
        Month { settle, reference: settle, tick_size: 100, expiry, ..Month::default() }
    }

    fn print(day: u32, price: u32) -> Print {
        Print { day: Day(day), price, ..Print::default() }
    }

    fn mark(month: &Month, previous: Print, print: Print, averaging: Option<Averaging>, mid: Option<i128>) -> u32 {
        strike(month, previous, print, averaging, || mid).mark.0
    }

    #[test]
    fn the_basis_moves_with_the_index_and_fades_to_nothing() {
        let mark =
            |days, today, price| mark(&month(2_800, days), print(20_000, 260_000), print(today, price), None, None);
        assert_eq!(mark(100, 20_000, 260_000), 2_800);
        assert_eq!(mark(100, 20_000, 130_000), 1_400);
        assert_eq!(mark(100, 20_050, 260_000), 2_700);
        assert_eq!(mark(100, 20_100, 260_000), 2_600);
        assert_eq!(mark(0, 20_000, 260_000), 2_600);
    }

    #[test]
    fn in_the_averaging_window_the_mark_is_the_average_to_come() {
        let averaging = Averaging { sum: 400_000, samples: 2, window: 4 };
        let mark =
            |days| mark(&month(2_800, days), print(20_000, 260_000), print(20_001, 300_000), Some(averaging), None);
        assert_eq!(mark(3), 2_500);
    }

    #[test]
    fn a_day_that_is_missing_weighs_nothing_in_the_mark_as_in_the_final_price() {
        // Two of four days have printed, and only one can still come: one is missing for good.
        let averaging = Averaging { sum: 400_000, samples: 2, window: 4 };
        let mark =
            |days| mark(&month(2_800, days), print(20_000, 260_000), print(20_001, 300_000), Some(averaging), None);
        assert_eq!(mark(2), 2_333); // (200,000 + 200,000 + 300,000) / 3
        assert_eq!(mark(1), 2_000); // the last day has printed
    }

    #[test]
    fn a_book_moves_the_mark_by_its_step_at_most() {
        let mark = |mid| mark(&month(2_600, 90), print(20_000, 260_000), print(20_000, 260_000), None, Some(mid));
        assert_eq!(mark(2_610), 2_610);
        assert_eq!(mark(2_905), 2_652); // 2 % of 2,600
        assert_eq!(mark(2_305), 2_548);
    }

    #[test]
    fn a_settlement_that_reprices_takes_nothing_from_the_book() {
        let struck = strike(&month(2_600, 90), print(20_000, 260_000), print(20_000, 263_000), None, || {
            unreachable!("the book is not asked")
        });
        assert_eq!(struck, Struck { mark: Ticks(2_630), pull: 0, repriced: true });
    }

    #[test]
    fn what_the_book_said_yesterday_stays_and_fades_and_reprices_the_month_today() {
        let pulled = Month { pull: 52, reference: Ticks(2_600), ..month(2_652, 100) };
        let struck = strike(&pulled, print(20_000, 260_000), print(20_050, 260_000), None, || Some(2_900));
        assert_eq!(struck, Struck { mark: Ticks(2_626), pull: 26, repriced: true });
        let settled = Month { reference: Ticks(2_652), ..pulled };
        let struck = strike(&settled, print(20_000, 260_000), print(20_001, 260_000), None, || None);
        assert_eq!((struck.mark, struck.repriced), (Ticks(2_651), false));
    }

    #[test]
    fn over_the_last_month_the_reach_of_the_book_shrinks_to_nothing() {
        let mark =
            |left: u32| mark(&month(2_600, left), print(20_000, 260_000), print(20_000, 260_000), None, Some(9_000));
        assert_eq!([30, 12, 6, 0].map(mark), [2_652, 2_652, 2_626, 2_600]);
    }

    proptest! {
        /// P2, P3: whatever stands in the book the index gives the mark, except for 2 % of the anchor.
        #[test]
        fn no_book_moves_a_mark_further_than_its_step(
            mid in 1..10_000_i128, settle in 100..10_000_u32, price in 10_000..1_000_000_u32,
        ) {
            let of = |mid| mark(&month(settle, 90), print(20_000, 260_000), print(20_001, price), None, mid);
            let (alone, quoted) = (of(None), of(Some(mid)));
            prop_assert!(i128::from(quoted.abs_diff(alone)) <= mul_div_floor(alone.into(), BOOK_STEP_BPS, BPS.into()));
        }

        /// P5: however many days the book tries, the mark stays within reach of what it would be without any book.
        #[test]
        fn no_sequence_of_books_holds_a_mark_beyond_its_reach(
            days in prop::collection::vec((1..10_000_i128, 9_800..10_250_u32, any::<bool>()), 1..80),
            listed in 1_000..9_000_u32,
        ) {
            let (mut held, mut free) = (month(listed, 90), month(listed, 90));
            let mut last = print(20_000, 260_000);
            for (mid, ratio, quoted) in days {
                let next = print(last.day.0 + 1, (u64::from(last.price) * u64::from(ratio) / 10_000) as u32);
                let set = |month: &mut Month, mid: Option<i128>| {
                    let struck = strike(month, last, next, None, || mid);
                    (month.settle, month.pull) = (struck.mark, struck.pull);
                    if struck.repriced {
                        month.reference = struck.mark;
                    }
                };
                set(&mut held, quoted.then_some(mid));
                set(&mut free, None);
                last = next;
                let reach = mul_div_floor(free.settle.0.into(), BOOK_REACH_BPS, BPS.into());
                prop_assert!(i128::from(held.settle.0.abs_diff(free.settle.0)) <= reach, "{held:?} {free:?}");
                prop_assert_eq!(free.pull, 0);
            }
        }

        /// P1: the mark of a month moves as far as its index, and the fading of its basis takes it no further away.
        #[test]
        fn an_empty_book_moves_the_mark_as_the_index(price in 10_000..1_000_000_u32, days in 1..90_u32) {
            let at_index = month(2_600, 90);
            let mark = mark(&at_index, print(20_000, 260_000), print(20_000 + days, price), None, None);
            prop_assert_eq!(mark, to_ticks(price.into(), 100));
        }
    }

    #[test]
    fn by_its_bounds_a_book_pulls_by_a_step_at_most_and_only_with_both_sides_near_each_other() {
        let month = Month { epoch: 1, ..month(2_600, 90) };
        let pull = |epoch, fair, widest, (bid, ask)| {
            let mut market = Market::new(Terms { maker_spread_back_bps: widest, ..Terms::default() });
            market.enter_epoch(epoch, Ticks(fair));
            market.set_bound(Side::Buy, Ticks(bid));
            market.set_bound(Side::Sell, Ticks(ask));
            pull_by_bounds(&month, &market, fair)
        };
        let usual = |bid, ask| pull(1, 2_600, 500, (bid, ask));
        assert_eq!([usual(2_605, 2_615), usual(2_555, 2_586), usual(2_601, 2_602)], [10, -30, 1]);
        assert_eq!([usual(2_700, 2_710), usual(2_480, 2_500)], [52, -52], "2 % of 2,600");
        assert_eq!([usual(2_545, 2_675), usual(2_545, 2_676)], [10, 0], "a spread of 5 %, and a tick more");
        assert_eq!([usual(2_610, 2_610), usual(2_615, 2_605)], [0, 0], "crossed");
        assert_eq!(pull(2, 2_600, 500, (2_605, 2_615)), 0, "quotes of another epoch");
        // Without a side, where a spread of six times the price would be near enough.
        let wide = |fair, bid, ask| pull(1, fair, u16::MAX, (bid, ask));
        assert_eq!([wide(100, 1, 101), wide(100, 0, 101)], [-2, 0]);
        let (fair, bid) = (Ticks::MAX.0 - 10, Ticks::MAX.0 - 5);
        assert_eq!([wide(fair, bid, Ticks::MAX.0 - 1), wide(fair, bid, Ticks::MAX.0)], [7, 0]);
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
