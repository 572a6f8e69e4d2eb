//! A running liquidation: when it began, at which marks, and what is lacking. Its prices are a rule
//! ([`crate::clearing::auction`]).

use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::Seconds;

/// A running liquidation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Auction {
    /// When it started; zero when none runs.
    pub started: Seconds,
    /// The marks that it belongs to, as a number that is another one when one of them may have moved
    /// ([`crate::clearing::margin::judge`]).
    pub marks: u32,
    /// What the account owes beyond all that it has, in quote atoms, as last reported to the ledger.
    pub deficit: u64,
}

const _: () = assert!(Auction::MAX_BYTES <= CELL_BYTES);

impl Cell for Auction {
    const MAX_BYTES: usize = 16;

    fn write(&self, out: &mut Writer) {
        out.uint(self.started.0.into(), 4);
        out.uint(self.deficit, 8);
        out.uint(self.marks.into(), 4);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { started: Seconds(from.u32(4)), deficit: from.uint(8), marks: from.u32(4) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auction_comes_back() {
        let auction = Auction { started: Seconds(7), marks: u32::MAX - 1, deficit: u64::MAX };
        assert_eq!(auction.to_cell().as_bytes().len(), Auction::MAX_BYTES);
        assert_eq!(Auction::from_cell(auction.to_cell().as_bytes()), auction);
    }
}
