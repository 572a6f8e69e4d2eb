//! Blocks, transactions, receipts and logs as JSON, by Ethereum's numbering: transactions and logs are counted in their
//! block.

use alloy_core::primitives::{Address, B256, Bloom, hex};
use pallet_revive::evm::TransactionInfo;
use serde_json::{Value, json};
use sp_core::U256;

use super::quantity;
use crate::node::{Included, RawLog, Sealed, Transaction};

/// Bytes in hexadecimal.
pub(super) fn bytes(bytes: &[u8]) -> Value {
    Value::String(hex::encode_prefixed(bytes))
}

/// Bytes of an encoded header: of its fixed fields and of the lists around it.
pub(super) const HEADER_BYTES: usize = 620;

/// A block, with its transactions or with their hashes.
pub(super) fn block(sealed: &Sealed, full: bool) -> Value {
    // The pallet's type is JSON by derivation, which cannot fail for numbers and bytes.
    let mut block = serde_json::to_value(&sealed.block).unwrap_or_default();
    let raw: usize = sealed.transactions.iter().map(|included| included.transaction.raw.len()).sum();
    block["size"] = quantity(HEADER_BYTES + raw);
    block["totalDifficulty"] = quantity(0);
    block["transactions"] = if full {
        (0..sealed.transactions.len()).map(|position| transaction(sealed, position)).collect()
    } else {
        sealed.transactions.iter().map(|included| bytes(&included.transaction.hash.0)).collect()
    };
    block
}

/// The block that would be sealed now, of the transactions that are ready: it has no hash and no nonce yet.
pub(super) fn pending(head: &Sealed, ready: &[Transaction], time: u64, full: bool) -> Value {
    let mut block = block(head, false);
    block["parentHash"] = bytes(&head.hash().0);
    block["number"] = quantity(u64::from(head.number()) + 1);
    block["timestamp"] = quantity(time);
    block["hash"] = Value::Null;
    block["nonce"] = Value::Null;
    block["transactions"] = if full {
        ready.iter().map(waiting).collect()
    } else {
        ready.iter().map(|transaction| bytes(&transaction.hash.0)).collect()
    };
    block
}

/// A transaction of a block.
pub(super) fn transaction(sealed: &Sealed, position: usize) -> Value {
    let Some(included) = sealed.transactions.get(position) else { return Value::Null };
    let mut transaction = described(&included.transaction);
    transaction["blockHash"] = bytes(&sealed.hash().0);
    transaction["blockNumber"] = quantity(sealed.number());
    transaction["transactionIndex"] = quantity(position);
    transaction["gasPrice"] = quantity(included.gas_price);
    transaction
}

/// A transaction that waits for its block.
pub(super) fn waiting(transaction: &Transaction) -> Value {
    let mut transaction = described(transaction);
    for field in ["blockHash", "blockNumber", "transactionIndex"] {
        transaction[field] = Value::Null;
    }
    transaction
}

fn described(transaction: &Transaction) -> Value {
    let Some(transaction_signed) = transaction.signed() else { return Value::Null };
    let info = TransactionInfo {
        block_hash: Default::default(),
        block_number: U256::zero(),
        from: transaction.from,
        hash: transaction.hash,
        transaction_index: U256::zero(),
        transaction_signed,
    };
    let mut described = serde_json::to_value(info).unwrap_or_default();
    // Typed transactions have the parity alone by the pallet; clients that read `v` get the same.
    if let Some(parity) = described.get("yParity").cloned() {
        described["v"] = parity;
    }
    described
}

/// What became of a transaction.
pub(super) fn receipt(sealed: &Sealed, position: usize) -> Value {
    let Some(included) = sealed.transactions.get(position) else { return Value::Null };
    let before = sealed.transactions.iter().take(position + 1);
    let cumulative = before.fold(U256::zero(), |sum, included| sum.saturating_add(included.gas_used));
    let mut receipt = json!({
        "transactionHash": bytes(&included.transaction.hash.0),
        "transactionIndex": quantity(position),
        "blockHash": bytes(&sealed.hash().0),
        "blockNumber": quantity(sealed.number()),
        "from": bytes(&included.transaction.from.0),
        "to": included.transaction.to.map(|to| bytes(&to.0)),
        "cumulativeGasUsed": quantity(cumulative),
        "gasUsed": quantity(included.gas_used),
        "effectiveGasPrice": quantity(included.gas_price),
        "contractAddress": included.created.map(|created| bytes(&created.0)),
        "logs": logs(sealed, position),
        "logsBloom": bytes(bloom(&included.logs).as_slice()),
        "status": quantity(u64::from(included.succeeded)),
        "type": quantity(u64::from(included.transaction.kind)),
    });
    // Not Ethereum's: its receipts have no reason, and everybody looks for it.
    if !included.succeeded {
        receipt["revertReason"] = bytes(&included.output);
    }
    receipt
}

/// The logs of a transaction.
pub(super) fn logs(sealed: &Sealed, position: usize) -> Vec<Value> {
    let first: usize = sealed.transactions.iter().take(position).map(|included| included.logs.len()).sum();
    let logs = sealed.transactions.get(position).map_or(&[][..], |included| &included.logs);
    logs.iter().zip(first..).map(|(log, index)| self::log(sealed, position, log, index, false)).collect()
}

/// A log, by its position in its block; removed when the block has been taken back.
pub(super) fn log(sealed: &Sealed, position: usize, log: &RawLog, index: usize, removed: bool) -> Value {
    json!({
        "address": bytes(&log.address.0),
        "topics": log.topics.iter().map(|topic| bytes(&topic.0)).collect::<Vec<_>>(),
        "data": bytes(&log.data),
        "blockHash": bytes(&sealed.hash().0),
        "blockNumber": quantity(sealed.number()),
        "blockTimestamp": quantity(sealed.time()),
        "transactionHash": sealed.transactions.get(position).map(|of: &Included| bytes(&of.transaction.hash.0)),
        "transactionIndex": quantity(position),
        "logIndex": quantity(index),
        "removed": removed,
    })
}

fn bloom(logs: &[RawLog]) -> Bloom {
    let mut bloom = Bloom::ZERO;
    for log in logs {
        let topics: Vec<B256> = log.topics.iter().map(|topic| B256::from(topic.0)).collect();
        bloom.accrue_raw_log(Address::from(log.address.0), &topics);
    }
    bloom
}
