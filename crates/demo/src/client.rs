//! The clearing house's state as a client has it: cells read off the chain, one view each, and the engine runs on them.

use anyhow::Result;
use sit_engine::clearing::{
    Account, Auction, Backtest, Curve, Delegate, Event, Instrument, Ledger, Market, Page, Product, RiskArray, Sheet,
    Store, Triggers, Volume,
};
use sit_engine::codec::Cell;
use sit_engine::units::Seat;
use std::collections::HashMap;

/// Where cells of a clearing house are read: its `cell` view.
pub trait Cells {
    /// The bytes of a cell by its tag and identifiers; none where nothing was written.
    ///
    /// # Errors
    /// When the chain refuses the view.
    fn bytes(&mut self, tag: u8, a: u32, b: u32) -> Result<Vec<u8>>;

    /// The cell; `None` where nothing was written.
    ///
    /// # Errors
    /// When the chain refuses the view.
    fn cell<T: Cell>(&mut self, tag: u8, a: u32, b: u32) -> Result<Option<T>> {
        let bytes = self.bytes(tag, a, b)?;
        Ok(if bytes.is_empty() { None } else { Some(T::from_cell(&bytes)) })
    }
}

/// The state of a deployed clearing house at one block, to be read; each cell is asked for once. What a message would write
/// goes to an [`Overlay`](sit_native::Overlay) above it.
pub struct ChainState<'x, C> {
    chain: &'x mut C,
    known: HashMap<(u8, u32, u32), Vec<u8>>,
}

impl<'x, C: Cells> ChainState<'x, C> {
    /// The state as it is now.
    pub fn of(chain: &'x mut C) -> Self {
        Self { chain, known: HashMap::new() }
    }

    fn read<T: Cell>(&mut self, kind: u8, a: u32, b: u32) -> Option<T> {
        let asked = || self.chain.bytes(kind, a, b).unwrap_or_default();
        let bytes = self.known.entry((kind, a, b)).or_insert_with(asked);
        (!bytes.is_empty()).then(|| T::from_cell(bytes))
    }
}

/// A client can not write to the chain but by messages.
fn read_only() -> ! {
    unreachable!("the state of the chain is read, and previews write to an overlay")
}

impl<C: Cells> Store for ChainState<'_, C> {
    fn account(&mut self, seat: Seat) -> Option<Account> {
        self.read(b'A', seat.0, 0)
    }
    fn set_account(&mut self, _: Seat, _: &Account) {
        read_only()
    }
    fn seat_of(&mut self, _: [u8; 20], _: u8) -> Option<Seat> {
        None // seats are told by the event of their opening, not looked up
    }
    fn set_seat_of(&mut self, _: [u8; 20], _: u8, _: Seat) {
        read_only()
    }
    fn market(&mut self, instrument: Instrument) -> Option<Market> {
        self.read(b'M', instrument.0.into(), 0)
    }
    fn set_market(&mut self, _: Instrument, _: &Market) {
        read_only()
    }
    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page> {
        self.read(b'P', instrument.0.into(), page)
    }
    fn set_page(&mut self, _: Instrument, _: u32, _: &Page) {
        read_only()
    }
    fn curve(&mut self, product: Product) -> Option<Curve> {
        self.read(b'C', product.0.into(), 0)
    }
    fn set_curve(&mut self, _: Product, _: &Curve) {
        read_only()
    }
    fn risk(&mut self, product: Product) -> Option<RiskArray> {
        self.read(b'R', product.0.into(), 0)
    }
    fn set_risk(&mut self, _: Product, _: &RiskArray) {
        read_only()
    }
    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet {
        self.read(b'S', seat.0, number.into()).unwrap_or_default()
    }
    fn set_sheet(&mut self, _: Seat, _: u16, _: &Sheet) {
        read_only()
    }
    fn ledger(&mut self) -> Ledger {
        self.read(b'L', 0, 0).unwrap_or_default()
    }
    fn set_ledger(&mut self, _: &Ledger) {
        read_only()
    }
    fn auction(&mut self, seat: Seat) -> Auction {
        self.read(b'X', seat.0, 0).unwrap_or_default()
    }
    fn set_auction(&mut self, _: Seat, _: &Auction) {
        read_only()
    }
    fn volume(&mut self, seat: Seat) -> Volume {
        self.read(b'V', seat.0, 0).unwrap_or_default()
    }
    fn set_volume(&mut self, _: Seat, _: &Volume) {
        read_only()
    }
    fn triggers(&mut self, seat: Seat) -> Triggers {
        self.read(b'T', seat.0, 0).unwrap_or_default()
    }
    fn set_triggers(&mut self, _: Seat, _: &Triggers) {
        read_only()
    }
    fn delegate(&mut self, _: Seat, _: [u8; 20]) -> Option<Delegate> {
        None // previews are for owners
    }
    fn set_delegate(&mut self, _: Seat, _: [u8; 20], _: &Delegate) {
        read_only()
    }
    fn backtest(&mut self, product: Product) -> Backtest {
        self.read(b'B', product.0.into(), 0).unwrap_or_default()
    }
    fn set_backtest(&mut self, _: Product, _: &Backtest) {
        read_only()
    }
    fn emit(&mut self, _: Event) {
        read_only()
    }
}
