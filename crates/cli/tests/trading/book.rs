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
    let chain = Chain::start(&["--block-time", "1", "--start", "1796025600"]);
    let user = User::at(&chain);
    for levels in blocks("levels") {
        std::fs::write(user.home.path().join("levels.csv"), levels).expect("written");
    }
    wait("a quote", || user.text("book front").contains("bid"));
    let commands: Vec<&str> =
        blocks("console").into_iter().flat_map(str::lines).filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(commands.len() > 20, "{commands:?}");
    for command in commands {
        let Some(line) = command.strip_prefix("sit ") else {
            assert_eq!(command, "scripts/devnet");
            continue;
        };
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
