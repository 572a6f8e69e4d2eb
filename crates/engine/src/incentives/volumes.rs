//! What the makers of a week traded, as far as the one in the middle needs it.
//!
//! ```text
//! others = (makers - 1) * volume of the maker in the middle, the lower of two
//! ```
//!
//! Fewer than half of the makers move that maker's volume nowhere but between what two of the rest have traded, however
//! much or little they trade, and where all trade alike it is what the others of each have traded (Huber, Robust
//! Statistics, chapter 1: the median breaks down at half). A maker in the middle is among the first hundred of two
//! hundred, so a cell holds what is needed, however the closing is cut.

use super::MAX_MAKERS;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};

/// So many of the smallest volumes decide: with as many makers as there can be, the last of them is the one in the
/// middle.
const LEAST: usize = MAX_MAKERS.div_ceil(2) as usize;

/// The volumes of the makers that have been read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Volumes {
    /// How many makers they are.
    makers: u16,
    /// The smallest of their volumes in lots, in ascending order; free places last, as the largest number.
    least: [u32; LEAST],
}

impl Default for Volumes {
    fn default() -> Self {
        Self { makers: 0, least: [u32::MAX; LEAST] }
    }
}

impl Volumes {
    /// Takes in what one more maker has traded.
    pub fn add(&mut self, volume: u32) {
        self.makers = self.makers.saturating_add(1);
        let mut carried = volume;
        for place in self.least.iter_mut().filter(|place| **place > volume) {
            carried = core::mem::replace(place, carried);
        }
    }

    /// What the others of a maker have traded, in lots, each taken for the one in the middle.
    pub fn others(&self) -> u64 {
        let others = self.makers.saturating_sub(1);
        let middle = self.least.get(usize::from(others.div_euclid(2))).filter(|_| others > 0);
        u64::from(others).saturating_mul(middle.copied().unwrap_or(0).into())
    }
}

impl Cell for Volumes {
    const MAX_BYTES: usize = 2 + LEAST * 4;

    fn write(&self, out: &mut Writer) {
        out.uint(self.makers.into(), 2);
        for volume in self.least.iter().take(self.makers.into()) {
            out.uint(u64::from(*volume), 4);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let makers = from.u16();
        let mut volumes = Self { makers, ..Self::default() };
        for volume in volumes.least.iter_mut().take(makers.into()) {
            *volume = from.u32(4);
        }
        volumes
    }
}

const _: () = assert!(Volumes::MAX_BYTES <= CELL_BYTES);
