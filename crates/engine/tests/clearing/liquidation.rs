//! Default: liquidation, bankruptcy, the fund.

use crate::world::{CASH, TICK_VALUE, World};
use sit_engine::clearing::{self, AddOns, ClearingError, Event, Place, Policy, Purpose, Store, margin, margin_call};
use sit_engine::units::{Lots, QuoteAtoms, Seat, Seconds, Side, Ticks};
use sit_native::Native;
use std::collections::HashMap;

/// Seat 0 is short 1,000 lots with little collateral, seat 1 is long; seat 2 has cash.
fn strained(keep: u64) -> World {
    let mut world = World::new(3);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let cash = world.account(0).cash;
    world.withdraw(0, cash - keep).unwrap();
    world
}

/// Initial margin of the short: 30 % of 1,000 lots at 2,600 ticks.
const INITIAL: u64 = 1_000 * 2_600 * TICK_VALUE as u64 * 3 / 10;

#[test]
fn a_healthy_account_is_left_alone() {
    let mut world = strained(INITIAL);
    assert_eq!(margin_call(&mut world.house, Seat(0)), Err(ClearingError::NotLiquidatable));
    assert_eq!(world.start_liquidation(0), Err(ClearingError::NotLiquidatable));
    assert_eq!(world.bid(2, 0, 1), Err(ClearingError::NoAuction));
}

#[test]
fn between_initial_and_maintenance_there_is_a_margin_call_and_no_liquidation() {
    let mut world = strained(INITIAL);
    world.next_day(265_000).unwrap();
    assert!(margin_call(&mut world.house, Seat(0)).unwrap() > 0);
    assert_eq!(world.start_liquidation(0), Err(ClearingError::NotLiquidatable));
}

#[test]
fn liquidation_takes_just_what_restores_the_account() {
    let mut world = strained(INITIAL);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    assert_eq!(world.start_liquidation(0), Err(ClearingError::NotLiquidatable), "one at a time");
    let (_, Lots(lots)) = world.bid(2, 0, 1_000).unwrap();
    let after = world.health(0);
    assert!(after.equity >= after.liquidation_end);
    assert!(lots < 1_000 && lots > 100, "{lots}");
    assert_eq!(world.bid(2, 0, 1), Err(ClearingError::NoAuction), "it has ended");
    world.check();
}

/// Three months of two products; the orders of others stay.
#[test]
fn a_liquidation_leaves_no_order_of_the_account_in_any_month() {
    let mut world = World::new(3);
    let third = world.second_product(0);
    world.trade(world.near, 0, 1, 2_600, 1_000);
    let months = [(world.near, 2_600), (world.far, 2_500), (third, 2_600)];
    for (instrument, mark) in months {
        for seat in [0, 2] {
            for (side, price) in [(Side::Buy, mark - 50 - seat), (Side::Sell, mark + 50 + seat)] {
                world.place(Place { instrument, ..world.order(seat, side, price, 10) }).unwrap();
            }
        }
    }
    let owners = |world: &mut World| {
        months.map(|(month, _)| {
            let mut seats: Vec<u32> = world.live_orders(month).iter().map(|order| order.seat.0).collect();
            seats.sort_unstable();
            seats
        })
    };
    assert_eq!(owners(&mut world), [[0, 0, 2, 2]; 3]);
    world.set_cash(0, 0, 1);
    world.start_liquidation(0).unwrap();
    assert_eq!(owners(&mut world), [[2, 2]; 3]);
    assert!(world.account(0).positions().iter().all(|position| !position.has_orders()));
    for (instrument, mark) in months {
        for (side, price) in [(Side::Buy, mark + 51), (Side::Sell, mark - 51)] {
            let taker = Place { policy: Policy::ImmediateOrCancel, instrument, ..world.order(1, side, price, 10) };
            assert_eq!(world.place(taker).unwrap().filled, Lots::ZERO, "they stood in front");
        }
    }
    world.check();
}

/// 240 orders are void by one number for each month: no page is touched.
#[test]
fn an_account_with_hundreds_of_orders_is_liquidated_like_one_without() {
    let mut world = World::new(3);
    world.trade(world.near, 0, 1, 2_600, 1_000);
    for step in 1..=60 {
        for (instrument, mark) in [(world.near, 2_600), (world.far, 2_500)] {
            for (side, price) in [(Side::Buy, mark - step), (Side::Sell, mark + step)] {
                world.place(Place { instrument, ..world.order(0, side, price, 1) }).unwrap();
            }
        }
    }
    let standing = |world: &mut World| [world.near, world.far].map(|month| world.live_orders(month).len());
    assert_eq!(standing(&mut world), [120, 120]);
    world.set_cash(0, 50_000_000_000, 1);
    let (told, before) = (world.house.events.len(), world.house.clone());
    world.start_liquidation(0).unwrap();
    assert_eq!(standing(&mut world), [0, 0]);
    let removed = |event: &&Event| matches!(event, Event::Removed { .. } | Event::RemovedAll { .. });
    assert_eq!(world.house.events[told..].iter().filter(removed).count(), 2, "one for each month");
    let pages =
        |house: &Native| house.pages().map(|(month, number, page)| ((month, number), *page)).collect::<HashMap<_, _>>();
    assert_eq!(pages(&world.house), pages(&before));
    assert!(world.account(0).positions().iter().all(|position| !position.has_orders()));
    let (_, taken) = world.bid(2, 0, 1_000).unwrap();
    assert!(taken > Lots::ZERO && world.health(0).equity >= world.health(0).liquidation_end);
    world.check();
}

#[test]
fn the_price_worsens_until_someone_bids_but_never_bankrupts() {
    let mut world = strained(INITIAL);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    assert_eq!(world.bid(2, 0, 10), Ok((Ticks(2_889), Lots(10)))); // 1 % above 2,860, up
    world.now = Seconds(world.now.0 + 900);
    assert_eq!(world.bid(2, 0, 10), Ok((Ticks(3_289), Lots(10)))); // 15 %
    assert!(world.health(0).equity > QuoteAtoms::ZERO);
    world.check();
}

#[test]
fn nobody_liquidates_himself() {
    let mut world = strained(INITIAL);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    assert_eq!(world.bid(0, 0, 10), Err(ClearingError::SelfLiquidation));
}

#[test]
fn an_account_that_recovers_ends_its_liquidation() {
    let mut world = strained(INITIAL);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.set_cash(0, 2 * INITIAL, 1); // without a message, so that the house does not notice
    assert_eq!(world.bid(2, 0, 10), Ok((Ticks::ZERO, Lots::ZERO)));
    assert_eq!(world.net(0), -1_000);
    assert_eq!(world.bid(2, 0, 10), Err(ClearingError::NoAuction));
    world.check();
}

#[test]
fn the_fund_pays_a_gap_through_bankruptcy_exactly_once() {
    let mut world = strained(INITIAL);
    clearing::endow(&mut world.house, Purpose::Fund, CASH).unwrap();
    world.next_day(390_000).unwrap(); // 50 % up, past all collateral
    world.start_liquidation(0).unwrap();
    assert_eq!(world.cover(0), Err(ClearingError::NotBankrupt), "positions first");
    world.bid(2, 0, 1_000).unwrap();
    let paid = world.cover(0).unwrap();
    assert_eq!(world.cover(0), Err(ClearingError::NotBankrupt));
    assert_eq!(world.house.ledger().fund, CASH - paid);
    // 1,290 ticks a lot lost against the mark of 3,900 and the 1 % discount, less the collateral.
    assert_eq!(paid, (1_000 * 1_339) * u64::from(TICK_VALUE) - INITIAL);
    world.check();
    world.next_day(390_000).unwrap();
    world.settle_all();
    assert_eq!(world.account(1).cash, CASH - 130_000_000 + 1_000 * 1_300 * u64::from(TICK_VALUE));
    world.check();
}

#[test]
fn an_empty_fund_says_so_and_the_winner_keeps_his_claim() {
    let mut world = strained(INITIAL);
    world.next_day(390_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.bid(2, 0, 1_000).unwrap();
    assert_eq!(world.cover(0), Err(ClearingError::FundEmpty));
    world.check();
}

/// Derive's `_getMaxProportion`: with `B` = equity less liquidation end and `V` what the liquidator would pay for all
/// of it, the part to be sold is B / (B - V).
#[test]
fn just_so_many_lots_are_taken_as_the_published_formula_says() {
    for (index, after) in [(286_000, 0), (286_000, 300), (280_000, 120), (300_000, 800), (320_000, 40)] {
        let mut world = strained(INITIAL);
        world.next_day(index).unwrap();
        world.start_liquidation(0).unwrap();
        world.now = world.now.later(after);
        let health = world.health(0);
        let room = (health.equity - health.liquidation_end).0;
        let (price, Lots(lots)) = world.bid(2, 0, 1_000).unwrap();
        let discount = i128::from(price.0 - index / 100) * i128::from(TICK_VALUE) * 1_000;
        let value = health.equity.0 - discount;
        let expected = (1_000 * room + (room - value) + 1) / (room - value); // both below zero: rounded up
        assert_eq!(i128::from(lots), expected, "{index} {after}");
        assert!(world.health(0).equity >= world.health(0).liquidation_end);
    }
}

/// Large positions pay for their size, so that the last lots free less margin than the first and the number is searched
/// for. With so much cash a number restores the account to the atom: of more that are bid for no more are taken.
#[test]
fn a_number_of_lots_that_leaves_nothing_missing_to_the_atom_is_enough() {
    for lots in [1, 2, 137, 250, 501, 777, 998] {
        let mut world = strained(INITIAL);
        world.next_day(286_000).unwrap();
        world.set_add_ons(AddOns { size_lower: Lots(100), size_upper: Lots(2_000), ..AddOns::NONE }).unwrap();
        world.start_liquidation(0).unwrap();
        let near = world.near;
        world.settle(near, &[0]).unwrap();
        let price = Ticks(2_889); // 1 % above 2,860, up
        let missing = |world: &mut World, lots: u32| {
            let mut account = world.account(0);
            account.position_mut(near).unwrap().trade(Side::Buy, Lots(lots), price);
            let health = margin::assess(&mut world.house, &account).unwrap();
            health.liquidation_end - health.equity
        };
        let cash = i128::from(world.account(0).cash) + missing(&mut world, lots).0;
        world.set_cash(0, u64::try_from(cash).unwrap(), 1);
        assert_eq!(missing(&mut world, lots), QuoteAtoms::ZERO);
        assert_eq!(world.bid(2, 0, 1_000), Ok((price, Lots(lots))));
        world.check();
    }
}

#[test]
fn of_two_keepers_in_one_block_the_second_finds_nothing_left_to_do() {
    let mut world = strained(INITIAL);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.bid(2, 0, 1_000).unwrap();
    assert_eq!(world.bid(2, 0, 1_000), Err(ClearingError::NoAuction));
    world.check();
}

#[test]
fn the_liquidators_reward_shrinks_with_the_equity_that_is_left() {
    // At 3,380 the account has nothing: the nearer to it, the nearer the price to the mark, however late the auction.
    let mut world = strained(INITIAL);
    for (index, most) in [(320_000, 180), (336_000, 20), (337_900, 1)] {
        let mut world = strained(INITIAL);
        world.next_day(index).unwrap();
        world.start_liquidation(0).unwrap();
        world.now = world.now.later(900);
        let (price, _) = world.bid(2, 0, 10).unwrap();
        assert!(price.0 - index / 100 <= most, "L3: {index} {price:?}");
    }
    world.check();
}

#[test]
fn what_an_account_owes_is_sold_for_less_and_less() {
    let mut world = strained(INITIAL);
    world.next_day(390_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.now = world.now.later(900);
    assert_eq!(world.bid(2, 0, 1).unwrap().0, Ticks(4_485)); // 15 % above 3,900
    world.now = world.now.later(43_200);
    assert_eq!(world.bid(2, 0, 1).unwrap().0, Ticks(5_850)); // half
    world.check();
}

#[test]
fn a_takeover_keeps_to_the_position_limit() {
    let mut world = strained(INITIAL);
    let near = world.near;
    let mut market = world.house.market(near).unwrap();
    market.terms.position_limit = Lots(50);
    world.house.set_market(near, &market);
    world.next_day(390_000).unwrap();
    world.start_liquidation(0).unwrap();
    assert_eq!(world.bid(2, 0, 51), Err(ClearingError::PositionLimit));
    world.bid(2, 0, 50).unwrap();
    assert_eq!(world.bid(2, 0, 1), Err(ClearingError::PositionLimit), "M6");
    world.check();
}
