//! The chapter on hedging: its files and its commands, as somebody types them; and what a hedge has come to on a chain.

#[path = "trading/support.rs"]
#[expect(dead_code, reason = "the stories of trading use the rest of it")]
mod support;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use support::{Chain, User, atoms, wait};

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
        if line.starts_with("hedge status") {
            continue; // it asks a chain: the story below types it
        }
        let output = sit(home.path(), line);
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

/// A price in atoms per million SIT.
fn price(value: &Value) -> i128 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no price"));
    let (whole, fraction) = text.split_once('.').expect("decimals");
    format!("{whole}{fraction:0<6}").parse().expect("digits")
}

fn rows<'a>(table: &'a Value, key: &str) -> &'a [Value] {
    table[key].as_array().unwrap_or_else(|| panic!("{table} has {key}"))
}

fn whole(value: &Value) -> i128 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number")).into()
}

/// Millions of SIT in a lot of the development chain.
const LOT: i128 = 100;

/// What the status of a plan has to say, by hand from fills, marks and settlements; `sign` is -1 for a provider.
fn by_hand(user: &User, plan: &Value, status: &Value, sign: i128) {
    let (fills, positions) = (user.json("fills"), user.json("positions"));
    let settlements = user.json("settlements");
    let (mut results, mut withouts, mut moves, mut fees) = (0, 0, 0, 0);
    assert_eq!(rows(status, "months").len(), 2, "{status}");
    for (row, planned) in rows(status, "months").iter().zip(rows(plan, "months")) {
        let month = row["month"].as_str().expect("a month");
        assert_eq!(month, format!("TPI-{}", planned["contract"].as_str().expect("a contract")));
        let of = |row: &&Value| row["month"] == month;
        let position = rows(&positions, "positions").iter().find(of).expect("a position");
        let mark = price(&position["mark"]);
        let (mut lots, mut paid, mut fee, mut value) = (0, 0, 0, 0);
        for fill in rows(&fills, "fills").iter().filter(of) {
            assert_eq!(fill["side"], if sign > 0 { "buy" } else { "sell" });
            let (count, at) = (whole(&fill["lots"]), price(&fill["price"]));
            lots += count;
            value += count * at;
            paid += sign * count * LOT * (mark - at);
            fee += atoms(&fill["fee"]);
        }
        assert!(lots > 0 && fee > 0, "{month} was traded: {fills}");
        // What it paid by its trades is what was settled and what is not yet, less fees.
        let result = paid - fee;
        let settled: i128 = rows(&settlements, "settlements").iter().filter(of).map(|row| atoms(&row["paid"])).sum();
        assert_eq!(result, settled + atoms(&position["unsettled"]) - fee, "{month}");
        assert_eq!(atoms(&row["result"]), result, "{month}: {row}");
        assert_eq!((whole(&row["locked"]), whole(&row["planned"])), (sign * lots, sign * whole(&planned["lots"])));
        assert_eq!(whole(&row["left"]), whole(&row["planned"]) - whole(&row["locked"]));
        assert_eq!(atoms(&row["price"]), mark);
        assert_eq!(atoms(&row["locked_at"]), (2 * value + lots).div_euclid(2 * lots), "{row}");
        // The bill of all that is planned, at the price now: up to the next atom; a revenue down.
        let sit = whole(&planned["sit"]);
        assert!(sit > lots * LOT * 1_000_000, "a part of a lot stays unhedged");
        let without = if sign > 0 { -(-sit * mark).div_euclid(1_000_000) } else { (sit * mark).div_euclid(1_000_000) };
        assert_eq!(atoms(&row["without"]), without, "{row}");
        assert_eq!(atoms(&row["with"]), without - sign * result, "{row}");
        // How far the price has moved against all of it, away from zero.
        let moved = sign * sit * (mark * lots - value);
        let size = -(-moved.abs()).div_euclid(1_000_000 * lots);
        let against = moved.signum() * size;
        effective(&row["effectiveness"], result, against);
        results += result;
        withouts += without;
        moves += against;
        fees += fee;
    }
    assert_eq!(atoms(&status["result"]), results);
    assert_eq!(atoms(&status["fees"]), fees);
    assert_eq!(atoms(&status["variation"]) + atoms(&status["unsettled"]) - fees, results);
    assert_eq!(atoms(&status["without"]), withouts);
    assert_eq!(atoms(&status["with"]), withouts - sign * results);
    assert_eq!(atoms(&status["against"]), moves);
    assert_ne!(moves, 0, "the price has moved");
    effective(&status["effectiveness"], results, moves);
}

fn effective(shown: &Value, result: i128, against: i128) {
    if against == 0 {
        return assert_eq!(*shown, Value::Null);
    }
    let bps = (result * 10_000 * against.signum()).div_euclid(against.abs());
    let sign = if bps < 0 { "-" } else { "" };
    assert_eq!(*shown, format!("{sign}{}.{:02}", bps.abs() / 100, bps.abs() % 100), "{result} of {against}");
}

#[test]
fn status_tells_what_a_hedge_has_saved_or_cost() {
    // Monday, 30 November 2026, four hours before noon.
    let chain = Chain::start(&["--block-time", "1", "--start", "1796025600"]);
    let hedgers = [("you-0", "buyer", 1), ("you-1", "provider", -1)];
    let mut plans = Vec::new();
    for (key, side, sign) in hedgers {
        let user = User::at(&chain).with_key(key);
        user.act("account open");
        user.act("deposit 50000");
        let usage: String = (9..=11).map(|month| format!("2026-{month:02},m,381000000,127000000\n")).collect();
        let text = format!("date,model,input_tokens,output_tokens\n{usage}");
        std::fs::write(user.home.path().join("usage.csv"), text).expect("written");
        std::fs::write(user.home.path().join("models.csv"), "model,input,output\nm,2.5,10\n").expect("written");
        let plan = user.json(&format!(
            "hedge plan usage.csv --models models.csv --side {side} --months 2 --growth 0% --today 2026-11-30"
        ));
        std::fs::write(user.home.path().join("plan.json"), plan.to_string()).expect("written");
        // Before anything is sent, all of it is left and nothing has come of it.
        let before = user.json("hedge status plan.json");
        assert_eq!((&before["side"], &before["result"]), (&side.into(), &"0.000000".into()), "{before}");
        assert_eq!(before["effectiveness"], Value::Null);
        for row in rows(&before, "months") {
            assert_eq!((&row["locked"], &row["left"]), (&0.into(), &row["planned"]), "{before}");
            assert_eq!(row["without"], row["with"]);
            assert!(whole(&row["planned"]) * sign >= 5, "{before}");
        }
        for order in rows(&plan, "orders") {
            let command = order["command"].as_str().expect("a command").strip_prefix("sit ").expect("of sit");
            // The order as the plan says it, until the market makers stand there.
            wait("quotes", || user.run(&format!("{command} --dry-run")).status.success());
            user.act(command);
        }
        plans.push((user, plan, sign));
    }
    chain.pass(4 * 3_600 + 600);
    for (user, ..) in &plans {
        wait("both settlements", || {
            let months: std::collections::BTreeSet<String> = rows(&user.json("settlements"), "settlements")
                .iter()
                .filter_map(|row| row["month"].as_str().map(str::to_owned))
                .collect();
            months.len() == 2
        });
    }
    chain.pass(300);
    // The market stands still, so that all that is asked for is of one moment.
    chain.ask("evm_setIntervalMining", json!([0]));
    let block = chain.ask("eth_blockNumber", json!([]));
    for (user, plan, sign) in &plans {
        by_hand(user, plan, &user.json("hedge status plan.json"), *sign);
    }
    assert_eq!(chain.ask("eth_blockNumber", json!([])), block, "the market stood still");
    // The chapter's own line, and its words for people.
    let (user, ..) = &plans[0];
    let line = CHAPTER.lines().find_map(|line| line.strip_prefix("$ sit hedge status ")).expect("the chapter has one");
    let shown = user.text(&format!("hedge status {line}"));
    for word in ["saved by the hedge", "effectiveness so far", "without the hedge"] {
        assert!(shown.contains(word), "{shown}");
    }
}
