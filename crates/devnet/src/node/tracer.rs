//! What a transaction leaves no record of: the bytes with which it ended, the contract that it made, and the cells that
//! it touched.

use pallet_revive::{ExecReturnValue, Key, Weight, tracing::Tracing};
use sp_core::{H160, U256};
use sp_runtime::DispatchError;

use crate::{execution::Cells, hub::CellCounter};

/// Follows the outermost call of a transaction.
#[derive(Default)]
pub(crate) struct Ending {
    cells: CellCounter,
    depth: u32,
    /// What the outermost call returned or reverted with.
    pub(crate) output: Vec<u8>,
    /// Why the outermost call ended otherwise.
    pub(crate) fault: Option<DispatchError>,
    /// Where the outermost call went.
    pub(crate) callee: H160,
}

impl Ending {
    /// The cells of contracts that were touched.
    pub(crate) fn cells(&self) -> Cells {
        self.cells.cells()
    }
}

impl Tracing for Ending {
    fn enter_child_span(
        &mut self,
        from: H160,
        to: H160,
        delegate_call: Option<H160>,
        is_read_only: bool,
        value: U256,
        input: &[u8],
        gas_limit: u64,
    ) {
        if self.depth == 0 {
            self.callee = to;
        }
        self.depth += 1;
        self.cells.enter_child_span(from, to, delegate_call, is_read_only, value, input, gas_limit);
    }

    fn exit_child_span(&mut self, output: &ExecReturnValue, gas_used: u64, weight: Weight) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.output.clone_from(&output.data);
        }
        self.cells.exit_child_span(output, gas_used, weight);
    }

    fn exit_child_span_with_error(&mut self, error: DispatchError, gas_used: u64, weight: Weight) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.fault = Some(error);
        }
        self.cells.exit_child_span_with_error(error, gas_used, weight);
    }

    fn storage_read(&mut self, key: &Key, value: Option<&[u8]>) {
        self.cells.storage_read(key, value);
    }

    fn storage_write(&mut self, key: &Key, old: Option<Vec<u8>>, new: Option<&[u8]>) {
        self.cells.storage_write(key, old, new);
    }
}
