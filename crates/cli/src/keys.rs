//! Who signs: a key of the keystore, a key that everybody knows on a development chain, a program of one's own. Never
//! an argument: those are seen by everybody on the machine.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use sit_client::Signer;
use sit_client::rpc::{Key, KeyError};
use sit_engine::chain::Address;

use crate::config::{DEVELOPMENT_CHAIN, Settings};
use crate::failure::{Failure, Kind, Result};
use sit_client::rpc::{hex_bytes, to_hex};

/// The ten keys of Anvil and Hardhat, from the phrase that ends in "junk", those of the reporters, and the follower's:
/// public, so that they sign on a development chain and nowhere else.
const DEVELOPMENT: [(&str, &str); 15] = [
    ("you-0", "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    ("you-1", "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    ("you-2", "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    ("maker-1", "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    ("maker-2", "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    ("taker", "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    ("hedger", "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    ("keeper", "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    ("guardian", "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    ("governor", "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
    ("reporter-1", "fe38858701886fdd49346c3ad897b242005405a5bb39bc0a67103efe92f26714"),
    ("reporter-2", "ffa9b2fa7211f6e396137eaddf6f2af1f0e2fb8b193eaa0abdef7fd3386bab9e"),
    ("reporter-3", "e7f5ea87bf8e682b74430764e89fc8b868278d4609d99acddc2b7e67ff3e046c"),
    ("reporter-4", "14b3cab6aaa62a0b1a11c8dc517685689aefe010734ebf54dcbe262c22aa7402"),
    ("follower", "7dce9bc8babb68fec1409be38c8e1a52650206a7ed90ff956ae8a6d15eeaaef4"),
];

/// Names and addresses of the development chain's keys.
pub fn development() -> impl Iterator<Item = (&'static str, Key)> {
    DEVELOPMENT.iter().filter_map(|(name, secret)| Some((*name, Key::from_bytes(&digits(secret)?)?)))
}

/// 32 bytes of 64 hexadecimal digits.
#[must_use]
pub fn digits(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let text = text.strip_prefix("0x").unwrap_or(text);
    hex_bytes(Some(&format!("0x{text}").into()))?.try_into().ok()
}

/// What is said of a key itself that is given where its name or its file is wanted: none of its digits, which would be
/// in logs and on screens then.
#[must_use]
pub fn given_openly(whence: &dyn std::fmt::Display) -> Failure {
    Failure::local(format!(
        "{whence} has the 64 digits of a key where the name of one is wanted, and others on this machine can read them \
         there: keep a key by `sit key import NAME` and give its name. If this one has anything, move that to a new one"
    ))
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::local(error.to_string())
    }
}

/// Where a key is that the settings name.
#[derive(Clone, Debug)]
pub enum Place {
    /// It is at hand.
    Here(Key),
    /// In a keystore file; the address where the file tells it.
    Locked(PathBuf, Option<Address>),
}

/// The key that the settings name.
///
/// # Errors
/// [`Kind::Local`] when they name none, or none that there is, with where the name comes from.
pub fn find(settings: &Settings) -> Result<Place> {
    if let Some(signer) = &settings.signer {
        let mut words = signer.value.split_whitespace().map(str::to_owned);
        let address = words.next().and_then(|word| crate::commands::delegate::address(&word).ok());
        let command: Vec<String> = words.collect();
        return match (address, command.is_empty()) {
            (Some(address), false) => Ok(Place::Here(Key::elsewhere(address, command))),
            _ if signer.value.split_whitespace().any(|word| digits(word).is_some()) => {
                Err(given_openly(&signer.source))
            }
            _ => Err(Failure::local(format!(
                "`{}`, which comes from {}, names no signer: write the address, then the command: 0x... program arguments",
                signer.value, signer.source
            ))),
        };
    }
    let none = || Failure::local("no key signs here: name one with --key, or make one with `sit key new NAME`");
    let name = settings.key.as_ref().ok_or_else(none)?;
    let as_path = Path::new(&name.value);
    let path = if name.value.contains('/') { as_path.to_owned() } else { settings.keystore.value.join(as_path) };
    if path.is_file() {
        return at(&path);
    }
    if settings.chain_id.value == DEVELOPMENT_CHAIN
        && let Some((_, key)) = development().find(|(known, _)| *known == name.value.replace(' ', "-"))
    {
        return Ok(Place::Here(key));
    }
    if digits(&name.value).is_some() {
        return Err(given_openly(&name.source));
    }
    let known = list(&settings.keystore.value).into_iter().map(|(known, _)| known);
    let development = development().map(|(known, _)| known.to_owned());
    let known: Vec<String> =
        known.chain(development.filter(|_| settings.chain_id.value == DEVELOPMENT_CHAIN)).collect();
    let known = if known.is_empty() {
        "the keystore is empty: `sit key new NAME`".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    };
    Err(Failure::local(format!("there is no key `{}`, which comes from {}: {known}", name.value, name.source)))
}

/// The key that the settings name, opened: a password may be asked for.
///
/// # Errors
/// As [`find`] and [`unlock`].
pub fn open(settings: &Settings) -> Result<Key> {
    match find(settings)? {
        Place::Here(key) => Ok(key),
        Place::Locked(path, _) => unlock(settings, &path),
    }
}

/// The address of the key that the settings name. A keystore that does not tell it is opened.
///
/// # Errors
/// As [`open`].
pub fn address(settings: &Settings) -> Result<Address> {
    match find(settings)? {
        Place::Here(key) => Ok(key.address()),
        Place::Locked(_, Some(address)) => Ok(address),
        Place::Locked(path, None) => Ok(unlock(settings, &path)?.address()),
    }
}

/// The key in a file: a keystore, or plain digits that only its owner may read.
fn at(path: &Path) -> Result<Place> {
    let text =
        fs::read_to_string(path).map_err(|error| Failure::local(format!("the key {}: {error}", path.display())))?;
    if text.trim_start().starts_with('{') {
        return Ok(Place::Locked(path.to_owned(), address_in(&text)));
    }
    Ok(Place::Here(Key::from_file(path)?))
}

/// The address that a keystore names, as those of `sit key new` and of Geth do.
fn address_in(text: &str) -> Option<Address> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let address = value.get("address")?.as_str()?;
    let digits = address.strip_prefix("0x").unwrap_or(address);
    crate::commands::delegate::address(&format!("0x{digits}")).ok()
}

/// Opens a keystore.
///
/// # Errors
/// [`Kind::Local`] for another password or a file that is no keystore; [`Kind::Declined`] where nobody can be asked.
pub fn unlock(settings: &Settings, path: &Path) -> Result<Key> {
    let password = match &settings.password_file {
        Some(file) => password_in(&file.value, &file.source.to_string())?,
        None => ask(&format!("Password of {}: ", path.display()))?,
    };
    let key = Key::from_keystore(path, &password)?;
    let named = fs::read_to_string(path).ok().and_then(|text| address_in(&text));
    if named.is_some_and(|named| named != key.address()) {
        return Err(Failure::local(format!(
            "the keystore {} holds another key than its `address` says: somebody has changed it. Use a copy that you trust",
            path.display()
        )));
    }
    Ok(key)
}

/// Files of the key that the settings name which others on this machine can read: who has both signs, and who has the
/// keystore alone can try passwords for as long as they like.
#[must_use]
pub fn open_to_others(settings: &Settings) -> Vec<PathBuf> {
    let Ok(Place::Locked(keystore, _)) = find(settings) else { return Vec::new() };
    let password = settings.password_file.as_ref().map(|file| file.value.clone());
    [Some(keystore), password].into_iter().flatten().filter(|path| is_open(path)).collect()
}

#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    // A device or pipe, such as the one of a shell's `<(...)`, has no content to keep.
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

/// The first line of a file.
///
/// # Errors
/// [`Kind::Local`].
pub fn password_in(path: &Path, source: &str) -> Result<String> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::local(format!("the password file {}, which comes from {source}: {error}", path.display()))
    })?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The terminal without echo, given back whatever happens.
struct Raw;

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
        eprintln!();
    }
}

/// Asks for something that is not shown. Ctrl-C ends it, and the terminal is as it was.
///
/// # Errors
/// [`Kind::Declined`].
pub fn ask(question: &str) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        let message = "a password is needed and nobody can be asked here: name a file with --password-file";
        return Err(Failure::new(Kind::Declined, message));
    }
    eprint!("{question}");
    let _ = std::io::Write::flush(&mut std::io::stderr());
    enable_raw_mode()?;
    let _raw = Raw;
    let mut typed = String::new();
    loop {
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(typed),
            KeyCode::Backspace => drop(typed.pop()),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(Failure::new(Kind::Declined, "no password was given: nothing was signed"));
            }
            KeyCode::Char(letter) => typed.push(letter),
            _ => {}
        }
    }
}

/// Names and addresses of a keystore.
#[must_use]
pub fn list(folder: &Path) -> Vec<(String, Option<Address>)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<(String, Option<Address>)> = entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let address = fs::read_to_string(entry.path()).ok().and_then(|text| address_in(&text));
            (entry.file_name().to_string_lossy().into_owned(), address)
        })
        .collect();
    found.sort();
    found
}

/// Where the keystore of a name that is free would lie.
///
/// # Errors
/// [`Kind::Usage`] for a name that is taken or is none; [`Kind::Local`] for one that is a key.
pub fn place(folder: &Path, name: &str) -> Result<PathBuf> {
    if digits(name).is_some() {
        return Err(given_openly(&"the command line"));
    }
    let clean = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !name.starts_with('.');
    if !clean {
        return Err(Failure::usage(format!("`{name}` is no name of a key: use letters, digits, - and _")));
    }
    let path = folder.join(name);
    if path.exists() {
        return Err(Failure::usage(format!(
            "there is a key `{name}` already, in {}: choose another name",
            path.display()
        )));
    }
    Ok(path)
}

/// The key of 32 bytes.
///
/// # Errors
/// [`Kind::Usage`] for bytes that are none.
pub fn of_secret(secret: &[u8; 32]) -> Result<Key> {
    Key::from_bytes(secret).ok_or_else(|| Failure::usage("these 32 bytes are no key of secp256k1"))
}

/// Writes a keystore in the format of cast, Geth and MetaMask, readable by its owner alone. Nothing is written over.
///
/// # Errors
/// [`Kind::Usage`] for a name that is taken or is none, [`Kind::Local`] for a folder that cannot be written.
pub fn store(folder: &Path, name: &str, secret: &[u8; 32], password: &str) -> Result<Key> {
    let (key, path) = (of_secret(secret)?, place(folder, name)?);
    let failed = |error: &dyn std::fmt::Display| Failure::local(format!("the keystore {}: {error}", folder.display()));
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    private(folder, 0o700).map_err(|error| failed(&error))?;
    // Made beside its place, so that no half keystore has the name; by a name of this key's own, since two may be made
    // at once.
    let half = format!(".{name}.{}.new", to_hex(&key.address()));
    let mut rng = k256::elliptic_curve::rand_core::OsRng;
    eth_keystore::encrypt_key(folder, &mut rng, secret, password, Some(&half)).map_err(|error| failed(&error))?;
    let half = folder.join(half);
    let finish = || -> std::io::Result<()> {
        private(&half, 0o600)?;
        let mut value: serde_json::Value = serde_json::from_str(&fs::read_to_string(&half)?)?;
        value["address"] = to_hex(&key.address()).trim_start_matches("0x").into();
        fs::write(&half, value.to_string())?;
        // What is told to be kept is on the disk: money is sent to the address next.
        fs::File::open(&half)?.sync_all()?;
        // A link takes no name that somebody has taken meanwhile, and a file that was written over has no copy.
        fs::hard_link(&half, &path)?;
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
        Ok(())
    };
    let finished = finish();
    let _ = fs::remove_file(&half);
    if finished.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists) {
        return Err(Failure::usage(format!(
            "there is a key `{name}` by now, in {}: choose another name",
            path.display()
        )));
    }
    finished.map_err(|error| failed(&error))?;
    Ok(key)
}

/// A new secret from the system's randomness.
#[must_use]
pub fn fresh() -> [u8; 32] {
    k256::ecdsa::SigningKey::random(&mut k256::elliptic_curve::rand_core::OsRng).to_bytes().into()
}

#[cfg(unix)]
fn private(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn private(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_who_make_a_key_of_one_name_at_once_lose_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let secrets: Vec<[u8; 32]> = (0..4).map(|_| fresh()).collect();
        let stored: Vec<Option<Address>> = std::thread::scope(|scope| {
            let keep = |secret: [u8; 32]| {
                let folder = folder.path();
                scope.spawn(move || store(folder, "alice", &secret, "p").ok().map(|key| key.address()))
            };
            let threads: Vec<_> = secrets.iter().map(|secret| keep(*secret)).collect();
            threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
        });
        let kept = Key::from_keystore(&folder.path().join("alice"), "p").expect("it opens").address();
        assert_eq!(stored.into_iter().flatten().collect::<Vec<_>>(), [kept], "one is told that its key is kept");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
