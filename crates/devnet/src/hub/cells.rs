//! Counts the storage cells that a transaction touches.
//!
//! How: the pallet reports every value it reads from or writes to a contract's own trie through its tracing hooks;
//! the counter keeps the set of (contract, key). A cell counts once however often it is touched, in reverted
//! sub-calls too, because its trie nodes are in the proof either way. A delegate call counts for the contract whose
//! storage it works on.
//!
//! Not seen: storage of pallets (balances, assets: the ERC-20 precompile), code, and tests of mere existence, which
//! read a length and report no value. Tracing changes neither weight nor state.

use std::collections::BTreeSet;

use pallet_revive::{ExecReturnValue, Key, Weight, tracing::Tracing};
use sp_core::{H160, U256};
use sp_runtime::DispatchError;

use crate::execution::Cells;

/// The tracer that counts.
#[derive(Default)]
pub(crate) struct CellCounter {
    /// Contracts whose storage the open frames work on, innermost last.
    frames: Vec<H160>,
    seen: BTreeSet<(H160, Vec<u8>)>,
    reads: u32,
    writes: u32,
}

impl CellCounter {
    pub(crate) fn cells(&self) -> Cells {
        Cells { touched: u32::try_from(self.seen.len()).unwrap_or(u32::MAX), reads: self.reads, writes: self.writes }
    }

    fn touch(&mut self, key: &Key) {
        let contract = self.frames.last().copied().unwrap_or_default();
        self.seen.insert((contract, key.hash()));
    }
}

impl Tracing for CellCounter {
    fn enter_child_span(
        &mut self,
        from: H160,
        to: H160,
        delegate_call: Option<H160>,
        _is_read_only: bool,
        _value: U256,
        _input: &[u8],
        _gas_limit: u64,
    ) {
        self.frames.push(if delegate_call.is_some() { from } else { to });
    }

    fn exit_child_span(&mut self, _output: &ExecReturnValue, _gas_used: u64, _weight: Weight) {
        self.frames.pop();
    }

    fn exit_child_span_with_error(&mut self, _error: DispatchError, _gas_used: u64, _weight: Weight) {
        self.frames.pop();
    }

    fn storage_read(&mut self, key: &Key, _value: Option<&[u8]>) {
        self.reads = self.reads.saturating_add(1);
        self.touch(key);
    }

    fn storage_write(&mut self, key: &Key, _old: Option<Vec<u8>>, _new: Option<&[u8]>) {
        self.writes = self.writes.saturating_add(1);
        self.touch(key);
    }
}
