//! Real clients on the program itself: viem, ethers, cast, and the shapes of Anvil's answers.
//!
//! They are npm packages, which `scripts/clients` installs into the cache. Where it has not, nothing is checked, and
//! that is said.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_core::primitives::{Address, Signature, TxKind, U256, hex};
use alloy_eips::eip2718::Encodable2718;
use sit_client::{cache_dir, codec};
use sit_devnet::{
    keyring::{Key, Role},
    node::CHAIN_ID,
};
use sit_engine::units::{Seat, Side};
use sit_native::{Contract, event::clearing::Placed};

#[path = "clients/attacks.rs"]
mod attacks;
#[path = "clients/metamask.rs"]
mod metamask;

/// The program on a free port, ended with the test.
struct Program {
    child: Child,
    url: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Seconds of processor time that the program has used so far, whatever else the machine does.
    fn computed(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // Behind the name, which ends with a bracket: fields 14 and 15 of all are its time and the system's for it, in
        // hundredths of a second.
        let fields: Vec<u64> =
            stat.rsplit_once(')').unwrap().1.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
        (fields[11] + fields[12]) as f64 / 100.0
    }

    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sit-devnet"));
        command.args(["--port", "0", "--quiet"]).args(arguments);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let begun = std::time::Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("sit-devnet: ")).expect("the program says where it listens");
        let url = line.split_whitespace().nth(1).unwrap().to_owned();
        // Reads on, so that the program never waits for somebody to read.
        std::thread::spawn(move || lines.for_each(drop));
        let program = Self { child, url };
        let chain_id = post(&program.url, r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#);
        assert_eq!(chain_id["result"], "0x190f1b44");
        eprintln!("answers after {:?}", begun.elapsed());
        program
    }
}

/// The folder in which the packages are installed and the scripts run; `None`, with a reason told, where they are not.
fn clients() -> Option<PathBuf> {
    let folder = cache_dir().join("clients");
    let ours = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/clients"));
    let installed = fs::read(folder.join("installed")).ok();
    let wanted = fs::read(ours.join("package-lock.json")).unwrap();
    if installed != Some(wanted) {
        eprintln!("NOT CHECKED: the packages of tests/clients are not installed (scripts/clients)");
        return None;
    }
    for script in fs::read_dir(ours).unwrap().map(|entry| entry.unwrap().path()) {
        if script.extension().is_some_and(|extension| extension == "mjs") {
            fs::copy(&script, folder.join(script.file_name().unwrap())).unwrap();
        }
    }
    Some(folder)
}

fn run(folder: &Path, script: &str, arguments: &[&str], environment: &[(&str, &str)]) {
    let output = Command::new("node")
        .arg(script)
        .args(arguments)
        .envs(environment.iter().copied())
        .env("SIT_CACHE", cache_dir())
        .current_dir(folder)
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains(": ok"), "{script}: {text}");
}

#[test]
fn viem_sends_reads_hears_and_moves_time() {
    let Some(folder) = clients() else { return };
    let program = Program::start(&["--bare", "--automine"]);
    run(&folder, "viem.mjs", &[&program.url], &[]);
}

/// A chain like the Hub in what a client counts by: `pending` is the newest block, and a block comes every second.
const LIKE_THE_HUB: &[&str] = &["--bare", "--block-time", "1", "--pending-is-latest"];

#[test]
fn viem_sends_and_waits_where_pending_is_the_newest_block() {
    let Some(folder) = clients() else { return };
    let program = Program::start(LIKE_THE_HUB);
    run(&folder, "viem.mjs", &[&program.url], &[]);
}

#[test]
fn ethers_sends_and_waits_where_pending_is_the_newest_block() {
    let Some(folder) = clients() else { return };
    let program = Program::start(LIKE_THE_HUB);
    run(&folder, "ethers.mjs", &[&program.url], &[]);
}

#[test]
fn cast_sends_and_waits_where_pending_is_the_newest_block() {
    let Some(folder) = clients() else { return };
    let Some(cast) = tool(&folder, "cast") else { return };
    let program = Program::start(LIKE_THE_HUB);
    run(&folder, "cast.mjs", &[&program.url, &cast], &[]);
}

#[test]
fn viem_deploys_a_blob_deposits_places_and_cancels() {
    let Some(folder) = clients() else { return };
    let program = Program::start(&["--automine"]);
    run(&folder, "viem.mjs", &[&program.url], &[("SIT_EXCHANGE", "1")]);
}

#[test]
fn ethers_sends_reads_and_hears() {
    let Some(folder) = clients() else { return };
    let program = Program::start(&["--bare", "--automine"]);
    run(&folder, "ethers.mjs", &[&program.url], &[]);
}

#[test]
fn ethers_deploys_a_blob_deposits_places_and_cancels() {
    let Some(folder) = clients() else { return };
    let program = Program::start(&["--automine"]);
    run(&folder, "ethers.mjs", &[&program.url], &[("SIT_EXCHANGE", "1")]);
}

#[test]
fn cast_deploys_a_blob_deposits_places_and_cancels() {
    let Some(folder) = clients() else { return };
    let Some(cast) = tool(&folder, "cast") else { return };
    let program = Program::start(&["--automine"]);
    run(&folder, "cast.mjs", &[&program.url, &cast], &[("SIT_EXCHANGE", "1")]);
}

#[test]
fn cast_sends_deploys_and_reads() {
    let Some(folder) = clients() else { return };
    let Some(cast) = tool(&folder, "cast") else { return };
    let program = Program::start(&["--bare", "--automine"]);
    run(&folder, "cast.mjs", &[&program.url, &cast], &[]);
}

#[test]
fn answers_have_the_shape_of_anvils() {
    let Some(folder) = clients() else { return };
    let Some(anvil) = tool(&folder, "anvil") else { return };
    let mut anvil = Command::new(anvil).args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(anvil.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("Listening on ")).expect("Anvil says where it listens");
    let url = format!("http://{}", line.trim_start_matches("Listening on ").trim());
    std::thread::spawn(move || lines.for_each(drop));
    let anvil = Program { child: anvil, url };
    let program = Program::start(&["--bare", "--automine"]);
    run(&folder, "shapes.mjs", &[&anvil.url, &program.url], &[]);
}

/// A program of Foundry, from its npm package for this machine.
fn tool(folder: &Path, name: &str) -> Option<String> {
    let arch = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    let path = folder.join(format!("node_modules/@foundry-rs/{name}-linux-{arch}/bin/{name}"));
    if !path.exists() {
        eprintln!("NOT CHECKED: {} is not installed", path.display());
        return None;
    }
    Some(path.display().to_string())
}

#[test]
fn a_chain_that_is_killed_has_lost_no_block_that_anybody_saw() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let program = Program::start(&["--bare", "--automine", "--state", state]);
        let ask = |method: &str, params: serde_json::Value| {
            let request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            post(&program.url, &request.to_string())["result"].clone()
        };
        for (number, hash) in &seen {
            assert_eq!(ask("eth_getBlockByNumber", serde_json::json!([number, false]))["hash"], *hash);
        }
        for _ in 0..20 {
            let call = serde_json::json!([{
                "from": "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "to": "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
                "value": "0x2386f26fc10000",
            }]);
            let hash = ask("eth_sendTransaction", call);
            let receipt = ask("eth_getTransactionReceipt", serde_json::json!([hash]));
            assert_eq!(receipt["status"], "0x1");
            seen.push((receipt["blockNumber"].clone(), receipt["blockHash"].clone()));
        }
        // Dropping the program kills it with SIGKILL, right after the last answer.
    }
    assert_eq!(seen.len(), 60);
}

#[test]
fn the_program_seals_the_same_blocks_twice_when_it_is_told_to() {
    const BLOCKS: u64 = 60;
    let run = || {
        let program = Program::start(&["--deterministic", "--round", "20", "--seed", "7"]);
        let ask = |method: &str, params: serde_json::Value| {
            let request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            post(&program.url, &request.to_string())["result"].clone()
        };
        let mut hashes = Vec::new();
        let begun = std::time::Instant::now();
        while (hashes.len() as u64) < BLOCKS {
            let number = format!("{:#x}", hashes.len());
            match ask("eth_getBlockByNumber", serde_json::json!([number, false]))["hash"].clone() {
                serde_json::Value::Null => std::thread::sleep(std::time::Duration::from_millis(20)),
                hash => hashes.push(hash),
            }
            assert!(begun.elapsed().as_secs() < 120, "{} blocks after two minutes", hashes.len());
        }
        hashes
    };
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first.iter().collect::<std::collections::HashSet<_>>().len(), first.len());
}

/// From the start of the program on: it answers within a second, and both makers quote both sides of all ten months
/// within ten. A machine that does something else meanwhile is no fault of its, so what counts is what it computes, of
/// which the clock's ten seconds have room for five: the rest is waiting for two blocks of two seconds.
#[test]
fn a_market_lives_within_ten_seconds() {
    let begun = Instant::now();
    let program = Program::start(&[]);
    let (answered, answering) = (begun.elapsed(), program.computed());
    assert!(answering < 1.0, "{answering} s of the processor until the first answer");
    let ask = |method: &str, params: serde_json::Value| {
        let request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        post(&program.url, &request.to_string())["result"].clone()
    };
    let mut quoted = BTreeSet::new();
    let mut first = None;
    while quoted.len() < 2 * 2 * 10 {
        assert!(begun.elapsed().as_secs() < 120, "after two minutes there are {} quotes", quoted.len());
        std::thread::sleep(Duration::from_millis(20));
        let clearing = ask("sit_deployments", serde_json::json!([]))["clearing"].clone();
        if clearing.is_null() {
            continue;
        }
        let logs = ask("eth_getLogs", serde_json::json!([{ "fromBlock": "0x0", "address": clearing }]));
        for log in logs.as_array().unwrap() {
            let word = |topic: &serde_json::Value| hex::decode_to_array(topic.as_str().unwrap()).unwrap();
            let topics: Vec<[u8; 32]> = log["topics"].as_array().unwrap().iter().map(word).collect();
            let data = hex::decode(log["data"].as_str().unwrap()).unwrap();
            let event = codec::event(Contract::Clearing, &topics, &data).expect("it is of the vocabulary");
            if let Some(Placed { seat, instrument, side, .. }) = event.read() {
                quoted.insert((seat, instrument, side == Side::Buy));
                first.get_or_insert_with(|| begun.elapsed());
            }
        }
    }
    let computed = program.computed();
    eprintln!(
        "answers after {answered:?}, the first quote after {:?}, all ten months after {:?}; {computed} s of the processor",
        first.unwrap(),
        begun.elapsed()
    );
    let makers: BTreeSet<Seat> = quoted.iter().map(|(seat, _, _)| *seat).collect();
    assert_eq!(makers.len(), 2, "{quoted:?}");
    assert!(computed < 5.0, "{computed} s of the processor until all months are quoted");
}

/// foundry-rs/foundry#10122, with blocks that are made by the clock: two hundred senders of five transactions.
#[test]
fn blocks_of_the_clock_take_whatever_is_ready_until_they_are_full() {
    const SENDERS: usize = 200;
    const EACH: u64 = 5;
    let program = Program::start(&["--bare", "--no-mining"]);
    let mut chain = Kept::open(&program.url);
    let mut ask = |method: &str, params: serde_json::Value| {
        let request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = chain.ask(&request.to_string());
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    };
    let people: Vec<Key> = (0..SENDERS).map(|person| Key::named(&format!("person {person}"), Role::Yours)).collect();
    for person in &people {
        ask("anvil_setBalance", serde_json::json!([format!("{:?}", person.address), "0x56bc75e2d63100000"]));
    }
    for nonce in 0..EACH {
        for person in &people {
            // With gas for no more than it needs: a block has to have room for all that a transaction has declared.
            let transaction = TxEip1559 {
                chain_id: CHAIN_ID,
                nonce,
                gas_limit: 240,
                max_fee_per_gas: 8_000_000_000_000,
                to: TxKind::Call(Address::from(people[0].address.0)),
                value: U256::ZERO,
                ..Default::default()
            };
            let signature = person.sign_digest(&transaction.signature_hash().0).unwrap();
            let signed = transaction.into_signed(Signature::from_raw(&signature).unwrap());
            let raw = hex::encode_prefixed(TxEnvelope::from(signed).encoded_2718());
            ask("eth_sendRawTransaction", serde_json::json!([raw]));
        }
    }
    let waiting = |pool: serde_json::Value| pool["pending"].as_str().unwrap().to_owned();
    assert_eq!(waiting(ask("txpool_status", serde_json::json!([]))), "0x3e8");
    ask("evm_setIntervalMining", serde_json::json!([1]));
    let begun = Instant::now();
    while waiting(ask("txpool_status", serde_json::json!([]))) != "0x0" {
        assert!(begun.elapsed().as_secs() < 300, "transactions are left");
        std::thread::sleep(Duration::from_millis(100));
    }
    let height =
        u64::from_str_radix(&ask("eth_blockNumber", serde_json::json!([])).as_str().unwrap()[2..], 16).unwrap();
    let mut counts = Vec::new();
    for number in 1..=height {
        let block = ask("eth_getBlockByNumber", serde_json::json!([format!("{number:#x}"), false]));
        counts.push(block["transactions"].as_array().unwrap().len());
    }
    let shares = ask("eth_feeHistory", serde_json::json!([height, "latest", []]))["gasUsedRatio"].clone();
    let taken: Vec<usize> = counts.iter().copied().filter(|count| *count > 0).collect();
    assert_eq!(taken.iter().sum::<usize>(), SENDERS * EACH as usize, "{counts:?}");
    let full = taken[0];
    // All are alike, so every block but the last has as many, and no room for one more.
    assert!(taken[..taken.len() - 1].iter().all(|count| *count == full), "{counts:?}");
    let place = counts.iter().position(|count| *count == full).unwrap();
    let share = shares[place].as_f64().unwrap();
    assert!(share <= 1.0 && share + 2.0 * share / full as f64 > 1.0, "{full} take {share} of a block");
}

#[test]
fn the_program_measures_itself_and_says_how_far_it_is() {
    let mut measuring = Command::new(env!("CARGO_BIN_EXE_sit-devnet"))
        .args(["--measure", "80"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Told when it is known, and not when all is done.
    let mut lines = BufReader::new(measuring.stdout.take().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().expect("a figure");
    assert!(measuring.try_wait().unwrap().is_none(), "it has ended with its first figure: {first}");
    let text = [vec![first], lines.collect()].concat().join("\n");
    let ended = measuring.wait_with_output().unwrap();
    let notes = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{text}{notes}");
    for far in ["transfers of the token in the harness", "80 of 80 blocks"] {
        assert!(notes.contains(far), "{far}: {notes}");
    }
    // The market's first turn takes several blocks.
    assert!(notes.matches(" of 80 blocks").count() > 2, "{notes}");
    // What the chapter's table quotes: speeds with their ratio to the harness, the end of a block, memory.
    for said in [
        "times the harness's time",
        "times its time for each",
        "changed balances of the token",
        "after 80 blocks of a market",
        "MB resident",
        " to 80 blocks memory grew by ",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // What was promised, of which a slower machine may have half the speed.
    let number = |before: &str| -> f64 {
        let rest = text.split_once(before).unwrap_or_else(|| panic!("{before}: {text}")).1;
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(number("changed balances of the token: ") < 5.0, "milliseconds to end a block: {text}");
    assert!(number("exchange: ") > 250.0, "messages a second: {text}");
}

/// A request over HTTP by hand: a client that knows nothing of the chain.
fn post(url: &str, body: &str) -> serde_json::Value {
    use std::io::{Read, Write};
    let address = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head =
        format!("POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    serde_json::from_str(body).unwrap()
}

#[test]
fn a_body_that_is_too_long_is_refused_and_other_machines_are_not_listened_to_by_chance() {
    use std::io::{Read, Write};
    let program = Program::start(&["--bare"]);
    let address = program.url.trim_start_matches("http://").to_owned();
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    let head = format!("POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 5000000\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // The program may answer before all of it is sent.
    let _ = stream.write_all(&vec![b' '; 5_000_000]);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(post(&program.url, r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#)["result"], "0x190f1b44");

    let refused = Command::new(env!("CARGO_BIN_EXE_sit-devnet")).args(["--host", "0.0.0.0"]).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--i-know-keys-are-public"));
}

/// What the program writes on a connection for a request; nothing when it ends the connection.
fn wire(url: &str, body: &str) -> String {
    use std::io::{Read, Write};
    let address = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head =
        format!("POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has no answer either.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn faults_reach_the_wire_and_end_when_they_are_told() {
    let program = Program::start(&["--bare", "--faults", r#"{"tooMany": 1, "methods": ["eth_gasPrice"]}"#]);
    let price = r#"{"jsonrpc":"2.0","id":1,"method":"eth_gasPrice"}"#;
    assert!(wire(&program.url, price).starts_with("HTTP/1.1 429"));
    let plan = r#"{"jsonrpc":"2.0","id":1,"method":"sit_faults","params":[{"drop": 1, "methods": ["eth_gasPrice"]}]}"#;
    assert_eq!(post(&program.url, plan)["result"]["met"]["tooMany"], 1);
    assert_eq!(wire(&program.url, price), "");
    post(&program.url, r#"{"jsonrpc":"2.0","id":1,"method":"sit_faults","params":[null]}"#);
    assert_eq!(post(&program.url, price)["result"], "0x746a5288000");
    let refused = Command::new(env!("CARGO_BIN_EXE_sit-devnet")).args(["--faults", "{\"dorp\": 1}"]).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("unknown field `dorp`"));
}

#[test]
fn a_chain_goes_on_from_a_file_with_the_fees_that_were_asked() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&["--bare", "--automine", "--fee-multiplier", "0.1"]);
    let ask = |program: &Program, method: &str, params: serde_json::Value| {
        let request = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        post(&program.url, &request.to_string())["result"].clone()
    };
    assert_eq!(ask(&program, "eth_gasPrice", serde_json::json!([])), "0xba43b74000");
    let call = serde_json::json!([{
        "from": "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "to": "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
        "value": "0x2386f26fc10000",
    }]);
    let hash = ask(&program, "eth_sendTransaction", call);
    let receipt = ask(&program, "eth_getTransactionReceipt", serde_json::json!([hash]));
    let file = folder.path().join("chain");
    fs::write(&file, ask(&program, "anvil_dumpState", serde_json::json!([])).to_string()).unwrap();
    let again = Program::start(&["--quiet-market", "--load-state", file.to_str().unwrap()]);
    assert_eq!(ask(&again, "eth_getTransactionReceipt", serde_json::json!([hash])), receipt);
    assert_eq!(ask(&again, "eth_gasPrice", serde_json::json!([])), "0xba43b74000");
}

/// foundry-rs/foundry#10944, over the wire: whoever sees a head finds its receipts, whatever is sealed meanwhile.
#[test]
fn whoever_polls_the_head_finds_its_receipts() {
    let program = Program::start(&["--bare", "--automine"]);
    let done = std::sync::atomic::AtomicBool::new(false);
    let request = |method: &str, params: serde_json::Value| {
        serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
    };
    let (mut polls, mut seen) = (0, std::collections::BTreeSet::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut sending = Kept::open(&program.url);
            let call = serde_json::json!([{
                "from": "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "to": "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
                "value": "0x2386f26fc10000",
            }]);
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                assert!(sending.ask(&request("eth_sendTransaction", call.clone()))["result"].is_string());
            }
        });
        let mut polling = Kept::open(&program.url);
        while polls < 10_000 {
            let block =
                polling.ask(&request("eth_getBlockByNumber", serde_json::json!(["latest", false])))["result"].clone();
            polls += 1;
            for hash in block["transactions"].as_array().unwrap() {
                let receipt = &polling.ask(&request("eth_getTransactionReceipt", serde_json::json!([hash])))["result"];
                assert_eq!(receipt["blockHash"], block["hash"], "poll {polls}");
                polls += 1;
            }
            seen.insert(block["number"].as_str().unwrap().to_owned());
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(seen.len() > 20, "{} heads in {polls} polls", seen.len());
}

/// A connection that is kept for many requests.
struct Kept(BufReader<std::net::TcpStream>);

impl Kept {
    fn open(url: &str) -> Self {
        Self(BufReader::new(std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap()))
    }

    fn ask(&mut self, body: &str) -> serde_json::Value {
        self.try_ask(body).expect("the connection goes on")
    }

    /// The same of a program that may end meanwhile.
    fn try_ask(&mut self, body: &str) -> std::io::Result<serde_json::Value> {
        use std::io::{Error, ErrorKind, Read, Write};
        let head = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        self.0.get_mut().write_all(head.as_bytes())?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(Error::new(ErrorKind::UnexpectedEof, "the connection has ended"));
            }
            match line.trim_end().to_ascii_lowercase().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                None if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer)?;
        serde_json::from_slice(&answer).map_err(Error::other)
    }
}

/// What a chain that makes blocks by the clock is told must not end it: no request is answered after that.
#[test]
fn no_interval_ends_the_program() {
    let program = Program::start(&["--bare"]);
    let ask = |method: &str, params: &str| {
        post(&program.url, &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#))
    };
    for seconds in ["18446744073709551615", "4294967295", "0", "1"] {
        ask("evm_setIntervalMining", &format!("[{seconds}]"));
        let call = r#"[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x5f5e100"}]"#;
        assert!(ask("eth_sendTransaction", call)["result"].is_string(), "{seconds}");
        assert_eq!(ask("eth_chainId", "[]")["result"], "0x190f1b44", "{seconds}");
    }
    for options in [["--block-time", "18446744073709551615"], ["--start", "4294967296"]] {
        let refused = Command::new(env!("CARGO_BIN_EXE_sit-devnet")).arg("--bare").args(options).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{options:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("4294967295"), "{options:?}");
    }
}

/// A WebSocket by hand, whose frames are as somebody wants them.
struct Socket(std::net::TcpStream);

impl Socket {
    fn open(url: &str) -> Self {
        use std::io::{Read, Write};
        let address = url.trim_start_matches("http://");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = format!(
            "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
        Self(stream)
    }

    /// Sends a frame, masked by nothing: opcode 1 is text, 0 goes on, and the last one is final.
    fn send(&mut self, opcode: u8, last: bool, payload: &[u8]) -> std::io::Result<()> {
        use std::io::Write;
        let mut frame = vec![opcode | (u8::from(last) << 7), 0x80 | 127];
        frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(payload);
        self.0.write_all(&frame)
    }

    /// The next frame's payload; `None` when the connection has ended.
    fn receive(&mut self) -> Option<Vec<u8>> {
        use std::io::Read;
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        let length = match head[1] & 0x7f {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).ok()?;
                u64::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).ok()?;
                u64::from_be_bytes(length)
            }
            short => short.into(),
        };
        let mut payload = vec![0; length as usize];
        self.0.read_exact(&mut payload).ok()?;
        Some(payload)
    }
}

#[test]
fn a_message_in_parts_is_answered_and_one_without_end_ends_its_connection() {
    let program = Program::start(&["--bare", "--automine"]);
    let mut socket = Socket::open(&program.url);
    let request = br#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;
    socket.send(1, false, &request[..10]).unwrap();
    socket.send(0, false, &request[10..20]).unwrap();
    socket.send(9, true, b"still there?").unwrap();
    socket.send(0, true, &request[20..]).unwrap();
    let frames = [socket.receive().unwrap(), socket.receive().unwrap()];
    assert!(frames.iter().any(|frame| frame == b"still there?"), "the ping is answered");
    assert!(frames.iter().any(|frame| String::from_utf8_lossy(frame).contains("0x190f1b44")), "and the request");

    // A subscription is answered before it tells anything.
    socket.send(1, true, br#"{"jsonrpc":"2.0","id":2,"method":"eth_subscribe","params":["newHeads"]}"#).unwrap();
    let id: serde_json::Value = serde_json::from_slice(&socket.receive().unwrap()).unwrap();
    post(&program.url, r#"{"jsonrpc":"2.0","id":3,"method":"evm_mine"}"#);
    let told: serde_json::Value = serde_json::from_slice(&socket.receive().unwrap()).unwrap();
    assert_eq!(told["params"]["subscription"], id["result"]);

    let mut endless = Socket::open(&program.url);
    endless.send(1, false, b"[").unwrap();
    let part = vec![b' '; 1024 * 1024];
    // What is sent after the connection has ended fails, at once or after a while.
    let _ = (0..64).try_for_each(|_| endless.send(0, false, &part));
    assert_eq!(endless.receive(), None);
    assert_eq!(post(&program.url, std::str::from_utf8(request).unwrap())["result"], "0x190f1b44");
}
