//! What a transaction costs, and the worst of it by message.
//!
//! Formula: `weight = metered by the pallet + call of the pallet + transaction extensions + base of a transaction`,
//! with the length of the transaction counted as proof; `per_block = min over both dimensions of limit / weight`,
//! where the limit is 85 % of 2 s and of 10 MiB. Units: `ref_time` picoseconds, `proof_size` bytes, deposits planck.
//! Source: `CheckWeight` of `frame_system`, limits of Polkadot Hub.

use std::{collections::BTreeMap, fmt};

use crate::execution::{Cells, Recorded};

/// What the signed transactions of a block may use: 85 % of 2 s and of 10 MiB.
pub const BLOCK_LIMIT: Weight = Weight { ref_time: 1_700_000_000_000, proof_size: 8_912_896 };

/// A two-dimensional weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    /// Computation time on reference hardware, in picoseconds.
    pub ref_time: u64,
    /// Size of the storage proof, in bytes.
    pub proof_size: u64,
}

impl Weight {
    /// Sum; saturates.
    #[must_use]
    pub const fn add(self, other: Self) -> Self {
        Self {
            ref_time: self.ref_time.saturating_add(other.ref_time),
            proof_size: self.proof_size.saturating_add(other.proof_size),
        }
    }

    /// Difference; zero in a dimension that would be negative.
    #[must_use]
    pub const fn sub(self, other: Self) -> Self {
        Self {
            ref_time: self.ref_time.saturating_sub(other.ref_time),
            proof_size: self.proof_size.saturating_sub(other.proof_size),
        }
    }

    /// The larger of both in each dimension.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { ref_time: self.ref_time.max(other.ref_time), proof_size: self.proof_size.max(other.proof_size) }
    }

    /// Whether it is at most `limit` in both dimensions.
    #[must_use]
    pub const fn fits(self, limit: Self) -> bool {
        self.ref_time <= limit.ref_time && self.proof_size <= limit.proof_size
    }

    /// How often it fits into `limit`, rounded down; a dimension that costs nothing does not bind.
    #[must_use]
    pub fn times_in(self, limit: Self) -> u64 {
        let times = |limit: u64, cost: u64| limit.checked_div(cost).unwrap_or(u64::MAX);
        times(limit.ref_time, self.ref_time).min(times(limit.proof_size, self.proof_size))
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ps of ref_time and {} bytes of proof", self.ref_time, self.proof_size)
    }
}

/// Cost of one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// What the block is charged.
    pub weight: Weight,
    /// The part of it that the pallet metered: code, storage, host functions, sub-calls.
    pub metered: Weight,
    /// Net storage deposit of the signer in planck: positive is charged, negative is refunded.
    pub deposit: i128,
    /// Storage cells of contracts.
    pub cells: Cells,
    /// Size of the called contract's code in bytes; zero for a precompile.
    pub blob_bytes: u64,
    /// How many transactions of this weight a block takes.
    pub per_block: u64,
    /// What the block is charged when the message comes as an Ethereum transaction, whose bytes count fourfold.
    pub ethereum: Weight,
    /// How many Ethereum transactions of this weight a block takes.
    pub ethereum_per_block: u64,
    /// How many of them it takes by `ref_time` alone: what binds where unused proof is given back, as on the Hub.
    pub ethereum_per_block_by_time: u64,
    /// Proof that was really recorded; `None` where nobody recorded it.
    pub recorded: Option<Recorded>,
    /// What the Hub's own weights say of it as an Ethereum transaction; `None` where nobody asked them.
    pub by_the_hub: Option<Weight>,
}

/// The worst cost seen of each message.
///
/// "Worst" is taken for each figure on its own, so a row is an upper bound that may combine several transactions.
#[derive(Debug, Clone, Default)]
pub struct WeightTable {
    rows: BTreeMap<String, Cost>,
}

impl WeightTable {
    /// Header of [`WeightTable::to_csv`].
    pub const CSV_HEADER: &'static str = "message,ref_time,proof_size,deposit,cells,per_block";

    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an observation under a label, usually `contract.message`.
    pub fn record(&mut self, label: &str, cost: &Cost) {
        match self.rows.get_mut(label) {
            None => {
                self.rows.insert(label.to_owned(), *cost);
            }
            Some(row) => {
                row.weight = row.weight.max(cost.weight);
                row.metered = row.metered.max(cost.metered);
                row.deposit = row.deposit.max(cost.deposit);
                row.cells = Cells {
                    touched: row.cells.touched.max(cost.cells.touched),
                    reads: row.cells.reads.max(cost.cells.reads),
                    writes: row.cells.writes.max(cost.cells.writes),
                };
                row.blob_bytes = row.blob_bytes.max(cost.blob_bytes);
                row.per_block = row.per_block.min(cost.per_block);
                row.ethereum = row.ethereum.max(cost.ethereum);
                row.ethereum_per_block = row.ethereum_per_block.min(cost.ethereum_per_block);
                row.ethereum_per_block_by_time = row.ethereum_per_block_by_time.min(cost.ethereum_per_block_by_time);
                row.recorded = match (row.recorded, cost.recorded) {
                    (Some(one), Some(other)) => {
                        Some(Recorded { nodes: one.nodes.max(other.nodes), code: one.code.max(other.code) })
                    }
                    (one, other) => one.or(other),
                };
                row.by_the_hub = match (row.by_the_hub, cost.by_the_hub) {
                    (Some(one), Some(other)) => Some(one.max(other)),
                    (one, other) => one.or(other),
                };
            }
        }
    }

    /// Adds all rows of another table.
    pub fn merge(&mut self, other: &Self) {
        for (label, cost) in &other.rows {
            self.record(label, cost);
        }
    }

    /// Rows in order of their label.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Cost)> {
        self.rows.iter().map(|(label, cost)| (label.as_str(), cost))
    }

    /// Comma-separated text with [`WeightTable::CSV_HEADER`], one line for each row, ending in a newline.
    ///
    /// `ref_time` is in picoseconds, `proof_size` in bytes, `deposit` in planck, `cells` are distinct keys.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut csv = format!("{}\n", Self::CSV_HEADER);
        for (label, cost) in &self.rows {
            csv.push_str(&format!(
                "{label},{},{},{},{},{}\n",
                cost.weight.ref_time, cost.weight.proof_size, cost.deposit, cost.cells.touched, cost.per_block
            ));
        }
        csv
    }
}
