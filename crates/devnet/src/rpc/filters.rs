//! Logs, filters that are polled, and subscriptions that are told. After blocks were taken back, both hear the logs
//! that went.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sp_core::{H160, H256, hashing::keccak_256};

use super::{
    Answer, Devnet, Error, Method, json as shown,
    params::{self, BlockId, Params},
    quantity,
};
use crate::node::{Notice, RawLog, Sealed};

/// How long a filter is kept that nobody asks.
const UNASKED: Duration = Duration::from_secs(300);
/// Filters that there can be.
const MOST_FILTERS: usize = 1_000;
/// What a filter keeps for who does not ask.
const MOST_UNASKED: usize = 10_000;
/// What all filters keep together; when it is more, the one that was asked longest ago is ended.
const MOST_KEPT: usize = 50_000;
/// Bytes of that, a log having up to 64 KiB and twice as many in hexadecimal; when it is more, the one with most of
/// them is ended.
const MOST_KEPT_BYTES: usize = 64 * 1024 * 1024;
/// Contracts that one question for logs may name, and topics at a position: each filter keeps its own, and looks at
/// each log.
const MOST_NAMED: usize = 1_000;
/// Subscriptions that there can be.
const MOST_SUBSCRIPTIONS: usize = 1_000;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("eth_getLogs", |chain, params| {
        let given = params.get(0).unwrap_or(&Value::Null);
        let open = given["topics"].as_array().is_some_and(|topics| topics.iter().any(Value::is_null));
        if open && chain.closed_topics {
            return Err(Error::new(-32602, "Invalid params"));
        }
        chain.logs(&Wanted::read(given)?, &Range::read(given)?)
    }),
    ("eth_newFilter", |chain, params| {
        let given = params.get(0).unwrap_or(&Value::Null);
        let (wanted, range) = (Wanted::read(given)?, Range::read(given)?);
        chain.filters.add(Kind::Logs(wanted), Some(range))
    }),
    ("eth_newBlockFilter", |chain, _| chain.filters.add(Kind::Heads, None)),
    ("eth_newPendingTransactionFilter", |chain, _| chain.filters.add(Kind::Waiting { full: false }, None)),
    ("eth_getFilterChanges", |chain, params| {
        let filter = chain.filters.get(params)?;
        filter.bytes = 0;
        Ok(Value::Array(filter.heard.drain(..).collect()))
    }),
    ("eth_getFilterLogs", |chain, params| {
        let filter = chain.filters.get(params)?;
        let (Kind::Logs(wanted), Some(range)) = (filter.kind.clone(), filter.range) else {
            return Err(Error::server("this filter is not one of logs"));
        };
        chain.logs(&wanted, &range)
    }),
    ("eth_uninstallFilter", |chain, params| {
        let id = params.word(0, "a filter's id")?;
        Ok(Value::Bool(chain.filters.polled.remove(&id).is_some()))
    }),
];

/// Which logs are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Of these contracts, in order; of all when empty.
    addresses: Vec<H160>,
    /// At each position one of these, in order; any when empty.
    topics: Vec<Vec<H256>>,
}

/// Blocks of a question about logs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Range {
    /// From one to another.
    Blocks(BlockId, BlockId),
    /// One, by its hash.
    Block(H256),
}

/// What a question names, in order.
fn list<T: Ord>(value: Option<&Value>, what: &str, read: impl Fn(&Value) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() > MOST_NAMED => {
            let count = items.len();
            Err(Error::params(format!(
                "a filter names at most {MOST_NAMED} {what}, and {count} are given: ask in parts"
            )))
        }
        Some(Value::Array(items)) => {
            let mut items = items.iter().map(read).collect::<Result<Vec<T>, Error>>()?;
            items.sort_unstable();
            Ok(items)
        }
        Some(item) => Ok(vec![read(item)?]),
    }
}

impl Wanted {
    fn read(given: &Value) -> Result<Self, Error> {
        if !given.is_null() && !given.is_object() {
            return Err(Error::params("a filter is an object"));
        }
        let addresses = list(given.get("address"), "addresses", params::address)?;
        let topics = match given.get("topics") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(positions)) => positions
                .iter()
                .map(|position| list(Some(position), "topics at a position", |topic| params::hash(topic, "a topic")))
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(Error::params("topics are a list")),
        };
        if topics.len() > 4 {
            return Err(Error::params(format!("a log has at most 4 topics, and {} are asked for", topics.len())));
        }
        Ok(Self { addresses, topics })
    }

    fn has(&self, log: &RawLog) -> bool {
        let of = self.addresses.is_empty() || self.addresses.binary_search(&log.address).is_ok();
        of && self.topics.iter().enumerate().all(|(position, wanted)| {
            wanted.is_empty() || log.topics.get(position).is_some_and(|topic| wanted.binary_search(topic).is_ok())
        })
    }

    fn of(&self, sealed: &Sealed, removed: bool) -> Vec<Value> {
        let mut found = Vec::new();
        let mut index = 0;
        for (position, included) in sealed.transactions.iter().enumerate() {
            for log in &included.logs {
                if self.has(log) {
                    found.push(shown::log(sealed, position, log, index, removed));
                }
                index += 1;
            }
        }
        found
    }
}

impl Range {
    fn read(given: &Value) -> Result<Self, Error> {
        let side = |name: &str| given.get(name).filter(|value| !value.is_null());
        if let Some(hash) = side("blockHash") {
            if side("fromBlock").is_some() || side("toBlock").is_some() {
                return Err(Error::params("a filter has blockHash, or fromBlock and toBlock, and not both"));
            }
            return Ok(Self::Block(params::hash(hash, "blockHash")?));
        }
        let end = |name: &str| side(name).map_or(Ok(BlockId::Latest), params::block);
        Ok(Self::Blocks(end("fromBlock")?, end("toBlock")?))
    }
}

impl Devnet {
    /// Ends filters that nobody has asked for so long, instead of five minutes.
    pub fn keep_filters_for(&mut self, unasked: Duration) {
        self.filters.unasked = unasked;
    }

    fn logs(&self, wanted: &Wanted, range: &Range) -> Answer {
        let head = self.seen().number();
        let (first, last) = match range {
            Range::Block(hash) => {
                let block = self.node.block_of(hash);
                let block = block.ok_or_else(|| Error::server(format!("there is no block with the hash {hash:?}")))?;
                (block.number(), block.number())
            }
            Range::Blocks(from, to) => (self.height(*from)?, self.height(*to)?.min(head)),
        };
        if let Range::Blocks(BlockId::Number(from), BlockId::Number(to)) = range
            && from > to
        {
            return Err(Error::params(format!("the range is empty: fromBlock {from} is after toBlock {to}")));
        }
        let (mut found, mut bytes, begun): (Vec<Value>, usize, _) = (Vec::new(), 0, Instant::now());
        // What fits into an answer, as a sentence. Clients know by its words that they are to ask for less at once.
        let beyond = |number: u32, what: String| {
            let usable = number - 1;
            let message = format!("{what}: ask for the blocks {first:#x} to {usable:#x}, and then from {number:#x} on");
            Error::new(-32005, message)
        };
        for number in first..=last {
            // Old blocks are read from a file, and while they are nobody else is answered.
            if number > first && begun.elapsed() > self.patience {
                return Err(beyond(
                    number,
                    format!("the range takes more than {} s to look through", self.patience.as_secs()),
                ));
            }
            let Some(block) = self.node.block(number.into()) else { continue };
            let more = wanted.of(&block, false);
            // One block is answered whole, for nobody can ask for less.
            if number > first && found.len() + more.len() > self.most_logs {
                return Err(beyond(number, format!("more than {} logs", self.most_logs)));
            }
            bytes += more.iter().map(weight).sum::<usize>();
            if number > first && bytes > self.most_bytes {
                return Err(beyond(number, format!("more than {} bytes of logs in this range", self.most_bytes)));
            }
            found.extend(more);
        }
        Ok(Value::Array(found))
    }

    fn height(&self, id: BlockId) -> Result<u32, Error> {
        let head = self.seen().number();
        match id {
            BlockId::Latest | BlockId::Pending => Ok(head),
            BlockId::Number(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
            BlockId::Hash(_) => Err(Error::params("fromBlock and toBlock are numbers or tags; a hash is blockHash")),
        }
    }

    /// Subscribes a connection; what it is to hear goes to `tell`, which says whether it could be told, and `listens`
    /// says whether anybody still listens.
    ///
    /// # Errors
    /// When there is nothing of that name to subscribe to, or there are too many subscriptions.
    pub fn subscribe(
        &mut self,
        params: &Value,
        tell: impl FnMut(Value) -> bool + Send + 'static,
        listens: impl Fn() -> bool + Send + 'static,
    ) -> Answer {
        let params = Params::new(params)?;
        let kind = match params.get(0).and_then(Value::as_str) {
            Some("newHeads") => Kind::Heads,
            Some("logs") => Kind::Logs(Wanted::read(params.get(1).unwrap_or(&Value::Null))?),
            Some("newPendingTransactions") => {
                Kind::Waiting { full: params.flag_or(1, "whether transactions are shown", false)? }
            }
            Some(other) => {
                let message =
                    format!("there is no subscription {other}: newHeads, logs and newPendingTransactions are");
                return Err(Error::params(message));
            }
            None => return Err(Error::params("parameter 0 is missing: newHeads, logs or newPendingTransactions")),
        };
        let told = &mut self.filters.told;
        // What a connection that is gone has subscribed to may never have anything to tell, and would not be missed.
        told.retain(|_, told| (told.listens)());
        if told.len() >= MOST_SUBSCRIPTIONS {
            return Err(Error::server(format!("there are {MOST_SUBSCRIPTIONS} subscriptions: end some")));
        }
        let id = self.filters.id();
        self.filters.told.insert(id, Subscription { kind, tell: Box::new(tell), listens: Box::new(listens) });
        Ok(identifier(id))
    }

    /// Ends a subscription. Returns whether there was one.
    pub fn unsubscribe(&mut self, id: &Value) -> bool {
        let known = self.filters.told.keys().copied().find(|known| identifier(*known) == *id);
        known.is_some_and(|known| self.filters.told.remove(&known).is_some())
    }
}

/// An id as Geth writes them. It is nobody's secret: a filter holds nothing that is not public.
fn identifier(id: u64) -> Value {
    let hash = keccak_256(&id.to_be_bytes());
    let mut word = [0; 16];
    word.copy_from_slice(&hash[..16]);
    quantity(sp_core::U256::from(u128::from_be_bytes(word) >> 1))
}

#[derive(Clone, Debug)]
enum Kind {
    Logs(Wanted),
    Heads,
    Waiting { full: bool },
}

impl Kind {
    /// What a filter of this kind hears.
    fn hear(&self, notice: &Notice, heads_in_full: bool) -> Vec<Value> {
        match (self, notice) {
            (Self::Logs(wanted), Notice::Sealed(sealed)) => wanted.of(sealed, false),
            (Self::Logs(wanted), Notice::TakenBack(sealed)) => wanted.of(sealed, true),
            (Self::Heads, Notice::Sealed(sealed)) if heads_in_full => {
                let mut head = shown::block(sealed, false);
                if let Some(head) = head.as_object_mut() {
                    head.remove("transactions");
                    head.remove("uncles");
                    head.remove("withdrawals");
                }
                vec![head]
            }
            (Self::Heads, Notice::Sealed(sealed)) => vec![shown::bytes(&sealed.hash().0)],
            (Self::Waiting { full: true }, Notice::Waiting(transaction)) => vec![shown::waiting(transaction)],
            (Self::Waiting { full: false }, Notice::Waiting(transaction)) => vec![shown::bytes(&transaction.hash.0)],
            _ => Vec::new(),
        }
    }
}

struct Polled {
    kind: Kind,
    range: Option<Range>,
    heard: VecDeque<Value>,
    /// Bytes of it, as far as they matter.
    bytes: usize,
    asked: Instant,
}

impl Polled {
    /// Keeps what it has heard for who asks.
    fn keep(&mut self, notice: &Notice) {
        for told in self.kind.hear(notice, false) {
            self.bytes += weight(&told);
            self.heard.push_back(told);
        }
        while self.heard.len() > MOST_UNASKED {
            let Some(oldest) = self.heard.pop_front() else { break };
            self.bytes -= weight(&oldest);
        }
    }
}

/// What something that is told takes of memory: a log's data, and little beside it.
fn weight(told: &Value) -> usize {
    512 + told.get("data").and_then(Value::as_str).map_or(0, str::len)
}

struct Subscription {
    kind: Kind,
    tell: Box<dyn FnMut(Value) -> bool + Send>,
    listens: Box<dyn Fn() -> bool + Send>,
}

/// Who wants to hear what.
pub(super) struct Filters {
    unasked: Duration,
    polled: BTreeMap<u64, Polled>,
    told: BTreeMap<u64, Subscription>,
    ids: u64,
}

impl Default for Filters {
    fn default() -> Self {
        Self { unasked: UNASKED, polled: BTreeMap::new(), told: BTreeMap::new(), ids: 0 }
    }
}

impl Filters {
    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn end_unasked(&mut self) {
        self.polled.retain(|_, filter| filter.asked.elapsed() < self.unasked);
    }

    fn add(&mut self, kind: Kind, range: Option<Range>) -> Answer {
        self.end_unasked();
        if self.polled.len() >= MOST_FILTERS {
            return Err(Error::server(format!("there are {MOST_FILTERS} filters: uninstall some")));
        }
        let id = self.id();
        self.polled.insert(id, Polled { kind, range, heard: VecDeque::new(), bytes: 0, asked: Instant::now() });
        Ok(quantity(id))
    }

    fn get(&mut self, params: &Params) -> Result<&mut Polled, Error> {
        let id = params.word(0, "a filter's id")?;
        self.end_unasked();
        let filter = self.polled.get_mut(&id).ok_or_else(|| Error::server("filter not found"))?;
        filter.asked = Instant::now();
        Ok(filter)
    }

    pub(super) fn hear(&mut self, notice: &Notice) {
        self.end_unasked();
        let all = self.polled.values();
        let (mut kept, mut bytes) =
            all.fold((0, 0), |(kept, bytes), filter| (kept + filter.heard.len(), bytes + filter.bytes));
        let ids: Vec<u64> = self.polled.keys().copied().collect();
        for id in ids {
            let Some(filter) = self.polled.get_mut(&id) else { continue };
            (kept, bytes) = (kept - filter.heard.len(), bytes - filter.bytes);
            filter.keep(notice);
            (kept, bytes) = (kept + filter.heard.len(), bytes + filter.bytes);
            // After each: what a thousand hear of one block is more than a machine has room for.
            while kept > MOST_KEPT || bytes > MOST_KEPT_BYTES {
                // Who keeps much is not asked for at all; of many who keep little it is the one that was asked longest
                // ago.
                let full = self.polled.iter().filter(|(_, filter)| !filter.heard.is_empty());
                let one = if bytes > MOST_KEPT_BYTES {
                    full.max_by_key(|(_, filter)| filter.bytes)
                } else {
                    full.min_by_key(|(_, filter)| filter.asked)
                };
                let Some(id) = one.map(|(id, _)| *id) else { break };
                let Some(gone) = self.polled.remove(&id) else { break };
                (kept, bytes) = (kept - gone.heard.len(), bytes - gone.bytes);
            }
        }
        self.told.retain(|id, told| {
            let subscription = identifier(*id);
            told.kind.hear(notice, true).into_iter().all(|result| {
                (told.tell)(json!({
                    "jsonrpc": "2.0",
                    "method": "eth_subscription",
                    "params": { "subscription": subscription, "result": result },
                }))
            })
        });
    }
}
