//! From a price history to a settled futures contract: the life of one month, every step executed by deployed contracts.
//!
//! calibrate → margin with its certificate → deploy → list → reporters print the index → two makers quote → an AI company
//! buys, a model provider and a speculator sell → daily settlements along a simulated path → a jump: a margin call, a
//! liquidation by a keeper, the fund pays → expiry: averaging window, final settlement, claims → makers' rewards →
//! everybody withdraws.

mod cast;
mod days;
mod ending;
mod observe;
mod prepare;

use crate::exchange::Exchange;
use crate::record::Record;
use crate::sizing::Sizing;
use anyhow::Result;
use cast::Person;
use sit_sim::history::History;

/// Seconds after midnight UTC at which people begin to work: 08:00.
const MORNING: u64 = 8 * 3_600;

/// What a story is told about.
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
    /// Told how many paths have been drawn since it was last told.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

/// A story while it is told.
pub struct Story {
    exchange: Exchange,
    record: Record,
    sizing: Sizing,
    people: Vec<Person>,
    /// Result of each person so far, to tell a day's loss.
    results: Vec<i128>,
    /// What the insurance fund has paid for each person.
    covered: Vec<i128>,
    /// The instrument that is traded.
    month: u16,
    /// Whether its final price is set.
    settled: bool,
    tell: Box<dyn Fn(&str)>,
}

/// Tells the story. `tell` hears a sentence at each milestone.
///
/// # Errors
/// When a step is refused that should not be, or the books do not balance after a message.
pub fn run(plan: &Plan<'_>, tell: impl Fn(&str) + 'static) -> Result<Record> {
    let mut record = Record::default();
    let prepared = prepare::prepare(plan, &mut record)?;
    tell("The price process is calibrated and the margin set computed.");
    let mut story = Story {
        exchange: prepare::deploy(prepared.first_day)?,
        record,
        sizing: prepared.sizing,
        people: Vec::new(),
        results: Vec::new(),
        covered: Vec::new(),
        month: 0,
        settled: false,
        tell: Box::new(tell),
    };
    story.open_exchange(&prepared)?;
    let cast = story.assemble(&prepared)?;
    story.trade_until_expiry(&prepared, &cast)?;
    story.settle_finally(&prepared, &cast)?;
    story.pay_makers(&cast)?;
    story.everyone_goes_home()?;
    story.note_end()?;
    Ok(story.record)
}
