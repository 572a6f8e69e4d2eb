//! The keeper: sends what is due and what anybody may send.
//!
//! Each pass reads the chain at its head and asks the engine what is due; nothing follows from what the keeper
//! remembers. What it remembers only holds it back: one message for a duty and a subject is under way at a time, a
//! margin call is sent once for the marks that it is about, a day has its cap of DOT, and a wallet that runs low keeps
//! what it has for what cannot wait. It waits a moment before it
//! sends, longer or shorter by its address and the subject, so that several keepers do not all send the same; and right
//! before it sends, it asks the chain again.

use std::collections::{BTreeMap, HashMap};

use alloy_core::primitives::keccak256;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sit_client::{Client, Failure, Signer, Transport, codec, transport::Outcome};
use sit_engine::calendar::Day;
use sit_engine::clearing::Store;
use sit_engine::units::{Seat, Seconds};
use sit_native::Message;

use crate::budget::Budget;
use crate::due::{self, Cares, Due, Duty};
use crate::journal::{Journal, JournalError};
use crate::log::Log;
use crate::metrics::Metrics;
use crate::{Post, Purse, Snapshot};

/// Blocks for which a message whose fate is not known is taken to be under way.
const UNDER_WAY: u64 = 2;
/// Messages that are sent at once.
const MOST_AT_ONCE: usize = 24;
/// Blocks that a keeper looks back for margin calls of others at most, and by which a node may be behind the one that
/// it was asked of before.
const LOOK_BACK: u64 = 128;

/// What a keeper does and how far it goes.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it cares about.
    pub cares: Cares,
    /// Blocks that it waits at most before it sends what it has found due.
    pub jitter: u64,
    /// Planck of a day at most, half of it for what can wait ([`Duty::is_urgent`]); `None` for no cap. What is sent at
    /// once is not counted before it is paid, so that a day may cost as much more as `MOST_AT_ONCE` messages.
    pub cap: Option<u128>,
    /// Planck that stay in the wallet for what cannot wait: with less, nothing that can wait is sent, and with less
    /// than twice as much the keeper says so. Zero for neither.
    pub least: u128,
    /// Whether it only says what it would send.
    pub dry_run: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { cares: Cares::default(), jitter: 1, cap: None, least: 0, dry_run: false }
    }
}

/// A line of the keeper's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A message is about to be sent.
    Sent {
        /// Duty and subject.
        key: String,
        /// The head when it was sent.
        block: u64,
    },
    /// It came to an end.
    Ended {
        /// Duty and subject.
        key: String,
        /// `done`, or the name of the refusal.
        how: String,
        /// The chain's day.
        day: u32,
        /// What it cost, in planck.
        planck: u128,
    },
    /// Nobody knows whether it was done: it stays under way.
    Unknown {
        /// Duty and subject.
        key: String,
        /// The chain's day.
        day: u32,
        /// What counts as spent, in planck.
        planck: u128,
    },
}

/// Why a keeper cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The chain could not be asked, or did not take something.
    #[error(transparent)]
    Chain(#[from] Failure),
    /// The journal cannot be used: nothing is sent that is not written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What a pass has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// The block that it looked at.
    pub block: u64,
    /// What was due, duty and subject.
    pub due: Vec<String>,
    /// What was done.
    pub done: Vec<String>,
    /// What was refused on chain, with the refusal.
    pub refused: Vec<(String, String)>,
    /// What did not come back, and may be under way.
    pub unknown: Vec<String>,
    /// Why something that is due is held back, a sentence.
    pub held: Option<String>,
}

/// A keeper of one exchange.
#[derive(Debug)]
pub struct Keeper<T: Transport> {
    client: Client<T>,
    signer: T::Signer,
    options: Options,
    journal: Option<Journal<Entry>>,
    budget: Budget,
    /// How the keeper is.
    pub metrics: Metrics,
    /// What the keeper tells.
    pub log: Log,
    /// The block in which something was seen due first, as long as it is due.
    seen: HashMap<String, u64>,
    /// What is under way, with the block in which it was sent.
    under_way: BTreeMap<String, u64>,
    /// The marks about which an account was called last.
    called: HashMap<Seat, u64>,
    /// The block up to which margin calls were heard.
    heard: Option<u64>,
    /// The block that was looked at last, if nothing was to be sent in it.
    quiet: Option<u64>,
    /// What the wallet has, against [`Options::least`].
    purse: Purse,
}

impl<T: Post> Keeper<T> {
    /// A keeper with what its journal knows. Without a journal it forgets what is under way when it ends.
    ///
    /// # Errors
    /// [`KeeperError::Journal`].
    pub fn new(
        client: Client<T>,
        signer: T::Signer,
        options: Options,
        journal: Option<(Journal<Entry>, Vec<Entry>)>,
        metrics: Metrics,
        log: Log,
    ) -> Result<Self, KeeperError> {
        let mut budget = Budget::new(options.cap);
        let mut under_way = BTreeMap::new();
        let mut kept = None;
        if let Some((mut journal, entries)) = journal {
            for entry in entries {
                match entry {
                    Entry::Sent { key, block } => {
                        under_way.insert(key, block);
                    }
                    Entry::Ended { key, day, planck, .. } => {
                        under_way.remove(&key);
                        budget.enter(Day(day));
                        budget.spend(planck);
                    }
                    Entry::Unknown { day, planck, .. } => {
                        budget.enter(Day(day));
                        budget.spend(planck);
                    }
                }
            }
            let mut still: Vec<Entry> =
                under_way.iter().map(|(key, block)| Entry::Sent { key: key.clone(), block: *block }).collect();
            if budget.spent > 0 {
                let (day, planck) = (budget.day.0, budget.spent);
                still.push(Entry::Ended { key: String::new(), how: "earlier".to_owned(), day, planck });
            }
            journal.compact(&still)?;
            kept = Some(journal);
        }
        let purse = Purse::new(options.least);
        Ok(Self {
            client,
            signer,
            options,
            journal: kept,
            budget,
            metrics,
            log,
            seen: HashMap::new(),
            under_way,
            called: HashMap::new(),
            heard: None,
            quiet: None,
            purse,
        })
    }

    /// The client.
    pub fn client(&mut self) -> &mut Client<T> {
        &mut self.client
    }

    /// Looks at the chain and sends what is due.
    ///
    /// # Errors
    /// [`KeeperError`]; what was sent by then is in the journal.
    pub fn pass(&mut self) -> Result<Pass, KeeperError> {
        let result = self.look();
        match &result {
            Ok(Pass { held: Some(why), .. }) => self.metrics.trouble(why),
            Ok(_) => self.metrics.well(),
            Err(error) => {
                self.metrics.count("failed", "pass");
                self.metrics.trouble(&error.to_string());
                self.log.say("pass-failed", json!({ "why": error.to_string() }));
            }
        }
        result
    }

    fn look(&mut self) -> Result<Pass, KeeperError> {
        let at = self.client.head()?;
        let head = at.number;
        self.metrics.saw(head);
        if self.quiet == Some(head) {
            return Ok(Pass { block: head, ..Pass::default() });
        }
        let mut snapshot = Snapshot::read_at(&mut self.client, at)?;
        self.budget.enter(Day::of(snapshot.now));
        let Self { client, signer, purse, metrics, log, .. } = self;
        purse.look(head, &mut client.transport, signer, metrics, log);
        self.hear_calls(&mut snapshot)?;
        let mut due = due::all(&mut self.client, &mut snapshot, &self.options.cares)?;
        due.retain(|due| !self.is_called(&mut snapshot, due));
        // A journal may be of a chain that was begun anew since: what it has of blocks that are far ahead is not under
        // way on this one, and its duties must not wait until those blocks come.
        let ahead = head.saturating_add(LOOK_BACK);
        self.under_way.retain(|_, block| head < block.saturating_add(UNDER_WAY) && *block <= ahead);
        let mut pass = Pass { block: head, due: due.iter().map(Due::key).collect(), ..Pass::default() };
        self.seen.retain(|key, _| pass.due.contains(key));
        for key in &pass.due {
            self.seen.entry(key.clone()).or_insert(head);
        }
        self.tell(&pass, snapshot.now);
        // Of a block in which nothing is left to do, nothing more can come.
        self.quiet = due.iter().all(|due| !self.is_ripe(&due.key(), head)).then_some(head);
        let mut ripe: Vec<Due> = due.into_iter().filter(|due| self.is_ripe(&due.key(), head)).collect();
        self.hold_back(&mut ripe, &mut pass)?;
        ripe.truncate(MOST_AT_ONCE);
        if self.options.dry_run {
            for due in &ripe {
                self.log.say("would-send", json!({ "due": due.key(), "message": shown(&due.message) }));
            }
            return Ok(pass);
        }
        let mut sent = Vec::new();
        for due in ripe {
            if due::is_still_due(&mut self.client, &self.signer, &mut snapshot, &due)? {
                sent.push(due);
            }
        }
        self.send(&sent, &mut pass)?;
        Ok(pass)
    }

    /// Takes out what cap and wallet do not let through, and takeovers while it is not known what became of what was
    /// sent: a second one would be judged by an account that does not have the first one yet.
    fn hold_back(&mut self, ripe: &mut Vec<Due>, pass: &mut Pass) -> Result<(), KeeperError> {
        if self.options.dry_run {
            return Ok(());
        }
        let before = ripe.len();
        let (all, rest) = (self.budget.is_open(), self.budget.is_open_for_the_rest());
        let scarce = self.purse.holds();
        ripe.retain(|due| if due.duty.is_urgent() { all } else { rest && scarce.is_none() });
        if ripe.len() < before {
            let (of, event, why) = match (all, rest) {
                (false, _) => ("cap", "cap-spent", "the day's cap of DOT is spent"),
                (_, false) => {
                    let why = "half of the day's cap of DOT is spent, and the rest is kept for what cannot wait";
                    ("cap", "cap-spent", why)
                }
                _ => ("least-dot", "dot-low", scarce.unwrap_or_default()),
            };
            self.metrics.count("held", of);
            self.log.say(event, json!({ "planck": self.budget.spent.to_string(), "due": pass.due, "why": why }));
            pass.held = Some(why.to_owned());
        }
        if ripe.iter().any(|due| due.duty == Duty::Bid) {
            let on_their_way = self.client.transport.on_their_way(&self.signer);
            let what = || "the transactions that are on their way".to_owned();
            if on_their_way.map_err(|why| Failure::Transport { what: what(), why: Box::new(why) })? > 0 {
                ripe.retain(|due| due.duty != Duty::Bid);
                self.metrics.count("held", "on-their-way");
                self.log.say("bids-wait", json!({ "why": "it is not known yet what became of what was sent" }));
            }
        }
        Ok(())
    }

    /// Whether something is to be sent now: nothing of it is under way, and the keeper's moment for it has come.
    fn is_ripe(&self, key: &str, head: u64) -> bool {
        let seen = self.seen.get(key).copied().unwrap_or(head);
        !self.under_way.contains_key(key) && head >= seen.saturating_add(self.moment(key))
    }

    /// Blocks that this keeper waits with a subject.
    fn moment(&self, key: &str) -> u64 {
        let mut bytes = self.signer.address().to_vec();
        bytes.extend(key.as_bytes());
        // Another one every day, so that two keepers whose moments are the same today have others tomorrow.
        bytes.extend(self.budget.day.0.to_be_bytes());
        let [first, ..] = keccak256(bytes).0;
        u64::from(first) % self.options.jitter.saturating_add(1)
    }

    fn send(&mut self, sent: &[Due], pass: &mut Pass) -> Result<(), KeeperError> {
        if sent.is_empty() {
            return Ok(());
        }
        let head = pass.block;
        let entries: Vec<Entry> = sent.iter().map(|due| Entry::Sent { key: due.key(), block: head }).collect();
        if let Some(journal) = &mut self.journal {
            journal.write(&entries)?;
        }
        let mut calls = Vec::with_capacity(sent.len());
        for due in sent {
            self.under_way.insert(due.key(), head);
            calls.push((self.client.address(due.message.contract())?, codec::calldata(&due.message)));
        }
        let outcomes = self.client.transport.send_all(&self.signer, &calls);
        let mut ended = Vec::new();
        for (due, outcome) in sent.iter().zip(outcomes) {
            let key = due.key();
            let mined = match outcome {
                Ok(mined) => mined,
                Err(error) => {
                    // It may yet become part of a block: it stays under way for a while.
                    self.metrics.count("unknown", due.duty.name());
                    self.log.say("unknown", json!({ "due": key, "why": error.to_string() }));
                    if T::may_be_done(&error) {
                        let (day, planck) = (self.budget.day.0, self.budget.spend_unknown());
                        ended.push(Entry::Unknown { key: key.clone(), day, planck });
                    }
                    pass.unknown.push(key);
                    continue;
                }
            };
            let planck = T::planck(&mined.cost);
            self.budget.spend(planck);
            self.under_way.remove(&key);
            let (how, why) = match mined.outcome {
                Outcome::Returned(_) => {
                    self.metrics.count("done", due.duty.name());
                    pass.done.push(key.clone());
                    ("done".to_owned(), None)
                }
                Outcome::Reverted(data) => {
                    let refused = codec::refusal(due.message.contract(), &data);
                    self.metrics.count("refused", due.duty.name());
                    pass.refused.push((key.clone(), refused.to_string()));
                    (refused.name().to_owned(), Some(refused.to_string()))
                }
            };
            let mut fields = json!({ "due": key, "how": how, "block": mined.block, "planck": planck.to_string() });
            if let Some(why) = why {
                fields["why"] = why.into();
            }
            self.log.say("ended", fields);
            ended.push(Entry::Ended { key, how, day: self.budget.day.0, planck });
        }
        if let Some(journal) = &mut self.journal {
            journal.write(&ended)?;
        }
        Ok(())
    }

    /// Hears the margin calls of others, and its own.
    fn hear_calls(&mut self, snapshot: &mut Snapshot) -> Result<(), KeeperError> {
        // Whoever was away for long has nothing of what was called then: its marks are gone.
        let from = self.heard.map_or(0, |heard| heard.saturating_add(1)).max(snapshot.block.saturating_sub(LOOK_BACK));
        let marks = marks(snapshot);
        let mut known = HashMap::new();
        // With the newest marks for each call: an older call is forgotten when they are set.
        let events = if from > snapshot.block { Vec::new() } else { self.client.events(from..=snapshot.block)? };
        for (_, event) in events {
            match event.name {
                "MarkSet" => known.clear(),
                "MarginCall" => {
                    if let Some(seat) = event.get::<Seat>("seat") {
                        known.insert(seat, marks);
                    }
                }
                _ => {}
            }
        }
        self.called.retain(|_, about| *about == marks);
        self.called.extend(known);
        self.heard = self.heard.max(Some(snapshot.block));
        Ok(())
    }

    /// Whether an account has been called about these marks already.
    fn is_called(&self, snapshot: &mut Snapshot, due: &Due) -> bool {
        let Message::MarginCall { seat } = due.message else { return false };
        self.called.get(&seat) == Some(&marks(snapshot))
    }

    fn tell(&mut self, pass: &Pass, now: Seconds) {
        self.metrics.set("block", "head", i64::try_from(pass.block).unwrap_or(i64::MAX));
        self.metrics.set("time", "head", i64::from(now.0));
        self.metrics.set("spent-planck", "today", i64::try_from(self.budget.spent).unwrap_or(i64::MAX));
        self.metrics.set("messages", "under-way", i64::try_from(self.under_way.len()).unwrap_or(i64::MAX));
        for duty in Duty::ALL {
            let of = pass.due.iter().filter(|key| key.split(' ').next() == Some(duty.name())).count();
            self.metrics.set("due", duty.name(), i64::try_from(of).unwrap_or(i64::MAX));
        }
        let oldest = self.seen.values().min().map_or(0, |seen| pass.block.saturating_sub(*seen));
        self.metrics.set("blocks", "oldest-due", i64::try_from(oldest).unwrap_or(i64::MAX));
    }
}

/// A number that changes when a mark does.
fn marks(snapshot: &mut Snapshot) -> u64 {
    let rounds = snapshot.products.iter().filter_map(|product| snapshot.house.curve(*product));
    rounds.fold(0, |sum, curve| sum.wrapping_mul(0x1_0000).wrapping_add(curve.round.into()))
}

/// A message as a log shows it.
fn shown(message: &Message) -> String {
    format!("{}.{} {:?}", message.contract().name(), message.name(), message.arguments())
}
