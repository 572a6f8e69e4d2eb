//! What a contract is built from, as one digest.
//!
//! ```text
//! inputs = keccak256 over  the compiler's version, every source file of this program,
//!                          the manifest and the sources of the contract and of each crate of the checkout it stands on,
//!                          what those manifests take from the root manifest, and its patches,
//!                          name, version and checksum of each package of Cargo.lock that the contract reaches
//! ```
//!
//! Nothing else counts: a dependency of the simulator, a test of the engine or another contract rebuilds nothing. Paths
//! enter relative to the checkout, so that two checkouts of the same commit share one build.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use toml::{Table, Value};

use crate::{
    cache::keccak,
    workspace::{Contract, Workspace},
};

/// Sections of the root manifest that a crate takes its package fields, dependencies and lints from.
const INHERITED: [&str; 3] = ["package", "dependencies", "lints"];

/// Digest of the inputs of `contract` under the compiler that calls itself `compiler`.
///
/// # Errors
/// When a manifest, a source or the lock file cannot be read, or the lock file does not have a crate of the checkout.
pub fn digest(workspace: &Workspace, contract: &Contract, compiler: &str) -> Result<String> {
    let root = read_toml(&workspace.root.join("Cargo.toml"))?;
    let crates = crates(workspace, &root, contract)?;
    let mut files = Vec::new();
    collect(&workspace.root.join("scripts/contracts/src"), &mut files)?;
    for local in crates.values() {
        files.push(local.folder.join("Cargo.toml"));
        collect(&local.folder.join("src"), &mut files)?;
    }
    let mut listing = format!("compiler {compiler}\n");
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let path = file.strip_prefix(&workspace.root).unwrap_or(&file);
        listing.push_str(&format!("{} {}\n", keccak(&bytes), path.display()));
    }
    listing.push_str(&inherited(&root, &crates)?);
    let lock = fs::read_to_string(workspace.lockfile())
        .with_context(|| format!("{} cannot be read", workspace.lockfile().display()))?;
    for line in locked(&lock, &crates)? {
        listing.push_str(&line);
    }
    Ok(keccak(listing.as_bytes()))
}

/// A crate of the checkout.
struct Local {
    folder: PathBuf,
    /// Packages that it depends on, those of its tests left out.
    dependencies: BTreeSet<String>,
    /// The dependencies that it takes from the root manifest, by their names there.
    shared: BTreeSet<String>,
}

/// The contract and the crates of the checkout that it stands on, by package name.
fn crates(workspace: &Workspace, root: &Table, contract: &Contract) -> Result<BTreeMap<String, Local>> {
    let mut found = BTreeMap::new();
    let mut open = vec![contract.folder.clone()];
    open.extend(patches(root).map(|folder| workspace.root.join(folder)));
    while let Some(folder) = open.pop() {
        let manifest = read_toml(&folder.join("Cargo.toml"))?;
        let name = text(&manifest, &["package", "name"])
            .with_context(|| format!("{} names no package", folder.join("Cargo.toml").display()))?
            .to_owned();
        if found.contains_key(&name) {
            continue;
        }
        let mut local = Local { folder: folder.clone(), dependencies: BTreeSet::new(), shared: BTreeSet::new() };
        for (key, dependency) in dependencies(&manifest) {
            let shared = dependency.get("workspace").is_some();
            let given = if shared { root_dependency(root, key).unwrap_or(dependency) } else { dependency };
            if shared {
                local.shared.insert(key.clone());
            }
            local.dependencies.insert(given.get("package").and_then(Value::as_str).unwrap_or(key).to_owned());
            if let Some(path) = given.get("path").and_then(Value::as_str) {
                let base = if shared { &workspace.root } else { &folder };
                let path = base.join(path);
                open.push(path.canonicalize().with_context(|| format!("there is no crate in {}", path.display()))?);
            }
        }
        found.insert(name, local);
    }
    Ok(found)
}

/// Dependencies of a manifest, for every target.
fn dependencies(manifest: &Table) -> impl Iterator<Item = (&String, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = std::iter::once(manifest).chain(targets.filter_map(|(_, target)| target.as_table()));
    tables.flat_map(|table| {
        ["dependencies", "build-dependencies"]
            .into_iter()
            .filter_map(|section| table.get(section)?.as_table())
            .flat_map(|section| section.iter())
    })
}

fn root_dependency<'a>(root: &'a Table, key: &str) -> Option<&'a Value> {
    root.get("workspace")?.get("dependencies")?.get(key)
}

/// Folders of the crates that stand in for others.
fn patches(root: &Table) -> impl Iterator<Item = &str> {
    let sources = root.get("patch").and_then(Value::as_table).into_iter().flatten();
    sources.filter_map(|(_, patches)| patches.as_table()).flatten().filter_map(|(_, patch)| patch.get("path")?.as_str())
}

/// What the manifests of `crates` take from the root manifest.
fn inherited(root: &Table, crates: &BTreeMap<String, Local>) -> Result<String> {
    let shared: BTreeSet<&String> = crates.values().flat_map(|local| &local.shared).collect();
    let mut kept = Table::new();
    for section in INHERITED {
        let Some(Value::Table(table)) = root.get("workspace").and_then(|workspace| workspace.get(section)) else {
            continue;
        };
        let table = table.iter().filter(|(key, _)| section != "dependencies" || shared.contains(key));
        kept.insert(section.to_owned(), Value::Table(table.map(|(key, value)| (key.clone(), value.clone())).collect()));
    }
    if let Some(patch) = root.get("patch") {
        kept.insert("patch".to_owned(), patch.clone());
    }
    toml::to_string(&kept).context("the root manifest cannot be written again")
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The packages of the lock file that `crates` reach, one a line, in the order of the file.
fn locked(lock: &str, crates: &BTreeMap<String, Local>) -> Result<Vec<String>> {
    let lock: Lock = toml::from_str(lock).context("Cargo.lock is not in cargo's format")?;
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, package) in lock.package.iter().enumerate() {
        by_name.entry(&package.name).or_default().push(place);
    }
    // A dependency is named alone where one version of it is locked, else with its version.
    let find = |dependency: &str| {
        let mut words = dependency.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        let places = by_name.get(name).into_iter().flatten().copied();
        places
            .filter(|place| {
                version.is_none_or(|version| lock.package.get(*place).is_some_and(|p| p.version == version))
            })
            .collect::<Vec<_>>()
    };
    let mut open = Vec::new();
    for name in crates.keys() {
        let places = find(name);
        ensure!(
            places.len() == 1,
            "Cargo.lock does not have the crate {name}: run `cargo update --workspace` in the checkout and commit Cargo.lock"
        );
        open.extend(places);
    }
    let mut reached = BTreeSet::new();
    while let Some(place) = open.pop() {
        let Some(package) = lock.package.get(place).filter(|_| reached.insert(place)) else {
            continue;
        };
        let local = crates.get(&package.name).filter(|_| package.checksum.is_none());
        let used = package.dependencies.iter().filter(|dependency| {
            let name = dependency.split(' ').next().unwrap_or_default();
            local.is_none_or(|local| local.dependencies.contains(name))
        });
        open.extend(used.flat_map(|dependency| find(dependency)));
    }
    let line = |package: &Package| {
        format!("{} {} {}\n", package.name, package.version, package.checksum.as_deref().unwrap_or("-"))
    };
    Ok(reached.into_iter().filter_map(|place| lock.package.get(place)).map(line).collect())
}

fn read_toml(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not TOML", path.display()))
}

fn text<'a>(table: &'a Table, path: &[&str; 2]) -> Option<&'a str> {
    table.get(path[0])?.get(path[1])?.as_str()
}

/// Appends the files of `folder` and its subfolders, in the order of their names.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("{} cannot be read", folder.display()))?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
version = 4
[[package]]
name = "criterion"
version = "0.8.2"
checksum = "c1"
[[package]]
name = "engine"
version = "0.1.0"
dependencies = ["criterion", "serde 1.0.228"]
[[package]]
name = "serde"
version = "0.9.0"
checksum = "s0"
[[package]]
name = "serde"
version = "1.0.228"
checksum = "s1"
[[package]]
name = "vault"
version = "0.1.0"
dependencies = ["engine"]
"#;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn checkout() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\ncriterion = \"0.8\"\n");
        write(root.path(), "Cargo.lock", LOCK);
        write(
            root.path(),
            "contracts/vault/Cargo.toml",
            "[package]\nname = \"vault\"\n[package.metadata.ink-lang]\n\
             [dependencies]\nengine = { path = \"../../crates/engine\" }\n",
        );
        write(root.path(), "contracts/vault/src/lib.rs", "vault");
        write(root.path(), "contracts/oracle/Cargo.toml", "[package.metadata.ink-lang]");
        write(
            root.path(),
            "crates/engine/Cargo.toml",
            "[package]\nname = \"engine\"\n[dependencies]\nserde = { workspace = true }\n\
             [dev-dependencies]\ncriterion = { workspace = true }\n",
        );
        write(root.path(), "crates/engine/src/lib.rs", "engine");
        root
    }

    fn vault(root: &Path) -> String {
        let workspace = Workspace::find(root).unwrap();
        let vault = workspace.select(&["vault".to_owned()]).unwrap();
        digest(&workspace, &vault[0], "rustc 1.96.0").unwrap()
    }

    #[test]
    fn two_checkouts_of_the_same_files_have_the_same_digest() {
        assert_eq!(vault(checkout().path()), vault(checkout().path()));
    }

    #[test]
    fn the_digest_follows_what_the_contract_is_compiled_from() {
        let root = checkout();
        let replaced = |path: &str, from: &str, to: &str| {
            let text = fs::read_to_string(root.path().join(path)).unwrap();
            assert!(text.contains(from), "{path}");
            write(root.path(), path, &text.replace(from, to));
        };
        for (path, from, to) in [
            ("contracts/vault/src/lib.rs", "vault", "changed"),
            ("crates/engine/src/lib.rs", "engine", "changed"),
            ("crates/engine/Cargo.toml", "[dev-dependencies]", "[lib]\n[dev-dependencies]"),
            ("Cargo.toml", "serde = \"1\"", "serde = \"1.0\""),
            ("Cargo.lock", "s1", "s2"),
        ] {
            let before = vault(root.path());
            replaced(path, from, to);
            assert_ne!(vault(root.path()), before, "{path}");
        }
    }

    #[test]
    fn what_the_contract_is_not_compiled_from_does_not_count() {
        let root = checkout();
        let before = vault(root.path());
        write(root.path(), "contracts/oracle/src/lib.rs", "oracle");
        write(root.path(), "crates/engine/tests/story.rs", "story");
        write(root.path(), "Cargo.lock", &LOCK.replace("c1", "c2").replace("s0", "s9"));
        write(root.path(), "Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\ncriterion = \"0.9\"\n");
        assert_eq!(vault(root.path()), before);
    }

    #[test]
    fn a_lock_file_without_the_contract_is_refused_with_the_remedy() {
        let root = checkout();
        write(root.path(), "Cargo.lock", "");
        let workspace = Workspace::find(root.path()).unwrap();
        let vault = workspace.select(&["vault".to_owned()]).unwrap();
        let error = digest(&workspace, &vault[0], "rustc").unwrap_err().to_string();
        assert!(error.contains("cargo update --workspace"), "{error}");
    }
}
