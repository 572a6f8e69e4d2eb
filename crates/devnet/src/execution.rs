//! A transaction before and after it ran, in terms that no version of the pallet owns.

use crate::cost::Weight;

/// What a signer sends.
pub(crate) enum Message {
    /// Call the contract or precompile at an address.
    Call { to: [u8; 20], data: Vec<u8> },
    /// Upload code, if the chain does not have it, and instantiate it.
    Deploy { code: Vec<u8>, data: Vec<u8> },
}

/// An event as a contract emitted it.
pub(crate) struct RawEvent {
    pub(crate) contract: [u8; 20],
    pub(crate) topics: Vec<[u8; 32]>,
    pub(crate) data: Vec<u8>,
}

/// Why execution ended without a return.
pub(crate) enum Fault {
    /// The weight limit of the transaction was used up.
    OutOfGas,
    /// The code panicked or broke a rule of the virtual machine.
    Trapped,
    /// Any other error of the runtime, as `Pallet::Error`.
    Dispatch(String),
}

/// Data that a contract returned.
pub(crate) struct Returned {
    pub(crate) reverted: bool,
    pub(crate) data: Vec<u8>,
    /// Address of a new contract; the called address for a call.
    pub(crate) address: [u8; 20],
}

/// Everything known about a transaction after it ran.
pub(crate) struct Execution {
    pub(crate) result: Result<Returned, Fault>,
    /// Weight metered by the pallet.
    pub(crate) consumed: Weight,
    /// Weight limit the transaction needed; at least `consumed`.
    pub(crate) required: Weight,
    /// Weight of the transaction around the metered part.
    pub(crate) overhead: Weight,
    /// What it would be if the message came as an Ethereum transaction.
    pub(crate) ethereum_overhead: Weight,
    /// Proof that was really recorded, where that was asked for.
    pub(crate) recorded: Option<Recorded>,
    /// What the Hub's own weights say of it as an Ethereum transaction, where they were asked.
    pub(crate) by_the_hub: Option<Weight>,
    /// Net storage deposit in planck, negative when more was refunded than charged.
    pub(crate) deposit: i128,
    pub(crate) cells: Cells,
    pub(crate) events: Vec<RawEvent>,
}

impl Execution {
    /// Whether the transaction returned and did not revert.
    pub(crate) fn succeeded(&self) -> bool {
        matches!(&self.result, Ok(returned) if !returned.reverted)
    }
}

/// Limits of one block and of one transaction in it.
pub(crate) struct Limits {
    /// What the signed transactions of a block may use together.
    pub(crate) block: Weight,
    /// The largest weight of one transaction, its base weight not counted.
    pub(crate) transaction: Weight,
    /// Base weight of every transaction: signature check and dispatch.
    pub(crate) base: Weight,
}

/// Proof that a transaction alone adds to a block: trie nodes that it read, in bytes, and code. A block has each node
/// and each code once, so several transactions of a block add less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Bytes of trie nodes, cells among them.
    pub nodes: u64,
    /// Bytes of code.
    pub code: u64,
}

/// Cells touched by one transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cells {
    /// Distinct storage keys touched, over all contracts.
    pub touched: u32,
    /// Reads of a value, repeated ones included: the pallet 0.18 charges each.
    pub reads: u32,
    /// Writes and removals of a value, repeated ones included.
    pub writes: u32,
}
