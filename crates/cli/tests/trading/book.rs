//! What the chapter "First trade in five minutes" says to type is typed, in its order.

use super::support::{Chain, User, show, wait};

const CHAPTER: &str = include_str!("../../../../docs/book/src/trading.md");

/// Blocks of the chapter in a language.
fn blocks<'a>(language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    CHAPTER.split(fence.as_str()).skip(1).filter_map(|block| block.split("```").next()).collect()
}

#[test]
fn every_command_of_the_chapter_does_what_it_says() {
    let commands: Vec<&str> =
        blocks("console").into_iter().flat_map(str::lines).filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(commands.len() > 20, "{commands:?}");
    let options = commands[0].strip_prefix("scripts/devnet ").expect("a chain is started first");
    let options: Vec<&str> = ["--block-time", "1"].into_iter().chain(options.split(' ')).collect();
    let chain = Chain::start(&options);
    let user = User::at(&chain);
    for levels in blocks("levels") {
        std::fs::write(user.home.path().join("levels.csv"), levels).expect("written");
    }
    wait("a quote", || user.text("book front").contains("bid"));
    let mut settled = false;
    for command in &commands[1..] {
        if command.starts_with("curl ") {
            chain.curl(command);
            // Who types this takes some seconds: the first time for the settlement of the day, the second time until
            // what it brought is paid and makers quote again.
            if std::mem::replace(&mut settled, true) {
                let sell = "order sell 5lots front market --max-slippage 3% --reduce-only --dry-run";
                let paid = || user.json("settlements")["settlements"].as_array().is_some_and(|rows| !rows.is_empty());
                wait("an open book", || paid() && user.run(sell).status.success());
            } else {
                wait("the day's settlement", || user.text("markets").contains("round 1."));
            }
            continue;
        }
        let line = command.strip_prefix("sit ").unwrap_or_else(|| panic!("{command} is a command of sit"));
        let output = user.run(line);
        // The first look at a chain that one knows nothing of: nothing has to be well yet.
        let may_be_unwell = line.starts_with("doctor");
        assert!(
            output.status.success() || (may_be_unwell && output.status.code() == Some(10)),
            "{command}\n{}",
            show(&output)
        );
    }
}

#[test]
fn the_profile_of_the_chapter_is_one() {
    let chain = Chain::start(&["--bare"]);
    let user = User::at(&chain);
    let folder = user.home.path().join(".config/sit");
    std::fs::create_dir_all(&folder).expect("a folder");
    for text in blocks("toml") {
        std::fs::write(folder.join("config.toml"), text).expect("written");
        let output = user.run("doctor");
        assert!(show(&output).contains("profile mine"), "{}", show(&output));
    }
}
