//! Which messages of a contract only read.
//!
//! ink! writes `view` into the ABI for every message that takes `&self`, and the contracts take `&self` everywhere: with
//! `&mut self` ink! would write the contract's empty root cell back after each message, which costs 10 kB of proof. A wallet
//! would only simulate a message that the ABI calls a view. So each contract names its views in its manifest, and every
//! other message becomes `nonpayable` in the ABI:
//!
//! ```toml
//! [package.metadata.sit]
//! views = ["audit", "state"]
//! ```

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The views that a manifest names.
///
/// # Errors
/// When the manifest cannot be read or names none.
pub fn views(manifest: &Path) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(manifest).with_context(|| format!("{} cannot be read", manifest.display()))?;
    let parsed: toml::Table = text.parse().with_context(|| format!("{} is not TOML", manifest.display()))?;
    let named = ["package", "metadata", "sit", "views"]
        .iter()
        .try_fold(&toml::Value::Table(parsed), |value, key| value.get(key))
        .and_then(|value| value.as_array().cloned())
        .with_context(|| format!("{} names no views: add [package.metadata.sit] views = [...]", manifest.display()))?;
    Ok(named.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

/// The ABI with `view` for the named messages and `nonpayable` for all others.
///
/// # Errors
/// When the ABI is malformed, or a named view is no message.
pub fn correct(abi: &[u8], views: &BTreeSet<String>) -> Result<Vec<u8>> {
    let mut items: Vec<Value> = serde_json::from_slice(abi).context("the ABI is not a JSON list")?;
    let mut unknown = views.clone();
    for item in items.iter_mut().filter(|item| item["type"] == "function") {
        let name = item["name"].as_str().unwrap_or_default().to_owned();
        unknown.remove(&name);
        item["stateMutability"] = if views.contains(&name) { "view".into() } else { "nonpayable".into() };
    }
    ensure!(unknown.is_empty(), "the manifest names views that are no messages: {unknown:?}");
    Ok(serde_json::to_vec_pretty(&items)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABI: &str = r#"[
        {"type": "function", "name": "place", "stateMutability": "view"},
        {"type": "function", "name": "books", "stateMutability": "view"},
        {"type": "error", "name": "Unknown"}
    ]"#;

    fn named(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_the_named_messages_are_views() {
        let corrected = correct(ABI.as_bytes(), &named(&["books"])).expect("a good ABI");
        let items: Vec<Value> = serde_json::from_slice(&corrected).expect("JSON");
        assert_eq!(items[0]["stateMutability"], "nonpayable");
        assert_eq!(items[1]["stateMutability"], "view");
        assert!(items[2].get("stateMutability").is_none());
    }

    /// Messages of a contract's source: name and body.
    fn messages(source: &str) -> Vec<(String, String)> {
        let bodies = source.split("#[ink(message)]").skip(1);
        let message = |text: &str| {
            let name = text.split("pub fn ").nth(1)?.split('(').next()?.to_owned();
            let body = text.split_once(" {\n")?.1.split("\n        }\n").next()?.to_owned();
            Some((name, body))
        };
        bodies.filter_map(message).collect()
    }

    /// A message that names nothing that could write is a view, and so is one that the back office answers and calls a view.
    #[test]
    fn every_message_that_can_not_write_is_named_as_a_view() {
        // What a writing message needs: something mutable, a commit, or a call that it hands on.
        const WRITES: [&str; 5] = ["mut ", "::set_", "commit(", "_office(", "call!("];
        let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
        let named_in =
            |name: &str| views(&contracts.join(name).join("Cargo.toml")).expect("a contract names its views");
        for name in ["clearing", "clearing-office", "vault", "oracle", "oracle-office", "incentives", "governance"] {
            let source = fs::read_to_string(contracts.join(name).join("src/lib.rs")).expect("the contract's source");
            let (all, named) = (messages(&source), named_in(name));
            assert!(all.len() > 5, "{name} has messages");
            for (message, body) in &all {
                let writes = WRITES.iter().any(|word| body.contains(word));
                assert!(
                    writes || named.contains(message),
                    "{name}.{message} reads only: name it in the manifest's views"
                );
                // What another blob answers is a view where that blob says so.
                if let Some(office) = [("clearing", "clearing-office"), ("oracle", "oracle-office")]
                    .into_iter()
                    .find_map(|(hot, office)| (hot == name && body.contains("_office(")).then_some(office))
                {
                    let same = named.contains(message) == named_in(office).contains(message);
                    assert!(same, "{name} and {office} disagree whether {message} is a view");
                }
            }
        }
    }

    #[test]
    fn a_view_that_is_no_message_is_an_error() {
        let error = correct(ABI.as_bytes(), &named(&["audit"])).expect_err("there is no such message");
        assert!(error.to_string().contains("audit"));
    }
}
