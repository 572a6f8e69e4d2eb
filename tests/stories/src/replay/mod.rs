//! The native exchange and the deployed contracts side by side: the same messages at the same times, and everything that
//! comes back compared, to the last atom.
//!
//! * [`Deployed`]: clearing house, vault and oracle on the embedded chain, governed by a plain account
//! * [`Twins`]: a native exchange and the deployed one in step
//! * [`compare`]: answers, errors, events, balances

pub mod compare;
mod deployed;
mod twins;

pub use deployed::Deployed;
pub use twins::Twins;
