//! What this source builds: the manifest of blobs, as it was when the program was built.

use std::sync::LazyLock;

use sit_client::blobs::Manifest;

/// The text of the manifest, as it was when the program was built.
pub const TEXT: &str = include_str!("../../../contracts/blobs.toml");

/// The manifest of this source, `contracts/blobs.toml`.
pub fn manifest() -> &'static Manifest {
    static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| Manifest::read(TEXT));
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
        assert!(manifest().blobs.values().all(|blob| blob.bytes > 0 && blob.abi_hash.len() == 66));
        let vault = &manifest().blobs["vault"];
        assert_eq!(manifest().named(&vault.code_hash).map(|(name, _)| name), Some("vault"));
        assert!(manifest().named("0x00").is_none() && manifest().compiler.starts_with("rustc "));
    }
}
