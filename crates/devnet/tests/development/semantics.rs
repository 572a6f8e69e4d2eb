//! What each method means, beyond that it is there: defaults, tags, what is not known, who is asked without being
//! named.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use sit_devnet::{
    node::{CHAIN_ID, Notice},
    rpc::Devnet,
};

use crate::support::{USDC, approval, ask, at, by_hand, chain, number, pay, refused, send, tokens, transfer};

const NOBODY: &str = "0x000000000000000000000000000000000000dead";
const NO_HASH: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";

fn receipt(chain: &mut Devnet, hash: &Value) -> Value {
    ask(chain, "eth_getTransactionReceipt", json!([hash]))
}

/// `balanceOf` of the token.
fn balance_of(account: usize) -> String {
    format!("0x70a08231000000000000000000000000{}", &at(account).as_str().unwrap()[2..])
}

#[test]
fn the_chain_says_who_it_is() {
    let mut chain = chain();
    pay(&mut chain, 0, 1, 5);
    let version = ask(&mut chain, "web3_clientVersion", json!([]));
    let version = version.as_str().unwrap();
    assert!(version.starts_with("sit-devnet/") && version.ends_with("/pallet-revive-0.18.1"), "{version}");
    assert_eq!(ask(&mut chain, "eth_chainId", json!([])), json!(format!("{CHAIN_ID:#x}")));
    assert_eq!(ask(&mut chain, "net_version", json!([])), json!(CHAIN_ID.to_string()));
    for (method, answer) in [
        ("net_listening", json!(true)),
        ("net_peerCount", json!("0x0")),
        ("eth_syncing", json!(false)),
        ("eth_maxPriorityFeePerGas", json!("0x0")),
        ("eth_blobBaseFee", json!("0x1")),
    ] {
        assert_eq!(ask(&mut chain, method, json!([])), answer, "{method}");
    }
    let hello = "0x68656c6c6f20776f726c64";
    let hash = "0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad";
    assert_eq!(ask(&mut chain, "web3_sha3", json!([hello])), hash);
    let accounts = ask(&mut chain, "eth_accounts", json!([]));
    let ten: Vec<Value> = (0..10).map(at).collect();
    assert_eq!(accounts.as_array().unwrap()[..10], ten[..]);
    let head = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(ask(&mut chain, "eth_coinbase", json!([])), head["miner"]);
    assert_eq!(ask(&mut chain, "eth_gasPrice", json!([])), head["baseFeePerGas"]);
}

#[test]
fn blocks_are_found_by_every_tag_number_and_hash_and_what_is_not_there_is_null() {
    let mut chain = by_hand();
    pay(&mut chain, 0, 1, 5);
    pay(&mut chain, 2, 1, 5);
    ask(&mut chain, "evm_mine", json!([]));
    let whole = ask(&mut chain, "eth_getBlockByNumber", json!(["0x1", true]));
    let hashes: Vec<Value> =
        whole["transactions"].as_array().unwrap().iter().map(|transaction| transaction["hash"].clone()).collect();
    assert_eq!(hashes.len(), 2);
    for tag in ["latest", "safe", "finalized", "0x1"] {
        let block = ask(&mut chain, "eth_getBlockByNumber", json!([tag, false]));
        assert_eq!((&block["hash"], &block["transactions"]), (&whole["hash"], &json!(hashes)), "{tag}");
    }
    assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["earliest", false]))["number"], "0x0");
    assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["pending", false]))["number"], "0x2");
    // One way to name it as good as the other.
    for (by_number, by_hash) in [
        ("eth_getBlockByNumber", "eth_getBlockByHash"),
        ("eth_getBlockTransactionCountByNumber", "eth_getBlockTransactionCountByHash"),
        ("eth_getUncleCountByBlockNumber", "eth_getUncleCountByBlockHash"),
        ("eth_getTransactionByBlockNumberAndIndex", "eth_getTransactionByBlockHashAndIndex"),
        ("eth_getUncleByBlockNumberAndIndex", "eth_getUncleByBlockHashAndIndex"),
        ("eth_getBlockReceipts", "eth_getBlockReceipts"),
    ] {
        let more = if by_number.contains("Index") { vec![json!("0x1")] } else { Vec::new() };
        let params = |block: Value| Value::Array([vec![block], more.clone()].concat());
        let one = ask(&mut chain, by_number, params(json!("0x1")));
        assert_eq!(ask(&mut chain, by_hash, params(whole["hash"].clone())), one, "{by_number}");
        assert_eq!(ask(&mut chain, by_number, params(json!("0x2"))), Value::Null, "{by_number} of what is to come");
        assert_eq!(ask(&mut chain, by_hash, params(json!(NO_HASH))), Value::Null, "{by_hash} of none");
    }
    assert_eq!(ask(&mut chain, "eth_getBlockTransactionCountByNumber", json!(["latest"])), "0x2");
    assert_eq!(ask(&mut chain, "eth_getUncleCountByBlockNumber", json!(["latest"])), "0x0");
    let second = ask(&mut chain, "eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x1"]));
    assert_eq!(second, whole["transactions"][1]);
    let third = ask(&mut chain, "eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x2"]));
    assert_eq!(third, Value::Null);
    for method in ["eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_getRawTransactionByHash"] {
        assert_eq!(ask(&mut chain, method, json!([NO_HASH])), Value::Null, "{method}");
    }
}

#[test]
fn accounts_are_asked_at_the_newest_block_unless_another_is_named_in_whichever_way() {
    let mut chain = chain();
    for _ in 0..3 {
        pay(&mut chain, 0, 1, 5);
    }
    let hash = ask(&mut chain, "eth_getBlockByNumber", json!(["0x1", false]))["hash"].clone();
    let count = |chain: &mut Devnet, block: Value| ask(chain, "eth_getTransactionCount", json!([at(0), block]));
    assert_eq!(ask(&mut chain, "eth_getTransactionCount", json!([at(0)])), "0x3");
    for (block, wanted) in [
        (Value::Null, "0x3"),
        (json!("latest"), "0x3"),
        (json!("earliest"), "0x0"),
        (json!("0x1"), "0x1"),
        (json!(1), "0x1"),
        (hash.clone(), "0x1"),
        (json!({ "blockHash": hash }), "0x1"),
        (json!({ "blockHash": hash, "requireCanonical": true }), "0x1"),
        (json!({ "blockNumber": "0x2" }), "0x2"),
    ] {
        assert_eq!(count(&mut chain, block.clone()), wanted, "{block}");
    }
    for method in ["eth_getBalance", "eth_getCode", "eth_getStorageAt"] {
        let params = |block: Option<&str>| {
            let mut params = vec![at(0)];
            params.extend((method == "eth_getStorageAt").then(|| json!("0x0")));
            params.extend(block.map(|block| json!(block)));
            Value::Array(params)
        };
        assert_eq!(ask(&mut chain, method, params(None)), ask(&mut chain, method, params(Some("latest"))), "{method}");
    }
    let both = json!([at(0), { "blockNumber": "0x1", "blockHash": hash }]);
    assert_eq!(refused(&mut chain, "eth_getBalance", both).0, -32602);
    let answer = refused(&mut chain, "eth_getBalance", json!([at(0), "0x4"]));
    assert_eq!(answer, (-32001, "there is no such block: the newest is 3".to_owned()));
}

#[test]
fn calldata_is_taken_by_either_name_and_by_both_where_they_are_one() {
    let mut chain = chain();
    let question = balance_of(1);
    let mut answers = Vec::new();
    for fields in [
        json!({ "to": USDC, "data": question }),
        json!({ "to": USDC, "input": question }),
        json!({ "to": USDC, "input": question, "data": question }),
        // Who asks needs neither a name nor money.
        json!({ "from": NOBODY, "to": USDC, "data": question, "gasPrice": "0x746a5288000", "nonce": "0x7" }),
    ] {
        answers.push(ask(&mut chain, "eth_call", json!([fields, "latest"])));
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    let two = json!({ "to": USDC, "input": question, "data": balance_of(2) });
    for method in ["eth_call", "eth_estimateGas", "eth_sendTransaction", "eth_fillTransaction"] {
        let (code, message) = refused(&mut chain, method, json!([two]));
        assert!(code == -32602 && message.contains("not equal"), "{method}: {message}");
    }
}

#[test]
fn a_question_may_change_the_state_and_the_time_for_itself() {
    let mut chain = chain();
    pay(&mut chain, 0, 1, 5);
    // TIMESTAMP PUSH0 MSTORE PUSH1 32 PUSH0 RETURN.
    let place = at(9);
    let clock = json!({ place.as_str().unwrap(): { "code": "0x425f5260205ff3" } });
    let call = json!({ "to": place });
    let time = |chain: &mut Devnet, more: Vec<Value>| {
        number(&ask(chain, "eth_call", Value::Array([vec![call.clone()], more].concat())))
    };
    let now = number(&ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]))["timestamp"]);
    assert_eq!(time(&mut chain, vec![json!("latest"), clock.clone()]), now);
    assert_eq!(time(&mut chain, vec![json!("pending"), clock.clone()]), now + 2);
    let later = json!({ "time": "0x7fffffff" });
    assert_eq!(time(&mut chain, vec![json!("latest"), clock, later]), 0x7fff_ffff);
    assert_eq!(ask(&mut chain, "eth_getCode", json!([place])), "0x", "and nothing of it stays");
    // Money for as long as the question takes.
    let rich = json!({ (NOBODY): { "balance": "0x3635c9adc5dea00000" } });
    let pays = json!({ "from": NOBODY, "to": at(1), "value": "0x1" });
    assert!(chain.call("eth_call", &json!([pays, "latest"])).is_err(), "nobody has nothing to send");
    ask(&mut chain, "eth_call", json!([pays, "latest", rich]));
}

#[test]
fn what_is_filled_can_be_signed_and_sent_as_it_is() {
    let mut chain = chain();
    pay(&mut chain, 0, 1, 5);
    let call = json!({ "from": at(0), "to": USDC, "data": tokens(1, 7) });
    let filled = ask(&mut chain, "eth_fillTransaction", json!([call]));
    let transaction = filled["tx"].clone();
    let price = number(&ask(&mut chain, "eth_gasPrice", json!([])));
    assert_eq!((number(&transaction["nonce"]), number(&transaction["type"])), (1, 2), "{filled}");
    assert_eq!(number(&transaction["chainId"]), u128::from(CHAIN_ID));
    assert_eq!(number(&transaction["maxFeePerGas"]), 2 * price);
    let estimate = number(&ask(&mut chain, "eth_estimateGas", json!([call])));
    // A fifth more than is needed now: the state may move before a block has it.
    assert!((estimate * 11 / 10..estimate * 13 / 10).contains(&number(&transaction["gas"])), "{estimate}: {filled}");
    assert!(filled["raw"].as_str().unwrap().starts_with("0x02"), "{filled}");
    let hash = ask(&mut chain, "eth_sendTransaction", json!([transaction]));
    assert_eq!(receipt(&mut chain, &hash)["status"], "0x1");

    let list = ask(&mut chain, "eth_createAccessList", json!([call]));
    assert_eq!((&list["accessList"], number(&list["gasUsed"]) > 100), (&json!([]), true), "{list}");
    // Whose key is not here is told what to do instead.
    for method in ["eth_sendTransaction", "eth_signTransaction"] {
        let (_, message) = refused(&mut chain, method, json!([{ "from": NOBODY, "to": at(1), "gas": "0x400" }]));
        assert!(message.contains("sign the transaction and send it raw, or impersonate"), "{method}: {message}");
    }
    for (method, params) in [("eth_sign", json!([NOBODY, "0x00"])), ("personal_sign", json!(["0x00", NOBODY]))] {
        let (_, message) = refused(&mut chain, method, params);
        assert!(message.contains("is not known here"), "{method}: {message}");
    }
}

/// A node that makes blocks by itself has kept some waiting for theirs: here the hash comes at once, by the one method,
/// and the receipt by the other.
#[test]
fn a_transaction_is_taken_at_once_and_has_a_receipt_when_a_block_has_it() {
    let mut chain = by_hand();
    let raw = transfer(&mut chain, 0, 1, 0, 1);
    let hash = send(&mut chain, raw);
    assert_eq!(receipt(&mut chain, &hash), Value::Null);
    assert_eq!(ask(&mut chain, "eth_blockNumber", json!([])), "0x0");
    ask(&mut chain, "evm_mine", json!([]));
    assert_eq!(receipt(&mut chain, &hash)["blockNumber"], "0x1");

    let raw = transfer(&mut chain, 0, 1, 1, 1);
    let told = ask(&mut chain, "eth_sendRawTransactionSync", json!([raw]));
    assert_eq!((&told["status"], &told["blockNumber"]), (&json!("0x1"), &json!("0x2")));
    assert_eq!(receipt(&mut chain, &told["transactionHash"]), told);
    let raw = transfer(&mut chain, 0, 1, 3, 1);
    let (code, message) = refused(&mut chain, "eth_sendRawTransactionSync", json!([raw]));
    assert!(code == 4 && message.contains("waits for one with a lower nonce"), "{message}");
}

#[test]
fn a_history_of_fees_has_one_price_more_than_blocks_and_rewards_for_who_asks() {
    let mut chain = chain();
    ask(&mut chain, "anvil_mine", json!([1_100]));
    let lengths = |history: &Value| {
        ["baseFeePerGas", "gasUsedRatio", "reward"].map(|part| history[part].as_array().map_or(0, Vec::len))
    };
    for (params, wanted) in [
        (json!(["0x4", "latest", [20, 50.5]]), [5, 4, 4]),
        (json!([4, "latest", []]), [5, 4, 0]),
        (json!(["0x4", "latest"]), [5, 4, 0]),
        (json!(["0x0", "latest", [20]]), [0, 0, 0]),
        // As many as there are, and no more than a thousand and twenty-four.
        (json!(["0x4", "0x1", [0, 100]]), [3, 2, 2]),
        (json!(["0x1000", "latest", []]), [1_025, 1_024, 0]),
    ] {
        let history = ask(&mut chain, "eth_feeHistory", params.clone());
        assert_eq!(lengths(&history), wanted, "{params}");
    }
    let history = ask(&mut chain, "eth_feeHistory", json!(["0x4", "0x3e8", [20]]));
    assert_eq!(number(&history["oldestBlock"]), 1_000 - 3);
    for odd in [json!([101]), json!([-1]), json!([50, 20]), json!(["x"])] {
        assert_eq!(refused(&mut chain, "eth_feeHistory", json!(["0x4", "latest", odd])).0, -32602, "{odd}");
    }
}

/// Whoever follows logs hears first which ones are no more, and then which ones are instead.
#[test]
fn after_a_reorganisation_a_filter_and_a_subscriber_hear_what_went_and_then_what_came() {
    let mut chain = chain();
    let filter = ask(&mut chain, "eth_newFilter", json!([{ "address": USDC }]));
    let (tell, told) = std::sync::mpsc::channel::<Value>();
    chain.subscribe(&json!(["logs", { "address": USDC }]), move |log| tell.send(log).is_ok(), || true).unwrap();
    let old = ask(&mut chain, "eth_sendTransaction", json!([{ "from": at(0), "to": USDC, "data": approval(1, 7) }]));
    let wanted = json!({ "from": at(2), "to": USDC, "data": approval(1, 9), "gas": "0x5208", "nonce": "0x0" });
    let raw = ask(&mut chain, "eth_signTransaction", json!([wanted]))["raw"].clone();
    ask(&mut chain, "anvil_reorg", json!([1, [[raw, 0]]]));
    chain.deliver();
    let changes = ask(&mut chain, "eth_getFilterChanges", json!([filter]));
    let heard: Vec<Value> = told.try_iter().map(|message| message["params"]["result"].clone()).collect();
    assert_eq!(json!(heard), changes);
    let removed: Vec<&Value> = heard.iter().map(|log| &log["removed"]).collect();
    assert_eq!(removed, [&json!(false), &json!(true), &json!(false)]);
    assert_eq!((&heard[0]["transactionHash"], &heard[1]["transactionHash"]), (&old, &old));
    let now = ask(&mut chain, "eth_getLogs", json!([{ "fromBlock": "0x0" }]));
    assert_eq!(now, json!([heard[2]]));
    assert_eq!(receipt(&mut chain, &old), Value::Null);
}

/// Ten thousand blocks may be mined at once, and a connection that has four thousand messages to read is let go.
#[test]
fn who_listens_hears_of_each_block_before_the_next_one_is_sealed() {
    let mut chain = by_hand();
    let (told, behind) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, heard, most) = (Arc::clone(&told), Arc::clone(&told), Arc::clone(&behind));
    let tell = move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        true
    };
    chain.subscribe(&json!(["newHeads"]), tell, || true).unwrap();
    chain.node.listen(move |notice| {
        if let Notice::Sealed(sealed) = notice {
            most.fetch_max(sealed.number() as usize - heard.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    });
    ask(&mut chain, "anvil_mine", json!([100]));
    assert_eq!((told.load(Ordering::Relaxed), behind.load(Ordering::Relaxed)), (100, 1));
}

/// An event has 64 KiB at most, and one byte more fails the transaction; four topics are all that Ethereum has.
#[test]
fn an_event_has_sixty_four_kibibytes_at_most() {
    let mut chain = chain();
    // PUSH0 CALLDATALOAD PUSH0 LOG0 STOP: as many bytes as the calldata says.
    let code = "5f355fa000";
    let made = json!([{ "from": at(0), "data": format!("0x6005600c60003960056000f3{code}") }]);
    let hash = ask(&mut chain, "eth_sendTransaction", made);
    let emits = receipt(&mut chain, &hash)["contractAddress"].clone();
    for (bytes, status, logs) in [(64 * 1024_u64, "0x1", 1), (64 * 1024 + 1, "0x0", 0)] {
        let call = json!({ "from": at(0), "to": emits, "gas": "0x100000", "data": format!("0x{bytes:064x}") });
        let hash = ask(&mut chain, "eth_sendTransaction", json!([call]));
        let done = receipt(&mut chain, &hash);
        assert_eq!((&done["status"], done["logs"].as_array().unwrap().len()), (&json!(status), logs), "{bytes}");
    }
}
