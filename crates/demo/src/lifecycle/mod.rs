//! From a price history to a settled futures contract: the life of one month, every step executed by deployed
//! contracts.
//!
//! calibrate → margin with its certificate → deploy → list → reporters print the index → two makers quote, an AI
//! company buys, a model provider and a speculator sell → daily settlements along a simulated path, with whatever
//! margin calls, liquidations and draws on the fund it brings → expiry: averaging window, final settlement, claims →
//! makers' rewards → everybody withdraws.
//!
//! Sizes, deposits and limits follow from the calibrated process and its margin set (`prepare`, `money`, `usual`);
//! nothing is expected of the path. When it has no rise that a short position's margin does not cover, one is put in
//! and announced (`scene`). What a message would meet is tried on the state of the chain first (`observe`): an account
//! short of margin pays in, and a refusal is recorded as what happened. What cannot be listed is refused before
//! anything is sent (`range`).

mod cast;
mod days;
mod ending;
mod money;
mod observe;
mod prepare;
mod range;
mod scene;
mod usual;
mod waterfall;

use crate::exchange::Exchange;
use crate::month_sizes::MonthSizes;
use crate::record::Record;
use anyhow::Result;
use cast::Person;
use prepare::Prepared;
use sit_devnet::profile::Recording;
use sit_engine::vault::Custody;
use sit_sim::history::History;
use usual::Usual;

/// Seconds after midnight UTC at which people begin to work: 08:00.
const MORNING: u64 = 8 * 3_600;

/// The inputs of a story.
pub struct Plan<'a> {
    /// The price history.
    pub history: &'a History,
    /// What to call it.
    pub name: &'a str,
    /// Whether the project generated it itself.
    pub generated: bool,
    /// Seed of the margin simulation and of the path.
    pub seed: u64,
    /// Paths of the margin simulation.
    pub paths: u64,
    /// Called with the number of paths drawn since the last call.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

/// A story while it is played.
pub struct Story {
    exchange: Exchange,
    record: Record,
    /// Sizes of the listed months, in the order of the record's instruments.
    sizes: Vec<MonthSizes>,
    people: Vec<Person>,
    /// Result of each person so far, from which a day's loss follows.
    results: Vec<i128>,
    /// What others have paid of each person's losses: the insurance fund, and winners to whom they are allocated.
    relieved: Vec<i128>,
    /// How much of each person's own collateral is in the waterfall already.
    lost: Vec<i128>,
    /// The vault's limits on what it pays out, with what it has paid: the same buckets as on the chain.
    custody: Custody,
    /// The instrument that is traded.
    month: u16,
    /// Unix day of its last trading day.
    expiry_day: u32,
    /// Unix day of the rise that the story is about.
    rise_day: u32,
    /// What the price of the month usually does.
    usual: Usual,
    /// Whether its final price is set.
    settled: bool,
    /// Whether the failed backtest of the margin set is recorded already.
    told_red: bool,
    tell: Box<dyn Fn(&str)>,
}

/// A story that can be played: the history is calibrated, margined and fits what the exchange can list.
pub struct Ready {
    prepared: Prepared,
    record: Record,
    measured: bool,
}

/// Does all that needs no chain. What passes here is played to its end.
///
/// # Errors
/// One sentence for a history that cannot be calibrated, margined or listed.
pub fn ready(plan: &Plan<'_>) -> Result<Ready> {
    let mut record = Record::default();
    let prepared = prepare::prepare(plan, &mut record)?;
    Ok(Ready { prepared, record, measured: false })
}

/// Tells the story. `tell` hears a sentence at each milestone.
///
/// # Errors
/// Those of [`ready`]; when a step is refused that should not be, or the books do not balance after a message.
pub fn run(plan: &Plan<'_>, tell: impl Fn(&str) + 'static) -> Result<Record> {
    ready(plan)?.tell(tell)
}

impl Ready {
    /// Records the proof of each message too, and weighs it by the Hub's own weights.
    #[must_use]
    pub fn measured(self) -> Self {
        Self { measured: true, ..self }
    }

    /// Tells the story. `tell` hears a sentence at each milestone.
    ///
    /// # Errors
    /// When a step is refused that should not be, or the books do not balance after a message.
    pub fn tell(self, tell: impl Fn(&str) + 'static) -> Result<Record> {
        Ok(self.play(None, tell)?.record)
    }

    /// Tells the story to nobody and returns the dearest execution of one message, `contract.message`; `None` if nobody
    /// sends it.
    ///
    /// # Errors
    /// As [`Ready::tell`].
    pub fn dearest(self, message: &str) -> Result<Option<Recording>> {
        let story = self.play(Some(message), |_| {})?;
        Ok(story.exchange.chain.dearest_recording().cloned())
    }

    fn play(self, recorded: Option<&str>, tell: impl Fn(&str) + 'static) -> Result<Story> {
        let Self { prepared, record, measured } = self;
        tell("The price process is calibrated and the margin set computed.");
        let mut story = Story {
            exchange: prepare::deploy(prepared.first_day, measured)?,
            record,
            sizes: Vec::new(),
            people: Vec::new(),
            results: Vec::new(),
            relieved: Vec::new(),
            lost: Vec::new(),
            custody: Custody { paid_in: u64::MAX, ..Custody::default() },
            month: 0,
            expiry_day: prepared.month().expiry.0,
            rise_day: prepared.first_day + prepared.path.rise_day,
            usual: prepared.usual.clone(),
            settled: false,
            told_red: false,
            tell: Box::new(tell),
        };
        if let Some(message) = recorded {
            story.exchange.chain.record(message);
        }
        story.open_exchange(&prepared)?;
        let cast = story.assemble(&prepared)?;
        story.trade_until_expiry(&prepared, &cast)?;
        story.settle_finally(&prepared, &cast)?;
        story.pay_makers(&cast)?;
        story.everyone_goes_home()?;
        story.note_end()?;
        Ok(story)
    }
}
