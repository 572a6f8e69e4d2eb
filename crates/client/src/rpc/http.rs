//! Requests over HTTP, and what a chain answers, typed.

use std::{ops::RangeInclusive, thread, time::Duration};

use serde_json::{Value, json};
use sit_engine::chain::{Address, Hash};

use super::hex::{hex_bytes, hex_wide, to_hex};
use crate::transport::{Head, Log};

/// Calls in one batch: servers limit it, and what is more is asked in several.
const BATCH: usize = 100;

/// Bytes of an answer that are read at most.
const LONGEST_ANSWER: u64 = 64 << 20;

/// How long a request may take and how often a question is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// For one attempt, from connecting to the last byte.
    pub timeout: Duration,
    /// Attempts of a question that changes nothing; what sends is never repeated.
    pub attempts: u32,
    /// The wait before the second attempt; doubled before each further one.
    pub back_off: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), attempts: 5, back_off: Duration::from_millis(100) }
    }
}

/// Why a chain did not answer, or what it refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RpcError {
    /// The address is none that can be asked.
    #[error("`{0}` is not the address of an RPC endpoint: give one like http://127.0.0.1:8545")]
    Address(String),
    /// The program was built without TLS.
    #[error(
        "`{0}` asks for TLS, which this program was built without: build it with `cargo build -p sit-cli --features tls`, or give an http:// address"
    )]
    NoTls(String),
    /// Nobody answers there.
    #[error("{url} cannot be reached ({why}): is the node running, and is the address right?")]
    Unreachable {
        /// The endpoint.
        url: String,
        /// What the system says.
        why: String,
    },
    /// Whoever answers there does not prove to be the one whose name was asked for.
    #[error(
        "{url} does not prove who it is ({why}), so nothing was asked or sent: its certificate has to be of its name, in time, \
         and signed by a public authority. A node of your own can be asked by http:// on this machine"
    )]
    Untrusted {
        /// The endpoint.
        url: String,
        /// What is wrong with its certificate.
        why: String,
    },
    /// The answer did not come in time.
    #[error("{url} did not answer {method} within {seconds} s")]
    Timeout {
        /// The endpoint.
        url: String,
        /// What was asked.
        method: String,
        /// The limit.
        seconds: u64,
    },
    /// The endpoint takes no more requests for now.
    #[error("{url} takes no more requests from here for now{}", .seconds.map_or(String::new(), |seconds| format!(": it asks to wait {seconds} s")))]
    TooMany {
        /// The endpoint.
        url: String,
        /// How long it asks to wait, if it says so.
        seconds: Option<u64>,
    },
    /// The endpoint answered with another status than success.
    #[error("{url} answered {method} with HTTP status {status}")]
    Status {
        /// The endpoint.
        url: String,
        /// What was asked.
        method: String,
        /// The status.
        status: u16,
    },
    /// What came back is not what the method answers.
    #[error("{method} was answered with something else than {wanted}: {found}")]
    Malformed {
        /// What was asked.
        method: String,
        /// What the answer should be.
        wanted: &'static str,
        /// What it was, shortened.
        found: String,
    },
    /// The chain refused.
    #[error("{message}")]
    Refused {
        /// What was asked.
        method: String,
        /// The code: 3 for a revert, below -32000 for a refusal by the node.
        code: i64,
        /// The node's sentence.
        message: String,
        /// The bytes of a revert.
        data: Option<Vec<u8>>,
    },
}

impl RpcError {
    /// Whether asking again may help: the fault lies on the way and not in the question.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Timeout { .. } | Self::TooMany { .. } | Self::Malformed { .. })
            || matches!(self, Self::Status { status, .. } if *status >= 500)
    }

    /// The bytes with which a contract reverted.
    #[must_use]
    pub fn revert(&self) -> Option<&[u8]> {
        match self {
            Self::Refused { code: 3, data, .. } => Some(data.as_deref().unwrap_or_default()),
            Self::Refused { data: Some(data), .. } => Some(data),
            _ => None,
        }
    }
}

/// Which block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlockId {
    /// The newest sealed block.
    Latest,
    /// The newest block that no reorganisation takes back.
    Finalized,
    /// By number.
    Number(u64),
    /// By hash.
    Hash(Hash),
}

/// What a client needs of a block's header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockHead {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// The hash of the block before it.
    pub parent: Hash,
    /// Its time in Unix seconds, as contracts see it.
    pub time: u64,
    /// The bloom of its logs, 256 bytes.
    pub bloom: Vec<u8>,
    /// The price of a unit of gas in wei.
    pub base_fee: u128,
    /// The hashes of its transactions.
    pub transactions: Vec<Hash>,
}

/// What became of a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The transaction.
    pub transaction: Hash,
    /// The block that has it.
    pub block: u64,
    /// That block's hash.
    pub block_hash: Hash,
    /// Whether it did what it was to do.
    pub succeeded: bool,
    /// Units of gas that it used.
    pub gas_used: u64,
    /// What a unit cost, in wei.
    pub gas_price: u128,
    /// What it deployed.
    pub contract: Option<Address>,
    /// What was emitted, oldest first.
    pub logs: Vec<Log>,
}

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Rpc {
    agent: ureq::Agent,
    whole: String,
    /// The address as sentences say it.
    url: String,
    limits: Limits,
    next: u64,
}

impl Rpc {
    /// An endpoint by its address, `http://host:port`. Nothing is asked yet.
    ///
    /// # Errors
    /// [`RpcError::Address`].
    pub fn new(url: &str, limits: Limits) -> Result<Self, RpcError> {
        let http = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        if http.is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace)) {
            return Err(RpcError::Address(url.to_owned()));
        }
        if url.starts_with("https://") && !cfg!(feature = "tls") {
            return Err(RpcError::NoTls(as_told(url)));
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(limits.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Ok(Self { agent: config.into(), whole: url.to_owned(), url: as_told(url), limits, next: 1 })
    }

    /// Where it is, as a log or a status may say it: without what may be a key in its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks once, whatever it is.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, RpcError> {
        let id = self.id();
        let answer = self.post(method, &json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))?;
        result(method, &answer, id)
    }

    /// Asks what changes nothing, again and later where the fault lies on the way.
    ///
    /// # Errors
    /// [`RpcError`] of the last attempt.
    pub fn read(&mut self, method: &str, params: Value) -> Result<Value, RpcError> {
        self.repeated(|rpc| rpc.request(method, params.clone()))
    }

    /// Asks many questions that change nothing in few round trips; answers in the order of the questions.
    ///
    /// # Errors
    /// [`RpcError`] where a batch as a whole was not answered; what a single question was refused stands at its place.
    pub fn read_all(&mut self, questions: &[(&str, Value)]) -> Result<Vec<Result<Value, RpcError>>, RpcError> {
        let mut answers = Vec::with_capacity(questions.len());
        for part in questions.chunks(BATCH) {
            answers.extend(self.repeated(|rpc| rpc.batch(part))?);
        }
        Ok(answers)
    }

    fn batch(&mut self, questions: &[(&str, Value)]) -> Result<Vec<Result<Value, RpcError>>, RpcError> {
        let first = self.next;
        let body: Vec<Value> = questions
            .iter()
            .map(|(method, params)| json!({ "jsonrpc": "2.0", "id": self.id(), "method": method, "params": params }))
            .collect();
        let name = questions.first().map_or("nothing", |(method, _)| method);
        let answer = self.post(name, &Value::Array(body))?;
        let Value::Array(found) = &answer else { return Err(malformed(name, "a list of answers", &answer)) };
        let at = |position: usize, method: &str| {
            let id = first.saturating_add(position as u64);
            let one = found.iter().find(|one| one["id"] == id);
            one.map_or_else(
                || Err(malformed(method, "an answer to each question", &answer)),
                |one| match result(method, one, id) {
                    Err(error @ RpcError::Malformed { .. }) => Err(error),
                    refused_or_done => Ok(refused_or_done),
                },
            )
        };
        questions.iter().enumerate().map(|(position, (method, _))| at(position, method)).collect()
    }

    fn id(&mut self) -> u64 {
        let id = self.next;
        self.next = id.wrapping_add(1);
        id
    }

    /// Repeats what may be repeated. The waits differ between clients, so that they do not come back together.
    fn repeated<T>(&mut self, mut ask: impl FnMut(&mut Self) -> Result<T, RpcError>) -> Result<T, RpcError> {
        let mut wait = self.limits.back_off;
        for attempt in 1.. {
            match ask(self) {
                Err(error) if error.is_passing() && attempt < self.limits.attempts => {
                    let asked = if let RpcError::TooMany { seconds: Some(seconds), .. } = error { seconds } else { 0 };
                    let spread = u64::from(std::process::id()).wrapping_mul(self.next) % 64;
                    thread::sleep(wait.max(Duration::from_secs(asked.min(60))) + Duration::from_millis(spread));
                    wait = wait.saturating_mul(2);
                }
                other => return other,
            }
        }
        unreachable!("the last attempt returns")
    }

    fn post(&self, method: &str, body: &Value) -> Result<Value, RpcError> {
        let failed = |error: ureq::Error| match error {
            ureq::Error::Timeout(_) => RpcError::Timeout {
                url: self.url.clone(),
                method: method.to_owned(),
                seconds: self.limits.timeout.as_secs(),
            },
            ureq::Error::BadUri(_) => RpcError::Address(self.url.clone()),
            other => {
                let (url, why) = (self.url.clone(), other.to_string());
                // The library gives the refusal of a certificate as an error of input and output, with these words.
                match why.split_once("invalid peer certificate: ") {
                    Some((_, why)) => RpcError::Untrusted { url, why: why.to_owned() },
                    None => RpcError::Unreachable { url, why },
                }
            }
        };
        let sent = self.agent.post(&self.whole).header("content-type", "application/json").send(body.to_string());
        let mut response = sent.map_err(failed)?;
        let status = response.status().as_u16();
        if status == 429 {
            let seconds = response.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
            return Err(RpcError::TooMany { url: self.url.clone(), seconds });
        }
        let text = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_string().map_err(failed)?;
        match serde_json::from_str(&text) {
            Ok(answer) => Ok(answer),
            Err(_) if status != 200 => {
                Err(RpcError::Status { url: self.url.clone(), method: method.to_owned(), status })
            }
            Err(_) => Err(malformed(method, "JSON", &Value::String(text))),
        }
    }

    /// The chain's id.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn chain_id(&mut self) -> Result<u64, RpcError> {
        let method = "eth_chainId";
        let answer = self.read(method, json!([]))?;
        quantity(method, &answer)
    }

    /// The newest block.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn head(&mut self) -> Result<Head, RpcError> {
        let missing = || malformed("eth_getBlockByNumber", "the newest block", &Value::Null);
        let block = self.block(BlockId::Latest)?.ok_or_else(missing)?;
        Ok(Head { number: block.number, time: block.time })
    }

    /// A block's header; `None` where there is no such block.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn block(&mut self, block: BlockId) -> Result<Option<BlockHead>, RpcError> {
        let (method, which) = match block {
            BlockId::Hash(hash) => ("eth_getBlockByHash", json!(to_hex(&hash))),
            BlockId::Latest => ("eth_getBlockByNumber", json!("latest")),
            BlockId::Finalized => ("eth_getBlockByNumber", json!("finalized")),
            BlockId::Number(number) => ("eth_getBlockByNumber", json!(format!("{number:#x}"))),
        };
        let answer = self.read(method, json!([which, false]))?;
        if answer.is_null() {
            return Ok(None);
        }
        let Value::Array(listed) = &answer["transactions"] else {
            return Err(malformed(method, "a block with its transactions", &answer));
        };
        Ok(Some(BlockHead {
            number: quantity(method, &answer["number"])?,
            hash: word(method, &answer["hash"])?,
            parent: word(method, &answer["parentHash"])?,
            time: quantity(method, &answer["timestamp"])?,
            bloom: bytes(method, &answer["logsBloom"])?,
            base_fee: wide(method, answer.get("baseFeePerGas").unwrap_or(&json!("0x0")))?,
            transactions: listed.iter().map(|hash| word(method, hash)).collect::<Result<_, _>>()?,
        }))
    }

    /// The logs of contracts in a range of blocks, oldest first.
    ///
    /// # Errors
    /// [`RpcError`]; a node that limits the range refuses with a sentence.
    pub fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[Address]) -> Result<Vec<Log>, RpcError> {
        let (from, to) = (format!("{:#x}", blocks.start()), format!("{:#x}", blocks.end()));
        self.logs_by(json!({ "fromBlock": from, "toBlock": to, "address": addresses(of) }))
    }

    /// The logs of contracts in the block of a hash, oldest first.
    ///
    /// # Errors
    /// [`RpcError`]; a block that is not known, or no longer, is refused.
    pub fn logs_in(&mut self, block: Hash, of: &[Address]) -> Result<Vec<Log>, RpcError> {
        self.logs_by(json!({ "blockHash": to_hex(&block), "address": addresses(of) }))
    }

    fn logs_by(&mut self, filter: Value) -> Result<Vec<Log>, RpcError> {
        let method = "eth_getLogs";
        let answer = self.read(method, json!([filter]))?;
        let Value::Array(logs) = &answer else { return Err(malformed(method, "a list of logs", &answer)) };
        logs.iter().map(|one| log(method, one)).collect()
    }

    /// What became of a transaction; `None` while no block has it.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn receipt(&mut self, transaction: Hash) -> Result<Option<Receipt>, RpcError> {
        let method = "eth_getTransactionReceipt";
        let answer = self.read(method, json!([to_hex(&transaction)]))?;
        if answer.is_null() {
            return Ok(None);
        }
        let Value::Array(logs) = &answer["logs"] else { return Err(malformed(method, "a receipt", &answer)) };
        let contract = &answer["contractAddress"];
        Ok(Some(Receipt {
            transaction,
            block: quantity(method, &answer["blockNumber"])?,
            block_hash: word(method, &answer["blockHash"])?,
            succeeded: quantity(method, &answer["status"])? == 1,
            gas_used: quantity(method, &answer["gasUsed"])?,
            gas_price: wide(method, &answer["effectiveGasPrice"])?,
            contract: if contract.is_null() { None } else { Some(account(method, contract)?) },
            logs: logs.iter().map(|one| log(method, one)).collect::<Result<_, _>>()?,
        }))
    }

    /// The code at an address; empty where there is none.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn code(&mut self, of: Address) -> Result<Vec<u8>, RpcError> {
        let method = "eth_getCode";
        let answer = self.read(method, json!([to_hex(&of), "latest"]))?;
        bytes(method, &answer)
    }

    /// What an address has, in wei.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn balance(&mut self, of: Address) -> Result<u128, RpcError> {
        let method = "eth_getBalance";
        let answer = self.read(method, json!([to_hex(&of), "latest"]))?;
        wide(method, &answer)
    }

    /// Transactions of an address: those in blocks, and with `pending` those that wait for one as well, where the node
    /// counts them.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn transaction_count(&mut self, of: Address, pending: bool) -> Result<u64, RpcError> {
        let method = "eth_getTransactionCount";
        let answer = self.read(method, json!([to_hex(&of), if pending { "pending" } else { "latest" }]))?;
        quantity(method, &answer)
    }

    /// The price of a unit of gas, in wei.
    ///
    /// # Errors
    /// [`RpcError`].
    pub fn gas_price(&mut self) -> Result<u128, RpcError> {
        let method = "eth_gasPrice";
        let answer = self.read(method, json!([]))?;
        wide(method, &answer)
    }
}

/// An address as everybody may read it, in a log, in the status of a program: scheme, host and port. Providers of nodes
/// put keys and passwords into the rest.
#[must_use]
pub fn as_told(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "…".to_owned() };
    let (authority, more) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{}", if more.len() > 1 { "/…" } else { more })
}

fn result(method: &str, answer: &Value, id: u64) -> Result<Value, RpcError> {
    if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
        return Err(RpcError::Refused {
            method: method.to_owned(),
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or("refused without a word").to_owned(),
            data: hex_bytes(error.get("data")),
        });
    }
    match answer.get("result") {
        Some(result) if answer["id"] == id => Ok(result.clone()),
        _ => Err(malformed(method, "an answer to the question", answer)),
    }
}

pub(super) fn malformed(method: &str, wanted: &'static str, found: &Value) -> RpcError {
    let found: String = found.to_string().chars().take(120).collect();
    RpcError::Malformed { method: method.to_owned(), wanted, found }
}

fn addresses(of: &[Address]) -> Vec<String> {
    of.iter().map(|address| to_hex(address)).collect()
}

pub(super) fn quantity(method: &str, value: &Value) -> Result<u64, RpcError> {
    u64::try_from(wide(method, value)?).map_err(|_| malformed(method, "a number of 64 bits", value))
}

pub(super) fn wide(method: &str, value: &Value) -> Result<u128, RpcError> {
    hex_wide(Some(value)).ok_or_else(|| malformed(method, "a number in hexadecimal digits", value))
}

pub(super) fn bytes(method: &str, value: &Value) -> Result<Vec<u8>, RpcError> {
    hex_bytes(Some(value)).ok_or_else(|| malformed(method, "bytes in hexadecimal digits", value))
}

pub(super) fn word(method: &str, value: &Value) -> Result<Hash, RpcError> {
    bytes(method, value)?.try_into().map_err(|_| malformed(method, "32 bytes", value))
}

pub(super) fn account(method: &str, value: &Value) -> Result<Address, RpcError> {
    bytes(method, value)?.try_into().map_err(|_| malformed(method, "an address of 20 bytes", value))
}

fn log(method: &str, value: &Value) -> Result<Log, RpcError> {
    let Value::Array(topics) = &value["topics"] else { return Err(malformed(method, "a log", value)) };
    Ok(Log {
        address: account(method, &value["address"])?,
        topics: topics.iter().map(|topic| word(method, topic)).collect::<Result<_, _>>()?,
        data: bytes(method, &value["data"])?,
        block: quantity(method, &value["blockNumber"])?,
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_key_in_the_address_of_a_node_stands_in_no_sentence_about_it() {
        for plain in ["http://127.0.0.1:8545", "http://127.0.0.1:8545/", "https://node.example", "http://[::1]:8545"] {
            assert_eq!(as_told(plain), plain);
        }
        for (secret, told) in [
            ("https://node.example/v3/0123456789abcdef", "https://node.example/…"),
            ("https://node.example:8443?key=0123456789abcdef", "https://node.example:8443/…"),
            ("https://node.example/#0123456789abcdef", "https://node.example/…"),
            ("https://name:word@node.example", "https://node.example"),
            ("https://word@node.example/v1@2", "https://node.example/…"),
        ] {
            assert_eq!(as_told(secret), told);
        }
        // What is said of a node that hangs up.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let node = thread::spawn(move || drop(listener.accept()));
        let limits = Limits { timeout: Duration::from_secs(30), attempts: 1, back_off: Duration::ZERO };
        let url = format!("http://127.0.0.1:{port}/v3/0123456789abcdef?word=fedcba9876543210");
        let mut rpc = Rpc::new(&url, limits).unwrap();
        let said = rpc.request("eth_chainId", json!([])).unwrap_err().to_string();
        node.join().unwrap();
        assert!(said.contains(&format!("http://127.0.0.1:{port}/…")), "{said}");
        for secret in ["0123456789abcdef", "fedcba9876543210", "v3"] {
            assert!(!said.contains(secret), "{said}");
            assert!(!rpc.url().contains(secret), "{}", rpc.url());
        }
    }
}
