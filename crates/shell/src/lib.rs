//! What the contracts have in common: cells under raw keys, events, the engine's errors as Solidity custom errors,
//! calls by constant selector.
//!
//! A contract is a shell: it decodes, calls the engine, stores and emits. All state lies in cells of its own under
//! short keys; the root that ink! loads with every message holds nothing that changes, so no message writes it back.
//!
//! Every message pays for every byte of its contract's code, so what ink! would generate for each cell, event and error
//! is here once, and takes bytes and words (`docs/book/src/adr/0017-code-bytes.md`).
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

mod calls;
mod cells;
pub mod clearing;
mod errors;
mod events;
pub mod oracle;

pub use calls::{NoAnswer, Unread, answer, delegate};
pub use cells::{load, load_bytes, save};
pub use errors::encode_error;
pub use events::{Field, Log, Word};

use sit_engine::units::Seconds;

/// A block's time; sticks at the end of 32 bits, in 2106.
pub fn seconds(timestamp: u64) -> Seconds {
    Seconds(u32::try_from(timestamp).unwrap_or(u32::MAX))
}
