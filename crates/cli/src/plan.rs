//! The plan of a deployment, a file that people write:
//!
//! ```toml
//! name = "trial"                                        # deployments/<chain id>/trial.json
//! token = "0x0000053900000000000000000000000001200000"  # collateral: USDC of Polkadot Hub
//! governor = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
//! guardian = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"
//! previous = "rehearsal"                                # the deployment that this one follows, if there is one
//!
//! [delays]                                              # those of the launch preset unless it says otherwise
//! tighten = "1h"
//! routine = "1d"
//! loosen = "2d"
//! critical = "3d"
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use sit_client::blobs::Manifest;
use sit_client::deploy::{self, Authority};
use sit_client::rpc::{Made, Record, Rollout, to_hex};
use sit_client::{Artifact, Deployment, Plan, codec, write_whole};
use sit_engine::chain::{Address, Hash};
use sit_engine::governance::Delays;
use sit_engine::launch;
use sit_native::{Contract, Message, PLANCK_OF_A_BYTE, PLANCK_OF_A_CELL};
use sit_sim::keccak256;

use crate::amount;
use crate::blobs::manifest;
use crate::commands::delegate::address;
use crate::failure::{Failure, Result};
use crate::output::pretty;
use crate::source::Checkout;

/// The file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    token: String,
    governor: String,
    guardian: String,
    previous: Option<String>,
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
    /// What the deployment is called that this one follows.
    pub previous: Option<String>,
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
            previous: file.previous,
            delays,
        };
        let clean = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        for name in [&planned.name].into_iter().chain(&planned.previous) {
            if name.is_empty() || !name.chars().all(clean) {
                return Err(wrong(format!("`{name}` is no name: use letters, digits, - and _")));
            }
        }
        if planned.name == LATEST {
            return Err(wrong(format!(
                "`{LATEST}` is the file that names the newest record of each chain: choose another"
            )));
        }
        if planned.previous.as_ref() == Some(&planned.name) {
            return Err(wrong("`previous` is the deployment itself: name the one before it, or none".to_owned()));
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

/// The name of the file beside the folders of the chains that says which record of each is the newest.
const LATEST: &str = "latest";

/// Which record of each chain is the newest, `FOLDER/latest.json`: chain ids, and paths of records from that folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Latest(BTreeMap<String, String>);

impl Latest {
    /// Reads the text of the file; nothing where it is none, such as a record.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// Whether there is a record of a chain.
    #[must_use]
    pub fn has(&self, chain: u64) -> bool {
        self.0.contains_key(&chain.to_string())
    }

    /// The newest record of a chain, where the file lies at this path.
    #[must_use]
    pub fn of(&self, chain: u64, path: &Path) -> Option<PathBuf> {
        let folder = path.parent().unwrap_or(Path::new(""));
        self.0.get(&chain.to_string()).map(|record| folder.join(record))
    }
}

/// What a record says that follows neither from the plan nor from the planned addresses: it is read off the chain and
/// this machine when the contracts are deployed. What is not known is null in the record, or stays what it was.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// How the contracts came to stand.
    pub made: Vec<Made>,
    /// Hash and time, in Unix seconds, of the block after which the deployment began.
    pub began: Option<(Hash, u64)>,
    /// The source of the contracts.
    pub checkout: Option<Checkout>,
    /// The deployment before this one, as [`Kept::previous`] has it.
    pub previous: Value,
}

/// The refundable part of what a contract costs: the deposit for its code, two cells and its bytes, at the prices of
/// Polkadot Hub.
#[must_use]
pub fn code_deposit(bytes: usize) -> i128 {
    2 * PLANCK_OF_A_CELL + i128::try_from(bytes).unwrap_or(i128::MAX).saturating_mul(PLANCK_OF_A_BYTE)
}

/// Where a deployment is kept: `FOLDER/<chain id>/<name>.plan.json` from before its first transaction,
/// `FOLDER/<chain id>/<name>.json` once it stands, and `FOLDER/latest.json` beside them.
#[derive(Clone, Debug)]
pub struct Kept {
    chain: u64,
    folder: PathBuf,
    rollout: PathBuf,
    /// The record.
    pub record: PathBuf,
}

impl Kept {
    /// Of a name on a chain.
    #[must_use]
    pub fn of(folder: &Path, chain: u64, name: &str) -> Self {
        let of_chain = folder.join(chain.to_string());
        Self {
            chain,
            folder: folder.to_owned(),
            rollout: of_chain.join(format!("{name}.plan.json")),
            record: of_chain.join(format!("{name}.json")),
        }
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

    /// What the record says of the deployment before this one: its name, the hash of its record and its clearing house.
    ///
    /// # Errors
    /// A record of that name that there is not, or that cannot be read.
    pub fn previous(&self, planned: &Planned) -> Result<Value> {
        let Some(name) = &planned.previous else { return Ok(Value::Null) };
        let path = self.record.with_file_name(format!("{name}.json"));
        let wrong = |why: &dyn std::fmt::Display| {
            Failure::local(format!("`previous`, the record {}: {why}. Nothing was sent", path.display()))
        };
        let text = fs::read_to_string(&path).map_err(|error| wrong(&error))?;
        let before = Record::from_json(&text).map_err(|error| wrong(&error))?;
        let clearing = before.deployment().get(Contract::Clearing).map(|address| to_hex(&address));
        let hash = to_hex(&keccak256(text.as_bytes()));
        Ok(json!({ "name": name, "record_hash": hash, "clearing": clearing }))
    }

    /// Which record of each chain is the newest.
    ///
    /// # Errors
    /// A file that is something else.
    pub fn latest(&self) -> Result<Latest> {
        let path = self.latest_path();
        let wrong = |why: String| Failure::local(format!("{}: {why}. Nothing was sent", path.display()));
        match fs::read_to_string(&path) {
            Ok(text) => Latest::read(&text).ok_or_else(|| {
                wrong("it does not name a record for each chain; move it away, and it is written anew".to_owned())
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Latest::default()),
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    fn latest_path(&self) -> PathBuf {
        self.folder.join(format!("{LATEST}.json"))
    }

    /// Notes the record as the newest of its chain.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn keep_latest(&self, mut latest: Latest) -> Result {
        let name = self.record.file_name().unwrap_or_default().to_string_lossy();
        latest.0.insert(self.chain.to_string(), format!("{}/{name}", self.chain));
        write(&self.latest_path(), &json!(latest.0))
    }

    /// The record as it lies there, whole; nothing where there is none that can be read.
    #[must_use]
    pub fn kept(&self) -> Option<Value> {
        serde_json::from_str(&fs::read_to_string(&self.record).ok()?).ok()
    }

    /// Writes the record of what stands. What an earlier record of these contracts knew and `facts` do not have is
    /// kept.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn keep_record(&self, rollout: &Rollout, planned: &Planned, facts: &Facts) -> Result {
        let mut record = record(rollout, planned, facts)?;
        if let Some(was) = self.kept().filter(|was| is_of(was, &record)) {
            carry_on(&mut record, &was);
        }
        write(&self.record, &record)
    }

    /// Writes into the record what has come since the contracts stand.
    ///
    /// # Errors
    /// No record, and a folder that cannot be written.
    pub fn keep_noted(&self, noted: Value) -> Result {
        let mut record = self.kept().ok_or_else(|| {
            Failure::local(format!("there is no record {}: `sit deploy PLAN` comes first", self.record.display()))
        })?;
        if let (Value::Object(record), Value::Object(noted)) = (&mut record, noted) {
            record.extend(noted);
        }
        write(&self.record, &record)
    }
}

/// Whether two records are of contracts that one key deployed to the same addresses of one chain.
fn is_of(one: &Value, other: &Value) -> bool {
    let places = |record: &Value| -> Option<Vec<(String, String)>> {
        let contracts = record["contracts"].as_object()?;
        let place = |(name, at): (&String, &Value)| Some((name.clone(), at["address"].as_str()?.to_lowercase()));
        contracts.iter().map(place).collect()
    };
    one["chain"] == other["chain"] && one["deployer"] == other["deployer"] && places(one) == places(other)
}

/// Fills what a record does not know from an earlier one of the same contracts. What that says of their source stays
/// whole: whoever writes the record again may stand in another checkout by now, or have another version of the program.
fn carry_on(record: &mut Value, was: &Value) {
    if !was["source"]["git"].is_null() {
        record["source"] = Value::Null;
    }
    keep_known(record, was);
}

/// Fills what a record does not know, null or not there, from an earlier one.
pub fn keep_known(record: &mut Value, was: &Value) {
    match (record, was) {
        (Value::Object(record), Value::Object(was)) => {
            for (key, was) in was {
                keep_known(record.entry(key.as_str()).or_insert(Value::Null), was);
            }
        }
        (record, was) if record.is_null() => *record = was.clone(),
        _ => {}
    }
}

/// The record of an exchange as `--deployment` takes it, with where it comes from, who governs, what made each contract
/// and what its constructor was given, and the messages that wire the contracts.
fn record(rollout: &Rollout, planned: &Planned, facts: &Facts) -> Result<Value> {
    let plan = planned.plan();
    let deployment = rollout.deployment(&plan);
    let record: Record = rollout.record(&planned.name, &plan);
    let mut value = record.to_json();
    let terms = planned.terms();
    value["deployer"] = to_hex(&rollout.deployer).into();
    value["governance"] = json!({
        "governor": terms["governor"], "guardian": terms["guardian"], "delays_seconds": terms["delays_seconds"],
    });
    let (checkout, began) = (facts.checkout.as_ref(), facts.began);
    value["first_block_hash"] = began.map(|(hash, _)| to_hex(&hash)).into();
    value["first_block_time"] = began.map(|(_, time)| time).into();
    value["previous"] = facts.previous.clone();
    value["source"] = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "compiler": manifest().compiler,
        "blobs_are_named": manifest().hold(rollout.steps.iter().map(|step| (step.contract, step.code))).is_ok(),
        "git": checkout.map(|checkout| &checkout.commit),
        "dirty": checkout.map(|checkout| checkout.dirty),
        "lock_hash": checkout.map(|checkout| &checkout.lock_hash),
    });
    for step in &rollout.steps {
        let (contract, artifact) = (&mut value["contracts"][step.contract.name()], Artifact::of(step.contract)?);
        // Of a build that is another one by now nothing is said: what an earlier record knew is kept.
        let same = keccak256(&artifact.code) == step.code;
        contract["bytes"] = same.then_some(artifact.code.len()).into();
        contract["transaction_number"] = step.nonce.into();
        let made = facts.made.iter().find(|made| made.contract == step.contract);
        contract["transaction"] = made.map(|made| to_hex(&made.transaction)).into();
        contract["block"] = made.map(|made| made.block).into();
        // Planck of a contract are far below 2^64.
        contract["paid_planck"] = made.and_then(|made| u64::try_from(made.planck).ok()).into();
        let deposit = same.then(|| code_deposit(artifact.code.len()));
        contract["deposit_planck"] = deposit.and_then(|deposit| u64::try_from(deposit).ok()).into();
        contract["abi_hash"] = same.then(|| abi_hash(manifest(), &artifact)).transpose()?.into();
        contract["constructor_input"] = constructor_input(step.contract, &deployment, &plan)?;
    }
    value["wiring"] = wiring(&deployment, &plan)?;
    debug_assert!(value["contracts"][Contract::Token.name()].is_object());
    Ok(value)
}

/// What a contract's constructor was given, as the record has it.
///
/// # Errors
/// A contract that it needs and that there is not.
pub fn constructor_input(contract: Contract, deployment: &Deployment, plan: &Plan) -> Result<Value> {
    Ok(to_hex(&codec::input(&deploy::constructor(contract, deployment, plan)?)).into())
}

/// The messages that wire the contracts, as the record has them.
///
/// # Errors
/// A contract that they need and that there is not.
pub fn wiring(deployment: &Deployment, plan: &Plan) -> Result<Value> {
    let wired = |message: &Message| {
        let (contract, name) = (message.contract().name(), message.name());
        json!({ "contract": contract, "message": name, "call": to_hex(&codec::calldata(message)) })
    };
    Ok(deploy::wiring(deployment, plan)?.iter().map(wired).collect())
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

/// Writes a file whole or not at all, and its folder.
fn write(path: &Path, value: &Value) -> Result {
    let failed = |error: std::io::Error| Failure::local(format!("{} cannot be written: {error}", path.display()));
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    // Transactions follow that are worth the contracts.
    write_whole(path, &(pretty(value) + "\n")).map_err(failed)
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
    fn what_an_earlier_record_knew_is_kept_where_a_new_one_does_not_know_it() {
        let was = json!({
            "first_block_hash": "0x07", "products": [1], "source": { "git": "aa", "dirty": false },
            "contracts": { "vault": { "address": "0x01", "block": 5 } },
        });
        let mut record = json!({
            "first_block_hash": null, "source": { "git": "bb", "dirty": true },
            "contracts": { "vault": { "address": "0x01", "block": null, "bytes": 3 } },
        });
        keep_known(&mut record, &was);
        let wanted = json!({
            "first_block_hash": "0x07", "products": [1], "source": { "git": "bb", "dirty": true },
            "contracts": { "vault": { "address": "0x01", "block": 5, "bytes": 3 } },
        });
        assert_eq!(record, wanted);
        // Nothing is known of other contracts, whatever their name.
        let of = |chain: u64, address: &str| json!({ "chain": { "id": chain }, "deployer": "0x02", "contracts": { "vault": { "address": address } } });
        assert!(is_of(&of(1, "0xAb"), &of(1, "0xab")));
        assert!(!is_of(&of(1, "0xab"), &of(1, "0xac")) && !is_of(&of(1, "0xab"), &of(2, "0xab")));
        assert!(!is_of(&json!("no record"), &of(1, "0xab")));
    }

    #[test]
    fn the_source_that_a_record_names_stays_whoever_writes_it_again() {
        let record = |source: &Value| json!({ "source": source, "contracts": {} });
        let [was, now] = ["aa", "bb"].map(|git| json!({ "version": git, "git": git, "dirty": git == "aa" }));
        let carried = |was: &Value| {
            let mut carried = record(&now);
            carry_on(&mut carried, &record(was));
            carried
        };
        assert_eq!(carried(&was), record(&was), "a clean checkout makes no clean build of an old one");
        assert_eq!(
            carried(&json!({ "version": "aa", "git": null, "dirty": null })),
            record(&now),
            "and fills what is not known"
        );
        assert_eq!(carried(&Value::Null), record(&now));
    }

    #[test]
    fn the_newest_record_of_each_chain_is_named_beside_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("latest.json");
        let keep = |chain: u64, name: &str| {
            let kept = Kept::of(folder.path(), chain, name);
            kept.keep_latest(kept.latest().expect("it can be read")).expect("written");
        };
        keep(7, "trial");
        keep(8, "other");
        keep(7, "second");
        let latest = Latest::read(&fs::read_to_string(&path).expect("a file")).expect("names");
        assert_eq!(latest.of(7, &path), Some(folder.path().join("7/second.json")));
        assert_eq!(latest.of(8, &path), Some(folder.path().join("8/other.json")));
        assert_eq!(latest.of(9, &path), None);
        assert_eq!(Latest::read(r#"{ "schema": 1, "name": "trial" }"#), None, "a record is none");
        fs::write(&path, "[]").expect("written");
        let said = Kept::of(folder.path(), 7, "trial").latest().expect_err("a list").message;
        assert!(said.contains("latest.json") && said.contains("move it away"), "{said}");
    }

    #[test]
    fn the_deployment_before_is_named_by_its_record() {
        let folder = tempfile::tempdir().expect("a folder");
        let planned = read(&format!("{PLAN}previous = 'first'\n")).expect("a plan");
        let kept = Kept::of(folder.path(), 7, "trial");
        let said = kept.previous(&planned).expect_err("there is none").message;
        assert!(said.contains("first.json") && said.contains("Nothing was sent"), "{said}");
        let contracts = [(Contract::Clearing, ([9; 20], None))].into();
        let first = Record { name: "first".to_owned(), chain: 7, genesis: [1; 32], first_block: 3, contracts };
        let path = folder.path().join("7/first.json");
        write(&path, &first.to_json()).expect("written");
        let before = kept.previous(&planned).expect("a record");
        let hash = to_hex(&keccak256(&fs::read(&path).expect("a file")));
        assert_eq!(before, json!({ "name": "first", "record_hash": hash, "clearing": to_hex(&[9; 20]) }));
        assert_eq!(kept.previous(&read(PLAN).expect("a plan")).expect("none"), Value::Null);
    }

    #[test]
    fn what_a_plan_cannot_mean_is_refused_with_its_place() {
        for (text, says) in [
            (PLAN.replace("trial", "../trial"), "is no name"),
            (PLAN.replace("trial", "latest"), "the newest record of each chain"),
            (format!("{PLAN}previous = 'trial'\n"), "`previous` is the deployment itself"),
            (format!("{PLAN}previous = '../trial'\n"), "is no name"),
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
