//! Price limits, halts and the session calendar.

use crate::world::{CASH, MONDAY, TICK_VALUE, World};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::{ClearingError, Event, Place, Policy, Product, RemovalReason, Store};
use sit_engine::units::{Lots, Seconds, Side, Ticks};

/// The first limit of a month whose mark is 2,600: 15 %.
const FIRST: (u32, u32) = (2_210, 2_990);

/// The second limit: 25 %.
const SECOND: (u32, u32) = (1_950, 3_250);

/// Seats 0 and 1 trade a lot at a price.
fn trade(world: &mut World, price: u32) {
    world.sell(0, price, 1).unwrap();
    assert_eq!(world.buy(1, price, 1).unwrap().filled, Lots(1));
}

fn halts(world: &World) -> Vec<u32> {
    let halts = world.house.events.iter().filter_map(|event| match event {
        Event::Halted { until, .. } => Some(until.0),
        _ => None,
    });
    halts.collect()
}

#[test]
fn a_trade_at_the_first_limit_halts_for_ten_minutes_and_opens_the_second() {
    for (limit, beyond) in [(FIRST.0, SECOND.0), (FIRST.1, SECOND.1)] {
        let mut world = World::new(2);
        trade(&mut world, limit);
        assert_eq!(halts(&world), [MONDAY + 600]);
        world.now = Seconds(MONDAY + 599);
        assert_eq!(world.buy(1, 2_600, 1), Err(ClearingError::Halted));
        assert_eq!(world.quote(0, &[(2_600, 1)], &[]), Err(ClearingError::Halted));
        world.now = Seconds(MONDAY + 600);
        trade(&mut world, limit); // no longer a limit
        assert_eq!(halts(&world).len(), 1);
        let outside = if beyond > limit { beyond + 1 } else { beyond - 1 };
        assert_eq!(world.buy(1, outside, 1), Err(ClearingError::OutsidePriceLimits));
        world.check();
    }
}

#[test]
fn a_trade_inside_the_limits_halts_nothing() {
    let mut world = World::new(2);
    trade(&mut world, FIRST.1 - 1);
    trade(&mut world, FIRST.0 + 1);
    assert_eq!(halts(&world), [] as [u32; 0]);
}

#[test]
fn a_trade_at_the_second_limit_halts_until_the_next_session() {
    let mut world = World::new(2);
    for _ in 0..4 {
        world.next_day(260_000).unwrap(); // to Friday, with marks that are not too old on Monday
    }
    trade(&mut world, FIRST.1);
    world.now = world.now.later(600);
    trade(&mut world, SECOND.1);
    let monday = MONDAY / DAY * DAY + 7 * DAY;
    assert_eq!(halts(&world).last(), Some(&monday));
    world.now = world.now.later(3_600);
    assert_eq!(world.buy(1, 2_600, 1), Err(ClearingError::Halted));
    world.now = Seconds(monday);
    assert_eq!(world.buy(1, SECOND.1, 1).unwrap().resting, Lots(1), "the second limit stands until the settlement");
    world.check();
}

#[test]
fn the_next_settlement_brings_the_first_limit_back_and_nothing_trades_outside_it() {
    let mut world = World::new(2);
    trade(&mut world, FIRST.1);
    world.now = world.now.later(600);
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
    world.sell(0, FIRST.1, 2).unwrap();
    world.sell(2, FIRST.1, 2).unwrap();
    let swept = world.buy(1, FIRST.1, 5).unwrap();
    assert_eq!((swept.filled, swept.resting), (Lots(4), Lots(1)));
    assert_eq!(halts(&world).len(), 1);
    let market = world.house.market(world.near).unwrap();
    assert_eq!((market.last_price, market.halted_until), (Ticks(FIRST.1), Seconds(MONDAY + 600)));
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
    world.sell(2, 3_289, 1).unwrap();
    world.buy(3, 3_289, 1).unwrap();
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
    trade(&mut world, FIRST.0);
    world.now = world.now.later(600);
    trade(&mut world, SECOND.0);
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
