//! What the story writes down: from events and from cells read off the chain, never from what it knows itself. And what
//! it foresees: the engine, run on cells read off the chain.

use super::Story;
use crate::exchange::Done;
use crate::month_sizes::MonthSizes;
use crate::record::{DayFacts, Fill, Milestone, Settlement, WeightRow};
use anyhow::{Context, Result};
use sit_client::{ChainState, Failure};
use sit_devnet::{Account, Chain};
use sit_engine::chain::Env;
use sit_engine::clearing::{ClearingError, Instrument, Store, limits::Limits, margin, margin::Health, mark_of_round};
use sit_engine::units::{QuoteAtoms, Seat, Side};
use sit_native::event::clearing::{Covered, Deposited, Filled, Rewarded, Settled, Withdrawn, WrittenOff};
use sit_native::{Contract, EmittedEvent, Message, Overlay, stored};

/// More money than any message needs, in quote atoms.
const PLENTY: u64 = 1 << 60;

/// The cells of the chain with what a message would write on top.
pub(super) type Foreseen<'o, 'c, 'x> = Overlay<'o, ChainState<'c, &'x mut Chain>>;

impl Story {
    /// Sends a message, audits, and records its events.
    pub(super) fn send(&mut self, from: &Account, message: &Message) -> Result<Done> {
        let done = self.exchange.send(from, message)?;
        for event in &done.events {
            self.note(event).with_context(|| format!("reading the event {}", event.name))?;
        }
        Ok(done)
    }

    /// A point of the timeline.
    pub(super) fn milestone(&mut self, text: impl Into<String>) {
        let milestone = Milestone { time: self.exchange.chain.now(), text: text.into() };
        (self.tell)(&milestone.text);
        self.record.milestones.push(milestone);
    }

    fn note(&mut self, event: &EmittedEvent) -> Result<()> {
        if let Some(filled) = event.read() {
            self.note_fill(&filled)?;
        } else if let Some(settled) = event.read() {
            self.note_settlement(&settled)?;
        } else if let Some(Deposited { seat, amount }) = event.read() {
            self.person(seat.0).deposited += i128::from(amount);
        } else if let Some(Withdrawn { seat, amount }) = event.read() {
            self.person(seat.0).withdrawn += i128::from(amount);
        } else if let Some(Covered { seat, amount, .. }) = event.read() {
            self.relieve(seat.0, i128::from(amount));
        } else if let Some(WrittenOff { seat, instrument, points }) = event.read() {
            let value = i128::from(self.size(instrument.0)?.tick_value);
            self.relieve(seat.0, i128::from(points.0) * value);
        } else if let Some(Rewarded { seat, amount }) = event.read() {
            self.person(seat.0).rewards += i128::from(amount);
        }
        Ok(())
    }

    fn note_fill(&mut self, filled: &Filled) -> Result<()> {
        let Filled { instrument, taker, maker, side, price, lots, taker_fee, maker_fee, .. } = *filled;
        self.person(taker.0).fees += i128::from(taker_fee);
        self.person(maker.0).fees += i128::from(maker_fee);
        let buyer_took = side == Side::Buy;
        let (buyer, seller) = if buyer_took { (taker, maker) } else { (maker, taker) };
        let fill = Fill {
            time: self.exchange.chain.now(),
            instrument: self.label(instrument.0),
            buyer: self.name(buyer.0),
            seller: self.name(seller.0),
            buyer_took,
            price: self.size(instrument.0)?.dollars(price.0),
            lots: lots.0,
            fees: i128::from(taker_fee) + i128::from(maker_fee),
        };
        self.record.fills.push(fill);
        Ok(())
    }

    fn note_settlement(&mut self, settled: &Settled) -> Result<()> {
        let Settled { seat, instrument, paid, unpaid } = *settled;
        let value = i128::from(self.size(instrument.0)?.tick_value);
        let paid = i128::from(paid.0) * value;
        self.person(seat.0).variation += paid;
        let settlement = Settlement {
            time: self.exchange.chain.now(),
            instrument: self.label(instrument.0),
            participant: self.name(seat.0),
            paid,
            unpaid: i128::from(unpaid.0) * value,
            last: self.settled,
        };
        self.record.settlements.push(settlement);
        Ok(())
    }

    fn relieve(&mut self, seat: u32, amount: i128) {
        if let Some(relieved) = self.relieved.get_mut(seat as usize) {
            *relieved += amount;
        }
    }

    fn person(&mut self, seat: u32) -> &mut crate::record::Participant {
        // Seats are handed out in the order in which people join, so the seat is the place.
        &mut self.record.participants[seat as usize]
    }

    pub(super) fn name(&self, seat: u32) -> String {
        self.record.participants.get(seat as usize).map_or_else(String::new, |person| person.name.clone())
    }

    fn label(&self, instrument: u16) -> String {
        let found = self.record.instruments.iter().find(|known| known.number == instrument);
        found.map_or_else(|| format!("#{instrument}"), |known| known.label.clone())
    }

    /// The sizes of a listed month.
    pub(super) fn size(&self, instrument: u16) -> Result<MonthSizes> {
        let place = self.record.instruments.iter().position(|known| known.number == instrument);
        let size = place.and_then(|place| self.sizes.get(place)).copied();
        size.with_context(|| format!("instrument {instrument} is not one of the story's"))
    }

    /// The sizes of the month that is traded.
    pub(super) fn sizing(&self) -> Result<MonthSizes> {
        self.size(self.month)
    }

    /// The prices at which it may be traded today.
    pub(super) fn limits(&mut self) -> Result<Limits> {
        let curve = self.exchange.curve()?.context("the product has started")?;
        let month = curve.month(Instrument(self.month)).context("the month is listed")?;
        let market = self.exchange.market(self.month)?;
        let wide = market.wide_round == mark_of_round(curve.round);
        Ok(Limits::around(month.settle, &market.terms, wide))
    }

    /// An account's margin: the engine, run natively on cells read off the chain.
    pub(super) fn health(&mut self, seat: u32) -> Result<Health> {
        let account = self.exchange.account(seat)?;
        let mut client = self.exchange.client();
        let mut state = client.state();
        let assessed = margin::assess(&mut state, &account);
        state.failure().map_or(Ok(()), Err)?;
        assessed.map_err(|error| anyhow::anyhow!("{}", error.explanation()))
    }

    /// Runs a message of the owner of a seat on the cells of the chain, and forgets what it wrote.
    pub(super) fn foresee<T>(
        &mut self,
        seat: u32,
        message: impl FnOnce(&mut Foreseen<'_, '_, '_>, Env) -> Result<T, ClearingError>,
    ) -> Result<Result<T, ClearingError>> {
        let now = self.exchange.now();
        let mut client = self.exchange.client();
        let mut state = client.state();
        let caller = state.account(Seat(seat)).context("the seat is open")?.owner;
        let foreseen = message(&mut Overlay::new(&mut state), Env { caller, now });
        state.failure().map_or(Ok(foreseen), |failure: Failure| Err(failure.into()))
    }

    /// What the owner of a seat has to pay in before a message of theirs is accepted, in quote atoms; the refusal,
    /// where no money helps.
    pub(super) fn missing_for<T>(
        &mut self,
        seat: u32,
        message: impl FnOnce(&mut Foreseen<'_, '_, '_>, Env) -> Result<T, ClearingError>,
    ) -> Result<Result<u64, ClearingError>> {
        self.foresee(seat, |store, env| {
            let mut account = store.account(Seat(seat)).ok_or(ClearingError::UnknownSeat)?;
            account.cash = account.cash.saturating_add(PLENTY);
            store.set_account(Seat(seat), &account);
            message(store, env)?;
            let after = store.account(Seat(seat)).ok_or(ClearingError::UnknownSeat)?;
            // Neither initial margin nor cash itself may be below what is needed.
            let margin = margin::assess(store, &after)?.shortfall() + QuoteAtoms(PLENTY.into());
            let cash = i128::from(PLENTY) - i128::from(after.cash);
            Ok(u64::try_from(margin.0.max(cash).max(0)).unwrap_or(u64::MAX))
        })
    }

    /// Writes a day down, after its settlement.
    pub(super) fn note_day(&mut self, day: u32) -> Result<()> {
        let curve = self.exchange.curve()?.context("the product has started")?;
        let mut facts = DayFacts {
            day,
            date: crate::calendar::iso(day),
            index: f64::from(curve.index_price) / 1e6,
            marks: Vec::new(),
            ..DayFacts::default()
        };
        for number in self.record.instruments.iter().map(|instrument| instrument.number).collect::<Vec<_>>() {
            let month = curve.month(sit_engine::clearing::Instrument(number));
            let trading = month.filter(|month| u64::from(month.expiry.0) > self.exchange.chain.now());
            let size = self.size(number)?;
            facts.marks.push(trading.map(|month| size.dollars(month.settle.0)));
            facts.open_interest += u64::from(self.exchange.market(number)?.open_interest.0);
        }
        for place in 0..self.people.len() {
            let person = self.people[place].clone();
            let health = self.health(person.seat)?;
            // Money paid in or out, or by others for a loss, is no profit: the loss is measured against it.
            let known = &self.record.participants[place];
            let flows = known.deposited - known.withdrawn + known.rewards + self.relieved[place];
            let result = health.equity.0 - flows;
            let before = std::mem::replace(&mut self.results[place], result);
            facts.equity.push(health.equity.0);
            facts.initial_margin.push(health.initial.0);
            facts.loss.push(before - result);
        }
        self.check_cash()?;
        self.record.days.push(facts);
        Ok(())
    }

    /// All accounts counted one by one: their cash and what instruments hold is what the ledger says.
    fn check_cash(&mut self) -> Result<()> {
        let ledger: sit_engine::clearing::Ledger =
            self.exchange.client().cell(&stored::ledger())?.context("there is a ledger")?;
        let mut sum = QuoteAtoms::ZERO;
        for seat in 0..ledger.seats {
            sum += QuoteAtoms(self.exchange.account(seat)?.cash.into());
        }
        for number in self.record.instruments.iter().map(|instrument| instrument.number).collect::<Vec<_>>() {
            sum += QuoteAtoms(self.exchange.market(number)?.received.into());
        }
        anyhow::ensure!(
            sum == QuoteAtoms(ledger.trading),
            "accounts and instruments hold {}, the ledger says {}",
            sum.0,
            ledger.trading
        );
        Ok(())
    }

    /// The final sides of the books and the weight table.
    pub(super) fn note_end(&mut self) -> Result<()> {
        let vault = self.exchange.address(Contract::Vault)?;
        let ledger: sit_engine::clearing::Ledger =
            self.exchange.client().cell(&stored::ledger())?.context("there is a ledger")?;
        let mut accounts = 0;
        for seat in 0..ledger.seats {
            accounts += i128::from(self.exchange.account(seat)?.cash);
        }
        let books = &mut self.record.books;
        books.token_balance = i128::try_from(self.exchange.chain.usdc_balance(vault.into()))?;
        books.accounts = accounts;
        books.instruments = ledger.trading - accounts;
        books.fund = ledger.fund.into();
        books.incentives = ledger.incentives.into();
        books.treasury = ledger.treasury.into();
        books.deposits = ledger.deposits.into();
        books.withdrawals = ledger.withdrawals.into();
        self.record.messages = self.exchange.messages;
        self.record.audits = self.exchange.audits;
        self.record.weights.extend(WeightRow::all(self.exchange.chain.observed()));
        Ok(())
    }
}
