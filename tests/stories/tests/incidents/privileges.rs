//! The senders of messages: every message of every contract from every role, generated from the ABIs (G1).
//!
//! By the engine's table a message is open to everybody, or it belongs to one role or contract and is refused by name
//! to all others: to every role here except its own. A message that the table does not know fails, and so does one
//! without its check.

use crate::World;
use sit_client::Signer;
use sit_devnet::{Account, Address, CallError, JsonAbi, U256, Value};
use sit_engine::authority::Sender;
use sit_engine::kind::MessageKind;
use sit_engine::oracle::Rules;
use sit_native::{Contract, Message};
use std::collections::BTreeSet;

/// The account of the world that has a message to itself; `None` for what everybody may send, and for what only
/// contracts, an executed action or a nominee that does not exist may.
pub fn role(sender: Sender) -> Option<&'static str> {
    match sender {
        Sender::Governor => Some("governor"),
        Sender::Guardian => Some("guardian"),
        Sender::Councillor => Some("councillor"),
        Sender::Deployer => Some("deployer"),
        _ => None,
    }
}

const REFUSALS: &[&str] = &[
    "NotAuthorised",
    "NotAuthorised",
    "NotAuthorised",
    "NotAuthorised",
    "NotAuthorised",
    "NotAuthorised",
    "NotAuthorised",
    "NotAuthorised",
];

/// A value of a type, all zero except byte strings, which are as long as a risk array.
fn zero(ty: &str, components: &[Value]) -> Value {
    if ty.ends_with(']') {
        return Value::Array(Vec::new());
    }
    let width = |prefix: &str| ty.strip_prefix(prefix).and_then(|rest| rest.parse::<usize>().ok());
    match ty {
        "tuple" => Value::Tuple(components.to_vec()),
        "address" => Value::Address(Address::ZERO),
        "bool" => Value::Bool(false),
        "string" => Value::String(String::new()),
        "bytes" => Value::Bytes(vec![0; 384]),
        _ => {
            if let Some(bytes) = width("bytes") {
                Value::FixedBytes([0; 32].into(), bytes)
            } else if let Some(bits) = width("uint") {
                Value::Uint(U256::ZERO, bits)
            } else if let Some(bits) = width("int") {
                Value::Int(Default::default(), bits)
            } else {
                panic!("no value of type {ty}")
            }
        }
    }
}

/// Every message of an ABI that changes state, with arguments.
fn messages(abi: &JsonAbi) -> Vec<(String, Vec<Value>)> {
    let views = ["view", "pure"];
    abi.functions()
        .filter(|function| {
            let mutability = format!("{:?}", function.state_mutability).to_lowercase();
            !views.contains(&mutability.as_str())
        })
        .map(|function| {
            let arguments = function.inputs.iter().map(|input| {
                let parts = input.components.iter().map(|part| {
                    // Structs within structs hold no further ones.
                    let inner: Vec<Value> = part.components.iter().map(|inner| zero(&inner.ty, &[])).collect();
                    zero(&part.ty, &inner)
                });
                zero(&input.ty, &parts.collect::<Vec<_>>())
            });
            (function.name.clone(), arguments.collect())
        })
        .collect()
}

#[test]
fn every_privileged_message_is_refused_to_every_other_role() {
    let mut world = World::opened(&Rules::TPI, 4);
    let councillor = world.exchange.chain.account("councillor");
    world.govern(&Message::SetCouncil { members: vec![councillor.address()], threshold: 1 });
    let names = ["deployer", "governor", "guardian", "councillor", "reporter 1", "trader", "keeper"];
    let roles: Vec<Account> = names.iter().map(|name| world.exchange.chain.account(name)).collect();
    let contracts = [Contract::Governance, Contract::Vault, Contract::Clearing, Contract::Oracle, Contract::Incentives]
        .map(|contract| {
            let address = world.exchange.address(contract).unwrap();
            world.exchange.chain.contract_at(address).unwrap().clone()
        });
    let (mut tried, mut privileged) = (0, BTreeSet::new());
    for contract in &contracts {
        for (message, arguments) in messages(&contract.abi) {
            let kind = MessageKind::named(&contract.name, &message);
            let sender = kind.unwrap_or_else(|| panic!("{}.{message} is in no table", contract.name)).sender();
            if sender.is_open() {
                continue;
            }
            privileged.insert(format!("{}.{message}", contract.name));
            let owner = role(sender);
            for role in roles.iter().filter(|role| owner.is_none_or(|owner| role.name != owner)) {
                world.exchange.chain.seal_block(6); // a full block would be sealed on the way, and that is a trace too
                let before = world.exchange.chain.state_root();
                let answer = world.exchange.chain.call(role, contract, &message, arguments.clone());
                let Err(CallError::Reverted { revert, .. }) = &answer else {
                    panic!("{}.{message} from {}: {answer:?}", contract.name, role.name)
                };
                assert!(
                    REFUSALS.contains(&revert.name.as_str()),
                    "{}.{message} from {} is refused by {}, not for who sends it; if anyone may send it, the table has to say so",
                    contract.name,
                    role.name,
                    revert.name
                );
                assert_eq!(world.exchange.chain.state_root(), before, "{}.{message} left a trace", contract.name);
                tried += 1;
            }
        }
    }
    assert!(privileged.len() >= 30 && tried >= 200, "{tried} refusals of {privileged:?}");
}
