//! The keys of the clearing house's cells.
//!
//! ```text
//! tag 1 | a 4 | b 4          most cells; `a` and `b` are the identifiers below, zero where there is none
//! 'O' | owner 20 | sub 1     the seat of an owner's sub-account
//! 'D' | seat 4 | address 20  a delegate
//! ```

use super::cells::{Instrument, Product};
use crate::chain::Address;
use crate::key::Key;
use crate::units::Seat;

const SEAT: u8 = b'O';
const DELEGATE: u8 = b'D';

/// A cell of the clearing house by its tag and two identifiers, as its `cell` view takes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellId {
    /// Which kind of cell.
    pub kind: u8,
    /// The first identifier.
    pub a: u32,
    /// The second identifier.
    pub b: u32,
}

impl CellId {
    /// The key under which the cell is stored.
    pub fn key(self) -> Key {
        Key::new(self.kind).number(self.a).number(self.b)
    }
}

macro_rules! cells {
    ($($(#[$doc:meta])* $name:ident $tag:literal ($($field:ident: $type:ty),*) => $a:expr, $b:expr;)+) => {
        $(
            $(#[$doc])*
            pub fn $name($($field: $type),*) -> CellId {
                CellId { kind: $tag, a: $a, b: $b }
            }
        )+

        /// The tags of the cells that the `cell` view knows, with what they hold.
        pub const KINDS: &[(u8, &str)] = &[$(($tag, stringify!($name))),+];
    };
}

cells! {
    /// An account.
    account b'A' (seat: Seat) => seat.0, 0;
    /// An instrument.
    market b'M' (instrument: Instrument) => instrument.0.into(), 0;
    /// A page of an instrument's book.
    page b'P' (instrument: Instrument, page: u32) => instrument.0.into(), page;
    /// A product's curve.
    curve b'C' (product: Product) => product.0.into(), 0;
    /// A product's margin.
    risk b'R' (product: Product) => product.0.into(), 0;
    /// The backtest of a product's margin.
    backtest b'B' (product: Product) => product.0.into(), 0;
    /// A sheet of a maker's scores.
    sheet b'S' (seat: Seat, number: u16) => seat.0, number.into();
    /// The ledger.
    ledger b'L' () => 0, 0;
    /// A running liquidation.
    auction b'X' (seat: Seat) => seat.0, 0;
    /// What an account has traded in thirty days.
    volume b'V' (seat: Seat) => seat.0, 0;
    /// The triggers of an account.
    triggers b'T' (seat: Seat) => seat.0, 0;
    /// What stands for the other house in a product while accounts move ([`crate::clearing::migrate()`]).
    mirror b'I' (product: Product) => product.0.into(), 0;
    /// The other contracts ([`Peers`](super::Peers)).
    peers b'N' () => 0, 0;
}

/// The seat of an owner's sub-account.
pub fn seat_of(owner: Address, sub: u8) -> Key {
    Key::new(SEAT).with(&owner).with(&[sub])
}

/// What an address may trade for an account.
pub fn delegate(seat: Seat, address: Address) -> Key {
    Key::new(DELEGATE).number(seat.0).with(&address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_tag_and_its_identifiers_little_endian() {
        assert_eq!(account(Seat(0x0102_0304)).key().as_bytes(), b"A\x04\x03\x02\x01\0\0\0\0");
        assert_eq!(page(Instrument(0x1001), 7).key().as_bytes(), b"P\x01\x10\0\0\x07\0\0\0");
        assert_eq!(ledger().key().as_bytes(), b"L\0\0\0\0\0\0\0\0");
        assert_eq!(seat_of([7; 20], 3).as_bytes(), [&b"O"[..], &[7; 20], &[3]].concat());
        assert_eq!(delegate(Seat(1), [7; 20]).as_bytes(), [&b"D\x01\0\0\0"[..], &[7; 20]].concat());
    }

    #[test]
    fn no_two_kinds_of_cells_have_one_tag() {
        let tags = || KINDS.iter().map(|(tag, _)| *tag).chain([SEAT, DELEGATE]);
        for tag in tags() {
            assert_eq!(tags().filter(|other| *other == tag).count(), 1, "{}", char::from(tag));
        }
    }
}
