//! What the two contracts of the clearing house share: its cells, events, errors and the contracts it knows.
//!
//! The clearing house is one account with one address and one set of cells, and its code lies in two blobs, because
//! every message pays for every byte of the blob that it enters: `clearing` has the messages of every minute,
//! `clearing-office` those of every day. A message that `clearing` only names is answered by `clearing-office` in a
//! delegate call.

pub mod cells;
#[expect(missing_docs, reason = "fields are named in the table of events")]
pub mod events;
pub mod fields;
mod messages;
mod peers;
pub mod selectors;

pub use cells::{Chain, peers};

use ink::env::{DefaultEnvironment, block_timestamp, caller};
use sit_engine::chain::Env;
use sit_engine::clearing::{MessageKind, peers::Payout};

macro_rules! define_clearing_error {
    ($($list:tt)*) => { crate::define_error! { sit_engine::clearing::ClearingError; $($list)* } };
}
sit_engine::clearing_errors!(define_clearing_error);

/// What a message returns.
pub type Result<T> = core::result::Result<T, Error>;

/// Runs a message for whoever sent it, now, if they may send it, and writes what it changed.
///
/// Inlined, because `kind` is a constant wherever a contract has a message: one that the table leaves to anybody or to
/// the message itself does not even read the peers.
///
/// # Errors
/// `NotConnected`, `NotAuthorised`, and the message's own.
#[inline(always)]
pub fn commit<T>(
    kind: MessageKind,
    message: impl FnOnce(&mut Chain, Env) -> sit_engine::clearing::Result<T>,
) -> Result<T> {
    commit_on(&mut Chain::new(), kind, message)
}

/// Runs a message as [`commit`] does and, once everything is written, has the vault pay what it took out. Returns what
/// is left where it came from, in quote atoms.
///
/// # Errors
/// As [`commit`], and `CallFailed` when the vault does not pay: the chain then undoes the message.
#[inline(always)]
pub fn pay_out(
    kind: MessageKind,
    message: impl FnOnce(&mut Chain, Env) -> sit_engine::clearing::Result<Payout>,
) -> Result<u64> {
    let mut chain = Chain::new();
    let payout = commit_on(&mut chain, kind, message)?;
    Ok(payout.pay(&mut chain.vault())?)
}

#[inline(always)]
fn commit_on<T>(
    chain: &mut Chain,
    kind: MessageKind,
    message: impl FnOnce(&mut Chain, Env) -> sit_engine::clearing::Result<T>,
) -> Result<T> {
    if kind.asks_peers() {
        admit(chain, kind)?;
    }
    let result = message(chain, env())?;
    if !kind.is_view() {
        chain.flush();
    }
    Ok(result)
}

/// Checks the sender against the table, once for all messages of a blob.
#[inline(never)]
fn admit(chain: &mut Chain, kind: MessageKind) -> sit_engine::clearing::Result<()> {
    chain.peers().authorise(kind, caller().0)
}

/// The sender of this message, and its time.
#[inline(never)]
fn env() -> Env {
    Env { caller: caller().0, now: crate::seconds(block_timestamp::<DefaultEnvironment>()) }
}
