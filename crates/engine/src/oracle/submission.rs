//! The batch of one reporter for one day, or the commitment to it.

use super::{Address, Hash, MAX_PROVIDERS};
use crate::{
    calendar::Day,
    codec::{self, Cell, Reader, Writer},
};

/// The largest volume, in millions of units: 2^40 - 1, a thousand times what the world uses in a day.
pub const MAX_VOLUME: u64 = (1 << 40) - 1;

/// What a reporter saw of one provider. A price of zero is no quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Quote {
    /// Input price, atoms per million units.
    pub input: u32,
    /// Output price, atoms per million units.
    pub output: u32,
    /// Volume of the day, millions of units, at most [`MAX_VOLUME`].
    pub volume: u64,
}

/// The batch of one reporter for one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Submission {
    /// The reporter who sent it: a place can change hands.
    pub reporter: Address,
    /// The day of the batch: a cell is used again every few days.
    pub day: Day,
    /// A quote for each provider of the basket.
    pub quotes: [Quote; MAX_PROVIDERS],
    /// While the batch is only committed to: its hash, see [`super::commit()`]. Zero for a batch that lies open.
    pub commitment: Hash,
}

impl Submission {
    /// Whether the batch lies open.
    pub fn is_open(&self) -> bool {
        self.commitment == Hash::default()
    }

    /// The quote of a provider, if the batch has one.
    pub fn quote(&self, provider: usize) -> Option<&Quote> {
        self.quotes.get(provider).filter(|quote| quote.input > 0)
    }
}

impl Cell for Submission {
    const MAX_BYTES: usize = 20 + 4 + 2 + MAX_PROVIDERS * (4 + 4 + 5);

    fn write(&self, out: &mut Writer) {
        out.put(&self.reporter);
        out.uint(self.day.0.into(), 4);
        let mask = (0..MAX_PROVIDERS).fold(0, |mask, place| mask | u64::from(self.quote(place).is_some()) << place);
        out.uint(mask, 2);
        for quote in self.quotes.iter().filter(|quote| quote.input > 0) {
            out.uint(quote.input.into(), 4);
            out.uint(quote.output.into(), 4);
            out.uint(quote.volume, 5);
        }
        if !self.is_open() {
            out.put(&self.commitment);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let reporter = from.array();
        let day = Day(from.u32(4));
        let mask = from.u16();
        let quotes = core::array::from_fn(|place| {
            if mask >> place & 1 == 1 {
                Quote { input: from.u32(4), output: from.u32(4), volume: from.uint(5) }
            } else {
                Quote::default()
            }
        });
        // A commitment has no quotes; where the cell ends before it, it reads as none.
        let commitment = if mask == 0 { from.array() } else { Hash::default() };
        Self { reporter, day, quotes, commitment }
    }
}

const _: () = assert!(Submission::MAX_BYTES <= codec::CELL_BYTES);
// A commitment takes the room of quotes that are not there yet.
const _: () = assert!(20 + 4 + 2 + 32 <= Submission::MAX_BYTES);
