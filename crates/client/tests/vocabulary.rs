//! The vocabulary held against the ABIs of the built contracts, both ways.

use serde_json::{Value, json};
use sit_client::{Artifact, JsonAbi, interface, vocabulary::differences};
use sit_native::Contract;

fn artifact(contract: Contract) -> Artifact {
    Artifact::load(contract.name()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn vocabulary_and_abis_say_the_same_of_all_seven_contracts() {
    for contract in Contract::ALL {
        let found = differences(contract, &artifact(contract).abi);
        assert!(found.is_empty(), "{}:\n{}", contract.name(), found.join("\n"));
    }
}

/// Whoever takes the ABI from `sit abi` has messages, constructor, events and errors of the built contract.
#[test]
fn the_abi_of_the_vocabulary_is_that_of_the_built_contract() {
    for contract in Contract::ALL {
        let written: JsonAbi = serde_json::from_value(interface::json(contract)).expect("it is an ABI");
        let found = differences(contract, &written);
        assert!(found.is_empty(), "{}:\n{}", contract.name(), found.join("\n"));
        // As strictly as others read it: every item is one of these kinds, and a struct has its members.
        let built = artifact(contract).abi;
        assert_eq!(written.functions().count(), built.functions().count(), "{}", contract.name());
        assert_eq!(written.constructor.is_some(), built.constructor.is_some(), "{}", contract.name());
    }
}

/// The ABI of a contract with a change, and what the vocabulary says to it.
fn changed(contract: Contract, change: impl FnOnce(&mut Vec<Value>)) -> Vec<String> {
    let text = serde_json::to_string(&*artifact(contract).abi).unwrap();
    let mut items: Vec<Value> = serde_json::from_str(&text).unwrap();
    change(&mut items);
    let abi: JsonAbi = serde_json::from_value(Value::Array(items)).unwrap();
    differences(contract, &abi)
}

fn item<'a>(items: &'a mut [Value], kind: &str, name: &str) -> &'a mut Value {
    let named = |item: &&mut Value| item["type"] == kind && (kind == "constructor" || item["name"] == name);
    items.iter_mut().find(named).unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

fn says(found: &[String], part: &str) {
    assert!(!found.is_empty() && found.iter().any(|difference| difference.contains(part)), "{part}: {found:?}");
}

#[test]
fn whatever_either_side_has_too_much_or_otherwise_is_told() {
    let function = |name: &str| json!({"type": "function", "name": name, "stateMutability": "nonpayable", "inputs": [], "outputs": []});
    let gone = |kind: &'static str, name: &'static str| {
        move |items: &mut Vec<Value>| items.retain(|item| item["type"] != kind || item["name"] != name)
    };
    // Messages and views.
    says(&changed(Contract::Clearing, |items| items.push(function("lend"))), "the vocabulary lacks clearing.lend()");
    says(&changed(Contract::Clearing, gone("function", "place")), "clearing lacks place(");
    says(
        &changed(Contract::ClearingOffice, gone("function", "fund_programme")),
        "clearing-office lacks fund_programme(",
    );
    says(&changed(Contract::ClearingOffice, |items| items.push(function("place"))), "lacks clearing-office.place()");
    says(&changed(Contract::Vault, gone("function", "audit")), "vault lacks audit()");
    says(
        &changed(Contract::Vault, |items| item(items, "function", "deposit")["inputs"][1]["type"] = json!("uint128")),
        "vault lacks deposit(uint32,uint64)",
    );
    says(
        &changed(Contract::Vault, |items| {
            let inputs = &mut item(items, "function", "set_limits")["inputs"];
            (inputs[0]["name"], inputs[1]["name"]) = (json!("day"), json!("hour"));
        }),
        "vault.set_limits takes (uint64 day, uint64 hour), and the vocabulary gives it (uint64 hour, uint64 day)",
    );
    says(
        &changed(Contract::Oracle, |items| item(items, "function", "validity")["outputs"][0]["type"] = json!("uint16")),
        "oracle.validity returns (uint16), and the vocabulary reads (uint8)",
    );
    says(
        &changed(Contract::Oracle, |items| {
            item(items, "function", "validity")["stateMutability"] = json!("nonpayable")
        }),
        "oracle.validity is NonPayable, and the vocabulary has it as View",
    );
    // Constructors.
    says(
        &changed(Contract::Incentives, |items| item(items, "constructor", "")["inputs"][0]["name"] = json!("owner")),
        "the constructor of incentives takes (address owner)",
    );
    // Events.
    says(&changed(Contract::Vault, gone("event", "PaidIn")), "vault lacks the event PaidIn(");
    says(
        &changed(Contract::Vault, |items| item(items, "event", "PaidIn")["inputs"][0]["indexed"] = json!(false)),
        "the vocabulary lacks the event PaidIn(address from, uint64 amount)",
    );
    says(
        &changed(Contract::Vault, |items| item(items, "event", "PaidIn")["name"] = json!("CameIn")),
        "the vocabulary lacks the event CameIn(",
    );
    // Errors.
    says(&changed(Contract::Governance, gone("error", "NotReady")), "governance lacks the error NotReady()");
    says(
        &changed(Contract::Governance, |items| items.push(json!({"type": "error", "name": "Tired", "inputs": []}))),
        "the vocabulary lacks the error Tired() of governance",
    );
}
