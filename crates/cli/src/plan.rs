//! The plan of a deployment, a file that people write:
//!
//! ```toml
//! name = "trial"                                        # deployments/<chain id>/trial.json
//! token = "0x0000053900000000000000000000000001200000"  # collateral: USDC of Polkadot Hub
//! governor = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
//! guardian = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"
//!
//! [delays]                                              # those of the launch preset unless it says otherwise
//! tighten = "1h"
//! routine = "1d"
//! loosen = "2d"
//! critical = "3d"
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use sit_client::blobs::Manifest;
use sit_client::deploy::{self, Authority};
use sit_client::rpc::{Record, Rollout, to_hex};
use sit_client::{Artifact, Plan, codec};
use sit_engine::chain::Address;
use sit_engine::governance::Delays;
use sit_engine::launch;
use sit_native::{Contract, Message};
use sit_sim::keccak256;

use crate::amount;
use crate::blobs::manifest;
use crate::commands::delegate::address;
use crate::failure::{Failure, Result};
use crate::output::pretty;

/// The file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    token: String,
    governor: String,
    guardian: String,
    delays: Option<Waits>,
}

/// Delays as people write them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waits {
    tighten: String,
    routine: String,
    loosen: String,
    critical: String,
}

/// A plan that has been read and makes sense.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What the exchange is called.
    pub name: String,
    /// The collateral token.
    pub token: Address,
    /// Who proposes.
    pub governor: Address,
    /// Who vetoes.
    pub guardian: Address,
    /// What each class of messages waits for.
    pub delays: Delays,
}

impl Planned {
    /// Reads a plan.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key, and what the constructors would refuse.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::local(format!("the plan {} cannot be read: {error}", path.display())))?;
        let wrong = |what: String| Failure::local(format!("the plan {}: {what}", path.display()));
        let file: File =
            sit_sim::from_toml(&text).map_err(|why| wrong(why.lines().next().unwrap_or_default().to_owned()))?;
        let account = |key: &str, text: &str| address(text).map_err(|why| wrong(format!("`{key}`: {why}")));
        let delays = match &file.delays {
            None => launch::DELAYS,
            Some(waits) => {
                let wait = |key: &str, text: &str| {
                    amount::duration(text).map_err(|why| wrong(format!("`delays.{key}`: {why}")))
                };
                Delays {
                    tighten: wait("tighten", &waits.tighten)?,
                    routine: wait("routine", &waits.routine)?,
                    loosen: wait("loosen", &waits.loosen)?,
                    critical: wait("critical", &waits.critical)?,
                }
            }
        };
        let planned = Self {
            token: account("token", &file.token)?,
            governor: account("governor", &file.governor)?,
            guardian: account("guardian", &file.guardian)?,
            name: file.name,
            delays,
        };
        let clean = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if planned.name.is_empty() || !planned.name.chars().all(clean) {
            return Err(wrong(format!("`{}` is no name: use letters, digits, - and _", planned.name)));
        }
        if planned.governor == planned.guardian {
            return Err(wrong(
                "governor and guardian are one account: whoever has its key would stand alone".to_owned(),
            ));
        }
        if planned.delays.validate().is_err() {
            let Delays { tighten, routine, loosen, critical } = launch::DELAYS;
            return Err(wrong(format!(
                "governance refuses these delays: at least {tighten} s to tighten, {routine} s for routine, {loosen} s to \
                 loosen, {critical} s for what is critical, and none longer than thirty days"
            )));
        }
        Ok(planned)
    }

    /// As the client has it.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let Self { governor, guardian, delays, .. } = *self;
        Plan { token: self.token, authority: Authority::Contract { governor, guardian, delays }, programme: None }
    }

    /// What constructors and wiring take from the plan, to be kept beside its addresses.
    fn terms(&self) -> Value {
        let Delays { tighten, routine, loosen, critical } = self.delays;
        json!({
            "token": to_hex(&self.token),
            "governor": to_hex(&self.governor),
            "guardian": to_hex(&self.guardian),
            "delays_seconds": { "tighten": tighten, "routine": routine, "loosen": loosen, "critical": critical },
        })
    }
}

/// Where a deployment is kept: `FOLDER/<chain id>/<name>.plan.json` from before its first transaction, and
/// `FOLDER/<chain id>/<name>.json` once it stands.
#[derive(Clone, Debug)]
pub struct Kept {
    rollout: PathBuf,
    /// The record.
    pub record: PathBuf,
}

impl Kept {
    /// Of a name on a chain.
    #[must_use]
    pub fn of(folder: &Path, chain: u64, name: &str) -> Self {
        let folder = folder.join(chain.to_string());
        Self { rollout: folder.join(format!("{name}.plan.json")), record: folder.join(format!("{name}.json")) }
    }

    /// The addresses that were planned before, if they were.
    ///
    /// # Errors
    /// A file that cannot be read, and a plan that has changed since.
    pub fn rollout(&self, planned: &Planned) -> Result<Option<Rollout>> {
        let text = match fs::read_to_string(&self.rollout) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::local(format!("{} cannot be read: {error}", self.rollout.display())));
            }
        };
        let rollout = Rollout::from_json(&text)
            .map_err(|error| Failure::local(format!("{}: {error}", self.rollout.display())))?;
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let (was, is) = (&value["terms"], planned.terms());
        let differs = ["token", "governor", "guardian", "delays_seconds"].into_iter().find(|key| was[key] != is[key]);
        if let Some(key) = differs {
            return Err(Failure::local(format!(
                "this deployment was begun with `{key}` {}, and the plan says {} now: put it back to go on, or choose \
                 another `name` and another key to begin anew. Nothing was sent",
                was[key], is[key]
            )));
        }
        Ok(Some(rollout))
    }

    /// Writes the planned addresses down: before the first transaction.
    ///
    /// # Errors
    /// A folder that cannot be written, an ABI that is not its code's.
    pub fn keep_rollout(&self, rollout: &Rollout, planned: &Planned) -> Result {
        for step in &rollout.steps {
            abi_hash(manifest(), &Artifact::of(step.contract)?)?;
        }
        let mut value = rollout.to_json();
        value["terms"] = planned.terms();
        write(&self.rollout, &value)
    }

    /// Writes the record of what stands.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn keep_record(&self, rollout: &Rollout, planned: &Planned) -> Result {
        write(&self.record, &record(rollout, planned)?)
    }
}

/// The record of an exchange as `--deployment` takes it, with where it comes from, who governs, what each constructor
/// was given, and the messages that wire the contracts.
fn record(rollout: &Rollout, planned: &Planned) -> Result<Value> {
    let plan = planned.plan();
    let deployment = rollout.deployment(&plan);
    let record: Record = rollout.record(&planned.name, &plan);
    let mut value = record.to_json();
    let terms = planned.terms();
    value["deployer"] = to_hex(&rollout.deployer).into();
    value["governance"] = json!({
        "governor": terms["governor"], "guardian": terms["guardian"], "delays_seconds": terms["delays_seconds"],
    });
    value["source"] = json!({ "version": env!("CARGO_PKG_VERSION"), "compiler": manifest().compiler });
    for step in &rollout.steps {
        let (contract, artifact) = (&mut value["contracts"][step.contract.name()], Artifact::of(step.contract)?);
        contract["bytes"] = artifact.code.len().into();
        contract["transaction_number"] = step.nonce.into();
        contract["abi_hash"] = abi_hash(manifest(), &artifact)?.into();
        let constructor = deploy::constructor(step.contract, &deployment, &plan)?;
        contract["constructor_input"] = to_hex(&codec::input(&constructor)).into();
    }
    let wired = |message: &Message| {
        let (contract, name) = (message.contract().name(), message.name());
        json!({ "contract": contract, "message": name, "call": to_hex(&codec::calldata(message)) })
    };
    value["wiring"] = deploy::wiring(&deployment, &plan)?.iter().map(wired).collect();
    debug_assert!(value["contracts"][Contract::Token.name()].is_object());
    Ok(value)
}

/// The hash of the ABI beside a contract's code, as the record names it. Whoever takes the record for the interface of
/// what stands there must get the one of that code: where the manifest knows the code, its word is compared.
///
/// # Errors
/// An ABI that is another one than the manifest has for this code.
fn abi_hash(manifest: &Manifest, artifact: &Artifact) -> Result<String> {
    let (code, abi) = (to_hex(&keccak256(&artifact.code)), to_hex(&artifact.abi_hash));
    match manifest.named(&code) {
        Some((name, blob)) if blob.abi_hash != abi => Err(Failure::local(format!(
            "the code of `{}` is what this source builds as {name}, and the ABI beside it is not ({abi} instead of {}): \
             build the contracts again with scripts/test contracts",
            artifact.name, blob.abi_hash
        ))),
        _ => Ok(abi),
    }
}

/// Writes a file whole or not at all.
fn write(path: &Path, value: &Value) -> Result {
    let failed = |error: std::io::Error| Failure::local(format!("{} cannot be written: {error}", path.display()));
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let half = path.with_extension("new");
    fs::write(&half, pretty(value) + "\n").map_err(failed)?;
    // On the disk, and not only in the system's hands: transactions follow that are worth the contracts.
    fs::File::open(&half).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&half, path).map_err(failed)?;
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "name = 'trial'\ntoken = '0x0000053900000000000000000000000001200000'\n\
                        governor = '0xa0Ee7A142d267C1f36714E4a8F75612F20a79720'\n\
                        guardian = '0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f'\n";

    fn read(text: &str) -> Result<Planned> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plan.toml");
        fs::write(&path, text).expect("written");
        Planned::read(&path)
    }

    #[test]
    fn a_record_names_the_abi_that_belongs_to_the_code() {
        let artifact = |abi: &str| Artifact::new("vault", vec![1, 2, 3], abi).expect("an ABI");
        let own = artifact("[]");
        let hash = |of: &Artifact| to_hex(&of.abi_hash);
        let blob =
            sit_client::blobs::Blob { bytes: 3, code_hash: to_hex(&keccak256(&[1, 2, 3])), abi_hash: hash(&own) };
        let known = Manifest { blobs: [("vault".to_owned(), blob)].into(), ..Manifest::default() };
        assert_eq!(abi_hash(&known, &own).expect("they belong together"), hash(&own));
        let other = artifact("[ ]");
        let said = abi_hash(&known, &other).expect_err("another file").message;
        assert!(said.contains("`vault`") && said.contains(&hash(&other)), "{said}");
        // Code that the manifest does not know has the ABI beside it, and not the one of the manifest's code.
        assert_eq!(abi_hash(&Manifest::default(), &other).expect("nothing is known"), hash(&other));
    }

    #[test]
    fn a_plan_takes_the_presets_delays_unless_it_says_otherwise() {
        assert_eq!(read(PLAN).expect("a plan").delays, launch::DELAYS);
        let slow = "[delays]\ntighten = '2h'\nroutine = '2d'\nloosen = '3d'\ncritical = '7d'\n";
        let delays = read(&format!("{PLAN}{slow}")).expect("a plan").delays;
        assert_eq!(delays, Delays { tighten: 7_200, routine: 172_800, loosen: 259_200, critical: 604_800 });
    }

    #[test]
    fn what_a_plan_cannot_mean_is_refused_with_its_place() {
        for (text, says) in [
            (PLAN.replace("trial", "../trial"), "is no name"),
            (
                PLAN.replace(
                    "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
                    "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
                ),
                "one account",
            ),
            (PLAN.replace("token = '0x0000", "token = '0x00"), "`token`"),
            (format!("{PLAN}color = 'red'\n"), "line 5: unknown field `color`"),
            (
                format!("{PLAN}[delays]\ntighten = '1h'\nroutine = '1h'\nloosen = '2d'\ncritical = '3d'\n"),
                "refuses these delays",
            ),
        ] {
            let said = read(&text).expect_err(says).message;
            assert!(said.contains(says) && said.contains("plan.toml"), "{said}");
        }
    }
}
