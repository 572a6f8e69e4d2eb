//! A store over cells that somebody has read: what is not there is noted, so that it can be read.

use std::collections::BTreeMap;

use sit_engine::chain::Address;
use sit_engine::clearing::keys::{self, CellId};
use sit_engine::clearing::{
    Account, Auction, Backtest, Curve, Delegate, Event, Instrument, Ledger, Market, Page, Product, RiskArray, Sheet,
    Store, Triggers, Volume, live,
};
use sit_engine::codec::Cell;
use sit_engine::units::Seat;

/// A cell's kind and its two identifiers, as the `cell` view takes them.
pub type Id = (u8, u32, u32);

/// Cells by their identifiers. A cell of no bytes was read and has never been written.
#[derive(Clone, Default)]
pub struct Fetched {
    cells: BTreeMap<Id, Vec<u8>>,
    seats: BTreeMap<(Address, u8), Seat>,
    delegates: BTreeMap<(Seat, Address), Delegate>,
    missing: Vec<Id>,
}

impl Fetched {
    /// Keeps the bytes of a cell.
    pub fn put(&mut self, id: Id, bytes: Vec<u8>) {
        self.cells.insert(id, bytes);
    }

    /// Keeps a delegate, whose cell no view returns: the page knows it from its events or has named it itself.
    pub fn put_delegate(&mut self, seat: Seat, address: Address, delegate: Delegate) {
        self.delegates.insert((seat, address), delegate);
    }

    /// Keeps the seat of an owner, which the page knows from the event of its opening.
    pub fn put_seat(&mut self, owner: Address, sub: u8, seat: Seat) {
        self.seats.insert((owner, sub), seat);
    }

    /// Forgets all cells: those of another block come.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.seats.clear();
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells that were asked for and are not there, each once; forgets them.
    pub fn take_missing(&mut self) -> Vec<Id> {
        let mut missing = std::mem::take(&mut self.missing);
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    fn get<T: Cell>(&mut self, CellId { kind, a, b }: CellId) -> Option<T> {
        match self.cells.get(&(kind, a, b)) {
            Some(bytes) => (!bytes.is_empty()).then(|| T::from_cell(bytes)),
            None => {
                self.missing.push((kind, a, b));
                None
            }
        }
    }

    fn set<T: Cell>(&mut self, CellId { kind, a, b }: CellId, value: &T) {
        self.put((kind, a, b), value.to_cell().as_bytes().to_vec());
    }
}

impl Store for Fetched {
    fn account(&mut self, seat: Seat) -> Option<Account> {
        self.get(keys::account(seat)).and_then(live)
    }

    fn set_account(&mut self, seat: Seat, account: &Account) {
        self.set(keys::account(seat), account);
    }

    fn mirror(&mut self, product: Product) -> Option<Account> {
        self.get(keys::mirror(product))
    }

    fn set_mirror(&mut self, product: Product, mirror: &Account) {
        self.set(keys::mirror(product), mirror);
    }

    fn seat_of(&mut self, owner: Address, sub: u8) -> Option<Seat> {
        self.seats.get(&(owner, sub)).copied()
    }

    fn set_seat_of(&mut self, owner: Address, sub: u8, seat: Seat) {
        self.seats.insert((owner, sub), seat);
    }

    fn market(&mut self, instrument: Instrument) -> Option<Market> {
        self.get(keys::market(instrument))
    }

    fn set_market(&mut self, instrument: Instrument, market: &Market) {
        self.set(keys::market(instrument), market);
    }

    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page> {
        self.get(keys::page(instrument, page))
    }

    fn set_page(&mut self, instrument: Instrument, page: u32, content: &Page) {
        self.set(keys::page(instrument, page), content);
    }

    fn curve(&mut self, product: Product) -> Option<Curve> {
        self.get(keys::curve(product))
    }

    fn set_curve(&mut self, product: Product, curve: &Curve) {
        self.set(keys::curve(product), curve);
    }

    fn risk(&mut self, product: Product) -> Option<RiskArray> {
        self.get(keys::risk(product))
    }

    fn set_risk(&mut self, product: Product, risk: &RiskArray) {
        self.set(keys::risk(product), risk);
    }

    fn backtest(&mut self, product: Product) -> Backtest {
        self.get(keys::backtest(product)).unwrap_or_default()
    }

    fn set_backtest(&mut self, product: Product, backtest: &Backtest) {
        self.set(keys::backtest(product), backtest);
    }

    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet {
        self.get(keys::sheet(seat, number)).unwrap_or_default()
    }

    fn set_sheet(&mut self, seat: Seat, number: u16, sheet: &Sheet) {
        self.set(keys::sheet(seat, number), sheet);
    }

    fn ledger(&mut self) -> Ledger {
        self.get(keys::ledger()).unwrap_or_default()
    }

    fn set_ledger(&mut self, ledger: &Ledger) {
        self.set(keys::ledger(), ledger);
    }

    fn auction(&mut self, seat: Seat) -> Auction {
        self.get(keys::auction(seat)).unwrap_or_default()
    }

    fn set_auction(&mut self, seat: Seat, auction: &Auction) {
        self.set(keys::auction(seat), auction);
    }

    fn volume(&mut self, seat: Seat) -> Volume {
        self.get(keys::volume(seat)).unwrap_or_default()
    }

    fn set_volume(&mut self, seat: Seat, volume: &Volume) {
        self.set(keys::volume(seat), volume);
    }

    fn triggers(&mut self, seat: Seat) -> Triggers {
        self.get(keys::triggers(seat)).unwrap_or_default()
    }

    fn set_triggers(&mut self, seat: Seat, triggers: &Triggers) {
        self.set(keys::triggers(seat), triggers);
    }

    fn delegate(&mut self, seat: Seat, address: Address) -> Option<Delegate> {
        self.delegates.get(&(seat, address)).copied()
    }

    fn set_delegate(&mut self, seat: Seat, address: Address, delegate: &Delegate) {
        self.delegates.insert((seat, address), *delegate);
    }

    fn emit(&mut self, _: Event) {
        // Messages run on an overlay, which keeps their events.
    }
}
