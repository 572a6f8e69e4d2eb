//! `sweep_fees` and `set_fee_shares`: an instrument's fees go to the fund, the market-maker programme and the treasury.

use crate::clearing::cells::Instrument;
use crate::clearing::error::{ClearingError, Result, in_range};
use crate::clearing::event::Event;
use crate::clearing::rules::{cash, fund};
use crate::clearing::store::{Store, claimable_month};
use crate::math::mul_div_floor;
use crate::units::{BPS, Points, QuoteAtoms, Seconds};

/// Distributes the fees that an instrument has collected. Shares are rounded down; the treasury gets what is left, so
/// nothing is lost. What rounding took from winners beyond an allocated loss ([`crate::clearing::allocate()`]), and
/// what is paid for claims that the insurance fund has bought ([`crate::clearing::bridge()`]), goes to the fund, as far
/// as the pool has it and winners do not wait. Anyone may send it.
///
/// Cells: curve read, market and ledger read and written.
///
/// # Errors
/// `UnknownInstrument`, `ZeroAmount` when there is nothing to distribute.
pub fn sweep_fees<S: Store>(store: &mut S, now: Seconds, instrument: Instrument) -> Result<u64> {
    let (round, month, mut market) = claimable_month(store, instrument)?;
    let waits = cash::winners_wait(&market, &month, round, now, market.has_open());
    let mut ledger = store.ledger();
    let fees = market.fees;
    let beyond = if waits { Points::ZERO } else { (-market.deficit).max(Points::ZERO).min(market.pool) };
    if fees == 0 && beyond == Points::ZERO {
        return Err(ClearingError::ZeroAmount);
    }
    let rounding: QuoteAtoms = beyond * market.tick_value;
    market.pool -= beyond;
    market.deficit += beyond;
    let share = |bps: u16| QuoteAtoms(mul_div_floor(fees.into(), bps.into(), BPS.into()));
    let (to_fund, to_makers) = (share(ledger.fund_share_bps), share(ledger.incentive_share_bps));
    let treasury = in_range(QuoteAtoms(fees.into()) - to_fund - to_makers)?;
    let (fund_share, incentives, returned) = (in_range(to_fund)?, in_range(to_makers)?, in_range(rounding)?);
    let swept = QuoteAtoms(fees.into()) + rounding;
    market.receive(-swept)?;
    market.fees = 0;
    ledger.move_trading(-swept)?;
    fund::give_back(&mut ledger, &mut market, returned)?;
    for (pot, part) in
        [(&mut ledger.fund, fund_share), (&mut ledger.incentives, incentives), (&mut ledger.treasury, treasury)]
    {
        *pot = pot.checked_add(part).ok_or(ClearingError::OutOfRange)?;
    }
    let fund = fund_share.checked_add(returned).ok_or(ClearingError::OutOfRange)?;
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
