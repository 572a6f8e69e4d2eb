//! `report_deficit`: reports to the ledger what an account under liquidation owes beyond all that it has. While such
//! losses exceed the insurance fund nothing leaves the clearing house (invariant W1).

use crate::clearing::cells::Auction;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::deficit;
use crate::clearing::store::Store;
use crate::units::Seat;

/// Reports what an account under liquidation lacks at the marks, in quote atoms; zero when its collateral reaches. An
/// account that has recovered is no longer liquidated. A month in which it owes nothing any more does not wait for it,
/// whatever the figure. Anyone may send it.
///
/// Cells: account, auction, and curve and risk array of each product traded read, and the market of each month in which
/// it owes; auction and ledger written when the figure has changed, account and markets when its defaults have.
///
/// # Errors
/// `UnknownSeat`, `NoAuction`.
pub fn report_deficit<S: Store>(store: &mut S, seat: Seat) -> Result<u64> {
    let mut account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    if store.auction(seat) == Auction::default() {
        return Err(ClearingError::NoAuction);
    }
    let deficit = deficit::update(store, seat, &mut account)?;
    let auction = store.auction(seat);
    if auction != Auction::default() {
        deficit::note(store, seat, &mut account, auction, deficit)?;
    }
    Ok(deficit)
}
