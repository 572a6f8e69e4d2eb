//! What a fifth attack, on incentives, migration, delegates and governance, found
//! (`docs/book/src/findings-fifth.md`).

use crate::world::{CASH, World};
use sit_engine::clearing;
use sit_engine::units::{Lots, Side};

/// Seat 0 quotes with the least cash with which the quote is accepted, to the atom.
fn quote_with_the_least(world: &mut World, bids: &[(u32, u32)], asks: &[(u32, u32)]) {
    let (mut low, mut high) = (0, CASH);
    while low < high {
        let cash = low + (high - low) / 2;
        world.set_cash(0, cash, 2);
        if world.quote(0, bids, asks).is_ok() {
            world.quote(0, &[], &[]).unwrap();
            high = cash;
        } else {
            low = cash + 1;
        }
    }
    world.set_cash(0, high, 2);
    world.quote(0, bids, asks).unwrap();
}

/// The bids of such a quote, and the asks, of which a lot needs more margin ([`crate::world::shocks`]): neither side is
/// cheaper than the other.
const SIDES: (u32, u32) = (30, 20);

/// A world in which seat 0 shows such a quote around the mark, and all of one side of it is taken, a lot at a time.
fn all_of_it_is_taken(side: Side, prepare: impl FnOnce(&mut World)) {
    let mut world = World::new(3);
    prepare(&mut world);
    let mark = world.settle_mark(world.near);
    let (bids, asks) = ([(mark - 1, SIDES.0)], [(mark + 1, SIDES.1)]);
    quote_with_the_least(&mut world, &bids, &asks);
    let [(price, lots)] = if side == Side::Sell { bids } else { asks };
    for lot in 0..lots {
        let order = clearing::Place { policy: clearing::Policy::Market, ..world.order(1, side, price, 1) };
        assert_eq!(world.place(order).unwrap().filled, Lots(1), "lot {lot}");
    }
    world.check();
}

#[test]
fn a_quote_that_is_accepted_can_be_taken() {
    for side in [Side::Sell, Side::Buy] {
        all_of_it_is_taken(side, |_| ());
    }
}

/// The slow mark is behind by what the index has moved, so whoever buys near the mark begins with a loss against it.
#[test]
fn a_quote_that_is_accepted_can_be_taken_after_the_index_has_moved() {
    for (index, side) in [(286_000, Side::Sell), (286_000, Side::Buy), (234_000, Side::Sell), (234_000, Side::Buy)] {
        all_of_it_is_taken(side, |world| {
            world.next_day(index).unwrap();
            let month = world.month(world.near);
            assert_ne!(month.slow, month.mark);
        });
    }
}

/// Whoever holds lots and quotes beyond them both ways.
#[test]
fn a_quote_beside_a_position_can_be_taken() {
    for (seller, buyer, side) in [(0, 1, Side::Sell), (0, 1, Side::Buy), (1, 0, Side::Sell), (1, 0, Side::Buy)] {
        all_of_it_is_taken(side, |world| world.trade(world.near, seller, buyer, 2_600, 5));
    }
}
