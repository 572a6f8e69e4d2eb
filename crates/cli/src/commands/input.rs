//! What several commands take.

use std::path::PathBuf;

use clap::Args;
use sit_engine::units::Seconds;

use crate::amount;
use crate::failure::{Failure, Result};

/// What every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Chain, key and output")]
pub struct Global {
    /// Profile: devnet, node, paseo, hub, or one of the configuration file [env: SIT_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Ethereum JSON-RPC of a node [env: SIT_RPC]
    #[arg(long, global = true, value_name = "URL")]
    pub rpc: Option<String>,
    /// Record of the deployment, a file [env: SIT_DEPLOYMENT]
    #[arg(long, global = true, value_name = "FILE")]
    pub deployment: Option<PathBuf>,
    /// Whose key signs: a name of the keystore, or of the development chain [env: SIT_KEY]
    #[arg(long, short = 'k', global = true, value_name = "NAME")]
    pub key: Option<String>,
    /// A program that signs, after its address: "0x... program arguments" [env: SIT_SIGNER]
    #[arg(long, global = true, value_name = "ADDRESS COMMAND", conflicts_with = "key")]
    pub signer: Option<String>,
    /// File with the password of the key; otherwise it is asked for [env: SIT_PASSWORD_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Folder of the keystore [env: SIT_KEYSTORE]
    #[arg(long, global = true, value_name = "DIR")]
    pub keystore: Option<PathBuf>,
    /// Account by its seat number; otherwise the key's own first account [env: SIT_SEAT]
    #[arg(long, global = true, value_name = "SEAT")]
    pub seat: Option<u32>,
    /// Configuration file [env: SIT_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Sign without asking
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// Show what would happen and send nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// One JSON object
    #[arg(long, global = true, conflicts_with = "csv")]
    pub json: bool,
    /// Comma-separated values
    #[arg(long, global = true)]
    pub csv: bool,
}

/// How long something is good.
#[derive(Args, Clone, Debug, Default)]
pub struct Good {
    /// How long it is good, from the time of the chain: 90s, 15m, 2h, 3d
    #[arg(long, value_name = "TIME")]
    pub good_for: Option<String>,
    /// Until when it is good, in UTC: 2026-12-01T16:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "good_for")]
    pub until: Option<String>,
}

impl Good {
    /// When it ends; zero for never.
    ///
    /// # Errors
    /// What is no time.
    pub fn expiry(&self, now: Seconds) -> Result<Seconds> {
        if let Some(text) = &self.good_for {
            return Ok(now.later(amount::duration(text)?));
        }
        let Some(text) = &self.until else { return Ok(Seconds::ZERO) };
        let time: jiff::Timestamp = text
            .parse()
            .map_err(|_| Failure::usage(format!("`{text}` is no time in UTC: write it as 2026-12-01T16:00:00Z")))?;
        let seconds = u32::try_from(time.as_second()).ok().filter(|seconds| *seconds > 0);
        seconds.map(Seconds).ok_or_else(|| Failure::usage(format!("{text} is before 1970 or after 2106")))
    }
}

/// From which block on history is shown.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Since {
    /// From this block on; otherwise from the first block of the deployment
    #[arg(long, value_name = "BLOCK")]
    pub since: Option<u64>,
}

/// Arguments of a program that runs on.
#[derive(Args, Clone, Debug)]
pub struct Running {
    /// Look once, do what is to be done, and end
    #[arg(long)]
    pub once: bool,
    /// Journal, a file [default: beside what else the program keeps, by chain and key]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Port of this machine for /metrics and /health; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub metrics: Option<u16>,
    /// Most DOT of a day, in UTC
    #[arg(long, value_name = "DOT")]
    pub cap: Option<String>,
    /// DOT that stay in the wallet for what cannot wait, 0 for none: with less, nothing else is sent; with less than
    /// twice as much, log and health say so
    #[arg(long, value_name = "DOT", default_value = "1dot")]
    pub least_dot: String,
    /// How long to wait between two looks, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 500)]
    pub pause: u64,
}
