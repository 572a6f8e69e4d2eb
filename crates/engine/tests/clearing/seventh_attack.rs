//! What a seventh attack, on claims that no trade delays, found (`docs/book/src/findings-seventh.md`).

use crate::rests::{owed, waiting, without_cash};
use crate::third_attack::worth;
use crate::world::{TICK_VALUE, World};
use sit_engine::calendar::DAY;
use sit_engine::clearing::{ClearingError, Event, Place, Policy, opening::OPENING_SECONDS};
use sit_engine::units::{Lots, Seat, Side};

/// Seat 0 has lost to seats 1 and 2, and nobody has been settled since: the pool is empty. Seat 2 holds one lot.
fn settled() -> World {
    let mut world = World::new(8);
    world.trade(world.near, 0, 1, 2_600, 1_000);
    world.trade(world.near, 0, 2, 2_600, 1);
    world.next_day(286_000).unwrap();
    world
}

/// In the running day seat 5 loses to its friend 6, who hands what they have won on to seat 2, who is owed a tick since
/// the settlement. Whether that worked.
fn hand_on(world: &mut World, lots: u32) -> bool {
    let mark = world.settle_mark(world.near);
    let (low, high) = (mark - mark / 10, mark + mark / 10);
    world.trade(world.near, 5, 6, low, lots);
    world.trade(world.near, 6, 5, mark, lots);
    world.sell(2, high, lots).unwrap();
    let done = world.buy(6, high, lots).is_ok();
    world.trade(world.near, 6, 2, mark, lots);
    done
}

/// Profit of the running day, which nobody has paid, became a claim that is due: seat 2 took with it what the loser of
/// yesterday had paid for seat 1.
#[test]
fn nobody_hands_unpaid_profit_of_the_day_to_who_is_owed_something() {
    let mut world = settled();
    let near = world.near;
    let cash = world.account(6).cash;
    assert!(hand_on(&mut world, 1_000));
    let lost = u64::try_from(owed(&mut world, 2) - 260).unwrap() * u64::from(TICK_VALUE);
    assert!(cash - world.account(6).cash >= lost, "whoever loses by the trade has paid it");
    assert_eq!(owed(&mut world, 6), 286_000, "and is owed what they have won today, with the next settlement");
    for first in [1, 2] {
        let mut world = World { house: world.house.clone(), ..world };
        world.settle(near, &[0]).unwrap();
        world.settle(near, &[first]).unwrap();
        world.settle(near, &[3 - first]).unwrap();
        assert_eq!([1, 2].map(|seat| owed(&mut world, seat)), [0; 2], "nobody has taken the other's");
        world.settle(near, &[6]).unwrap();
        assert_eq!(owed(&mut world, 6), 286_000, "profit of the running round is not paid");
        world.check();
    }
}

/// What it was worth: the friend who has not paid yet is bankrupt on the next day, and seat 1, who might have been paid
/// before, bears a part of it. Returns what seat 1 has in the end.
fn after_the_next_day(attack: bool) -> i128 {
    let mut world = settled();
    let near = world.near;
    // Thieves on both sides: seat 5 short of what seat 7 is long, with no more collateral than that needs.
    world.trade(near, 5, 7, 2_860, 1_500);
    if attack {
        hand_on(&mut world, 1_000);
    }
    world.withdraw_all(5);
    world.settle(near, &[0, 2]).unwrap();
    world.settle(near, &[1]).unwrap();
    world.now = world.now.later(DAY - OPENING_SECONDS);
    world.settle_day(400_000).unwrap();
    world.start_liquidation(5).unwrap();
    world.bid(4, 5, 1_500).unwrap();
    world.settle(near, &[0, 5]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.cover(5).ok();
    world.write_off(5, near).ok();
    world.allocate(near, &[0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
    world.settle_all();
    world.settle_all();
    world.check();
    worth(&mut world, 1)
}

#[test]
fn what_was_due_yesterday_bears_no_default_of_today() {
    let (without, with) = (after_the_next_day(false), after_the_next_day(true));
    println!("seat 1 has {} USD less", (without - with) / 1_000_000);
    assert!(without - with < 1_000_000, "{} USD", (without - with) / 1_000_000);
}

/// Somebody whose cash has gone, by the settlement of another month in which they have lost, offers a tick more than
/// the mark. Whoever took it waited with all that they were owed until the next settlement.
#[test]
fn whose_quote_loses_what_they_cannot_pay_is_passed() {
    let mut world = waiting();
    let (near, far) = (world.near, world.far);
    world.trade(near, 5, 6, 4_700, 10);
    world.place(Place { reduce_only: true, ..world.order(5, Side::Buy, 4_720, 10) }).unwrap();
    world.buy(3, 4_710, 5).unwrap();
    without_cash(&mut world, far);
    let round = world.account(1).position(near).unwrap().round;
    let told = world.house.events.len();
    let sell = Place { policy: Policy::ImmediateOrCancel, ..world.order(1, Side::Sell, 4_700, 10) };
    assert_eq!(world.place(sell).unwrap().filled, Lots(5), "the next one's");
    assert_eq!(world.resting(Side::Buy), [], "the quote that nobody is to take is gone");
    let position = *world.account(1).position(near).unwrap();
    assert_eq!((position.round, owed(&mut world, 1)), (round, 2_100_000), "still due, and paid in cash what was won");
    assert_eq!((owed(&mut world, 3), owed(&mut world, 5)), (0, 0));
    let of_five = |event: &Event| matches!(event, Event::Settled { seat: Seat(5), .. });
    assert!(!world.house.events[told..].iter().any(of_five), "nothing is told that has not been");
    world.check();
}

/// Who has no cash while the month's winners wait trades away from the mark with nobody. They close at the mark, or
/// with the cash for what they lose, whoever shows a lot just above it.
#[test]
fn who_is_refused_by_one_lot_closes_at_the_mark() {
    let mut world = waiting();
    let (near, far) = (world.near, world.far);
    world.trade(near, 5, 6, 4_700, 10);
    without_cash(&mut world, far);
    world.sell(1, 4_701, 1).unwrap();
    world.sell(7, 4_705, 50).unwrap();
    let close = |world: &World, price| Place { reduce_only: true, ..world.order(5, Side::Buy, price, 10) };
    assert_eq!(world.place(close(&world, 4_710)), Err(ClearingError::NotEnoughCash));
    let loses = (1 + 9 * 5 + 20) * u64::from(TICK_VALUE); // and the fees
    world.set_cash(5, loses, 7);
    assert_eq!(world.place(close(&world, 4_710)).unwrap().filled, Lots(10));
    world.check();
    let mut world = waiting();
    world.trade(near, 5, 6, 4_700, 10);
    without_cash(&mut world, far);
    world.sell(1, 4_701, 1).unwrap();
    world.place(close(&world, 4_700)).unwrap();
    assert_eq!(world.sell(7, 4_700, 10).unwrap().filled, Lots(10), "at the mark whoever comes trades with them");
    world.check();
}
