//! The documentation of messages, which a wallet shows without their neighbours.

use crate::none;
use sit_papers::Repository;

/// A message of a contract: where it stands, its name, what is said of it.
struct Message {
    place: String,
    name: String,
    said: String,
}

/// The messages of a source: functions with ink!'s attribute, and the rows of the lists from which two blobs are made.
fn messages(path: &str, source: &str) -> Vec<Message> {
    let list = path.ends_with("/messages.rs");
    let (mut found, mut said, mut is_message) = (Vec::new(), String::new(), false);
    for (number, line) in (1..).zip(source.lines().map(str::trim)) {
        let head = line.strip_prefix("pub fn ").unwrap_or(line);
        let name: String =
            head.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect();
        let named = !name.is_empty() && head[name.len()..].starts_with('(');
        if let Some(text) = line.strip_prefix("///") {
            said.push_str(text);
        } else if line.starts_with("#[ink(message") || line.starts_with("#[ink(constructor") {
            is_message = true;
        } else if named && (is_message || list) {
            found.push(Message { place: format!("{path}:{number}"), name, said: std::mem::take(&mut said) });
            is_message = false;
        } else if line.is_empty() || line.ends_with('{') || line.ends_with('}') || line.ends_with(';') {
            said.clear();
        }
    }
    found
}

#[test]
fn every_message_is_documented_by_itself() {
    let repository = Repository::open();
    let sources = repository.files().filter(|path| {
        path.starts_with("contracts/") && path.ends_with("/src/lib.rs")
            || path.starts_with("crates/shell/src/") && path.ends_with("/messages.rs")
    });
    let mut all = Vec::new();
    for path in sources {
        all.extend(messages(path, &repository.text(path).expect("it is a file")));
    }
    assert!(all.len() > 140, "the contracts' messages are found: {}", all.len());
    let mut found = Vec::new();
    for Message { place, name, said } in all {
        let text = said.trim();
        if text.split_whitespace().count() < 3 || !text.ends_with('.') {
            found.push(format!("{place}: {name}: no sentence says what it does"));
        }
        for leaning in ["The same", "see above", "as above", "like the one before", "See the one"] {
            if text.contains(leaning) {
                found.push(format!("{place}: {name}: \"{leaning}\" leans on another message"));
            }
        }
    }
    none("documentation of messages that does not stand alone", &found);
}

#[test]
fn a_message_without_a_sentence_is_found() {
    let source = "/// Pays.\n#[ink(message)]\npub fn pay(&self) {\n}\n\n#[ink(message)]\npub fn take(&self) {\n}\npub fn help() {}\n";
    let found = messages("contracts/vault/src/lib.rs", source);
    let said: Vec<_> = found.iter().map(|message| (message.name.as_str(), message.said.as_str())).collect();
    assert_eq!(said, [("pay", " Pays."), ("take", "")]);
}
