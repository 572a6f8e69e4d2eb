//! What the auditor's guide lists is what there is: every exception from `unsafe_code`, with its reason, and how many
//! tests there are.

use crate::links::sources;
use crate::{none, same};
use sit_papers::{Repository, tests_of};
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

#[test]
fn the_guide_says_how_many_tests_there_are() {
    let repository = Repository::open();
    let guide = repository.text(GUIDE).expect("the guide is there");
    let lines = guide.lines().skip_while(|line| !line.starts_with("| what | folders | tests |")).skip(2);
    let rows: Vec<Vec<&str>> = lines
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let folders = |row: &[&str]| -> Vec<String> {
        row[1].split(',').map(|folder| format!("{}/", folder.trim().trim_matches('`'))).collect()
    };
    let mut wrong = Vec::new();
    let mut counted = vec![0_usize; rows.len()];
    for path in repository.ending(".rs") {
        let count = tests_of(&repository.text(path).expect("it is a file")).len();
        let places: Vec<usize> = (0..rows.len())
            .filter(|place| folders(&rows[*place]).iter().any(|folder| path.starts_with(folder)))
            .collect();
        match places[..] {
            [place] => counted[place] += count,
            [] if count == 0 => {}
            _ => wrong.push(format!("{path}: its {count} tests are those of {} rows", places.len())),
        }
    }
    for (row, count) in rows.iter().zip(counted) {
        let told: usize = row[2].parse().unwrap_or_else(|_| panic!("how many tests is a number: {row:?}"));
        if count == 0 || told.abs_diff(count) * 10 > count {
            wrong.push(format!("{}: the guide says {told}, there are {count}", row[0]));
        }
    }
    assert!(rows.len() >= 6, "the rows are found: {rows:?}");
    none("tests that the guide counts otherwise", &wrong);
}

const COMPLAINTS: &str = "docs/book/src/complaints.md";

/// How a test of the page begins, or a part of a story that has a name.
const NAMED: [&str; 3] = ["test(", "step(", "describe("];

/// Every complaint has its row and what holds it; a story of the page stands in its file by the words that name it.
/// Functions of Rust behind their files are held by the test of paths.
#[test]
fn every_complaint_is_held_by_tests_and_stories_that_there_are() {
    let repository = Repository::open();
    let page = repository.text(COMPLAINTS).expect("the page is there");
    let plain = |text: &str| text.replace('\u{2019}', "'");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| |"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut wrong = Vec::new();
    let mut stories = 0;
    for (number, row) in (1..).zip(&rows) {
        if row.len() != 3 || row[0] != format!("{number}") || !row[2].contains('`') {
            wrong.push(format!("row {number} has its number, a complaint and what holds it: {row:?}"));
            continue;
        }
        // A file, and what stands behind it until the next one.
        let mut parts = row[2].split('`').skip(1);
        while let (Some(file), Some(behind)) = (parts.next(), parts.next()) {
            if !file.starts_with("web/tests/") {
                continue;
            }
            let source = plain(&repository.text(file).unwrap_or_default());
            let names: Vec<&str> =
                source.lines().filter(|line| NAMED.iter().any(|named| line.contains(named))).collect();
            for words in behind.split('\u{201c}').skip(1).filter_map(|part| part.split('\u{201d}').next()) {
                stories += 1;
                if !names.iter().any(|name| name.contains(&plain(words))) {
                    wrong.push(format!("row {number}: {file} has no story with the words \u{201c}{words}\u{201d}"));
                }
            }
        }
    }
    assert!(rows.len() == 46 && stories > 20, "{} rows with {stories} stories are found", rows.len());
    none("complaints that nothing holds", &wrong);
}

const NODE: &str = "docs/book/src/node.md";

/// What the clients of `scripts/node --clients` compare with the page is what they try.
#[test]
fn what_clients_cannot_do_on_the_node_is_what_they_try() {
    let repository = Repository::open();
    let page = repository.text(NODE).expect("the page is there");
    let tried = repository.text("tests/clients/probe.mjs").expect("the script is there");
    let rows = page.lines().skip_while(|line| !line.starts_with("| what clients cannot do there |")).skip(2);
    let names = rows.take_while(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(1));
    let names: Vec<&str> = names.map(str::trim).collect();
    assert!(names.len() > 5, "the rows are found: {names:?}");
    let unknown: Vec<String> =
        names.iter().filter(|name| !tried.contains(&format!("'{name}'"))).map(|name| (*name).to_owned()).collect();
    none("rows that tests/clients/probe.mjs does not try", &unknown);
}

/// Whoever comes by one of these two pages finds every report: one that is written and not linked would be read by
/// nobody.
#[test]
fn every_report_of_findings_is_linked_where_auditors_begin() {
    let repository = Repository::open();
    let reports: Vec<&str> =
        repository.ending(".md").filter(|path| path.starts_with("docs/book/src/findings-")).collect();
    assert!(reports.len() >= 9, "{reports:?}");
    let mut missing = Vec::new();
    for (page, folder) in [(GUIDE, "docs/book/src/"), ("SECURITY.md", "")] {
        let text = repository.text(page).expect("the page is there");
        let links = reports.iter().filter(|report| !text.contains(&format!("]({}", &report[folder.len()..])));
        missing.extend(links.map(|report| format!("{page} has no link to {report}")));
    }
    none("reports that are not linked", &missing);
}

/// A threat is met by a rule and held by a test that runs: the table names one of each.
#[test]
fn every_threat_names_a_test_that_runs() {
    let repository = Repository::open();
    let guide = repository.text(GUIDE).expect("the guide is there");
    let rows = guide.lines().skip_while(|line| !line.starts_with("| threat | met by |")).skip(2);
    let (mut seen, mut wrong) = (0, Vec::new());
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let named: Vec<&str> = cells[2].split('`').skip(1).step_by(2).collect();
        let held = match named[..] {
            [path, test] => {
                let text = repository.text(path).unwrap_or_default();
                tests_of(&text).iter().any(|other| other.name == test && !other.ignored)
            }
            _ => false,
        };
        if !held {
            wrong.push(format!("{}: {}", cells[0], cells[2]));
        }
        seen += 1;
    }
    assert!(seen >= 20, "the rows are found: {seen}");
    none("threats that no test is named for, or one that does not run", &wrong);
}
