//! What honest people do and when: reporters, two makers, hedgers and a keeper ([`crate::keeper`]).
//!
//! Makers, hedgers and the keeper know what a month is worth without anybody trading and trade around that, so that
//! nobody gains by moving their quotes. What they rely on, and what is refused, is counted.

use crate::cast::{
    BUYER, CAREFUL_MAKER, COMPUTE, INSTRUMENTS, KEEPER, MONTHS, OWN_MAKER, PRODUCTS, SEATS, SELLER, THIN_BUYER,
};
use crate::world::{DOLLAR, Phase, Scene, TICK_SIZE, World, order};
use sit_engine::calendar::DAY;
use sit_engine::clearing::limits::Limits;
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_WAIT};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{self, Instrument, Level, Month, Policy, Resting, Store, mark_of_round};
use sit_engine::oracle::Rules;
use sit_engine::units::{Lots, Seat, Seconds, Side, Ticks};
use sit_native::{Message, message};

/// Distance of a maker's levels from the fair price, in basis points.
const LEVELS_BPS: [u32; 2] = [40, 120];

/// The same where the programme runs: both within what is paid for, one percent.
const PAID_LEVELS_BPS: [u32; 2] = [40, 90];

/// Lots of a level.
const LEVEL_LOTS: u32 = 90;

/// Months that are quoted overnight: the first ones. The last one has no quotes then, as quiet months have none.
pub(crate) const NIGHT_MONTHS: usize = 2;

/// Net lots from which on a maker quotes one side alone.
const INVENTORY: i32 = 1_500;

impl World {
    /// Honest people do what they do at this time of the day.
    pub(crate) fn open_phase(&mut self, phase: Phase) {
        self.phase = phase;
        let Some(day) = self.setting.days.get(self.day).copied() else { return };
        let noon = day.start().later(Rules::TPI.opens);
        match phase {
            Phase::Morning => {
                self.at(day.start().later(9 * 3_600));
                self.look_around(true);
                self.close_weeks();
                self.quote_all(true, NIGHT_MONTHS);
            }
            Phase::Known => {
                if !self.silent {
                    self.at(noon.later(0).max(self.exchange.now));
                    for instrument in INSTRUMENTS {
                        let owner = self.setting.cast.owner(CAREFUL_MAKER);
                        if self.trades(instrument).is_some() {
                            let _ = self.rely_on(owner, Message::CancelAll { seat: CAREFUL_MAKER, instrument });
                        }
                    }
                }
                self.accrue_exposure();
                self.at(noon);
                if let Some(prices) = self.setting.prices.get(self.day).copied().flatten() {
                    self.report(day, prices);
                }
            }
            Phase::Published => {
                if let Some(prices) = self.setting.prices.get(self.day).copied().flatten() {
                    self.attacking = true;
                    self.report_of_the_coalition(day, prices);
                    self.attacking = false;
                }
                self.at(noon.later(6 + self.gathering()));
                self.publish(day);
            }
            Phase::Settled => self.settle_day(day),
            Phase::Next => {
                self.at(noon.later(18 + self.gathering()));
                if !self.has_print() {
                    // A missed print may put the index in doubt: the keeper reports it to the clearing house before
                    // anybody else does.
                    for product in PRODUCTS {
                        let _ = self.send(self.keeper(), Message::NoteIndex { product });
                    }
                }
                // Whoever has become insolvent is reported before anybody is settled, and before winners can be paid.
                self.start_liquidations();
                self.settle_accounts();
                self.look_around(false);
                self.quote_all(!self.has_print(), MONTHS);
            }
            Phase::Opened => {
                self.at(noon.later(127 + self.gathering()));
                self.settle_accounts();
                self.look_around(false);
                self.top_up();
            }
            Phase::Late => {
                // Where a print may wait until tomorrow, after the books have opened without it.
                self.at(noon.later(if self.gathering() > 0 { PRINT_WAIT + 680 } else { 680 }));
                self.keep();
                self.quote_all(true, MONTHS);
                self.hedge();
                self.take_mispriced();
            }
            Phase::Evening => {
                self.at(day.start().later(17 * 3_600));
                self.keep();
                self.expire(day);
                self.quote_all(true, NIGHT_MONTHS);
                self.leave_the_desk();
                self.go_home();
                if self.gathering() > 0 && self.day == 1 {
                    self.let_a_provider_in();
                }
            }
        }
    }

    /// What honest people do at the end of a phase: books that open are the coalition's first.
    fn close_phase(&mut self, phase: Phase) {
        self.attend(phase);
        self.makers_answer(phase);
        if phase == Phase::Next {
            self.take_mispriced();
        }
        if phase == Phase::Opened {
            self.exchange.now = self.exchange.now.later(6);
            self.keep();
            self.execute_triggers();
            self.quote_all(true, MONTHS);
            self.take_mispriced();
        }
    }

    fn at(&mut self, time: Seconds) {
        self.exchange.now = self.exchange.now.max(time);
    }

    pub(crate) fn keeper(&self) -> [u8; 20] {
        self.setting.cast.owner(KEEPER)
    }

    pub(crate) fn has_print(&self) -> bool {
        self.setting.prices.get(self.day).copied().flatten().is_some()
    }

    /// The month, if it trades now.
    pub(crate) fn trades(&mut self, instrument: Instrument) -> Option<Month> {
        let now = self.exchange.now;
        let month = self.month(instrument).filter(|month| now < month.expiry)?;
        let market = self.market(instrument)?;
        (market.halted_until <= now).then_some(month)
    }

    /// The day's limits of a month.
    pub(crate) fn limits(&mut self, month: &Month) -> Option<Limits> {
        let market = self.market(month.instrument)?;
        let round = self.exchange.clearing.curve(month.instrument.product())?.round;
        Some(Limits::around(month.settle, &market.terms, market.wide_round == mark_of_round(round)))
    }

    /// The makers quote in every month that trades; again only where they have nothing left.
    pub(crate) fn quote_all(&mut self, again: bool, months: usize) {
        if self.silent {
            return;
        }
        if self.runs_programme() {
            self.take_mispriced();
        }
        let fair = self.fair();
        for seat in self.quoting() {
            for place in 0..months {
                let Some(month) = self.trades(INSTRUMENTS[place]) else { continue };
                if again && self.stands(seat, &month) {
                    continue;
                }
                self.quote(seat, &month, fair[place]);
            }
        }
    }

    /// Overnight nobody quotes the compute month.
    fn leave_the_desk(&mut self) {
        if self.silent {
            return;
        }
        for instrument in INSTRUMENTS.into_iter().skip(NIGHT_MONTHS) {
            for seat in self.quoting() {
                if self.account(seat).position(instrument).is_some_and(|position| position.has_orders()) {
                    self.quote_as(seat, Message::CancelAll { seat, instrument });
                }
            }
        }
    }

    /// Whether a maker's quotes stand in a month: where the programme runs, all of them.
    fn stands(&self, seat: Seat, month: &Month) -> bool {
        let account = self.exchange.clearing.account_of(seat);
        let position = account.and_then(|account| account.position(month.instrument));
        position.is_some_and(|position| {
            let net = position.net.0;
            let quoted = PAID_LEVELS_BPS.len() as u32 * LEVEL_LOTS;
            let whole = |resting: Resting, open: bool| !open || resting.lots.0 >= quoted;
            let all = || whole(position.bids, net < INVENTORY) && whole(position.asks, net > -INVENTORY);
            position.epoch == month.epoch && position.has_orders() && (!self.runs_programme() || all())
        })
    }

    /// Sends what a maker quotes. Where B is one, B may be refused what plans of the coalition have made of its
    /// account.
    fn quote_as(&mut self, seat: Seat, message: Message) {
        let owner = self.setting.cast.owner(seat);
        let _ = if seat == OWN_MAKER { self.send(owner, message) } else { self.rely_on(owner, message) };
    }

    fn quote(&mut self, seat: Seat, month: &Month, fair: u32) {
        let Some(limits) = self.limits(month) else { return };
        let net = self.account(seat).net(month.instrument).0;
        let levels = if self.runs_programme() { PAID_LEVELS_BPS } else { LEVELS_BPS };
        let level = |side: Side, bps: u32| {
            let away = fair * bps / 10_000;
            let price = Ticks(if side == Side::Buy { fair - away } else { fair + away });
            (limits.contain(price) && !limits.reached(price)).then_some(Level { price, lots: Lots(LEVEL_LOTS) })
        };
        let side = |side: Side, open: bool| -> Vec<Level> {
            levels.iter().filter(|_| open).filter_map(|bps| level(side, *bps)).collect()
        };
        let (bids, asks) = (side(Side::Buy, net < INVENTORY), side(Side::Sell, net > -INVENTORY));
        if bids.is_empty() && asks.is_empty() {
            return;
        }
        let levels = message::levels(&bids, &asks);
        self.quote_as(seat, Message::Quote { seat, instrument: month.instrument, levels, expiry: Seconds::ZERO });
    }

    /// The two rich hedgers trade a little, near the fair price.
    fn hedge(&mut self) {
        if self.silent || self.trades(INSTRUMENTS[0]).is_none() {
            return;
        }
        let fair = self.fair()[0];
        // A quiet week, where makers are paid for what they show.
        let lots = Lots(if self.runs_programme() { 1 } else { 10 });
        let buys = self.day.is_multiple_of(2);
        for (seat, side) in [(BUYER, Side::Buy), (SELLER, Side::Sell)] {
            let side = if buys { side } else { side.opposite() };
            let away = fair / 150;
            let price = Ticks(if side == Side::Buy { fair + away } else { fair - away });
            let Some(month) = self.month(INSTRUMENTS[0]) else { continue };
            if !self.limits(&month).is_some_and(|limits| limits.contain(price)) {
                continue;
            }
            let place = order(seat, INSTRUMENTS[0], side, price, lots, Policy::ImmediateOrCancel);
            let owner = self.setting.cast.owner(seat);
            let _ = self.rely_on(owner, Message::Place { order: place });
        }
    }

    /// The thin buyer, called below maintenance margin, pays in just what ends a liquidation, and a little more.
    pub(crate) fn top_up(&mut self) {
        if self.silent {
            return;
        }
        let Some(health) = self.health(THIN_BUYER) else { return };
        if health.meets_maintenance() {
            return;
        }
        let wanted = health.liquidation_end.0 * 104 / 100 - health.equity.0;
        let amount = u64::try_from(wanted).unwrap_or(0);
        if (1..100_000 * DOLLAR).contains(&amount) {
            let _ = self.rely_on(self.setting.cast.owner(THIN_BUYER), Message::Deposit { seat: THIN_BUYER, amount });
        }
    }

    /// A hedger takes a little out.
    fn go_home(&mut self) {
        if self.silent {
            return;
        }
        let _ = self.rely_on(self.setting.cast.owner(SELLER), Message::Withdraw { seat: SELLER, amount: DOLLAR });
    }

    /// Runs a day from a phase on; the coalition acts at the end of each phase.
    pub(crate) fn live(&mut self, from: Phase, attack: &mut impl FnMut(&mut Self)) {
        for phase in Phase::ALL {
            if phase < from {
                continue;
            }
            self.open_phase(phase);
            self.attacking = true;
            attack(self);
            self.attacking = false;
            self.close_phase(phase);
            if matches!(phase, Phase::Settled | Phase::Late | Phase::Evening) {
                self.look();
            }
        }
    }

    /// What brings an ordinary beginning to where the scene starts.
    pub(crate) fn set_the_scene(&mut self) {
        if self.silent || self.setting.scene != Scene::Auction {
            return;
        }
        // The keeper has called, the thin buyer pays in at once: the liquidation has begun and is over for them.
        self.phase = Phase::Settled;
        self.start_liquidations();
        self.exchange.now = self.exchange.now.later(6);
        self.top_up();
    }

    /// What everybody has once all months are settled for good at the marks that no book has touched, losses are
    /// covered or allocated, and everybody is paid: cash at the exchange and tokens in the wallet, by account; last
    /// what the exchange itself has.
    pub(crate) fn wind_up(&self) -> ([i128; SEATS], i128) {
        let mut end = self.clone();
        end.record = None;
        end.phase = Phase::Evening;
        let fair = end.fair();
        let all = message::seats((0..SEATS as u32).rev().map(Seat));
        let mut last = end.exchange.now;
        for (place, instrument) in INSTRUMENTS.into_iter().enumerate() {
            let Some(month) = end.month(instrument) else { continue };
            let price = fair[place] * u32::from(TICK_SIZE);
            let index = Given { final_price: Some(price), ..Given::default() };
            let now = end.exchange.now.max(month.expiry).later(1);
            last = last.max(now);
            let _ = end.exchange.clearing.transact(|house| clearing::finalise(house, &index, now, instrument));
        }
        // Winners wait for two minutes after the final price, and a day at most for a default that nobody resolves.
        for wait in [OPENING_SECONDS, OPENING_SECONDS + DAY] {
            end.exchange.now = last.later(wait);
            for _ in 0..3 {
                if end.exchange.clearing.accounts().all(|(_, account)| account.positions().is_empty()) {
                    break;
                }
                for instrument in INSTRUMENTS {
                    let _ = end.send(end.keeper(), Message::Settle { instrument, seats: all.clone() });
                }
                end.waterfall();
            }
        }
        let mut have = [0_i128; SEATS];
        for (number, have) in have.iter_mut().enumerate() {
            let seat = Seat(number as u32);
            *have = end.account(seat).cash.into();
            if number != 1 {
                *have += end.exchange.wallet(end.setting.cast.owner(seat)) as i128;
            }
        }
        let ledger = end.exchange.clearing.ledger();
        let fees: u64 =
            INSTRUMENTS.into_iter().filter_map(|instrument| end.market(instrument)).map(|market| market.fees).sum();
        (have, i128::from(ledger.fund + ledger.treasury + ledger.incentives + fees))
    }
}

const _: () = assert!(COMPUTE.0 == 1);
