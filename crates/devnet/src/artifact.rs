//! A built contract: its code and its Solidity ABI.

use std::{env, fs, path::PathBuf, sync::Arc};

use alloy_core::json_abi::JsonAbi;

/// Why an artifact could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The build output is not there.
    #[error("the contract `{name}` is not built: {path} is missing; run scripts/setup")]
    Missing {
        /// Name of the contract.
        name: String,
        /// The file that was looked for.
        path: String,
    },
    /// The ABI is not valid JSON of a Solidity interface.
    #[error("the ABI of `{name}` cannot be read ({reason}); run scripts/setup to build it again")]
    Abi {
        /// Name of the contract.
        name: String,
        /// What the parser says.
        reason: String,
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
}

impl Artifact {
    /// Loads `<name>.polkavm` and `<name>.abi` from the folder that the contract build writes:
    /// `$SIT_CACHE/contracts/<name>`, where `SIT_CACHE` is `sit` in the user's cache directory if it is not set.
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

    /// An artifact from code and the JSON text of its ABI.
    pub fn new(name: &str, code: Vec<u8>, abi_json: &str) -> Result<Self, ArtifactError> {
        let abi = serde_json::from_str::<JsonAbi>(abi_json)
            .map_err(|error| ArtifactError::Abi { name: name.to_owned(), reason: error.to_string() })?;
        Ok(Self { name: name.to_owned(), code, abi: Arc::new(abi) })
    }
}

/// `$SIT_CACHE`, else `$XDG_CACHE_HOME/sit`, else `$HOME/.cache/sit`.
fn cache_dir() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("SIT_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("sit")))
        .unwrap_or_else(|| set("HOME").unwrap_or_default().join(".cache").join("sit"))
}
