//! Previews: the message then does exactly what its preview says.

use crate::world::{CASH, TICK_VALUE, TPI, World, shocks};
use sit_engine::clearing::{self, ClearingError, Place, Policy, SCENARIOS};
use sit_engine::launch::{LIQUIDATION_END_BPS, MAINTENANCE_BPS};
use sit_engine::units::{QuoteAtoms, Seat, Side};
use sit_native::preview::{LiquidationPrices, Preview, preview, standing};

fn preview_place(world: &mut World, order: Place) -> Preview<clearing::Placed> {
    let env = world.env(order.seat.0);
    preview(&mut world.house, order.seat, |house| clearing::place(house, env, order))
}

#[test]
fn a_preview_says_what_the_order_then_does_and_does_nothing_itself() {
    let mut world = World::new(2);
    world.sell(0, 2_605, 50).unwrap();
    let order = world.order(1, Side::Buy, 2_610, 80);
    let told = world.house.events.len();
    let said = preview_place(&mut world, order);
    assert_eq!(world.house.events.len(), told);
    assert_eq!((world.net(1), world.resting(Side::Buy)), (0, vec![]));

    assert_eq!(world.place(order), said.outcome);
    assert_eq!(world.house.events[told..], said.events);
    assert_eq!(said.before.unwrap().health.initial, QuoteAtoms::ZERO);
    assert_eq!(standing(&mut world.house, Seat(1)), said.after);
    world.check();
}

#[test]
fn a_refused_order_is_refused_with_the_same_error() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 5_000).unwrap();
    world.withdraw(1, CASH - 1_000_000_000).unwrap();
    for order in [
        world.order(1, Side::Buy, 2_600, 1_000),
        world.order(1, Side::Buy, 9_999, 1),
        world.order(1, Side::Buy, 2_600, 0),
        Place { policy: Policy::PostOnly, ..world.order(1, Side::Buy, 2_600, 1) },
        Place { reduce_only: true, ..world.order(1, Side::Buy, 2_600, 1) },
    ] {
        let said = preview_place(&mut world, order);
        assert!(said.outcome.is_err() && said.events.is_empty());
        assert_eq!(said.before, said.after);
        assert_eq!(world.place(order), said.outcome);
    }
}

/// The first two move the whole curve, and a client names them by that.
#[test]
fn of_scenarios_in_which_as_much_is_lost_the_first_is_told() {
    let mut world = World::new(2);
    let mut twice = shocks();
    for month in twice.chunks_exact_mut(2 * SCENARIOS) {
        month.copy_within(..4, 4); // the third and fourth are the first and second
    }
    clearing::set_risk(&mut world.house, world.now, TPI, MAINTENANCE_BPS, LIQUIDATION_END_BPS, &twice, [1; 32])
        .unwrap();
    world.trade(world.near, 0, 1, 2_600, 1_000);
    let scenarios = [0, 1].map(|seat| standing(&mut world.house, Seat(seat)).unwrap().health.scenario);
    assert_eq!(scenarios, [0, 1]);
}

#[test]
fn the_binding_scenario_and_the_free_collateral_are_told() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    assert_eq!(standing(&mut world.house, Seat(0)).unwrap().health.scenario, 0, "the short fears +30 %");
    assert_eq!(standing(&mut world.house, Seat(1)).unwrap().health.scenario, 1, "the long fears -20 %");
    let env = world.env(1);
    let free = world.account(1).cash - 1_000 * 2_600 * u64::from(TICK_VALUE) / 5;
    let ask = |world: &mut World, amount| {
        preview(&mut world.house, Seat(1), |house| clearing::withdraw(house, env, Seat(1), amount)).outcome
    };
    assert_eq!(ask(&mut world, free + 1), Err(ClearingError::BelowInitialMargin));
    assert!(ask(&mut world, free).is_ok());
}

#[test]
fn an_account_is_liquidated_at_its_liquidation_price_and_not_a_tick_before() {
    for short in [true, false] {
        let mut world = World::new(3);
        world.sell(0, 2_600, 1_000).unwrap();
        world.buy(1, 2_600, 1_000).unwrap();
        let seat = u32::from(!short);
        let health = world.health(seat);
        let cash = world.account(seat).cash;
        world.withdraw(seat, cash - u64::try_from(health.initial.0).unwrap()).unwrap();
        let near = world.near;
        let standing = standing(&mut world.house, Seat(seat)).unwrap();
        let [(instrument, prices)] = standing.liquidation[..] else { panic!("one position") };
        assert_eq!(instrument, near);
        let (price, before) = match (short, prices) {
            (true, LiquidationPrices { below: None, above: Some(price) }) => (price, price.0 - 1),
            (false, LiquidationPrices { below: Some(price), above: None }) => (price, price.0 + 1),
            _ => panic!("{prices:?}"),
        };
        world.set_mark(near, before);
        assert_eq!(world.start_liquidation(seat), Err(ClearingError::NotLiquidatable));
        world.set_mark(near, price.0);
        assert_eq!(world.start_liquidation(seat), Ok(()), "at {price:?}");
        let now = preview(&mut world.house, Seat(seat), |_| Ok(())).before.unwrap();
        assert_eq!(now.liquidation, [(near, LiquidationPrices { below: Some(price), above: Some(price) })]);
    }
}

#[test]
fn an_account_without_debt_has_no_liquidation_price() {
    let mut world = World::new(2);
    world.sell(0, 2_600, 1).unwrap();
    world.buy(1, 2_600, 1).unwrap();
    let standing = standing(&mut world.house, Seat(1)).unwrap();
    assert_eq!(standing.liquidation, [(world.near, LiquidationPrices::default())]);
}
