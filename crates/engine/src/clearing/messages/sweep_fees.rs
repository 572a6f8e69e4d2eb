//! `sweep_fees` and `set_fee_shares`: an instrument's fees go to the fund, the market-maker programme and the treasury.

use crate::clearing::cells::Instrument;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::math::mul_div_floor;
use crate::units::{BPS, Points, QuoteAtoms};

/// Distributes the fees that an instrument has collected. Shares are rounded down; the treasury gets what is left, so
/// nothing is lost. What rounding took from winners beyond an allocated loss ([`crate::clearing::allocate()`]) goes to
/// the insurance fund, as far as the pool has it. Anyone may send it.
///
/// Cells: market and ledger read and written.
///
/// # Errors
/// `UnknownInstrument`, `ZeroAmount` when there is nothing to distribute.
pub fn sweep_fees<S: Store>(store: &mut S, instrument: Instrument) -> Result<u64> {
    let mut market = store.market(instrument).ok_or(ClearingError::UnknownInstrument)?;
    let mut ledger = store.ledger();
    let fees = market.fees;
    let beyond = (-market.deficit).max(Points::ZERO).min(market.pool);
    if fees == 0 && beyond == Points::ZERO {
        return Err(ClearingError::ZeroAmount);
    }
    let rounding: QuoteAtoms = beyond * market.tick_value;
    market.pool -= beyond;
    market.deficit += beyond;
    let share = |bps: u16| u64::try_from(mul_div_floor(fees.into(), bps.into(), BPS.into())).unwrap_or(0);
    let fund_share = share(ledger.fund_share_bps);
    let incentives = share(ledger.incentive_share_bps);
    let treasury = fees.saturating_sub(fund_share).saturating_sub(incentives);
    let swept = QuoteAtoms(fees.into()) + rounding;
    let fund = fund_share.saturating_add(u64::try_from(rounding.0).unwrap_or(0));
    market.take(-swept);
    market.fees = 0;
    ledger.trading = ledger.trading.saturating_sub(swept.0);
    for (pot, part) in
        [(&mut ledger.fund, fund), (&mut ledger.incentives, incentives), (&mut ledger.treasury, treasury)]
    {
        *pot = pot.saturating_add(part); // below all deposits, which fit 63 bits
    }
    store.set_ledger(&ledger);
    store.set_market(instrument, &market);
    store.emit(Event::FeesSwept { instrument, fund, incentives, treasury });
    Ok(fees)
}

/// Sets the shares of the fund and of the market-maker programme, in basis points.
///
/// # Errors
/// `BadParameter` when they are more than everything.
pub fn set_fee_shares<S: Store>(store: &mut S, fund_bps: u16, incentive_bps: u16) -> Result<()> {
    let mut ledger = store.ledger();
    if u32::from(fund_bps).saturating_add(incentive_bps.into()) > BPS.into() {
        return Err(ClearingError::BadParameter);
    }
    ledger.fund_share_bps = fund_bps;
    ledger.incentive_share_bps = incentive_bps;
    store.set_ledger(&ledger);
    Ok(())
}
