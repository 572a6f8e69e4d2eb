//! Numbers, counts and texts at their extremes: each found a fault once, or was tried to find one.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use sit_devnet::{
    node::{LAST_SECOND, MOST_NONCE},
    rpc::{Devnet, MOST_ANSWERED},
};

use crate::support::{USDC, ask, at, by_hand, chain, number, pay, refused, send, signed, transfer};

/// The chain goes on: a block, and a transaction in it.
fn goes_on(chain: &mut Devnet) {
    let before = number(&ask(chain, "eth_blockNumber", json!([])));
    pay(chain, 0, 1, 1_000_000);
    ask(chain, "evm_mine", json!([]));
    assert!(number(&ask(chain, "eth_blockNumber", json!([]))) > before);
}

#[test]
fn no_request_takes_time_beyond_what_contracts_can_count() {
    let mut chain = chain();
    for beyond in [LAST_SECOND + 1, u64::MAX] {
        for method in [
            "anvil_setBlockTimestampInterval",
            "evm_setIntervalMining",
            "evm_increaseTime",
            "evm_setNextBlockTimestamp",
            "evm_setTime",
            "evm_mine",
        ] {
            let (code, message) = refused(&mut chain, method, json!([beyond]));
            assert!(code == -32602 && message.contains("counts seconds up to 4294967295"), "{method}: {message}");
        }
    }
    goes_on(&mut chain);
    // What is allowed once is no reason to go on for ever.
    ask(&mut chain, "anvil_setBlockTimestampInterval", json!([2_000_000_000]));
    ask(&mut chain, "anvil_mine", json!([5]));
    let time = |chain: &mut Devnet| number(&ask(chain, "eth_getBlockByNumber", json!(["latest", false]))["timestamp"]);
    assert_eq!(time(&mut chain), u128::from(LAST_SECOND));
    goes_on(&mut chain);
    assert_eq!(time(&mut chain), u128::from(LAST_SECOND));
}

#[test]
fn simulated_blocks_at_the_end_of_time_are_refused_or_answered() {
    let mut chain = chain();
    let blocks = |blocks: Value| json!([{ "blockStateCalls": blocks }, "latest"]);
    for time in [json!("0xffffffffffffffff"), json!(LAST_SECOND + 1)] {
        let wanted = blocks(json!([{ "blockOverrides": { "time": time }, "calls": [] }, { "calls": [] }]));
        let (code, message) = refused(&mut chain, "eth_simulateV1", wanted);
        assert!(code == -38021 && message.contains("counts seconds up to 4294967295"), "{message}");
    }
    let wanted =
        blocks(json!([{ "blockOverrides": { "time": LAST_SECOND }, "calls": [{ "from": at(0), "to": at(1) }] }]));
    assert_eq!(ask(&mut chain, "eth_simulateV1", wanted)[0]["calls"][0]["status"], "0x1");
    let many = blocks(Value::Array(vec![json!({}); 100_000]));
    assert_eq!(refused(&mut chain, "eth_simulateV1", many).0, -38026);
    let many = blocks(json!([{ "calls": vec![json!({}); 100_000] }]));
    assert_eq!(refused(&mut chain, "eth_simulateV1", many).0, -38025);
    goes_on(&mut chain);
}

/// The runtime counts in 32 bits. Behind the last number transactions would begin at zero again, and a contract that
/// makes others fails the whole program, in every block that is tried from then on.
#[test]
fn no_account_is_given_the_last_numbers_that_there_are() {
    let mut chain = chain();
    for nonce in [MOST_NONCE + 1, u32::MAX.into(), u64::MAX] {
        let (code, message) = refused(&mut chain, "anvil_setNonce", json!([at(0), nonce]));
        assert!(code == -32602 && message == "a nonce is at most 2147483647 here", "{message}");
        let over = json!({ at(1).as_str().unwrap(): { "nonce": format!("{nonce:#x}") } });
        let call = json!({ "from": at(0), "to": at(1) });
        for (method, params) in [
            ("eth_call", json!([call, "latest", over])),
            ("eth_estimateGas", json!([call, "latest", over])),
            ("debug_traceCall", json!([call, "latest", { "tracer": "callTracer", "stateOverrides": over }])),
            ("eth_simulateV1", json!([{ "blockStateCalls": [{ "stateOverrides": over, "calls": [call] }] }, "latest"])),
        ] {
            let (code, message) = refused(&mut chain, method, params);
            assert!(code == -32602 && message.starts_with("a nonce is at most 2147483647 here"), "{method}: {message}");
        }
    }
    ask(&mut chain, "anvil_setNonce", json!([at(0), MOST_NONCE]));
    for nonce in [MOST_NONCE, MOST_NONCE + 1] {
        let raw = transfer(&mut chain, 0, 1, nonce, 1_000_000_000_000_000);
        send(&mut chain, raw);
    }
    assert_eq!(ask(&mut chain, "eth_getTransactionCount", json!([at(0), "latest"])), json!("0x80000001"));
    goes_on(&mut chain);
}

/// A contract that makes another with its last number fails the runtime; the blocks after it must not wait for it.
#[test]
fn a_transaction_on_which_the_program_fails_is_gone_and_the_chain_goes_on() {
    let mut chain = chain();
    let proxy = "0x4e59b44847b379578588920ca78fbf26c0b4956c";
    let address = sp_core::H160::from_slice(&alloy_core::primitives::hex::decode(proxy).unwrap());
    chain.node.set_nonce(address, u32::MAX).unwrap();
    let data = format!("0x{}60018060093d393df300", "00".repeat(32));
    let call = json!([{ "from": at(0), "to": proxy, "gas": "0x52080", "data": data }]);
    let (code, message) = refused(&mut chain, "eth_sendTransaction", call);
    assert_eq!((code, message.as_str()), (-32003, "the runtime did not take the transaction into a block"));
    goes_on(&mut chain);
}

#[test]
fn fees_and_values_of_256_bits_are_refused_with_a_sentence() {
    let mut chain = chain();
    let most = format!("0x{}", "f".repeat(64));
    let half = format!("0x8{}", "0".repeat(63));
    let call = |fields: Value| {
        let mut call = json!({ "from": at(0), "to": at(1), "nonce": "0x0", "gas": "0x400" });
        call.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        call
    };
    for fields in [
        json!({ "gas": half, "value": half }),
        json!({ "gas": most, "value": most }),
        json!({ "value": most }),
        json!({ "gas": most }),
    ] {
        let raw = signed(&mut chain, call(fields));
        let (code, message) = refused(&mut chain, "eth_sendRawTransaction", json!([raw]));
        assert!(code == -32003 && message.starts_with("insufficient funds: needs "), "{message}");
    }
    // A fee is a bound: what is paid is the base fee.
    let raw = signed(&mut chain, call(json!({ "maxFeePerGas": most, "maxPriorityFeePerGas": most })));
    send(&mut chain, raw);
    for fields in
        [json!({ "gas": most }), json!({ "value": most }), json!({ "gasPrice": most }), json!({ "gas": "0x0" })]
    {
        for method in ["eth_call", "eth_estimateGas", "eth_fillTransaction", "debug_traceCall"] {
            let _ = chain.call(method, &json!([call(fields.clone()), "latest"]));
        }
    }
    goes_on(&mut chain);
}

#[test]
fn a_reorganisation_that_cannot_be_done_has_changed_nothing() {
    let mut chain = chain();
    for _ in 0..5 {
        pay(&mut chain, 0, 1, 1_000_000);
    }
    let before = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]));
    let raw = transfer(&mut chain, 3, 4, 0, 1);
    for (params, says) in [
        (json!([3, [[raw, 0], ["0x1234", 1]]]), "no signed Ethereum transaction"),
        (json!([3, [[raw, 3]]]), "is for block 3 of the new ones"),
        (json!([3, [["0x", u64::MAX]]]), "no signed Ethereum transaction"),
        (json!([6, [[raw, 0]]]), "6 blocks cannot be taken back"),
        (json!([u32::MAX, []]), "4294967295 blocks cannot be taken back"),
        (json!([u64::MAX, []]), "blocks cannot be taken back"),
        (json!([3, [["0x12"]]]), "is a pair"),
    ] {
        let (_, message) = refused(&mut chain, "anvil_reorg", params.clone());
        assert!(message.contains(says), "{params}: {message}");
        assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true])), before, "{params}");
    }
    ask(&mut chain, "anvil_reorg", json!([3, [[raw, 2]]]));
    let after = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]));
    assert_eq!((&after["number"], after["transactions"].as_array().unwrap().len()), (&before["number"], 1));
    goes_on(&mut chain);
}

#[test]
fn a_dump_of_which_anything_has_changed_is_refused_and_nothing_has_changed() {
    let mut chain = chain();
    pay(&mut chain, 0, 1, 1_000_000);
    let dump = ask(&mut chain, "anvil_dumpState", json!([]));
    let text = dump.as_str().unwrap();
    pay(&mut chain, 0, 1, 1_000_000);
    let head = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]));
    let mut broken =
        vec![String::new(), "0x".to_owned(), "0x00".to_owned(), "🦀".to_owned(), text[..text.len() - 2].to_owned()];
    broken.push(format!("{text}00"));
    for place in (2..text.len()).step_by(text.len() / 100) {
        let digit = if &text[place..=place] == "0" { "1" } else { "0" };
        broken.push(format!("{}{digit}{}", &text[..place], &text[place + 1..]));
    }
    for text in broken {
        let (code, message) = refused(&mut chain, "anvil_loadState", json!([text]));
        assert!(code == -32602 && message.starts_with("this is no dump"), "{message}");
    }
    assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true])), head);
    ask(&mut chain, "anvil_loadState", json!([text]));
    assert_eq!(ask(&mut chain, "eth_blockNumber", json!([])), "0x1");
    goes_on(&mut chain);
}

#[test]
fn a_batch_is_answered_until_its_answers_are_too_long() {
    let mut chain = chain();
    let one = ask(&mut chain, "anvil_dumpState", json!([])).as_str().unwrap().len();
    let count = MOST_ANSWERED / one + 20;
    assert!(count < 1_000, "a dump has {one} bytes");
    let request = |id: usize| json!({ "jsonrpc": "2.0", "id": id, "method": "anvil_dumpState" });
    let mut requests: Vec<Value> = (0..count).map(request).collect();
    requests.push(json!({ "jsonrpc": "2.0", "method": "eth_blockNumber" }));
    let text = chain.answer_text(Value::Array(requests).to_string().as_bytes()).unwrap();
    assert!(text.len() < MOST_ANSWERED + 2 * one, "{}", text.len());
    let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(answers.len(), count, "each but the notification has its answer");
    assert!(answers[0]["result"].is_string());
    let last = answers.last().unwrap();
    assert_eq!((&last["id"], &last["error"]["code"]), (&json!(count - 1), &json!(-32005)));
    assert!(last["error"]["message"].as_str().unwrap().contains("ask for less at once"), "{last}");
}

/// A call of an endless loop takes a second, and a thousand of them took the chain away for as many.
#[test]
fn what_takes_too_long_is_broken_off_with_a_sentence() {
    let mut chain = chain();
    chain.patience = std::time::Duration::ZERO;
    // JUMPDEST PUSH0 JUMP.
    let over = json!({ at(1).as_str().unwrap(): { "code": "0x5b5f56" } });
    let call = json!({ "from": at(0), "to": at(1) });
    let question =
        |calls: Vec<Value>| json!([{ "blockStateCalls": [{ "stateOverrides": over, "calls": calls }] }, "latest"]);
    let told = ask(&mut chain, "eth_simulateV1", question(vec![call.clone()]));
    assert!(told[0]["calls"][0]["error"]["message"].as_str().unwrap().contains("OutOfGas"), "{told}");
    let (code, message) = refused(&mut chain, "eth_simulateV1", question(vec![call.clone(); 1_000]));
    assert!(code == -32000 && message == "1 calls have taken more than 0 s: simulate less at once", "{message}");
    let request =
        |id: u32| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_call", "params": [call, "latest", over] });
    let text = chain.answer_text(Value::Array((0..3).map(request).collect()).to_string().as_bytes()).unwrap();
    let answers: Vec<Value> = serde_json::from_str(&text).unwrap();
    let codes: Vec<&Value> = answers.iter().map(|answer| &answer["error"]["code"]).collect();
    assert_eq!(codes, [-32000, -32005, -32005]);
    assert!(answers[2]["error"]["message"].as_str().unwrap().contains("after 33554432 bytes or 0 s no more"), "{text}");
    goes_on(&mut chain);
}

/// A call may emit three megabytes, and a thousand of them at once were more than most machines have room for.
#[test]
fn what_simulated_calls_tell_has_a_bound() {
    let mut chain = chain();
    chain.most_bytes = 200_000;
    // PUSH3 65536 PUSH0 LOG0 STOP.
    let made = json!([{ "from": at(0), "data": "0x6007600c60003960076000f3620100005fa000" }]);
    let hash = ask(&mut chain, "eth_sendTransaction", made);
    let emits = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone();
    let call = json!({ "from": at(0), "to": emits });
    let question = |calls: usize| json!([{ "blockStateCalls": [{ "calls": vec![&call; calls] }] }, "latest"]);
    let told = ask(&mut chain, "eth_simulateV1", question(2));
    for told in told[0]["calls"].as_array().unwrap() {
        assert_eq!(told["logs"][0]["data"].as_str().map(str::len), Some(2 + 2 * 65_536));
    }
    let (code, message) = refused(&mut chain, "eth_simulateV1", question(1_000));
    assert_eq!(
        (code, message.as_str()),
        (-32000, "2 calls have more than 200000 bytes to tell: simulate less at once")
    );
    goes_on(&mut chain);
}

/// Each step has its stack, and an endless loop has a hundred million steps before its time is over.
#[test]
fn a_trace_of_an_endless_loop_has_its_first_steps() {
    let mut chain = chain();
    let over = json!({ at(1).as_str().unwrap(): { "code": "0x5b5f56" } });
    let call = json!({ "from": at(0), "to": at(1) });
    for (options, steps) in [
        (json!({}), 10_000),
        (json!({ "limit": 1_000_000_000 }), 10_000),
        (json!({ "limit": 5 }), 5),
        (json!({ "tracer": "executionTracer" }), 10_000),
        // A step with more in it than usual is one of fewer: a megabyte of memory, or what was returned last.
        (json!({ "enableMemory": true }), 10_000),
        (json!({ "enableMemory": true, "memoryWordLimit": 1_000 }), 1_000),
        (json!({ "enableMemory": true, "memoryWordLimit": u32::MAX }), 30),
        (json!({ "memoryWordLimit": u32::MAX }), 10_000),
        (json!({ "enableReturnData": true }), 1_000),
        (json!({ "enableReturnData": true, "limit": 7 }), 7),
    ] {
        let mut options = options;
        options["stateOverrides"] = over.clone();
        let trace = ask(&mut chain, "debug_traceCall", json!([call, "latest", options]));
        assert_eq!(trace["structLogs"].as_array().map(Vec::len), Some(steps), "{options}");
    }
    goes_on(&mut chain);
}

#[test]
fn a_trace_of_a_block_that_takes_too_long_is_broken_off_with_what_to_ask_instead() {
    let mut chain = by_hand();
    for _ in 0..3 {
        pay(&mut chain, 0, 1, 1_000_000);
    }
    ask(&mut chain, "evm_mine", json!([]));
    let tracer = json!({ "tracer": "callTracer" });
    let block = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]));
    let traces = ask(&mut chain, "debug_traceBlockByNumber", json!(["latest", tracer]));
    assert_eq!(ask(&mut chain, "debug_traceBlockByHash", json!([block["hash"], tracer])), traces);
    assert_eq!(traces.as_array().unwrap().len(), 3);
    for (trace, hash) in traces.as_array().unwrap().iter().zip(block["transactions"].as_array().unwrap()) {
        assert_eq!(trace["txHash"], *hash);
        assert_eq!(trace["result"], ask(&mut chain, "debug_traceTransaction", json!([hash, tracer])));
    }
    // Nor is more told at once than there is room for; of one transaction it is.
    let one = traces[0]["result"].to_string().len();
    chain.most_bytes = one + one / 2;
    let answer = refused(&mut chain, "debug_traceBlockByNumber", json!(["latest", tracer]));
    let says = format!(
        "2 of 3 transactions of block 1 have more than {} bytes of traces: ask for them one by one \
         (debug_traceTransaction)",
        chain.most_bytes
    );
    assert_eq!(answer, (-32005, says));
    chain.most_bytes = MOST_ANSWERED;
    chain.patience = std::time::Duration::ZERO;
    let (code, message) = refused(&mut chain, "debug_traceBlockByNumber", json!(["latest", tracer]));
    assert_eq!(code, -32005);
    assert_eq!(
        message,
        "1 of 3 transactions of block 1 took more than 0 s: ask for them one by one (debug_traceTransaction)"
    );
    let answer = refused(&mut chain, "debug_traceBlockByNumber", json!(["0x9", tracer]));
    assert_eq!(answer, (-32001, "there is no such block: the newest is 1".to_owned()));
    let answer = refused(&mut chain, "eth_feeHistory", json!(["0x1", "0x9", []]));
    assert_eq!(answer, (-32001, "there is no such block: the newest is 1".to_owned()));
}

#[test]
fn an_answer_about_fees_has_columns_for_a_hundred_percentiles_at_most() {
    let mut chain = chain();
    ask(&mut chain, "anvil_mine", json!([100]));
    let history = ask(&mut chain, "eth_feeHistory", json!(["0x400", "latest", vec![50; 100]]));
    assert_eq!(history["reward"][0].as_array().unwrap().len(), 100);
    let (code, message) = refused(&mut chain, "eth_feeHistory", json!(["0x400", "latest", vec![50; 1_000_000]]));
    assert_eq!((code, message.as_str()), (-32602, "at most 100 percentiles are told, and 1000000 were asked"));
}

#[test]
fn filters_that_nobody_asks_keep_no_more_than_there_is_room_for() {
    let mut chain = by_hand();
    let filters: Vec<Value> = (0..100).map(|_| ask(&mut chain, "eth_newBlockFilter", json!([]))).collect();
    for _ in 0..10 {
        ask(&mut chain, "anvil_mine", json!([100]));
        chain.deliver();
    }
    let (mut kept, mut gone) = (0, 0);
    for filter in &filters {
        match chain.call("eth_getFilterChanges", &json!([filter])) {
            Ok(heard) => kept += heard.as_array().unwrap().len(),
            Err(error) => {
                assert_eq!(error.message, "filter not found");
                gone += 1;
            }
        }
    }
    assert!(kept <= 50_000 && kept > 40_000 && gone >= 50, "{kept} are kept, {gone} filters are gone");
}

/// A log of 64 KiB for each transaction: what nobody asks for is weighed, and not only counted.
#[test]
fn filters_that_nobody_asks_keep_no_more_bytes_than_there_is_room_for() {
    let mut chain = chain();
    // PUSH3 65536 PUSH0 LOG0 STOP.
    let made = json!([{ "from": at(0), "data": "0x6007600c60003960076000f3620100005fa000" }]);
    let hash = ask(&mut chain, "eth_sendTransaction", made);
    // Its block is told before anybody listens.
    chain.deliver();
    let emits = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone();
    let (logs, heads) =
        (ask(&mut chain, "eth_newFilter", json!([{}])), ask(&mut chain, "eth_newBlockFilter", json!([])));
    let call = json!([{ "from": at(0), "to": emits, "gas": "0x100000" }]);
    let emit = |chain: &mut Devnet, times: u32| {
        for _ in 0..times {
            ask(chain, "eth_sendTransaction", call.clone());
            chain.deliver();
        }
    };
    emit(&mut chain, 300);
    let heard = ask(&mut chain, "eth_getFilterChanges", json!([logs]));
    assert_eq!(heard.as_array().unwrap().len(), 300);
    assert_eq!(heard[0]["data"].as_str().unwrap().len(), 2 + 2 * 65_536);
    // An answer has room for a part of them, and says for which.
    let (code, message) = refused(&mut chain, "eth_getLogs", json!([{ "fromBlock": "0x0" }]));
    assert_eq!(code, -32005);
    let told =
        message.strip_prefix("more than 33554432 bytes of logs in this range: ask for the blocks 0x0 to ").unwrap();
    let (last, next) = told.split_once(", and then from ").unwrap();
    let next = next.strip_suffix(" on").unwrap();
    let mut count = 0;
    for range in [json!({ "fromBlock": "0x0", "toBlock": last }), json!({ "fromBlock": next })] {
        count += ask(&mut chain, "eth_getLogs", json!([range])).as_array().unwrap().len();
    }
    assert_eq!(count, 300);
    // Once more as much, and again: then there is too much of it.
    emit(&mut chain, 300);
    assert_eq!(ask(&mut chain, "eth_getFilterChanges", json!([logs])).as_array().unwrap().len(), 300);
    emit(&mut chain, 550);
    assert_eq!(refused(&mut chain, "eth_getFilterChanges", json!([logs])), (-32000, "filter not found".to_owned()));
    // Who keeps little is not ended for it.
    assert_eq!(ask(&mut chain, "eth_getFilterChanges", json!([heads])).as_array().unwrap().len(), 1_150);
    goes_on(&mut chain);
}

/// Each filter keeps what it names and looks at each log: a thousand of them with a hundred thousand names each were
/// two gigabytes, and minutes for a block.
#[test]
fn a_filter_names_a_thousand_contracts_at_most_and_finds_each_of_them() {
    let mut chain = chain();
    pay(&mut chain, 0, 1, 5);
    let others = |count: u64| (0..count).map(|number| json!(format!("0x{number:040x}"))).collect::<Vec<Value>>();
    let all = ask(&mut chain, "eth_getLogs", json!([{ "fromBlock": "0x0" }]));
    let topic = all[0]["topics"][2].clone();
    let topics = |count: u64| (0..count).map(|number| json!(format!("0x{number:064x}"))).collect::<Vec<Value>>();
    // In whatever order they are named.
    for place in [0, 500, 999] {
        let (mut addresses, mut wanted) = (others(999), topics(999));
        addresses.insert(place, json!(USDC));
        wanted.insert(place, topic.clone());
        wanted.reverse();
        let question = json!([{ "fromBlock": "0x0", "address": addresses, "topics": [null, null, wanted] }]);
        assert_eq!(ask(&mut chain, "eth_getLogs", question), all);
    }
    assert_eq!(ask(&mut chain, "eth_getLogs", json!([{ "fromBlock": "0x0", "address": others(1_000) }])), json!([]));
    for (question, says) in [
        (
            json!({ "address": others(1_001) }),
            "a filter names at most 1000 addresses, and 1001 are given: ask in parts",
        ),
        (
            json!({ "topics": [null, topics(1_001)] }),
            "a filter names at most 1000 topics at a position, and 1001 are given: ask in parts",
        ),
    ] {
        for method in ["eth_getLogs", "eth_newFilter"] {
            assert_eq!(refused(&mut chain, method, json!([question])), (-32602, says.to_owned()), "{method}");
        }
        let refused = chain.subscribe(&json!(["logs", question]), |_| true, || true).unwrap_err();
        assert_eq!(refused.message, says);
    }
}

#[test]
fn subscriptions_end_with_their_connection_and_have_a_bound() {
    let mut chain = chain();
    // No log is of this address: nothing will ever be told.
    let quiet = json!(["logs", { "address": "0x00000000000000000000000000000000000000aa" }]);
    let listens = Arc::new(AtomicBool::new(true));
    let subscribe = |chain: &mut Devnet| {
        let listens = Arc::clone(&listens);
        chain.subscribe(&quiet, |_| true, move || listens.load(Ordering::Relaxed))
    };
    for _ in 0..1_000 {
        subscribe(&mut chain).unwrap();
    }
    let refused = subscribe(&mut chain).unwrap_err();
    assert_eq!(refused.message, "there are 1000 subscriptions: end some");
    listens.store(false, Ordering::Relaxed);
    subscribe(&mut chain).unwrap();
    goes_on(&mut chain);
}

#[test]
fn cells_of_every_length_are_set_or_refused() {
    let mut chain = chain();
    let hash = ask(&mut chain, "eth_sendTransaction", json!([{ "from": at(0), "data": "0x60018060093d393df300" }]));
    let contract = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone();
    for length in [0_usize, 1, 31, 32, 33, 416, 417, 10_000, 1_000_000] {
        let value = json!(format!("0x{}", "ab".repeat(length)));
        let params = json!([contract, "0x1", value]);
        if length > 416 {
            let (code, message) = refused(&mut chain, "anvil_setStorageAt", params);
            assert_eq!((code, message), (-32000, format!("a cell has at most 416 bytes, and {length} are given")));
            continue;
        }
        ask(&mut chain, "anvil_setStorageAt", params);
        let cell = ask(&mut chain, "eth_getStorageAt", json!([contract, "0x1", "latest"]));
        let cell = cell.as_str().unwrap();
        assert!(cell.ends_with(&"ab".repeat(length)) && cell.len() == 2 + 2 * length.max(32), "{length}");
    }
    for odd in [json!("0xabc"), json!("0x0g"), json!(7), json!({})] {
        assert_eq!(refused(&mut chain, "anvil_setStorageAt", json!([contract, "0x1", odd])).0, -32602);
    }
    let long = json!(format!("0x{}", "1".repeat(65)));
    assert_eq!(refused(&mut chain, "anvil_setStorageAt", json!([contract, long, "0x01"])).0, -32602);
    goes_on(&mut chain);
}

#[test]
fn what_is_asked_over_a_socket_alone_is_said_to_be() {
    let mut chain = chain();
    let (code, message) = refused(&mut chain, "eth_subscribe", json!(["newHeads"]));
    assert!(code == -32601 && message.contains("over a WebSocket, and not in a batch"), "{message}");
}
