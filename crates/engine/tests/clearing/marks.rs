//! What a book does to a settlement mark: only orders that stand, with size, for some time, count, and never beyond
//! REACH.

use crate::world::{TPI, World, terms};
use proptest::prelude::*;
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::mark::{BOOK_REACH_BPS, BOOK_STEP_BPS};
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_DUE, STANDING_SECONDS};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{Level, Place, Quote, Store};
use sit_engine::oracle::{Averaging, Validity};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

/// Tuesday, an hour and a second before the print is due: the last moment at which quotes can come in time.
fn in_time(accounts: u32) -> World {
    let mut world = World::new(accounts);
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE - STANDING_SECONDS - 1);
    world
}

/// The print comes when it is due, and says that the index has not moved. Returns the mark of the near month.
fn settled(world: &mut World) -> u32 {
    world.at(PRINT_DUE);
    world.settle_day(260_000).unwrap();
    world.month(world.near).settle.0
}

fn far_order(world: &World, seat: u32, side: Side, price: u32, lots: u32) -> Place {
    Place { instrument: world.far, ..world.order(seat, side, price, lots) }
}

#[test]
fn two_sides_that_have_stood_for_an_hour_with_size_are_heard() {
    let mut world = in_time(2);
    world.quote(0, &[(2_615, 50)], &[(2_625, 50)]).unwrap();
    assert_eq!(settled(&mut world), 2_620);
    let month = world.month(world.near);
    assert_eq!((month.pull, month.anchor(), month.epoch), (20, Ticks(2_600), 1), "and do not void themselves");
    assert_eq!(world.resting(Side::Buy), [(2_615, 0, 50)]);
}

#[test]
fn they_are_heard_up_to_two_percent_a_day() {
    for (bid, ask, mark) in [(2_700, 2_720, 2_652), (2_480, 2_500, 2_548)] {
        let mut world = in_time(2);
        world.quote(0, &[(bid, 50)], &[(ask, 50)]).unwrap();
        assert_eq!(settled(&mut world), mark);
    }
}

/// Nothing of these moves a mark that would be pulled by 2 % to 2,652.
#[test]
fn what_is_cancelled_thin_late_one_sided_wide_or_expired_says_nothing() {
    type Case = (&'static str, fn(&mut World));
    let cases: [Case; 10] = [
        ("cancelled", |world| {
            world.quote(0, &[(2_700, 50)], &[(2_710, 50)]).unwrap();
            world.now = world.now.later(STANDING_SECONDS);
            world.cancel_all(0, world.near).unwrap();
        }),
        ("cancelled on one side", |world| {
            let bid = world.buy(0, 2_700, 50).unwrap().number;
            world.sell(0, 2_710, 50).unwrap();
            world.cancel(0, 2_700, bid).unwrap();
        }),
        ("a lot short", |world| {
            world.quote(0, &[(2_700, 49)], &[(2_710, 50)]).unwrap();
        }),
        ("dust", |world| {
            world.quote(0, &[], &[(2_710, 50)]).unwrap();
            for _ in 0..10 {
                world.buy(1, 2_700, 9).unwrap();
            }
        }),
        ("late by a second", |world| {
            world.now = world.now.later(1);
            world.quote(0, &[(2_700, 50)], &[(2_710, 50)]).unwrap();
        }),
        ("in the wait for the print", |world| {
            world.at(PRINT_DUE);
            world.quote(0, &[(2_590, 50)], &[(2_610, 50)]).unwrap();
        }),
        ("one-sided", |world| {
            world.quote(0, &[(2_700, 5_000)], &[]).unwrap();
        }),
        ("wide", |world| {
            world.quote(0, &[(2_640, 50)], &[(2_771, 50)]).unwrap();
        }),
        ("expired", |world| {
            let expiry = world.now.later(STANDING_SECONDS + 1);
            for (side, price) in [(Side::Buy, 2_700), (Side::Sell, 2_710)] {
                world.place(Place { expiry, ..world.order(0, side, price, 50) }).unwrap();
            }
        }),
        ("traded away", |world| {
            world.quote(0, &[(2_700, 50)], &[(2_710, 50)]).unwrap();
            world.sell(1, 2_700, 10).unwrap();
        }),
    ];
    for (case, quote) in cases {
        let mut world = in_time(2);
        quote(&mut world);
        assert_eq!(settled(&mut world), 2_600, "{case}");
        assert_eq!(world.month(world.near).pull, 0, "{case}");
        world.check();
    }
}

#[test]
fn a_lot_at_a_better_price_does_not_move_what_the_size_says() {
    let mut world = in_time(3);
    world.quote(0, &[(2_595, 50)], &[(2_605, 50)]).unwrap();
    world.buy(1, 2_604, 9).unwrap();
    assert_eq!(settled(&mut world), 2_600);
    // Large orders count up to the price at which they make up the lots: 20 at 2,603 and 50 at 2,595 are 70 from
    // 2,595 on.
    let mut world = in_time(3);
    world.quote(0, &[(2_595, 50)], &[(2_605, 50)]).unwrap();
    world.buy(1, 2_603, 20).unwrap();
    assert_eq!(settled(&mut world), 2_600);
}

#[test]
fn who_came_too_late_for_today_is_heard_tomorrow() {
    let mut world = in_time(2);
    world.now = world.now.later(2);
    world.quote(0, &[(2_615, 50)], &[(2_625, 50)]).unwrap();
    assert_eq!(settled(&mut world), 2_600);
    world.now = world.now.later(DAY);
    assert_eq!(settled(&mut world), 2_620);
}

#[test]
fn a_settlement_that_reprices_takes_nothing_from_the_book_of_before() {
    // Adversary N2: the index rises by 7 %; yesterday's quotes, cancelled or not, hold no part of it back.
    for cancelled in [false, true] {
        let mut world = in_time(2);
        world.quote(0, &[(2_590, 500)], &[(2_610, 500)]).unwrap();
        if cancelled {
            world.cancel_all(0, world.near).unwrap();
        }
        world.at(PRINT_DUE);
        world.settle_day(278_200).unwrap();
        assert_eq!(world.month(world.near).settle, Ticks(2_782), "cancelled {cancelled}");
    }
}

#[test]
fn nothing_is_heard_at_a_weekend_in_doubt_in_a_pause_before_the_print_is_due_or_of_an_older_print() {
    let quoted = |world: &mut World| {
        world.quote(0, &[(2_700, 50)], &[(2_710, 50)]).unwrap();
    };
    let mut early = in_time(2);
    quoted(&mut early);
    early.at(PRINT_DUE - 1);
    early.settle_day(260_000).unwrap();
    assert_eq!(early.month(early.near).settle, Ticks(2_600), "an index that prints before noon");

    let mut old = in_time(2);
    quoted(&mut old);
    old.now = old.now.later(DAY);
    let (now, day) = (old.now, sit_engine::calendar::Day(sit_engine::calendar::Day::of(old.now).0 - 1));
    let given = sit_engine::clearing::peers::Given::print(day, 260_000);
    old.house.transact(|house| sit_engine::clearing::settle_day(house, &given, now, crate::world::TPI)).unwrap();
    assert_eq!(old.month(old.near).settle, Ticks(2_600), "yesterday's print, settled today");

    let mut saturday = World::new(2);
    for _ in 0..4 {
        saturday.next_day(260_000).unwrap();
    }
    saturday.at(DAY - 6); // the last block of Friday: nobody can take it before Monday
    quoted(&mut saturday);
    saturday.now = saturday.now.later(DAY);
    assert_eq!(settled(&mut saturday), 2_600, "nobody trades on a Saturday");

    let mut doubted = in_time(2);
    quoted(&mut doubted);
    doubted.note(Validity::NeedsConfirmation);
    assert_eq!(settled(&mut doubted), 2_600);
    let mut paused = in_time(2);
    quoted(&mut paused);
    paused.pause(sit_engine::clearing::Guard::TRADING).unwrap();
    assert_eq!(settled(&mut paused), 2_600);
}

#[test]
fn quotes_of_a_month_that_was_halted_in_that_hour_are_not_heard() {
    let mut world = in_time(4);
    for wait in [60, 0] {
        world.sell(2, 2_990, 30).unwrap();
        world.buy(3, 2_990, 30).unwrap();
        world.now = world.now.later(wait);
    }
    world.now = world.now.later(600 + OPENING_SECONDS);
    world.quote(0, &[(2_640, 50)], &[(2_660, 50)]).unwrap();
    assert_eq!(settled(&mut world), 2_600);
}

#[test]
fn orders_that_are_cancelled_walk_no_mark_in_twelve_days() {
    // Clearing audit H5 (f7), index audit H1: +20.5 % in ten days with nothing at risk; the block before the settlement
    // (p37).
    for before in [1, 0] {
        let mut world = World::new(3);
        for _ in 0..12 {
            world.now = world.now.later(DAY);
            world.at(PRINT_DUE - before);
            let mark = world.month(world.far).settle.0;
            let target = mark + mark * 2 / 100 + 20;
            for (side, price) in [(Side::Buy, target), (Side::Sell, target + 1)] {
                world.place(far_order(&world, 0, side, price, 1)).ok();
            }
            world.cancel_all(0, world.far).unwrap();
            settled(&mut world);
        }
        let month = world.month(world.far);
        assert_eq!(month.pull, 0);
        assert!(month.settle.0.abs_diff(2_500) <= 30, "the basis fades towards 2,600 and nothing else: {month:?}");
    }
}

#[test]
fn whoever_holds_the_whole_book_for_weeks_gets_five_percent_and_no_tick_more() {
    let mut world = World::new(3);
    let mut furthest = 0;
    for _ in 0..30 {
        world.now = world.now.later(DAY);
        world.at(PRINT_DUE - STANDING_SECONDS - 1);
        let limit = world.month(world.far).settle.0 * 11 / 10;
        let far = world.far;
        let level = |price| [Level { price: Ticks(price), lots: Lots(50) }];
        let (bids, asks) = (level(limit), level(limit + 1));
        let env = world.env(0);
        let quote = Quote { seat: Seat(0), instrument: far, bids: &bids, asks: &asks, expiry: Seconds::ZERO };
        world.house.transact(|house| sit_engine::clearing::quote(house, env, quote)).ok(); // refused at weekends
        settled(&mut world);
        let month = world.month(far);
        furthest = furthest.max(i32::from(month.pull));
        let reach = i128::from(month.anchor().0) * BOOK_REACH_BPS / 10_000;
        assert!(i128::from(month.pull) <= reach && month.anchor().0.abs_diff(2_500) <= 100, "P5: {month:?}");
    }
    assert!(furthest >= 120, "it does get there: {furthest}");
}

#[test]
fn a_new_month_starts_at_a_price_that_no_book_has_touched() {
    let mut world = in_time(2);
    for (side, price) in [(Side::Buy, 2_548), (Side::Sell, 2_552)] {
        world.place(far_order(&world, 0, side, price, 50)).unwrap();
    }
    settled(&mut world);
    let pulled = world.month(world.far);
    assert_eq!((pulled.settle, pulled.pull > 0), (Ticks(2_550), true));
    let now = world.now;
    world.house.transact(|house| sit_engine::clearing::roll_listing(house, now, crate::world::TPI)).unwrap();
    let curve = world.house.curve(crate::world::TPI).unwrap();
    let new = curve.months().iter().filter(|month| month.instrument != world.near && month.instrument != world.far);
    for month in new {
        assert_eq!((month.pull, month.settle), (0, pulled.anchor()));
    }
}

#[test]
fn a_month_near_its_end_follows_the_average_of_its_window_and_another_one_the_index() {
    let mut world = in_time(1);
    world.at(PRINT_DUE);
    let (now, day) = (world.now, Day::of(world.now));
    // The near month ends in 22 days, the far one in 57: longer than any window is.
    let averaging = Some(Averaging { sum: 500_000, samples: 2, window: 5 });
    let given = Given { averaging, ..Given::print(day, 260_000) };
    world.house.transact(|house| sit_engine::clearing::settle_day(house, &given, now, TPI)).unwrap();
    assert_eq!(world.month(world.near).settle, Ticks(2_560), "(2 * 250,000 + 3 * 260,000) / 5");
    assert_eq!(world.month(world.far).settle, Ticks(2_502), "its basis of 100 has faded by a day");
}

#[test]
fn size_means_what_a_maker_owes() {
    assert_eq!(terms().maker_lots, Lots(50), "the sizes of this file are of these terms");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// P2, P5: whatever is quoted, cancelled and traded at whatever times, no mark is further than its reach from the
    /// price that it has in a house without any book, and no step beyond the index's is larger than its bound.
    #[test]
    fn no_sequence_of_quotes_and_cancels_takes_a_mark_beyond_its_reach(
        days in prop::collection::vec(
            (0..PRINT_DUE, -300..300_i32, 1..120_u32, any::<bool>(), 0..9_u32, 9_900..10_120_u32), 1..25),
    ) {
        let (mut world, mut empty) = (World::new(3), World::new(1));
        let mut index = 260_000;
        for (second, offset, lots, cancels, taken, ratio) in days {
            index = u32::try_from(u64::from(index) * u64::from(ratio) / 10_000).unwrap();
            for world in [&mut world, &mut empty] {
                world.now = world.now.later(DAY);
                world.at(second);
            }
            let before = world.month(world.near);
            let at = before.settle.0.saturating_add_signed(offset);
            world.quote(0, &[(at, lots)], &[(at + 3, lots)]).ok();
            world.quote(1, &[(at - 5, 60)], &[(at + 9, 60)]).ok();
            world.sell(2, at, taken * 10).ok();
            if cancels {
                world.cancel_all(0, world.near).unwrap();
            }
            for world in [&mut world, &mut empty] {
                world.at(PRINT_DUE);
                world.settle_day(index).unwrap();
            }
            let (held, free) = (world.month(world.near), empty.month(empty.near));
            prop_assert_eq!(held.anchor(), free.settle, "the anchor is the price without a book");
            let bound = |bps| i128::from(free.settle.0) * bps / 10_000 + 1;
            prop_assert!(i128::from(held.settle.0.abs_diff(free.settle.0)) <= bound(BOOK_REACH_BPS), "P5");
            // What the book has added fades and its reach shrinks: both take the mark back to its anchor.
            let further = i128::from(held.pull.abs()) - i128::from(before.pull.abs());
            prop_assert!(further <= bound(BOOK_STEP_BPS), "P2: {further}");
            world.check();
        }
    }
}
