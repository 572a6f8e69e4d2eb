//! What the native exchange and the deployed contracts say of the same message, and where they differ.

use sit_devnet::{CallError, Event, FromValue, Receipt, Value};
use sit_native::{Answer, Argument, Contract, EmittedEvent};

/// A difference, in words; nothing when both say the same.
#[must_use]
pub fn outcome(
    native: &Result<Answer, &'static str>,
    told: &[EmittedEvent],
    deployed: &Result<Receipt, CallError>,
) -> Option<String> {
    match (native, deployed) {
        (Ok(answer), Ok(receipt)) => answers(answer, receipt).or_else(|| events(told, &receipt.events)),
        (Err(name), Err(CallError::Reverted { revert, .. })) if revert.name == *name => None,
        (Ok(_), Err(error)) => Some(format!("natively accepted, deployed: {error}")),
        (Err(name), Ok(_)) => Some(format!("natively refused with {name}, accepted by the deployed contract")),
        (Err(name), Err(error)) => Some(format!("natively refused with {name}, deployed: {error}")),
    }
}

/// Compares what was returned, number by number.
fn answers(native: &Answer, receipt: &Receipt) -> Option<String> {
    let mut numbers = Vec::new();
    for value in &receipt.returned {
        flatten(value, &mut numbers);
    }
    (numbers != native.0).then(|| format!("natively answered {:?}, deployed {numbers:?}", native.0))
}

fn flatten(value: &Value, numbers: &mut Vec<i128>) {
    match value {
        Value::Tuple(items) => items.iter().for_each(|item| flatten(item, numbers)),
        other => numbers.extend(number(other)),
    }
}

fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Uint(..) => u128::from_value(value).and_then(|number| i128::try_from(number).ok()),
        _ => i128::from_value(value),
    }
}

/// Compares the events of the exchange's contracts, in order; those of the token are compared as balances.
fn events(native: &[EmittedEvent], deployed: &[Event]) -> Option<String> {
    let ours = |event: &&Event| Contract::from_name(&event.contract).is_some();
    let deployed: Vec<&Event> = deployed.iter().filter(ours).collect();
    let same = native.len() == deployed.len()
        && native.iter().zip(&deployed).all(|(native, deployed)| same_event(native, deployed));
    (!same).then(|| format!("natively told {native:?}, deployed {deployed:?}"))
}

fn same_event(native: &EmittedEvent, deployed: &Event) -> bool {
    let field = |(name, argument): &(&'static str, Argument)| {
        let found = deployed.fields.iter().find(|(other, _)| other == name);
        found.is_some_and(|(_, value)| same_value(argument, value))
    };
    native.contract.name() == deployed.contract
        && native.name == deployed.name
        && native.fields.len() == deployed.fields.len()
        && native.fields.iter().all(field)
}

/// Whether a value read off the chain is this argument; integers by their number, whatever their width.
fn same_value(argument: &Argument, value: &Value) -> bool {
    match (argument, value) {
        (Argument::Number(number), _) => u128::from_value(value) == Some(*number),
        (Argument::Signed(signed), _) => number(value) == Some(*signed),
        (Argument::Flag(flag), Value::Bool(other)) => flag == other,
        (Argument::Address(address), Value::Address(other)) => *address == other.into_array(),
        (Argument::Word(word), Value::FixedBytes(other, 32)) => *word == other.0,
        (Argument::Bytes(bytes), Value::Bytes(other)) => bytes == other,
        (Argument::Tuple(items), Value::Tuple(others)) | (Argument::List(items), Value::Array(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| same_value(item, other))
        }
        _ => false,
    }
}
