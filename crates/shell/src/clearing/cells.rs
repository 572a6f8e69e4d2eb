//! The cells of the clearing house on the chain. A key is one tag byte and the identifiers.
//!
//! Proof is what a message pays for, and it pays again for every repeated read or write: cells that a message comes back to
//! (accounts, scores, curve, margin) are kept here and written once at its end, by [`Chain::flush`].

use super::events;
use crate::{Key, load, save};
use ink::prelude::vec::Vec;
use sit_engine::clearing::{
    Account, Auction, Backtest, Curve, Delegate, Event, Instrument, Ledger, Market, Page, Product, RiskArray, Sheet,
    Store, Triggers, Volume,
};
use sit_engine::codec::{CELL_BYTES, Cell, Reader, Writer};
use sit_engine::units::Seat;

/// Tags of the cells, which are also the kinds that the `cell` view knows.
pub mod tag {
    /// An account, by seat.
    pub const ACCOUNT: u8 = b'A';
    /// The seat of an owner's sub-account.
    pub const SEAT: u8 = b'O';
    /// An instrument.
    pub const MARKET: u8 = b'M';
    /// A page of a book, by instrument and page.
    pub const PAGE: u8 = b'P';
    /// A product's curve.
    pub const CURVE: u8 = b'C';
    /// A product's margin.
    pub const RISK: u8 = b'R';
    /// The backtest of a product's margin.
    pub const BACKTEST: u8 = b'B';
    /// A sheet of a maker's scores, by seat and number of the sheet.
    pub const SCORE: u8 = b'S';
    /// The ledger.
    pub const LEDGER: u8 = b'L';
    /// A running liquidation, by seat.
    pub const AUCTION: u8 = b'X';
    /// What an account traded on thirty days, by seat.
    pub const VOLUME: u8 = b'V';
    /// The triggers of an account, by seat.
    pub const TRIGGERS: u8 = b'T';
    /// A delegate, by seat and address.
    pub const DELEGATE: u8 = b'D';
    /// The other contracts.
    pub const PEERS: u8 = b'N';
}

/// The key of a cell: tag and two identifiers, whatever it needs of them.
pub fn key(tag: u8, a: u32, b: u32) -> Key {
    Key::new(tag).number(a).number(b)
}

/// Addresses of the contracts that this one knows.
#[derive(Clone, Copy, Default)]
pub struct Peers {
    /// Sets rules and margin.
    pub governance: [u8; 20],
    /// Holds the collateral. Zero until connected.
    pub vault: [u8; 20],
    /// Prints the index.
    pub oracle: [u8; 20],
    /// Designates and pays market makers.
    pub incentives: [u8; 20],
    /// Whose code answers the colder messages.
    pub back_office: [u8; 20],
}

const _: () = assert!(Peers::MAX_BYTES <= CELL_BYTES);
const _: () = assert!(SeatCell::MAX_BYTES <= CELL_BYTES);

impl Cell for Peers {
    const MAX_BYTES: usize = 100;

    fn write(&self, out: &mut Writer) {
        for address in [&self.governance, &self.vault, &self.oracle, &self.incentives, &self.back_office] {
            out.put(address);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            governance: from.array(),
            vault: from.array(),
            oracle: from.array(),
            incentives: from.array(),
            back_office: from.array(),
        }
    }
}

/// A seat, as the owner index stores it.
#[derive(Clone, Copy)]
struct SeatCell(u32);

impl Cell for SeatCell {
    const MAX_BYTES: usize = 4;

    fn write(&self, out: &mut Writer) {
        out.uint(self.0.into(), 4);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self(from.u32(4))
    }
}

/// Cells of one kind that a message holds.
struct Held<K, V> {
    cells: Vec<(K, V, bool)>,
}

impl<K: Copy + PartialEq, V: Copy> Held<K, V> {
    const fn new() -> Self {
        Self { cells: Vec::new() }
    }

    fn get(&mut self, key: K, read: impl FnOnce() -> Option<V>) -> Option<V> {
        if let Some((_, value, _)) = self.cells.iter().find(|(held, _, _)| *held == key) {
            return Some(*value);
        }
        let value = read()?;
        self.cells.push((key, value, false));
        Some(value)
    }

    fn set(&mut self, key: K, value: &V) {
        match self.cells.iter_mut().find(|(held, _, _)| *held == key) {
            Some((_, held, changed)) => (*held, *changed) = (*value, true),
            None => self.cells.push((key, *value, true)),
        }
    }

    fn changed(&self) -> impl Iterator<Item = (K, &V)> {
        self.cells.iter().filter(|(_, _, changed)| *changed).map(|(key, value, _)| (*key, value))
    }
}

/// The contract's storage and events, as the engine knows them.
pub struct Chain {
    accounts: Held<Seat, Account>,
    sheets: Held<(Seat, u16), Sheet>,
    curves: Held<Product, Curve>,
    risks: Held<Product, RiskArray>,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self { accounts: Held::new(), sheets: Held::new(), curves: Held::new(), risks: Held::new() }
    }

    /// Writes what changed and was kept. Without it a message has no effect on those cells.
    pub fn flush(&self) {
        for (seat, account) in self.accounts.changed() {
            save(&key(tag::ACCOUNT, seat.0, 0), account);
        }
        for ((seat, number), sheet) in self.sheets.changed() {
            save(&key(tag::SCORE, seat.0, number.into()), sheet);
        }
        for (product, curve) in self.curves.changed() {
            save(&key(tag::CURVE, product.0.into(), 0), curve);
        }
        for (product, risk) in self.risks.changed() {
            save(&key(tag::RISK, product.0.into(), 0), risk);
        }
    }

    /// The contracts that this one knows.
    pub fn peers() -> Peers {
        load(&key(tag::PEERS, 0, 0)).unwrap_or_default()
    }

    /// Stores them.
    pub fn set_peers(peers: &Peers) {
        save(&key(tag::PEERS, 0, 0), peers);
    }
}

fn owner_key(owner: [u8; 20], sub: u8) -> Key {
    Key::new(tag::SEAT).with(&owner).with(&[sub])
}

fn delegate_key(seat: Seat, address: [u8; 20]) -> Key {
    Key::new(tag::DELEGATE).number(seat.0).with(&address)
}

impl Store for Chain {
    fn account(&mut self, seat: Seat) -> Option<Account> {
        self.accounts.get(seat, || load(&key(tag::ACCOUNT, seat.0, 0)))
    }
    fn set_account(&mut self, seat: Seat, account: &Account) {
        self.accounts.set(seat, account);
    }
    fn seat_of(&mut self, owner: [u8; 20], sub: u8) -> Option<Seat> {
        load::<SeatCell>(&owner_key(owner, sub)).map(|cell| Seat(cell.0))
    }
    fn set_seat_of(&mut self, owner: [u8; 20], sub: u8, seat: Seat) {
        save(&owner_key(owner, sub), &SeatCell(seat.0));
    }
    fn market(&mut self, instrument: Instrument) -> Option<Market> {
        load(&key(tag::MARKET, instrument.0.into(), 0))
    }
    fn set_market(&mut self, instrument: Instrument, market: &Market) {
        save(&key(tag::MARKET, instrument.0.into(), 0), market);
    }
    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page> {
        load(&key(tag::PAGE, instrument.0.into(), page))
    }
    fn set_page(&mut self, instrument: Instrument, page: u32, content: &Page) {
        save(&key(tag::PAGE, instrument.0.into(), page), content);
    }
    fn curve(&mut self, product: Product) -> Option<Curve> {
        self.curves.get(product, || load(&key(tag::CURVE, product.0.into(), 0)))
    }
    fn set_curve(&mut self, product: Product, curve: &Curve) {
        self.curves.set(product, curve);
    }
    fn risk(&mut self, product: Product) -> Option<RiskArray> {
        self.risks.get(product, || load(&key(tag::RISK, product.0.into(), 0)))
    }
    fn set_risk(&mut self, product: Product, risk: &RiskArray) {
        self.risks.set(product, risk);
    }
    fn backtest(&mut self, product: Product) -> Backtest {
        load(&key(tag::BACKTEST, product.0.into(), 0)).unwrap_or_default()
    }
    fn set_backtest(&mut self, product: Product, backtest: &Backtest) {
        save(&key(tag::BACKTEST, product.0.into(), 0), backtest);
    }
    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet {
        let read = || load(&key(tag::SCORE, seat.0, number.into()));
        self.sheets.get((seat, number), read).unwrap_or_default()
    }
    fn set_sheet(&mut self, seat: Seat, number: u16, sheet: &Sheet) {
        self.sheets.set((seat, number), sheet);
    }
    fn ledger(&mut self) -> Ledger {
        load(&key(tag::LEDGER, 0, 0)).unwrap_or_default()
    }
    fn set_ledger(&mut self, ledger: &Ledger) {
        save(&key(tag::LEDGER, 0, 0), ledger);
    }
    fn auction(&mut self, seat: Seat) -> Auction {
        load(&key(tag::AUCTION, seat.0, 0)).unwrap_or_default()
    }
    fn set_auction(&mut self, seat: Seat, auction: &Auction) {
        save(&key(tag::AUCTION, seat.0, 0), auction);
    }
    fn volume(&mut self, seat: Seat) -> Volume {
        load(&key(tag::VOLUME, seat.0, 0)).unwrap_or_default()
    }
    fn set_volume(&mut self, seat: Seat, volume: &Volume) {
        save(&key(tag::VOLUME, seat.0, 0), volume);
    }
    fn triggers(&mut self, seat: Seat) -> Triggers {
        load(&key(tag::TRIGGERS, seat.0, 0)).unwrap_or_default()
    }
    fn set_triggers(&mut self, seat: Seat, triggers: &Triggers) {
        save(&key(tag::TRIGGERS, seat.0, 0), triggers);
    }
    fn delegate(&mut self, seat: Seat, address: [u8; 20]) -> Option<Delegate> {
        load(&delegate_key(seat, address))
    }
    fn set_delegate(&mut self, seat: Seat, address: [u8; 20], delegate: &Delegate) {
        save(&delegate_key(seat, address), delegate);
    }
    fn emit(&mut self, event: Event) {
        events::emit(event);
    }
}
