//! What the auditor's guide lists is what there is: every exception from `unsafe_code`, with its reason.

use crate::links::sources;
use crate::{none, same};
use sit_papers::Repository;
use std::collections::{BTreeMap, BTreeSet};

const GUIDE: &str = "docs/book/src/audit.md";

/// How often the keyword stands in the code of a file, outside of comments and texts.
fn keywords(text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    // A text in quotation marks that has the word, such as a policy of a page, is none.
    let code = lines.map(|line| line.split('"').step_by(2).collect::<Vec<_>>().join(" "));
    code.map(|line| line.split(|c| !is_word(c)).filter(|word| *word == "unsafe").count()).sum()
}

/// The reasons that stand with the exceptions of a file, in their order.
fn reasons(text: &str) -> Vec<String> {
    let exceptions = text.split("#[expect(unsafe_code, reason = \"").skip(1);
    exceptions.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_unsafe_block_stands_in_the_guide_with_its_reason() {
    let repository = Repository::open();
    let (mut found, mut wrong) = (BTreeMap::<&str, usize>::new(), Vec::new());
    let mut rows = BTreeSet::new();
    for (path, text) in sources(&repository) {
        // The test that looks for the word, and the reader of sources that skips it.
        if !path.ends_with(".rs") || path.starts_with("tests/papers/") {
            continue;
        }
        let (count, reasons) = (keywords(&text), reasons(&text));
        if count == 0 {
            continue;
        }
        if count != reasons.len() {
            wrong.push(format!("{path}: `unsafe` stands {count} times, with {} reasons", reasons.len()));
        }
        found.insert(path, count);
        let mut told = reasons;
        told.dedup();
        rows.insert(format!("`{path}` | {count} | {}", told.join("; ")));
    }
    none("exceptions without a reason", &wrong);
    assert!(found.len() >= 4, "{found:?}");
    let page = repository.text(GUIDE).expect("the guide is there");
    let lines = page.lines().skip_while(|line| !line.starts_with("| `unsafe` in |")).skip(2);
    let told = lines.take_while(|line| line.starts_with('|')).map(|line| line.trim_matches('|').trim().to_owned());
    same("what is unsafe", ("in the code", rows), ("in the guide", told.collect()));
}
