//! A bad way to the chain, as somebody meets it who types: answers that are lost, late or refused, a node that lags, a
//! clock that is wrong. A sentence that says what to do, an exit code by kind, and nothing done that was not told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sit_client::rpc::{Limits, Rpc};
use sit_programs::{Fault, Proxy};

use super::support::{Chain, User, show, wait};

/// A month's price so many thousandths of a dollar above its limit.
fn above(low: &str, ticks: u32) -> String {
    let (whole, fraction) = low.split_once('.').expect("decimals");
    assert_eq!(fraction.len(), 3, "{low}");
    let thousandths: u32 = format!("{whole}{fraction}").parse().expect("digits");
    format!("{}.{:03}", (thousandths + ticks) / 1_000, (thousandths + ticks) % 1_000)
}

fn prices(user: &User) -> Vec<String> {
    let orders = user.json("orders");
    let rows = orders["orders"].as_array().expect("rows");
    rows.iter().map(|row| row["price"].as_str().expect("a price").to_owned()).collect()
}

fn ready(options: &[&str]) -> (Chain, User, String) {
    let chain = Chain::start(options);
    let user = User::at(&chain);
    user.act("account open");
    user.act("deposit 100000");
    let low = user.json("markets")["markets"][0]["low"].as_str().expect("a limit").to_owned();
    (chain, user, low)
}

#[test]
fn orders_over_a_way_that_loses_delays_and_refuses_are_done_once_or_named() {
    let (chain, user, low) = ready(&["--quiet-market", "--block-time", "1"]);
    let mut done = 0;
    for seed in 1..=3_u32 {
        for number in 0..5 {
            let plan = json!({
                "seed": seed * 10 + number, "drop": 0.1, "tooMany": 0.1, "late": 0.3, "delay": [0, 400],
            });
            chain.ask("sit_faults", json!([plan]));
            let price = above(&low, seed * 10 + number);
            let output = user.run(&format!("order buy 1lot front {price} --yes --json"));
            let met = chain.ask("sit_faults", json!([null]));
            assert!(met["met"]["requests"].as_u64().is_some_and(|count| count > 0), "{met}");
            let code = output.status.code();
            println!("seed {seed}, order {number}: {code:?} {}", String::from_utf8_lossy(&output.stderr));
            // What is not known may still come: a block later it is there or not.
            std::thread::sleep(Duration::from_millis(if code == Some(0) { 0 } else { 1_500 }));
            let standing = prices(&user).iter().filter(|at| **at == price).count();
            match code {
                Some(0) => assert_eq!(standing, 1, "{price}\n{}", show(&output)),
                Some(4 | 6) => assert_eq!(standing, 0, "nothing was sent at {price}\n{}", show(&output)),
                Some(8 | 9) => assert!(standing <= 1, "{price}\n{}", show(&output)),
                _ => panic!("{}", show(&output)),
            }
            if code != Some(0) {
                let error: Value = serde_json::from_slice(&output.stderr).expect("one object of JSON");
                assert!(error["error"]["message"].as_str().is_some_and(|text| text.len() > 20), "{error}");
            }
            done += u32::from(code == Some(0));
            // Nothing is left in the way of the next one.
            wait("the journal", || {
                let doctor: Value = serde_json::from_slice(&user.run("doctor --json").stdout).expect("JSON");
                doctor["checks"]
                    .as_array()
                    .expect("rows")
                    .iter()
                    .any(|row| row["check"] == "journal" && row["ok"] == true)
            });
        }
        let at = prices(&user);
        let mut once = at.clone();
        once.sort();
        once.dedup();
        assert_eq!(at.len(), once.len(), "each at most once: {at:?}");
        if !at.is_empty() {
            user.act("cancel-all");
        }
    }
    assert!(done >= 10, "{done} of 15 were done");
}

#[test]
fn each_fault_is_told_as_a_sentence_and_nothing_is_signed() {
    let (chain, user, low) = ready(&["--quiet-market", "--deterministic"]);
    let order = format!("order buy 1lot front {low} --yes");
    let block = chain.ask("eth_blockNumber", json!([]));
    let all = |fault: &str| chain.ask("sit_faults", json!([{ "seed": 7, fault: 1.0 }]));
    for line in [&*order, "deposit 1 --yes", "cancel-all --yes", "positions"] {
        all("drop");
        user.refused(line, 4, &[&chain.url]);
        all("tooMany");
        user.refused(line, 4, &[&chain.url, "takes no more requests"]);
        all("wrongChain");
        user.refused(line, 5, &["420420421", "Nothing was signed"]);
    }
    all("drop");
    user.refused("doctor", 10, &["one thing is not as it has to be"]);
    chain.ask("sit_faults", json!([null]));
    assert_eq!(chain.ask("eth_blockNumber", json!([])), block, "nothing was sent");
    // The same command does what it says once the way is good again.
    user.act(order.trim_end_matches(" --yes"));
}

#[test]
fn a_node_that_does_not_answer_in_time_is_named_and_the_order_was_not_sent() {
    let (chain, mut user, low) = ready(&["--quiet-market", "--deterministic"]);
    let asked = Arc::new(AtomicU64::new(0));
    let count = asked.clone();
    // Whatever is asked of the account's money comes too late; the rest comes.
    let way = Proxy::to(&chain.url, move |request| {
        if request.contains("eth_gasPrice") {
            count.fetch_add(1, Ordering::SeqCst);
            return Fault::Late(Duration::from_secs(12));
        }
        Fault::None
    });
    user.set("SIT_RPC", &way.url);
    let begun = Instant::now();
    user.refused(&format!("order buy 1lot front {low} --yes"), 4, &["did not answer", "within 10 s"]);
    assert_eq!(asked.load(Ordering::SeqCst), 5, "a question is asked five times");
    assert!(begun.elapsed() < Duration::from_secs(120));
    user.set("SIT_RPC", &chain.url);
    assert!(prices(&user).is_empty());
    // The answer to the transaction itself is lost: it is sent, and the block tells.
    let way =
        Proxy::to(
            &chain.url,
            |request| {
                if request.contains("eth_sendRawTransaction") { Fault::AnswerLost } else { Fault::None }
            },
        );
    user.set("SIT_RPC", &way.url);
    user.act(&format!("order buy 1lot front {low}"));
    assert_eq!(prices(&user).len(), 1);
}

#[test]
fn a_node_that_lags_and_does_not_say_so_gets_no_signature() {
    // Its newest block is days old by the clock of this machine, and eth_syncing says that it is up to date. The chain
    // is one that has no time of its own: the same under another number.
    let chain = Chain::start(&["--quiet-market", "--deterministic", "--start", "1763974800"]);
    let user = User::at(&chain);
    user.act("account open");
    user.act("deposit 100000");
    let low = user.json("markets")["markets"][0]["low"].as_str().expect("a limit").to_owned();
    let record = user.text("record show --json").replace("420420420", "420420419");
    let mut live = User::new().with_key("owner");
    std::fs::write(live.home.path().join("record.json"), record).expect("written");
    let way = Proxy::to(&chain.url, |_| Fault::Lie("0x190f1b44", "0x190f1b43"));
    let secret = live.home.path().join("secret");
    std::fs::write(&secret, "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80").expect("written");
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("closed");
    for (name, value) in [("SIT_PROFILE", "hub"), ("SIT_RPC", &*way.url), ("SIT_DEPLOYMENT", "record.json")] {
        live.set(name, value);
    }
    live.set("SIT_KEY", &secret.display().to_string());
    assert_eq!(live.json("positions")["cash"], "100000.000000", "it can be looked at");
    let block = chain.ask("eth_blockNumber", json!([]));
    let words = ["s old by this machine's clock", "the node is behind", "Nothing was signed"];
    live.refused(&format!("order buy 1lot front {low} --yes"), 4, &words);
    live.refused("withdraw 1 --yes", 4, &words);
    // A program that goes on by itself does not either, at each look.
    live.refused("keeper --once", 1, &words);
    live.refused("keeper --once --dry-run", 1, &words);
    assert_eq!(chain.ask("eth_blockNumber", json!([])), block);
    let doctor: Value = serde_json::from_slice(&live.run("doctor --json").stdout).expect("JSON");
    let clock = doctor["checks"].as_array().expect("rows").iter().find(|row| row["check"] == "clock").expect("a row");
    assert_eq!(clock["ok"], false, "{clock}");
    assert!(clock["found"].as_str().is_some_and(|text| text.contains("ahead of the newest block")), "{clock}");
    // Nor does one whose newest block is of a time to come.
    chain.ask("evm_setNextBlockTimestamp", json!([4_000_000_000_u64]));
    chain.ask("evm_mine", json!([]));
    let words = ["s ahead by this machine's clock", "the node is ahead", "Nothing was signed"];
    live.refused("withdraw 1 --yes", 4, &words);
    live.refused("keeper --once", 1, &words);
}

#[test]
fn an_order_ends_by_the_clock_of_the_chain() {
    // The chain's clock is far from this machine's, and moves on by an hour.
    let (chain, user, low) = ready(&["--quiet-market", "--deterministic", "--start", "1796025600"]);
    let time = || {
        let head = chain.ask("eth_getBlockByNumber", json!(["latest", false]));
        u64::from_str_radix(head["timestamp"].as_str().expect("a time").trim_start_matches("0x"), 16).expect("digits")
    };
    chain.pass(3_600);
    let now = time();
    user.act(&format!("order buy 1lot front {low} --good-for 2h"));
    let orders = user.json("orders");
    let ends = orders["orders"][0]["expiry"].as_str().expect("an end").to_owned();
    let at: u64 = ends.parse::<jiff::Timestamp>().expect("a time").as_second().unsigned_abs();
    assert_eq!(at, now + 7_200, "{ends}");
    // A minute before the end it stands, and at the end it does not trade any more.
    chain.pass(at - time() - 60);
    assert_eq!(prices(&user).len(), 1);
    chain.pass(61);
    assert!(prices(&user).is_empty());
}

#[test]
fn every_deadline_is_over_at_its_second_and_not_before() {
    let (chain, user, low) = ready(&["--quiet-market", "--deterministic", "--start", "1796025600"]);
    let at = |second: u64| {
        chain.ask("evm_setNextBlockTimestamp", json!([second]));
        chain.ask("evm_mine", json!([]));
    };
    let second = |text: &Value| -> u64 {
        let text = text.as_str().expect("a time");
        text.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{text}: {error}")).as_second().unsigned_abs()
    };
    // What is looked at a second before the end that is told, and at it.
    let both = |end: u64, look: &dyn Fn() -> Value| {
        at(end - 1);
        let before = look();
        at(end);
        (before, look())
    };
    user.act(&format!("order buy 1lot front {low} --good-for 1h"));
    let end = second(&user.json("orders")["orders"][0]["expiry"]);
    let stands = || user.json("orders")["orders"].as_array().map_or(0, Vec::len).into();
    assert_eq!(both(end, &stands), (json!(1), json!(0)), "an order");
    let friend = User::at(&chain).with_key("you-2").json("account show")["address"].clone();
    let friend = friend.as_str().expect("an address");
    user.act(&format!("delegate add {friend} --max 2lots --good-for 1h"));
    let end = second(&user.json("delegate list")["delegates"][0]["expiry"]);
    let live = || user.json("delegate list")["delegates"][0]["live"].clone();
    assert_eq!(both(end, &live), (json!(true), json!(false)), "a delegate");
    // Noon, from which on the day's print is waited for, and the end of the first month.
    let state = || user.json("markets")["markets"][0]["state"].clone();
    assert_eq!(both(1_796_040_000, &state), (json!("trading"), json!("opening")), "the opening phase");
    let opens = user.json("markets")["markets"][0]["state_until"].clone();
    let waiting = both(second(&opens), &state);
    assert_eq!(waiting, (json!("opening"), json!("trading")), "a book without a print opens when it was told to");
    let end = second(&user.json("markets")["markets"][0]["expiry"]);
    let (before, after) = both(end, &state);
    assert!(before != json!("expired") && after == json!("expired"), "{before}, then {after}");
    user.refused(&format!("order buy 1lot DEC26 {low} --yes"), 6, &["Nothing was sent"]);
}

#[test]
fn a_server_that_takes_no_open_topics_tells_the_same_past() {
    let (chain, user, low) = ready(&["--quiet-market", "--deterministic", "--start", "1796025600"]);
    user.act(&format!("order buy 1lot front {low} --good-for 2h"));
    let past = || ["statement", "fills", "settlements"].map(|line| user.json(line)[line].clone());
    let told = past();
    assert!(told[0].as_array().is_some_and(|entries| entries.len() >= 2), "{told:?}");
    chain.ask("sit_faults", json!([{ "closedTopics": true }]));
    let mut rpc = Rpc::new(&chain.url, Limits::default()).expect("the chain has an address");
    let open = json!([{ "topics": [null, format!("0x{:064x}", 4)], "fromBlock": "0x0", "toBlock": "0x0" }]);
    let refusal = rpc.request("eth_getLogs", open).expect_err("it takes no null");
    assert!(refusal.to_string().contains("Invalid params"), "{refusal}");
    assert_eq!(past(), told);
}
