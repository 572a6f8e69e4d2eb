//! What MetaMask asks, in its own words: a recording of its controllers, asked again of the program.
//!
//! `tests/clients/metamask/record.mjs` has written it down from MetaMask's published packages on this chain; it has
//! each request once in a step, with the fields of the answer that the controllers read. `{head}` stands for the block
//! that the wallet was told last, and other names in braces for what differs from chain to chain.

use std::collections::BTreeMap;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_core::primitives::{Address, Signature, TxKind, U256, hex};
use alloy_eips::eip2718::Encodable2718;
use serde_json::{Value, json};
use sit_devnet::keyring;

use super::{Program, post};

const RECORDING: &str = include_str!("../../../../tests/clients/metamask/recording.json");
const PACKAGES: &str = include_str!("../../../../tests/clients/metamask/package.json");
const LOCK: &str = include_str!("../../../../tests/clients/metamask/package-lock.json");

/// The account of the recording.
const YOU: usize = 1;

/// A wallet's side of the conversation.
struct Wallet {
    program: Program,
    /// What the names in braces stand for, all but the blocks.
    names: BTreeMap<String, String>,
    /// The block that it was told last, the other one before, and the highest of all.
    heads: [String; 3],
    /// The newest estimate and the newest block's limit, of gas.
    estimate: u128,
    limit: u128,
}

fn start() -> Program {
    let chain = Program::start(&["--quiet-market", "--no-mining", "--start", "1796630400"]);
    for _ in 0..600 {
        if ask(&chain, "sit_market", json!([]))["result"]["months"][0].is_object() {
            return chain;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the exchange is not open");
}

fn ask(program: &Program, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    post(&program.url, &request.to_string())
}

fn number(text: &str) -> u128 {
    u128::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
}

/// Whether a wallet can read it as what it takes it for.
fn is(kind: &str, value: &Value) -> bool {
    if kind == "null" {
        return value.is_null();
    }
    let Some(digits) = value.as_str().and_then(|text| text.strip_prefix("0x")) else { return false };
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal
        && match kind {
            "quantity" => digits == "0" || (!digits.is_empty() && !digits.starts_with('0')),
            "hash" => digits.len() == 64,
            "address" => digits.len() == 40,
            "data" => !digits.is_empty() && digits.len().is_multiple_of(2),
            exact => Some(exact) == value.as_str(),
        }
}

/// Whether the field at a path is of a kind: `logs[].topics[]` are all topics of all logs.
fn has(value: &Value, path: &str, kind: &str) -> bool {
    let (field, rest) = path.split_once('.').unwrap_or((path, ""));
    let (name, listed) = field.strip_suffix("[]").map_or((field, false), |name| (name, true));
    let further = |found: &Value| if rest.is_empty() { is(kind, found) } else { has(found, rest, kind) };
    match &value[name] {
        Value::Array(items) if listed => !items.is_empty() && items.iter().all(further),
        found => !listed && further(found),
    }
}

impl Wallet {
    fn new() -> Self {
        let program = start();
        let mut names = BTreeMap::from([("token".to_owned(), "0x0000053900000000000000000000000001200000".to_owned())]);
        let keys = keyring::all();
        names.insert("account".to_owned(), format!("{:?}", keys[YOU].address));
        names.insert("other".to_owned(), format!("{:?}", keys[YOU + 1].address));
        let contracts = ask(&program, "sit_deployments", json!([]))["result"].clone();
        for contract in ["clearing", "vault"] {
            names.insert(contract.to_owned(), contracts[contract].as_str().unwrap().to_lowercase());
        }
        let mark = &ask(&program, "sit_market", json!([]))["result"]["months"][0]["mark"];
        names.insert("mark".to_owned(), format!("0x{:064x}", mark.as_u64().unwrap()));
        Self { program, names, heads: Default::default(), estimate: 0, limit: 0 }
    }

    /// A text with what its names stand for; inside of data without the `0x` of each.
    fn meant(&self, text: &str) -> String {
        let value = |name: &str| match name {
            "head" => self.heads[0].clone(),
            "head before" => self.heads[1].clone(),
            "highest head" => self.heads[2].clone(),
            name => self.names.get(name).unwrap_or_else(|| panic!("{name} has no value yet")).clone(),
        };
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
            && !name.contains('{')
        {
            return value(name);
        }
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap();
            whole += before;
            whole += value(name).strip_prefix("0x").unwrap();
            rest = after;
        }
        whole + rest
    }

    fn all_meant(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => json!(self.meant(text)),
            Value::Array(items) => items.iter().map(|item| self.all_meant(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, field)| (name.clone(), self.all_meant(field)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    /// Gas as a share of what the wallet was told: `{limit} * 35 / 100`.
    fn gas(&self, text: &str) -> u64 {
        let words: Vec<&str> = text.split(' ').collect();
        let base = match words[0] {
            "{estimate}" => self.estimate,
            "{limit}" => self.limit,
            plain => number(plain),
        };
        let share = match words[1..] {
            [] => base,
            ["*", of, "/", parts] => base * of.parse::<u128>().unwrap() / parts.parse::<u128>().unwrap(),
            _ => panic!("{text}"),
        };
        share.try_into().unwrap()
    }

    /// Signs what the wallet signed: the bytes, and their hash.
    fn signed(&self, fields: &Value) -> (String, String) {
        let text = |name: &str| fields[name].as_str().unwrap_or_else(|| panic!("{name} of {fields}"));
        assert_eq!(text("type"), "0x2");
        let key = keyring::all().swap_remove(YOU);
        let transaction = TxEip1559 {
            chain_id: 420_420_420,
            nonce: number(text("nonce")) as u64,
            gas_limit: self.gas(text("gas")),
            max_fee_per_gas: number(text("maxFeePerGas")),
            max_priority_fee_per_gas: number(text("maxPriorityFeePerGas")),
            to: TxKind::Call(self.meant(text("to")).parse::<Address>().unwrap()),
            value: U256::from(number(text("value"))),
            input: hex::decode(self.meant(text("data"))).unwrap().into(),
            ..Default::default()
        };
        let signature = key.sign_digest(&transaction.signature_hash().0).unwrap();
        let signed = transaction.into_signed(Signature::from_raw(&signature).unwrap());
        let hash = signed.hash().to_string();
        (hex::encode_prefixed(TxEnvelope::from(signed).encoded_2718()), hash)
    }

    /// Asks one thing, and looks whether the answer is what the wallet could read.
    fn call(&mut self, call: &Value) {
        let method = call["method"].as_str().unwrap();
        let (params, hash) = if method == "eth_sendRawTransaction" {
            let (raw, hash) = self.signed(&call["params"][0]);
            (json!([raw]), Some(hash))
        } else {
            (self.all_meant(&call["params"]), None)
        };
        let answer = ask(&self.program, method, params.clone());
        if let Some(wanted) = call.get("error") {
            let error = &answer["error"];
            assert_eq!(error["code"], wanted["code"], "{method} {params}: {answer}");
            let message = error["message"].as_str().unwrap();
            assert!(message.starts_with(wanted["message"].as_str().unwrap()), "{method} {params}: {answer}");
            return;
        }
        let result = answer.get("result").unwrap_or_else(|| panic!("{method} {params}: {answer}"));
        match &call["answer"] {
            Value::Object(fields) => {
                for (path, kind) in fields {
                    assert!(has(result, path, kind.as_str().unwrap()), "{path} of {method} {params}: {answer}");
                }
            }
            Value::String(name) if hash.is_some() => {
                // The wallet waits for the hash that it is told.
                assert_eq!(result.as_str(), hash.as_deref());
                self.names.insert(name.trim_matches(['{', '}']).to_owned(), hash.unwrap_or_default());
            }
            Value::String(kind) => {
                assert!(is(&self.meant(kind), result), "{kind} is wanted of {method} {params}: {answer}")
            }
            other => assert_eq!(result, other, "{method} {params}"),
        }
        match method {
            "eth_blockNumber" => {
                let [head, before, highest] = &mut self.heads;
                let told = result.as_str().unwrap().to_owned();
                if highest.is_empty() || number(&told) > number(highest) {
                    highest.clone_from(&told);
                }
                if *head != told {
                    *before = std::mem::replace(head, told);
                }
            }
            "eth_estimateGas" => self.estimate = number(result.as_str().unwrap()),
            "eth_getTransactionReceipt" if result.is_object() => {
                let transaction = call["params"][0].as_str().unwrap().trim_matches(['{', '}']);
                self.names.insert(format!("block of {transaction}"), result["blockHash"].as_str().unwrap().to_owned());
            }
            _ => {}
        }
        if let Some(limit) = result.get("gasLimit") {
            self.limit = number(limit.as_str().unwrap());
        }
    }
}

#[test]
fn metamask_is_answered_as_it_was_when_it_was_recorded() {
    let recording: Value = serde_json::from_str(RECORDING).unwrap();
    let mut wallet = Wallet::new();
    let mut calls = 0;
    for step in recording["steps"].as_array().unwrap() {
        if let Some(blocks) = step.get("mine") {
            for _ in 0..blocks.as_u64().unwrap() {
                assert!(ask(&wallet.program, "evm_mine", json!([])).get("result").is_some());
            }
        } else if step.get("restart").is_some() {
            wallet.program = start();
        } else {
            eprintln!("{}", step["step"].as_str().unwrap());
            for call in step["calls"].as_array().unwrap() {
                wallet.call(call);
                calls += 1;
            }
        }
    }
    assert!(calls > 150, "{calls} calls are recorded");
}

#[test]
fn the_recording_is_of_the_packages_that_the_lock_file_installs() {
    let [recording, packages, lock] =
        [RECORDING, PACKAGES, LOCK].map(|text| serde_json::from_str::<Value>(text).unwrap());
    for (name, version) in recording["packages"].as_object().unwrap() {
        assert_eq!(packages["dependencies"][name], *version, "{name}: record anew (scripts/clients --metamask)");
        assert_eq!(lock["packages"][format!("node_modules/{name}")]["version"], *version, "{name}");
    }
    assert!(!LOCK.contains("\"resolved\""), "a registry is named: npm install with the .npmrc of the folder");
}
