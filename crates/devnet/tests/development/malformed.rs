//! Whatever is asked, an answer comes, and the chain goes on.

use codec::Encode;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sit_devnet::rpc::{Devnet, MOST_IN_A_BATCH, methods};
use sit_hub::RuntimeCall;

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

/// Every method that clients of Ethereum, of Anvil, of Hardhat and of this exchange were promised, by its name: who
/// adds one to the tables adds it here, and none goes without somebody noticing.
const PROMISED: &[&str] = &[
    "anvil_addBalance anvil_autoImpersonateAccount anvil_dropAllTransactions anvil_dropTransaction anvil_dumpState",
    "anvil_getAutomine anvil_getIntervalMining anvil_impersonateAccount anvil_increaseTime anvil_loadState",
    "anvil_metadata anvil_mine anvil_nodeInfo anvil_removeBlockTimestampInterval anvil_reorg anvil_revert",
    "anvil_rollback anvil_setAutomine anvil_setBalance anvil_setBlockTimestampInterval anvil_setCode",
    "anvil_setIntervalMining anvil_setNextBlockTimestamp anvil_setNonce anvil_setStorageAt anvil_setTime",
    "anvil_snapshot anvil_stopImpersonatingAccount debug_traceBlockByHash debug_traceBlockByNumber debug_traceCall",
    "debug_traceTransaction eth_accounts eth_blobBaseFee eth_blockNumber eth_call eth_chainId eth_coinbase",
    "eth_createAccessList eth_estimateGas eth_feeHistory eth_fillTransaction eth_gasPrice eth_getBalance",
    "eth_getBlockByHash eth_getBlockByNumber eth_getBlockReceipts eth_getBlockTransactionCountByHash",
    "eth_getBlockTransactionCountByNumber eth_getCode eth_getFilterChanges eth_getFilterLogs eth_getLogs",
    "eth_getRawTransactionByHash eth_getStorageAt eth_getTransactionByBlockHashAndIndex",
    "eth_getTransactionByBlockNumberAndIndex eth_getTransactionByHash eth_getTransactionCount",
    "eth_getTransactionReceipt eth_getUncleByBlockHashAndIndex eth_getUncleByBlockNumberAndIndex",
    "eth_getUncleCountByBlockHash eth_getUncleCountByBlockNumber eth_hashrate eth_maxPriorityFeePerGas eth_mining",
    "eth_newBlockFilter eth_newFilter eth_newPendingTransactionFilter eth_protocolVersion eth_sendRawTransaction",
    "eth_sendRawTransactionSync eth_sendTransaction eth_sign eth_signTransaction eth_signTypedData_v4 eth_simulateV1",
    "eth_subscribe eth_syncing eth_uninstallFilter eth_unsubscribe evm_increaseTime evm_mine evm_revert",
    "evm_setAccountNonce evm_setAutomine evm_setIntervalMining evm_setNextBlockTimestamp evm_setTime evm_snapshot",
    "hardhat_dropTransaction hardhat_getAutomine hardhat_impersonateAccount hardhat_metadata hardhat_mine",
    "hardhat_setBalance hardhat_setCode hardhat_setNonce hardhat_setStorageAt hardhat_stopImpersonatingAccount",
    "net_listening net_peerCount net_version personal_sign rpc_modules sit_cells sit_deployments sit_faults sit_info",
    "sit_market sit_mintUsdc sit_play sit_played sit_prices sit_record sit_reorg txpool_content txpool_inspect",
    "txpool_status web3_clientVersion web3_sha3",
];

#[test]
fn every_method_that_was_promised_is_there_and_said_to_be() {
    let promised: Vec<&str> = PROMISED.iter().flat_map(|line| line.split(' ')).collect();
    assert_eq!(methods(), promised);
    let mut chain = chain();
    assert_eq!(ask(&mut chain, "sit_info", json!([]))["methods"], json!(promised));
    let modules = ask(&mut chain, "rpc_modules", json!([]));
    let named: Vec<&String> = modules.as_object().unwrap().keys().collect();
    assert_eq!(named, ["anvil", "debug", "eth", "evm", "hardhat", "net", "personal", "rpc", "sit", "txpool", "web3"]);
    for none in ["eth_getProof", "anvil_reset", "engine_newPayloadV3", "eth_Call", " eth_call", ""] {
        let (code, message) = refused(&mut chain, none, json!([]));
        assert_eq!((code, message), (-32601, format!("the method {none} does not exist here")));
    }
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

/// The pallet takes calls of its runtime at an address of their own. A call in a call in a call, a million times, must
/// not take the program's stack, which ends it without a word.
#[test]
fn a_call_of_the_runtime_in_itself_a_million_times_is_refused() {
    let mut chain = chain();
    let runtime = "0x6d6f646c70792f70616464720000000000000000";
    let plain = RuntimeCall::System(frame_system::Call::remark { remark: b"hello".to_vec() });
    let nested = RuntimeCall::Revive(pallet_revive::Call::eth_substrate_call {
        call: Box::new(plain.clone()),
        transaction_encoded: Vec::new(),
    });
    let text = |bytes: &[u8]| alloy_core::primitives::hex::encode_prefixed(bytes);
    let call = |data: String| json!({ "from": at(0), "to": runtime, "data": data });
    ask(&mut chain, "eth_call", json!([call(text(&plain.encode()))]));
    let deep = nested.encode()[..2].repeat(1_000_000);
    for data in [text(&deep), text(&deep[..2_000]), text(&nested.encode()), "0x".to_owned()] {
        // The trace of what was not done is empty, and no error.
        let _ = chain.call("debug_traceCall", &json!([call(data.clone())]));
        for method in ["eth_call", "eth_estimateGas", "eth_sendTransaction"] {
            assert!(chain.call(method, &json!([call(data.clone())])).is_err(), "{method} of {} bytes", data.len() / 2);
        }
    }
    pay(&mut chain, 0, 1, 1_000_000);
}
