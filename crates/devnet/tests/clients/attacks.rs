//! Whatever somebody does to the program from outside, it answers everybody else and loses nothing: bytes that are no
//! request, peers who are slow or never read, a folder that is in use or damaged, a port that is taken, `kill -9`.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sit_client::Deployment;
use sit_devnet::{
    node::{Beginning, Clock, Node, Notice},
    rpc::{Devnet, Mining},
    server::{self, Background},
};

use crate::{Kept, Program, Socket, post};

/// How long a test waits for what has to come.
const LONG: Duration = Duration::from_secs(120);
const CHAIN_ID: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;

fn request(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

fn ask(program: &Program, method: &str, params: Value) -> Value {
    let answer = post(&program.url, &request(method, params));
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

fn payment() -> Value {
    json!([{
        "from": "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "to": "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
        "value": "0x2386f26fc10000",
    }])
}

/// Sends a payment; where it is: number and hash of its block.
fn paid(program: &Program) -> (Value, Value) {
    let hash = ask(program, "eth_sendTransaction", payment());
    let receipt = ask(program, "eth_getTransactionReceipt", json!([hash]));
    (receipt["blockNumber"].clone(), receipt["blockHash"].clone())
}

fn connected(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// What comes until the program ends the connection, which it has to.
fn until_it_ends(stream: &mut TcpStream) -> Vec<u8> {
    let mut told = Vec::new();
    let mut part = vec![0; 1024 * 1024];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return told,
            Ok(bytes) => told.extend_from_slice(&part[..bytes]),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => return told,
            Err(error) => panic!("the connection is still there: {error}"),
        }
    }
}

/// Resident memory of a program in bytes.
fn resident(program: &Program) -> usize {
    let text = fs::read_to_string(format!("/proc/{}/statm", program.child.id())).unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

/// The most memory that a program has had so far, in bytes.
fn peak(program: &Program) -> usize {
    let text = fs::read_to_string(format!("/proc/{}/status", program.child.id())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1_024
}

/// The number of the newest block.
fn height(program: &Program) -> u64 {
    let number = ask(program, "eth_blockNumber", json!([]));
    u64::from_str_radix(&number.as_str().unwrap()[2..], 16).unwrap()
}

/// Why the program does not start.
fn refused(arguments: &[&str]) -> String {
    let ended = Command::new(env!("CARGO_BIN_EXE_sit-devnet")).args(arguments).output().unwrap();
    let why = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {why}");
    why
}

#[test]
fn bytes_that_are_no_request_leave_the_chain_to_everybody_else() {
    let program = Program::start(&["--bare", "--automine"]);
    let sound = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{CHAIN_ID}", CHAIN_ID.len());
    let broken = [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\n\r\n\r\n",
    ];
    let mut random = StdRng::seed_from_u64(11);
    for number in 0..600_usize {
        let mut bytes = match number % 3 {
            0 => broken[number / 3 % broken.len()].as_bytes().to_vec(),
            1 => (0..random.next_u32() % 4_096).map(|_| random.next_u32() as u8).collect(),
            _ => {
                let mut bytes = sound.clone().into_bytes();
                for _ in 0..=random.next_u32() % 4 {
                    let place = random.next_u32() as usize % bytes.len();
                    bytes[place] = random.next_u32() as u8;
                }
                bytes
            }
        };
        if number % 7 == 0 {
            bytes.extend(vec![b'a'; 200_000]);
        }
        // The program may have gone before all of it is sent, and nobody waits for what it says.
        let _ = connected(&program.url).write_all(&bytes);
        if number % 50 == 0 {
            paid(&program);
        }
    }
    // What is no request and no fault either has an answer that says what would have been one.
    let mut stream = connected(&program.url);
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let told = String::from_utf8(until_it_ends(&mut stream)).unwrap();
    assert!(told.starts_with("HTTP/1.1 405") && told.contains("JSON-RPC is sent by POST"), "{told}");
    paid(&program);
}

#[test]
fn frames_that_are_none_end_their_socket_and_nothing_else() {
    let program = Program::start(&["--bare", "--automine"]);
    let mut random = StdRng::seed_from_u64(12);
    let text = CHAIN_ID.as_bytes();
    for number in 0..300_u32 {
        let mut socket = Socket::open(&program.url);
        socket.0.set_read_timeout(Some(LONG)).unwrap();
        let frame: Vec<u8> = match number % 10 {
            // Opcodes that are none, and bits that nobody has agreed upon.
            0 => vec![0x83 + (number / 10 % 5) as u8, 0x80, 0, 0, 0, 0],
            1 => vec![0xf1, 0x80, 0, 0, 0, 0],
            // A frame of all the bytes there are, and one of two to the 63rd.
            2 => [&[0x81_u8, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat(),
            3 => [&[0x81_u8, 0xff][..], &(1_u64 << 63).to_be_bytes(), &[0; 4]].concat(),
            // A ping of more than 125 bytes, one in parts, and what goes on with nothing.
            4 => [&[0x89_u8, 0xfe, 0x01, 0x00, 0, 0, 0, 0][..], &[7; 256]].concat(),
            5 => vec![0x09, 0x80, 0, 0, 0, 0],
            6 => vec![0x80, 0x81, 0, 0, 0, 0, b'x'],
            // An end with half a code, with a code that is none, and with a reason that is no text.
            7 => vec![0x88, 0x81, 0, 0, 0, 0, 3],
            8 => [&[0x88_u8, 0x86, 0, 0, 0, 0][..], &[0x00, 0x05, 0xff, 0xfe, 0xfd, 0xfc]].concat(),
            _ => (0..64 + random.next_u32() % 512).map(|_| random.next_u32() as u8).collect(),
        };
        let _ = socket.0.write_all(&frame);
        // A sound one after it, which may be heard or not.
        let _ = socket.send(1, true, text);
        if number % 30 == 0 {
            paid(&program);
        }
    }
    // Without a mask, which clients must have, and as bytes instead of text: understood all the same, or the socket
    // ends.
    let mut socket = Socket::open(&program.url);
    socket.0.set_read_timeout(Some(LONG)).unwrap();
    let _ = socket.0.write_all(&[&[0x82, text.len() as u8][..], text].concat());
    assert!(socket.receive().is_none_or(|answer| String::from_utf8_lossy(&answer).contains("0x190f1b44")));
    let mut socket = Socket::open(&program.url);
    for odd in ["", "[]", "[[]]", "{", "null", "7", "{\"method\":\"eth_subscribe\"}", "[{\"method\":7}]"] {
        socket.send(1, true, odd.as_bytes()).unwrap();
    }
    socket.send(1, true, text).unwrap();
    let mut answers = Vec::new();
    while !answers.last().is_some_and(|answer: &String| answer.contains("0x190f1b44")) {
        answers.push(String::from_utf8(socket.receive().expect("the socket is still there")).unwrap());
    }
    assert!(answers[..answers.len() - 1].iter().all(|answer| answer.contains("\"error\"")), "{answers:?}");
    paid(&program);
}

/// A subscriber whose program stands in a debugger. They are let go when too much waits for them, so that they see that
/// they have missed something; what waits takes no more memory than that, and the chain waits for nobody.
#[test]
fn who_subscribes_and_never_reads_is_let_go() {
    const SUBSCRIPTIONS: usize = 50;
    const BLOCKS: usize = 4_000;
    let program = Program::start(&["--bare", "--no-mining"]);
    let mut idle = Socket::open(&program.url);
    idle.0.set_read_timeout(Some(LONG)).unwrap();
    for id in 0..SUBSCRIPTIONS {
        let subscribe = json!({ "jsonrpc": "2.0", "id": id, "method": "eth_subscribe", "params": ["newHeads"] });
        idle.send(1, true, subscribe.to_string().as_bytes()).unwrap();
    }
    // Somebody who reads hears everything meanwhile.
    let mut awake = Socket::open(&program.url);
    awake.0.set_read_timeout(Some(LONG)).unwrap();
    awake.send(1, true, br#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#).unwrap();
    awake.receive().unwrap();
    let (first, before) = (height(&program), resident(&program));
    let reading = thread::spawn(move || {
        let mut heads = 0;
        while heads < BLOCKS {
            awake.receive().expect("who reads is told");
            heads += 1;
        }
    });
    for _ in 0..BLOCKS / 100 {
        ask(&program, "anvil_mine", json!([100]));
    }
    reading.join().unwrap();
    // Two hundred thousand heads of some 1.5 kB would be 300 MB.
    let more = resident(&program).saturating_sub(before);
    assert!(more < 100_000_000, "{more} bytes more");
    let told = until_it_ends(&mut idle.0);
    let heads = String::from_utf8_lossy(&told).matches("eth_subscription").count();
    // What it has at least is what its own system kept for it.
    assert!((1..SUBSCRIPTIONS * BLOCKS).contains(&heads), "{heads} heads were told");
    assert_eq!(height(&program), first + BLOCKS as u64);
}

/// Logs of a megabyte in one block, and two hundred filters that nobody asks: what they keep together has a bound, and
/// at no moment do they have more.
#[test]
fn a_block_that_many_filters_hear_takes_no_more_memory_than_there_is_room_for() {
    let program = Program::start(&["--bare", "--automine"]);
    let from = payment()[0]["from"].clone();
    // PUSH3 65536 PUSH0 LOG0, sixteen times; STOP.
    let code = format!("0x6061600c60003960616000f3{}00", "620100005fa0".repeat(16));
    let hash = ask(&program, "eth_sendTransaction", json!([{ "from": from, "data": code }]));
    let emits = ask(&program, "eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone();
    let call = json!([{ "from": from, "to": emits }]);
    let emit = || {
        let hash = ask(&program, "eth_sendTransaction", call.clone());
        assert_eq!(ask(&program, "eth_getTransactionReceipt", json!([hash]))["logs"].as_array().unwrap().len(), 16);
    };
    emit();
    let before = peak(&program);
    for _ in 0..200 {
        ask(&program, "eth_newFilter", json!([{}]));
    }
    emit();
    // Two megabytes of text for each are four hundred.
    let more = peak(&program).saturating_sub(before);
    assert!(more < 200_000_000, "{more} bytes more");
    paid(&program);
}

/// Nothing happens on it but what is asked.
struct Idle;

impl Background for Idle {
    fn work(&mut self, _: &mut Devnet) -> Result<Option<Duration>, String> {
        Ok(None)
    }

    fn hear(&mut self, _: &Devnet, _: &[Notice]) {}
}

/// Where a chain is whose peers may take so long over a request.
fn impatient(patience: Duration) -> String {
    const START: u64 = 1_796_630_400;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let make = || -> Result<(Devnet, Box<dyn Background>), String> {
            let node = Node::new(&Beginning::with_keys(START, 64), Clock::fixed(START, 2))?;
            let idle: Box<dyn Background> = Box::new(Idle);
            Ok((Devnet::new(node, Deployment::default(), Mining::Automatic), idle))
        };
        let ready = move |bound| tell.send(bound).expect("somebody waits for it");
        server::serve(SocketAddr::from(([127, 0, 0, 1], 0)), patience, make, ready)
    });
    format!("http://{}", told.recv().expect("it says where it is"))
}

#[test]
fn who_is_slow_or_silent_is_let_go_and_nobody_waits_for_them() {
    // Longer than a busy machine lets somebody wait who is neither.
    let url = impatient(Duration::from_secs(5));
    let open = |text: &str| {
        let mut stream = connected(&url);
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\n";
    let crowd: Vec<TcpStream> = (0..200).map(|_| open(&format!("{head}Content-Length: 1000\r\n\r\n["))).collect();
    let mut silent = open("");
    let mut half = open(head);
    let body = open(&format!("{head}Content-Length: 100\r\n\r\n{{"));
    let parts = open(&format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"id\"\r\n"));
    let begun = Instant::now();
    assert_eq!(post(&url, CHAIN_ID)["result"], "0x190f1b44");
    assert!(begun.elapsed() < LONG);
    until_it_ends(&mut silent);
    until_it_ends(&mut half);
    for mut late in [body, parts] {
        let told = String::from_utf8(until_it_ends(&mut late)).unwrap();
        assert!(told.starts_with("HTTP/1.1 408") && told.contains("was not there after 5s: send it at once"), "{told}");
    }
    // Whoever has been answered and asks nothing more is not kept either.
    let mut asked = Kept::open(&url);
    assert_eq!(asked.ask(CHAIN_ID)["result"], "0x190f1b44");
    asked.0.get_mut().set_read_timeout(Some(LONG)).unwrap();
    until_it_ends(asked.0.get_mut());
    drop(crowd);
    assert_eq!(post(&url, CHAIN_ID)["result"], "0x190f1b44");
}

#[test]
fn a_port_that_is_taken_is_said_before_anything_is_deleted_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let kept = Program::start(&["--bare", "--automine", "--state", state]);
    let (number, hash) = paid(&kept);
    drop(kept);
    let other = Program::start(&["--bare"]);
    let port = other.url.rsplit(':').next().unwrap();
    let why = refused(&["--port", port, "--bare", "--state", state, "--reset"]);
    assert!(why.contains(&format!("127.0.0.1:{port} cannot be listened to: ")), "{why}");
    assert!(why.trim_end().ends_with("choose another with --port"), "{why}");
    let again = Program::start(&["--bare", "--state", state]);
    assert_eq!(ask(&again, "eth_getBlockByNumber", json!([number, false]))["hash"], hash);
}

#[test]
fn a_second_program_on_a_folder_is_refused_and_takes_nothing_from_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let first = Program::start(&["--bare", "--automine", "--state", state]);
    let mut blocks = vec![paid(&first)];
    let plain = ["--port", "0", "--bare", "--state", state, "--reset"];
    for arguments in [&plain[..5], &plain] {
        let why = refused(arguments);
        assert!(why.contains("chain.redb is in use by another program: stop that one"), "{why}");
        blocks.push(paid(&first));
    }
    drop(first);
    let again = Program::start(&["--bare", "--state", state]);
    for (number, hash) in blocks {
        assert_eq!(ask(&again, "eth_getBlockByNumber", json!([number, false]))["hash"], hash);
    }
}

/// Waits until an exchange is open on a chain and, where it is kept, written down.
fn opened(program: &Program, record: &Path) {
    let begun = Instant::now();
    while ask(program, "sit_market", json!([]))["months"].as_array().unwrap().len() < 10 || !record.exists() {
        assert!(begun.elapsed() < LONG, "the exchange is not open");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_wrong_with_a_folder_is_said_with_what_to_do_and_doing_it_helps() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let (file, record) = (folder.path().join("chain.redb"), folder.path().join("deployment.json"));
    let with_market = ["--port", "0", "--quiet-market", "--automine", "--state", state];

    // A chain without an exchange is none with one.
    paid(&Program::start(&["--bare", "--automine", "--state", state]));
    let why = refused(&with_market);
    assert!(why.contains("has no exchange: say --bare, or begin anew with --reset"), "{why}");
    let program = Program::start(&["--quiet-market", "--automine", "--state", state, "--reset"]);
    opened(&program, &record);
    drop(program);
    let written = fs::read_to_string(&record).unwrap();

    // What says where the exchange is, in half and in none.
    for text in [&written[..written.len() / 2], ""] {
        fs::write(&record, text).unwrap();
        let why = refused(&with_market);
        assert!(why.contains("deployment.json: ") && why.contains("begin anew with --reset"), "{why}");
    }
    fs::write(&record, &written).unwrap();
    let program = Program::start(&with_market[2..]);
    opened(&program, &record);
    drop(program);
    assert_eq!(fs::read_to_string(&record).unwrap(), written);

    // A chain of which half is gone; and without it the record is of nothing, and an exchange is opened anew.
    let sound = fs::read(&file).unwrap();
    fs::write(&file, &sound[..6_000]).unwrap();
    let why = refused(&with_market);
    assert!(why.contains("chain.redb is damaged: ") && why.contains("begin anew with --reset"), "{why}");
    fs::remove_file(&file).unwrap();
    opened(&Program::start(&with_market[2..]), &record);
}

/// Killed at moments that nobody chose, while transactions pour in and somebody looks: every block that was seen is
/// there again, and the chain goes on.
#[test]
fn a_chain_that_is_killed_in_the_middle_of_its_work_has_every_block_that_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let mut seen: Vec<(Value, Value)> = Vec::new();
    let mut random = StdRng::seed_from_u64(9);
    for _ in 0..10 {
        let program = Program::start(&["--bare", "--automine", "--state", state]);
        let mut chain = Kept::open(&program.url);
        for (number, hash) in &seen {
            let block = chain.ask(&request("eth_getBlockByNumber", json!([number, false])));
            assert_eq!(block["result"]["hash"], *hash, "block {number}");
        }
        let (mut sending, mut looking) = (Kept::open(&program.url), Kept::open(&program.url));
        let (begun, beginning) = mpsc::channel();
        let (sends, looks) = (begun.clone(), begun);
        let sender = thread::spawn(move || {
            let mut sent = 0;
            while sending.try_ask(&request("eth_sendTransaction", payment())).is_ok_and(|it| it["result"].is_string()) {
                sent += 1;
                if sent == 1 {
                    sends.send(()).unwrap();
                }
            }
            sent
        });
        let looker = thread::spawn(move || {
            let mut heads = Vec::new();
            while let Ok(head) = looking.try_ask(&request("eth_getBlockByNumber", json!(["latest", false]))) {
                let head = (head["result"]["number"].clone(), head["result"]["hash"].clone());
                if heads.last() != Some(&head) {
                    heads.push(head);
                    if heads.len() == 1 {
                        looks.send(()).unwrap();
                    }
                }
            }
            heads
        });
        // However slow the machine is, both have begun.
        for _ in 0..2 {
            beginning.recv_timeout(LONG).unwrap();
        }
        thread::sleep(Duration::from_millis(100 + u64::from(random.next_u32() % 300)));
        // With SIGKILL.
        drop(program);
        let (sent, heads) = (sender.join().unwrap(), looker.join().unwrap());
        assert!(sent > 0 && !heads.is_empty(), "{sent} are sent, {} heads are seen", heads.len());
        seen.extend(heads);
        seen.dedup();
    }
    assert!(seen.len() > 20, "{} blocks are seen", seen.len());
}

/// A disk that is full: the program says so and ends, with every block on disk that somebody has seen, and goes on when
/// there is room.
#[test]
fn a_disk_that_is_full_ends_the_program_and_loses_no_block_that_was_told() {
    const MOST: usize = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let mut command = Command::new("bash");
    // No file may have more than sixteen MiB; the signal is ignored, so that to write more is an error.
    command.args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_sit-devnet")]);
    command.args(["--port", "0", "--quiet", "--bare", "--automine", "--state", state]);
    let mut program = Program::of(command);
    let mut chain = Kept::open(&program.url);
    let mut long = payment();
    long[0]["data"] = json!(format!("0x{}", "11".repeat(100_000)));
    let mut seen = Vec::new();
    // Whoever asks in the same breath is not told of a block that will be gone.
    let both =
        [request("eth_sendTransaction", long), request("eth_getBlockByNumber", json!(["latest", false]))].join(",");
    while seen.len() < MOST {
        let Ok(told) = chain.try_ask(&format!("[{both}]")) else { break };
        if !told[0]["result"].is_string() {
            for refused in told.as_array().unwrap() {
                assert!(refused["error"]["message"].as_str().is_some_and(|why| why.contains("chain.redb: ")), "{told}");
            }
            break;
        }
        seen.push((told[1]["result"]["number"].clone(), told[1]["result"]["hash"].clone()));
    }
    assert!(seen.len() > 5 && seen.len() < MOST, "{} blocks", seen.len());
    assert_eq!(program.child.wait().unwrap().code(), Some(2));
    drop(program);
    let again = Program::start(&["--bare", "--automine", "--state", state]);
    for (number, hash) in seen {
        assert_eq!(ask(&again, "eth_getBlockByNumber", json!([number, false]))["hash"], hash);
    }
    paid(&again);
}
