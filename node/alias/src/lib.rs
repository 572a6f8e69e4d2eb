//! The runtime of this project under the name that the build script of the Ethereum server asks for.

#![cfg_attr(not(feature = "std"), no_std)]

pub use sit_hub::*;
