//! A message as it ran: its frames, what each asked of the chain and what it was answered.

use std::collections::BTreeMap;

use crate::cost::Weight;

/// One message of a contract, with all that is needed to run it again without a chain.
#[derive(Debug, Clone)]
pub struct Recording {
    /// What the pallet metered.
    pub metered: Weight,
    /// Picoseconds of `ref_time` for one instruction.
    pub price: u64,
    /// Time of the block in Unix seconds.
    pub(crate) now: u64,
    /// The frames in the order in which they began.
    pub(crate) frames: Vec<Frame>,
    /// Code by the address whose code it is, with the contract's name.
    pub(crate) codes: BTreeMap<[u8; 20], (String, Vec<u8>)>,
}

/// A call of code: the message itself, or what it called.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    /// Whose code runs.
    pub(crate) code: [u8; 20],
    /// In whose name: whose cells it reads.
    pub(crate) address: [u8; 20],
    pub(crate) caller: [u8; 20],
    /// What was sent with it, little endian.
    pub(crate) value: [u8; 32],
    pub(crate) input: Vec<u8>,
    pub(crate) asked: Vec<Asked>,
    /// Picoseconds of its instructions: before the first question, between two, after the last.
    pub(crate) stretches: Vec<u64>,
}

/// A function of the host that a frame called, and what it learned.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) function: &'static str,
    /// What came back in the register; nothing for functions that return nothing, and for the last of a frame.
    pub(crate) returned: Option<u64>,
    /// What came back in memory: the value of a cell, the output of another frame.
    pub(crate) learned: Option<Vec<u8>>,
    /// Picoseconds of it, without frames that it opened.
    pub(crate) charged: u64,
}

impl Recording {
    /// Names of the contracts whose code ran, each once, in order of the alphabet.
    #[must_use]
    pub fn contracts(&self) -> Vec<String> {
        let mut names: Vec<String> = self.codes.values().map(|(name, _)| name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}
