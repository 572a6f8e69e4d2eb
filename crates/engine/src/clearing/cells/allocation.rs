//! How far the allocation of an instrument's loss to its winners has come ([`crate::clearing::allocate()`]).

use crate::codec::{Reader, Writer};
use crate::math::mul_div_ceil;
use crate::units::{Points, Ticks};

/// The running or the last allocation of an instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Allocation {
    /// Its number, five bits: odd while holders are counted, even afterwards.
    pub number: u8,
    /// The settlement mark at which profits are measured.
    pub mark: Ticks,
    /// What is to be borne.
    pub deficit: Points,
    /// Sum of the profits counted.
    pub profit: Points,
    /// Accounts that have been counted and have not borne their part.
    pub counted: u32,
}

impl Allocation {
    /// Encoded length in bytes.
    pub const BYTES: usize = 21;

    /// The largest number: a position keeps it in five bits, and it need only differ from the one before.
    pub(super) const NUMBERS: u8 = 0x1F;

    /// Whether holders are being counted: the instrument is closed for everything else.
    pub fn is_counting(&self) -> bool {
        self.number & 1 == 1
    }

    /// What a position of this profit bears.
    pub(crate) fn haircut(&self, profit: Points) -> Points {
        let share = mul_div_ceil(profit.0.into(), self.deficit.0.into(), self.profit.0.into());
        Points(i64::try_from(share).unwrap_or(profit.0)).min(profit)
    }

    /// Begins counting, or ends it.
    pub(crate) fn step(&mut self) {
        self.number = self.number.wrapping_add(1) & Self::NUMBERS;
    }

    /// Appends the packed value.
    pub fn write(&self, out: &mut Writer) {
        out.uint(self.number.into(), 1);
        out.uint(self.mark.0.into(), 3);
        out.int(self.deficit.0, 7);
        out.int(self.profit.0, 7);
        out.uint(self.counted.into(), 3);
    }

    /// Reads the packed value back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        Self {
            number: from.u8(),
            mark: Ticks(from.u32(3)),
            deficit: Points(from.int(7)),
            profit: Points(from.int(7)),
            counted: from.u32(3),
        }
    }
}
