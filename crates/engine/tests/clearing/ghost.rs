//! The ghost model: what every account must have, computed from the events alone, and the rules that each message must
//! keep.

use crate::world::{TICK_VALUE, TPI, World};
use sit_engine::clearing::{Event, Instrument, Order, Store, margin, margin::Health};
use sit_engine::units::{Lots, NetLots, Points, QuoteAtoms, Seat, Seconds, Side, Ticks};
use std::collections::HashMap;

/// Money and lots by the events so far.
#[derive(Default)]
pub struct Ghost {
    told: usize,
    cash: HashMap<Seat, i128>,
    net: HashMap<(Seat, Instrument), i64>,
    fund: i128,
    outside: i128,
    deposits: i128,
    /// Running allocations: what was to be borne, by what, and what has been borne.
    allocations: HashMap<Instrument, Borne>,
    /// Points that haircuts have taken, ever.
    pub haircuts: i64,
    /// Liquidation bids, ever.
    pub bids: u32,
}

#[derive(Clone, Copy)]
struct Borne {
    deficit: i64,
    profit: i64,
    mark: Ticks,
    taken: i64,
    accounts: i64,
}

impl Ghost {
    /// Follows the events since the last time, from the state that the message found.
    pub fn follow(&mut self, world: &World, before: &HashMap<Seat, sit_engine::clearing::Account>) {
        for event in world.house.events.iter().skip(self.told) {
            self.hear(event, before);
        }
        self.told = world.house.events.len();
    }

    fn hear(&mut self, event: &Event, before: &HashMap<Seat, sit_engine::clearing::Account>) {
        let points = |points: Points| i128::from(points.0) * i128::from(TICK_VALUE);
        match *event {
            Event::Deposited { seat, amount } => {
                self.pay(seat, amount.into());
                self.deposits += i128::from(amount);
            }
            Event::Withdrawn { seat, amount } => {
                self.pay(seat, -i128::from(amount));
                self.outside += i128::from(amount);
            }
            Event::TreasuryPaid { amount } => self.outside += i128::from(amount),
            Event::Transferred { from, to, amount } => {
                self.pay(from, -i128::from(amount));
                self.pay(to, amount.into());
            }
            Event::Filled { instrument, taker, side, maker, lots, taker_fee, maker_fee, .. } => {
                assert!(lots > Lots::ZERO, "B3: a fill is of a lot at least: {event:?}");
                self.pay(taker, -i128::from(taker_fee));
                self.pay(maker, -i128::from(maker_fee));
                self.trade(taker, instrument, side, lots);
                self.trade(maker, instrument, side.opposite(), lots);
            }
            Event::Liquidated { seat, liquidator, instrument, side, lots, .. } => {
                self.trade(seat, instrument, side, lots);
                self.trade(liquidator, instrument, side.opposite(), lots);
                self.bids += 1;
            }
            Event::Placed { lots, .. } | Event::Removed { lots, .. } => {
                assert!(lots > Lots::ZERO, "B2: an order has a lot at least: {event:?}");
            }
            Event::Triggered { seat, keeper, fee, .. } => {
                self.pay(seat, -i128::from(fee));
                self.pay(keeper, fee.into());
            }
            Event::Rebated { seat, amount, .. } => self.pay(seat, amount.into()),
            Event::SettlementFee { seat, amount, .. } => self.pay(seat, -i128::from(amount)),
            Event::Settled { seat, paid, .. } => self.pay(seat, points(paid)),
            Event::Covered { amount, .. } | Event::Bridged { amount, .. } => self.fund -= i128::from(amount),
            Event::FeesSwept { fund, .. } => self.fund += i128::from(fund),
            Event::AllocationFixed { instrument, deficit, profit } => {
                assert!(Points::ZERO < deficit && deficit <= profit, "A2: winners have what they are to bear");
                let mark = self.allocations[&instrument].mark;
                let borne = Borne { deficit: deficit.0, profit: profit.0, mark, taken: 0, accounts: 0 };
                self.allocations.insert(instrument, borne);
            }
            Event::AllocationStarted { instrument, mark, .. } => {
                if let Some(last) = self.allocations.get(&instrument) {
                    last.check_done();
                }
                let borne = Borne { deficit: 0, profit: 0, mark, taken: 0, accounts: 0 };
                self.allocations.insert(instrument, borne);
            }
            Event::Haircut { seat, instrument, lost } => {
                let borne = self.allocations.get_mut(&instrument).expect("an allocation");
                let position = before[&seat].position(instrument).expect("a position bears it");
                let profit = i128::from(position.variation(borne.mark).0);
                let share = profit * i128::from(borne.deficit);
                assert_eq!(i128::from(lost.0), (share + i128::from(borne.profit) - 1) / i128::from(borne.profit));
                assert!(i128::from(lost.0) <= profit, "A2: nobody loses more than their unsettled profit");
                borne.taken += lost.0;
                borne.accounts += 1;
                self.haircuts += lost.0;
            }
            _ => {}
        }
    }

    fn pay(&mut self, seat: Seat, amount: i128) {
        *self.cash.entry(seat).or_default() += amount;
    }

    fn trade(&mut self, seat: Seat, instrument: Instrument, side: Side, lots: Lots) {
        *self.net.entry((seat, instrument)).or_default() += i64::from(side.signed(lots).0);
    }

    /// An endowment of the fund, which no event reports.
    pub fn endow(&mut self, amount: u64) {
        self.fund += i128::from(amount);
        self.deposits += i128::from(amount);
    }

    /// What the events say is what the cells hold.
    pub fn check(&self, world: &mut World) {
        let settled = |world: &mut World, instrument| world.house.market(instrument).unwrap().final_price.is_some();
        let closed = [world.near, world.far].map(|instrument| (instrument, settled(world, instrument)));
        for (seat, account) in world.house.accounts() {
            assert_eq!(self.cash.get(&seat).copied().unwrap_or(0), account.cash.into(), "S4: {seat:?}");
            for (instrument, _) in closed.iter().filter(|(_, settled)| !settled) {
                let net = self.net.get(&(seat, *instrument)).copied().unwrap_or(0);
                assert_eq!(net, i64::from(account.net(*instrument).0), "{seat:?} {instrument:?}");
            }
        }
        let ledger = world.house.ledger();
        assert_eq!(self.fund, ledger.fund.into(), "L7: the fund pays what is told, and never more than it has");
        assert_eq!(ledger.custody().0, self.deposits - self.outside, "S1");
    }

    /// At the end every allocation has been borne, and rounding took less than a point from each account beyond it.
    pub fn check_allocations(&self) {
        for borne in self.allocations.values() {
            borne.check_done();
        }
    }
}

impl Borne {
    fn check_done(&self) {
        let beyond = self.taken - self.deficit;
        assert!(0 <= beyond && beyond <= self.accounts.max(0), "A1: {beyond} beyond, {} accounts", self.accounts);
    }
}

/// The accounts and the orders before a message.
pub struct Before {
    /// When the message began: some take time.
    now: Seconds,
    pub accounts: HashMap<Seat, sit_engine::clearing::Account>,
    /// What they are worth and need, at the marks of [`Before::round`].
    healths: HashMap<Seat, Health>,
    round: u16,
    /// Live orders by instrument; those at one price in the order of their time.
    orders: Vec<(Instrument, Vec<Order>)>,
}

impl Before {
    pub fn of(world: &mut World) -> Self {
        let (healths, round) = healths(world);
        Self {
            healths,
            round,
            now: world.now,
            accounts: world.house.accounts().map(|(seat, account)| (seat, *account)).collect(),
            orders: [world.near, world.far].map(|instrument| (instrument, world.live_orders(instrument))).to_vec(),
        }
    }

    /// Best price first, then oldest; no expired order fills, and no trade is outside the second price limit.
    fn check_fills(&self, world: &mut World, events: &[Event]) {
        for (instrument, orders) in &self.orders {
            let left = world.live_orders(*instrument);
            let month = *world.house.curve(TPI).unwrap().month(*instrument).unwrap();
            for event in events {
                let Event::Filled { instrument: place, maker, number, price, .. } = event else { continue };
                let filled = |order: &Order| order.seat == *maker && order.number == *number;
                let Some(index) = orders.iter().position(filled).filter(|_| place == instrument) else { continue };
                let order = orders[index];
                assert!(!order.expired(self.now), "B2: {order:?}");
                assert!(price.0.abs_diff(month.settle.0) * 4 <= month.settle.0 + 4, "{event:?}");
                for (other, rank) in
                    orders.iter().zip(0..).filter(|(other, _)| other.side == order.side && !other.expired(world.now))
                {
                    let better = match order.side {
                        Side::Buy => other.price > order.price,
                        Side::Sell => other.price < order.price,
                    };
                    let first = better || (other.price == order.price && rank < index);
                    let remains = left.iter().any(|live| (live.seat, live.number) == (other.seat, other.number));
                    assert!(!first || !remains, "B1: {other:?} was before {order:?}");
                }
            }
        }
    }

    /// M2 and M3 for everyone; M1 and W2 for those whose lots have grown or whose cash has left; W1.
    pub fn check(&self, world: &mut World, told: usize) {
        let after: HashMap<_, _> = world.house.accounts().map(|(seat, account)| (seat, *account)).collect();
        let events: Vec<Event> = world.house.events[told.min(world.house.events.len())..].to_vec();
        for (seat, account) in &after {
            let Ok(health) = margin::assess(&mut world.house, account) else { continue };
            assert!(health.initial >= health.liquidation_end, "M2: {health:?}");
            assert!(health.liquidation_end >= health.maintenance && health.maintenance >= QuoteAtoms::ZERO, "M2");
            assert!(health.initial_equity <= QuoteAtoms(account.cash.into()), "M3: no credit for unsettled profit");
            let Some(old) = self.accounts.get(seat) else { continue };
            let risk_rose =
                account.positions().iter().any(|position| position.net.size() > old.net(position.instrument).size());
            let left = events.iter().any(|event| match event {
                Event::Withdrawn { seat: from, .. } | Event::Transferred { from, .. } => from == seat,
                _ => false,
            });
            if risk_rose || left {
                assert!(health.meets_initial(), "M1: {seat:?} {health:?}");
            }
            if left {
                assert!(health.initial_equity.0 * 10 >= health.notional.0, "W2");
            }
        }
        self.check_fills(world, &events);
        let ledger = world.house.ledger();
        let withdrawn: i128 = events
            .iter()
            .map(|event| if let Event::Withdrawn { amount, .. } = event { (*amount).into() } else { 0 })
            .sum();
        let lacking = i128::from(ledger.uncovered) - i128::from(ledger.fund);
        assert!(withdrawn == 0 || lacking * 100 <= ledger.custody().0 + withdrawn, "W1");
        self.check_health(world, &events);
    }

    /// M8 and L4: while no mark moves, no message makes an account's equity a smaller part of its maintenance margin
    /// below initial margin, or less below zero; only a takeover and an allocated loss do, which have rules of their
    /// own (L3, A2). What all have together grows only by what comes in or is paid for them, and nobody's worth
    /// changes without an event that reports it.
    fn check_health(&self, world: &mut World, events: &[Event]) {
        let (after, round) = healths(world);
        if round != self.round || events.iter().any(|event| matches!(event, Event::Finalised { .. })) {
            return;
        }
        let (mut gained, mut won, mut takeover) = (0, 0, false);
        for (seat, new) in &after {
            let Some(old) = self.healths.get(seat) else { continue };
            gained += new.equity.0 - old.equity.0;
            // Nobody pays more than they have: what a coalition has is what those of its accounts have that are
            // solvent.
            won += new.equity.0.max(0) - old.equity.0.max(0);
            let told = events.iter().any(|event| concerns(event, *seat));
            assert!(told || new.equity == old.equity, "{seat:?} {old:?} {new:?}");
            let taken = events.iter().any(|event| match event {
                Event::Liquidated { seat: from, .. } | Event::Haircut { seat: from, .. } => from == seat,
                _ => false,
            });
            takeover |= taken;
            assert!(taken || new.meets_initial() || !old.meets_initial(), "M1: {seat:?} {old:?} {new:?}");
            assert!(taken || new.meets_initial() || !new.worsens(old), "M8: {seat:?} {old:?} {new:?}");
            assert!(taken || new.equity >= old.equity.min(QuoteAtoms::ZERO), "L4: {seat:?} {old:?} {new:?}");
        }
        let came_in: i128 = events.iter().map(brought).sum();
        assert!(gained <= came_in, "L4: all together have gained {gained}, {came_in} came in");
        // Whoever is not concerned has what they had, so these are a coalition of all whom the message concerns, and
        // any larger one; of a smaller one the others have agreed to the price.
        assert!(takeover || won <= came_in, "L4: a coalition has won {won}, {came_in} came in");
    }
}

/// The margins of all accounts, and the settlement round.
fn healths(world: &mut World) -> (HashMap<Seat, Health>, u16) {
    let accounts: Vec<_> = world.house.accounts().map(|(seat, account)| (seat, *account)).collect();
    let healths =
        accounts.iter().filter_map(|(seat, account)| Some((*seat, margin::assess(&mut world.house, account).ok()?)));
    let healths = healths.collect();
    (healths, world.house.curve(TPI).unwrap().round)
}

/// Whether an event reports that an account's worth changes.
fn concerns(event: &Event, of: Seat) -> bool {
    match *event {
        Event::Deposited { seat, .. }
        | Event::Withdrawn { seat, .. }
        | Event::Rebated { seat, .. }
        | Event::SettlementFee { seat, .. }
        | Event::Covered { seat, .. }
        | Event::Bridged { seat, .. }
        | Event::Offset { seat, .. }
        | Event::WrittenOff { seat, .. }
        | Event::Haircut { seat, .. } => seat == of,
        Event::Transferred { from, to, .. } => from == of || to == of,
        Event::Filled { taker, maker, .. } => taker == of || maker == of,
        Event::Liquidated { seat, liquidator, .. } => seat == of || liquidator == of,
        Event::Triggered { seat, keeper, .. } => seat == of || keeper == of,
        _ => false,
    }
}

/// Quote atoms that an event brings to the accounts from outside of them: deposits, the fund, and debts that are taken
/// off an account for the winners to bear.
fn brought(event: &Event) -> i128 {
    let points = |points: Points| i128::from(points.0) * i128::from(TICK_VALUE);
    match *event {
        Event::Deposited { amount, .. } => amount.into(),
        Event::Withdrawn { amount, .. } => -i128::from(amount),
        Event::Covered { amount, .. } => amount.into(),
        Event::Bridged { amount, bought, .. } => i128::from(amount) - points(bought),
        Event::WrittenOff { points: off, .. } => points(off),
        Event::Haircut { lost, .. } => -points(lost),
        _ => 0,
    }
}

/// Lots of a seat in an instrument.
pub fn lots(world: &World, seat: u32, instrument: Instrument) -> NetLots {
    world.account(seat).net(instrument)
}
