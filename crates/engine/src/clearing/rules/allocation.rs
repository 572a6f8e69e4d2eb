//! How a position bears its part of an allocated loss ([`crate::clearing::allocate()`]).

use crate::clearing::cells::{Instrument, Market, Position};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::Store;
use crate::units::{Points, Seat, Ticks};

pub(crate) fn profit(position: &Position, mark: Ticks) -> Points {
    position.variation(mark).max(Points::ZERO)
}

/// Has a position bear its part of the last allocation, if it has not yet. Before anything else happens to it.
///
/// # Errors
/// `OutOfRange`.
pub(crate) fn bear<S: Store>(
    store: &mut S,
    seat: Seat,
    instrument: Instrument,
    position: &mut Position,
    market: &mut Market,
) -> Result<()> {
    let allocation = &mut market.allocation;
    if position.allocation == allocation.number {
        return Ok(());
    }
    position.allocation = allocation.number;
    if !position.is_exposed() {
        return Ok(());
    }
    allocation.counted = allocation.counted.checked_sub(1).ok_or(ClearingError::OutOfRange)?;
    let lost = allocation.haircut(profit(position, allocation.mark));
    position.basis += lost;
    market.deficit -= lost;
    market.note_change(true, position)?;
    if lost > Points::ZERO {
        store.emit(Event::Haircut { seat, instrument, lost });
    }
    Ok(())
}
