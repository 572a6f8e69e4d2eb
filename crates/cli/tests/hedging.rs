//! The chapter on hedging: its files and its commands, as somebody types them. Where it asks a chain, the parts that
//! need none are run here.

use std::path::Path;
use std::process::{Command, Output};

const CHAPTER: &str = include_str!("../../../docs/book/src/hedging.md");

fn sit(home: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sit"))
        .args(line.split_whitespace())
        .current_dir(home)
        .env("HOME", home)
        .output()
        .expect("sit runs")
}

fn words(output: &Output) -> String {
    // Sentences are broken at the width of the terminal.
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)).replace('\n', " ")
}

/// A folder with the chapter's files.
fn folder() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    for block in CHAPTER.split("```csv ").skip(1) {
        let (name, rest) = block.split_once('\n').expect("a name");
        let (text, _) = rest.split_once("```").expect("an end");
        std::fs::write(home.path().join(name), text).expect("written");
    }
    home
}

#[test]
fn every_plan_of_the_chapter_is_made() {
    let home = folder();
    let mut plans = 0;
    for line in CHAPTER.lines().filter_map(|line| line.strip_prefix("$ sit ")) {
        let (line, file) = line.split_once(" > ").map_or((line, None), |(line, file)| (line, Some(file)));
        let output = sit(home.path(), line);
        if line.starts_with("hedge status") {
            // Without a chain it reads the plan and says that no node is there.
            assert_ne!(output.status.code(), Some(2), "{}", words(&output));
            assert!(!words(&output).contains("is no plan"), "{}", words(&output));
            continue;
        }
        assert!(output.status.success(), "{line}\n{}", words(&output));
        plans += 1;
        if let Some(file) = file {
            std::fs::write(home.path().join(file), &output.stdout).expect("written");
        }
    }
    assert_eq!(plans, 5);
    let page = std::fs::read_to_string(home.path().join("plan.html")).expect("the page was written");
    assert!(page.starts_with("<!DOCTYPE html>") && page.matches("<svg ").count() == 3, "{page}");
    // A page stands alone: no script, nothing fetched.
    assert!(!page.contains("<script") && !page.contains("http"), "{page}");
}

#[test]
fn a_plan_is_exact_and_the_same_twice() {
    let home = folder();
    let line = "hedge plan usage.csv --models models.csv --months 2 --growth 0% --today 2026-10-05 --json";
    let output = sit(home.path(), line);
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    // 4,840,000,000 SIT in the thirty days of September: as much in November, 31/30 of it in December.
    assert_eq!((&plan["months"][0]["sit"], &plan["months"][0]["lots"]), (&4_840_000_000_u64.into(), &48.into()));
    assert_eq!((&plan["months"][1]["sit"], &plan["months"][1]["lots"]), (&5_001_333_333_u64.into(), &50.into()));
    assert_eq!(plan["orders"][0]["command"], "sit order buy 48lots NOV26 market --max-slippage 1%");
    assert_eq!(output.stdout, sit(home.path(), line).stdout);
    // What it needs in cash: the orders' margin today, and that with the variation of the worst day.
    let usd = |of: &serde_json::Value| of.as_str().and_then(|text| text.parse::<f64>().ok()).expect("US dollars");
    let [initial, variation, cash] = ["initial_margin", "variation", "cash"].map(|key| usd(&plan[key]));
    assert!(initial > 0.0 && cash >= initial && cash >= variation && cash <= 3.0 * (initial + variation), "{plan}");
    let months = plan["months"].as_array().expect("months");
    assert!(months.iter().all(|month| usd(&month["cash"]) <= cash && usd(&month["margin"]) > 0.0), "{plan}");
    let surer: serde_json::Value =
        serde_json::from_slice(&sit(home.path(), &format!("{line} --confidence 99.9%")).stdout).expect("JSON");
    assert!(usd(&surer["cash"]) >= cash && surer["initial_margin"] == plan["initial_margin"], "{surer}");
    let sold = sit(home.path(), &format!("{line} --side provider"));
    assert!(words(&sold).contains("sit order sell 48lots NOV26"), "{}", words(&sold));
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let home = folder();
    std::fs::write(home.path().join("none.csv"), "model,input,output\nother,1,2\n").expect("written");
    let unpriced = sit(home.path(), "hedge plan usage.csv --models none.csv");
    assert_eq!(unpriced.status.code(), Some(2));
    assert!(words(&unpriced).contains("no price is known of the model `acme-large`"), "{}", words(&unpriced));
    std::fs::write(home.path().join("plan.json"), "{}").expect("written");
    let bad = sit(home.path(), "hedge status plan.json --seat 0");
    assert_eq!(bad.status.code(), Some(3), "{}", words(&bad));
    assert!(words(&bad).contains("sit hedge plan --json"), "{}", words(&bad));
}
