//! Orders: priority, policies, bounds.

use crate::world::{CASH, MONDAY, TPI, World, owner};
use sit_engine::calendar::DAY;
use sit_engine::chain::Env;
use sit_engine::clearing::{self, ClearingError, Instrument, Place, Policy, Product, SelfTrade, Store};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

#[test]
fn the_best_price_trades_first_and_then_the_oldest_order() {
    let mut world = World::new(4);
    world.sell(0, 2_610, 5).unwrap();
    world.sell(1, 2_605, 5).unwrap();
    world.sell(2, 2_605, 5).unwrap();
    let placed = world.buy(3, 2_610, 12).unwrap();
    assert_eq!((placed.filled, placed.resting), (Lots(12), Lots(0)));
    assert_eq!(placed.value.0, 10 * 2_605 + 2 * 2_610);
    assert_eq!([world.net(0), world.net(1), world.net(2), world.net(3)], [-2, -5, -5, 12]);
    assert_eq!(world.resting(Side::Sell), [(2_610, 0, 3)]);
    world.check();
}

#[test]
fn what_does_not_trade_rests_at_its_limit() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 5).unwrap();
    let placed = world.buy(1, 2_602, 8).unwrap();
    assert_eq!((placed.filled, placed.resting, placed.price), (Lots(5), Lots(3), Ticks(2_602)));
    assert_eq!(world.resting(Side::Buy), [(2_602, 1, 3)]);
    world.check();
}

#[test]
fn policies_do_what_their_names_say() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 5).unwrap();
    let order = |policy, price| Place { policy, ..world_order(price) };
    assert_eq!(world.place(order(Policy::FillOrKill, 2_600)), Err(ClearingError::NotFilled));
    assert_eq!(world.place(order(Policy::PostOnly, 2_600)), Err(ClearingError::WouldTrade));
    world.check();
    let slid = world.place(order(Policy::PostOnlySlide, 2_600)).unwrap();
    assert_eq!((slid.price, slid.resting), (Ticks(2_599), Lots(8)));
    let partly = world.place(order(Policy::ImmediateOrCancel, 2_600)).unwrap();
    assert_eq!((partly.filled, partly.resting), (Lots(5), Lots(0)));
    assert_eq!(world.resting(Side::Buy), [(2_599, 1, 8)]);
    world.check();
}

fn world_order(price: u32) -> Place {
    World::new(0).order(1, Side::Buy, price, 8)
}

#[test]
fn an_owner_never_trades_with_himself_whatever_the_sub_account() {
    let mut world = World::new(1);
    let env = Env { caller: owner(0), now: world.now };
    let twin = clearing::open_account(&mut world.house, env, 1).unwrap();
    sit_engine::clearing::credit(&mut world.house, world.now, twin, CASH).unwrap();
    let order = |world: &World, mode, lots| Place { self_trade: mode, ..world.order(twin.0, Side::Buy, 2_600, lots) };

    world.sell(0, 2_600, 5).unwrap();
    let placed = world.place(order(&world, SelfTrade::CancelTaker, 3)).unwrap();
    assert_eq!((placed.filled, placed.resting), (Lots(0), Lots(0)));
    assert_eq!(world.resting(Side::Sell), [(2_600, 0, 5)]);

    let placed = world.place(order(&world, SelfTrade::DecrementBoth, 3)).unwrap();
    assert_eq!((placed.filled, placed.resting), (Lots(0), Lots(0)));
    assert_eq!(world.resting(Side::Sell), [(2_600, 0, 2)]);

    let placed = world.place(order(&world, SelfTrade::CancelMaker, 3)).unwrap();
    assert_eq!((placed.filled, placed.resting), (Lots(0), Lots(3)));
    assert_eq!(world.resting(Side::Sell), []);
    assert_eq!(world.net(0), 0);
    world.check();
}

/// What was prevented is no trade: it pays no fee, counts for no tier and is no last price.
#[test]
fn a_prevented_self_trade_leaves_volume_and_last_price_as_they_were() {
    for self_trade in [SelfTrade::CancelTaker, SelfTrade::CancelMaker, SelfTrade::DecrementBoth] {
        for policy in [Policy::Rest, Policy::ImmediateOrCancel, Policy::Market] {
            let mut world = World::new(2);
            let twin = world.open_sub(0, 1, CASH).0;
            world.trade(world.near, 0, 1, 2_590, 500);
            world.trade(world.near, 1, twin, 2_590, 500);
            world.now = world.now.later(60);
            let near = world.near;
            let noted = |world: &mut World| {
                let market = world.house.market(near).unwrap();
                let accounts = [0, twin].map(|seat| (world.account(seat).volume, world.account(seat).cash));
                (accounts, world.net(0), world.net(twin), market.last_price, market.last_at, market.fees)
            };
            let before = noted(&mut world);
            assert!(before.0[0].0 > 0 && before.3 == Ticks(2_590), "there is something to change: {before:?}");
            world.sell(0, 2_600, 500).unwrap();
            let order = Place { self_trade, policy, ..world.order(twin, Side::Buy, 2_600, 500) };
            assert_eq!(world.place(order).unwrap().filled, Lots::ZERO);
            assert_eq!(noted(&mut world), before, "{self_trade:?} {policy:?}");
            world.check();
        }
    }
}

#[test]
fn a_reduce_only_order_never_opens_or_turns_a_position() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 9).unwrap();
    let reduce = |world: &World, seat, side, lots| Place { reduce_only: true, ..world.order(seat, side, 2_600, lots) };
    assert_eq!(world.place(reduce(&world, 1, Side::Buy, 5)), Err(ClearingError::ReduceOnly));
    world.buy(1, 2_600, 4).unwrap();
    // Rests for the four lots that it can reduce, and fills for no more than what is left by then.
    let order = Place { price: Ticks(2_620), ..reduce(&world, 1, Side::Sell, 50) };
    assert_eq!(world.place(order).unwrap().resting, Lots(4));
    world.cancel_all(0, world.near).unwrap();
    let three = world.order(0, Side::Buy, 2_590, 3);
    world.place(three).unwrap();
    world.sell(1, 2_590, 3).unwrap();
    assert_eq!(world.net(1), 1);
    world.buy(0, 2_620, 4).unwrap();
    assert_eq!(world.net(1), 0);
    world.check();
}

#[test]
fn bad_orders_are_refused_by_name() {
    let mut world = World::new(1);
    world.withdraw(0, CASH / 10 * 9).unwrap();
    let good = world.order(0, Side::Buy, 2_600, 1);
    let mut refuse = |order: Place, error| {
        assert_eq!(world.place(order), Err(error), "{order:?}");
        world.check();
    };
    refuse(Place { lots: Lots::ZERO, ..good }, ClearingError::BadSize);
    refuse(Place { lots: Lots(Lots::MAX.0 + 1), ..good }, ClearingError::BadSize);
    refuse(Place { price: Ticks::ZERO, ..good }, ClearingError::BadPrice);
    refuse(Place { price: Ticks::MAX, ..good }, ClearingError::BadPrice);
    refuse(Place { price: Ticks(2_600 + 390 + 1), ..good }, ClearingError::OutsidePriceLimits);
    refuse(Place { price: Ticks(2_600 - 390 - 1), ..good }, ClearingError::OutsidePriceLimits);
    refuse(Place { expiry: Seconds(MONDAY), ..good }, ClearingError::OrderExpired);
    refuse(Place { instrument: Instrument::new(TPI, 2), ..good }, ClearingError::NotYetListed);
    refuse(Place { instrument: Instrument::new(Product(1), 0), ..good }, ClearingError::UnknownInstrument);
    refuse(Place { lots: Lots(10_001), ..good }, ClearingError::PositionLimit);
    refuse(Place { lots: Lots(9_000), ..good }, ClearingError::BelowInitialMargin);
    world.place(Place { number: 5, ..good }).unwrap();
    assert_eq!(world.place(Place { number: 5, ..good }), Err(ClearingError::StaleOrderNumber));
    let stranger = Env { caller: [99; 20], now: world.now };
    let refused = world.house.transact(|house| sit_engine::clearing::place(house, stranger, good));
    assert_eq!(refused, Err(ClearingError::NotAuthorised));
    let unknown = Place { seat: Seat(77), ..good };
    let refused = world.house.transact(|house| sit_engine::clearing::place(house, stranger, unknown));
    assert_eq!(refused, Err(ClearingError::UnknownSeat));
}

#[test]
fn no_trade_at_the_weekend_or_after_the_last_trading_time() {
    let mut world = World::new(1);
    world.now = Seconds(MONDAY + 5 * DAY);
    assert_eq!(world.buy(0, 2_600, 1), Err(ClearingError::SessionClosed));
    world.now = Seconds(MONDAY + 23 * DAY + 8 * 3_600);
    assert_eq!(world.buy(0, 2_600, 1), Err(ClearingError::TradingEnded));
}

#[test]
fn an_expired_order_never_fills_and_frees_its_place() {
    let mut world = World::new(2);
    let order = world.order(0, Side::Sell, 2_600, 5);
    world.place(Place { expiry: Seconds(MONDAY + 60), ..order }).unwrap();
    world.now = Seconds(MONDAY + 60);
    let placed = world.buy(1, 2_600, 5).unwrap();
    assert_eq!((placed.filled, placed.resting), (Lots(0), Lots(5)));
    world.cancel(0, 2_600, 1).unwrap();
    assert!(!world.account(0).position(world.near).is_some_and(|position| position.has_orders()));
    world.check();
}

#[test]
fn an_order_fills_until_the_second_before_its_time_ends() {
    for side in [Side::Buy, Side::Sell] {
        for (after, filled) in [(0, 5), (59, 5), (60, 0), (61, 0)] {
            let mut world = World::new(2);
            let order = world.order(0, side, 2_600, 5);
            world.place(Place { expiry: Seconds(MONDAY + 60), ..order }).unwrap();
            world.now = Seconds(MONDAY + after);
            let taker = Place { policy: Policy::ImmediateOrCancel, ..world.order(1, side.opposite(), 2_600, 5) };
            assert_eq!(world.place(taker).unwrap().filled, Lots(filled), "{side:?} {after}");
            assert_eq!(world.net(0).unsigned_abs(), filled);
            world.check();
        }
    }
}

#[test]
fn a_full_level_refuses_and_voided_orders_make_room() {
    let mut world = World::new(3);
    for _ in 0..25 {
        world.buy(0, 2_500, 1).unwrap();
    }
    assert_eq!(world.buy(1, 2_500, 1), Err(ClearingError::LevelFull));
    world.cancel_all(0, world.near).unwrap();
    world.buy(0, 2_501, 1).unwrap();
    world.buy(1, 2_500, 1).unwrap();
    world.check();
}

#[test]
fn a_taker_passes_few_dead_accounts_and_what_is_left_is_not_placed_across_them() {
    let mut world = World::new(8);
    for seat in 0..7 {
        for _ in 0..2 {
            world.sell(seat, 2_600, 1).unwrap();
        }
    }
    for seat in 0..6 {
        world.cancel_all(seat, world.near).unwrap();
    }
    let first = world.buy(7, 2_600, 1).unwrap();
    assert_eq!((first.filled, first.resting), (Lots(0), Lots(0)), "five accounts with dead orders are the bound");
    let second = world.buy(7, 2_600, 3).unwrap();
    assert_eq!((second.filled, second.resting), (Lots(2), Lots(1)));
    world.check();
}

#[test]
fn a_quote_replaces_all_earlier_orders_and_slides_off_the_other_side() {
    let mut world = World::new(2);
    world.quote(0, &[(2_590, 10), (2_585, 20)], &[(2_610, 10), (2_615, 20)]).unwrap();
    let first = world.quote(0, &[(2_600, 30)], &[(2_620, 30)]).unwrap();
    assert_eq!(first, 5);
    assert_eq!(world.resting(Side::Buy), [(2_600, 0, 30)]);
    assert_eq!(world.resting(Side::Sell), [(2_620, 0, 30)]);
    // Up through the maker's own old asks: they are void, so nothing is in the way.
    world.quote(0, &[(2_630, 30)], &[(2_640, 30)]).unwrap();
    assert_eq!(world.resting(Side::Buy), [(2_630, 0, 30)]);
    world.quote(1, &[(2_650, 1)], &[]).unwrap();
    assert_eq!(world.resting(Side::Buy), [(2_639, 1, 1), (2_630, 0, 30)]);
    world.check();
}

#[test]
fn a_repricing_voids_every_older_order() {
    let mut world = World::new(2);
    world.quote(0, &[(2_590, 10)], &[(2_610, 10)]).unwrap();
    world.next_day(200_000).unwrap();
    assert_eq!(world.resting(Side::Buy), []);
    let sold = world.sell(1, 1_950, 10).unwrap();
    assert_eq!(sold.filled, Lots(0), "nobody is picked off by a public price cut");
    assert_eq!(world.cancel(0, 2_590, 1), Err(ClearingError::UnknownOrder));
    world.check();
}

#[test]
fn orders_are_cancelled_by_their_owner_alone_and_once() {
    let mut world = World::new(2);
    let number = world.buy(0, 2_590, 7).unwrap().number;
    assert_eq!(world.cancel(1, 2_590, number), Err(ClearingError::UnknownOrder));
    assert_eq!(world.cancel(0, 2_591, number), Err(ClearingError::UnknownOrder));
    assert_eq!(world.cancel(0, 2_590, number), Ok(Lots(7)));
    assert_eq!(world.cancel(0, 2_590, number), Err(ClearingError::UnknownOrder));
    assert_eq!(world.account(0).cash, CASH);
    world.check();
}

#[test]
fn a_maker_who_lost_his_collateral_is_passed_over() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 100).unwrap();
    // All but what the order needs leaves; then the mark rises by less than a repricing and the account no longer has
    // the order's margin.
    let (value, fee) = (2_600 * 100, 2_600 * 100 / 1_024 + 1);
    world.withdraw(0, CASH - (value * 3 / 10 + fee) * u64::from(crate::world::TICK_VALUE)).unwrap();
    world.next_day(261_000).unwrap();
    assert_eq!(world.resting(Side::Sell).len(), 1);
    world.sell(1, 2_601, 5).unwrap();
    let placed = world.buy(2, 2_601, 5).unwrap();
    assert_eq!(placed.value.0, 5 * 2_601);
    assert_eq!(world.resting(Side::Sell), []);
    world.check();
}
