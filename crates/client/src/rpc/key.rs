//! Who signs.

use std::{fmt, fs, io::Write as _, path::Path, process};

use alloy_core::primitives::{Address as Hex, Signature, U256, hex, keccak256};
use k256::ecdsa::{RecoveryId, SigningKey, VerifyingKey};
use sit_engine::chain::{Address, Hash};
use zeroize::Zeroizing;

use crate::transport::Signer;

/// A key of secp256k1, or a program that has one.
#[derive(Clone)]
pub struct Key {
    address: Address,
    holder: Holder,
}

#[derive(Clone)]
enum Holder {
    Here(SigningKey),
    Elsewhere(Vec<String>),
}

/// Why a key cannot be used. None of these says anything of the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read.
    #[error("the key in {path} cannot be read: {why}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// A file that others can read.
    #[error("{0} can be read by others than you: `chmod 600 {0}` and look who has read it")]
    Open(String),
    /// What is there is no key.
    #[error("{0} holds no key: 64 hexadecimal digits are expected, below the order of secp256k1 and not zero")]
    NoKey(String),
    /// A keystore that the password does not open.
    #[error("{0} was not opened: the password is another one, or the file is no keystore")]
    Closed(String),
    /// The program that signs failed.
    #[error("the signer `{program}` {why}")]
    Program {
        /// The program.
        program: String,
        /// What went wrong.
        why: String,
    },
}

impl Signer for Key {
    fn address(&self) -> Address {
        self.address
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", Hex::from(self.address))
    }
}

/// The address of a public key: the end of the hash of its point.
fn address_of(key: &VerifyingKey) -> Address {
    let point = key.to_encoded_point(false);
    let mut address = Address::default();
    address.copy_from_slice(&keccak256(&point.as_bytes()[1..])[12..]);
    address
}

impl Key {
    /// The key of 32 bytes; `None` where they are none.
    #[must_use]
    pub fn from_bytes(secret: &[u8; 32]) -> Option<Self> {
        Self::from_slice(secret)
    }

    /// The key itself overwrites its memory when it goes; so does here what it was read from.
    fn from_slice(secret: &[u8]) -> Option<Self> {
        let key = SigningKey::from_slice(secret).ok()?;
        Some(Self { address: address_of(key.verifying_key()), holder: Holder::Here(key) })
    }

    /// The key in a file of hexadecimal digits, which only its owner may read.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let failed = |why| KeyError::File { path: shown.clone(), why };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            if fs::metadata(path).map_err(failed)?.permissions().mode() & 0o077 != 0 {
                return Err(KeyError::Open(shown));
            }
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        let secret = hex::decode(text.trim()).map(Zeroizing::new).ok();
        secret.and_then(|secret| Self::from_slice(&secret)).ok_or(KeyError::NoKey(shown))
    }

    /// The key in a keystore, the format of Web3's secret storage that `cast wallet` writes.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_keystore(path: &Path, password: &str) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        fs::metadata(path).map_err(|why| KeyError::File { path: shown.clone(), why })?;
        let secret = eth_keystore::decrypt_key(path, password).map_err(|_| KeyError::Closed(shown.clone()))?;
        Self::from_slice(&Zeroizing::new(secret)).ok_or(KeyError::NoKey(shown))
    }

    /// A key that another program has: a hardware wallet, a vault. It gets one line of JSON with `address`, `hash` and
    /// `transaction` and answers with 65 bytes in hexadecimal digits: r, s, and 27 or 28.
    #[must_use]
    pub fn elsewhere(address: Address, command: Vec<String>) -> Self {
        Self { address, holder: Holder::Elsewhere(command) }
    }

    /// Signs a hash of 32 bytes. `about` is what a program that signs is told of it.
    ///
    /// # Errors
    /// [`KeyError::Program`].
    pub fn sign(&self, hash: &Hash, about: &[u8]) -> Result<Signature, KeyError> {
        match &self.holder {
            Holder::Here(key) => {
                let failed = |why: k256::ecdsa::Error| KeyError::Program {
                    program: "secp256k1".to_owned(),
                    why: format!("does not sign: {why}"),
                };
                let (signature, recovery) = key.sign_prehash_recoverable(hash).map_err(failed)?;
                let (r, s) = signature.split_bytes();
                Ok(Signature::new(U256::from_be_slice(&r), U256::from_be_slice(&s), recovery.is_y_odd()))
            }
            Holder::Elsewhere(command) => self.ask(command, hash, about),
        }
    }

    fn ask(&self, command: &[String], hash: &Hash, about: &[u8]) -> Result<Signature, KeyError> {
        let program = command.first().cloned().unwrap_or_default();
        let failed = |why: String| KeyError::Program { program: program.clone(), why };
        let question = serde_json::json!({
            "address": hex::encode_prefixed(self.address),
            "hash": hex::encode_prefixed(hash),
            "transaction": hex::encode_prefixed(about),
        });
        let mut child = process::Command::new(&program)
            .args(command.get(1..).unwrap_or_default())
            .stdin(process::Stdio::piped())
            .stdout(process::Stdio::piped())
            .spawn()
            .map_err(|why| failed(format!("cannot be started: {why}")))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends without reading says why by its status.
            let _ = writeln!(stdin, "{question}");
        }
        let output = child.wait_with_output().map_err(|why| failed(format!("broke off: {why}")))?;
        if !output.status.success() {
            return Err(failed(format!("ended with {}", output.status)));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let bytes = hex::decode(text.trim()).map_err(|_| failed("answered no hexadecimal digits".to_owned()))?;
        let signature = Signature::from_raw(&bytes).map_err(|why| failed(format!("answered no signature: {why}")))?;
        let parts = k256::ecdsa::Signature::from_slice(&signature.as_bytes()[..64]).ok();
        let parity = RecoveryId::new(signature.v(), false);
        let signer = parts.and_then(|parts| VerifyingKey::recover_from_prehash(hash, &parts, parity).ok());
        if signer.is_some_and(|signer| address_of(&signer) == self.address) {
            Ok(signature)
        } else {
            Err(failed(format!("signed with another key than that of {}", Hex::from(self.address))))
        }
    }
}
