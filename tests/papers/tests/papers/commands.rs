//! Every command that a document names can be typed as it stands.

use crate::{none, pages};
use sit_papers::{Commands, Repository};

#[test]
fn every_command_names_scripts_packages_tests_and_options_that_exist() {
    let repository = Repository::open();
    let commands = Commands::new(&repository);
    let (mut found, mut seen) = (Vec::new(), 0);
    for page in pages(&repository) {
        let inline = page.code().into_iter().map(|(span, _)| span);
        for span in page.fenced(&["", "sh", "bash", "console"]).chain(inline) {
            let text = span.text.trim();
            if commands.is_command(text) {
                seen += 1;
                if let Err(why) = commands.check(text) {
                    found.push(format!("{}:{}: `{text}`: {why}", page.path, span.line));
                }
            }
        }
    }
    assert!(seen > 50, "{seen} commands are found");
    none("commands that cannot be typed", &found);
}

#[test]
fn the_lines_that_the_benchmark_of_the_inner_loop_edits_stand_in_their_files() {
    let repository = Repository::open();
    let script = repository.text("scripts/bench").expect("the script is there");
    let value = |name: &str| {
        let line = script.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("scripts/bench sets no {name}")).trim_matches('\'').to_owned()
    };
    for (file, line) in [("RULE", "RULE_LINE"), ("MESSAGE", "MESSAGE_LINE")] {
        let (file, line) = (value(file), value(line));
        let source = repository.text(&file).unwrap_or_else(|| panic!("there is no {file}"));
        assert!(
            source.lines().any(|text| text.starts_with(&line)),
            "{file} has no line `{line}`: correct scripts/bench"
        );
    }
}
