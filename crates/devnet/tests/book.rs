//! What the chapter "A chain of your own" says to type is typed.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    sync::Mutex,
    thread,
};

use serde_json::{Value, json};
use sit_client::{
    Deployment,
    rpc::{Limits, Rpc},
};
use sit_devnet::{
    DOT, keyring,
    node::{Beginning, Clock, Node},
    rpc::{Devnet, Mining},
};

const CHAPTER: &str = include_str!("../../../docs/book/src/devnet.md");

fn chain() -> Devnet {
    let accounts = keyring::all().iter().map(|key| (key.address, 1_000_000 * DOT, 10_000_000_000_000)).collect();
    let beginning = Beginning { time: 1_796_630_400, accounts, history: 64 };
    let node = Node::new(&beginning, Clock::fixed(beginning.time, 2)).unwrap();
    Devnet::new(node, Deployment::default(), Mining::Automatic)
}

/// Blocks of the chapter in a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    CHAPTER.split(fence.as_str()).skip(1).map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn every_request_of_the_chapter_is_answered() {
    let mut chain = chain();
    let requests = blocks("request");
    for text in &requests {
        let answer: Value = serde_json::from_str(&chain.answer_text(text.as_bytes()).unwrap()).unwrap();
        assert!(answer.get("result").is_some(), "{text}{answer}");
    }
    assert_eq!(requests.len(), 17);
}

#[test]
fn what_the_chapter_sends_with_curl_moves_the_clock_by_an_hour() {
    let mut chain = chain();
    let lines: Vec<&str> = blocks("sh").into_iter().flat_map(str::lines).collect();
    let [line] = lines[..] else { panic!("{lines:?}") };
    assert!(line.starts_with("curl -s -H 'content-type: application/json' http://127.0.0.1:8545 --data '"), "{line}");
    let body = line.split_once("--data '").and_then(|(_, rest)| rest.strip_suffix('\'')).unwrap();
    let before = chain.node.head().time();
    let answers: Value = serde_json::from_str(&chain.answer_text(body.as_bytes()).unwrap()).unwrap();
    let answers = answers.as_array().unwrap();
    assert!(answers.len() == 2 && answers.iter().all(|answer| answer.get("result").is_some()), "{answers:?}");
    let passed = chain.node.head().time() - before;
    assert!((3_600..3_610).contains(&passed), "{passed} s passed");
}

#[test]
fn what_the_chapter_says_is_not_there_is_not() {
    let mut chain = chain();
    let (_, rest) = CHAPTER.split_once("Of Anvil's methods these do not exist here:").unwrap();
    let (told, _) = rest.split_once("\n* ").unwrap();
    for name in [
        "anvil_reset",
        "anvil_mine_detailed",
        "evm_mine_detailed",
        "anvil_setChainId",
        "anvil_setCoinbase",
        "anvil_setNextBlockBaseFeePerGas",
        "evm_setBlockGasLimit",
    ] {
        assert!(told.contains(&format!("`{name}`")), "{name}: {told}");
        assert_eq!(chain.call(name, &json!([])).unwrap_err().code, -32601, "{name}");
    }
}

/// What the chapter writes behind `scripts/devnet`, and the options that it names by themselves, each with what it
/// takes. A file is one that `anvil_dumpState` has answered.
fn commands(file: &str) -> Vec<Vec<String>> {
    let spans: Vec<&str> = CHAPTER.split(['`', '\n']).collect();
    let behind = spans.iter().filter_map(|span| span.strip_prefix("scripts/devnet"));
    let alone = spans.iter().copied().filter(|span| span.starts_with("--"));
    let options = |span: &str| -> Vec<String> {
        span.split_whitespace().map(|word| if word == "FILE" { file.to_owned() } else { word.to_owned() }).collect()
    };
    let mut commands: Vec<Vec<String>> = behind.chain(alone).map(options).collect();
    let first =
        |command: &[String], names: &[&str]| command.first().is_some_and(|first| names.contains(&first.as_str()));
    // Of the script or of `sit`, not of the program; and what measures chains of its own for minutes and serves none.
    commands.retain(|command| !first(command, &["--no-page", "--key", "--measure"]));
    // Named again without what they take.
    commands.retain(|command| command.len() != 1 || !first(command, &["--state", "--fee-multiplier", "--history"]));
    commands.sort();
    commands.dedup();
    commands
}

/// Starts a chain and waits until it says that it is ready; then it is asked what is on it.
fn becomes_ready(options: &[String]) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_sit-devnet"))
        .args(["--port", "0"])
        .args(options)
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut url = None;
    let ready = lines.by_ref().any(|line| {
        if let Some(rest) = line.strip_prefix("sit-devnet: ") {
            url = rest.split(' ').next().map(str::to_owned);
        }
        line.starts_with("The chain is ready at block ")
    });
    // Reads on, so that the program never waits for somebody to read.
    let reading = thread::spawn(move || lines.for_each(drop));
    let asked = || -> Result<(), String> {
        let url = url.ok_or("it does not say where it answers")?;
        let mut rpc = Rpc::new(&url, Limits::default()).map_err(|error| error.to_string())?;
        let mut ask = |method: &str| rpc.request(method, json!([])).map_err(|error| error.to_string());
        if ask("eth_chainId")? != "0x190f1b44" {
            return Err("it is another chain".to_owned());
        }
        let months = ask("sit_market")?["months"].as_array().map_or(0, Vec::len);
        // The file is of a chain without one.
        let wanted = !options.iter().any(|option| option == "--bare" || option == "--load-state");
        if wanted == (months > 0) { Ok(()) } else { Err(format!("{months} months are listed")) }
    };
    let asked = if ready { asked() } else { Err("it is never ready".to_owned()) };
    child.kill().map_err(|error| error.to_string())?;
    child.wait().map_err(|error| error.to_string())?;
    let _ = reading.join();
    let mut said = String::new();
    if let Some(mut errors) = child.stderr.take() {
        errors.read_to_string(&mut said).map_err(|error| error.to_string())?;
    }
    asked.map_err(|why| format!("{options:?}: {why}. {said}"))
}

#[test]
fn every_command_of_the_chapter_has_a_chain_that_becomes_ready() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chain");
    std::fs::write(&file, chain().dump()).unwrap();
    let commands = commands(file.to_str().unwrap());
    for option in ["--without", "--round", "--turns", "--commitments", "--time-scale", "--start", "--load-state"] {
        assert!(commands.iter().any(|command| command.first().is_some_and(|first| first == option)), "{option}");
    }
    assert!(commands.len() >= 16, "{commands:?}");
    let (left, wrong) = (Mutex::new(commands), Mutex::new(Vec::new()));
    // Most of the time each waits for its blocks.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap().pop();
                    let Some(options) = next else { break };
                    if let Err(why) = becomes_ready(&options) {
                        wrong.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
