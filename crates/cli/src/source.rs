//! Which source the contracts come from, as far as this machine can say: the checkout that somebody stands in or names.
//!
//! The program has no commit in itself, since two builds of one source would differ by it. What it has is the manifest
//! of blobs, and a checkout counts as its source only if it has that manifest to the byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sit_client::rpc::to_hex;

use crate::blobs;
use crate::failure::{Failure, Result};

/// Where the manifest of blobs lies in a checkout.
const MANIFEST: &str = "contracts/blobs.toml";

/// A checkout of this program's source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkout {
    /// The commit that is checked out, forty digits of hexadecimal.
    pub commit: String,
    /// Whether files under version control have been changed since, other than records of deployments.
    pub dirty: bool,
    /// keccak-256 of its `Cargo.lock`.
    pub lock_hash: String,
}

impl Checkout {
    /// The checkout that somebody names, or otherwise that in which they stand, if it is one.
    ///
    /// # Errors
    /// A folder that is named and is no checkout of this program's source.
    pub fn named_or_here(folder: Option<&Path>) -> Result<Option<Self>> {
        match folder {
            None => Ok(std::env::current_dir().ok().and_then(|here| Self::around(&here))),
            Some(folder) => Self::around(folder).map(Some).ok_or_else(|| {
                Failure::local(format!(
                    "{} is no git checkout of the source of this program: one has this program's {MANIFEST} to the byte. \
                     Nothing was sent",
                    folder.display()
                ))
            }),
        }
    }

    /// The checkout that a folder is in; nothing where there is none, where it is another source, and where git does
    /// not answer.
    #[must_use]
    pub fn around(folder: &Path) -> Option<Self> {
        let folder = folder.canonicalize().ok()?;
        let root = folder.ancestors().find(|folder| folder.join(MANIFEST).is_file())?;
        if fs::read_to_string(root.join(MANIFEST)).ok()? != blobs::TEXT {
            return None;
        }
        let lock = fs::read(root.join("Cargo.lock")).ok()?;
        let told = git(root, &["rev-parse", "--show-toplevel", "HEAD"])?;
        let (top, commit) = told.trim_end().split_once('\n')?;
        // A source that was unpacked into another repository has no commit of its own.
        if PathBuf::from(top).canonicalize().ok()? != root {
            return None;
        }
        let changed =
            git(root, &["status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)deployments"])?;
        Some(Self {
            commit: commit.to_owned(),
            dirty: !changed.trim().is_empty(),
            lock_hash: to_hex(&sit_sim::keccak256(&lock)),
        })
    }
}

/// What git says in a folder; nothing where it is not installed or refuses.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    // A look must neither run a program that the repository names nor write to it.
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "core.fsmonitor=false"]).args(arguments);
    // Nor may the environment name another repository.
    command.env("GIT_OPTIONAL_LOCKS", "0").env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(folder: &Path, arguments: &[&str]) {
        assert!(git(folder, arguments).is_some(), "git {arguments:?}");
    }

    #[test]
    fn a_checkout_is_this_programs_source_only_with_its_manifest() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir_all(root.join("contracts/vault")).expect("a folder");
        fs::write(root.join(MANIFEST), blobs::TEXT).expect("written");
        fs::write(root.join("Cargo.lock"), "version = 4\n").expect("written");
        assert_eq!(Checkout::around(root), None, "it is no repository");
        done(root, &["init", "-q"]);
        done(root, &["add", "."]);
        assert_eq!(Checkout::around(root), None, "nothing is committed");
        done(root, &["-c", "user.name=somebody", "-c", "user.email=s@example.org", "commit", "-q", "-m", "Begin"]);
        let inside = Checkout::around(&root.join("contracts/vault")).expect("a checkout");
        assert_eq!(inside.commit.len(), 40, "{inside:?}");
        assert_eq!(inside.lock_hash, to_hex(&sit_sim::keccak256(b"version = 4\n")));
        assert!(!inside.dirty);
        fs::create_dir(root.join("deployments")).expect("a folder");
        fs::write(root.join("notes"), "not under version control").expect("written");
        assert_eq!(Checkout::around(root), Some(inside.clone()));
        fs::write(root.join("Cargo.lock"), "version = 3\n").expect("written");
        let changed = Checkout::around(root).expect("a checkout");
        assert_eq!((changed.commit, changed.dirty), (inside.commit, true));

        fs::write(root.join(MANIFEST), blobs::TEXT.replace("compiler", "# compiler")).expect("written");
        assert_eq!(Checkout::around(root), None, "another source");
        let said = Checkout::named_or_here(Some(root)).expect_err("another source").message;
        assert!(said.contains("is no git checkout") && said.contains(MANIFEST), "{said}");
    }
}
