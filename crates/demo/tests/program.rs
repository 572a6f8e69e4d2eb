//! What the program says to input that cannot be used: one sentence, a non-zero exit, and nothing written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn demo(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sit-demo")).current_dir(folder).args(args).output().expect("the program starts")
}

/// Runs the demo on a history that must be refused with all these words, in one line.
fn refused(csv: &str, column: &str, words: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("prices.csv"), csv).expect("the file is written");
    let output = demo(folder.path(), &["--prices", "prices.csv", "--column", column]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
    assert!(output.stdout.is_empty());
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing is written");
}

/// A history of `days` days whose prices are changed by hand.
fn history(days: u32, change: impl Fn(u32) -> Option<String>) -> String {
    let mut csv = String::from("date,price\n");
    for day in 0..days {
        let (month, number) = (day / 28 + 1, day % 28 + 1);
        let usual = format!("2025-{month:02}-{number:02},{:.4}", 1.0 + 0.01 * f64::from(day % 7));
        csv.push_str(&change(day).unwrap_or(usual));
        csv.push('\n');
    }
    csv
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = demo(folder.path(), &["--prices", "nowhere.csv", "--column", "price"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere.csv"));
}

#[test]
fn a_wrong_column_is_answered_with_the_columns_there_are() {
    refused(&history(120, |_| None), "cost", &["prices.csv", "cost", "price"]);
}

#[test]
fn a_bad_line_is_named_by_file_and_number() {
    let on_day_ten = |text: &'static str| history(120, move |day| (day == 10).then(|| text.to_owned()));
    refused(&on_day_ten("11/01/2025,1.0"), "price", &["prices.csv line 12", "11/01/2025"]);
    refused(&on_day_ten("2025-01-11,cheap"), "price", &["prices.csv line 12", "cheap"]);
    refused(&on_day_ten("2025-01-11,0"), "price", &["prices.csv line 12"]);
    refused(&on_day_ten("2025-01-11,-1"), "price", &["prices.csv line 12"]);
    refused(&on_day_ten("2025-01-10,1.0"), "price", &["prices.csv line 12", "2025-01-10"]);
    refused(&on_day_ten("2025-01-11,1000.0"), "price", &["prices.csv line 12"]);
}

#[test]
fn a_short_history_is_told_how_much_it_needs() {
    refused(&history(20, |_| None), "price", &["prices.csv", "90"]);
}

#[test]
fn a_price_that_never_moves_is_no_history() {
    let still = history(120, |day| Some(format!("2025-{:02}-{:02},1.0", day / 28 + 1, day % 28 + 1)));
    refused(&still, "price", &["never moves"]);
}
