//! What the programs that run on have in common: where their journal lies, their metrics, how they go on and how they
//! end.

use std::path::Path;
use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use sit_client::Signer;
use sit_client::rpc::Key;
use sit_keeper::log::Log;
use sit_keeper::metrics::Metrics;
use sit_keeper::{Journal, JournalError};

use crate::amount::{self, Rounding};
use crate::commands::input::Running;
use crate::context::Context;
use crate::failure::{Failure, Result};
use sit_client::rpc::to_hex;

impl Running {
    /// The cap in planck.
    ///
    /// # Errors
    /// Text that is no amount of DOT.
    pub fn cap(&self) -> Result<Option<u128>> {
        Ok(self.cap.as_deref().map(|text| amount::dot(text, Rounding::Exact)).transpose()?)
    }

    /// What stays in the wallet, in planck; zero for nothing.
    ///
    /// # Errors
    /// Text that is no amount of DOT.
    pub fn least(&self) -> Result<u128> {
        match self.least_dot.as_str() {
            "0" => Ok(0),
            text => Ok(amount::dot(text, Rounding::Exact)?),
        }
    }

    /// The journal of a program for a key on a chain.
    ///
    /// # Errors
    /// [`JournalError`], as a failure of this machine.
    pub fn open<E: Serialize + DeserializeOwned>(
        &self,
        context: &Context,
        who: &str,
        chain: u64,
        key: &Key,
    ) -> Result<(Journal<E>, Vec<E>)> {
        let path = match &self.journal {
            Some(path) => path.clone(),
            None => context.settings()?.state.join(format!("{who}-{chain}-{}.journal", to_hex(&key.address()))),
        };
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::local(format!("{} cannot be made: {error}", folder.display())))?;
        }
        Ok(Journal::open(&path)?)
    }

    /// Metrics, served if a port is given.
    ///
    /// # Errors
    /// A port that is taken.
    pub fn metrics(&self, who: &'static str) -> Result<Metrics> {
        let metrics = Metrics::new(who, Duration::from_secs(120)).map_err(Failure::local)?;
        if let Some(port) = self.metrics {
            let bound = metrics.serve(port).map_err(Failure::local)?;
            let fields =
                json!({ "metrics": format!("http://{bound}/metrics"), "health": format!("http://{bound}/health") });
            Log::standard(who).say("serves", fields);
        }
        Ok(metrics)
    }

    /// Waits for the next look.
    pub fn rest(&self) {
        std::thread::sleep(Duration::from_millis(self.pause));
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::local(error.to_string())
    }
}

/// A failure of one look, of a program that ends with it.
pub fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(crate::failure::Kind::Other, error.to_string())
}
