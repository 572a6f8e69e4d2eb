//! The Solidity ABI of a contract from the vocabulary, for programs that are not ours.
//!
//! The vocabulary is held against the ABIs of the built contracts both ways ([`vocabulary`](crate::vocabulary)), so
//! what is written here is what the contracts answer, and needs no build. Of a contract that has an office the ABI has
//! the messages of both: they are sent to the house. Events and errors are those of the contract alone, where a built
//! ABI has those of all linked code besides. Members of structs have the vocabulary's names, where built ABIs give them
//! none: selectors do not depend on names.

use serde_json::{Value, json};
use sit_native::{AbiEntry, Constructor, Contract, Message, Parameter, Refusal, event, event::EventSchema, view};

/// A message or a view of a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// As the vocabulary has it.
    pub entry: AbiEntry,
    /// Whether it changes nothing.
    pub is_view: bool,
}

/// The messages and views of a contract by name. Those of an office are among those of its house, too.
#[must_use]
pub fn functions(contract: Contract) -> Vec<Function> {
    let messages = Message::entries().into_iter().map(|entry| Function { entry, is_view: false });
    let views = view::entries().into_iter().map(|entry| Function { entry, is_view: true });
    let answers = |function: &Function| function.entry.contract == contract || function.entry.code == contract;
    let mut functions: Vec<Function> = messages.chain(views).filter(answers).collect();
    functions.sort_by_key(|function| function.entry.signature());
    functions
}

/// The events of a contract by name. An office emits in the name of its house.
#[must_use]
pub fn events(contract: Contract) -> Vec<EventSchema> {
    let mut events: Vec<EventSchema> =
        event::schemas().into_iter().filter(|event| event.contract == contract.house()).collect();
    events.sort_by_key(EventSchema::signature);
    events
}

/// The errors of a contract by name. An office refuses by those of its house.
#[must_use]
pub fn errors(contract: Contract) -> Vec<Refusal> {
    let mut errors = Refusal::of(contract);
    errors.sort_by_key(|error| error.name());
    errors
}

/// The ABI of a contract as Solidity's compiler writes it: a list of constructor, functions, events and errors.
#[must_use]
pub fn json(contract: Contract) -> Value {
    let inputs = |entry: &AbiEntry| -> Vec<Value> {
        entry
            .parameters
            .iter()
            .map(|parameter| typed(parameter.name, &parameter.solidity, &parameter.members))
            .collect()
    };
    let constructor = Constructor::entry(contract)
        .map(|entry| json!({ "type": "constructor", "inputs": inputs(&entry), "stateMutability": "nonpayable" }));
    let functions = functions(contract).into_iter().map(|Function { entry, is_view }| {
        json!({
            "type": "function",
            "name": entry.name,
            "inputs": inputs(&entry),
            "outputs": entry.returns.iter().map(|returns| typed("", returns, &entry.returned)).collect::<Vec<Value>>(),
            "stateMutability": if is_view { "view" } else { "nonpayable" },
        })
    });
    let events = events(contract).into_iter().map(|event| {
        let field = |field: &event::EventField| {
            let mut input = typed(field.name, &field.solidity, &field.members);
            input["indexed"] = field.indexed.into();
            input
        };
        let inputs: Vec<Value> = event.fields.iter().map(field).collect();
        json!({ "type": "event", "name": event.name, "inputs": inputs, "anonymous": false })
    });
    let errors = errors(contract).into_iter().map(|error| {
        let inputs: [Value; 0] = [];
        json!({ "type": "error", "name": error.name(), "inputs": inputs })
    });
    constructor.into_iter().chain(functions).chain(events).chain(errors).collect()
}

/// A parameter of a type of Solidity, with the members of a struct apart.
fn typed(name: &str, solidity: &str, members: &[Parameter]) -> Value {
    if members.is_empty() {
        return json!({ "name": name, "type": solidity });
    }
    // Of a struct, or of an array of structs.
    let one = solidity.trim_end_matches("[]");
    let kind = solidity.replacen(one, "tuple", 1);
    let members: Vec<Value> =
        members.iter().map(|member| typed(member.name, &member.solidity, &member.members)).collect();
    json!({ "name": name, "type": kind, "components": members })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struct_is_written_member_by_member_however_deep_it_lies() {
        let member = |name, solidity: &str, members| Parameter { name, solidity: solidity.to_owned(), members };
        let inner = member("of", "(bytes4[])", vec![member("selectors", "bytes4[]", Vec::new())]);
        let members = [member("kind", "uint8", Vec::new()), inner];
        let expected = json!({
            "name": "batch",
            "type": "tuple[]",
            "components": [
                { "name": "kind", "type": "uint8" },
                { "name": "of", "type": "tuple", "components": [{ "name": "selectors", "type": "bytes4[]" }] },
            ],
        });
        assert_eq!(typed("batch", "(uint8,(bytes4[]))[]", &members), expected);
        assert_eq!(typed("by", "address", &[]), json!({ "name": "by", "type": "address" }));
    }

    #[test]
    fn a_house_has_the_messages_of_its_office_and_the_office_its_own() {
        let named = |contract, name: &str| functions(contract).iter().any(|function| function.entry.name == name);
        assert!(named(Contract::Clearing, "place") && named(Contract::Clearing, "fund_programme"));
        assert!(named(Contract::ClearingOffice, "fund_programme") && !named(Contract::ClearingOffice, "place"));
        assert_eq!(events(Contract::ClearingOffice), events(Contract::Clearing));
        assert!(json(Contract::Token).as_array().is_some_and(|items| items.iter().all(|item| item["type"] != "error")));
    }
}
