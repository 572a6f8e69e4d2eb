//! The language of the documents, as far as a machine can hold it.

use crate::{none, pages};
use sit_papers::Repository;

/// Words that a document does not use, and what it says instead.
const WORDS: [(&[&str], &str); 3] = [
    (&["he", "him", "his", "himself"], "people are \"they\""),
    (
        &["can't", "don't", "doesn't", "isn't", "hasn't", "haven't", "won't", "wasn't", "aren't", "it's"],
        "words are written out",
    ),
    (&["can not"], "\"cannot\" is one word"),
];

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
        for (line, text) in (1..).zip(prose.lines()) {
            let text = format!(" {} ", text.to_lowercase().replace(|c: char| !(c.is_alphanumeric() || c == '\''), " "));
            for (words, instead) in WORDS {
                for word in words.iter().filter(|word| text.contains(&format!(" {word} "))) {
                    found.push(format!("{}:{line}: \"{word}\": {instead}", page.path));
                }
            }
        }
    }
    none("words that documents do not use", &found);
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
