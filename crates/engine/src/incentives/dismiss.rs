//! `dismiss`: governance rejects an application or ends a designation.

use super::{Env, Event, IncentivesError, Maker, Page, Status, Store};

/// Ends an application or a designation. A designated maker loses what is not yet due. Returns whether they were
/// measured; then the caller of this function must tell clearing with `set_maker(seat, false)` next. Reads 3 cells,
/// writes 3.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAuthorised`], [`IncentivesError::NotAMaker`],
/// [`IncentivesError::WrongStatus`].
pub fn dismiss<S: Store>(store: &mut S, env: Env, seat: u32) -> Result<bool, IncentivesError> {
    let mut programme = store.connected()?;
    programme.only_governance(env)?;
    let mut maker = store.maker(seat).ok_or(IncentivesError::NotAMaker)?;
    let measured = maker.status.is_measured();
    maker.status = maker.status.to(Status::Ended)?;
    let mut forfeited = 0;
    if measured {
        forfeited = maker.forfeit(env.now);
        programme.owed = programme.owed.saturating_sub(forfeited);
        store.set_programme(&programme);
        free_slot_of(store, &maker);
    }
    store.set_maker(seat, &maker);
    store.emit(Event::Ended { seat, forfeited });
    Ok(measured)
}

/// Removes a maker from the roster.
pub(super) fn free_slot_of<S: Store>(store: &mut S, maker: &Maker) {
    let (number, index) = Page::locate(maker.slot);
    let mut page = store.page(number);
    page.set(index, None);
    store.set_page(number, &page);
}
