//! The cells of the clearing house at the chain's head, on which the engine says what is due.

use sit_client::{Client, Failure, Transport, codec, transport::Outcome};
use sit_engine::clearing::{
    Auction, Backtest, Curve, Instrument, Ledger, MAX_MONTHS, Market, Product, RiskArray, Store, Triggers,
};
use sit_engine::codec::Cell;
use sit_engine::oracle::Validity;
use sit_engine::units::{Seat, Seconds};
use sit_native::stored::{self, OfClearing};
use sit_native::view::{self, View};
use sit_native::{Contract, Message, Native};

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

/// The answers of several views, in their order.
fn asked<T: Transport, V: View>(client: &mut Client<T>, questions: &[V]) -> Result<Vec<V::Answer>, Failure> {
    let to = client.address(V::CONTRACT)?;
    let mut answers = Vec::with_capacity(questions.len());
    for group in questions.chunks(BATCH) {
        let calls: Vec<_> = group.iter().map(|question| (to, codec::question(question))).collect();
        for outcome in all(client, &calls)? {
            answers.push(match outcome {
                Outcome::Returned(Some(data)) => codec::returned(&data)
                    .map_err(|why| Failure::Unreadable { what: format!("{}.{}", V::CONTRACT.name(), V::NAME), why })?,
                Outcome::Returned(None) => return Err(Failure::AnswerUnknown(V::NAME.to_owned())),
                Outcome::Reverted(data) => {
                    let (contract, message) = (V::CONTRACT, V::NAME);
                    return Err(Failure::Refused { contract, message, why: codec::refusal(contract, &data) });
                }
            });
        }
    }
    Ok(answers)
}

fn all<T: Transport>(client: &mut Client<T>, calls: &[([u8; 20], Vec<u8>)]) -> Result<Vec<Outcome>, Failure> {
    let outcomes = client.transport.call_all(calls);
    outcomes.map_err(|why| Failure::Transport { what: "a batch of questions".to_owned(), why: Box::new(why) })
}

/// Cells of the clearing house, in the order asked; `None` where nothing was written.
fn cells<T: Transport, C: Cell>(
    client: &mut Client<T>,
    wanted: &[OfClearing<C>],
) -> Result<Vec<Option<C>>, Failure> {
    let questions: Vec<_> = wanted.iter().map(|cell| cell.question.clone()).collect();
    let bytes = asked(client, &questions)?;
    Ok(wanted.iter().zip(bytes).map(|(cell, bytes)| cell.read(&bytes)).collect())
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
        let now = Seconds(u32::try_from(head.time).unwrap_or(u32::MAX));
        let mut house = Native::new();
        let ledger: Ledger = client.cell(&stored::ledger())?.unwrap_or_default();
        house.set_ledger(&ledger);
        let candidates: Vec<Product> = (0..PRODUCTS).map(Product).collect();
        let curves: Vec<Option<Curve>> = cells(client, &candidates.iter().map(|p| stored::curve(*p)).collect::<Vec<_>>())?;
        let mut products = Vec::new();
        let mut instruments: Vec<Instrument> = Vec::new();
        for (product, curve) in candidates.into_iter().zip(curves) {
            let Some(curve) = curve else { continue };
            house.set_curve(product, &curve);
            products.push(product);
            instruments.extend(curve.months().iter().map(|month| month.instrument));
        }
        debug_assert!(instruments.len() <= MAX_MONTHS * usize::from(PRODUCTS));
        let risks: Vec<Option<RiskArray>> = cells(client, &products.iter().map(|p| stored::risk(*p)).collect::<Vec<_>>())?;
        let backtests: Vec<Option<Backtest>> =
            cells(client, &products.iter().map(|p| stored::backtest(*p)).collect::<Vec<_>>())?;
        for ((product, risk), backtest) in products.iter().zip(risks).zip(backtests) {
            if let Some(risk) = risk {
                house.set_risk(*product, &risk);
            }
            if let Some(backtest) = backtest {
                house.set_backtest(*product, &backtest);
            }
        }
        let seats: Vec<Seat> = (0..ledger.seats).map(Seat).collect();
        let accounts = cells(client, &seats.iter().map(|seat| stored::account(*seat)).collect::<Vec<_>>())?;
        let accounts: Vec<(Seat, _)> = seats
            .iter()
            .zip(accounts)
            .filter_map(|(seat, account)| Some((*seat, account.and_then(sit_engine::clearing::live)?)))
            .collect();
        // Months that have left the curve may still have claims.
        instruments.extend(accounts.iter().flat_map(|(_, account)| account.positions()).map(|held| held.instrument));
        instruments.sort_unstable_by_key(|instrument| instrument.0);
        instruments.dedup();
        let markets: Vec<Option<Market>> =
            cells(client, &instruments.iter().map(|instrument| stored::market(*instrument)).collect::<Vec<_>>())?;
        for (instrument, market) in instruments.iter().zip(markets) {
            if let Some(market) = market {
                house.set_market(*instrument, &market);
            }
        }
        let seats: Vec<Seat> = accounts.iter().map(|(seat, _)| *seat).collect();
        let auctions: Vec<Option<Auction>> =
            cells(client, &seats.iter().map(|seat| stored::auction(*seat)).collect::<Vec<_>>())?;
        let triggers: Vec<Option<Triggers>> =
            cells(client, &seats.iter().map(|seat| stored::triggers(*seat)).collect::<Vec<_>>())?;
        let mut liquidated = Vec::new();
        for (seat, auction) in seats.iter().zip(auctions) {
            if let Some(auction) = auction.filter(|auction| *auction != Auction::default()) {
                house.set_auction(*seat, &auction);
                liquidated.push(*seat);
            }
        }
        let triggers =
            seats.iter().zip(triggers).filter_map(|(seat, triggers)| Some((*seat, triggers?))).collect();
        for (seat, account) in &accounts {
            house.set_account(*seat, account);
        }
        let questions: Vec<_> = products.iter().map(|product| view::Validity { index: product.index() }).collect();
        let validity = products.iter().copied().zip(asked(client, &questions)?).collect();
        let programme = client.view(&view::Programme {})?;
        let connected = programme.clearing != [0; 20];
        Ok(Self {
            block: head.number,
            now,
            house,
            products,
            validity,
            liquidated,
            triggers,
            next_epoch: connected.then_some(programme.next_epoch),
        })
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
        let head = client.head()?;
        (self.block, self.now) = (head.number, Seconds(u32::try_from(head.time).unwrap_or(u32::MAX)));
        let product = instrument.product();
        if let Some(curve) = client.cell(&stored::curve(product))? {
            self.house.set_curve(product, &curve);
        }
        if let Some(market) = client.cell(&stored::market(instrument))? {
            self.house.set_market(instrument, &market);
        }
        let accounts = cells(client, &seats.iter().map(|seat| stored::account(*seat)).collect::<Vec<_>>())?;
        for (seat, account) in seats.iter().zip(accounts) {
            if let Some(account) = account {
                self.house.set_account(*seat, &account);
            }
        }
        Ok(())
    }

    /// Whether a contract answers: an exchange whose clearing house is known.
    ///
    /// # Errors
    /// [`Failure::NotDeployed`].
    pub fn is_of<T: Transport>(client: &Client<T>) -> Result<(), Failure> {
        for contract in [Contract::Clearing, Contract::Oracle, Contract::Incentives] {
            client.address(contract)?;
        }
        Ok(())
    }
}
