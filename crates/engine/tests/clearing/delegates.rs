//! Delegates: who may trade for an account, how much, what and until when.

use crate::world::{CASH, World, owner};
use sit_engine::calendar::DAY;
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{
    self, ClearingError, Delegate, Event, Level, Place, Placed, Policy, Quote, Replace, Search, SelfTrade, Store,
    Trigger,
};
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
    assert_eq!(rolled, Err(ClearingError::OutsideDelegation), "both months must be in the delegation");
    world.now = world.now.later(3_600);
    refuse(&mut world, order, ClearingError::DelegationExpired);
}

/// The robot trades for both: one rests, and the other meets it by an order, a replacement, a stop and a quote.
#[test]
fn a_delegate_of_two_accounts_of_one_owner_fills_nothing_between_them() {
    let mut world = World::new(2);
    let twin = world.open_sub(0, 1, CASH).0;
    let near = world.near;
    let delegate = Delegate::new(Lots(10), Seconds(world.now.0 + 3_600), [near].into_iter()).unwrap();
    for seat in [0, twin] {
        world.delegate(seat, ROBOT, delegate).unwrap();
    }
    let policies = [
        Policy::Rest,
        Policy::ImmediateOrCancel,
        Policy::FillOrKill,
        Policy::PostOnly,
        Policy::PostOnlySlide,
        Policy::Market,
    ];
    let nothing = |sent: Result<Placed, ClearingError>| match sent {
        Ok(placed) => assert_eq!(placed.filled, Lots::ZERO),
        Err(refused) => {
            assert!([ClearingError::NotFilled, ClearingError::WouldTrade].contains(&refused), "{refused:?}")
        }
    };
    for (seat, other, side) in [(0, twin, Side::Sell), (twin, 0, Side::Buy)] {
        let behind = world.order(1, side, 2_600, 5);
        for self_trade in [SelfTrade::CancelTaker, SelfTrade::CancelMaker, SelfTrade::DecrementBoth] {
            for policy in policies {
                let mut world = World { house: world.house.clone(), ..world };
                let rests = world.order(seat, side, 2_600, 10);
                let number = place(&mut world, rests).unwrap();
                world.place(behind).unwrap();
                let meets = Place { self_trade, policy, ..world.order(other, side.opposite(), 2_600, 10) };
                nothing(send(&mut world, |house, env| clearing::place(house, env, meets)));
                // By a replacement of what stands away from it.
                let away = if side == Side::Sell { 2_550 } else { 2_650 };
                let old = world.order(other, side.opposite(), away, 10);
                let old = place(&mut world, old).unwrap();
                let replace = Replace { price: Ticks(away), number: old, order: meets };
                nothing(send(&mut world, |house, env| clearing::replace(house, env, replace)));
                let stop =
                    Trigger { price: Ticks(2_600), rests: policy.rests(), ..world.stop(side == Side::Buy, 1, 10) };
                send(&mut world, |house, env| clearing::set_trigger(house, env, Seat(other), 0, stop)).unwrap();
                assert_eq!(world.execute(1, other, 0), Err(ClearingError::NotFilled));
                let level = [Level { price: Ticks(2_600), lots: Lots(10) }];
                let (bids, asks) = if side == Side::Sell { (&level[..], &[][..]) } else { (&[][..], &level[..]) };
                let quote = Quote { seat: Seat(other), instrument: near, bids, asks, expiry: Seconds::ZERO };
                send(&mut world, |house, env| clearing::quote(house, env, quote)).unwrap();
                let filled = |event: &Event| matches!(event, Event::Filled { .. });
                assert!(!world.house.events.iter().any(filled), "{self_trade:?} {policy:?}");
                assert_eq!([world.net(0), world.net(twin)], [0, 0]);
                let front = world.live_orders(near).iter().any(|order| (order.seat.0, order.number) == (seat, number));
                assert!(front, "{self_trade:?} {policy:?}: what rests is not touched");
                world.check();
            }
        }
    }
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
    assert_eq!(
        set(&mut world, paid),
        Err(ClearingError::OutsideDelegation),
        "a fee would be money for the delegate's keeper"
    );
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
fn a_delegate_takes_the_place_of_no_trigger_that_they_might_not_have_set() {
    let mut world = delegated();
    let (near, far) = (world.near, world.far);
    let foreign = Trigger { instrument: far, ..world.stop(true, 2_400, 10) };
    let large = world.stop(true, 2_500, 1_000);
    let theirs = world.stop(true, 2_500, 10);
    for (slot, stop) in [(0, foreign), (1, large), (2, theirs)] {
        world.set_trigger(0, slot, stop).unwrap();
    }
    let fresh = world.stop(true, 1, 1);
    for (slot, expected) in [
        (0, Err(ClearingError::OutsideDelegation)),
        (1, Err(ClearingError::OutsideDelegation)),
        (2, Ok(())),
        (3, Ok(())),
    ] {
        let set = send(&mut world, |house, env| clearing::set_trigger(house, env, Seat(0), slot, fresh));
        assert_eq!(set, expected, "{slot}");
    }
    for slot in [0, 1] {
        let cleared = send(&mut world, |house, env| clearing::clear_trigger(house, env, Seat(0), slot));
        assert_eq!(cleared, Err(ClearingError::OutsideDelegation), "{slot}");
    }
    let kept = world.house.triggers(Seat(0));
    assert_eq!((kept.get(0), kept.get(1)), (Some(&foreign), Some(&large)));
    assert_eq!(kept.get(2).map(|trigger| trigger.instrument), Some(near));
    let cleared = send(&mut world, |house, env| clearing::clear_trigger(house, env, Seat(0), 3));
    assert_eq!(cleared, Ok(()));
}

#[test]
fn what_a_delegate_has_set_ends_with_them() {
    let mut world = delegated();
    let until = Seconds(world.now.0 + 3_600);
    let mine = world.stop(true, 2_500, 10);
    world.set_trigger(0, 0, mine).unwrap();
    for (slot, expiry) in [(1, 0), (2, until.0 - 1), (3, until.0 + 1)] {
        let stop = Trigger { expiry: Seconds(expiry), ..mine };
        send(&mut world, |house, env| clearing::set_trigger(house, env, Seat(0), slot, stop)).unwrap();
    }
    let expiries = |world: &mut World| {
        let triggers = world.house.triggers(Seat(0));
        [0, 1, 2, 3].map(|slot| triggers.get(slot).map(|trigger| trigger.expiry.0))
    };
    assert_eq!(
        expiries(&mut world),
        [Some(0), Some(until.0), Some(until.0 - 1), Some(until.0)],
        "not beyond their time"
    );
    let longer = Delegate::new(Lots(10), until.later(60), core::iter::empty()).unwrap();
    world.delegate(0, ROBOT, longer).unwrap();
    assert!(expiries(&mut world).iter().all(Option::is_some), "a new scope takes nothing away");
    world.delegate(0, ROBOT, Delegate::default()).unwrap();
    assert_eq!(
        expiries(&mut world),
        [Some(0), None, None, None],
        "a dismissal takes what is theirs, not what is the owner's"
    );
}

/// 200 orders of five lots at the day's limit, against an accomplice: 38,149 US dollars without a limit for a day.
#[test]
fn a_delegate_loses_no_more_in_a_day_than_the_owner_has_said() {
    for (day_lots, way) in [(100, 0), (100, 1), (100, 2), (37, 0), (3, 1)] {
        let mut world = World::new(3);
        let (near, now) = (world.near, world.now);
        let scope = Delegate::new(Lots(5), Seconds(now.0 + 5 * DAY), core::iter::empty()).unwrap();
        world.delegate(0, ROBOT, scope.within_a_day(Lots(day_lots))).unwrap();
        for day in 1..3 {
            let before = world.health(0).equity;
            let mut refused = 0;
            for round in 0..200 {
                let (price, side) = if round % 2 == 0 { (2_980, Side::Buy) } else { (2_220, Side::Sell) };
                let friend = world.order(1, side.opposite(), price, 5);
                world.place(friend).ok();
                let order = world.order(0, side, price, 5);
                let sent = match way {
                    0 => send(&mut world, |house, env| clearing::place(house, env, order)).map(|_| ()),
                    1 => {
                        let levels = [Level { price: Ticks(price), lots: Lots(1) }; 3];
                        let (bids, asks) =
                            if side == Side::Buy { (&levels[..], &[][..]) } else { (&[][..], &levels[..]) };
                        let quote = Quote { seat: Seat(0), instrument: near, bids, asks, expiry: Seconds::ZERO };
                        world.cancel_all(1, near).unwrap();
                        let sent = send(&mut world, |house, env| clearing::quote(house, env, quote)).map(|_| ());
                        world.place(friend).ok();
                        sent
                    }
                    _ => {
                        let stop = Trigger {
                            price: Ticks(1),
                            above: true,
                            limit: Ticks(price),
                            ..world.stop(side == Side::Sell, 1, 5)
                        };
                        let sent = send(&mut world, |house, env| clearing::set_trigger(house, env, Seat(0), 0, stop));
                        world.execute(2, 0, 0).ok();
                        sent
                    }
                };
                refused += u32::from(sent == Err(ClearingError::DelegateDayLimit));
                world.cancel_all(1, near).unwrap();
            }
            assert!(refused > 150, "day {day}: {refused}");
            let lost = (before - world.health(0).equity).0;
            let most = i128::from(day_lots) * 390 * 100_000 * 102 / 100;
            assert!(lost <= most, "day {day} way {way}: {lost} of {most}");
            // An owner is not held to it, and a delegate may always take orders back.
            assert!(world.buy(0, 2_300, 500).is_ok());
            send(&mut world, |house, env| clearing::cancel_all(house, env, Seat(0), near)).unwrap();
            world.next_day(260_000).unwrap();
            world.after_the_opening();
        }
    }
}

#[test]
fn lots_of_a_day_beyond_all_lots_are_refused() {
    let mut world = World::new(1);
    let delegate = Delegate::new(Lots(1), Seconds(u32::MAX), core::iter::empty()).unwrap();
    assert_eq!(world.delegate(0, ROBOT, delegate.within_a_day(Lots(Lots::MAX.0 + 1))), Err(ClearingError::BadSize));
}

#[test]
fn a_scope_is_read_from_its_bytes() {
    let scope: Vec<u16> = clearing::parse_scope(&[0, 1, 16, 2, 9]).map(|instrument| instrument.0).collect();
    assert_eq!(scope, [1, 0x1002]);
}
