//! The native exchange and the deployed contracts side by side: the same messages at the same times, and everything
//! that comes back compared, to the last atom.
//!
//! * [`Deployed`]: clearing house, vault and oracle on the embedded chain, governed by a plain account
//! * [`Twins`]: a native exchange and the deployed one in step
//! * [`begin_sequences`]: twins in the state from which random sequences start
//! * [`compare`]: answers, errors, events, balances

pub mod compare;
mod deployed;
mod sequences;
mod twins;

pub use deployed::Deployed;
pub use sequences::{begin_sequences, deploy_programme, deploy_world};
pub use twins::Twins;
