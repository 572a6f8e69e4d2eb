//! Refusals that guard money and that no story of their own comes across: what stands still while a loss is shared out,
//! amounts of nothing, what governance may not set, and money that may not leave while something is unpaid.

use crate::allocation::bankrupt;
use crate::world::{MONDAY, TPI, World, owner, shocks, terms};
use sit_engine::calendar::{self, Day};
use sit_engine::clearing::{
    self, AddOns, Auction, ClearingError, Listing, MAX_SEATS, Month, Product, Purpose, SCENARIOS, Store, peers::Given,
};
use sit_engine::launch::{LIQUIDATION_END_BPS, MAINTENANCE_BPS};
use sit_engine::units::{Lots, Seat, Seconds, TickValue, Ticks};
use sit_native::Native;

impl World {
    /// Asserts that a message is refused with this error, and that nothing has come of it.
    fn refuses<T>(&mut self, error: ClearingError, message: impl FnOnce(&mut Native) -> clearing::Result<T>) {
        let before = clearing::books(&mut self.house);
        assert_eq!(self.house.transact(message).err(), Some(error));
        assert_eq!(clearing::books(&mut self.house), before, "a refused message moved money");
        self.check();
    }
}

/// A loss is being shared out in the near month: whoever else could change who owes what there has to wait.
#[test]
fn while_holders_are_counted_nobody_is_taken_over_and_no_debt_is_bought_offset_or_written_off() {
    let mut world = bankrupt(&[10; 36]);
    let (near, far, now) = (world.near, world.far, world.now);
    // Seat 36 has sold what it won with, is still owed something, and owes more in the other month than it has.
    world.trade(near, 36, 35, 5_200, 10);
    world.owe(35, 36, near, 50);
    world.owe(36, 1, far, 1_000_000);
    world.set_cash(36, 0, 35);
    let first: Vec<u32> = (1..33).collect();
    assert!(world.allocate(near, &first).unwrap() > 0, "not all are counted");
    for (debt, claim) in [(near, far), (far, near)] {
        world.refuses(ClearingError::Allocating, |house| clearing::bridge(house, now, Seat(0), debt, claim));
    }
    let circle = [(Seat(1), far), (Seat(2), near)];
    world.refuses(ClearingError::Allocating, |house| clearing::offset(house, now, circle.into_iter()));
    world.refuses(ClearingError::Allocating, |house| clearing::write_off(house, now, Seat(0), near));
    // One who is under liquidation holds their position until the loss is shared out.
    world.house.set_auction(Seat(2), &Auction { started: now, ..Auction::default() });
    assert_eq!(world.bid(3, 2, 1), Err(ClearingError::Allocating));
    world.house.set_auction(Seat(2), &Auction::default());
    // A debt in another month, of somebody who is owed something in this one.
    assert_eq!(world.cover_in(Seat(36), far), Err(ClearingError::Allocating));
    assert_eq!(world.allocate(near, &[33, 34, 35, 36, 37]), Ok(0));
    world.check();
}

/// The last trading time has come while an account is under liquidation: its lots go to the final price, and not to a
/// friend at a discount.
#[test]
fn nobody_is_taken_over_after_the_last_trading_time() {
    let mut world = World::new(4);
    let near = world.near;
    world.sell(0, 2_600, 100).unwrap();
    world.buy(1, 2_600, 100).unwrap();
    let free = world.withdraw_all(0);
    assert!(free > 0);
    world.next_day(320_000).unwrap();
    world.start_liquidation(0).unwrap();
    let now = world.now;
    let mut curve = world.house.curve(TPI).unwrap();
    curve.month_mut(near).unwrap().expiry = now;
    world.house.set_curve(TPI, &curve);
    assert_eq!(world.bid(2, 0, 100), Err(ClearingError::TradingEnded));
    assert_eq!(world.net(0), -100);
}

#[test]
fn nothing_is_no_amount() {
    let mut world = World::new(2);
    let (now, env) = (world.now, world.env(0));
    world.refuses(ClearingError::ZeroAmount, |house| clearing::credit(house, now, Seat(0), 0));
    world.refuses(ClearingError::ZeroAmount, |house| clearing::endow(house, Purpose::Fund, 0));
    world.refuses(ClearingError::ZeroAmount, |house| clearing::endow(house, Purpose::Incentives, 0));
    world.refuses(ClearingError::ZeroAmount, |house| clearing::pay_reward(house, Seat(0), 0));
    world.refuses(ClearingError::ZeroAmount, |house| clearing::pay_treasury(house, now, owner(9), 0).map(drop));
    world.refuses(ClearingError::ZeroAmount, |house| clearing::withdraw(house, env, Seat(0), 0).map(drop));
    let near = world.near;
    world.refuses(ClearingError::ZeroAmount, |house| clearing::sweep_fees(house, now, near));
}

/// The protocol's own money does not leave before its users' while a loss is known that the fund does not cover.
#[test]
fn the_treasury_is_not_paid_out_while_a_deficit_is_uncovered() {
    let mut world = World::new(3);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    world.sweep_fees(world.near).unwrap();
    let treasury = world.house.ledger().treasury;
    assert!(treasury > 2);
    world.pay_treasury(owner(9), 1).unwrap();
    assert!(world.withdraw_all(0) > 0);
    world.next_day(520_000).unwrap();
    world.start_liquidation(0).unwrap();
    assert!(world.house.ledger().uncovered > world.house.ledger().fund, "what it owes is known");
    assert_eq!(world.pay_treasury(owner(9), 1), Err(ClearingError::DeficitUncovered));
    assert_eq!(world.withdraw(2, 1), Err(ClearingError::DeficitUncovered), "as anybody's");
    assert_eq!(world.house.ledger().treasury, treasury - 1);
}

#[test]
fn more_seats_than_a_message_settles_are_refused_and_fees_are_shared_once() {
    let mut world = World::new(2);
    let (near, now) = (world.near, world.now);
    let seats = |count: usize| (0..u32::try_from(count).unwrap()).map(Seat);
    world.refuses(ClearingError::TooMany, |house| clearing::settle(house, now, near, seats(MAX_SEATS + 1)));
    world.house.transact(|house| clearing::settle(house, now, near, seats(MAX_SEATS))).unwrap();
    let before = world.house.ledger();
    world.refuses(ClearingError::BadParameter, |house| clearing::set_fee_shares(house, 6_000, 4_001));
    assert_eq!(world.house.ledger(), before);
    world.house.transact(|house| clearing::set_fee_shares(house, 6_000, 4_000)).unwrap();
}

/// The month that comes third in the curve, as governance lists it.
fn third() -> Listing {
    Listing {
        product: TPI,
        expiry: calendar::last_trading_time(calendar::listing(Day::of(Seconds(MONDAY)))[2]),
        tick_value: TickValue(100_000),
        tick_size: 100,
        mark: Ticks(2_550),
        terms: terms(),
    }
}

#[test]
fn no_month_is_listed_at_no_price_at_another_time_twice_or_without_margin() {
    let mut world = World::new(0);
    let now = world.now;
    let list = |listing: Listing| move |house: &mut Native| clearing::list(house, now, listing);
    for mark in [Ticks::ZERO, Ticks::MAX] {
        world.refuses(ClearingError::BadPrice, list(Listing { mark, ..third() }));
    }
    let listed = world.month(world.near).expiry;
    for expiry in [listed, third().expiry.later(1), Seconds::ZERO] {
        world.refuses(ClearingError::BadParameter, list(Listing { expiry, ..third() }));
    }
    world.refuses(ClearingError::BadParameter, list(Listing { tick_size: 0, ..third() }));
    world.refuses(ClearingError::BadParameter, list(Listing { tick_value: TickValue(0), ..third() }));
    world.refuses(ClearingError::UnknownProduct, list(Listing { product: Product(1), ..third() }));
    // Margin of the first two places alone: a third month would have none.
    set_risk(&mut world, TPI, &two_places()).unwrap();
    world.refuses(ClearingError::UnknownProduct, list(third()));
    set_risk(&mut world, TPI, &shocks()).unwrap();
    let month = world.house.transact(list(third())).unwrap();
    assert_eq!(world.month(month).status, Month::default().status);
}

/// Shocks of the first two places in the curve, and none of the others.
fn two_places() -> Vec<u8> {
    let mut bytes = shocks().to_vec();
    bytes[2 * 2 * SCENARIOS..].fill(0);
    bytes
}

fn set_risk(world: &mut World, product: Product, shocks: &[u8]) -> clearing::Result<()> {
    let set = |house: &mut Native| {
        clearing::set_risk(house, Seconds::ZERO, product, MAINTENANCE_BPS, LIQUIDATION_END_BPS, shocks, [1; 32])
    };
    world.house.transact(set)
}

#[test]
fn margin_without_a_certificate_of_too_many_products_or_for_fewer_months_than_are_listed_is_refused() {
    let mut world = World::new(0);
    let before = world.house.risk(TPI);
    let all = shocks();
    world.refuses(ClearingError::BadParameter, |house| {
        clearing::set_risk(house, Seconds::ZERO, TPI, MAINTENANCE_BPS, LIQUIDATION_END_BPS, &all, [0; 32])
    });
    assert_eq!(set_risk(&mut world, Product(Product::MAX.0 + 1), &all), Err(ClearingError::BadParameter));
    let mut first = two_places();
    first[2 * SCENARIOS..].fill(0);
    assert_eq!(set_risk(&mut world, TPI, &first), Err(ClearingError::BadParameter), "two months are listed");
    assert_eq!(world.set_add_ons(AddOns { floor_bps: 5_001, ..AddOns::NONE }), Err(ClearingError::BadParameter));
    let none = AddOns { size_lower: Lots(10), size_upper: Lots(10), ..AddOns::NONE };
    assert_eq!(world.set_add_ons(none), Err(ClearingError::BadParameter), "a scale without a range");
    assert_eq!(world.house.risk(TPI), before);
}

#[test]
fn products_begin_in_their_order_with_margin_and_at_a_price() {
    let mut world = World::new(0);
    let today = Day::of(world.now);
    let start = |product: Product, price: u32| {
        move |house: &mut Native| clearing::start_product(house, &Given::print(today, price), product)
    };
    set_risk(&mut world, Product(1), &shocks()).unwrap();
    set_risk(&mut world, Product(2), &shocks()).unwrap();
    world.refuses(ClearingError::BadParameter, start(TPI, 260_000));
    world.refuses(ClearingError::BadParameter, start(Product(2), 260_000));
    world.refuses(ClearingError::BadParameter, start(Product(1), 0));
    world.refuses(ClearingError::BadParameter, start(Product(Product::MAX.0 + 1), 260_000));
    world.house.transact(start(Product(1), 260_000)).unwrap();
    world.house.transact(start(Product(2), 260_000)).unwrap();
    world.refuses(ClearingError::UnknownProduct, start(Product(3), 260_000));
}
