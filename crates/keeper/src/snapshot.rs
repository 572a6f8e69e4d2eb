//! The cells of the clearing house at the chain's head, on which the engine says what is due.

use std::{
    collections::{BTreeSet, HashSet},
    marker::PhantomData,
};

use sit_client::{
    Client, Failure, Transport, codec,
    transport::{Head, Outcome},
};
use sit_engine::clearing::{Auction, Instrument, Ledger, MAX_MONTHS, Product, Store, Triggers, live};
use sit_engine::codec::Cell;
use sit_engine::oracle::Validity;
use sit_engine::units::{Seat, Seconds};
use sit_native::stored::{self, OfClearing};
use sit_native::view::{self, View};
use sit_native::{Message, Native};

/// Questions in one request.
const BATCH: usize = 96;

/// Products that there can be: their number has four bits.
const PRODUCTS: u8 = 16;

/// What a keeper sees of the exchange.
///
/// The cells are read by several questions, so a block may come between two of them. What is found due here is asked
/// again before it is sent.
pub struct Snapshot {
    /// The block from which on it was read.
    pub block: u64,
    /// The time of that block.
    pub now: Seconds,
    /// Curves, margin sets, backtests, markets, ledger, accounts with their liquidations and triggers.
    pub house: Native,
    /// The products that there are.
    pub products: Vec<Product>,
    /// How good the index of each product is.
    pub validity: Vec<(Product, Validity)>,
    /// Accounts whose liquidation runs.
    pub liquidated: Vec<Seat>,
    /// Accounts with triggers.
    pub triggers: Vec<(Seat, Triggers)>,
    /// The makers' week that is to be closed next; `None` before the programme is connected.
    pub next_epoch: Option<u32>,
}

/// Questions that are asked together: a request costs a round trip, and may get lost.
#[derive(Default)]
struct Batch {
    calls: Vec<([u8; 20], Vec<u8>)>,
    answers: Vec<Outcome>,
}

/// The place of a question in its batch.
struct Asked<V>(usize, PhantomData<V>);

/// The place of a cell in its batch.
struct AskedCell<C>(usize, OfClearing<C>);

impl Batch {
    fn view<T: Transport, V: View>(&mut self, client: &Client<T>, question: &V) -> Result<Asked<V>, Failure> {
        self.calls.push((client.address(V::CONTRACT)?, codec::question(question)));
        Ok(Asked(self.calls.len() - 1, PhantomData))
    }

    fn cell<T: Transport, C: Cell>(
        &mut self,
        client: &Client<T>,
        cell: OfClearing<C>,
    ) -> Result<AskedCell<C>, Failure> {
        let Asked(place, _) = self.view(client, &cell.question)?;
        Ok(AskedCell(place, cell))
    }

    fn cells<T: Transport, C: Cell>(
        &mut self,
        client: &Client<T>,
        cells: impl Iterator<Item = OfClearing<C>>,
    ) -> Result<Vec<AskedCell<C>>, Failure> {
        cells.map(|cell| self.cell(client, cell)).collect()
    }

    fn ask<T: Transport>(&mut self, client: &mut Client<T>) -> Result<(), Failure> {
        for group in self.calls[self.answers.len()..].chunks(BATCH) {
            self.answers.extend(all(client, group)?);
        }
        Ok(())
    }

    fn answer<V: View>(&self, Asked(place, _): &Asked<V>) -> Result<V::Answer, Failure> {
        let what = || format!("{}.{}", V::CONTRACT.name(), V::NAME);
        match self.answers.get(*place) {
            Some(Outcome::Returned(Some(data))) => {
                codec::returned(data).map_err(|why| Failure::Unreadable { what: what(), why })
            }
            Some(Outcome::Reverted(data)) => {
                let (contract, message) = (V::CONTRACT, V::NAME);
                Err(Failure::Refused { contract, message, why: codec::refusal(contract, data) })
            }
            Some(Outcome::Returned(None)) | None => Err(Failure::AnswerUnknown(what())),
        }
    }

    fn read<C: Cell>(&self, AskedCell(place, cell): &AskedCell<C>) -> Result<Option<C>, Failure> {
        Ok(cell.read(&self.answer(&Asked::<view::ClearingCell>(*place, PhantomData))?))
    }
}

fn all<T: Transport>(client: &mut Client<T>, calls: &[([u8; 20], Vec<u8>)]) -> Result<Vec<Outcome>, Failure> {
    let outcomes = client.transport.call_all(calls);
    outcomes.map_err(|why| Failure::Transport { what: "a batch of questions".to_owned(), why: Box::new(why) })
}

/// Which of these messages the chain would do now, if anybody sent them.
///
/// # Errors
/// [`Failure`] when the chain cannot be asked.
pub fn would_do<T: Transport>(client: &mut Client<T>, messages: &[Message]) -> Result<Vec<bool>, Failure> {
    let mut done = Vec::with_capacity(messages.len());
    for group in messages.chunks(BATCH) {
        let mut calls = Vec::with_capacity(group.len());
        for message in group {
            calls.push((client.address(message.contract())?, codec::calldata(message)));
        }
        done.extend(all(client, &calls)?.into_iter().map(|outcome| matches!(outcome, Outcome::Returned(_))));
    }
    Ok(done)
}

impl Snapshot {
    /// Reads the exchange at the head of the chain.
    ///
    /// # Errors
    /// [`Failure`] when something cannot be read: then nothing is known.
    pub fn read<T: Transport>(client: &mut Client<T>) -> Result<Self, Failure> {
        let head = client.head()?;
        Self::read_at(client, head)
    }

    /// Reads the exchange at the head of the chain, which the caller has asked for.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    pub fn read_at<T: Transport>(client: &mut Client<T>, head: Head) -> Result<Self, Failure> {
        let now = Seconds(u32::try_from(head.time).unwrap_or(u32::MAX));
        let mut house = Native::new();
        let candidates: Vec<Product> = (0..PRODUCTS).map(Product).collect();
        let mut first = Batch::default();
        let ledger = first.cell(client, stored::ledger())?;
        let curves = first.cells(client, candidates.iter().map(|product| stored::curve(*product)))?;
        let programme = first.view(client, &view::Programme {})?;
        first.ask(client)?;
        let ledger: Ledger = first.read(&ledger)?.unwrap_or_default();
        house.set_ledger(&ledger);
        let programme = first.answer(&programme)?;
        let mut products = Vec::new();
        let mut instruments: Vec<Instrument> = Vec::new();
        for (product, curve) in candidates.into_iter().zip(&curves) {
            let Some(curve) = first.read(curve)? else { continue };
            house.set_curve(product, &curve);
            products.push(product);
            instruments.extend(curve.months().iter().map(|month| month.instrument));
        }
        debug_assert!(instruments.len() <= MAX_MONTHS * usize::from(PRODUCTS));
        let seats: Vec<Seat> = (0..ledger.seats).map(Seat).collect();
        let mut second = Batch::default();
        let risks = second.cells(client, products.iter().map(|product| stored::risk(*product)))?;
        let backtests = second.cells(client, products.iter().map(|product| stored::backtest(*product)))?;
        let markets = second.cells(client, instruments.iter().map(|instrument| stored::market(*instrument)))?;
        let mut validity = Vec::new();
        for product in &products {
            validity.push((*product, second.view(client, &view::Validity { index: product.index() })?));
        }
        let accounts = second.cells(client, seats.iter().map(|seat| stored::account(*seat)))?;
        let auctions = second.cells(client, seats.iter().map(|seat| stored::auction(*seat)))?;
        let triggers = second.cells(client, seats.iter().map(|seat| stored::triggers(*seat)))?;
        second.ask(client)?;
        for ((product, risk), backtest) in products.iter().zip(&risks).zip(&backtests) {
            if let Some(risk) = second.read(risk)? {
                house.set_risk(*product, &risk);
            }
            if let Some(backtest) = second.read(backtest)? {
                house.set_backtest(*product, &backtest);
            }
        }
        let mut known: HashSet<Instrument> = HashSet::new();
        for (instrument, market) in instruments.iter().zip(&markets) {
            known.insert(*instrument);
            if let Some(market) = second.read(market)? {
                house.set_market(*instrument, &market);
            }
        }
        let (mut liquidated, mut set) = (Vec::new(), Vec::new());
        let mut left = BTreeSet::new();
        for (((seat, account), auction), triggers) in seats.iter().zip(&accounts).zip(&auctions).zip(&triggers) {
            let Some(account) = second.read(account)?.and_then(live) else { continue };
            // Months that have left the curve may still have claims.
            left.extend(account.positions().iter().map(|held| held.instrument.0));
            house.set_account(*seat, &account);
            if let Some(auction) = second.read(auction)?.filter(|auction| *auction != Auction::default()) {
                house.set_auction(*seat, &auction);
                liquidated.push(*seat);
            }
            if let Some(triggers) = second.read(triggers)?.filter(|triggers| *triggers != Triggers::default()) {
                set.push((*seat, triggers));
            }
        }
        let left = left.into_iter().map(Instrument).filter(|instrument| !known.contains(instrument));
        let mut third = Batch::default();
        let markets: Vec<_> = left.map(|instrument| (instrument, stored::market(instrument))).collect();
        let asked = third.cells(client, markets.iter().map(|(_, cell)| cell.clone()))?;
        third.ask(client)?;
        for ((instrument, _), market) in markets.iter().zip(&asked) {
            if let Some(market) = third.read(market)? {
                house.set_market(*instrument, &market);
            }
        }
        let validity = validity.iter().map(|(product, asked)| Ok((*product, second.answer(asked)?)));
        let validity = validity.collect::<Result<_, Failure>>()?;
        let connected = programme.clearing != [0; 20];
        let next_epoch = connected.then_some(programme.next_epoch);
        Ok(Self { block: head.number, now, house, products, validity, liquidated, triggers: set, next_epoch })
    }

    /// Reads again the accounts and the instrument that a settlement is about.
    ///
    /// # Errors
    /// [`Failure`] when something cannot be read.
    pub fn refresh<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        instrument: Instrument,
        seats: &[Seat],
    ) -> Result<(), Failure> {
        let product = instrument.product();
        let mut batch = Batch::default();
        let curve = batch.cell(client, stored::curve(product))?;
        let market = batch.cell(client, stored::market(instrument))?;
        let accounts = batch.cells(client, seats.iter().map(|seat| stored::account(*seat)))?;
        batch.ask(client)?;
        if let Some(curve) = batch.read(&curve)? {
            self.house.set_curve(product, &curve);
        }
        if let Some(market) = batch.read(&market)? {
            self.house.set_market(instrument, &market);
        }
        for (seat, account) in seats.iter().zip(&accounts) {
            if let Some(account) = batch.read(account)? {
                self.house.set_account(*seat, &account);
            }
        }
        Ok(())
    }
}
