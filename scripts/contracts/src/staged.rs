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
//! And what the root manifest patches is not patched in the temporary workspace, whose root is the contract.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use toml::{Table, Value};

/// Puts the paths of the manifest in `folder` right, for a contract of the workspace in `root`.
pub fn repair(folder: &Path, root: &Path) -> Result<()> {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut manifest: Table = toml::from_str(&text)?;
    let mut changed = patch(&mut manifest, root)?;
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

/// Gives a manifest the patches of the root manifest; returns whether there are any.
fn patch(manifest: &mut Table, root: &Path) -> Result<bool> {
    let path = root.join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let Some(Value::Table(mut sources)) = toml::from_str::<Table>(&text)?.remove("patch") else {
        return Ok(false);
    };
    for (_, patches) in &mut sources {
        for (_, patch) in patches.as_table_mut().into_iter().flatten() {
            if let Some(Value::String(folder)) = patch.get_mut("path") {
                *folder = root.join(folder.as_str()).to_string_lossy().into_owned();
            }
        }
    }
    manifest.insert("patch".into(), Value::Table(sources));
    Ok(true)
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
}
