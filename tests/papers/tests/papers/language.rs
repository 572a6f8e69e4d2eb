//! The language of the documents, as far as a machine can hold it.

use crate::{none, pages};
use sit_papers::Repository;

/// Words that neither a document nor a comment uses, and what it says instead.
const WORDS: [(&[&str], &str); 2] =
    [(&["he", "him", "his", "himself"], "people are \"they\""), (&["can not"], "\"cannot\" is one word")];

/// Words that neither a document nor the code uses besides: not in its comments, and not in what it says to people.
#[rustfmt::skip]
const SHORTENED: (&[&str], &str) = (
    &[
        "can't", "don't", "doesn't", "didn't", "isn't", "hasn't", "haven't", "hadn't", "won't", "wasn't", "aren't",
        "weren't", "couldn't", "wouldn't", "shouldn't", "it's", "that's", "there's", "they're", "let's",
    ],
    "words are written out",
);

/// What a comment does not consist of, because it says nothing without its neighbour.
#[rustfmt::skip]
const LEANING: [&str; 22] = [
    "the same", "as above", "as before", "see above", "see below", "likewise", "ditto", "safety: as above",
    "who", "whose", "to whom", "from whom", "by whom", "which", "what", "where", "when", "since when", "why",
    "how", "how many", "how much",
];

/// The words of a table that a text uses, each with what it says instead.
fn used(text: &str, table: &[(&[&str], &str)]) -> Vec<String> {
    let text = format!(" {} ", text.to_lowercase().replace(|c: char| !(c.is_alphanumeric() || c == '\''), " "));
    let mut found = Vec::new();
    for (words, instead) in table {
        let hits = words.iter().filter(|word| text.contains(&format!(" {word} ")));
        found.extend(hits.map(|word| format!("\"{word}\": {instead}")));
    }
    found
}

#[test]
fn documents_say_they_and_write_words_out() {
    let repository = Repository::open();
    let mut found = Vec::new();
    for page in pages(&repository) {
        // Names of tests in backticks are the code's.
        let mut prose = page.prose().to_owned();
        for (_, range) in page.code().into_iter().rev() {
            let lines = "\n".repeat(prose[range.clone()].matches('\n').count());
            prose.replace_range(range, &format!("`{lines}`"));
        }
        let table = [&WORDS[..], &[SHORTENED]].concat();
        for (line, text) in (1..).zip(prose.lines()) {
            found.extend(used(text, &table).into_iter().map(|fault| format!("{}:{line}: {fault}", page.path)));
        }
    }
    none("words that documents do not use", &found);
}

/// The comment of a line of Rust, without its mark; a comment after code has a blank on both sides of the mark, which
/// an address in a string has not.
fn comment(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let text = line.strip_prefix("//").or_else(|| line.split_once(" // ").map(|(_, text)| text))?;
    Some(text.trim_start_matches(['/', '!']).trim())
}

/// Faults of a comment: words that it does not use, and sentences that lean on a neighbour.
fn faults(comment: &str) -> Vec<String> {
    let mut found = used(comment, &WORDS);
    let sentence = comment.trim_end_matches(['.', ':', ';']).to_lowercase();
    if LEANING.contains(&sentence.as_str()) {
        found.push(format!("\"{comment}\": a comment stands alone"));
    }
    found
}

#[test]
fn comments_say_they_and_stand_alone() {
    let repository = Repository::open();
    let (mut comments, mut found) = (0, Vec::new());
    let folders = ["crates/", "contracts/", "sim/", "tests/"];
    for path in repository.ending(".rs").filter(|path| folders.iter().any(|folder| path.starts_with(folder))) {
        let text = repository.text(path).expect("it is a file");
        for (line, text) in (1..).zip(text.lines()) {
            let Some(text) = comment(text) else { continue };
            comments += 1;
            found.extend(faults(text).into_iter().map(|fault| format!("{path}:{line}: {fault}")));
        }
    }
    assert!(comments > 10_000, "the comments are found: {comments}");
    none("comments that do not say \"they\", or do not stand alone", &found);
}

#[test]
fn code_writes_words_out_in_comments_and_in_what_it_says() {
    let repository = Repository::open();
    let (mut lines, mut found) = (0, Vec::new());
    // This file lists the words.
    let sources = repository
        .files()
        .filter(|path| path.starts_with("scripts/") || path.ends_with(".rs") && !path.starts_with("tests/papers/"));
    for path in sources {
        let text = repository.text(path).expect("it is a file");
        for (line, text) in (1..).zip(text.lines()) {
            lines += 1;
            found.extend(used(text, &[SHORTENED]).into_iter().map(|fault| format!("{path}:{line}: {fault}")));
        }
    }
    assert!(lines > 50_000, "the lines are found: {lines}");
    none("shortened words", &found);
}

#[test]
fn faults_of_comments_are_found_in_each_kind_of_comment() {
    let said = |line: &str| comment(line).map(|text| faults(text).len());
    for line in [
        "    /// When he left.",
        "//! The maker, and his seat.",
        concat!("let a = 1; ", "// They can not."),
        "// See above.",
        "/// Whose.",
    ] {
        assert_eq!(said(line), Some(1), "{line}");
    }
    for line in [
        "/// When the maker left.",
        "// The same day counts twice.",
        concat!("let a = \"here\"; ", "// The other one."),
    ] {
        assert_eq!(said(line), Some(0), "{line}");
    }
    assert_eq!(said("let page = \"https://his.example\";"), None);
}

/// Columns of a line, of code and of comments alike, as `rustfmt.toml` has them.
const WIDTH: usize = 120;

#[test]
fn lines_of_comments_are_no_wider_than_lines_of_code() {
    let repository = Repository::open();
    let mut found = Vec::new();
    for path in repository.ending(".rs") {
        let text = repository.text(path).expect("it is a file");
        let mut fenced = false;
        for (number, line) in (1..).zip(text.lines()) {
            let comment = line.trim_start().strip_prefix("//").map(|rest| rest.trim_start_matches(['/', '!', ' ']));
            fenced ^= comment.is_some_and(|text| text.starts_with("```"));
            // A formula, a row of a table and a link cannot be broken.
            let whole = |text: &str| fenced || text.starts_with('|') || !text.contains(' ');
            let wide = line.chars().count() > WIDTH;
            if wide && comment.is_some_and(|text| !whole(text)) {
                found.push(format!("{path}:{number}: {} columns", line.chars().count()));
            }
        }
    }
    none("lines of comments wider than 120 columns", &found);
}
