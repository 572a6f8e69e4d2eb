//! Ethereum's JSON-RPC on the development chain.
//!
//! A request is answered by a function of the chain and its parameters ([`Devnet::answer`]); how it came, over HTTP or
//! a WebSocket, is `server.rs`'s. Errors are sentences that name what would have been right, with the codes of EIP-1474
//! and, for a call that reverts, code 3 with the bytes as `data`, as Geth has it and wallets read it.

mod debug;
mod develop;
mod eth;
mod exchange;
pub mod faults;
pub mod filters;
mod json;
mod params;
mod simulate;
mod typed_data;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, LazyLock, Mutex},
    time::{Duration, Instant},
};

use pallet_revive::EthTransactError;
use serde_json::{Value, json};
use sit_client::{Deployment, codec};
use sit_engine::oracle::Entry;
use sit_native::Contract;
use sp_core::{H160, U256};

use crate::{
    cost::Weight,
    keyring::{self, Key},
    node::{CHAIN_ID, Node, Notice, Refused, Sealed, WEI_PER_PLANCK, dot, excess},
};
use faults::Faults;
use filters::Filters;
pub use params::Params;

/// Requests that one batch may have.
pub const MOST_IN_A_BATCH: usize = 1_000;
/// Logs that one question may be answered with.
pub const MOST_LOGS: usize = 10_000;
/// Bytes of the answers of a batch, after which no more of it is answered: a batch of a thousand questions for ten
/// thousand logs each would not fit into the memory of most machines.
pub const MOST_ANSWERED: usize = 32 * 1024 * 1024;

/// How long a batch or simulated blocks may take: calls of endless loops take a second each, and meanwhile nobody else
/// is answered and no block is sealed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What is answered when a request cannot be.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// EIP-1474's code; 3 for a call that reverted.
    pub code: i32,
    /// A sentence.
    pub message: String,
    /// The bytes with which a call reverted.
    pub data: Option<Value>,
}

/// What a request is answered with.
pub type Answer = Result<Value, Error>;

impl Error {
    /// An error without data.
    #[must_use]
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// The parameters are not what the method takes.
    #[must_use]
    pub fn params(message: impl Into<String>) -> Self {
        Self::new(-32602, message)
    }

    /// The request cannot be done.
    #[must_use]
    pub fn server(message: impl Into<String>) -> Self {
        Self::new(-32000, message)
    }

    fn json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = data.clone();
        }
        error
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let code =
            if matches!(refused, Refused::Undecodable(crate::node::Undecodable::Bytes(_))) { -32602 } else { -32003 };
        Self::new(code, refused.to_string())
    }
}

/// When blocks are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mining {
    /// With every transaction that becomes ready.
    Automatic,
    /// Every so often, when a transaction is ready, and every [`IDLE`] when none is, because time must pass.
    Every(Duration),
    /// When asked to.
    Manual,
}

/// The longest time without a block where blocks are sealed by the clock.
pub const IDLE: Duration = Duration::from_secs(12);

/// Rounds of a market that waits until it is asked for the next: whoever moves the chain's clock, and not the
/// machine's, says how much happens in an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounds {
    /// Rounds that somebody has asked for.
    pub asked: u64,
    /// Rounds that were played.
    pub played: u64,
}

/// The chain with all that clients of it see.
pub struct Devnet {
    /// The chain.
    pub node: Node,
    /// Keys that are unlocked: what is sent from their addresses is signed here.
    pub keys: Vec<Key>,
    /// Where the exchange is.
    pub deployment: Deployment,
    /// When blocks are sealed.
    pub mining: Mining,
    /// What the providers of the index charge now, as a reporter would see it; nothing where no market lives.
    pub prices: Vec<Entry>,
    /// What goes wrong on purpose.
    pub faults: Option<Faults>,
    /// Rounds of a market that plays none by itself; nothing where it does, or where there is none.
    pub rounds: Option<Rounds>,
    /// After how long no more of a batch is answered, and no more blocks are simulated: [`PATIENCE`].
    pub patience: Duration,
    /// Logs that one question is answered with at most: [`MOST_LOGS`].
    pub most_logs: usize,
    /// Bytes of logs, of the traces of a block, or of what simulated calls have done, in one answer at most:
    /// [`MOST_ANSWERED`].
    pub most_bytes: usize,
    /// Whether `pending` is the newest block, as the Hub's own server has it, and not what would be sealed now.
    pub pending_is_latest: bool,
    /// Blocks that the request under way is answered too late.
    behind: u32,
    /// Whether the request under way is answered by another chain.
    elsewhere: bool,
    /// Whether the request under way is answered by a server that takes no `null` among topics.
    closed_topics: bool,
    filters: Filters,
    notices: Arc<Mutex<VecDeque<Notice>>>,
    /// What has been delivered and nobody has taken.
    untaken: VecDeque<Notice>,
}

/// Notices that are kept for who does not take them.
const MOST_UNTAKEN: usize = 4_096;

/// What answers a method.
type Method = fn(&mut Devnet, &Params) -> Answer;

/// All methods by their names.
static METHODS: LazyLock<HashMap<&'static str, Method>> = LazyLock::new(|| {
    let all = [
        eth::METHODS,
        simulate::METHODS,
        filters::METHODS,
        develop::METHODS,
        debug::METHODS,
        exchange::METHODS,
        faults::METHODS,
    ];
    all.into_iter().flatten().copied().collect()
});

/// The names of all methods, in order.
#[must_use]
pub fn methods() -> Vec<&'static str> {
    let mut names: Vec<&str> = METHODS.keys().copied().chain(["eth_subscribe", "eth_unsubscribe"]).collect();
    names.sort_unstable();
    names
}

impl Devnet {
    /// Puts a chain behind the interface.
    #[must_use]
    pub fn new(mut node: Node, deployment: Deployment, mining: Mining) -> Self {
        let notices = Arc::new(Mutex::new(VecDeque::new()));
        let heard = Arc::clone(&notices);
        node.listen(move |notice| {
            // A lock that a panicking thread has poisoned still guards a queue.
            heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_back(notice.clone());
        });
        Self {
            node,
            keys: keyring::all(),
            deployment,
            mining,
            prices: Vec::new(),
            faults: None,
            rounds: None,
            patience: PATIENCE,
            most_logs: MOST_LOGS,
            most_bytes: MOST_ANSWERED,
            pending_is_latest: false,
            behind: 0,
            elsewhere: false,
            closed_topics: false,
            filters: Filters::default(),
            notices,
            untaken: VecDeque::new(),
        }
    }

    /// The key of an address, if it is known here.
    #[must_use]
    pub fn key(&self, address: H160) -> Option<&Key> {
        self.keys.iter().find(|key| key.address == address)
    }

    /// The key of a name.
    #[must_use]
    pub fn key_named(&self, name: &str) -> Option<Key> {
        self.keys.iter().find(|key| key.name == name).cloned()
    }

    /// Answers the text of a request or of a batch of them; `None` when nothing is to be answered.
    pub fn answer_text(&mut self, text: &[u8]) -> Option<String> {
        let answer = match serde_json::from_slice::<Value>(text) {
            Ok(Value::Array(batch)) if batch.is_empty() => Some(failure(&Value::Null, &invalid("the batch is empty"))),
            Ok(Value::Array(batch)) if batch.len() > MOST_IN_A_BATCH => {
                let count = batch.len();
                let text =
                    format!("the batch has {count} requests, and at most {MOST_IN_A_BATCH} are answered at once");
                Some(failure(&Value::Null, &invalid(&text)))
            }
            Ok(Value::Array(batch)) => {
                return self.answer_batch(&batch);
            }
            Ok(request) => self.answer(&request),
            Err(error) => Some(failure(&Value::Null, &Error::new(-32700, format!("this is not JSON: {error}")))),
        };
        answer.map(|answer| answer.to_string())
    }

    fn answer_batch(&mut self, batch: &[Value]) -> Option<String> {
        let (mut answers, begun) = (String::new(), Instant::now());
        for request in batch {
            let taken = begun.elapsed();
            let answer = if answers.is_empty() || (answers.len() <= MOST_ANSWERED && taken <= self.patience) {
                self.answer(request)
            } else {
                let message = format!(
                    "the answers before this one have {} bytes and took {} s; after {MOST_ANSWERED} bytes or {} s no more of a \
                     batch is answered: ask for less at once",
                    answers.len(),
                    taken.as_secs(),
                    self.patience.as_secs()
                );
                request.get("id").map(|id| failure(id, &Error::new(-32005, message)))
            };
            if let Some(answer) = answer {
                answers.push(if answers.is_empty() { '[' } else { ',' });
                answers.push_str(&answer.to_string());
            }
        }
        if answers.is_empty() {
            return None;
        }
        answers.push(']');
        Some(answers)
    }

    /// Answers one request; `None` for a notification, which has no `id`.
    pub fn answer(&mut self, request: &Value) -> Option<Value> {
        let Some(fields) = request.as_object() else {
            return Some(failure(&Value::Null, &invalid("a request is a JSON object")));
        };
        let id = fields.get("id");
        if id.is_some_and(|id| id.is_array() || id.is_object() || id.is_boolean()) {
            return Some(failure(&Value::Null, &invalid("an id is a number, a string or null")));
        }
        let Some(method) = fields.get("method").and_then(Value::as_str) else {
            return Some(failure(id.unwrap_or(&Value::Null), &invalid("a request names its method")));
        };
        let answer = self.call(method, fields.get("params").unwrap_or(&Value::Null));
        self.deliver();
        let id = id?;
        Some(match answer {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(error) => failure(id, &error),
        })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// The method's, or that there is none of that name.
    pub fn call(&mut self, method: &str, params: &Value) -> Answer {
        let Some(found) = METHODS.get(method) else {
            let message = match method {
                "eth_subscribe" | "eth_unsubscribe" => {
                    format!("{method} is asked over a WebSocket, and not in a batch; over HTTP there is eth_newFilter")
                }
                _ => format!("the method {method} does not exist here"),
            };
            return Err(Error::new(-32601, message));
        };
        // A batch may have more: nobody should go on with a block that will be gone.
        if let Some(why) = self.node.unkept() {
            return Err(Error::new(-32603, why));
        }
        found(self, &Params::new(params)?)
    }

    /// Tells filters and subscriptions what has happened since the last time.
    pub fn deliver(&mut self) {
        let heard: Vec<Notice> = {
            let mut queue = self.notices.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            queue.drain(..).collect()
        };
        for notice in &heard {
            self.filters.hear(notice);
        }
        self.untaken.extend(heard);
        while self.untaken.len() > MOST_UNTAKEN {
            self.untaken.pop_front();
        }
    }

    /// What has been delivered since it was last taken, oldest first: for whoever prints it.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        self.deliver();
        self.untaken.drain(..).collect()
    }

    /// The newest block as the request under way sees it.
    pub(crate) fn seen(&self) -> Arc<Sealed> {
        let head = self.node.head();
        let number = u64::from(head.number().saturating_sub(self.behind).max(self.node.oldest()));
        self.node.block(number).unwrap_or_else(|| head.clone())
    }

    /// Chain id as the request under way sees it.
    fn chain_id(&self) -> u64 {
        CHAIN_ID + u64::from(self.elsewhere)
    }

    /// Seals a block.
    ///
    /// # Errors
    /// [`Node::seal`]'s, which are faults of this program or of the disk.
    pub fn seal(&mut self) -> Result<(), Error> {
        self.node.seal().map(|_| ()).map_err(|error| Error::new(-32603, error))
    }

    /// What the contract at an address, or any other of the exchange, says by bytes with which it reverted.
    #[must_use]
    pub fn refusal(&self, to: Option<H160>, data: &[u8]) -> String {
        let of = to.and_then(|to| self.deployment.contract_at(to.0));
        let contracts = of.into_iter().chain(Contract::ALL);
        let known = contracts
            .map(|contract| codec::refusal(contract, data))
            .find(|refused| !matches!(refused, codec::Refused::Unknown(_)));
        match known {
            Some(codec::Refused::Rule(rule)) => format!("{}(): {}", rule.name(), rule.sentence()),
            Some(refused) => refused.to_string(),
            None if data.is_empty() => "the contract gives no reason".to_owned(),
            None => format!("0x{}", alloy_core::primitives::hex::encode(data)),
        }
    }

    /// The error of a call that the pallet did not do.
    fn failed(&self, to: Option<H160>, error: EthTransactError) -> Error {
        match error {
            EthTransactError::Data(data) => Error {
                code: 3,
                message: format!("execution reverted: {}", self.refusal(to, &data)),
                data: Some(json::bytes(&data)),
            },
            EthTransactError::Message(message) => {
                let base = self.node.base_fee(self.node.head());
                Error::server(plain(&message, self.node.transaction_limit(), base))
            }
        }
    }
}

/// The pallet's words without Rust's: `Module(ModuleError { index: 100, .., message: Some("OutOfGas") })` is
/// `OutOfGas`. `most` is what one transaction may use, `base` what a gas costs.
fn plain(message: &str, most: Weight, base: U256) -> String {
    let numbers = |figures: &str| -> Vec<u128> {
        figures.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
    };
    if let Some(figures) = message.strip_prefix("The transaction consumes more than the allowed weight.") {
        // needed=Weight(ref_time: 1, proof_size: 2) allowed=..
        if let [ref_time, proof_size, ..] = numbers(figures)[..] {
            let narrow = |number: u128| u64::try_from(number).unwrap_or(u64::MAX);
            let needs = Weight { ref_time: narrow(ref_time), proof_size: narrow(proof_size) };
            return format!("the transaction {}", excess(needs, most, 0));
        }
    }
    if let Some((_, rest)) = message.split_once("insufficient funds for gas * price + value")
        && let Some(has) = rest.split_once(" have ").and_then(|(_, rest)| numbers(rest).first().copied())
    {
        return format!("insufficient funds for gas * price + value: the account has {} DOT to spend", dot(has.into()));
    }
    if let Some(planck) =
        message.strip_prefix("Not enough gas supplied: Off by: ").and_then(|off| off.parse::<u128>().ok())
    {
        let wei = U256::from(planck).saturating_mul(WEI_PER_PLANCK.into());
        let gas = wei.saturating_add(base.saturating_sub(1.into())) / base.max(1.into());
        return format!("not enough gas: {gas} more would pay for the transaction");
    }
    if message == "Invalid call: Payment" {
        return "the gas does not cover what the transaction costs before its code runs".to_owned();
    }
    let Some((before, after)) = message.split_once("Module(ModuleError") else { return message.to_owned() };
    let name =
        after.split_once("message: Some(\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(name, _)| name);
    let why = match name {
        "OutOfGas" => {
            let Weight { ref_time, proof_size } = most;
            let (milliseconds, kilos) = (ref_time / 1_000_000_000, proof_size / 1_000);
            return format!(
                "{before}{name}: it needs more weight than its gas pays for, or than one transaction may use, which is \
                 {milliseconds} ms and {}.{:03} MB of proof",
                kilos / 1_000,
                kilos % 1_000
            );
        }
        "ContractTrapped" => {
            "the code panicked or broke a rule of the virtual machine; it should return a named error instead"
        }
        "StorageDepositNotEnoughFunds" => "its gas does not pay for the deposit of the cells that it makes",
        "TransferFailed" => "the account does not have what is sent, or would be left with less than 0.01 DOT",
        "CodeRejected" => "these bytes are neither a PolkaVM program of this pallet's version nor EVM code",
        "BalanceLow" => "the token's balance is too low",
        "Unapproved" => "the allowance is too low; approve first",
        _ => "an error of the runtime",
    };
    format!("{before}{name}: {why}")
}

fn invalid(message: &str) -> Error {
    Error::new(-32600, message)
}

fn failure(id: &Value, error: &Error) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": error.json() })
}

/// A number as Ethereum writes quantities.
#[must_use]
pub fn quantity(number: impl Into<U256>) -> Value {
    Value::String(format!("{:#x}", number.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pallets_words_become_sentences_with_numbers() {
        let most = Weight { ref_time: 799_937_500_000, proof_size: 4_194_304 };
        let base = U256::from(8_000_000_000_000_u64);
        for (message, sentence) in [
            (
                "The transaction consumes more than the allowed weight. needed=Weight(ref_time: 5, proof_size: 4600001) \
                 allowed=Weight(ref_time: 799937500000, proof_size: 4194304) overweight_by=Weight(ref_time: 0, proof_size: 1)",
                "the transaction needs 4.601 MB of proof, at most 4.194 MB fit",
            ),
            (
                "The transaction consumes more than the allowed weight. needed=Weight(ref_time: 900000000001, proof_size: 5)",
                "the transaction needs 900.001 ms of time, at most 799.937 ms fit",
            ),
            (
                "insufficient funds for gas * price + value (0): address 0x9965507d have 6354795000000000 (supplied gas \
                 Some(18446744073709551615))",
                "insufficient funds for gas * price + value: the account has 0.0063 DOT to spend",
            ),
            ("Not enough gas supplied: Off by: 80001", "not enough gas: 2 more would pay for the transaction"),
            ("Invalid call: Payment", "the gas does not cover what the transaction costs before its code runs"),
            (
                "failed to run contract: Module(ModuleError { index: 100, error: [8, 0, 0, 0], message: Some(\"OutOfGas\") })",
                "failed to run contract: OutOfGas: it needs more weight than its gas pays for, or than one transaction \
                 may use, which is 799 ms and 4.194 MB of proof",
            ),
            ("anything else", "anything else"),
        ] {
            assert_eq!(plain(message, most, base), sentence);
        }
    }
}
