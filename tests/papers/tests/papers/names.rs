//! Names of the code that mean one thing, and numbers that have a name.

use crate::none;
use sit_papers::{Repository, functions_of};

/// Functions whose verb has one meaning on the exchange, and the files that may have them: an order is placed, and what
/// rests is taken by whoever trades against it.
const VERBS: [(&str, &[&str]); 2] = [
    ("place", &["contracts/clearing/src/answers.rs", "crates/engine/src/clearing/messages/place.rs"]),
    ("take", &["crates/engine/src/clearing/rules/matching.rs"]),
];

#[test]
fn the_verbs_of_the_exchange_have_one_meaning() {
    let repository = Repository::open();
    let folders = ["contracts/", "crates/client/src/", "crates/engine/src/", "crates/native/src/", "crates/shell/src/"];
    let (mut there, mut found) = (0, Vec::new());
    for path in repository.ending(".rs").filter(|path| folders.iter().any(|folder| path.starts_with(folder))) {
        let functions = functions_of(&repository.text(path).expect("it is a file"));
        for (verb, files) in VERBS.iter().filter(|(verb, _)| functions.iter().any(|name| name == verb)) {
            there += 1;
            if !files.contains(&path) {
                found.push(format!("{path}: another function is called `{verb}`"));
            }
        }
    }
    none("verbs of the exchange that mean something else", &found);
    assert_eq!(there, VERBS.iter().map(|(_, files)| files.len()).sum::<usize>(), "they are where they were");
}

#[test]
fn the_seconds_of_a_day_are_counted_in_one_place_of_each_kind_of_number() {
    let repository = Repository::open();
    // Of whole seconds, and of the report kit, which stands on nothing. This file has them as text.
    let named = ["crates/engine/src/calendar.rs", "crates/page/src/format.rs"];
    let (mut there, mut found) = (Vec::new(), Vec::new());
    for path in repository.ending(".rs").filter(|path| !path.ends_with("tests/papers/names.rs")) {
        let text = repository.text(path).expect("it is a file");
        for (number, line) in
            (1..).zip(text.lines()).filter(|(_, line)| line.contains("86_400") || line.contains("86400"))
        {
            if line.starts_with("pub const DAY: ") && named.contains(&path) {
                there.push(path.to_owned());
            } else {
                found.push(format!("{path}:{number}: `{}`: use DAY", line.trim()));
            }
        }
    }
    none("days that are written as seconds", &found);
    assert_eq!(there, named, "their name is where it was");
}
