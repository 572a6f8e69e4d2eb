//! Every message of the seven ABIs is a row of the engine's table of messages, and every row is a message: name, blob
//! and whether it only reads, both ways. Who may send it is tried in `incidents/privileges.rs`.

use sit_devnet::{Artifact, JsonAbi};
use sit_engine::authority::Half;
use sit_engine::kind::MessageKind;
use std::collections::BTreeMap;

/// The messages of an ABI by signature with outputs, and whether each is a view.
fn messages(abi: &JsonAbi) -> BTreeMap<String, (String, bool)> {
    abi.functions()
        .map(|function| {
            let view = format!("{:?}", function.state_mutability) == "View";
            (function.name.clone(), (function.signature_with_outputs(), view))
        })
        .collect()
}

fn abi(name: &str) -> BTreeMap<String, (String, bool)> {
    messages(&Artifact::load(name).expect("the contracts are built").abi)
}

/// What the table says of a contract: name and whether it only reads.
fn table(contract: &str, half: Option<Half>) -> BTreeMap<String, bool> {
    MessageKind::all()
        .filter(|kind| kind.contract() == contract && half.is_none_or(|half| kind.half() == half))
        .map(|kind| (kind.name().to_owned(), kind.is_view()))
        .collect()
}

fn reads(messages: &BTreeMap<String, (String, bool)>) -> BTreeMap<String, bool> {
    messages.iter().map(|(name, (_, view))| (name.clone(), *view)).collect()
}

#[test]
fn every_message_of_a_contract_is_in_the_table_and_every_row_is_a_message() {
    for contract in MessageKind::CONTRACTS {
        assert_eq!(reads(&abi(contract)), table(contract, None), "{contract}");
    }
}

#[test]
fn an_office_answers_the_cold_messages_of_its_contract_under_the_same_signatures_and_no_others() {
    for contract in ["clearing", "oracle"] {
        let (hot, office) = (abi(contract), abi(&format!("{contract}-office")));
        assert_eq!(reads(&office), table(contract, Some(Half::Cold)), "{contract}-office");
        for (name, message) in &office {
            assert_eq!(hot.get(name), Some(message), "{contract} and its office disagree about {name}");
        }
    }
}
