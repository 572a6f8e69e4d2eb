//! `exit`: a maker gives notice, or an applicant withdraws.

use super::{Env, Event, IncentivesError, Status, Store};

/// Gives notice: obligations and rewards hold until it is over, and the closing of the epoch in which it is over ends
/// the designation; rewards go on becoming due. A suspended maker who gives notice earns nothing more. An application
/// ends at once. Reads 2 cells, writes 1.
///
/// # Errors
/// [`IncentivesError::NotConnected`], [`IncentivesError::NotAMaker`], [`IncentivesError::NotAuthorised`],
/// [`IncentivesError::WrongStatus`].
pub fn exit<S: Store>(store: &mut S, env: Env, seat: u32) -> Result<(), IncentivesError> {
    let programme = store.connected()?;
    let mut maker = store.maker(seat).ok_or(IncentivesError::NotAMaker)?;
    maker.only_owner(env)?;
    if maker.status == Status::Applied {
        maker.status = maker.status.to(Status::Ended)?;
        store.set_maker(seat, &maker);
        store.emit(Event::Ended { seat, forfeited: 0 });
        return Ok(());
    }
    maker.status = maker.status.to(Status::Leaving)?;
    maker.leaves_at = env.now.later(programme.parameters.notice_seconds);
    store.set_maker(seat, &maker);
    store.emit(Event::Leaving { seat, leaves_at: maker.leaves_at });
    Ok(())
}
