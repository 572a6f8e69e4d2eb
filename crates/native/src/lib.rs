//! The engine off the chain: all cells in memory, with a journal that takes back what a refused message wrote.
//!
//! The simulator, the property tests and the client's previews run the protocol on it. It keeps cells as values, not as
//! bytes; that the bytes come back as the same values is tested beside every cell.
//!
//! [`Native`] is the clearing house alone. [`Exchange`] is all of it: clearing house, vault and oracle wired as the
//! contracts are, driven by [`Message`]s.
//!
//! The messages are part of the vocabulary of all seven contracts, which simulation, random sequences, replays and
//! clients share: [`Message`]s and their [`answers`], [`Constructor`]s, [`view`]s, [`Refusal`]s, [`event`]s and
//! [`stored`] cells.

mod answer;
pub mod answers;
mod argument;
mod audit;
mod circles;
mod constructor;
mod contract;
pub mod event;
mod exchange;
mod house;
mod makers;
pub mod message;
mod oracle;
mod refusal;
pub mod stored;
pub mod view;

pub use answer::Answer;
pub use argument::{Argument, AsArgument, Fills, Parameter, Returned, TokenAmount};
pub use audit::Broken;
pub use circles::circles;
pub use constructor::Constructor;
pub use contract::Contract;
pub use event::{EmittedEvent, TypedEvent};
pub use exchange::{Addresses, Exchange, Outcome};
pub use makers::Makers;
pub use message::{AbiEntry, Message};
pub use oracle::{Keccak, NativeOracle};
pub use refusal::Refusal;
pub use view::View;

mod overlay;
pub mod preview;

pub use overlay::{Growth, Overlay, PLANCK_OF_A_BYTE, PLANCK_OF_A_CELL, Written};

use rustc_hash::FxHashMap;
use sit_engine::chain::Address;
use sit_engine::clearing::{
    Account, Auction, Backtest, ClearingError, Curve, Delegate, Event, Instrument, Ledger, Market, Page, Product,
    RiskArray, Sheet, Store, Triggers, Volume, live,
};
use sit_engine::units::Seat;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::vec::Vec;

/// Cells of one kind, and what the ones written in the running message held before.
#[derive(Clone)]
struct Cells<K, V> {
    held: FxHashMap<K, V>,
    undo: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Cells<K, V> {
    fn default() -> Self {
        Self { held: FxHashMap::default(), undo: Vec::new() }
    }
}

/// What the cells of every kind can do.
trait Journal {
    /// Forgets what the last message wrote.
    fn begin(&mut self);
    /// Reverts what the running message wrote.
    fn revert(&mut self);
}

impl<K: Copy + Eq + Hash, V: Copy> Journal for Cells<K, V> {
    fn begin(&mut self) {
        self.undo.clear();
    }

    fn revert(&mut self) {
        while let Some((key, old)) = self.undo.pop() {
            match old {
                Some(old) => self.held.insert(key, old),
                None => self.held.remove(&key),
            };
        }
    }
}

impl<K: Copy + Eq + Hash, V: Copy> Cells<K, V> {
    fn get(&self, key: K) -> Option<V> {
        self.held.get(&key).copied()
    }

    fn set(&mut self, key: K, value: &V) {
        // Cells are hundreds of bytes: each is copied where it goes and nowhere else.
        match self.held.entry(key) {
            Entry::Occupied(mut held) => {
                self.undo.push((key, Some(*held.get())));
                *held.get_mut() = *value;
            }
            Entry::Vacant(free) => {
                self.undo.push((key, None));
                free.insert(*value);
            }
        }
    }
}

/// The clearing house's cells in memory.
#[derive(Clone, Default)]
pub struct Native {
    accounts: Cells<Seat, Account>,
    mirrors: Cells<Product, Account>,
    seats: Cells<(Address, u8), Seat>,
    markets: Cells<Instrument, Market>,
    pages: Cells<(Instrument, u32), Page>,
    curves: Cells<Product, Curve>,
    risks: Cells<Product, RiskArray>,
    backtests: Cells<Product, Backtest>,
    sheets: Cells<(Seat, u16), Sheet>,
    ledgers: Cells<(), Ledger>,
    auctions: Cells<Seat, Auction>,
    volumes: Cells<Seat, Volume>,
    triggers: Cells<Seat, Triggers>,
    delegates: Cells<(Seat, Address), Delegate>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Native {
    /// An empty clearing house.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs one message; a refused one leaves no trace.
    ///
    /// # Errors
    /// Those of the message.
    pub fn transact<T>(
        &mut self,
        message: impl FnOnce(&mut Self) -> Result<T, ClearingError>,
    ) -> Result<T, ClearingError> {
        self.kinds().into_iter().for_each(Journal::begin);
        let told = self.events.len();
        let result = message(self);
        if result.is_err() {
            self.events.truncate(told);
            self.kinds().into_iter().for_each(Journal::revert);
        }
        result
    }

    fn kinds(&mut self) -> [&mut dyn Journal; 14] {
        [
            &mut self.accounts,
            &mut self.mirrors,
            &mut self.seats,
            &mut self.markets,
            &mut self.pages,
            &mut self.curves,
            &mut self.risks,
            &mut self.backtests,
            &mut self.sheets,
            &mut self.ledgers,
            &mut self.auctions,
            &mut self.volumes,
            &mut self.triggers,
            &mut self.delegates,
        ]
    }

    /// Whether both hold the same cells.
    pub fn same_cells(&self, other: &Self) -> bool {
        self.accounts.held == other.accounts.held
            && self.mirrors.held == other.mirrors.held
            && self.seats.held == other.seats.held
            && self.markets.held == other.markets.held
            && self.pages.held == other.pages.held
            && self.curves.held == other.curves.held
            && self.risks.held == other.risks.held
            && self.backtests.held == other.backtests.held
            && self.sheets.held == other.sheets.held
            && self.ledgers.held == other.ledgers.held
            && self.auctions.held == other.auctions.held
            && self.volumes.held == other.volumes.held
            && self.triggers.held == other.triggers.held
            && self.delegates.held == other.delegates.held
    }

    /// All accounts, by seat.
    pub fn accounts(&self) -> impl Iterator<Item = (Seat, &Account)> {
        let count = self.ledgers.get(()).unwrap_or_default().seats;
        (0..count).map(Seat).filter_map(|seat| Some((seat, self.account_of(seat)?)))
    }

    /// The account of a seat.
    pub fn account_of(&self, seat: Seat) -> Option<&Account> {
        self.accounts.held.get(&seat).filter(|account| live(**account).is_some())
    }

    /// All pages of all books, in no particular order.
    pub fn pages(&self) -> impl Iterator<Item = (Instrument, u32, &Page)> {
        self.pages.held.iter().map(|((instrument, number), page)| (*instrument, *number, page))
    }
}

impl Store for Native {
    fn account(&mut self, seat: Seat) -> Option<Account> {
        self.accounts.get(seat).and_then(live)
    }

    fn set_account(&mut self, seat: Seat, account: &Account) {
        self.accounts.set(seat, account);
    }

    fn mirror(&mut self, product: Product) -> Option<Account> {
        self.mirrors.get(product)
    }

    fn set_mirror(&mut self, product: Product, mirror: &Account) {
        self.mirrors.set(product, mirror);
    }

    fn seat_of(&mut self, owner: Address, sub: u8) -> Option<Seat> {
        self.seats.get((owner, sub))
    }

    fn set_seat_of(&mut self, owner: Address, sub: u8, seat: Seat) {
        self.seats.set((owner, sub), &seat);
    }

    fn market(&mut self, instrument: Instrument) -> Option<Market> {
        self.markets.get(instrument)
    }

    fn set_market(&mut self, instrument: Instrument, market: &Market) {
        self.markets.set(instrument, market);
    }

    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page> {
        self.pages.get((instrument, page))
    }

    fn set_page(&mut self, instrument: Instrument, page: u32, content: &Page) {
        self.pages.set((instrument, page), content);
    }

    fn curve(&mut self, product: Product) -> Option<Curve> {
        self.curves.get(product)
    }

    fn set_curve(&mut self, product: Product, curve: &Curve) {
        self.curves.set(product, curve);
    }

    fn risk(&mut self, product: Product) -> Option<RiskArray> {
        self.risks.get(product)
    }

    fn set_risk(&mut self, product: Product, risk: &RiskArray) {
        self.risks.set(product, risk);
    }

    fn backtest(&mut self, product: Product) -> Backtest {
        self.backtests.get(product).unwrap_or_default()
    }

    fn set_backtest(&mut self, product: Product, backtest: &Backtest) {
        self.backtests.set(product, backtest);
    }

    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet {
        self.sheets.get((seat, number)).unwrap_or_default()
    }

    fn set_sheet(&mut self, seat: Seat, number: u16, sheet: &Sheet) {
        self.sheets.set((seat, number), sheet);
    }

    fn ledger(&mut self) -> Ledger {
        self.ledgers.get(()).unwrap_or_default()
    }

    fn set_ledger(&mut self, ledger: &Ledger) {
        self.ledgers.set((), ledger);
    }

    fn auction(&mut self, seat: Seat) -> Auction {
        self.auctions.get(seat).unwrap_or_default()
    }

    fn set_auction(&mut self, seat: Seat, auction: &Auction) {
        self.auctions.set(seat, auction);
    }

    fn triggers(&mut self, seat: Seat) -> Triggers {
        self.triggers.get(seat).unwrap_or_default()
    }

    fn set_triggers(&mut self, seat: Seat, triggers: &Triggers) {
        self.triggers.set(seat, triggers);
    }

    fn delegate(&mut self, seat: Seat, address: Address) -> Option<Delegate> {
        self.delegates.get((seat, address))
    }

    fn set_delegate(&mut self, seat: Seat, address: Address, delegate: &Delegate) {
        self.delegates.set((seat, address), delegate);
    }

    fn volume(&mut self, seat: Seat) -> Volume {
        self.volumes.get(seat).unwrap_or_default()
    }

    fn set_volume(&mut self, seat: Seat, volume: &Volume) {
        self.volumes.set(seat, volume);
    }

    fn emit(&mut self, event: Event) {
        self.events.push(event);
    }
}
