//! What the native exchange and the deployed contracts say of the same message, and where they differ.

use sit_client::codec::{self, Refused};
use sit_client::{Done, Failure};
use sit_native::{Answer, Argument, Contract, EmittedEvent, Message};

/// A difference, in words; nothing when both agree.
#[must_use]
pub fn outcome<C>(
    message: &Message,
    native: &Result<Answer, &'static str>,
    told: &[EmittedEvent],
    deployed: &Result<Done<C>, Failure>,
) -> Option<String> {
    match (native, deployed) {
        (Ok(answer), Ok(done)) => answers(message, answer, done).or_else(|| events(told, done)),
        (Err(name), Err(Failure::Refused { why: Refused::Rule(refusal), .. })) if refusal.name() == *name => None,
        (Ok(_), Err(failure)) => Some(format!("natively accepted, deployed: {failure}")),
        (Err(name), Ok(_)) => Some(format!("natively refused with {name}, accepted by the deployed contract")),
        (Err(name), Err(failure)) => Some(format!("natively refused with {name}, deployed: {failure}")),
    }
}

/// Compares what was returned, number by number.
fn answers<C>(message: &Message, native: &Answer, done: &Done<C>) -> Option<String> {
    let returned = match codec::answer(message, done.returned.as_deref().unwrap_or_default()) {
        Ok(returned) => returned,
        Err(unreadable) => return Some(unreadable.to_string()),
    };
    let mut numbers = Vec::new();
    if let Some(returned) = &returned {
        flatten(returned, &mut numbers);
    }
    (numbers != native.0).then(|| format!("natively answered {:?}, deployed {numbers:?}", native.0))
}

fn flatten(value: &Argument, numbers: &mut Vec<i128>) {
    match value {
        Argument::Tuple(items) => items.iter().for_each(|item| flatten(item, numbers)),
        Argument::Number(number) => numbers.extend(i128::try_from(*number)),
        Argument::Signed(number) => numbers.push(*number),
        Argument::Flag(truth) => numbers.push((*truth).into()),
        _ => {}
    }
}

/// Compares the events of the exchange's contracts, in order; those of the token are compared as balances.
fn events<C>(native: &[EmittedEvent], done: &Done<C>) -> Option<String> {
    if !done.unread.is_empty() {
        return Some(format!("the deployed contracts told what the vocabulary cannot read: {:?}", done.unread));
    }
    let deployed: Vec<&EmittedEvent> = done.events.iter().filter(|event| event.contract != Contract::Token).collect();
    let same = native.iter().collect::<Vec<_>>() == deployed;
    (!same).then(|| format!("natively told {native:?}, deployed {deployed:?}"))
}
