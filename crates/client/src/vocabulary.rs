//! The vocabulary held against a contract's ABI, both ways: what either has and the other lacks, or has with other
//! types.

use std::collections::BTreeSet;

use alloy_core::json_abi::{EventParam, Function, JsonAbi, Param, StateMutability};
use sit_native::{AbiEntry, Constructor, Contract, Message, Refusal, event, view};

/// Every difference, as a sentence; none when vocabulary and ABI say the same.
///
/// An office has the messages that its code answers. ABIs gather the events and errors of all code that is linked, so
/// an event or error of another contract is none too much, as long as the vocabulary knows it.
#[must_use]
pub fn differences(contract: Contract, abi: &JsonAbi) -> Vec<String> {
    let mut found = Vec::new();
    constructor(contract, abi, &mut found);
    functions(contract, abi, &mut found);
    events(contract, abi, &mut found);
    errors(contract, abi, &mut found);
    found
}

fn constructor(contract: Contract, abi: &JsonAbi, found: &mut Vec<String>) {
    let known = Constructor::entry(contract);
    let (name, built) = (contract.name(), abi.constructor.as_ref().map(|constructor| listed(&constructor.inputs)));
    match (known.map(|entry| parameters(&entry)), built) {
        (Some(known), Some(built)) if known != built => {
            found.push(format!("the constructor of {name} takes ({built}), and the vocabulary gives it ({known})"));
        }
        (Some(_), None) => found.push(format!("{name} has no constructor, and the vocabulary has one")),
        (None, Some(_)) => found.push(format!("the vocabulary does not deploy {name}, which has a constructor")),
        _ => {}
    }
}

fn functions(contract: Contract, abi: &JsonAbi, found: &mut Vec<String>) {
    let answers = |entry: &AbiEntry| entry.contract == contract || entry.code == contract;
    let known: Vec<(AbiEntry, StateMutability)> = Message::entries()
        .into_iter()
        .map(|entry| (entry, StateMutability::NonPayable))
        .chain(view::entries().into_iter().map(|entry| (entry, StateMutability::View)))
        .filter(|(entry, _)| answers(entry))
        .collect();
    let name = contract.name();
    for function in abi.functions() {
        let Some((entry, mutability)) = known.iter().find(|(entry, _)| entry.signature() == function.signature())
        else {
            found.push(format!("the vocabulary lacks {name}.{}", function.signature()));
            continue;
        };
        let what = format!("{name}.{}", function.name);
        let (known, built) = (parameters(entry), listed(&function.inputs));
        if known != built {
            found.push(format!("{what} takes ({built}), and the vocabulary gives it ({known})"));
        }
        let (known, built) = (entry.returns.clone().unwrap_or_default(), returned(function));
        if known != built {
            found.push(format!("{what} returns ({built}), and the vocabulary reads ({known})"));
        }
        if function.state_mutability != *mutability {
            found.push(format!(
                "{what} is {:?}, and the vocabulary has it as {mutability:?}",
                function.state_mutability
            ));
        }
    }
    let built: BTreeSet<String> = abi.functions().map(Function::signature).collect();
    for (entry, _) in known.iter().filter(|(entry, _)| !built.contains(&entry.signature())) {
        found.push(format!("{name} lacks {}, which the vocabulary has", entry.signature()));
    }
}

fn events(contract: Contract, abi: &JsonAbi, found: &mut Vec<String>) {
    let schema = |fields: &[event::EventField]| {
        let shown = |field: &event::EventField| shown(&field.solidity, field.indexed, field.name);
        fields.iter().map(shown).collect::<Vec<_>>().join(", ")
    };
    let all: Vec<(Contract, String)> = event::schemas()
        .iter()
        .map(|event| (event.contract, format!("{}({})", event.name, schema(&event.fields))))
        .collect();
    let built: BTreeSet<String> = abi
        .events()
        .map(|event| {
            let fields = |input: &EventParam| shown(&input.selector_type(), input.indexed, &input.name);
            format!("{}({})", event.name, event.inputs.iter().map(fields).collect::<Vec<_>>().join(", "))
        })
        .collect();
    for event in built.iter().filter(|event| !all.iter().any(|(_, known)| known == *event)) {
        found.push(format!("the vocabulary lacks the event {event} of {}", contract.name()));
    }
    for (_, event) in all.iter().filter(|(of, event)| *of == contract.house() && !built.contains(event)) {
        found.push(format!("{} lacks the event {event}, which the vocabulary has", contract.name()));
    }
}

fn errors(contract: Contract, abi: &JsonAbi, found: &mut Vec<String>) {
    let name = contract.name();
    let named = |refusals: Vec<Refusal>| refusals.into_iter().map(|refusal| format!("{}()", refusal.name()));
    let all: BTreeSet<String> = Contract::ALL.into_iter().flat_map(|contract| named(Refusal::of(contract))).collect();
    let built: BTreeSet<String> = abi.errors().map(|error| error.signature()).collect();
    for error in built.difference(&all) {
        found.push(format!("the vocabulary lacks the error {error} of {name}"));
    }
    for error in named(Refusal::of(contract)).filter(|error| !built.contains(error)) {
        found.push(format!("{name} lacks the error {error}, which the vocabulary has"));
    }
}

fn shown(solidity: &str, indexed: bool, name: &str) -> String {
    format!("{solidity}{} {name}", if indexed { " indexed" } else { "" })
}

fn parameters(entry: &AbiEntry) -> String {
    let shown = entry.parameters.iter().map(|parameter| format!("{} {}", parameter.solidity, parameter.name));
    shown.collect::<Vec<_>>().join(", ")
}

fn listed(inputs: &[Param]) -> String {
    inputs.iter().map(|input| format!("{} {}", input.selector_type(), input.name)).collect::<Vec<_>>().join(", ")
}

fn returned(function: &Function) -> String {
    function.outputs.iter().map(|output| output.selector_type().into_owned()).collect::<Vec<_>>().join(",")
}
