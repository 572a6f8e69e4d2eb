//! What the keeper does: settles, calls, takes over, has the fund pay, writes off, allocates, finalises.
//!
//! A prompt keeper ([`Keeper::Prompt`]) looks at the block after each in which the coalition has moved, and again as
//! long as something has come of it, as `sit keeper` does in each block. One that is late ([`Keeper::Late`]) works by
//! the clock: it calls two blocks after the settlement and once more eleven minutes after it, and ends defaults from
//! then on.

use crate::cast::{BUYER, FAR_BUYER, INSTRUMENTS, KEEPER, PRODUCTS, SEATS};
use crate::world::{DOLLAR, Keeper, Phase, World, atoms, order};
use sit_engine::calendar::Day;
use sit_engine::clearing::margin::Health;
use sit_engine::clearing::{Account, Auction, Instrument, Market, Policy, Standing, Status, Store, opening};
use sit_engine::units::{Lots, NetLots, Points, QuoteAtoms, Seat, Side, Ticks};
use sit_native::{Message, circles, message};

/// Seconds between two looks.
const BLOCK: u32 = 6;

/// Looks after a move of the coalition at most: each step of a default brings the next one.
const MOST_LOOKS: u32 = 8;

/// When the keeper looks again, in seconds after the look before, at hours when nothing else happens for long: a
/// position is offered at two percent below its mark a minute after the call, at fifteen after a quarter of an hour.
const LATER_LOOKS: [u32; 4] = [90, 60, 240, 600];

/// Fees of a month from which on a prompt keeper distributes them, as `sit keeper` does: what lies in a month is not in
/// the fund when it pays for a default.
const SWEPT_FROM: u64 = 10 * DOLLAR;

impl World {
    /// What a prompt keeper does once the coalition has moved.
    pub(crate) fn attend(&mut self, phase: Phase) {
        // The print is settled in the block in which it is published, and the keeper is first in the one after that.
        if !self.is_prompt() || matches!(phase, Phase::Published | Phase::Settled) {
            return;
        }
        // In the block after that in which the batches came the print is published and settled.
        if phase == Phase::Known {
            self.exchange.now = self.exchange.now.later(BLOCK);
            return self.look_around(false);
        }
        // Nobody bids before the book has opened: who takes positions over need not be as quick as who calls.
        self.look_until_done(phase != Phase::Next);
        if matches!(phase, Phase::Morning | Phase::Late | Phase::Evening) {
            for wait in LATER_LOOKS {
                if !self.waits_for_time() {
                    break;
                }
                self.exchange.now = self.exchange.now.later(wait);
                self.look_around(true);
                self.look_until_done(true);
            }
        }
    }

    fn is_prompt(&self) -> bool {
        self.setting.keeper == Keeper::Prompt
    }

    /// Looks at block after block until nothing is due.
    fn look_until_done(&mut self, bids: bool) {
        for look in 0..MOST_LOOKS {
            let may_bid = look == 0 && bids && self.is_any_offered();
            if !self.stirred && !may_bid {
                return;
            }
            self.exchange.now = self.exchange.now.later(BLOCK);
            self.look_around(bids);
        }
    }

    /// One look of a prompt keeper: does what is due. One that is late takes none.
    pub(crate) fn look_around(&mut self, bids: bool) {
        if !self.is_prompt() {
            return;
        }
        self.stirred = false;
        self.start_liquidations();
        self.settle_what_is_due();
        if bids {
            self.bid_for_all();
        }
        if self.is_any_loss_open() {
            self.waterfall();
        }
        self.sweep(SWEPT_FROM);
    }

    fn is_any_offered(&mut self) -> bool {
        (0..SEATS as u32).map(Seat).any(|seat| self.exchange.clearing.auction(seat) != Auction::default())
    }

    /// Whether something can be done in some minutes that cannot be done now.
    fn waits_for_time(&mut self) -> bool {
        let now = self.exchange.now;
        let finals = INSTRUMENTS.into_iter().any(|instrument| {
            let (Some(month), Some(market)) = (self.month(instrument), self.market(instrument)) else { return false };
            month.status == Status::Settled && now < opening::pays_from(&month, &market)
        });
        finals || self.is_any_offered()
    }

    /// Whether there is a loss for the waterfall: somebody without lots who owes, or one to be allocated.
    fn is_any_loss_open(&mut self) -> bool {
        let lost = |market: Market| market.deficit > Points::ZERO || market.allocation.is_counting();
        INSTRUMENTS.into_iter().any(|instrument| self.market(instrument).is_some_and(lost))
            || self.exchange.clearing.accounts().any(|(_, account)| owes_without_lots(account))
    }

    /// Settles the months in which somebody can pay, or be paid, what is due.
    fn settle_what_is_due(&mut self) {
        for instrument in INSTRUMENTS {
            if self.is_settlement_due(instrument).unwrap_or(false) {
                let seats = message::seats(self.holders(instrument));
                let _ = self.send(self.keeper(), Message::Settle { instrument, seats });
            }
        }
    }

    fn is_settlement_due(&mut self, instrument: Instrument) -> Option<bool> {
        let round = self.exchange.clearing.curve(instrument.product())?.short_round();
        let (month, market) = (self.month(instrument)?, self.market(instrument)?);
        if market.allocation.is_counting() {
            return None;
        }
        let settled = month.status == Status::Settled;
        let held = market.has_open() && (settled || market.holds_in(round));
        let early = self.exchange.now < opening::pays_from(&month, &market);
        let pays = !early && !held && !market.loss_is_due(settled) && market.pool > Points::ZERO;
        let due = |account: &Account| {
            let Some(position) = account.position(instrument) else { return false };
            let lost = position.net == NetLots::ZERO && position.basis > Points::ZERO;
            let owed = position.variation(month.settle);
            let counts = settled || lost || position.round != round;
            let bears = market.allocation.counted > 0;
            let can_pay = owed < Points::ZERO && account.cash >= month.tick_value.0.into();
            let ends = settled && position.net != NetLots::ZERO;
            bears || ends || counts && (can_pay || owed > Points::ZERO && pays)
        };
        Some(self.exchange.clearing.accounts().any(|(_, account)| due(account)))
    }

    pub(crate) fn publish(&mut self, day: Day) {
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

    pub(crate) fn settle_day(&mut self, day: Day) {
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

    pub(crate) fn settle_accounts(&mut self) {
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
            let running = self.exchange.clearing.auction(seat);
            let holds = self.exchange.clearing.account_of(seat).is_some_and(|account| !account.positions().is_empty());
            let Some(health) = self.health(seat).filter(|health| holds && !health.meets_maintenance()) else {
                continue;
            };
            // Begun again when it is about marks of yesterday, or when the account has become insolvent since.
            let stale = running.deficit == 0 && health.equity < QuoteAtoms::ZERO || self.phase == Phase::Next;
            if running != Auction::default() && !(self.is_prompt() && stale) {
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
                    if self.is_concerned(seat) {
                        let _ = self.send(self.keeper(), Message::ReportDeficit { seat });
                    }
                }
            }
        }
    }

    /// Whether a report of an account may change for whom winners wait: it is being liquidated, is waited for, has
    /// still to bear a loss, or cannot pay without claims in months whose winners wait.
    fn is_concerned(&mut self, seat: Seat) -> bool {
        let account = self.account(seat);
        let mut firm = i128::from(account.cash);
        for position in account.positions() {
            let Some(month) = self.month(position.instrument) else { return true };
            let Some(market) = self.market(position.instrument) else { return true };
            let settled = month.status == Status::Settled;
            if position.standing != Standing::Sound || market.allocation.counted > 0 {
                return true;
            }
            let value = atoms(position.variation(month.settle));
            let firmly = !market.has_open() && !market.loss_is_due(settled) && !market.allocation.is_counting();
            firm += if firmly { value } else { value.min(0) };
        }
        firm < 0 || self.exchange.clearing.auction(seat) != Auction::default()
    }

    /// Settles, liquidates, bids, covers and allocates, when some time has passed.
    pub(crate) fn keep(&mut self) {
        if self.is_prompt() {
            return self.look_until_done(true);
        }
        if self.phase == Phase::Late {
            self.start_liquidations();
        }
        self.bid_for_all();
        if self.phase >= Phase::Late {
            self.waterfall();
        }
    }

    fn bid_for_all(&mut self) {
        for seat in (0..SEATS as u32).map(Seat) {
            if seat != KEEPER && self.exchange.clearing.auction(seat) != Auction::default() {
                self.bid_for(seat);
            }
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
        let debtors = self.exchange.clearing.accounts().filter(|(_, account)| owes_without_lots(account));
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

    /// Debts that circle are offset.
    fn close_circles(&mut self) {
        for links in circles(self.exchange.clearing.accounts()) {
            let _ = self.send(self.keeper(), Message::Offset { circle: message::circle(links) });
        }
    }

    /// The keeper takes what rests more than one percent better than the fair price.
    pub(crate) fn take_mispriced(&mut self) {
        if self.silent {
            return;
        }
        let fair = self.fair();
        // Where a score is at stake nobody keeps others' quotes away by ones that they do not mean.
        let (tenths, lots) = if self.runs_programme() { (2, 4_000) } else { (10, 300) };
        for (place, instrument) in INSTRUMENTS.into_iter().enumerate() {
            let Some(month) = self.trades(instrument) else { continue };
            let Some(market) = self.market(instrument).filter(|market| market.epoch == month.epoch) else { continue };
            let at = |tenths: u32| Ticks(fair[place] * tenths / 1_000);
            let (low, high) = (at(1_000 - tenths), at(1_000 + tenths));
            for (side, price, stands) in
                [(Side::Buy, low, market.ask_floor <= low), (Side::Sell, high, market.bid_ceiling >= high)]
            {
                let inside = self.limits(&month).is_some_and(|limits| limits.contain(price));
                if stands && inside {
                    let place = order(KEEPER, instrument, side, price, Lots(lots), Policy::ImmediateOrCancel);
                    let _ = self.send(self.keeper(), Message::Place { order: place });
                }
            }
        }
    }

    pub(crate) fn execute_triggers(&mut self) {
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
    pub(crate) fn expire(&mut self, day: Day) {
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
        self.sweep(200 * DOLLAR);
    }

    /// Distributes fees of months that have collected more than this.
    fn sweep(&mut self, least: u64) {
        for instrument in INSTRUMENTS {
            if self.market(instrument).is_some_and(|market| market.fees > least) {
                let _ = self.send(self.keeper(), Message::SweepFees { instrument });
            }
        }
    }
}

/// Whether an account holds no lots and owes.
fn owes_without_lots(account: &Account) -> bool {
    account.positions().iter().all(|position| position.net == NetLots::ZERO)
        && account.positions().iter().any(|position| position.basis > Points::ZERO)
}
