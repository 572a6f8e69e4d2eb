//! The documents say what the repository is: links, paths, invariants and commands.

mod architecture;
mod commands;
mod invariants;
mod links;
mod weights;

use sit_papers::{Page, Repository};

/// Every document of the repository.
fn pages(repository: &Repository) -> Vec<Page> {
    let pages: Vec<Page> =
        repository.ending(".md").map(|path| Page::new(path, &repository.text(path).expect("a page is text"))).collect();
    assert!(pages.len() > 40, "the documents are found: {}", pages.len());
    pages
}

/// Fails with everything that was found, if anything was.
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}\n", found.join("\n  "));
}
