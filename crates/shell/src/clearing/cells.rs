//! The cells of the clearing house on the chain, under the engine's keys.
//!
//! Proof is what a message pays for, and it pays again for every repeated read or write: cells that a message comes
//! back to (accounts, scores, curve, margin) are kept here. Accounts and scores are written once at its end, by
//! `Chain::flush`; curve and margin at once, because no hot message writes them: so only the office has the code for
//! it.

use super::events;
use crate::{load, save};
use ink::prelude::vec::Vec;
use sit_engine::clearing::{
    Account, Auction, Backtest, Curve, Delegate, Event, Instrument, Ledger, Market, Page, Peers, Product, RiskArray,
    Sheet, Store, Triggers, Volume, keys, live,
};
use sit_engine::codec::{CELL_BYTES, Cell, Reader, Writer};
use sit_engine::units::Seat;

const _: () = assert!(SeatCell::MAX_BYTES <= CELL_BYTES);

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

/// The contract's storage and events, as the engine knows them. Only [`super::commit`] and [`super::pay_out`] make one
/// and write what it keeps, so no message can forget to.
pub struct Chain {
    accounts: Held<Seat, Account>,
    sheets: Held<(Seat, u16), Sheet>,
    curves: Held<Product, Curve>,
    risks: Held<Product, RiskArray>,
    peers: Option<Peers>,
}

impl Chain {
    /// Nothing read yet.
    pub(super) const fn new() -> Self {
        Self { accounts: Held::new(), sheets: Held::new(), curves: Held::new(), risks: Held::new(), peers: None }
    }

    /// Writes what changed and was only kept.
    pub(super) fn flush(&self) {
        for (seat, account) in self.accounts.changed() {
            save(&keys::account(seat).key(), account);
        }
        for ((seat, number), sheet) in self.sheets.changed() {
            save(&keys::sheet(seat, number).key(), sheet);
        }
    }

    /// Stores the contracts that a new clearing house knows.
    pub fn found(peers: &Peers) {
        save(&keys::peers().key(), peers);
    }

    /// The contracts that this one knows, read once a message.
    pub fn peers(&mut self) -> Peers {
        *self.peers.get_or_insert_with(peers)
    }

    /// Stores them.
    pub fn set_peers(&mut self, peers: &Peers) {
        save(&keys::peers().key(), peers);
        self.peers = Some(*peers);
    }
}

/// The contracts that this one knows, for a message that needs nothing else.
pub fn peers() -> Peers {
    load(&keys::peers().key()).unwrap_or_default()
}

impl Store for Chain {
    fn account(&mut self, seat: Seat) -> Option<Account> {
        self.accounts.get(seat, || load(&keys::account(seat).key())).and_then(live)
    }
    fn set_account(&mut self, seat: Seat, account: &Account) {
        self.accounts.set(seat, account);
    }
    fn mirror(&mut self, product: Product) -> Option<Account> {
        load(&keys::mirror(product).key())
    }
    fn set_mirror(&mut self, product: Product, mirror: &Account) {
        save(&keys::mirror(product).key(), mirror);
    }
    fn seat_of(&mut self, owner: [u8; 20], sub: u8) -> Option<Seat> {
        load::<SeatCell>(&keys::seat_of(owner, sub)).map(|cell| Seat(cell.0))
    }
    fn set_seat_of(&mut self, owner: [u8; 20], sub: u8, seat: Seat) {
        save(&keys::seat_of(owner, sub), &SeatCell(seat.0));
    }
    fn market(&mut self, instrument: Instrument) -> Option<Market> {
        load(&keys::market(instrument).key())
    }
    fn set_market(&mut self, instrument: Instrument, market: &Market) {
        save(&keys::market(instrument).key(), market);
    }
    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page> {
        load(&keys::page(instrument, page).key())
    }
    fn set_page(&mut self, instrument: Instrument, page: u32, content: &Page) {
        save(&keys::page(instrument, page).key(), content);
    }
    fn curve(&mut self, product: Product) -> Option<Curve> {
        self.curves.get(product, || load(&keys::curve(product).key()))
    }
    fn set_curve(&mut self, product: Product, curve: &Curve) {
        save(&keys::curve(product).key(), curve);
        self.curves.set(product, curve);
    }
    fn risk(&mut self, product: Product) -> Option<RiskArray> {
        self.risks.get(product, || load(&keys::risk(product).key()))
    }
    fn set_risk(&mut self, product: Product, risk: &RiskArray) {
        save(&keys::risk(product).key(), risk);
        self.risks.set(product, risk);
    }
    fn backtest(&mut self, product: Product) -> Backtest {
        load(&keys::backtest(product).key()).unwrap_or_default()
    }
    fn set_backtest(&mut self, product: Product, backtest: &Backtest) {
        save(&keys::backtest(product).key(), backtest);
    }
    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet {
        let read = || load(&keys::sheet(seat, number).key());
        self.sheets.get((seat, number), read).unwrap_or_default()
    }
    fn set_sheet(&mut self, seat: Seat, number: u16, sheet: &Sheet) {
        self.sheets.set((seat, number), sheet);
    }
    fn ledger(&mut self) -> Ledger {
        load(&keys::ledger().key()).unwrap_or_default()
    }
    fn set_ledger(&mut self, ledger: &Ledger) {
        save(&keys::ledger().key(), ledger);
    }
    fn auction(&mut self, seat: Seat) -> Auction {
        load(&keys::auction(seat).key()).unwrap_or_default()
    }
    fn set_auction(&mut self, seat: Seat, auction: &Auction) {
        save(&keys::auction(seat).key(), auction);
    }
    fn volume(&mut self, seat: Seat) -> Volume {
        load(&keys::volume(seat).key()).unwrap_or_default()
    }
    fn set_volume(&mut self, seat: Seat, volume: &Volume) {
        save(&keys::volume(seat).key(), volume);
    }
    fn triggers(&mut self, seat: Seat) -> Triggers {
        load(&keys::triggers(seat).key()).unwrap_or_default()
    }
    fn set_triggers(&mut self, seat: Seat, triggers: &Triggers) {
        save(&keys::triggers(seat).key(), triggers);
    }
    fn delegate(&mut self, seat: Seat, address: [u8; 20]) -> Option<Delegate> {
        load(&keys::delegate(seat, address))
    }
    fn set_delegate(&mut self, seat: Seat, address: [u8; 20], delegate: &Delegate) {
        save(&keys::delegate(seat, address), delegate);
    }
    fn emit(&mut self, event: Event) {
        events::emit(event);
    }
}
