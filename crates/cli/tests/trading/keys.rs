//! Keys and records: what signs, and for which exchange.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::support::{Chain, User};

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
    let made = user.json("key new alice");
    let address = made["address"].as_str().expect("an address").to_owned();
    let file = user.home.path().join(".config/sit/keys/alice");
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
