//! A default on the deployed contracts: who settles first is paid no more than who settles last (A6).

use crate::venue::{MARK, Venue};
use crate::{START, USUAL};
use sit_engine::clearing::{Bid, Instrument};
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

/// Seats 0 and 1 have each sold a month to the other and to seat 2, and have nothing left but what the other owes them.
/// Each claim waits for the default of the other, so neither can be covered, written off or bridged, and nobody else is
/// paid: giving both up for each other is what ends it.
#[test]
fn two_bankrupts_that_owe_each_other_are_untied_by_offset() {
    let mut venue = Venue::open();
    let (near, far) = (venue.near, venue.far);
    for seat in [0, 1] {
        venue.withdraw(seat, 53_000_000_000).unwrap();
    }
    for (seller, buyer, month) in [(0, 1, near), (1, 0, far), (0, 2, near), (1, 2, far)] {
        venue.trade(seller, buyer, month, MARK, SOLD / 2);
    }
    // Each pays for two with what it has and what the other brings.
    venue.day(START + 2, USUAL * 124 / 100);
    for (month, order) in [(near, [0, 1, 2, 3]), (far, [1, 0, 2, 3]), (near, [0, 1, 2, 3])] {
        venue.settle(month, order).unwrap();
    }
    venue.print(START + 3, USUAL * 153 / 100);
    for seat in [0, 1] {
        venue.anyone(&Message::StartLiquidation { seat: Seat(seat) }).unwrap();
    }
    venue.wait_for_the_opening();
    venue.deposit(3, 90_000_000_000).unwrap();
    for (seat, instrument) in [(0, near), (0, far), (1, near), (1, far)] {
        let (liquidator, lots) = (Seat(3), Lots(SOLD as u32));
        venue.send(3, &Message::Bid { liquidator, seat: Seat(seat), instrument, lots }).unwrap();
        assert_eq!(venue.net(seat as usize, instrument), 0, "all of it is taken over");
    }

    let before = venue.cash(2);
    for (seat, debt, claim) in [(0, near, far), (1, far, near)] {
        let seat = Seat(seat);
        for message in [
            Message::Cover { seat, instrument: debt },
            Message::WriteOff { seat, instrument: debt },
            Message::Bridge { seat, debt, claim },
        ] {
            assert_eq!(venue.anyone(&message).err(), Some("WinnersWait".to_owned()), "{message:?}");
        }
    }
    for month in [near, far] {
        venue.settle(month, [0, 1, 2, 3]).unwrap();
    }
    assert_eq!(venue.cash(2), before, "nobody is paid while the two wait for each other");

    let offset = |links: [(Seat, Instrument); 2]| Message::Offset { circle: message::circle(links) };
    let wrong = venue.anyone(&offset([(Seat(0), far), (Seat(1), near)]));
    assert_eq!(wrong.err(), Some("NothingToOffset".to_owned()), "neither owes there");
    let circle = offset([(Seat(0), near), (Seat(1), far)]);
    let given_up: u64 = venue.anyone(&circle).unwrap().answer().unwrap();
    assert!(given_up > 20_000_000_000, "most of what each is owed: {given_up}");
    assert_eq!(venue.anyone(&circle).err(), Some("NothingToOffset".to_owned()), "that was all of it");

    // What is left of the debts is lost, and whoever won in the month bears it.
    for (seat, instrument) in [(0, near), (1, far)] {
        let seat = Seat(seat);
        let cover = venue.anyone(&Message::Cover { seat, instrument });
        assert_eq!(cover.err(), Some("FundEmpty".to_owned()));
        venue.anyone(&Message::WriteOff { seat, instrument }).unwrap();
        venue.anyone(&Message::Allocate { instrument, seats: message::seats((0..4).map(Seat)) }).unwrap();
    }
    for month in [near, far] {
        venue.settle(month, [0, 1, 2, 3]).unwrap();
    }
    assert!(venue.cash(2) > before, "and then everybody is paid");
    for seat in [0, 1] {
        let account = venue.exchange().account(seat).unwrap();
        assert!(account.positions().is_empty(), "seat {seat} neither owes nor is owed anything");
    }
}
