//! `books`: both sides of the clearing house's books, for the audit.

use crate::clearing::store::{Store, curves};
use crate::units::QuoteAtoms;

/// Both sides of the books, in quote atoms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Books {
    /// Deposits less withdrawals: what the vault must hold.
    pub custody: QuoteAtoms,
    /// Cash in accounts and instruments together.
    pub trading: QuoteAtoms,
    /// Of it, what instruments hold: uncollected pools and fees.
    pub instruments: QuoteAtoms,
    /// Insurance fund, market-maker budget and treasury.
    pub reserves: QuoteAtoms,
    /// Whether both sides agree, and every listed instrument holds exactly what it took.
    pub balanced: bool,
}

/// Adds up the books. Bounded by the number of products and of months in a curve.
pub fn books<S: Store>(store: &mut S) -> Books {
    let ledger = store.ledger();
    let mut books = Books {
        custody: ledger.custody(),
        trading: QuoteAtoms(ledger.trading),
        instruments: QuoteAtoms::ZERO,
        reserves: ledger.reserves(),
        balanced: ledger.balances(),
    };
    for curve in curves(store) {
        for month in curve.months() {
            let Some(market) = store.market(month.instrument) else { continue };
            books.instruments += QuoteAtoms(market.received.into());
            books.balanced &= market.balances(month.tick_value);
        }
    }
    books
}
