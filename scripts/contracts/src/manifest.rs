//! The manifest of released blobs, `contracts/blobs.toml`: which compiler makes which code of this source.
//!
//! ```text
//! compiler = "rustc 1.95.0 (59807616e 2026-04-14)"
//!
//! [blobs.vault]
//! bytes = 28133
//! code_hash = "0x4634..."     keccak256 of the blob: its code hash on chain
//! abi_hash = "0xf162..."      keccak256 of the ABI file
//! ```
//!
//! A code hash depends on the compiler and on nothing else of a machine
//! (`docs/book/src/adr/0160-reproducible-blobs.md`), so blobs are
//! compared only where the compiler is the manifest's.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{
    builder::{Built, compiler_name},
    workspace::Workspace,
};

/// What the manifest says of all contracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The compiler as `rustc --version` prints it.
    pub compiler: String,
    /// The contracts by name.
    pub blobs: BTreeMap<String, Blob>,
}

/// What the manifest says of one contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    /// Length of the blob in bytes.
    pub bytes: usize,
    /// `keccak256` of the blob, which is its code hash on chain.
    pub code_hash: String,
    /// `keccak256` of the ABI file.
    pub abi_hash: String,
}

/// How a build compares with the manifest.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every contract is byte for byte what the manifest names.
    Same,
    /// The compiler is another one, so that nothing can be said: the one of the manifest.
    OtherCompiler(String),
    /// Contracts that differ, or that one side lacks, each with a sentence.
    Different(Vec<String>),
}

/// Where the manifest of a workspace lies.
pub fn path(workspace: &Workspace) -> PathBuf {
    workspace.root.join("contracts/blobs.toml")
}

impl Manifest {
    /// What `built` is, as a manifest.
    ///
    /// # Errors
    /// When there is no compiler.
    pub fn of(built: &[Built]) -> Result<Self> {
        let blob = |built: &Built| Blob {
            bytes: built.record.bytes,
            code_hash: built.record.code_hash.clone(),
            abi_hash: built.record.abi_hash.clone(),
        };
        let blobs = built.iter().map(|built| (built.name.clone(), blob(built))).collect();
        Ok(Self { compiler: compiler_name()?, blobs })
    }

    /// The committed manifest.
    ///
    /// # Errors
    /// When it cannot be read or is no manifest.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let path = path(workspace);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read: scripts/verify-blobs --write makes it", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a manifest of blobs", path.display()))
    }

    /// Writes the manifest of a workspace.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, workspace: &Workspace) -> Result<()> {
        let path = path(workspace);
        let text = format!(
            "# What each contract compiles to. Written by `scripts/verify-blobs --write`, held by `scripts/verify-blobs`.\n{}",
            toml::to_string(self)?
        );
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Compares what was built with what this manifest, the committed one, says.
    pub fn compare(&self, built: &Self) -> Verdict {
        if self.compiler != built.compiler {
            return Verdict::OtherCompiler(self.compiler.clone());
        }
        let names: std::collections::BTreeSet<_> = self.blobs.keys().chain(built.blobs.keys()).collect();
        let differing: Vec<_> = names
            .into_iter()
            .filter_map(|name| match (self.blobs.get(name), built.blobs.get(name)) {
                (Some(said), Some(found)) if said == found => None,
                (Some(said), Some(found)) if said.code_hash == found.code_hash => {
                    Some(format!("{name}: the code is the manifest's, its ABI is another one"))
                }
                (Some(said), Some(found)) => Some(format!(
                    "{name}: built {} ({} bytes), the manifest says {} ({} bytes)",
                    found.code_hash, found.bytes, said.code_hash, said.bytes
                )),
                (Some(_), None) => Some(format!("{name}: in the manifest and not in the workspace")),
                (None, _) => Some(format!("{name}: not in the manifest")),
            })
            .collect();
        if differing.is_empty() { Verdict::Same } else { Verdict::Different(differing) }
    }
}

/// Holds a build of all contracts against the committed manifest and says on stderr how it compares.
///
/// # Errors
/// When a contract differs.
pub fn check(workspace: &Workspace, built: &[Built]) -> Result<()> {
    match Manifest::read(workspace)?.compare(&Manifest::of(built)?) {
        Verdict::Same => eprintln!("    the {} blobs are byte for byte the ones of contracts/blobs.toml", built.len()),
        Verdict::OtherCompiler(named) => eprintln!(
            "    NOT CHECKED: contracts/blobs.toml names {named}, and this compiler is {}: their code hashes cannot be compared",
            compiler_name()?
        ),
        Verdict::Different(sentences) => bail!(
            "the contracts are not the ones of contracts/blobs.toml:\n    {}\nIf their source was changed on purpose, \
             `scripts/verify-blobs --write` writes the manifest anew; if not, do not deploy them",
            sentences.join("\n    ")
        ),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(compiler: &str, hashes: &[(&str, &str)]) -> Manifest {
        let blob = |hash: &str| Blob { bytes: 3, code_hash: hash.to_owned(), abi_hash: "0xabi".to_owned() };
        let blobs = hashes.iter().map(|(name, hash)| ((*name).to_owned(), blob(hash))).collect();
        Manifest { compiler: compiler.to_owned(), blobs }
    }

    #[test]
    fn one_other_byte_one_more_contract_or_one_less_is_named() {
        let said = manifest("rustc 1", &[("oracle", "0x1"), ("vault", "0x2")]);
        assert_eq!(said.compare(&said.clone()), Verdict::Same);
        let Verdict::Different(sentences) = said.compare(&manifest("rustc 1", &[("oracle", "0x9"), ("purse", "0x3")]))
        else {
            panic!("they differ")
        };
        assert_eq!(sentences.len(), 3);
        assert!(sentences[0].starts_with("oracle: built 0x9 (3 bytes), the manifest says 0x1"), "{sentences:?}");
        assert!(sentences[1].starts_with("purse: not in the manifest"), "{sentences:?}");
        assert!(sentences[2].starts_with("vault: in the manifest and not in the workspace"), "{sentences:?}");
    }

    #[test]
    fn another_compiler_proves_nothing_in_either_direction() {
        let said = manifest("rustc 1", &[("vault", "0x2")]);
        assert_eq!(
            said.compare(&manifest("rustc 2", &[("vault", "0x2")])),
            Verdict::OtherCompiler("rustc 1".to_owned())
        );
        assert_eq!(
            said.compare(&manifest("rustc 2", &[("vault", "0x3")])),
            Verdict::OtherCompiler("rustc 1".to_owned())
        );
    }

    #[test]
    fn an_abi_that_changed_alone_is_a_difference() {
        let said = manifest("rustc 1", &[("vault", "0x2")]);
        let mut found = said.clone();
        found.blobs.get_mut("vault").unwrap().abi_hash = "0xother".to_owned();
        assert!(matches!(said.compare(&found), Verdict::Different(sentences) if sentences[0].contains("its ABI")));
    }

    #[test]
    fn a_manifest_comes_back_as_it_was_written_and_unknown_fields_are_refused() {
        let said = manifest("rustc 1", &[("vault", "0x2")]);
        let text = toml::to_string(&said).unwrap();
        assert_eq!(toml::from_str::<Manifest>(&text).unwrap(), said);
        assert!(toml::from_str::<Manifest>(&format!("signed = true\n{text}")).is_err());
    }
}
