//! The past: old states, snapshots, blocks taken back, and a chain that is kept on disk.

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sit_client::Deployment;
use sit_devnet::{
    node::{Clock, MOST_SNAPSHOTS, Node},
    rpc::{Devnet, Mining},
};
use sit_engine::calendar::DAY;

use crate::support::{START, USDC, ask, at, beginning, by_hand, chain, number, pay, refused, send, transfer};

fn usdc_at(chain: &mut Devnet, account: usize, block: Value) -> u128 {
    let owner = at(account);
    let data = format!("0x70a08231000000000000000000000000{}", &owner.as_str().unwrap()[2..]);
    let answer = ask(chain, "eth_call", json!([{ "to": USDC, "data": data }, block]));
    number(&json!(format!("0x{}", &answer.as_str().unwrap()[34..])))
}

#[test]
fn questions_are_answered_by_the_state_of_their_block() {
    let mut chain = chain();
    for _ in 0..20 {
        pay(&mut chain, 0, 1, 1_000_000);
    }
    for height in 0..=20_u128 {
        let block = json!(format!("{height:#x}"));
        assert_eq!(usdc_at(&mut chain, 1, block.clone()), 1_000_000_000_000 + height * 1_000_000);
        assert_eq!(number(&ask(&mut chain, "eth_getTransactionCount", json!([at(0), block]))), height);
    }
}

#[test]
fn states_beyond_the_history_are_forgotten_and_said_to_be() {
    let mut chain = chain();
    ask(&mut chain, "anvil_mine", json!(["0x64"]));
    let (_, message) = refused(&mut chain, "eth_getBalance", json!([at(0), "0x1"]));
    assert!(message.starts_with("the state of block 1 is forgotten: states are kept from block 37 on"), "{message}");
    ask(&mut chain, "eth_getBalance", json!([at(0), "0x25"]));
    assert_ne!(ask(&mut chain, "eth_getBlockByNumber", json!(["0x1", false])), Value::Null);
}

#[test]
fn what_is_forgotten_takes_no_memory() {
    let mut chain = chain();
    let mut bytes = Vec::new();
    for _ in 0..8 {
        for _ in 0..64 {
            pay(&mut chain, 0, 1, 1_000_000);
        }
        bytes.push(chain.node.state_bytes());
    }
    // The state itself holds the hashes of the last 256 blocks; from there on it does not grow.
    assert!(bytes[7] < bytes[4] + bytes[4] / 20, "{bytes:?}");
}

/// Blocks leave memory for a file after a while, and nobody can tell.
#[test]
fn an_old_block_is_told_as_on_its_day() {
    let mut chain = chain();
    ask(&mut chain, "anvil_autoImpersonateAccount", json!([true]));
    let without_key = json!("0x00000000000000000000000000000000000000aa");
    ask(&mut chain, "anvil_setBalance", json!([without_key, "0x56bc75e2d63100000"]));
    for round in 0..20_u64 {
        pay(&mut chain, (round % 3) as usize, 3, 1_000_000 + round);
    }
    ask(&mut chain, "eth_sendTransaction", json!([{ "from": without_key, "to": at(1), "value": "0x5f5e100" }]));
    let tell = |chain: &mut Devnet| {
        let mut told = Vec::new();
        for height in 0..=21_u64 {
            let block = ask(chain, "eth_getBlockByNumber", json!([format!("{height:#x}"), true]));
            told.push(ask(chain, "eth_getBlockByHash", json!([block["hash"], false])));
            for transaction in block["transactions"].as_array().unwrap() {
                for method in ["eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_getRawTransactionByHash"] {
                    told.push(ask(chain, method, json!([transaction["hash"]])));
                }
            }
            told.push(block);
        }
        told.push(ask(chain, "eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "0x15" }])));
        told
    };
    let on_their_day = tell(&mut chain);
    assert!(on_their_day.iter().all(|told| !told.is_null()), "{on_their_day:?}");
    ask(&mut chain, "anvil_mine", json!(["0x258"]));
    assert_eq!(tell(&mut chain), on_their_day);
    // And the blocks that stayed can still be taken back.
    ask(&mut chain, "anvil_rollback", json!([60]));
    pay(&mut chain, 0, 3, 1);
    assert_eq!(number(&ask(&mut chain, "eth_blockNumber", json!([]))), 21 + 600 - 60 + 1);
    let dump = ask(&mut chain, "anvil_dumpState", json!([]));
    let mut elsewhere = by_hand();
    ask(&mut elsewhere, "anvil_loadState", json!([dump]));
    assert_eq!(tell(&mut elsewhere), on_their_day);
}

#[test]
fn a_snapshot_is_gone_back_to_once() {
    let mut chain = chain();
    pay(&mut chain, 0, 1, 1_000_000);
    let before = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]));
    let snapshot = ask(&mut chain, "evm_snapshot", json!([]));
    for _ in 0..100 {
        pay(&mut chain, 0, 1, 1_000_000);
    }
    ask(&mut chain, "anvil_setBalance", json!([at(5), "0x1"]));
    assert_eq!(ask(&mut chain, "evm_revert", json!([snapshot])), json!(true));
    assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true])), before);
    assert_eq!(usdc_at(&mut chain, 1, json!("latest")), 1_000_001_000_000);
    assert!(number(&ask(&mut chain, "eth_getBalance", json!([at(5), "latest"]))) > 1_000);
    assert_eq!(ask(&mut chain, "evm_revert", json!([snapshot])), json!(false));
    pay(&mut chain, 0, 1, 1_000_000);
}

/// What is set is set in the newest block's state, which is the one that a snapshot goes back to.
#[test]
fn what_is_set_right_after_a_snapshot_is_undone_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let node = Node::kept(&beginning(), Clock::fixed(START, 2), folder.path()).unwrap();
        Devnet::new(node, Deployment::default(), Mining::Manual)
    };
    let mut chain = open();
    let balance = |chain: &mut Devnet| ask(chain, "eth_getBalance", json!([at(5), "latest"]));
    let time = |chain: &mut Devnet| number(&ask(chain, "eth_getBlockByNumber", json!(["latest", false]))["timestamp"]);
    for blocks in [0, 3] {
        pay(&mut chain, 0, 1, 5);
        ask(&mut chain, "evm_mine", json!([]));
        let (had, head) = (balance(&mut chain), ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true])));
        let snapshot = ask(&mut chain, "evm_snapshot", json!([]));
        for given in ["0xde0b6b3a7640000", "0x1bc16d674ec80000"] {
            ask(&mut chain, "anvil_setBalance", json!([at(5), given]));
            assert_eq!(balance(&mut chain), given);
        }
        ask(&mut chain, "anvil_mine", json!([blocks]));
        assert_eq!(balance(&mut chain), "0x1bc16d674ec80000");
        assert_eq!(ask(&mut chain, "evm_revert", json!([snapshot])), json!(true));
        assert_eq!((balance(&mut chain), usdc_at(&mut chain, 1, json!("latest")) > 0), (had, true));
        assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true])), head);
    }
    let had = balance(&mut chain);
    drop(chain);
    let mut chain = open();
    assert_eq!(balance(&mut chain), had);
    // The block that has it takes no time, and not the time that the next one was told to have.
    let (before, later) = (time(&mut chain), START + 1_000);
    ask(&mut chain, "evm_setNextBlockTimestamp", json!([later]));
    ask(&mut chain, "evm_snapshot", json!([]));
    ask(&mut chain, "anvil_setBalance", json!([at(5), "0xde0b6b3a7640000"]));
    assert_eq!(time(&mut chain), before);
    ask(&mut chain, "evm_mine", json!([]));
    assert_eq!((time(&mut chain), balance(&mut chain)), (u128::from(later), json!("0xde0b6b3a7640000")));
}

/// Many are taken and few gone back to: one that is forgotten must not keep every state that ever comes.
#[test]
fn a_snapshot_that_nobody_goes_back_to_keeps_states_for_a_while_and_no_longer() {
    let mut chain = chain();
    chain.node.most_pinned = 100;
    let snapshot = ask(&mut chain, "evm_snapshot", json!([]));
    ask(&mut chain, "anvil_mine", json!([150]));
    assert_eq!(chain.node.oldest(), 0, "sixty-four blocks are remembered, and a hundred more for it");
    assert_eq!(ask(&mut chain, "evm_revert", json!([snapshot])), json!(true));
    assert_eq!(ask(&mut chain, "eth_blockNumber", json!([])), "0x0");

    let forgotten = ask(&mut chain, "evm_snapshot", json!([]));
    ask(&mut chain, "anvil_mine", json!([150]));
    let late = ask(&mut chain, "evm_snapshot", json!([]));
    let mut bytes = Vec::new();
    for _ in 0..3 {
        for _ in 0..100 {
            pay(&mut chain, 0, 1, 1_000_000);
        }
        bytes.push(chain.node.state_bytes());
    }
    assert_eq!(chain.node.oldest(), 450 + 1 - 64, "nor for the second, which is as old by now");
    assert!(bytes[2] < bytes[1] + bytes[1] / 10, "{bytes:?}");
    for snapshot in [forgotten, late] {
        let (code, message) = refused(&mut chain, "evm_revert", json!([snapshot]));
        let says = "whose state is forgotten: states are kept from block 387 on, and for a snapshot 100 blocks longer \
                    than --history says";
        assert!(code == -32000 && message.ends_with(says), "{message}");
    }
    pay(&mut chain, 0, 1, 1_000_000);
}

#[test]
fn snapshots_have_a_bound_and_the_oldest_ends_first() {
    let mut chain = chain();
    for _ in 0..MOST_SNAPSHOTS + 5 {
        ask(&mut chain, "evm_snapshot", json!([]));
    }
    for (snapshot, there) in [(1, false), (5, false), (6, true), (7, false)] {
        assert_eq!(ask(&mut chain, "evm_revert", json!([snapshot])), json!(there), "{snapshot}");
    }
}

#[test]
fn blocks_are_replaced_by_others_and_those_who_listen_hear_of_both() {
    let mut chain = chain();
    let filter = ask(&mut chain, "eth_newFilter", json!([{ "address": [], "topics": [[]] }]));
    for _ in 0..5 {
        pay(&mut chain, 0, 1, 1_000_000);
    }
    let old = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]));
    chain.deliver();
    assert_eq!(ask(&mut chain, "eth_getFilterChanges", json!([filter])).as_array().unwrap().len(), 5);
    let raw = transfer(&mut chain, 3, 4, 0, 1);
    ask(&mut chain, "anvil_reorg", json!([3, [[raw, 1]]]));
    let new = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]));
    assert_eq!(new["number"], old["number"]);
    assert_ne!(new["hash"], old["hash"]);
    assert_eq!(ask(&mut chain, "eth_getBlockByHash", json!([old["hash"], false])), Value::Null);
    chain.deliver();
    let changes = ask(&mut chain, "eth_getFilterChanges", json!([filter]));
    let removed: Vec<bool> = changes.as_array().unwrap().iter().map(|log| log["removed"].as_bool().unwrap()).collect();
    assert_eq!(removed, [true, true, true]);
    let (_, message) = refused(&mut chain, "anvil_rollback", json!([100]));
    assert!(message.contains("100 blocks cannot be taken back"), "{message}");
}

/// A snapshot keeps states for longer than blocks are in memory: then more can be replaced than are there.
#[test]
fn as_many_blocks_come_as_go_however_many_are_replaced() {
    let mut chain = chain();
    let snapshot = ask(&mut chain, "evm_snapshot", json!([]));
    ask(&mut chain, "anvil_mine", json!([400]));
    let hashes = |chain: &mut Devnet| -> Vec<Value> {
        let hash =
            |height: u64| ask(chain, "eth_getBlockByNumber", json!([format!("{height:#x}"), false]))["hash"].clone();
        (0..=400).map(hash).collect()
    };
    let before = hashes(&mut chain);
    let raw = transfer(&mut chain, 3, 4, 0, 1);
    ask(&mut chain, "anvil_reorg", json!([390, [[raw, 389]]]));
    assert_eq!(number(&ask(&mut chain, "eth_blockNumber", json!([]))), 400);
    assert_eq!(ask(&mut chain, "eth_getBlockTransactionCountByNumber", json!(["latest"])), "0x1");
    let after = hashes(&mut chain);
    assert_eq!(before[..=10], after[..=10]);
    assert!((11..=400).all(|height| before[height] != after[height] && !after[height].is_null()));
    // And the snapshot is still there.
    assert_eq!(ask(&mut chain, "evm_revert", json!([snapshot])), json!(true));
    pay(&mut chain, 0, 1, 1_000_000);
    assert_eq!(ask(&mut chain, "eth_blockNumber", json!([])), "0x1");
}

#[test]
fn balances_numbers_and_cells_are_set_without_a_transaction() {
    let mut chain = chain();
    // Code that returns nothing: a contract to have cells.
    let made = json!([{ "from": at(0), "data": "0x60018060093d393df300" }]);
    let hash = ask(&mut chain, "eth_sendTransaction", made);
    let contract = ask(&mut chain, "eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone();
    let word = format!("0x{:064x}", 7);
    assert_eq!(ask(&mut chain, "anvil_setStorageAt", json!([contract, "0x5", word])), json!(true));
    assert_eq!(ask(&mut chain, "eth_getStorageAt", json!([contract, "0x5", "latest"])), json!(word));
    assert!(refused(&mut chain, "anvil_setStorageAt", json!([at(9), "0x5", word])).0 == -32000);
    ask(&mut chain, "anvil_setNonce", json!([at(7), "0x9"]));
    assert_eq!(ask(&mut chain, "eth_getTransactionCount", json!([at(7), "latest"])), "0x9");
    ask(&mut chain, "anvil_setBalance", json!([at(7), "0xde0b6b3a7640000"]));
    assert_eq!(ask(&mut chain, "eth_getBalance", json!([at(7), "latest"])), "0xde0b6b3a7640000");
    ask(&mut chain, "sit_mintUsdc", json!([at(7), "0xf4240"]));
    assert_eq!(usdc_at(&mut chain, 7, json!("latest")), 1_000_001_000_000);
    ask(&mut chain, "evm_mine", json!([]));
    assert_eq!(usdc_at(&mut chain, 7, json!("latest")), 1_000_001_000_000);
}

#[test]
fn time_goes_where_it_is_told_to_and_never_back() {
    let mut chain = by_hand();
    let time = |chain: &mut Devnet| number(&ask(chain, "eth_getBlockByNumber", json!(["latest", false]))["timestamp"]);
    ask(&mut chain, "evm_increaseTime", json!([DAY]));
    ask(&mut chain, "evm_mine", json!([]));
    assert_eq!(time(&mut chain), u128::from(START) + 86_402);
    ask(&mut chain, "evm_setNextBlockTimestamp", json!([START + 100_000]));
    ask(&mut chain, "evm_mine", json!([]));
    assert_eq!(time(&mut chain), u128::from(START) + 100_000);
    let (code, message) = refused(&mut chain, "evm_setNextBlockTimestamp", json!([START]));
    assert_eq!(code, -32602);
    assert!(message.starts_with("time cannot go back"), "{message}");
    assert!(refused(&mut chain, "evm_increaseTime", json!(["0xffffffffff"])).1.contains("counts seconds up to"));
    ask(&mut chain, "anvil_mine", json!(["0x3", "0x3c"]));
    assert_eq!(time(&mut chain), u128::from(START) + 100_002 + 120);
}

#[test]
fn filters_hear_once_what_happens_after_them() {
    let mut chain = by_hand();
    let heads = ask(&mut chain, "eth_newBlockFilter", json!([]));
    let waiting = ask(&mut chain, "eth_newPendingTransactionFilter", json!([]));
    let sender = format!("0x{:0>64}", &at(0).as_str().unwrap()[2..]);
    let logs = ask(&mut chain, "eth_newFilter", json!([{ "address": USDC, "topics": [null, sender] }]));
    let hash = pay(&mut chain, 0, 1, 5);
    pay(&mut chain, 2, 1, 5);
    ask(&mut chain, "evm_mine", json!([]));
    chain.deliver();
    let block = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(ask(&mut chain, "eth_getFilterChanges", json!([heads])), json!([block["hash"]]));
    assert_eq!(ask(&mut chain, "eth_getFilterChanges", json!([heads])), json!([]));
    assert_eq!(ask(&mut chain, "eth_getFilterChanges", json!([waiting])).as_array().unwrap()[0], hash);
    let found = ask(&mut chain, "eth_getFilterChanges", json!([logs]));
    assert_eq!((found.as_array().unwrap().len(), &found[0]["transactionHash"]), (1, &hash));
    assert_eq!(ask(&mut chain, "eth_getFilterLogs", json!([logs])), found);
    assert_eq!(ask(&mut chain, "eth_uninstallFilter", json!([logs])), json!(true));
    assert_eq!(refused(&mut chain, "eth_getFilterChanges", json!([logs])), (-32000, "filter not found".to_owned()));
}

#[test]
fn more_logs_than_one_answer_has_are_refused_with_a_range_that_works() {
    let mut chain = by_hand();
    let from = at(0);
    for _ in 0..3 {
        for _ in 0..5 {
            pay(&mut chain, 0, 1, 5);
        }
        ask(&mut chain, "evm_mine", json!([]));
    }
    let whole = json!([{ "fromBlock": "earliest", "toBlock": "latest" }]);
    let all = ask(&mut chain, "eth_getLogs", whole.clone());
    assert_eq!(all.as_array().unwrap().len(), 15);
    chain.most_logs = 12;
    let (code, message) = refused(&mut chain, "eth_getLogs", whole.clone());
    assert_eq!(code, -32005);
    assert_eq!(message, "more than 12 logs: ask for the blocks 0x0 to 0x2, and then from 0x3 on");
    let mut parts = Vec::new();
    for (from, to) in [("0x0", "0x2"), ("0x3", "latest")] {
        let part = ask(&mut chain, "eth_getLogs", json!([{ "fromBlock": from, "toBlock": to }]));
        parts.extend(part.as_array().unwrap().clone());
    }
    assert_eq!(json!(parts), all);
    // One block has more: it is answered all the same, for a smaller range there is none.
    chain.most_logs = 3;
    let (_, message) = refused(&mut chain, "eth_getLogs", whole);
    assert!(message.ends_with("ask for the blocks 0x0 to 0x0, and then from 0x1 on"), "{message}");
    for number in 1..=3 {
        let block = format!("{number:#x}");
        let one = ask(&mut chain, "eth_getLogs", json!([{ "fromBlock": block, "toBlock": block }]));
        assert_eq!(one.as_array().unwrap().len(), 5);
    }
    for range in [
        json!({ "fromBlock": "0x2", "toBlock": "0x1" }),
        json!({ "fromBlock": "0x1", "blockHash": all[0]["blockHash"] }),
    ] {
        assert_eq!(refused(&mut chain, "eth_getLogs", json!([range])).0, -32602);
    }
    let none = ask(&mut chain, "eth_getLogs", json!([{ "fromBlock": "0x1", "address": [from] }]));
    assert_eq!(none, json!([]));
}

/// Old blocks are read from a file: a question about all of them at once must not take the chain away.
#[test]
fn a_question_for_logs_that_takes_too_long_is_broken_off_with_a_range_that_works() {
    let mut chain = chain();
    for _ in 0..400 {
        pay(&mut chain, 0, 1, 5);
    }
    let whole = json!([{ "fromBlock": "0x0" }]);
    assert_eq!(ask(&mut chain, "eth_getLogs", whole.clone()).as_array().unwrap().len(), 400);
    chain.patience = std::time::Duration::ZERO;
    let (code, message) = refused(&mut chain, "eth_getLogs", whole);
    assert_eq!(code, -32005);
    assert_eq!(
        message,
        "the range takes more than 0 s to look through: ask for the blocks 0x0 to 0x0, and then from 0x1 on"
    );
    for range in [json!({ "fromBlock": "0x0", "toBlock": "0x0" }), json!({ "fromBlock": "0x1", "toBlock": "0x1" })] {
        ask(&mut chain, "eth_getLogs", json!([range]));
    }
}

#[test]
fn a_filter_that_nobody_asks_is_ended_and_one_that_is_asked_is_not() {
    let mut chain = by_hand();
    let asked = ask(&mut chain, "eth_newBlockFilter", json!([]));
    let forgotten = ask(&mut chain, "eth_newBlockFilter", json!([]));
    let instant = std::time::Duration::from_millis(1);
    std::thread::sleep(instant);
    ask(&mut chain, "eth_getFilterChanges", json!([asked]));
    // Five minutes, but for this test.
    chain.keep_filters_for(std::time::Duration::from_secs(300));
    assert_eq!(ask(&mut chain, "eth_getFilterChanges", json!([forgotten])), json!([]));
    std::thread::sleep(instant);
    chain.keep_filters_for(instant);
    assert_eq!(refused(&mut chain, "eth_getFilterChanges", json!([forgotten])).1, "filter not found");
}

#[test]
fn a_chain_on_disk_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let node =
            Node::kept(&beginning(), Clock::fixed(START, 2), folder.path()).unwrap_or_else(|error| panic!("{error}"));
        Devnet::new(node, Deployment::default(), Mining::Automatic)
    };
    let mut chain = open();
    let mut seen = Vec::new();
    for round in 0..100_u64 {
        pay(&mut chain, (round % 3) as usize, 3, 1_000_000);
        seen.push(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true])));
    }
    ask(&mut chain, "anvil_setBalance", json!([at(5), "0x5f5e100"]));
    ask(&mut chain, "anvil_reorg", json!([2, []]));
    let head = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]));
    let receipt = ask(&mut chain, "eth_getTransactionReceipt", json!([seen[50]["transactions"][0]["hash"]]));
    drop(chain);

    let mut chain = open();
    assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true])), head);
    for block in &seen[..98] {
        assert_eq!(ask(&mut chain, "eth_getBlockByNumber", json!([block["number"], true])), *block);
    }
    assert_eq!(ask(&mut chain, "eth_getTransactionReceipt", json!([receipt["transactionHash"]])), receipt);
    assert_eq!(usdc_at(&mut chain, 3, json!("latest")), 1_000_098_000_000);
    assert_eq!(usdc_at(&mut chain, 3, json!("0x46")), 1_000_070_000_000);
    pay(&mut chain, 0, 3, 1_000_000);
    ask(&mut chain, "anvil_rollback", json!([40]));
    let raw = transfer(&mut chain, 6, 7, 0, 1);
    send(&mut chain, raw);
    let again = Node::kept(&beginning(), Clock::fixed(START, 2), folder.path());
    assert!(again.err().unwrap().contains("is in use by another program: stop that one"));
}

/// A chain of ten blocks in a folder, closed as it should be: its file, and its blocks.
fn closed(folder: &std::path::Path) -> (std::path::PathBuf, Vec<Value>) {
    let node = Node::kept(&beginning(), Clock::fixed(START, 2), folder).unwrap();
    let mut chain = Devnet::new(node, Deployment::default(), Mining::Automatic);
    let blocks = (0..10_u64).map(|round| {
        pay(&mut chain, (round % 3) as usize, 3, 1_000_000);
        ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]))
    });
    let blocks = blocks.collect();
    (folder.join("chain.redb"), blocks)
}

/// What a chain in a folder says of itself when it is opened: the newest block, or why it is not opened.
fn reopened(folder: &std::path::Path) -> Result<Value, String> {
    let node = Node::kept(&beginning(), Clock::fixed(START, 2), folder)?;
    let mut chain = Devnet::new(node, Deployment::default(), Mining::Automatic);
    // All of it can be read, and it goes on.
    for height in 0..=chain.node.head().number() {
        let block = ask(&mut chain, "eth_getBlockByNumber", json!([format!("{height:#x}"), true]));
        assert!(!block.is_null(), "block {height}");
        for account in 0..4 {
            ask(&mut chain, "eth_getBalance", json!([at(account), format!("{height:#x}")]));
        }
    }
    let head = ask(&mut chain, "eth_getBlockByNumber", json!(["latest", true]));
    pay(&mut chain, 0, 3, 1_000_000);
    Ok(head)
}

/// A state of which a byte has changed on disk could be read for a while, and then be another one.
#[test]
fn a_file_of_which_a_byte_has_changed_is_refused_or_was_not_used_there() {
    let folder = tempfile::tempdir().unwrap();
    let (file, blocks) = closed(folder.path());
    let sound = std::fs::read(&file).unwrap();
    let refused = |why: &str| why.contains("chain.redb is damaged: ") && why.ends_with("begin anew with --reset");

    // Wherever a block's hash stands: in its record, which is in use, and in pages that were once.
    let hash = alloy_core::primitives::hex::decode(blocks[4]["hash"].as_str().unwrap()).unwrap();
    let mut bytes = sound.clone();
    let places: Vec<usize> = (0..sound.len() - 32).filter(|at| sound[*at..*at + 32] == hash[..]).collect();
    assert!(!places.is_empty(), "the file has the block");
    places.iter().for_each(|at| bytes[*at] ^= 1);
    std::fs::write(&file, &bytes).unwrap();
    let why = reopened(folder.path()).unwrap_err();
    assert!(refused(&why), "{why}");

    // Anywhere: it is the chain as it was, or none.
    let mut random = StdRng::seed_from_u64(13);
    for _ in 0..40 {
        let mut bytes = sound.clone();
        let place = random.next_u32() as usize % bytes.len();
        bytes[place] ^= 1 << (random.next_u32() % 8);
        std::fs::write(&file, &bytes).unwrap();
        match reopened(folder.path()) {
            Ok(found) => assert!(blocks.contains(&found), "byte {place}: {found}"),
            Err(why) => assert!(refused(&why), "byte {place}: {why}"),
        }
    }
    std::fs::write(&file, &sound).unwrap();
    assert_eq!(reopened(folder.path()).as_ref(), Ok(blocks.last().unwrap()));
}

#[test]
fn a_file_that_ends_too_soon_or_is_another_ones_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (file, blocks) = closed(folder.path());
    let sound = std::fs::read(&file).unwrap();
    let refused = |why: &str| why.contains("chain.redb is damaged: ") && why.ends_with("begin anew with --reset");
    // What is cut off may have been nothing: then all blocks are there.
    for length in [sound.len() - 1, sound.len() - 4_096, sound.len() / 2] {
        std::fs::write(&file, &sound[..length]).unwrap();
        match reopened(folder.path()) {
            Ok(found) => assert!(blocks.contains(&found), "{length} bytes: {found}"),
            Err(why) => assert!(refused(&why), "{length} bytes: {why}"),
        }
    }
    let letter = b"This is a letter to somebody, and no chain. ".repeat(2_000);
    for bytes in [&sound[..5_000], &sound[..100], &letter] {
        std::fs::write(&file, bytes).unwrap();
        let why = reopened(folder.path()).expect_err(&format!("{} of {} bytes", bytes.len(), sound.len()));
        assert!(refused(&why), "{} bytes: {why}", bytes.len());
    }
    // What to do is done, and the chain begins.
    Node::remove_kept(folder.path()).unwrap();
    assert!(!file.exists());
    assert_eq!(reopened(folder.path()).unwrap()["number"], "0x0");
}

/// Whoever begins anew in a second terminal must not take the ground from under the chain in the first.
#[test]
fn a_chain_that_somebody_goes_on_with_is_not_deleted_under_them() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::kept(&beginning(), Clock::fixed(START, 2), folder.path()).unwrap();
    let mut chain = Devnet::new(node, Deployment::default(), Mining::Automatic);
    pay(&mut chain, 0, 1, 1_000_000);
    let why = Node::remove_kept(folder.path()).unwrap_err();
    assert!(why.contains("is in use by another program: stop that one"), "{why}");
    let hash = pay(&mut chain, 0, 1, 1_000_000);
    drop(chain);
    let node = Node::kept(&beginning(), Clock::fixed(START, 2), folder.path()).unwrap();
    let mut chain = Devnet::new(node, Deployment::default(), Mining::Automatic);
    assert_eq!(ask(&mut chain, "eth_getTransactionReceipt", json!([hash]))["status"], "0x1");
    drop(chain);
    Node::remove_kept(folder.path()).unwrap();
    // Where nothing is, nothing is deleted.
    Node::remove_kept(folder.path()).unwrap();
}
