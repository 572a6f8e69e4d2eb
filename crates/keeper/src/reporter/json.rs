//! JSON as it is written: numbers keep their digits, and a name that stands twice in an object is refused.
//!
//! The usual readers take a number through floating point and of two equal names the last one. Here every number is a
//! text with its own digits, so that 0.30000000000000004 and 0.3 are two numbers, and whoever lists a provider twice is
//! told so instead of being believed the second time.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads JSON; numbers become texts.
///
/// # Errors
/// A sentence: what is no JSON, or which name stands twice.
pub fn read(bytes: &[u8]) -> Result<Value, String> {
    let said = |error: serde_json::Error| error.to_string();
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Whole before it is changed: in what is JSON a digit outside of a text begins a number.
    serde_json::from_str::<IgnoredAny>(text).map_err(said)?;
    let Once(value) = serde_json::from_str(&quoted(text)).map_err(said)?;
    Ok(value)
}

/// JSON whose numbers are texts.
fn quoted(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let (mut in_text, mut in_number, mut escaped) = (false, false, false);
    for c in json.chars() {
        if in_number && !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E') {
            in_number = false;
            out.push('"');
        }
        if in_text {
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if c == '"' {
            in_text = true;
        } else if !in_number && (c == '-' || c.is_ascii_digit()) {
            in_number = true;
            out.push('"');
        }
        out.push(c);
    }
    if in_number {
        out.push('"');
    }
    out
}

/// A value in whose objects each name stands once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reading).map(Self)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Once(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some((name, Once(value))) = object.next_entry::<String, Once>()? {
            if values.contains_key(&name) {
                let name: String = name.chars().take(40).collect();
                return Err(A::Error::custom(format!("the name {name:?} stands twice in one object")));
            }
            values.insert(name, value);
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_keep_their_digits_and_texts_their_content() {
        let read = read(br#" {"a": 0.30000000000000004000, "b": [-1e-7, 3], "c\"1": "2 \\", "d": [true, null], "e": 18446744073709551616} "#);
        let wanted = json!({
            "a": "0.30000000000000004000", "b": ["-1e-7", "3"], "c\"1": "2 \\", "d": [true, null],
            "e": "18446744073709551616",
        });
        assert_eq!(read, Ok(wanted));
        assert_eq!(super::read(b"2.5"), Ok(json!("2.5")));
    }

    #[test]
    fn what_is_no_json_or_says_a_thing_twice_is_refused() {
        for text in ["NaN", "{\"a\": NaN}", "{\"a\": 01}", "{\"a\": .5}", "{\"a\": 1", "", "{\"a\": Infinity}", "1 2"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        let twice = read(br#"{"models": {"a": 1, "b": 2, "a": 3}}"#).expect_err("twice");
        assert!(twice.contains("\"a\" stands twice"), "{twice}");
        assert!(read(&[0xff, 0xfe]).is_err());
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }
}
