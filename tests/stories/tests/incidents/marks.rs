//! What can move a mark on the deployed contracts: the index, and a book within its cap; never a last trade (P2, P3,
//! P4).

use crate::venue::{MARK, Venue};
use crate::{PRODUCT, START, USUAL};
use sit_engine::oracle::validity::Validity;
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
fn who_opens_and_closes_around_a_print_pays_the_spread_and_the_fees() {
    let mut venue = Venue::open();
    let (near, before) = (venue.near, venue.cash(1));
    venue.order(0, near, true, MARK - 5, 10).unwrap();
    venue.order(0, near, false, MARK + 5, 10).unwrap();
    assert_eq!(venue.order(1, near, true, MARK + 5, 10), Ok(10));
    assert_eq!(venue.world.day(START + 2, USUAL * 11 / 10), Ok(Validity::Valid));
    // Until the day is settled the quotes of before stand, and no mark has moved: there is no other price to close at
    // (O6).
    assert_eq!(venue.order(1, near, false, MARK - 5, 10), Ok(10));
    venue.anyone(&Message::SettleDay { product: PRODUCT }).unwrap();
    venue.settle(near, [1, 0, 2, 3]).unwrap();
    assert_eq!(venue.net(1, near), 0);
    assert!(venue.cash(1) < before, "{} of {before} atoms are left", venue.cash(1));
}

#[test]
fn who_takes_an_old_quote_after_a_print_finds_nobody_to_close_with() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.order(0, near, true, MARK - 5, 10).unwrap();
    venue.order(0, near, false, MARK + 5, 10).unwrap();
    assert_eq!(venue.world.day(START + 2, USUAL * 11 / 10), Ok(Validity::Valid));
    assert_eq!(venue.order(1, near, true, MARK + 5, 10), Ok(10));
    venue.anyone(&Message::SettleDay { product: PRODUCT }).unwrap();
    assert_eq!(venue.order(1, near, false, MARK - 5, 10), Ok(0), "the bid of before is void");
    assert_eq!(venue.net(1, near), 10);
}
