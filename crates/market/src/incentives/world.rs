//! One week of the market: a clearing house with one month, designated makers, takers, and the fair value that they
//! see.

use rand_distr::{Distribution, Poisson, StandardNormal};
use sit_engine::calendar::{self, Day, REWARD_EPOCH_SECONDS};
use sit_engine::chain::{Address, Env};
use sit_engine::clearing::{
    self, Instrument, Level, Place, Policy, Quote, SCENARIOS, SHOCK_BYTES, Store as _, Terms, peers::Given,
};
use sit_engine::incentives::{self, Parameters, end_of, epoch_of};
use sit_engine::launch::{self, TPI};
use sit_engine::units::{Lots, Seat, Seconds, Side, TickValue, Ticks};
use sit_native::message::limit_order;
use sit_native::{Makers, Native};

use super::Strategy;
use super::strategy::Player;
use sit_sim::path::{Stream, stream};

/// Thursday 2026-11-26, the first second of a reward week.
pub const START: Seconds = Seconds(2_969 * REWARD_EPOCH_SECONDS);

/// Seconds of a step: makers answer once in each.
pub const STEP: u32 = 300;

/// First price in ticks: $0.26 per million tokens in the launch preset.
const PRICE: f64 = 2_600.0;

/// Quote atoms of a tick on a lot in the launch preset: $0.10.
const TICK_VALUE: u32 = 100_000;

/// Fair value: standard deviation of its logarithm in a session day.
const SIGMA_DAY: f64 = 0.004;

/// How far an uninformed taker goes from the fair value.
const RESERVATION: f64 = 0.012;

/// Most lots that the informed take from one quote: all of it.
const ALL: u32 = 100_000;

/// Collateral of everybody, in quote atoms: enough for any position of the experiment.
const CASH: u64 = 5_000_000_000_000;

const GOVERNANCE: Address = [9; 20];

/// What the weeks have in common.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The programme's rules.
    pub parameters: Parameters,
    /// What it shares out in a week, quote atoms.
    pub budget: u64,
    /// Makers, the judged one among them.
    pub makers: u32,
    /// Uninformed takers that arrive in a session day.
    pub arrivals: f64,
    /// Mean lots of one.
    pub lots: f64,
}

impl Default for Setting {
    /// The launch preset: 5,000 dollars a week to five makers, and 300 uninformed orders of ten lots a day.
    fn default() -> Self {
        Self { parameters: launch::MAKERS, budget: launch::WEEKLY_BUDGET, makers: 5, arrivals: 300.0, lots: 10.0 }
    }
}

/// What became of a seat.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Trading profit at the fair value, fees included, in dollars.
    pub trading: f64,
    /// Reward of the week, in dollars.
    pub reward: f64,
    /// Adjusted score, in lots at the reference price averaged over the week.
    pub score: f64,
    /// Share of the time due in which the obligations were met.
    pub uptime: f64,
    /// Lots traded as a designated maker.
    pub volume: f64,
}

/// The exchange in a week.
pub struct World {
    /// The programme, over the clearing house.
    pub programme: Makers,
    /// The month that is traded.
    pub month: Instrument,
    /// Fair value in ticks.
    pub fair: f64,
    /// Whether news is out that the index has not printed.
    pub news: bool,
    takers: (u32, u32),
    flow: Stream,
    prices: Stream,
}

/// The address of a seat's owner. Seats of one person have an address each: that is what sybils do.
pub fn owner(seat: u32) -> Address {
    let mut owner = [7; 20];
    owner[..4].copy_from_slice(&seat.to_be_bytes());
    owner
}

/// The price of a lot at the start, in dollars.
pub(super) fn lot() -> f64 {
    PRICE * f64::from(TICK_VALUE) / 1e6
}

/// A random number from 0 to 1, one excluded.
pub(super) fn uniform(rng: &mut Stream) -> f64 {
    use rand::RngExt;
    rng.random()
}

fn terms() -> Terms {
    Terms { position_limit: Lots(100_000), open_interest_cap: Lots(1_000_000), ..launch::TERMS }
}

impl World {
    /// A week that begins: seats of makers from zero on, all designated, then the others that makers use, then takers.
    ///
    /// # Panics
    /// When the engine refuses its own set-up.
    #[must_use]
    pub fn new(setting: &Setting, designated: u32, others: u32, seed: u64, path: u64) -> Self {
        let mut house = Native::new();
        let mut shocks = [0; SHOCK_BYTES];
        for row in shocks.chunks_exact_mut(2 * SCENARIOS) {
            for (place, shock) in row.chunks_exact_mut(2).zip([3_000_i16, -2_000]) {
                place.copy_from_slice(&shock.to_be_bytes());
            }
        }
        let opened = "the set-up of the week is within every rule";
        clearing::set_risk(
            &mut house,
            Seconds::ZERO,
            TPI,
            launch::MAINTENANCE_BPS,
            launch::LIQUIDATION_END_BPS,
            &shocks,
            [1; 32],
        )
        .expect(opened);
        clearing::set_fee_shares(&mut house, launch::FUND_SHARE_BPS, launch::INCENTIVE_SHARE_BPS).expect(opened);
        clearing::start_product(&mut house, &Given::print(Day::of(START), PRICE as u32 * 100), TPI).expect(opened);
        let listing = clearing::Listing {
            product: TPI,
            expiry: calendar::last_trading_time(calendar::listing(Day::of(START))[1]),
            tick_value: TickValue(TICK_VALUE),
            tick_size: 100,
            mark: Ticks(PRICE as u32),
            terms: terms(),
        };
        let month = clearing::list(&mut house, START, listing).expect(opened);
        for seat in 0..designated + others + 2 {
            clearing::open_account(&mut house, Env { caller: owner(seat), now: START }, 0).expect(opened);
            clearing::credit(&mut house, START, Seat(seat), CASH).expect(opened);
        }
        clearing::endow(&mut house, clearing::Purpose::Incentives, setting.budget.max(1)).expect(opened);
        let mut programme = Makers::new(house, START, GOVERNANCE, [8; 20]).expect(opened);
        let env = programme.env(GOVERNANCE);
        incentives::set_parameters(&mut programme, env, setting.parameters).expect(opened);
        incentives::set_budget(&mut programme, env, setting.budget).expect(opened);
        for seat in 0..designated {
            programme.designate(GOVERNANCE, owner(seat), seat).expect(opened);
        }
        let takers = (designated + others, designated + others + 1);
        let (flow, prices) = (stream(seed, 1, path), stream(seed, 2, path));
        Self { programme, month, fair: PRICE, news: false, takers, flow, prices }
    }

    /// Plays the week. `jump` is the news, if there is any: its step and the change of the logarithm of the fair value.
    pub fn play(&mut self, setting: &Setting, players: &mut [Player], jump: Option<(u32, f64)>) {
        for step in 0..REWARD_EPOCH_SECONDS / STEP {
            self.programme.now = START.later(step * STEP);
            self.print_at_noon();
            if !calendar::is_session(self.programme.now) {
                continue;
            }
            self.move_fair(step, jump);
            self.informed();
            for player in players.iter_mut() {
                player.act(self, step);
            }
            self.uninformed(setting);
        }
    }

    /// The index prints the fair value at noon, and the day is settled by it.
    fn print_at_noon(&mut self) {
        let now = self.programme.now;
        if now.0 % calendar::DAY == calendar::DAY / 2 {
            self.print();
        }
    }

    /// The index prints the fair value.
    pub fn print(&mut self) {
        let now = self.programme.now;
        let index = Given::print(Day::of(now), (self.fair * 100.0) as u32);
        let house = self.programme.house.get_mut();
        // A second print of the day is refused, which is right.
        house.transact(|house| clearing::settle_day(house, &index, now, TPI)).ok();
        self.news = false;
    }

    /// The fair value goes on by a step, and jumps when the news comes in it.
    pub(super) fn move_fair(&mut self, step: u32, jump: Option<(u32, f64)>) {
        let z: f64 = StandardNormal.sample(&mut self.prices);
        let steps_a_day = f64::from(calendar::DAY / STEP);
        self.fair *= (SIGMA_DAY / steps_a_day.sqrt() * z).exp();
        if let Some((_, size)) = jump.filter(|(when, _)| *when == step) {
            self.fair *= size.exp();
            self.news = true;
        }
    }

    /// Traders who know the fair value take what is beyond it by more than their fee.
    pub fn informed(&mut self) {
        let fee = 1.0 + f64::from(terms().taker_fee_ppm) / 1e6;
        let seat = self.takers.0;
        self.take(seat, Side::Buy, (self.fair / fee).floor() as u32, ALL);
        self.take(seat, Side::Sell, (self.fair * fee).ceil() as u32, ALL);
    }

    fn uninformed(&mut self, setting: &Setting) {
        let mean = setting.arrivals * f64::from(STEP) / f64::from(calendar::DAY);
        let arrivals = Poisson::new(mean).map_or(0.0, |law| law.sample(&mut self.flow)) as u32;
        for _ in 0..arrivals {
            let (buys, size) = (uniform(&mut self.flow) < 0.5, uniform(&mut self.flow));
            let lots = (1.0 - (1.0 - size).ln() * (setting.lots - 1.0).max(0.0)) as u32;
            let seat = self.takers.1;
            if buys {
                self.take(seat, Side::Buy, (self.fair * (1.0 + RESERVATION)) as u32, lots);
            } else {
                self.take(seat, Side::Sell, (self.fair * (1.0 - RESERVATION)) as u32, lots);
            }
        }
    }

    /// Takes up to `lots` at `limit` or better, as far as the day's limits reach.
    pub fn take(&mut self, seat: u32, side: Side, limit: u32, lots: u32) -> u32 {
        let order = self.order(seat, side, limit, lots, Policy::ImmediateOrCancel);
        let env = Env { caller: owner(seat), now: self.programme.now };
        let house = self.programme.house.get_mut();
        house.transact(|house| clearing::place(house, env, order)).map_or(0, |placed| placed.filled.0)
    }

    /// Rests an order; whether it was accepted.
    pub fn rest(&mut self, seat: u32, side: Side, price: u32, lots: u32) -> bool {
        let order = self.order(seat, side, price, lots, Policy::PostOnly);
        let env = Env { caller: owner(seat), now: self.programme.now };
        self.programme.house.get_mut().transact(|house| clearing::place(house, env, order)).is_ok()
    }

    fn order(&mut self, seat: u32, side: Side, price: u32, lots: u32, policy: Policy) -> Place {
        let settle = f64::from(self.settle());
        let inside = f64::from(price).clamp((settle * 0.8501).ceil(), (settle * 1.1499).floor());
        Place { policy, ..limit_order(Seat(seat), self.month, side, Ticks(inside as u32), Lots(lots.max(1))) }
    }

    fn settle(&mut self) -> u32 {
        self.month_now().settle.0
    }

    /// The month as the curve has it.
    pub fn month_now(&mut self) -> sit_engine::clearing::Month {
        let curve = self.programme.house.get_mut().curve(TPI);
        curve.and_then(|curve| curve.month(self.month).copied()).unwrap_or_default()
    }

    /// Replaces a seat's quotes; none are left if the new ones are refused.
    pub fn quote(&mut self, seat: u32, bids: &[Level], asks: &[Level]) {
        let env = Env { caller: owner(seat), now: self.programme.now };
        let instrument = self.month;
        let house = self.programme.house.get_mut();
        for (bids, asks) in [(bids, asks), (&[][..], &[][..])] {
            let quote = Quote { seat: Seat(seat), instrument, bids, asks, expiry: Seconds::ZERO };
            if house.transact(|house| clearing::quote(house, env, quote)).is_ok() {
                return;
            }
        }
    }

    /// Lots that a seat holds.
    pub fn net(&mut self, seat: u32) -> i32 {
        let account = self.programme.house.get_mut().account(Seat(seat));
        account.map_or(0, |account| account.net(self.month).0)
    }

    /// Lots of a seat's open orders: bids and asks.
    pub fn resting(&mut self, seat: u32) -> (u32, u32) {
        let epoch = self.month_now().epoch;
        let account = self.programme.house.get_mut().account(Seat(seat));
        let position = account.and_then(|account| account.position(self.month).copied());
        let position = position.filter(|position| position.epoch == epoch);
        position.map_or((0, 0), |position| (position.bids.lots.0, position.asks.lots.0))
    }

    /// What a seat has made by trading, at the fair value, in dollars.
    pub fn trading(&mut self, seat: u32) -> f64 {
        let Some(account) = self.programme.house.get_mut().account(Seat(seat)) else { return 0.0 };
        let position = account.position(self.month);
        let points = position.map_or(0.0, |held| f64::from(held.net.0) * self.fair - held.basis.0 as f64);
        (account.cash as f64 - CASH as f64 + points * f64::from(TICK_VALUE)) / 1e6
    }

    /// Closes the week, and returns what became of each designated seat.
    ///
    /// # Panics
    /// When the engine refuses to close the week.
    #[must_use]
    pub fn close(&mut self, designated: u32) -> Vec<Outcome> {
        let number = epoch_of(START);
        let trading: Vec<f64> = (0..designated).map(|seat| self.trading(seat)).collect();
        self.programme.now = end_of(number);
        self.programme.close(number).expect("a week that is over can be closed");
        let mut outcomes: Vec<Outcome> =
            trading.into_iter().map(|trading| Outcome { trading, ..Outcome::default() }).collect();
        for event in &self.programme.events {
            match *event {
                incentives::Event::Scored { seat, measure, .. } => {
                    if let Some(outcome) = outcomes.get_mut(seat as usize) {
                        outcome.uptime = f64::from(measure.uptime) / f64::from(measure.due.max(1));
                        outcome.volume = f64::from(measure.volume);
                    }
                }
                incentives::Event::Rewarded { seat, adjusted, amount, .. } => {
                    if let Some(outcome) = outcomes.get_mut(seat as usize) {
                        outcome.reward = amount as f64 / 1e6;
                        outcome.score = adjusted as f64 / 1_024.0 / f64::from(5 * calendar::DAY);
                    }
                }
                _ => {}
            }
        }
        outcomes
    }
}

/// The players of a week: the judged strategy, then honest makers. Returns them with the number of designated seats and
/// of others that they use.
#[must_use]
pub(super) fn cast(setting: &Setting, judged: Strategy) -> (Vec<Player>, u32, u32) {
    let honest = setting.makers.saturating_sub(1);
    let mut players = vec![Player::new(judged, 0, setting.makers)];
    players.extend((1..=honest).map(|seat| Player::new(Strategy::Honest, seat, 0)));
    let split = u32::from(judged == Strategy::SybilSplit);
    (players, setting.makers + split, 1)
}
