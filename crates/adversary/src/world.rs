//! The world that the coalition acts in: an exchange, the calendar of its days, and a record of what happened.
//!
//! A day has eight phases. In each, honest people do their work first ([`crate::honest`]), then the coalition may act:
//! so it is last with what it knows and first after everything that happens.

use crate::cast::{BUYER, CAREFUL_MAKER, TRUSTING_MAKER};
use crate::cast::{
    COALITION, COMPUTE, Cast, FAR_BUYER, INSTRUMENTS, MONTHS, NAMES, PRODUCTS, SEATS, SELLER, SPECULATOR, THIN_BUYER,
    THIN_SELLER, TOKENS, keccak256,
};
use crate::gene::MOST_GENES;
use crate::honest::NIGHT_MONTHS;
use crate::path::{Class, START};
use serde::{Deserialize, Serialize};
use sit_engine::calendar::{self, Day};
use sit_engine::chain::Address;
use sit_engine::clearing::margin::{self, Health};
use sit_engine::clearing::{
    Account, ClearingError, Event, Instrument, Listing, Market, Month, Place, Policy, Product, Purpose, SCENARIOS,
    SHOCK_BYTES, SelfTrade, Store, Terms, Trigger,
};
use sit_engine::launch;
use sit_engine::oracle::{Entry, GATHERING, Quote, Rules};
use sit_engine::units::{Lots, Points, QuoteAtoms, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::message::limit_order;
use sit_native::{Answer, Exchange, Message, Outcome, Refusal};
use std::sync::Arc;

/// A US dollar in quote atoms.
pub(crate) const DOLLAR: u64 = 1_000_000;

/// What each attacker and each honest account has in its wallet at the start.
pub(crate) const WALLET: u128 = 10_000_000 * DOLLAR as u128;

/// What each account of the coalition has at the exchange at the start.
pub(crate) const STAKE: u64 = 400_000 * DOLLAR;

/// Quote atoms of a tick on a lot.
const TICK_VALUE: u32 = 100_000;

/// Quote atoms per million units in a tick.
pub(crate) const TICK_SIZE: u16 = 100;

/// Scenarios of the tokens' margin, in basis points.
const SHOCKS: [i16; 2] = [3_000, -2_000];

/// What the four large providers of the token index ask, in percent of their average. Each sells as much.
const LIST_PRICES: [u32; 4] = [20, 60, 120, 200];

/// The provider that sells next to nothing, and asks as much as the others on average.
const SMALLEST: u8 = 4;

/// The provider that enters: it sells as much as each of the others, and asks as much as they do on average.
const ENTERS: u8 = 5;

/// On so many days in a run the coalition's providers may ask for a price that they do not mean. Who asks for it longer
/// has that price.
pub(crate) const MOST_ASKS: u32 = 3;

/// How far each index may move on a day on which nobody's margin is exceeded, in percent.
const JUMPS_PERCENT: [u128; 2] = [12, 6];

/// Accounts of less equity count as ones of so much where a share of it is a goal.
const LEAST_EQUITY: u64 = 10_000 * DOLLAR;

/// Monday 2026-11-23.
const MONDAY: Day = Day(20_780);

/// Wednesday 2026-11-18, the last day of a week of the makers' programme.
const WEDNESDAY: Day = Day(20_775);

/// Thursday 2026-12-10, four sessions before the last trading day of the near month.
const THURSDAY: Day = Day(20_797);

/// Where the world begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scene {
    /// On an ordinary Monday, three weeks before an expiry.
    Ordinary,
    /// Four sessions before the near month expires, in its averaging window: roll week, expiry and final price follow.
    Expiry,
    /// In the block in which a day is settled that has bankrupted the speculator. A stood on the other side, and owes
    /// in the far month what they are owed in the near one.
    Default,
    /// In the block in which a day is settled that has bankrupted the speculator. C stood on the other side, and owes
    /// nothing.
    Claim,
    /// On an ordinary Monday. The token index has five providers and five reporters; a sixth provider enters, and every
    /// other day an honest reporter is absent. Two of the reporters belong to the coalition, and the two providers that
    /// matter least: the smallest one and the one that enters.
    Reports,
    /// In the block after a thin buyer's liquidation was started, and they have paid in.
    Auction,
    /// On the last day of a week of the makers' programme, which runs: both honest makers and B are designated. The
    /// week that follows is closed on the sixth day.
    Makers,
}

impl Scene {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Ordinary, Self::Expiry, Self::Default, Self::Claim, Self::Reports, Self::Auction, Self::Makers];

    /// The path classes on which it is searched.
    pub fn classes(self) -> &'static [Class] {
        match self {
            Self::Ordinary => &[Class::Calm, Class::Busy, Class::Jumps, Class::Missed],
            Self::Expiry => &[Class::Busy],
            // On calm days a print that comes a day late moves no mark.
            Self::Default | Self::Claim | Self::Reports => &[Class::Calm],
            Self::Auction => &[Class::Busy],
            Self::Makers => &[Class::Calm, Class::Busy],
        }
    }

    /// Whether the coalition acts first in the settlement that makes the scene.
    pub(crate) fn begins_in_a_settlement(self) -> bool {
        self.first_move().is_some()
    }

    /// Time of the first block, in which the contracts are connected.
    pub fn starts(self) -> Seconds {
        self.genesis_day().start().later(11 * 3_600)
    }

    fn genesis_day(self) -> Day {
        match self {
            Self::Expiry => THURSDAY,
            Self::Makers => WEDNESDAY,
            _ => MONDAY,
        }
    }

    /// Whether the programme of the makers runs there, as a contract of its own; an account stands for it elsewhere.
    pub fn runs_programme(self) -> bool {
        self == Self::Makers
    }

    /// Days that a plan is played at least: until what it does can be seen.
    pub(crate) fn least_days(self) -> usize {
        if self.runs_programme() { 6 } else { 2 }
    }

    /// Whether it begins with the speculator's default.
    fn is_default(self) -> bool {
        matches!(self, Self::Default | Self::Claim)
    }

    /// The move of the first day, in basis points, that makes the scene, and in whose settlement the coalition acts
    /// first.
    pub(crate) fn first_move(self) -> Option<i32> {
        match self {
            Self::Ordinary | Self::Expiry | Self::Reports | Self::Makers => None,
            Self::Default | Self::Claim => Some(-1_950),
            Self::Auction => Some(-1_300),
        }
    }
}

/// How soon the keeper works.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// In the block after each in which something was done.
    #[default]
    Prompt,
    /// By the clock: two blocks after the settlement, eleven minutes after it, and in the evening. From the afternoon
    /// to the next settlement it calls nobody.
    Late,
}

impl Keeper {
    /// Whether it is a prompt one.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
    pub(crate) fn is_prompt(&self) -> bool {
        *self == Self::Prompt
    }
}

/// A time of the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// 09:00, quotes of the night stand or have been renewed.
    Morning,
    /// 12:00: the reporters' batches are in, so everybody knows the coming print.
    Known,
    /// The print is published and not yet settled.
    Published,
    /// In the block in which the day is settled, before anybody else acts.
    Settled,
    /// Twelve seconds later: the keeper has settled and called, makers have quoted.
    Next,
    /// Two minutes after the settlement, when books open that a repricing had closed.
    Opened,
    /// Eleven minutes after it: halts of ten minutes are over.
    Late,
    /// 17:00.
    Evening,
}

impl Phase {
    /// All of them, in the order of the day.
    pub const ALL: [Self; 8] = [
        Self::Morning,
        Self::Known,
        Self::Published,
        Self::Settled,
        Self::Next,
        Self::Opened,
        Self::Late,
        Self::Evening,
    ];

    /// What it is called in a story.
    pub fn name(self) -> &'static str {
        match self {
            Self::Morning => "in the morning",
            Self::Known => "when the batches are in",
            Self::Published => "between the print and its settlement",
            Self::Settled => "in the block of the settlement",
            Self::Next => "two blocks later",
            Self::Opened => "two minutes after the settlement",
            Self::Late => "eleven minutes after the settlement",
            Self::Evening => "in the evening",
        }
    }
}

/// What does not change between runs of a path: participants, contracts, prices, and what the months are worth without
/// anybody trading.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) cast: Cast,
    pub(crate) scene: Scene,
    pub(crate) class: Class,
    pub(crate) keeper: Keeper,
    pub(crate) mirrored: bool,
    /// By day: prices of both indices; `None` without a print.
    pub(crate) prices: Vec<Option<[u32; 2]>>,
    /// By day, after its print: the marks that no book has touched. The first stands for the time before the first day.
    pub(crate) fair: Vec<[u32; MONTHS]>,
    /// The days.
    pub(crate) days: Vec<Day>,
}

impl Setting {
    pub(crate) fn new(
        cast: Cast,
        scene: Scene,
        class: Class,
        keeper: Keeper,
        mirrored: bool,
        prices: Vec<Option<[u32; 2]>>,
    ) -> Self {
        let mut day = scene.genesis_day();
        let mut days = Vec::new();
        while days.len() < prices.len() {
            day = Day(day.0 + 1);
            if calendar::is_session(day.start()) {
                days.push(day);
            }
        }
        Self { cast, scene, class, keeper, mirrored, prices, fair: vec![[2_600, 2_500, 2_000]], days }
    }
}

/// What everybody has in their wallet before the first message.
pub(crate) fn wallets(cast: &Cast) -> Vec<(Address, u128)> {
    // The first two accounts have one owner.
    let owners = cast.owners.into_iter().enumerate().filter(|(seat, _)| *seat != 1).map(|(_, owner)| owner);
    owners.chain([cast.addresses.governance]).map(|wallet| (wallet, WALLET)).collect()
}

/// A message of a run, for stories and replays.
#[derive(Clone, PartialEq, Debug)]
pub struct Sent {
    /// Time of the block.
    pub at: Seconds,
    /// Who sent it.
    pub by: Address,
    /// The message.
    pub message: Message,
    /// What came of it.
    pub outcome: Outcome,
    /// Whether the coalition sent it.
    pub attack: bool,
    /// Index of the day from zero, and time of the day.
    pub when: (usize, Phase),
}

/// Things that can happen, as a coverage fuzzer counts branches: bits of [`Tally::bits`].
pub(crate) mod bits {
    pub(crate) const OWN_CROSS: u32 = 1 << 0;
    pub(crate) const OWN_FILL: u32 = 1 << 1;
    pub(crate) const OWN_LIQUIDATION: u32 = 1 << 2;
    pub(crate) const OTHER_LIQUIDATION: u32 = 1 << 3;
    pub(crate) const TOOK_OVER: u32 = 1 << 4;
    pub(crate) const DEEP_DISCOUNT: u32 = 1 << 5;
    pub(crate) const COVERED_OWN: u32 = 1 << 6;
    pub(crate) const COVERED_OTHER: u32 = 1 << 7;
    pub(crate) const BRIDGED: u32 = 1 << 8;
    pub(crate) const OFFSET: u32 = 1 << 9;
    pub(crate) const WRITTEN_OFF: u32 = 1 << 10;
    pub(crate) const ALLOCATED: u32 = 1 << 11;
    pub(crate) const HALTED: u32 = 1 << 12;
    pub(crate) const TRIGGERED: u32 = 1 << 13;
    pub(crate) const WITHDRAWN: u32 = 1 << 14;
    pub(crate) const DISPLACED: u32 = 1 << 15;
    pub(crate) const FAR_DISPLACED: u32 = 1 << 16;
    pub(crate) const BELOW_INITIAL: u32 = 1 << 17;
    pub(crate) const BELOW_MAINTENANCE: u32 = 1 << 18;
    pub(crate) const BELOW_ZERO: u32 = 1 << 19;
    pub(crate) const CLAIM: u32 = 1 << 20;
    pub(crate) const OWES_AND_IS_OWED: u32 = 1 << 21;
    pub(crate) const REFUSED_HONEST: u32 = 1 << 22;
    pub(crate) const IN_THE_WINDOW: u32 = 1 << 23;
    pub(crate) const SAFE_IN_AUCTION: u32 = 1 << 24;
    pub(crate) const EMPTY_IN_DEBT: u32 = 1 << 25;
    pub(crate) const DELEGATE: u32 = 1 << 26;
    pub(crate) const SPREAD: u32 = 1 << 27;
    pub(crate) const TWO_HALTS: u32 = 1 << 28;
    pub(crate) const BARE_CLAIM: u32 = 1 << 29;
    pub(crate) const UNREWARDED: u32 = 1 << 30;
    pub(crate) const WARNED: u32 = 1 << 31;
}

/// What a run is measured by. Amounts in quote atoms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Messages sent.
    pub messages: u64,
    /// Things that happened.
    pub bits: u32,
    /// Messages of honest people that had to be accepted and were not.
    pub refused: u32,
    /// Session seconds for which months were closed.
    pub closed: u64,
    counted_until: [Seconds; MONTHS],
    /// What each account's net lots earned at the marks that no book has touched.
    pub exposure: [i128; SEATS],
    /// What each account had, less that, of discounts in young auctions: a keeper's reward, and what it cost the
    /// liquidated account.
    pub wages: [i64; SEATS],
    /// Largest distance of a mark from the one that no book has touched, in basis points.
    pub displaced: u32,
    /// Paid by the fund through `bridge`.
    pub bridged: u64,
    /// Discounts of old auctions that the coalition took.
    pub stale: u64,
    /// Largest sum that an account of the coalition was owed and could not collect.
    pub claim: u64,
    /// Largest debt of an account of the coalition beyond what it had.
    pub debt: u64,
    /// Least equity for maintenance margin of an account of the coalition, in percent, at most 400.
    pub ruin: u32,
    /// Paid out to the coalition while one of its accounts was owed what could not be collected.
    pub fled: u64,
    /// Maximum worth of a safe account with an auction that runs on.
    pub unended: u64,
    /// Most that a jump would take from an account of the coalition which met its initial margin, in percent of its
    /// equity.
    pub exposed: u64,
    /// Largest loss of one month beside profit of another whose winners wait for a default, in an account of the
    /// coalition; what of it no cash stood for counts five times.
    pub leaning: u64,
    /// What counted of each account in the weeks of the programme that are closed.
    pub adjusted: [u64; SEATS],
    /// What was shared out for these weeks.
    pub rewarded: u64,
    /// How many weeks of it are closed.
    pub weeks: u32,
    /// Days on which a provider of the coalition asked for a price that it does not mean.
    pub asked: u32,
    /// The day on which the delegate last sent an order.
    pub delegated: Option<usize>,
    /// Messages of the coalition that were accepted.
    pub accepted: u64,
    /// The genes that did something, by their place in the plan.
    pub acted: u32,
    halts: u32,
}

/// A world.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) exchange: Exchange,
    pub(crate) setting: Arc<Setting>,
    pub(crate) day: usize,
    pub(crate) phase: Phase,
    /// Whether only reporters and the keeper act: the world in which fair marks are taken.
    pub(crate) silent: bool,
    pub(crate) tally: Tally,
    /// Whether the coalition is acting.
    pub(crate) attacking: bool,
    /// What the coalition's providers ask on the next day for which anybody reports, in percent of what they mean.
    pub(crate) asks: [u16; 2],
    /// By how much the coalition's reporters misreport that day, in basis points.
    pub(crate) lie: i16,
    /// By gene of the plan: one more than the day on which it has last done something.
    pub(crate) done: [u8; MOST_GENES],
    /// The day on which B's quotes follow the plan: on all others B quotes as honest makers do.
    pub(crate) own_quotes: Option<usize>,
    /// Whether something has happened since the keeper has looked that may ask for more of it.
    pub(crate) stirred: bool,
    /// When liquidations that were last seen to run had been started.
    seen: [Seconds; SEATS],
    pub(crate) record: Option<Vec<Sent>>,
}

impl World {
    /// The world before the first day of its setting.
    ///
    /// # Panics
    /// When a message of the genesis is refused: then it is wrong.
    pub(crate) fn begin(setting: Arc<Setting>, silent: bool, recording: bool) -> Self {
        let cast = setting.cast;
        let mut exchange = Exchange::new(cast.addresses, setting.scene.starts(), keccak256);
        for (wallet, atoms) in wallets(&cast) {
            exchange.mint(wallet, atoms);
        }
        if setting.scene.runs_programme() {
            exchange.deploy_programme().expect("governance has an address");
        }
        let mut world = Self {
            exchange,
            setting,
            day: 0,
            phase: Phase::Morning,
            silent,
            tally: Tally { ruin: 400, ..Tally::default() },
            attacking: false,
            asks: [100; 2],
            lie: 0,
            done: [0; MOST_GENES],
            own_quotes: None,
            stirred: true,
            seen: [Seconds::ZERO; SEATS],
            record: recording.then(Vec::new),
        };
        world.found();
        world
    }

    /// Sends a message and notes the outcome.
    pub(crate) fn send(&mut self, by: Address, message: Message) -> Outcome {
        self.tally.messages += 1;
        let outcome = self.exchange.send(by, &message);
        if outcome.is_ok() {
            self.tally.accepted += u64::from(self.attacking);
            self.note_events();
            if self.runs_programme() {
                self.note_programme();
            }
        }
        if let Some(record) = &mut self.record {
            let (attack, when) = (self.attacking, (self.day, self.phase));
            record.push(Sent { at: self.exchange.now, by, message, outcome: outcome.clone(), attack, when });
        }
        outcome
    }

    /// Sends a message that an honest person relies on; a refusal is counted. While an index is in doubt nobody trades,
    /// by design: reporters who lie or are silent bring that about, and have their own price.
    pub(crate) fn rely_on(&mut self, by: Address, message: Message) -> Outcome {
        let outcome = self.send(by, message);
        if outcome.as_ref().is_err_and(|refusal| !self.is_of_doubt(refusal)) {
            self.tally.refused += 1;
            self.tally.bits |= bits::REFUSED_HONEST;
        }
        outcome
    }

    /// Whether a message is refused because an index is in doubt: then orders may only reduce.
    fn is_of_doubt(&mut self, refusal: &Refusal) -> bool {
        let doubted = |product| self.exchange.clearing.curve(product).is_some_and(|curve| curve.guard.doubt != 0);
        *refusal == ClearingError::IndexUnavailable.into()
            || *refusal == ClearingError::ReduceOnly.into() && PRODUCTS.into_iter().any(doubted)
    }

    pub(crate) fn must(&mut self, by: Address, message: Message) -> Answer {
        let told = format!("{message:?}");
        self.send(by, message).unwrap_or_else(|refusal| panic!("{told} was refused: {}", refusal.sentence()))
    }

    /// Connects the contracts, opens both indices with a first print, lists the months, and opens the accounts with
    /// their first positions.
    fn found(&mut self) {
        let cast = self.setting.cast;
        let governance = cast.addresses.governance;
        let (clearing, vault, oracle, incentives) =
            (cast.addresses.clearing, cast.addresses.vault, cast.addresses.oracle, cast.addresses.incentives);
        let day = self.setting.scene.genesis_day();
        self.must(governance, Message::ConnectVault { clearing });
        self.must(governance, Message::Connect { vault, oracle, incentives });
        let rules = Rules { min_providers: 1, cap_bps: 10_000, screen_mads: 0, ..Rules::TPI };
        for product in PRODUCTS {
            let index = product.index();
            let several = self.has_several_providers(product);
            let rules = if several { Rules::TPI } else { rules };
            self.must(governance, Message::SetIndex { index, rules });
            for provider in 0..if several { ENTERS } else { 1 } {
                self.must(governance, Message::SetProvider { index, provider, score: rules.reference_score });
            }
            for reporter in
                cast.reporters.into_iter().chain(several.then_some(cast.false_reporters()).into_iter().flatten())
            {
                self.must(governance, Message::AddReporter { index, reporter });
            }
        }
        self.exchange.now = day.start().later(rules.opens);
        self.report(day, START);
        self.report_of_the_coalition(day, START);
        for (wait, expected) in [(0, 1), (rules.confirm_delay, 2)] {
            self.exchange.now = self.exchange.now.later(wait);
            for product in PRODUCTS {
                let class = self.must(governance, Message::Publish { index: product.index(), day });
                assert_eq!(class.first(), expected, "the first print is confirmed");
            }
        }
        for (product, shocks) in [(TOKENS, SHOCKS), (COMPUTE, [1_200, -900])] {
            // The speculator's default needs a margin that was too low when it began.
            let low = self.setting.scene.is_default() && product == TOKENS;
            self.must(governance, risk(product, if low { [300, -250] } else { shocks }));
            self.must(governance, Message::StartProduct { product });
            self.must(governance, Message::SetAddOns { product, add_ons: launch::ADD_ONS_WITHOUT_SIZE });
        }
        let months = calendar::listing(MONDAY);
        for (product, place, mark) in [(TOKENS, 0, 2_600), (TOKENS, 2, 2_500), (COMPUTE, 1, 2_000)] {
            let listing = Listing {
                product,
                expiry: calendar::last_trading_time(months[place]),
                tick_value: TickValue(TICK_VALUE),
                tick_size: TICK_SIZE,
                mark: Ticks(mark),
                terms: Terms { position_limit: Lots(20_000), open_interest_cap: Lots(200_000), ..launch::TERMS },
            };
            self.must(governance, Message::List { listing });
        }
        let (fund_bps, incentive_bps) = (launch::FUND_SHARE_BPS, launch::INCENTIVE_SHARE_BPS);
        self.must(governance, Message::SetFeeShares { fund_bps, incentive_bps });
        self.must(governance, Message::SetFundCap { bps: 2_500 });
        let limits = launch::WITHDRAWAL_LIMITS;
        let (hour_bps, hour_amount) = (limits.hour_bps, limits.hour_amount);
        let (day_bps, day_amount) = (limits.day_bps, limits.day_amount);
        self.must(governance, Message::SetWithdrawalLimits { hour_bps, hour_amount, day_bps, day_amount });
        self.must(governance, Message::Endow { purpose: Purpose::Fund, amount: launch::FUND });
        self.settle_in();
    }

    /// Opens the accounts. Positions are opened against the makers and the speculator at the first marks.
    fn settle_in(&mut self) {
        let cast = self.setting.cast;
        for (number, owner) in cast.owners.into_iter().enumerate() {
            let sub = u8::from(number == 1);
            let seat = self.must(owner, Message::OpenAccount { sub }).first();
            assert_eq!(seat as usize, number, "accounts are opened in order");
            let amount = match Seat(number as u32) {
                CAREFUL_MAKER | TRUSTING_MAKER => 2_000_000,
                BUYER | SELLER => 150_000,
                THIN_BUYER => 13_400,
                THIN_SELLER => 20_100,
                FAR_BUYER => 6_500,
                SPECULATOR if self.setting.scene == Scene::Claim => 25_500,
                SPECULATOR => 51_000,
                Seat(0) if self.setting.scene == Scene::Default => 66_000,
                Seat(2) if self.setting.scene == Scene::Default => 1_200_000,
                seat if (seat.0 as usize) < COALITION => STAKE / DOLLAR,
                _ => 3_000_000,
            };
            self.must(owner, Message::Deposit { seat: Seat(number as u32), amount: amount * DOLLAR });
        }
        if self.runs_programme() {
            self.begin_programme();
        } else {
            self.must(cast.addresses.incentives, Message::SetMaker { seat: TRUSTING_MAKER, maker: true });
        }
        if self.silent {
            return;
        }
        let mut trades = vec![
            (0, BUYER, CAREFUL_MAKER, 300),
            (0, TRUSTING_MAKER, SELLER, 280),
            (0, CAREFUL_MAKER, THIN_SELLER, 200),
            (1, FAR_BUYER, TRUSTING_MAKER, 100),
        ];
        match self.setting.scene {
            Scene::Default => trades.extend([(1, Seat(0), Seat(2), 6_000), (0, SPECULATOR, Seat(0), 6_000)]),
            Scene::Claim => trades.push((0, SPECULATOR, Seat(3), 3_000)),
            _ => trades.push((0, THIN_BUYER, CAREFUL_MAKER, 200)),
        }
        for (month, buyer, seller, lots) in trades {
            let price = Ticks(self.setting.fair[0][month]);
            for (seat, side) in [(seller, Side::Sell), (buyer, Side::Buy)] {
                let place = order(seat, INSTRUMENTS[month], side, price, Lots(lots), Policy::Rest);
                let filled = self.must(cast.owner(seat), Message::Place { order: place }).get(1);
                assert_eq!(filled, if side == Side::Buy { lots.into() } else { 0 }, "{seat:?} trades {lots} lots");
            }
        }
        // With little margin A can still leave one leg after the other; C has to hold what everybody holds.
        if self.setting.scene == Scene::Claim {
            self.must(cast.addresses.governance, risk(TOKENS, SHOCKS));
        }
        let stop = |instrument, last, price, limit, lots| Trigger {
            instrument,
            sells: true,
            last,
            reduce_only: true,
            price: Ticks(price),
            limit: Ticks(limit),
            lots: Lots(lots),
            fee: 1_000_000,
            ..Trigger::default()
        };
        let waiting = [
            (BUYER, 0, stop(INSTRUMENTS[0], false, 2_450, 2_100, 100)),
            (FAR_BUYER, 0, stop(INSTRUMENTS[1], true, 2_350, 1_900, 60)),
        ];
        for (seat, slot, trigger) in waiting {
            self.must(cast.owner(seat), Message::SetTrigger { seat, slot, trigger });
        }
        if self.runs_programme() {
            self.quote_all(true, NIGHT_MONTHS); // their week begins at midnight
        }
        let instruments = INSTRUMENTS[0].0.to_be_bytes().to_vec();
        let (delegate, expiry) = (cast.owner(Seat(3)), Seconds(u32::MAX));
        self.must(
            cast.owner(BUYER),
            Message::SetDelegate { seat: BUYER, delegate, max_lots: Lots(1), day_lots: Lots(4), expiry, instruments },
        );
    }

    /// Whether the index of a product has several providers here.
    fn has_several_providers(&self, product: Product) -> bool {
        self.setting.scene == Scene::Reports && product == TOKENS
    }

    /// Whether the coalition has reporters and providers here.
    pub(crate) fn has_false_reports(&self) -> bool {
        self.has_several_providers(TOKENS)
    }

    /// A batch: what everybody sees, moved by so many basis points.
    fn batch(&self, product: Product, price: u32, moved_bps: i16) -> Vec<Entry> {
        let entry = |provider: u8, percent: u32, volume: u64| {
            let parts = u64::from(price) * u64::from(percent) * (10_000 + i64::from(moved_bps)).unsigned_abs();
            let price = u32::try_from(parts / 1_000_000).unwrap_or(u32::MAX).max(1);
            Entry { provider, quote: Quote { input: price, output: price, volume } }
        };
        if !self.has_several_providers(product) {
            return vec![entry(0, 100, 1_000)];
        }
        let [smallest, enters] = self.asks.map(u32::from);
        let four = (0..).zip(LIST_PRICES).map(|(provider, percent)| entry(provider, percent, 1_000));
        four.chain([entry(SMALLEST, smallest, 1), entry(ENTERS, enters, 1_000)]).collect()
    }

    /// The honest reporters send their batches of a day for both indices.
    pub(crate) fn report(&mut self, day: Day, prices: [u32; 2]) {
        let reporters = self.setting.cast.reporters;
        if self.asks != [100; 2] {
            self.tally.asked += 1;
        }
        for (product, price) in PRODUCTS.into_iter().zip(prices) {
            let absent = self.has_several_providers(product) && !self.day.is_multiple_of(2);
            for reporter in reporters.into_iter().skip(usize::from(absent)) {
                let batch = self.batch(product, price, 0);
                let _ = self.rely_on(reporter, Message::Submit { index: product.index(), day, batch });
            }
        }
    }

    /// The coalition's reporters, if there are any, send theirs: last, and as they please.
    pub(crate) fn report_of_the_coalition(&mut self, day: Day, prices: [u32; 2]) {
        if self.has_several_providers(TOKENS) {
            let batch = self.batch(TOKENS, prices[0], self.lie);
            for reporter in self.setting.cast.false_reporters() {
                let _ = self.send(reporter, Message::Submit { index: TOKENS.index(), day, batch: batch.clone() });
            }
        }
        (self.asks, self.lie) = ([100; 2], 0);
    }

    /// How long a print waits for a reporter who is absent, in seconds.
    pub(crate) fn gathering(&self) -> u32 {
        if self.has_several_providers(TOKENS) { GATHERING } else { 0 }
    }

    /// Governance takes another provider into the basket.
    pub(crate) fn let_a_provider_in(&mut self) {
        let (index, score) = (TOKENS.index(), Rules::TPI.reference_score);
        let _ =
            self.send(self.setting.cast.addresses.governance, Message::SetProvider { index, provider: ENTERS, score });
    }

    /// What the months are worth now by marks that no book has touched: with the coming print once its batches are in.
    pub(crate) fn fair(&self) -> [u32; MONTHS] {
        let known = self.phase >= Phase::Known;
        let place = self.day + usize::from(known);
        let fair = &self.setting.fair;
        fair.get(place).or(fair.last()).copied().unwrap_or_default()
    }

    /// The last known move of the tokens' price, once the batches are in the coming one, in basis points.
    pub(crate) fn trend(&self) -> i64 {
        let known = self.day + usize::from(self.phase >= Phase::Known);
        let mut printed = self.setting.prices.iter().take(known).flatten().map(|prices| i64::from(prices[0])).rev();
        let Some(last) = printed.next() else { return 0 };
        let before = printed.next().unwrap_or(START[0].into());
        (last - before) * 10_000 / before
    }

    /// How far the tokens' price has moved since the path began, in percent, without sign.
    pub(crate) fn moved(&self) -> u64 {
        let known = self.day + usize::from(self.phase >= Phase::Known);
        let last = self.setting.prices.iter().take(known).flatten().last();
        last.map_or(0, |prices| u64::from(prices[0].abs_diff(START[0])) * 100 / u64::from(START[0]))
    }

    /// An account.
    pub(crate) fn account(&self, seat: Seat) -> Account {
        self.exchange.clearing.account_of(seat).copied().unwrap_or_else(|| Account::new([0; 20]))
    }

    /// An account's margin.
    pub(crate) fn health(&mut self, seat: Seat) -> Option<Health> {
        let account = self.account(seat);
        margin::assess(&mut self.exchange.clearing, &account).ok()
    }

    /// A month of the curve.
    pub(crate) fn month(&mut self, instrument: Instrument) -> Option<Month> {
        self.exchange.clearing.curve(instrument.product())?.month(instrument).copied()
    }

    /// A month's market.
    pub(crate) fn market(&mut self, instrument: Instrument) -> Option<Market> {
        self.exchange.clearing.market(instrument)
    }

    /// Equity for maintenance margin, in percent; 400 at most and for an account without positions.
    pub(crate) fn ratio(health: &Health) -> u32 {
        if health.maintenance <= QuoteAtoms::ZERO {
            return if health.equity < QuoteAtoms::ZERO { 0 } else { 400 };
        }
        u32::try_from((health.equity.0.max(0) * 100 / health.maintenance.0).min(400)).unwrap_or(400)
    }

    /// What the account's net lots earn when the day's print comes, at marks that no book has touched. A trade made
    /// once the print is known earns nothing by it here, so that knowing the print counts as a profit.
    pub(crate) fn accrue_exposure(&mut self) {
        let (Some(old), Some(new)) = (self.setting.fair.get(self.day), self.setting.fair.get(self.day + 1)) else {
            return;
        };
        let moves: [i128; MONTHS] = std::array::from_fn(|month| i128::from(new[month]) - i128::from(old[month]));
        for (seat, account) in self.exchange.clearing.accounts() {
            let Some(exposure) = self.tally.exposure.get_mut(seat.0 as usize) else { continue };
            for position in account.positions() {
                let Some(month) = INSTRUMENTS.iter().position(|other| *other == position.instrument) else { continue };
                *exposure += i128::from(position.net.0) * moves[month] * i128::from(TICK_VALUE);
            }
        }
    }

    fn note_events(&mut self) {
        if self.exchange.clearing.events.is_empty() {
            return;
        }
        let own = |seat: Seat| (seat.0 as usize) < COALITION;
        let events = std::mem::take(&mut self.exchange.clearing.events);
        for event in &events {
            self.stirred |= asks_for_the_keeper(event);
            let bit = match *event {
                Event::Filled { taker, maker, .. } => {
                    let late = matches!(self.phase, Phase::Known | Phase::Published) && self.attacking;
                    match (own(taker), own(maker)) {
                        (true, true) => bits::OWN_CROSS,
                        (false, false) => 0,
                        _ => bits::OWN_FILL | if late { bits::IN_THE_WINDOW } else { 0 },
                    }
                }
                Event::LiquidationStarted { seat } if own(seat) => bits::OWN_LIQUIDATION,
                Event::LiquidationStarted { .. } => bits::OTHER_LIQUIDATION,
                Event::Liquidated { seat, liquidator, instrument, price, lots, .. } => {
                    self.note_takeover(seat, liquidator, instrument, price, lots)
                }
                Event::Covered { seat, .. } => {
                    if own(seat) {
                        bits::COVERED_OWN
                    } else {
                        bits::COVERED_OTHER
                    }
                }
                Event::Bridged { amount, .. } => {
                    self.tally.bridged += amount;
                    bits::BRIDGED
                }
                Event::Offset { .. } => bits::OFFSET,
                Event::WrittenOff { .. } => bits::WRITTEN_OFF,
                Event::AllocationStarted { .. } => bits::ALLOCATED,
                Event::Halted { .. } => {
                    self.tally.halts += 1;
                    if self.tally.halts > 1 { bits::HALTED | bits::TWO_HALTS } else { bits::HALTED }
                }
                Event::Triggered { .. } => bits::TRIGGERED,
                Event::Withdrawn { seat, amount } if own(seat) => {
                    if self.tally.bits & bits::CLAIM != 0 {
                        self.tally.fled += amount;
                    }
                    bits::WITHDRAWN
                }
                _ => 0,
            };
            self.tally.bits |= bit;
        }
        self.exchange.clearing.events = events;
    }

    /// A takeover's discount: a keeper's reward while the auction is no older than half a day, else a gain.
    fn note_takeover(&mut self, seat: Seat, liquidator: Seat, instrument: Instrument, price: Ticks, lots: Lots) -> u32 {
        let own = (liquidator.0 as usize) < COALITION;
        let mark = self.month(instrument).map_or(price, |month| month.mark);
        let discount = u64::from(mark.0.abs_diff(price.0)) * u64::from(lots.0) * u64::from(TICK_VALUE);
        let started = self.started(seat);
        let young = self.exchange.now.since(started) <= 43_200 && started > Seconds::ZERO;
        let honest = seat.0 as usize >= COALITION;
        // What an account without equity is offered for falls on the fund and on winners: nothing of it is excused
        // there.
        let solvent = self.health(seat).is_some_and(|health| health.equity > QuoteAtoms::ZERO);
        if young && honest {
            let wages = &mut self.tally.wages;
            if solvent {
                wages[seat.0 as usize] += discount as i64;
            }
            if own {
                wages[liquidator.0 as usize] -= discount as i64;
            }
        } else if own && honest {
            self.tally.stale += discount;
        }
        let deep = mark.0.abs_diff(price.0) * 10 > mark.0;
        let taken = if own { bits::TOOK_OVER } else { 0 };
        taken | if deep && !young { bits::DEEP_DISCOUNT } else { 0 }
    }

    /// When the liquidation of an account was started: as it was before the message that may have ended it.
    fn started(&mut self, seat: Seat) -> Seconds {
        let running = self.exchange.clearing.auction(seat).started;
        if running > Seconds::ZERO { running } else { self.seen.get(seat.0 as usize).copied().unwrap_or_default() }
    }

    /// Looks at all accounts of the coalition, at marks and at halts.
    pub(crate) fn look(&mut self) {
        self.look_at_months();
        for number in 0..SEATS as u32 {
            let seat = Seat(number);
            let auction = self.exchange.clearing.auction(seat).started;
            self.seen[number as usize] = auction;
            let own = (number as usize) < COALITION;
            if !own && auction == Seconds::ZERO {
                continue;
            }
            let Some(health) = self.health(seat) else { continue };
            if auction > Seconds::ZERO && health.equity >= health.liquidation_end {
                self.tally.bits |= bits::SAFE_IN_AUCTION;
                self.tally.unended = self.tally.unended.max(u64::try_from(health.notional.0).unwrap_or(0));
            }
            if own {
                self.look_at_own(seat, &health);
            }
        }
    }

    /// Looks at the coalition's accounts right after its moves: what they stand on then may be gone when the keeper has
    /// done their work.
    pub(crate) fn look_at_the_coalition(&mut self) {
        for seat in (0..COALITION as u32).map(Seat) {
            if let Some(health) = self.health(seat) {
                self.look_at_own(seat, &health);
            }
        }
    }

    fn look_at_own(&mut self, seat: Seat, health: &Health) {
        let account = self.account(seat);
        let waiting = self.waiting();
        let (profit, loss) = self.unpaid(&account, &waiting);
        let risk = self.risk(&account);
        let tally = &mut self.tally;
        let bare = loss.saturating_sub(account.cash);
        tally.leaning = tally.leaning.max(profit.min(loss) + 4 * profit.min(bare));
        tally.ruin = tally.ruin.min(Self::ratio(health));
        if health.meets_initial() {
            let equity = u64::try_from(health.equity.0).unwrap_or(0).max(LEAST_EQUITY);
            tally.exposed = tally.exposed.max(risk.saturating_mul(100) / equity);
        } else {
            tally.bits |= bits::BELOW_INITIAL;
        }
        if !health.meets_maintenance() {
            tally.bits |= bits::BELOW_MAINTENANCE;
        }
        if health.equity < QuoteAtoms::ZERO {
            tally.bits |= bits::BELOW_ZERO;
            tally.debt = tally.debt.max(health.deficit());
        }
        let (mut owed, mut owes, mut lots, mut products) = (0_i128, 0_i128, false, [false; 2]);
        for position in account.positions() {
            let value = i128::from(position.basis.0) * i128::from(TICK_VALUE);
            lots |= position.net.0 != 0;
            if position.net.0 != 0 {
                products[usize::from(position.instrument.product() == COMPUTE)] = true;
            } else if value < 0 && waiting.contains(&position.instrument) {
                owed -= value;
            } else {
                owes += value.max(0);
            }
        }
        if products == [true; 2] {
            tally.bits |= bits::SPREAD;
        }
        if owed > 0 {
            tally.bits |= bits::CLAIM;
            tally.claim = tally.claim.max(u64::try_from(owed).unwrap_or(0));
            if owes > 0 {
                tally.bits |= bits::OWES_AND_IS_OWED;
            }
            if !lots {
                tally.bits |= bits::BARE_CLAIM;
            }
        }
        if !lots && owes > 0 && account.cash < u64::from(TICK_VALUE) {
            tally.bits |= bits::EMPTY_IN_DEBT;
        }
    }

    /// What an account would lose by the worst jump that a path may make: of each product by itself, since nothing says
    /// that they move together.
    fn risk(&mut self, account: &Account) -> u64 {
        let mut values = [0_i128; 2];
        for position in account.positions() {
            let Some(month) = self.month(position.instrument) else { continue };
            let value = i128::from(position.net.0) * i128::from(month.mark.0) * i128::from(TICK_VALUE);
            values[usize::from(position.instrument.product() == COMPUTE)] += value;
        }
        let lost = values.into_iter().zip(JUMPS_PERCENT).map(|(value, percent)| value.unsigned_abs() * percent / 100);
        u64::try_from(lost.sum::<u128>()).unwrap_or(u64::MAX)
    }

    /// The months whose winners wait for a default: what is owed there may never be paid.
    fn waiting(&mut self) -> Vec<Instrument> {
        let waits = |instrument: &Instrument| self.market(*instrument).is_some_and(|market| market.defaults > 0);
        INSTRUMENTS.into_iter().filter(waits).collect()
    }

    /// What an account is owed in months whose winners wait, and owes in others, at their settlement marks.
    fn unpaid(&mut self, account: &Account, waiting: &[Instrument]) -> (u64, u64) {
        let (mut profit, mut loss) = (0_i128, 0_i128);
        for position in account.positions() {
            let Some(month) = self.month(position.instrument) else { continue };
            let owed = atoms(position.variation(month.settle));
            let waits = waiting.contains(&position.instrument);
            (profit, loss) = (profit + if waits { owed.max(0) } else { 0 }, loss + (-owed).max(0));
        }
        (u64::try_from(profit).unwrap_or(0), u64::try_from(loss).unwrap_or(0))
    }

    fn look_at_months(&mut self) {
        let now = self.exchange.now;
        let fair = self.fair();
        let settled = self.phase >= Phase::Settled || self.phase == Phase::Morning;
        let end = self.setting.days.get(self.day).map_or(now, |day| Day(day.0 + 1).start());
        for (place, instrument) in INSTRUMENTS.into_iter().enumerate() {
            let Some(month) = self.month(instrument) else { continue };
            if now >= month.expiry {
                continue;
            }
            if settled && self.setting.fair.len() > 1 {
                let distance = month.mark.0.abs_diff(fair[place]) * 10_000 / fair[place].max(1);
                self.tally.displaced = self.tally.displaced.max(distance);
                if distance > 150 {
                    self.tally.bits |= bits::DISPLACED;
                }
                if distance > 400 {
                    self.tally.bits |= bits::FAR_DISPLACED;
                }
            }
            let until = self.market(instrument).map_or(Seconds::ZERO, |market| market.halted_until).min(end);
            let from = now.max(self.tally.counted_until[place]);
            if until > from {
                self.tally.closed += u64::from(until.since(from));
                self.tally.counted_until[place] = until;
            }
        }
    }
}

/// Whether something has happened that may ask for the keeper: whatever moves money, lots or marks.
fn asks_for_the_keeper(event: &Event) -> bool {
    !matches!(
        event,
        Event::Placed { .. }
            | Event::Removed { .. }
            | Event::RemovedAll { .. }
            | Event::TriggerSet { .. }
            | Event::FeesSwept { .. }
            | Event::TierSet { .. }
    )
}

/// An order.
pub(crate) fn order(seat: Seat, instrument: Instrument, side: Side, price: Ticks, lots: Lots, policy: Policy) -> Place {
    Place { policy, self_trade: SelfTrade::CancelMaker, ..limit_order(seat, instrument, side, price, lots) }
}

/// A margin set of two scenarios that move every month alike; the others are none.
fn risk(product: Product, shocks: [i16; 2]) -> Message {
    let mut bytes = vec![0; SHOCK_BYTES];
    for row in bytes.chunks_exact_mut(2 * SCENARIOS) {
        for (place, shock) in row.chunks_exact_mut(2).zip(shocks) {
            place.copy_from_slice(&shock.to_be_bytes());
        }
    }
    Message::SetRisk {
        product,
        maintenance_bps: launch::MAINTENANCE_BPS,
        liquidation_end_bps: launch::LIQUIDATION_END_BPS,
        shocks: bytes,
        certificate_hash: [1; 32],
    }
}

/// Points at the tick value that all months of the world have, in quote atoms.
pub(crate) fn atoms(points: Points) -> i128 {
    i128::from(points.0) * i128::from(TICK_VALUE)
}

const _: () = assert!(NAMES.len() == SEATS);
