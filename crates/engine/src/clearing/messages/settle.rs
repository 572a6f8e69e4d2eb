//! `settle`: pays the variation of accounts in one instrument; after the final price it is the claim that closes them.
//!
//! Anyone may send it for anyone: it can only move money where it is due. Losers come first, because winners are paid
//! from what losers have paid; a winner who comes too early keeps their claim and is settled by a later message. In the
//! first two minutes after a repricing or the final price every winner comes too early (`clearing/rules/cash.rs`).

use crate::clearing::cells::{Instrument, MAX_FEE_PPM};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::seats::MAX_SEATS;
use crate::clearing::rules::{cash, deficit};
use crate::clearing::store::{Store, claimable_month};
use crate::units::{Seat, Seconds};

/// Settles accounts in an instrument. Unknown seats and accounts without the instrument are passed over.
///
/// Cells: curve and market read, market written; one account read and written for each seat. In a month with an open
/// default the auction of each seat too, and for one under liquidation what
/// [`crate::clearing::report_deficit()`] reads and writes.
///
/// # Errors
/// `TooMany` seats, `UnknownInstrument`, `Allocating`.
pub fn settle<S: Store>(
    store: &mut S,
    now: Seconds,
    instrument: Instrument,
    seats: impl Iterator<Item = Seat> + Clone,
) -> Result<()> {
    if seats.clone().count() > MAX_SEATS {
        return Err(ClearingError::TooMany);
    }
    let (round, month, mut market) = claimable_month(store, instrument)?;
    if market.allocation.is_counting() {
        return Err(ClearingError::Allocating);
    }
    let waited = market.defaults > 0;
    for seat in seats.clone() {
        let Some(before) = store.account(seat) else { continue };
        let mut account = before;
        cash::settle_position(store, seat, &mut account, &mut market, &month, round, now)?;
        account.tidy();
        if account != before {
            store.set_account(seat, &account);
        }
    }
    store.set_market(instrument, &market);
    // Who has been paid may be insolvent no more, which ends the wait of others.
    for seat in seats.filter(|_| waited) {
        if let Some(mut account) = store.account(seat) {
            deficit::update(store, seat, &mut account)?;
        }
    }
    Ok(())
}

/// Sets the fee that both sides of an instrument pay when they are closed at the final price, in millionths of the
/// value. Only governance may set it, and only before the final price is set.
///
/// # Errors
/// `UnknownInstrument`, `AlreadySettled`, `BadParameter` above 1 %.
pub fn set_settlement_fee<S: Store>(store: &mut S, instrument: Instrument, ppm: u16) -> Result<()> {
    let mut market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    if market.final_price.is_some() {
        return Err(ClearingError::AlreadySettled);
    }
    if ppm > MAX_FEE_PPM {
        return Err(ClearingError::BadParameter);
    }
    market.settlement_fee_ppm = ppm;
    store.set_market(instrument, &market);
    Ok(())
}
