//! A store over another one: reads fall through, writes stay on top. What a message would do can be seen without doing
//! it.

use super::Native;
use sit_engine::chain::Address;
use sit_engine::clearing::{
    Account, Auction, Backtest, Curve, Delegate, Event, Instrument, Ledger, Market, Page, Product, RiskArray, Sheet,
    Store, Triggers, Volume, keys, live,
};
use sit_engine::codec::Cell;
use sit_engine::key::Key;
use sit_engine::units::Seat;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// By how much a message makes the storage of the clearing house larger: what a chain asks a deposit for. The vault's
/// own cell never grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Growth {
    /// Cells that there were not. A cell that reads as one that was never written counts as new.
    pub cells: u32,
    /// Bytes of the keys of those.
    pub key_bytes: u32,
    /// Bytes of the cells; below zero when they have become fewer.
    pub bytes: i64,
}

/// A cell that a message has written, and what it held before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// What the cell is, as `kind(key)`.
    pub cell: String,
    /// What it held, field by field, as Rust writes a value down; `None` where nothing was written before.
    pub before: Option<String>,
    /// What it holds now.
    pub after: String,
}

/// Bytes of the cell in which the seat of a sub-account stands.
const SEAT_BYTES: i64 = 4;

/// What a cell of a contract takes in the trie beside its key: the hash before it.
const KEY_HASH_BYTES: u32 = 16;

/// Deposit for a cell on Polkadot Hub and on chains like it, in planck: 0.002 DOT.
pub const PLANCK_OF_A_CELL: i128 = 20_000_000;

/// Deposit for a byte there, in planck: 0.00001 DOT.
pub const PLANCK_OF_A_BYTE: i128 = 100_000;

impl Growth {
    /// The refundable deposit that a chain asks for it, in planck; below zero when one comes back now.
    #[must_use]
    pub fn deposit(self) -> i128 {
        let cells = i128::from(self.cells);
        let keys = i128::from(self.key_bytes).saturating_add(cells.saturating_mul(KEY_HASH_BYTES.into()));
        let bytes = i128::from(self.bytes).saturating_add(keys);
        cells.saturating_mul(PLANCK_OF_A_CELL).saturating_add(bytes.saturating_mul(PLANCK_OF_A_BYTE))
    }

    fn add<C: Cell>(&mut self, key: Key, old: Option<C>, new: &C) {
        let length = |cell: &C| i64::try_from(cell.to_cell().as_bytes().len()).unwrap_or(i64::MAX);
        match old {
            Some(old) => self.bytes += length(new) - length(&old),
            None => self.begin(key, length(new)),
        }
    }

    fn begin(&mut self, key: Key, bytes: i64) {
        self.cells += 1;
        self.key_bytes += u32::try_from(key.as_bytes().len()).unwrap_or(u32::MAX);
        self.bytes += bytes;
    }
}

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

    /// By how much what has been written makes the store below larger.
    pub fn growth(&mut self) -> Growth {
        /// A cell that there is; the store does not tell one that was never written from one as it begins.
        fn written<C: Default + PartialEq>(cell: C) -> Option<C> {
            (cell != C::default()).then_some(cell)
        }
        let (top, base) = (&self.top, &mut *self.base);
        let mut growth = Growth::default();
        for (seat, account) in &top.accounts.held {
            growth.add(keys::account(*seat).key(), base.account(*seat), account);
        }
        for (product, mirror) in &top.mirrors.held {
            growth.add(keys::mirror(*product).key(), base.mirror(*product), mirror);
        }
        for (owner, sub) in top.seats.held.keys() {
            if base.seat_of(*owner, *sub).is_none() {
                growth.begin(keys::seat_of(*owner, *sub), SEAT_BYTES);
            }
        }
        for (instrument, market) in &top.markets.held {
            growth.add(keys::market(*instrument).key(), base.market(*instrument), market);
        }
        for ((instrument, number), page) in &top.pages.held {
            growth.add(keys::page(*instrument, *number).key(), base.page(*instrument, *number), page);
        }
        for (product, curve) in &top.curves.held {
            growth.add(keys::curve(*product).key(), base.curve(*product), curve);
        }
        for (product, risk) in &top.risks.held {
            growth.add(keys::risk(*product).key(), base.risk(*product), risk);
        }
        for (product, backtest) in &top.backtests.held {
            growth.add(keys::backtest(*product).key(), written(base.backtest(*product)), backtest);
        }
        for ((seat, number), sheet) in &top.sheets.held {
            growth.add(keys::sheet(*seat, *number).key(), written(base.sheet(*seat, *number)), sheet);
        }
        for ledger in top.ledgers.held.values() {
            growth.add(keys::ledger().key(), written(base.ledger()), ledger);
        }
        for (seat, auction) in &top.auctions.held {
            growth.add(keys::auction(*seat).key(), written(base.auction(*seat)), auction);
        }
        for (seat, volume) in &top.volumes.held {
            growth.add(keys::volume(*seat).key(), written(base.volume(*seat)), volume);
        }
        for (seat, triggers) in &top.triggers.held {
            growth.add(keys::triggers(*seat).key(), written(base.triggers(*seat)), triggers);
        }
        for ((seat, address), delegate) in &top.delegates.held {
            growth.add(keys::delegate(*seat, *address), base.delegate(*seat, *address), delegate);
        }
        growth
    }

    /// The cells that were written and hold something else now, with both contents: what governance changes is told by
    /// it. Seats, which never change, and delegates, which are no business of governance, are left out.
    pub fn written(&mut self) -> Vec<Written> {
        fn note<C: PartialEq + core::fmt::Debug>(found: &mut Vec<Written>, cell: String, old: Option<C>, new: &C) {
            if old.as_ref() != Some(new) {
                let before = old.map(|old| format!("{old:#?}"));
                found.push(Written { cell, before, after: format!("{new:#?}") });
            }
        }
        let (top, base) = (&self.top, &mut *self.base);
        let mut found = Vec::new();
        for ledger in top.ledgers.held.values() {
            note(&mut found, "ledger".to_string(), Some(base.ledger()), ledger);
        }
        for (product, risk) in &top.risks.held {
            note(&mut found, format!("risk({})", product.0), base.risk(*product), risk);
        }
        for (product, curve) in &top.curves.held {
            note(&mut found, format!("curve({})", product.0), base.curve(*product), curve);
        }
        for (product, backtest) in &top.backtests.held {
            note(&mut found, format!("backtest({})", product.0), Some(base.backtest(*product)), backtest);
        }
        for (product, mirror) in &top.mirrors.held {
            note(&mut found, format!("mirror({})", product.0), base.mirror(*product), mirror);
        }
        for (instrument, market) in &top.markets.held {
            note(&mut found, format!("market({})", instrument.0), base.market(*instrument), market);
        }
        for (seat, account) in &top.accounts.held {
            note(&mut found, format!("account({})", seat.0), base.account(*seat), account);
        }
        found.sort_by(|one, other| one.cell.cmp(&other.cell));
        found
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

#[cfg(test)]
mod tests {
    use crate::preview::{Standing, growths, preview_message, preview_next};
    use crate::{Message, Native, Overlay};
    use sit_engine::chain::Env;
    use sit_engine::clearing::{ClearingError, Store};
    use sit_engine::units::{QuoteAtoms, Seat, Seconds};

    #[test]
    fn an_account_takes_the_deposit_that_the_chain_was_seen_to_take() {
        // Row `clearing.open_account` of `tests/stories/weights.csv`: 0.00503 DOT, for two cells of 103 bytes with
        // keys.
        let env = Env { caller: [7; 20], now: Seconds(1_795_420_800) };
        let mut house = Native::new();
        // The first account of all writes the ledger too.
        let _ = sit_engine::clearing::open_account(&mut house, Env { caller: [6; 20], ..env }, 0);
        let said = preview_message(&mut house, env, Seat(1), &Message::OpenAccount { sub: 0 });
        assert_eq!(said.growth.deposit(), 50_300_000);
    }

    #[test]
    fn a_message_after_others_is_previewed_on_what_they_leave() {
        let env = Env { caller: [7; 20], now: Seconds(1_795_420_800) };
        let (mut house, seat, dollars) = (Native::new(), Seat(0), 1_000_000_u64);
        assert_eq!(sit_engine::clearing::open_account(&mut house, env, 0), Ok(seat));
        sit_engine::clearing::credit(&mut house, env.now, seat, 500 * dollars).expect("it is there");
        let mut left = Overlay::new(&mut house);
        let mut withdraw = |amount: u64| {
            let said = preview_next(&mut left, env, seat, &Message::Withdraw { seat, amount: amount * dollars });
            let equity =
                |standing: &Result<Standing, ClearingError>| standing.as_ref().expect("it is there").health.equity;
            (said.outcome.is_ok(), equity(&said.before), equity(&said.after))
        };
        let atoms = |amount: u64| QuoteAtoms((amount * dollars).into());
        assert_eq!(withdraw(200), (true, atoms(500), atoms(300)));
        assert_eq!(withdraw(200), (true, atoms(300), atoms(100)));
        assert_eq!(withdraw(200), (false, atoms(100), atoms(100)), "it would be done first and not third");
        assert_eq!(withdraw(100), (true, atoms(100), atoms(0)), "what is refused leaves nothing");
        assert_eq!(house.account(seat).expect("it is there").cash, 500 * dollars, "the state below is as it was");
    }

    #[test]
    fn each_message_of_a_block_pays_for_what_it_adds_to_those_before_it() {
        let env = |caller| Env { caller: [caller; 20], now: Seconds(1_795_420_800) };
        let mut house = Native::new();
        let open = Message::OpenAccount { sub: 0 };
        let again = Message::Credit { seat: Seat(1), amount: 5 };
        let block = [(env(6), &open), (env(7), &open), (env(7), &again), (env(7), &open), (env(8), &open)];
        let planck: Vec<i128> = growths(&mut house, block).into_iter().map(super::Growth::deposit).collect();
        // The first writes the ledger too, a credit of an account that there is stores nothing more, and what comes
        // after a refusal, a second account of one name, is not told.
        assert_eq!(planck.len(), 3, "{planck:?}");
        assert!(planck[0] > planck[1], "{planck:?}");
        assert_eq!((planck[1], planck[2]), (50_300_000, 0));
        assert_eq!(house.ledger(), sit_engine::clearing::Ledger::default(), "the state below is as it was");
    }
}
