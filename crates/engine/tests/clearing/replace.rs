//! Replacing orders.

use crate::world::{TICK_VALUE, World};
use sit_engine::clearing::{ClearingError, Place, Policy};
use sit_engine::units::{Lots, Seconds, Side, Ticks};

/// Seat 0, then seat 1, bid ten lots at 2,590.
fn queue() -> (World, u32) {
    let mut world = World::new(3);
    let number = world.buy(0, 2_590, 10).unwrap().number;
    world.buy(1, 2_590, 10).unwrap();
    (world, number)
}

#[test]
fn an_order_that_only_shrinks_keeps_its_number_and_its_place() {
    let (mut world, number) = queue();
    let smaller = world.order(0, Side::Buy, 2_590, 4);
    let placed = world.replace(2_590, number, smaller).unwrap();
    assert_eq!((placed.number, placed.resting, placed.price), (number, Lots(4), Ticks(2_590)));
    world.sell(2, 2_590, 5).unwrap();
    assert_eq!([world.net(0), world.net(1)], [4, 1], "seat 0 was first");
    world.check();
}

#[test]
fn an_order_that_grows_or_moves_goes_to_the_end() {
    let bigger = |world: &World| world.order(0, Side::Buy, 2_590, 11);
    let later = |world: &World| Place { expiry: Seconds(world.now.0 + 60), ..world.order(0, Side::Buy, 2_590, 10) };
    for change in [bigger as fn(&World) -> Place, later] {
        let (mut world, number) = queue();
        let order = change(&world);
        let placed = world.replace(2_590, number, order).unwrap();
        assert_ne!(placed.number, number);
        world.sell(2, 2_590, 10).unwrap();
        assert_eq!([world.net(0), world.net(1)], [0, 10]);
        assert_eq!(world.cancel(0, 2_590, number), Err(ClearingError::UnknownOrder));
        world.check();
    }
    let (mut world, number) = queue();
    let moved = world.order(0, Side::Buy, 2_591, 10);
    world.replace(2_590, number, moved).unwrap();
    assert_eq!(world.resting(Side::Buy), [(2_591, 0, 10), (2_590, 1, 10)]);
    world.check();
}

#[test]
fn a_replacement_by_the_other_side_leaves_only_the_new_order() {
    for lots in [4, 10, 11] {
        let (mut world, number) = queue();
        let ask = world.order(0, Side::Sell, 2_610, lots);
        let placed = world.replace(2_590, number, ask).unwrap();
        assert_eq!((placed.filled, placed.resting), (Lots::ZERO, Lots(lots)));
        assert_eq!(world.resting(Side::Buy), [(2_590, 1, 10)]);
        assert_eq!(world.resting(Side::Sell), [(2_610, 0, lots)]);
        assert_eq!(world.cancel(0, 2_590, number), Err(ClearingError::UnknownOrder));
        world.check();
        // And back, at the price of the order that it replaces, which it does not meet.
        let bid = world.order(0, Side::Buy, 2_610, lots);
        world.replace(2_610, placed.number, bid).unwrap();
        assert_eq!(
            (world.resting(Side::Buy), world.resting(Side::Sell)),
            (vec![(2_610, 0, lots), (2_590, 1, 10)], vec![])
        );
        world.check();
    }
    let (mut world, number) = queue();
    let crosses = world.order(0, Side::Sell, 2_590, 10);
    assert_eq!(world.replace(2_590, number, crosses).unwrap().filled, Lots(10), "of seat 1, whose bid is the next");
    assert_eq!([world.net(0), world.net(1)], [-10, 10]);
    world.check();
}

#[test]
fn no_order_is_replaced_by_one_of_another_month() {
    for side in [Side::Buy, Side::Sell] {
        let (mut world, number) = queue();
        let far = world.far_order(0, Side::Buy, 2_480, 10);
        let other = world.place(far).unwrap().number;
        let orders =
            [(2_590, number, world.far_order(0, side, 2_500, 5)), (2_480, other, world.order(0, side, 2_600, 5))];
        for (price, number, order) in orders {
            for price in [price, order.price.0] {
                let before = world.house.clone();
                assert_eq!(world.replace(price, number, order), Err(ClearingError::UnknownOrder), "{order:?}");
                assert!(world.house.same_cells(&before));
            }
        }
        world.check();
    }
}

#[test]
fn a_replacement_may_trade_and_one_margin_check_sees_both_orders() {
    let mut world = World::new(2);
    // The account's cash carries little more than one of the orders.
    let lots = 4_000;
    let number = world.buy(0, 2_500, lots).unwrap().number;
    let second = world.order(0, Side::Buy, 2_510, lots);
    world.sell(1, 2_505, 7).unwrap();
    let kept = u64::from(lots) * 2_600 * u64::from(TICK_VALUE) * 21 / 100;
    world.withdraw(0, world.account(0).cash - kept).unwrap();
    assert_eq!(world.place(second), Err(ClearingError::BelowInitialMargin));
    let placed = world.replace(2_500, number, second).unwrap();
    assert_eq!((placed.filled, placed.resting), (Lots(7), Lots(lots - 7)));
    world.check();
}

#[test]
fn nothing_is_replaced_when_the_old_order_is_gone_or_the_new_one_bad() {
    let (mut world, number) = queue();
    let order = world.order(0, Side::Buy, 2_591, 10);
    for (price, number, order, error) in [
        (2_590, number + 1, order, ClearingError::UnknownOrder),
        (2_589, number, order, ClearingError::UnknownOrder),
        (0, number, order, ClearingError::UnknownOrder),
        (2_590, number, Place { lots: Lots::ZERO, ..order }, ClearingError::BadSize),
        (2_590, number, Place { price: Ticks(3_000), ..order }, ClearingError::OutsidePriceLimits),
        (2_590, number, Place { policy: Policy::FillOrKill, ..order }, ClearingError::NotFilled),
        (2_590, number, Place { number: 1, ..order }, ClearingError::StaleOrderNumber),
    ] {
        let before = world.house.clone();
        assert_eq!(world.replace(price, number, order), Err(error));
        assert!(world.house.same_cells(&before));
    }
    world.sell(2, 2_590, 10).unwrap();
    assert_eq!(
        world.replace(2_590, number, order),
        Err(ClearingError::UnknownOrder),
        "filled on the way: never doubled"
    );
    world.check();
}

#[test]
fn a_partly_filled_order_is_replaced_by_what_is_to_stay_open() {
    let (mut world, number) = queue();
    world.sell(2, 2_590, 3).unwrap();
    let seven = world.order(0, Side::Buy, 2_590, 7);
    assert_eq!(world.replace(2_590, number, seven).unwrap().number, number);
    world.sell(2, 2_590, 8).unwrap();
    assert_eq!([world.net(0), world.net(1)], [10, 1]);
    world.check();
}
