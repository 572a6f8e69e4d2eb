//! What can move a mark on the deployed contracts: the index, and a book within its cap; never a last trade (P2, P3, P4).

use crate::venue::{MARK, Venue};
use crate::{START, USUAL};

#[test]
fn a_last_trade_moves_no_mark_and_a_whole_book_moves_it_two_percent_at_most() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.trade(0, 1, near, MARK * 112 / 100, 10);
    venue.day(START + 2, USUAL);
    assert_eq!(u64::from(venue.exchange().mark(near).unwrap().0), MARK, "two accounts traded a tenth above it");
    // Both sides quoted closely, far above: a squeeze with nobody else in the book.
    venue.order(2, near, true, MARK * 110 / 100, 500).unwrap();
    venue.order(3, near, false, MARK * 110 / 100 + 4, 500).unwrap();
    venue.day(START + 3, USUAL);
    let pulled = u64::from(venue.exchange().mark(near).unwrap().0);
    assert!(pulled > MARK && pulled <= MARK * 102 / 100, "{pulled}");
}

#[test]
fn quotes_older_than_a_repricing_are_void() {
    let mut venue = Venue::open();
    let near = venue.near;
    venue.order(0, near, false, MARK + 50, 10).unwrap();
    venue.day(START + 2, USUAL * 12 / 10);
    assert_eq!(u64::from(venue.exchange().mark(near).unwrap().0), MARK * 12 / 10);
    assert_eq!(venue.order(1, near, true, MARK * 115 / 100, 10), Ok(0), "nobody is picked off by a public price");
}
