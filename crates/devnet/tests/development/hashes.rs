//! What the chain says is what its hashes say: recomputed by a library that knows nothing of it.

use alloy_consensus::{
    Eip658Value, Header, Receipt, ReceiptEnvelope, TxEnvelope,
    proofs::{calculate_receipt_root, calculate_transaction_root},
};
use alloy_eips::Decodable2718;
use serde_json::{Value, json};
use sit_devnet::rpc::Devnet;

use crate::support::{USDC, approval, ask, at, chain, key, number, pay, tokens};

/// Transactions of all three types, with and without logs, and one that fails, over several blocks: ten, with seven
/// logs.
fn busy() -> Devnet {
    let mut chain = chain();
    pay(&mut chain, 0, 1, 5_000_000);
    chain.mining = sit_devnet::rpc::Mining::Manual;
    for (from, to) in [(0, 1), (1, 2), (2, 0)] {
        pay(&mut chain, from, to, 1_000_000);
        ask(&mut chain, "eth_sendTransaction", json!([{ "from": at(from), "to": USDC, "data": approval(to, 7) }]));
    }
    // Legacy and EIP-2930.
    let price = ask(&mut chain, "eth_gasPrice", json!([]));
    ask(
        &mut chain,
        "eth_sendTransaction",
        json!([{ "from": at(3), "to": at(4), "value": "0x2386f26fc10000", "gasPrice": price }]),
    );
    let list = json!([{ "address": USDC, "storageKeys": [format!("0x{:064x}", 1)] }]);
    ask(
        &mut chain,
        "eth_sendTransaction",
        json!([{ "from": at(3), "to": at(4), "value": "0x1", "gasPrice": price, "accessList": list }]),
    );
    // More than the account has: it fails on chain.
    ask(
        &mut chain,
        "eth_sendTransaction",
        json!([{ "from": at(4), "to": USDC, "data": tokens(5, u64::MAX), "gas": "0x1000" }]),
    );
    ask(&mut chain, "evm_mine", json!([]));
    ask(&mut chain, "evm_mine", json!([]));
    chain
}

fn blocks(chain: &mut Devnet) -> Vec<Value> {
    let head = number(&ask(chain, "eth_blockNumber", json!([])));
    (0..=head).map(|height| ask(chain, "eth_getBlockByNumber", json!([format!("{height:#x}"), true]))).collect()
}

#[test]
fn a_blocks_hash_is_the_hash_of_the_header_that_json_shows() {
    let mut chain = busy();
    let mut parent = None;
    for block in blocks(&mut chain) {
        let header: Header = serde_json::from_value(block.clone()).unwrap();
        assert_eq!(block["hash"], json!(header.hash_slow()), "{block}");
        if let Some(parent) = parent {
            assert_eq!(block["parentHash"], parent);
        }
        parent = Some(block["hash"].clone());
        assert!(number(&block["size"]) > 0 && block["uncles"] == json!([]) && block["withdrawals"] == json!([]));
        let by_hash = ask(&mut chain, "eth_getBlockByHash", json!([block["hash"], true]));
        assert_eq!(by_hash, block);
    }
}

#[test]
fn transactions_hash_to_the_root_in_their_block() {
    let mut chain = busy();
    let (mut seen, mut types) = (0, std::collections::BTreeSet::new());
    for block in blocks(&mut chain) {
        let envelopes: Vec<TxEnvelope> = block["transactions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|transaction| {
                let raw = ask(&mut chain, "eth_getRawTransactionByHash", json!([transaction["hash"]]));
                let bytes = alloy_core::primitives::hex::decode(raw.as_str().unwrap()).unwrap();
                let envelope = TxEnvelope::decode_2718(&mut bytes.as_slice()).unwrap();
                assert_eq!(transaction["hash"], json!(envelope.tx_hash()));
                assert_eq!(number(&transaction["type"]), envelope.tx_type() as u128);
                types.insert(number(&transaction["type"]));
                envelope
            })
            .collect();
        seen += envelopes.len();
        assert_eq!(block["transactionsRoot"], json!(calculate_transaction_root(&envelopes)), "{block}");
    }
    assert_eq!((seen, types), (10, [0, 1, 2].into()));
}

#[test]
fn receipts_hash_to_the_root_in_their_block_and_blooms_have_every_log() {
    let mut chain = busy();
    let mut logs_seen = 0;
    for block in blocks(&mut chain) {
        let receipts = ask(&mut chain, "eth_getBlockReceipts", json!([block["number"]]));
        let mut all_logs = 0;
        let mut envelopes = Vec::new();
        let mut cumulative = 0;
        for (position, receipt) in receipts.as_array().unwrap().iter().enumerate() {
            assert_eq!(ask(&mut chain, "eth_getTransactionReceipt", json!([receipt["transactionHash"]])), *receipt);
            assert_eq!(number(&receipt["transactionIndex"]), position as u128);
            cumulative += number(&receipt["gasUsed"]);
            assert_eq!(number(&receipt["cumulativeGasUsed"]), cumulative);
            let logs: Vec<alloy_core::primitives::Log> = receipt["logs"]
                .as_array()
                .unwrap()
                .iter()
                .map(|log| {
                    assert_eq!(number(&log["logIndex"]), all_logs);
                    all_logs += 1;
                    serde_json::from_value(
                        json!({ "address": log["address"], "topics": log["topics"], "data": log["data"] }),
                    )
                    .unwrap()
                })
                .collect();
            let status = Eip658Value::Eip658(receipt["status"] == "0x1");
            let built = Receipt { status, cumulative_gas_used: cumulative as u64, logs }.with_bloom();
            assert_eq!(receipt["logsBloom"], json!(built.logs_bloom), "{receipt}");
            envelopes.push(match receipt["type"].as_str().unwrap() {
                "0x0" => ReceiptEnvelope::Legacy(built),
                "0x1" => ReceiptEnvelope::Eip2930(built),
                _ => ReceiptEnvelope::Eip1559(built),
            });
        }
        assert_eq!(number(&block["gasUsed"]), cumulative);
        assert_eq!(block["receiptsRoot"], json!(calculate_receipt_root(&envelopes)), "{block}");
        let bloom =
            envelopes.iter().fold(alloy_core::primitives::Bloom::ZERO, |sum, receipt| sum | *receipt.logs_bloom());
        assert_eq!(block["logsBloom"], json!(bloom));
        logs_seen += all_logs;
    }
    assert_eq!(logs_seen, 7);
}

#[test]
fn a_failed_transaction_has_a_receipt_that_says_so() {
    let mut chain = chain();
    let hash = ask(
        &mut chain,
        "eth_sendTransaction",
        json!([{ "from": at(4), "to": USDC, "data": tokens(5, u64::MAX), "gas": "0x1000" }]),
    );
    let receipt = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]));
    assert_eq!((&receipt["status"], &receipt["logs"]), (&json!("0x0"), &json!([])));
    assert!(number(&receipt["gasUsed"]) > 100);
    assert_eq!(ask(&mut chain, "eth_getTransactionCount", json!([at(4), "latest"])), json!("0x1"));
}

#[test]
fn the_same_requests_make_the_same_blocks() {
    let hashes = || -> Vec<Value> { blocks(&mut busy()).into_iter().map(|block| block["hash"].clone()).collect() };
    assert_eq!(hashes(), hashes());
}

#[test]
fn a_signature_is_its_keys() {
    let mut chain = chain();
    let signature = ask(&mut chain, "personal_sign", json!(["0x48656c6c6f", at(0)]));
    assert_eq!(signature.as_str().unwrap().len(), 2 + 130);
    assert_eq!(signature, ask(&mut chain, "eth_sign", json!([at(0), "0x48656c6c6f"])));
    let bytes = alloy_core::primitives::hex::decode(signature.as_str().unwrap()).unwrap();
    let digest = sp_core::hashing::keccak_256(b"\x19Ethereum Signed Message:\n5Hello");
    let mut signature: [u8; 65] = bytes.try_into().unwrap();
    signature[64] -= 27;
    let public =
        sp_io::crypto::secp256k1_ecdsa_recover(&signature, &digest).unwrap_or_else(|_| panic!("it is a signature"));
    let hash = sp_core::hashing::keccak_256(&public);
    assert_eq!(hash[12..], key(0).address.0);
}
