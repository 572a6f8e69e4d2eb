//! What the two contracts of the clearing house share: its cells, events, errors and the contracts it knows.
//!
//! The clearing house is one account with one address and one set of cells, and its code lies in two blobs, because every
//! message pays for every byte of the blob that it enters: `clearing` has the messages of every minute, `clearing-office` those of
//! every day. A message that `clearing` only names is answered by `clearing-office` in a delegate call.
pub mod cells;
#[expect(missing_docs, reason = "fields are named in the table of events")]
pub mod events;
pub mod fields;
pub mod selectors;

pub use cells::{Chain, Peers};

use ink::env::{DefaultEnvironment, block_timestamp, caller};
use sit_engine::clearing::{ClearingError, Env};

macro_rules! define_clearing_error {
    ($($list:tt)*) => { crate::define_error! { sit_engine::clearing::ClearingError; $($list)* } };
}
sit_engine::clearing_errors!(define_clearing_error);

/// What a message returns.
pub type Result<T> = core::result::Result<T, Error>;

/// Runs a message of the engine for whoever sent this one, now, and writes what it changed.
///
/// # Errors
/// The message's own.
pub fn commit<T>(message: impl FnOnce(&mut Chain, Env) -> core::result::Result<T, ClearingError>) -> Result<T> {
    let mut chain = Chain::new();
    let result = message(&mut chain, env())?;
    chain.flush();
    Ok(result)
}

/// Who sends this message, and when.
pub fn env() -> Env {
    Env { caller: caller().0, now: crate::seconds(block_timestamp::<DefaultEnvironment>()) }
}

/// Refuses everybody but `sender`.
///
/// # Errors
/// `NotAuthorised`.
pub fn only(sender: [u8; 20]) -> Result<()> {
    if caller().0 == sender { Ok(()) } else { Err(Error::NotAuthorised) }
}

/// The contracts that this one knows.
///
/// # Errors
/// `NotConnected` before governance has connected them.
pub fn connected() -> Result<Peers> {
    let peers = Chain::peers();
    if peers.vault == [0; 20] { Err(Error::NotConnected) } else { Ok(peers) }
}
