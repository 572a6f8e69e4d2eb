//! The blobs that a source names, `contracts/blobs.toml`: who deploys holds what was built to it.
//!
//! ```text
//! compiler = "rustc 1.95.0 (59807616e 2026-04-14)"
//!
//! [blobs.vault]
//! bytes = 34602
//! code_hash = "0xb66d..."     keccak-256 of the code: what `eth_getCode` hashes to where it stands
//! abi_hash = "0x835a..."      keccak-256 of the ABI file
//! ```
//!
//! The text is part of the programs that deploy, and not of this crate: whatever stands on it would be compiled anew
//! with every change of a contract.

use std::collections::BTreeMap;

use alloy_core::primitives::{hex, keccak256};
use serde::Deserialize;
use sit_native::Contract;

use crate::artifact::{Artifact, ArtifactError};

/// What the manifest says of one contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Blob {
    /// Length of its code in bytes.
    pub bytes: usize,
    /// keccak-256 of its code, `0x` and 64 digits.
    pub code_hash: String,
    /// keccak-256 of its ABI file, `0x` and 64 digits.
    pub abi_hash: String,
}

/// The manifest of blobs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// The compiler on which the hashes depend, as `rustc --version` prints it.
    pub compiler: String,
    /// The contracts by their names.
    pub blobs: BTreeMap<String, Blob>,
}

impl Manifest {
    /// Reads the text of a manifest as `scripts/verify-blobs --write` writes it. A text of another form names nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        toml::from_str(text).unwrap_or_default()
    }

    /// The contract of a code hash.
    #[must_use]
    pub fn named(&self, code_hash: &str) -> Option<(&str, &Blob)> {
        let found = self.blobs.iter().find(|(_, blob)| blob.code_hash == code_hash);
        found.map(|(name, blob)| (name.as_str(), blob))
    }

    /// Holds contracts, each with the keccak-256 of its code, to this manifest.
    ///
    /// # Errors
    /// [`ArtifactError::Unnamed`] with all of them that have other code than the manifest names.
    pub fn hold(&self, codes: impl IntoIterator<Item = (Contract, [u8; 32])>) -> Result<(), ArtifactError> {
        let is_named = |(contract, hash): &(Contract, [u8; 32])| {
            self.blobs.get(contract.name()).is_some_and(|blob| blob.code_hash == hex::encode_prefixed(hash))
        };
        let others: Vec<&str> =
            codes.into_iter().filter(|code| !is_named(code)).map(|(contract, _)| contract.name()).collect();
        if others.is_empty() {
            return Ok(());
        }
        Err(ArtifactError::Unnamed { names: others.join(", "), compiler: self.compiler.clone() })
    }

    /// Holds all seven contracts that were built on this machine to this manifest.
    ///
    /// # Errors
    /// As [`Manifest::hold`] and [`Artifact::of`].
    pub fn hold_built(&self) -> Result<(), ArtifactError> {
        let built = |contract| Ok((contract, keccak256(&Artifact::of(contract)?.code).0));
        self.hold(Contract::ALL.into_iter().map(built).collect::<Result<Vec<_>, ArtifactError>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A comment = of one line.\ncompiler = \"rustc 1\"\n\n[blobs.clearing-office]\nbytes = 3\n\
                        code_hash = \"0x0101010101010101010101010101010101010101010101010101010101010101\"\n\
                        abi_hash = \"0x02\"\n";

    #[test]
    fn a_manifest_is_read_as_it_is_written() {
        let manifest = Manifest::read(TEXT);
        assert_eq!((manifest.compiler.as_str(), manifest.blobs.len()), ("rustc 1", 1));
        let blob = &manifest.blobs["clearing-office"];
        assert_eq!((blob.bytes, blob.abi_hash.as_str()), (3, "0x02"));
        assert_eq!(manifest.named(&blob.code_hash).map(|(name, _)| name), Some("clearing-office"));
    }

    #[test]
    fn code_that_is_not_named_is_refused_with_what_to_do() {
        let manifest = Manifest::read(TEXT);
        manifest.hold([(Contract::ClearingOffice, [1; 32])]).unwrap();
        // Another byte, another contract with a named hash, and one that the manifest lacks.
        let codes =
            [(Contract::ClearingOffice, [2; 32]), (Contract::Vault, [1; 32]), (Contract::ClearingOffice, [1; 32])];
        let refused = manifest.hold(codes).unwrap_err().to_string();
        assert!(refused.contains("clearing-office, vault: contracts/blobs.toml names other code"), "{refused}");
        assert!(refused.contains("rustc 1") && refused.contains("--unnamed-blobs"), "{refused}");
        assert!(Manifest::read("").hold([(Contract::Vault, [1; 32])]).is_err(), "nothing names nothing");
    }
}
