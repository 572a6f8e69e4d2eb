//! Which messages of a contract only read.
//!
//! ink! writes `view` into the ABI for every message that takes `&self`, and the contracts take `&self` everywhere:
//! with `&mut self` ink! would write the contract's empty root cell back after each message, which costs 10 kB of
//! proof. A wallet would only simulate a message that the ABI calls a view. So each contract names its views in its
//! manifest, and every other message becomes `nonpayable` in the ABI:
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
    use sit_engine::authority::Half;
    use sit_engine::kind::MessageKind;

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

    /// What the table of messages says that a contract's views are; an office's are the cold ones of its contract.
    fn in_the_table(contract: &str) -> BTreeSet<String> {
        let office = contract.strip_suffix("-office");
        let views = MessageKind::all().filter(|kind| kind.is_view() && kind.contract() == office.unwrap_or(contract));
        let there = views.filter(|kind| office.is_none() || kind.half() == Half::Cold);
        there.map(|kind| kind.name().to_owned()).collect()
    }

    /// A manifest is read when its contract is built, without the engine; so it repeats what the table says, and is
    /// held to it.
    #[test]
    fn every_manifest_names_the_views_of_the_table_and_no_others() {
        let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
        for name in ["clearing", "clearing-office", "vault", "oracle", "oracle-office", "incentives", "governance"] {
            let named = views(&contracts.join(name).join("Cargo.toml")).expect("a contract names its views");
            assert_eq!(named, in_the_table(name), "the views of {name}: manifest and `authority` table of the engine");
            assert!(!named.is_empty(), "{name} has views");
        }
    }

    #[test]
    fn a_view_that_is_no_message_is_an_error() {
        let error = correct(ABI.as_bytes(), &named(&["audit"])).expect_err("there is no such message");
        assert!(error.to_string().contains("audit"));
    }
}
