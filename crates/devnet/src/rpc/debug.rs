//! Who this is, what waits, how a transaction ran, and where the exchange is.

use std::{collections::BTreeMap, time::Instant};

use pallet_revive::evm::{DryRunConfig, Trace, TraceCallConfig, TracerConfig, TracerType};
use serde_json::{Map, Value, json};
use sp_core::hashing::keccak_256;

use super::{
    Answer, Devnet, Error, Method, json as shown, methods,
    params::{self, Params},
    quantity,
};
use crate::node::{CHAIN_ID, Sealed, Transaction};

/// What this program calls itself.
pub(super) const VERSION: &str = concat!("sit-devnet/", env!("CARGO_PKG_VERSION"), "/pallet-revive-0.18.1");

/// Steps of a trace of instructions at most, each with up to a thousand words of the stack: an endless loop has a
/// hundred million of them before its time is over.
const MOST_STEPS: u64 = 10_000;
/// Words of memory in all of them together; a step has sixteen where nothing else is asked, and fewer steps have more.
const MOST_MEMORY_WORDS: u32 = 1_000_000;
/// Words of memory that a contract can have: a megabyte.
const WORDS_OF_A_CONTRACT: u32 = 32 * 1024;
/// Steps with what was returned last, which may be 128 KiB each time.
const MOST_STEPS_WITH_RETURNS: u64 = 1_000;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("web3_clientVersion", |_, _| Ok(VERSION.into())),
    ("web3_sha3", |_, params| Ok(shown::bytes(&keccak_256(&params.bytes(0, "bytes")?)))),
    ("net_version", |chain, _| Ok(chain.chain_id().to_string().into())),
    ("net_listening", |_, _| Ok(Value::Bool(true))),
    ("net_peerCount", |_, _| Ok(quantity(0))),
    ("rpc_modules", |_, _| {
        let names = methods();
        let modules: BTreeMap<&str, &str> =
            names.iter().filter_map(|name| Some((name.split_once('_')?.0, "1.0"))).collect();
        Ok(json!(modules))
    }),
    ("txpool_status", |chain, _| {
        let all = chain.node.waiting_all();
        let ready = all.iter().filter(|(ready, _)| *ready).count();
        Ok(json!({ "pending": quantity(ready), "queued": quantity(all.len() - ready) }))
    }),
    ("txpool_content", |chain, _| Ok(pool(chain, shown::waiting))),
    ("txpool_inspect", |chain, _| {
        Ok(pool(chain, |transaction| {
            let to = transaction.to.map_or_else(|| "contract creation".to_owned(), |to| format!("{to:?}"));
            let Transaction { value, gas, max_fee, .. } = transaction;
            Value::String(format!("{to}: {value} wei + {gas} gas × {max_fee} wei"))
        }))
    }),
    ("debug_traceTransaction", |chain, params| {
        let hash = params.hash(0, "a transaction's hash")?;
        let config: TracerConfig = params.typed_or(1, "a tracer")?.unwrap_or_default();
        let (block, position) =
            chain.node.included(&hash).ok_or_else(|| Error::server("no block has this transaction"))?;
        let trace = chain.node.trace(&block, position, bounded(config.config)).map_err(Error::server)?;
        Ok(traced(trace))
    }),
    ("debug_traceBlockByNumber", trace_block),
    ("debug_traceBlockByHash", trace_block),
    ("debug_traceCall", |chain, params| {
        let mut call = params.call(0)?;
        call.nonce = None;
        let (to, block) = (call.to, chain.state(params, 1)?);
        let config: TraceCallConfig = params.typed_or(2, "a tracer")?.unwrap_or_default();
        let overrides = params::usable(config.state_overrides)?;
        let run = DryRunConfig::new().with_perform_balance_checks(Some(false)).with_state_overrides(overrides);
        let trace = chain.node.trace_call(&block, call, run, bounded(config.tracer_config.config));
        Ok(traced(trace.map_err(|error| chain.failed(to, error))?))
    }),
    ("sit_info", |chain, _| {
        let head = chain.node.head();
        Ok(json!({
            "version": VERSION,
            "chainId": CHAIN_ID,
            "genesis": chain.node.block(0).map(|block| shown::bytes(&block.hash().0)),
            "block": head.number(),
            "time": head.time(),
            "oldestState": chain.node.oldest(),
            "stateBytes": chain.node.state_bytes(),
            "waiting": chain.node.waiting_count(),
            "accounts": chain.keys.iter().map(|key| json!({
                "name": key.name,
                "role": key.role.name(),
                "address": shown::bytes(&key.address.0),
            })).collect::<Vec<_>>(),
            "methods": methods(),
        }))
    }),
];

/// The pool by readiness, sender and nonce, as Geth shows it.
fn pool(chain: &Devnet, show: impl Fn(&Transaction) -> Value) -> Value {
    let mut sides = [Map::new(), Map::new()];
    for (ready, transaction) in chain.node.waiting_all() {
        let side = &mut sides[usize::from(!ready)];
        let sender = side.entry(format!("{:?}", transaction.from)).or_insert_with(|| json!({}));
        sender[transaction.nonce.to_string()] = show(&transaction);
    }
    let [pending, queued] = sides;
    json!({ "pending": pending, "queued": queued })
}

/// A tracer that takes no more steps than there is room for, which are the first.
fn bounded(tracer: TracerType) -> TracerType {
    match tracer {
        TracerType::ExecutionTracer(config) => {
            let mut config = config.unwrap_or_default();
            let mut most = MOST_STEPS;
            if config.enable_memory {
                config.memory_word_limit = config.memory_word_limit.min(WORDS_OF_A_CONTRACT);
                most = most.min((MOST_MEMORY_WORDS / config.memory_word_limit.max(1)).into());
            }
            if config.enable_return_data {
                most = most.min(MOST_STEPS_WITH_RETURNS);
            }
            config.limit = Some(config.limit.unwrap_or(most).min(most));
            TracerType::ExecutionTracer(Some(config))
        }
        other => other,
    }
}

fn trace_block(chain: &mut Devnet, params: &Params) -> Answer {
    let block = chain.known(params, 0)?;
    let config: TracerConfig = params.typed_or(1, "a tracer")?.unwrap_or_default();
    let tracer = bounded(config.config);
    let (begun, mut traces, mut bytes) = (Instant::now(), Vec::new(), 0);
    for position in 0..block.transactions.len() {
        // Each runs all before it again, and meanwhile nobody else is answered.
        if position > 0 && begun.elapsed() > chain.patience {
            let (number, seconds) = (block.number(), chain.patience.as_secs());
            return Err(Error::new(
                -32005,
                format!(
                    "{position} of {} transactions of block {number} took more than {seconds} s: ask for them one by one \
                     (debug_traceTransaction)",
                    block.transactions.len()
                ),
            ));
        }
        let trace = traced(chain.node.trace(&block, position, tracer.clone()).map_err(Error::server)?);
        bytes += trace.to_string().len();
        if position > 0 && bytes > chain.most_bytes {
            let (number, most) = (block.number(), chain.most_bytes);
            return Err(Error::new(
                -32005,
                format!(
                    "{} of {} transactions of block {number} have more than {most} bytes of traces: ask for them one by \
                     one (debug_traceTransaction)",
                    position + 1,
                    block.transactions.len()
                ),
            ));
        }
        traces.push(json!({ "txHash": hash_at(&block, position), "result": trace }));
    }
    Ok(Value::Array(traces))
}

fn hash_at(block: &Sealed, position: usize) -> Value {
    block.transactions.get(position).map_or(Value::Null, |included| shown::bytes(&included.transaction.hash.0))
}

fn traced(trace: Option<Trace>) -> Value {
    trace.map_or(Value::Null, |trace| serde_json::to_value(trace).unwrap_or_default())
}
