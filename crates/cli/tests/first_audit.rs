//! The book's first audit, typed: every command, and every line of an answer that the page shows.

#[path = "trading/support.rs"]
#[expect(dead_code, reason = "the stories of trading use the rest of it")]
mod support;

use support::{Chain, User, wait};

const CHAPTER: &str = include_str!("../../../docs/book/src/first-audit.md");

/// A command of the chapter, and what the page shows of its answer.
struct Typed {
    command: &'static str,
    shown: Vec<&'static str>,
}

fn commands() -> Vec<Typed> {
    let mut found: Vec<Typed> = Vec::new();
    let mut inside = false;
    for line in CHAPTER.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match line.strip_prefix("$ ") {
                Some(command) => found.push(Typed { command, shown: Vec::new() }),
                None => found.last_mut().expect("a block begins with a command").shown.push(line),
            }
        }
    }
    found
}

/// Text with one space wherever it has some: tables have columns, and lines are folded.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_audit_is_typed_and_answered_as_the_page_shows() {
    let mut commands = commands().into_iter();
    let first = commands.next().and_then(|typed| typed.command.strip_prefix("sit-devnet "));
    let options: Vec<&str> = first.expect("a chain is started first").split(' ').collect();
    let chain = Chain::start(&options);
    let user = User::at(&chain).with_key("you 0");
    // Whoever types this is slower than the makers, who quote some seconds after the chain is open.
    wait("a quote", || user.json("book front")["book"].as_array().is_some_and(|book| book.len() > 1));
    let (mut count, mut lines) = (0, 0);
    for Typed { command, shown } in commands {
        let arguments = command.strip_prefix("sit ").unwrap_or_else(|| panic!("{command} is a command of sit"));
        let output = user.command(&arguments.split(' ').collect::<Vec<_>>()).output().expect("it runs");
        let said = format!("{} {}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let fails = shown.iter().any(|line| line.starts_with("error:"));
        assert_eq!(output.status.success(), !fails, "{command}\n{said}");
        for line in &shown {
            assert!(words(&said).contains(&words(line)), "{command}: the page shows\n    {line}\nand it says\n{said}");
            lines += 1;
        }
        count += 1;
    }
    println!("{count} commands, {lines} lines");
    assert!(count > 10 && lines > 15, "{count} commands, {lines} lines");
}
