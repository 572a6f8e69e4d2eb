//! Accounts with names instead of keys.

use alloy_core::{dyn_abi::DynSolValue, primitives::Address};
use sp_core::hashing::blake2_256;

use sit_client::IntoArg;

use crate::hub::Backend;

/// An account that signs transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name, from which it is derived.
    pub name: String,
    /// Its 32-byte identifier on the Hub.
    pub id: [u8; 32],
    /// Its address as contracts see it.
    pub address: Address,
}

impl Account {
    /// The account of a name: always the same, and of nobody's key.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let id = blake2_256(format!("sit-harness/account/{name}").as_bytes());
        Self { name: name.to_owned(), id, address: Backend::address_of(id).into() }
    }
}

impl IntoArg for &Account {
    fn into_arg(self) -> DynSolValue {
        self.address.into_arg()
    }
}
