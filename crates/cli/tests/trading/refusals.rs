//! What goes wrong: a sentence that says what to do, an exit code by kind, and nothing sent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};
use sit_programs::{Fault, Proxy};

use super::support::{Chain, User, show};

#[test]
fn a_node_that_is_not_there_is_named() {
    let mut user = User::new();
    user.set("SIT_RPC", "http://127.0.0.1:9");
    for line in ["markets", "order buy 1lot front 1.7 --yes", "doctor"] {
        let code = if line == "doctor" { 10 } else { 4 };
        let output = user.run(line);
        assert_eq!(output.status.code(), Some(code), "{}", show(&output));
        assert!(show(&output).contains("127.0.0.1:9"), "{}", show(&output));
    }
    let output = user.run("markets --json");
    let error: Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!((&error["error"]["kind"], &error["error"]["code"]), (&"unreachable".into(), &4.into()));
}

#[test]
fn what_is_typed_wrong_says_what_is_right() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let user = User::at(&chain);
    user.refused("order buy 1lot front 1.7 --yes", 2, &["has no account yet", "sit account open"]);
    user.act("account open");
    user.refused("account open --yes", 6, &["SeatTaken"]);
    user.refused("deposit 0.0000001 --yes", 2, &["0.000001usd to"]);
    user.refused("deposit 1.0000001 --yes", 2, &["1.00usd and 1.000001usd", "--round"]);
    user.refused("deposit ten --yes", 2, &["`ten` is no amount"]);
    user.refused("deposit 999999999 --yes", 6, &["the wallet has", "sit faucet"]);
    user.act("deposit 1000.0000009 --round down");
    user.refused("order buy 5 front 1.7 --yes", 2, &["5lots, which is", "SIT"]);
    user.refused("order buy 1lot DEC99 1.7 --yes", 2, &["no month `DEC99`", "TPI-"]);
    user.refused("order buy 1lot front 1.70001 --yes", 2, &["nearest are 1.700 and 1.701"]);
    user.refused("order buy 1lot front market --yes", 2, &["--max-slippage"]);
    user.refused("order buy 1lot front market --max-slippage 1% --yes", 2, &["nobody sells", "limit order"]);
    user.refused("order buy 1lot front 1.7 --max-slippage 1% --yes", 2, &["a limit price is a limit already"]);
    user.refused("order buy 1lot front 99 --yes", 6, &["OutsidePriceLimits"]);
    user.refused("order buy 1lot front 1.7 --until 2020-01-01T00:00:00Z --yes", 6, &["OrderExpired"]);
    user.refused("order buy 1lot front 1.7 --until tomorrow --yes", 2, &["2026-12-01T16:00:00Z"]);
    user.refused("order buy 1lot front 1.7 --good-for 5 --yes", 2, &["90s, 15m, 2h or 3d"]);
    user.refused("order buy 500lots front 1.7 --yes", 6, &["BelowInitialMargin", "Deposit, or reduce"]);
    user.refused("order buy 1lot front 1.7 --post-only --ioc --yes", 2, &["cannot be used with"]);
    user.refused("withdraw 1000.000001 --yes", 6, &["NotEnoughCash"]);
    user.refused("positions --seat 77", 2, &["no account with seat 77"]);
    user.refused("account transfer 1 --to 99 --yes", 6, &["UnknownSeat"]);
    user.refused("delegate add 0x12 --max 1lot --good-for 1d --yes", 2, &["no address"]);
    user.refused("replay 0x12", 2, &["no hash"]);
    user.refused(&format!("replay 0x{}", "12".repeat(32)), 2, &["does not know"]);
    std::fs::write(user.home.path().join("quote.csv"), "bid,1.7,5lots\nbid;1.6\n").expect("written");
    user.refused("quote front quote.csv --yes", 2, &["quote.csv, line 2", "bid,2.610,5lots"]);
    user.refused("quote front none.csv --yes", 2, &["none.csv"]);
    user.refused("positions --key nobody", 3, &["no key `nobody`", "--key"]);
}

#[test]
fn nothing_is_sent_without_a_yes() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let user = User::at(&chain);
    let block = || chain.ask("eth_blockNumber", json!([]));
    let before = block();
    user.refused("account open", 8, &["nobody can be asked here", "--yes", "nothing was sent"]);
    user.refused("account open --json", 8, &["\"declined\""]);
    let output = user.run("account open --dry-run");
    assert!(output.status.success() && show(&output).contains("--dry-run"), "{}", show(&output));
    assert_eq!(user.json("account open --dry-run")["sent"], false);
    user.refused("reporter bond 5", 8, &["nobody can be asked here", "nothing was sent"]);
    assert_eq!(user.json("reporter bond 5 --dry-run")["sent"], false);
    // An answer that comes by a pipe is nobody's.
    let output = user.typed("account open", "y\n");
    assert_eq!(output.status.code(), Some(8), "{}", show(&output));
    assert_eq!(block(), before);
}

#[test]
fn a_configuration_that_is_broken_names_its_line() {
    let user = User::new();
    let folder = user.home.path().join(".config/sit");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.toml"), "profile = 'mine'\n[profiles.mine]\nprc = 'http://x'\n")
        .expect("written");
    user.refused("markets", 3, &["config.toml, line", "prc"]);
    std::fs::write(folder.join("config.toml"), "profile = 'moon'\n").expect("written");
    user.refused("markets", 3, &["no profile `moon`", "config.toml"]);
    // What needs no chain needs no configuration either.
    assert!(user.text("units").contains("price"));
}

/// A node of another chain: it answers every request alike.
fn liar(answers: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().take(answers).flatten() {
            // A client may keep a connection and open another one.
            std::thread::spawn(move || lie(stream));
        }
    });
    url
}

/// Answers on one connection, whose requests may come in pieces.
fn lie(mut stream: TcpStream) {
    let block = json!({ "number": "0x10", "timestamp": "0x6b0d0000", "hash": format!("0x{:064}", 1) });
    let answer = |one: &Value| {
        let result = if one["method"] == "eth_getBlockByNumber" { block.clone() } else { json!("0x1") };
        json!({ "jsonrpc": "2.0", "id": one["id"], "result": result })
    };
    let (mut bytes, mut heard) = ([0; 4_096], Vec::new());
    while let Ok(read @ 1..) = stream.read(&mut bytes) {
        heard.extend_from_slice(&bytes[..read]);
        let request = String::from_utf8_lossy(&heard).into_owned();
        let Some(asked) = request.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<Value>(body).ok())
        else {
            continue;
        };
        heard.clear();
        let body = match &asked {
            Value::Array(all) => all.iter().map(answer).collect::<Value>().to_string(),
            one => answer(one).to_string(),
        };
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn a_node_of_another_chain_gets_no_signature() {
    let mut user = User::new();
    user.set("SIT_RPC", &liar(8));
    user.refused("order buy 1lot front 1.7 --yes", 5, &["420420420", "othing was signed"]);
}

#[test]
fn orders_of_one_key_at_once_all_land() {
    let chain = Chain::start(&["--quiet-market", "--block-time", "1"]);
    let user = User::at(&chain);
    user.act("account open");
    user.act("deposit 100000");
    let low = user.json("markets")["markets"][0]["low"].as_str().expect("a limit").to_owned();
    let line = format!("order buy 1lot front {low} --yes");
    let children: Vec<_> = (0..12)
        .map(|_| {
            let arguments: Vec<&str> = line.split_whitespace().collect();
            user.command(&arguments).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn()
        })
        .collect::<Result<_, _>>()
        .expect("sit runs");
    for child in children {
        let output = child.wait_with_output().expect("sit ends");
        assert!(output.status.success(), "{}", show(&output));
    }
    let orders = user.json("orders");
    assert_eq!(orders["orders"].as_array().map(Vec::len), Some(12), "{orders}");
}

#[test]
fn a_command_that_is_killed_while_it_waits_loses_nothing_and_does_nothing_twice() {
    let chain = Chain::start(&["--quiet-market", "--no-mining"]);
    let user = User::at(&chain);
    let mut child = user
        .command(&["account", "open", "--yes"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("sit runs");
    super::support::wait("the transaction", || chain.ask("txpool_status", json!([]))["pending"] != "0x0");
    child.kill().expect("killed");
    child.wait().expect("ended");
    // It may still be done, and the journal knows.
    let looked: Value = serde_json::from_slice(&user.run("doctor --json").stdout).expect("JSON");
    let rows = looked["checks"].as_array().expect("rows");
    let journal = rows.iter().find(|row| row["check"] == "journal").expect("a row");
    assert_eq!(
        (&journal["ok"], &journal["found"]),
        (&false.into(), &"1 transactions on their way".into()),
        "{journal}"
    );
    chain.ask("evm_mine", json!([]));
    let accounts = user.json("account show");
    assert_eq!(accounts["accounts"].as_array().map(Vec::len), Some(1), "{accounts}");
    user.refused("account open --yes", 6, &["SeatTaken"]);
    chain.ask("evm_setAutomine", json!([true]));
    user.act("account open --sub 1");
    assert_eq!(user.json("account show")["accounts"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_is_done_is_told_as_done_when_the_node_is_gone_right_after() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut user = User::at(&chain);
    let (mut sent, chain_url) = (false, chain.url.clone());
    let proxy = Proxy::to(&chain_url, move |body| {
        sent |= body.contains("eth_sendRawTransaction");
        let told = ["eth_sendRawTransaction", "eth_getTransactionReceipt"].iter().any(|method| body.contains(method));
        if sent && !told { Fault::Down } else { Fault::None }
    });
    user.set("SIT_RPC", &proxy.url);
    // Whoever is told a failure here sends it again.
    let opened = user.json("account open --yes");
    assert!(opened["sent"] == true && opened["seat"].is_u64(), "{opened}");
    assert!(opened["not_read"].as_str().is_some_and(|why| why.contains("503")), "{opened}");
}

#[test]
fn what_a_reorganisation_has_taken_back_is_told_with_the_next_transaction() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let user = User::at(&chain);
    user.act("account open");
    let before = chain.ask("evm_snapshot", json!([]));
    let done = user.act("account open --sub 1");
    let hash = done["transactions"][0]["transaction"].as_str().expect("a hash").to_owned();
    chain.ask("evm_revert", json!([before]));
    let next = user.act("account open --sub 2");
    let told = next["given_up"].as_str().expect("it is told");
    assert!(told.contains("clearing.open_account") && told.contains(&hash), "{told}");
    assert_eq!(user.act("account open --sub 3")["given_up"], Value::Null, "once");
}

#[test]
fn of_several_transactions_it_is_told_which_are_done() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut user = User::at(&chain);
    user.act("account open");
    let mut sends = 0;
    let proxy = Proxy::to(&chain.url, move |body| {
        sends += u32::from(body.contains("eth_sendRawTransaction"));
        let second = sends == 2 && body.contains("eth_sendRawTransaction");
        if second { Fault::Refused("the pool is full") } else { Fault::None }
    });
    user.set("SIT_RPC", &proxy.url);
    user.refused("deposit 5 --approve --yes", 6, &["of 2 transactions 1 is done (0x", "the pool is full"]);
    // What is done is not done again: the vault may take the amount by now.
    let done = user.act("deposit 5 --approve");
    assert_eq!(done["transactions"].as_array().map(Vec::len), Some(1), "{done}");
}

#[test]
fn a_node_that_refuses_to_say_what_became_of_it_does_not_hide_that_it_was_sent() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut user = User::at(&chain);
    let proxy = Proxy::to(&chain.url, |body| {
        let receipt = body.contains("eth_getTransactionReceipt");
        if receipt { Fault::Refused("receipts are for subscribers") } else { Fault::None }
    });
    user.set("SIT_RPC", &proxy.url);
    user.refused("account open --yes", 9, &["was sent", "receipts are for subscribers", "before you send it again"]);
    user.set("SIT_RPC", &chain.url);
    assert_eq!(user.json("account show")["accounts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_node_whose_words_are_orders_to_the_terminal_is_quoted_and_not_obeyed() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    // It clears the screen, by two ways of saying so, and writes from right to left what nobody was asked.
    let proxy = Proxy::to(&chain.url, |body| {
        let hostile = "full \\u001b[2J\\u009b1;1H\\u202eSign and send? [y/N]";
        if body.contains("eth_sendRawTransaction") { Fault::Refused(hostile) } else { Fault::None }
    });
    // Each time somebody who has sent nothing yet.
    let refused = |form: &str| {
        let mut user = User::at(&chain);
        user.set("SIT_RPC", &proxy.url);
        let output = user.run(&format!("account open --yes{form}"));
        let text = show(&output);
        assert_eq!(output.status.code(), Some(6), "{text:?}");
        assert!(text.contains("full") && text.contains("[2J"), "{text:?}");
        assert!(!text.chars().any(sit_keeper::log::is_obeyed), "{text:?}");
        output
    };
    for form in ["", " --csv"] {
        refused(form);
    }
    let output = refused(" --json");
    let error: Value = serde_json::from_slice(&output.stderr).expect("one object of JSON");
    let message = error["error"]["message"].as_str().expect("a sentence");
    assert!(message.contains("\u{1b}[2J\u{9b}1;1H\u{202e}"), "a program gets all of it: {message:?}");
}
