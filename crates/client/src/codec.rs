//! The vocabulary as bytes of the Solidity ABI, and back.
//!
//! Types come from the vocabulary itself, so nothing here reads an ABI file: a client needs no artifact but to deploy.
//!
//! ```
//! use sit_client::codec;
//! use sit_engine::clearing::ClearingError;
//! use sit_engine::units::Seat;
//! use sit_native::{Contract, Message, Refusal};
//!
//! let calldata = codec::calldata(&Message::Deposit { seat: Seat(7), amount: 5 });
//! assert_eq!(calldata.len(), 4 + 2 * 32);
//! assert_eq!(codec::message(Contract::Vault, &calldata), Some(Message::Deposit { seat: Seat(7), amount: 5 }));
//!
//! // What a contract reverts with is the selector of its error.
//! let refused = codec::refusal(Contract::Clearing, &codec::selector_of("ReduceOnly()"));
//! assert_eq!(refused.known(), Some(Refusal::Clearing(ClearingError::ReduceOnly)));
//! ```

use crate::abi::{ERROR_STRING, PANIC_CODE};
use std::{collections::HashMap, fmt, sync::LazyLock};

use alloy_core::{
    dyn_abi::{DynSolType, DynSolValue},
    primitives::{Address, B256, I256, U256, hex, keccak256},
};
use sit_native::{
    AbiEntry, Argument, Constructor, Contract, EmittedEvent, Message, Refusal, Returned, View, event,
    event::EventSchema,
};

/// The selector of a Solidity signature: the first four bytes of its keccak-256.
#[must_use]
pub fn selector_of(signature: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = keccak256(signature).0;
    [a, b, c, d]
}

/// The selector of a message or a view.
#[must_use]
pub fn selector(entry: &AbiEntry) -> [u8; 4] {
    selector_of(&entry.signature())
}

/// What a message is sent as: its selector and its encoded arguments.
#[must_use]
pub fn calldata(message: &Message) -> Vec<u8> {
    call(&message.entry(), &message.arguments())
}

/// What a view is called with.
#[must_use]
pub fn question<V: View>(view: &V) -> Vec<u8> {
    call(&V::entry(), &view.arguments())
}

/// What a constructor is run with.
#[must_use]
pub fn input(constructor: &Constructor) -> Vec<u8> {
    let entry = Constructor::entry(constructor.contract());
    entry.map_or_else(Vec::new, |entry| encode(&types(&entry), &constructor.arguments()))
}

/// The message of a contract that this calldata sends; `None` when it sends none, or has bytes too much.
#[must_use]
pub fn message(contract: Contract, calldata: &[u8]) -> Option<Message> {
    let (selector, body) = calldata.split_first_chunk::<4>()?;
    let entries = Message::entries();
    let entry = entries.iter().find(|entry| entry.contract == contract && self::selector(entry) == *selector)?;
    let values = DynSolType::Tuple(types(entry)).abi_decode_params(body).ok()?;
    let arguments = values.as_tuple()?.iter().map(argument).collect::<Option<Vec<_>>>()?;
    let message = Message::parse(contract, entry.name, &arguments)?;
    (self::calldata(&message) == calldata).then_some(message)
}

/// What a message or a view has returned.
///
/// # Errors
/// [`Unreadable`] when the bytes are not of that type.
pub fn returned<T: Returned>(data: &[u8]) -> Result<T, Unreadable> {
    let unreadable = || Unreadable {
        wanted: T::returns().unwrap_or_else(|| "nothing".to_owned()),
        data: hex::encode_prefixed(data),
    };
    let Some(solidity) = T::returns() else {
        // A message that returns nothing may still be answered with bytes by a contract that returns more than it says.
        return T::read(None).ok_or_else(unreadable);
    };
    let value = parse(&solidity).abi_decode(data).ok().as_ref().and_then(argument);
    T::read(value.as_ref()).ok_or_else(unreadable)
}

/// What a message has returned, as the ABI has it; `None` for one that returns nothing.
///
/// # Errors
/// [`Unreadable`] when the bytes are not of the message's type.
pub fn answer(message: &Message, data: &[u8]) -> Result<Option<Argument>, Unreadable> {
    let Some(solidity) = message.entry().returns else { return Ok(None) };
    let value = parse(&solidity).abi_decode(data).ok().as_ref().and_then(argument);
    value.map(Some).ok_or_else(|| Unreadable { wanted: solidity, data: hex::encode_prefixed(data) })
}

/// Bytes that are not what the vocabulary says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{data} is not {wanted}: contract and program are of different versions")]
pub struct Unreadable {
    /// The Solidity type that was expected.
    pub wanted: String,
    /// The bytes, in hexadecimal.
    pub data: String,
}

/// Why a call reverted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// By a rule of the exchange.
    Rule(Refusal),
    /// With Solidity's `revert("reason")`.
    Reason(String),
    /// With Solidity's `Panic`, by its code.
    Panic(u64),
    /// With bytes that nobody explains.
    Unknown(Vec<u8>),
}

impl Refused {
    /// The rule of the exchange, if it was one.
    #[must_use]
    pub fn known(&self) -> Option<Refusal> {
        if let Self::Rule(refusal) = self { Some(*refusal) } else { None }
    }

    /// The name of the error; `Error` and `Panic` for Solidity's own, `unknown` for bytes that nobody explains.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rule(refusal) => refusal.name(),
            Self::Reason(_) => "Error",
            Self::Panic(_) => "Panic",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Refused {
    /// What a person reads: which rule was broken, and what they can do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(refusal) => f.write_str(refusal.sentence()),
            Self::Reason(reason) => write!(f, "{reason}"),
            Self::Panic(code) => write!(f, "Panic({code}): the contract failed an assertion of its own"),
            Self::Unknown(bytes) => {
                write!(f, "an error that this program does not know ({})", hex::encode_prefixed(bytes))
            }
        }
    }
}

/// Why a contract reverted, by the bytes it reverted with.
#[must_use]
pub fn refusal(contract: Contract, data: &[u8]) -> Refused {
    let unknown = || Refused::Unknown(data.to_vec());
    let Some((selector, body)) = data.split_first_chunk::<4>() else { return unknown() };
    match *selector {
        ERROR_STRING => {
            let reason = DynSolType::String.abi_decode_params(body).ok();
            reason.as_ref().and_then(DynSolValue::as_str).map_or_else(unknown, |text| Refused::Reason(text.to_owned()))
        }
        PANIC_CODE => match DynSolType::Uint(256).abi_decode_params(body) {
            Ok(DynSolValue::Uint(code, _)) => Refused::Panic(u64::try_from(code).unwrap_or(u64::MAX)),
            _ => unknown(),
        },
        _ => {
            let named = |refusal: &Refusal| selector_of(&format!("{}()", refusal.name())) == *selector;
            Refusal::of(contract).into_iter().find(named).map_or_else(unknown, Refused::Rule)
        }
    }
}

/// Events by their first topic; two contracts may have an event of the same signature.
static EVENTS: LazyLock<HashMap<[u8; 32], Vec<EventSchema>>> = LazyLock::new(|| {
    let mut events: HashMap<[u8; 32], Vec<EventSchema>> = HashMap::new();
    for schema in event::schemas() {
        events.entry(keccak256(schema.signature()).0).or_default().push(schema);
    }
    events
});

/// An event that a contract emitted, by its topics and data; `None` when the vocabulary has no such event of the
/// contract.
#[must_use]
pub fn event(contract: Contract, topics: &[[u8; 32]], data: &[u8]) -> Option<EmittedEvent> {
    let (signature, topics) = topics.split_first()?;
    let schema = EVENTS.get(signature)?.iter().find(|schema| schema.contract == contract.house())?;
    let body: Vec<DynSolType> =
        schema.fields.iter().filter(|field| !field.indexed).map(|field| parse(&field.solidity)).collect();
    let body = DynSolType::Tuple(body).abi_decode_params(data).ok()?;
    let (mut topics, mut body) = (topics.iter(), body.as_tuple()?.iter());
    let mut fields = Vec::with_capacity(schema.fields.len());
    for field in &schema.fields {
        let value = if field.indexed {
            argument(&parse(&field.solidity).abi_decode(topics.next()?).ok()?)?
        } else {
            argument(body.next()?)?
        };
        fields.push((field.name, value));
    }
    topics.next().is_none().then_some(EmittedEvent { contract: schema.contract, name: schema.name, fields })
}

/// The topics and the data with which an event is emitted; `None` when the vocabulary has no such event.
#[must_use]
pub fn log(event: &EmittedEvent) -> Option<(Vec<[u8; 32]>, Vec<u8>)> {
    let schemas = event::schemas();
    let schema = schemas.iter().find(|schema| (schema.contract, schema.name) == (event.contract, event.name))?;
    let mut topics = vec![keccak256(schema.signature()).0];
    let (mut types, mut values) = (Vec::new(), Vec::new());
    for (field, (_, value)) in schema.fields.iter().zip(&event.fields) {
        let ty = parse(&field.solidity);
        if field.indexed {
            topics.push(encode(&[ty], std::slice::from_ref(value)).try_into().ok()?);
        } else {
            types.push(ty);
            values.push(value.clone());
        }
    }
    Some((topics, encode(&types, &values)))
}

fn call(entry: &AbiEntry, arguments: &[Argument]) -> Vec<u8> {
    let mut bytes = selector(entry).to_vec();
    bytes.extend(encode(&types(entry), arguments));
    bytes
}

fn types(entry: &AbiEntry) -> Vec<DynSolType> {
    entry.parameters.iter().map(|parameter| parse(&parameter.solidity)).collect()
}

/// A type of the vocabulary. They are constants of it, and a test encodes every one of them.
fn parse(solidity: &str) -> DynSolType {
    DynSolType::parse(solidity).expect("the types of the vocabulary are Solidity types")
}

/// Arguments of these types. The vocabulary's values have the types that it names, so a pair that does not match is a
/// fault of the vocabulary, not of its user.
fn encode(types: &[DynSolType], arguments: &[Argument]) -> Vec<u8> {
    let values = types.iter().zip(arguments).map(|(ty, argument)| value(argument, ty)).collect::<Option<Vec<_>>>();
    DynSolValue::Tuple(values.expect("the values of the vocabulary have the types it names")).abi_encode_params()
}

fn value(argument: &Argument, ty: &DynSolType) -> Option<DynSolValue> {
    Some(match (argument, ty) {
        (Argument::Number(number), DynSolType::Uint(bits)) => DynSolValue::Uint(U256::from(*number), *bits),
        (Argument::Signed(number), DynSolType::Int(bits)) => DynSolValue::Int(I256::try_from(*number).ok()?, *bits),
        (Argument::Flag(flag), DynSolType::Bool) => DynSolValue::Bool(*flag),
        (Argument::Address(address), DynSolType::Address) => DynSolValue::Address(Address::from(*address)),
        (Argument::Word(word), DynSolType::FixedBytes(32)) => DynSolValue::FixedBytes(B256::from(*word), 32),
        (Argument::Bytes(bytes), DynSolType::Bytes) => DynSolValue::Bytes(bytes.clone()),
        (Argument::Bytes(bytes), DynSolType::FixedBytes(width)) if bytes.len() == *width => {
            DynSolValue::FixedBytes(B256::right_padding_from(bytes), *width)
        }
        (Argument::Tuple(items), DynSolType::Tuple(types)) if items.len() == types.len() => {
            let values = items.iter().zip(types).map(|(item, ty)| value(item, ty));
            DynSolValue::Tuple(values.collect::<Option<_>>()?)
        }
        (Argument::List(items), DynSolType::Array(ty)) => {
            DynSolValue::Array(items.iter().map(|item| value(item, ty)).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn argument(value: &DynSolValue) -> Option<Argument> {
    let all = |items: &[DynSolValue]| items.iter().map(argument).collect::<Option<Vec<_>>>();
    Some(match value {
        // An allowance without end, see `TokenAmount`.
        DynSolValue::Uint(number, 256) => Argument::Number(u128::try_from(*number).unwrap_or(u128::MAX)),
        DynSolValue::Uint(number, _) => Argument::Number(u128::try_from(*number).ok()?),
        DynSolValue::Int(number, _) => Argument::Signed(i128::try_from(*number).ok()?),
        DynSolValue::Bool(flag) => Argument::Flag(*flag),
        DynSolValue::Address(address) => Argument::Address(address.into_array()),
        DynSolValue::FixedBytes(word, 32) => Argument::Word(word.0),
        DynSolValue::FixedBytes(word, width) => Argument::Bytes(word.0.get(..*width)?.to_vec()),
        DynSolValue::Bytes(bytes) => Argument::Bytes(bytes.clone()),
        DynSolValue::Tuple(items) => Argument::Tuple(all(items)?),
        DynSolValue::Array(items) => Argument::List(all(items)?),
        _ => return None,
    })
}
