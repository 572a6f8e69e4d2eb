//! The client of the exchange: typed messages, views, answers, refusals, events and cells of its seven contracts, over
//! any chain that can run a transaction.
//!
//! The vocabulary is [`sit_native`]'s; here it becomes bytes ([`codec`]), is held against the contracts' ABI both ways
//! ([`vocabulary`]), and travels over a [`Transport`]: the chain in process, a node.
//!
//! * [`Client`]: sends, asks, reads, previews
//! * [`Deployment`]: where the contracts are; [`deploy`] puts them there and wires them, and goes on where it was
//!   interrupted
//! * [`permit`]: deposits without an approval before them
//! * [`govern`]: what takes a proposal, approvals and a delay
//! * [`interface`]: the vocabulary as Solidity ABIs, for programs that are not ours
//! * [`Artifact`], [`blobs`], [`abi`], [`args!`]: code, the manifest that names it, and ABI; calls of contracts that
//!   the vocabulary does not know
//!
//! ```
//! use sit_client::{Client, Done, Failure, Transport};
//! use sit_engine::units::Seat;
//! use sit_native::{Message, view::Audit};
//!
//! /// Pays five US dollars in and says whether the vault's books balance. For the chain in process as for a node.
//! fn pay_in<T: Transport>(client: &mut Client<T>, signer: &T::Signer, seat: Seat) -> Result<bool, Failure> {
//!     let done: Done<T::Cost> = client.send(signer, &Message::Deposit { seat, amount: 5_000_000 })?;
//!     let cash: u64 = done.answer()?;
//!     assert!(cash >= 5_000_000);
//!     Ok(client.view(&Audit {})?.balanced)
//! }
//! ```

pub mod abi;
mod abi_error;
mod args;
mod artifact;
pub mod blobs;
mod client;
pub mod codec;
pub mod deploy;
mod deployment;
mod files;
mod fit;
pub mod govern;
pub mod interface;
pub mod permit;
pub mod rpc;
mod state;
mod stores;
pub mod transport;
pub mod vocabulary;

pub use abi::{AbiError, Field};
pub use alloy_core::{
    dyn_abi::DynSolValue as Value,
    json_abi::JsonAbi,
    primitives::{Address, U256},
};
pub use args::{FromValue, IntoArg};
pub use artifact::{Artifact, ArtifactError, cache_dir};
pub use client::{Client, Done, Failure};
pub use deploy::Plan;
pub use deployment::{Deployment, DeploymentError};
pub use files::write_whole;
pub use govern::{MarginProposal, Proposal};
pub use state::ChainState;
pub use stores::{Stores, stores};
pub use transport::{Signer, Transport};
