//! What this source builds: the manifest of blobs, as it was when the program was built.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What the manifest says of one contract.
#[derive(Clone, Debug, Deserialize)]
pub struct Blob {
    /// Length of its code in bytes.
    pub bytes: usize,
    /// keccak-256 of its code, `0x` and 64 digits: what `eth_getCode` hashes to where it stands.
    pub code_hash: String,
    /// keccak-256 of its ABI file.
    pub abi_hash: String,
}

/// The manifest of blobs.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Manifest {
    /// The compiler on which the hashes depend, as `rustc --version` prints it.
    pub compiler: String,
    /// The contracts by their names.
    pub blobs: BTreeMap<String, Blob>,
}

impl Manifest {
    /// The contract of a code hash.
    #[must_use]
    pub fn named(&self, code_hash: &str) -> Option<(&str, &Blob)> {
        let found = self.blobs.iter().find(|(_, blob)| blob.code_hash == code_hash);
        found.map(|(name, blob)| (name.as_str(), blob))
    }
}

/// The manifest of this source, `contracts/blobs.toml`.
pub fn manifest() -> &'static Manifest {
    // The file is part of the program; a test reads it.
    static MANIFEST: LazyLock<Manifest> =
        LazyLock::new(|| toml::from_str(include_str!("../../../contracts/blobs.toml")).unwrap_or_default());
    &MANIFEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_native::Contract;

    #[test]
    fn the_manifest_has_every_contract_that_is_deployed() {
        let names: Vec<&str> = manifest().blobs.keys().map(String::as_str).collect();
        assert_eq!(names.len(), Contract::ALL.len());
        assert!(Contract::ALL.iter().all(|contract| names.contains(&contract.name())), "{names:?}");
        let vault = &manifest().blobs["vault"];
        assert_eq!(manifest().named(&vault.code_hash).map(|(name, _)| name), Some("vault"));
        assert!(manifest().named("0x00").is_none() && manifest().compiler.starts_with("rustc "));
    }
}
