//! The SIT futures protocol as plain Rust: units, margin, book, settlement, liquidation, index, incentives, governance.
//!
//! One engine with three users. The contracts run it in PolkaVM, the simulator and the tests run it natively, the
//! client runs it for previews. It has no allocator, no floats, no chain types; it knows storage and events only
//! through the small traits of each part, as [`clearing::Store`].
//!
//! Dependencies point one way: [`units`] and [`math`] know nothing, [`codec`] knows how a cell becomes bytes, and every
//! part of the protocol stands on those three.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        reason = "a test that panics has failed, which is what it is for"
    )
)]

#[cfg(test)]
extern crate std;

pub mod authority;
pub mod calendar;
pub mod certificate;
pub mod chain;
pub mod clearing;
pub mod codec;
pub mod errors;
pub mod fault;
pub mod governance;
pub mod incentives;
pub mod key;
pub mod kind;
pub mod launch;
pub mod math;
pub mod oracle;
pub mod rate;
pub mod units;
pub mod vault;
