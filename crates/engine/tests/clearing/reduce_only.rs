//! Orders that only reduce: they need no margin beyond the position that they are to close, and go with it.

use crate::world::{CASH, TICK_VALUE, World};
use sit_engine::clearing::{ClearingError, Event, Place, Policy, RemovalReason, SelfTrade};
use sit_engine::units::{Lots, Side};

/// Seat 0 is long `lots`, seat 1 short; seats 2 and 3 trade.
fn long(lots: u32) -> World {
    let mut world = World::new(4);
    world.sell(1, 2_600, lots).unwrap();
    world.buy(0, 2_600, lots).unwrap();
    world
}

fn reducing(world: &World, seat: u32, side: Side, price: u32, lots: u32) -> Place {
    Place { reduce_only: true, ..world.order(seat, side, price, lots) }
}

#[test]
fn several_orders_to_close_one_position_need_no_margin() {
    for (seat, side, prices) in [(0, Side::Sell, [2_610, 2_620, 2_630]), (1, Side::Buy, [2_590, 2_580, 2_570])] {
        let mut world = long(100);
        world.withdraw_all(seat);
        let initial = world.health(seat).initial;
        for price in prices {
            let order = reducing(&world, seat, side, price, 100);
            world.place(order).unwrap();
            assert_eq!(world.health(seat).initial, initial);
        }
        // The account can still open on the other side, and then all of them count.
        let opening = world.order(seat, side, prices[2] + 1, 1);
        assert_eq!(world.place(opening), Err(ClearingError::BelowInitialMargin));
        world.check();
    }
}

#[test]
fn of_several_orders_no_more_trades_than_there_is_to_close() {
    let mut world = long(100);
    for price in [2_610, 2_620, 2_630] {
        let order = reducing(&world, 0, Side::Sell, price, 100);
        world.place(order).unwrap();
    }
    world.buy(2, 2_610, 60).unwrap();
    assert_eq!(world.net(0), 40);
    let placed = world.buy(3, 2_640, 300).unwrap();
    assert_eq!((placed.filled, world.net(0)), (Lots(40), 0));
    assert!(world.resting(Side::Sell).is_empty());
    world.check();
}

/// Closed by its owner, by an order of somebody else, by a roll, by a trigger or by a liquidator: the orders go with
/// it.
#[test]
fn they_go_with_their_position_however_it_is_closed() {
    for way in 0..5 {
        let mut world = long(10);
        let near = world.near;
        for price in [2_610, 2_611] {
            let order = reducing(&world, 0, Side::Sell, price, 10);
            world.place(order).unwrap();
        }
        match way {
            0 => {
                world.buy(2, 2_595, 10).unwrap();
                world.sell(0, 2_595, 10).unwrap();
            }
            1 => drop(world.buy(2, 2_610, 10).unwrap()),
            2 => {
                world.buy(2, 2_595, 10).unwrap();
                let far = world.far_order(3, Side::Sell, 2_500, 10);
                world.place(far).unwrap();
                let roll = world.rolling(0, 10, 9_999);
                world.roll(roll).unwrap();
            }
            3 => {
                world.set_trigger(0, 0, world.stop(true, 2_600, 10)).unwrap();
                world.buy(2, 2_595, 10).unwrap();
                world.execute(3, 0, 0).unwrap();
            }
            _ => {
                world.withdraw_all(0);
                world.set_cash(0, 0, 1);
                world.start_liquidation(0).unwrap();
                world.deposit(0, 1_000_000);
                for price in [2_612, 2_613] {
                    let order = reducing(&world, 0, Side::Sell, price, 10);
                    world.place(order).unwrap();
                }
                world.bid(2, 0, 10).unwrap();
            }
        }
        assert_eq!(world.net(0), 0, "{way}");
        assert!(world.resting(Side::Sell).is_empty(), "{way}: nothing is shown that is not there");
        assert!(!world.account(0).position(near).is_some_and(|position| position.has_orders()), "{way}");
        if way < 2 {
            world.settle_all();
            let cash = world.account(0).cash;
            world.withdraw(0, cash).unwrap();
        }
        // A new position does not bring them back.
        world.deposit(0, CASH);
        world.sell(3, 2_600, 5).unwrap();
        world.buy(0, 2_600, 5).unwrap();
        assert!(world.resting(Side::Sell).is_empty(), "{way}");
        world.check();
    }
}

#[test]
fn beside_orders_that_may_open_they_count_like_them_and_stay() {
    let mut world = long(10);
    let order = reducing(&world, 0, Side::Sell, 2_610, 10);
    world.place(order).unwrap();
    let initial = world.health(0).initial;
    world.sell(0, 2_615, 10).unwrap();
    assert!(world.health(0).initial.0 >= initial.0, "ten lots short, if both fill");
    world.buy(2, 2_595, 10).unwrap();
    world.sell(0, 2_595, 10).unwrap();
    assert_eq!(world.net(0), 0);
    // Nobody trades with an order that has nothing left to reduce, and it blocks no other.
    let behind = Place { policy: Policy::PostOnly, ..world.order(3, Side::Buy, 2_612, 5) };
    assert_eq!(world.place(behind).unwrap().resting, Lots(5));
    assert_eq!(world.resting(Side::Sell), [(2_615, 0, 10)]);
    world.check();
}

/// Neither of the order that has nothing left to reduce, nor where an order is replaced by itself or two of one owner
/// meet. The random runs check every event for it.
#[test]
fn no_fill_and_no_removal_of_nothing_is_told() {
    let mut world = long(10);
    let order = reducing(&world, 0, Side::Sell, 2_610, 10);
    world.place(order).unwrap();
    let number = world.sell(0, 2_615, 10).unwrap().number;
    world.buy(2, 2_595, 10).unwrap();
    world.sell(0, 2_595, 10).unwrap();
    assert_eq!(world.resting(Side::Sell), [(2_610, 0, 10), (2_615, 0, 10)], "both stay beside each other");
    let same = world.order(0, Side::Sell, 2_615, 10);
    world.replace(2_615, number, same).unwrap();
    assert_eq!(world.buy(3, 2_615, 15).unwrap().filled, Lots(10));
    let own = Place { self_trade: SelfTrade::DecrementBoth, ..world.order(3, Side::Sell, 2_615, 5) };
    world.place(own).unwrap();
    let told = world.house.events.iter().filter_map(|event| match *event {
        Event::Filled { lots, .. } => Some((lots.0, None)),
        Event::Removed { lots, reason, .. } => Some((lots.0, Some(reason))),
        _ => None,
    });
    let (idle, met) = (Some(RemovalReason::ReduceOnly), Some(RemovalReason::SelfTrade));
    assert_eq!(told.collect::<Vec<_>>(), [(10, None), (10, None), (10, idle), (10, None), (5, met)]);
    assert_eq!((world.resting(Side::Buy), world.resting(Side::Sell)), (vec![], vec![]));
    world.check();
}

#[test]
fn an_order_of_a_flat_account_holds_no_money_back() {
    let mut world = long(10);
    let order = reducing(&world, 0, Side::Sell, 2_610, 10);
    world.place(order).unwrap();
    world.buy(2, 2_600, 10).unwrap();
    world.sell(0, 2_600, 10).unwrap();
    let cash = world.account(0).cash;
    assert_eq!(cash, CASH - 10 * 2_600 * u64::from(TICK_VALUE) * 1_000 / 1_000_000, "two taker's fees");
    assert_eq!(world.withdraw(0, cash), Ok(0));
    world.check();
}
