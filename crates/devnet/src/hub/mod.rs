//! Polkadot Hub as it is today: `pallet-revive` 0.18.1.
//!
//! Everything that depends on the version of the pallets is in this folder. What leaves it are the plain types of
//! `execution.rs`, so that another version can stand beside it.

mod backend;
mod cells;
mod tape;
mod transaction;

pub(crate) use backend::{Backend, name_of};
pub(crate) use cells::CellCounter;
pub use sit_hub::{DOT, USDC_MIN_BALANCE};
