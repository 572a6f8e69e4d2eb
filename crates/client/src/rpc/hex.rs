//! Numbers and bytes as JSON-RPC writes them: hexadecimal digits behind `0x`.

use alloy_core::primitives::hex;
use serde_json::Value;

/// A number of 128 bits; `None` where there is none.
#[must_use]
pub fn hex_wide(value: Option<&Value>) -> Option<u128> {
    u128::from_str_radix(value?.as_str()?.strip_prefix("0x")?, 16).ok()
}

/// A number of 64 bits; `None` where there is none.
#[must_use]
pub fn hex_number(value: Option<&Value>) -> Option<u64> {
    u64::try_from(hex_wide(value)?).ok()
}

/// Bytes; `None` where there are none.
#[must_use]
pub fn hex_bytes(value: Option<&Value>) -> Option<Vec<u8>> {
    hex::decode(value?.as_str().filter(|text| text.starts_with("0x"))?).ok()
}

/// Bytes as digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    hex::encode_prefixed(bytes)
}
