//! The worked example of the makers' guide (docs/book/src/makers.md), played on the engine: every figure of it stands
//! in the guide.

use crate::week::{self, START, Week};
use sit_engine::calendar::DAY;
use sit_engine::chain::Env;
use sit_engine::clearing::{self, Policy};
use sit_engine::incentives::{self, Parameters, Store, end_of};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

#[test]
fn the_guide_s_example_is_what_the_engine_counts() {
    let mut week = Week::new(1, Parameters::INITIAL);
    let (instrument, _) = week.months[0];
    let house = week.programme.house.get_mut();
    let level = |price| clearing::Level { price: Ticks(price), lots: Lots(100) };
    let (bids, asks) = ([level(8_970), level(8_940)], [level(9_030), level(9_060)]);
    let quote = clearing::Quote { seat: Seat(0), instrument, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
    house.transact(|house| clearing::quote(house, Env { caller: week::owner(0), now: START }, quote)).unwrap();
    let monday = START.later(4 * DAY + DAY / 2);
    let take = week::order(1, instrument, Side::Buy, 9_030, 50, Policy::ImmediateOrCancel);
    let env = Env { caller: week::owner(1), now: monday };
    assert_eq!(house.transact(|house| clearing::place(house, env, take)).unwrap().filled, Lots(50));
    let env = Env { caller: week::owner(0), now: START.later(6 * DAY + DAY / 2) };
    house.transact(|house| clearing::cancel_all(house, env, Seat(0), instrument)).unwrap();
    week.programme.now = end_of(week.number);

    let told = incentives::standing(&week.programme, week.programme.env([0; 20]), week.number, 0).unwrap();
    let weight = |distance: u64| 1_024 * (91 - distance) / 91;
    let (before, after) = (100 * weight(30) + 100 * weight(60), 50 * weight(30) + 100 * weight(60));
    assert_eq!(told.measure.score, before * 216_000 + after * 172_800);
    week.programme.close(week.number).unwrap();
    let paid = week.programme.maker(0).unwrap().grants.iter().map(|grant| grant.amount).sum::<u64>();
    assert_eq!(paid, told.reward);

    let guide = include_str!("../../../../docs/book/src/makers.md");
    let figures = [
        weight(30),
        weight(60),
        before,
        after,
        told.measure.score,
        u64::from(told.measure.uptime),
        u64::from(told.measure.due),
        told.measure.counted,
        told.adjusted,
        paid / 1_000_000,
    ];
    for figure in figures.map(grouped) {
        assert!(guide.contains(&figure), "the guide does not say {figure}");
    }
}

/// A number with its thousands apart, as the guide writes it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let parts: Vec<&str> = std::iter::once(&digits[..first])
        .chain((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]))
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(",")
}
