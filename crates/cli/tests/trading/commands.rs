//! Each command as somebody types it, on a chain on which nobody else trades.

use serde_json::{Value, json};

use super::support::{Chain, User, atoms};

/// Two people with an account and 100,000 dollars each.
fn two(chain: &Chain) -> (User, User) {
    let people = ["you-0", "you-1"].map(|key| User::at(chain).with_key(key));
    for person in &people {
        person.act("account open");
        person.act("deposit 100000usdc");
    }
    people.into()
}

fn quiet() -> Chain {
    Chain::start(&["--quiet-market", "--deterministic"])
}

fn column<'a>(table: &'a Value, key: &str) -> Vec<&'a Value> {
    table.as_array().expect("a table").iter().map(|row| &row[key]).collect()
}

#[test]
fn orders_are_placed_replaced_matched_and_cancelled() {
    let chain = quiet();
    let (one, other) = two(&chain);
    let markets = one.json("markets");
    let mark = markets["markets"][0]["mark"].as_str().expect("a mark").to_owned();
    assert_eq!(markets["markets"].as_array().map(Vec::len), Some(10));
    let tick = |ticks: i64| {
        let (whole, fraction) = mark.split_once('.').expect("decimals");
        let size = 10_i64.pow(u32::try_from(fraction.len()).expect("few"));
        let sum = whole.parse::<i64>().expect("digits") * size + fraction.parse::<i64>().expect("digits") + ticks;
        format!("{}.{:0width$}", sum / size, sum % size, width = fraction.len())
    };

    // A quote of a file, its levels in the book, as maker and as others see them.
    let file = one.home.path().join("quote.csv");
    std::fs::write(&file, format!("side,price,size\nbid,{},10lots\nask,{},1000MSIT # ten lots\n", tick(-5), tick(5)))
        .expect("written");
    let quoted = one.act("quote front quote.csv --good-for 1h");
    assert_eq!(quoted["rests_lots"], 20, "{quoted}");
    let book = other.json("book front");
    assert_eq!(column(&book["book"], "lots"), [10, 10], "{book}");
    assert_eq!(column(&book["book"], "own"), [0, 0]);
    assert_eq!(column(&one.json("book front")["book"], "own"), [10, 10]);

    // Policies.
    other.refused(&format!("order buy 1lot front {} --post-only -y", tick(5)), 6, &["WouldTrade", "Nothing was sent"]);
    other.refused(&format!("order buy 11lots front {} --fok -y", tick(5)), 6, &["NotFilled"]);
    other.refused(&format!("order sell 1lot front {} --reduce-only -y", tick(-5)), 6, &["ReduceOnly"]);
    let slid = other.act(&format!("order buy 1lot front {} --slide", tick(5)));
    assert_eq!(slid["resting_price"], tick(4).as_str(), "{slid}");
    let part = other.act(&format!("order buy 4lots front {} --ioc", tick(5)));
    assert_eq!((&part["traded_lots"], &part["resting_lots"]), (&4.into(), &0.into()), "{part}");
    let rests = other.act(&format!("order buy 9lots front {} --number 70", tick(5)));
    assert_eq!((&rests["traded_lots"], &rests["resting_lots"], &rests["order"]), (&6.into(), &3.into(), &70.into()));

    // Replaced: smaller keeps its number, dearer gets another.
    let smaller = other.act("replace 70 --size 2lots");
    assert_eq!((&smaller["resting_lots"], &smaller["order"]), (&2.into(), &70.into()), "{smaller}");
    let moved = other.act(&format!("replace 70 --price {}", tick(3)));
    assert_eq!(moved["resting_price"], tick(3).as_str(), "{moved}");
    other.refused("cancel 70 -y", 2, &["no order 70"]);
    other.refused("replace 70", 2, &["say what shall change"]);
    other.act("cancel-all");
    assert!(other.text("cancel-all").contains("nothing to cancel"));

    // Ten lots long against ten short, and the two mirror each other to the atom.
    let (long, short) = (other.json("positions"), one.json("positions"));
    assert_eq!((&long["positions"][0]["lots"], &short["positions"][0]["lots"]), (&10.into(), &Value::from(-10)));
    let unsettled = |of: &Value| atoms(&of["positions"][0]["unsettled"]);
    assert_eq!(unsettled(&long), -unsettled(&short));

    // Stop and take profit.
    let set = other.act(&format!("trigger set sell 10lots front below {} --limit {} --fee 0.25", tick(-20), tick(-60)));
    assert!(set["action"].as_str().is_some_and(|action| action.contains("slot 0")), "{set}");
    assert_eq!(other.json("trigger list")["triggers"][0]["fee"], "0.250000");
    other.act("trigger clear 0");
    other.refused("trigger clear 0 -y", 6, &["UnknownTrigger"]);

    // A roll to the next month, at a spread.
    let second = markets["markets"][1]["month"].as_str().expect("a month");
    let far = markets["markets"][1]["mark"].as_str().expect("a mark");
    std::fs::write(one.home.path().join("far.csv"), format!("bid,{far},1lot\n")).expect("written");
    one.act(&format!("quote front {}", file_of(&one, &[("bid", &tick(-5), "20lots")])));
    one.act(&format!("quote {second} {}", file_of(&one, &[("ask", far, "20lots")])));
    other.refused(&format!("roll front {second} 4lots --spread -9 -y"), 6, &["SpreadLimit"]);
    let rolled = other.act(&format!("roll front {second} 4lots --spread 1"));
    assert_eq!(column(&rolled["trades"], "lots"), [4, 4], "{rolled}");
    let held = other.json("positions");
    assert_eq!(column(&held["positions"], "lots"), [6, 4], "{held}");

    // A second account of the same owner, with margin of its own.
    let seat = other.act("account open --sub 1")["seat"].as_u64().expect("a seat");
    other.act(&format!("account transfer 500 --to {seat}"));
    assert_eq!(column(&other.json("account show")["accounts"], "cash").last(), Some(&&"500.000000".into()));
    other.act(&format!("withdraw 500 --seat {seat}"));

    // A delegate trades within their scope, for the account and in its name.
    let friend = User::at(&chain).with_key("you-2");
    let address = friend.json("account show")["address"].as_str().expect("an address").to_owned();
    let mine = other.json("positions")["seat"].as_u64().expect("a seat");
    friend.refused(&format!("order buy 1lot front {} --seat {mine} -y", tick(-6)), 6, &["NotAuthorised"]);
    other.act(&format!("delegate add {address} --max 2lots --day 3lots --months front --good-for 1d"));
    assert_eq!(other.json("delegate list")["delegates"][0]["address"], address.as_str());
    friend.act(&format!("order buy 2lots front {} --seat {mine}", tick(-6)));
    friend.refused(&format!("order buy 3lots front {} --seat {mine} -y", tick(-6)), 6, &["OutsideDelegation"]);
    friend.refused(&format!("order buy 2lots front {} --seat {mine} -y", tick(-6)), 6, &["DelegateDayLimit"]);
    other.act(&format!("delegate remove {address}"));
    assert_eq!(other.json("delegate list")["delegates"][0]["live"], false);

    // Everything that was done can be read again, call by call.
    let fills = other.json("fills");
    let transaction = fills["fills"][0]["transaction"].as_str().expect("a hash");
    let replay = other.text(&format!("replay {transaction}"));
    assert!(replay.contains("clearing.place") && replay.contains("clearing.Filled("), "{replay}");
    for person in [&one, &other] {
        let statement = person.json("statement");
        assert_eq!(statement["sum"], statement["cash"], "{statement}");
    }
    let kinds: Vec<Value> =
        column(&other.json("statement --no-dot")["statement"], "kind").into_iter().cloned().collect();
    for kind in ["deposit", "trade", "taker-fee", "transfer-out"] {
        assert!(kinds.contains(&kind.into()), "{kind} among {kinds:?}");
    }
    assert!(!kinds.contains(&"network".into()));
}

/// What a delegate is told is what a delegate's order does, where it is not what the owner's would do: it ends before
/// an order of another account of the owner, even if it asks for more.
#[test]
fn a_delegates_order_is_foreseen_as_a_delegates() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let owner = User::at(&chain);
    let friend = User::at(&chain).with_key("you-2");
    let mine = owner.act("account open")["seat"].clone();
    let second = owner.act("account open --sub 1")["seat"].clone();
    owner.act(&format!("deposit 50000 --seat {mine}"));
    owner.act(&format!("deposit 50000 --seat {second}"));
    let mark = owner.json("markets")["markets"][0]["mark"].as_str().expect("a mark").to_owned();
    owner.act(&format!("order sell 3lots front {mark} --seat {second}"));
    let address = friend.json("account show")["address"].as_str().expect("an address").to_owned();
    owner.act(&format!("delegate add {address} --max 10lots --good-for 1d --seat {mine}"));

    let line = format!("order buy 5lots front {mark} --seat {mine} --own-orders cancel-maker");
    let figures = ["trades_lots", "rests_lots", "cancelled_lots"];
    let told = |user: &User| {
        let said = user.json(&format!("{line} --dry-run"));
        figures.map(|figure| said[figure].as_u64().unwrap_or_else(|| panic!("{figure}: {said}")))
    };
    assert_eq!(told(&owner), [0, 5, 0], "the owner's takes the order away and rests");
    assert_eq!(told(&friend), [0, 0, 5], "the delegate's ends there");
    // Margin and the rest afterwards are what was foreseen (`act`), and the order of the other account stands.
    let sent = friend.act(&line);
    assert_eq!(figures.map(|figure| sent[figure].as_u64()), [Some(0), Some(0), Some(5)], "{sent}");
    assert_eq!(owner.json(&format!("orders --seat {second}"))["orders"][0]["lots"], 3);
    assert_eq!(owner.json(&format!("orders --seat {mine}"))["orders"].as_array().map(Vec::len), Some(0));
    // What is for the owner alone is refused by the preview itself, before the chain is asked.
    friend.refused(&format!("withdraw 1 --seat {mine} -y"), 6, &["NotAuthorised"]);
}

/// A file of levels in somebody's home.
fn file_of(user: &User, levels: &[(&str, &str, &str)]) -> String {
    let text: String = levels.iter().map(|(side, price, size)| format!("{side},{price},{size}\n")).collect();
    let path = user.home.path().join("levels.csv");
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[test]
fn what_only_looks_says_all_of_it() {
    let chain = quiet();
    let user = User::at(&chain);
    let curve = user.json("curve");
    let first = &curve["curve"][0];
    assert_eq!(atoms(&first["basis"]), mark_atoms(first) - atoms(&first["index"]), "{first}");
    assert!(user.text("markets --csv").starts_with("month,bid,ask,mark,state,"));
    assert!(user.text("markets").lines().all(|line| line.chars().count() <= 80));
    let narrow = user.command(&["markets"]).env("COLUMNS", "60").output().expect("sit runs");
    assert!(String::from_utf8_lossy(&narrow.stdout).lines().all(|line| line.chars().count() <= 60));
    let picture = user.text("watch --once");
    assert!(picture.contains("no account") && picture.lines().count() == 24, "{picture}");
    assert!(user.text("record show").contains("clearing"));
    assert!(user.text("units").contains("500MSIT"));
    assert_eq!(user.json("explain ReduceOnly")["errors"][0]["contract"], "clearing");
    let selector = user.json("explain ReduceOnly")["errors"][0]["selector"].as_str().expect("bytes").to_owned();
    assert!(user.text(&format!("explain {selector}")).contains("ReduceOnly"));
    user.refused("explain ReduceOnli", 2, &["ReduceOnly"]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(user.text(&format!("completions {shell}")).contains("cancel-all"), "{shell}");
    }
    assert!(user.text("settlements --seat 0").contains("Nothing has been settled"));
}

#[test]
fn doctor_says_whose_code_it_is_whether_it_trades_and_who_governs() {
    let chain = quiet();
    let user = User::at(&chain);
    let row = |check: &str| -> Value {
        let said: Value = serde_json::from_slice(&user.run("doctor --json").stdout).expect("JSON");
        let rows = said["checks"].as_array().expect("rows");
        rows.iter().find(|row| row["check"] == check).unwrap_or_else(|| panic!("{check}: {said}")).clone()
    };
    let found = |check: &str, words: &[&str]| {
        let row = row(check);
        let text = row["found"].as_str().expect("text");
        assert!(words.iter().all(|word| text.contains(word)), "{row}");
        row["ok"] == true
    };
    assert!(found("blobs", &["of this program's source"]));
    assert!(found("market", &["10 "]), "ten months are listed");
    assert!(found("index", &["TPI: print of ", " h old"]));
    assert!(found("governance", &["guards"]));
    // The guardian pauses trading: that is no fault of this machine, and whoever wonders is told.
    user.act("govern tighten clearing.pause product=0 scopes=1 --key guardian");
    assert!(!found("market", &["TPI: trading paused since "]));
    assert!(row("market")["advice"].as_str().is_some_and(|advice| advice.contains("reduce")));
}

#[test]
fn the_interface_of_the_contracts_is_there_without_a_chain_and_without_a_build() {
    let user = User::new();
    let selector = |signature: &str| sit_client::rpc::to_hex(&sit_client::codec::selector_of(signature));
    let vault = user.json("abi vault");
    let row = |table: &str, key: &str, named: &str| -> Value {
        let rows = vault[table].as_array().expect("rows");
        let found = rows.iter().find(|row| row[key].as_str().is_some_and(|text| text.starts_with(named)));
        found.unwrap_or_else(|| panic!("{named}: {vault}")).clone()
    };
    assert_eq!(row("functions", "function", "deposit(")["selector"], *selector("deposit(uint32,uint64)"));
    assert_eq!(row("functions", "function", "audit()")["mutability"], "view");
    assert!(row("events", "event", "PaidIn(")["topic"].as_str().is_some_and(|topic| topic.len() == 66));
    assert!(vault["abi"].as_array().is_some_and(|items| items[0]["type"] == "constructor"), "{vault}");
    user.refused("abi purse", 2, &["there is no contract `purse`", "clearing-office"]);

    // As files, for whoever has another program: lists as Solidity's compiler writes them, and two tables by bytes.
    assert_eq!(user.json("abi --out kept --dry-run")["files"].as_array().map(Vec::len), Some(9));
    assert!(!user.home.path().join("kept").exists());
    user.text("abi --out kept");
    let read = |file: &str| std::fs::read_to_string(user.home.path().join("kept").join(file)).expect("it is written");
    let clearing: sit_client::JsonAbi = serde_json::from_str(&read("clearing.json")).expect("an ABI");
    assert!(clearing.functions.contains_key("place") && clearing.errors.contains_key("ReduceOnly"));
    // A struct is taken by the names of its members.
    let order = &clearing.functions["place"][0].inputs[0];
    let members: Vec<&str> = order.components.iter().map(|member| member.name.as_str()).collect();
    assert_eq!((order.ty.as_str(), &members[..4]), ("tuple", &["seat", "instrument", "buy", "price"][..]));
    let errors: Value = serde_json::from_str(&read("errors.json")).expect("JSON");
    let error = &errors[selector("ReduceOnly()")];
    assert_eq!((&error["error"], error["contracts"]["clearing"].is_string()), (&json!("ReduceOnly"), true), "{error}");
    let events: Value = serde_json::from_str(&read("events.json")).expect("JSON");
    let topic = row("events", "event", "PaidIn(")["topic"].as_str().expect("bytes").to_owned();
    assert_eq!(events[topic]["contracts"], json!(["vault"]));
}

/// A price in atoms per million SIT.
fn mark_atoms(row: &Value) -> i128 {
    let text = row["mark"].as_str().expect("a price");
    let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    text.replace('.', "").parse::<i128>().expect("digits") * 10_i128.pow(u32::try_from(6 - places).expect("few"))
}
