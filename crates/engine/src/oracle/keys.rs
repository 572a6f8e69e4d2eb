//! The keys of the oracle's cells.
//!
//! ```text
//! tag 1 | index 4 | number 4 | place 1    most cells; number and place are zero where there is none
//! 'D' | index 4 | address 20              what is due to somebody
//! ```

use super::{Address, IndexId};
use crate::calendar::Day;
use crate::key::Key;

const DUE: u8 = b'D';

/// A cell of the oracle by its tag and identifiers, as its `cell` view takes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellId {
    /// Which kind of cell.
    pub kind: u8,
    /// The index.
    pub index: IndexId,
    /// A slot, a page or a last trading day.
    pub number: u32,
    /// A reporter's place.
    pub place: u8,
}

impl CellId {
    /// The key under which the cell is stored.
    pub fn key(self) -> Key {
        Key::new(self.kind).number(self.index.into()).number(self.number).with(&[self.place])
    }
}

macro_rules! cells {
    ($($(#[$doc:meta])* $name:ident $tag:literal ($($field:ident: $type:ty),*) => $index:expr, $number:expr, $place:expr;)+) => {
        $(
            $(#[$doc])*
            pub fn $name($($field: $type),*) -> CellId {
                CellId { kind: $tag, index: $index, number: $number, place: $place }
            }
        )+

        /// The tags of the cells that the `cell` view knows, with what they hold.
        pub const KINDS: &[(u8, &str)] = &[$(($tag, stringify!($name))),+];
    };
}

cells! {
    /// Who governs, the token and the office.
    peers b'G' () => 0, 0, 0;
    /// Rules, terms of reporting, providers and their scores.
    setup b'R' (index: IndexId) => index, 0, 0;
    /// Bonds, earnings and the pot.
    stakes b'K' (index: IndexId) => index, 0, 0;
    /// The reporters.
    reporters b'W' (index: IndexId) => index, 0, 0;
    /// The last print, and what waits for confirmation.
    state b'S' (index: IndexId) => index, 0, 0;
    /// A batch, by the slot of its day and the reporter's place.
    submission b'Q' (index: IndexId, slot: u8, place: u8) => index, slot.into(), place;
    /// A page of prints.
    prints b'P' (index: IndexId, page: u32) => index, page, 0;
    /// A final settlement.
    settlement b'F' (index: IndexId, expiry: Day) => index, expiry.0, 0;
}

/// What is due to a reporter who has left, or to the winner of a dispute.
pub fn due(index: IndexId, whom: Address) -> Key {
    Key::new(DUE).number(index.into()).with(&whom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_tag_and_its_identifiers_little_endian() {
        assert_eq!(submission(1, 2, 3).key().as_bytes(), b"Q\x01\0\0\0\x02\0\0\0\x03");
        assert_eq!(settlement(1, Day(0x0102)).key().as_bytes(), b"F\x01\0\0\0\x02\x01\0\0\0");
        assert_eq!(due(1, [7; 20]).as_bytes(), [&b"D\x01\0\0\0"[..], &[7; 20]].concat());
    }

    #[test]
    fn no_two_kinds_of_cells_have_one_tag() {
        let tags = || KINDS.iter().map(|(tag, _)| *tag).chain([DUE]);
        for tag in tags() {
            assert_eq!(tags().filter(|other| *other == tag).count(), 1, "{}", char::from(tag));
        }
    }
}
