//! The chapters for operators, command by command, as somebody types them.

#[path = "trading/support.rs"]
#[expect(dead_code, reason = "the stories of trading use the rest of it")]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use support::{Chain, User};

/// The lines of a kind of block of a chapter.
fn blocks(chapter: &str, kind: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut block = String::new();
    for line in chapter.lines() {
        if inside && line == "```" {
            inside = false;
            found.push(std::mem::take(&mut block));
        } else if inside {
            block.push_str(line);
            block.push('\n');
        } else if line == format!("```{kind}") {
            inside = true;
        }
    }
    found
}

fn health(address: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET /health HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Runs a program that goes on until it is well, and ends it.
fn until_well(user: &User, arguments: &[&str]) {
    let mut child = user.command(arguments).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
    let mut said = Vec::new();
    let address = lines.by_ref().find_map(|line| {
        said.push(line.clone());
        let (_, rest) = line.split_once("\"health\":\"http://")?;
        Some(rest.split('/').next()?.to_owned())
    });
    let address = address.unwrap_or_else(|| panic!("{arguments:?} serves its health: {said:?}"));
    std::thread::spawn(move || lines.for_each(drop));
    let until = Instant::now() + Duration::from_secs(60);
    let mut last = None;
    while !last.as_ref().is_some_and(|answer: &String| answer.starts_with("HTTP/1.1 200")) {
        assert!(Instant::now() < until, "{arguments:?} is not well: {last:?}");
        std::thread::sleep(Duration::from_millis(100));
        last = health(&address).or(last);
    }
    child.kill().expect("it is ended");
    child.wait().expect("it has ended");
}

/// Types every command of a chapter. The first starts the chain.
fn typed(chapter: &str) {
    let mut commands = blocks(chapter, "console").concat();
    commands.retain(|letter| letter != '\r');
    let mut commands = commands.lines().filter_map(|line| line.strip_prefix("$ "));
    let first =
        commands.next().and_then(|line| line.strip_prefix("scripts/devnet ")).expect("a chain is started first");
    let options: Vec<&str> = first.split(' ').collect();
    let chain = Chain::start(&options);
    let user = User::at(&chain);
    for mapping in blocks(chapter, "toml") {
        let mapping = mapping.replace("http://127.0.0.1:8545", &chain.url);
        std::fs::write(user.home.path().join("prices.toml"), mapping).expect("it is written");
        let until = Instant::now() + Duration::from_secs(60);
        while chain.ask("sit_prices", json!([]))["providers"].as_array().is_none_or(Vec::is_empty) {
            assert!(Instant::now() < until, "the market has prices");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    let mut count = 0;
    for line in commands {
        if line.starts_with("curl ") {
            chain.curl(line);
            continue;
        }
        let line = line.strip_prefix("sit ").unwrap_or_else(|| panic!("{line} is a command of sit"));
        let mut arguments: Vec<&str> = line.split(' ').collect();
        count += 1;
        if let Some(port) = arguments.iter().position(|argument| *argument == "--metrics") {
            arguments[port + 1] = "0";
            until_well(&user, &arguments);
            continue;
        }
        let output = user.command(&arguments).output().expect("it runs");
        let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "sit {line}\n{said}\n{told}");
        println!("$ sit {line}\n{said}");
    }
    assert!(count > 3, "the chapter has commands");
}

/// Two programs with one journal would each do what the other is about to do. A link is another name of the same one.
#[test]
fn a_journal_has_one_program_at_a_time_whatever_its_name() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let user = User::at(&chain);
    let line = ["keeper", "--key", "keeper", "--journal", "kept", "--metrics", "0"];
    let mut first = user.command(&line).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let mut lines = BufReader::new(first.stderr.take().expect("its log")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("\"health\":")), "it has begun");
    std::os::unix::fs::symlink("kept", user.home.path().join("link")).expect("a link");
    for journal in ["kept", "./kept", "link"] {
        user.refused(&format!("keeper --key keeper --once --journal {journal}"), 3, &["in use by another program"]);
    }
    // Killed, it leaves the journal to the next one.
    first.kill().expect("it is killed");
    first.wait().expect("it is gone");
    user.json("keeper --key keeper --once --journal link");
}

/// Whoever gives the wrong file for a journal has it still.
#[test]
fn a_keystore_that_is_given_for_a_journal_is_not_written_over() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let mut user = User::at(&chain);
    std::fs::write(user.home.path().join("password"), "correct horse\n").expect("written");
    user.set("SIT_PASSWORD_FILE", "password");
    user.json("key new alice");
    let keystore = user.home.path().join(".config/sit/keys/alice");
    let before = std::fs::read(&keystore).expect("a keystore");
    let given = keystore.display().to_string();
    user.refused(&format!("keeper --key keeper --once --journal {given}"), 3, &["line 1 of the journal", "alice"]);
    assert_eq!(std::fs::read(&keystore).expect("it is there"), before);
}

#[test]
fn the_chapter_on_keepers_is_typed() {
    typed(include_str!("../../../docs/book/src/keeper.md"));
}

#[test]
fn the_chapter_on_reporters_is_typed() {
    typed(include_str!("../../../docs/book/src/reporter.md"));
}

#[test]
fn the_chapter_on_makers_is_typed() {
    typed(include_str!("../../../docs/book/src/running-a-maker.md"));
}
