//! What a contract is built from, as one digest.
//!
//! ```text
//! inputs = keccak256 over  compiler version, Cargo.toml, Cargo.lock, every file of this program,
//!                          every file of the contract's folder and of the shared libraries' folders
//! ```
//!
//! Paths enter relative to the workspace, so that two checkouts of the same commit share one build.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    cache::keccak,
    workspace::{Contract, Workspace},
};

/// Digest of the inputs of `contract` under the compiler that calls itself `compiler`.
pub fn digest(workspace: &Workspace, contract: &Contract, compiler: &str) -> Result<String> {
    let mut files = vec![workspace.root.join("Cargo.toml"), workspace.lockfile()];
    collect(&workspace.root.join("scripts/contracts"), &mut files)?;
    collect(&contract.folder, &mut files)?;
    for library in &workspace.libraries {
        collect(library, &mut files)?;
    }
    let mut listing = format!("compiler {compiler}\n");
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let path = file.strip_prefix(&workspace.root).unwrap_or(&file);
        listing.push_str(&format!("{} {}\n", keccak(&bytes), path.display()));
    }
    Ok(keccak(listing.as_bytes()))
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

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn checkout() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "Cargo.toml", "[workspace]");
        write(root.path(), "Cargo.lock", "");
        write(root.path(), "contracts/vault/Cargo.toml", "[package.metadata.ink-lang]");
        write(root.path(), "contracts/vault/src/lib.rs", "vault");
        write(root.path(), "contracts/oracle/Cargo.toml", "[package.metadata.ink-lang]");
        write(root.path(), "contracts/engine/Cargo.toml", "[package]");
        write(root.path(), "contracts/engine/src/lib.rs", "engine");
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
    fn the_digest_follows_the_contract_its_libraries_and_the_lock_file_only() {
        let root = checkout();
        let before = vault(root.path());
        write(root.path(), "contracts/oracle/src/lib.rs", "oracle");
        assert_eq!(vault(root.path()), before);
        for path in ["contracts/vault/src/lib.rs", "contracts/engine/src/lib.rs", "Cargo.lock"] {
            let before = vault(root.path());
            write(root.path(), path, "changed");
            assert_ne!(vault(root.path()), before, "{path}");
        }
    }
}
