//! Polkadot Hub's contract platform in process.
//!
//! The real `pallet-revive` 0.18.1 in `TestExternalities` with the limits of Polkadot Hub, the ERC-20 precompile over
//! `pallet-assets` as USDC, and honest blocks. [`chain`] says what is modelled and what is not.
//!
//! A [`Chain`] is a [`Transport`](sit_client::Transport): a [`Client`](sit_client::Client) sends it messages of the
//! vocabulary.
//!
//! ```
//! use sit_client::{Client, Deployment, Signer};
//! use sit_devnet::Chain;
//! use sit_native::{Contract, Message, TokenAmount, view::BalanceOf};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut chain = Chain::new();
//! let (alice, bob) = (chain.account("alice"), chain.account("bob"));
//! chain.mint_usdc(&alice, 1_000_000_000)?; // 1,000 USD
//!
//! let mut known = Deployment::default();
//! known.set(Contract::Token, chain.usdc().address.into_array());
//! let mut client = Client::new(&mut chain, known);
//! let sent = client.send(&alice, &Message::SendTokens { to: bob.address(), value: TokenAmount(5_000_000) })?;
//! assert!(sent.answer::<bool>()?);
//! println!("{} of them fit into a block", sent.cost.per_block);
//! assert_eq!(client.view(&BalanceOf { account: bob.address() })?, TokenAmount(5_000_000));
//! # Ok(())
//! # }
//! ```
//!
//! Beside this harness stands the development chain, on the same runtime: [`node`] makes true blocks of signed Ethereum
//! transactions and remembers their states, [`rpc`] answers Ethereum's JSON-RPC, [`server`] carries it, [`opening`] and
//! [`market`] put the exchange on it and let it live, [`elsewhere`] does the same on a node. The program `sit-devnet`
//! is all of that.
//!
//! Contracts that the vocabulary does not know, such as the mock tokens of tests, are called by their ABI:
//! [`Chain::call`], [`args!`].

mod account;
mod block;
pub mod chain;
mod console;
mod contract;
mod cost;
pub mod elsewhere;
mod execution;
mod hub;
pub mod keyring;
pub mod market;
pub mod measure;
pub mod node;
pub mod opening;
pub mod predeployed;
pub mod profile;
mod receipt;
pub mod rpc;
pub mod sequence;
pub mod server;
mod token;
mod transport;
mod wallet;

pub use account::Account;
pub use block::{Block, BlockFull, WhenFull};
pub use chain::{Chain, ChainError, GENESIS_TIME};
pub use contract::Deployed;
pub use cost::{BLOCK_LIMIT, Cost, Weight, WeightTable};
pub use execution::{Cells, Recorded};
pub use hub::{DOT, USDC_MIN_BALANCE};
pub use receipt::{CallError, Event, Receipt, Revert};
pub use sit_client::{
    AbiError, Address, Artifact, ArtifactError, Field, FromValue, IntoArg, JsonAbi, U256, Value, args,
};
pub use token::USDC_ADDRESS;
pub use transport::Stopped;
pub use wallet::{NotDone, Paid};
