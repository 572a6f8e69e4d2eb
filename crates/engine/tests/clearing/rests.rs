//! What a winner is still owed, while the month's winners wait, and trades meanwhile: none of them moves a claim behind
//! the next settlement, where it would bear the next default (clearing L5 in `docs/book/src/findings-health.md`).

use crate::third_attack::{default_of, sell_to_two, the_next_settlement};
use crate::world::{TICK_VALUE, World};
use sit_engine::clearing::opening::OPENING_SECONDS;
use sit_engine::clearing::{ClearingError, Event, Instrument, Store};
use sit_engine::units::{Lots, Points, QuoteAtoms, Side, Ticks};

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// Seats 1 and 2 are owed as much by a bankrupt, whose lots have been taken over, and wait while the book is open.
pub fn waiting() -> World {
    let mut world = default_of(8, |_| ());
    let near = world.near;
    world.start_liquidation(0).unwrap();
    world.bid(4, 0, 2_000).unwrap();
    world.settle(near, &[0]).unwrap();
    world.now = world.now.later(OPENING_SECONDS);
    world.settle(near, &[1, 2]).unwrap();
    assert_eq!([1, 2].map(|seat| owed(&mut world, seat)), [2_100_000; 2], "they wait");
    world
}

/// What a seat is owed in the near month at its settlement mark.
pub fn owed(world: &mut World, seat: u32) -> i64 {
    let mark = Ticks(world.settle_mark(world.near));
    world.account(seat).position(world.near).map_or(0, |position| position.variation(mark).0)
}

/// The default ends on its day, and everybody who may be paid is.
pub fn resolve(world: &mut World) {
    let near = world.near;
    world.cover(0).unwrap();
    assert_eq!(world.allocate(near, &ALL), Ok(0));
    world.settle_all();
    world.settle_all();
    world.check();
}

/// One sells to another in the near month; who comes first rests.
pub fn trade(world: &mut World, first: (u32, Side), second: u32, price: u32, lots: u32) -> Result<Lots, ClearingError> {
    world.place(world.order(first.0, first.1, price, lots)).unwrap();
    world.place(world.order(second, first.1.opposite(), price, lots)).map(|placed| placed.filled)
}

/// What a seat has in cash, in points of a lot.
fn points(world: &World, seat: u32) -> i64 {
    i64::try_from(world.account(seat).cash / u64::from(TICK_VALUE)).unwrap()
}

#[test]
fn who_is_taken_while_they_wait_is_paid_with_everybody_else() {
    for (side, price) in [(Side::Sell, 4_720), (Side::Buy, 4_680)] {
        let mut world = waiting();
        let before = [1, 3].map(|seat| points(&world, seat));
        assert_eq!(trade(&mut world, (1, side), 3, price, 100), Ok(Lots(100)));
        assert_eq!([1, 3].map(|seat| owed(&mut world, seat)), [2_100_000, 0], "as before the trade");
        let [won, lost] = [(1, 0), (3, 1)].map(|(seat, place)| points(&world, seat) - before[place]);
        assert!((1_800..=2_000).contains(&won) && (-2_300..=-2_000).contains(&lost), "less fees: {won} {lost}");
        assert_eq!(world.account(1).position(world.near).unwrap().round, world.account(2).positions()[0].round);
        resolve(&mut world);
        assert_eq!([1, 2].map(|seat| owed(&mut world, seat)), [0; 2], "both have been paid on the day");
    }
}

#[test]
fn who_takes_while_they_wait_is_paid_with_everybody_else() {
    for (side, price) in [(Side::Sell, 4_680), (Side::Buy, 4_720)] {
        let mut world = waiting();
        assert_eq!(trade(&mut world, (3, side), 1, price, 100), Ok(Lots(100)));
        assert_eq!([1, 3].map(|seat| owed(&mut world, seat)), [2_100_000, 0]);
        resolve(&mut world);
        assert_eq!([1, 2].map(|seat| owed(&mut world, seat)), [0; 2], "both have been paid on the day");
    }
}

#[test]
fn a_claim_that_may_be_cut_pays_for_no_trade() {
    // Both wait, and the one would lose to the other. Without cash that is refused, at the mark it is not.
    let mut world = waiting();
    world.set_cash(2, 0, 7);
    world.place(world.order(1, Side::Buy, 4_680, 100)).unwrap();
    let sell = |world: &World, price| sit_engine::clearing::Place {
        reduce_only: true,
        ..world.order(2, Side::Sell, price, 100)
    };
    assert_eq!(world.place(sell(&world, 4_680)), Err(ClearingError::NotEnoughCash));
    world.place(world.order(1, Side::Buy, 4_700, 100)).unwrap();
    assert_eq!(world.place(sell(&world, 4_700)).unwrap().filled, Lots(100));
    assert_eq!([1, 2].map(|seat| owed(&mut world, seat)), [2_100_000; 2]);
    resolve(&mut world);
    assert_eq!([1, 2].map(|seat| owed(&mut world, seat)), [0; 2]);
}

/// Seat 5 is short ten lots, has no cash, and is owed enough in the far month.
pub fn without_cash(world: &mut World, far: Instrument) {
    world.owe(6, 5, far, 500_000);
    let cash = world.account(5).cash;
    world.set_cash(5, 0, 7);
    assert!(cash > 0 && world.health(5).equity > QuoteAtoms::ZERO);
}

#[test]
fn who_cannot_pay_takes_nothing_from_who_waits() {
    let prepared = || {
        let mut world = World::new(8);
        world.fund(250_000_000_000, 2_500);
        sell_to_two(&mut world);
        world.trade(world.near, 5, 6, 2_600, 10);
        world.withdraw_all(0);
        the_next_settlement(&mut world, 470_000);
        let (near, far) = (world.near, world.far);
        world.start_liquidation(0).unwrap();
        world.bid(4, 0, 2_000).unwrap();
        world.settle(near, &[0, 5]).unwrap();
        world.now = world.now.later(OPENING_SECONDS);
        without_cash(&mut world, far);
        world
    };
    // At the mark it closes as before.
    let mut world = prepared();
    assert_eq!(trade(&mut world, (1, Side::Sell), 5, 4_700, 10), Ok(Lots(10)));
    world.check();
    // Elsewhere, with whomever, it has to pay: who is owed nothing from before would bear a cut of what they win.
    let mut world = prepared();
    assert_eq!(trade(&mut world, (7, Side::Sell), 5, 4_720, 10), Err(ClearingError::NotEnoughCash));
    world.check();
    // What it cannot pay would have to be paid to the maker out of what others are owed, or make the maker wait.
    let mut world = prepared();
    assert_eq!(trade(&mut world, (1, Side::Sell), 5, 4_720, 10), Err(ClearingError::NotEnoughCash));
    assert_eq!(world.resting(Side::Sell), [(4_720, 1, 10)], "the quote stands");
    world.check();
    // With the cash for what it loses it does.
    world.set_cash(5, 200 * u64::from(TICK_VALUE), 7);
    assert_eq!(world.buy(5, 4_720, 10).unwrap().filled, Lots(10));
    assert_eq!((owed(&mut world, 1), owed(&mut world, 5)), (2_100_000, 0));
    world.check();
}

#[test]
fn nobody_pays_twice_what_they_pay_at_once() {
    let mut world = waiting();
    trade(&mut world, (1, Side::Sell), 3, 4_720, 100).unwrap();
    let near = world.near;
    let paid = |world: &World| -> i64 {
        let of_three = |event: &Event| match *event {
            Event::Settled { seat, instrument, paid, .. } if seat.0 == 3 && instrument == near => paid.0,
            _ => 0,
        };
        world.house.events.iter().map(of_three).sum()
    };
    assert_eq!(paid(&world), -2_000);
    assert_eq!(
        world.house.market(near).unwrap().pool,
        pool_of_the_bankrupt(&mut waiting()),
        "it has gone to the other"
    );
    resolve(&mut world);
    world.next_day(470_000).unwrap();
    world.settle_all();
    assert_eq!(paid(&world), -2_000, "the mark is what it was");
}

fn pool_of_the_bankrupt(world: &mut World) -> Points {
    world.house.market(world.near).unwrap().pool
}
