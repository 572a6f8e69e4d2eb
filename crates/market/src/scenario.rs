//! Scenarios: short markets written down message by message, so that others can replay them on deployed contracts.
//!
//! ```json
//! { "name": "crash-03", "kind": "crash", "seed": 3, "starts": 1795392000,
//!   "actors": ["governance", "maker 1", ...],
//!   "steps": [{ "at": 1795435200, "by": "maker 1", "to": "clearing", "message": "quote",
//!               "arguments": [0, 0, "0x00...", 0], "answer": [1] }, ...],
//!   "ends": { "fund": 250000000000, "accounts": [{ "seat": 0, "owner": "maker 1", "cash": 999000000, ... }] } }
//! ```
//!
//! A step is the ABI call: contract, message, arguments in the order of the ABI. Addresses are names after `@`, bytes
//! are hexadecimal after `0x`, structs and arrays are arrays. Where the exchange refuses, `refused` names the error. A
//! `mint` gives tokens to an actor, who lets the vault take them. What is written is what the native engine did, to the
//! last atom.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sit_engine::clearing::Store;
use sit_native::{Argument, Contract, Exchange, Message};

use super::cast::Cast;
use super::parameters::ParameterSet;
use super::report::margin_of;
use super::run::{FIRST_DAY, PathPlan, run_path};
use super::strategies::Reporters;
use super::venue::{Address, Sent, Venue};
use sit_sim::margin::MarginError;
use sit_sim::model::Model;
use sit_sim::path::{ScheduledJump, Target};

/// Paths of the margin computation: a scenario needs a margin, not an accurate one.
const MARGIN_PATHS: u64 = 10_000;

/// What a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing but the model's own noise, without its jumps.
    Calm,
    /// The price rises by 30 % and falls back.
    Spike,
    /// The price falls by 35 % and stays there.
    Crash,
    /// The price rises by 60 %, through both price limits and every margin.
    Gap,
    /// Nobody reports for two days.
    SilentIndex,
    /// The price falls by 12 % on each of three days, and leverage with it.
    Cascade,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Calm, Self::Spike, Self::Crash, Self::Gap, Self::SilentIndex, Self::Cascade];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Spike => "spike",
            Self::Crash => "crash",
            Self::Gap => "gap",
            Self::SilentIndex => "silent-index",
            Self::Cascade => "cascade",
        }
    }

    /// Days after the first.
    fn days(self) -> u32 {
        match self {
            Self::Calm => 2,
            Self::Spike | Self::Crash | Self::Gap => 3,
            Self::SilentIndex | Self::Cascade => 4,
        }
    }

    fn jumps(self) -> Vec<ScheduledJump> {
        let jump = |day, factor: f64, target| ScheduledJump { day, log_size: factor.ln(), target };
        match self {
            Self::Calm | Self::SilentIndex => Vec::new(),
            Self::Spike => vec![jump(2, 1.3, Target::Permanent), jump(3, 1.0 / 1.3, Target::Permanent)],
            Self::Crash => vec![jump(2, 0.65, Target::Permanent)],
            Self::Gap => vec![jump(2, 1.6, Target::Permanent)],
            Self::Cascade => (2..5).map(|day| jump(day, 0.88, Target::Permanent)).collect(),
        }
    }
}

/// A message of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Time of the block, Unix seconds.
    pub at: u32,
    /// Who sends it.
    pub by: String,
    /// Contract that it goes to, or `token` for a mint.
    pub to: String,
    /// Name of the message.
    pub message: String,
    /// Arguments in the order of the ABI.
    pub arguments: Vec<Value>,
    /// Numbers that it returned, if it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Vec<i128>>,
    /// The error, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// An account at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountLine {
    /// Its seat.
    pub seat: u32,
    /// Whose it is.
    pub owner: String,
    /// Cash, quote atoms.
    pub cash: u64,
    /// Positions: instrument, lots, basis in points.
    pub positions: Vec<(u16, i32, i64)>,
}

/// How a scenario ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// Insurance fund, quote atoms.
    pub fund: u64,
    /// Deposits less withdrawals, quote atoms.
    pub custody: i128,
    /// Every account.
    pub accounts: Vec<AccountLine>,
}

/// A scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name: kind and number.
    pub name: String,
    /// What it is about.
    pub kind: Kind,
    /// Seed of its path.
    pub seed: u64,
    /// Time of the first block, Unix seconds.
    pub starts: u32,
    /// Everybody who sends or is named.
    pub actors: Vec<String>,
    /// Messages that the contracts of this version do not have: a replay leaves them out and says so.
    pub lacks: Vec<String>,
    /// What is sent, in order.
    pub steps: Vec<Line>,
    /// How it ends.
    pub ends: Ending,
}

/// Why a line of a scenario cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// No contract, message, or arguments of that kind.
    #[error("{to}.{message}: there is no such message with these arguments")]
    Message {
        /// The contract named.
        to: String,
        /// The message named.
        message: String,
    },
}

/// Writes `count` scenarios, each kind in turn, from the paper's model without its jumps, which the kind brings itself.
///
/// # Errors
/// [`MarginError`] when the margin cannot be computed, which is a fault of the parameters here.
pub fn write_all(count: u64) -> Result<Vec<Scenario>, MarginError> {
    let model = model();
    let set = ParameterSet { latency: 600, ..ParameterSet::default() };
    let (_, shocks, certificate) = margin_of(&model, &set, 1, MARGIN_PATHS)?;
    let kinds = Kind::ALL.into_iter().cycle();
    let each = (0..count).zip(kinds).map(|(place, kind)| {
        let number = 1 + place / Kind::ALL.len() as u64;
        scenario(&model, &set, &shocks, certificate, kind, number)
    });
    Ok(each.collect())
}

/// The paper's process without its jumps.
fn model() -> Model {
    let calm = "log_spot = 0.693147\n[trend]\nslope = -0.35\n[reverting]\nkappa = 2.5\nsigma = 0.40\n";
    Model::from_toml(calm).unwrap_or_else(|_| Model::paper())
}

fn scenario(
    model: &Model,
    set: &ParameterSet,
    shocks: &[u8],
    certificate: [u8; 32],
    kind: Kind,
    number: u64,
) -> Scenario {
    let jumps = kind.jumps();
    let plan = PathPlan {
        model,
        set,
        shocks,
        certificate,
        seed: number,
        path: 0,
        days: kind.days(),
        months: 1,
        jumps: &jumps,
        recording: true,
    };
    let silent = if kind == Kind::SilentIndex { 2..4 } else { 0..0 };
    let mut agents = Cast::small().assemble(set, Reporters { silent, fault: None }, None);
    let (outcome, mut venue) = run_path(&plan, &mut agents);
    let mut actors: Vec<String> = venue.names.values().cloned().collect();
    actors.sort();
    Scenario {
        name: format!("{}-{number:02}", kind.name()),
        kind,
        seed: number,
        starts: FIRST_DAY.start().0,
        actors,
        lacks: Vec::new(),
        steps: outcome.record.iter().map(|sent| line(&venue, sent)).collect(),
        ends: ending(&mut venue.exchange, |address| name_of(&venue.names, address)),
    }
}

fn name_of(names: &std::collections::HashMap<Address, String>, address: Address) -> String {
    names.get(&address).cloned().unwrap_or_else(|| hex(&address))
}

/// How an exchange ends, with owners by name.
pub fn ending(exchange: &mut Exchange, name: impl Fn(Address) -> String) -> Ending {
    let ledger = exchange.clearing.ledger();
    let accounts = exchange.clearing.accounts().map(|(seat, account)| AccountLine {
        seat: seat.0,
        owner: name(account.owner),
        cash: account.cash,
        positions: account.positions().iter().map(|held| (held.instrument.0, held.net.0, held.basis.0)).collect(),
    });
    Ending { fund: ledger.fund, custody: ledger.custody().0, accounts: accounts.collect() }
}

fn line(venue: &Venue, sent: &Sent) -> Line {
    let write = |argument: &Argument| text(argument, &|address| format!("@{}", name_of(&venue.names, address)));
    let (to, message, arguments) = match &sent.what {
        super::venue::What::Message(message) => (
            message.contract().name().to_owned(),
            message.name().to_owned(),
            message.arguments().iter().map(write).collect(),
        ),
        super::venue::What::Mint(atoms) => ("token".to_owned(), "mint".to_owned(), vec![Value::from(*atoms)]),
    };
    Line {
        at: sent.at.0,
        by: name_of(&venue.names, sent.by),
        to,
        message,
        arguments,
        answer: sent.outcome.as_ref().ok().map(|answer| answer.0.clone()),
        refused: sent.outcome.as_ref().err().map(|refusal| refusal.name().to_owned()),
    }
}

impl Line {
    /// The message of a line, with the addresses of the actors' names.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn message(&self, address: &dyn Fn(&str) -> Option<Address>) -> Result<Message, LineError> {
        let wrong = || LineError::Message { to: self.to.clone(), message: self.message.clone() };
        let contract = Contract::from_name(&self.to).ok_or_else(wrong)?;
        let arguments: Option<Vec<Argument>> = self.arguments.iter().map(|value| argument(value, address)).collect();
        arguments.and_then(|arguments| Message::parse(contract, &self.message, &arguments)).ok_or_else(wrong)
    }

    /// Quote atoms of a mint; nothing for a message.
    #[must_use]
    pub fn mint(&self) -> Option<u64> {
        (self.to == "token" && self.message == "mint").then(|| self.arguments.first()?.as_u64()).flatten()
    }
}

fn text(argument: &Argument, name: &dyn Fn(Address) -> String) -> Value {
    match argument {
        Argument::Number(number) => {
            u64::try_from(*number).map_or_else(|_| Value::from(number.to_string()), Value::from)
        }
        Argument::Signed(number) => {
            i64::try_from(*number).map_or_else(|_| Value::from(number.to_string()), Value::from)
        }
        Argument::Flag(flag) => Value::from(*flag),
        Argument::Address(address) => Value::from(name(*address)),
        Argument::Word(word) => Value::from(hex(word)),
        Argument::Bytes(bytes) => Value::from(hex(bytes)),
        Argument::Tuple(items) | Argument::List(items) => items.iter().map(|item| text(item, name)).collect(),
    }
}

fn argument(value: &Value, address: &dyn Fn(&str) -> Option<Address>) -> Option<Argument> {
    Some(match value {
        Value::Bool(flag) => Argument::Flag(*flag),
        Value::Number(number) => match number.as_u64() {
            Some(number) => Argument::Number(number.into()),
            None => Argument::Signed(number.as_i64()?.into()),
        },
        Value::String(text) => match text.strip_prefix('@') {
            Some(name) => Argument::Address(address(name)?),
            None => Argument::Bytes(unhex(text.strip_prefix("0x")?)?),
        },
        Value::Array(items) => {
            let items: Option<Vec<Argument>> = items.iter().map(|item| argument(item, address)).collect();
            Argument::Tuple(items?)
        }
        Value::Null | Value::Object(_) => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || digits.len() % 2 == 1 {
        return None;
    }
    (0..digits.len() / 2).map(|byte| u8::from_str_radix(&digits[2 * byte..2 * byte + 2], 16).ok()).collect()
}

/// Replays a scenario on a native exchange, from nothing but its text: every answer and refusal must come again, and
/// the same ending. Returns how many lines were sent.
///
/// # Errors
/// The first difference, in words.
pub fn replay(scenario: &Scenario) -> Result<usize, String> {
    let start = sit_engine::units::Seconds(scenario.starts);
    let mut exchange = Exchange::new(Venue::addresses(), start, sit_sim::keccak256);
    let address = |name: &str| {
        let known = scenario.actors.iter().any(|actor| actor == name);
        known.then(|| super::venue::address_of(name))
    };
    for (place, line) in scenario.steps.iter().enumerate() {
        let wrong = |what: String| format!("{}, line {place}, {}.{}: {what}", scenario.name, line.to, line.message);
        let by = address(&line.by).ok_or_else(|| wrong(format!("{} is no actor", line.by)))?;
        if let Some(atoms) = line.mint() {
            exchange.mint(by, atoms.into());
            continue;
        }
        let message = line.message(&address).map_err(|error| wrong(error.to_string()))?;
        exchange.now = sit_engine::units::Seconds(line.at);
        let outcome = exchange.send(by, &message);
        let answer = outcome.as_ref().ok().map(|answer| answer.0.clone());
        let refused = outcome.as_ref().err().map(|refusal| refusal.name().to_owned());
        if answer != line.answer || refused != line.refused {
            return Err(wrong(format!("{outcome:?} instead of {:?} {:?}", line.answer, line.refused)));
        }
    }
    let names = |wanted: Address| {
        let actor = scenario.actors.iter().find(|actor| super::venue::address_of(actor) == wanted);
        actor.cloned().unwrap_or_else(|| hex(&wanted))
    };
    if ending(&mut exchange, names) != scenario.ends {
        return Err(format!("{} ends otherwise", scenario.name));
    }
    Ok(scenario.steps.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::OnceLock;

    /// One of each kind; written once for all tests.
    fn scenarios() -> &'static [Scenario] {
        static WRITTEN: OnceLock<Vec<Scenario>> = OnceLock::new();
        WRITTEN.get_or_init(|| write_all(6).unwrap())
    }

    fn scenario_of(kind: Kind) -> Scenario {
        scenarios().iter().find(|scenario| scenario.kind == kind).unwrap().clone()
    }

    #[test]
    fn a_scenario_comes_back_from_its_text_and_replays_to_the_last_atom() {
        for scenario in scenarios() {
            let text = serde_json::to_string(scenario).unwrap();
            let read: Scenario = serde_json::from_str(&text).unwrap();
            assert_eq!(&read, scenario);
            assert!(replay(&read).unwrap() > 60, "{}", scenario.name);
        }
    }

    #[test]
    fn a_scenario_does_what_its_name_says() {
        let told = |kind, message: &str| {
            let steps = scenario_of(kind).steps;
            steps.iter().filter(|line| line.message == message && line.answer.is_some()).count()
        };
        assert_eq!(told(Kind::Calm, "start_liquidation"), 0);
        for kind in [Kind::Gap, Kind::Crash, Kind::Cascade] {
            assert!(told(kind, "start_liquidation") > 0, "{kind:?}");
            assert!(told(kind, "bid") > 0, "{kind:?}");
        }
        assert!(told(Kind::SilentIndex, "settle_day") < told(Kind::Cascade, "settle_day"));
    }

    #[test]
    fn a_changed_balance_is_seen() {
        let mut scenario = scenario_of(Kind::Calm);
        scenario.ends.accounts[0].cash += 1;
        assert!(replay(&scenario).unwrap_err().contains("ends otherwise"));
        let mut scenario = scenario_of(Kind::Calm);
        scenario.steps[3].message = "connected".into();
        assert!(replay(&scenario).unwrap_err().contains("no such message"));
    }
}
