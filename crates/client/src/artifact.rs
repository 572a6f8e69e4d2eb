//! A built contract: its code and its Solidity ABI.

use std::{env, fs, path::PathBuf, sync::Arc};

use alloy_core::json_abi::JsonAbi;
use alloy_core::primitives::keccak256;
use sit_native::Contract;

use crate::vocabulary;

/// What builds the contracts.
const BUILD: &str = "scripts/test contracts";

/// Why an artifact could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The build output is not there.
    #[error("the contract `{name}` is not built: {path} is missing; build it with {build}", build = BUILD)]
    Missing {
        /// Name of the contract.
        name: String,
        /// The file that was looked for.
        path: String,
    },
    /// The ABI is not valid JSON of a Solidity interface.
    #[error("the ABI of `{name}` cannot be read ({reason}); build it again with {build}", build = BUILD)]
    Abi {
        /// Name of the contract.
        name: String,
        /// What the parser says.
        reason: String,
    },
    /// The contract was built from other sources than this program, and would misunderstand it.
    #[error("`{name}` was built from other sources than this program: {difference}; build it again with {build}", build = BUILD)]
    OtherVersion {
        /// Name of the contract.
        name: String,
        /// The first difference between its ABI and the vocabulary.
        difference: String,
    },
    /// Contracts that are about to be deployed have other code than the manifest names.
    #[error(
        "{names}: contracts/blobs.toml names other code than was built on this machine. What it names is made by {compiler}; \
         scripts/verify-blobs says what differs, and --unnamed-blobs goes on all the same"
    )]
    Unnamed {
        /// Names of the contracts.
        names: String,
        /// The manifest's compiler.
        compiler: String,
    },
}

/// Code and interface of a contract.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Name of the contract, as it appears in reports and events.
    pub name: String,
    /// PolkaVM blob, or EVM init code.
    pub code: Vec<u8>,
    /// Solidity interface.
    pub abi: Arc<JsonAbi>,
    /// keccak-256 of the file of its ABI, byte by byte.
    pub abi_hash: [u8; 32],
}

impl Artifact {
    /// Loads any contract: `<name>.polkavm` and `<name>.abi` from the folder that the contract build writes:
    /// `$SIT_CACHE/contracts/<name>`, where `SIT_CACHE` is `sit` in the user's cache directory if it is not set.
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], [`ArtifactError::Abi`].
    pub fn load(name: &str) -> Result<Self, ArtifactError> {
        let folder = cache_dir().join("contracts").join(name);
        let missing =
            |path: &PathBuf| ArtifactError::Missing { name: name.to_owned(), path: path.display().to_string() };
        let code_path = folder.join(format!("{name}.polkavm"));
        let code = fs::read(&code_path).map_err(|_| missing(&code_path))?;
        let abi_path = folder.join(format!("{name}.abi"));
        let abi = fs::read_to_string(&abi_path).map_err(|_| missing(&abi_path))?;
        Self::new(name, code, &abi)
    }

    /// Loads one of the seven contracts, and compares its ABI with the vocabulary.
    ///
    /// # Errors
    /// As [`Artifact::load`], and [`ArtifactError::OtherVersion`].
    pub fn of(contract: Contract) -> Result<Self, ArtifactError> {
        let artifact = Self::load(contract.name())?;
        match vocabulary::differences(contract, &artifact.abi).into_iter().next() {
            Some(difference) => Err(ArtifactError::OtherVersion { name: artifact.name, difference }),
            None => Ok(artifact),
        }
    }

    /// The blob of a contract with the names of its functions, which the contract build writes when it is asked to
    /// (`sit-contracts symbols NAME`).
    ///
    /// # Errors
    /// [`ArtifactError::Missing`].
    pub fn symbols(name: &str) -> Result<Vec<u8>, ArtifactError> {
        let path = cache_dir().join("contracts").join(name).join(format!("{name}.symbols.polkavm"));
        fs::read(&path).map_err(|_| ArtifactError::Missing { name: name.to_owned(), path: path.display().to_string() })
    }

    /// An artifact from code and the JSON text of its ABI.
    ///
    /// # Errors
    /// [`ArtifactError::Abi`].
    pub fn new(name: &str, code: Vec<u8>, abi_json: &str) -> Result<Self, ArtifactError> {
        let abi = serde_json::from_str::<JsonAbi>(abi_json)
            .map_err(|error| ArtifactError::Abi { name: name.to_owned(), reason: error.to_string() })?;
        Ok(Self { name: name.to_owned(), code, abi: Arc::new(abi), abi_hash: keccak256(abi_json).0 })
    }
}

/// The folder of what is built and installed on this machine: `$SIT_CACHE`, else `$XDG_CACHE_HOME/sit`, else
/// `$HOME/.cache/sit`.
#[must_use]
pub fn cache_dir() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("SIT_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("sit")))
        .unwrap_or_else(|| set("HOME").unwrap_or_default().join(".cache").join("sit"))
}
