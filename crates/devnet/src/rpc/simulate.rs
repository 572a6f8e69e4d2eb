//! `eth_simulateV1`: blocks of calls that nobody seals, one on top of the other.
//!
//! As the execution APIs have it, but for what this chain cannot: a block follows the one before it without a gap, a
//! call is no transaction and is not listed as one, and transfers of DOT make no logs.

use pallet_revive::evm::{GenericTransaction, StateOverrideSet};
use serde_json::{Value, json};

use super::{
    Answer, Devnet, Error, Method, json as shown,
    params::{self, Params},
    quantity,
};
use crate::node::{CHAIN_ID, LAST_SECOND, RawLog, Simulated, SimulatedCall};

/// Blocks of one question at most.
const MOST_BLOCKS: usize = 256;
/// Calls of one question at most.
const MOST_CALLS: usize = 1_000;
/// Seconds between two blocks where nothing else is said.
const BETWEEN: u64 = 2;

pub(super) const METHODS: &[(&str, Method)] = &[("eth_simulateV1", simulate)];

fn simulate(chain: &mut Devnet, params: &Params) -> Answer {
    let question = params.get(0).ok_or_else(|| Error::params("parameter 0 is missing: blockStateCalls"))?;
    let wanted = question.get("blockStateCalls").and_then(Value::as_array);
    let wanted = wanted.ok_or_else(|| Error::params("blockStateCalls is a list of blocks, each with its calls"))?;
    if wanted.is_empty() || wanted.len() > MOST_BLOCKS {
        let count = wanted.len();
        return Err(Error::new(
            -38026,
            format!("1 to {MOST_BLOCKS} blocks are simulated at once, and {count} were asked"),
        ));
    }
    let pays = question.get("validation").and_then(Value::as_bool).unwrap_or(false);
    let base = chain.state(params, 1)?;
    let (mut number, mut seconds) = (u64::from(base.number()), base.time());
    let (mut blocks, mut callees, mut count) = (Vec::new(), Vec::new(), 0);
    for block in wanted {
        let overrides = block.get("blockOverrides");
        let over = |name: &str| overrides.and_then(|overrides| overrides.get(name)).filter(|value| !value.is_null());
        number += 1;
        if let Some(given) = over("number") {
            let given = params::word(given, "a block's number")?;
            if given != number {
                return Err(Error::new(
                    -38020,
                    format!("blocks follow one another: the next is {number:#x}, and {given:#x} was asked"),
                ));
            }
        }
        seconds = match over("time") {
            Some(given) => {
                let given = params::word(given, "a block's time")?;
                if given < seconds {
                    return Err(Error::new(
                        -38021,
                        format!("time cannot go back: the block before is at {seconds}, and {given} was asked"),
                    ));
                }
                given
            }
            None => seconds.saturating_add(BETWEEN),
        };
        if seconds > LAST_SECOND {
            return Err(Error::new(
                -38021,
                format!("the exchange counts seconds up to {LAST_SECOND}, and a block would be at {seconds}"),
            ));
        }
        let calls: Vec<GenericTransaction> = params::read(block.get("calls"), "calls")?.unwrap_or_default();
        count += calls.len();
        if count > MOST_CALLS {
            return Err(Error::new(-38025, format!("at most {MOST_CALLS} calls are simulated at once")));
        }
        let overrides: Option<StateOverrideSet> =
            params::usable(params::read(block.get("stateOverrides"), "stateOverrides")?)?;
        callees.push(calls.iter().map(|call| call.to).collect::<Vec<_>>());
        blocks.push(Simulated { seconds, overrides, calls: calls.into_iter().map(question_of).collect() });
    }
    let done = chain.node.simulate(&base, blocks, pays, chain.patience, chain.most_bytes).map_err(Error::server)?;
    let told = done.into_iter().zip(callees).map(|((block, calls), callees)| {
        let mut told = serde_json::to_value(&block).unwrap_or_default();
        told["size"] = quantity(shown::HEADER_BYTES);
        told["totalDifficulty"] = quantity(0);
        let mut index = 0;
        let calls = calls.into_iter().zip(callees).enumerate().map(|(position, (call, to))| {
            let SimulatedCall { outcome, logs } = call;
            let log = |log: &RawLog| {
                index += 1;
                json!({
                    "address": shown::bytes(&log.address.0),
                    "topics": log.topics.iter().map(|topic| shown::bytes(&topic.0)).collect::<Vec<_>>(),
                    "data": shown::bytes(&log.data),
                    "blockHash": told["hash"],
                    "blockNumber": told["number"],
                    "blockTimestamp": told["timestamp"],
                    "transactionHash": null,
                    "transactionIndex": quantity(position),
                    "logIndex": quantity(index - 1),
                    "removed": false,
                })
            };
            let logs: Vec<Value> = logs.iter().map(log).collect();
            match outcome {
                Ok((gas, data)) => json!({
                    "returnData": shown::bytes(&data), "logs": logs, "gasUsed": quantity(gas), "status": "0x1",
                }),
                Err(error) => {
                    let error = chain.failed(to, error);
                    let data = error.data.clone().unwrap_or_else(|| shown::bytes(&[]));
                    json!({
                        "returnData": data, "logs": [], "gasUsed": quantity(0), "status": "0x0", "error": error.json(),
                    })
                }
            }
        });
        let calls: Vec<Value> = calls.collect();
        told["calls"] = calls.into();
        told
    });
    Ok(told.collect())
}

/// A call as a question: without a number among its sender's, without a price.
fn question_of(mut call: GenericTransaction) -> GenericTransaction {
    call.nonce = None;
    (call.gas_price, call.max_fee_per_gas, call.max_priority_fee_per_gas) = (None, None, None);
    (call.r#type, call.chain_id) = (None, Some(CHAIN_ID.into()));
    call
}
