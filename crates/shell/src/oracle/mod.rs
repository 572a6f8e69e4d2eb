//! What the two contracts of the index share: its cells, events, errors and structs.
//!
//! The oracle is one account with one address and one set of cells, and its code lies in two blobs, because every
//! message pays for every byte of the blob that it enters: `oracle` has the messages of every day, `oracle-office`
//! those of setting up, of stakes and of final prices. A message that `oracle` only names is answered by
//! `oracle-office` in a delegate call.
pub mod cells;
#[expect(missing_docs, reason = "fields are named in the table of events")]
pub mod events;
pub mod fields;
mod messages;

pub use cells::Chain;

use ink::env::{DefaultEnvironment, block_timestamp, caller};
use sit_engine::chain::Env;

macro_rules! define_oracle_error {
    ($($list:tt)*) => { crate::define_error! { sit_engine::oracle::OracleError; $($list)* } };
}
sit_engine::oracle_errors!(define_oracle_error);

/// What a message returns.
pub type Result<T> = core::result::Result<T, Error>;

/// The sender of this message, and its time.
pub fn env() -> Env {
    Env { now: crate::seconds(block_timestamp::<DefaultEnvironment>()), caller: caller().0 }
}
