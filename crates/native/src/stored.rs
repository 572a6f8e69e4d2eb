//! The cells of the clearing house and of the oracle as clients read them: the kind and the identifiers of each, and
//! what it holds.
//!
//! ```
//! use sit_engine::units::Seat;
//! use sit_native::{stored, view::View};
//!
//! let cell = stored::account(Seat(7)); // a `Stored<ClearingCell, Account>`: a client reads it as an `Account`
//! assert_eq!((cell.question.kind, cell.question.a, cell.question.b), (b'A', 7, 0));
//! assert_eq!(cell.question.arguments().len(), 3);
//! ```

use super::view::{ClearingCell, OracleCell};
use sit_engine::calendar::Day;
use sit_engine::clearing::{
    Account, Auction, Backtest, Curve, Instrument, Ledger, Market, Page, Peers, Product, RiskArray, Sheet, Triggers,
    Volume, keys,
};
use sit_engine::codec::Cell;
use sit_engine::oracle::{
    IndexId, IndexState, PrintPage, Reporters, Settlement, Setup, Stakes, Submission, keys as oracle_keys,
};
use sit_engine::units::Seat;
use std::marker::PhantomData;

/// Where a cell is read, and as what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored<Q, T> {
    /// The view that returns its bytes; none of them where nothing was written.
    pub question: Q,
    held: PhantomData<T>,
}

impl<Q, T: Cell> Stored<Q, T> {
    fn new(question: Q) -> Self {
        Self { question, held: PhantomData }
    }

    /// The cell from the bytes that the view returned; `None` where nothing was written.
    pub fn read(&self, bytes: &[u8]) -> Option<T> {
        (!bytes.is_empty()).then(|| T::from_cell(bytes))
    }
}

/// A cell of the clearing house.
pub type OfClearing<T> = Stored<ClearingCell, T>;

/// A cell of the oracle.
pub type OfOracle<T> = Stored<OracleCell, T>;

impl From<keys::CellId> for ClearingCell {
    fn from(id: keys::CellId) -> Self {
        let keys::CellId { kind, a, b } = id;
        Self { kind, a, b }
    }
}

impl From<oracle_keys::CellId> for OracleCell {
    fn from(id: oracle_keys::CellId) -> Self {
        let oracle_keys::CellId { kind, index, number, place } = id;
        Self { kind, index, number, place }
    }
}

macro_rules! clearing {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $held:ty;)+) => {$(
        $(#[$doc])*
        pub fn $name($($argument: $type),*) -> OfClearing<$held> {
            Stored::new(keys::$name($($argument),*).into())
        }
    )+};
}

clearing! {
    /// An account.
    account(seat: Seat) -> Account;
    /// An instrument.
    market(instrument: Instrument) -> Market;
    /// A page of a book.
    page(instrument: Instrument, page: u32) -> Page;
    /// The curve of a product.
    curve(product: Product) -> Curve;
    /// The margin set of a product.
    risk(product: Product) -> RiskArray;
    /// The backtest of a product's margin set.
    backtest(product: Product) -> Backtest;
    /// A sheet of a maker's scores.
    sheet(seat: Seat, number: u16) -> Sheet;
    /// The ledger.
    ledger() -> Ledger;
    /// A running liquidation.
    auction(seat: Seat) -> Auction;
    /// What an account traded on thirty days.
    volume(seat: Seat) -> Volume;
    /// The triggers of an account.
    triggers(seat: Seat) -> Triggers;
    /// The contracts that the clearing house knows.
    peers() -> Peers;
}

macro_rules! oracle {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $held:ty;)+) => {$(
        $(#[$doc])*
        pub fn $name(index: IndexId, $($argument: $type),*) -> OfOracle<$held> {
            Stored::new(oracle_keys::$name(index, $($argument),*).into())
        }
    )+};
}

oracle! {
    /// Rules, terms of reporting, providers and quality of an index.
    setup() -> Setup;
    /// Bonds, earnings and the pot of an index.
    stakes() -> Stakes;
    /// The reporters of an index.
    reporters() -> Reporters;
    /// The last print of an index and what waits for confirmation.
    state() -> IndexState;
    /// The submission in a slot of days, by the reporter's place.
    submission(slot: u8, place: u8) -> Submission;
    /// A page of prints.
    prints(page: u32) -> PrintPage;
    /// The final settlement of an expiry.
    settlement(expiry: Day) -> Settlement;
}
