//! Delegates: who may trade for an account, how much, what and until when.

use crate::world::{World, owner};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{self, ClearingError, Delegate, Level, Place, Quote, Replace, Search, Trigger};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_native::Native;

const ROBOT: Address = [200; 20];

/// Seat 0 lets the robot trade 10 lots of the near month for an hour.
fn delegated() -> World {
    let mut world = World::new(2);
    let scope = [world.near].into_iter();
    let delegate = Delegate::new(Lots(10), Seconds(world.now.0 + 3_600), scope).unwrap();
    world.delegate(0, ROBOT, delegate).unwrap();
    world
}

fn robot(world: &World) -> Env {
    Env { caller: ROBOT, now: world.now }
}

fn send<T>(
    world: &mut World,
    message: impl FnOnce(&mut Native, Env) -> Result<T, ClearingError>,
) -> Result<T, ClearingError> {
    let env = robot(world);
    world.house.transact(|house| message(house, env))
}

fn place(world: &mut World, order: Place) -> Result<u32, ClearingError> {
    send(world, |house, env| clearing::place(house, env, order)).map(|placed| placed.number)
}

#[test]
fn a_delegate_trades_within_his_scope() {
    let mut world = delegated();
    let near = world.near;
    let order = world.order(0, Side::Buy, 2_590, 10);
    let first = place(&mut world, order).unwrap();
    let replacement = Replace { price: Ticks(2_590), number: first, order: Place { lots: Lots(5), ..order } };
    send(&mut world, |house, env| clearing::replace(house, env, replacement)).unwrap();
    send(&mut world, |house, env| clearing::cancel(house, env, Seat(0), near, Ticks(2_590), first)).unwrap();
    let second = place(&mut world, order).unwrap();
    let search = Search { number: second, side: Side::Buy, from: Ticks::ZERO, pages: 1, exact: false };
    send(&mut world, |house, env| clearing::cancel_by_number(house, env, Seat(0), near, search)).unwrap();
    let bids = [Level { price: Ticks(2_590), lots: Lots(10) }];
    let quote = Quote { seat: Seat(0), instrument: near, bids: &bids, asks: &[], expiry: Seconds::ZERO };
    send(&mut world, |house, env| clearing::quote(house, env, quote)).unwrap();
    send(&mut world, |house, env| clearing::cancel_all(house, env, Seat(0), near)).unwrap();
    world.check();
}

#[test]
fn a_delegate_does_nothing_outside_his_scope() {
    let mut world = delegated();
    let (near, far) = (world.near, world.far);
    let order = world.order(0, Side::Buy, 2_590, 10);
    let refuse = |world: &mut World, order, error| {
        let before = world.house.clone();
        assert_eq!(place(world, order), Err(error), "{order:?}");
        assert!(world.house.same_cells(&before));
    };
    refuse(&mut world, Place { lots: Lots(11), ..order }, ClearingError::OutsideDelegation);
    refuse(&mut world, Place { instrument: far, ..order }, ClearingError::OutsideDelegation);
    refuse(&mut world, Place { seat: Seat(1), ..order }, ClearingError::NotAuthorised);
    let bids = [Level { price: Ticks(2_590), lots: Lots(1) }, Level { price: Ticks(2_589), lots: Lots(11) }];
    let quote = Quote { seat: Seat(0), instrument: near, bids: &bids, asks: &[], expiry: Seconds::ZERO };
    let quoted = send(&mut world, |house, env| clearing::quote(house, env, quote));
    assert_eq!(quoted, Err(ClearingError::OutsideDelegation));
    let cancelled = send(&mut world, |house, env| clearing::cancel_all(house, env, Seat(0), far));
    assert_eq!(cancelled, Err(ClearingError::OutsideDelegation));
    let message = world.rolling(0, 10, 0);
    let rolled = send(&mut world, |house, env| sit_engine::clearing::roll(house, env, message));
    assert_eq!(rolled, Err(ClearingError::OutsideDelegation), "both months must be his");
    world.now = world.now.later(3_600);
    refuse(&mut world, order, ClearingError::DelegationExpired);
}

#[test]
fn a_delegate_never_moves_money_or_passes_his_right_on() {
    let mut world = delegated();
    let twin = world.open_sub(0, 1, 1);
    let now = world.now;
    let withdrawn = send(&mut world, |house, env| clearing::withdraw(house, env, Seat(0), 1));
    assert_eq!(withdrawn.err(), Some(ClearingError::NotAuthorised));
    let moved = send(&mut world, |house, env| clearing::transfer(house, env, Seat(0), twin, 1));
    assert_eq!(moved.err(), Some(ClearingError::NotAuthorised));
    let other = Delegate::new(Lots(1), Seconds(now.0 + 1), core::iter::empty()).unwrap();
    let named = send(&mut world, |house, env| clearing::set_delegate(house, env, Seat(0), [3; 20], &other));
    assert_eq!(named, Err(ClearingError::NotAuthorised));
    let free = world.stop(true, 2_500, 10);
    let paid = Trigger { fee: 1, ..free };
    let set =
        |world: &mut World, trigger| send(world, |house, env| clearing::set_trigger(house, env, Seat(0), 0, trigger));
    assert_eq!(set(&mut world, paid), Err(ClearingError::OutsideDelegation), "a fee would be money for his keeper");
    assert_eq!(set(&mut world, free), Ok(()));
    let cleared = send(&mut world, |house, env| clearing::clear_trigger(house, env, Seat(0), 0));
    assert_eq!(cleared, Ok(()));
}

#[test]
fn the_owner_dismisses_a_delegate_and_needs_none() {
    let mut world = delegated();
    let order = world.order(0, Side::Buy, 2_590, 10);
    let number = place(&mut world, order).unwrap();
    world.delegate(0, ROBOT, Delegate::default()).unwrap();
    assert_eq!(place(&mut world, order), Err(ClearingError::DelegationExpired));
    world.cancel(0, 2_590, number).unwrap();
    world.place(Place { lots: Lots(500), ..order }).unwrap();
    let too_much = Delegate::new(Lots(Lots::MAX.0 + 1), Seconds::ZERO, core::iter::empty()).unwrap();
    assert_eq!(world.delegate(0, ROBOT, too_much), Err(ClearingError::BadSize));
    let env = Env { caller: owner(1), now: world.now };
    let foreign =
        world.house.transact(|house| clearing::set_delegate(house, env, Seat(0), ROBOT, &Delegate::default()));
    assert_eq!(foreign, Err(ClearingError::NotAuthorised));
    world.check();
}

#[test]
fn a_scope_is_read_from_its_bytes() {
    let scope: Vec<u16> = clearing::parse_scope(&[0, 1, 16, 2, 9]).map(|instrument| instrument.0).collect();
    assert_eq!(scope, [1, 0x1002]);
}
