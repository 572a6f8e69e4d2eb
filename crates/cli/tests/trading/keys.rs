//! Keys and records: what signs, and for which exchange.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use sit_client::blobs::Manifest;
use sit_client::rpc::{Key, hex_bytes, to_hex};
use sit_programs::{Fault, Proxy};

use super::support::{Chain, User, show};

/// The first of the keys that everybody knows.
const ANVIL: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

fn with_password(user: &mut User, password: &str) {
    let file = user.home.path().join("password");
    fs::write(&file, format!("{password}\n")).expect("written");
    user.set("SIT_PASSWORD_FILE", &file.display().to_string());
}

#[test]
fn a_key_is_made_kept_locked_and_signs() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let mut user = User::at(&chain);
    with_password(&mut user, "correct horse");
    let file = user.home.path().join(".config/sit/keys/alice");
    let dry = user.json("key new alice --dry-run");
    assert_eq!((dry["written"].as_bool(), file.exists()), (Some(false), false), "{dry}");
    let made = user.json("key new alice");
    let address = made["address"].as_str().expect("an address").to_owned();
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(user.text("key list").contains(&address));
    user.refused("key new alice", 2, &["`alice` already"]);
    user.refused("key new ../alice", 2, &["no name of a key"]);

    // A wallet without DOT can do nothing, and is told why.
    let mut user = user.with_key("alice");
    user.refused("account open --yes", 6, &["has 0 DOT", "needs up to", "send it some", "Nothing was signed"]);
    user.json("faucet 1000 --dot 10dot");
    // What only looks needs no password.
    let password = user.environment.iter().position(|(name, _)| name == "SIT_PASSWORD_FILE").expect("it was set");
    let password = user.environment.remove(password);
    assert_eq!(user.json("account show")["address"], address.as_str());
    user.refused("account open --yes", 8, &["a password is needed", "--password-file"]);
    user.environment.push(password);
    user.act("account open");
    user.act("deposit 1000");

    with_password(&mut user, "another");
    user.refused("withdraw 1 --yes", 3, &["was not opened", "password"]);
    user.set("SIT_PASSWORD_FILE", "/nowhere/password");
    user.refused("withdraw 1 --yes", 3, &["/nowhere/password", "SIT_PASSWORD_FILE"]);
    with_password(&mut user, "correct horse");

    // A keystore that somebody has changed does not sign.
    let text = fs::read_to_string(&file).expect("read");
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    value["address"] = "70997970c51812dc3a010c7d01b50e0d17dc79c8".into();
    fs::write(&file, value.to_string()).expect("written");
    user.refused("account open --yes", 3, &["another key than its `address` says"]);
    fs::write(&file, text.get(..text.len() / 2).unwrap_or_default()).expect("written");
    user.refused("withdraw 1 --yes", 3, &["was not opened", "no keystore"]);
    fs::write(&file, text).expect("written");
    user.act("withdraw 1");
}

#[test]
fn a_key_is_imported_and_one_that_others_can_read_is_not_used() {
    let mut user = User::new();
    with_password(&mut user, "p");
    fs::write(user.home.path().join("digits"), ANVIL).expect("written");
    let kept = user.json("key import anvil --from digits");
    assert_eq!(kept["address"], "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    fs::write(user.home.path().join("digits"), "0x12").expect("written");
    user.refused("key import short --from digits", 2, &["64 hexadecimal digits"]);
    fs::write(user.home.path().join("digits"), "0".repeat(64)).expect("written");
    user.refused("key import zero --from digits", 2, &["no key of secp256k1"]);

    let chain = Chain::start(&["--bare"]);
    let plain = user.home.path().join("plain");
    fs::write(&plain, ANVIL).expect("written");
    let mut user = user.with_key(&plain.display().to_string());
    user.set("SIT_RPC", &chain.url);
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).expect("opened");
    user.refused("account show", 3, &["can be read by others", "chmod 600"]);
}

/// Other programs take a key from the environment. Whoever does it here is told, and it stands in no log.
#[test]
fn a_key_that_is_given_for_its_name_is_refused_and_none_of_its_digits_is_shown() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let digits = ANVIL.trim_start_matches("0x");
    let refused = |user: &User, line: &str, whence: &str| {
        let output = user.run(line);
        let text = show(&output).replace('\n', " ");
        assert_eq!(output.status.code(), Some(3), "{whence}");
        assert!(!text.contains(&digits[..16]), "{whence} is shown");
        assert!(text.contains(whence) && text.contains("sit key import NAME"), "{text}");
    };
    for typed in [ANVIL, digits] {
        let mut user = User::at(&chain).with_key(typed);
        refused(&user, "account show", "SIT_KEY");
        refused(&user, "account show --json", "SIT_KEY");
        refused(&user, &format!("account show --key {typed}"), "--key");
        refused(&user, &format!("key new {typed} --dry-run"), "the command line");
        refused(&user, &format!("key import alice --from {typed}"), "--from");
        user.environment.retain(|(name, _)| name != "SIT_KEY");
        user.set("SIT_SIGNER", typed);
        refused(&user, "account show", "SIT_SIGNER");
    }
}

#[test]
fn keys_that_everybody_knows_sign_on_a_development_chain_alone() {
    let mut user = User::new();
    user.set("SIT_PROFILE", "paseo");
    assert!(!user.text("key list").contains("you-0"));
    user.set("SIT_PROFILE", "devnet");
    assert!(user.text("key list").contains("you-0"));
}

#[test]
fn a_signer_of_ones_own_is_asked_and_its_failure_is_told() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let mut user = User::at(&chain);
    user.set("SIT_SIGNER", "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 /bin/false");
    assert_eq!(user.json("account show")["address"], "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    user.refused("account open --yes", 3, &["/bin/false", "ended with"]);
    user.set("SIT_SIGNER", "/bin/false");
    user.refused("account show", 3, &["SIT_SIGNER", "write the address, then the command"]);
}

/// A program that signs: this one, started by a script, as somebody would wrap a hardware wallet. It signs what it is
/// asked for where the bytes of the transaction are those of the hash, and writes down what it was asked.
#[test]
#[ignore = "the signer that `a_signer_of_ones_own_signs` starts"]
fn as_a_signer() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("a question");
    let question: Value = serde_json::from_str(&line).expect("JSON");
    let bytes = |key: &str| hex_bytes(Some(&question[key])).unwrap_or_else(|| panic!("{key} in {question}"));
    let hash: [u8; 32] = bytes("hash").try_into().expect("32 bytes");
    let transaction = bytes("transaction");
    // A permit is no transaction: its hash comes alone.
    assert!(transaction.is_empty() || sit_sim::keccak256(&transaction) == hash, "{question}");
    let secret: [u8; 32] = hex_bytes(Some(&std::env::var("SIGNER_SECRET").expect("a secret").into()))
        .and_then(|bytes| bytes.try_into().ok())
        .expect("32 bytes");
    let key = Key::from_bytes(&secret).expect("a key");
    let signature = key.sign(&hash, &[]).expect("it signs");
    let log = std::env::var("SIGNER_LOG").expect("a file");
    let before = fs::read_to_string(&log).unwrap_or_default();
    fs::write(&log, format!("{before}{question}\n")).expect("written");
    println!("signature {}", to_hex(&signature.as_bytes()));
}

#[test]
fn a_signer_of_ones_own_signs() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let mut user = User::at(&chain);
    let log = user.home.path().join("asked");
    let script = |user: &User, secret: &str, filter: &str| {
        let path = user.home.path().join("signer.sh");
        let this = std::env::current_exe().expect("this program");
        let text = format!(
            "#!/bin/sh\nSIGNER_SECRET={secret} SIGNER_LOG={} {} keys::as_a_signer --exact --ignored --nocapture | {filter}\n",
            log.display(),
            this.display()
        );
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a program");
        format!("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 {}", path.display())
    };
    let signature = "sed -n 's/.*signature //p'";
    let signer = script(&user, ANVIL, signature);
    user.set("SIT_SIGNER", &signer);
    // Two transactions, of which one has a permit that is signed too; what only looks asks for no signature.
    user.act("account open");
    user.act("deposit 1000");
    let low = user.json("markets")["markets"][0]["low"].as_str().expect("a limit").to_owned();
    let placed = user.act(&format!("order buy 1lot front {low}"));
    let hash = placed["transactions"][0]["transaction"].as_str().expect("a hash").to_owned();
    let sent = chain.ask("eth_getTransactionByHash", json!([hash]));
    assert_eq!(sent["from"], "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    let asked = fs::read_to_string(&log).expect("it was asked");
    let permits = asked.lines().filter(|line| line.contains("\"transaction\":\"0x\"")).count();
    assert_eq!((asked.lines().count(), permits), (4, 1), "{asked}");

    // Another key than that of the address, and an answer that is none: nothing is sent.
    let nonce =
        || chain.ask("eth_getTransactionCount", json!(["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "pending"]));
    let before = nonce();
    script(&user, &format!("0x{}", "11".repeat(32)), signature);
    user.refused("withdraw 1 --yes", 3, &["signer.sh", "signed with another key than that of 0xf39F"]);
    script(&user, ANVIL, "echo yes");
    user.refused("withdraw 1 --yes", 3, &["signer.sh", "answered no hexadecimal digits"]);
    script(&user, ANVIL, &format!("{signature} | cut -c1-60"));
    user.refused("withdraw 1 --yes", 3, &["signer.sh", "answered no signature"]);
    assert_eq!(nonce(), before);
    script(&user, ANVIL, signature);
    user.act("withdraw 1");
}

/// The program cast of the npm packages, where they are installed (`scripts/clients`).
fn cast() -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    let cast = sit_client::cache_dir().join(format!("clients/node_modules/@foundry-rs/cast-linux-{arch}/bin/cast"));
    if !cast.exists() {
        eprintln!("NOT CHECKED: {} is not installed (scripts/clients)", cast.display());
        return None;
    }
    Some(cast)
}

#[test]
fn keystores_of_cast_and_of_sit_are_each_others() {
    let Some(cast) = cast() else { return };
    let mut user = User::new();
    with_password(&mut user, "correct horse");
    let folder = user.home.path().join(".config/sit/keys");
    fs::create_dir_all(&folder).expect("a folder");
    let home = user.home.path().to_owned();
    let run = |arguments: &[&str]| {
        let output =
            Command::new(&cast).args(arguments).env("HOME", &home).current_dir(&home).output().expect("cast runs");
        assert!(output.status.success(), "cast {arguments:?}: {}", show(&output));
        String::from_utf8(output.stdout).expect("text").trim().to_lowercase()
    };
    // What cast keeps, sit reads, and signs with.
    let keys = folder.display().to_string();
    run(&[
        "wallet",
        "import",
        "theirs",
        "--keystore-dir",
        &keys,
        "--private-key",
        ANVIL,
        "--unsafe-password",
        "correct horse",
    ]);
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    user.set("SIT_RPC", &chain.url);
    let shown = user.json("account show --key theirs");
    assert_eq!(shown["address"], "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    user.act("account open --key theirs");
    // What sit keeps, cast reads.
    let made = user.json("key new ours");
    let ours = folder.join("ours").display().to_string();
    let address = run(&["wallet", "address", "--keystore", &ours, "--password", "correct horse"]);
    assert_eq!(made["address"], address.as_str());
    // And the other password opens neither.
    with_password(&mut user, "another");
    user.refused("account open --sub 1 --key theirs --yes", 3, &["was not opened", "password"]);
}

#[test]
fn a_record_of_another_chain_or_other_code_gets_no_signature() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let mut user = User::at(&chain);
    let record = user.json("record show");
    let file = user.home.path().join("record.json");
    let write = |value: &Value| fs::write(&file, value.to_string()).expect("written");
    write(&record);
    user.set("SIT_DEPLOYMENT", &file.display().to_string());
    user.act("account open");
    assert_eq!(user.run("doctor").status.code(), Some(0));

    let mut other = record.clone();
    other["contracts"]["clearing"]["code_hash"] = json!(format!("0x{}", "ab".repeat(32)));
    write(&other);
    user.refused("deposit 1 --yes", 5, &["clearing", "nothing is sent there"]);
    user.refused("doctor", 10, &["not as it has to be"]);

    let mut other = record.clone();
    other["contracts"]["vault"]["address"] = json!("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
    write(&other);
    user.refused("deposit 1 --yes", 5, &["vault", "nothing instead"]);

    let mut other = record.clone();
    other["chain"]["genesis_hash"] = json!(format!("0x{}", "ab".repeat(32)));
    write(&other);
    user.refused("deposit 1 --yes", 5, &["another first block"]);

    let mut other = record.clone();
    other["chain"]["id"] = json!(420_420_419);
    write(&other);
    user.refused("deposit 1 --yes", 5, &["420420419", "Nothing was signed"]);

    fs::write(&file, "{").expect("written");
    user.refused("markets", 3, &["record.json", "SIT_DEPLOYMENT"]);
    fs::remove_file(&file).expect("removed");
    user.refused("markets", 3, &["record.json", "SIT_DEPLOYMENT"]);
}

/// A public node has one's trust in prices, and not in whose contracts the money goes to.
#[test]
fn a_node_of_a_live_chain_does_not_say_where_the_exchange_is() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    // As one of the Hub that would like to, with contracts of its own.
    let way = Proxy::to(&chain.url, |_| Fault::Lie("0x190f1b44", "0x190f1b43"));
    let mut user = User::new();
    let secret = user.home.path().join("secret");
    fs::write(&secret, ANVIL).expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("closed");
    for (name, value) in [("SIT_PROFILE", "hub"), ("SIT_RPC", &*way.url), ("SIT_KEY", &*secret.display().to_string())] {
        user.set(name, value);
    }
    for line in ["markets", "account open --yes", "deposit 1 --yes", "keeper --once", "index --once --folder tables"] {
        user.refused(line, 5, &["give the record of the deployment"]);
    }
    let doctor: Value = serde_json::from_slice(&user.run("doctor --json").stdout).expect("JSON");
    let row = doctor["checks"].as_array().and_then(|rows| rows.iter().find(|row| row["check"] == "node"));
    let row = row.unwrap_or_else(|| panic!("{doctor}"));
    assert!(row["ok"] == false && row["advice"] == "see what it says", "the node is up: {row}");
}

/// A program that is newer than the exchange, or older, on a chain that is no development chain: one contract is
/// another build than this source's.
#[test]
fn contracts_of_another_version_are_a_remark_where_the_record_has_their_interface_and_else_a_finding() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let text = User::at(&chain).text("record show --json").replace("420420420", "420420419");
    let mut record: Value = serde_json::from_str(&text).expect("JSON");
    let code = |contract: &str| -> String {
        let code = chain.ask("eth_getCode", json!([record["contracts"][contract]["address"], "latest"]));
        code.as_str().expect("digits").to_owned()
    };
    let names: Vec<String> = record["contracts"].as_object().expect("contracts").keys().cloned().collect();
    let others: Vec<String> = names.iter().filter(|name| *name != "vault").map(|name| code(name)).collect();
    let vault = code("vault");
    // A digit of it is another one: somewhere where no other contract has the same.
    let alone = |part: &&str| vault.matches(part).count() == 1 && !others.iter().any(|code| code.contains(part));
    let was = (200..vault.len() - 64).step_by(64).map(|at| &vault[at..at + 64]).find(alone).expect("a part of its own");
    let is = format!("{}{}", if was.starts_with('0') { '1' } else { '0' }, &was[1..]);
    let build = hex_bytes(Some(&json!(vault.replace(was, &is)))).expect("digits");
    let kept = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let lies: &'static [_] = Box::leak(Box::new([("0x190f1b44", "0x190f1b43"), (kept(was), kept(&is))]));
    let way = Proxy::to(&chain.url, move |_| Fault::Lies(lies));
    let manifest = Manifest::read(include_str!("../../../../contracts/blobs.toml"));
    for (name, blob) in &manifest.blobs {
        record["contracts"][name]["abi_hash"] = json!(blob.abi_hash);
    }
    record["contracts"]["vault"]["code_hash"] = json!(to_hex(&sit_sim::keccak256(&build)));

    let plain = tempfile::tempdir().expect("a folder");
    let secret = plain.path().join("secret");
    fs::write(&secret, ANVIL).expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("closed");
    let mut live = User::new().with_key(&secret.display().to_string());
    for (name, value) in [("SIT_PROFILE", "hub"), ("SIT_RPC", &*way.url), ("SIT_DEPLOYMENT", "record.json")] {
        live.set(name, value);
    }
    let looked = |record: &Value, check: &str| -> Value {
        fs::write(live.home.path().join("record.json"), record.to_string()).expect("written");
        let said: Value = serde_json::from_slice(&live.run("doctor --json").stdout).expect("JSON");
        let rows = said["checks"].as_array().expect("rows");
        rows.iter().find(|row| row["check"] == check).unwrap_or_else(|| panic!("{check}: {said}")).clone()
    };
    let says = |row: &Value, key: &str, words: &str| row[key].as_str().is_some_and(|text| text.contains(words));
    assert_eq!(looked(&record, "chain and contracts")["ok"], true, "what stands there is what the record has");
    let row = looked(&record, "blobs");
    assert!(row["ok"] == true && says(&row, "found", "of another build with the same interface: "), "{row}");
    assert!(says(&row, "found", "vault") && says(&row, "advice", "CHANGELOG.md"), "{row}");
    // A record that does not say which interface it is, and one that says another.
    for other in [Value::Null, json!(format!("0x{}", "ab".repeat(32)))] {
        record["contracts"]["vault"]["abi_hash"] = other;
        let row = looked(&record, "blobs");
        assert!(row["ok"] == false && says(&row, "found", "of an interface that nobody names: vault"), "{row}");
        assert!(says(&row, "advice", "sit verify"), "{row}");
    }
}

#[test]
fn a_keystore_or_password_that_others_can_read_is_told() {
    let chain = Chain::start(&["--quiet-market", "--deterministic"]);
    let mut user = User::at(&chain);
    with_password(&mut user, "correct horse");
    user.json("key new alice");
    let user = user.with_key("alice");
    let [keystore, password] = [".config/sit/keys/alice", "password"].map(|file| user.home.path().join(file));
    let look = || {
        let said: Value = serde_json::from_slice(&user.run("doctor --json").stdout).expect("JSON");
        let rows = said["checks"].as_array().expect("rows");
        rows.iter().find(|row| row["check"] == "key").unwrap_or_else(|| panic!("{said}")).clone()
    };
    for (open, closed) in [(&keystore, &password), (&password, &keystore)] {
        fs::set_permissions(open, fs::Permissions::from_mode(0o644)).expect("opened");
        fs::set_permissions(closed, fs::Permissions::from_mode(0o600)).expect("closed");
        let row = look();
        let found = row["found"].as_str().expect("text");
        assert!(row["ok"] == false && found.contains(&open.display().to_string()), "{row}");
        assert!(!found.contains(&closed.display().to_string()), "{row}");
        assert!(row["advice"].as_str().is_some_and(|advice| advice.contains("chmod 600")), "{row}");
    }
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).expect("closed");
    assert_eq!(look()["ok"], true);
}
