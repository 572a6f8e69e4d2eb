//! What users of other development chains have complained about, each as a test that says where.

use serde_json::{Value, json};
use sit_devnet::rpc::{Devnet, Mining};
use sp_core::H256;

use crate::support::{USDC, approval, ask, at, by_hand, chain, number, pay, refused, send, signed, tokens, transfer};

/// MetaMask/metamask-extension#12211, #11298, #16332: "keep caching old nonces".
#[test]
fn a_nonce_of_a_chain_that_was_before_is_refused_with_what_to_do() {
    let mut chain = chain();
    let raw = transfer(&mut chain, 0, 1, 70, 1);
    let (code, message) = refused(&mut chain, "eth_sendRawTransaction", json!([raw]));
    assert_eq!(code, -32003);
    assert_eq!(message, "nonce too high: next is 0, got 70 (chain was restarted? clear MetaMask's activity data)");
}

/// Sixty-four numbers ahead wait for what is missing, and one more is refused.
#[test]
fn a_gap_of_sixty_four_is_waited_for() {
    let mut chain = by_hand();
    let ahead = transfer(&mut chain, 0, 1, 64, 1);
    send(&mut chain, ahead);
    let further = transfer(&mut chain, 0, 1, 65, 1);
    let (code, message) = refused(&mut chain, "eth_sendRawTransaction", json!([further]));
    assert_eq!(code, -32003);
    assert!(message.starts_with("nonce too high: next is 0, got 65 "), "{message}");
    assert_eq!(ask(&mut chain, "txpool_status", json!([])), json!({ "pending": "0x0", "queued": "0x1" }));
}

/// The same for a wallet whose numbers are a few ahead: its transactions wait, and whoever watches the chain reads why.
#[test]
fn whoever_watches_reads_that_a_transaction_waits_for_one_before_it() {
    let mut chain = by_hand();
    let sent = |chain: &mut Devnet, nonce| {
        let raw = transfer(chain, 0, 1, nonce, 1_000_000_000_000_000);
        let hash = send(chain, raw);
        let hash: H256 = serde_json::from_value(hash).unwrap();
        chain.node.waiting(&hash).unwrap().clone()
    };
    let ahead = sent(&mut chain, 5);
    assert_eq!(
        chain.told_waiting(&ahead).as_deref(),
        Some("you 0: nonce 5 waits for 0 (chain was restarted? clear MetaMask's activity data)\n")
    );
    for nonce in 0..4 {
        let next = sent(&mut chain, nonce);
        assert_eq!(chain.told_waiting(&next), None, "nothing before it is missing");
    }
    assert!(chain.told_waiting(&ahead).unwrap().contains("nonce 5 waits for 4 "));
    sent(&mut chain, 4);
    assert_eq!(chain.told_waiting(&ahead), None);
}

/// NomicFoundation/hardhat#3310: "eth_sendRawTransaction:Nonce too high".
#[test]
fn numbers_that_arrive_backwards_are_mined_in_their_order() {
    let mut chain = chain();
    let mut hashes = Vec::new();
    for nonce in [5, 4, 3, 2, 1, 0] {
        let raw = transfer(&mut chain, 0, 1, nonce, 1_000_000_000_000_000);
        assert_eq!(ask(&mut chain, "eth_blockNumber", json!([])), json!("0x0"), "a gap mines nothing");
        hashes.push(send(&mut chain, raw));
    }
    let found: Vec<(u128, u128)> = hashes
        .iter()
        .rev()
        .map(|hash| {
            let receipt = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]));
            (number(&receipt["blockNumber"]), number(&receipt["transactionIndex"]))
        })
        .collect();
    assert!(found.is_sorted() && found.len() == 6, "{found:?}");
    assert_eq!(ask(&mut chain, "txpool_status", json!([])), json!({ "pending": "0x0", "queued": "0x0" }));
}

/// foundry-rs/foundry#8814: "Anvil checks the nonce during estimateGas".
#[test]
fn questions_ignore_the_nonce() {
    let mut chain = chain();
    let call = |nonce: &str| json!([{ "from": at(0), "to": USDC, "data": tokens(1, 5), "nonce": nonce }]);
    let plain = ask(&mut chain, "eth_estimateGas", json!([{ "from": at(0), "to": USDC, "data": tokens(1, 5) }]));
    for nonce in ["0x0", "0x5", "0xffff"] {
        assert_eq!(ask(&mut chain, "eth_estimateGas", call(nonce)), plain);
        ask(&mut chain, "eth_call", call(nonce));
    }
}

/// foundry-rs/foundry#1656: "respect pending transactions when determining next nonce".
#[test]
fn the_pending_count_has_what_is_ready_and_not_what_is_behind_a_gap() {
    let mut chain = by_hand();
    for nonce in [0, 1, 3] {
        let raw = transfer(&mut chain, 0, 1, nonce, 1);
        send(&mut chain, raw);
    }
    assert_eq!(ask(&mut chain, "eth_getTransactionCount", json!([at(0), "pending"])), json!("0x2"));
    assert_eq!(ask(&mut chain, "eth_getTransactionCount", json!([at(0), "latest"])), json!("0x0"));
    assert_eq!(ask(&mut chain, "txpool_status", json!([])), json!({ "pending": "0x2", "queued": "0x1" }));
    let content = ask(&mut chain, "txpool_content", json!([]));
    assert_eq!(content["queued"][at(0).as_str().unwrap()]["3"]["blockHash"], Value::Null);
}

/// foundry-rs/foundry#10944: "eth_getTransactionReceipt sometimes fails to return tx right after mining".
#[test]
fn whoever_sees_a_head_sees_its_receipts() {
    let mut chain = chain();
    for round in 0..50 {
        let hash = pay(&mut chain, round % 3, 3, 1_000_000);
        let block = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]));
        assert_eq!(block["transactions"], json!([hash]));
        let receipt = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]));
        assert_eq!(receipt["blockHash"], block["hash"]);
        let logs = ask(&mut chain, "eth_getLogs", json!([{ "blockHash": block["hash"] }]));
        assert_eq!(logs, receipt["logs"]);
        assert_eq!(logs.as_array().unwrap().len(), 1);
    }
}

/// foundry-rs/foundry#10122: "block mining misses ready transactions".
#[test]
fn two_hundred_senders_of_five_are_all_mined() {
    let mut chain = by_hand();
    let mut people = Vec::new();
    for person in 0..200 {
        let key = sit_devnet::keyring::Key::named(&format!("person {person}"), sit_devnet::keyring::Role::Yours);
        chain.node.set_balance(key.address, sp_core::U256::exp10(20)).unwrap();
        people.push(key);
    }
    chain.keys.extend(people.iter().cloned());
    // With gas for no more than it needs: a block has to have room for all that a transaction has declared.
    for _ in 0..5 {
        for key in &people {
            let from = format!("{:?}", key.address);
            ask(&mut chain, "eth_sendTransaction", json!([{ "from": from, "to": at(0), "gas": "0xf0" }]));
        }
    }
    assert_eq!(chain.node.ready_count(), 1_000);
    let limit = chain.node.block_limit();
    let (mut blocks, mut mined) = (0, 0);
    let (mut time, mut proof, mut slowest, mut largest) = (0, 0, 0, 0);
    while chain.node.waiting_count() > 0 {
        let sealed = chain.node.seal().unwrap();
        mined += sealed.transactions.len();
        blocks += 1;
        assert!(sealed.weight.fits(limit));
        assert!(blocks < 100, "{mined} are mined");
        (time, proof) = (time + sealed.weight.ref_time, proof + sealed.weight.proof_size);
        for included in &sealed.transactions {
            slowest = slowest.max(included.weight.ref_time);
            largest = largest.max(included.weight.proof_size);
        }
    }
    assert_eq!(mined, 1_000);
    // Every block but the last is full: there was no room for one more in it.
    let needed = time.div_ceil(limit.ref_time - slowest).max(proof.div_ceil(limit.proof_size - largest));
    assert!(blocks <= needed, "{blocks} blocks, and {needed} have room for all");
}

/// foundry-rs/foundry#3840: log indices and cumulative gas as in Ethereum's specification.
#[test]
fn logs_are_numbered_in_their_block_and_gas_is_summed() {
    let mut chain = by_hand();
    for from in 0..3 {
        ask(&mut chain, "eth_sendTransaction", json!([{ "from": at(from), "to": USDC, "data": approval(4, 7) }]));
    }
    ask(&mut chain, "evm_mine", json!([]));
    let receipts = ask(&mut chain, "eth_getBlockReceipts", json!(["latest"]));
    let column = |path: &str| -> Vec<u128> {
        receipts.as_array().unwrap().iter().map(|receipt| number(receipt.pointer(path).unwrap())).collect()
    };
    assert_eq!(column("/logs/0/logIndex"), [0, 1, 2]);
    assert_eq!(column("/transactionIndex"), [0, 1, 2]);
    let used = column("/gasUsed");
    assert_eq!(column("/cumulativeGasUsed"), [used[0], used[0] + used[1], used[0] + used[1] + used[2]]);
}

/// paritytech/foundry-polkadot#509: estimates at the latest block's time.
#[test]
fn estimates_are_made_at_the_time_of_the_next_block() {
    let mut chain = chain();
    // EVM code that reverts before a time: PUSH4 time TIMESTAMP LT PUSH1 13 JUMPI STOP ... JUMPDEST PUSH0 PUSH0 REVERT.
    let now = number(&ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]))["timestamp"]);
    let later = now + 1_000;
    let code = format!("63{later:08x}4210600b57005b60006000fd");
    let init = format!("0x60{:02x}600c60003960{:02x}6000f3{code}", code.len() / 2, code.len() / 2);
    let hash = ask(&mut chain, "eth_sendTransaction", json!([{ "from": at(0), "data": init }]));
    let made = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone();
    let call = json!([{ "from": at(0), "to": made }]);
    assert_eq!(refused(&mut chain, "eth_estimateGas", call.clone()).0, 3);
    ask(&mut chain, "evm_setNextBlockTimestamp", json!([later as u64]));
    ask(&mut chain, "eth_estimateGas", call.clone());
    assert_eq!(refused(&mut chain, "eth_call", call).0, 3, "a call at the latest block has its time");
    ask(&mut chain, "eth_call", json!([{ "from": at(0), "to": made }, "pending"]));
    let given = json!([{ "from": at(0), "to": made }, "latest", null, { "time": format!("{later:#x}") }]);
    ask(&mut chain, "eth_call", given);
}

#[test]
fn each_refusal_names_what_would_have_been_right() {
    let mut chain = chain();
    let raw = transfer(&mut chain, 0, 1, 0, 1_000_000_000_000_000);
    send(&mut chain, raw.clone());
    let says = |chain: &mut sit_devnet::rpc::Devnet, raw: Value, wanted: &str| {
        let (code, message) = refused(chain, "eth_sendRawTransaction", json!([raw]));
        assert_eq!(code, -32003, "{message}");
        assert!(message.contains(wanted), "{message}");
    };
    says(&mut chain, raw, "nonce too low: next is 1, got 0");
    let poor =
        json!({ "from": at(0), "to": at(1), "nonce": "0x1", "gas": "0x400", "value": "0xffffffffffffffffffffffff" });
    let raw = signed(&mut chain, poor);
    says(&mut chain, raw, "insufficient funds: needs ");
    let raw = signed(&mut chain, json!({ "from": at(0), "to": at(1), "nonce": "0x1", "gas": "0x10" }));
    says(&mut chain, raw, "gas 16 does not cover the transaction's own ");
    let cheap = json!({ "from": at(0), "to": at(1), "nonce": "0x1", "gas": "0x400", "maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x0" });
    let raw = signed(&mut chain, cheap);
    says(&mut chain, raw, "a gas costs 8000000000000 wei, got 1");
    let raw =
        signed(&mut chain, json!({ "from": at(0), "to": at(1), "nonce": "0x1", "gas": "0x400", "chainId": "0x1" }));
    says(&mut chain, raw, "chain id 1 is not 420420420");
    says(&mut chain, json!("0x04c0"), "transaction type 4 (EIP-7702) is not supported");
}

#[test]
fn the_same_transaction_twice_is_known_and_a_cheaper_one_does_not_replace_it() {
    let mut chain = chain();
    chain.mining = Mining::Manual;
    let raw = transfer(&mut chain, 0, 1, 0, 1);
    send(&mut chain, raw.clone());
    assert_eq!(refused(&mut chain, "eth_sendRawTransaction", json!([raw])), (-32003, "already known".to_owned()));
    let other = transfer(&mut chain, 0, 1, 0, 2);
    let (_, message) = refused(&mut chain, "eth_sendRawTransaction", json!([other]));
    assert!(message.starts_with("replacement transaction underpriced: needs a maxFeePerGas of "), "{message}");
    let dearer = json!({
        "from": at(0), "to": at(1), "nonce": "0x0", "gas": "0x400",
        "maxFeePerGas": "0x10000000000", "maxPriorityFeePerGas": "0x0",
    });
    let raw = signed(&mut chain, dearer);
    let (_, message) = refused(&mut chain, "eth_sendRawTransaction", json!([raw]));
    assert!(message.contains("too low") || message.contains("underpriced"), "{message}");
}

#[test]
fn what_is_estimated_suffices() {
    let mut chain = chain();
    for call in [
        json!({ "from": at(0), "to": at(1), "value": "0x1" }),
        json!({ "from": at(0), "to": USDC, "data": tokens(1, 5_000_000) }),
        json!({ "from": at(0), "to": USDC, "data": approval(1, 5_000_000) }),
    ] {
        let gas = number(&ask(&mut chain, "eth_estimateGas", json!([call])));
        let mut with_gas = call.clone();
        with_gas["gas"] = json!(format!("{:#x}", gas + gas / 10));
        let hash = ask(&mut chain, "eth_sendTransaction", json!([with_gas]));
        let receipt = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]));
        assert_eq!(receipt["status"], "0x1", "{call}");
    }
}
