//! `report_deficit`: tells the ledger what an account under liquidation owes beyond all that it has. While such losses exceed
//! the insurance fund nothing leaves the clearing house (invariant W1).

use super::auction::{self, Auction};
use super::error::ClearingError;
use super::{Account, Event, Result, Store, margin};
use crate::units::Seat;

/// Reports what an account under liquidation lacks at the marks, in quote atoms; zero when its collateral reaches. An account
/// that has recovered is no longer liquidated. Anyone may send it.
///
/// Cells: account, auction, and curve and risk array of each product traded read; auction and ledger written when the figure
/// has changed.
///
/// # Errors
/// `UnknownSeat`, `NoAuction`.
pub fn report_deficit<S: Store>(store: &mut S, seat: Seat) -> Result<u64> {
    let account = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    if store.auction(seat) == Auction::default() {
        return Err(ClearingError::NoAuction);
    }
    update(store, seat, &account)
}

/// Brings a running liquidation up to date with its account: its deficit, and its end.
pub(crate) fn update<S: Store>(store: &mut S, seat: Seat, account: &Account) -> Result<u64> {
    let auction = store.auction(seat);
    if auction == Auction::default() {
        return Ok(0);
    }
    let health = match margin::assess(store, account) {
        // A debt in a month that has left the curve has no mark; what was reported stands until it is paid or written off.
        Err(ClearingError::ClaimFirst) => return Ok(auction.deficit),
        health => health?,
    };
    let deficit = health.deficit();
    if health.equity >= health.liquidation_end {
        auction::end(store, seat, auction);
    } else if deficit != auction.deficit {
        auction::note_deficit(store, seat, auction, deficit);
        store.emit(Event::DeficitReported { seat, deficit });
    }
    Ok(deficit)
}
