//! The fields that programs read: the chapter has those of each command, and no other ones.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

use super::support::{Chain, User};

/// Where the chapter lies.
const CHAPTER: &str = "docs/book/src/sit-fields.md";

/// What each command printed, in the order in which they are typed.
#[derive(Default)]
struct Seen(Vec<(String, String)>);

impl Seen {
    /// Notes the fields of an answer. A command that is typed twice has those of both.
    fn note(&mut self, command: &str, answer: &Value) {
        let fields = fields(answer.as_object().unwrap_or_else(|| panic!("{command}: {answer}")));
        assert!(self.0.iter().all(|(known, _)| known != command), "{command} is noted once");
        self.0.push((command.to_owned(), fields));
    }
}

/// Facts by their keys, and tables with their columns in brackets, in alphabetical order. A table without a row has no
/// columns in JSON, so each has to have one.
fn fields(answer: &Map<String, Value>) -> String {
    let mut keys: Vec<String> = answer
        .iter()
        .map(|(key, value)| match value {
            Value::Array(rows) => {
                let columns: Vec<&str> = rows
                    .first()
                    .and_then(Value::as_object)
                    .map(|row| row.keys().map(String::as_str).collect())
                    .unwrap_or_default();
                format!(
                    "`{key}` ({})",
                    columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ")
                )
            }
            _ => format!("`{key}`"),
        })
        .collect();
    keys.sort();
    keys.join(", ")
}

#[test]
fn the_fields_of_every_command_are_those_of_the_chapter() {
    let chain = Chain::start(&["--quiet-market", "--deterministic", "--start", "1796025600"]);
    let (one, other) = (User::at(&chain), User::at(&chain).with_key("you-1"));
    let mut seen = Seen::default();
    let file = |user: &User, name: &str, text: &str| {
        std::fs::write(user.home.path().join(name), text).expect("written");
    };

    // Keys and settings.
    file(&one, "password", "p\n");
    seen.note("key new NAME", &one.json("key new alice --password-file password"));
    seen.note("key list", &one.json("key list"));
    seen.note("doctor", &serde_json::from_slice(&one.run("doctor --json").stdout).expect("JSON"));
    seen.note("units", &one.json("units"));
    seen.note("explain NAME", &one.json("explain ReduceOnly"));
    seen.note("record show", &one.json("record show"));
    seen.note("verify", &serde_json::from_slice(&one.run("verify --json").stdout).expect("JSON"));

    // An account and its money.
    seen.note("faucet", &one.json("faucet 1000"));
    seen.note("account open", &one.act("account open"));
    other.act("account open");
    seen.note("deposit", &one.act("deposit 50000"));
    other.act("deposit 50000");
    let second = one.act("account open --sub 1")["seat"].clone();
    seen.note("account transfer", &one.act(&format!("account transfer 500 --to {second}")));
    seen.note("account show", &one.json("account show"));
    seen.note("withdraw", &one.act("withdraw 1"));

    // The market, orders and trades.
    let markets = one.json("markets");
    let price = |place: usize, key: &str| markets["markets"][place][key].as_str().expect("a price").to_owned();
    let (mark, far, low) = (price(0, "mark"), price(1, "mark"), price(0, "low"));
    let next = price(1, "month");
    seen.note("order --dry-run", &one.json(&format!("order buy 3lots front {low} --dry-run")));
    seen.note("order", &one.act(&format!("order buy 3lots front {low} --good-for 1h")));
    seen.note("orders", &{
        one.act(&format!("trigger set sell 3lots front below {low} --limit {low} --fee 0.25"));
        one.json("orders")
    });
    seen.note("trigger list", &one.json("trigger list"));
    seen.note("trigger clear", &one.act("trigger clear 0"));
    seen.note("trigger set", &one.act(&format!("trigger set sell 3lots front below {low} --limit {low} --fee 0.25")));
    let number = one.json("orders")["orders"][0]["order"].clone();
    seen.note("replace", &one.act(&format!("replace {number} --size 2lots")));
    seen.note("cancel", &one.act(&format!("cancel {number}")));
    file(&one, "levels.csv", &format!("bid,{low},2lots\n"));
    seen.note("quote", &one.act("quote front levels.csv"));
    seen.note("cancel-all", &one.act("cancel-all"));
    file(&other, "near.csv", &format!("bid,{low},5lots\nask,{mark},5lots\n"));
    file(&other, "far.csv", &format!("ask,{far},5lots\n"));
    other.act("quote front near.csv");
    other.act(&format!("quote {next} far.csv"));
    seen.note("markets", &one.json("markets"));
    seen.note("curve", &one.json("curve"));
    seen.note("book", &one.json("book front"));
    one.act(&format!("order buy 3lots front {mark}"));
    seen.note("fills", &one.json("fills"));
    seen.note("positions", &one.json("positions"));
    seen.note("roll", &one.json(&format!("roll front {next} 1lot --spread 9 --near-limit {low} --dry-run")));
    let transaction = one.json("fills")["fills"][0]["transaction"].as_str().expect("a hash").to_owned();
    seen.note("replay", &one.json(&format!("replay {transaction}")));
    seen.note("statement", &one.json("statement"));
    seen.note("claim", &one.json("claim --yes"));
    seen.note("settlements", &one.json("settlements"));
    let friend = User::at(&chain).with_key("you-2").json("account show")["address"].clone();
    let friend = friend.as_str().expect("an address");
    seen.note("delegate add", &one.act(&format!("delegate add {friend} --max 2lots --good-for 1d")));
    seen.note("delegate list", &one.json("delegate list"));
    seen.note("delegate remove", &one.act(&format!("delegate remove {friend}")));

    // Hedges and governance.
    file(&one, "usage.csv", "date,model,input_tokens,output_tokens\n2026-09,m,381000000,127000000\n");
    file(&one, "models.csv", "model,input,output\nm,2.5,10\n");
    let plan = one.json("hedge plan usage.csv --models models.csv --months 2 --growth 0% --today 2026-11-30");
    seen.note("hedge plan", &plan);
    file(&one, "plan.json", &plan.to_string());
    seen.note("hedge status", &one.json("hedge status plan.json"));
    seen.note("govern status", &one.json("govern status"));
    seen.note("govern queue", &one.json("govern queue"));

    let mut text = String::from(
        "# Fields for programs\n\n\
         What `--json` prints of each command: an object with these keys; a table is an array of objects with the keys in \
         brackets. With `--csv` it is the first table, its columns in the order in which people see them, or else the \
         facts. A field that is not there is null or empty. Keys stay what they are and mean; new ones may come, so read \
         them by their names. The page is written by a test, which holds it to the program \
         (`SIT_UPDATE_BOOK=1 cargo test --locked --workspace --test trading fields`).\n\n\
         A failure is an object with `error`, and in it `kind`, `code`, `message` and `name`, on the error output.\n\n\
         | command | fields |\n|---|---|\n",
    );
    for (command, fields) in &seen.0 {
        let _ = writeln!(text, "| `{command}` | {fields} |");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(CHAPTER);
    if std::env::var_os("SIT_UPDATE_BOOK").is_some() {
        std::fs::write(&path, &text).expect("the chapter is written");
    }
    let chapter = std::fs::read_to_string(&path).unwrap_or_default();
    for (is, was) in text.lines().zip(chapter.lines()) {
        assert_eq!(is, was, "{CHAPTER} is not what the program says");
    }
    assert_eq!(text.lines().count(), chapter.lines().count(), "{CHAPTER} is not what the program says");
}

#[test]
fn what_csv_prints_has_the_fields_of_the_first_table() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let user = User::at(&chain);
    user.act("account open");
    user.act("deposit 1000");
    for line in ["markets", "curve", "account show", "doctor", "statement", "delegate list", "verify"] {
        let csv = String::from_utf8(user.run(&format!("{line} --csv")).stdout).expect("text");
        let header = csv.lines().next().unwrap_or_default().to_owned();
        let json: Value = serde_json::from_slice(&user.run(&format!("{line} --json")).stdout).expect("JSON");
        let mut columns: Vec<&str> = header.split(',').collect();
        columns.sort_unstable();
        let tables = json.as_object().expect("an object").values().filter_map(Value::as_array);
        let found = tables.filter_map(|rows| rows.first()?.as_object()).any(|row| {
            let mut keys: Vec<&str> = row.keys().map(String::as_str).collect();
            keys.sort_unstable();
            keys == columns
        });
        assert!(found || columns.is_empty() || line == "delegate list", "{line}: {header} is no table of {json}");
    }
}
