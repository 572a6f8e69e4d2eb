//! The map of ARCHITECTURE.md is what the manifests say, and what it calls absent is absent.

use crate::{none, same};
use sit_papers::{Modules, Repository, circles};
use std::collections::{BTreeMap, BTreeSet};

fn manifest(repository: &Repository, path: &str) -> toml::Table {
    repository.text(path).unwrap_or_else(|| panic!("there is no {path}")).parse().expect("a manifest is TOML")
}

/// Folder and name of each package of the workspace.
fn packages(repository: &Repository) -> BTreeMap<String, String> {
    let root = manifest(repository, "Cargo.toml");
    let members = root["workspace"]["members"].as_array().expect("the workspace has members");
    let name = |folder: &str| {
        let package = &manifest(repository, &format!("{folder}/Cargo.toml"))["package"];
        package["name"].as_str().expect("a package has a name").to_owned()
    };
    members.iter().filter_map(toml::Value::as_str).map(|folder| (folder.to_owned(), name(folder))).collect()
}

/// The tables of a manifest that name dependencies, those of single platforms among them; with or without those of
/// tests.
fn dependencies(manifest: &toml::Table, of_tests: bool) -> BTreeSet<String> {
    let kinds: &[&str] = if of_tests { &["dependencies", "dev-dependencies"] } else { &["dependencies"] };
    let platforms = manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(|table| table.values());
    let tables = platforms.filter_map(toml::Value::as_table).chain([manifest]);
    tables
        .flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()))
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[test]
fn the_map_names_every_package_and_what_it_stands_on() {
    let repository = Repository::open();
    let packages = packages(&repository);
    let text = repository.text("ARCHITECTURE.md").expect("there is an architecture document");
    let rows = text.lines().skip_while(|line| !line.starts_with("| folder | what it is | stands on |")).skip(2);
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let told: BTreeMap<String, BTreeSet<String>> = rows
        .take_while(|row| row.starts_with('|'))
        .map(|row| {
            let row = cells(row);
            let on = row[2].split(", ").filter(|name| *name != "nothing").map(|name| name.trim_matches('`').to_owned());
            (row[0].trim_matches('`').to_owned(), on.collect())
        })
        .collect();
    let there: BTreeMap<String, BTreeSet<String>> = packages
        .keys()
        .map(|folder| {
            // Stories are tests alone: what they drive stands among the dependencies of tests.
            let used = dependencies(&manifest(&repository, &format!("{folder}/Cargo.toml")), folder == "tests/stories");
            let on = packages.iter().filter(|(_, name)| used.contains(*name)).map(|(folder, _)| folder.clone());
            (folder.clone(), on.collect())
        })
        .collect();
    let lines = |map: BTreeMap<String, BTreeSet<String>>| -> BTreeSet<String> {
        let line = |(folder, on): (String, BTreeSet<String>)| format!("{folder} on {}", Vec::from_iter(on).join(", "));
        map.into_iter().map(line).collect()
    };
    same("what stands on what", ("in ARCHITECTURE.md", lines(told)), ("in the manifests", lines(there)));
}

#[test]
fn the_engine_has_no_dependency_no_floating_point_no_allocation_and_no_unsafe() {
    let repository = Repository::open();
    assert_eq!(dependencies(&manifest(&repository, "crates/engine/Cargo.toml"), false), BTreeSet::new());
    let root = repository.text("crates/engine/src/lib.rs").expect("the engine is there");
    assert!(root.contains("#![no_std]") && root.contains("#![forbid(unsafe_code)]"));
    let mut found = Vec::new();
    let sources =
        repository.ending(".rs").filter(|path| path.starts_with("crates/engine/src/") && !path.contains("/tests/"));
    for path in sources {
        let text = repository.text(path).expect("a source is text");
        let mut lines = (1..).zip(text.lines());
        while let Some((line, text)) = lines.next() {
            if text == "#[cfg(test)]" {
                // Tests stand at the end of a file; anything else for them is one item on one line.
                if lines
                    .next()
                    .is_some_and(|(_, item)| item.starts_with("mod tests {") || item.starts_with("pub(crate) mod"))
                {
                    break;
                }
                continue;
            }
            let code = text.split("//").next().unwrap_or_default();
            let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            if words.any(|word| ["f32", "f64", "alloc", "Vec", "String", "Box", "std"].contains(&word)) {
                found.push(format!("{path}:{line}: {}", text.trim()));
            }
        }
    }
    none("what the engine must not have", &found);
}

#[test]
fn contracts_have_no_message_that_writes_the_root_cell_and_none_that_changes_their_code() {
    let repository = Repository::open();
    let (mut found, mut messages) = (Vec::new(), 0);
    for path in repository.ending(".rs").filter(|path| path.starts_with("contracts/")) {
        let text = repository.text(path).expect("a source is text");
        let mut lines = (1..).zip(text.lines());
        while let Some((line, text)) = lines.next() {
            if text.contains("set_code") || text.contains("terminate") {
                found.push(format!("{path}:{line}: {}", text.trim()));
            }
            if text.trim().starts_with("#[ink(message") {
                messages += 1;
                let mut head = String::new();
                for (_, text) in lines.by_ref() {
                    head.push_str(text);
                    if text.trim_end().ends_with('{') {
                        break;
                    }
                }
                if head.contains("&mut self") {
                    found.push(format!("{path}:{line}: a message with &mut self"));
                }
            }
        }
    }
    // Contracts in two blobs write their messages from a list, by macros that were looked at above.
    for list in ["crates/shell/src/clearing/messages.rs", "crates/shell/src/oracle/messages.rs"] {
        messages += repository.text(list).expect("a list of messages").matches(") -> ").count();
    }
    assert!(messages > 100, "{messages} messages are found");
    none("what a contract must not have", &found);
}

#[test]
fn nobody_but_hub_and_devnet_knows_the_pallets() {
    let repository = Repository::open();
    let begins = ["frame-", "pallet-", "sp-", "polkadot-", "cumulus-", "sc-"];
    // The calls that a contract makes: the chain's interface, not the chain.
    let allowed = ["pallet-revive-uapi"];
    let mut found = Vec::new();
    for folder in
        packages(&repository).into_keys().filter(|folder| !["crates/hub", "crates/devnet"].contains(&folder.as_str()))
    {
        let used = dependencies(&manifest(&repository, &format!("{folder}/Cargo.toml")), true);
        let pallets = used.into_iter().filter(|name| begins.iter().any(|begin| name.starts_with(begin)));
        found.extend(pallets.filter(|name| !allowed.contains(&name.as_str())).map(|name| format!("{folder}: {name}")));
    }
    none("packages that know the chain's pallets", &found);
}

#[test]
fn the_clearing_house_stands_on_three_floors_and_nothing_climbs() {
    // What each floor may name of the clearing house besides itself.
    let floors: [(&str, &[&str]); 3] = [
        ("cells", &["error"]),
        ("rules", &["error", "event", "store", "peers", "cells"]),
        ("messages", &["error", "event", "store", "peers", "cells", "rules"]),
    ];
    let repository = Repository::open();
    let (mut found, mut seen) = (Vec::new(), 0);
    for (floor, below) in floors {
        let folder = format!("crates/engine/src/clearing/{floor}/");
        for path in repository.ending(".rs").filter(|path| path.starts_with(&folder)) {
            let text = repository.text(path).expect("a source is text");
            // Tests stand at the end of a file and may use everything.
            let lines = (1..).zip(text.lines()).take_while(|(_, line)| *line != "#[cfg(test)]");
            for (line, text) in lines {
                let code = text.split("//").next().unwrap_or_default();
                let named = code.split("clearing::").skip(1);
                for name in named
                    .map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default())
                {
                    seen += 1;
                    if !below.contains(&name) {
                        found.push(format!("{path}:{line}: {}", text.trim()));
                    }
                }
                if code.contains("super::super") {
                    found.push(format!("{path}:{line}: {}", text.trim()));
                }
            }
        }
    }
    assert!(seen > 100, "{seen} arrows are found");
    none("arrows that climb", &found);
}

#[test]
fn no_modules_of_the_engine_stand_in_a_circle() {
    let repository = Repository::open();
    let below = "crates/engine/src/";
    let sources = repository.ending(".rs").filter_map(|path| Some((path.strip_prefix(below)?.to_owned(), path)));
    let modules = Modules::new(sources.map(|(name, path)| (name, repository.text(path).expect("a source is text"))));
    let arrows = modules.arrows();
    println!("the engine: {} modules, {} arrows, {} circles", modules.count(), arrows.len(), circles(&arrows).len());
    assert!(arrows.len() > 3 * modules.count(), "{} arrows are found", arrows.len());
    none("circles of modules in the engine", &circles(&arrows));
}
