//! `sit replay TX`: what a transaction did, call by call, in the exchange's own words.

use serde_json::{Value, json};
use sit_client::codec;
use sit_native::EmittedEvent;

use crate::act::Cost;
use crate::amount;
use crate::context::Context;
use crate::failure::{Failure, Kind, Result};
use crate::history;
use crate::output::{Field, Report, Table, column};
use crate::session::Session;
use crate::words::{event_words, message_words, shown};
use sit_client::rpc::{hex_bytes, hex_number, hex_wide, to_hex};

/// Arguments of the command.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Hash of the transaction, 0x...
    transaction: String,
}

/// Prints the calls, the events and how it ended.
///
/// # Errors
/// A transaction that the node does not know.
pub fn run(context: &Context, args: &Args) -> Result {
    let hash = hex_bytes(Some(&json!(args.transaction))).filter(|bytes| bytes.len() == 32);
    if hash.is_none() {
        return Err(Failure::usage(format!(
            "`{}` is no hash of a transaction: it is 0x and 64 digits",
            args.transaction
        )));
    }
    let mut session = Session::open(context)?;
    let receipt = session.raw("eth_getTransactionReceipt", json!([args.transaction]))?;
    if receipt.is_null() {
        let waits = !session.raw("eth_getTransactionByHash", json!([args.transaction]))?.is_null();
        return Err(if waits {
            Failure::new(Kind::Unknown, "the transaction waits for a block: ask again")
        } else {
            Failure::usage("the node does not know this transaction: it is of another chain, or was dropped")
        });
    }
    let mut calls =
        Table::new("calls", "The node cannot trace.", &[column("call", "call"), column("result", "result")]);
    let trace = session.raw("debug_traceTransaction", json!([args.transaction, { "tracer": "callTracer" }]));
    if let Ok(trace) = &trace {
        call(&session, trace, 0, &mut calls);
    }
    let mut events = Table::new("events", "No event.", &[column("log", "log"), column("event", "event")]);
    for log in logs(&receipt) {
        let words = event(&session, log).map_or_else(
            || format!("of another contract: {}", log.get("address").cloned().unwrap_or_default()),
            |event| event_words(&event),
        );
        events.row(vec![hex_number(log.get("logIndex")).map_or_else(Field::none, Field::number), Field::text(words)]);
    }
    let done = hex_number(receipt.get("status")) == Some(1);
    let [all, fee, deposit] = cost(&mut session, &receipt).fields();
    let text = |key: &str| receipt.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut report = Report::new();
    report
        .fact("transaction", "transaction", Field::text(&*args.transaction))
        .fact("block", "block", hex_number(receipt.get("blockNumber")).map_or_else(Field::none, Field::number))
        .fact("from", "from", Field::text(text("from")))
        .fact(
            "done",
            "done",
            Field::flag(done).shown(if done { "yes" } else { "no: it was refused and changed nothing" }),
        )
        .fact("dot_cost", "the network took", all)
        .fact("dot_fee", "of it fee", fee)
        .fact("dot_deposit", "of it refundable deposit", deposit)
        .table(calls)
        .table(events);
    context.output.print(&report)
}

fn logs(receipt: &Value) -> impl Iterator<Item = &Value> {
    receipt.get("logs").and_then(Value::as_array).into_iter().flatten()
}

/// The event of a log, where a contract of the exchange has emitted it.
fn event(session: &Session, log: &Value) -> Option<EmittedEvent> {
    let topics = log.get("topics")?.as_array()?.iter();
    let topics: Option<Vec<[u8; 32]>> = topics.map(|topic| hex_bytes(Some(topic))?.try_into().ok()).collect();
    let address: [u8; 20] = hex_bytes(log.get("address"))?.try_into().ok()?;
    codec::event(session.client.deployment.contract_at(address)?, &topics?, &hex_bytes(log.get("data"))?)
}

/// What the network took, by the receipt, and the deposit in it where it can be told apart.
fn cost(session: &mut Session, receipt: &Value) -> Cost {
    let wei = || Some(hex_wide(receipt.get("gasUsed"))?.saturating_mul(hex_wide(receipt.get("effectiveGasPrice"))?));
    let total = wei().unwrap_or_default().div_ceil(amount::WEI);
    let hash = receipt.get("transactionHash").and_then(Value::as_str).unwrap_or_default();
    let block = hex_number(receipt.get("blockNumber"));
    let deposit = block.and_then(|block| history::deposits(session, block).get(hash).copied());
    Cost { total, deposit }
}

fn call(session: &Session, frame: &Value, depth: usize, calls: &mut Table) {
    let to: Option<[u8; 20]> = hex_bytes(frame.get("to")).and_then(|bytes| bytes.try_into().ok());
    let input = hex_bytes(frame.get("input")).unwrap_or_default();
    let contract = to.and_then(|to| session.client.deployment.contract_at(to));
    let message = contract.and_then(|contract| {
        let of = |contract| codec::message(contract, &input);
        of(contract).or_else(|| of(contract.house()))
    });
    let who = || {
        contract.map_or_else(
            || to.map_or_else(|| "a new contract".to_owned(), |to| to_hex(&to)),
            |known| known.name().to_owned(),
        )
    };
    let what = match &message {
        Some(message) => message_words(message),
        None => format!("{} {}", who(), input.get(..4).map_or_else(String::new, to_hex)),
    };
    let output = hex_bytes(frame.get("output")).unwrap_or_default();
    let result = match frame.get("error").and_then(Value::as_str) {
        Some(error) => {
            let why = contract.map(|contract| codec::refusal(contract, &output));
            why.map_or_else(|| error.to_owned(), |why| format!("refused: {}: {why}", why.name()))
        }
        None => match &message {
            Some(message) => codec::answer(message, &output)
                .ok()
                .flatten()
                .map_or_else(|| "done".to_owned(), |answer| shown(&answer)),
            None => to_hex(output.get(..output.len().min(32)).unwrap_or_default()),
        },
    };
    calls.row(vec![Field::text(format!("{}{what}", "· ".repeat(depth))), Field::text(result)]);
    for inner in frame.get("calls").and_then(Value::as_array).into_iter().flatten() {
        call(session, inner, depth + 1, calls);
    }
}
