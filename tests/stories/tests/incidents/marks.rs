//! What can move a mark on the deployed contracts: the index, and a book that stands, within its step; never a last
//! trade (P2, P3, P4, P5). Also the quotes that takers meet around a print (B6).

use crate::venue::{MARK, Venue};
use crate::{PRODUCT, START, USUAL};
use sit_engine::clearing::opening::{PRINT_DUE, STANDING_SECONDS};
use sit_engine::oracle::validity::Validity;
use sit_engine::units::Seat;
use sit_native::Message;

#[test]
fn a_last_trade_moves_no_mark_and_a_whole_book_moves_it_two_percent_at_most() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.trade(0, 1, near, MARK * 112 / 100, 10);
    venue.day(START + 2, USUAL);
    assert_eq!(u64::from(venue.exchange().mark(near.0).unwrap().0), MARK, "two accounts traded a tenth above it");
    // Both sides quoted closely, far above: a squeeze with nobody else in the book.
    venue.order(2, near, true, MARK * 110 / 100, 500).unwrap();
    venue.order(3, near, false, MARK * 110 / 100 + 4, 500).unwrap();
    venue.day(START + 3, USUAL);
    let pulled = u64::from(venue.exchange().mark(near.0).unwrap().0);
    assert!(pulled > MARK && pulled <= MARK * 102 / 100, "{pulled}");
}

#[test]
fn quotes_older_than_a_repricing_are_void() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.order(0, near, false, MARK + 50, 10).unwrap();
    venue.day(START + 2, USUAL * 12 / 10);
    assert_eq!(u64::from(venue.exchange().mark(near.0).unwrap().0), MARK * 12 / 10);
    assert_eq!(venue.order(1, near, true, MARK * 115 / 100, 10), Ok(0), "nobody is picked off by a public price");
}

#[test]
fn what_is_cancelled_or_comes_late_pulls_no_mark() {
    let mut venue = Venue::open();
    let near = venue.near;
    let quote = |venue: &mut Venue| {
        venue.order(2, near, true, MARK * 101 / 100, 500).unwrap();
        venue.order(3, near, false, MARK * 101 / 100 + 4, 500).unwrap();
    };
    let mark = |venue: &mut Venue| u64::from(venue.exchange().mark(near.0).unwrap().0);
    quote(&mut venue);
    for seat in [2, 3] {
        venue.send(seat, &Message::CancelAll { seat: Seat(seat as u32), instrument: near }).unwrap();
    }
    venue.day(START + 2, USUAL);
    assert_eq!(mark(&mut venue), MARK, "cancelled");
    venue.at(START + 3, u64::from(PRINT_DUE - STANDING_SECONDS));
    quote(&mut venue);
    venue.day(START + 3, USUAL);
    assert_eq!(mark(&mut venue), MARK, "less than an hour before the print is due");
    venue.day(START + 4, USUAL);
    assert!(mark(&mut venue) > MARK, "by the next print they have stood for a day");
}

#[test]
fn from_the_time_at_which_a_print_is_due_nobody_takes_a_quote_from_before_it() {
    // A trader who reads the batches knows the print; in one block they would take every quote and settle the day.
    let mut venue = Venue::open();
    let near = venue.near;
    let before = venue.cash(1);
    venue.order(0, near, true, MARK - 5, 10).unwrap();
    venue.order(0, near, false, MARK + 5, 10).unwrap();
    venue.at(START + 2, u64::from(PRINT_DUE));
    for reporter in 0..5 {
        venue.world.submit(reporter, START + 2, USUAL * 11 / 10).unwrap();
    }
    assert_eq!(venue.order(1, near, true, MARK + 5, 10), Err("Opening".to_owned()));
    assert_eq!(venue.world.publish(START + 2), Ok(Validity::Valid));
    assert_eq!(venue.order(1, near, true, MARK + 5, 10), Err("Opening".to_owned()));
    venue.anyone(&Message::SettleDay { product: PRODUCT }).unwrap();
    assert_eq!(venue.order(1, near, true, MARK + 5, 10), Ok(0), "the quotes are void, and the order rests");
    venue.wait_for_the_opening();
    assert_eq!((venue.net(1, near), venue.cash(1)), (0, before));
}

#[test]
fn who_opens_and_closes_around_a_print_pays_the_spread_and_the_fees() {
    let mut venue = Venue::open();
    let (near, before) = (venue.near, venue.cash(1));
    venue.order(0, near, true, MARK - 5, 10).unwrap();
    venue.order(0, near, false, MARK + 5, 10).unwrap();
    assert_eq!(venue.order(1, near, true, MARK + 5, 10), Ok(10));
    assert_eq!(venue.world.day(START + 2, USUAL * 11 / 10), Ok(Validity::Valid));
    // The print was three hours late, so the book has opened without it. Until the day is settled the quotes of before
    // stand, and no mark has moved: there is no other price to close at (O6).
    assert_eq!(venue.order(1, near, false, MARK - 5, 10), Ok(10));
    venue.anyone(&Message::SettleDay { product: PRODUCT }).unwrap();
    venue.settle(near, [1, 0, 2, 3]).unwrap();
    assert_eq!(venue.net(1, near), 0);
    assert!(venue.cash(1) < before, "{} of {before} atoms are left", venue.cash(1));
}

#[test]
fn who_takes_an_old_quote_after_a_print_finds_nobody_to_close_with() {
    // Of a print that comes later than the book waits for.
    let mut venue = Venue::open();
    let near = venue.near;
    venue.order(0, near, true, MARK - 5, 10).unwrap();
    venue.order(0, near, false, MARK + 5, 10).unwrap();
    assert_eq!(venue.world.day(START + 2, USUAL * 11 / 10), Ok(Validity::Valid));
    assert_eq!(venue.order(1, near, true, MARK + 5, 10), Ok(10));
    venue.anyone(&Message::SettleDay { product: PRODUCT }).unwrap();
    venue.wait_for_the_opening();
    assert_eq!(venue.order(1, near, false, MARK - 5, 10), Ok(0), "the bid of before is void");
    assert_eq!(venue.net(1, near), 10);
}
