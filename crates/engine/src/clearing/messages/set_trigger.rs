//! `set_trigger` and `clear_trigger`: set and clear stop and take-profit orders.

use crate::chain::Env;
use crate::clearing::cells::{Delegate, Instrument, Status, Trigger};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::{Store, month_of, traded_account};
use crate::units::{Lots, Seat, Seconds, Ticks};

/// Puts a trigger into a slot (0 to 15) of the account, in place of what was there. Whether the account can afford the
/// order is seen when it is executed: until then a trigger holds no margin.
///
/// What a delegate sets is good until their time is over at most, and goes when a delegate is dismissed. A delegate may
/// not replace a trigger that is beyond what they may trade.
///
/// Cells: account, curve and triggers read, triggers written; the delegate's when the sender is not the owner.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `DelegationExpired`, `OutsideDelegation` (also for a fee that a delegate promises,
/// and for what stands in the slot), `DelegateDayLimit`, `BadSize`, `BadPrice`, `OrderExpired`, `BadParameter` for a
/// fee above [`Trigger::MAX_FEE`], `UnknownInstrument`, `NotYetListed`, `TradingEnded`, `TooMany` for a slot that does
/// not exist.
pub fn set_trigger<S: Store>(store: &mut S, env: Env, seat: Seat, slot: u8, mut trigger: Trigger) -> Result<()> {
    let account = traded_account(store, &env, seat, trigger.instrument, trigger.lots)?;
    let delegated = account.owner != env.caller;
    if delegated {
        if trigger.fee > 0 {
            return Err(ClearingError::OutsideDelegation);
        }
        let delegate = may_replace(store, &env, seat, slot)?;
        if trigger.expiry == Seconds::ZERO || trigger.expiry > delegate.expiry {
            trigger.expiry = delegate.expiry;
        }
    }
    if trigger.lots == Lots::ZERO || trigger.lots > Lots::MAX {
        return Err(ClearingError::BadSize);
    }
    if [trigger.price, trigger.limit].iter().any(|price| *price == Ticks::ZERO || *price >= Ticks::MAX) {
        return Err(ClearingError::BadPrice);
    }
    if trigger.expiry > Seconds::ZERO && trigger.expiry <= env.now {
        return Err(ClearingError::OrderExpired);
    }
    if trigger.fee > Trigger::MAX_FEE {
        return Err(ClearingError::BadParameter);
    }
    let (_, month) = month_of(store, trigger.instrument)?;
    if month.status == Status::Settled || env.now >= month.expiry {
        return Err(ClearingError::TradingEnded);
    }
    put(store, seat, slot, trigger, delegated)
}

/// Empties a slot.
///
/// Cells: account and triggers read, triggers written; the delegate's when the sender is not the owner.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `DelegationExpired`, `OutsideDelegation`, `UnknownTrigger`.
pub fn clear_trigger<S: Store>(store: &mut S, env: Env, seat: Seat, slot: u8) -> Result<()> {
    let instrument = store.triggers(seat).get(slot).map(|trigger| trigger.instrument);
    let account = traded_account(store, &env, seat, instrument.unwrap_or_default(), Lots::ZERO)?;
    let instrument: Instrument = instrument.ok_or(ClearingError::UnknownTrigger)?;
    if account.owner != env.caller {
        may_replace(store, &env, seat, slot)?;
    }
    put(store, seat, slot, Trigger { instrument, ..Trigger::default() }, false)
}

/// The delegate who sends this, if they were allowed to set what stands in the slot: no delegate removes a stop that is
/// beyond what they may trade.
fn may_replace<S: Store>(store: &mut S, env: &Env, seat: Seat, slot: u8) -> Result<Delegate> {
    let delegate = store.delegate(seat, env.caller).ok_or(ClearingError::NotAuthorised)?;
    if let Some(old) = store.triggers(seat).get(slot) {
        delegate.check(env.now, old.instrument, old.lots)?;
    }
    Ok(delegate)
}

fn put<S: Store>(store: &mut S, seat: Seat, slot: u8, trigger: Trigger, delegated: bool) -> Result<()> {
    let mut triggers = store.triggers(seat);
    let Trigger { instrument, price, lots, .. } = trigger;
    let kept = if lots == Lots::ZERO { Trigger::default() } else { trigger };
    if !triggers.set_by(slot, kept, delegated) {
        return Err(ClearingError::TooMany);
    }
    store.set_triggers(seat, &triggers);
    store.emit(Event::TriggerSet { seat, slot, instrument, price, lots });
    Ok(())
}
