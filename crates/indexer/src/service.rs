//! What the follower and those who answer have in common: the newest books, how the index does, readers, and the news
//! that there is a new block.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alloy_core::primitives::hex;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::check::Books;
use crate::follow::{FollowError, Follower, Step};
use crate::query::{Answer, Page, Refusal, View};
use crate::schema::VERSION;
use crate::source::{SETTLED, Source};
use crate::store::{self, Identity, StoreError};

/// How long the follower waits before it looks for a new block, where nothing else is said: a Hub's block takes about
/// two seconds.
pub const PAUSE: Duration = Duration::from_millis(500);
/// Payloads that are kept for all who ask for the same at one block.
const MOST_KEPT: usize = 4_096;

/// A lock whatever happened to whoever held it: what it guards is replaced whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What subscribers wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// Counts the blocks and the changes of state that were told.
    pub generation: u64,
    /// Counts the times that blocks were taken back.
    pub reorgs: u64,
}

#[derive(Debug, Clone)]
struct State {
    name: &'static str,
    message: Option<String>,
    node_block: Option<u64>,
    /// The newest block that is final, where the node says so.
    final_block: Option<u64>,
    deepest: u64,
    /// When the tables were last known to have the node's newest block.
    at_head: Option<Instant>,
    began: Instant,
}

/// An answer that many may want, with its block.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Fields of the block, as JSON text without braces.
    pub at: Arc<str>,
    /// `data`, as JSON text.
    pub data: Arc<str>,
    /// The block.
    pub block: u64,
}

type Cache = (u64, HashMap<String, Result<Kept, (u16, String)>>);

/// What all threads of one index share.
pub struct Shared {
    folder: PathBuf,
    /// Which exchange it is.
    pub identity: Identity,
    /// The JSON-RPC address that a page may use.
    pub rpc: Option<String>,
    books: Mutex<Arc<Books>>,
    state: Mutex<State>,
    readers: Mutex<Vec<Connection>>,
    cache: Mutex<Cache>,
    moved: watch::Sender<Moment>,
    /// Held while something is computed for subscribers.
    pub computing: tokio::sync::Mutex<()>,
    /// WebSockets that are open.
    pub sockets: AtomicUsize,
}

impl Shared {
    /// For the tables of a folder, which are there already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn new(folder: PathBuf, identity: Identity, rpc: Option<String>) -> Result<Self, StoreError> {
        let reader = store::reader(&folder)?;
        let state = State {
            name: "starting",
            message: None,
            node_block: None,
            final_block: None,
            deepest: 0,
            at_head: None,
            began: Instant::now(),
        };
        Ok(Self {
            folder,
            identity,
            rpc,
            books: Mutex::default(),
            state: Mutex::new(state),
            readers: Mutex::new(vec![reader]),
            cache: Mutex::default(),
            moved: watch::Sender::new(Moment::default()),
            computing: tokio::sync::Mutex::new(()),
            sockets: AtomicUsize::new(0),
        })
    }

    /// News of blocks.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<Moment> {
        self.moved.subscribe()
    }

    /// Follows a chain until it is told to stop, or has to. What it stopped for is said by `/v1/status` too.
    ///
    /// # Errors
    /// [`FollowError`], one that does not pass.
    pub fn follow<S: Source>(
        &self,
        follower: &mut Follower<S>,
        pause: Duration,
        stop: &AtomicBool,
    ) -> Result<(), FollowError> {
        let mut failures = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            let wait = match self.advance(follower) {
                Ok(at_head) => {
                    failures = 0;
                    if at_head { pause } else { Duration::ZERO }
                }
                Err(error) if error.passes() => {
                    failures = failures.saturating_add(1);
                    // A chain that has just changed contradicts itself for a moment: that is nothing to tell yet.
                    if failures > 2 {
                        self.tell("unreachable", Some(error.to_string()), follower.node_head());
                    }
                    pause.saturating_mul(failures.min(10))
                }
                Err(error) => {
                    self.tell("stopped", Some(error.to_string()), follower.node_head());
                    return Err(error);
                }
            };
            let until = Instant::now() + wait;
            while !stop.load(Ordering::Relaxed) && Instant::now() < until {
                std::thread::sleep(until.saturating_duration_since(Instant::now()).min(Duration::from_millis(50)));
            }
        }
        Ok(())
    }

    /// Does the follower's next step and tells everybody; whether there is nothing more to do for now.
    ///
    /// # Errors
    /// [`FollowError`].
    pub fn advance<S: Source>(&self, follower: &mut Follower<S>) -> Result<bool, FollowError> {
        let step = follower.step()?;
        self.took(follower, step)
    }

    fn took<S: Source>(&self, follower: &mut Follower<S>, step: Step) -> Result<bool, FollowError> {
        let books = follower.checker.books();
        let node = follower.node_head();
        lock(&self.state).final_block = follower.final_block();
        let fresh = !Arc::ptr_eq(&books, &lock(&self.books));
        *lock(&self.books) = books;
        match step {
            Step::Taken { at_head, .. } => {
                if at_head {
                    lock(&self.state).at_head = Some(Instant::now());
                }
                self.tell(if at_head { "live" } else { "history" }, None, node);
                Ok(at_head)
            }
            Step::Same => {
                lock(&self.state).at_head = Some(Instant::now());
                if fresh || lock(&self.state).name != "live" {
                    self.tell("live", None, node);
                }
                Ok(true)
            }
            Step::NodeBehind { node: behind } => {
                let sentence = format!(
                    "the node's newest block is {behind}, below the index's: it is behind, or another node answers; waiting"
                );
                if lock(&self.state).name != "node_behind" {
                    self.tell("node_behind", Some(sentence), node);
                }
                Ok(true)
            }
            Step::Back { depth, .. } => {
                {
                    let mut state = lock(&self.state);
                    state.deepest = state.deepest.max(depth);
                }
                self.tell_of(1, "history", None, node);
                Ok(false)
            }
        }
    }

    fn tell(&self, name: &'static str, message: Option<String>, node: Option<u64>) {
        self.tell_of(0, name, message, node);
    }

    /// Tells everybody, of blocks that were taken back so many times. Both counts change at once: whoever woke up
    /// between them would begin again with what is kept of the blocks that are gone, and never hear of those in their
    /// place.
    fn tell_of(&self, reorgs: u64, name: &'static str, message: Option<String>, node: Option<u64>) {
        {
            let mut state = lock(&self.state);
            state.name = name;
            state.message = message;
            state.node_block = node.or(state.node_block);
        }
        self.moved.send_modify(|moment| {
            moment.generation += 1;
            moment.reorgs += reorgs;
        });
    }

    /// Seconds since the tables were last known to have the node's newest block; zero while they have.
    fn lag(&self) -> u64 {
        let state = lock(&self.state);
        let since = state.at_head.unwrap_or(state.began).elapsed();
        since.saturating_sub(PAUSE.saturating_mul(4)).as_secs()
    }

    fn status(&self, view: &View<'_>) -> Answer {
        let state = lock(&self.state).clone();
        let alarms: i64 = view.db.prepare_cached("SELECT count(*) FROM alarm")?.query_row([], |row| row.get(0))?;
        Ok(json!({
            "ready": state.name == "live",
            "state": state.name,
            "message": state.message,
            "chain_id": self.identity.chain_id.to_string(),
            "genesis_hash": hex::encode_prefixed(self.identity.genesis),
            "first_block": self.identity.first_block,
            "node_block": state.node_block,
            "indexed_block": view.tip.number,
            "reorgs": self.moved.borrow().reorgs,
            "deepest_reorg": state.deepest,
            "events": store::events(view.db)?,
            "alarms": alarms,
            "schema": VERSION,
            "sockets": self.sockets.load(Ordering::Relaxed),
            "version": env!("CARGO_PKG_VERSION"),
        })
        .into())
    }

    fn deployment(&self) -> Answer {
        let contracts: Value = serde_json::from_str(&self.identity.deployment.to_json()).unwrap_or_default();
        Ok(json!({
            "chain_id": self.identity.chain_id.to_string(),
            "genesis_hash": hex::encode_prefixed(self.identity.genesis),
            "first_block": self.identity.first_block,
            "rpc": self.rpc,
            "contracts": contracts,
        })
        .into())
    }

    /// Answers a question of the view of one block. The first of the pair are the fields of that block.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn read<T>(&self, ask: impl FnOnce(&View<'_>) -> Answer<T>) -> Answer<(Value, T)> {
        let books = Arc::clone(&lock(&self.books));
        let taken = lock(&self.readers).pop();
        let db = taken.map_or_else(|| store::reader(&self.folder), Ok)?;
        let answer = (|| {
            let transaction = db.unchecked_transaction()?;
            let tip = store::tip(&transaction)?.ok_or(Refusal::NotReady)?;
            // Where the node does not say what is final, it is what is rarely replaced by then.
            let known = lock(&self.state).final_block.unwrap_or(tip.number.saturating_sub(SETTLED));
            let final_block = known.min(tip.number);
            let view = View { db: &transaction, books: &books, identity: &self.identity, tip, final_block };
            let answer = ask(&view)?;
            let at = json!({
                "block": tip.number,
                "block_hash": hex::encode_prefixed(tip.hash),
                "block_time": tip.time,
                "final_block": final_block,
                "lag_s": self.lag(),
            });
            Ok((at, answer))
        })();
        let mut readers = lock(&self.readers);
        if readers.len() < 8 {
            readers.push(db);
        }
        answer
    }

    /// Answers a path of the API that is answered with JSON.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn answer(&self, path: &[&str], query: Option<&str>) -> Answer<Value> {
        let (mut at, page) = self.read(|view| self.route(view, path, query))?;
        at["data"] = page.data;
        if let Some(next) = page.next {
            at["next"] = next.into();
        }
        Ok(at)
    }

    /// The data of a path for subscribers, where it was computed at this moment already.
    #[must_use]
    pub fn cached(&self, path: &str, query: Option<&str>) -> Option<Result<Kept, (u16, String)>> {
        let generation = self.moved.borrow().generation;
        let cache = lock(&self.cache);
        if cache.0 == generation {
            cache.1.get(&format!("{path}?{}", query.unwrap_or_default())).cloned()
        } else {
            None
        }
    }

    /// The data of a path for subscribers, for all who want it at one moment. Whoever asks holds
    /// [`Shared::computing`], so that hundreds who wait for one block compute it once.
    ///
    /// # Errors
    /// Status and sentence of the refusal.
    pub fn kept(&self, path: &str, query: Option<&str>) -> Result<Kept, (u16, String)> {
        let generation = self.moved.borrow().generation;
        let key = format!("{path}?{}", query.unwrap_or_default());
        if let Some(kept) = self.cached(path, query) {
            return kept;
        }
        let parts: Vec<&str> = path.split('/').collect();
        let answer = self.read(|view| Ok((view.tip.number, self.route(view, &parts, query)?)));
        let kept = match answer {
            Ok((at, (block, page))) => {
                let at = at.to_string();
                let at = at.trim_start_matches('{').trim_end_matches('}');
                Ok(Kept { at: at.into(), data: page.data.to_string().into(), block })
            }
            Err(refusal) => Err((crate::serve::status_of(&refusal).as_u16(), refusal.to_string())),
        };
        let mut cache = lock(&self.cache);
        if cache.0 != generation || cache.1.len() >= MOST_KEPT {
            *cache = (generation, HashMap::new());
        }
        cache.1.insert(key, kept.clone());
        kept
    }

    fn route(&self, view: &View<'_>, path: &[&str], text: Option<&str>) -> Answer<Page> {
        use crate::query::{Query, number};
        const PAGE: [&str; 2] = ["limit", "cursor"];
        let query = |known: &[&str]| Query::parse(text, known);
        let paged = |known: &[&str]| Query::parse(text, &[&PAGE, known].concat());
        let seat = |text: &str| number("seat", text, u32::MAX.into());
        let month = |text: &str| number("instrument", text, 65_535);
        match path {
            ["status"] => query(&[]).and_then(|_| self.status(view)),
            ["deployment"] => query(&[]).and_then(|_| self.deployment()),
            ["alarms"] => view.alarms(&paged(&[])?),
            ["instruments"] => view.instruments(&query(&["product"])?),
            ["curve"] => view.curve(&query(&["product"])?),
            ["book", instrument] => view.book(month(instrument)?, &query(&["depth"])?),
            ["trades"] => view.trades(None, &paged(&["instrument", "seat"])?),
            ["candles", instrument] => {
                view.candles(month(instrument)?, &query(&["resolution", "from", "to", "limit"])?)
            }
            ["marks"] => view.marks(&paged(&["instrument"])?),
            ["settlements"] => view.settlements(None, &paged(&["instrument", "seat"])?),
            ["index"] => view.prints(&paged(&["index"])?),
            ["liquidations"] => view.liquidations(&paged(&["seat", "instrument"])?),
            ["makers"] => view.makers(&paged(&["epoch", "seat"])?),
            ["governance"] => view.governance(&paged(&[])?),
            ["events"] => view.events(&paged(&["contract", "name"])?),
            ["accounts"] => view.accounts(&query(&["owner"])?),
            ["accounts", of] => query(&[]).and_then(|_| view.account(seat(of)?)),
            ["accounts", of, "orders"] => view.orders(seat(of)?, &query(&["instrument"])?),
            ["accounts", of, "triggers"] => query(&[]).and_then(|_| view.triggers(seat(of)?)),
            ["accounts", of, "order-events"] => view.order_events(seat(of)?, &paged(&["instrument"])?),
            ["accounts", of, "fills"] => view.trades(Some(seat(of)?), &paged(&["instrument"])?),
            ["accounts", of, "ledger"] => view.ledger(seat(of)?, &paged(&[])?),
            ["accounts", of, "positions-by-day"] => view.positions_by_day(seat(of)?, &paged(&[])?),
            ["accounts", of, "settlements"] => view.settlements(Some(seat(of)?), &paged(&["instrument"])?),
            ["accounts", of, "costs"] => view.costs(seat(of)?, &paged(&[])?),
            _ => Err(Refusal::NotFound("there is nothing under this path: /v1/openapi.json lists all".to_owned())),
        }
    }
}
