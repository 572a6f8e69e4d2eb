//! The reporter: sends the prices of a day, committed to first where the index wants that, and revealed in time.
//!
//! What would cost the bond is a commitment that is not revealed, so the batch and the salt behind it are on the disk
//! before it is sent: a program that is killed at any moment goes on where it was. Deadlines are those of the chain's
//! time. Prices that are stale, missing, in another unit or far from yesterday's are not sent; what was refused, and
//! what to do, is said in a sentence. A batch whose prices wait for a person keeps nothing else waiting: what was
//! committed to is revealed, settlements are watched, earnings collected.

mod json;
mod mapping;
mod prices;
mod web;

pub use mapping::{Mapping, Provider, Source, Unit};
pub use prices::{Accepted, Against, Batch, Hold, Known, PLAUSIBLE, UNIT_FACTOR, print_of, read as read_prices};
pub use web::Web;

use std::collections::BTreeMap;

use alloy_core::primitives::keccak256;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sit_client::{Client, Failure, Signer, Transport, codec, transport::Outcome};
use sit_engine::calendar::Day;
use sit_engine::chain::Address;
use sit_engine::clearing::{Curve, Product};
use sit_engine::oracle::{
    Entry, IndexId, IndexState, Quote, Reporters, SUBMISSION_DAYS, Setup, Status, Submission, commitment_preimage,
    slot_of,
};
use sit_engine::units::Seconds;
use sit_native::{Message, stored, view};

use crate::journal::{Journal, JournalError};
use crate::log::Log;
use crate::metrics::Metrics;
use crate::{Post, Purse, budget::Budget};

/// Why prices, or the file that says where they are, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The mapping file.
    #[error("the mapping file cannot be used: {0}")]
    Mapping(String),
    /// A source does not answer, or not with prices.
    #[error("the source {origin} gives no prices ({why}): nothing is sent; see that it answers before the window ends")]
    Silent {
        /// Its name.
        origin: String,
        /// The reason, a sentence.
        why: String,
    },
    /// Prices are too old.
    #[error("the prices of {origin} are {age} seconds old, and at most {most} are allowed: renew them, then try again")]
    Stale {
        /// The source.
        origin: String,
        /// Their age in seconds.
        age: i64,
        /// The most that the mapping allows.
        most: u64,
    },
    /// Prices are from the future.
    #[error("the prices of {origin} are of a time {ahead} seconds ahead of the chain: set the clock that stamps them")]
    Ahead {
        /// The source.
        origin: String,
        /// By how many seconds.
        ahead: i64,
    },
    /// A provider of the basket is not in the mapping.
    #[error(
        "provider {0} belongs to the index and is not in the mapping: add it, since an incomplete batch is refused"
    )]
    Incomplete(u8),
    /// What stands where a number should.
    #[error(
        "the {what} of {provider} at {pointer} is {found}, and {wanted} is wanted: correct the source or the mapping"
    )]
    NoPrice {
        /// The provider.
        provider: String,
        /// Which of its numbers.
        what: &'static str,
        /// Where it was looked for.
        pointer: String,
        /// What stands there.
        found: String,
        /// What should.
        wanted: &'static str,
    },
    /// A source tells the time that it told for an earlier day.
    #[error(
        "{origin} still says that its prices are of the time {time} (Unix seconds), which were sent for an earlier day: \
         see that it is renewed; if its time is that of the last change, allow it with a max_age of more than a day"
    )]
    Frozen {
        /// The source.
        origin: String,
        /// What it says, in Unix seconds.
        time: i64,
    },
    /// A price that no model has.
    #[error(
        "the {what} of {provider} at {pointer} is {found}, and prices are from 0.001 to 1,000 US dollars for a \
         million tokens: {hint}"
    )]
    Implausible {
        /// The provider.
        provider: String,
        /// Which of its prices.
        what: &'static str,
        /// Where it stands.
        pointer: String,
        /// What stands there, with the unit that the mapping gives it.
        found: String,
        /// What it would be in another, and what to write.
        hint: Box<str>,
    },
    /// Prices far from those before, until a person says that they are right.
    #[error("{}", held(.0))]
    Held(Vec<Hold>),
}

/// All that is held, and what to say if it is right.
fn held(holds: &[Hold]) -> String {
    let moves: Vec<String> = holds.iter().map(Hold::to_string).collect();
    let mut accepts: Vec<String> = holds.iter().map(|hold| format!("--accept {}", hold.accept)).collect();
    accepts.dedup();
    format!(
        "nothing is sent: {}. If these are the list prices, start again with {}, which lets this one batch through",
        moves.join("; "),
        accepts.join(" ")
    )
}

/// Asks an address for what it has.
pub trait Fetch {
    /// The body of the answer, by POST where something is sent, else by GET.
    ///
    /// # Errors
    /// A sentence.
    fn fetch(&mut self, url: &str, headers: &[(String, String)], body: Option<&str>) -> Result<Vec<u8>, String>;
}

/// A line of the reporter's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// A batch with its salt, written before anything of it is sent.
    Batch {
        /// The index.
        index: u16,
        /// The day.
        day: u32,
        /// The salt of its commitment.
        salt: [u8; 32],
        /// Number, input and output price (quote atoms for a million tokens) and volume (millions) of each provider.
        lines: Vec<(u8, u32, u32, u64)>,
        /// What the sources said of the time of their prices, Unix seconds.
        #[serde(default)]
        times: BTreeMap<String, i64>,
    },
    /// What was paid for a message.
    Paid {
        /// The chain's day.
        day: u32,
        /// Planck.
        planck: u128,
    },
}

/// Why a reporter could not do what it had to.
#[derive(Debug, thiserror::Error)]
pub enum ReporterError {
    /// The chain could not be asked, or did not take something.
    #[error(transparent)]
    Chain(#[from] Failure),
    /// The journal cannot be used: nothing is committed to that is not written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The prices are not fit to be sent.
    #[error(transparent)]
    Prices(#[from] Unusable),
    /// The index is not known.
    #[error("index {0} is not open: see the number in the mapping file")]
    UnknownIndex(IndexId),
    /// The key is none of a reporter.
    #[error("this key is no reporter of index {0}: governance registers reporters (add_reporter)")]
    NoReporter(IndexId),
    /// The bond does not suffice.
    #[error("the bond of this reporter is too small for index {0}: add to it (sit reporter bond)")]
    NoBond(IndexId),
    /// A commitment stands on chain that the journal does not know.
    #[error(
        "a commitment of this key for day {0} stands on chain and its salt is not in this journal: \
         give the journal with which it was made (--journal), or the day counts as missed"
    )]
    LostSalt(u32),
    /// There is no randomness.
    #[error("this machine gives no random bytes ({0}): without them a commitment hides nothing")]
    NoSalt(String),
    /// The cap is reached.
    #[error("the day's cap of DOT is spent: raise it with --cap, or the day may count as missed")]
    Cap,
}

/// How far the reporter is with a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The window is not open yet; opens at this time.
    Early(Seconds),
    /// The batch is committed to, and may be revealed from this time on.
    Committed(Seconds),
    /// The batch lies open: nothing is left to do.
    Sent,
    /// The window is over, without a batch.
    Missed,
    /// A message was refused or did not come back: it is tried again.
    Trying(String),
    /// A dry run: this would have been sent.
    Would(&'static str),
}

/// What a reporter does and how far it goes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Prices that a person has confirmed, each for one batch.
    pub accepted: Vec<Accepted>,
    /// Planck of a day at most; `None` for no cap. What was committed to is revealed beyond it: that is one message,
    /// and the bond is dearer.
    pub cap: Option<u128>,
    /// Planck that stay in the wallet for the day's batch: with less no earnings are collected, and with less than
    /// twice as much the reporter says so. Zero for neither.
    pub least: u128,
    /// Earnings from which on they are collected, in quote atoms; `None` for never.
    pub collect_from: Option<u64>,
    /// Whether it only says what it would send.
    pub dry_run: bool,
}

/// A reporter of one index.
pub struct Reporter<T: Transport, F> {
    client: Client<T>,
    signer: T::Signer,
    mapping: Mapping,
    fetch: F,
    options: Options,
    journal: Journal<Note>,
    batches: Vec<Written>,
    budget: Budget,
    /// What the wallet has, against [`Options::least`].
    purse: Purse,
    /// How the reporter is.
    pub metrics: Metrics,
    /// What the reporter tells.
    pub log: Log,
    /// Settlements whose proposal was told already.
    told: Vec<(Day, Status)>,
    /// What was told last of prices that wait.
    held: Vec<Hold>,
    /// The day that was told to be missed.
    missed: Option<Day>,
}

/// A batch as it stands in the journal.
#[derive(Clone, Debug)]
struct Written {
    index: IndexId,
    day: Day,
    salt: [u8; 32],
    entries: Vec<Entry>,
    times: BTreeMap<String, i64>,
}

impl<T: Post, F: Fetch> Reporter<T, F> {
    /// A reporter with what its journal knows.
    ///
    /// # Errors
    /// [`ReporterError::Journal`].
    #[expect(clippy::too_many_arguments, reason = "each is a part of its own, and there is one caller")]
    pub fn new(
        client: Client<T>,
        signer: T::Signer,
        mapping: Mapping,
        fetch: F,
        options: Options,
        (mut journal, notes): (Journal<Note>, Vec<Note>),
        metrics: Metrics,
        log: Log,
    ) -> Result<Self, ReporterError> {
        let mut budget = Budget::new(options.cap);
        let mut batches = Vec::new();
        let newest = notes.iter().filter_map(|note| if let Note::Batch { day, .. } = note { Some(*day) } else { None });
        let newest = newest.max().unwrap_or(0);
        let mut kept = Vec::new();
        for note in notes {
            match &note {
                Note::Batch { index, day, salt, lines, times } => {
                    // What can be revealed no more is forgotten.
                    if newest.saturating_sub(*day) < 4 * SUBMISSION_DAYS {
                        let entries = lines.iter().map(|(provider, input, output, volume)| Entry {
                            provider: *provider,
                            quote: Quote { input: *input, output: *output, volume: *volume },
                        });
                        let (index, day, salt, entries) = (*index, Day(*day), *salt, entries.collect());
                        batches.push(Written { index, day, salt, entries, times: times.clone() });
                        kept.push(note);
                    }
                }
                Note::Paid { day, planck } => {
                    budget.enter(Day(*day));
                    budget.spend(*planck);
                }
            }
        }
        if budget.spent > 0 {
            kept.push(Note::Paid { day: budget.day.0, planck: budget.spent });
        }
        journal.compact(&kept)?;
        let purse = Purse::new(options.least);
        Ok(Self {
            client,
            signer,
            mapping,
            fetch,
            options,
            journal,
            batches,
            budget,
            purse,
            metrics,
            log,
            told: Vec::new(),
            held: Vec::new(),
            missed: None,
        })
    }

    /// The client.
    pub fn client(&mut self) -> &mut Client<T> {
        &mut self.client
    }

    /// Looks at the chain and sends what is to be sent now.
    ///
    /// # Errors
    /// [`ReporterError`]; what was committed to by then is in the journal.
    pub fn pass(&mut self) -> Result<Stage, ReporterError> {
        let result = self.look();
        self.tell_held(result.as_ref().err());
        match &result {
            Ok(stage) => {
                match stage {
                    Stage::Trying(why) => self.metrics.trouble(why),
                    _ => self.metrics.well(),
                }
                self.metrics.set("day", "sent", i64::from(*stage == Stage::Sent));
            }
            Err(error) => {
                self.metrics.count("failed", "pass");
                self.metrics.trouble(&error.to_string());
                self.log.say("pass-failed", json!({ "why": error.to_string() }));
            }
        }
        result
    }

    /// Says which prices wait for a person: in the log once for each reading, in the metrics as long as it lasts.
    fn tell_held(&mut self, error: Option<&ReporterError>) {
        let holds: &[Hold] = match error {
            Some(ReporterError::Prices(Unusable::Held(holds))) => holds,
            _ => &[],
        };
        for provider in &self.mapping.provider {
            let waits = holds.iter().any(|hold| hold.accept.provider == provider.number);
            self.metrics.set("held", &format!("provider {}", provider.number), waits.into());
        }
        self.metrics.set("prices", "held", i64::try_from(holds.len()).unwrap_or(i64::MAX));
        if self.held == holds {
            return;
        }
        for hold in holds {
            self.metrics.count("held", hold.what);
            let fields = json!({
                "day": hold.accept.day.0, "provider": hold.accept.provider, "name": hold.name, "price": hold.what,
                "before_atoms": hold.before, "after_atoms": hold.after, "why": hold.to_string(),
                "accept": hold.accept.to_string(),
            });
            self.log.say("held", fields);
        }
        self.held = holds.to_vec();
    }

    fn look(&mut self) -> Result<Stage, ReporterError> {
        let index = self.mapping.index;
        let head = self.client.head()?;
        self.metrics.saw(head.number);
        let now = Seconds(u32::try_from(head.time).unwrap_or(u32::MAX));
        let day = Day::of(now);
        self.budget.enter(day);
        let Self { client, signer, purse, metrics, log, .. } = self;
        purse.look(head.number, &mut client.transport, signer, metrics, log);
        let me = self.signer.address();
        let setup: Setup = self.client.oracle_cell(&stored::setup(index))?.ok_or(ReporterError::UnknownIndex(index))?;
        let reporters: Reporters = self.client.oracle_cell(&stored::reporters(index))?.unwrap_or_default();
        let place = reporters.place_of(me).ok_or(ReporterError::NoReporter(index))?;
        if setup.reporting.bond > 0 && !reporters.is_bonded(place) {
            return Err(ReporterError::NoBond(index));
        }
        // The day's batch comes first: what else there is to do neither takes its time nor its budget, and is done
        // while its prices wait.
        let stage = self.report(place, me, &setup, now);
        let rest = self.watch(now, &setup).and_then(|()| self.collect(index, me));
        let stage = stage?;
        rest?;
        Ok(stage)
    }

    /// Sends what is due of the day's batch.
    fn report(&mut self, place: u8, me: Address, setup: &Setup, now: Seconds) -> Result<Stage, ReporterError> {
        let (index, day) = (self.mapping.index, Day::of(now));
        let at = |seconds: u32| day.start().later(seconds);
        let (opens, closes, until) = (at(setup.rules.opens), at(setup.rules.closes), setup.reporting.commit_until);
        self.metrics.set("seconds", "to-deadline", i64::from(closes.0) - i64::from(now.0));
        let held = submitted(&mut self.client, index, day, place, me)?;
        if held.is_some_and(|held| held.is_open()) {
            return Ok(Stage::Sent);
        }
        if now < opens {
            return Ok(Stage::Early(opens));
        }
        if now >= closes || (until > 0 && held.is_none() && now >= at(until)) {
            self.metrics.set("day", "missed", i64::from(day.0));
            if self.missed.replace(day) != Some(day) {
                self.log.say("missed", json!({ "day": day.0, "committed": held.is_some() }));
            }
            return Ok(Stage::Missed);
        }
        if until == 0 {
            let Written { entries: batch, .. } = self.batch(day, place, me, setup, now)?;
            return self.send(&Message::Submit { index, day, batch }, Stage::Sent);
        }
        let Some(held) = held else {
            let Written { salt, entries, .. } = self.batch(day, place, me, setup, now)?;
            let commitment = commitment(index, me, day, salt, &entries);
            return self.send(&Message::Commit { index, day, commitment }, Stage::Committed(at(until)));
        };
        let known = self.batches.iter().find(|written| {
            (written.index, written.day) == (index, day)
                && commitment(index, me, day, written.salt, &written.entries) == held.commitment
        });
        let Some(Written { salt, entries: batch, .. }) = known.cloned() else {
            return Err(ReporterError::LostSalt(day.0));
        };
        if now < at(until) {
            return Ok(Stage::Committed(at(until)));
        }
        self.send(&Message::Reveal { index, day, salt, batch }, Stage::Sent)
    }

    /// The batch of a day: the one in the journal, or a new one, which is in the journal when this returns.
    fn batch(
        &mut self,
        day: Day,
        place: u8,
        me: Address,
        setup: &Setup,
        now: Seconds,
    ) -> Result<Written, ReporterError> {
        let index = self.mapping.index;
        if let Some(written) = self.batches.iter().find(|written| (written.index, written.day) == (index, day)) {
            return Ok(written.clone());
        }
        let last = last_batch(&mut self.client, index, day, place, me)?;
        let state: IndexState = self.client.oracle_cell(&stored::state(index))?.unwrap_or_default();
        let earlier = self.batches.iter().filter(|written| written.index == index && written.day < day);
        let known = Known {
            setup,
            day,
            now,
            last: last.as_ref(),
            print: print_of(&state),
            times: earlier.max_by_key(|written| written.day.0).map(|written| &written.times),
            accepted: &self.options.accepted,
        };
        let Batch { entries, times, accepted, standing } = read_prices(&self.mapping, &mut self.fetch, &known)?;
        for accepted in accepted {
            self.log.say("accepted", json!({ "day": day.0, "prices": accepted.to_string() }));
        }
        for source in standing {
            self.log.say("source-stands-still", json!({ "source": source, "time": times.get(&source) }));
        }
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|error| ReporterError::NoSalt(error.to_string()))?;
        let lines = entries.iter().map(|entry| {
            let Quote { input, output, volume } = entry.quote;
            (entry.provider, input, output, volume)
        });
        let lines = lines.collect();
        let written = Written { index, day, salt, entries, times };
        if !self.options.dry_run {
            self.journal.append(&Note::Batch { index, day: day.0, salt, lines, times: written.times.clone() })?;
            self.batches.push(written.clone());
        }
        Ok(written)
    }

    fn send(&mut self, message: &Message, then: Stage) -> Result<Stage, ReporterError> {
        let name = message.name();
        if self.options.dry_run {
            self.log.say("would-send", json!({ "message": name, "arguments": format!("{:?}", message.arguments()) }));
            return Ok(Stage::Would(name));
        }
        // A commitment that is not revealed costs more than any transaction.
        if !self.budget.is_open() && !matches!(message, Message::Reveal { .. }) {
            return Err(ReporterError::Cap);
        }
        let to = self.client.address(message.contract())?;
        // Asked of the chain first: what it would refuse is not paid for.
        match self.client.transport.call(Some(&self.signer), to, &codec::calldata(message)) {
            Ok(Outcome::Reverted(data)) => {
                let why = codec::refusal(message.contract(), &data).to_string();
                self.log.say("refused", json!({ "message": name, "why": why, "sent": false }));
                return Ok(Stage::Trying(why));
            }
            Ok(Outcome::Returned(_)) => {}
            Err(error) => return Ok(Stage::Trying(error.to_string())),
        }
        let sent = self.client.transport.send_all(&self.signer, &[(to, codec::calldata(message))]).pop();
        let mined = match sent {
            Some(Ok(mined)) => mined,
            Some(Err(error)) => {
                if T::may_be_done(&error) {
                    let (day, planck) = (self.budget.day.0, self.budget.spend_unknown());
                    self.journal.append(&Note::Paid { day, planck })?;
                }
                self.metrics.count("unknown", name);
                self.log.say("unknown", json!({ "message": name, "why": error.to_string() }));
                return Ok(Stage::Trying(error.to_string()));
            }
            None => return Ok(Stage::Trying("nothing was sent".to_owned())),
        };
        let planck = T::planck(&mined.cost);
        self.budget.spend(planck);
        self.journal.append(&Note::Paid { day: self.budget.day.0, planck })?;
        Ok(match mined.outcome {
            Outcome::Returned(_) => {
                self.metrics.count("done", name);
                self.log.say("done", json!({ "message": name, "block": mined.block, "planck": planck.to_string() }));
                then
            }
            Outcome::Reverted(data) => {
                let why = codec::refusal(message.contract(), &data).to_string();
                self.metrics.count("refused", name);
                self.log.say("refused", json!({ "message": name, "why": why, "sent": true }));
                Stage::Trying(why)
            }
        })
    }

    /// Collects earnings that are worth a transaction.
    fn collect(&mut self, index: IndexId, me: Address) -> Result<(), ReporterError> {
        let Some(least) = self.options.collect_from else { return Ok(()) };
        let earned = self.client.view(&view::Reporter { index, reporter: me })?.earned;
        self.metrics.set("atoms", "earned", i64::try_from(earned).unwrap_or(i64::MAX));
        if earned >= least.max(1) {
            if self.purse.holds().is_some() {
                self.metrics.count("held", "least-dot");
                return Ok(());
            }
            self.send(&Message::Collect { index }, Stage::Sent)?;
        }
        Ok(())
    }

    /// Tells of final prices that are proposed or disputed, and until when anybody can dispute them.
    fn watch(&mut self, now: Seconds, setup: &Setup) -> Result<(), ReporterError> {
        let index = self.mapping.index;
        let Ok(product) = u8::try_from(index).map(Product) else { return Ok(()) };
        let Some(curve): Option<Curve> = self.client.cell(&stored::curve(product))? else { return Ok(()) };
        let mut open = 0;
        for month in curve.months().iter().filter(|month| now >= month.expiry) {
            let expiry = Day::of(month.expiry);
            let Some(held) = self.client.oracle_cell(&stored::settlement(index, expiry))? else { continue };
            if held.status == Status::Final {
                continue;
            }
            open += 1;
            if self.told.contains(&(expiry, held.status)) {
                continue;
            }
            self.told.push((expiry, held.status));
            let until = held.since.later(setup.rules.dispute_delay);
            self.log.say(
                "settlement",
                json!({
                    "expiry": expiry.0,
                    "status": format!("{:?}", held.status),
                    "price_atoms": held.price,
                    "samples": held.samples,
                    "gaps": held.gaps,
                    "disputed_until": until.0,
                    "bond_atoms": setup.reporting.dispute_bond.to_string(),
                }),
            );
        }
        self.metrics.set("settlements", "open", open);
        Ok(())
    }
}

/// What stands on chain of a day at a place, if it is this reporter's.
fn submitted<T: Transport>(
    client: &mut Client<T>,
    index: IndexId,
    day: Day,
    place: u8,
    me: Address,
) -> Result<Option<Submission>, Failure> {
    let cell: Option<Submission> = client.oracle_cell(&stored::submission(index, slot_of(day), place))?;
    Ok(cell.filter(|held| held.day == day && held.reporter == me))
}

/// The last batch before a day that a reporter sent and that lies open; `None` where none is kept any more.
///
/// # Errors
/// [`Failure`].
pub fn last_batch<T: Transport>(
    client: &mut Client<T>,
    index: IndexId,
    day: Day,
    place: u8,
    me: Address,
) -> Result<Option<Submission>, Failure> {
    for back in 1..SUBMISSION_DAYS {
        let earlier = submitted(client, index, Day(day.0.saturating_sub(back)), place, me)?;
        if let Some(open) = earlier.filter(Submission::is_open) {
            return Ok(Some(open));
        }
    }
    Ok(None)
}

/// The commitment to a batch.
#[must_use]
pub fn commitment(index: IndexId, reporter: Address, day: Day, salt: [u8; 32], batch: &[Entry]) -> [u8; 32] {
    let mut submission = Submission { reporter, day, ..Submission::default() };
    for entry in batch {
        if let Some(place) = submission.quotes.get_mut(usize::from(entry.provider)) {
            *place = entry.quote;
        }
    }
    keccak256(commitment_preimage(index, salt, &submission).as_bytes()).0
}
