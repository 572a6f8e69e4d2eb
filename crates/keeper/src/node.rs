//! A node as what a keeper posts to: many transactions of one key in a row, each signed once and handed in until the
//! node has it.
//!
//! Handing in the same signed bytes twice does nothing twice, so an answer that got lost costs a second request and no
//! second transaction. Numbers follow from the node's own count, at the moment of the first; one program sends for a
//! key.

use std::{
    thread,
    time::{Duration, Instant},
};

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_core::primitives::{Address as Hex, Bytes, TxKind, hex};
use alloy_eips::eip2718::Encodable2718;
use serde_json::{Value, json};
use sit_client::rpc::{Key, Node, NodeError, Paid, Receipt, RpcError};
use sit_client::transport::{Mined, Outcome, Signer};
use sit_engine::chain::{Address, Hash};

use crate::Post;

/// Wei of a planck: 18 decimals there, 10 here.
const WEI: u128 = 100_000_000;
/// What an estimate is raised by, in percent: gas that is not used is not paid.
const MARGIN_PERCENT: u64 = 25;
/// How often signed bytes are handed in at most, and how long is waited before the next time.
const HANDED_IN: u32 = 4;
const AGAIN: Duration = Duration::from_millis(50);
/// The wait between two looks for receipts.
const POLL: Duration = Duration::from_millis(50);

/// A transaction on its way.
struct Posted {
    hash: Hash,
    call: Value,
}

/// What became of one that was to be posted.
enum Fate {
    Posted(Posted),
    /// An estimate says that it would be refused: it was not sent.
    Reverts(Vec<u8>),
    Failed(NodeError),
}

fn quantity(value: Option<&Value>) -> Option<u128> {
    u128::from_str_radix(value?.as_str()?.strip_prefix("0x")?, 16).ok()
}

fn odd(what: &str) -> NodeError {
    let (method, found) = (what.to_owned(), "something else".to_owned());
    NodeError::Rpc(RpcError::Malformed { method, wanted: "a number", found })
}

/// Gas of each call, the next number of the sender, and the price of gas.
struct Plan {
    gas: Vec<Result<u64, RpcError>>,
    nonce: u64,
    price: u128,
}

fn plan(node: &mut Node, from: Address, calls: &[Value]) -> Result<Plan, NodeError> {
    let mut questions: Vec<(&str, Value)> = calls.iter().map(|call| ("eth_estimateGas", json!([call]))).collect();
    questions.push(("eth_getTransactionCount", json!([hex::encode_prefixed(from), "pending"])));
    questions.push(("eth_gasPrice", json!([])));
    let mut answers = node.rpc.read_all(&questions)?;
    let price = answers.pop().ok_or_else(|| odd("eth_gasPrice"))??;
    let nonce = answers.pop().ok_or_else(|| odd("eth_getTransactionCount"))??;
    let narrow = |value: &Value, what: &str| {
        quantity(Some(value)).and_then(|number| u64::try_from(number).ok()).ok_or_else(|| odd(what))
    };
    let mut gas = Vec::with_capacity(calls.len());
    for answer in answers {
        gas.push(match answer {
            Ok(value) => Ok(narrow(&value, "eth_estimateGas")?),
            Err(error) => Err(error),
        });
    }
    Ok(Plan {
        gas,
        nonce: narrow(&nonce, "eth_getTransactionCount")?,
        price: quantity(Some(&price)).ok_or_else(|| odd("eth_gasPrice"))?,
    })
}

/// Hands signed bytes in until the node has them.
fn hand_in(node: &mut Node, raw: &[u8], hash: Hash) -> Result<(), NodeError> {
    let mut last = None;
    for attempt in 0..HANDED_IN {
        if attempt > 0 {
            thread::sleep(AGAIN * 2_u32.pow(attempt));
        }
        match node.rpc.request("eth_sendRawTransaction", json!([hex::encode_prefixed(raw)])) {
            Ok(_) => return Ok(()),
            // It may be there already, and the answer was lost: then the node knows its hash.
            Err(error) if !error.is_passing() => {
                let known = node.rpc.read("eth_getTransactionByHash", json!([hex::encode_prefixed(hash)]));
                return if known.is_ok_and(|known| !known.is_null()) { Ok(()) } else { Err(error.into()) };
            }
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

fn post(node: &mut Node, key: &Key, calls: &[(Address, Vec<u8>)]) -> Vec<Fate> {
    let from = key.address();
    let asked: Vec<Value> = calls
        .iter()
        .map(|(to, data)| {
            let (from, to, input) = (hex::encode_prefixed(from), hex::encode_prefixed(to), hex::encode_prefixed(data));
            json!({ "from": from, "to": to, "input": input })
        })
        .collect();
    let plan = match plan(node, from, &asked) {
        Ok(plan) => plan,
        Err(error) => {
            let (url, why) = (node.rpc.url().to_owned(), error.to_string());
            let again = |_: &(Address, Vec<u8>)| {
                let (url, why) = (url.clone(), why.clone());
                Fate::Failed(NodeError::Rpc(RpcError::Unreachable { url, why }))
            };
            return calls.iter().map(again).collect();
        }
    };
    let (mut nonce, mut fates) = (plan.nonce, Vec::with_capacity(calls.len()));
    let mut broken = false;
    for (((to, data), gas), call) in calls.iter().zip(plan.gas).zip(asked) {
        let gas = match gas {
            Ok(gas) => gas,
            Err(error) => {
                fates.push(match error.revert() {
                    Some(data) => Fate::Reverts(data.to_vec()),
                    None => Fate::Failed(error.into()),
                });
                continue;
            }
        };
        if broken {
            // A number before this one may be missing: what comes after it would wait, and it is due again anyway.
            let why = "a transaction before this one was not handed in".to_owned();
            fates.push(Fate::Failed(NodeError::Rpc(RpcError::Unreachable { url: node.rpc.url().to_owned(), why })));
            continue;
        }
        let transaction = TxEip1559 {
            chain_id: node.chain_id(),
            nonce,
            gas_limit: gas.saturating_add(gas.saturating_mul(MARGIN_PERCENT) / 100),
            max_fee_per_gas: plan.price.saturating_mul(2),
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(Hex::from(*to)),
            input: Bytes::copy_from_slice(data),
            ..TxEip1559::default()
        };
        let signature = match key.sign(&transaction.signature_hash().0, &transaction.encoded_for_signing()) {
            Ok(signature) => signature,
            Err(error) => {
                fates.push(Fate::Failed(error.into()));
                continue;
            }
        };
        let signed = transaction.into_signed(signature);
        let (raw, hash) = (signed.encoded_2718(), signed.hash().0);
        match hand_in(node, &raw, hash) {
            Ok(()) => {
                nonce += 1;
                fates.push(Fate::Posted(Posted { hash, call }));
            }
            Err(error) => {
                broken = true;
                fates.push(Fate::Failed(error));
            }
        }
    }
    fates
}

fn mined(node: &mut Node, receipt: Receipt, call: &Value) -> Mined<Paid> {
    let cost = Paid { transaction: receipt.transaction, gas: receipt.gas_used, gas_price: receipt.gas_price };
    let outcome = if receipt.succeeded {
        Outcome::Returned(None)
    } else {
        // Chains do not keep why: the call runs once more, on the block that refused it.
        let again = node.rpc.read("eth_call", json!([call, format!("{:#x}", receipt.block)]));
        Outcome::Reverted(again.err().and_then(|error| error.revert().map(<[u8]>::to_vec)).unwrap_or_default())
    };
    Mined { outcome, logs: receipt.logs, block: receipt.block, cost }
}

impl Post for Node {
    fn send_all(&mut self, signer: &Key, calls: &[(Address, Vec<u8>)]) -> Vec<Result<Mined<Paid>, NodeError>> {
        let fates = post(self, signer, calls);
        let until = Instant::now() + self.patience;
        let mut ended = Vec::with_capacity(fates.len());
        for fate in fates {
            ended.push(match fate {
                Fate::Failed(error) => Err(error),
                Fate::Reverts(data) => {
                    let cost = Paid { transaction: Hash::default(), gas: 0, gas_price: 0 };
                    Ok(Mined { outcome: Outcome::Reverted(data), logs: Vec::new(), block: 0, cost })
                }
                Fate::Posted(Posted { hash, call }) => loop {
                    match self.rpc.receipt(hash) {
                        Ok(Some(receipt)) => break Ok(mined(self, receipt, &call)),
                        // A node that does not answer now has the transaction all the same.
                        Ok(None) | Err(_) if Instant::now() < until => thread::sleep(POLL),
                        Ok(None) => {
                            let seconds = self.patience.as_secs();
                            break Err(NodeError::NoReceipt { transaction: hash, seconds });
                        }
                        Err(error) => break Err(error.into()),
                    }
                },
            });
        }
        ended
    }

    fn planck(cost: &Paid) -> u128 {
        cost.wei() / WEI
    }
}
