//! Ctrl-C and SIGKILL at random moments of what signs, and then the command again: nothing is done twice, nothing is
//! lost, and what became of the first one is said.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use sit_programs::Dice;

use super::support::{Chain, User, atoms, show, wait};

/// Stops a program, by Ctrl-C as a terminal sends it, or without warning.
fn stop(child: &mut Child, gently: bool) {
    if gently {
        let _ = std::process::Command::new("sh").arg("-c").arg(format!("kill -INT {}", child.id())).status();
    } else {
        let _ = child.kill();
    }
}

/// Types a command, stops it at a random moment, and types it again until it is done. Whether it was stopped with
/// something on its way, and was told so.
fn stopped_and_again(user: &User, line: &str, dice: &mut Dice, most_ms: u64) -> bool {
    let line = format!("{line} --yes");
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let mut child = user.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sit runs");
    std::thread::sleep(Duration::from_millis(dice.roll(most_ms)));
    stop(&mut child, dice.roll(2) == 0);
    if child.wait().expect("it ends").success() {
        return false; // it was done before
    }
    let output = user.run(&line);
    if output.status.success() {
        return false;
    }
    let text = show(&output).replace('\n', " ");
    assert_eq!(output.status.code(), Some(8), "{text}");
    for words in ["a command that was stopped had signed", "Nothing was signed"] {
        assert!(text.contains(words), "{text}");
    }
    assert!(text.contains("and it is done, in block") || text.contains("still on its way"), "{text}");
    // It is done without being typed again.
    wait("what was on its way", || {
        let doctor: Value = serde_json::from_slice(&user.run("doctor --json").stdout).expect("JSON");
        let rows = doctor["checks"].as_array().expect("rows");
        rows.iter().any(|row| row["check"] == "journal" && row["ok"] == true)
    });
    true
}

#[test]
fn what_is_stopped_at_any_moment_and_typed_again_is_done_once() {
    let chain = Chain::start(&["--quiet-market", "--block-time", "1"]);
    let (user, other) = (User::at(&chain), User::at(&chain).with_key("you-1"));
    for person in [&user, &other] {
        person.act("account open");
        person.act("deposit 100000");
    }
    let markets = user.json("markets");
    let months: Vec<&str> = (0..2).map(|place| markets["markets"][place]["month"].as_str().expect("a month")).collect();
    let [near, far] = [months[0], months[1]];
    let low = markets["markets"][0]["low"].as_str().expect("a limit");
    let mark = |place: usize| markets["markets"][place]["mark"].as_str().expect("a mark");
    // What the rolls trade with.
    std::fs::write(other.home.path().join("near.csv"), format!("bid,{},90lots\n", mark(0))).expect("written");
    std::fs::write(other.home.path().join("far.csv"), format!("ask,{},40lots\n", mark(1))).expect("written");
    user.act(&format!("order buy 30lots {near} {}", mark(0)));
    other.act(&format!("order sell 30lots {near} {}", mark(0)));
    other.act(&format!("quote {near} near.csv"));
    other.act(&format!("quote {far} far.csv"));

    let mut dice = Dice(14);
    let mut told = 0;
    let held = |user: &User| -> Vec<i64> {
        let positions = user.json("positions");
        let lots = |month: &str| {
            let rows = positions["positions"].as_array().expect("rows");
            let row = rows.iter().find(|row| row["month"].as_str().is_some_and(|name| name.ends_with(month)));
            row.and_then(|row| row["lots"].as_i64()).unwrap_or(0)
        };
        vec![lots(near), lots(far)]
    };
    let cash = || {
        let shown = user.json("account show");
        (atoms(&shown["accounts"][0]["cash"]), atoms(&shown["token"]), shown["allowance"].clone())
    };
    let nonce = || {
        let address = user.json("account show")["address"].clone();
        let count = chain.ask("eth_getTransactionCount", json!([address, "latest"]));
        u64::from_str_radix(count.as_str().expect("a number").trim_start_matches("0x"), 16).expect("digits")
    };
    for round in 0..7_u64 {
        // Each moment of the command is as likely as another: reading, asking, signing, sending, waiting.
        let sent = nonce();
        told += u32::from(stopped_and_again(&user, &format!("order buy 1lot {near} {low}"), &mut dice, 1_500));
        let orders = user.json("orders");
        assert_eq!(orders["orders"].as_array().map(Vec::len), Some(1), "round {round}: {orders}");
        user.act("cancel-all");
        assert_eq!(nonce() - sent, 2, "round {round}: one order, one cancellation");

        let (before, sent) = (cash(), nonce());
        told += u32::from(stopped_and_again(&user, "deposit 10 --approve", &mut dice, 2_500));
        if cash().0 == before.0 {
            // It was stopped between the two: the second one is left, and the first is not signed again.
            user.act("deposit 10 --approve");
        }
        let after = cash();
        assert_eq!((after.0 - before.0, before.1 - after.1), (10_000_000, 10_000_000), "round {round}");
        assert_eq!((after.2, nonce() - sent), ("0.000000".into(), 2), "round {round}: one permission, one deposit");

        let before = held(&user);
        let roll = format!("roll {near} {far} 1lot --spread 9");
        told += u32::from(stopped_and_again(&user, &roll, &mut dice, 1_500));
        assert_eq!(held(&user), [before[0] - 1, before[1] + 1], "round {round}");
    }
    assert!(told >= 2, "{told} of 21 were stopped with something on its way");
    let statement = user.json("statement");
    assert_eq!(statement["sum"], statement["cash"], "{statement}");
}

#[test]
fn who_looks_first_is_told_and_may_then_do_it_again() {
    let chain = Chain::start(&["--quiet-market", "--no-mining"]);
    let mine = || chain.ask("evm_mine", json!([]));
    let user = User::at(&chain);
    chain.ask("evm_setAutomine", json!([true]));
    user.act("account open");
    user.act("deposit 1000");
    let low = user.json("markets")["markets"][0]["low"].as_str().expect("a limit").to_owned();
    let order = format!("order buy 1lot front {low}");
    let stop_one = || {
        chain.ask("evm_setAutomine", json!([false]));
        let line = format!("{order} --yes");
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut child = user.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sit runs");
        wait("the transaction", || chain.ask("txpool_status", json!([]))["pending"] != "0x0");
        stop(&mut child, true);
        assert!(!child.wait().expect("it ends").success());
    };
    // While it is on its way the same is not signed again, and what else is wanted is.
    stop_one();
    user.refused(&format!("{order} --yes"), 8, &["clearing.place (0x", "still on its way", "sit replay 0x"]);
    mine();
    user.refused(&format!("{order} --yes"), 8, &["and it is done, in block", "Nothing was signed"]);
    // Said once: whoever types it again then wants another one.
    chain.ask("evm_setAutomine", json!([true]));
    user.act(&order);
    assert_eq!(user.json("orders")["orders"].as_array().map(Vec::len), Some(2));

    // `doctor` says it too, and it counts as said.
    stop_one();
    mine();
    let found = show(&user.run("doctor --csv"));
    assert!(
        found.contains("0 transactions on their way; a command that was stopped had signed clearing.place"),
        "{found}"
    );
    chain.ask("evm_setAutomine", json!([true]));
    user.act(&order);
    assert_eq!(user.json("orders")["orders"].as_array().map(Vec::len), Some(4));

    // A cancellation is as good twice as once, and waits for nobody.
    stop_one();
    mine();
    chain.ask("evm_setAutomine", json!([true]));
    let done = user.run("cancel-all --yes");
    let told = show(&done).replace('\n', " ");
    assert!(done.status.success() && told.contains("and it is done, in block"), "{told}");
}

/// What a key has sent is not known then: whoever typed on would give a number a second time.
#[test]
fn a_journal_that_was_changed_is_named_and_nothing_is_signed_until_somebody_has_looked() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let user = User::at(&chain);
    user.act("account open");
    let folder = user.home.path().join(".local/state/sit/journals");
    let files: Vec<_> =
        std::fs::read_dir(&folder).expect("journals").map(|file| file.expect("a file").path()).collect();
    let [file] = &files[..] else { panic!("one key has sent something: {files:?}") };
    let kept = std::fs::read_to_string(file).expect("a journal");
    let address = user.json("account show")["address"].clone();
    let sent = || chain.ask("eth_getTransactionCount", json!([address, "pending"]));
    let before = sent();
    for (damaged, line) in [
        (kept.replace("\"nonce\":", "\"none\":"), "line 2 of the journal"),
        (kept.replace("\"schema\":1", "\"schema\":?"), "line 1 of the journal"),
        ("a file that a link leads to".to_owned(), "line 1 of the journal"),
    ] {
        assert_ne!(damaged, kept);
        std::fs::write(file, &damaged).expect("written");
        user.refused("deposit 1 --yes", 3, &[line, "is damaged", "look at the key's newest transactions"]);
        let doctor: Value = serde_json::from_slice(&user.run("doctor --json").stdout).expect("JSON");
        let rows = doctor["checks"].as_array().expect("rows");
        assert!(rows.iter().any(|row| row["check"] == "journal" && row["ok"] == false), "{doctor}");
        assert_eq!(std::fs::read_to_string(file).expect("it is there"), damaged, "it stays for whoever looks");
    }
    assert_eq!(sent(), before, "nothing was signed");
    std::fs::write(file, kept).expect("written");
    user.act("deposit 1");
}
