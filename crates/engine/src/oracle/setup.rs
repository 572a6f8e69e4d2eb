//! What governance has set for an index, in one cell: every submission reads all of it.

use super::{Basket, Reporting, Rules, rules::GATHERING};
use crate::codec::{self, Cell, Reader, Writer};

/// Rules, providers and terms of reporting of an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Setup {
    /// How prints and final prices are made.
    pub rules: Rules,
    /// Bonds, rewards and commitments.
    pub reporting: Reporting,
    /// Providers and their quality.
    pub basket: Basket,
}

impl Setup {
    /// Until when a quorum waits for missing batches, in seconds after the start of the day: [`GATHERING`] after
    /// batches can be read, and to the end of the window at most.
    pub(super) fn gathers_until(&self) -> u32 {
        let read_from = self.rules.opens.max(self.reporting.commit_until);
        read_from.saturating_add(GATHERING).min(self.rules.closes)
    }
}

impl Cell for Setup {
    const MAX_BYTES: usize = Rules::MAX_BYTES + Reporting::MAX_BYTES + Basket::MAX_BYTES;

    fn write(&self, out: &mut Writer) {
        self.rules.write(out);
        self.reporting.write(out);
        self.basket.write(out); // last, because its length varies
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { rules: Rules::read(from), reporting: Reporting::read(from), basket: Basket::read(from) }
    }
}

const _: () = assert!(Setup::MAX_BYTES <= codec::CELL_BYTES);
