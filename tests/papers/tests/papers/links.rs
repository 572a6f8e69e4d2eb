//! Links, anchors, paths and numbers of decisions lead somewhere.

use crate::{none, pages, same};
use sit_papers::{Page, Repository, braces, functions_of};
use std::collections::{BTreeMap, BTreeSet};

const BOOK: &str = "docs/book/src/";

/// Resolves a relative target against the folder of a page; `None` when it leaves the repository.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut segments: Vec<&str> = page.split('/').collect();
    segments.pop();
    for segment in target.split('/').filter(|segment| !segment.is_empty()) {
        match segment {
            "." => {}
            ".." => segments.pop().map(|_| ())?,
            _ => segments.push(segment),
        }
    }
    Some(segments.join("/"))
}

#[test]
fn every_link_leads_to_a_file_and_an_anchor_that_exist() {
    let repository = Repository::open();
    let pages = pages(&repository);
    let anchors: BTreeMap<&str, BTreeSet<String>> =
        pages.iter().map(|page| (page.path.as_str(), page.anchors())).collect();
    let (mut found, mut seen) = (Vec::new(), 0);
    for page in &pages {
        let mut fault = |line: usize, what: String| found.push(format!("{}:{line}: {what}", page.path));
        for (line, text) in (1..).zip(page.prose().lines()) {
            if text.contains("<a ") || text.contains("<img ") || (text.starts_with('[') && text.contains("]: ")) {
                fault(line, "a link is written as [text](target), so that it can be checked".to_owned());
            }
        }
        for link in page.links() {
            seen += 1;
            if link.text.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.text.split_once('#').unwrap_or((&link.text, ""));
            let path = if path.is_empty() { Some(page.path.clone()) } else { resolve(&page.path, path) };
            let Some(path) = path.filter(|path| repository.has(path)) else {
                fault(link.line, format!("{} does not exist{}", link.text, repository.hint(&link.text)));
                continue;
            };
            if page.path.starts_with(BOOK) && !path.starts_with(BOOK) {
                fault(
                    link.line,
                    format!("{path} is not in the book: its page would lead nowhere; name the path in backticks"),
                );
            }
            if !anchor.is_empty() && !anchors.get(path.as_str()).is_some_and(|anchors| anchors.contains(anchor)) {
                fault(link.line, format!("{path} has no heading with the anchor #{anchor}"));
            }
        }
    }
    assert!(seen > 100, "{seen} links are found");
    none("links that lead nowhere", &found);
}

#[test]
fn every_page_of_the_book_stands_in_its_summary_once() {
    let repository = Repository::open();
    let summary = format!("{BOOK}SUMMARY.md");
    let page = Page::new(&summary, &repository.text(&summary).expect("the book has a summary"));
    let links = page.links();
    let listed: BTreeSet<String> = links.iter().filter_map(|link| resolve(&summary, &link.text)).collect();
    assert_eq!(listed.len(), links.len(), "no page stands in the summary twice");
    let there = repository.ending(".md").filter(|path| path.starts_with(BOOK) && *path != summary).map(str::to_owned);
    same("pages of the book", ("in the summary", listed), ("a file", there.collect()));
}

#[test]
fn every_decision_is_numbered_as_its_file_and_listed() {
    let repository = Repository::open();
    let index = repository.text("docs/book/src/adr/index.md").expect("the decisions have an index");
    let decisions = decisions(&repository);
    for (number, (path, title)) in &decisions {
        assert!(title.starts_with(&format!("# {number}. ")), "{path} begins with `{title}`");
        let line =
            format!("* [{number}]({}) {}", path.rsplit('/').next().unwrap(), &title[format!("# {number}. ").len()..]);
        assert!(index.lines().any(|listed| listed == line), "docs/book/src/adr/index.md lacks the line\n{line}");
    }
    assert_eq!(index.lines().filter(|line| line.starts_with("* [")).count(), decisions.len());
}

/// Decisions by number: path and first line.
fn decisions(repository: &Repository) -> BTreeMap<u32, (String, String)> {
    let files = repository.ending(".md").filter(|path| path.starts_with("docs/book/src/adr/0"));
    let decisions: BTreeMap<u32, (String, String)> = files
        .map(|path| {
            let number = path["docs/book/src/adr/".len()..].split('-').next().unwrap().parse().expect("a number");
            let title = repository.text(path).unwrap().lines().next().unwrap_or_default().to_owned();
            (number, (path.to_owned(), title))
        })
        .collect();
    assert!(decisions.len() > 30);
    decisions
}

/// A path in backticks: what has the form of one and begins with a folder of the root, or is a source by its ending.
fn path_in(repository: &Repository, code: &str) -> Option<String> {
    let path = code.split("::").next().unwrap_or(code);
    let form = path.chars().all(|c| c.is_ascii_alphanumeric() || "_.*{},/-".contains(c));
    let is_source = [".rs", ".py"].iter().any(|end| path.ends_with(end));
    let is_page = path.ends_with(".md");
    (form && !path.starts_with(['/', '.', '*', '-']) && (is_source || is_page || repository.is_below_root(path)))
        .then(|| path.to_owned())
}

#[test]
fn every_path_in_a_document_exists_and_functions_named_behind_it_stand_in_it() {
    let repository = Repository::open();
    let (mut found, mut seen, mut named) = (Vec::new(), 0, 0);
    for page in pages(&repository) {
        let code = page.code();
        let mut source: Option<(String, Vec<String>)> = None;
        let mut end = 0;
        for (span, range) in code {
            let fault = |what: String| format!("{}:{}: {what}", page.path, span.line);
            let between = page.prose()[end..range.start].split_whitespace().collect::<Vec<_>>().join(" ");
            end = range.end;
            if let Some((path, functions)) = source.take() {
                let is_name = span.text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
                if [":", ",", ", and", "and"].contains(&between.as_str()) && is_name {
                    named += 1;
                    if !functions.contains(&span.text) {
                        let elsewhere = who_has(&repository, &span.text);
                        found.push(fault(format!("{path} has no function `{}`{elsewhere}", span.text)));
                    }
                    source = Some((path, functions));
                    continue;
                }
            }
            let Some(path) = path_in(&repository, span.text.split(' ').next().unwrap_or_default()) else { continue };
            for path in braces(&path) {
                seen += 1;
                if !repository.has(&path) {
                    found.push(fault(format!("{path} does not exist{}", repository.hint(&path))));
                }
            }
            let functions = repository.text(&path).filter(|_| path.ends_with(".rs"));
            source = functions.map(|text| (path.clone(), functions_of(&text)));
        }
    }
    assert!(seen > 200 && named > 100, "{seen} paths and {named} functions are found");
    none("paths and functions that do not exist", &found);
}

/// Where a function of that name stands, as a hint.
pub fn who_has(repository: &Repository, name: &str) -> String {
    let has =
        |file: &&str| repository.text(file).is_some_and(|text| functions_of(&text).iter().any(|other| other == name));
    let files: Vec<&str> = repository.ending(".rs").filter(has).collect();
    if files.is_empty() { String::new() } else { format!(" (it stands in {})", files.join(", ")) }
}

/// Text files that are no documents: sources, scripts, manifests.
pub fn sources(repository: &Repository) -> impl Iterator<Item = (&str, String)> {
    let skip = |path: &str| {
        [".md", ".json", ".csv", ".svg", ".png", ".lock"].iter().any(|end| path.ends_with(end))
            || path.starts_with("tests/papers/")
    };
    repository.files().filter(move |path| !skip(path)).filter_map(|path| Some((path, repository.text(path)?)))
}

#[test]
fn what_a_source_cites_exists() {
    let repository = Repository::open();
    let decisions = decisions(&repository);
    let (mut found, mut seen) = (Vec::new(), 0);
    for (path, text) in sources(&repository) {
        for (line, text) in (1..).zip(text.lines()) {
            let mut fault = |what: String| found.push(format!("{path}:{line}: {what}"));
            let word = |at: usize, more: &str| -> String {
                let end = text[at..].find(|c: char| !(c.is_ascii_alphanumeric() || more.contains(c)));
                text[at..].get(..end.unwrap_or(text.len() - at)).unwrap_or_default().trim_end_matches('.').to_owned()
            };
            for (at, _) in text.match_indices("docs/") {
                let cited = word(at, "_./-#");
                let (file, anchor) = cited.split_once('#').unwrap_or((&cited, ""));
                if file == "docs/" {
                    continue; // the documents of others
                }
                seen += 1;
                if !repository.has(file) {
                    fault(format!("{file} does not exist{}", repository.hint(file)));
                } else if !anchor.is_empty()
                    && !Page::new(file, &repository.text(file).unwrap_or_default()).anchors().contains(anchor)
                {
                    fault(format!("{file} has no heading with the anchor #{anchor}"));
                }
            }
            for (at, _) in text.match_indices("ADR ") {
                seen += 1;
                let number = word(at + 4, "");
                if !number.parse().is_ok_and(|number: u32| decisions.contains_key(&number)) {
                    fault(format!("there is no ADR {number}"));
                }
            }
        }
    }
    assert!(seen > 10, "{seen} citations are found");
    none("citations that lead nowhere", &found);
}

#[test]
fn nothing_is_cited_by_a_section_of_what_is_not_here() {
    // Papers and books that are published are cited by their sections; what the project itself says, by a page of the
    // book.
    let phrases = [
        "protocol section",
        "protocol sections",
        "design review",
        "(objection",
        "objection ",
        "peers 1",
        "design folder",
    ];
    let repository = Repository::open();
    let mut found = Vec::new();
    for (path, text) in sources(&repository) {
        for (line, text) in (1..).zip(text.lines()) {
            found.extend(
                phrases
                    .iter()
                    .filter(|phrase| text.contains(**phrase))
                    .map(|phrase| format!("{path}:{line}: \"{phrase}\"")),
            );
        }
    }
    none("citations of documents that are not in the repository", &found);
}
