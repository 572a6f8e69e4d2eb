//! A store over another one: reads fall through, writes stay on top. What a message would do can be seen without doing
//! it.

use super::Native;
use sit_engine::chain::Address;
use sit_engine::clearing::{
    Account, Auction, Backtest, Curve, Delegate, Event, Instrument, Ledger, Market, Page, Product, RiskArray, Sheet,
    Store, Triggers, Volume, live,
};
use sit_engine::units::Seat;
use std::vec::Vec;

/// Cells that a message has written, over a store that stays as it is.
pub struct Overlay<'s, S: Store> {
    base: &'s mut S,
    top: Native,
}

impl<'s, S: Store> Overlay<'s, S> {
    /// Nothing written yet.
    pub fn new(base: &'s mut S) -> Self {
        Self { base, top: Native::new() }
    }

    /// Events emitted, in order.
    pub fn events(&self) -> &[Event] {
        &self.top.events
    }

    /// Takes the events out.
    pub fn into_events(self) -> Vec<Event> {
        self.top.events
    }
}

impl<S: Store> Store for Overlay<'_, S> {
    fn account(&mut self, seat: Seat) -> Option<Account> {
        // An account that has left on top is not looked up below.
        self.top.accounts.get(seat).map_or_else(|| self.base.account(seat), live)
    }

    fn set_account(&mut self, seat: Seat, account: &Account) {
        self.top.set_account(seat, account);
    }

    fn mirror(&mut self, product: Product) -> Option<Account> {
        self.top.mirror(product).or_else(|| self.base.mirror(product))
    }

    fn set_mirror(&mut self, product: Product, mirror: &Account) {
        self.top.set_mirror(product, mirror);
    }

    fn seat_of(&mut self, owner: Address, sub: u8) -> Option<Seat> {
        self.top.seat_of(owner, sub).or_else(|| self.base.seat_of(owner, sub))
    }

    fn set_seat_of(&mut self, owner: Address, sub: u8, seat: Seat) {
        self.top.set_seat_of(owner, sub, seat);
    }

    fn market(&mut self, instrument: Instrument) -> Option<Market> {
        self.top.market(instrument).or_else(|| self.base.market(instrument))
    }

    fn set_market(&mut self, instrument: Instrument, market: &Market) {
        self.top.set_market(instrument, market);
    }

    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page> {
        self.top.page(instrument, page).or_else(|| self.base.page(instrument, page))
    }

    fn set_page(&mut self, instrument: Instrument, page: u32, content: &Page) {
        self.top.set_page(instrument, page, content);
    }

    fn curve(&mut self, product: Product) -> Option<Curve> {
        self.top.curve(product).or_else(|| self.base.curve(product))
    }

    fn set_curve(&mut self, product: Product, curve: &Curve) {
        self.top.set_curve(product, curve);
    }

    fn risk(&mut self, product: Product) -> Option<RiskArray> {
        self.top.risk(product).or_else(|| self.base.risk(product))
    }

    fn set_risk(&mut self, product: Product, risk: &RiskArray) {
        self.top.set_risk(product, risk);
    }

    fn backtest(&mut self, product: Product) -> Backtest {
        self.top.backtests.get(product).unwrap_or_else(|| self.base.backtest(product))
    }

    fn set_backtest(&mut self, product: Product, backtest: &Backtest) {
        self.top.set_backtest(product, backtest);
    }

    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet {
        self.top.sheets.get((seat, number)).unwrap_or_else(|| self.base.sheet(seat, number))
    }

    fn set_sheet(&mut self, seat: Seat, number: u16, sheet: &Sheet) {
        self.top.set_sheet(seat, number, sheet);
    }

    fn ledger(&mut self) -> Ledger {
        self.top.ledgers.get(()).unwrap_or_else(|| self.base.ledger())
    }

    fn set_ledger(&mut self, ledger: &Ledger) {
        self.top.set_ledger(ledger);
    }

    fn auction(&mut self, seat: Seat) -> Auction {
        self.top.auctions.get(seat).unwrap_or_else(|| self.base.auction(seat))
    }

    fn set_auction(&mut self, seat: Seat, auction: &Auction) {
        self.top.set_auction(seat, auction);
    }

    fn volume(&mut self, seat: Seat) -> Volume {
        self.top.volumes.get(seat).unwrap_or_else(|| self.base.volume(seat))
    }

    fn set_volume(&mut self, seat: Seat, volume: &Volume) {
        self.top.set_volume(seat, volume);
    }

    fn triggers(&mut self, seat: Seat) -> Triggers {
        self.top.triggers.get(seat).unwrap_or_else(|| self.base.triggers(seat))
    }

    fn set_triggers(&mut self, seat: Seat, triggers: &Triggers) {
        self.top.set_triggers(seat, triggers);
    }

    fn delegate(&mut self, seat: Seat, address: Address) -> Option<Delegate> {
        self.top.delegate(seat, address).or_else(|| self.base.delegate(seat, address))
    }

    fn set_delegate(&mut self, seat: Seat, address: Address, delegate: &Delegate) {
        self.top.set_delegate(seat, address, delegate);
    }

    fn emit(&mut self, event: Event) {
        self.top.emit(event);
    }
}
