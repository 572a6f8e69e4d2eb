//! Client numbers of orders: no single number makes the account unusable.

use crate::world::World;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{
    self, Account, ClearingError, Delegate, MAX_NUMBER_STEP, Place, Placed, Policy, Replace, Store,
};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

const ROBOT: Address = [200; 20];

/// Seat 0 is long ten lots and wants to close them against the bids of seat 2.
fn long() -> World {
    let mut world = World::new(3);
    world.sell(1, 2_600, 10).unwrap();
    world.buy(0, 2_600, 10).unwrap();
    world.buy(2, 2_590, 50).unwrap();
    world
}

fn close(world: &mut World) -> Result<Placed, ClearingError> {
    let order = Place { policy: Policy::Market, reduce_only: true, ..world.order(0, Side::Sell, 2_590, 10) };
    world.place(order)
}

#[test]
fn a_number_far_ahead_is_refused_and_every_order_after_it_is_placed() {
    let mut world = long();
    for number in [u32::MAX, u32::MAX - 1, 1 << 31, MAX_NUMBER_STEP + 9] {
        let order = Place { number, ..world.order(0, Side::Buy, 2_500, 1) };
        assert_eq!(world.place(order), Err(ClearingError::OrderNumberTooHigh), "{number}");
        let resting = world.order(0, Side::Buy, 2_400, 1);
        let old = world.place(resting).unwrap();
        assert_eq!(world.replace(2_400, old.number, order), Err(ClearingError::OrderNumberTooHigh));
    }
    assert_eq!(close(&mut world).unwrap().filled, Lots(10));
}

#[test]
fn a_number_within_the_step_is_taken_and_none_before_it() {
    let mut world = long();
    let next = world.account(0).next_order;
    let order = world.order(0, Side::Buy, 2_500, 1);
    assert_eq!(world.place(Place { number: next + MAX_NUMBER_STEP, ..order }).unwrap().number, next + MAX_NUMBER_STEP);
    assert_eq!(world.place(Place { number: next, ..order }), Err(ClearingError::StaleOrderNumber));
    assert_eq!(world.place(order).unwrap().number, next + MAX_NUMBER_STEP + 1);
}

#[test]
fn a_delegate_of_one_lot_does_not_end_the_orders_of_the_owner() {
    let mut world = long();
    let scope = Delegate::new(Lots(1), Seconds(world.now.0 + 3_600), core::iter::empty()).unwrap();
    world.delegate(0, ROBOT, scope).unwrap();
    let env = Env { caller: ROBOT, now: world.now };
    let last = Place { number: u32::MAX - 1, ..world.order(0, Side::Buy, 2_300, 1) };
    let placed = world.house.transact(|house| clearing::place(house, env, last));
    assert_eq!(placed, Err(ClearingError::OrderNumberTooHigh));
    let old = world.order(0, Side::Buy, 2_300, 1);
    let number = world.house.transact(|house| clearing::place(house, env, old)).unwrap().number;
    let message = Replace { price: Ticks(2_300), number, order: Place { price: Ticks(2_301), ..last } };
    let replaced = world.house.transact(|house| clearing::replace(house, env, message));
    assert_eq!(replaced, Err(ClearingError::OrderNumberTooHigh));
    world.delegate(0, ROBOT, Delegate::default()).unwrap();
    assert_eq!(close(&mut world).unwrap().filled, Lots(10));
    world.quote(0, &[(2_300, 1)], &[]).unwrap();
}

/// To use the numbers up takes 65,536 orders: at 40 a block of six seconds, all blocks of 2.7
/// hours.
#[test]
fn the_numbers_last_for_a_hundred_messages_a_day_and_a_hundred_years() {
    let mut account = Account::new([1; 20]);
    for message in 1..=u32::MAX / (MAX_NUMBER_STEP + 1) {
        let number = account.next_order + MAX_NUMBER_STEP;
        assert_eq!(account.assign_order_number(number), Ok(number), "{message}");
    }
    const { assert!(u32::MAX / (MAX_NUMBER_STEP + 1) >= 65_500) };
    let mut world = long();
    let mut near_end = world.account(0);
    near_end.next_order = u32::MAX - 1;
    world.house.set_account(Seat(0), &near_end);
    assert_eq!(close(&mut world).unwrap().number, u32::MAX - 1);
    assert_eq!(world.quote(0, &[(2_300, 1)], &[]), Err(ClearingError::OrderNumberTooHigh), "only then is it over");
}
