//! What EIP-712 has a key sign: structured data under a domain, as one digest.
//!
//! ```text
//! digest = keccak(0x19 0x01 | hash(domain) | hash(message))
//! hash(s) = keccak(keccak(type of s) | field | field | …)
//! ```

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

use alloy_core::primitives::{I256, U256};
use serde_json::{Map, Value, json};
use sp_core::hashing::keccak_256;

use super::params;

/// What a domain may say, in the order in which it is hashed.
const DOMAIN: [(&str, &str); 5] = [
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
];

/// Structs that one text may name: each is hashed with all that it has in it.
const MOST_STRUCTS: usize = 256;

/// Fields that a struct may have: one with many, and many that have it in them, are written for each of those.
const MOST_FIELDS: usize = 256;

/// The digest of typed data: `types`, `primaryType`, `domain` and `message`.
///
/// # Errors
/// A sentence that names what is missing or does not fit.
pub(super) fn digest(data: &Value) -> Result<[u8; 32], String> {
    let part = |name: &str| data.get(name).ok_or_else(|| format!("the typed data lacks {name}"));
    let types = part("types")?.as_object().ok_or("types is an object: from a name to a list of fields")?;
    let primary = part("primaryType")?.as_str().ok_or("primaryType is the name of a type")?;
    let (domain, message) = (part("domain")?, part("message")?);
    if types.len() > MOST_STRUCTS {
        return Err(format!("types names {} structs, and at most {MOST_STRUCTS} are hashed", types.len()));
    }
    for (name, fields) in types {
        let fields = fields.as_array().map_or(&[][..], Vec::as_slice);
        if fields.len() > MOST_FIELDS {
            return Err(format!("{name} has {} fields, and at most {MOST_FIELDS} are hashed", fields.len()));
        }
        // A value gives it once, and would be hashed for each: a short list would take the chain away for hours.
        let mut named = HashSet::new();
        let twice = fields.iter().filter_map(|field| field.get("name")?.as_str()).find(|field| !named.insert(*field));
        if let Some(field) = twice {
            return Err(format!("{name} has the field {field} twice"));
        }
    }
    let mut types = Types { structs: types.clone(), hashes: RefCell::default() };
    // Libraries leave out what the domain's fields say by themselves.
    let given = DOMAIN.iter().filter(|(name, _)| domain.get(name).is_some());
    let fields: Vec<Value> = given.map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    types.structs.entry("EIP712Domain").or_insert(Value::Array(fields));
    let mut signed = vec![0x19, 0x01];
    signed.extend(types.hash("EIP712Domain", domain)?);
    if primary != "EIP712Domain" {
        signed.extend(types.hash(primary, message)?);
    }
    Ok(keccak_256(&signed))
}

/// The structs of a text.
struct Types {
    /// By their names.
    structs: Map<String, Value>,
    /// Hashes of their types that are known already: a list has as many values of one as a request has room for.
    hashes: RefCell<HashMap<String, [u8; 32]>>,
}

impl Types {
    /// Names and types of a struct's fields; nothing for what is no struct.
    fn fields(&self, name: &str) -> Result<Vec<(&str, &str)>, String> {
        let fields = self.structs.get(name).and_then(Value::as_array);
        let fields = fields.ok_or_else(|| format!("types lacks {name}, or it is no list of fields"))?;
        let text = |field: &Value, what: &str| field.get(what).and_then(Value::as_str).is_some();
        if let Some(odd) = fields.iter().find(|field| !text(field, "name") || !text(field, "type")) {
            return Err(format!("a field of {name} has a name and a type, and one is {odd}"));
        }
        Ok(fields
            .iter()
            .filter_map(|field| Some((field.get("name")?.as_str()?, field.get("type")?.as_str()?)))
            .collect())
    }

    /// The struct and those that it has in it, as they are hashed: its own first, the others by name.
    fn encoded(&self, name: &str) -> Result<String, String> {
        let mut known = vec![name.to_owned()];
        let mut next = 0;
        while let Some(one) = known.get(next).cloned() {
            for (_, kind) in self.fields(&one)? {
                let inner = kind.split('[').next().unwrap_or_default();
                if self.structs.contains_key(inner) && !known.iter().any(|known| known == inner) {
                    known.push(inner.to_owned());
                }
            }
            next += 1;
        }
        known[1..].sort();
        let written = |name: &String| -> Result<String, String> {
            let fields: Vec<String> = self.fields(name)?.iter().map(|(name, kind)| format!("{kind} {name}")).collect();
            Ok(format!("{name}({})", fields.join(",")))
        };
        known.iter().map(written).collect()
    }

    /// The hash of a struct's type.
    fn type_hash(&self, name: &str) -> Result<[u8; 32], String> {
        let known = self.hashes.borrow().get(name).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let hash = keccak_256(self.encoded(name)?.as_bytes());
        self.hashes.borrow_mut().insert(name.to_owned(), hash);
        Ok(hash)
    }

    fn hash(&self, name: &str, value: &Value) -> Result<[u8; 32], String> {
        let mut bytes = self.type_hash(name)?.to_vec();
        for (field, kind) in self.fields(name)? {
            let value = value.get(field).ok_or_else(|| format!("a {name} has a field {field}, and it is not given"))?;
            bytes.extend(self.word(kind, value).map_err(|why| format!("{name}.{field}: {why}"))?);
        }
        Ok(keccak_256(&bytes))
    }

    /// A value of a field, as 32 bytes.
    fn word(&self, kind: &str, value: &Value) -> Result<[u8; 32], String> {
        let plain = |error: super::Error| error.message;
        if let Some((inner, length)) = kind.strip_suffix(']').and_then(|kind| kind.rsplit_once('[')) {
            let items = value.as_array().ok_or_else(|| format!("a {kind} is a list, and {value} is given"))?;
            if !length.is_empty() && length.parse() != Ok(items.len()) {
                return Err(format!("a {kind} has {length} items, and {} are given", items.len()));
            }
            let words = items.iter().map(|item| self.word(inner, item)).collect::<Result<Vec<_>, _>>()?;
            return Ok(keccak_256(&words.concat()));
        }
        if self.structs.contains_key(kind) {
            return self.hash(kind, value);
        }
        let mut word = [0; 32];
        match kind {
            "string" => {
                let text = value.as_str().ok_or_else(|| format!("a string is text, and {value} is given"))?;
                return Ok(keccak_256(text.as_bytes()));
            }
            "bytes" => return Ok(keccak_256(&params::bytes(value, "bytes").map_err(plain)?)),
            "bool" => {
                word[31] =
                    value.as_bool().ok_or_else(|| format!("a bool is true or false, and {value} is given"))?.into();
            }
            "address" => word[12..].copy_from_slice(&params::address(value).map_err(plain)?.0),
            _ => {
                let digits = kind.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
                let size: usize = if digits.is_empty() { 256 } else { digits.parse().unwrap_or(0) };
                match &kind[..kind.len() - digits.len()] {
                    "bytes" if (1..=32).contains(&size) => {
                        let bytes = params::bytes(value, kind).map_err(plain)?;
                        if bytes.len() != size {
                            return Err(format!("a {kind} has {size} bytes, and {} are given", bytes.len()));
                        }
                        word[..size].copy_from_slice(&bytes);
                    }
                    "uint" if size.is_multiple_of(8) && (8..=256).contains(&size) => {
                        let number = U256::from_be_bytes(params::number(value, kind).map_err(plain)?.to_big_endian());
                        if size < 256 && number >> size != U256::ZERO {
                            return Err(format!("{value} does not fit into a {kind}"));
                        }
                        word = number.to_be_bytes();
                    }
                    "int" if size.is_multiple_of(8) && (8..=256).contains(&size) => {
                        let number =
                            signed(value).ok_or_else(|| format!("a {kind} is a number, and {value} is given"))?;
                        let (shifted, back) = (number << (256 - size), 256 - size);
                        if shifted.asr(back) != number {
                            return Err(format!("{value} does not fit into a {kind}"));
                        }
                        word = number.to_be_bytes();
                    }
                    _ => return Err(format!("there is no type {kind}")),
                }
            }
        }
        Ok(word)
    }
}

fn signed(value: &Value) -> Option<I256> {
    match value {
        Value::Number(number) => I256::try_from(number.as_i64()?).ok(),
        Value::String(text) => I256::from_dec_str(text).or_else(|_| I256::from_hex_str(text)).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_core::primitives::hex;

    /// The example of EIP-712, whose hashes the proposal gives.
    fn mail() -> Value {
        json!({
            "types": {
                "EIP712Domain": [
                    { "name": "name", "type": "string" },
                    { "name": "version", "type": "string" },
                    { "name": "chainId", "type": "uint256" },
                    { "name": "verifyingContract", "type": "address" },
                ],
                "Person": [{ "name": "name", "type": "string" }, { "name": "wallet", "type": "address" }],
                "Mail": [
                    { "name": "from", "type": "Person" },
                    { "name": "to", "type": "Person" },
                    { "name": "contents", "type": "string" },
                ],
            },
            "primaryType": "Mail",
            "domain": {
                "name": "Ether Mail",
                "version": "1",
                "chainId": 1,
                "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
            },
            "message": {
                "from": { "name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
                "to": { "name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" },
                "contents": "Hello, Bob!",
            },
        })
    }

    #[test]
    fn the_proposals_example_has_its_digest() {
        let expected = "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2";
        assert_eq!(hex::encode(digest(&mail()).unwrap()), expected);
        let mut short = mail();
        short["types"].as_object_mut().unwrap().remove("EIP712Domain");
        assert_eq!(hex::encode(digest(&short).unwrap()), expected, "the domain's fields say their types");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut mail = mail();
            change(&mut mail);
            digest(&mail).unwrap_err()
        };
        assert_eq!(
            refused(&|mail| mail["message"]["to"] = json!({})),
            "Mail.to: a Person has a field name, and it is not given"
        );
        assert!(refused(&|mail| mail["primaryType"] = json!("Letter")).contains("types lacks Letter"));
        assert!(refused(&|mail| mail["types"]["Mail"][2]["type"] = json!("uint7")).contains("there is no type uint7"));
        assert!(refused(&|mail| mail["types"]["Mail"][2]["type"] = json!("int8[2]")).contains("is a list"));
        assert!(refused(&|mail| mail["domain"]["chainId"] = json!(-1)).contains("uint256 must be a number"));
    }

    /// A type that has itself in it ends where the values do; many of one type are hashed once; too many are refused.
    #[test]
    fn types_in_circles_long_lists_and_crowds_of_types_take_no_time() {
        let note = |types: Value, message: Value| -> Value {
            json!({ "types": types, "primaryType": "A", "domain": {}, "message": message })
        };
        let circle = json!({
            "A": [{ "name": "b", "type": "B[]" }],
            "B": [{ "name": "a", "type": "A[]" }, { "name": "more", "type": "B[][]" }],
        });
        digest(&note(circle.clone(), json!({ "b": [{ "a": [{ "b": [] }], "more": [[]] }] }))).unwrap();
        let why = digest(&note(circle, json!({ "b": [{ "a": [{}], "more": [] }] }))).unwrap_err();
        assert!(why.contains("a A has a field b"), "{why}");

        // Each has the next in it.
        let chain = |count: usize| -> Value {
            let one = |number: usize| {
                let kind = if number + 1 < count { format!("T{}[]", number + 1) } else { "uint8".to_owned() };
                (format!("T{number}"), json!([{ "name": "x", "type": kind }]))
            };
            let mut types: Map<String, Value> = (1..count).map(one).collect();
            types.insert("A".to_owned(), json!([{ "name": "many", "type": "T1[]" }]));
            Value::Object(types)
        };
        let many = vec![json!({ "x": [] }); 50_000];
        digest(&note(chain(MOST_STRUCTS), json!({ "many": many }))).unwrap();
        let why = digest(&note(chain(MOST_STRUCTS + 1), json!({ "many": [] }))).unwrap_err();
        assert_eq!(why, "types names 257 structs, and at most 256 are hashed");
    }

    /// A value gives a field once and would be hashed once for each time that its struct names it.
    #[test]
    fn structs_of_one_field_many_times_or_of_a_crowd_of_fields_are_refused() {
        let field = |name: String| json!({ "name": name, "type": "uint8" });
        let note = |fields: Vec<Value>, one: Value| -> Value {
            let types = json!({ "A": [{ "name": "many", "type": "T[]" }], "T": fields });
            json!({ "types": types, "primaryType": "A", "domain": {}, "message": { "many": vec![one; 1_000] } })
        };
        let twice = vec![field("x".to_owned()), field("y".to_owned()), field("x".to_owned())];
        let why = digest(&note(twice, json!({ "x": 0, "y": 0 }))).unwrap_err();
        assert_eq!(why, "T has the field x twice");
        let named = |count: usize| (0..count).map(|number| field(format!("x{number}"))).collect::<Vec<_>>();
        let values: Map<String, Value> = (0..MOST_FIELDS).map(|number| (format!("x{number}"), json!(1))).collect();
        digest(&note(named(MOST_FIELDS), Value::Object(values.clone()))).unwrap();
        let why = digest(&note(named(MOST_FIELDS + 1), Value::Object(values))).unwrap_err();
        assert_eq!(why, "T has 257 fields, and at most 256 are hashed");
    }

    #[test]
    fn numbers_keep_their_sign_and_their_width() {
        let types = Types { structs: Map::new(), hashes: RefCell::default() };
        assert_eq!(types.word("int8", &json!(-1)), Ok([0xff; 32]));
        assert!(types.word("int8", &json!(128)).is_err() && types.word("int8", &json!("-128")).is_ok());
        assert!(types.word("uint8", &json!(256)).is_err() && types.word("uint8", &json!("255")).is_ok());
        assert!(
            types.word("bytes4", &json!("0x112233")).is_err() && types.word("bytes4", &json!("0x11223344")).is_ok()
        );
    }
}
