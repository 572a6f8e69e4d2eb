//! The chapter of invariants and the code speak of the same ones, and each is held by tests that run.

use crate::links::{sources, who_has};
use crate::none;
use sit_papers::{Page, Repository, tests_of};
use std::collections::{BTreeMap, BTreeSet};

const CHAPTER: &str = "docs/book/src/invariants.md";

/// Sections whose invariants no test holds; each gives its reason.
const WITHOUT: [&str; 2] = ["Held by construction", "Not held yet"];

/// What looks like an identifier and is none: file, text, reason.
const OTHERS: [(&str, &str, &str); 1] = [("sim/src/calibrate/bias.rs", "S85", "a page of a journal")];

/// What is cited at the head of a file of tests and is no invariant of the chapter: file, text, reason.
const FINDINGS: [(&str, &str, &str); 1] = [("crates/engine/tests/clearing/rests.rs", "L5", "a finding, by its report")];

/// An invariant of the chapter.
struct Invariant {
    name: String,
    section: String,
    text: String,
}

fn chapter(repository: &Repository) -> Vec<Invariant> {
    let page = Page::new(CHAPTER, &repository.text(CHAPTER).expect("the chapter is there"));
    let lines: Vec<&str> = page.prose().lines().collect();
    let headings: Vec<(usize, usize, String)> =
        page.headings().map(|(level, heading)| (level, heading.line, heading.text)).collect();
    let (mut section, mut found) = (String::new(), Vec::new());
    for (at, (level, line, title)) in headings.iter().enumerate() {
        let end = headings.get(at + 1).map_or(lines.len(), |(_, next, _)| next - 1);
        match level {
            2 => section = title.clone(),
            3 => found.push(Invariant {
                name: title.clone(),
                section: section.clone(),
                text: lines[*line..end].join("\n"),
            }),
            _ => {}
        }
    }
    found
}

/// Identifiers in a text: a letter that begins one, one or two digits, and nothing of a word around them.
fn identifiers(text: &str, letters: &BTreeSet<char>) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_word(c));
    let fits = |word: &&str| {
        let mut chars = word.chars();
        chars.next().is_some_and(|first| letters.contains(&first))
            && (2..=3).contains(&word.len())
            && chars.all(|c| c.is_ascii_digit())
    };
    words.filter(fits).map(str::to_owned).collect()
}

#[test]
fn every_identifier_that_the_code_cites_stands_in_the_chapter() {
    let repository = Repository::open();
    let names: BTreeSet<String> = chapter(&repository).into_iter().map(|invariant| invariant.name).collect();
    let letters: BTreeSet<char> = names.iter().filter_map(|name| name.chars().next()).collect();
    let (mut found, mut seen, mut spared) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (path, text) in sources(&repository) {
        for (line, text) in (1..).zip(text.lines()) {
            for name in identifiers(text, &letters) {
                if OTHERS.iter().any(|(file, other, _)| (*file, *other) == (path, name.as_str())) {
                    spared.insert(name);
                } else if names.contains(&name) {
                    seen.insert(name);
                } else {
                    found.push(format!("{path}:{line}: {name}"));
                }
            }
        }
    }
    assert!(seen.len() > 50, "{} identifiers are cited", seen.len());
    assert_eq!(spared.len(), OTHERS.len(), "what is spared is there");
    none("identifiers that do not stand in the chapter of invariants", &found);
}

#[test]
fn every_invariant_names_tests_that_run_or_says_why_there_are_none() {
    let repository = Repository::open();
    let (mut found, mut tests) = (Vec::new(), BTreeMap::new());
    let chapter = chapter(&repository);
    let names: BTreeSet<&str> = chapter.iter().map(|invariant| invariant.name.as_str()).collect();
    assert!(names.len() > 60 && names.len() == chapter.len(), "{} invariants, each once", chapter.len());
    for Invariant { name, section, text } in &chapter {
        let sentence = text.trim_start().split("\n\n").next().unwrap_or_default();
        if sentence.is_empty() || sentence.starts_with("Tests:") || sentence.starts_with("Reason:") {
            found.push(format!("{name} has no sentence"));
        }
        let part = |head: &str| text.split_once(&format!("\n{head} ")).map(|(_, rest)| rest);
        if WITHOUT.contains(&section.as_str()) {
            if part("Reason:").is_none() || part("Tests:").is_some() {
                found.push(format!("{name} stands under \"{section}\" and gives no reason, or names tests"));
            }
            continue;
        }
        let Some(list) = part("Tests:") else {
            found.push(format!("{name} names no tests"));
            continue;
        };
        let listed = Page::new(CHAPTER, list);
        let mut path = None;
        let mut held = 0;
        for (span, _) in listed.code() {
            if span.text.ends_with(".rs") {
                path = Some(span.text);
                continue;
            }
            let Some(path) = &path else {
                found.push(format!("{name}: `{}` stands behind no file", span.text));
                continue;
            };
            let there =
                tests.entry(path.clone()).or_insert_with(|| tests_of(&repository.text(path).unwrap_or_default()));
            match there.iter().find(|test| test.name == span.text) {
                Some(test) if test.ignored => {
                    found.push(format!("{name}: `{}` is ignored, so it holds nothing", span.text))
                }
                Some(_) => held += 1,
                None => {
                    let elsewhere = who_has(&repository, &span.text);
                    found.push(format!("{name}: {path} has no test `{}`{elsewhere}", span.text));
                }
            }
        }
        if held == 0 {
            found.push(format!("{name} is held by no test"));
        }
    }
    none("invariants that are not held as the chapter says", &found);
}

/// What a file of tests says of itself, at its head and before each test: that is where it says which invariants it
/// holds.
fn said(text: &str) -> String {
    let (mut all, mut waiting) = (String::new(), String::new());
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix("//!") {
            all.push_str(head);
            all.push('\n');
        } else if let Some(comment) = line.strip_prefix("///") {
            waiting.push_str(comment);
            waiting.push('\n');
        } else if line == "#[test]" {
            all.push_str(&std::mem::take(&mut waiting));
        } else if !line.starts_with("#[") {
            waiting.clear();
        }
    }
    all
}

/// The other way round: a file that says it holds an invariant stands with one of its tests in the chapter, below that
/// invariant. So a number that once meant something else is found.
#[test]
fn whatever_a_file_of_tests_says_it_holds_stands_with_it_in_the_chapter() {
    let repository = Repository::open();
    let chapter = chapter(&repository);
    let letters: BTreeSet<char> = chapter.iter().filter_map(|invariant| invariant.name.chars().next()).collect();
    let (mut found, mut seen, mut spared) = (Vec::new(), 0, 0);
    for path in repository.ending(".rs").filter(|path| path.contains("/tests/") && !path.starts_with("tests/papers/")) {
        let text = repository.text(path).expect("it is a file");
        if tests_of(&text).is_empty() {
            continue;
        }
        let cited: BTreeSet<String> = identifiers(&said(&text), &letters).into_iter().collect();
        for name in cited {
            let Some(invariant) = chapter.iter().find(|invariant| invariant.name == name) else { continue };
            if FINDINGS.iter().any(|(file, other, _)| (*file, *other) == (path, name.as_str())) {
                spared += 1;
            } else if invariant.text.contains(&format!("`{path}`")) {
                seen += 1;
            } else {
                found.push(format!("{path} says that it holds {name}, and the chapter names no test of it there"));
            }
        }
    }
    assert!(seen > 40, "{seen} times a file says what it holds");
    assert_eq!(spared, FINDINGS.len(), "what is spared is there");
    none("invariants that a file says it holds, and the chapter does not", &found);
}
