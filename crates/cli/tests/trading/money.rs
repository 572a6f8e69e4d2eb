//! What is said of money is what comes: what closing would give, what waits to be claimed, and what the network takes.

use serde_json::{Value, json};

use super::support::{Chain, User, atoms, rewarded, show, wait};

fn two(chain: &Chain) -> (User, User) {
    let people = ["you-0", "you-1"].map(|key| User::at(chain).with_key(key));
    for person in &people {
        person.act("account open");
        person.act("deposit 50000");
    }
    people.into()
}

/// A price so many thousandths of a dollar from another.
fn beside(price: &str, ticks: i64) -> String {
    let (whole, fraction) = price.split_once('.').expect("decimals");
    assert_eq!(fraction.len(), 3, "{price}");
    let sum = format!("{whole}{fraction}").parse::<i64>().expect("digits") + ticks;
    format!("{}.{:03}", sum / 1_000, sum % 1_000)
}

fn rows<'a>(table: &'a Value, key: &str) -> &'a [Value] {
    table[key].as_array().unwrap_or_else(|| panic!("{table} has {key}"))
}

#[test]
fn what_closing_now_would_give_is_what_it_gives() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let (one, other) = two(&chain);
    let mark = one.json("markets")["markets"][0]["mark"].as_str().expect("a mark").to_owned();
    let levels = |text: String| std::fs::write(one.home.path().join("levels.csv"), text).expect("written");
    let (ask, near, far) = (beside(&mark, 5), beside(&mark, -5), beside(&mark, -7));
    levels(format!("ask,{ask},6lots\nbid,{near},3lots\nbid,{far},10lots\n"));
    one.act("quote front levels.csv");
    other.act(&format!("order buy 6lots front {ask}"));
    // Long six lots from five ticks above the mark: a tick of a lot is a dime. Marked, it has lost 3 USD; closed, three
    // lots go five ticks below the mark and three go seven below: 3 * 10 + 3 * 12 ticks, 6.60 USD, and a fee.
    let held = other.json("positions");
    let position = &held["positions"][0];
    assert_eq!(atoms(&position["unsettled"]), -3_000_000, "{position}");
    let closed = atoms(&position["if_closed_now"]);
    let preview = other.json("order sell 6lots front market --max-slippage 2% --reduce-only --dry-run");
    let fee = atoms(&preview["fee"]);
    assert!(fee > 0, "{preview}");
    assert_eq!(closed, -6_600_000 - fee, "{position}");
    // What it gives is what was said, to the atom.
    let sold = other.act("order sell 6lots front market --max-slippage 2% --reduce-only");
    assert_eq!((sold["traded_lots"].as_u64(), atoms(&sold["traded_fee"])), (Some(6), fee), "{sold}");
    let after = other.json("positions");
    let unsettled: i128 = rows(&after, "positions").iter().map(|row| atoms(&row["unsettled"])).sum();
    assert_eq!(atoms(&after["cash"]) + unsettled - atoms(&held["cash"]), closed, "{after}");

    // The short side the same, with the sign turned; and a book that cannot take it says so instead of a number.
    one.act("cancel-all");
    assert_eq!(one.json("positions")["positions"][0]["lots"], 0, "it was bought back");
    other.act(&format!("order buy 3lots front {near}"));
    one.act(&format!("order sell 3lots front {near}"));
    let held = one.json("positions");
    assert_eq!((&held["positions"][0]["lots"], &held["positions"][0]["if_closed_now"]), (&json!(-3), &Value::Null));
    let wide = one.command(&["positions"]).env("COLUMNS", "200").output().expect("sit runs");
    assert!(show(&wide).contains("(book takes 0)"), "{}", show(&wide));
    other.act(&format!("order sell 3lots front {ask}"));
    let closed = atoms(&one.json("positions")["positions"][0]["if_closed_now"]);
    let bought = one.act("order buy 3lots front market --max-slippage 2% --reduce-only");
    // Sold five ticks below the mark and bought five above, 3 * 10 ticks; and of the first six lots 6.60 USD wait
    // still.
    assert_eq!(closed, 6_600_000 - 3_000_000 - atoms(&bought["traded_fee"]), "{bought}");
}

#[test]
fn what_waits_is_claimed_and_a_keeper_stops_at_its_cap() {
    // Reporters and makers live; nobody settles but who is typed here.
    let chain = Chain::start(&["--block-time", "1", "--start", "1796025600", "--without", "keeper"]);
    let (long, short) = two(&chain);
    let order = |user: &User, side: &str| {
        let line = format!("order {side} 5lots front market --max-slippage 2%");
        wait("quotes", || user.run(&format!("{line} --dry-run")).status.success());
        assert_eq!(user.act(&line)["traded_lots"], 5);
    };
    order(&long, "buy");
    order(&short, "sell");
    assert_eq!(long.json("claim --yes")["sent"], false, "nothing waits before the day is settled");

    chain.pass(4 * 3_600 + 600);
    // A keeper that leaves settling accounts to others. Its cap is spent with the first thing that it does: from then
    // on it does nothing, also when it is started again, until somebody gives it more.
    let keeper = User::at(&chain).with_key("keeper");
    let look = |more: &str| {
        let line = format!("keeper --once --jitter 0 --without settle --without report-deficit {more} --json");
        let output = keeper.run(&line);
        assert!(output.status.success(), "{}", show(&output));
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let done = rows(&said, "due").iter().filter(|row| row["became"] == "done").count();
        (done, rows(&said, "due").len(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let capped = "--cap 0.000001dot";
    wait("something to keep", || look(capped).0 > 0);
    wait("more to keep", || look("--dry-run").1 > 0);
    for _ in 0..3 {
        let (done, due, log) = look(capped);
        assert_eq!(done, 0, "the cap is spent");
        assert!(due > 0 && log.contains("cap-spent"), "{log}");
    }
    wait("the day's settlement", || {
        look("");
        long.text("markets").contains("round 1.")
    });
    chain.pass(300);

    // The loser first, since winners are paid from what losers have paid; each is settled at the day's mark, to the
    // atom.
    let owed = |user: &User| atoms(&user.json("positions")["positions"][0]["unsettled"]);
    let cash = |user: &User| atoms(&user.json("positions")["cash"]);
    let mut people = [&long, &short];
    people.sort_by_key(|user| owed(user));
    for user in people {
        let (before, was) = (cash(user), owed(user));
        let row = user.json("positions")["positions"][0].clone();
        let claimed = user.json("claim --yes");
        if was < 0 {
            assert_eq!(claimed["sent"], true, "{claimed}");
            assert!(claimed["action"].as_str().is_some_and(|text| text.starts_with("settle seat")), "{claimed}");
        }
        let settled = user.json("settlements");
        let paid: i128 = rows(&settled, "settlements").iter().map(|row| atoms(&row["paid"])).sum();
        assert_eq!(cash(user) - before, paid, "{settled}");
        if was < 0 {
            // Its loss to the settlement mark, not to a mark of another moment.
            let fill = user.json("fills")["fills"][0]["price"].as_str().expect("a price").to_owned();
            assert!(paid < 0 || row["settle"].as_str() == Some(&*fill), "{row} {settled}");
        }
        let statement = user.json("statement");
        assert_eq!(statement["sum"], statement["cash"], "{statement}");
        assert_eq!(user.json("claim --yes")["sent"], false, "once is enough");
    }
}

#[test]
fn what_the_network_takes_is_foreseen() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let user = User::at(&chain);
    let wei = |value: &Value| {
        u128::from_str_radix(value.as_str().expect("a number").trim_start_matches("0x"), 16).expect("digits")
    };
    let planck = |value: &Value| -> i128 {
        let text = value.as_str().unwrap_or_else(|| panic!("{value} is no amount")).to_owned();
        let (sign, digits) = text.strip_prefix('-').map_or((1, &*text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').expect("decimals");
        sign * format!("{whole}{fraction:0<10}").parse::<i128>().expect("digits")
    };
    let address = user.json("account show")["address"].clone();
    let low = user.json("markets")["markets"][0]["low"].as_str().expect("a limit").to_owned();
    let next = beside(&low, 1);
    let lines = [
        "account open".to_owned(),
        "deposit 1000 --approve".to_owned(),
        format!("order buy 1lot front {low}"),
        format!("order buy 1lot front {next}"),
        "cancel-all".to_owned(),
        "withdraw 100".to_owned(),
    ];
    let mut told = std::collections::BTreeMap::new();
    for line in lines {
        let seen = user.json(&format!("{line} --dry-run"));
        let before = wei(&chain.ask("eth_getBalance", json!([address, "latest"])));
        let done = user.act(&line);
        let after = wei(&chain.ask("eth_getBalance", json!([address, "latest"])));
        let transactions = rows(&done, "transactions");
        // What it cost is what the wallet lost, and the receipts add up to it.
        let cost: i128 = transactions.iter().map(|row| planck(&row["cost"])).sum();
        let lost = (before.cast_signed() - after.cast_signed()) / 100_000_000;
        assert!((cost - lost).abs() <= 1, "{line}: told {cost} planck, the wallet lost {lost}");
        let receipts: u128 = transactions
            .iter()
            .map(|row| {
                let receipt = chain.ask("eth_getTransactionReceipt", json!([row["transaction"]]));
                (wei(&receipt["gasUsed"]) * wei(&receipt["effectiveGasPrice"])).div_ceil(100_000_000)
            })
            .sum();
        assert_eq!(cost, receipts.cast_signed(), "{line}");
        // The preview is of the first transaction; it never says less, and a fifth more at most: the node's estimate
        // leaves a margin.
        let (first, foreseen) = (planck(&transactions[0]["cost"]), planck(&seen["dot_cost"]));
        println!("{line}: foreseen {foreseen} planck, taken {first}, of which deposit {}", transactions[0]["deposit"]);
        assert!(
            foreseen >= first && foreseen - first <= first.abs() / 5 + 1,
            "{line}: foreseen {foreseen}, taken {first}"
        );
        // Told apart before and after, each row by what the chain did; `replay` finds the same by the hash alone.
        assert_eq!(seen["dot_deposit"], transactions[0]["deposit"], "{line}");
        for row in transactions {
            let replayed = user.json(&format!("replay {}", row["transaction"].as_str().expect("a hash")));
            let both = [("dot_cost", "cost"), ("dot_fee", "fee"), ("dot_deposit", "deposit")];
            both.iter().for_each(|(of, here)| assert_eq!(replayed[of], row[here], "{line}: {replayed}"));
            // Only the token's approval, of the first of two transactions, stores what the engine has no cells of.
            let known = !line.contains("--approve") || row["transaction"] != transactions[0]["transaction"];
            assert_eq!((row["fee"].is_string(), row["deposit"].is_string()), (known, known), "{line}: {row}");
            if known {
                assert_eq!(planck(&row["fee"]) + planck(&row["deposit"]), planck(&row["cost"]), "{line}: {row}");
                assert!(planck(&row["fee"]) > 0, "{line}: {row}");
            }
            if known {
                let hash = row["transaction"].as_str().expect("a hash").to_owned();
                told.insert(hash, (planck(&row["fee"]), planck(&row["deposit"])));
            }
        }
    }
    // A statement says the same of each, long after it was done; without the option, and without old states, one sum.
    let apart = user.json("statement --deposits");
    let together = user.json("statement");
    let of = |statement: &Value, transaction: &str, kind: &str| -> i128 {
        let same = |row: &&Value| row["transaction"] == transaction && row["kind"] == kind;
        rows(statement, "statement").iter().filter(same).map(|row| -planck(&row["amount"])).sum()
    };
    // One for each line, the opening of the account among them; the approval is no business of the account's.
    assert_eq!(told.len(), 6, "{told:?}");
    for (transaction, (fee, deposit)) in &told {
        assert_eq!(of(&together, transaction, "network"), fee + deposit, "{transaction}");
        let said = (of(&apart, transaction, "network-fee"), of(&apart, transaction, "storage-deposit"));
        assert_eq!(said, (*fee, *deposit), "{transaction}");
    }
    let charged = rows(&together, "statement").iter().filter(|row| row["kind"] == "network").count();
    assert_eq!(charged, told.len(), "{together}");
}

#[test]
fn of_several_messages_each_is_previewed_on_what_those_before_it_leave() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let (user, _) = two(&chain);
    let markets = user.json("markets");
    for row in &rows(&markets, "markets")[..2] {
        let (month, low) = (row["month"].as_str().expect("a month"), row["low"].as_str().expect("a limit"));
        user.act(&format!("order buy 100lots {month} {low}"));
    }
    let initial = |said: &Value, table: &str, column: &str| -> i128 {
        let row = rows(said, table).iter().find(|row| row["figure"] == "initial margin");
        atoms(&row.unwrap_or_else(|| panic!("{said}"))[column])
    };
    // The first of them alone leaves the margin of the other month.
    let first = user.json("cancel-all front --dry-run");
    let (before, left) = (initial(&first, "margin", "before"), initial(&first, "margin", "after"));
    assert!(before > left && left > 0, "{first}");
    // Of both programs read the second one's figures: it begins where the first one has ended, and nothing is left.
    let both = user.json("cancel-all --dry-run");
    assert_eq!(rows(&both, "messages").len(), 2, "{both}");
    assert_eq!((initial(&both, "margin", "before"), initial(&both, "margin", "after")), (left, 0), "{both}");
    let done = user.act("cancel-all");
    assert_eq!((rows(&done, "transactions").len(), initial(&done, "account", "now")), (2, 0), "{done}");
}

#[test]
fn a_makers_reward_is_previewed_and_claimed_to_the_atom_once() {
    // A Monday; nobody prints and nobody trades, so that the quotes stand until the week is over.
    let chain = Chain::start(&["--quiet-market", "--deterministic", "--start", "1796025600"]);
    let mut standing = Value::Null;
    let maker = rewarded(&chain, &mut |command, said| {
        if command == "maker run --once" {
            assert_eq!((&said["months"], &said["quoted"]), (&json!(10), &json!(10)), "{said}");
        }
        if command == "maker status" {
            standing = said.clone();
        }
    });
    assert_eq!((&standing["status"], &standing["due"]), (&json!("designated"), &json!("0.000000")), "{standing}");
    let status = maker.json("maker status");
    let (due, later) = (atoms(&status["due"]), atoms(&status["later"]));
    // Half at once, the rest in thirds; what a division leaves stays for later.
    assert!(due > 0 && (due - later).abs() <= 1, "{status}");
    let cash = |user: &User| atoms(&user.json("positions")["cash"]);
    let before = cash(&maker);
    let seen = maker.json("claim --rewards --dry-run");
    let after = |said: &Value| {
        let row = rows(said, "margin").iter().find(|row| row["figure"] == "equity").expect("equity").clone();
        atoms(&row["after"]) - atoms(&row["before"])
    };
    assert_eq!((seen["sent"].as_bool(), after(&seen)), (Some(false), due), "{seen}");
    assert_eq!(cash(&maker), before, "a look changes nothing");
    let claimed = maker.act("claim --rewards");
    assert_eq!((after(&claimed), cash(&maker) - before), (due, due), "{claimed}");
    let statement = maker.json("statement");
    let rewards = rows(&statement, "statement").iter().filter(|row| row["kind"] == "reward");
    let rewards: Vec<i128> = rewards.map(|row| atoms(&row["amount"])).collect();
    assert_eq!((rewards, &statement["sum"]), (vec![due], &statement["cash"]), "{statement}");
    // Once, and for nobody else.
    assert_eq!(maker.json("claim --rewards --yes")["sent"], false);
    let stranger = User::at(&chain);
    stranger.act("account open");
    assert_eq!(stranger.json("claim --rewards --yes")["sent"], false);
    stranger.refused("claim front --rewards", 2, &["cannot be used with"]);
}

#[test]
fn a_liquidation_price_is_one_number_wherever_it_is_shown() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let (one, other) = two(&chain);
    let markets = one.json("markets");
    let (mark, low) = (&markets["markets"][0]["mark"], &markets["markets"][0]["low"]);
    let (mark, low) = (mark.as_str().expect("a mark"), low.as_str().expect("a limit"));
    std::fs::write(one.home.path().join("levels.csv"), format!("ask,{mark},400lots\n")).expect("written");
    one.act("quote front levels.csv");
    let bought = other.act(&format!("order buy 400lots front {mark}"));
    let line = format!("order buy 1lot front {low} --dry-run");
    for (user, side) in [(&other, "below"), (&one, "above")] {
        let position = user.json("positions")["positions"][0].clone();
        let price = position[format!("liquidation_{side}")].as_str().unwrap_or_else(|| panic!("{position}")).to_owned();
        let seen = user.json(&line);
        assert_eq!(seen["liquidation"][0][format!("{side}_before")], price.as_str(), "{seen}");
        assert_eq!(seen["liquidation"][0]["month"], position["month"], "{seen}");
        let csv = user.text("positions --csv");
        assert!(csv.contains(&format!(",{price},")), "{csv}");
        let picture = user.text("watch front --once");
        assert!(picture.contains(&format!("{price} {side}")), "{price} {side} is not in\n{picture}");
        if side == "below" {
            // What the order foresaw is what the position has.
            assert_eq!(bought["liquidation"][0]["below_after"], price.as_str(), "{bought}");
        }
    }
}
