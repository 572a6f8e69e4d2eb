//! The cells of the clearing house and of the oracle as clients read them: the kind and the identifiers of each, and what it
//! holds.
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
    Account, Auction, Backtest, Curve, Instrument, Ledger, Market, Page, Product, RiskArray, Sheet, Triggers, Volume,
};
use sit_engine::codec::{Cell, Reader, Writer};
use sit_engine::oracle::{Address, IndexId, IndexState, PrintPage, Reporters, Settlement, Setup, Stakes, Submission};
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
    const fn new(question: Q) -> Self {
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

/// The contracts that a clearing house knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Peers {
    /// Sets rules and margin.
    pub governance: Address,
    /// Holds the collateral. Zero until connected.
    pub vault: Address,
    /// Prints the index. Zero until connected.
    pub oracle: Address,
    /// Designates and pays market makers. Zero until connected.
    pub incentives: Address,
    /// Whose code answers the colder messages.
    pub back_office: Address,
}

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

macro_rules! clearing {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $held:ty = $kind:literal, $a:expr, $b:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name($($argument: $type),*) -> OfClearing<$held> {
            Stored::new(ClearingCell { kind: $kind, a: $a, b: $b })
        }
    )+};
}

clearing! {
    /// An account.
    account(seat: Seat) -> Account = b'A', seat.0, 0;
    /// An instrument.
    market(instrument: Instrument) -> Market = b'M', instrument.0.into(), 0;
    /// A page of a book.
    page(instrument: Instrument, page: u32) -> Page = b'P', instrument.0.into(), page;
    /// The curve of a product.
    curve(product: Product) -> Curve = b'C', product.0.into(), 0;
    /// The margin set of a product.
    risk(product: Product) -> RiskArray = b'R', product.0.into(), 0;
    /// The backtest of a product's margin set.
    backtest(product: Product) -> Backtest = b'B', product.0.into(), 0;
    /// A sheet of a maker's scores.
    sheet(seat: Seat, number: u16) -> Sheet = b'S', seat.0, number.into();
    /// The ledger.
    ledger() -> Ledger = b'L', 0, 0;
    /// A running liquidation.
    auction(seat: Seat) -> Auction = b'X', seat.0, 0;
    /// What an account traded on thirty days.
    volume(seat: Seat) -> Volume = b'V', seat.0, 0;
    /// The triggers of an account.
    triggers(seat: Seat) -> Triggers = b'T', seat.0, 0;
    /// The contracts that the clearing house knows.
    peers() -> Peers = b'N', 0, 0;
}

macro_rules! oracle {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $held:ty = $kind:literal, $number:expr, $place:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name(index: IndexId, $($argument: $type),*) -> OfOracle<$held> {
            Stored::new(OracleCell { kind: $kind, index, number: $number, place: $place })
        }
    )+};
}

oracle! {
    /// Rules, terms of reporting, providers and quality of an index.
    setup() -> Setup = b'R', 0, 0;
    /// Bonds, earnings and the pot of an index.
    stakes() -> Stakes = b'K', 0, 0;
    /// The reporters of an index.
    reporters() -> Reporters = b'W', 0, 0;
    /// The last print of an index and what waits for confirmation.
    state() -> IndexState = b'S', 0, 0;
    /// The submission in a slot of days, by the reporter's place.
    submission(slot: u8, place: u8) -> Submission = b'Q', slot.into(), place;
    /// A page of prints.
    prints(page: u32) -> PrintPage = b'P', page, 0;
    /// The final settlement of an expiry.
    settlement(expiry: Day) -> Settlement = b'F', expiry.0, 0;
}
