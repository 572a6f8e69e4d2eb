//! The book's first audit, typed: every command of `sit`, and every line of an answer that the page shows. The commands
//! of a shell, which build, compare and search for hours, are run by `scripts/test audit`.

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

/// A block of any other kind would be shown to readers and typed by nobody.
#[test]
fn every_block_of_the_page_is_typed_by_this_test_or_run_by_scripts_test_audit() {
    let marks: Vec<&str> = CHAPTER.lines().filter(|line| line.trim_start().starts_with("```")).collect();
    let (opened, closed): (Vec<_>, Vec<_>) = marks.iter().enumerate().partition(|(place, _)| place % 2 == 0);
    assert!(opened.len() > 6 && opened.len() == closed.len(), "{marks:?}");
    for (_, mark) in opened {
        assert!(["```sh", "```console"].contains(mark), "{mark}");
    }
    assert!(closed.iter().all(|(_, mark)| **mark == "```"), "{marks:?}");
    let prompts = CHAPTER.lines().filter(|line| line.trim_start().starts_with("$ ")).count();
    assert_eq!(prompts, commands().len(), "every command stands in a block that is typed");
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
