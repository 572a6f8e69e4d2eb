//! What a wallet may offer, and what alloy asks in the order of its source as of 2026.
//!
//! What MetaMask asks is recorded and asked again in `crates/devnet/tests/clients/metamask.rs`.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_core::primitives::{Address, Signature, TxKind, hex};
use alloy_eips::eip2718::Encodable2718;
use serde_json::{Value, json};

use crate::support::{USDC, ask, at, by_hand, chain, key, number, send, signed, tokens};

#[test]
fn a_tip_has_no_effect_and_the_gas_that_every_wallet_thinks_a_transfer_costs_is_enough() {
    let mut chain = chain();
    let base = ask(&mut chain, "eth_gasPrice", json!([]));
    let wanted = json!({
        "from": at(0), "to": USDC, "value": "0x0", "data": tokens(1, 5_000_000), "gas": "0x5208",
        "maxFeePerGas": format!("{:#x}", number(&base) * 2), "maxPriorityFeePerGas": "0x59682f00",
    });
    let raw = signed(&mut chain, wanted);
    let hash = send(&mut chain, raw);
    let receipt = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]));
    // What is paid is the base fee, for the gas that was used.
    assert_eq!((&receipt["status"], &receipt["effectiveGasPrice"]), (&json!("0x1"), &base));
    assert!(number(&receipt["gasUsed"]) < 21_000, "{receipt}");

    let plain = json!({ "from": at(0), "to": at(1), "value": "0xde0b6b3a7640000", "gas": "0x5208" });
    let hash = ask(&mut chain, "eth_sendTransaction", json!([plain]));
    assert_eq!(ask(&mut chain, "eth_getTransactionReceipt", json!([hash]))["status"], "0x1");
}

/// MetaMask gives up a transaction that the node does not know for a while, and looks for the one that replaced it.
#[test]
fn a_transaction_that_waits_is_known_by_its_hash_and_a_replaced_one_is_not() {
    let mut chain = by_hand();
    let fee = number(&ask(&mut chain, "eth_gasPrice", json!([]))) + 1;
    let mut wanted = json!({
        "from": at(0), "to": at(1), "value": "0x1", "nonce": "0x0", "gas": "0x400", "maxPriorityFeePerGas": "0x1",
        "maxFeePerGas": format!("{fee:#x}"),
    });
    let raw = signed(&mut chain, wanted.clone());
    let first = send(&mut chain, raw);
    assert_eq!(ask(&mut chain, "eth_getTransactionByHash", json!([first]))["blockHash"], Value::Null);
    assert_eq!(ask(&mut chain, "eth_getTransactionByHash", json!([first]))["hash"], first);
    // A tenth more, without the fraction of a wei.
    wanted["maxFeePerGas"] = json!(format!("{:#x}", fee * 11 / 10));
    let raw = signed(&mut chain, wanted);
    let second = send(&mut chain, raw);
    assert_eq!(ask(&mut chain, "eth_getTransactionByHash", json!([first])), Value::Null);
    ask(&mut chain, "evm_mine", json!([]));
    assert_eq!(ask(&mut chain, "eth_getTransactionReceipt", json!([first])), Value::Null);
    assert_eq!(ask(&mut chain, "eth_getTransactionReceipt", json!([second]))["status"], "0x1");
}

/// What alloy's provider asks with its usual fillers, in the order of its source (1.8: fillers, fee estimate,
/// heartbeat): the bytes are made by alloy's own types.
#[test]
fn alloy_fills_signs_sends_and_finds_its_transaction_in_the_heads() {
    let mut chain = chain();
    let (owner, token) = (key(0), USDC.parse::<Address>().unwrap());
    let filter = ask(&mut chain, "eth_newFilter", json!([{ "address": [USDC], "topics": [] }]));

    // Filling: chain, nonce, fees by the history's rewards, gas.
    let chain_id = number(&ask(&mut chain, "eth_chainId", json!([]))) as u64;
    let nonce = number(&ask(&mut chain, "eth_getTransactionCount", json!([at(0), "pending"]))) as u64;
    let fees = ask(&mut chain, "eth_feeHistory", json!(["0xa", "latest", [20.0]]));
    let base = number(fees["baseFeePerGas"].as_array().unwrap().last().unwrap());
    let rewards = fees["reward"].as_array().unwrap();
    assert!(rewards.iter().all(|row| number(&row[0]) == 0), "no tip has an effect: {fees}");
    let call =
        json!({ "from": at(0), "to": USDC, "input": tokens(1, 5_000_000), "chainId": "0x190f1b44", "type": "0x2" });
    let gas_limit = number(&ask(&mut chain, "eth_estimateGas", json!([call, "pending"]))) as u64;

    // Signing: alloy's transaction, its digest, its envelope.
    let transaction = TxEip1559 {
        chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas: base * 2 + 1,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(token),
        input: hex::decode(tokens(1, 5_000_000)).unwrap().into(),
        ..Default::default()
    };
    let signature = owner.sign_digest(&transaction.signature_hash().0).unwrap();
    let signed = transaction.into_signed(Signature::from_raw(&signature).unwrap());
    let raw = hex::encode_prefixed(TxEnvelope::from(signed.clone()).encoded_2718());
    let hash = ask(&mut chain, "eth_sendRawTransaction", json!([raw]));
    assert_eq!(hash, json!(signed.hash().to_string()), "both hash the same bytes");

    // Waiting: a block after the other, until one has the hash; then the receipt, and what the filter has heard.
    let head = ask(&mut chain, "eth_blockNumber", json!([]));
    let block = ask(&mut chain, "eth_getBlockByNumber", json!([head, false]));
    assert!(block["transactions"].as_array().unwrap().contains(&hash));
    assert!(block.get("difficulty").is_some() && block.get("mixHash").is_some(), "alloy's header wants them: {block}");
    let receipt = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]));
    assert_eq!((&receipt["status"], &receipt["type"]), (&json!("0x1"), &json!("0x2")));
    chain.deliver();
    assert_eq!(ask(&mut chain, "eth_getFilterChanges", json!([filter])), receipt["logs"]);
    assert_eq!(ask(&mut chain, "eth_uninstallFilter", json!([filter])), json!(true));
}
