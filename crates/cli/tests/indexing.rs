//! `sit index` beside the development chain's program, ended without warning at any moment.

#[path = "trading/support.rs"]
#[expect(dead_code, reason = "the stories of trading use the rest of it")]
mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sit_client::rpc::{Limits, Rpc, hex_number};
use sit_programs::{Dice, Running};
use support::{SIT, User};

/// The command, of a user without a configuration of their own.
fn index() -> Command {
    let mut command = Command::new(SIT);
    command.arg("index").env_clear().env("HOME", "/nonexistent");
    command
}

fn ask(url: &str, method: &str, params: Value) -> Value {
    let mut rpc = Rpc::new(url, Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    rpc.request(method, params).unwrap_or_else(|error| panic!("{method}: {error}"))
}

fn number(value: &Value) -> u64 {
    hex_number(Some(value)).unwrap()
}

fn digests(folder: &Path) -> String {
    let output = index().arg("--digests").arg("--folder").arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn once(url: &str, folder: &Path) {
    let output = index().args(["--once", "--rpc", url]).arg("--folder").arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_program_that_is_killed_at_random_moments_loses_and_doubles_nothing() {
    let chain = Running::chain(&["--time-scale", "600", "--block-time", "1", "--history", "1000"]);
    let folder = tempfile::tempdir().unwrap();
    let (killed, fresh) = (folder.path().join("killed"), folder.path().join("fresh"));
    let mut dice = Dice(5);
    let begun = Instant::now();
    let kills = 24;
    for round in 0..kills {
        let mut running = index()
            .args(["--pause", "10", "--rpc", &chain.url])
            .arg("--folder")
            .arg(&killed)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(20 + dice.roll(500)));
        if round % 3 == 1 && number(&ask(&chain.url, "eth_blockNumber", json!([]))) > 170 {
            ask(&chain.url, "anvil_reorg", json!([1 + dice.roll(12), []]));
        }
        if round % 4 == 0 {
            ask(&chain.url, "anvil_mine", json!([1 + dice.roll(40), "0x2"]));
        }
        std::thread::sleep(Duration::from_millis(dice.roll(300)));
        running.kill().unwrap();
        running.wait().unwrap();
    }
    ask(&chain.url, "evm_setIntervalMining", json!([0]));
    once(&chain.url, &killed);
    once(&chain.url, &fresh);
    assert_eq!(digests(&killed), digests(&fresh));
    let seconds = begun.elapsed().as_secs_f64();
    let head = number(&ask(&chain.url, "eth_blockNumber", json!([])));
    println!("killed {kills} times in {seconds:.0} s, at block {head}");

    // Made anew without the chain, and exported.
    let output =
        index().args(["--rebuild", "--once", "--rpc", &chain.url]).arg("--folder").arg(&killed).output().unwrap();
    assert!(output.status.success());
    assert_eq!(digests(&killed), digests(&fresh));
    let file = folder.path().join("blocks.csv");
    let export = |out: &Path| {
        index().args(["--export", "block", "--out"]).arg(out).arg("--folder").arg(&killed).output().unwrap()
    };
    assert!(export(&file).status.success());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("number,hash,parent,time,transactions\n"));
    assert!(text.lines().count() > 100);
    assert!(!export(&folder.path().join("blocks.txt")).status.success());
}

#[test]
fn a_served_index_follows_the_chain_and_says_when_the_node_goes() {
    let chain = Running::chain(&["--time-scale", "600", "--block-time", "1"]);
    let folder = tempfile::tempdir().unwrap();
    let mut served = index();
    served.args(["--serve", "--port", "0", "--pause", "50", "--rpc", &chain.url]).arg("--folder").arg(folder.path());
    let served = Running::start(served, "answers at");
    let api = served.url.trim_end_matches("/v1/status").trim_start_matches("http://");
    let status = || -> Value {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(api).unwrap();
        stream.write_all(b"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    };
    let wait = |what: &str, until: &dyn Fn(&Value) -> bool| {
        let begun = Instant::now();
        loop {
            let now = status();
            if until(&now) {
                return now;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "not {what}: {now}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let live = wait("live", &|now| now["data"]["state"] == "live");
    let block = live["block"].as_u64().unwrap();
    ask(&chain.url, "evm_mine", json!([]));
    wait("followed", &|now| now["block"].as_u64() > Some(block));
    ask(&chain.url, "anvil_reorg", json!([3, []]));
    let back = wait("reorganised", &|now| now["data"]["reorgs"].as_u64() > Some(0) && now["data"]["ready"] == true);
    assert_eq!(back["data"]["alarms"], 0, "{back}");
    ask(&chain.url, "anvil_rollback", json!([2]));
    ask(&chain.url, "evm_setIntervalMining", json!([0]));
    drop(chain);
    let gone = wait("without a node", &|now| now["data"]["state"] == "unreachable");
    assert!(gone["data"]["ready"] == false && gone["data"]["message"].as_str().is_some(), "{gone}");
    wait("late", &|now| now["lag_s"].as_u64() > Some(0));
}

#[test]
fn what_cannot_be_indexed_is_said_with_what_to_do() {
    let user = User::new();
    let chain = Running::chain_for(120, &["--bare"]);
    let once = |more: &str| format!("index --once --folder tables --rpc {} {more}", chain.url);
    user.refused(&once("--profile hub"), 5, &["is of chain 420420420, and chain 420420419 is meant", "--profile"]);
    user.refused(&once("--deployment missing.json"), 3, &["missing.json"]);
    user.refused("index --once --folder tables --rpc ftp://127.0.0.1", 3, &["is not the address of a node"]);
    user.refused("index --export nothing --folder missing", 2, &["--out"]);
    user.refused("index --digests --folder missing", 3, &["missing"]);
    user.refused("index --web page", 2, &["--serve"]);
}
