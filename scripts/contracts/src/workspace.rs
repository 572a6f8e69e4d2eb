//! The workspace and the contracts in it.
//!
//! A contract is a folder of `contracts/`; its manifest has `[package.metadata.ink-lang]`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// Folder of the workspace that holds the contracts and nothing else.
const CONTRACTS: &str = "contracts";

/// The cargo workspace whose contracts are built.
pub struct Workspace {
    /// Folder of the root manifest.
    pub root: PathBuf,
    /// The contracts, by name.
    pub contracts: Vec<Contract>,
}

/// One contract crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Name of its folder, for example `vault`.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
}

impl Workspace {
    /// The workspace that encloses `start`.
    pub fn find(start: &Path) -> Result<Self> {
        let root = start
            .ancestors()
            .find(|folder| folder.join("Cargo.lock").is_file() && folder.join(CONTRACTS).is_dir())
            .with_context(|| {
                format!("{} is not inside a checkout of the project: run this from its root", start.display())
            })?;
        let folder = root.join(CONTRACTS);
        let mut contracts = Vec::new();
        for entry in std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            let folder = entry?.path();
            let manifest = folder.join("Cargo.toml");
            if !manifest.is_file() {
                continue;
            }
            ensure!(is_contract(&manifest)?, "{} is no contract: libraries lie in crates/", folder.display());
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            contracts.push(Contract { name: name.into_owned(), folder });
        }
        contracts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { root: root.to_path_buf(), contracts })
    }

    /// The named contracts in the order of their names; all of them when `names` is empty.
    pub fn select(&self, names: &[String]) -> Result<Vec<Contract>> {
        if let Some(unknown) = names.iter().find(|&name| self.contracts.iter().all(|contract| contract.name != *name)) {
            let known: Vec<&str> = self.contracts.iter().map(|c| c.name.as_str()).collect();
            bail!("there is no contract `{unknown}`: choose among {}", known.join(", "));
        }
        Ok(self
            .contracts
            .iter()
            .filter(|contract| names.is_empty() || names.contains(&contract.name))
            .cloned()
            .collect())
    }

    /// The committed lock file.
    pub fn lockfile(&self) -> PathBuf {
        self.root.join("Cargo.lock")
    }
}

fn is_contract(manifest: &Path) -> Result<bool> {
    let text = std::fs::read_to_string(manifest).with_context(|| format!("{} cannot be read", manifest.display()))?;
    let table: toml::Table = toml::from_str(&text).with_context(|| format!("{} is not TOML", manifest.display()))?;
    let metadata = table.get("package").and_then(|package| package.get("metadata"));
    Ok(metadata.is_some_and(|metadata| metadata.get("ink-lang").is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("Cargo.lock", "");
        write("contracts/vault/Cargo.toml", "[package.metadata.ink-lang]\nabi = \"sol\"");
        write("contracts/clearing/Cargo.toml", "[package.metadata.ink-lang]\nabi = \"sol\"");
        root
    }

    #[test]
    fn contracts_are_found_from_anywhere_in_the_checkout_and_nothing_else_lies_among_them() {
        let root = checkout();
        let workspace = Workspace::find(&root.path().join("contracts/vault")).unwrap();
        let names: Vec<_> = workspace.contracts.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["clearing", "vault"]);
        let library = root.path().join("contracts/engine");
        std::fs::create_dir(&library).unwrap();
        std::fs::write(library.join("Cargo.toml"), "[package]\nname = \"engine\"").unwrap();
        assert!(Workspace::find(root.path()).is_err());
    }

    #[test]
    fn an_unknown_contract_is_refused_with_the_names_of_the_known_ones() {
        let root = checkout();
        let workspace = Workspace::find(root.path()).unwrap();
        let error = workspace.select(&["volt".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "there is no contract `volt`: choose among clearing, vault");
        assert_eq!(workspace.select(&["vault".to_owned()]).unwrap().len(), 1);
        assert_eq!(workspace.select(&[]).unwrap().len(), 2);
    }

    #[test]
    fn a_folder_outside_a_checkout_is_refused() {
        let empty = tempfile::tempdir().unwrap();
        assert!(Workspace::find(empty.path()).is_err());
    }
}
