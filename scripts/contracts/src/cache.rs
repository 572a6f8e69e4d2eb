//! Where things are kept: the folder of `SIT_CACHE`, shared by all checkouts of a user.
//!
//! ```text
//! $SIT_CACHE/contracts/<name>/                 the artifacts, see `Artifacts`
//! $SIT_CACHE/target/<rustc version>/contracts  cargo's target directory of all contracts
//! ```

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha3::{Digest, Keccak256};

/// The cache folder.
pub struct Cache {
    root: PathBuf,
}

/// The files that one contract is built to.
pub struct Artifacts {
    folder: PathBuf,
    name: String,
}

/// What is known of the last build of a contract; kept beside its artifacts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Digest of everything the artifacts were built from.
    pub inputs: String,
    /// `keccak256` of the blob, which is the contract's code hash on chain.
    pub code_hash: String,
    /// `keccak256` of the ABI file.
    pub abi_hash: String,
    /// Length of the blob in bytes.
    pub bytes: usize,
    /// Wall time of the build in seconds.
    pub seconds: f64,
}

impl Cache {
    /// `$SIT_CACHE`, by default the folder `sit` of the user's cache directory.
    pub fn from_env() -> Result<Self> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let root = set("SIT_CACHE")
            .map(PathBuf::from)
            .or_else(|| set("XDG_CACHE_HOME").map(|folder| PathBuf::from(folder).join("sit")))
            .or_else(|| set("HOME").map(|folder| PathBuf::from(folder).join(".cache/sit")))
            .context("neither SIT_CACHE nor HOME is set: set SIT_CACHE to a folder for build outputs")?;
        Ok(Self::new(root))
    }

    /// The cache in the folder `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The artifacts of the contract `name`.
    pub fn artifacts(&self, name: &str) -> Artifacts {
        Artifacts { folder: self.root.join("contracts").join(name), name: name.to_owned() }
    }

    /// Cargo's target directory for contracts, one for each version of the compiler.
    pub fn target(&self, rustc_version: &str) -> PathBuf {
        self.root.join("target").join(rustc_version).join("contracts")
    }

    /// Waits until no other process builds contracts into this cache; the lock ends with the returned file.
    pub fn lock(&self) -> Result<File> {
        let folder = self.root.join("contracts");
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be created", folder.display()))?;
        let path = folder.join(".lock");
        let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        if file.try_lock().is_err() {
            eprintln!("waiting for another build of contracts to end");
            file.lock().with_context(|| format!("{} cannot be locked", path.display()))?;
        }
        Ok(file)
    }
}

impl Artifacts {
    /// The PolkaVM blob.
    pub fn blob(&self) -> PathBuf {
        self.folder.join(format!("{}.polkavm", self.name))
    }

    /// The Solidity ABI.
    pub fn abi(&self) -> PathBuf {
        self.folder.join(format!("{}.abi", self.name))
    }

    /// The blob with the names of its functions, where it was asked for.
    fn symbols(&self) -> PathBuf {
        self.folder.join(format!("{}.symbols.polkavm", self.name))
    }

    /// Of which blob it is: its code hash.
    fn symbols_record(&self) -> PathBuf {
        self.folder.join(format!("{}.symbols.hash", self.name))
    }

    /// Whether there is one of the blob with this code hash.
    pub fn has_symbols_of(&self, code_hash: &str) -> bool {
        self.symbols().is_file() && fs::read_to_string(self.symbols_record()).is_ok_and(|hash| hash == code_hash)
    }

    /// Stores the blob with the names of its functions, and of which blob it is.
    pub fn store_symbols(&self, code_hash: &str, symbols: &[u8]) -> Result<()> {
        write_whole(&self.symbols(), symbols)?;
        write_whole(&self.symbols_record(), code_hash.as_bytes())
    }

    fn record(&self) -> PathBuf {
        self.folder.join("build.json")
    }

    /// The record of the last build, if it was made from `inputs` and its files are still the ones it wrote.
    pub fn up_to_date(&self, inputs: &str) -> Option<Record> {
        let record: Record = serde_json::from_slice(&fs::read(self.record()).ok()?).ok()?;
        let intact = record.inputs == inputs
            && record.code_hash == keccak(&fs::read(self.blob()).ok()?)
            && record.abi_hash == keccak(&fs::read(self.abi()).ok()?);
        intact.then_some(record)
    }

    /// Stores a build. Each file appears whole or not at all, and the record last.
    pub fn store(&self, inputs: &str, blob: &[u8], abi: &[u8], seconds: f64) -> Result<Record> {
        let record = Record {
            inputs: inputs.to_owned(),
            code_hash: keccak(blob),
            abi_hash: keccak(abi),
            bytes: blob.len(),
            seconds,
        };
        fs::create_dir_all(&self.folder).with_context(|| format!("{} cannot be created", self.folder.display()))?;
        write_whole(&self.blob(), blob)?;
        write_whole(&self.abi(), abi)?;
        write_whole(&self.record(), &serde_json::to_vec_pretty(&record)?)?;
        Ok(record)
    }
}

/// Hexadecimal `keccak256` of `bytes`.
pub fn keccak(bytes: &[u8]) -> String {
    format!("0x{:x}", Keccak256::digest(bytes))
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension(format!("part-{}", std::process::id()));
    fs::write(&part, bytes)
        .and_then(|()| fs::rename(&part, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_build_is_up_to_date_until_its_inputs_or_files_change() {
        let root = tempfile::tempdir().unwrap();
        let artifacts = Cache::new(root.path().to_path_buf()).artifacts("vault");
        assert_eq!(artifacts.up_to_date("a"), None);
        let record = artifacts.store("a", b"blob", b"[]", 1.5).unwrap();
        assert_eq!(record.bytes, 4);
        assert_eq!(artifacts.up_to_date("a"), Some(record));
        assert_eq!(artifacts.up_to_date("b"), None);
        fs::write(artifacts.blob(), b"other").unwrap();
        assert_eq!(artifacts.up_to_date("a"), None);
    }

    #[test]
    fn the_code_hash_is_keccak_not_sha3() {
        // Published hash of the empty string.
        let empty = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
        assert_eq!(keccak(b""), empty);
    }
}
