//! No number of a key goes to two intents, and no intent is done twice, whatever breaks off.

use std::{collections::BTreeMap, collections::BTreeSet, path::Path, thread, time::Duration};

use crate::{
    support::{Chain, Dice, SOON, you},
    trading::{join, mark},
};
use serde_json::json;
use sit_client::{
    Signer as _, codec,
    rpc::{Key, Node, NodeError, Record, Rpc, State, Submitted, Ticket},
    transport::Outcome,
};
use sit_engine::{
    clearing::Instrument,
    launch::TPI,
    units::{Lots, Side, Ticks},
};
use sit_native::{Contract, Message, TokenAmount, message::limit_order};
use sit_programs::{Fault, Proxy};

/// By how much an answer is late that is.
const LATE: Duration = Duration::from_millis(30);

fn node(url: &str, folder: &Path) -> Result<Node, sit_client::rpc::RpcError> {
    let mut node = Node::new(Rpc::new(url, SOON)?)?.with_journals(folder.to_owned());
    node.patience = Duration::from_secs(3);
    Ok(node)
}

fn sent(submitted: Submitted) -> Ticket {
    match submitted {
        Submitted::Sent(ticket) => ticket,
        Submitted::Reverts(data) => panic!("it was to be sent, and reverts with {data:?}"),
    }
}

#[test]
fn a_hundred_orders_of_one_key_at_once_are_each_done_or_refused_by_name() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut client = chain.client();
    let seat = join(&mut client, &you(), 100_000);
    let mark = mark(&mut client);
    chain.rpc().request("evm_setAutomine", json!([false])).expect("it stops");
    let to = client.address(Contract::Clearing).expect("it is deployed");
    let tickets: Vec<Ticket> = (0..100)
        .map(|number| {
            let price = Ticks(mark.0 - 20 - number);
            let order = limit_order(seat, Instrument::new(TPI, 0), Side::Buy, price, Lots(40));
            let input = codec::calldata(&Message::Place { order });
            sent(client.transport.submit(&you(), Some(to), &input, "an order").expect("it is sent"))
        })
        .collect();
    chain.rpc().request("evm_setAutomine", json!([true])).expect("it goes on");
    let (mut done, mut refused) = (0, BTreeMap::<&str, u32>::new());
    for ticket in &tickets {
        match client.transport.wait(ticket).expect("a block has it").1.outcome {
            Outcome::Returned(_) => done += 1,
            Outcome::Reverted(data) => {
                *refused.entry(codec::refusal(Contract::Clearing, &data).name()).or_default() += 1;
            }
        }
    }
    println!("{done} done, {refused:?}");
    assert_eq!(done + refused.values().sum::<u32>(), 100);
    assert!(done > 10 && !refused.contains_key(""), "{done} done, {refused:?}");
    let nonces: BTreeSet<u64> =
        client.transport.journal(you().address()).expect("open").entries().map(|entry| entry.nonce).collect();
    assert!(nonces.len() >= 100, "each has its own number");
}

/// Approvals of different amounts as intents: the token emits each amount as often as it was approved.
fn approval(amount: u64) -> Vec<u8> {
    codec::calldata(&Message::ApproveSpender { spender: [3; 20], value: TokenAmount(amount.into()) })
}

/// How often each amount was approved.
fn approved(chain: &Chain, token: [u8; 20]) -> BTreeMap<u64, u32> {
    let mut rpc = chain.rpc();
    let head = rpc.head().expect("a block").number;
    let mut times = BTreeMap::new();
    for log in rpc.logs(0..=head, &[token]).expect("logs") {
        // Approval(owner, spender, value) by this test's key.
        if log.topics.len() == 3 && log.topics[2][12..] == [3; 20] {
            let amount = u64::from_be_bytes(log.data[24..32].try_into().expect("a word"));
            *times.entry(amount).or_default() += 1;
        }
    }
    times
}

/// Intents on a way with faults, by a program that breaks off at random steps.
fn broken_off(seed: u64, intents: u64) {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    let key = Key::from_bytes(&[0x42; 32]).expect("a key");
    let give = json!([format!("0x{}", hex(&key.address())), "0x56bc75e2d63100000"]);
    chain.rpc().request("anvil_setBalance", give).expect("it has DOT");
    let proxy = Proxy::to(&chain.url, |_| Fault::None);
    let mut dice = Dice(seed);
    let (mut done, mut given_up) = (BTreeSet::new(), BTreeSet::new());
    for amount in 1..=intents {
        // From the request of this number on nothing arrives, or no answer does: the program is as good as ended.
        let (mut left, kind, noise) = (dice.roll(12), dice.roll(3), dice.roll(1_000));
        let mut small = Dice(noise + 1);
        proxy.now(move |_| {
            left = left.saturating_sub(1);
            match (left, kind) {
                (0, 0) => Fault::Lost,
                (0, 1) => Fault::AnswerLost,
                _ if small.roll(20) == 0 => {
                    [Fault::TooMany, Fault::Down, Fault::Cut, Fault::Late(LATE)][small.roll(4) as usize]
                }
                _ => Fault::None,
            }
        });
        if let Ok(mut node) = node(&proxy.url, folder.path()) {
            node.patience = Duration::from_millis(300);
            let submitted = node.submit(&key, Some(token), &approval(amount), &amount.to_string());
            given_up.extend(node.given_up().into_iter().map(|entry| entry.intent.parse::<u64>().expect("an amount")));
            if let Ok(Submitted::Sent(ticket)) = submitted
                && dice.roll(3) > 0
                && let Ok((_, mined)) = node.wait(&ticket)
            {
                assert!(matches!(mined.outcome, Outcome::Returned(_)));
                done.insert(amount);
            }
        }
        // Now and then somebody starts it again and looks what is left.
        if dice.roll(4) == 0 {
            proxy.now(|_| Fault::None);
            let mut node = node(&proxy.url, folder.path()).expect("the way is clear");
            node.journal(key.address()).expect("it can be read");
            given_up.extend(node.given_up().into_iter().map(|entry| entry.intent.parse::<u64>().expect("an amount")));
        }
    }
    proxy.now(|_| Fault::None);
    let mut node = node(&proxy.url, folder.path()).expect("the way is clear");
    let journal = node.journal(key.address()).expect("it can be read");
    assert!(journal.open_entries().is_empty(), "{:?}", journal.open_entries());
    let recorded: BTreeSet<u64> = journal
        .entries()
        .filter(|entry| matches!(entry.state, State::Done { .. }))
        .map(|entry| entry.intent.parse().expect("an amount"))
        .collect();
    let mut nonces = BTreeMap::new();
    for entry in journal.entries().filter(|entry| matches!(entry.state, State::Done { .. })) {
        assert_eq!(nonces.insert(entry.nonce, entry.id), None, "number {} was used twice", entry.nonce);
    }
    given_up.extend(node.given_up().into_iter().map(|entry| entry.intent.parse::<u64>().expect("an amount")));
    let times = approved(&chain, token);
    println!("seed {seed}: {} of {intents} done, {} told so, {} given up", times.len(), done.len(), given_up.len());
    for (amount, often) in &times {
        assert_eq!(*often, 1, "intent {amount} was done {often} times (seed {seed})");
        assert!(!given_up.contains(amount), "intent {amount} was given up and done (seed {seed})");
    }
    for amount in done.iter().chain(&recorded) {
        assert!(times.contains_key(amount), "intent {amount} is told done and is not (seed {seed})");
    }
    assert!(times.len() as u64 * 4 > intents, "most go through");
    let count = chain.rpc().transaction_count(key.address(), false).expect("a count");
    assert_eq!(count, times.len() as u64, "no number was left out or used for nothing");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_program_that_breaks_off_anywhere_does_no_intent_twice() {
    broken_off(1, 60);
}

#[test]
#[ignore = "five hundred intents take minutes: cargo test --workspace --test node -- --ignored"]
fn a_program_that_breaks_off_anywhere_does_none_of_five_hundred_intents_twice() {
    (2..=6).for_each(|seed| broken_off(seed, 100));
}

#[test]
fn one_that_waits_is_offered_a_higher_price_for_the_same_number_and_done_once() {
    let chain = Chain::start(&["--quiet-market", "--no-mining"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(&chain.url, folder.path()).expect("it answers");
    (node.patience, node.reprice_after) = (Duration::from_millis(2_500), Duration::from_millis(500));
    let ticket = sent(node.submit(&you(), Some(token), &approval(7), "7").expect("it is sent"));
    let waited = node.wait(&ticket);
    assert!(matches!(waited, Err(NodeError::NoReceipt { .. })), "{waited:?}");
    let entry = node.journal(you().address()).expect("open").open_entries().remove(0);
    assert!(entry.raw.len() >= 2, "it was signed {} times", entry.raw.len());
    chain.rpc().request("evm_mine", json!([])).expect("a block");
    let (_, mined) = node.wait(&ticket).expect("a block has it");
    assert!(matches!(mined.outcome, Outcome::Returned(_)));
    assert_eq!(approved(&chain, token), BTreeMap::from([(7, 1)]));
}

#[test]
fn one_that_the_node_has_lost_is_sent_again() {
    let chain = Chain::start(&["--quiet-market", "--no-mining"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(&chain.url, folder.path()).expect("it answers");
    let ticket = sent(node.submit(&you(), Some(token), &approval(8), "8").expect("it is sent"));
    let hash = node.journal(you().address()).expect("open").open_entries()[0].hashes[0].clone();
    chain.rpc().request("anvil_dropTransaction", json!([hash])).expect("it is forgotten");
    let url = chain.url.clone();
    let miner = thread::spawn(move || {
        thread::sleep(Duration::from_millis(2_000));
        Rpc::new(&url, SOON).expect("an address").request("evm_mine", json!([])).expect("a block");
    });
    node.wait(&ticket).expect("a block has it");
    miner.join().expect("it mines");
    assert_eq!(approved(&chain, token), BTreeMap::from([(8, 1)]));
}

#[test]
fn who_lost_the_number_to_another_program_is_told_so() {
    let chain = Chain::start(&["--quiet-market", "--no-mining"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(&chain.url, folder.path()).expect("it answers");
    let ticket = sent(node.submit(&you(), Some(token), &approval(9), "9").expect("it is sent"));
    let nonce = node.journal(you().address()).expect("open").open_entries()[0].nonce;
    let price = chain.rpc().gas_price().expect("a price");
    let other = json!([{
        "from": format!("0x{}", hex(&you().address())), "to": format!("0x{}", hex(&[9; 20])), "value": "0x16345785d8a0000",
        "nonce": format!("{nonce:#x}"), "maxFeePerGas": format!("{:#x}", price * 4),
    }]);
    chain.rpc().request("eth_sendTransaction", other).expect("it replaces");
    chain.rpc().request("evm_mine", json!([])).expect("a block");
    let waited = node.wait(&ticket);
    assert!(matches!(waited, Err(NodeError::Replaced { .. })), "{waited:?}");
    assert_eq!(approved(&chain, token), BTreeMap::new());
    assert!(node.journal(you().address()).expect("open").open_entries().is_empty());
}

#[test]
fn a_second_program_cannot_send_with_the_same_key() {
    let chain = Chain::start(&["--bare", "--automine"]);
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = node(&chain.url, folder.path()).expect("it answers");
    first.journal(you().address()).expect("it is free");
    let mut second = node(&chain.url, folder.path()).expect("it answers");
    let said = second.journal(you().address()).expect_err("it is held").to_string();
    assert!(said.contains("another program sends with this key"), "{said}");
}

#[test]
fn a_number_that_nobody_uses_is_given_again_or_filled_so_that_nothing_waits_for_ever() {
    let chain = Chain::start(&["--quiet-market", "--no-mining"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(&chain.url, folder.path()).expect("it answers");
    node.patience = Duration::from_secs(30);
    let mut send = |amount: u64| sent(node.submit(&you(), Some(token), &approval(amount), "").expect("it is sent"));
    let (_, second, _, fourth) = (send(21), send(22), send(23), send(24));
    // The first and the third are lost, and whoever sent them has been told so.
    let open = node.journal(you().address()).expect("open").open_entries();
    let first = open[0].nonce;
    for lost in [&open[0], &open[2]] {
        chain.rpc().request("anvil_dropTransaction", json!([lost.hashes[0]])).expect("it is forgotten");
        node.journal(you().address()).expect("open").set(lost.id, State::Dropped).expect("it is written");
    }
    // The next intent takes the lowest number, and the number of the third is filled while the fourth is waited for.
    let fifth = sent(node.submit(&you(), Some(token), &approval(25), "").expect("it is sent"));
    let taken = node.journal(you().address()).expect("open").open_entries();
    assert_eq!(taken.last().map(|entry| entry.nonce), Some(first));
    chain.rpc().request("evm_setAutomine", json!([true])).expect("it goes on");
    chain.rpc().request("evm_mine", json!([])).expect("a block");
    for ticket in [&fifth, &second, &fourth] {
        node.wait(ticket).expect("a block has it");
    }
    assert_eq!(approved(&chain, token), BTreeMap::from([(22, 1), (24, 1), (25, 1)]));
    let journal = node.journal(you().address()).expect("open");
    let filled: Vec<u64> =
        journal.entries().filter(|entry| entry.intent.starts_with("nothing")).map(|entry| entry.nonce).collect();
    assert_eq!(filled, [first + 2]);
}

#[test]
fn what_a_reorganisation_takes_back_before_it_is_confirmed_is_done_again_once() {
    let chain = Chain::start(&["--quiet-market", "--no-mining"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(&chain.url, folder.path()).expect("it answers");
    (node.patience, node.confirmations) = (Duration::from_secs(30), 2);
    let ticket = sent(node.submit(&you(), Some(token), &approval(31), "31").expect("it is sent"));
    let hash = node.journal(you().address()).expect("open").open_entries()[0].hash_bytes().next().expect("a hash");
    let url = chain.url.clone();
    let miner = thread::spawn(move || {
        let mut rpc = Rpc::new(&url, SOON).expect("an address");
        let mine = |rpc: &mut Rpc| rpc.request("evm_mine", json!([])).map(drop).expect("a block");
        mine(&mut rpc);
        let first = rpc.receipt(hash).expect("it answers").expect("the block has it");
        thread::sleep(Duration::from_millis(300));
        rpc.request("anvil_reorg", json!([1, []])).expect("it is replaced");
        rpc.request("anvil_dropTransaction", json!([format!("0x{}", hex(&hash))])).expect("nobody knows it");
        assert_eq!(rpc.receipt(hash).expect("it answers"), None, "the reorganisation took it");
        thread::sleep(Duration::from_millis(1_500));
        (0..3).for_each(|_| mine(&mut rpc));
        first.block_hash
    });
    let (_, mined) = node.wait(&ticket).expect("a block has it");
    let first = miner.join().expect("it mines");
    let now = chain.rpc().receipt(mined.cost.transaction).expect("it answers").expect("it is done");
    assert_ne!(now.block_hash, first);
    assert_eq!((now.transaction, approved(&chain, token)), (hash, BTreeMap::from([(31, 1)])));
}

#[test]
fn what_was_done_and_is_taken_back_is_told_and_its_number_given_again() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(&chain.url, folder.path()).expect("it answers");
    let before = chain.rpc().request("evm_snapshot", json!([])).expect("a snapshot");
    let mut send = |amount: u64| {
        let ticket =
            sent(node.submit(&you(), Some(token), &approval(amount), &amount.to_string()).expect("it is sent"));
        node.wait(&ticket).expect("a block has it");
        let told: Vec<String> = node.given_up().into_iter().map(|entry| entry.intent).collect();
        (node.journal(you().address()).expect("open").entries().last().expect("one").nonce, told)
    };
    let (number, told) = send(41);
    assert_eq!(told, [""; 0]);
    chain.rpc().request("evm_revert", json!([before])).expect("it goes back");
    assert_eq!(send(42), (number, vec!["41".to_owned()]));
    assert_eq!(approved(&chain, token), BTreeMap::from([(42, 1)]));
}

#[test]
fn who_cannot_pay_for_gas_hears_how_much_is_missing_and_signs_nothing() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let clearing = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Clearing].0;
    let open = codec::calldata(&Message::OpenAccount { sub: 0 });
    let key = Key::from_bytes(&[0x77; 32]).expect("a key");
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(&chain.url, folder.path()).expect("it answers");
    for (wei, says) in
        [("0x0", "has 0 DOT"), ("0x38d7ea4c68000", "has 0.001 DOT"), ("0x470de4df820000", "has 0.02 DOT")]
    {
        let give = json!([format!("0x{}", hex(&key.address())), wei]);
        chain.rpc().request("anvil_setBalance", give).expect("it has so much");
        let said = node.submit(&key, Some(clearing), &open, "").expect_err("it is too little");
        let text = said.to_string();
        assert!(matches!(said, NodeError::TooLittle { .. }) && text.contains(says), "{text}");
    }
    assert_eq!(node.journal(key.address()).expect("open").entries().count(), 0);
}

#[test]
fn a_request_that_arrives_twice_is_no_reason_to_sign_again() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    // Whoever passes requests on has heard nothing and asks again: by then a block has the transaction.
    let sends = |body: &str| body.contains("eth_sendRawTransaction");
    let proxy = Proxy::to(&chain.url, move |body| if sends(body) { Fault::Twice } else { Fault::None });
    let mut node = node(&proxy.url, folder.path()).expect("it answers");
    for amount in 51..54 {
        let ticket = sent(node.submit(&you(), Some(token), &approval(amount), "").expect("it is sent"));
        assert!(matches!(node.wait(&ticket).expect("a block has it").1.outcome, Outcome::Returned(_)));
    }
    assert_eq!(approved(&chain, token), BTreeMap::from([(51, 1), (52, 1), (53, 1)]));
    assert!(node.given_up().is_empty());
}

#[test]
fn it_is_known_how_many_are_on_their_way() {
    let chain = Chain::start(&["--quiet-market", "--no-mining"]);
    let token = Record::of_development_chain(&mut chain.rpc()).expect("a record").contracts[&Contract::Token].0;
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(&chain.url, folder.path()).expect("it answers");
    let count = |node: &mut Node| node.on_their_way(you().address()).expect("it answers");
    assert_eq!(count(&mut node), 0);
    for amount in [61, 62] {
        sent(node.submit(&you(), Some(token), &approval(amount), "").expect("it is sent"));
    }
    assert_eq!(count(&mut node), 2);
    chain.rpc().request("evm_mine", json!([])).expect("a block");
    assert_eq!(count(&mut node), 0, "nobody has waited for them, and a block has them");
}
