//! An exchange from a plan in a file to its first changes, as a deployer, a governor and a guardian type it.

#[path = "trading/support.rs"]
#[expect(dead_code, reason = "the stories of trading use the rest of it")]
mod support;

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use sit_client::blobs::Manifest;
use sit_client::rpc::{Limits, Rpc};
use sit_engine::calendar::DAY;
use sit_programs::{Fault, Proxy};
use support::{Chain, User, built, margin_of, show};

/// The chapter's plan, which the test writes down as a reader would.
const CHAPTER: &str = include_str!("../../../docs/book/src/deploying.md");

/// The blocks of a kind of the chapter.
fn blocks(kind: &str) -> Vec<String> {
    let fence = format!("```{kind}\n");
    let parts = CHAPTER.split(&fence).skip(1);
    parts.filter_map(|part| Some(part.split_once("```")?.0.to_owned())).collect()
}

/// Whether what was built on this machine is what the manifest names: by another compiler all contracts are others.
fn named() -> bool {
    Manifest::read(include_str!("../../../contracts/blobs.toml")).hold_built().is_ok()
}

/// What `sit deploy PLAN` needs besides on this machine.
fn insisting() -> &'static str {
    if named() { "" } else { " --unnamed-blobs" }
}

/// Somebody at a chain, with the chapter's plan beside them.
fn planner(chain: &Chain) -> User {
    let mut user = User::at(chain);
    user.set("SIT_CACHE", &built());
    fs::write(user.home.path().join("plan.toml"), blocks("toml").first().expect("the chapter has a plan"))
        .expect("kept");
    for name in ["prices.json", "prices.toml"] {
        let kind = name.split_once('.').map_or(name, |(_, kind)| kind);
        let file = blocks(&format!("{kind} {name}"));
        fs::write(user.home.path().join(name), file.first().expect("the chapter has the file")).expect("kept");
    }
    user
}

#[test]
fn the_chapter_on_deploying_is_typed() {
    let commands = blocks("console").concat();
    let mut commands = commands.lines().filter_map(|line| line.strip_prefix("$ "));
    let first =
        commands.next().and_then(|line| line.strip_prefix("scripts/devnet ")).expect("a chain is started first");
    let chain = Chain::start(&first.split(' ').collect::<Vec<_>>());
    let mut user = planner(&chain);
    let mut count = 0;
    for line in commands {
        if line.starts_with("curl ") {
            chain.curl(line);
            continue;
        }
        if let Some(arguments) = line.strip_prefix("sit-sim ") {
            let mut program = Command::new(sit_programs::built("sit-sim"));
            let ran = program.args(arguments.split(' ')).current_dir(user.home.path()).output().expect("it runs");
            assert!(ran.status.success(), "{line}\n{}", show(&ran));
            continue;
        }
        if let Some((name, value)) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
            user.set(name, value);
            continue;
        }
        let line = line.strip_prefix("sit ").unwrap_or_else(|| panic!("{line} is a command of sit"));
        let deploys = line.starts_with("deploy plan.toml") || line.starts_with("verify");
        // What stands in quotation marks has no blank in it.
        let output = user.run(&(line.replace('\'', "") + if deploys { insisting() } else { "" }));
        assert!(output.status.success(), "sit {line}\n{}", show(&output));
        count += 1;
    }
    assert!(count > 25, "{count} commands");
    let months = user.json("markets");
    assert_eq!(months["markets"].as_array().map(Vec::len), Some(1), "{months}");
    assert_eq!(user.json("govern status")["sealed"], true);
}

/// A checkout of the program's source in somebody's folder: the manifest of blobs, and the versions of all libraries.
/// Returns its commit.
fn checkout(user: &mut User) -> String {
    // Whoever has emptied the environment has git nowhere.
    user.set("PATH", &std::env::var("PATH").expect("the test has programs"));
    let root = user.home.path().join("source");
    fs::create_dir_all(root.join("contracts")).expect("a folder");
    for file in ["contracts/blobs.toml", "Cargo.lock"] {
        fs::copy(format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR")), root.join(file)).expect("it is there");
    }
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"];
        let ran = Command::new("git").arg("-C").arg(&root).args(who).args(arguments).output().expect("git runs");
        assert!(ran.status.success(), "git {arguments:?}\n{}", show(&ran));
        String::from_utf8(ran.stdout).expect("text").trim().to_owned()
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "Begin"]);
    git(&["rev-parse", "HEAD"])
}

#[test]
fn a_record_says_what_made_the_contracts_and_keeps_what_it_knew() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut user = planner(&chain);
    let commit = checkout(&mut user);
    let deployer = &format!("--key you-2{}", insisting());
    let path = user.home.path().join("deployments/420420420/trial.json");
    let read = || -> Value { serde_json::from_str(&fs::read_to_string(&path).expect("a record")).expect("JSON") };

    // Where nobody stands in a checkout or names one, nothing is known of the source, and nothing is guessed.
    let dry = user.json(&format!("deploy plan.toml {deployer} --dry-run"));
    assert_eq!((&dry["commit"], &dry["dirty"]), (&Value::Null, &Value::Null), "{dry}");
    user.refused(
        &format!("deploy plan.toml {deployer} --source deployments --yes"),
        3,
        &["no git checkout of the source of this program", "Nothing was sent"],
    );
    let dry = user.json(&format!("deploy plan.toml {deployer} --source source --dry-run"));
    assert_eq!((dry["commit"].as_str(), dry["dirty"].as_bool()), (Some(&*commit), Some(false)), "{dry}");
    user.json(&format!("deploy plan.toml {deployer} --source source --yes"));

    let record = read();
    assert_eq!(record["source"]["git"], *commit, "{record}");
    assert_eq!((&record["source"]["dirty"], &record["previous"]), (&json!(false), &Value::Null), "{record}");
    assert_eq!(record["source"]["blobs_are_named"], named(), "{record}");
    let number = record["first_block"].as_u64().expect("a number");
    let first = chain.ask("eth_getBlockByNumber", json!([format!("{number:#x}"), false]));
    assert_eq!(record["first_block_hash"], first["hash"], "{record}");
    let time = format!("{:#x}", record["first_block_time"].as_u64().expect("a time"));
    assert_eq!(first["timestamp"], *time, "{record}");
    for contract in sit_native::Contract::ALL {
        let of = &record["contracts"][contract.name()];
        let receipt = chain.ask("eth_getTransactionReceipt", json!([of["transaction"]]));
        let made = receipt["contractAddress"].as_str().expect("it made a contract").to_lowercase();
        assert_eq!(of["address"].as_str().map(str::to_lowercase), Some(made), "{of}");
        assert_eq!(receipt["blockNumber"], *format!("{:#x}", of["block"].as_u64().expect("a block")), "{of}");
        let planck = |key: &str| of[key].as_u64().expect("planck");
        // Where weight costs next to nothing what was paid is the deposit, but for gas in whole numbers.
        let (paid, deposit) = (planck("paid_planck"), planck("deposit_planck"));
        assert!(deposit > 0 && paid + paid / 250 > deposit, "{of}");
    }

    // The governor, on a machine that knows nothing of all that, takes none of it away.
    user.set("XDG_STATE_HOME", user.home.path().join("another").to_str().expect("a path"));
    user.json("deploy wire plan.toml --key governor --yes");
    assert_eq!(read(), record, "what was known is known");
    let findings = user.json("deploy verify plan.toml");
    let has = |findings: &Value, of: &str| {
        let rows = findings["findings"].as_array().expect("rows");
        rows.iter().any(|row| row["finding"].as_str().is_some_and(|what| what.contains(of)))
    };
    assert!(has(&findings, "vault was deployed by the transaction") && has(&findings, "first block"), "{findings}");

    // What comes later is written into it, and shown with the rest.
    let noted = user.json("deploy note plan.toml");
    assert_eq!((noted["products"].as_i64(), noted["margin_sets"].as_i64()), (Some(0), Some(0)), "{noted}");
    assert_eq!(read()["products"], json!([]));
    let shown = user.json("record show --deployment deployments/latest.json");
    assert_eq!((&shown["source"], &shown["wiring"]), (&record["source"], &record["wiring"]), "{shown}");
    assert!(user.text("record show --deployment deployments/latest.json").contains(&commit));
    user.refused("markets --profile hub --deployment deployments/latest.json", 5, &["420420419"]);

    // A transaction that made something else is found.
    let mut wrong = record.clone();
    wrong["contracts"]["vault"]["transaction"] = record["contracts"]["oracle"]["transaction"].clone();
    fs::write(&path, wrong.to_string()).expect("written");
    user.refused("deploy verify plan.toml", 10, &["1 of"]);
    // So is what a constructor was not given, and what nobody sent.
    let mut wrong = record.clone();
    wrong["contracts"]["vault"]["constructor_input"] = record["contracts"]["oracle"]["constructor_input"].clone();
    wrong["wiring"] = json!([]);
    fs::write(&path, wrong.to_string()).expect("written");
    user.refused("deploy verify plan.toml", 10, &["2 of"]);
    // Of a transaction that the node has never seen it says that it was not looked at.
    let mut wrong = record.clone();
    wrong["contracts"]["vault"]["transaction"] = format!("0x{}", "77".repeat(32)).into();
    fs::write(&path, wrong.to_string()).expect("written");
    let said = user.text("deploy verify plan.toml");
    assert!(said.contains("Not looked at") && said.contains("the transaction of vault"), "{said}");

    // A record as earlier versions wrote it says less, and is as good for everything else.
    let mut old = record.clone();
    for key in ["first_block_hash", "first_block_time", "previous"] {
        old.as_object_mut().expect("an object").remove(key);
    }
    old["source"] = json!({ "version": "0.1.0", "compiler": record["source"]["compiler"] });
    for (_, of) in old["contracts"].as_object_mut().expect("contracts") {
        for key in ["transaction", "block", "paid_planck", "deposit_planck"] {
            of.as_object_mut().expect("a contract").remove(key);
        }
    }
    fs::write(&path, old.to_string()).expect("written");
    let findings = user.json("deploy verify plan.toml");
    assert!(findings["fits"] == true && !has(&findings, "first block"), "{findings}");
    user.text("record show --deployment deployments/420420420/trial.json");
    user.set("XDG_STATE_HOME", "");
    user.json(&format!("deploy plan.toml {deployer} --source source --yes"));
    assert_eq!(read()["contracts"], record["contracts"], "the deployer completes it");

    // The next one says which it follows.
    let next = blocks("toml")[0].replace("\"trial\"", "\"next\"").replacen('\n', "\nprevious = \"trial\"\n", 1);
    fs::write(user.home.path().join("next.toml"), &next).expect("written");
    let unknown = next.replace("\"trial\"", "\"nobody\"");
    fs::write(user.home.path().join("unknown.toml"), unknown).expect("written");
    user.refused(&format!("deploy unknown.toml {deployer} --dry-run"), 3, &["nobody.json", "Nothing was sent"]);
    user.json(&format!("deploy next.toml {deployer} --yes"));
    let latest = fs::read_to_string(user.home.path().join("deployments/latest.json")).expect("names");
    let latest: Value = serde_json::from_str(&latest).expect("JSON");
    assert_eq!(latest, json!({ "420420420": "420420420/next.json" }));
    let record = fs::read_to_string(user.home.path().join("deployments/420420420/next.json")).expect("a record");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    assert_eq!(record["previous"]["name"], "trial", "{record}");
}

#[test]
fn a_deployment_goes_on_where_it_was_and_everything_else_is_refused() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let user = planner(&chain);
    let deployer = &format!("--key you-2{}", insisting());

    // Addresses and DOT are known before anything is written or sent.
    let dry = user.json(&format!("deploy plan.toml {deployer} --dry-run"));
    assert_eq!((dry["sent"].as_bool(), dry["contracts"].as_array().map(Vec::len)), (Some(false), Some(7)), "{dry}");
    let dot: f64 = dry["dot"].as_str().expect("an amount").parse().expect("a number");
    assert!((5.0..9.0).contains(&dot), "{dry}");
    assert!(!user.home.path().join("deployments").exists());
    user.refused(&format!("deploy plan.toml {deployer}"), 8, &["nobody can be asked here", "nothing was sent"]);
    user.refused("deploy verify plan.toml", 3, &["the record deployments/", "No such file"]);
    user.refused("deploy wire plan.toml --key governor --yes", 3, &["`sit deploy PLAN` comes first"]);
    user.refused(&format!("deploy none.toml {deployer}"), 3, &["none.toml cannot be read"]);

    // Without the governor's key the contracts stand, and do not know each other.
    let stood = user.json(&format!("deploy plan.toml {deployer} --yes"));
    assert_eq!((stood["deployed"].as_bool(), stood["wired"].as_bool()), (Some(true), Some(false)), "{stood}");
    let record = fs::read_to_string(user.home.path().join("deployments/420420420/trial.json")).expect("a record");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    for planned in dry["contracts"].as_array().expect("rows") {
        let at = record["contracts"][planned["contract"].as_str().expect("a name")]["address"].as_str().expect("where");
        assert_eq!(at.to_lowercase(), planned["address"].as_str().expect("where"), "as it was planned");
    }
    // Whoever has the record alone can say what each constructor was given, and which messages come after.
    let given = |name: &str| record["contracts"][name]["constructor_input"].as_str().expect("bytes").to_owned();
    let token = &record["contracts"]["token"]["address"].as_str().expect("where")[2..];
    assert!(given("vault").contains(&token.to_lowercase()), "{record}");
    let wiring = record["wiring"].as_array().expect("messages");
    assert_eq!(wiring.len() as i64, dry["wiring"].as_i64().expect("a number"), "{record}");
    let named = |row: &Value| format!("{}.{}", row["contract"], row["message"]).replace('"', "");
    assert_eq!(wiring.first().map(named).as_deref(), Some("vault.connect"), "{record}");
    assert!(wiring.iter().all(|row| row["call"].as_str().is_some_and(|call| call.len() > 10)), "{record}");
    user.refused("deploy verify plan.toml", 10, &["are not as planned"]);
    user.refused("deploy wire plan.toml --key you-1 --yes", 2, &["the plan's governor is", "nothing was sent"]);
    user.refused("deploy wire plan.toml --key governor", 8, &["nobody can be asked here", "nothing was sent"]);
    let wired = user.json("deploy wire plan.toml --key governor --yes");
    assert_eq!(wired["wired"], true, "{wired}");
    let verified = user.json("deploy verify plan.toml");
    assert_eq!((verified["fits"].as_bool(), verified["sealed"].as_bool()), (Some(true), Some(false)), "{verified}");

    // Run again it has nothing to do, and costs nothing.
    let again = user.json(&format!("deploy plan.toml {deployer} --governor governor --dry-run"));
    assert_eq!((again["resumed"].as_bool(), again["dot"].as_str()), (Some(true), Some("0.0000")), "{again}");

    // A plan that was changed after it was begun, another key, another token.
    let plan = fs::read_to_string(user.home.path().join("plan.toml")).expect("the plan");
    let changed =
        plan.replace("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    fs::write(user.home.path().join("changed.toml"), changed).expect("written");
    user.refused(
        &format!("deploy changed.toml {deployer} --yes"),
        3,
        &["was begun with `guardian`", "Nothing was sent"],
    );
    user.refused(&format!("deploy plan.toml --key you-1{} --yes", insisting()), 3, &["is for the key of"]);
    let tokenless = plan.replace("\"trial\"", "\"other\"").replace("0x00000539", "0x00000538");
    fs::write(user.home.path().join("tokenless.toml"), tokenless).expect("written");
    user.refused(&format!("deploy tokenless.toml {deployer} --yes"), 5, &["the plan's token, no token answers"]);

    // The same plan on a chain that was started anew.
    let other = Chain::start(&["--bare", "--automine", "--start", "1796112000"]);
    let at = |line: &str| format!("{line} --rpc {}", other.url);
    user.refused(&at(&format!("deploy plan.toml {deployer} --yes")), 5, &["another chain"]);
}

/// Runs a command again and again, each time for at most so many milliseconds, until it ends by itself or was stopped
/// twelve times. Whether it was stopped three times at least.
fn stopped_often(user: &User, arguments: &[&str], most: u64, dice: &mut sit_programs::Dice) -> bool {
    let (mut stopped, mut done) = (0, false);
    while !done && stopped < 12 {
        let mut child = user
            .command(arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("sit runs");
        std::thread::sleep(std::time::Duration::from_millis(dice.roll(most)));
        if dice.roll(2) == 0 {
            let kill = Command::new("sh").arg("-c").arg(format!("kill -INT {}", child.id())).status();
            assert!(kill.is_ok());
        } else {
            child.kill().expect("killed");
        }
        done = child.wait().expect("it ends").success();
        stopped += u32::from(!done);
    }
    stopped > 2
}

#[test]
fn a_deployment_that_is_stopped_at_any_moment_signs_nothing_twice() {
    let line = "deploy plan.toml --key you-2 --governor governor --unnamed-blobs --yes";
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let numbers = |chain: &Chain, user: &User| -> Vec<Value> {
        let address = |key: &str| user.json(&format!("account show --key {key}"))["address"].clone();
        ["you-2", "governor"].map(|key| chain.ask("eth_getTransactionCount", json!([address(key), "latest"]))).into()
    };
    // How many transactions it takes when nobody stops it.
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let user = planner(&chain);
    let (before, since) = (numbers(&chain, &user), std::time::Instant::now());
    user.json(line);
    let (wanted, took) = (numbers(&chain, &user), since.elapsed());
    assert_ne!(before, wanted);

    let mut dice = sit_programs::Dice(8);
    // It may take less the next time, when the machine has less to do: then it is stopped sooner, on another chain.
    let mut most = u64::try_from(took.as_millis()).expect("a while") / 3 + 1;
    let (chain, user) = loop {
        let chain = Chain::start(&["--quiet-market", "--automine"]);
        let user = planner(&chain);
        assert_eq!(numbers(&chain, &user), before, "the same chain again");
        if stopped_often(&user, &arguments, most, &mut dice) {
            break (chain, user);
        }
        assert!(most > 4, "it cannot be stopped within {most} ms, and took {took:?}");
        most /= 2;
    };
    let stood = user.json(line);
    assert_eq!((stood["deployed"].as_bool(), stood["wired"].as_bool()), (Some(true), Some(true)), "{stood}");
    let verified = user.json("deploy verify plan.toml");
    assert_eq!(verified["fits"], true, "{verified}");
    assert_eq!(numbers(&chain, &user), wanted, "as many transactions as without a stop");
}

#[test]
fn a_blob_that_the_manifest_does_not_name_is_not_deployed_unless_somebody_insists() {
    let chain = Chain::start(&["--bare", "--automine"]);
    let mut user = planner(&chain);
    let cache = tempfile::tempdir().expect("a folder");
    for contract in sit_native::Contract::ALL {
        let name = contract.name();
        fs::create_dir_all(cache.path().join("contracts").join(name)).expect("a folder");
        for file in [format!("contracts/{name}/{name}.polkavm"), format!("contracts/{name}/{name}.abi")] {
            fs::copy(format!("{}/{file}", built()), cache.path().join(&file)).expect("the contracts are built");
        }
    }
    user.set("SIT_CACHE", cache.path().to_str().expect("a path"));
    let named = named();
    user.json(&format!("deploy plan.toml --key you-2 --dry-run{}", insisting()));
    // A program that somebody has changed: here of one byte more.
    let vault = cache.path().join("contracts/vault/vault.polkavm");
    let mut code = fs::read(&vault).expect("the blob");
    code.push(0);
    fs::write(&vault, code).expect("written");
    let names =
        if named { "vault: contracts/blobs.toml names other code" } else { "contracts/blobs.toml names other code" };
    let words = [names, "vault", "scripts/verify-blobs", "--unnamed-blobs"];
    user.refused("deploy plan.toml --key you-2 --yes", 3, &words);
    assert!(!user.home.path().join("deployments").exists(), "nothing is planned, and nothing is sent");
    // Whoever insists is not asked again.
    user.json("deploy plan.toml --key you-2 --unnamed-blobs --dry-run");
}

#[test]
fn code_on_the_chain_is_held_to_what_this_source_builds() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let mut user = User::at(&chain);
    user.set("SIT_CACHE", &built());
    let all = user.json(&format!("verify{}", insisting()));
    assert_eq!(
        (all["all_verified"].as_bool(), all["contracts"].as_array().map(Vec::len)),
        (Some(true), Some(7)),
        "{all}"
    );
    let at = |name: &str| {
        let row = all["contracts"].as_array().into_iter().flatten().find(|row| row["contract"] == name);
        row.unwrap_or_else(|| panic!("{name}"))["address"].as_str().expect("where").to_owned()
    };
    let (vault, oracle) = (at("vault"), at("oracle"));
    assert_eq!(user.json(&format!("verify {vault}{}", insisting()))["contracts"][0]["contract"], "vault");
    if !named() {
        // Nobody is told without asking that code is this source's which only this machine has built.
        user.refused(&format!("verify {vault}"), 10, &["not what this source builds"]);
    }

    // No code at all, another contract of the exchange, code of somebody else, and a file that is another contract.
    let nobody = "0x00000000000000000000000000000000000000aa";
    user.refused(&format!("verify {nobody}"), 10, &["not what this source builds"]);
    let other = chain.ask("eth_getCode", json!([oracle, "latest"]));
    chain.ask("anvil_setCode", json!([vault, other]));
    let text = String::from_utf8(user.run(&format!("verify --csv{}", insisting())).stdout).expect("text");
    assert!(text.contains("the oracle, where the record has the vault"), "{text}");
    chain.ask("anvil_setCode", json!([vault, "0x6080604052600080fd"]));
    let line = format!("verify {vault} {oracle}{}", insisting());
    user.refused(&line, 10, &["1 of 2 are not", "do not send them anything"]);
    let text = String::from_utf8(user.run(&format!("verify {vault} --csv")).stdout).expect("text");
    assert!(text.contains("code that this source does not build"), "{text}");
    fs::write(user.home.path().join("vault.polkavm"), [1, 2, 3]).expect("written");
    user.refused(&format!("verify {oracle} --blob vault.polkavm"), 10, &["1 of 1 are not"]);
    user.refused("verify vault", 2, &["`vault` is no address"]);
    user.refused(&format!("verify {oracle} --blob none"), 3, &["none cannot be read"]);
}

/// What `scripts/verify-blobs --fast` with these arguments ends with and says.
fn verify_blobs(arguments: &[&str]) -> (bool, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/verify-blobs");
    let output = Command::new(script).arg("--fast").args(arguments).output().expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn one_byte_of_a_release_or_of_the_code_on_a_chain_is_seen_by_the_script_for_auditors() {
    let chain = Chain::start(&["--quiet-market", "--automine"]);
    let release = tempfile::tempdir().expect("a folder");
    let folder = release.path().to_str().expect("a path");
    let names = ["clearing", "clearing-office", "governance", "incentives", "oracle", "oracle-office", "vault"];
    for name in names {
        let blob = format!("{}/contracts/{name}/{name}.polkavm", built());
        fs::copy(&blob, release.path().join(format!("{name}.polkavm")))
            .unwrap_or_else(|error| panic!("{blob}: {error}"));
    }
    let (passed, said) = verify_blobs(&["--release", folder, "--chain", &chain.url]);
    assert!(passed, "{said}");
    for words in ["byte for byte what this source builds", "the code on the chain is what this source builds"] {
        assert!(said.contains(words), "{said}");
    }

    // A file of the release with one byte changed, and one that is missing.
    let oracle = release.path().join("oracle.polkavm");
    let good = fs::read(&oracle).expect("the blob");
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&oracle, bad).expect("written");
    let (passed, said) = verify_blobs(&["--release", folder]);
    assert!(!passed && said.contains("oracle.polkavm is not what this source builds"), "{said}");
    fs::remove_file(&oracle).expect("removed");
    let (passed, said) = verify_blobs(&["--release", folder]);
    assert!(!passed && said.contains("oracle.polkavm"), "{said}");

    // The vault's code on the chain with one byte changed.
    let mut user = User::at(&chain);
    user.set("SIT_CACHE", &built());
    let all = user.json(&format!("verify{}", insisting()));
    let row = all["contracts"].as_array().into_iter().flatten().find(|row| row["contract"] == "vault");
    let vault = row.expect("it is deployed")["address"].clone();
    let code = chain.ask("eth_getCode", json!([vault, "latest"]));
    let code = code.as_str().expect("bytes").as_bytes();
    let mut rpc = Rpc::new(&chain.url, Limits::default()).expect("the chain has an address");
    // Most bytes are instructions or what they work on; a byte that gives the program its form cannot be changed.
    let taken = (code.len() / 2..code.len()).any(|place| {
        let mut other = code.to_vec();
        other[place] = if other[place] == b'0' { b'1' } else { b'0' };
        let other = String::from_utf8(other).expect("hexadecimal");
        rpc.request("anvil_setCode", json!([vault, other])).is_ok()
    });
    assert!(taken, "one byte of the vault is changed");
    let (passed, said) = verify_blobs(&["--chain", &chain.url]);
    assert!(!passed && said.contains("1 of 7 are not"), "{said}");
}

#[test]
fn a_change_is_seen_before_it_is_proposed_waits_and_is_seen_in_force() {
    let chain = Chain::start(&["--quiet-market", "--automine", "--start", "1796025600"]);
    let user = planner(&chain);
    let trader = User::at(&chain).with_key("you-1");
    let governor = |line: &str| format!("govern {line} --key governor");

    // Somebody has an order, whose margin a new margin set would change.
    trader.act("account open");
    trader.act("deposit 9000");
    let month = trader.json("book front")["month"].as_str().expect("a month").to_owned();
    let low = trader.json("markets")["markets"][0]["low"].as_str().expect("a limit").to_owned();
    trader.act(&format!("order buy 20lots {month} {low} --good-for 9d"));

    // The engine says what a change would do: fields, accounts, and the contract's own verdict.
    let seen = user.json("govern simulate clearing.set_fund_cap bps=4000");
    assert_eq!(seen["accepted"], true, "{seen}");
    assert_eq!(
        seen["changes"],
        json!([{ "cell": "ledger", "field": "fund_cap_bps", "before": "5000", "after": "4000" }])
    );
    let absurd = user.json("govern simulate clearing.set_fund_cap bps=60000");
    assert_eq!(absurd["accepted"], false, "{absurd}");
    let wide = user.json("govern simulate clearing.set_add_ons add_ons=(1,40,4000,10000,200,2500,500)");
    assert_eq!(wide["accounts_changed"], 1, "{wide}");
    assert_eq!(wide["accounts"][0]["liquidated"], false, "{wide}");
    user.refused("govern simulate clearing.set_fund", 2, &["there is clearing.set_fund_cap"]);

    // Only the governor proposes, only the council approves, and nobody is early.
    user.refused("govern propose clearing.set_fund_cap bps=4000 --key you-1 --yes", 6, &["NotAuthorised"]);
    let proposed = user.json(&(governor("propose clearing.set_fund_cap bps=4000") + " --yes"));
    assert_eq!(proposed["class"], "loosen", "{proposed}");
    let id = proposed["id"].as_u64().expect("a number");
    let own = |line: &str| format!("{line} --key governor --yes");
    user.refused(&own(&format!("govern execute {id}")), 6, &["WrongState"]);
    user.refused(&format!("govern approve {id} --key you-1 --yes"), 6, &["NotAuthorised"]);
    // What is approved is a hash: a node that shows another call than the one it is of gets no signature.
    let liar = Proxy::to(&chain.url, |body| {
        let logs = body.contains("eth_getLogs");
        if logs { Fault::Lie("0000000000000fa0", "0000000000001388") } else { Fault::None }
    });
    let mut fooled = User::at(&chain);
    fooled.set("SIT_RPC", &liar.url);
    let words = ["clearing.set_fund_cap(bps: 5000)", "is of something else", "Nothing was signed"];
    fooled.refused(&own(&format!("govern approve {id}")), 5, &words);
    let approved = user.json(&own(&format!("govern approve {id}")));
    assert_eq!(approved["waits_seconds"], 2 * DAY, "{approved}");
    user.refused(&own(&format!("govern approve {id}")), 6, &["WrongState"]);
    user.refused(&format!("govern execute {id} --key you-1 --yes"), 6, &["NotReady"]);
    let waits = user.json(&format!("govern inspect {id}"));
    assert_eq!(
        (waits["state"].as_str(), waits["call_is_the_payload"].as_bool()),
        (Some("queued"), Some(true)),
        "{waits}"
    );
    assert_eq!(waits["executable"], false, "{waits}");
    chain.pass(2 * u64::from(DAY) + 60);
    assert_eq!(user.json(&format!("govern inspect {id}"))["executable"], true);
    user.json(&format!("govern execute {id} --key you-1 --yes"));
    let done = user.json("govern simulate clearing.set_fund_cap bps=4000");
    assert!(done["changes"].as_array().is_some_and(Vec::is_empty), "{done}");
    assert_eq!(user.json(&format!("govern inspect {id}"))["state"], "executed");

    // A margin set goes by its own way, and the guardian stops what should not be.
    let margin = margin_of(&chain);
    fs::write(user.home.path().join("margin.json"), margin.to_string()).expect("written");
    let seen = user.json("govern simulate-margin margin.json");
    assert!(seen["changes"].as_array().is_some_and(|rows| !rows.is_empty()), "{seen}");
    assert_eq!(seen["accounts_changed"], 1, "{seen}");
    let proposed = user.json(&own("govern propose-margin margin.json"));
    let id = proposed["id"].as_u64().expect("a number");
    let inspected = user.json(&format!("govern inspect {id} --margin margin.json"));
    assert_eq!((inspected["is_the_file"].as_bool(), inspected["certificate_fits"].as_bool()), (Some(true), Some(true)));
    let mut other = margin.clone();
    other["margin"]["shocks"][0][0] = json!(1);
    fs::write(user.home.path().join("other.json"), other.to_string()).expect("written");
    user.refused(&format!("govern inspect {id} --margin other.json"), 3, &["is of other shocks"]);
    user.refused(&format!("govern veto {id} --key governor --yes"), 6, &["NotAuthorised"]);
    user.json(&format!("govern veto {id} --key guardian --yes"));
    assert_eq!(user.json(&format!("govern inspect {id}"))["state"], "cancelled");
    user.refused(&own(&format!("govern approve {id}")), 6, &["WrongState"]);

    // The guardian tightens at once, and loosens nothing.
    user.refused("govern tighten clearing.unpause product=0 --key guardian --yes", 6, &["Tighten"]);
    user.json("govern tighten clearing.pause product=0 scopes=1 --key guardian --yes");
    trader.refused(&format!("order buy 1lots {month} {low} --yes"), 6, &["OutsidePriceLimits", "the mark itself"]);
    user.refused(&own("govern enact clearing.unpause product=0"), 6, &["genesis is over"]);
    assert_eq!(user.json("govern status")["sealed"], true);

    // The governor withdraws what it has proposed, and only the governor; the role goes to whoever takes it over.
    let id = user.json(&own("govern propose clearing.set_fund_cap bps=3000"))["id"].as_u64().expect("a number");
    user.refused(&format!("govern cancel {id} --key you-1 --yes"), 6, &["NotAuthorised"]);
    user.json(&own(&format!("govern cancel {id}")));
    assert_eq!(user.json(&format!("govern inspect {id}"))["state"], "cancelled");
    user.refused(&own(&format!("govern approve {id}")), 6, &["WrongState"]);
    user.refused("govern accept governor --key you-2 --yes", 6, &["NotAuthorised"]);
    for (role, key, to) in [("guardian", "guardian", "you-2"), ("governor", "governor", "you-0")] {
        let nominee = User::at(&chain).with_key(to).json("account show")["address"].clone();
        let nominee = nominee.as_str().expect("an address");
        let line = format!("govern propose governance.nominate_{role} nominee={nominee}");
        let id = user.json(&own(&line))["id"].as_u64().expect("a number");
        let waits = user.json(&own(&format!("govern approve {id}")))["waits_seconds"].as_u64().expect("seconds");
        chain.pass(waits + 60);
        user.json(&own(&format!("govern execute {id}")));
        user.refused(&format!("govern accept {role} --key you-1 --yes"), 6, &["NotAuthorised"]);
        user.refused(&format!("govern accept {role} --key {key} --yes"), 6, &["NotAuthorised"]);
        user.json(&format!("govern accept {role} --key {to} --yes"));
    }
    user.refused(&own("govern propose clearing.set_fund_cap bps=3000"), 6, &["NotAuthorised"]);
    user.json("govern propose clearing.set_fund_cap bps=3000 --key you-0 --yes");

    let queue = user.json("govern queue");
    let states: Vec<&str> =
        queue["actions"].as_array().expect("rows").iter().filter_map(|row| row["state"].as_str()).collect();
    assert_eq!(states.iter().filter(|state| **state == "cancelled").count(), 2, "{queue}");
    assert!(states.iter().filter(|state| **state == "executed").count() > 10, "{queue}");
}
