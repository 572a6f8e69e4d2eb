//! A default on the deployed contracts: who settles first is paid no more than who settles last (A6).

use crate::venue::{MARK, Venue};
use crate::{START, USUAL};
use sit_engine::clearing::Bid;
use sit_engine::units::{Lots, Seat};
use sit_native::{Message, message};

/// Lots that seat 0 sells, half to seat 1 and half to seat 2.
const SOLD: u64 = 1_000;

/// Two days of +24 % on which nobody calls seat 0; then everybody does their part, and `eager` settles itself before
/// and after each step, from the block of the settlement on. Returns what seats 1 and 2 have in the end.
fn resolve(eager: Option<u32>) -> [u64; 2] {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.withdraw(0, 24_000_000_000).unwrap();
    for buyer in [1, 2] {
        venue.trade(0, buyer, near, MARK, SOLD / 2);
    }
    venue.day(START + 2, USUAL * 124 / 100);
    venue.settle(near, [0, 1, 2, 3]).unwrap();
    venue.print(START + 3, USUAL * 153 / 100);
    let before = venue.cash(1);
    let grab = |venue: &mut Venue| {
        if let Some(seat) = eager {
            let seats = message::seats([Seat(seat)]);
            venue.anyone(&Message::Settle { instrument: near, seats }).unwrap();
        }
    };
    grab(&mut venue);
    venue.settle(near, [0, 3, 3, 3]).unwrap();
    grab(&mut venue);
    venue.anyone(&Message::StartLiquidation { seat: Seat(0) }).unwrap();
    grab(&mut venue);
    venue.wait_for_the_opening();
    let lots = Lots(SOLD as u32);
    let bid = Bid { liquidator: Seat(3), seat: Seat(0), instrument: near, lots };
    let Bid { liquidator, seat, instrument, lots } = bid;
    venue.deposit(3, 90_000_000_000).unwrap();
    venue.send(3, &Message::Bid { liquidator, seat, instrument, lots }).unwrap();
    assert_eq!(venue.net(0, near), 0, "all of it is taken over");
    grab(&mut venue);
    assert_eq!(venue.cash(1), before, "nobody has been paid so far");
    // The fund of this venue is empty.
    let cover = venue.anyone(&Message::Cover { seat: Seat(0), instrument: near });
    assert_eq!(cover.err(), Some("FundEmpty".to_owned()));
    venue.anyone(&Message::WriteOff { seat: Seat(0), instrument: near }).unwrap();
    grab(&mut venue);
    assert_eq!(venue.cash(1), before, "a loss waits to be allocated");
    let seats = message::seats((0..4).map(Seat));
    venue.anyone(&Message::Allocate { instrument: near, seats }).unwrap();
    grab(&mut venue);
    venue.settle(near, [0, 3, 1, 2]).unwrap();
    let has = [1, 2].map(|seat| venue.cash(seat));
    assert!(has[0] > before, "and then everybody is paid");
    has
}

#[test]
fn whoever_settles_first_bears_as_much_of_a_default() {
    let nobody = resolve(None);
    assert_eq!(nobody[0], nobody[1], "equal positions bear equal parts");
    assert_eq!(resolve(Some(1)), nobody);
    assert_eq!(resolve(Some(2)), nobody);
}

#[test]
fn winners_are_paid_when_the_book_opens() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.trade(0, 1, near, MARK, 10);
    let before = [0, 1].map(|seat| venue.cash(seat));
    venue.print(START + 2, USUAL * 110 / 100);
    venue.settle(near, [0, 1, 2, 3]).unwrap();
    venue.settle(near, [0, 1, 2, 3]).unwrap();
    assert!(venue.cash(0) < before[0], "losers pay at once");
    assert_eq!(venue.cash(1), before[1], "winners wait until whoever is insolvent has been reported");
    venue.wait_for_the_opening();
    venue.settle(near, [1, 2, 3, 3]).unwrap();
    assert!(venue.cash(1) > before[1]);
}
