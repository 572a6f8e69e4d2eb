//! The block under construction and what still fits into it.
//!
//! Rule: a transaction enters a block only if the weight it needs and the weight already used stay within 85 % of the
//! block in both dimensions. Source: `CheckWeight` of `frame_system`, class `Normal`.

use crate::cost::Weight;

/// The block refused a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "block {number} is full: the transaction needs {needed}, and {left} are left; seal the block and send it again"
)]
pub struct BlockFull {
    /// Number of the block.
    pub number: u32,
    /// What the transaction needs.
    pub needed: Weight,
    /// What the block has left.
    pub left: Weight,
}

/// What to do with a transaction that does not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Refuse it with [`BlockFull`].
    #[default]
    Refuse,
    /// Seal the block, open the next one so many seconds later, and run the transaction there.
    Seal {
        /// Seconds from the full block to the next; the Hub builds a block about every 2 s.
        seconds: u64,
    },
}

/// The block under construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its number; the first is 1.
    pub number: u32,
    /// Its time in Unix seconds, as contracts see it.
    pub time: u64,
    /// Weight used by its transactions, failed ones included.
    pub used: Weight,
    /// Number of its transactions, failed ones included.
    pub transactions: u32,
}

impl Block {
    /// An empty block.
    pub(crate) const fn new(number: u32, time: u64) -> Self {
        Self { number, time, used: Weight { ref_time: 0, proof_size: 0 }, transactions: 0 }
    }

    /// Adds a transaction.
    pub(crate) const fn include(&mut self, weight: Weight) {
        self.used = self.used.add(weight);
        self.transactions = self.transactions.saturating_add(1);
    }
}
