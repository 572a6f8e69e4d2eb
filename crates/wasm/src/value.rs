//! JSON to and from the vocabulary's arguments.

use std::str::FromStr;

use serde_json::{Value, json};
use sit_native::Argument;

/// A value as JSON: numbers that may exceed 53 bits as decimal strings, bytes in hexadecimal.
pub fn shown(argument: &Argument) -> Value {
    match argument {
        Argument::Number(number) => number_of(*number),
        Argument::Signed(number) => match u128::try_from(*number) {
            Ok(number) => number_of(number),
            Err(_) => i32::try_from(*number).map_or_else(|_| json!(number.to_string()), |small| json!(small)),
        },
        Argument::Flag(flag) => json!(flag),
        Argument::Address(bytes) => json!(hex(bytes)),
        Argument::Word(bytes) => json!(hex(bytes)),
        Argument::Bytes(bytes) => json!(hex(bytes)),
        Argument::Tuple(items) | Argument::List(items) => items.iter().map(shown).collect(),
    }
}

fn number_of(number: u128) -> Value {
    u32::try_from(number).map_or_else(|_| json!(number.to_string()), |small| json!(small))
}

/// A value of a Solidity type from JSON; `None` when it is another kind of value.
pub fn read(value: &Value, solidity: &str) -> Option<Argument> {
    if let Some(item) = solidity.strip_suffix("[]") {
        let items = value.as_array()?.iter().map(|value| read(value, item));
        return items.collect::<Option<_>>().map(Argument::List);
    }
    if let Some(inner) = solidity.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let (types, values) = (members(inner), value.as_array()?);
        if types.len() != values.len() {
            return None;
        }
        let items = values.iter().zip(types).map(|(value, solidity)| read(value, solidity));
        return items.collect::<Option<_>>().map(Argument::Tuple);
    }
    Some(match solidity {
        "bool" => Argument::Flag(value.as_bool()?),
        "address" => Argument::Address(unhex(value.as_str()?)?.try_into().ok()?),
        "bytes32" => Argument::Word(unhex(value.as_str()?)?.try_into().ok()?),
        "bytes" => Argument::Bytes(unhex(value.as_str()?)?),
        other if other.starts_with("uint") => Argument::Number(whole(value)?),
        other if other.starts_with("int") => Argument::Signed(whole(value)?),
        _ => return None,
    })
}

fn whole<T: TryFrom<i64> + FromStr>(value: &Value) -> Option<T> {
    match value {
        Value::Number(number) => number.as_i64().and_then(|number| T::try_from(number).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The types of a struct's members: commas inside of parentheses part nothing.
fn members(inner: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (place, letter) in inner.char_indices() {
        match letter {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.extend(inner.get(start..place));
                start = place.saturating_add(1);
            }
            _ => {}
        }
    }
    found.extend(inner.get(start..));
    found
}

/// Bytes in hexadecimal with `0x`.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble & 15)).copied().unwrap_or(b'0'));
    let mut text = String::from("0x");
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(*byte));
    }
    text
}

/// The bytes of hexadecimal digits with `0x`.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    if digits.len() % 2 != 0 {
        return None;
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    digits.chunks_exact(2).map(|pair| Some(nibble(*pair.first()?)? << 4 | nibble(*pair.last()?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let written = json!([3, "340282366920938463463374607431768211455", [true, "0x00ff"], ["0x", "0x01"]]);
        let read = read(&written, "(uint32,uint128,(bool,bytes),bytes[])").unwrap();
        assert_eq!(shown(&read), written);
    }

    #[test]
    fn what_does_not_fit_is_not_read() {
        for (value, solidity) in [
            (json!(-1), "uint8"),
            (json!(1.5), "uint8"),
            (json!("0x0"), "bytes"),
            (json!("0x01"), "address"),
            (json!([1]), "(uint8,uint8)"),
            (json!("x"), "int32"),
            (json!(null), "bool"),
        ] {
            assert_eq!(read(&value, solidity), None, "{value} as {solidity}");
        }
    }
}
