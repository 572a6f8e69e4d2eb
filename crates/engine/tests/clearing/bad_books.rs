//! Books that do not add up: every message refuses to go on with them.
//!
//! No sequence of messages gets here; the cells are written by hand. What must not happen is that a sum sticks at its
//! bound or becomes zero, because somebody's money would then be gone without a refusal.

use crate::world::{CASH, World};
use sit_engine::clearing::{ClearingError, Purpose, Store, Trigger, books, endow};
use sit_engine::units::{Lots, Seat};

/// Seat 0 is short 100 lots of the near month and seat 1 long, a day after a rise.
fn open() -> World {
    let mut world = World::new(4);
    world.sell(0, 2_600, 100).unwrap();
    world.buy(1, 2_600, 100).unwrap();
    world.next_day(270_000).unwrap();
    world.after_the_opening();
    world
}

fn refused<T: std::fmt::Debug + PartialEq>(
    world: &mut World,
    what: &str,
    message: impl FnOnce(&mut World) -> Result<T, ClearingError>,
) {
    let before = world.house.clone();
    assert_eq!(message(world).err(), Some(ClearingError::OutOfRange), "{what}");
    assert!(world.house.same_cells(&before), "{what} leaves no trace");
}

fn spoil_market(world: &mut World, spoil: impl FnOnce(&mut sit_engine::clearing::Market)) {
    let near = world.near;
    let mut market = world.house.market(near).unwrap();
    spoil(&mut market);
    world.house.set_market(near, &market);
}

fn spoil_ledger(world: &mut World, spoil: impl FnOnce(&mut sit_engine::clearing::Ledger)) {
    let mut ledger = world.house.ledger();
    spoil(&mut ledger);
    world.house.set_ledger(&ledger);
}

#[test]
fn no_message_goes_on_with_books_that_do_not_add_up() {
    let near = open().near;

    let mut world = open();
    spoil_market(&mut world, |market| market.received = i64::MAX);
    refused(&mut world, "what a month has taken", |world| world.settle(near, &[0]));
    world.sell(2, 2_700, 1).unwrap();
    refused(&mut world, "a fee", |world| world.buy(3, 2_700, 1));

    let mut world = open();
    spoil_market(&mut world, |market| market.fees = u64::MAX);
    world.sell(2, 2_700, 1).unwrap();
    refused(&mut world, "fees", |world| world.buy(3, 2_700, 1));

    let mut world = open();
    world.settle_all();
    spoil_market(&mut world, |market| market.holders = 0);
    world.sell(1, 2_700, 100).unwrap();
    refused(&mut world, "the count of holders", |world| world.buy(0, 2_700, 100));

    let mut world = open();
    spoil_market(&mut world, |market| market.allocation.number = 2);
    refused(&mut world, "the count of those who have not borne their part", |world| world.settle(near, &[1]));

    let mut world = open();
    spoil_ledger(&mut world, |ledger| ledger.trading = i128::MIN);
    refused(&mut world, "a withdrawal", |world| world.withdraw(2, 1));

    let mut world = open();
    spoil_ledger(&mut world, |ledger| ledger.trading = i128::MAX);
    let now = world.now;
    refused(&mut world, "a deposit", |world| {
        world.house.transact(|house| sit_engine::clearing::credit(house, now, Seat(2), 1))
    });

    let mut world = open();
    world.withdraw_all(0);
    world.next_day(390_000).unwrap();
    world.start_liquidation(0).unwrap();
    spoil_ledger(&mut world, |ledger| ledger.uncovered = 0);
    world.set_cash(0, 0, 2);
    refused(&mut world, "what nobody has paid", |world| world.report_deficit(0));

    let mut world = open();
    endow(&mut world.house, Purpose::Fund, CASH).unwrap();
    spoil_ledger(&mut world, |ledger| ledger.fund = u64::MAX);
    spoil_market(&mut world, |market| market.fees = 1_000_000);
    refused(&mut world, "the fund", |world| world.sweep_fees(near));
}

#[test]
fn a_keeper_whose_cash_would_leave_its_range_is_paid_nothing() {
    let mut world = open();
    let stop = Trigger { reduce_only: true, fee: 1_000_000, ..world.stop(false, 2_650, 100) };
    world.set_trigger(0, 0, stop).unwrap();
    world.sell(2, 2_700, 100).unwrap();
    let mut keeper = world.account(3);
    keeper.cash = u64::MAX;
    world.house.set_account(Seat(3), &keeper);
    refused(&mut world, "the keeper's cash", |world| world.execute(3, 0, 0));
    assert_eq!(world.execute(2, 0, 0).unwrap().0.filled, Lots(100));
}

#[test]
fn the_audit_tells_a_month_that_does_not_hold_what_it_took() {
    let mut world = open();
    assert!(books(&mut world.house).balanced);
    spoil_market(&mut world, |market| market.fees += 1);
    assert!(!books(&mut world.house).balanced);
}
