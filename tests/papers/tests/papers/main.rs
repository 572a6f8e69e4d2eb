//! The documents say what the repository is: links, paths, invariants and commands.

mod abi;
mod architecture;
mod commands;
mod evidence;
mod invariants;
mod language;
mod links;
mod names;
mod roles;
mod weights;

use sit_papers::{Page, Repository};
use std::collections::BTreeSet;

/// Every document of the repository.
fn pages(repository: &Repository) -> Vec<Page> {
    let pages: Vec<Page> =
        repository.ending(".md").map(|path| Page::new(path, &repository.text(path).expect("a page is text"))).collect();
    assert!(pages.len() > 40, "the documents are found: {}", pages.len());
    pages
}

/// Fails with what only one of two lists has.
fn same(what: &str, one: (&str, BTreeSet<String>), other: (&str, BTreeSet<String>)) {
    let alone = |have: &(&str, BTreeSet<String>), lack: &(&str, BTreeSet<String>)| -> Vec<String> {
        have.1.difference(&lack.1).map(|item| format!("only {}: {item}", have.0)).collect()
    };
    none(what, &[alone(&one, &other), alone(&other, &one)].concat());
}

/// Fails with everything that was found, if anything was.
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}\n", found.join("\n  "));
}
