//! `cover`: the insurance fund pays what a bankrupt account cannot, so that winners are paid.

use crate::clearing::cells::Instrument;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::rules::{deficit, migrate};
use crate::clearing::store::Store;
use crate::units::{BPS, Points, Seat, Seconds};

/// Has the insurance fund pay for a bankrupt account's default, once: one share, the largest that it may pay for one of
/// the months in which the account owes, to each month by what is owed there and no more than it may pay for that
/// month (`clearing/rules/fund.rs`); whole points only. So neither the order of messages nor the number of months
/// decides how much the fund pays for a default, or whose winners get it. In each of its months the account bears its
/// part of an allocated loss before any of its debts is ended. What the fund does not pay becomes the loss of its month
/// at once, to be allocated ([`crate::clearing::allocate()`]), before any winner is paid; a month that may not write
/// off while accounts move on keeps the debt. An account that is owed something still, where winners do not wait for a
/// default, keeps so much of its debts (`clearing/rules/deficit.rs`). Returns the quote atoms paid. Anyone may send it.
///
/// Cells: account, curves, ledger and auction read, and the market of each position; account, markets and ledger
/// written, the auction when the debt had been reported or is paid.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating` in any of its months, and in one with a rest to write off while
/// somebody has still to bear their part of the loss before: settle them first. `NotBankrupt`, `WinnersWait` while it
/// is owed something where they do, `FundEmpty` when the part of this instrument is not a point:
/// [`crate::clearing::write_off()`] it.
pub fn cover<S: Store>(store: &mut S, now: Seconds, seat: Seat, instrument: Instrument) -> Result<u64> {
    let debt = deficit::debt(store, now, seat, instrument)?;
    let parts = debt.parts(store)?;
    if debt.in_instrument(&parts) <= Points::ZERO {
        return Err(ClearingError::FundEmpty);
    }
    let stays = migrate::stays(store).is_ok();
    deficit::resolve(store, debt, &parts, now, stays)
}

/// Sets what one instrument may take out of the insurance fund, as a share of the fund as it was, in basis points. Only
/// governance may send it.
///
/// # Errors
/// `BadParameter` for more than everything.
pub fn set_fund_cap<S: Store>(store: &mut S, bps: u16) -> Result<()> {
    if bps > BPS {
        return Err(ClearingError::BadParameter);
    }
    let mut ledger = store.ledger();
    ledger.fund_cap_bps = bps;
    store.set_ledger(&ledger);
    Ok(())
}
