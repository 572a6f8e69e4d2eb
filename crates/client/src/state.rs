//! The clearing house's state as a client has it: cells read off the chain, one view each, and the engine runs on them.

use std::collections::{BTreeSet, HashMap};

use sit_engine::clearing::{
    Account, Auction, Backtest, Curve, Delegate, Event, Instrument, Ledger, Market, Page, Product, RiskArray, Sheet,
    Store, Triggers, Volume, live,
};
use sit_engine::codec::Cell;
use sit_engine::units::Seat;
use sit_native::{
    Message,
    stored::{self, OfClearing},
    view::ClearingCell,
};

use crate::{Client, Failure, Transport};

/// The state of a deployed clearing house at one block, to be read; each cell is asked for once. What a message would
/// write goes to an [`Overlay`](sit_native::Overlay) above it.
///
/// The engine's store knows no failure of a network: after one, cells read as if nothing had been written, and
/// [`ChainState::failure`] says so. What the engine answered is then to be thrown away.
pub struct ChainState<'c, T> {
    client: &'c mut Client<T>,
    known: HashMap<(u8, u32, u32), Vec<u8>>,
    failed: Option<Failure>,
}

impl<'c, T: Transport> ChainState<'c, T> {
    /// The state as it is now.
    pub fn of(client: &'c mut Client<T>) -> Self {
        Self { client, known: HashMap::new(), failed: None }
    }

    /// Why a cell could not be read, if one could not.
    pub fn failure(self) -> Option<Failure> {
        self.failed
    }

    /// Reads ahead, in two round trips, what a message about an account needs in any case: the account, what hangs on
    /// it, and the months that it trades or holds. What else the engine asks for is read one by one.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn fetch(&mut self, seat: Seat, message: &Message) -> Result<(), Failure> {
        let mut first = vec![
            stored::account(seat).question,
            stored::ledger().question,
            stored::volume(seat).question,
            stored::triggers(seat).question,
            stored::auction(seat).question,
        ];
        let traded = match message {
            Message::Place { order } | Message::Replace { order, .. } => Some(order.instrument),
            Message::Cancel { instrument, .. } | Message::Quote { instrument, .. } => Some(*instrument),
            _ => None,
        };
        let of_month = |instrument: Instrument| {
            let product = instrument.product();
            [stored::market(instrument).question, stored::curve(product).question, stored::risk(product).question]
        };
        first.extend(traded.into_iter().flat_map(of_month));
        self.read_ahead(&first)?;
        let held: Vec<Instrument> = self
            .account(seat)
            .map(|account| account.positions().iter().map(|position| position.instrument).collect())
            .unwrap_or_default();
        self.read_ahead(&held.into_iter().flat_map(of_month).collect::<Vec<_>>())
    }

    /// Reads cells ahead, all in one round trip, but for those that are known.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn read_ahead(&mut self, cells: &[ClearingCell]) -> Result<(), Failure> {
        let wanted: BTreeSet<_> = cells.iter().map(|cell| (cell.kind, cell.a, cell.b)).collect();
        let wanted: Vec<_> = wanted.into_iter().filter(|key| !self.known.contains_key(key)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let questions: Vec<_> = wanted.iter().map(|&(kind, a, b)| ClearingCell { kind, a, b }).collect();
        let found = self.client.cells(&questions)?;
        self.known.extend(wanted.into_iter().zip(found));
        Ok(())
    }

    fn read<C: Cell>(&mut self, cell: OfClearing<C>) -> Option<C> {
        let key = (cell.question.kind, cell.question.a, cell.question.b);
        if let Some(bytes) = self.known.get(&key) {
            return cell.read(bytes);
        }
        match self.client.view(&cell.question) {
            Ok(bytes) => {
                let read = cell.read(&bytes);
                self.known.insert(key, bytes);
                read
            }
            Err(failure) => {
                self.failed.get_or_insert(failure);
                None
            }
        }
    }
}

/// A client cannot write to the chain but by messages.
fn read_only() -> ! {
    unreachable!("the state of the chain is read, and previews write to an overlay")
}

impl<T: Transport> Store for ChainState<'_, T> {
    fn account(&mut self, seat: Seat) -> Option<Account> {
        self.read(stored::account(seat)).and_then(live)
    }
    fn set_account(&mut self, _: Seat, _: &Account) {
        read_only()
    }
    fn mirror(&mut self, product: Product) -> Option<Account> {
        self.read(stored::mirror(product))
    }
    fn set_mirror(&mut self, _: Product, _: &Account) {
        read_only()
    }
    fn seat_of(&mut self, _: [u8; 20], _: u8) -> Option<Seat> {
        None // seats are told by the event of their opening, not looked up
    }
    fn set_seat_of(&mut self, _: [u8; 20], _: u8, _: Seat) {
        read_only()
    }
    fn market(&mut self, instrument: Instrument) -> Option<Market> {
        self.read(stored::market(instrument))
    }
    fn set_market(&mut self, _: Instrument, _: &Market) {
        read_only()
    }
    fn page(&mut self, instrument: Instrument, page: u32) -> Option<Page> {
        self.read(stored::page(instrument, page))
    }
    fn set_page(&mut self, _: Instrument, _: u32, _: &Page) {
        read_only()
    }
    fn curve(&mut self, product: Product) -> Option<Curve> {
        self.read(stored::curve(product))
    }
    fn set_curve(&mut self, _: Product, _: &Curve) {
        read_only()
    }
    fn risk(&mut self, product: Product) -> Option<RiskArray> {
        self.read(stored::risk(product))
    }
    fn set_risk(&mut self, _: Product, _: &RiskArray) {
        read_only()
    }
    fn sheet(&mut self, seat: Seat, number: u16) -> Sheet {
        self.read(stored::sheet(seat, number)).unwrap_or_default()
    }
    fn set_sheet(&mut self, _: Seat, _: u16, _: &Sheet) {
        read_only()
    }
    fn ledger(&mut self) -> Ledger {
        self.read(stored::ledger()).unwrap_or_default()
    }
    fn set_ledger(&mut self, _: &Ledger) {
        read_only()
    }
    fn auction(&mut self, seat: Seat) -> Auction {
        self.read(stored::auction(seat)).unwrap_or_default()
    }
    fn set_auction(&mut self, _: Seat, _: &Auction) {
        read_only()
    }
    fn volume(&mut self, seat: Seat) -> Volume {
        self.read(stored::volume(seat)).unwrap_or_default()
    }
    fn set_volume(&mut self, _: Seat, _: &Volume) {
        read_only()
    }
    fn triggers(&mut self, seat: Seat) -> Triggers {
        self.read(stored::triggers(seat)).unwrap_or_default()
    }
    fn set_triggers(&mut self, _: Seat, _: &Triggers) {
        read_only()
    }
    fn delegate(&mut self, _: Seat, _: [u8; 20]) -> Option<Delegate> {
        None // no view shows them: whoever trades for somebody is let in above (`sit_native::preview::admit`)
    }
    fn set_delegate(&mut self, _: Seat, _: [u8; 20], _: &Delegate) {
        read_only()
    }
    fn backtest(&mut self, product: Product) -> Backtest {
        self.read(stored::backtest(product)).unwrap_or_default()
    }
    fn set_backtest(&mut self, _: Product, _: &Backtest) {
        read_only()
    }
    fn emit(&mut self, _: Event) {
        read_only()
    }
}
