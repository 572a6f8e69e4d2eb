//! `suspend`: anyone has a maker warned who lacks capital, and suspended when an hour has not brought it back.

use super::{CURE_SECONDS, Clearing, Env, Event, IncentivesError, Status, Store, epoch_of};
use crate::clearing::opening::{OPENING_SECONDS, is_print_time};
use crate::units::Seconds;

/// Warns a maker whose collateral is below the requirement, also one that has given notice; suspends them when it is
/// sent again [`CURE_SECONDS`] after the warning and the collateral is still missing. The current epoch and all until
/// they resume earn nothing then. Reads 2 cells and asks clearing once, writes 1.
///
/// The hour is there because cash alone counts: after a print who has lost in one month pays at once, and who has won
/// as much in another is paid minutes later. A warning ends by itself ([`super::WARNING_SECONDS`]), since a message
/// that finds the collateral there is refused, and a refused message changes nothing. From noon until books have opened
/// at two nobody is looked at: the prints of two products on which everybody agrees can be settled an hour apart then,
/// and who is hedged in both has too little for two minutes twice.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAMaker`], [`IncentivesError::WrongStatus`],
/// [`IncentivesError::CapitalSuffices`], [`IncentivesError::CurePeriod`], [`IncentivesError::ClearingFailed`].
pub fn suspend<S: Store + Clearing>(store: &mut S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    let programme = store.connected()?;
    let mut maker = store.maker(seat).ok_or(IncentivesError::NotAMaker)?;
    // A maker who has given notice still leaves, and is not paid either.
    let suspended =
        if maker.status == Status::Leaving { Status::Leaving } else { maker.status.to(Status::Suspended)? };
    if maker.is_suspended() {
        return Err(IncentivesError::WrongStatus);
    }
    let before = Seconds(env.now.0.saturating_sub(OPENING_SECONDS));
    if is_print_time(env.now) || is_print_time(before) {
        return Err(IncentivesError::CurePeriod);
    }
    if programme.check_capital(store.holder(seat)?.collateral).is_ok() {
        return Err(IncentivesError::CapitalSuffices);
    }
    let Some(warned) = maker.warning(env.now) else {
        maker.warned_at = env.now;
        store.set_maker(seat, &maker);
        store.emit(Event::CapitalShort { seat, cure_until: env.now.later(CURE_SECONDS) });
        return Ok(());
    };
    if env.now < warned.later(CURE_SECONDS) {
        return Err(IncentivesError::CurePeriod);
    }
    // An earlier suspension whose epochs are not closed yet is joined to this one.
    let open = maker.unpaid_to >= programme.next_epoch && maker.unpaid_from <= maker.unpaid_to;
    if !open {
        maker.unpaid_from = epoch_of(env.now);
    }
    maker.unpaid_to = u32::MAX;
    maker.status = suspended;
    maker.warned_at = Seconds::ZERO;
    store.set_maker(seat, &maker);
    store.emit(Event::Suspended { seat });
    Ok(())
}
