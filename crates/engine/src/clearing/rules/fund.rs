//! Every payment of the insurance fund: whichever message asks, the fund pays here, and for one instrument no more than
//! its share.
//!
//! ```text
//! may still pay for an instrument = min(fund, cap * (fund + drawn) - drawn)         drawn: paid for it and not come back
//! ```
//!
//! The instrument is the one whose bankrupts the payment is for: the debtor's for [`crate::clearing::cover()`], that of
//! the claim for [`crate::clearing::bridge()`], because the buyer of a claim bears what its debtors cannot pay. What
//! comes back for a claim is paid into the fund again and deducted from what was drawn.

use crate::clearing::cells::{Account, Instrument, Ledger, MAX_DRAWN, MAX_POSITIONS, Market};
use crate::clearing::error::{ClearingError, Result, in_range};
use crate::clearing::store::Store;
use crate::math::mul_div_floor;
use crate::units::{Points, QuoteAtoms, TickValue};

/// What a bankrupt owes in a month, what the fund may pay of it, and what it pays.
#[derive(Clone, Copy, Default)]
struct Debt {
    owed: Points,
    value: i128,
    most: i128,
    point: i128,
    full: bool,
}

/// What the fund pays of what a bankrupt account lacks, whole points by the index of the position: one share for the
/// default, the largest that one of its months may take, to each month by what is owed there. A month that may take
/// less gets that, and the rest goes to the others by what is owed there, and so on. So nobody steers the share into
/// one month, and a month whose own is used up takes nothing from the others. `lacking` is what it cannot pay, by the
/// index of the position; `known` is an instrument whose market the caller has read.
///
/// # Errors
/// `UnknownInstrument`.
pub(crate) fn parts<S: Store>(
    store: &mut S,
    account: &Account,
    lacking: &[Points; MAX_POSITIONS],
    known: (Instrument, &Market),
) -> Result<[Points; MAX_POSITIONS]> {
    let ledger = store.ledger();
    let mut debts = [Debt::default(); MAX_POSITIONS];
    let (mut left, mut open) = (0_i128, 0_i128);
    for ((debt, position), owed) in debts.iter_mut().zip(account.positions()).zip(*lacking) {
        if owed <= Points::ZERO {
            continue;
        }
        let market = if position.instrument == known.0 { Some(*known.1) } else { store.market(position.instrument) };
        let market = market.ok_or(ClearingError::UnknownInstrument)?;
        let (value, reach) = ((owed * market.tick_value).0, ledger.fund_allowance(market.fund_drawn));
        let point = market.tick_value.0.into();
        *debt = Debt { owed, value, most: value.min(reach.into()), point, full: false };
        left = left.max(reach.into());
        open = open.saturating_add(value);
    }
    for _ in 0..MAX_POSITIONS {
        let (whole, over) = (left, open.max(1));
        for debt in debts.iter_mut().filter(|debt| !debt.full && debt.value > 0) {
            if mul_div_floor(whole, debt.value, over) >= debt.most {
                debt.full = true;
                left = left.saturating_sub(debt.most).max(0);
                open = open.saturating_sub(debt.value);
            }
        }
    }
    Ok(debts.map(|debt| {
        let part = if debt.full { debt.most } else { mul_div_floor(left, debt.value, open.max(1)) };
        let points = mul_div_floor(part, 1, debt.point.max(1));
        debt.owed.min(Points(i64::try_from(points).unwrap_or(i64::MAX)))
    }))
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
/// [`parts`], or tests what happens without it.
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
    let drawn = market.fund_drawn.checked_add(paid).filter(|drawn| *drawn <= MAX_DRAWN);
    market.fund_drawn = drawn.ok_or(ClearingError::OutOfRange)?;
    Ok(Drawn { points, amount, paid })
}

/// Pays what was drawn into the pool of the instrument in which it is owed.
///
/// # Errors
/// `OutOfRange`.
pub(crate) fn pay_in(ledger: &mut Ledger, owing: &mut Market, drawn: &Drawn) -> Result<()> {
    ledger.move_trading(drawn.amount)?;
    owing.receive(drawn.amount)?;
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
