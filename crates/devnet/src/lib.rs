//! Polkadot Hub's contract platform in process.
//!
//! The real `pallet-revive` 0.18.1 in `TestExternalities` with the limits of Polkadot Hub, the ERC-20 precompile over
//! `pallet-assets` as USDC, honest blocks, and an encoder that is independent of the contracts. [`chain`] says
//! what is modelled and what is not.
//!
//! ```no_run
//! use sit_devnet::{Artifact, Chain, args};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut chain = Chain::new();
//! let (alice, usdc) = (chain.account("alice"), chain.usdc());
//! chain.mint_usdc(&alice, 1_000_000_000)?; // 1,000 USD
//!
//! let vault = chain.deploy(&alice, &Artifact::load("vault")?, args![&usdc])?;
//! chain.call(&alice, &usdc, "approve", args![&vault, 5_000_000])?;
//! let receipt = chain.call(&alice, &vault, "deposit", args![5_000_000])?;
//! println!("{} deposits fit into a block", receipt.cost.per_block);
//!
//! let error = chain.call(&alice, &vault, "withdraw", args![9_000_000]).unwrap_err();
//! assert_eq!(error.name(), "Short"); // a named Solidity error; the state is untouched
//! chain.advance(86_400);
//! let balance: u128 = chain.view(&alice, &vault, "balance_of", args![&alice])?.get(0)?;
//! # Ok(())
//! # }
//! ```

mod abi;
mod account;
mod args;
mod artifact;
mod block;
pub mod chain;
mod contract;
mod cost;
mod execution;
mod fit;
mod hub;
mod receipt;
mod token;

pub use abi::{AbiError, Field};
pub use account::Account;
pub use alloy_core::{
    dyn_abi::DynSolValue as Value,
    json_abi::JsonAbi,
    primitives::{Address, U256},
};
pub use args::{FromValue, IntoArg};
pub use artifact::{Artifact, ArtifactError};
pub use block::{Block, BlockFull, WhenFull};
pub use chain::{Chain, ChainError, GENESIS_TIME};
pub use contract::Deployed;
pub use cost::{Cost, Weight, WeightTable};
pub use execution::Cells;
pub use hub::{DOT, USDC_MIN_BALANCE};
pub use receipt::{CallError, Event, Receipt, Revert};
pub use token::USDC_ADDRESS;
