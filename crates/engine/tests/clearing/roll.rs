//! Rolling a position from the near month to the far one.

use crate::world::{TICK_VALUE, World};
use sit_engine::clearing::{ClearingError, Instrument, Place, Product, Roll, Status, Store};
use sit_engine::units::{Lots, Side, Ticks};

/// Seat 0 holds 100 lots of the near month, long or short; seat 1 quotes both months.
fn holder(long: bool) -> World {
    let mut world = World::new(3);
    let (mine, theirs) = if long { (Side::Buy, Side::Sell) } else { (Side::Sell, Side::Buy) };
    let maker = world.order(2, theirs, 2_600, 100);
    world.place(maker).unwrap();
    let taker = world.order(0, mine, 2_600, 100);
    world.place(taker).unwrap();
    for (instrument, bid, ask) in [(world.near, 2_595, 2_605), (world.far, 2_495, 2_505)] {
        for (side, price) in [(Side::Buy, bid), (Side::Sell, ask)] {
            let order = Place { instrument, ..world.order(1, side, price, 100) };
            world.place(order).unwrap();
        }
    }
    world
}

fn far_net(world: &World, seat: u32) -> i32 {
    world.account(seat).net(world.far).0
}

#[test]
fn a_position_rolls_at_the_spread_of_the_book() {
    for (long, spread) in [(true, -90), (false, -110)] {
        let mut world = holder(long);
        let sign = if long { 1 } else { -1 };
        let roll = world.rolling(0, 60, spread);
        let (left, entered) = world.roll(roll).unwrap();
        assert_eq!((left.filled, entered.filled), (Lots(60), Lots(60)));
        assert_eq!(entered.value.0 - left.value.0, i64::from(spread) * 60);
        assert_eq!((world.net(0), far_net(&world, 0)), (40 * sign, 60 * sign));
        world.check();
    }
}

#[test]
fn a_roll_costs_no_more_than_its_spread_limit() {
    for (long, spread) in [(true, -91), (false, -109)] {
        let mut world = holder(long);
        let before = world.house.clone();
        let roll = world.rolling(0, 60, spread);
        assert_eq!(world.roll(roll), Err(ClearingError::SpreadLimit));
        assert!(world.house.same_cells(&before));
    }
}

#[test]
fn both_legs_trade_completely_or_nothing_does() {
    let mut world = holder(true);
    let roll = world.rolling(0, 60, 0);
    let refuse = |world: &mut World, roll: Roll, error| {
        let before = world.house.clone();
        assert_eq!(world.roll(roll), Err(error), "{roll:?}");
        assert!(world.house.same_cells(&before));
    };
    refuse(&mut world, Roll { near_limit: Ticks(2_596), ..roll }, ClearingError::NotFilled);
    refuse(&mut world, Roll { far_limit: Ticks(2_504), ..roll }, ClearingError::NotFilled);
    refuse(&mut world, Roll { lots: Lots(101), ..roll }, ClearingError::ReduceOnly);
    refuse(&mut world, Roll { lots: Lots::ZERO, ..roll }, ClearingError::BadSize);
    refuse(&mut world, Roll { far: roll.near, ..roll }, ClearingError::BadParameter);
    refuse(&mut world, Roll { far: Instrument::new(Product(1), 0), ..roll }, ClearingError::BadParameter);
    let unlisted = world.unlisted();
    refuse(&mut world, Roll { far: unlisted, ..roll }, ClearingError::NotYetListed);
    world.cancel_all(1, world.far).unwrap();
    refuse(&mut world, roll, ClearingError::NotFilled);
    world.check();
}

#[test]
fn one_margin_check_lets_a_roll_pass_that_neither_leg_would() {
    let mut world = holder(true);
    // Keep what the position needs, with a little for fees and the spread: a second position beside it would be too
    // much.
    let initial = world.health(0).initial.0 as u64;
    let spare = 100 * 10 * u64::from(TICK_VALUE);
    world.withdraw(0, world.account(0).cash - initial - spare).unwrap();
    let opening = world.far_order(0, Side::Buy, 2_505, 100);
    assert_eq!(world.place(opening), Err(ClearingError::BelowInitialMargin));
    let roll = world.rolling(0, 100, 0);
    world.roll(roll).unwrap();
    assert_eq!((world.net(0), far_net(&world, 0)), (0, 100));
    world.check();
}

#[test]
fn a_roll_binds_to_position_limit_and_open_interest_cap_of_the_far_month() {
    let mut world = holder(true);
    let far = world.far;
    let limited = |world: &mut World, limit, cap| {
        let mut market = world.house.market(far).unwrap();
        market.terms.position_limit = Lots(limit);
        market.terms.open_interest_cap = Lots(cap);
        world.house.set_market(far, &market);
        let roll = world.rolling(0, 60, 0);
        let rolled = world.roll(roll);
        rolled.map(|_| ())
    };
    assert_eq!(limited(&mut world, 59, 59), Err(ClearingError::PositionLimit));
    assert_eq!(limited(&mut world, 60, 59), Err(ClearingError::OpenInterestCap));
    assert_eq!(limited(&mut world, 60, 60), Ok(()));
    world.check();
}

#[test]
fn a_position_can_not_roll_into_a_month_that_only_reduces() {
    let mut world = holder(true);
    let mut curve = world.house.curve(Product(0)).unwrap();
    curve.month_mut(world.far).unwrap().status = Status::ReduceOnly;
    world.house.set_curve(Product(0), &curve);
    let roll = world.rolling(0, 60, 0);
    assert_eq!(world.roll(roll), Err(ClearingError::ReduceOnly));
}
