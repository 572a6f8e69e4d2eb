//! `execute_trigger`: a keeper carries out a stop or take-profit order whose price has been reached.

use crate::chain::Env;
use crate::clearing::cells::{AccountAt, Trigger};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::book::{Book, drop_idle_orders};
use crate::clearing::rules::limits::Limits;
use crate::clearing::rules::matching::SelfTrade;
use crate::clearing::rules::order::{Place, Placed, Policy, allowed_lots, check_limits, submit};
use crate::clearing::rules::{guard, margin};
use crate::clearing::store::Store;
use crate::math::mul_div_floor;
use crate::oracle::validity::Action;
use crate::units::{Lots, Seat, Seconds};

/// Which trigger to carry out, and who is paid for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Execute {
    /// The account that gets the fee: the keeper's.
    pub keeper: Seat,
    /// The account that the trigger belongs to.
    pub seat: Seat,
    /// Its slot.
    pub slot: u8,
}

/// Carries out a trigger. Anyone may send it. Returns what became of the order and the fee in quote atoms.
///
/// The fee is paid for the share of the order that traded or rests, rounded down, and never more than the account's
/// cash; while nobody may withdraw from the account, for what traded alone. What could not trade waits on with the rest
/// of the fee; when nothing could, the message is refused, so that an empty book costs nobody their stop. Own resting
/// orders on the way are cancelled; one that a delegate has set ends at those of another account of the owner. The
/// account's margin is checked after the fee. While nobody may withdraw beside a position in the month no trigger of it
/// is carried out, and none on the last price while new risk is kept out: they wait.
///
/// Cells: triggers read and written, those of `place`, and the keeper's account read and written.
///
/// # Errors
/// `UnknownSeat`, `UnknownTrigger`, `Paused`, `ReduceOnly`, `IndexUnavailable`, `OrderExpired`, `NotTriggered`,
/// `NotFilled`, and those of `place`.
pub fn execute_trigger<S: Store>(store: &mut S, env: Env, execute: Execute) -> Result<(Placed, u64)> {
    let Execute { keeper, seat, slot } = execute;
    let mut triggers = store.triggers(seat);
    let trigger = *triggers.get(slot).ok_or(ClearingError::UnknownTrigger)?;
    let before = store.account(seat).ok_or(ClearingError::UnknownSeat)?;
    let mut me = AccountAt { seat, account: before };
    // Where only those who reduce may trade two of them make a last price; and while the next mark may be known a stop
    // would be theirs who know it.
    let curve = store.curve(trigger.instrument.product()).ok_or(ClearingError::UnknownInstrument)?;
    guard::check(&curve, env.now, if trigger.last { Action::IncreaseRisk } else { Action::Withdraw })?;
    let mut book = Book::open(store, env.now, trigger.instrument)?;
    book.by_delegate = triggers.is_delegated(slot);
    let market_before = book.market;
    if trigger.expiry > Seconds::ZERO && trigger.expiry <= env.now {
        return Err(ClearingError::OrderExpired);
    }
    let band = Limits::band(book.month.mark);
    if !trigger.fires_at(if trigger.last { book.last_price(&band) } else { book.month.mark }) {
        return Err(ClearingError::NotTriggered);
    }
    let order = order_of(seat, &trigger, &book.limits, &band);
    let due = allowed_lots(&book, &before, &order)?;
    let placed = submit(&mut book, &mut me, order)?;
    let done = placed.filled + placed.resting;
    if done == Lots::ZERO {
        return Err(ClearingError::NotFilled);
    }
    check_limits(&book, &before, &me.account, &market_before)?;
    let store = book.close(&market_before);
    drop_idle_orders(store, seat, &mut me.account, trigger.instrument);

    // No stop carries money out of an account from which nobody may withdraw: there what traded is paid for alone.
    let free = margin::check_guards(store, &me.account, env.now, Action::Withdraw).is_ok();
    let worth = if free { done } else { placed.filled };
    let share = mul_div_floor(trigger.fee.into(), worth.0.into(), due.0.into());
    let fee = u32::try_from(share).unwrap_or(trigger.fee);
    let paid = u64::from(fee).min(me.account.cash);
    if keeper != seat {
        let mut account = store.account(keeper).ok_or(ClearingError::UnknownSeat)?;
        me.account.cash = me.account.cash.checked_sub(paid).ok_or(ClearingError::OutOfRange)?;
        account.cash = account.cash.checked_add(paid).ok_or(ClearingError::OutOfRange)?;
        store.set_account(keeper, &account);
    }
    margin::check(store, &before, &me.account)?;
    store.set_account(seat, &me.account);

    let left = due - done;
    let rest = Trigger { lots: left, fee: trigger.fee.saturating_sub(fee), ..trigger };
    if !triggers.set(slot, if left == Lots::ZERO { Trigger::default() } else { rest }) {
        return Err(ClearingError::UnknownTrigger);
    }
    store.set_triggers(seat, &triggers);
    store.emit(Event::Triggered { seat, slot, keeper, fee: paid, left });
    Ok((placed, paid))
}

/// What a trigger sends: an order that rests with its limit, or with the day's limit if that is nearer; a market order
/// protected by the band around the mark, too.
fn order_of(seat: Seat, trigger: &Trigger, limits: &Limits, band: &Limits) -> Place {
    let (policy, expiry) = if trigger.rests { (Policy::Rest, trigger.expiry) } else { (Policy::Market, Seconds::ZERO) };
    let price = limits.protect(trigger.side(), trigger.limit);
    Place {
        seat,
        instrument: trigger.instrument,
        side: trigger.side(),
        price: if trigger.rests { price } else { band.protect(trigger.side(), price) },
        lots: trigger.lots,
        policy,
        self_trade: SelfTrade::CancelMaker,
        reduce_only: trigger.reduce_only,
        expiry,
        number: 0,
    }
}
