//! A chain over Ethereum's JSON-RPC.
//!
//! * [`Rpc`]: requests, batches, time limits, repeated reads; what the chain says, typed
//! * [`Key`]: who signs, from a file, a keystore or another program
//! * [`Journal`]: what a key has signed, on disk before it is sent
//! * [`Node`]: all three together as a [`Transport`](crate::Transport)
//! * [`Rollout`]: a deployment whose addresses are known before its first transaction, and [`verify`]
//! * [`Record`]: where an exchange is, and whether the chain on the other end is the one that it is on

mod hex;
mod http;
mod journal;
mod key;
mod node;
mod record;
mod rollout;

pub use hex::{hex_bytes, hex_number, hex_wide, to_hex};
pub use http::{BlockHead, BlockId, Limits, Receipt, Rpc, RpcError, as_told};
pub use journal::{Entry, Journal, JournalError, State};
pub use key::{Key, KeyError};
pub use node::{DEVELOPMENT_CHAIN, Intended, Node, NodeError, Paid, Submitted, Ticket, WEI_PER_PLANCK, foreseen};
pub use record::{Record, RecordError, connect};
pub use rollout::{Finding, Made, Price, Rollout, RolloutError, Step, verify};
