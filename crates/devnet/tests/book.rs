//! What the chapter "A chain of your own" says to type is typed.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;
use sit_client::Deployment;
use sit_devnet::{
    DOT, keyring,
    node::{Beginning, Clock, Node},
    rpc::{Devnet, Mining},
};

const CHAPTER: &str = include_str!("../../../docs/book/src/devnet.md");

#[test]
fn every_request_of_the_chapter_is_answered() {
    let accounts = keyring::all().iter().map(|key| (key.address, 1_000_000 * DOT, 10_000_000_000_000)).collect();
    let beginning = Beginning { time: 1_796_630_400, accounts, history: 64 };
    let node = Node::new(&beginning, Clock::fixed(beginning.time, 2)).unwrap();
    let mut chain = Devnet::new(node, Deployment::default(), Mining::Automatic);
    let mut asked = 0;
    for block in CHAPTER.split("```request\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let answer: Value = serde_json::from_str(&chain.answer_text(text.as_bytes()).unwrap()).unwrap();
        assert!(answer.get("result").is_some(), "{text}{answer}");
        asked += 1;
    }
    assert_eq!(asked, 17);
}

#[test]
fn every_command_of_the_chapter_starts_a_chain() {
    let commands: Vec<Vec<&str>> = CHAPTER
        .split(['`', '\n'])
        .filter_map(|span| span.strip_prefix("scripts/devnet"))
        .map(|rest| rest.split_whitespace().collect())
        // Measures chains of its own for minutes, and serves none.
        .filter(|options: &Vec<&str>| options.first() != Some(&"--measure"))
        .collect();
    assert!(commands.len() >= 9, "{commands:?}");
    for options in commands {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_sit-devnet"))
            .args(["--port", "0"])
            .args(&options)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let listens = lines.any(|line| line.starts_with("sit-devnet: http://127.0.0.1:"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(listens, "{options:?}");
    }
}
