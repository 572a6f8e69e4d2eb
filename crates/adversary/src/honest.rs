//! What honest people do: reporters, two makers, hedgers and a keeper, each promptly.
//!
//! Makers, hedgers and the keeper know what a month is worth without anybody trading and trade around that, so that
//! nobody gains by moving their quotes. What they rely on, and what is refused, is counted.

use crate::cast::{
    BUYER, CAREFUL_MAKER, COMPUTE, FAR_BUYER, INSTRUMENTS, KEEPER, MONTHS, PRODUCTS, SEATS, SELLER, THIN_BUYER,
    TRUSTING_MAKER,
};
use crate::world::{DOLLAR, Phase, Scene, TICK_SIZE, World, order};
use sit_engine::calendar::{DAY, Day};
use sit_engine::clearing::limits::Limits;
use sit_engine::clearing::margin::Health;
use sit_engine::clearing::opening::{OPENING_SECONDS, PRINT_WAIT};
use sit_engine::clearing::peers::Given;
use sit_engine::clearing::{self, Account, Auction, Instrument, Level, Month, Policy, Store, mark_of_round};
use sit_engine::oracle::Rules;
use sit_engine::units::{Lots, NetLots, Points, QuoteAtoms, Seat, Seconds, Side, Ticks};
use sit_native::{Message, circles, message};

/// Distance of a maker's levels from the fair price, in basis points.
const LEVELS_BPS: [u32; 2] = [40, 120];

/// Lots of a level.
const LEVEL_LOTS: u32 = 90;

/// Months that are quoted overnight: the first ones. The last one has no quotes then, as quiet months have none.
const NIGHT_MONTHS: usize = 2;

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
                self.quote_all(!self.has_print(), MONTHS);
            }
            Phase::Opened => {
                self.at(noon.later(127 + self.gathering()));
                self.settle_accounts();
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

    fn keeper(&self) -> [u8; 20] {
        self.setting.cast.owner(KEEPER)
    }

    fn has_print(&self) -> bool {
        self.setting.prices.get(self.day).copied().flatten().is_some()
    }

    fn publish(&mut self, day: Day) {
        if !self.has_print() {
            return;
        }
        for product in PRODUCTS {
            let index = product.index();
            let printed = sit_engine::oracle::latest(&self.exchange.oracle, index);
            if printed.is_ok_and(|print| print.day < day) {
                let _ = self.rely_on(self.keeper(), Message::Publish { index, day });
            }
        }
    }

    fn settle_day(&mut self, day: Day) {
        if !self.has_print() {
            return;
        }
        for product in PRODUCTS {
            let settled = self.exchange.clearing.curve(product).map_or(0, |curve| curve.index_day);
            let printed = sit_engine::oracle::latest(&self.exchange.oracle, product.index());
            // A price that waits for its confirmation is nothing to settle yet.
            if settled < day.0 && printed.is_ok_and(|print| print.day == day) {
                let _ = self.rely_on(self.keeper(), Message::SettleDay { product });
            }
        }
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
    fn quote_all(&mut self, again: bool, months: usize) {
        if self.silent {
            return;
        }
        let fair = self.fair();
        for seat in [CAREFUL_MAKER, TRUSTING_MAKER] {
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
            for seat in [CAREFUL_MAKER, TRUSTING_MAKER] {
                if self.account(seat).position(instrument).is_some_and(|position| position.has_orders()) {
                    let owner = self.setting.cast.owner(seat);
                    let _ = self.rely_on(owner, Message::CancelAll { seat, instrument });
                }
            }
        }
    }

    fn stands(&self, seat: Seat, month: &Month) -> bool {
        let account = self.exchange.clearing.account_of(seat);
        account
            .and_then(|account| account.position(month.instrument))
            .is_some_and(|position| position.epoch == month.epoch && position.has_orders())
    }

    fn quote(&mut self, seat: Seat, month: &Month, fair: u32) {
        let Some(limits) = self.limits(month) else { return };
        let net = self.account(seat).net(month.instrument).0;
        let level = |side: Side, bps: u32| {
            let away = fair * bps / 10_000;
            let price = Ticks(if side == Side::Buy { fair - away } else { fair + away });
            (limits.contain(price) && !limits.reached(price)).then_some(Level { price, lots: Lots(LEVEL_LOTS) })
        };
        let side = |side: Side, open: bool| -> Vec<Level> {
            LEVELS_BPS.iter().filter(|_| open).filter_map(|bps| level(side, *bps)).collect()
        };
        let (bids, asks) = (side(Side::Buy, net < INVENTORY), side(Side::Sell, net > -INVENTORY));
        if bids.is_empty() && asks.is_empty() {
            return;
        }
        let levels = message::levels(&bids, &asks);
        let owner = self.setting.cast.owner(seat);
        let quote = Message::Quote { seat, instrument: month.instrument, levels, expiry: Seconds::ZERO };
        let _ = self.rely_on(owner, quote);
    }

    /// The two rich hedgers trade a little, near the fair price.
    fn hedge(&mut self) {
        if self.silent || self.trades(INSTRUMENTS[0]).is_none() {
            return;
        }
        let fair = self.fair()[0];
        let buys = self.day.is_multiple_of(2);
        for (seat, side) in [(BUYER, Side::Buy), (SELLER, Side::Sell)] {
            let side = if buys { side } else { side.opposite() };
            let away = fair / 150;
            let price = Ticks(if side == Side::Buy { fair + away } else { fair - away });
            let Some(month) = self.month(INSTRUMENTS[0]) else { continue };
            if !self.limits(&month).is_some_and(|limits| limits.contain(price)) {
                continue;
            }
            let place = order(seat, INSTRUMENTS[0], side, price, Lots(10), Policy::ImmediateOrCancel);
            let owner = self.setting.cast.owner(seat);
            let _ = self.rely_on(owner, Message::Place { order: place });
        }
    }

    fn settle_accounts(&mut self) {
        for instrument in INSTRUMENTS {
            let counting = self.market(instrument).is_some_and(|market| market.allocation.is_counting());
            if self.month(instrument).is_some() && !counting {
                let seats = message::seats(self.holders(instrument));
                let _ = self.rely_on(self.keeper(), Message::Settle { instrument, seats });
            }
        }
    }

    /// Whoever has something to settle in a month, the last account first; everybody while a default is open there,
    /// since whoever has been paid may be insolvent no more.
    fn holders(&mut self, instrument: Instrument) -> Vec<Seat> {
        let held = self.exchange.clearing.accounts().filter(|(_, account)| account.position(instrument).is_some());
        let mut seats: Vec<Seat> = held.map(|(seat, _)| seat).collect();
        if self.market(instrument).is_some_and(|market| market.defaults > 0) {
            seats = (0..SEATS as u32).map(Seat).collect();
        }
        seats.reverse();
        seats
    }

    /// The keeper starts the liquidation of every account below its maintenance margin.
    pub(crate) fn start_liquidations(&mut self) {
        for seat in (0..SEATS as u32).map(Seat) {
            let running = self.exchange.clearing.auction(seat) != Auction::default();
            let holds = self.exchange.clearing.account_of(seat).is_some_and(|account| !account.positions().is_empty());
            if running || !holds || self.health(seat).is_none_or(|health| health.meets_maintenance()) {
                continue;
            }
            let _ = self.send(self.keeper(), Message::StartLiquidation { seat });
        }
        self.report_deficits();
    }

    /// The keeper reports everybody while winners of a month wait for somebody: who can pay only with a claim that may
    /// be cut is waited for, too, and no longer than that. Twice, because one may rest on another who comes later.
    fn report_deficits(&mut self) {
        for _ in 0..2 {
            let waits = |instrument| self.market(instrument).is_some_and(|market| market.has_open());
            if INSTRUMENTS.into_iter().any(waits) {
                for seat in (0..SEATS as u32).map(Seat) {
                    let _ = self.send(self.keeper(), Message::ReportDeficit { seat });
                }
            }
        }
    }

    /// Settles, liquidates, bids, covers and allocates.
    fn keep(&mut self) {
        if self.phase == Phase::Late {
            self.start_liquidations();
        }
        for seat in (0..SEATS as u32).map(Seat) {
            if seat != KEEPER && self.exchange.clearing.auction(seat) != Auction::default() {
                self.bid_for(seat);
            }
        }
        if self.phase >= Phase::Late {
            self.waterfall();
        }
    }

    /// The keeper takes what the auction offers at two percent or more below the fair price.
    fn bid_for(&mut self, seat: Seat) {
        let now = self.exchange.now;
        let auction = self.exchange.clearing.auction(seat);
        // Nobody is paid for ending the liquidation of an account that has recovered, and an honest keeper takes from
        // no account that only an auction of another day makes takeable.
        let today = auction.started >= Day::of(now).start();
        let takeable =
            |health: &Health| health.equity < if today { health.liquidation_end } else { health.maintenance };
        if !self.health(seat).is_some_and(|health| takeable(&health)) {
            return;
        }
        let fair = self.fair();
        for (place, instrument) in INSTRUMENTS.into_iter().enumerate() {
            let net = self.account(seat).net(instrument);
            let Some(month) = self.month(instrument) else { continue };
            if net == NetLots::ZERO || now >= month.expiry {
                continue;
            }
            let insolvent = self.health(seat).is_some_and(|health| health.equity <= QuoteAtoms::ZERO);
            let side = if net > NetLots::ZERO { Side::Buy } else { Side::Sell };
            let Ok(price) = auction.price(now, month.mark, side, insolvent) else { continue };
            let (price, fair) = (i64::from(price.0), i64::from(fair[place]));
            let edge = if side == Side::Buy { fair - price } else { price - fair };
            if edge * 50 >= fair {
                let bid = Message::Bid { liquidator: KEEPER, seat, instrument, lots: net.size() };
                let _ = self.send(self.keeper(), bid);
            }
        }
    }

    /// Has the fund pay bankrupts' debts, writes off what it does not pay, allocates that, and settles again.
    pub(crate) fn waterfall(&mut self) {
        let all = message::seats((0..SEATS as u32).rev().map(Seat));
        // Nothing of what follows trades: who holds no lots and owes is among these.
        let owes = |account: &Account| {
            account.positions().iter().all(|position| position.net == NetLots::ZERO)
                && account.positions().iter().any(|position| position.basis > Points::ZERO)
        };
        let debtors = self.exchange.clearing.accounts().filter(|(_, account)| owes(account));
        let debtors: Vec<Seat> = debtors.map(|(seat, _)| seat).collect();
        for instrument in INSTRUMENTS {
            if self.market(instrument).is_none() {
                continue;
            }
            let mut allocates = false;
            for seat in debtors.iter().copied() {
                let Some(account) = self.exchange.clearing.account_of(seat) else { continue };
                let bankrupt = account.position(instrument).is_some_and(|position| position.basis > Points::ZERO)
                    && account.cash < self.tick_value().into();
                if !bankrupt {
                    continue;
                }
                let _ = self.send(self.keeper(), Message::Cover { seat, instrument });
                let _ = self.send(self.keeper(), Message::WriteOff { seat, instrument });
            }
            if let Some(market) = self.market(instrument) {
                allocates = market.deficit > Points::ZERO || market.allocation.is_counting();
            }
            if allocates {
                let settle = Message::Settle { instrument, seats: all.clone() };
                let _ = self.send(self.keeper(), settle.clone());
                let _ = self.send(self.keeper(), Message::Allocate { instrument, seats: all.clone() });
                let _ = self.send(self.keeper(), settle);
            }
        }
        self.close_circles();
        self.report_deficits();
    }

    fn tick_value(&self) -> u32 {
        100_000
    }

    /// The keeper takes what rests more than one percent better than the fair price.
    fn take_mispriced(&mut self) {
        if self.silent {
            return;
        }
        let fair = self.fair();
        for (place, instrument) in INSTRUMENTS.into_iter().enumerate() {
            let Some(month) = self.trades(instrument) else { continue };
            let Some(market) = self.market(instrument).filter(|market| market.epoch == month.epoch) else { continue };
            let (low, high) = (Ticks(fair[place] * 99 / 100), Ticks(fair[place] * 101 / 100));
            for (side, price, stands) in
                [(Side::Buy, low, market.ask_floor <= low), (Side::Sell, high, market.bid_ceiling >= high)]
            {
                let inside = self.limits(&month).is_some_and(|limits| limits.contain(price));
                if stands && inside {
                    let place = order(KEEPER, instrument, side, price, Lots(300), Policy::ImmediateOrCancel);
                    let _ = self.send(self.keeper(), Message::Place { order: place });
                }
            }
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

    fn execute_triggers(&mut self) {
        if self.silent {
            return;
        }
        for seat in [BUYER, FAR_BUYER] {
            let Some(trigger) = self.exchange.clearing.triggers(seat).get(0).copied() else { continue };
            let Some(month) = self.trades(trigger.instrument) else { continue };
            let last = self.market(trigger.instrument).map_or(Ticks::ZERO, |market| market.last_price);
            if trigger.fires_at(if trigger.last { last } else { month.mark }) {
                let _ = self.send(self.keeper(), Message::ExecuteTrigger { keeper: KEEPER, seat, slot: 0 });
            }
        }
    }

    /// Final prices of what has expired, listings, fees.
    fn expire(&mut self, day: Day) {
        let now = self.exchange.now;
        for instrument in INSTRUMENTS {
            let Some(month) = self.month(instrument) else { continue };
            let settled = self.market(instrument).is_none_or(|market| market.final_price.is_some());
            if now < month.expiry || settled {
                continue;
            }
            let (index, expiry) = (instrument.product().index(), Day::of(month.expiry));
            if expiry == day || sit_engine::oracle::final_price(&self.exchange.oracle, index, expiry).is_err() {
                let _ = self.send(self.keeper(), Message::ProposeFinal { index, expiry });
                let _ = self.send(self.keeper(), Message::FinalisePrice { index, expiry });
            }
            if self.send(self.keeper(), Message::Finalise { instrument }).is_ok() {
                self.settle_accounts();
            }
        }
        for instrument in INSTRUMENTS {
            if self.market(instrument).is_some_and(|market| market.fees > 200 * DOLLAR) {
                let _ = self.send(self.keeper(), Message::SweepFees { instrument });
            }
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

    /// Debts that circle are offset.
    fn close_circles(&mut self) {
        for links in circles(self.exchange.clearing.accounts()) {
            let _ = self.send(self.keeper(), Message::Offset { circle: message::circle(links) });
        }
    }
}

const _: () = assert!(COMPUTE.0 == 1);
