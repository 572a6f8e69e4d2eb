//! Paying variation: losers pay into the instrument's pool, winners are paid from it and from nowhere else.
//!
//! Both count in points, whole ticks on whole lots, so that nothing is ever rounded: an account with less cash than its
//! loss pays the points that it can and stays owing the rest; a winner gets the points that have been collected and
//! stays owed the rest.
//!
//! Who comes first must not be paid in full what a default leaves for nobody else. So no winner of a month is paid
//! while a loss waits that is about to be allocated, and from the report of an account that is insolvent and owes there
//! until its debt there is paid, covered or written off, or the account is solvent again, whatever its claims will be
//! worth (`clearing/rules/deficit.rs`); not beyond the day's print that follows, in a settled month not beyond a day
//! after the final price, so that a default which nobody resolves holds nobody's profit for ever. The wait outlasts the
//! settlement of that print by the time in which prints are settled ([`crate::clearing::opening::is_print_time`]):
//! whom the months waited for over night may have become insolvent meanwhile, and is reported with the day's work.
//! And none is paid for two minutes after news, a repricing or the final price, while the book collects
//! ([`crate::clearing::opening::pays_from`]): in that time whoever has become insolvent is reported, so that it decides
//! nothing whether the report or a payment comes first.

use super::{allocation, opening};
use crate::calendar::DAY;
use crate::clearing::cells::{Account, Market, Month, Position, Standing, Status};
use crate::clearing::error::{ClearingError, Result, in_range};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::fault::{self, Fault};
use crate::math::mul_div_ceil;
use crate::units::{NetLots, Points, QuoteAtoms, Seat, Seconds, TickValue, Ticks};

const PPM: i128 = 1_000_000;

/// Moves cash between an account and an instrument. Positive: the account pays. The caller has checked that it can.
///
/// # Errors
/// `OutOfRange`.
pub(crate) fn pay(account: &mut Account, market: &mut Market, amount: QuoteAtoms) -> Result<()> {
    account.cash = in_range(QuoteAtoms(account.cash.into()) - amount)?;
    market.receive(amount)
}

/// A fee, rounded up.
pub(crate) fn fee(value: QuoteAtoms, ppm: u16) -> QuoteAtoms {
    QuoteAtoms(mul_div_ceil(value.0, ppm.into(), PPM))
}

/// Charges an account a fee, as far as its cash reaches. Returns what was charged.
pub(crate) fn charge(account: &mut Account, market: &mut Market, due: QuoteAtoms) -> Result<u64> {
    let fee = due.min(QuoteAtoms(account.cash.into())).max(QuoteAtoms::ZERO);
    pay(account, market, fee)?;
    let fee = in_range(fee)?;
    market.fees = market.fees.checked_add(fee).ok_or(ClearingError::OutOfRange)?;
    Ok(fee)
}

/// Pays a maker's rebate out of the fees that the instrument holds. Returns what was paid.
pub(crate) fn give_rebate(account: &mut Account, market: &mut Market, due: QuoteAtoms) -> Result<u64> {
    let rebate = in_range(due)?.min(market.fees);
    pay(account, market, -QuoteAtoms(rebate.into()))?;
    market.fees = market.fees.checked_sub(rebate).ok_or(ClearingError::OutOfRange)?;
    Ok(rebate)
}

/// Settles an account's position at a mark, as far as cash and pool reach. Returns what it was paid.
fn settle_at(account: &mut Account, market: &mut Market, month: &Month, (round, now): (u8, Seconds)) -> Result<Points> {
    let Some(position) = account.position(month.instrument) else { return Ok(Points::ZERO) };
    let owed = position.variation(month.settle);
    let paid = if owed < Points::ZERO {
        -account.affordable(-owed, month.tick_value)
    } else if winners_wait(market, month, round, now, market.has_open()) {
        Points::ZERO
    } else {
        owed.min(market.pool)
    };
    pay(account, market, amount_of(-paid, month.tick_value))?;
    market.pool -= paid;
    if let Some(position) = account.position_mut(month.instrument) {
        position.basis += paid;
    }
    Ok(paid)
}

/// Whether the winners of a month wait, whichever way they would be paid: for two minutes after news, because whoever
/// has become insolvent by it may not have been reported yet; while a loss waits to be allocated; and while somebody is
/// `open` for whom they do ([`Market::has_open`]), until the next day's print has been settled ([`may_be_cut`]).
pub(crate) fn winners_wait(market: &Market, month: &Month, round: u8, now: Seconds, open: bool) -> bool {
    let early = now < opening::pays_from(month, market) && !fault::present(Fault::PaidBeforeTheReport);
    early || may_be_cut(market, month, round, now, open)
}

/// Whether what winners of a month are owed may be cut: a loss waits to be allocated, or somebody is `open` for whom
/// they have waited since the last settlement, or since the one before it and it is the time of the day's print still.
/// Those of a settled month wait for a day instead, whenever other months of its product are settled next: a circle of
/// bankrupts that owe each other would wait for itself.
pub(crate) fn may_be_cut(market: &Market, month: &Month, round: u8, now: Seconds, open: bool) -> bool {
    let outlasts = || month.status != Status::Settled && outlasts_the_settlement(market, round, now);
    is_held(market, month, round, now, open) || (open && outlasts())
}

/// As [`may_be_cut`], but not for what only outlasts a settlement.
pub(crate) fn is_held(market: &Market, month: &Month, round: u8, now: Seconds, open: bool) -> bool {
    let settled = month.status == Status::Settled;
    let held = if settled { now < opening::pays_from(month, market).later(DAY) } else { market.holds_in(round) };
    market.loss_is_due(settled) || (open && held)
}

/// Whether winners have waited since the round before, and the time in which the day's print is settled is not over.
fn outlasts_the_settlement(market: &Market, round: u8, now: Seconds) -> bool {
    let in_time = opening::is_print_time(now) && !fault::present(Fault::SettlementEndsTheWait);
    in_time && market.holds_in(round.wrapping_sub(1))
}

fn amount_of(points: Points, value: TickValue) -> QuoteAtoms {
    points * value
}

/// Settles a position that was last settled in an earlier round, or whose instrument has its final price. A final
/// settlement also closes it, for its fee. A position of the running round waits for the next one, unless it is closed
/// with a loss: that is certain already, and intraday loss counts in full. Before all of it the position bears its part
/// of an allocated loss; while holders are counted for one, nothing happens.
///
/// # Errors
/// `OutOfRange`.
pub(crate) fn settle_position<S: Store>(
    store: &mut S,
    seat: Seat,
    account: &mut Account,
    market: &mut Market,
    month: &Month,
    round: u8,
    now: Seconds,
) -> Result<()> {
    let settled = month.status == Status::Settled;
    let Some(position) = account.position_mut(month.instrument) else { return Ok(()) };
    if market.allocation.is_counting() {
        return Ok(());
    }
    allocation::bear(store, seat, month.instrument, position, market)?;
    let position = *position;
    let exposed = position.is_exposed();
    let lost = position.net == NetLots::ZERO && position.basis > Points::ZERO;
    if position.round == round && !settled && !lost {
        return Ok(());
    }
    let paid = settle_at(account, market, month, (round, now))?;
    let held = position.net;
    let Some(position) = account.position_mut(month.instrument) else { return Ok(()) };
    if settled {
        close(position, market, month.settle);
    } else if position.variation(month.settle) == Points::ZERO {
        position.round = round; // an unpaid rest is tried again at the next touch
    }
    let unpaid = if settled { -position.basis } else { position.variation(month.settle) };
    if unpaid >= Points::ZERO {
        market.note_standing(position, Standing::Sound);
    }
    market.note_change(exposed, position)?;
    if settled && held != NetLots::ZERO {
        let value = (held.size() * month.settle) * month.tick_value;
        let due = fee(value, market.settlement_fee_ppm);
        let amount = charge(account, market, due)?;
        if amount > 0 {
            store.emit(Event::SettlementFee { seat, instrument: month.instrument, amount });
        }
    }
    if paid != Points::ZERO || unpaid != Points::ZERO {
        store.emit(Event::Settled { seat, instrument: month.instrument, paid, unpaid });
    }
    Ok(())
}

/// Closes a position at the final price: what it is still owed, or owes, stays as its basis.
fn close(position: &mut Position, market: &mut Market, price: Ticks) {
    if position.net > NetLots::ZERO {
        market.open_interest -= position.net.size();
    }
    position.basis -= position.net * price;
    position.net = NetLots::ZERO;
    let next = position.void_below;
    position.void_orders(next);
}
