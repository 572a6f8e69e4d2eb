//! An account in several products: what each one's index may do is charged by itself, and one that cannot be judged now
//! protects no position in another.

use crate::world::{CASH, Result, TICK_VALUE, TPI, World, shocks};
use proptest::prelude::*;
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::{
    self, AddOns, Bid, ClearingError, Guard, Instrument, Place, Product, margin, margin::Health, peers::Given,
};
use sit_engine::launch;
use sit_engine::oracle::Validity;
use sit_engine::units::{Lots, NetLots, QuoteAtoms, Seat, Side, Ticks};

const SCU: Product = Product(1);

/// A world with a second product of the same numbers; its first month.
fn two_products(accounts: u32) -> (World, Instrument) {
    let mut world = World::new(accounts);
    let month = world.second_product(0);
    (world, month)
}

fn settle_scu(world: &mut World, price: u32) {
    let (now, day) = (world.now, Day::of(world.now));
    world.house.transact(|house| clearing::settle_day(house, &Given::print(day, price), now, SCU)).unwrap();
}

#[test]
fn a_long_month_of_one_product_takes_nothing_off_a_short_month_of_another() {
    let (mut world, scu) = two_products(2);
    let near = world.near;
    world.trade(near, 1, 0, 2_600, 1_000);
    let long = world.health(0);
    let (mut other, scu_too) = two_products(2);
    other.trade(scu_too, 0, 1, 2_600, 1_000);
    let short = other.health(0);
    world.trade(scu, 0, 1, 2_600, 1_000);
    let both = world.health(0);
    assert_eq!(both.initial, long.initial + short.initial);
    assert_eq!(both.maintenance, long.maintenance + short.maintenance);
    assert_eq!(both.liquidation_end, long.liquidation_end + short.liquidation_end);
    assert!(both.initial.0 >= 260_000_000_000 / 2, "half of one leg's value");
    world.check();
}

#[test]
fn an_account_hedged_across_products_cannot_be_opened_on_the_floor_alone() {
    let (mut world, scu) = two_products(2);
    let near = world.near;
    world.trade(near, 1, 0, 2_600, 9_000);
    for (seat, side) in [(0, Side::Sell), (1, Side::Buy)] {
        let order = Place { instrument: scu, ..world.order(seat, side, 2_600, 9_000) };
        assert_eq!(world.place(order), Err(ClearingError::BelowInitialMargin), "{seat}");
    }
}

#[test]
fn maintenance_has_the_floor_that_initial_margin_has() {
    let mut world = World::new(2);
    world.set_add_ons(AddOns { floor_bps: 200, ..AddOns::NONE }).unwrap();
    // A calendar spread that the scenarios hold for a hedge: every shock of both rows alike.
    let mut alike = shocks();
    for row in alike.chunks_exact_mut(32) {
        row[4..8].fill(0);
    }
    clearing::set_risk(&mut world.house, world.now, TPI, 7_500, 8_750, &alike, [2; 32]).unwrap();
    world.set_add_ons(AddOns { floor_bps: 200, ..AddOns::NONE }).unwrap();
    world.buy(0, 2_600, 1_000).unwrap();
    world.sell(1, 2_600, 1_000).unwrap();
    world.trade(world.far, 0, 1, 2_500, 1_040);
    let health = world.health(0);
    let value = i128::from(TICK_VALUE) * (1_000 * 2_600 + 1_040 * 2_500);
    assert_eq!(health.initial.0, value * 2 / 100);
    assert_eq!(health.maintenance.0, value * 2 / 100 * 3 / 4);
    assert_eq!(health.liquidation_end.0, value * 2 / 100 * 7 / 8);
}

/// The short account of 1,000 near lots that a day of the index has brought below maintenance margin, with `lots` of
/// another product beside them that stand still.
fn shielded(lots: u32) -> (World, Instrument) {
    let (mut world, scu) = two_products(4);
    let near = world.near;
    world.trade(near, 0, 1, 2_600, 1_000);
    world.trade(scu, 0, 1, 2_600, lots);
    world.withdraw_all(0);
    (world, scu)
}

fn guard(world: &mut World, pause: bool) {
    let now = world.now;
    if pause {
        world.house.transact(|house| clearing::pause(house, now, SCU, Guard::LIQUIDATION)).unwrap();
    } else {
        let index = Given { validity: Some(Validity::Invalid), ..Given::default() };
        world.house.transact(|house| clearing::note_index(house, &index, now, SCU)).unwrap();
    }
}

fn bid(world: &mut World, instrument: Instrument, lots: u32) -> Result<(Ticks, Lots)> {
    let env = world.env(2);
    let message = Bid { liquidator: Seat(2), seat: Seat(0), instrument, lots: Lots(lots) };
    world.house.transact(|house| clearing::bid(house, env, message))
}

#[test]
fn a_lot_in_a_product_that_is_paused_or_in_doubt_protects_nothing_else() {
    for pause in [true, false] {
        let (mut world, scu) = shielded(1);
        guard(&mut world, pause);
        world.next_day(300_000).unwrap();
        let near = world.near;
        world.start_liquidation(0).unwrap();
        let refused = if pause { ClearingError::Paused } else { ClearingError::IndexUnavailable };
        assert_eq!(bid(&mut world, scu, 1), Err(refused), "what cannot be judged is not taken");
        let (_, lots) = bid(&mut world, near, 1_000).unwrap();
        assert!(lots > Lots(100));
        let account = world.account(0);
        let judged = margin::assess(&mut world.house, &account).unwrap();
        assert!(judged.meets_maintenance());
    }
}

/// All of what can be judged goes, and what is left cannot be: the takeover is good, and later the rest is judged
/// again.
#[test]
fn a_takeover_may_leave_nothing_but_what_cannot_be_judged() {
    for pause in [true, false] {
        let (mut world, scu) = shielded(10);
        guard(&mut world, pause);
        world.next_day(390_000).unwrap();
        let near = world.near;
        world.start_liquidation(0).unwrap();
        assert_eq!(bid(&mut world, near, 1_000).map(|(_, lots)| lots), Ok(Lots(1_000)));
        let refused = if pause { ClearingError::Paused } else { ClearingError::IndexUnavailable };
        assert_eq!(bid(&mut world, scu, 10), Err(refused));
        let now = world.now;
        if pause {
            world.house.transact(|house| clearing::unpause(house, now, SCU)).unwrap();
        } else {
            let index = Given { validity: Some(Validity::Valid), ..Given::default() };
            world.house.transact(|house| clearing::note_index(house, &index, now, SCU)).unwrap();
        }
        world.now = world.now.later(600);
        let (price, lots) = bid(&mut world, scu, 10).unwrap();
        assert_eq!((price, lots), (Ticks(2_626), Lots(10)), "from the first price");
        world.check();
    }
}

#[test]
fn nobody_is_liquidated_for_what_cannot_be_judged() {
    for pause in [true, false] {
        // Most of what the account needs is for the other product: without it there is enough.
        let (mut world, scu) = two_products(4);
        let near = world.near;
        world.trade(near, 0, 1, 2_600, 100);
        world.trade(scu, 0, 1, 2_600, 1_000);
        world.withdraw_all(0);
        world.next_day(285_000).unwrap();
        settle_scu(&mut world, 300_000);
        guard(&mut world, pause);
        assert!(!world.health(0).meets_maintenance());
        assert_eq!(world.start_liquidation(0), Err(ClearingError::NotLiquidatable));
        // Only in the product that cannot be judged: the refusal names the reason.
        let (mut world, scu) = two_products(4);
        world.trade(scu, 0, 1, 2_600, 1_000);
        world.withdraw_all(0);
        world.now = world.now.later(DAY);
        settle_scu(&mut world, 300_000);
        guard(&mut world, pause);
        let refused = if pause { ClearingError::Paused } else { ClearingError::IndexUnavailable };
        assert_eq!(world.start_liquidation(0), Err(refused));
    }
}

/// The margin of an account with these lots.
fn needs(world: &mut World, held: &[(Instrument, i32)]) -> Health {
    let mut account = world.account(0);
    for (instrument, lots) in held.iter().filter(|(_, lots)| *lots != 0) {
        let position = account.enter(*instrument, 0, 0).unwrap();
        position.net = NetLots(*lots);
        position.basis = position.net * Ticks(2_600);
    }
    margin::assess(&mut world.house, &account).unwrap()
}

proptest! {
    #[test]
    fn two_products_are_charged_what_each_is(
        lots in prop::array::uniform3(-5_000..5_000_i32), floor in 0..500_u16, size in 1..3_000_u32,
    ) {
        let (mut world, scu) = two_products(1);
        for product in [TPI, SCU] {
            let add_ons =
                AddOns { floor_bps: floor, size_lower: Lots(size), size_upper: Lots(size * 9), ..launch::ADD_ONS_WITHOUT_SIZE };
            clearing::set_add_ons(&mut world.house, product, add_ons).unwrap();
        }
        let (near, far) = (world.near, world.far);
        let tokens = needs(&mut world, &[(near, lots[0]), (far, lots[1])]);
        let compute = needs(&mut world, &[(scu, lots[2])]);
        let both = needs(&mut world, &[(near, lots[0]), (far, lots[1]), (scu, lots[2])]);
        prop_assert_eq!(both.initial, tokens.initial + compute.initial);
        prop_assert_eq!(both.maintenance, tokens.maintenance + compute.maintenance);
        prop_assert_eq!(both.liquidation_end, tokens.liquidation_end + compute.liquidation_end);
        prop_assert!(both.initial >= both.liquidation_end && both.liquidation_end >= both.maintenance, "M2");
        prop_assert!(both.equity == QuoteAtoms(CASH.into()) + (tokens.equity - QuoteAtoms(CASH.into())) + (compute.equity - QuoteAtoms(CASH.into())));
    }
}
