//! The fields that programs read: the chapter has those of each command, and no other ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::support::{Chain, User, atoms, built, margin_of, rewarded};

/// Where the chapter lies.
const CHAPTER: &str = "docs/book/src/sit-fields.md";

/// Commands that print something else, whatever is asked of them: a script for a shell, and a picture of a terminal.
const OTHERS: [&str; 2] = ["completions", "watch"];

/// The plan of a deployment, as the chapter on deploying has it.
const PLAN: &str = include_str!("../../../../docs/book/src/deploying.md");

/// The mapping of prices that the chain tells, as the chapter on reporters has it.
const MAPPING: &str = include_str!("../../../../docs/book/src/reporter.md");

/// What each command printed, in the order in which they are typed.
#[derive(Default)]
struct Seen(Vec<(String, Value)>);

impl Seen {
    /// Notes the answer of a command.
    fn note(&mut self, command: &str, answer: &Value) {
        assert!(answer.is_object(), "{command}: {answer}");
        assert!(self.0.iter().all(|(known, _)| known != command), "{command} is noted once");
        self.0.push((command.to_owned(), answer.clone()));
    }

    /// Looks what a line would do, does it, and notes it. What was told before is what is told of it afterwards.
    fn act(&mut self, command: &str, user: &User, line: &str) -> Value {
        let done = both(user, line);
        self.note(command, &done);
        done
    }

    /// Facts by their keys, and tables with their columns in brackets, in alphabetical order. A table without a row has
    /// no columns in JSON, so they are taken from another command that prints the same table.
    fn rows(&self) -> Vec<(&str, String)> {
        let mut columns: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, value) in self.0.iter().flat_map(|(_, answer)| answer.as_object().into_iter().flatten()) {
            if let Some(row) = value.as_array().and_then(|rows| rows.first()).and_then(Value::as_object) {
                columns.entry(key.as_str()).or_insert_with(|| row.keys().map(String::as_str).collect());
            }
        }
        let of = |answer: &Map<String, Value>| {
            let field = |(key, value): (&String, &Value)| match value {
                Value::Array(rows) => {
                    let own = rows.first().and_then(Value::as_object);
                    let own = own.map(|row| row.keys().map(String::as_str).collect());
                    let found: Option<Vec<&str>> = own.or_else(|| columns.get(key.as_str()).cloned());
                    let found = found.unwrap_or_else(|| panic!("nobody prints a row of {key}: {answer:?}"));
                    let names: Vec<String> = found.iter().map(|column| format!("`{column}`")).collect();
                    format!("`{key}` ({})", names.join(", "))
                }
                _ => format!("`{key}`"),
            };
            let mut keys: Vec<String> = answer.iter().map(field).collect();
            keys.sort();
            keys.join(", ")
        };
        self.0.iter().map(|(command, answer)| (&**command, answer.as_object().map(&of).unwrap_or_default())).collect()
    }
}

/// A look at what a line would do, and the line itself.
fn both(user: &User, line: &str) -> Value {
    let seen = user.json(&format!("{line} --dry-run"));
    assert_eq!(seen["sent"], false, "sit {line} --dry-run: {seen}");
    let done = user.act(line);
    for (key, value) in seen.as_object().expect("an object").iter().filter(|(key, _)| *key != "sent") {
        assert_eq!(done[key], *value, "sit {line}: {key} as it was foreseen");
    }
    done
}

/// Has the market, which waits for that, go on: its reporters print when it is time.
fn play(chain: &Chain) {
    let asked = chain.ask("sit_play", json!([]));
    while chain.ask("sit_played", json!([])) != asked {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// The names of the commands that do something, as they are typed: `order`, `hedge plan`.
fn commands(of: &clap::Command, before: &str, found: &mut BTreeSet<String>) {
    for command in of.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        let name = format!("{before}{}", command.get_name());
        if !command.has_subcommands() || !command.is_subcommand_required_set() {
            found.insert(name.clone());
        }
        commands(command, &format!("{name} "), found);
    }
}

/// Writes a file into somebody's folder.
fn file(user: &User, name: &str, text: &str) {
    std::fs::write(user.home.path().join(name), text).expect("written");
}

/// What stands in the first block of a kind of a chapter.
fn block<'a>(chapter: &'a str, kind: &str) -> &'a str {
    let (_, rest) = chapter.split_once(&format!("```{kind}\n")).unwrap_or_else(|| panic!("a block {kind}"));
    rest.split_once("```").expect("it ends").0
}

fn keys_and_settings(seen: &mut Seen, one: &User) {
    file(one, "password", "p\n");
    file(one, "digits", &format!("{}1", "0".repeat(63)));
    seen.note("key new NAME", &one.json("key new alice --password-file password"));
    seen.note("key import NAME", &one.json("key import bob --from digits --password-file password"));
    seen.note("key list", &one.json("key list"));
    seen.note("doctor", &serde_json::from_slice(&one.run("doctor --json").stdout).expect("JSON"));
    seen.note("units", &one.json("units"));
    seen.note("explain NAME", &one.json("explain ReduceOnly"));
    seen.note("abi CONTRACT", &one.json("abi vault"));
    seen.note("abi --out DIR", &one.json("abi --out abi"));
    seen.note("record show", &one.json("record show"));
    seen.note("verify", &serde_json::from_slice(&one.run("verify --json").stdout).expect("JSON"));
}

/// Accounts and their money, the market, orders and trades, until a position is open on either side.
fn trading(seen: &mut Seen, chain: &Chain, one: &User, other: &User) {
    let dry = one.json("faucet 1000 --dry-run");
    let given = one.json("faucet 1000");
    assert_eq!((&dry["token"], &dry["dot"]), (&given["token"], &given["dot"]), "{dry}");
    seen.note("faucet", &given);
    seen.act("account open", one, "account open");
    other.act("account open");
    seen.act("deposit", one, "deposit 50000");
    seen.act("deposit --approve", other, "deposit 50000 --approve");
    let second = one.act("account open --sub 1")["seat"].clone();
    seen.act("account transfer", one, &format!("account transfer 500 --to {second}"));
    seen.note("account show", &one.json("account show"));
    seen.act("withdraw", one, "withdraw 1");

    let markets = one.json("markets");
    let price = |place: usize, key: &str| markets["markets"][place][key].as_str().expect("a price").to_owned();
    let (mark, far, low) = (price(0, "mark"), price(1, "mark"), price(0, "low"));
    let next = price(1, "month");
    seen.note("order --dry-run", &one.json(&format!("order buy 3lots front {low} --good-for 1h --dry-run")));
    seen.act("order", one, &format!("order buy 3lots front {low}"));
    seen.note("orders", &{
        one.act(&format!("trigger set sell 3lots front below {low} --limit {low} --fee 0.25"));
        one.json("orders")
    });
    seen.note("trigger list", &one.json("trigger list"));
    seen.act("trigger clear", one, "trigger clear 0");
    let line = format!("trigger set sell 3lots front below {low} --limit {low} --fee 0.25");
    seen.act("trigger set", one, &line);
    let number = one.json("orders")["orders"][0]["order"].clone();
    seen.act("replace", one, &format!("replace {number} --size 2lots"));
    seen.act("cancel", one, &format!("cancel {number}"));
    file(one, "levels.csv", &format!("bid,{low},2lots\n"));
    seen.act("quote", one, "quote front levels.csv");
    seen.act("cancel-all", one, "cancel-all");
    file(other, "near.csv", &format!("bid,{low},5lots\nask,{mark},5lots\n"));
    file(other, "far.csv", &format!("ask,{far},5lots\n"));
    other.act("quote front near.csv");
    other.act(&format!("quote {next} far.csv"));
    seen.note("markets", &one.json("markets"));
    seen.note("curve", &one.json("curve"));
    seen.note("book", &one.json("book front"));
    both(one, &format!("order buy 3lots front {mark}"));
    seen.note("fills", &one.json("fills"));
    seen.note("positions", &one.json("positions"));
    let line = format!("roll front {next} 1lot --spread 9 --near-limit {low} --dry-run");
    seen.note("roll --dry-run", &one.json(&line));
    let transaction = one.json("fills")["fills"][0]["transaction"].as_str().expect("a hash").to_owned();
    seen.note("replay", &one.json(&format!("replay {transaction}")));
    seen.note("statement", &one.json("statement"));
    let friend = User::at(chain).with_key("you-2").json("account show")["address"].clone();
    let friend = friend.as_str().expect("an address");
    seen.act("delegate add", one, &format!("delegate add {friend} --max 2lots --good-for 1d"));
    seen.note("delegate list", &one.json("delegate list"));
    seen.act("delegate remove", one, &format!("delegate remove {friend}"));
}

/// A day's print and its settlement, by hand.
fn settling(seen: &mut Seen, chain: &Chain, one: &User, other: &User) {
    let (reporter, keeper) = (User::at(chain).with_key("reporter-1"), User::at(chain).with_key("keeper"));
    file(&reporter, "prices.toml", &block(MAPPING, "toml").replace("http://127.0.0.1:8545", &chain.url));
    play(chain);
    seen.note("reporter check", &reporter.json("reporter check --mapping prices.toml"));
    seen.note("reporter run --once", &reporter.json("reporter run --mapping prices.toml --once"));
    // Here no bond is asked for, and so the oracle knows no token.
    seen.note("reporter bond --dry-run", &reporter.json("reporter bond 500 --dry-run"));
    seen.note("reporter status", &reporter.json("reporter status"));
    chain.pass(4 * 3_600 + 60);
    play(chain);
    seen.note("keeper --duties", &keeper.json("keeper --duties"));
    // Settling accounts is left to others.
    let line = "keeper --once --jitter 0 --without settle --without margin-call";
    let dry = keeper.json(&format!("{line} --dry-run"));
    let look = || keeper.json(line);
    let first = look();
    let due = |said: &Value| -> Vec<Value> {
        said["due"].as_array().into_iter().flatten().map(|row| row["due"].clone()).collect()
    };
    assert!(!due(&first).is_empty() && due(&dry) == due(&first), "{dry} {first}");
    seen.note("keeper --once", &first);
    (0..4).for_each(|_| drop(look()));
    // Whoever has lost pays, without waiting for a keeper.
    let lost = |user: &&User| atoms(&user.json("positions")["positions"][0]["unsettled"]) < 0;
    let loser = [one, other].into_iter().find(lost).expect("the day has moved the price");
    seen.act("claim", loser, "claim");
    seen.note("settlements", &loser.json("settlements"));
}

fn hedging(seen: &mut Seen, one: &User) {
    file(one, "usage.csv", "date,model,input_tokens,output_tokens\n2026-09,m,381000000,127000000\n");
    file(one, "models.csv", "model,input,output\nm,2.5,10\n");
    let plan = one.json("hedge plan usage.csv --models models.csv --months 2 --growth 0% --today 2026-11-30");
    seen.note("hedge plan", &plan);
    file(one, "plan.json", &plan.to_string());
    seen.note("hedge status", &one.json("hedge status plan.json"));
}

fn making_a_market(seen: &mut Seen, chain: &Chain) {
    let maker = rewarded(chain, &mut |command, said| seen.note(command, said));
    seen.act("claim --rewards", &maker, "claim --rewards");
}

fn governing(seen: &mut Seen, chain: &Chain) {
    let user = User::at(chain);
    let own = |line: &str| format!("govern {line} --key governor");
    seen.note("govern status", &user.json("govern status"));
    seen.note("govern queue", &user.json("govern queue"));
    seen.note("govern simulate MESSAGE", &user.json("govern simulate clearing.set_fund_cap bps=4000"));
    file(&user, "margin.json", &margin_of(chain).to_string());
    seen.note("govern simulate-margin FILE", &user.json("govern simulate-margin margin.json"));
    let id = seen.act("govern propose-margin FILE", &user, &own("propose-margin margin.json"))["id"].clone();
    seen.note("govern inspect ID", &user.json(&format!("govern inspect {id} --margin margin.json")));
    seen.act("govern veto ID", &user, &format!("govern veto {id} --key guardian"));
    let id = user.act(&own("propose clearing.set_fund_cap bps=4000"))["id"].clone();
    seen.act("govern cancel ID", &user, &own(&format!("cancel {id}")));
    let line = "govern tighten clearing.pause product=0 scopes=1 --key guardian";
    seen.act("govern tighten MESSAGE", &user, line);
    let nominee = User::at(chain).with_key("you-2").json("account show")["address"].clone();
    let line = format!("propose governance.nominate_guardian nominee={}", nominee.as_str().expect("an address"));
    let id = user.act(&own(&line))["id"].clone();
    let approved = user.act(&own(&format!("approve {id}")));
    chain.pass(approved["waits_seconds"].as_u64().expect("a delay") + 60);
    user.act(&own(&format!("execute {id}")));
    seen.act("govern accept ROLE", &user, "govern accept guardian --key you-2");
}

fn deploying(seen: &mut Seen, chain: &Chain) {
    let mut user = User::at(chain);
    user.set("SIT_CACHE", &built());
    file(&user, "plan.toml", block(PLAN, "toml"));
    seen.note("deploy PLAN --dry-run", &user.json("deploy plan.toml --key you-2 --unnamed-blobs --dry-run"));
    seen.note("deploy PLAN", &user.json("deploy plan.toml --key you-2 --unnamed-blobs --yes"));
    let dry = user.json("deploy wire plan.toml --key governor --dry-run");
    assert_eq!((dry["sent"].as_bool(), dry["wiring"].as_i64() > Some(0)), (Some(false), true), "{dry}");
    seen.note("deploy wire PLAN", &user.json("deploy wire plan.toml --key governor --yes"));
    seen.note("deploy verify PLAN", &user.json("deploy verify plan.toml"));
    seen.note("deploy note PLAN", &user.json("deploy note plan.toml"));
    user.set("SIT_DEPLOYMENT", "deployments/420420420/trial.json");
    let line = "govern enact clearing.set_fund_cap bps=4000 --key governor";
    let dry = user.json(&format!("{line} --dry-run"));
    assert_eq!((&dry["enacted"], &dry["accepted"]), (&json!(false), &json!(true)), "{dry}");
    assert_eq!(user.json(&format!("{line} --dry-run"))["enacted"], false, "it was not done");
    seen.note("govern enact MESSAGE", &user.json(&format!("{line} --yes")));
    seen.act("govern seal", &user, "govern seal --key you-2");
}

#[test]
fn the_fields_of_every_command_are_those_of_the_chapter() {
    let nobody = ["maker", "taker", "follower", "hedger", "keeper"].into_iter().flat_map(|role| ["--without", role]);
    let options: Vec<&str> =
        ["--deterministic", "--turns", "--start", "1796025600"].into_iter().chain(nobody).collect();
    let chain = Chain::start(&options);
    play(&chain);
    let (one, other) = (User::at(&chain), User::at(&chain).with_key("you-1"));
    let mut seen = Seen::default();
    keys_and_settings(&mut seen, &one);
    trading(&mut seen, &chain, &one, &other);
    hedging(&mut seen, &one);
    settling(&mut seen, &chain, &one, &other);
    making_a_market(&mut seen, &chain);
    governing(&mut seen, &chain);
    deploying(&mut seen, &chain);
    one.run("index --once");
    seen.note("index --digests", &one.json("index --digests"));

    let mut text = String::from(
        "# Fields for programs\n\n\
         What `--json` prints of each command: an object with these keys; a table is an array of objects with the keys in \
         brackets. With `--csv` it is the first table, its columns in the order in which people see them, or else the \
         facts. A field that is not there is null or empty. Keys stay what they are and mean; new ones may come, so read \
         them by their names. With `--dry-run` a command that sends prints what it foresees, under the keys that it has \
         of it afterwards, and `sent` is false. The page is written by a test, which holds it to the program: every \
         command is in it, and what each foresaw is what it did \
         (`SIT_UPDATE_BOOK=1 cargo test --locked --workspace --test trading fields`).\n\n\
         A failure is an object with `error`, and in it `kind`, `code`, `message` and `name`, on the error output. What \
         runs on (`keeper`, `reporter run` and `maker run` without `--once`) writes a line of JSON for each event there, \
         and `index` prints its lines as objects with `message`. `completions` prints a script and `watch` a picture, \
         whatever is asked.\n\n\
         `dot_cost` and `cost` are all that the network takes, in DOT; `dot_fee`, `dot_deposit`, `fee` and `deposit` are \
         the fee in it and the refundable deposit, and null where they cannot be told apart: of messages of other \
         contracts than clearing house and vault, of delegates, and, afterwards, where the node has no state of before the \
         block, or something that the engine does not know came first in it.\n\n\
         | command | fields |\n|---|---|\n",
    );
    for (command, fields) in seen.rows() {
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

/// The chapter has a row of every command that there is, and of no other one. Needs no chain, and so it says at once
/// what a new command lacks.
#[test]
fn every_command_has_a_row_in_the_chapter_of_fields() {
    let mut program = sit_cli::command_line();
    program.build();
    let mut all = BTreeSet::new();
    commands(&program, "", &mut all);
    assert!(all.len() > 50 && all.contains("deploy") && all.contains("deploy wire"), "{all:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(CHAPTER);
    let chapter = std::fs::read_to_string(path).expect("the chapter");
    let rows = chapter.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0));
    let is_of = |row: &str, command: &str| row == command || row.starts_with(&format!("{command} "));
    let mut listed: BTreeSet<String> = OTHERS.map(str::to_owned).into();
    for row in rows {
        let command = all.iter().filter(|command| is_of(row, command)).max_by_key(|command| command.len());
        let command = command.unwrap_or_else(|| panic!("there is no command of the row `{row}`"));
        assert!(!OTHERS.contains(&command.as_str()), "`{command}` prints fields: it is none of {OTHERS:?}");
        listed.insert(command.clone());
    }
    let missing: Vec<&String> = all.difference(&listed).collect();
    assert!(missing.is_empty(), "{CHAPTER} has no row of {missing:?}");
    assert!(listed.is_subset(&all), "{listed:?}");
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
