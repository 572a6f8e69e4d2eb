//! `cover`: the insurance fund pays what a bankrupt account cannot, so that winners are paid.

use crate::clearing::cells::Instrument;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::{deficit, fund};
use crate::clearing::store::Store;
use crate::units::{BPS, Seat};

/// Pays a bankrupt account's loss in an instrument out of the insurance fund, as far as it may pay for one instrument
/// (`clearing/rules/fund.rs`); whole points only. Returns the quote atoms paid. Anyone may send it. What the fund
/// cannot pay is left to [`crate::clearing::write_off()`].
///
/// Cells: account, curve, market, ledger and auction read; account, market and ledger written, the auction when the
/// debt had been reported or is paid.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating`, `NotBankrupt`, `FundEmpty`.
pub fn cover<S: Store>(store: &mut S, seat: Seat, instrument: Instrument) -> Result<u64> {
    let deficit::Debt { mut account, mut market, month, owed } = deficit::debt(store, seat, instrument)?;
    let mut ledger = store.ledger();
    let drawn = fund::draw(&mut ledger, &mut market, owed, month.tick_value, true)?;
    fund::pay_in(&mut ledger, &mut market, &drawn)?;
    if let Some(position) = account.position_mut(instrument) {
        position.basis -= drawn.points;
        market.note_holder(true, position.is_exposed())?;
    }
    account.tidy();
    store.set_ledger(&ledger);
    store.set_market(instrument, &market);
    store.set_account(seat, &account);
    store.emit(Event::Covered { seat, instrument, amount: drawn.paid });
    deficit::update(store, seat, &account)?;
    Ok(drawn.paid)
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
