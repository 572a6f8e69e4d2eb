//! The mapping file: where the prices of each provider stand in a file or in the answer of an address.
//!
//! ```
//! use sit_keeper::reporter::Mapping;
//!
//! let mapping = Mapping::parse(r#"
//!     index = 0
//!     unit = "usd-per-million"
//!
//!     [source.list]
//!     file = "prices.json"
//!     time = "/updated"
//!     max_age = "6h"
//!
//!     [[provider]]
//!     number = 0
//!     name = "first"
//!     source = "list"
//!     input = "/models/a/input"
//!     output = "/models/a/output"
//!     volume = "/models/a/million_tokens"
//! "#)?;
//! assert_eq!(mapping.provider.len(), 1);
//! # Ok::<(), sit_keeper::reporter::Unusable>(())
//! ```

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};

use sit_engine::calendar::DAY;
use sit_engine::oracle::MAX_PROVIDERS;

use super::Unusable;

/// How prices are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// US dollars for a million tokens.
    #[default]
    UsdPerMillion,
    /// US dollars for a thousand tokens.
    UsdPerThousand,
    /// US dollars for one token.
    UsdPerToken,
    /// US cents for a million tokens.
    CentsPerMillion,
    /// US cents for a thousand tokens.
    CentsPerThousand,
    /// US cents for one token.
    CentsPerToken,
    /// Quote atoms (10^-6 US dollars) for a million tokens.
    AtomsPerMillion,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::UsdPerMillion,
        Self::UsdPerThousand,
        Self::UsdPerToken,
        Self::CentsPerMillion,
        Self::CentsPerThousand,
        Self::CentsPerToken,
        Self::AtomsPerMillion,
    ];

    /// Quote atoms for a million tokens that one of it is, as a power of ten.
    #[must_use]
    pub const fn power(self) -> u32 {
        match self {
            Self::AtomsPerMillion => 0,
            Self::CentsPerMillion => 4,
            Self::UsdPerMillion => 6,
            Self::CentsPerThousand => 7,
            Self::UsdPerThousand => 9,
            Self::CentsPerToken => 10,
            Self::UsdPerToken => 12,
        }
    }

    /// Its name in a mapping file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsdPerMillion => "usd-per-million",
            Self::UsdPerThousand => "usd-per-thousand",
            Self::UsdPerToken => "usd-per-token",
            Self::CentsPerMillion => "cents-per-million",
            Self::CentsPerThousand => "cents-per-thousand",
            Self::CentsPerToken => "cents-per-token",
            Self::AtomsPerMillion => "atoms-per-million",
        }
    }
}

/// Where prices are read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A file of JSON, relative to the mapping's own folder.
    pub file: Option<PathBuf>,
    /// An address that answers with JSON.
    pub url: Option<String>,
    /// What is sent to it by POST; without it the address is asked by GET.
    pub body: Option<String>,
    /// Headers that are sent along. `$NAME` at the beginning of a value is read from the environment: no secret stands
    /// in the mapping.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Where the time of the prices stands, as a JSON pointer: Unix seconds, or a time as RFC 3339 has it.
    pub time: Option<String>,
    /// How old they may be, in seconds; written as `90s`, `30m`, `6h` or `2d`. Nothing is said of a source without a
    /// time but the age of its file.
    #[serde(deserialize_with = "duration")]
    pub max_age: u64,
}

/// Where a provider's prices stand.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its number in the index.
    pub number: u8,
    /// What it is called, in messages for people.
    pub name: String,
    /// The source; may be left out where there is one.
    pub source: Option<String>,
    /// Its input price: a JSON pointer.
    pub input: String,
    /// Its output price: a JSON pointer.
    pub output: String,
    /// Millions of tokens of the day: a JSON pointer. Without it the volume is zero, and the list price stands.
    pub volume: Option<String>,
    /// How its prices are written, where that is not the mapping's own unit.
    pub unit: Option<Unit>,
}

/// A mapping file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The index.
    #[serde(default)]
    pub index: u16,
    /// How prices are written.
    #[serde(default)]
    pub unit: Unit,
    /// By how much a price may differ from the last one that this reporter sent, as a ratio in ten-thousandths, before
    /// a person has to say that it is right.
    #[serde(default = "jump")]
    pub max_jump_bps: u32,
    /// Sources by their names.
    pub source: BTreeMap<String, Source>,
    /// Providers, in any order.
    pub provider: Vec<Provider>,
    /// The folder that file names are relative to.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// A quarter more, or a fifth less: where an index asks for confirmation of its own price.
const fn jump() -> u32 {
    12_500
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    seconds(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no duration: write it as 90s, 30m, 6h or 2d")))
}

/// Seconds of a duration with its unit.
fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(1)?)?;
    let each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => DAY.into(),
        _ => return None,
    };
    number.trim().parse::<u64>().ok()?.checked_mul(each)
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// [`Unusable::Mapping`], a sentence with the line.
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        let mut mapping: Self = toml::from_str(text).map_err(|error| Unusable::Mapping(error.to_string()))?;
        let wrong = |sentence: String| Err(Unusable::Mapping(sentence));
        for (name, source) in &mapping.source {
            if source.file.is_some() == source.url.is_some() {
                return wrong(format!("the source {name} has either a file or a url: give it one of them"));
            }
            if source.url.is_some() && source.time.is_none() {
                return wrong(format!("the source {name} has no time: say where the time of its prices stands"));
            }
        }
        let only = if let [name] = mapping.source.keys().collect::<Vec<_>>()[..] { Some(name.clone()) } else { None };
        mapping.provider.sort_by_key(|provider| provider.number);
        let mut last = None;
        for provider in &mut mapping.provider {
            if usize::from(provider.number) >= MAX_PROVIDERS {
                return wrong(format!(
                    "there is no provider {}: an index has 0 to {}",
                    provider.number,
                    MAX_PROVIDERS - 1
                ));
            }
            if last.replace(provider.number) == Some(provider.number) {
                return wrong(format!("provider {} stands twice in the mapping", provider.number));
            }
            let name = provider.source.clone().or_else(|| only.clone());
            let Some(name) = name.filter(|name| mapping.source.contains_key(name)) else {
                return wrong(format!(
                    "provider {} ({}) names no source that there is",
                    provider.number, provider.name
                ));
            };
            provider.source = Some(name);
        }
        if mapping.provider.is_empty() {
            return wrong("there is no provider in the mapping".to_owned());
        }
        if mapping.max_jump_bps <= 10_000 {
            return wrong("max_jump_bps is a ratio in ten-thousandths: 12500 lets a quarter more through".to_owned());
        }
        Ok(mapping)
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// As [`Mapping::parse`], and for a file that cannot be read.
    pub fn read(path: &std::path::Path) -> Result<Self, Unusable> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Unusable::Mapping(format!("{} cannot be read: {error}", path.display())))?;
        let mut mapping =
            Self::parse(&text).map_err(|error| Unusable::Mapping(format!("{}: {error}", path.display())))?;
        mapping.folder = path.parent().map(std::path::Path::to_owned).unwrap_or_default();
        Ok(mapping)
    }
}
