//! Settings: a flag goes before the environment, the environment before the profile, the profile before what is built
//! in. Each knows where it comes from, and so does whatever is wrong with it.
//!
//! ```toml
//! profile = "mine"                  # which profile is used when nobody says
//!
//! [profiles.mine]
//! rpc = "http://127.0.0.1:8545"
//! chain-id = 420420420
//! deployment = "sit/deployment.json"
//! key = "alice"
//! seat = 3
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
pub use sit_client::rpc::DEVELOPMENT_CHAIN;

pub use crate::commands::input::Global;
use crate::failure::{Failure, Result};

/// Where a setting comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A flag of the command line.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// A profile of a configuration file.
    Profile(String, PathBuf),
    /// The configuration file outside its profiles.
    File(PathBuf),
    /// A profile that is built in.
    BuiltIn(String),
    /// What holds when nobody says anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "the flag {flag}"),
            Self::Environment(variable) => write!(f, "the environment variable {variable}"),
            Self::Profile(name, file) => write!(f, "the profile `{name}` in {}", file.display()),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::BuiltIn(name) => write!(f, "the profile `{name}`, which is built in"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A setting and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting<T> {
    /// What it is.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

/// A profile as the file has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Profile {
    rpc: Option<String>,
    chain_id: Option<u64>,
    deployment: Option<PathBuf>,
    key: Option<String>,
    signer: Option<String>,
    password_file: Option<PathBuf>,
    keystore: Option<PathBuf>,
    seat: Option<u32>,
}

/// The file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    profile: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// The profiles that are built in: name, node, chain id, key.
const BUILT_IN: [(&str, &str, u64, Option<&str>); 4] = [
    ("devnet", "http://127.0.0.1:8545", DEVELOPMENT_CHAIN, Some("you-0")),
    ("node", "http://127.0.0.1:8545", DEVELOPMENT_CHAIN, None),
    ("paseo", "https://eth-rpc-testnet.polkadot.io/", 420_420_417, None),
    ("hub", "https://eth-rpc.polkadot.io/", 420_420_419, None),
];

/// All settings of a command.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Name of the profile.
    pub profile: Setting<String>,
    /// The node.
    pub rpc: Setting<String>,
    /// The chain id that it must have.
    pub chain_id: Setting<u64>,
    /// The record of the deployment; without one a development chain is asked.
    pub deployment: Option<Setting<PathBuf>>,
    /// Whose key signs.
    pub key: Option<Setting<String>>,
    /// A program that signs.
    pub signer: Option<Setting<String>>,
    /// Where the password is.
    pub password_file: Option<Setting<PathBuf>>,
    /// Folder of the keystore.
    pub keystore: Setting<PathBuf>,
    /// The account.
    pub seat: Option<Setting<u32>>,
    /// Folder in which the program keeps what it has sent.
    pub state: PathBuf,
}

/// The environment, or what a test puts in its place.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    /// The settings of a command.
    ///
    /// # Errors
    /// A file that cannot be read, with line and key; a profile that there is not; a value that is none of its kind,
    /// each with where it comes from.
    pub fn resolve(global: &Global, environment: Environment<'_>) -> Result<Self> {
        let home = environment("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let folder = |variable: &str, below: &str| {
            environment(variable)
                .filter(|path| !path.is_empty())
                .map_or_else(|| home.join(below), PathBuf::from)
                .join("sit")
        };
        let named = pick(global.config.clone(), "--config", environment("SIT_CONFIG").map(PathBuf::from), "SIT_CONFIG");
        let (path, must) = match named {
            Some(setting) => (setting.value, true),
            None => (folder("XDG_CONFIG_HOME", ".config").join("config.toml"), false),
        };
        let file = read(&path, must)?;
        let profile = pick(global.profile.clone(), "--profile", environment("SIT_PROFILE"), "SIT_PROFILE")
            .or_else(|| {
                let value = file.profile.clone()?;
                Some(Setting { value, source: Source::File(path.clone()) })
            })
            .unwrap_or_else(|| Setting { value: "devnet".to_owned(), source: Source::Default });
        let built_in = BUILT_IN.iter().find(|(name, ..)| *name == profile.value);
        let own = file.profiles.get(&profile.value).cloned();
        if own.is_none() && built_in.is_none() {
            let known: Vec<&str> =
                BUILT_IN.iter().map(|(name, ..)| *name).chain(file.profiles.keys().map(String::as_str)).collect();
            return Err(Failure::local(format!(
                "there is no profile `{}`, which comes from {}: there are {}",
                profile.value,
                profile.source,
                known.join(", ")
            )));
        }
        let own = own.unwrap_or_default();
        let of_profile = || Source::Profile(profile.value.clone(), path.clone());
        let of_built_in = || Source::BuiltIn(profile.value.clone());

        let seat_of_environment = environment("SIT_SEAT")
            .map(|text| text.parse::<u32>().map_err(|_| bad(&text, "a seat number", &Source::Environment("SIT_SEAT"))))
            .transpose()?;
        let from_profile = |value: Option<String>| value.map(|value| Setting { value, source: of_profile() });
        // Paths in a file are seen from its folder.
        let beside =
            |file_path: PathBuf| path.parent().map_or_else(|| file_path.clone(), |folder| folder.join(&file_path));
        let path_of_profile =
            |value: Option<PathBuf>| value.map(|value| Setting { value: beside(value), source: of_profile() });
        let paths = |flag: &Option<PathBuf>, name, variable: &'static str| {
            pick(flag.clone(), name, environment(variable).map(PathBuf::from), variable)
        };

        let key = pick(global.key.clone(), "--key", environment("SIT_KEY"), "SIT_KEY");
        let signer = pick(global.signer.clone(), "--signer", environment("SIT_SIGNER"), "SIT_SIGNER");
        // Whoever says how to sign by a flag does not mean what the profile says too.
        let (key, signer) = if key.is_some() || signer.is_some() {
            (key, signer)
        } else if own.key.is_some() || own.signer.is_some() {
            (from_profile(own.key), from_profile(own.signer))
        } else {
            let of = built_in.and_then(|(.., key)| *key);
            (of.map(|key| Setting { value: key.to_owned(), source: of_built_in() }), None)
        };
        let rpc = pick(global.rpc.clone(), "--rpc", environment("SIT_RPC"), "SIT_RPC")
            .or_else(|| from_profile(own.rpc))
            .or_else(|| built_in.map(|(_, rpc, ..)| Setting { value: (*rpc).to_owned(), source: of_built_in() }))
            .ok_or_else(|| Failure::local(format!("{} names no node: add `rpc = \"http://...\"`", of_profile())))?;
        let web = rpc.value.strip_prefix("http://").or_else(|| rpc.value.strip_prefix("https://"));
        if web.is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace)) {
            return Err(bad(&rpc.value, "the address of a node (http://... or https://...)", &rpc.source));
        }
        let chain_id = own
            .chain_id
            .map(|value| Setting { value, source: of_profile() })
            .or_else(|| built_in.map(|(_, _, id, _)| Setting { value: *id, source: of_built_in() }))
            .ok_or_else(|| Failure::local(format!("{} names no chain: add `chain-id = ...`", of_profile())))?;
        Ok(Self {
            rpc,
            chain_id,
            deployment: paths(&global.deployment, "--deployment", "SIT_DEPLOYMENT")
                .or_else(|| path_of_profile(own.deployment)),
            key,
            signer,
            password_file: paths(&global.password_file, "--password-file", "SIT_PASSWORD_FILE")
                .or_else(|| path_of_profile(own.password_file)),
            keystore: paths(&global.keystore, "--keystore", "SIT_KEYSTORE")
                .or_else(|| path_of_profile(own.keystore))
                .unwrap_or_else(|| Setting {
                    value: folder("XDG_CONFIG_HOME", ".config").join("keys"),
                    source: Source::Default,
                }),
            seat: pick(global.seat, "--seat", seat_of_environment, "SIT_SEAT")
                .or_else(|| own.seat.map(|value| Setting { value, source: of_profile() })),
            state: folder("XDG_STATE_HOME", ".local/state"),
            profile,
        })
    }
}

fn bad(text: &str, what: &str, source: &Source) -> Failure {
    Failure::local(format!("`{text}` is not {what}: it comes from {source}"))
}

fn pick<T>(flag: Option<T>, name: &'static str, variable: Option<T>, of: &'static str) -> Option<Setting<T>> {
    flag.map(|value| Setting { value, source: Source::Flag(name) })
        .or_else(|| variable.map(|value| Setting { value, source: Source::Environment(of) }))
}

fn read(path: &Path, must: bool) -> Result<File> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must => return Ok(File::default()),
        Err(error) => {
            return Err(Failure::local(format!("the configuration {} cannot be read: {error}", path.display())));
        }
    };
    sit_sim::from_toml(&text).map_err(|why| {
        let first = why.lines().next().unwrap_or_default();
        Failure::local(format!("the configuration {}, {first}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_flag_goes_before_the_environment_before_the_profile_before_what_is_built_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        std::fs::write(
            &path,
            "profile = 'mine'\n[profiles.mine]\nrpc = 'http://file'\nchain-id = 7\ndeployment = 'd.json'\n",
        )
        .expect("written");
        let mut global = Global { config: Some(path.clone()), ..Global::default() };
        let settings = Settings::resolve(&global, &nothing).expect("settings");
        assert_eq!((settings.rpc.value.as_str(), settings.chain_id.value), ("http://file", 7));
        assert_eq!(settings.deployment.expect("a record").value, folder.path().join("d.json"));
        assert_eq!(settings.rpc.source.to_string(), format!("the profile `mine` in {}", path.display()));
        let environment = |name: &str| (name == "SIT_RPC").then(|| "http://environment".to_owned());
        assert_eq!(Settings::resolve(&global, &environment).expect("settings").rpc.value, "http://environment");
        global.rpc = Some("http://flag".to_owned());
        let settings = Settings::resolve(&global, &environment).expect("settings");
        assert_eq!((settings.rpc.value.as_str(), settings.rpc.source), ("http://flag", Source::Flag("--rpc")));
        let devnet = Settings::resolve(&Global::default(), &nothing).expect("settings");
        assert_eq!((devnet.profile.source, devnet.chain_id.value), (Source::Default, 420_420_420));
        assert_eq!(devnet.key.expect("a key").value, "you-0");
    }

    #[test]
    fn what_is_wrong_says_where_it_comes_from() {
        let sentence = |global: Global, environment: Environment<'_>| {
            Settings::resolve(&global, environment).expect_err("refused").message
        };
        let seat = |name: &str| (name == "SIT_SEAT").then(|| "three".to_owned());
        assert_eq!(
            sentence(Global::default(), &seat),
            "`three` is not a seat number: it comes from the environment variable SIT_SEAT"
        );
        let profile = |name: &str| (name == "SIT_PROFILE").then(|| "moon".to_owned());
        assert!(sentence(Global::default(), &profile).contains("no profile `moon`, which comes from the environment"));
        let rpc = Global { rpc: Some("localhost:8545".to_owned()), ..Global::default() };
        assert!(sentence(rpc, &nothing).contains("`localhost:8545` is not the address of a node"), "{}", "rpc");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        for (text, says) in [
            ("profile = 'mine'\nprofiles = 3\n", "line 2"),
            ("[profiles.mine]\nrpx = 'http://x'\n", "unknown field `rpx`"),
            ("[profiles.mine\n", "line 1"),
        ] {
            std::fs::write(&path, text).expect("written");
            let global = Global { config: Some(path.clone()), ..Global::default() };
            let sentence = sentence(global, &nothing);
            assert!(sentence.contains(says) && sentence.contains("config.toml"), "{sentence}");
        }
        let missing = Global { config: Some(folder.path().join("none.toml")), ..Global::default() };
        assert!(sentence(missing, &nothing).contains("none.toml cannot be read"));
    }
}
