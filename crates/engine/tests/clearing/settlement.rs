//! Variation and final settlement.

use crate::world::{CASH, TICK_VALUE, TPI, World};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::{self, ClearingError, Month, Place, Purpose, Status, Store};
use sit_engine::units::{Lots, Seconds, Side, Ticks};

fn fee(points: u64, ppm: u64) -> u64 {
    (points * u64::from(TICK_VALUE) * ppm).div_ceil(1_000_000)
}

#[test]
fn winners_are_paid_what_losers_have_paid_and_not_before() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 100).unwrap();
    world.buy(1, 2_600, 100).unwrap();
    world.next_day(286_000).unwrap(); // the near month goes to 2,860
    let (maker, taker) = (CASH - fee(260_000, 100), CASH - fee(260_000, 500));
    world.settle(world.near, &[1]).unwrap();
    assert_eq!(world.account(1).cash, taker, "nothing has been collected yet");
    world.check();
    world.settle(world.near, &[0]).unwrap();
    assert_eq!(world.account(0).cash, maker - 26_000 * u64::from(TICK_VALUE));
    world.settle(world.near, &[1]).unwrap();
    assert_eq!(world.account(1).cash, taker + 26_000 * u64::from(TICK_VALUE));
    world.settle(world.near, &[0, 1]).unwrap();
    assert_eq!(world.account(1).cash, taker + 26_000 * u64::from(TICK_VALUE), "settling twice changes nothing");
    world.check();
}

#[test]
fn profit_of_the_running_round_is_not_paid() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    world.next_day(286_000).unwrap();
    world.settle(world.near, &[0]).unwrap(); // the pool holds what seat 1 is owed
    world.sell(2, 2_700, 10).unwrap();
    world.buy(0, 2_700, 10).unwrap(); // seat 0 closes below the mark: a profit of today
    let before = world.account(0).cash;
    world.settle(world.near, &[0]).unwrap();
    assert_eq!(world.account(0).cash, before);
    world.next_day(286_000).unwrap();
    world.settle(world.near, &[2, 0]).unwrap();
    assert!(world.account(0).cash > before);
    world.check();
}

#[test]
fn unsettled_profit_carries_no_new_risk_and_can_not_be_withdrawn() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    world.next_day(380_000).unwrap();
    let cash = world.account(1).cash;
    assert_eq!(world.withdraw(1, cash + 1), Err(ClearingError::NotEnoughCash));
    // Initial margin of 1,000 lots at 3,800 is 20 %; the profit of 1,200 ticks a lot does not count.
    let margin = 1_000 * 3_800 * u64::from(TICK_VALUE) / 5;
    assert_eq!(world.withdraw(1, cash - margin + 1), Err(ClearingError::BelowInitialMargin));
    world.withdraw(1, cash - margin).unwrap();
    world.check();
}

#[test]
fn an_expired_month_is_settled_once_and_claimed_to_the_last_atom() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 30).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    world.buy(2, 2_600, 20).unwrap();
    assert_eq!(world.finalise(world.near, 250_000), Err(ClearingError::NotExpired));
    world.now = Seconds(world.now.0 + 30 * DAY);
    assert_eq!(world.finalise(world.near, 0), Err(ClearingError::NotFinal));
    assert_eq!(world.finalise(world.near, 249_960).map(|price| price.0), Ok(2_500));
    assert_eq!(world.finalise(world.near, 249_960), Err(ClearingError::AlreadySettled));
    assert_eq!(world.buy(1, 2_500, 1), Err(ClearingError::TradingEnded));
    world.settle(world.near, &[0, 1, 2]).unwrap();
    world.settle(world.near, &[0]).unwrap();
    for seat in 0..3 {
        assert_eq!(world.account(seat).positions().len(), 0);
    }
    assert_eq!(world.account(0).cash, CASH - fee(26_000, 100) - fee(52_000, 100) + 3_000 * u64::from(TICK_VALUE));
    world.check();
}

#[test]
fn a_day_is_settled_once_and_never_backwards() {
    let mut world = World::new(1);
    world.next_day(261_000).unwrap();
    world.now = Seconds(world.now.0 - DAY);
    assert_eq!(world.next_day(262_000), Err(ClearingError::AlreadySettled));
    assert_eq!(world.next_day(0), Err(ClearingError::IndexUnavailable));
}

/// Twelve months later the settled month has lost its place in the curve; its market keeps the final price (E7).
#[test]
fn claims_and_losses_outlive_their_months_place_in_the_curve() {
    let mut world = World::new(3);
    let near = world.near;
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let cash = world.account(0).cash;
    world.withdraw(0, cash - 78_000_000_000).unwrap();
    clearing::endow(&mut world.house, Purpose::Fund, 50_000_000_000).unwrap();
    world.next_day(380_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.now = Seconds(world.now.0 + 30 * DAY);
    world.finalise(near, 390_000).unwrap();
    let mut curve = world.house.curve(TPI).unwrap();
    while curve.month(near).is_some() {
        curve.list(TPI, Month { status: Status::ReduceOnly, ..Month::default() }).unwrap();
    }
    curve.index_day = Day::of(world.now).0;
    world.house.set_curve(TPI, &curve);

    assert_eq!(world.withdraw(0, 1), Err(ClearingError::BelowInitialMargin), "a loss there is a loss");
    assert!(world.withdraw(1, 1).is_ok(), "a claim there holds nothing back");
    let before = world.account(1).cash;
    world.settle(near, &[0, 1]).unwrap();
    assert_eq!(world.account(1).cash, before, "what the loser had waits until it is known who bears the rest");
    clearing::set_fund_cap(&mut world.house, 5_000).unwrap();
    assert_eq!(world.cover(0), Ok(25_000_000_000));
    assert_eq!(world.allocate(near, &[1]), Ok(0));
    world.settle(near, &[1]).unwrap();
    assert_eq!(world.account(1).cash, before + 78_000_000_000 + 25_000_000_000, "all that is there");
    assert!(world.account(1).positions().is_empty() && world.account(0).positions().is_empty());
    assert_eq!(world.report_deficit(0), Err(ClearingError::NoAuction), "its liquidation is over");
    assert_eq!(world.house.ledger().uncovered, 0);
    let cash = world.account(1).cash;
    world.withdraw(1, cash).unwrap();
}

/// Lets the near month leave the curve after its final price.
fn leaves_the_curve(world: &mut World, price: u32) {
    let near = world.near;
    world.now = Seconds(world.now.0 + 30 * DAY);
    world.finalise(near, price).unwrap();
    let mut curve = world.house.curve(TPI).unwrap();
    let far = *curve.month(world.far).unwrap();
    while curve.month(near).is_some() {
        curve.list(TPI, Month { status: Status::ReduceOnly, expiry: Seconds(u32::MAX), ..far }).unwrap();
    }
    curve.index_day = Day::of(world.now).0;
    while !curve.holidays.is_session(world.now) {
        world.now = world.now.later(DAY);
    }
    world.house.set_curve(TPI, &curve);
}

/// An account that had only an order there needs no settlement: nothing is to be claimed, so nothing is in the way.
#[test]
fn an_order_in_a_month_that_has_left_the_curve_holds_nothing_up() {
    let mut world = World::new(3);
    world.buy(0, 2_500, 10).unwrap();
    leaves_the_curve(&mut world, 260_000);
    assert!(world.account(0).position(world.near).is_some());
    let order = world.far_order(0, Side::Buy, 2_400, 10);
    world.place(order).unwrap();
    world.withdraw(0, 1_000_000).unwrap();
}

/// Bids and asks, one that may only reduce and a stop, of accounts with a position and without one.
#[test]
fn orders_that_are_open_at_the_expiry_hold_no_money_of_flat_accounts_back() {
    let mut world = World::new(4);
    let near = world.near;
    world.trade(near, 1, 0, 2_600, 10);
    for (seat, side, price) in
        [(0, Side::Buy, 2_580), (1, Side::Sell, 2_620), (2, Side::Buy, 2_590), (3, Side::Sell, 2_610)]
    {
        world.place(world.order(seat, side, price, 100)).unwrap();
    }
    world.place(Place { reduce_only: true, ..world.order(0, Side::Sell, 2_630, 10) }).unwrap();
    world.set_trigger(2, 0, world.stop(true, 2_550, 10)).unwrap();
    for seat in 0..4 {
        let cash = world.account(seat).cash;
        assert_eq!(world.withdraw(seat, cash), Err(ClearingError::BelowInitialMargin), "{seat}: they need margin now");
    }
    world.now = world.month(near).expiry;
    world.finalise(near, 260_000).unwrap();
    for seat in [2, 3] {
        let cash = world.account(seat).cash;
        assert_eq!(world.withdraw(seat, cash), Ok(0), "{seat} had nothing but orders, and waits for no settlement");
    }
    world.settle(near, &[0, 1, 2, 3]).unwrap();
    world.settle(near, &[0, 1]).unwrap();
    for seat in [0, 1] {
        let cash = world.account(seat).cash;
        assert_eq!(world.withdraw(seat, cash), Ok(0), "{seat}");
    }
    for seat in 0..4 {
        assert!(!world.account(seat).position(near).is_some_and(|position| position.has_orders()), "{seat}");
    }
    world.check();
}

/// A claim that nobody can pay, or a debt, in a month that is gone neither protects the lots of another month nor is
/// lost.
#[test]
fn who_is_owed_in_a_month_that_is_gone_is_liquidated_like_everybody_else() {
    for claims in [true, false] {
        let mut world = World::new(4);
        world.sell(0, 2_600, 1_000).unwrap();
        world.buy(1, 2_600, 1_000).unwrap();
        let seat = u32::from(claims);
        let far = world.far_order(seat, Side::Buy, 2_500, 3_000);
        world.place(far).unwrap();
        let far = world.far_order(2, Side::Sell, 2_500, 3_000);
        world.place(far).unwrap();
        leaves_the_curve(&mut world, 270_000);
        // The winner's claim stands against a loser who has not been settled; the loser's debt has not been paid.
        let before = world.health(seat);
        let (cash, near, far) = (world.account(seat).cash, world.near, world.far);
        let owed = world.account(seat).position(near).unwrap().variation(Ticks(2_700)).0;
        assert_eq!(owed > 0, claims);
        assert_eq!(before.equity.0, i128::from(cash) + i128::from(owed) * i128::from(TICK_VALUE));
        assert!(before.initial_equity.0 <= i128::from(cash), "M3: a claim gives no credit");
        world.set_cash(seat, if claims { 0 } else { 110_000_000_000 }, 3);
        assert!(!world.health(seat).meets_maintenance());
        world.start_liquidation(seat).unwrap();
        assert!(world.bid_for(3, seat, far, 3_000).unwrap().1 > Lots::ZERO);
        world.settle(near, &[0, 1]).unwrap();
    }
}
