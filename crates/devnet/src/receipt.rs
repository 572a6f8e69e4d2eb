//! What comes back from a transaction: values, events, cost, or a named reason.

use alloy_core::dyn_abi::DynSolValue;

use sit_client::{
    FromValue,
    abi::{self, AbiError, Field},
};

use crate::{block::BlockFull, cost::Cost};

/// An event of a transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Name of the contract that emitted it; its address if the chain does not know it.
    pub contract: String,
    /// Name of the event; `unknown` if no deployed contract declares it.
    pub name: String,
    /// Fields in the order of the declaration; of an unknown event the `topics` and the `data`.
    pub fields: Vec<Field>,
}

impl Event {
    /// A field by its name.
    ///
    /// # Errors
    /// [`AbiError::Read`] if it is absent or of another type.
    pub fn get<T: FromValue>(&self, field: &str) -> Result<T, AbiError> {
        abi::read_field(&self.fields, field)
    }
}

/// What a successful transaction returned, emitted and cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// Values returned.
    pub returned: Vec<DynSolValue>,
    /// Events of all contracts involved, oldest first.
    pub events: Vec<Event>,
    /// Weight, deposit, cells.
    pub cost: Cost,
}

impl Receipt {
    /// A returned value by its position.
    ///
    /// # Errors
    /// [`AbiError::Read`] if it is absent or of another type.
    pub fn get<T: FromValue>(&self, position: usize) -> Result<T, AbiError> {
        abi::read(&format!("returned value {position}"), self.returned.get(position))
    }

    /// The first event of that name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.name == name)
    }

    /// All events of that name, oldest first.
    pub fn events_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |event| event.name == name)
    }
}

/// The error that a contract reverted with.
#[derive(Debug, Clone, PartialEq)]
pub struct Revert {
    /// Name of the custom error; `Error` or `Panic` for Solidity's own, `unknown` if the ABI does not explain the data.
    pub name: String,
    /// Fields in the order of the declaration.
    pub fields: Vec<Field>,
    /// What a person reads: which rule was broken, and what they can do.
    pub sentence: String,
}

impl Revert {
    /// A field by its name.
    ///
    /// # Errors
    /// [`AbiError::Read`] if it is absent or of another type.
    pub fn get<T: FromValue>(&self, field: &str) -> Result<T, AbiError> {
        abi::read_field(&self.fields, field)
    }
}

/// Why a transaction failed. The state is as it was before; only [`CallError::BlockFull`] and [`CallError::Abi`] do not
/// use the block, because such a transaction is never included.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The contract refused with an error of its own.
    #[error("{message} was refused: {}", revert.sentence)]
    Reverted {
        /// What was called, as `contract.message`.
        message: String,
        /// The error.
        revert: Revert,
    },
    /// The code panicked or broke a rule of the virtual machine: a bug in the contract.
    #[error("{message} trapped: the contract panicked; it should return a named error instead")]
    Trapped {
        /// What was called, as `contract.message`.
        message: String,
    },
    /// It needs more than one transaction may use, 80 % of a block.
    #[error("{message} ran out of weight: it does not fit into any block; split the work over several calls")]
    OutOfGas {
        /// What was called, as `contract.message`.
        message: String,
    },
    /// The block has no room for it.
    #[error(transparent)]
    BlockFull(#[from] BlockFull),
    /// The runtime refused, for instance a transfer without funds. A call to an address without code is not refused: it
    /// succeeds and returns nothing, as on chain.
    #[error("{message} was refused by the runtime: {reason}")]
    Dispatch {
        /// What was called, as `contract.message`.
        message: String,
        /// The error as `Pallet::Error`.
        reason: String,
    },
    /// Arguments or answer do not fit the ABI.
    #[error(transparent)]
    Abi(#[from] AbiError),
}

impl CallError {
    /// The contract's own error, if it reverted.
    #[must_use]
    pub const fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Reverted { revert, .. } => Some(revert),
            _ => None,
        }
    }

    /// Name of the contract's own error, empty if it did not revert.
    #[must_use]
    pub fn name(&self) -> &str {
        self.revert().map_or("", |revert| revert.name.as_str())
    }
}
