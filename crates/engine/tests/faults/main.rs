//! Each switch of `sit_engine::fault` puts its fault back: what is refused now went through, and without any it is
//! refused.
//!
//! `cargo test --locked -p sit-engine --features fault-injection --test faults`. The switch is one for the whole
//! process, so that this is one test in a program of its own.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test that panics has failed, and the world is that of other tests"
)]

#[path = "../clearing/world.rs"]
mod world;

use crate::world::{CASH, World};
use sit_engine::calendar::DAY;
use sit_engine::clearing::Place;
use sit_engine::clearing::opening::PRINT_DUE;
use sit_engine::fault::{Fault, put_back};
use sit_engine::units::{QuoteAtoms, Side, Ticks};

/// Seat 0 is short 1,000 lots with initial margin alone, seat 1 is long.
fn strained() -> World {
    let mut world = World::new(5);
    world.fund(CASH, 1_000);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    world.withdraw_all(0);
    world
}

/// A close past the bankruptcy price with an accomplice.
fn trade_loses_health() -> bool {
    let mut world = strained();
    world.next_day(320_000).unwrap();
    world.after_the_opening();
    world.sell(3, 3_670, 1_000).unwrap();
    world.buy(0, 3_670, 1_000).is_ok()
}

/// A hedge across products without margin.
fn scenarios_paired() -> bool {
    let mut world = World::new(2);
    let other = world.second_product(0);
    world.trade(world.near, 1, 0, 2_600, 1_000);
    world.trade(other, 0, 1, 2_600, 1_000);
    world.health(0).initial == QuoteAtoms::ZERO
}

/// A takeover at the late discount of yesterday's auction.
fn auction_outlives() -> bool {
    let mut world = strained();
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.next_day(290_000).unwrap();
    world.bid(2, 0, 10).unwrap().0 > Ticks(3_200)
}

/// Seat 1 is owed in the near month by seat 0, owes as much in the far one, and has no cash.
fn owed_and_owing() -> World {
    let mut world = World::new(5);
    world.fund(CASH, 1_000);
    let (near, far) = (world.near, world.far);
    world.owe(0, 1, near, 5_000_000);
    world.owe(1, 3, far, 5_000_000);
    world.set_cash(1, 0, 4);
    world
}

/// A claim bought past the share of a month.
fn bridge_beyond_the_cap() -> bool {
    let mut world = owed_and_owing();
    world.bridge(1, world.far, world.near).is_ok_and(|paid| paid > CASH / 10)
}

/// Cash that a loss elsewhere needs leaves, because unsettled profit stands against it.
fn unsettled_profit_pays() -> bool {
    let mut world = World::new(5);
    let (near, far) = (world.near, world.far);
    world.owe(0, 1, near, 500_000);
    world.owe(1, 3, far, 500_000);
    world.withdraw(1, CASH).is_ok()
}

fn last_order_number() -> bool {
    let mut world = World::new(1);
    let order = Place { number: u32::MAX - 1, ..world.order(0, Side::Buy, 2_500, 1) };
    world.place(order).is_ok()
}

/// A winner is paid in the block of the settlement.
fn paid_before_the_report() -> bool {
    let mut world = World::new(2);
    world.sell(0, 2_600, 10).unwrap();
    world.buy(1, 2_600, 10).unwrap();
    let cash = world.account(1).cash;
    world.now = world.now.later(DAY);
    world.settle_day(270_000).unwrap();
    world.settle(world.near, &[0, 1]).unwrap();
    world.account(1).cash > cash
}

/// A claim on a bankrupt who is reported is bought at its full price.
fn bridge_before_the_others() -> bool {
    let mut world = owed_and_owing();
    world.set_cash(0, 0, 4);
    world.start_liquidation(0).unwrap();
    world.bridge(1, world.far, world.near).is_ok_and(|paid| paid <= CASH / 10)
}

/// Seats 1 and 2 have won what seat 0 cannot pay, and wait for its default.
fn a_default_that_is_reported() -> World {
    let mut world = World::new(4);
    for seat in [1, 2] {
        world.trade(world.near, 0, seat, 2_600, 1_000);
    }
    world.withdraw_all(0);
    world.next_day(470_000).unwrap();
    world.start_liquidation(0).unwrap();
    world
}

/// What a maker is owed waits for the next settlement, because their quote is taken while the winners wait.
fn trade_delays_a_claim() -> bool {
    let mut world = a_default_that_is_reported();
    let near = world.near;
    world.sell(1, 4_720, 100).unwrap();
    world.buy(3, 4_720, 100).unwrap();
    let rounds = [1, 2].map(|seat| world.account(seat).position(near).unwrap().round);
    rounds[0] != rounds[1]
}

/// Winners have waited over night for a default, and are paid in the block in which the day is settled.
fn settlement_ends_the_wait() -> bool {
    let mut world = a_default_that_is_reported();
    let near = world.near;
    world.settle(near, &[0]).unwrap();
    world.now = world.now.later(DAY);
    world.at(PRINT_DUE);
    world.settle_day(470_000).unwrap();
    let cash = world.account(1).cash;
    world.settle(near, &[1]).unwrap();
    world.account(1).cash > cash
}

#[test]
fn each_switch_puts_its_fault_back_and_no_other() {
    let faults: [(Fault, fn() -> bool); 10] = [
        (Fault::TradeLosesHealth, trade_loses_health),
        (Fault::ScenariosPairedAcrossProducts, scenarios_paired),
        (Fault::AuctionOutlivesItsMark, auction_outlives),
        (Fault::BridgeBeyondTheCap, bridge_beyond_the_cap),
        (Fault::UnsettledProfitPays, unsettled_profit_pays),
        (Fault::LastOrderNumber, last_order_number),
        (Fault::PaidBeforeTheReport, paid_before_the_report),
        (Fault::BridgeBeforeTheOthers, bridge_before_the_others),
        (Fault::TradeDelaysAClaim, trade_delays_a_claim),
        (Fault::SettlementEndsTheWait, settlement_ends_the_wait),
    ];
    for (fault, there) in faults {
        put_back(&[]);
        assert!(!there(), "{fault:?} is mended");
        put_back(&[fault]);
        assert!(there(), "{fault:?} can be put back");
        let others: Vec<Fault> = Fault::ALL.into_iter().filter(|other| *other != fault).collect();
        put_back(&others);
        assert!(!there(), "{fault:?} is no other's");
    }
}
