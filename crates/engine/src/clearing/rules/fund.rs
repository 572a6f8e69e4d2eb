//! Every payment of the insurance fund: whichever message asks, the fund pays here, and for one instrument no more than
//! its share.
//!
//! ```text
//! may still pay for an instrument = min(fund, cap * (fund + drawn) - drawn)         drawn: paid for it and not come back
//! ```
//!
//! The instrument is the one whose bankrupts the payment is for: the debtor's for [`crate::clearing::cover()`], that of
//! the claim for [`crate::clearing::bridge()`], because the buyer of a claim bears what its debtors cannot pay. What
//! comes back for a claim is paid into the fund again and taken off what was drawn.

use crate::clearing::cells::{Ledger, Market};
use crate::clearing::error::{ClearingError, Result, in_range};
use crate::math::mul_div_floor;
use crate::units::{Points, QuoteAtoms, TickValue};

/// What the fund pays of a month's debt of a bankrupt, in whole points: of what it may pay for the month, the part that
/// the debt is of `total`, all debts of the same account. A default takes one share of the fund, in however many months
/// it is, and nobody steers it into one of them.
pub(crate) fn part(ledger: &Ledger, market: &Market, owed: Points, total: QuoteAtoms) -> Points {
    let reach = ledger.fund_allowance(market.fund_drawn);
    let points = mul_div_floor(reach.into(), owed.0.into(), total.0.max(1));
    owed.min(Points(i64::try_from(points).unwrap_or(i64::MAX)))
}

/// What the fund has paid.
pub(crate) struct Drawn {
    /// Points of the debt.
    pub points: Points,
    /// Their worth.
    pub amount: QuoteAtoms,
    /// The worth as it left the fund, in quote atoms.
    pub paid: u64,
}

/// Takes up to `wanted` points of a debt, each worth `value`, out of the fund for an instrument: as many whole ones as
/// it may pay. `capped` is whether the instrument's share binds here: it does, unless the caller has measured it by
/// [`part`], or tests what happens without it.
///
/// # Errors
/// `FundEmpty` when it may not pay a point.
pub(crate) fn draw(
    ledger: &mut Ledger,
    market: &mut Market,
    wanted: Points,
    value: TickValue,
    capped: bool,
) -> Result<Drawn> {
    let reach = if capped { ledger.fund_allowance(market.fund_drawn) } else { ledger.fund };
    let whole = mul_div_floor(reach.into(), 1, value.0.into());
    let points = wanted.min(Points(i64::try_from(whole).unwrap_or(i64::MAX)));
    if points <= Points::ZERO {
        return Err(ClearingError::FundEmpty);
    }
    let amount = points * value;
    let paid = in_range(amount)?;
    ledger.fund = ledger.fund.checked_sub(paid).ok_or(ClearingError::OutOfRange)?;
    market.fund_drawn = market.fund_drawn.checked_add(paid).ok_or(ClearingError::OutOfRange)?;
    Ok(Drawn { points, amount, paid })
}

/// Pays what was drawn into the pool of the instrument in which it is owed.
///
/// # Errors
/// `OutOfRange`.
pub(crate) fn pay_in(ledger: &mut Ledger, owing: &mut Market, drawn: &Drawn) -> Result<()> {
    ledger.move_trading(drawn.amount)?;
    owing.take(drawn.amount)?;
    owing.pool += drawn.points;
    Ok(())
}

/// Pays money of an instrument back into the fund: it has that much more for the instrument again.
///
/// # Errors
/// `OutOfRange`.
pub(crate) fn give_back(ledger: &mut Ledger, market: &mut Market, amount: u64) -> Result<()> {
    ledger.fund = ledger.fund.checked_add(amount).ok_or(ClearingError::OutOfRange)?;
    // Rounding of an allocated loss comes this way, too, and was never drawn.
    market.fund_drawn = market.fund_drawn.saturating_sub(amount);
    Ok(())
}
