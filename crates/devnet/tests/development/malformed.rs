//! Whatever is asked, an answer comes, and the chain goes on.

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sit_devnet::rpc::{Devnet, MOST_IN_A_BATCH, methods};

use crate::support::{ask, at, chain, key, pay, refused};

/// Methods that change how the chain goes on; they are asked, too, on chains of their own.
fn answers(chain: &mut Devnet, text: &[u8]) -> Option<Value> {
    let answer = chain.answer_text(text)?;
    Some(serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}")))
}

/// Parameters of every wrong kind.
fn oddities() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!("0x"),
        json!("0xzz"),
        json!("latest"),
        json!("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
        json!("0xffffffffffffffff"),
        json!("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
        json!(u64::MAX),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "blockNumber": "0x1", "blockHash": "0x1" }),
        json!({ "from": 5, "to": [], "value": {} }),
        json!({ "to": "0x0000000000000000000000000000000000000000", "gas": "0xffffffffffffffffffff", "value": "0xffffffffffffffffffffffffffffffff" }),
        json!({ "fromBlock": "0xffffffffffffffff", "toBlock": -1, "topics": [[[[]]]] }),
        json!("🦀".repeat(1_000)),
    ]
}

#[test]
fn every_method_takes_every_oddity_and_answers() {
    let mut chain = chain();
    let mut asked = 0;
    let mut refused = 0;
    for method in methods() {
        // Ten thousand blocks are much to ask of a test.
        let heavy = method.ends_with("_mine");
        for first in oddities() {
            for second in
                [None, Some(json!("0xffffffffffffffffffffffff")), Some(json!({ "tracer": 7 })), Some(Value::Null)]
            {
                if heavy && first.is_u64() {
                    continue;
                }
                let params: Vec<&Value> = [Some(&first), second.as_ref()].into_iter().flatten().collect();
                let request = json!({ "jsonrpc": "2.0", "id": asked, "method": method, "params": params });
                let answer = answers(&mut chain, request.to_string().as_bytes()).expect("a request is answered");
                assert_eq!(answer["id"], json!(asked));
                assert!(answer.get("result").is_some() != answer.get("error").is_some(), "{answer}");
                if let Some(error) = answer.get("error") {
                    assert!(error["message"].as_str().is_some_and(|message| message.len() > 5), "{answer}");
                    refused += 1;
                }
                asked += 1;
            }
        }
        for params in [json!({ "named": 1 }), json!("text"), json!(7)] {
            let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            let answer = answers(&mut chain, request.to_string().as_bytes()).unwrap();
            assert!(answer["error"]["code"].is_i64(), "{answer}");
        }
    }
    assert!(asked > 5_000 && refused > 2_000, "{refused} of {asked}");
    // The chain goes on.
    let before = chain.node.head().number();
    chain.node.seal().unwrap();
    assert_eq!(chain.node.head().number(), before + 1);
}

#[test]
fn thousands_of_broken_texts_are_answered() {
    let mut chain = chain();
    let mut random = StdRng::seed_from_u64(7);
    let seeds = [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": [at(0), "latest"] }).to_string(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{ "to": at(0), "data": "0x00" }, "latest"] }).to_string(),
        json!([{ "jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": [] }]).to_string(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [{ "fromBlock": "0x0" }] }).to_string(),
    ];
    for _ in 0..5_000 {
        let mut text = seeds[(random.next_u32() % 4) as usize].clone().into_bytes();
        for _ in 0..=random.next_u32() % 4 {
            let place = random.next_u32() as usize % text.len();
            match random.next_u32() % 3 {
                0 => text[place] = random.next_u32() as u8,
                1 => {
                    text.remove(place);
                }
                _ => text.insert(place, b"{}[]\",:0x"[random.next_u32() as usize % 9]),
            }
        }
        answers(&mut chain, &text);
    }
    pay(&mut chain, 0, 1, 1_000_000);
}

#[test]
fn thousands_of_broken_transactions_are_refused() {
    let mut chain = chain();
    let raw = crate::support::transfer(&mut chain, 0, 1, 0, 1);
    let bytes = alloy_core::primitives::hex::decode(raw.as_str().unwrap()).unwrap();
    let mut random = StdRng::seed_from_u64(3);
    let mut taken = 0;
    for _ in 0..3_000 {
        let mut broken = bytes.clone();
        let place = random.next_u32() as usize % broken.len();
        match random.next_u32() % 3 {
            0 => broken[place] ^= 1 << (random.next_u32() % 8),
            1 => broken.truncate(place),
            _ => broken.push(random.next_u32() as u8),
        }
        let text = alloy_core::primitives::hex::encode_prefixed(&broken);
        taken += u32::from(chain.call("eth_sendRawTransaction", &json!([text])).is_ok());
    }
    assert_eq!(taken, 0, "a broken signature is somebody else's, who has nothing");
    assert_eq!(chain.node.head().number(), 0);
}

#[test]
fn a_batch_is_answered_up_to_its_limit_and_refused_beyond() {
    let mut chain = chain();
    let batch = |count: usize| -> String {
        let requests: Vec<Value> =
            (0..count).map(|id| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_blockNumber" })).collect();
        Value::Array(requests).to_string()
    };
    let answer = answers(&mut chain, batch(MOST_IN_A_BATCH).as_bytes()).unwrap();
    assert_eq!(answer.as_array().unwrap().len(), MOST_IN_A_BATCH);
    let answer = answers(&mut chain, batch(10_000).as_bytes()).unwrap();
    assert_eq!(answer["error"]["message"], "the batch has 10000 requests, and at most 1000 are answered at once");
    assert_eq!(
        chain.answer_text(json!({ "jsonrpc": "2.0", "method": "eth_blockNumber" }).to_string().as_bytes()),
        None
    );
    let nested = "[".repeat(100_000);
    assert_eq!(answers(&mut chain, nested.as_bytes()).unwrap()["error"]["code"], -32700);
}

#[test]
fn three_megabytes_are_a_request_like_any_other() {
    let mut chain = chain();
    let data = format!("0x{}", "00".repeat(1_500_000));
    let call = json!([{ "from": at(0), "to": at(1), "data": data }]);
    // It is longer than a block may be.
    let _ = chain.call("eth_call", &call);
    let (_, message) = refused(&mut chain, "eth_sendRawTransaction", json!([data]));
    assert!(message.starts_with("the bytes are no signed Ethereum transaction"), "{message}");
    let blob = format!("0x50564d00{}", "11".repeat(1_000_000));
    let (code, message) = refused(&mut chain, "eth_estimateGas", json!([{ "from": at(0), "data": blob }]));
    assert!(code == -32000 && !message.contains("Module("), "{message}");
    assert!(ask(&mut chain, "eth_getCode", json!([format!("{:?}", key(1).address), "latest"])) == json!("0x"));
}
