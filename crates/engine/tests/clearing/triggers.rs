//! Stop and take-profit orders, and the keepers who execute them.

use crate::world::{CASH, World};
use sit_engine::calendar::DAY;
use sit_engine::clearing::{ClearingError, MAX_TRIGGERS, Store, Trigger};
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};

const FEE: u32 = 1_000_000;

/// Seat 0 is long 10 lots from 2,600; seats 1 and 2 trade; seat 3 keeps.
fn long() -> World {
    let mut world = World::new(4);
    world.sell(1, 2_600, 10).unwrap();
    world.buy(0, 2_600, 10).unwrap();
    world
}

/// Sells 10 lots when the mark is at 2,550 or below.
fn stop(world: &World) -> Trigger {
    Trigger { reduce_only: true, fee: FEE, ..world.stop(true, 2_550, 10) }
}

fn waiting(world: &mut World, seat: u32, slot: u8) -> Option<(u32, u32)> {
    world.house.triggers(Seat(seat)).get(slot).map(|trigger| (trigger.lots.0, trigger.fee))
}

#[test]
fn a_stop_waits_for_the_mark_and_pays_who_executes_it() {
    let mut world = long();
    world.set_trigger(0, 3, stop(&world)).unwrap();
    world.buy(2, 2_540, 50).unwrap();
    assert_eq!(world.execute(3, 0, 3), Err(ClearingError::NotTriggered));
    world.set_mark(world.near, 2_551);
    assert_eq!(world.execute(3, 0, 3), Err(ClearingError::NotTriggered));
    world.set_mark(world.near, 2_550);
    let (placed, fee) = world.execute(3, 0, 3).unwrap();
    assert_eq!((placed.filled, placed.resting, fee), (Lots(10), Lots::ZERO, FEE.into()));
    assert_eq!((world.net(0), world.account(3).cash), (0, CASH + u64::from(FEE)));
    assert_eq!(world.execute(3, 0, 3), Err(ClearingError::UnknownTrigger), "once");
    world.check();
}

#[test]
fn a_take_profit_waits_for_a_trade() {
    let mut world = long();
    let profit = Trigger { above: true, last: true, price: Ticks(2_700), limit: Ticks(2_690), ..stop(&world) };
    world.set_trigger(0, 0, profit).unwrap();
    world.buy(2, 2_690, 10).unwrap();
    world.set_mark(world.near, 2_700);
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::NotTriggered), "the last trade was at 2,600");
    world.sell(1, 2_700, 10).unwrap();
    world.buy(2, 2_700, 10).unwrap();
    assert_eq!(world.execute(3, 0, 0).unwrap().0.value.0, 26_900);
    world.check();
}

#[test]
fn a_trigger_on_the_last_trade_waits_for_the_first_one() {
    let mut world = World::new(2);
    world.set_trigger(0, 0, Trigger { last: true, ..world.stop(true, 9_999, 1) }).unwrap();
    assert_eq!(world.execute(1, 0, 0), Err(ClearingError::NotTriggered));
}

#[test]
fn an_empty_book_costs_nobody_his_stop_and_a_thin_one_only_its_share() {
    let mut world = long();
    world.set_trigger(0, 0, stop(&world)).unwrap();
    world.set_mark(world.near, 2_550);
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::NotFilled));
    world.buy(2, 2_540, 3).unwrap();
    assert_eq!(world.execute(3, 0, 0).unwrap().1, u64::from(FEE) * 3 / 10);
    assert_eq!(waiting(&mut world, 0, 0), Some((7, FEE * 7 / 10)));
    world.buy(2, 2_540, 100).unwrap();
    assert_eq!(world.execute(3, 0, 0).unwrap().1, u64::from(FEE) * 7 / 10);
    assert_eq!((waiting(&mut world, 0, 0), world.net(0)), (None, 0));
    world.check();
}

#[test]
fn a_stop_limit_rests_where_it_does_not_trade() {
    let mut world = long();
    let resting = Trigger { rests: true, limit: Ticks(2_545), expiry: Seconds(world.now.0 + 60), ..stop(&world) };
    world.set_trigger(0, 0, resting).unwrap();
    world.set_mark(world.near, 2_550);
    world.buy(2, 2_545, 4).unwrap();
    let (placed, fee) = world.execute(3, 0, 0).unwrap();
    assert_eq!((placed.filled, placed.resting, fee), (Lots(4), Lots(6), FEE.into()));
    assert_eq!(world.resting(Side::Sell), [(2_545, 0, 6)]);
    assert_eq!(waiting(&mut world, 0, 0), None);
    world.check();
}

#[test]
fn a_reduce_only_stop_sells_what_is_still_held_and_never_more() {
    let mut world = long();
    world.set_trigger(0, 0, stop(&world)).unwrap();
    world.buy(2, 2_600, 6).unwrap();
    world.sell(0, 2_600, 6).unwrap();
    world.set_mark(world.near, 2_550);
    world.buy(2, 2_540, 50).unwrap();
    let (placed, fee) = world.execute(3, 0, 0).unwrap();
    assert_eq!((placed.filled, fee, world.net(0)), (Lots(4), FEE.into(), 0));
    world.set_trigger(0, 0, stop(&world)).unwrap();
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::ReduceOnly));
    world.check();
}

#[test]
fn a_stop_that_finds_no_position_is_not_used_up_and_fires_when_there_is_one() {
    let mut world = World::new(4);
    world.set_trigger(0, 0, Trigger { price: Ticks(2_650), ..stop(&world) }).unwrap();
    let before = world.house.clone();
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::ReduceOnly));
    assert!(world.house.same_cells(&before));
    assert_eq!(waiting(&mut world, 0, 0), Some((10, FEE)), "with its whole fee");
    world.sell(1, 2_600, 10).unwrap();
    world.buy(0, 2_600, 10).unwrap();
    world.buy(2, 2_590, 50).unwrap();
    let (placed, fee) = world.execute(3, 0, 0).unwrap();
    assert_eq!((placed.filled, fee, world.net(0)), (Lots(10), FEE.into(), 0));
    assert_eq!(waiting(&mut world, 0, 0), None);
    world.check();
}

/// Who reduces needs no initial margin, though the keeper is paid out of what is left: in two parts, and when another
/// month keeps the account below it.
#[test]
fn a_reduce_only_stop_of_an_account_below_initial_margin_fires_whole() {
    for (seat, sells, print, price) in [(0, true, 250_000, 2_495), (1, false, 270_000, 2_705)] {
        let mut world = long();
        world.trade(world.far, 1, 0, 2_500, 100);
        world.withdraw_all(seat);
        let trigger = Trigger { reduce_only: true, fee: FEE, ..world.stop(sells, print / 100, 10) };
        world.set_trigger(seat, 0, trigger).unwrap();
        world.next_day(print).unwrap();
        let opens = world.order(seat, if sells { Side::Buy } else { Side::Sell }, price, 1);
        assert_eq!(world.place(opens), Err(ClearingError::BelowInitialMargin));
        for (lots, left) in [(4, Some((6, FEE * 6 / 10))), (50, None)] {
            let before = world.account(3).cash;
            let waits = world.order(2, opens.side, price, lots);
            world.place(waits).unwrap();
            let (placed, fee) = world.execute(3, seat, 0).unwrap();
            assert_eq!((placed.filled, fee), (Lots(lots.min(6)), u64::from(FEE) * u64::from(lots.min(6)) / 10));
            assert_eq!((waiting(&mut world, seat, 0), world.account(3).cash), (left, before + fee));
            let health = world.health(seat);
            assert!(!health.meets_initial() && health.meets_maintenance(), "{health:?}");
            world.check();
        }
        assert_eq!(world.net(seat), 0);
    }
}

#[test]
fn own_orders_do_not_stand_in_the_way_of_a_stop() {
    let mut world = long();
    world.set_trigger(0, 0, stop(&world)).unwrap();
    world.buy(0, 2_545, 5).unwrap();
    world.buy(2, 2_540, 50).unwrap();
    world.set_mark(world.near, 2_550);
    assert_eq!(world.execute(3, 0, 0).unwrap().0.filled, Lots(10));
    assert_eq!(world.net(0), 0);
    world.check();
}

/// They do in that of a stop that a delegate has set: they were named for one account.
#[test]
fn nor_do_those_of_another_account_of_the_owner() {
    let mut world = long();
    let twin = world.open_sub(0, 1, CASH).0;
    world.set_trigger(0, 0, stop(&world)).unwrap();
    world.buy(twin, 2_545, 5).unwrap();
    world.buy(2, 2_540, 50).unwrap();
    world.set_mark(world.near, 2_550);
    assert_eq!(world.execute(3, 0, 0).unwrap().0.filled, Lots(10));
    assert_eq!((world.net(0), world.net(twin)), (0, 0));
    world.check();
}

#[test]
fn the_keepers_fee_is_never_more_than_the_account_has() {
    let mut world = long();
    let profit = Trigger { above: true, price: Ticks(2_640), limit: Ticks(2_640), ..stop(&world) };
    world.set_trigger(0, 0, profit).unwrap();
    world.buy(2, 2_640, 50).unwrap();
    world.set_mark(world.near, 2_640);
    let mut poor = world.account(0);
    // What the taker's fee leaves: 10 lots at 2,640 ticks of $0.10, 500 millionths. The profit has not been paid yet.
    poor.cash = 10 * 2_640 * 100_000 * 500 / 1_000_000 + 77;
    let missing = world.account(0).cash - poor.cash;
    world.house.set_account(Seat(0), &poor);
    let mut rich = world.account(1);
    rich.cash += missing; // so that the books still balance
    world.house.set_account(Seat(1), &rich);
    assert_eq!(world.execute(3, 0, 0).unwrap().1, 77);
    assert_eq!(world.account(0).cash, 0);
    world.check();
}

#[test]
fn keeping_for_oneself_costs_nothing_and_a_maker_may_keep() {
    let mut world = long();
    world.set_trigger(0, 0, stop(&world)).unwrap();
    world.buy(3, 2_540, 50).unwrap();
    world.set_mark(world.near, 2_550);
    let before = world.account(3).cash;
    world.execute(3, 0, 0).unwrap();
    let maker_fee = 10 * 2_540 * 100_000 * 100 / 1_000_000;
    assert_eq!(world.account(3).cash, before + u64::from(FEE) - maker_fee);
    let back = Trigger { fee: FEE, ..world.stop(false, 2_500, 1) };
    world.set_trigger(0, 0, back).unwrap();
    world.sell(2, 2_550, 1).unwrap();
    world.settle(world.near, &[0]).unwrap();
    let before = world.account(0).cash;
    world.execute(0, 0, 0).unwrap();
    assert_eq!(world.account(0).cash, before - 2_550 * 100_000 * 500 / 1_000_000);
    world.check();
}

#[test]
fn bad_triggers_are_refused_by_name() {
    let mut world = long();
    let good = stop(&world);
    let late = Seconds(world.now.0);
    for (slot, trigger, error) in [
        (0, Trigger { lots: Lots::ZERO, ..good }, ClearingError::BadSize),
        (0, Trigger { lots: Lots(Lots::MAX.0 + 1), ..good }, ClearingError::BadSize),
        (0, Trigger { price: Ticks::ZERO, ..good }, ClearingError::BadPrice),
        (0, Trigger { price: Ticks::MAX, ..good }, ClearingError::BadPrice),
        (0, Trigger { limit: Ticks::ZERO, ..good }, ClearingError::BadPrice),
        (0, Trigger { limit: Ticks::MAX, ..good }, ClearingError::BadPrice),
        (0, Trigger { expiry: late, ..good }, ClearingError::OrderExpired),
        (0, Trigger { fee: Trigger::MAX_FEE + 1, ..good }, ClearingError::BadParameter),
        (0, Trigger { instrument: world.unlisted(), ..good }, ClearingError::NotYetListed),
        (MAX_TRIGGERS as u8, good, ClearingError::TooMany),
    ] {
        let before = world.house.clone();
        assert_eq!(world.set_trigger(0, slot, trigger), Err(error), "{trigger:?}");
        assert!(world.house.same_cells(&before));
    }
    for slot in 0..MAX_TRIGGERS as u8 {
        let largest = Trigger { lots: Lots::MAX, fee: Trigger::MAX_FEE, expiry: Seconds(late.0 + 60), ..good };
        world.set_trigger(0, slot, largest).unwrap();
    }
    world.now = Seconds(late.0 + 60);
    world.set_mark(world.near, 2_550);
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::OrderExpired));
    world.clear_trigger(0, 0).unwrap();
    assert_eq!(world.clear_trigger(0, 0), Err(ClearingError::UnknownTrigger));
    assert_eq!(world.clear_trigger(0, 200), Err(ClearingError::UnknownTrigger));
    assert_eq!(world.execute(3, 0, 200), Err(ClearingError::UnknownTrigger));
    world.now = Seconds(late.0 + 23 * DAY + 8 * 3_600);
    assert_eq!(world.set_trigger(0, 0, good), Err(ClearingError::TradingEnded));
}

#[test]
fn a_halt_holds_triggers_too() {
    let mut world = long();
    world.set_trigger(0, 0, stop(&world)).unwrap();
    world.buy(2, 2_540, 50).unwrap();
    world.set_mark(world.near, 2_550);
    world.sell(1, 2_210, 1).unwrap(); // trades at 2,540
    world.cancel_all(2, world.near).unwrap();
    for _ in 0..2 {
        world.buy(2, 2_210, 30).unwrap();
        world.sell(1, 2_210, 30).unwrap();
        world.now = world.now.later(60);
    }
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::Halted));
    assert_eq!(waiting(&mut world, 0, 0), Some((10, FEE)));
}

#[test]
fn a_lot_springs_no_stop_on_the_last_trade() {
    // The book is empty, one lot changes hands at 2,990 and the stop of 100 is filled there.
    for (price, lots, fires) in [(2_990, 1, false), (2_990, 100, false), (2_705, 9, false), (2_705, 10, true)] {
        let mut world = World::new(4);
        world.buy(2, 2_600, 100).unwrap();
        world.sell(3, 2_600, 100).unwrap();
        let stop = Trigger { last: true, reduce_only: true, limit: Ticks(3_000), ..world.stop(false, 2_660, 100) };
        world.set_trigger(3, 0, stop).unwrap();
        world.next_day(264_000).unwrap();
        world.sell(0, price, 100 + lots).unwrap();
        world.buy(1, price, lots).unwrap();
        let executed = world.execute(0, 3, 0).map(|(placed, _)| placed.filled);
        assert_eq!(executed, if fires { Ok(Lots(100)) } else { Err(ClearingError::NotTriggered) }, "{lots} at {price}");
        world.check();
    }
}

#[test]
fn the_last_trade_counts_for_ten_minutes_and_in_its_quote_epoch() {
    let after = |wait: u32, index: Option<u32>| {
        let mut world = long();
        world.set_trigger(0, 0, Trigger { last: true, ..stop(&world) }).unwrap();
        world.sell(1, 2_545, 10).unwrap();
        world.buy(2, 2_545, 10).unwrap();
        world.now = world.now.later(wait);
        if let Some(index) = index {
            world.next_day(index).unwrap();
        }
        world.buy(2, 2_540, 50).unwrap();
        world.execute(3, 0, 0).map(|(placed, _)| placed.filled)
    };
    assert_eq!(after(0, None), Ok(Lots(10)));
    assert_eq!(after(600, None), Ok(Lots(10)));
    assert_eq!(after(601, None), Err(ClearingError::NotTriggered), "the trade of last week");
    assert_eq!(after(0, Some(255_000)), Err(ClearingError::NotTriggered));
}

#[test]
fn a_stop_limit_with_a_generous_limit_fires() {
    // drift-labs/protocol-v2 #556: the limit is outside of the day's, the bids are not.
    let mut world = long();
    let generous = Trigger { rests: true, limit: Ticks(2_000), ..stop(&world) };
    world.set_trigger(0, 0, generous).unwrap();
    world.set_mark(world.near, 2_540);
    world.buy(2, 2_530, 4).unwrap();
    assert_eq!(world.execute(3, 0, 0).map(|(placed, _)| placed.filled), Ok(Lots(4)));
    assert_eq!(world.resting(Side::Sell), [(2_210, 0, 6)], "the rest stands at the day's limit");
    world.check();
}

#[test]
fn a_market_order_of_a_trigger_trades_within_the_band_around_the_mark() {
    let mut world = long();
    world.set_trigger(0, 0, stop(&world)).unwrap();
    world.set_mark(world.near, 2_550);
    world.buy(2, 2_473, 100).unwrap(); // 3 % below 2,550 is 2,474
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::NotFilled));
    world.buy(2, 2_474, 3).unwrap();
    assert_eq!(world.execute(3, 0, 0).unwrap().0.filled, Lots(3));
    // A nearer limit of the owner binds first.
    world.set_trigger(0, 0, Trigger { limit: Ticks(2_500), ..stop(&world) }).unwrap();
    world.buy(2, 2_499, 3).unwrap();
    assert_eq!(world.execute(3, 0, 0), Err(ClearingError::NotFilled));
}
