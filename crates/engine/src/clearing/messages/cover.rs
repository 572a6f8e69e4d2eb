//! `cover`: the insurance fund pays what a bankrupt account can not, so that winners are paid.

use crate::clearing::cells::Instrument;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::deficit;
use crate::clearing::store::Store;
use crate::math::mul_div_floor;
use crate::units::{BPS, Points, QuoteAtoms, Seat};

/// Pays a bankrupt account's loss in an instrument out of the insurance fund, as far as the fund reaches and may pay
/// for one instrument; whole points only. Returns the quote atoms paid. Anyone may send it. What the fund can not pay
/// is left to [`crate::clearing::write_off()`].
///
/// Cells: account, curve, market, ledger and auction read; account, market and ledger written, the auction when the
/// debt had been reported or is paid.
///
/// # Errors
/// `UnknownSeat`, `UnknownInstrument`, `Allocating`, `NotBankrupt`, `FundEmpty`.
pub fn cover<S: Store>(store: &mut S, seat: Seat, instrument: Instrument) -> Result<u64> {
    let deficit::Debt { mut account, mut market, month, owed } = deficit::debt(store, seat, instrument)?;
    let mut ledger = store.ledger();
    let allowance = ledger.fund_allowance(market.fund_drawn);
    let reach = mul_div_floor(allowance.into(), 1, month.tick_value.0.into());
    let points = owed.min(Points(i64::try_from(reach).unwrap_or(i64::MAX)));
    if points == Points::ZERO {
        return Err(ClearingError::FundEmpty);
    }
    let amount: QuoteAtoms = points * month.tick_value;
    let paid = u64::try_from(amount.0).unwrap_or(0);
    ledger.fund = ledger.fund.saturating_sub(paid);
    ledger.trading = ledger.trading.saturating_add(amount.0);
    market.fund_drawn = market.fund_drawn.saturating_add(paid); // below all that the fund ever had
    market.take(amount);
    market.pool += points;
    if let Some(position) = account.position_mut(instrument) {
        position.basis -= points;
        market.note_holder(true, position.is_exposed());
    }
    account.tidy();
    store.set_ledger(&ledger);
    store.set_market(instrument, &market);
    store.set_account(seat, &account);
    store.emit(Event::Covered { seat, instrument, amount: paid });
    deficit::update(store, seat, &account)?;
    Ok(paid)
}

/// Sets what one instrument may take out of the insurance fund, as a share of the fund as it was, in basis points. Only
/// governance may say so.
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
