//! The temporary workspace that `contract-build` compiles a contract in, with what it gets wrong put right.
//!
//! A dependency that a contract takes from the workspace by `{ workspace = true }` and that the workspace gives by a
//! `path` relative to its root is looked for by `contract-build` relative to the contract:
//!
//! ```text
//! root manifest      sit-engine = { path = "crates/engine" }
//! staged manifest    sit-engine = { path = "<root>/contracts/vault/crates/engine" }    as it comes
//!                    sit-engine = { path = "<root>/crates/engine" }                    put right
//! ```
//!
//! The temporary workspace's root is the contract, so there is nothing for it to inherit from: fields of the package
//! and lints that it takes from the root manifest are written out. And what the root manifest patches is patched there
//! too.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use toml::{Table, Value};

/// Puts the manifest in `folder` right, for a contract of the workspace in `root`.
///
/// # Errors
/// When a manifest cannot be read or written, or takes from the root manifest what that does not have.
pub fn repair(folder: &Path, root: &Path) -> Result<()> {
    let path = folder.join("Cargo.toml");
    let mut manifest = read(&path)?;
    let mut shared = read(&root.join("Cargo.toml"))?;
    let inherited = inherit(&mut manifest, &shared)?;
    let mut changed = patch(&mut manifest, &mut shared, root) || inherited;
    for section in ["dependencies", "dev-dependencies"] {
        let Some(Value::Table(dependencies)) = manifest.get_mut(section) else {
            continue;
        };
        for (_, dependency) in dependencies {
            let Some(Value::String(given)) = dependency.get_mut("path") else {
                continue;
            };
            if let Some(right) = meant(Path::new(given.as_str()), root) {
                *given = right.to_string_lossy().into_owned();
                changed = true;
            }
        }
    }
    if changed {
        fs::write(&path, toml::to_string(&manifest)?)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not TOML", path.display()))
}

/// Writes out what a manifest inherits from the root manifest, its dependencies aside; returns whether it inherits
/// anything.
fn inherit(manifest: &mut Table, shared: &Table) -> Result<bool> {
    let inherits = |value: &Value| value.get("workspace").and_then(Value::as_bool) == Some(true);
    let given = |section: &str| shared.get("workspace").and_then(|workspace| workspace.get(section));
    let mut changed = false;
    let package = manifest.get_mut("package").and_then(Value::as_table_mut).into_iter().flatten();
    for (field, value) in package.filter(|(_, value)| inherits(value)) {
        *value = given("package")
            .and_then(|package| package.get(field))
            .with_context(|| format!("the root manifest has no `{field}` in [workspace.package]"))?
            .clone();
        changed = true;
    }
    if let Some(lints) = manifest.get_mut("lints").filter(|lints| inherits(lints)) {
        *lints = given("lints").context("the root manifest has no [workspace.lints]")?.clone();
        changed = true;
    }
    Ok(changed)
}

/// Gives a manifest the patches of the root manifest; returns whether there are any.
fn patch(manifest: &mut Table, shared: &mut Table, root: &Path) -> bool {
    let Some(Value::Table(mut sources)) = shared.remove("patch") else {
        return false;
    };
    for (_, patches) in &mut sources {
        for (_, patch) in patches.as_table_mut().into_iter().flatten() {
            if let Some(Value::String(folder)) = patch.get_mut("path") {
                *folder = root.join(folder.as_str()).to_string_lossy().into_owned();
            }
        }
    }
    manifest.insert("patch".into(), Value::Table(sources));
    true
}

/// The crate that `given` means, if it is none itself: the longest end of it that is a crate of `root`.
fn meant(given: &Path, root: &Path) -> Option<PathBuf> {
    if is_crate(given) {
        return None;
    }
    let mut rest = given.strip_prefix(root).ok()?.components();
    while rest.next().is_some() {
        let candidate = root.join(rest.as_path());
        if candidate != root && is_crate(&candidate) {
            return Some(candidate);
        }
    }
    None
}

fn is_crate(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_patches_of_the_workspace_are_found_again_and_other_paths_are_kept() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("checkout");
        for folder in ["crates/engine", "contracts/vault", "elsewhere"] {
            fs::create_dir_all(root.join(folder)).unwrap();
            fs::write(root.join(folder).join("Cargo.toml"), "").unwrap();
        }
        fs::write(root.join("Cargo.toml"), "[patch.crates-io]\nours = { path = \"contracts/ours\" }\n").unwrap();
        let staged = temporary.path().join("staged");
        fs::create_dir(&staged).unwrap();
        let vault = root.join("contracts/vault");
        let manifest = format!(
            "[dependencies]\nink = \"6\"\n\
             [dependencies.sit-engine]\npath = {:?}\n[dependencies.elsewhere]\npath = {:?}\n\
             [dependencies.nowhere]\npath = {:?}\n",
            vault.join("crates/engine"),
            root.join("elsewhere"),
            vault.join("nowhere"),
        );
        fs::write(staged.join("Cargo.toml"), manifest).unwrap();

        repair(&staged, &root).unwrap();

        let text = fs::read_to_string(staged.join("Cargo.toml")).unwrap();
        let table: Table = toml::from_str(&text).unwrap();
        let path = |name: &str| PathBuf::from(table["dependencies"][name]["path"].as_str().unwrap());
        assert_eq!(path("sit-engine"), root.join("crates/engine"));
        assert_eq!(path("elsewhere"), root.join("elsewhere"));
        assert_eq!(path("nowhere"), vault.join("nowhere"));
        let ours = table["patch"]["crates-io"]["ours"]["path"].as_str().unwrap();
        assert_eq!(Path::new(ours), root.join("contracts/ours"));
    }

    #[test]
    fn what_a_contract_inherits_is_written_out_and_what_it_says_itself_is_kept() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path();
        let shared = "[workspace.package]\nversion = \"1.2.3\"\nauthors = [\"A\"]\nedition = \"2024\"\n\
                      [workspace.lints.rust]\nmissing_docs = \"deny\"\n";
        fs::write(root.join("Cargo.toml"), shared).unwrap();
        let staged = root.join("staged");
        fs::create_dir(&staged).unwrap();
        let manifest = "[package]\nname = \"vault\"\nversion.workspace = true\nauthors.workspace = true\n\
                        edition = \"2021\"\n[lints]\nworkspace = true\n";
        fs::write(staged.join("Cargo.toml"), manifest).unwrap();

        repair(&staged, root).unwrap();

        let table = read(&staged.join("Cargo.toml")).unwrap();
        let package = &table["package"];
        assert_eq!(package["name"].as_str(), Some("vault"));
        assert_eq!(package["version"].as_str(), Some("1.2.3"));
        assert_eq!(package["authors"].as_array().unwrap()[0].as_str(), Some("A"));
        assert_eq!(package["edition"].as_str(), Some("2021"));
        assert_eq!(table["lints"]["rust"]["missing_docs"].as_str(), Some("deny"));
    }

    #[test]
    fn inheriting_what_the_root_manifest_does_not_have_is_refused_by_name() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path();
        fs::write(root.join("Cargo.toml"), "[workspace.package]\nversion = \"1.2.3\"\n").unwrap();
        let staged = root.join("staged");
        fs::create_dir(&staged).unwrap();
        for (manifest, missing) in [
            ("[package]\nlicense.workspace = true\n", "no `license` in [workspace.package]"),
            ("[lints]\nworkspace = true\n", "no [workspace.lints]"),
        ] {
            fs::write(staged.join("Cargo.toml"), manifest).unwrap();
            let error = repair(&staged, root).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
    }
}
