//! How long a liquidation lasts: it belongs to the marks at which it was started, and whatever restores the account
//! ends it.

use crate::world::{CASH, TICK_VALUE, TPI, World};
use sit_engine::clearing::{self, Auction, ClearingError, Guard, Purpose, Store};
use sit_engine::units::{Lots, QuoteAtoms, Seat, Ticks};

/// Initial margin of the short: 30 % of 1,000 lots at 2,600 ticks.
const INITIAL: u64 = 1_000 * 2_600 * TICK_VALUE as u64 * 3 / 10;

/// Seat 0 is short 1,000 lots with initial margin alone, seat 1 is long; others have cash.
fn strained(accounts: u32) -> World {
    let mut world = World::new(accounts);
    world.sell(0, 2_600, 1_000).unwrap();
    world.buy(1, 2_600, 1_000).unwrap();
    let cash = world.account(0).cash;
    world.withdraw(0, cash - INITIAL).unwrap();
    world
}

fn runs(world: &mut World, seat: u32) -> bool {
    world.house.auction(Seat(seat)) != Auction::default()
}

#[test]
fn a_deposit_that_restores_the_account_ends_its_liquidation_at_once() {
    let mut world = strained(4);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.deposit(0, 1_000_000);
    assert!(runs(&mut world, 0), "a dollar is not enough");
    world.deposit(0, 60_000_000_000);
    assert!(!runs(&mut world, 0));
    assert_eq!(world.bid(2, 0, 10), Err(ClearingError::NoAuction));
}

#[test]
fn so_does_a_transfer_from_another_account_of_the_owner() {
    let mut world = strained(4);
    let twin = world.open_sub(0, 1, CASH);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.transfer(twin.0, 0, 60_000_000_000).unwrap();
    assert!(!runs(&mut world, 0));
}

#[test]
fn a_deficit_that_a_deposit_makes_smaller_is_reported_by_it() {
    let mut world = strained(4);
    world.next_day(390_000).unwrap();
    world.start_liquidation(0).unwrap();
    let reported = world.house.ledger().uncovered;
    assert_eq!(reported, 52_000_000_000);
    world.deposit(0, 12_000_000_000);
    assert_eq!(world.house.ledger().uncovered, 40_000_000_000);
    world.deposit(0, 200_000_000_000);
    assert_eq!(world.house.ledger().uncovered, 0);
    assert!(!runs(&mut world, 0));
}

#[test]
fn an_account_that_is_safe_again_is_not_taken_over_in_yesterdays_auction() {
    // Recovered by a better mark without a message about the account; then an ordinary day.
    for (worse, better, ordinary) in [(286_000, 262_000, 272_000), (300_000, 255_000, 275_000)] {
        let mut world = strained(4);
        world.next_day(worse).unwrap();
        world.start_liquidation(0).unwrap();
        world.next_day(better).unwrap();
        world.next_day(ordinary).unwrap();
        let health = world.health(0);
        assert!(health.meets_maintenance() && health.equity < health.liquidation_end, "{health:?}");
        assert_eq!(world.start_liquidation(0), Err(ClearingError::NotLiquidatable));
        assert_eq!(world.bid(2, 0, 1_000), Ok((Ticks::ZERO, Lots::ZERO)), "nothing was due");
        assert!(!runs(&mut world, 0));
        assert_eq!(world.health(0).equity, health.equity);
        world.check();
    }
}

#[test]
fn a_second_liquidation_starts_at_the_first_price() {
    for restarted in [true, false] {
        let mut world = strained(4);
        world.next_day(286_000).unwrap();
        world.start_liquidation(0).unwrap();
        world.next_day(255_000).unwrap();
        world.next_day(290_000).unwrap();
        assert!(!world.health(0).meets_maintenance());
        let started = if restarted { world.start_liquidation(0) } else { Ok(()) };
        assert_eq!(started, Ok(()), "the clock starts with the marks");
        let (price, _) = world.bid(2, 0, 10).unwrap();
        assert_eq!(price, Ticks(2_929), "1 % above 2,900");
        assert_eq!(world.start_liquidation(0), Err(ClearingError::NotLiquidatable), "one at a time");
        world.now = world.now.later(450);
        assert_eq!(world.bid(2, 0, 1).unwrap().0, Ticks(3_132), "8 %: and then it runs");
    }
}

/// The owner prepares an auction of an account of theirs and waits half a day; the gap that makes it insolvent would
/// hand it to an accomplice at half the mark in the settlement's own transaction.
#[test]
fn a_prepared_auction_hands_no_insolvent_account_to_a_friend_at_half_price() {
    for (first, gap) in [(286_000, 390_000), (300_000, 360_000), (290_000, 450_000)] {
        let mut world = strained(4);
        clearing::endow(&mut world.house, Purpose::Fund, CASH).unwrap();
        world.next_day(first).unwrap();
        world.start_liquidation(0).unwrap();
        world.next_day(gap).unwrap();
        let mark = gap / 100;
        let (price, Lots(lots)) = world.bid(3, 0, 1_000).unwrap();
        assert_eq!((price.0, lots), ((mark * 101).div_ceil(100), 1_000), "1 % from the mark");
        let deficit = -world.health(0).equity.0;
        assert_eq!(world.cover(0).map(i128::from), Ok(deficit));
        world.check();
    }
}

/// An allocated loss, and nothing else, can make an account insolvent at the same marks: the slow phase begins then.
#[test]
fn the_slow_phase_begins_when_the_account_has_become_insolvent() {
    becomes_insolvent(false);
    becomes_insolvent(true);
}

fn becomes_insolvent(reported: bool) {
    let mut world = strained(4);
    world.next_day(300_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.now = world.now.later(50_000);
    world.set_cash(0, 0, 1);
    assert!(world.health(0).equity < QuoteAtoms::ZERO);
    if reported {
        assert!(world.report_deficit(0).unwrap() > 0);
    }
    assert_eq!(world.bid(3, 0, 10).unwrap().0, Ticks(3_030), "1 %, not half of the mark");
    world.now = world.now.later(450);
    assert_eq!(world.bid(3, 0, 10).unwrap().0, Ticks(3_240), "8 %");
    world.check();
}

#[test]
fn the_clock_does_not_run_while_liquidations_are_paused() {
    let mut world = strained(4);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    let now = world.now;
    world.house.transact(|house| clearing::pause(house, now, TPI, Guard::LIQUIDATION)).unwrap();
    world.now = world.now.later(3_600);
    assert_eq!(world.bid(2, 0, 10), Err(ClearingError::Paused));
    let now = world.now;
    world.house.transact(|house| clearing::unpause(house, now, TPI)).unwrap();
    assert_eq!(world.bid(2, 0, 10).unwrap().0, Ticks(2_889), "1 % above the mark");
    world.now = world.now.later(450);
    assert_eq!(world.bid(2, 0, 10).unwrap().0, Ticks(3_089), "8 %");
}

#[test]
fn takeovers_at_one_mark_go_on_with_one_clock_until_the_account_is_restored() {
    let mut world = strained(5);
    let ask = world.far_order(0, sit_engine::units::Side::Sell, 2_500, 5);
    world.deposit(0, 1_000_000_000);
    world.place(ask).unwrap();
    let bid = world.far_order(1, sit_engine::units::Side::Buy, 2_500, 5);
    world.place(bid).unwrap();
    world.withdraw_all(0);
    world.next_day(286_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.now = world.now.later(300);
    let far = world.far;
    // A whole position goes: the clock is still that of the marks.
    assert_eq!(world.bid_for(2, 0, far, 5).map(|(_, lots)| lots), Ok(Lots(5)));
    world.now = world.now.later(150);
    let mut prices = vec![];
    for _ in 0..3 {
        prices.push(world.bid(3, 0, 10).unwrap().0);
    }
    assert!(prices.iter().all(|price| price.0 > 2_860 * 107 / 100), "{prices:?}: some 8 %, half-way through");
    while runs(&mut world, 0) {
        world.bid(3, 0, 50).unwrap();
    }
    assert!(world.health(0).equity >= world.health(0).liquidation_end, "L2");
    world.check();
}

#[test]
fn a_bid_for_more_than_is_left_takes_what_is_left() {
    let mut world = strained(4);
    world.next_day(390_000).unwrap();
    world.start_liquidation(0).unwrap();
    world.bid(3, 0, 1).unwrap(); // somebody was faster by one lot
    assert_eq!(world.bid(2, 0, 5_000).map(|(_, lots)| lots), Ok(Lots(999)));
    assert_eq!(world.bid(2, 0, 0), Err(ClearingError::BadSize));
    assert_eq!(world.bid(2, 0, 1), Err(ClearingError::BadSize), "nothing is held any more");
    world.check();
}

#[test]
fn the_owner_does_not_make_bids_fail_by_closing_a_lot_before_them() {
    let mut world = strained(4);
    world.next_day(286_000).unwrap();
    world.after_the_opening();
    world.start_liquidation(0).unwrap();
    world.sell(1, 2_860, 1).unwrap();
    world.buy(0, 2_860, 1).unwrap();
    assert!(world.bid(2, 0, 1_000).unwrap().1 > Lots(100));
    world.check();
}
