//! `set_trigger` and `clear_trigger`: stop and take-profit orders begin and cease to wait.

use crate::chain::Env;
use crate::clearing::cells::{Instrument, Status, Trigger};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::{Store, month_of, traded_account};
use crate::units::{Lots, Seat, Seconds, Ticks};

/// Puts a trigger into a slot (0 to 15) of the account, in place of what was there. Whether the account can afford the
/// order is seen when it is executed: until then a trigger holds no margin.
///
/// Cells: account, curve and triggers read, triggers written; the delegate's when the sender is not the owner.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `DelegationExpired`, `OutsideDelegation` (also for a fee that a delegate promises),
/// `BadSize`, `BadPrice`, `OrderExpired`, `BadParameter` for a fee above [`Trigger::MAX_FEE`], `UnknownInstrument`,
/// `NotYetListed`, `TradingEnded`, `TooMany` for a slot that does not exist.
pub fn set_trigger<S: Store>(store: &mut S, env: Env, seat: Seat, slot: u8, trigger: Trigger) -> Result<()> {
    let account = traded_account(store, &env, seat, trigger.instrument, trigger.lots)?;
    if account.owner != env.caller && trigger.fee > 0 {
        return Err(ClearingError::OutsideDelegation);
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
    put(store, seat, slot, trigger)
}

/// Empties a slot.
///
/// Cells: account and triggers read, triggers written; the delegate's when the sender is not the owner.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `DelegationExpired`, `OutsideDelegation`, `UnknownTrigger`.
pub fn clear_trigger<S: Store>(store: &mut S, env: Env, seat: Seat, slot: u8) -> Result<()> {
    let instrument = store.triggers(seat).get(slot).map(|trigger| trigger.instrument);
    traded_account(store, &env, seat, instrument.unwrap_or_default(), Lots::ZERO)?;
    let instrument: Instrument = instrument.ok_or(ClearingError::UnknownTrigger)?;
    put(store, seat, slot, Trigger { instrument, ..Trigger::default() })
}

fn put<S: Store>(store: &mut S, seat: Seat, slot: u8, trigger: Trigger) -> Result<()> {
    let mut triggers = store.triggers(seat);
    let Trigger { instrument, price, lots, .. } = trigger;
    let kept = if lots == Lots::ZERO { Trigger::default() } else { trigger };
    if !triggers.set(slot, kept) {
        return Err(ClearingError::TooMany);
    }
    store.set_triggers(seat, &triggers);
    store.emit(Event::TriggerSet { seat, slot, instrument, price, lots });
    Ok(())
}
