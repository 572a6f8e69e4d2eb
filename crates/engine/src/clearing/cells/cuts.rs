//! Cuts in designated makers' quotes that their scores do not count yet.
//!
//! A fill or a removal shortens a maker's depth, and their score is an exact integral over time, so the moment has to
//! be kept. It is kept in the instrument's cell, which the message has in hand: whoever trades with a maker reads and
//! writes no cell for their score. The maker's next quotes bring these cuts into it in the order in which they
//! happened, and a view of the maker's week counts them. When [`MAX_CUTS`] wait in an instrument, the next one goes to
//! the score at once and takes that maker's along.

use crate::codec::{Reader, Writer};
use crate::units::{Lots, Seat, Seconds, Side};

/// Cuts that wait in an instrument at most: as many as its cell has room for.
pub const MAX_CUTS: usize = 9;

/// Lots that are gone from one side of a maker's quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// Seat of the maker.
    pub seat: Seat,
    /// When it happened.
    pub at: Seconds,
    /// Side of the quotes.
    pub side: Side,
    /// Whether the lots have traded.
    pub traded: bool,
    /// Number of lots.
    pub lots: Lots,
    /// The sum of their weights, below 2^38; zero for lots that the score never counted.
    pub weighted: u64,
}

impl Cut {
    const BYTES: usize = 16;
    const TRADED: u64 = 1 << 39;
    const BOUGHT: u64 = 1 << 38;

    fn write(&self, out: &mut Writer) {
        out.uint(self.seat.0.into(), 4);
        out.uint(self.at.0.into(), 4);
        out.uint(self.lots.0.into(), 3);
        let traded = if self.traded { Self::TRADED } else { 0 };
        let bought = if self.side == Side::Buy { Self::BOUGHT } else { 0 };
        out.uint(self.weighted | traded | bought, 5);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let (seat, at, lots) = (Seat(from.u32(4)), Seconds(from.u32(4)), Lots(from.u32(3)));
        let bits = from.uint(5);
        let side = if bits & Self::BOUGHT == 0 { Side::Sell } else { Side::Buy };
        Self { seat, at, side, traded: bits & Self::TRADED != 0, lots, weighted: bits & (Self::BOUGHT - 1) }
    }

    /// Takes another cut along, if both are of the same kind and moment: then only their sums matter.
    fn absorb(&mut self, other: &Self) -> bool {
        let lots = Lots(self.lots.0.saturating_add(other.lots.0));
        let alike = (self.seat, self.at, self.side, self.traded) == (other.seat, other.at, other.side, other.traded)
            && (self.weighted == 0) == (other.weighted == 0)
            && lots <= Lots::MAX;
        if alike {
            // Lots are below 2^23 and a lot weighs at most 2^10.
            (self.lots, self.weighted) = (lots, self.weighted.saturating_add(other.weighted));
        }
        alike
    }
}

/// The cuts that wait in an instrument, oldest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cuts {
    used: usize,
    cuts: [Cut; MAX_CUTS],
}

impl Default for Cuts {
    fn default() -> Self {
        let none =
            Cut { seat: Seat(0), at: Seconds::ZERO, side: Side::Buy, traded: false, lots: Lots::ZERO, weighted: 0 };
        Self { used: 0, cuts: [none; MAX_CUTS] }
    }
}

impl Cuts {
    /// Encoded length in bytes, in the worst case.
    pub const MAX_BYTES: usize = 1 + Cut::BYTES * MAX_CUTS;

    fn cuts(&self) -> &[Cut] {
        self.cuts.get(..self.used).unwrap_or_default()
    }

    /// Notes a cut; `false` when there is no room.
    pub fn note(&mut self, cut: &Cut) -> bool {
        let last = self.used.checked_sub(1).and_then(|last| self.cuts.get_mut(last));
        if last.is_some_and(|last| last.absorb(cut)) {
            return true;
        }
        let Some(free) = self.cuts.get_mut(self.used) else { return false };
        *free = *cut;
        self.used = self.used.saturating_add(1);
        true
    }

    /// A maker's cuts, oldest first.
    pub fn of(&self, seat: Seat) -> impl Iterator<Item = &Cut> {
        self.cuts().iter().filter(move |cut| cut.seat == seat)
    }

    /// Drops a maker's cuts.
    pub fn drop_of(&mut self, seat: Seat) {
        let all = *self;
        *self = Self::default();
        for cut in all.cuts().iter().filter(|cut| cut.seat != seat) {
            self.note(cut);
        }
    }

    /// Appends them to a cell.
    pub fn write(&self, out: &mut Writer) {
        out.uint(u64::try_from(self.used).unwrap_or(0), 1);
        for cut in self.cuts() {
            cut.write(out);
        }
    }

    /// Reads them back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        let mut cuts = Self { used: usize::from(from.u8()).min(MAX_CUTS), ..Self::default() };
        for cut in cuts.cuts.iter_mut().take(cuts.used) {
            *cut = Cut::read(from);
        }
        cuts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn cut(seat: u32, at: u32, lots: u32, weighted: u64) -> Cut {
        Cut { seat: Seat(seat), at: Seconds(at), side: Side::Sell, traded: true, lots: Lots(lots), weighted }
    }

    #[test]
    fn a_cut_comes_back() {
        let large = cut(u32::MAX, u32::MAX, Lots::MAX.0, (1 << 38) - 1);
        for cut in [
            cut(1, 2, 3, 4),
            Cut { side: Side::Buy, ..large },
            Cut { traded: false, ..large },
            Cut { weighted: 0, ..large },
        ] {
            let mut out = Writer::new();
            cut.write(&mut out);
            assert_eq!(out.as_bytes().len(), Cut::BYTES);
            assert_eq!(Cut::read(&mut Reader::new(out.as_bytes())), cut);
        }
    }

    #[test]
    fn cuts_of_a_moment_are_one_and_others_stay_apart() {
        let mut cuts = Cuts::default();
        for each in [cut(1, 5, 10, 70), cut(1, 5, 20, 30)] {
            assert!(cuts.note(&each));
        }
        assert_eq!(cuts.of(Seat(1)).copied().collect::<Vec<_>>(), [cut(1, 5, 30, 100)]);
        let others = [
            cut(2, 5, 1, 1),
            cut(1, 5, 1, 1),
            cut(1, 6, 1, 1),
            Cut { side: Side::Buy, ..cut(1, 6, 1, 1) },
            Cut { side: Side::Buy, traded: false, ..cut(1, 6, 1, 1) },
            cut(1, 6, 1, 0),
            cut(1, 6, Lots::MAX.0, 0),
        ];
        for each in others {
            assert!(cuts.note(&each));
        }
        assert_eq!(cuts.of(Seat(1)).count() + cuts.of(Seat(2)).count(), 8);
        assert_eq!(cuts.of(Seat(2)).copied().collect::<Vec<_>>(), [others[0]]);
    }

    #[test]
    fn a_full_list_takes_no_more_until_one_maker_s_go() {
        let mut cuts = Cuts::default();
        for at in 0..9 {
            assert!(cuts.note(&cut(at % 3, at, 1, 1)));
        }
        let full = cuts;
        assert!(!cuts.note(&cut(0, 9, 1, 1)));
        assert_eq!(cuts, full);
        assert!(cuts.note(&cut(2, 8, 1, 1))); // at the moment of the last
        let mut out = Writer::new();
        cuts.write(&mut out);
        assert_eq!(out.as_bytes().len(), Cuts::MAX_BYTES);
        assert_eq!(Cuts::read(&mut Reader::new(out.as_bytes())), cuts);
        cuts.drop_of(Seat(1));
        assert_eq!((cuts.of(Seat(0)).count(), cuts.of(Seat(1)).count(), cuts.of(Seat(2)).count()), (3, 0, 3));
        assert!(cuts.of(Seat(2)).map(|cut| cut.at.0).eq([2, 5, 8]));
        assert!(cuts.note(&cut(0, 9, 1, 1)));
    }
}
