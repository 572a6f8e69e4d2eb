//! Accounts with names instead of keys.

use alloy_core::{dyn_abi::DynSolValue, primitives::Address};
use sp_core::hashing::blake2_256;

use sit_client::IntoArg;

use crate::{hub::Backend, keyring::Key};

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

    /// The account of a key, as Ethereum transactions have it: its address, filled up.
    #[must_use]
    pub fn of_key(key: &Key) -> Self {
        let id = sit_hub::genesis::account_of(key.address.0).into();
        Self { name: key.name.clone(), id, address: key.address.0.into() }
    }
}

impl IntoArg for &Account {
    fn into_arg(self) -> DynSolValue {
        self.address.into_arg()
    }
}
