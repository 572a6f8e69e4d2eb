//! `claim`: a maker takes what is due.

use super::{Env, Event, IncentivesError, Store};

/// Claims all that is due; returns its amount in quote atoms; the caller of this function must pay it with
/// `pay_reward(seat, amount)` next. Reads 2 cells, writes 2.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAMaker`], [`IncentivesError::NotAuthorised`],
/// [`IncentivesError::NothingDue`].
pub fn claim<S: Store>(store: &mut S, env: Env, seat: u32) -> Result<u64, IncentivesError> {
    let mut programme = store.connected()?;
    let mut maker = store.maker(seat).ok_or(IncentivesError::NotAMaker)?;
    maker.only_owner(env)?;
    let amount = maker.claim(env.now);
    if amount == 0 {
        return Err(IncentivesError::NothingDue);
    }
    programme.owed = programme.owed.saturating_sub(amount);
    store.set_programme(&programme);
    store.set_maker(seat, &maker);
    store.emit(Event::Claimed { seat, amount });
    Ok(amount)
}
