//! Price limits, halts and the session calendar.

use crate::world::{CASH, MONDAY, TICK_VALUE, World};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::limits::{HALT_SECONDS, SUSTAIN_SECONDS};
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{ClearingError, Event, Place, Policy, Product, RemovalReason, Store};
use sit_engine::units::{Lots, Seconds, Side, Ticks};

/// The first limit of a month whose mark is 2,600: 15 %.
const FIRST: (u32, u32) = (2_210, 2_990);

/// The second limit: 25 %.
const SECOND: (u32, u32) = (1_950, 3_250);

/// Seats 0 and 1 trade at a price.
fn trade(world: &mut World, price: u32, lots: u32) {
    world.sell(0, price, lots).unwrap();
    assert_eq!(world.buy(1, price, lots).unwrap().filled, Lots(lots));
}

/// Seats 0 and 1 trade at a limit for as long and as much as makes it count: at the second one ten times as long.
fn reach(world: &mut World, limit: u32) {
    let second = [SECOND.0, SECOND.1].contains(&limit);
    trade(world, limit, 25);
    world.now = world.now.later(if second { 10 * SUSTAIN_SECONDS } else { SUSTAIN_SECONDS });
    trade(world, limit, 25);
}

/// Waits until a halt of ten minutes and the opening phase are over.
fn open_again(world: &mut World) {
    world.now = world.now.later(HALT_SECONDS + OPENING_SECONDS);
}

fn halts(world: &World) -> Vec<u32> {
    let halts = world.house.events.iter().filter_map(|event| match event {
        Event::Halted { until, .. } => Some(until.0),
        _ => None,
    });
    halts.collect()
}

#[test]
fn trades_at_the_first_limit_halt_for_ten_minutes_and_open_the_second() {
    for (limit, beyond) in [(FIRST.0, SECOND.0), (FIRST.1, SECOND.1)] {
        let mut world = World::new(2);
        reach(&mut world, limit);
        let until = world.now.later(HALT_SECONDS);
        assert_eq!(halts(&world), [until.0]);
        world.now = Seconds(until.0 - 1);
        assert_eq!(world.buy(1, 2_600, 1), Err(ClearingError::Halted));
        assert_eq!(world.quote(0, &[(2_600, 1)], &[]), Err(ClearingError::Halted));
        world.now = until.later(OPENING_SECONDS);
        trade(&mut world, limit, 200); // no longer a limit
        assert_eq!(halts(&world).len(), 1);
        let outside = if beyond > limit { beyond + 1 } else { beyond - 1 };
        assert_eq!(world.buy(1, outside, 1), Err(ClearingError::OutsidePriceLimits));
        world.check();
    }
}

#[test]
fn a_trade_inside_the_limits_halts_nothing() {
    let mut world = World::new(2);
    for price in [FIRST.1 - 1, FIRST.0 + 1] {
        for _ in 0..3 {
            trade(&mut world, price, 100);
            world.now = world.now.later(SUSTAIN_SECONDS);
        }
    }
    assert_eq!(halts(&world), [] as [u32; 0]);
}

#[test]
fn one_lot_between_two_accounts_of_a_person_halts_nothing_however_often() {
    let mut world = World::new(4);
    world.next_day(270_000).unwrap(); // a repricing: the book is empty
    for _ in 0..40 {
        trade(&mut world, 3_105, 1);
        world.now = world.now.later(20);
    }
    assert_eq!(halts(&world), [] as [u32; 0], "40 lots in 13 minutes are fewer than a maker owes");
    assert!(world.buy(2, 2_700, 1).is_ok());
    world.check();
}

#[test]
fn a_burst_at_the_limit_halts_nothing_and_neither_does_what_is_long_ago() {
    let mut world = World::new(2);
    trade(&mut world, FIRST.1, 500);
    trade(&mut world, FIRST.1, 500);
    assert_eq!(halts(&world), [] as [u32; 0], "in one block nobody could offer inside of it");
    world.now = world.now.later(6 * SUSTAIN_SECONDS + 1);
    trade(&mut world, FIRST.1, 500);
    assert_eq!(halts(&world), [] as [u32; 0], "the clock has begun again");
    world.now = world.now.later(SUSTAIN_SECONDS - 1);
    trade(&mut world, FIRST.1, 1);
    assert_eq!(halts(&world), [] as [u32; 0]);
    world.now = world.now.later(1);
    trade(&mut world, FIRST.1, 1);
    assert_eq!(halts(&world).len(), 1);
}

#[test]
fn whoever_offers_inside_of_the_limit_keeps_the_market_open() {
    let mut world = World::new(3);
    trade(&mut world, FIRST.1, 50);
    world.sell(2, 2_700, 400).unwrap();
    world.now = world.now.later(SUSTAIN_SECONDS);
    world.sell(0, FIRST.1, 50).unwrap();
    // A taker who wants to trade at the limit has to buy everything before it.
    assert_eq!(world.buy(1, FIRST.1, 50).unwrap().value.0, 50 * 2_700);
    assert_eq!(halts(&world), [] as [u32; 0]);
}

#[test]
fn trades_at_the_second_limit_halt_until_the_next_session() {
    let mut world = World::new(2);
    for _ in 0..4 {
        world.next_day(260_000).unwrap(); // to Friday, with marks that are not too old on Monday
    }
    reach(&mut world, FIRST.1);
    open_again(&mut world);
    trade(&mut world, SECOND.1, 25);
    world.now = world.now.later(SUSTAIN_SECONDS);
    trade(&mut world, SECOND.1, 25);
    assert_eq!(halts(&world).len(), 1, "what closes the day has to last ten minutes");
    world.now = world.now.later(9 * SUSTAIN_SECONDS);
    trade(&mut world, SECOND.1, 1);
    let monday = MONDAY / DAY * DAY + 7 * DAY;
    assert_eq!(halts(&world).last(), Some(&monday));
    world.now = world.now.later(3_600);
    assert_eq!(world.buy(1, 2_600, 1), Err(ClearingError::Halted));
    world.now = Seconds(monday + OPENING_SECONDS);
    assert_eq!(world.buy(1, SECOND.1, 1).unwrap().resting, Lots(1), "the second limit stands until the settlement");
    world.check();
}

#[test]
fn the_next_settlement_brings_the_first_limit_back_and_nothing_trades_outside_it() {
    let mut world = World::new(2);
    reach(&mut world, FIRST.1);
    open_again(&mut world);
    world.buy(1, 3_100, 5).unwrap();
    world.next_day(260_000).unwrap();
    assert_eq!(world.resting(Side::Buy), [(3_100, 1, 5)], "not repriced");
    assert_eq!(world.buy(1, FIRST.1 + 1, 1), Err(ClearingError::OutsidePriceLimits));
    let sold = world.sell(0, 2_600, 5).unwrap();
    assert_eq!((sold.filled, sold.resting), (Lots::ZERO, Lots(5)));
    let reasons = world
        .house
        .events
        .iter()
        .filter(|event| matches!(event, Event::Removed { reason, .. } if *reason == RemovalReason::OutsideLimits));
    assert_eq!(reasons.count(), 1);
    world.check();
}

#[test]
fn one_message_is_carried_out_to_its_end_and_halts_once() {
    let mut world = World::new(3);
    trade(&mut world, FIRST.1, 50);
    world.now = world.now.later(SUSTAIN_SECONDS);
    world.sell(0, FIRST.1, 20).unwrap();
    world.sell(2, FIRST.1, 20).unwrap();
    let swept = world.buy(1, FIRST.1, 50).unwrap();
    assert_eq!((swept.filled, swept.resting), (Lots(40), Lots(10)));
    assert_eq!(halts(&world).len(), 1);
    let (market, until) = (world.house.market(world.near).unwrap(), world.now.later(HALT_SECONDS));
    assert_eq!((market.last_price, market.halted_until), (Ticks(FIRST.1), until));
    world.check();
}

#[test]
fn in_a_halt_all_ways_out_stay_open() {
    let mut world = World::new(4);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let initial = 1_000 * 2_600 * u64::from(TICK_VALUE) * 3 / 10;
    let cash = world.account(0).cash;
    world.withdraw(0, cash - initial).unwrap();
    world.next_day(286_000).unwrap();
    let number = world.buy(2, 2_860, 1).unwrap().number;
    world.quote(3, &[(2_800, 1)], &[]).unwrap();
    for _ in 0..2 {
        world.sell(2, 3_289, 30).unwrap();
        world.buy(3, 3_289, 30).unwrap();
        world.now = world.now.later(SUSTAIN_SECONDS);
    }
    assert_eq!(world.buy(3, 2_860, 1), Err(ClearingError::Halted));
    world.cancel(2, 2_860, number).unwrap();
    world.quote(3, &[], &[]).unwrap();
    world.cancel_all(3, world.near).unwrap();
    world.settle(world.near, &[0, 1]).unwrap();
    world.withdraw(2, CASH / 2).unwrap();
    world.start_liquidation(0).unwrap();
    world.bid(2, 0, 10).unwrap();
    assert_eq!(halts(&world).len(), 1, "a liquidation halts nothing");
    world.check();
}

#[test]
fn a_market_order_trades_up_to_its_protection_or_the_limit_and_never_rests() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 1).unwrap();
    world.sell(0, 2_700, 1).unwrap();
    let market = |world: &World, side, price| Place { policy: Policy::Market, ..world.order(1, side, price, 5) };
    let protected = world.place(market(&world, Side::Buy, 2_650)).unwrap();
    assert_eq!((protected.filled, protected.resting), (Lots(1), Lots::ZERO));
    let unprotected = world.place(market(&world, Side::Buy, Ticks::MAX.0 - 1)).unwrap();
    assert_eq!((unprotected.filled, unprotected.resting, unprotected.price), (Lots(1), Lots::ZERO, Ticks(FIRST.1)));
    let nothing = world.place(market(&world, Side::Sell, 1)).unwrap();
    assert_eq!((nothing.filled, nothing.resting), (Lots::ZERO, Lots::ZERO));
    assert_eq!(world.place(market(&world, Side::Buy, 100)), Err(ClearingError::OutsidePriceLimits));
    assert_eq!(world.place(market(&world, Side::Sell, 9_000)), Err(ClearingError::OutsidePriceLimits));
    assert_eq!(world.place(market(&world, Side::Buy, 0)), Err(ClearingError::BadPrice));
    assert_eq!(world.place(market(&world, Side::Sell, Ticks::MAX.0)), Err(ClearingError::BadPrice));
    assert_eq!(world.place(market(&world, Side::Sell, 0)), Err(ClearingError::BadPrice));
    world.check();
}

#[test]
fn a_holiday_is_no_session_and_the_one_after_it_is_the_next() {
    let today = u16::try_from(Day::of(Seconds(MONDAY)).0).unwrap();
    let mut world = World::new(2);
    world.holidays(&[today + 1, today + 2]).unwrap();
    world.now = Seconds(MONDAY + DAY);
    assert_eq!(world.buy(0, 2_600, 1), Err(ClearingError::SessionClosed));
    world.cancel_all(0, world.near).unwrap();
    world.now = Seconds(MONDAY);
    reach(&mut world, FIRST.0);
    open_again(&mut world);
    reach(&mut world, SECOND.0);
    assert_eq!(halts(&world).last(), Some(&Day(u32::from(today) + 3).start().0));
}

#[test]
fn holidays_are_amended_ahead_of_time() {
    let mut world = World::new(1);
    let today = u16::try_from(Day::of(world.now).0).unwrap();
    let last_trading_day = today + 23;
    world.holidays(&[today + 1, today + 3]).unwrap();
    for refused in [&[today][..], &[today - 3], &[today + 5], &[today + 2, today + 1], &[last_trading_day]] {
        assert_eq!(world.holidays(refused), Err(ClearingError::BadParameter), "{refused:?}");
    }
    assert_eq!(world.holidays_of(Product(1), &[]), Err(ClearingError::UnknownProduct));
    world.now = world.now.later(DAY);
    assert_eq!(world.holidays(&[]), Err(ClearingError::BadParameter), "a running holiday is not called off");
    world.holidays(&[today + 1, today + 4]).unwrap();
    world.now = world.now.later(DAY);
    world.holidays(&[today + 4]).unwrap();
    world.holidays(&[]).unwrap();
}
