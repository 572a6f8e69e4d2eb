//! A reference market maker: quotes both sides of all months around a fair curve, leans against what it holds, meets
//! the obligations of the programme, and stops when it has lost enough.
//!
//! What stands is read from the chain before anything is sent: an account's cell has the lots and the value of its open
//! orders, a month's the epoch in which they hold. One message replaces both sides of a month. Prices are decisions and
//! are made in floating point; what is made and lost is counted in whole quote atoms ([`Profit`]).

mod fair;
mod profit;

pub use fair::{Fair, LIVE, index_of};
pub use profit::Profit;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sit_client::{
    Client, Failure, Signer, Transport, codec,
    transport::{Head, Outcome},
};
use sit_engine::calendar::{Day, REWARD_EPOCH_SECONDS};
use sit_engine::clearing::{
    Account, Curve, Instrument, Level, Market, Measure, Month, Product, Served, Sheet, Status, Store, UptimeRules,
    margin, weeks_of_makers,
};
use sit_engine::units::{BPS, Lots, QuoteAtoms, Seat, Seconds, Side, Ticks};
use sit_native::{Contract, Message, Native, message, stored, view};

use crate::journal::{Journal, JournalError};
use crate::log::Log;
use crate::metrics::Metrics;
use crate::{Post, Purse, budget::Budget};

/// How a maker quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The product.
    pub product: Product,
    /// Half of the spread of the first level, in basis points of the fair price.
    pub half_spread_bps: f64,
    /// Levels on each side.
    pub levels: u32,
    /// From one level to the next, in basis points of the fair price.
    pub step_bps: f64,
    /// Lots of each level. The first ones alone should be more than a maker owes, or every fill ends the uptime.
    pub lots: u32,
    /// By how much the centre leans at the most lots held, in basis points of the fair price.
    pub skew_bps: f64,
    /// Lots held in a month from which on only the side that reduces is quoted.
    pub most_lots: u32,
    /// By how much the centre has to be off, in basis points, before a month is quoted anew.
    pub reprice_bps: f64,
    /// Part of a side's lots, in percent, below which it is filled up.
    pub refill_percent: u32,
    /// Seconds after which quotes end by themselves; `None` for never. The programme counts no quote with a time limit.
    pub good_for: Option<u32>,
    /// Loss of a day at which everything is cancelled and nothing more is quoted, in quote atoms.
    pub most_loss: u64,
    /// Days that the newest print may be old.
    pub most_index_days: u32,
    /// Rewards from which on they are claimed, in quote atoms.
    pub claim_from: u64,
    /// Planck of a day at most; `None` for no cap.
    pub cap: Option<u128>,
    /// Planck that stay in the wallet for cancellations: with less everything is cancelled and nothing is quoted until
    /// there is twice as much, and with less than that the maker says so. Zero for neither.
    pub least: u128,
    /// Whether it only says what it would send.
    pub dry_run: bool,
}

impl Default for Options {
    /// Quotes of twice what is owed in three levels, forty basis points from the fair price.
    fn default() -> Self {
        Self {
            product: Product(0),
            half_spread_bps: 40.0,
            levels: 3,
            step_bps: 20.0,
            lots: 60,
            skew_bps: 60.0,
            most_lots: 2_000,
            reprice_bps: 15.0,
            refill_percent: 60,
            good_for: None,
            most_loss: 50_000_000_000,
            most_index_days: 4,
            claim_from: 1_000_000,
            cap: None,
            least: 0,
            dry_run: false,
        }
    }
}

/// A line of the maker's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// What was made and lost, up to a block.
    Profit {
        /// The account.
        seat: u32,
        /// The block up to which events were counted.
        block: u64,
        /// The books.
        profit: Box<Profit>,
    },
    /// What a day began with, and what it has cost: a program that begins again in its middle goes on with both.
    Day {
        /// The account.
        seat: u32,
        /// The chain's day.
        day: u32,
        /// Equity when it began, less what had been paid in since counting began, in quote atoms; `None` where a person
        /// has said since that quoting goes on, and the next look begins anew.
        equity: Option<i128>,
        /// Planck spent on it.
        planck: u128,
    },
    /// The kill switch was thrown.
    Killed {
        /// The reason, a sentence.
        why: String,
        /// The chain's day.
        day: u32,
    },
    /// A person has let it go on.
    Resumed,
}

/// Why a maker cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum MakerError {
    /// The chain could not be asked, or did not take something.
    #[error(transparent)]
    Chain(#[from] Failure),
    /// The journal cannot be used: what is not counted is not risked.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The product is not known.
    #[error("product {0} is not listed: see --product")]
    UnknownProduct(u8),
    /// The account is not known.
    #[error("account {0} does not exist: open one, or see --seat")]
    UnknownSeat(u32),
    /// The engine cannot say what the account is worth.
    #[error("the account cannot be assessed: {0}")]
    Unassessed(&'static str),
}

/// What a pass has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// The block that it looked at.
    pub block: u64,
    /// Months that were quoted.
    pub quoted: usize,
    /// Months in which lots enough stand on both sides.
    pub standing: usize,
    /// Months that are quoted at all.
    pub months: usize,
    /// Refusals.
    pub refused: Vec<String>,
    /// Why nothing is quoted, if nothing is.
    pub stopped: Option<String>,
}

/// A market maker.
pub struct Maker<T: Transport> {
    client: Client<T>,
    signer: T::Signer,
    seat: Seat,
    options: Options,
    fair: Fair,
    journal: Journal<Note>,
    budget: Budget,
    /// What the wallet has, against [`Options::least`].
    purse: Purse,
    /// What was made and lost.
    pub profit: Profit,
    heard: Option<u64>,
    killed: Option<String>,
    /// What the day began with: equity less what was paid in.
    morning: (Day, Option<i128>),
    /// What was told last of live prices that give nothing.
    told: Option<String>,
    /// When quotes with a time limit were sent, by month.
    quoted_at: HashMap<Instrument, Seconds>,
    /// How the maker is.
    pub metrics: Metrics,
    /// What the maker tells.
    pub log: Log,
}

/// What one look at the chain gave.
struct Seen {
    block: u64,
    now: Seconds,
    curve: Curve,
    account: Account,
    markets: HashMap<Instrument, Market>,
    equity: i128,
}

impl<T: Post> Maker<T> {
    /// A maker with what its journal knows.
    ///
    /// # Errors
    /// [`MakerError::Journal`].
    #[expect(clippy::too_many_arguments, reason = "each is a part of its own, and there is one caller")]
    pub fn new(
        client: Client<T>,
        signer: T::Signer,
        seat: Seat,
        fair: Fair,
        options: Options,
        (mut journal, notes): (Journal<Note>, Vec<Note>),
        metrics: Metrics,
        log: Log,
    ) -> Result<Self, MakerError> {
        let (mut profit, mut heard, mut killed) = (Profit::default(), None, None);
        let (mut morning, mut budget) = ((Day(0), None), Budget::new(options.cap));
        for note in notes {
            match note {
                Note::Profit { seat: of, block, profit: known } if of == seat.0 => {
                    (profit, heard) = (*known, Some(block));
                }
                Note::Day { seat: of, day, equity, planck } if of == seat.0 => {
                    morning = (Day(day), equity);
                    budget = Budget::new(options.cap);
                    budget.enter(Day(day));
                    budget.spend(planck);
                }
                Note::Profit { .. } | Note::Day { .. } => {}
                Note::Killed { why, .. } => killed = Some(why),
                Note::Resumed => (killed, morning.1) = (None, None),
            }
        }
        let mut kept = Vec::new();
        if let Some(block) = heard {
            kept.push(Note::Profit { seat: seat.0, block, profit: Box::new(profit.clone()) });
        }
        if morning.0 > Day(0) {
            let (Day(day), equity) = morning;
            kept.push(Note::Day { seat: seat.0, day, equity, planck: budget.spent });
        }
        if let Some(why) = &killed {
            kept.push(Note::Killed { why: why.clone(), day: 0 });
        }
        journal.compact(&kept)?;
        Ok(Self {
            client,
            signer,
            seat,
            budget,
            purse: Purse::new(options.least),
            options,
            fair,
            journal,
            profit,
            heard,
            killed,
            morning,
            told: None,
            quoted_at: HashMap::new(),
            metrics,
            log,
        })
    }

    /// Lets a maker that has stopped go on.
    ///
    /// # Errors
    /// [`MakerError::Journal`].
    pub fn resume(&mut self) -> Result<(), MakerError> {
        self.killed = None;
        // What was lost so far is known to whoever says so.
        self.morning.1 = None;
        Ok(self.journal.append(&Note::Resumed)?)
    }

    /// The client.
    pub fn client(&mut self) -> &mut Client<T> {
        &mut self.client
    }

    /// Looks at the chain, counts, and quotes what has to be quoted anew.
    ///
    /// # Errors
    /// [`MakerError`].
    pub fn pass(&mut self) -> Result<Pass, MakerError> {
        let result = self.look();
        match &result {
            Ok(pass) if pass.stopped.is_none() => self.metrics.well(),
            Ok(pass) => self.metrics.trouble(pass.stopped.as_deref().unwrap_or_default()),
            Err(error) => {
                self.metrics.count("failed", "pass");
                self.metrics.trouble(&error.to_string());
                self.log.say("pass-failed", json!({ "why": error.to_string() }));
            }
        }
        result
    }

    fn look(&mut self) -> Result<Pass, MakerError> {
        let seen = self.see()?;
        self.count(&seen)?;
        let Self { client, signer, purse, metrics, log, .. } = self;
        purse.look(seen.block, &mut client.transport, signer, metrics, log);
        let mut pass = Pass { block: seen.block, ..Pass::default() };
        self.budget.enter(Day::of(seen.now));
        let index = self.fair.index(&mut self.client, &seen.curve, seen.now)?;
        self.tell_live();
        let old = Day::of(seen.now).0.saturating_sub(seen.curve.index_day);
        let now = seen.equity - self.profit.flows;
        let lost = self.morning.1.unwrap_or(now).saturating_sub(now);
        if self.killed.is_none() && lost > i128::from(self.options.most_loss) {
            let why = format!("the day has lost {lost} atoms, beyond the limit");
            self.journal.append(&Note::Killed { why: why.clone(), day: Day::of(seen.now).0 })?;
            self.killed = Some(why);
        }
        let stale = old > self.options.most_index_days;
        let blind = || match (index, &self.fair.trouble) {
            (Some(_), _) => None,
            (None, why) => {
                Some(format!("the live prices give no index: {}", why.as_deref().unwrap_or("nothing was read")))
            }
        };
        pass.stopped = self.killed.clone();
        pass.stopped = pass.stopped.or_else(|| stale.then(|| format!("the newest print is {old} days old")));
        pass.stopped = pass.stopped.or_else(blind);
        // Whoever cannot pay for a cancellation has quotes that anybody may take for as long as they stand.
        let scarce = self.purse.holds();
        pass.stopped = pass.stopped.or_else(|| scarce.map(str::to_owned));
        let months: Vec<Month> = seen.curve.months().iter().filter(|month| trades(month, seen.now)).copied().collect();
        pass.months = months.len();
        let mut messages = Vec::new();
        for month in &months {
            let stands = self.stands(&seen, month);
            if pass.stopped.is_some() {
                if stands.0 > Lots::ZERO || stands.1 > Lots::ZERO {
                    messages.push(Message::CancelAll { seat: self.seat, instrument: month.instrument });
                }
                continue;
            }
            let owed = seen.markets.get(&month.instrument).map_or(Lots(0), |market| market.terms.maker_lots);
            if stands.0 >= owed && stands.1 >= owed {
                pass.standing += 1;
            }
            if let Some(quote) = index.and_then(|index| self.quote(&seen, month, index)) {
                messages.push(quote);
            }
        }
        // Outside of sessions nobody can quote. But a score is counted with a maker's next message, if that comes
        // before the next repricing but one: after a print at a weekend what is void is cancelled, or days would count
        // nothing.
        if pass.stopped.is_none() && !seen.curve.holidays.is_session(seen.now) {
            let unbooked = |month: &&Month| {
                let held = seen.account.position(month.instrument);
                held.is_some_and(|held| held.has_orders() && held.epoch != month.epoch)
            };
            let cancel = |month: &Month| Message::CancelAll { seat: self.seat, instrument: month.instrument };
            messages = months.iter().filter(unbooked).map(cancel).collect();
        }
        if scarce.is_none() && self.profit_due()? {
            messages.push(Message::Claim { seat: self.seat });
        }
        pass.quoted = messages.iter().filter(|message| matches!(message, Message::Quote { .. })).count();
        self.send(&seen, &messages, &mut pass)?;
        self.tell(&pass, &seen);
        Ok(pass)
    }

    /// Looks at the chain at one block. Of two an account would have a payment that its books have not heard of yet,
    /// and lose the day's limit by it.
    fn see(&mut self) -> Result<Seen, MakerError> {
        let failed = |why: T::Error| Failure::Transport { what: "the newest block".to_owned(), why: Box::new(why) };
        let head = self.client.transport.pin().map_err(failed)?;
        self.metrics.saw(head.number);
        let seen = self.see_at(head);
        self.client.transport.release();
        seen
    }

    fn see_at(&mut self, head: Head) -> Result<Seen, MakerError> {
        let now = Seconds(u32::try_from(head.time).unwrap_or(u32::MAX));
        let product = self.options.product;
        let curve = self.client.cell(&stored::curve(product))?.ok_or(MakerError::UnknownProduct(product.0))?;
        let account = self.client.cell(&stored::account(self.seat))?.ok_or(MakerError::UnknownSeat(self.seat.0))?;
        let mut instruments: Vec<Instrument> = curve.months().iter().map(|month| month.instrument).collect();
        instruments.extend(account.positions().iter().map(|held| held.instrument));
        instruments.sort_unstable();
        instruments.dedup();
        // A look is what a maker's quotes wait for after a repricing: what it needs comes in one round trip.
        let wanted: Vec<_> = instruments.iter().map(|instrument| stored::market(*instrument)).collect();
        let found = self.client.cells_of(&wanted)?;
        let markets: HashMap<Instrument, Market> =
            instruments.into_iter().zip(found).filter_map(|(instrument, market)| Some((instrument, market?))).collect();
        let mut house = Native::new();
        house.set_curve(product, &curve);
        if let Some(risk) = self.client.cell(&stored::risk(product))? {
            house.set_risk(product, &risk);
        }
        for (instrument, market) in &markets {
            house.set_market(*instrument, market);
        }
        let health = margin::assess(&mut house, &account);
        let health = health.map_err(|error| MakerError::Unassessed(error.explanation()))?;
        let QuoteAtoms(equity) = health.equity;
        Ok(Seen { block: head.number, now, curve, account, markets, equity })
    }

    /// Counts what has happened since the last look.
    fn count(&mut self, seen: &Seen) -> Result<(), MakerError> {
        let before = self.profit.clone();
        match self.heard {
            None => self.profit.begin(seen.equity, &seen.account, &seen.curve),
            Some(heard) if heard < seen.block => {
                for (_, event) in self.client.events(heard.saturating_add(1)..=seen.block)? {
                    self.profit.hear(self.seat, &event, |instrument| {
                        seen.markets.get(&instrument).map_or(0, |market| market.tick_value.0)
                    });
                }
            }
            Some(_) => {}
        }
        self.profit.balance(seen.equity);
        let today = Day::of(seen.now);
        if self.morning.0 != today || self.morning.1.is_none() {
            self.morning = (today, Some(seen.equity - self.profit.flows));
            self.budget.enter(today);
            self.note_day()?;
        }
        if self.heard.is_none() || self.profit != before {
            let (seat, block) = (self.seat.0, seen.block);
            self.journal.append(&Note::Profit { seat, block, profit: Box::new(self.profit.clone()) })?;
        }
        self.heard = Some(seen.block);
        Ok(())
    }

    /// Writes down what the day began with and what it has cost.
    fn note_day(&mut self) -> Result<(), MakerError> {
        let (Day(day), equity) = self.morning;
        Ok(self.journal.append(&Note::Day { seat: self.seat.0, day, equity, planck: self.budget.spent })?)
    }

    /// Says once why live prices give nothing, and once that they do again.
    fn tell_live(&mut self) {
        if self.told != self.fair.trouble {
            self.told.clone_from(&self.fair.trouble);
            self.metrics.count("live-prices", if self.told.is_some() { "trouble" } else { "well" });
            self.log.say("live-prices", json!({ "why": self.told }));
        }
    }

    /// Lots that stand on either side of a month: none of an earlier epoch.
    fn stands(&self, seen: &Seen, month: &Month) -> (Lots, Lots) {
        let held = seen.account.position(month.instrument).filter(|held| held.epoch == month.epoch);
        held.map_or((Lots::ZERO, Lots::ZERO), |held| (held.bids.lots, held.asks.lots))
    }

    /// The quote of a month, where it needs one.
    fn quote(&mut self, seen: &Seen, month: &Month, index: f64) -> Option<Message> {
        let options = &self.options;
        let fair = self.fair.price(&seen.curve, month, index, seen.now);
        let net = seen.account.net(month.instrument).0;
        let lean = (f64::from(net) / f64::from(options.most_lots.max(1))).clamp(-1.0, 1.0) * options.skew_bps;
        let centre = fair * (1.0 - lean / f64::from(BPS));
        let (half, step) = (bps(fair, options.half_spread_bps).max(1.0), bps(fair, options.step_bps).max(1.0));
        let full = i64::from(options.most_lots);
        let bids = if i64::from(net) < full { ladder(Side::Buy, centre - half, step, options) } else { Vec::new() };
        let asks = if i64::from(net) > -full { ladder(Side::Sell, centre + half, step, options) } else { Vec::new() };
        let held = seen.account.position(month.instrument).filter(|held| held.epoch == month.epoch);
        let fresh = held.is_some_and(|held| {
            let of = |side, levels: &[Level], lots, value| is_fresh(side, levels, (lots, value), (fair, step), options);
            of(Side::Buy, &bids, held.bids.lots, held.bids.value.0)
                && of(Side::Sell, &asks, held.asks.lots, held.asks.value.0)
        });
        let ends = options.good_for.is_some_and(|good_for| {
            let sent = self.quoted_at.get(&month.instrument).copied().unwrap_or(Seconds::ZERO);
            seen.now >= sent.later(good_for / 2)
        });
        if fresh && !ends {
            return None;
        }
        let expiry = options.good_for.map_or(Seconds::ZERO, |good_for| seen.now.later(good_for));
        let (seat, instrument) = (self.seat, month.instrument);
        Some(Message::Quote { seat, instrument, levels: message::levels(&bids, &asks), expiry })
    }

    /// Whether rewards are due that are worth a transaction.
    fn profit_due(&mut self) -> Result<bool, MakerError> {
        if self.client.deployment.get(Contract::Incentives).is_none() {
            return Ok(false);
        }
        let maker = self.client.view(&view::Maker { seat: self.seat })?;
        Ok(maker.due >= self.options.claim_from.max(1))
    }

    fn send(&mut self, seen: &Seen, messages: &[Message], pass: &mut Pass) -> Result<(), MakerError> {
        if messages.is_empty() {
            return Ok(());
        }
        if self.options.dry_run {
            for message in messages {
                self.log.say("would-send", json!({ "message": format!("{message:?}") }));
            }
            return Ok(());
        }
        // What ends risk is sent whatever it costs.
        if !self.budget.is_open() && pass.stopped.is_none() {
            pass.stopped = Some("the day's cap of DOT is spent".to_owned());
            return Ok(());
        }
        let mut calls = Vec::with_capacity(messages.len());
        for message in messages {
            calls.push((self.client.address(message.contract())?, codec::calldata(message)));
        }
        let outcomes = self.client.transport.send_all(&self.signer, &calls);
        let before = self.budget.spent;
        for (message, outcome) in messages.iter().zip(outcomes) {
            match outcome {
                Ok(mined) => {
                    let planck = T::planck(&mined.cost);
                    self.budget.spend(planck);
                    self.profit.planck = self.profit.planck.saturating_add(planck);
                    match mined.outcome {
                        Outcome::Returned(_) => {
                            self.metrics.count("done", message.name());
                            if let Message::Quote { instrument, .. } = message {
                                self.quoted_at.insert(*instrument, seen.now);
                            }
                        }
                        Outcome::Reverted(data) => {
                            let why = codec::refusal(message.contract(), &data);
                            self.metrics.count("refused", message.name());
                            self.log.say("refused", json!({ "message": message.name(), "why": why.to_string() }));
                            pass.refused.push(why.name().to_owned());
                        }
                    }
                }
                Err(error) => {
                    if T::may_be_done(&error) {
                        self.budget.spend_unknown();
                    }
                    self.metrics.count("unknown", message.name());
                    self.log.say("unknown", json!({ "message": message.name(), "why": error.to_string() }));
                }
            }
        }
        if self.budget.spent != before { self.note_day() } else { Ok(()) }
    }

    fn tell(&mut self, pass: &Pass, seen: &Seen) {
        let narrow = |amount: i128| i64::try_from(amount).unwrap_or(i64::MAX);
        self.metrics.set("months", "standing", narrow(pass.standing as i128));
        self.metrics.set("months", "quoted", narrow(pass.months as i128));
        self.metrics.set("atoms", "equity", narrow(seen.equity));
        for (source, amount) in self.profit.rows() {
            self.metrics.set("profit-atoms", source, narrow(amount));
        }
        if pass.quoted > 0 || !pass.refused.is_empty() {
            self.log.say(
                "pass",
                json!({
                    "block": pass.block,
                    "quoted": pass.quoted,
                    "standing": pass.standing,
                    "months": pass.months,
                    "refused": pass.refused,
                    "stopped": pass.stopped,
                    "profit_atoms": self.profit.total().to_string(),
                }),
            );
        }
    }

    /// How the maker's week looks that is not closed.
    ///
    /// # Errors
    /// [`MakerError::Chain`].
    pub fn outlook(&mut self, epoch: u32) -> Result<sit_native::answers::MakerOutlook, MakerError> {
        Ok(self.client.view(&view::Standing { seat: self.seat, epoch })?)
    }

    /// Uptime of each month in a reward week, and what was due of it: [`uptimes`].
    ///
    /// # Errors
    /// [`MakerError`].
    pub fn uptimes(&mut self, epoch: u32, since: Seconds) -> Result<Vec<(Instrument, Measure)>, MakerError> {
        uptimes(&mut self.client, self.options.product, self.seat, epoch, since)
    }

    /// Whose orders they are.
    pub fn owner(&self) -> [u8; 20] {
        self.signer.address()
    }
}

/// Uptime of each month in a reward week, and what was due of it, in session seconds, for a maker designated from some
/// time on: the engine's own count, of one month at a time.
///
/// # Errors
/// [`MakerError`].
pub fn uptimes<T: Transport>(
    client: &mut Client<T>,
    product: Product,
    seat: Seat,
    epoch: u32,
    since: Seconds,
) -> Result<Vec<(Instrument, Measure)>, MakerError> {
    let now = Seconds(u32::try_from(client.head()?.time).unwrap_or(u32::MAX));
    let curve = client.cell(&stored::curve(product))?.ok_or(MakerError::UnknownProduct(product.0))?;
    let mut uptimes = Vec::new();
    for month in curve.months() {
        let instrument = month.instrument;
        let number = Sheet::number(instrument);
        let sheet = client.cell(&stored::sheet(seat, number))?.unwrap_or_default();
        let mut house = Native::new();
        house.set_curve(product, &curve);
        if let Some(market) = client.cell(&stored::market(instrument))? {
            house.set_market(instrument, &market);
        }
        let mut alone = Sheet::default();
        alone.set_score(instrument, &sheet.score(instrument));
        house.set_sheet(seat, number, &alone);
        let begin = Seconds(epoch.saturating_mul(REWARD_EPOCH_SECONDS));
        let served = Served { seat, from: begin.max(since), until: begin.later(REWARD_EPOCH_SECONDS) };
        let rules = UptimeRules { floor_bps: 0, power: 0 };
        let weeks = weeks_of_makers(&mut house, now, epoch, rules, &[served]);
        uptimes.push((instrument, weeks.measures[0]));
    }
    Ok(uptimes)
}

fn trades(month: &Month, now: Seconds) -> bool {
    month.status != Status::Settled && now < month.expiry
}

/// Whether a side of a month may stand as it does: lots enough of those that are wanted, at prices that are not off.
/// `held` is the lots that stand and their value in points, `of` the fair price and the step of the ladder in ticks.
///
/// A side that has lost its first levels averages further out: half a ladder is no reason by itself. Nearer to the
/// other side than wanted nothing explains but a centre that has moved, and there it is the one who trades first that
/// gains.
fn is_fresh(side: Side, levels: &[Level], held: (Lots, i64), of: (f64, f64), options: &Options) -> bool {
    let ((lots, value), (fair, step)) = (held, of);
    let wanted: u64 = levels.iter().map(|level| u64::from(level.lots.0)).sum();
    if wanted == 0 {
        return lots == Lots::ZERO;
    }
    if u64::from(lots.0) * 100 < wanted * u64::from(options.refill_percent) {
        return false;
    }
    let average = value as f64 / f64::from(lots.0.max(1));
    let target = levels.iter().map(|level| f64::from(level.price.0)).sum::<f64>() / levels.len() as f64;
    let nearer = match side {
        Side::Buy => average - target,
        Side::Sell => target - average,
    };
    // A whole tick is what rounding to ticks alone may bring.
    let off = bps(fair, options.reprice_bps).max(1.0);
    nearer <= off && -nearer <= off + step * f64::from(options.levels) / 2.0
}

fn bps(price: f64, share: f64) -> f64 {
    price * share / f64::from(BPS)
}

/// Levels from a price outwards, on whole ticks and never nearer to the other side than asked.
fn ladder(side: Side, first: f64, step: f64, options: &Options) -> Vec<Level> {
    let away = |level: u32| step * f64::from(level);
    let price = |level: u32| match side {
        Side::Buy => (first - away(level)).floor(),
        Side::Sell => (first + away(level)).ceil(),
    };
    let inside = |price: &f64| *price >= 1.0 && *price <= f64::from(Ticks::MAX.0);
    let prices = (0..options.levels).map(price).filter(inside);
    prices.map(|price| Level { price: Ticks(price as u32), lots: Lots(options.lots) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A side of a month whose fair price is 10,000 ticks: levels every 20, as they stand at an old centre.
    fn stands(side: Side, centre: f64, options: &Options) -> (Lots, i64) {
        let first = if side == Side::Buy { centre - 40.0 } else { centre + 40.0 };
        let levels = ladder(side, first, 20.0, options);
        let value = levels.iter().map(|level| i64::from(level.price.0) * i64::from(level.lots.0)).sum();
        (Lots(levels.iter().map(|level| level.lots.0).sum()), value)
    }

    #[test]
    fn quotes_that_give_money_away_are_renewed_as_soon_as_was_said() {
        // Forty basis points from the fair price, renewed when the centre is off by fifteen.
        let options = Options::default();
        let of = (10_000.0, 20.0);
        for (moved, bids, asks) in [
            (0.0, true, true),
            (14.0, true, true),
            (-14.0, true, true),
            // The fair price is lower than the centre of the quotes: the bids stand too near to it.
            (20.0, false, true),
            (-20.0, true, false),
            // Before, both stood until the best of them was beyond the fair price.
            (44.0, false, true),
            (-44.0, true, false),
            (60.0, false, false),
        ] {
            for (side, fresh) in [(Side::Buy, bids), (Side::Sell, asks)] {
                let first = if side == Side::Buy { 9_960.0 } else { 10_040.0 };
                let wanted = ladder(side, first, 20.0, &options);
                let held = stands(side, 10_000.0 + moved, &options);
                assert_eq!(is_fresh(side, &wanted, held, of, &options), fresh, "{side:?}, off by {moved}");
            }
        }
    }

    #[test]
    fn a_side_that_has_lost_its_best_level_is_not_renewed_for_that() {
        let options = Options::default();
        for side in [Side::Buy, Side::Sell] {
            let wanted = ladder(side, if side == Side::Buy { 9_960.0 } else { 10_040.0 }, 20.0, &options);
            let left = &wanted[1..];
            let value = left.iter().map(|level| i64::from(level.price.0) * i64::from(level.lots.0)).sum();
            let lots = Lots(left.iter().map(|level| level.lots.0).sum());
            assert!(is_fresh(side, &wanted, (lots, value), (10_000.0, 20.0), &options), "{side:?}");
            let part = Lots(wanted[0].lots.0);
            assert!(!is_fresh(side, &wanted, (part, 9_960 * i64::from(part.0)), (10_000.0, 20.0), &options));
        }
    }
}
