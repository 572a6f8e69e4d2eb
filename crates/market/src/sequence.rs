//! Random sequences of messages: what anybody might send, sensible and not, from a state worth attacking.
//!
//! The same generator feeds the native engine by the ten thousand and the deployed contracts by the dozen. A step looks
//! at the native state, so that prices lie near the marks and orders to be cancelled exist; one message in eight is
//! deliberately wrong. The state in which a sequence begins is [`World::genesis`]; that makes a sequence a pure
//! function of its seed.

use std::collections::VecDeque;

use serde::Serialize;
use sit_engine::calendar::{self, DAY, Day};
use sit_engine::clearing::{
    AddOns, Instrument, Level, Listing, Order, Place, Policy, Purpose, Roll, SCENARIOS, SHOCK_BYTES, SelfTrade, Store,
    Terms, Trigger, opening::OPENING_SECONDS,
};
use sit_engine::launch;
use sit_engine::oracle::{Entry, Quote, Rules};
use sit_engine::units::{Lots, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::message::limit_order;
use sit_native::{Addresses, Broken, Contract, Exchange, Message, Refusal, circles, message};

use super::run::FIRST_DAY;
use super::venue::{Address, TPI, Venue, address_of};
use sit_sim::keccak256;
use sit_sim::path::{Stream, stream};

/// Number of the random stream of sequences.
const STREAMS: u64 = 0x5345_5155;

/// People with accounts at the start.
pub const PEOPLE: usize = 5;

/// Reporters of the index: the quorum.
pub const QUORUM: usize = 3;

/// What a wallet holds at the start, in quote atoms: five million US dollars.
pub const WALLET: u128 = 5_000_000_000_000;

/// Cash of an account at the start: little enough that a move bankrupts, 20,000 to 100,000 US dollars.
const CASH: u64 = 20_000_000_000;

/// Index price at the start, atoms per million tokens.
const PRICE: u32 = 260_000;

/// Quote atoms of a tick on a lot.
const TICK_VALUE: u32 = 100_000;

/// One sequence of so many begins with two accounts that come to owe each other.
const CIRCLES: u64 = 16;

/// Lots of each trade of these two.
const CIRCLE_LOTS: u32 = 30;

/// The sub-account of either.
const CIRCLE_SUB: u8 = 7;

/// A message and when and by whom it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Time of the block.
    pub at: Seconds,
    /// Who sends it.
    pub by: Address,
    /// The message.
    pub message: Message,
}

/// Who takes part, by address: on the chain they are the addresses of its accounts.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// The contracts and their governors.
    pub addresses: Addresses,
    /// People with accounts.
    pub people: [Address; PEOPLE],
    /// Reporters of the index.
    pub reporters: [Address; QUORUM],
    /// Somebody without anything.
    pub stranger: Address,
}

impl World {
    /// Everybody who signs, governors included: the wallets to be given tokens, see [`WALLET`].
    pub fn signers(&self) -> impl Iterator<Item = Address> + '_ {
        let governors = [self.addresses.governance, self.addresses.incentives, self.stranger];
        self.people.iter().chain(&self.reporters).copied().chain(governors)
    }

    /// The exchange as deployed, every wallet filled.
    #[must_use]
    pub fn deployed(&self) -> Exchange {
        let mut exchange = Exchange::new(self.addresses, Self::start(), keccak256);
        for signer in self.signers() {
            exchange.mint(signer, WALLET);
        }
        exchange
    }

    /// People of made-up addresses, for runs without a chain.
    #[must_use]
    pub fn named() -> Self {
        let numbered = |role: &str, number: usize| address_of(&format!("{role} {number}"));
        Self {
            addresses: Venue::addresses(),
            people: std::array::from_fn(|number| numbered("person", number)),
            reporters: std::array::from_fn(|number| numbered("reporter", number)),
            stranger: address_of("stranger"),
        }
    }

    /// The native exchange where sequences begin.
    ///
    /// # Panics
    /// When a message of the genesis is refused: then it is wrong.
    #[must_use]
    pub fn begun(&self) -> Exchange {
        let mut exchange = self.deployed();
        for step in self.genesis(&|_| false) {
            exchange.now = step.at;
            if let Err(refusal) = exchange.send(step.by, &step.message) {
                panic!("{:?} was refused: {}", step.message, refusal.name());
            }
        }
        exchange
    }

    /// Time of the first block.
    #[must_use]
    pub fn start() -> Seconds {
        FIRST_DAY.start().later(11 * 3_600)
    }

    /// The messages that bring a deployed exchange to where sequences begin: an index with a print, two months,
    /// add-ons, a small fund, accounts of little cash, and a maker.
    #[must_use]
    pub fn genesis(&self, lacks: &dyn Fn(&Message) -> bool) -> Vec<Step> {
        let Addresses { governance, incentives, clearing, vault, oracle, .. } = self.addresses;
        let index = TPI.0.into();
        let noon = FIRST_DAY.start().later(Rules::TPI.opens);
        let confirmed = noon.later(Rules::TPI.confirm_delay);
        let mut steps = Vec::new();
        let mut add = |at, by, message| {
            if !lacks(&message) {
                steps.push(Step { at, by, message });
            }
        };
        let start = Self::start();
        add(start, governance, Message::ConnectVault { clearing });
        add(start, governance, Message::Connect { vault, oracle, incentives });
        let rules = Rules { min_providers: 1, cap_bps: 10_000, screen_mads: 0, ..Rules::TPI };
        add(start, governance, Message::SetIndex { index, rules });
        add(start, governance, Message::SetProvider { index, provider: 0, score: rules.reference_score });
        for reporter in self.reporters {
            add(start, governance, Message::AddReporter { index, reporter });
        }
        for reporter in self.reporters {
            add(noon, reporter, report(FIRST_DAY, PRICE));
        }
        add(noon, self.stranger, Message::Publish { index, day: FIRST_DAY });
        add(confirmed, self.stranger, Message::Publish { index, day: FIRST_DAY });
        add(confirmed, governance, risk([3_000, -2_000, 1_500, -1_500]));
        add(confirmed, governance, Message::StartProduct { product: TPI });
        add(
            confirmed,
            governance,
            Message::SetFeeShares { fund_bps: launch::FUND_SHARE_BPS, incentive_bps: launch::INCENTIVE_SHARE_BPS },
        );
        for (day, mark) in calendar::listing(FIRST_DAY).into_iter().zip([2_600, 2_500]) {
            add(confirmed, governance, Message::List { listing: listing(day, mark) });
        }
        add(confirmed, governance, Message::SetAddOns { product: TPI, add_ons: add_ons() });
        for (number, person) in self.people.into_iter().enumerate() {
            add(confirmed, person, Message::OpenAccount { sub: 0 });
            let amount = CASH * (1 + number as u64 % 5);
            add(confirmed, person, Message::Deposit { seat: Seat(number as u32), amount });
        }
        add(confirmed, self.people[0], Message::Endow { purpose: Purpose::Fund, amount: CASH / 4 });
        add(confirmed, self.people[0], Message::Endow { purpose: Purpose::Incentives, amount: CASH / 4 });
        add(confirmed, incentives, Message::SetMaker { seat: Seat(1), maker: true });
        // Positions near the end of what their collateral carries: the first jump of the index liquidates somebody.
        for (serial, price, lots, buyer, seller) in
            [(0, 2_600, 220, 4, 0), (0, 2_590, 300, 1, 2), (1, 2_500, 550, 2, 3), (1, 2_505, 20, 0, 4)]
        {
            for (seat, side) in [(seller, Side::Sell), (buyer, Side::Buy)] {
                let order = limit_order(Seat(seat), Instrument::new(TPI, serial), side, Ticks(price), Lots(lots));
                add(confirmed, self.people[seat as usize], Message::Place { order });
            }
        }
        steps
    }
}

/// The next day with a session, after that of a time.
fn next_session(now: Seconds) -> Day {
    let mut day = Day(Day::of(now).0 + 1);
    while !calendar::is_session(day.start()) {
        day = Day(day.0 + 1);
    }
    day
}

fn report(day: Day, price: u32) -> Message {
    let quote = Quote { input: price, output: price, volume: 1_000 };
    Message::Submit { index: TPI.0.into(), day, batch: vec![Entry { provider: 0, quote }] }
}

fn risk(shocks: [i16; 4]) -> Message {
    let mut bytes = vec![0; SHOCK_BYTES];
    for (slot, row) in bytes.chunks_exact_mut(2 * SCENARIOS).enumerate() {
        let [up, down, steeper, flatter] = shocks;
        let twist = if slot % 2 == 0 { [steeper, flatter] } else { [flatter, steeper] };
        for (place, shock) in row.chunks_exact_mut(2).zip([up, down, twist[0], twist[1]]) {
            place.copy_from_slice(&shock.to_be_bytes());
        }
    }
    Message::SetRisk {
        product: TPI,
        maintenance_bps: launch::MAINTENANCE_BPS,
        liquidation_end_bps: launch::LIQUIDATION_END_BPS,
        shocks: bytes,
        certificate_hash: [1; 32],
    }
}

/// A month of the sequences: last trading day, first mark in ticks.
#[must_use]
pub fn listing(day: Day, mark: u32) -> Listing {
    Listing {
        product: TPI,
        expiry: calendar::last_trading_time(day),
        tick_value: TickValue(TICK_VALUE),
        tick_size: 100,
        mark: Ticks(mark),
        terms: Terms { position_limit: Lots(3_000), open_interest_cap: Lots(5_000), ..launch::TERMS },
    }
}

fn add_ons() -> AddOns {
    AddOns { size_lower: Lots(500), size_upper: Lots(20_000), ..launch::ADD_ONS_WITHOUT_SIZE }
}

/// A sequence under way.
#[derive(Clone, Debug)]
pub struct Sequence {
    world: World,
    rng: Stream,
    /// What a whole day at the exchange still has to send.
    planned: VecDeque<Step>,
    /// Whether two accounts are still to come to owe each other.
    circle: bool,
}

impl Sequence {
    /// The sequence of this seed and number.
    #[must_use]
    pub fn new(world: World, seed: u64, number: u64) -> Self {
        let circle = number % CIRCLES == CIRCLES - 1;
        Self { world, rng: stream(seed, STREAMS, number), planned: VecDeque::new(), circle }
    }

    /// The next step, from the state as it is.
    pub fn next(&mut self, exchange: &mut Exchange) -> Step {
        if std::mem::take(&mut self.circle) {
            // With no more cash than they need: the rise is to leave them bankrupt.
            let plans = [2_000_000_000, 3_000_000_000, 4_000_000_000, 5_000_000_000];
            self.planned = plans.into_iter().find_map(|cash| self.plan_circle(exchange, cash)).unwrap_or_default();
        }
        if self.planned.is_empty() && self.below(10) == 0 {
            self.plan_day(exchange);
        }
        // Something else may come between two planned messages.
        if !self.planned.is_empty()
            && self.below(5) > 0
            && let Some(step) = self.planned.pop_front()
        {
            return Step { at: step.at.max(exchange.now), ..step };
        }
        let at = self.time(exchange.now);
        let (by, message) = self.draw(exchange, at);
        // One message in sixteen comes from a sender who is not entitled to it.
        let by = if self.below(16) == 0 { self.anybody() } else { by };
        Step { at, by, message }
    }

    /// The next session day that opens its window: the quorum reports, the day is printed and settled, everybody is
    /// settled, and somebody may be liquidated and covered.
    fn plan_day(&mut self, exchange: &mut Exchange) {
        let day = next_session(exchange.now);
        let noon = day.start().later(Rules::TPI.opens + 60);
        let price = self.price_of(exchange);
        let index = TPI.0.into();
        let seats = exchange.clearing.ledger().seats.max(1);
        let mut plan: Vec<(Seconds, Address, Message)> =
            self.world.reporters.map(|reporter| (noon, reporter, report(day, price))).to_vec();
        let keeper = self.anybody();
        plan.push((noon, keeper, Message::Publish { index, day }));
        let confirmed = noon.later(Rules::TPI.confirm_delay);
        plan.push((confirmed, keeper, Message::Publish { index, day }));
        plan.push((confirmed, keeper, Message::SettleDay { product: TPI }));
        for serial in 0..2 {
            let all = message::seats((0..seats).map(Seat));
            plan.push((confirmed, keeper, Message::Settle { instrument: Instrument::new(TPI, serial), seats: all }));
        }
        let start = confirmed.later(30);
        for seat in (0..seats).map(Seat) {
            plan.push((start, keeper, Message::StartLiquidation { seat }));
        }
        let late = start.later(self.below(1_200));
        for seat in (0..seats).map(Seat) {
            for serial in 0..2 {
                let instrument = Instrument::new(TPI, serial);
                for liquidator in (0..seats).map(Seat) {
                    let owner = exchange.clearing.account_of(liquidator).map_or(keeper, |account| account.owner);
                    let lots = Lots(100 + self.below(600));
                    plan.push((late, owner, Message::Bid { liquidator, seat, instrument, lots }));
                }
                plan.push((late, keeper, Message::Cover { seat, instrument }));
                plan.push((late, keeper, Message::WriteOff { seat, instrument }));
            }
        }
        for serial in 0..2 {
            let all = message::seats((0..seats).map(Seat));
            plan.push((late, keeper, Message::Allocate { instrument: Instrument::new(TPI, serial), seats: all }));
        }
        // The book has opened: winners are paid.
        let opened = late.max(confirmed.later(OPENING_SECONDS));
        for serial in 0..2 {
            let all = message::seats((0..seats).map(Seat));
            plan.push((opened, keeper, Message::Settle { instrument: Instrument::new(TPI, serial), seats: all }));
        }
        // Only what would not be refused anyway, as a keeper looks before they send, and a little of the rest.
        let mut preview = exchange.clone();
        for (at, by, message) in plan {
            preview.now = at.max(preview.now);
            if preview.send(by, &message).is_ok() || self.below(30) == 0 {
                self.planned.push_back(Step { at, by, message });
            }
        }
        // Who owes each other in a circle gives both up.
        for circle in circles(preview.clearing.accounts()) {
            let message = Message::Offset { circle: message::circle(circle) };
            if preview.send(keeper, &message).is_ok() {
                self.planned.push_back(Step { at: preview.now, by: keeper, message });
            }
        }
    }

    /// Two accounts of little cash that each sell a month to the other and to somebody else. The price rises beyond
    /// what they have, somebody takes over what they hold, and each has nothing left to pay with but what the other
    /// owes: so they offset that, and others bear the rest. Nothing if it does not go like that, as where the book is
    /// not open.
    fn plan_circle(&self, exchange: &Exchange, cash: u64) -> Option<VecDeque<Step>> {
        let mut exchange = exchange.clone();
        let mut planned = VecDeque::new();
        let mut send = |exchange: &mut Exchange, at: Seconds, by: Address, message: Message| {
            exchange.now = at.max(exchange.now);
            let answer = exchange.send(by, &message).ok()?;
            planned.push_back(Step { at: exchange.now, by, message });
            Some(answer)
        };
        let (now, third, index) = (exchange.now, Seat(4), TPI.0.into());
        let [near, far] = [0, 1].map(|serial| Instrument::new(TPI, serial));
        let mut pair = [Seat(0); 2];
        for (seat, owner) in pair.iter_mut().zip(self.world.people) {
            let opened = send(&mut exchange, now, owner, Message::OpenAccount { sub: CIRCLE_SUB })?;
            *seat = Seat(u32::try_from(opened.first()).ok()?);
            send(&mut exchange, now, owner, Message::Deposit { seat: *seat, amount: cash })?;
        }
        let [one, two] = pair;
        let owner = |exchange: &Exchange, seat| Some(exchange.clearing.account_of(seat)?.owner);
        for (seller, buyer, month) in [(one, two, near), (two, one, far), (one, third, near), (two, third, far)] {
            let price = Ticks(mark_of(&mut exchange, month));
            for (seat, side) in [(seller, Side::Sell), (buyer, Side::Buy)] {
                let (by, order) = (owner(&exchange, seat)?, limit_order(seat, month, side, price, Lots(CIRCLE_LOTS)));
                send(&mut exchange, now, by, Message::Place { order })?;
            }
        }
        let day = next_session(now);
        let (noon, keeper) = (day.start().later(Rules::TPI.opens + 60), self.world.stranger);
        let last = sit_engine::oracle::latest(&exchange.oracle, index).ok()?.price;
        for reporter in self.world.reporters {
            send(&mut exchange, noon, reporter, report(day, last.checked_mul(17)? / 10))?;
        }
        let confirmed = noon.later(Rules::TPI.confirm_delay);
        for at in [noon, confirmed] {
            send(&mut exchange, at, keeper, Message::Publish { index, day })?;
        }
        send(&mut exchange, confirmed, keeper, Message::SettleDay { product: TPI })?;
        for seat in pair {
            send(&mut exchange, confirmed, keeper, Message::StartLiquidation { seat })?;
        }
        let (opened, liquidator) = (confirmed.later(OPENING_SECONDS), owner(&exchange, third)?);
        for (seat, instrument) in [(one, near), (one, far), (two, near), (two, far)] {
            let lots = Lots(2 * CIRCLE_LOTS);
            send(&mut exchange, opened, liquidator, Message::Bid { liquidator: third, seat, instrument, lots })?;
        }
        let circle = message::circle([(one, near), (two, far)]);
        send(&mut exchange, opened, keeper, Message::Offset { circle })?;
        for (seat, instrument) in [(one, near), (two, far)] {
            // Whether the fund pays for them or nobody depends on what is in it.
            let _ = send(&mut exchange, opened, keeper, Message::Cover { seat, instrument });
            let _ = send(&mut exchange, opened, keeper, Message::WriteOff { seat, instrument });
        }
        let all = exchange.clearing.ledger().seats;
        for instrument in [near, far] {
            let seats = message::seats((0..all).map(Seat));
            let _ = send(&mut exchange, opened, keeper, Message::Allocate { instrument, seats });
        }
        Some(planned)
    }

    /// Mostly some seconds later; rarely hours or days. Seldom on a weekend, when little can be done.
    fn time(&mut self, now: Seconds) -> Seconds {
        let later = match self.below(64) {
            0 | 1 => now.later(3_600 * (1 + self.below(20))),
            2 => now.later(DAY * (1 + self.below(9))),
            _ => now.later(self.below(120)),
        };
        if calendar::is_session(later) || self.below(8) == 0 { later } else { later.later(2 * DAY) }
    }

    fn draw(&mut self, exchange: &mut Exchange, at: Seconds) -> (Address, Message) {
        let seats = exchange.clearing.ledger().seats.max(1);
        // At times a seat that is not there.
        let missing = u32::from(self.below(12) == 0);
        let seat = Seat(self.below(seats + missing));
        let owner = exchange.clearing.account_of(seat).map_or(self.world.stranger, |account| account.owner);
        let instrument = self.instrument(exchange);
        let (governance, incentives) = (self.world.addresses.governance, self.world.addresses.incentives);
        let index = TPI.0.into();
        let day = Day(Day::of(at).0.saturating_sub(self.below(8) / 6));
        match self.below(100) {
            0..=29 | 73..=80 => (owner, Message::Place { order: self.order(exchange, seat, instrument, at) }),
            30..=37 => (owner, self.quote(exchange, seat, instrument, at)),
            38..=41 => self.cancel(exchange, seat, owner, instrument),
            42..=43 => (owner, Message::CancelAll { seat, instrument }),
            44..=46 => (owner, Message::Deposit { seat, amount: self.amount(CASH) }),
            // Signed by nobody: what the vault was allowed before decides.
            47 => {
                let (amount, deadline) = (self.amount(CASH), Seconds(at.0.saturating_add(60)));
                (owner, Message::DepositWithPermit { seat, amount, deadline, v: 27, r: [1; 32], s: [1; 32] })
            }
            48..=51 => {
                let cash = exchange.clearing.account_of(seat).map_or(1, |account| account.cash);
                (owner, Message::Withdraw { seat, amount: self.amount(cash.saturating_mul(2)) })
            }
            52..=53 => {
                (owner, Message::Transfer { from: seat, to: Seat(self.below(seats)), amount: self.amount(CASH) })
            }
            54 => (owner, Message::OpenAccount { sub: self.below(3) as u8 }),
            55..=57 => self.reporting(exchange, day),
            58..=59 => (self.anybody(), Message::Publish { index, day }),
            60..=61 => (self.anybody(), Message::SettleDay { product: TPI }),
            62..=66 => (self.anybody(), Message::Settle { instrument, seats: self.seats(seats) }),
            67..=69 => (self.anybody(), Message::StartLiquidation { seat }),
            70..=72 => {
                let liquidator = Seat(self.below(seats));
                let by = exchange.clearing.account_of(liquidator).map_or(self.world.stranger, |account| account.owner);
                (by, Message::Bid { liquidator, seat, instrument, lots: Lots(1 + self.below(2_000)) })
            }
            81..=87 => self.order_message(exchange, seat, owner, instrument, at),
            88 => (self.anybody(), Message::MarginCall { seat }),
            89 => (self.anybody(), Message::Cover { seat, instrument }),
            90 => (self.anybody(), Message::WriteOff { seat, instrument }),
            91 => (self.anybody(), Message::Allocate { instrument, seats: self.seats(seats) }),
            92 => (self.anybody(), Message::ReportDeficit { seat }),
            93 => (self.anybody(), self.untie(exchange, seat, instrument)),
            94 => (self.anybody(), Message::SweepFees { instrument }),
            95 => (self.anybody(), Message::RefreshTier { seat }),
            96 => (incentives, Message::SetMaker { seat, maker: self.below(2) == 0 }),
            97 => (incentives, Message::PayReward { seat, amount: self.amount(CASH / 10) }),
            98 => (governance, self.governed(exchange, instrument)),
            _ => (self.anybody(), self.ending(instrument, day)),
        }
    }

    /// Has a claim bought, or what accounts owe each other offset. No bridge leads from a month to itself: what would
    /// be one is an offset that is wrong, of somebody twice in one month or of two who may owe nothing.
    fn untie(&mut self, exchange: &mut Exchange, seat: Seat, instrument: Instrument) -> Message {
        let claim = self.instrument(exchange);
        if let Some(circle) = circles(exchange.clearing.accounts()).into_iter().next() {
            return Message::Offset { circle: message::circle(circle) };
        }
        if claim != instrument {
            return Message::Bridge { seat, debt: instrument, claim };
        }
        let other = if seat.0.is_multiple_of(3) { instrument } else { Instrument(instrument.0 ^ 1) };
        let next = Seat((seat.0 + 1) % exchange.clearing.ledger().seats.max(1));
        Message::Offset { circle: message::circle([(seat, instrument), (next, other)]) }
    }

    fn order(&mut self, exchange: &mut Exchange, seat: Seat, instrument: Instrument, at: Seconds) -> Place {
        let mark = mark_of(exchange, instrument);
        // Near the mark, at times beyond the day's limits, at times no price at all.
        let price = match self.below(24) {
            0 => [0, 1, Ticks::MAX.0, u32::MAX][self.below(4) as usize],
            1 => (mark / 2).saturating_add(self.below(mark.max(1))),
            _ => mark.saturating_sub(20).saturating_add(self.below(41)),
        };
        let lots = match self.below(24) {
            0 => [0, 1, Lots::MAX.0, u32::MAX][self.below(4) as usize],
            _ => 1 + self.below(300),
        };
        let policies =
            [Policy::Rest, Policy::ImmediateOrCancel, Policy::FillOrKill, Policy::PostOnly, Policy::PostOnlySlide];
        let modes = [SelfTrade::CancelTaker, SelfTrade::CancelMaker, SelfTrade::DecrementBoth];
        let policy = policies[if self.below(2) == 0 { 0 } else { self.below(5) as usize }];
        let side = if self.below(2) == 0 { Side::Buy } else { Side::Sell };
        // Four in ten cross whatever stands near the mark.
        let price = match (self.below(10), side) {
            (0..4, Side::Buy) => mark.saturating_add(25),
            (0..4, Side::Sell) => mark.saturating_sub(25),
            _ => price,
        };
        let next = exchange.clearing.account_of(seat).map_or(1, |account| account.next_order);
        Place {
            seat,
            instrument,
            side,
            price: Ticks(price),
            lots: Lots(lots),
            policy,
            self_trade: modes[self.below(3) as usize],
            reduce_only: self.below(8) == 0,
            expiry: if self.below(4) == 0 { Seconds(at.0.saturating_sub(50) + self.below(600)) } else { Seconds::ZERO },
            number: if self.below(8) == 0 { next.saturating_sub(1) + self.below(5) } else { 0 },
        }
    }

    /// The rarer messages about orders.
    fn order_message(
        &mut self,
        exchange: &mut Exchange,
        seat: Seat,
        owner: Address,
        instrument: Instrument,
        at: Seconds,
    ) -> (Address, Message) {
        let order = self.order(exchange, seat, instrument, at);
        let slot = self.below(5) as u8;
        match self.below(8) {
            0 | 1 => match self.cancel(exchange, seat, owner, instrument) {
                (owner, Message::Cancel { seat, price, number, .. }) => {
                    let lots = if self.below(3) == 0 { Lots(1) } else { order.lots };
                    let order = Place { seat, lots, ..order };
                    (owner, Message::Replace { price, number, order })
                }
                other => other,
            },
            2 => match self.cancel(exchange, seat, owner, instrument) {
                (owner, Message::Cancel { seat, number, .. }) => {
                    let (side, from, pages) = (order.side, Ticks(0), 1 + self.below(5) as u8);
                    (owner, Message::CancelByNumber { seat, instrument, number, side, from, pages })
                }
                other => other,
            },
            3 => {
                let far = self.instrument(exchange);
                let held = exchange.clearing.account_of(seat).map_or(0, |account| account.net(instrument).0);
                let lots = Lots((held.unsigned_abs() / 2).max(1));
                let (near_limit, far_limit) =
                    if held > 0 { (Ticks(1), Ticks(9_000)) } else { (Ticks(9_000), Ticks(1)) };
                let spread = if held > 0 { 2_000 } else { -2_000 };
                (
                    owner,
                    Message::Roll { roll: Roll { seat, near: instrument, far, lots, near_limit, far_limit, spread } },
                )
            }
            4 => {
                let trigger = Trigger {
                    instrument,
                    sells: order.side == Side::Sell,
                    above: self.below(2) == 0,
                    last: self.below(2) == 0,
                    reduce_only: order.reduce_only,
                    rests: self.below(2) == 0,
                    price: order.price,
                    limit: order.price,
                    lots: order.lots,
                    expiry: order.expiry,
                    fee: self.below(2_000_000),
                };
                (owner, Message::SetTrigger { seat, slot, trigger })
            }
            5 => (owner, Message::ClearTrigger { seat, slot }),
            6 => (self.anybody(), Message::ExecuteTrigger { keeper: Seat(self.below(6)), seat, slot }),
            _ => {
                let (delegate, max_lots) = (self.anybody(), Lots(self.below(400)));
                let expiry = at.later(self.below(3) * DAY);
                let instruments = instrument.0.to_be_bytes().repeat(self.below(3) as usize);
                let day_lots = Lots(self.below(3) * 500);
                (owner, Message::SetDelegate { seat, delegate, max_lots, day_lots, expiry, instruments })
            }
        }
    }

    fn quote(&mut self, exchange: &mut Exchange, seat: Seat, instrument: Instrument, at: Seconds) -> Message {
        let mark = mark_of(exchange, instrument);
        let (half, step, lots, count) = (self.below(30), 1 + self.below(9), 1 + self.below(300), self.below(6));
        let prices = |sign: i64| {
            let price = move |level: u32| i64::from(mark) + sign * i64::from(half + level * step);
            (0..count).filter_map(move |level| u32::try_from(price(level)).ok())
        };
        let side = |sign| -> Vec<Level> {
            prices(sign).map(|price| Level { price: Ticks(price), lots: Lots(lots) }).collect()
        };
        let mut levels = message::levels(&side(-1), &side(1));
        if self.below(16) == 0 {
            levels.push(self.below(256) as u8); // no level any more
        }
        let expiry = if self.below(6) == 0 { at.later(self.below(900)) } else { Seconds::ZERO };
        Message::Quote { seat, instrument, levels, expiry }
    }

    /// Mostly an order that stands.
    fn cancel(
        &mut self,
        exchange: &mut Exchange,
        seat: Seat,
        owner: Address,
        instrument: Instrument,
    ) -> (Address, Message) {
        let month = exchange.clearing.curve(TPI).and_then(|curve| curve.month(instrument).copied());
        let mut orders: Vec<Order> = month.map_or(Vec::new(), |month| exchange.live_orders(instrument, month.epoch));
        orders.sort_by_key(|order| (order.seat, order.number));
        let found = orders.get(self.below(1 + orders.len() as u32) as usize).copied();
        match found {
            Some(Order { seat, price, number, .. }) => {
                let owner = exchange.clearing.account_of(seat).map_or(owner, |account| account.owner);
                (owner, Message::Cancel { seat, instrument, price, number })
            }
            None => {
                (owner, Message::Cancel { seat, instrument, price: Ticks(self.below(5_000)), number: self.below(9) })
            }
        }
    }

    /// A price of the index: near the last print, at times a jump.
    fn price_of(&mut self, exchange: &Exchange) -> u32 {
        let last = sit_engine::oracle::latest(&exchange.oracle, TPI.0.into()).map_or(PRICE, |print| print.price);
        let bps = if self.below(2) == 0 { 5_000 + self.below(12_000) } else { 9_500 + self.below(1_000) };
        (u64::from(last) * u64::from(bps) / 10_000).clamp(20_000, 1_500_000) as u32
    }

    /// A reporter's batch by itself, at times nonsense.
    fn reporting(&mut self, exchange: &Exchange, day: Day) -> (Address, Message) {
        let price = match self.below(8) {
            0 => 0,
            1 => u32::MAX,
            _ => self.price_of(exchange),
        };
        let reporter = self.world.reporters[self.below(QUORUM as u32) as usize];
        (reporter, report(day, price))
    }

    fn governed(&mut self, exchange: &mut Exchange, instrument: Instrument) -> Message {
        let index = TPI.0.into();
        match self.below(11) {
            0 => risk([2_500 + self.below(1_500) as i16, -1_500 - self.below(1_500) as i16, 1_200, -1_300]),
            1 => Message::SetFeeShares { fund_bps: self.below(11_000) as u16, incentive_bps: self.below(4_000) as u16 },
            2 => {
                let today = Day::of(exchange.now);
                let day = calendar::listing(today)[self.below(4) as usize];
                Message::List { listing: listing(day, 2_000 + self.below(1_000)) }
            }
            3 => Message::SetProvider { index, provider: self.below(17) as u8, score: self.below(2_000) as u16 },
            4 => Message::SetFundCap { bps: self.below(11_000) as u16 },
            5 => Message::SetSettlementFee { instrument, ppm: self.below(400) as u16 },
            6 => Message::Pause { product: TPI, scopes: self.below(9) as u8 },
            7 | 8 => Message::Unpause { product: TPI },
            9 => Message::PayTreasury { to: self.world.stranger, amount: self.amount(CASH / 1_000) },
            _ => Message::LowerLimits { hour: CASH * 100, day: CASH * (100 + u64::from(self.below(900))) },
        }
    }

    fn ending(&mut self, instrument: Instrument, day: Day) -> Message {
        let index = TPI.0.into();
        let expiry = calendar::listing(FIRST_DAY)[self.below(2) as usize];
        match self.below(12) {
            0 => Message::ProposeFinal { index, expiry },
            1 => Message::FinalisePrice { index, expiry },
            2 => Message::Dispute { index, expiry },
            3 => Message::Resolve { index, expiry: day, voided: self.below(4).into() },
            4 => Message::Sunset { instrument },
            5 => Message::NoteIndex { product: TPI },
            6 => Message::RollListing { product: TPI },
            7 => Message::Migrate { what: self.below(11) as u8, id: self.below(4), sub: 0, delegate: [0; 20] },
            8 => Message::Fund { index, amount: self.amount(CASH) },
            9 => Message::Collect { index },
            10 => Message::HandOver { next: self.world.addresses.clearing },
            _ => Message::Finalise { instrument },
        }
    }

    fn instrument(&mut self, exchange: &mut Exchange) -> Instrument {
        let months = exchange.clearing.curve(TPI).map_or(0, |curve| curve.months().len() as u32);
        let missing = u32::from(self.below(16) == 0);
        Instrument::new(TPI, self.below(months + missing) as u16)
    }

    fn seats(&mut self, count: u32) -> Vec<u8> {
        let first = self.below(count);
        let all = (0..count).map(|seat| Seat((first + seat) % count));
        let mut bytes = message::seats(all.take(1 + self.below(count) as usize));
        if self.below(24) == 0 {
            bytes.resize(4 * 33, 0);
        }
        bytes
    }

    fn amount(&mut self, most: u64) -> u64 {
        match self.below(20) {
            0 => 0,
            1 => u64::MAX,
            _ => 1 + ((u128::from(most) * u128::from(self.below(1 << 20))) >> 20) as u64,
        }
    }

    fn anybody(&mut self) -> Address {
        match self.below(PEOPLE as u32 + 1) as usize {
            PEOPLE => self.world.stranger,
            person => self.world.people[person],
        }
    }

    fn below(&mut self, bound: u32) -> u32 {
        below(&mut self.rng, bound)
    }
}

/// A random number below a bound; zero below zero.
fn below(rng: &mut Stream, bound: u32) -> u32 {
    use rand::Rng;
    (((rng.next_u64() >> 32) * u64::from(bound)) >> 32) as u32
}

fn mark_of(exchange: &mut Exchange, instrument: Instrument) -> u32 {
    let curve = exchange.clearing.curve(TPI);
    curve.and_then(|curve| curve.month(instrument).map(|month| month.mark.0)).unwrap_or(2_600)
}

/// What random sequences came across.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// Messages that were accepted, by contract and name.
    pub accepted: std::collections::BTreeMap<String, u64>,
    /// Refusals, by contract and error.
    pub refused: std::collections::BTreeMap<String, u64>,
    /// Events, by name.
    pub events: std::collections::BTreeMap<String, u64>,
}

impl Covered {
    /// Adds what a message did.
    pub fn note(&mut self, step: &Step, exchange: &Exchange, outcome: &Result<(), Refusal>) {
        let contract = step.message.contract().name();
        match outcome {
            Ok(()) => {
                *self.accepted.entry(format!("{contract}.{}", step.message.name())).or_default() += 1;
                for event in exchange.told() {
                    *self.events.entry(event.name.to_owned()).or_default() += 1;
                }
            }
            Err(refusal) => *self.refused.entry(format!("{contract}.{}", refusal.name())).or_default() += 1,
        }
    }

    /// What the sequences say nothing of: messages of clearing house, vault and oracle that none has sent with success.
    #[must_use]
    pub fn never_accepted(&self) -> Vec<String> {
        let exchange = [Contract::Clearing, Contract::Vault, Contract::Oracle];
        let entries = Message::entries().into_iter().filter(|entry| exchange.contains(&entry.contract));
        let names = entries.map(|entry| format!("{}.{}", entry.contract.name(), entry.name));
        names.filter(|name| !self.accepted.contains_key(name)).collect()
    }

    /// Adds another count.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in
            [(&mut self.accepted, other.accepted), (&mut self.refused, other.refused), (&mut self.events, other.events)]
        {
            for (name, count) in theirs {
                *mine.entry(name).or_default() += count;
            }
        }
    }
}

/// A sequence in which an invariant broke.
#[derive(Clone, Debug, thiserror::Error)]
#[error("sequence {number} of seed {seed}, message {message}: {broken}")]
pub struct BrokenSequence {
    /// Seed.
    pub seed: u64,
    /// Number of the sequence.
    pub number: u64,
    /// Number of the message in it.
    pub message: usize,
    /// The invariant.
    #[source]
    pub broken: Broken,
}

/// Runs one sequence natively and audits everything after each message. A refused message must leave every cell as it
/// was.
///
/// # Errors
/// [`BrokenSequence`].
pub fn run_sequence(
    world: World,
    begun: &Exchange,
    seed: u64,
    number: u64,
    messages: usize,
) -> Result<Covered, BrokenSequence> {
    let mut exchange = begun.clone();
    let mut sequence = Sequence::new(world, seed, number);
    let mut covered = Covered::default();
    for message in 0..messages {
        let step = sequence.next(&mut exchange);
        exchange.now = step.at;
        let before = exchange.clearing.clone();
        let outcome = exchange.send(step.by, &step.message).map(|_| ());
        covered.note(&step, &exchange, &outcome);
        let broken = |broken| BrokenSequence { seed, number, message, broken };
        if outcome.is_err() && !before.same_cells(&exchange.clearing) {
            let found = format!("{:?} was refused and left a trace", step.message);
            return Err(broken(Broken { rule: "S4", found }));
        }
        exchange.audit_all().map_err(broken)?;
    }
    Ok(covered)
}
