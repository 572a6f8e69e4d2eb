//! Writes down what a transaction asked of the chain, for a profile of it.
//!
//! How: the pallet tells a tracer of every function of the host that a contract calls, with the weight before and
//! after, and of the instructions between two of them as a function of its own. Values of cells and outputs of calls
//! come with it; everything else that a contract can ask for is the frame's. Tracing changes neither weight nor state.

use pallet_revive::{
    ExecReturnValue, Key, Weight, WeightInfo,
    tracing::{FrameTraceInfo, PVM_FUEL_NAME, Tracing},
};
use sit_hub::Runtime;
use sp_core::{H160, U256};
use sp_runtime::DispatchError;

use super::cells::CellCounter;
use crate::profile::{Asked, Frame};

/// Counts cells, and writes down the rest where that is wanted.
#[derive(Default)]
pub(crate) struct Tape {
    pub(super) counter: CellCounter,
    /// Whether anything is written down.
    on: bool,
    /// The frames that have not ended, innermost last.
    open: Vec<Open>,
    /// All frames, in the order in which they began.
    pub(super) frames: Vec<Frame>,
}

struct Open {
    /// Its place among all frames.
    frame: usize,
    /// What it was charged when the last function of the host ended.
    settled: u64,
    /// What frames have been charged that it opened since then.
    below: u64,
    /// The function that it is in.
    inside: Option<&'static str>,
    learned: Option<Vec<u8>>,
}

impl Tape {
    pub(crate) fn new(on: bool) -> Self {
        Self { on, ..Self::default() }
    }

    fn ended(&mut self, output: Option<&[u8]>, weight: Weight) {
        self.open.pop();
        if let Some(caller) = self.open.last_mut() {
            caller.below += weight.ref_time();
            caller.learned = output.map(<[u8]>::to_vec);
        }
    }
}

/// Picoseconds that the pallet charges for an instruction of PolkaVM: what a loop of one more instruction takes more.
pub(crate) fn instruction_price() -> u64 {
    type Weights = <Runtime as pallet_revive::Config>::WeightInfo;
    let full = Weights::instr(1).saturating_sub(Weights::instr(0)).ref_time();
    let empty = Weights::instr_empty_loop(1).saturating_sub(Weights::instr_empty_loop(0)).ref_time();
    full.saturating_sub(empty)
}

impl Tracing for Tape {
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
        self.counter.enter_child_span(from, to, delegate_call, is_read_only, value, input, gas_limit);
        if !self.on {
            return;
        }
        // A delegate is the frame that called it in everything but its code.
        let outer = self.open.last().and_then(|open| self.frames.get(open.frame));
        let (address, caller, value) = match (delegate_call, outer) {
            (Some(_), Some(outer)) => (outer.address, outer.caller, outer.value),
            _ => (to.0, from.0, value.to_little_endian()),
        };
        let code = delegate_call.unwrap_or(to).0;
        self.open.push(Open { frame: self.frames.len(), settled: 0, below: 0, inside: None, learned: None });
        self.frames.push(Frame { code, address, caller, value, input: input.to_vec(), ..Frame::default() });
    }

    fn exit_child_span(&mut self, output: &ExecReturnValue, gas_used: u64, weight: Weight) {
        self.counter.exit_child_span(output, gas_used, weight);
        self.ended(Some(&output.data), weight);
    }

    fn exit_child_span_with_error(&mut self, error: DispatchError, gas_used: u64, weight: Weight) {
        self.counter.exit_child_span_with_error(error, gas_used, weight);
        self.ended(None, weight);
    }

    fn storage_read(&mut self, key: &Key, value: Option<&[u8]>) {
        self.counter.storage_read(key, value);
        if let Some(open) = self.open.last_mut() {
            open.learned = value.map(<[u8]>::to_vec);
        }
    }

    fn storage_write(&mut self, key: &Key, old: Option<Vec<u8>>, new: Option<&[u8]>) {
        self.counter.storage_write(key, old, new);
    }

    fn enter_ecall(&mut self, function: &'static str, _args: &[u64], info: &dyn FrameTraceInfo) {
        let Some(open) = self.open.last_mut() else { return };
        open.inside = Some(function);
        if function == PVM_FUEL_NAME {
            // The pallet books the weight of the frame's loading before its first instruction.
            open.settled = info.weight_consumed().ref_time();
        } else {
            (open.below, open.learned) = (0, None);
        }
    }

    fn exit_step(&mut self, info: &dyn FrameTraceInfo, returned: Option<u64>) {
        let Some(open) = self.open.last_mut() else { return };
        let (Some(function), Some(frame)) = (open.inside.take(), self.frames.get_mut(open.frame)) else { return };
        let charged = info.weight_consumed().ref_time().saturating_sub(open.settled);
        open.settled += charged;
        if function == PVM_FUEL_NAME {
            frame.stretches.push(charged);
        } else {
            let charged = charged.saturating_sub(open.below);
            frame.asked.push(Asked { function, returned, learned: open.learned.take(), charged });
        }
    }
}
