//! `accept`: governance designates a maker.

use super::{Clearing, Env, Event, IncentivesError, MAX_MAKERS, PAGE_SEATS, Page, Status, Store};
use crate::units::Seconds;

/// Designates a seat that has applied, if its collateral still meets the requirement. The maker is measured from now
/// on: the caller of this function must tell clearing with `set_maker(seat, true)` next. Reads 2 cells and at most 2
/// pages, asks clearing once, writes 3.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAuthorised`], [`IncentivesError::NotApplied`],
/// [`IncentivesError::CapitalTooLow`], [`IncentivesError::RosterFull`], [`IncentivesError::ClearingFailed`].
pub fn accept<S: Store + Clearing>(store: &mut S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    let mut programme = store.connected()?;
    programme.only_governance(env)?;
    let mut maker = store.maker(seat).ok_or(IncentivesError::NotApplied)?;
    if maker.status != Status::Applied {
        return Err(IncentivesError::NotApplied);
    }
    programme.check_capital(store.holder(seat)?.collateral)?;
    let (number, index, mut page) = free_slot(store).ok_or(IncentivesError::RosterFull)?;
    let slot = number.saturating_mul(PAGE_SEATS).saturating_add(u16::try_from(index).unwrap_or(u16::MAX));

    maker.status = maker.status.to(Status::Designated)?;
    maker.slot = slot;
    maker.since = env.now;
    maker.leaves_at.0 = 0;
    maker.strikes = 0;
    maker.unpaid_from = 1;
    maker.unpaid_to = 0;
    maker.warned_at = Seconds::ZERO;
    page.set(index, Some(seat));
    programme.slots = programme.slots.max(slot.saturating_add(1));
    store.set_programme(&programme);
    store.set_maker(seat, &maker);
    store.set_page(number, &page);
    store.emit(Event::Designated { seat });
    Ok(())
}

/// The first free slot of the roster, with its page.
fn free_slot<S: Store>(store: &S) -> Option<(u16, usize, Page)> {
    (0..MAX_MAKERS.div_ceil(PAGE_SEATS)).find_map(|number| {
        let page = store.page(number);
        page.free().map(|index| (number, index, page))
    })
}
