//! Nothing but the runtime, whose interfaces the linker exports.

#![no_std]

pub use sit_hub::*;
