//! Parameters of a request, read one by one; what is wrong with one is said by its name and position.

use pallet_revive::evm::{GenericTransaction, StateOverrideSet};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sp_core::{H160, H256, U256};

use super::Error;
use crate::node::MOST_NONCE;

/// Which block a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockId {
    /// The newest one, to which `safe` and `finalized` belong too.
    Latest,
    /// The one that would be sealed next.
    Pending,
    /// By its number.
    Number(u64),
    /// By its hash.
    Hash(H256),
}

/// The parameters of a request.
#[derive(Clone, Debug)]
pub struct Params(Vec<Value>);

impl Params {
    pub(super) fn new(params: &Value) -> Result<Self, Error> {
        match params {
            Value::Null => Ok(Self(Vec::new())),
            Value::Array(values) => Ok(Self(values.clone())),
            Value::Object(fields) if fields.is_empty() => Ok(Self(Vec::new())),
            _ => Err(Error::params("parameters are given by position, as a list")),
        }
    }

    /// Whether nothing was given at all.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A parameter that may be missing; `null` is as good as missing.
    pub(super) fn get(&self, position: usize) -> Option<&Value> {
        self.0.get(position).filter(|value| !value.is_null())
    }

    fn need(&self, position: usize, name: &str) -> Result<&Value, Error> {
        self.get(position).ok_or_else(|| Error::params(format!("parameter {position} is missing: {name}")))
    }

    /// An address.
    pub(super) fn address(&self, position: usize) -> Result<H160, Error> {
        address(self.need(position, "an address")?)
    }

    /// A hash.
    pub(super) fn hash(&self, position: usize, name: &str) -> Result<H256, Error> {
        hash(self.need(position, name)?, name)
    }

    /// Bytes in hexadecimal.
    pub(super) fn bytes(&self, position: usize, name: &str) -> Result<Vec<u8>, Error> {
        bytes(self.need(position, name)?, name)
    }

    /// A number.
    pub(super) fn number(&self, position: usize, name: &str) -> Result<U256, Error> {
        number(self.need(position, name)?, name)
    }

    /// A number of at most 64 bits.
    pub(super) fn word(&self, position: usize, name: &str) -> Result<u64, Error> {
        word(self.need(position, name)?, name)
    }

    /// A number of at most 64 bits that may be missing.
    pub(super) fn word_or(&self, position: usize, name: &str, otherwise: u64) -> Result<u64, Error> {
        self.get(position).map_or(Ok(otherwise), |value| word(value, name))
    }

    /// A flag that may be missing.
    pub(super) fn flag_or(&self, position: usize, name: &str, otherwise: bool) -> Result<bool, Error> {
        match self.get(position) {
            None => Ok(otherwise),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong(name, "true or false", other)),
        }
    }

    /// A block, the newest where none is given.
    pub(super) fn block(&self, position: usize) -> Result<BlockId, Error> {
        self.get(position).map_or(Ok(BlockId::Latest), block)
    }

    /// A call.
    pub(super) fn call(&self, position: usize) -> Result<GenericTransaction, Error> {
        self.typed(position, "a transaction")
    }

    /// Anything that reads itself.
    pub(super) fn typed<T: DeserializeOwned>(&self, position: usize, name: &str) -> Result<T, Error> {
        let value = self.need(position, name)?;
        serde_json::from_value(value.clone()).map_err(|error| Error::params(format!("{name} cannot be read: {error}")))
    }

    /// Anything that reads itself and may be missing.
    pub(super) fn typed_or<T: DeserializeOwned>(&self, position: usize, name: &str) -> Result<Option<T>, Error> {
        self.get(position).map(|_| self.typed(position, name)).transpose()
    }
}

/// A value that reads itself and may be missing.
pub(super) fn read<T: DeserializeOwned>(value: Option<&Value>, name: &str) -> Result<Option<T>, Error> {
    let given = value.filter(|value| !value.is_null()).cloned();
    given
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| Error::params(format!("{name} cannot be read: {error}")))
}

/// What is put in the place of a state, without what the runtime fails on.
pub(super) fn usable(overrides: Option<StateOverrideSet>) -> Result<Option<StateOverrideSet>, Error> {
    let beyond = |nonce: U256| nonce > MOST_NONCE.into();
    let all = overrides.iter().flat_map(|set| set.iter());
    match all.filter(|(_, over)| over.nonce.is_some_and(beyond)).map(|(address, _)| *address).next() {
        Some(address) => {
            Err(Error::params(format!("a nonce is at most {MOST_NONCE} here, and more is given to {address:?}")))
        }
        None => Ok(overrides),
    }
}

fn wrong(name: &str, wanted: &str, given: &Value) -> Error {
    let mut given = given.to_string();
    if given.chars().count() > 100 {
        given = given.chars().take(100).chain(['…']).collect();
    }
    Error::params(format!("{name} must be {wanted}, and is {given}"))
}

pub(super) fn address(value: &Value) -> Result<H160, Error> {
    let wanted = "an address of 20 bytes in hexadecimal";
    let bytes = value.as_str().and_then(decoded).ok_or_else(|| wrong("an address", wanted, value))?;
    let bytes: [u8; 20] = bytes.try_into().map_err(|_| wrong("an address", wanted, value))?;
    Ok(H160(bytes))
}

pub(super) fn hash(value: &Value, name: &str) -> Result<H256, Error> {
    let wanted = "32 bytes in hexadecimal";
    let bytes = value.as_str().and_then(decoded).ok_or_else(|| wrong(name, wanted, value))?;
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| wrong(name, wanted, value))?;
    Ok(H256(bytes))
}

pub(super) fn bytes(value: &Value, name: &str) -> Result<Vec<u8>, Error> {
    value.as_str().and_then(decoded).ok_or_else(|| wrong(name, "bytes in hexadecimal, 0x before them", value))
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    alloy_core::primitives::hex::decode(text.strip_prefix("0x")?).ok()
}

/// A number: hexadecimal as Ethereum writes it, or what JSON and people write.
pub(super) fn number(value: &Value, name: &str) -> Result<U256, Error> {
    let wrong = || wrong(name, "a number such as \"0x1f\" of at most 256 bits", value);
    match value {
        Value::Number(number) => number.as_u64().map(U256::from).ok_or_else(wrong),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) if !digits.is_empty() && digits.len() <= 64 => {
                U256::from_str_radix(digits, 16).map_err(|_| wrong())
            }
            None if !text.is_empty() && text.len() <= 77 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                U256::from_dec_str(text).map_err(|_| wrong())
            }
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

pub(super) fn word(value: &Value, name: &str) -> Result<u64, Error> {
    u64::try_from(number(value, name)?).map_err(|_| wrong(name, "a number of at most 64 bits", value))
}

/// A block by its tag, number or hash, or by either in an object (EIP-1898).
pub(super) fn block(value: &Value) -> Result<BlockId, Error> {
    let name = "a block";
    match value {
        Value::Object(fields) => match (fields.get("blockNumber"), fields.get("blockHash")) {
            (Some(number), None) => block(number),
            (None, Some(value)) => Ok(BlockId::Hash(hash(value, "blockHash")?)),
            _ => Err(Error::params("a block is given by blockNumber or by blockHash, one of the two")),
        },
        Value::String(tag) => match tag.as_str() {
            "latest" | "safe" | "finalized" => Ok(BlockId::Latest),
            "pending" => Ok(BlockId::Pending),
            "earliest" => Ok(BlockId::Number(0)),
            text if text.len() == 66 => Ok(BlockId::Hash(hash(value, name)?)),
            _ => word(value, name).map(BlockId::Number).map_err(|_| {
                wrong(name, "latest, pending, earliest, safe, finalized, a number such as \"0x1f\" or a hash", value)
            }),
        },
        _ => Ok(BlockId::Number(word(value, name)?)),
    }
}
