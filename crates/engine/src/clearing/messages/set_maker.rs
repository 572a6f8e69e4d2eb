//! `set_maker`: an account becomes a designated market maker, or stops being one. Only the incentives contract may send
//! it.

use crate::chain::Env;
use crate::clearing::cells::Stage;
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::rules::quoting::void_all_orders;
use crate::clearing::store::Store;
use crate::units::Seat;

/// Sets the designation. Open orders are voided, so that a score always begins and ends without quotes.
///
/// A designation ends although the seat has no account here: one with nothing in it may have stayed behind in the house
/// before, and can never come when its owner has opened that sub-account anew. A refusal would be one of the week of
/// all makers, which cannot be closed without it. In a house that is being left an account that is not here is in the
/// next one, with its designation, so there the programme has to follow first.
///
/// # Errors
/// `UnknownSeat`.
pub fn set_maker<S: Store>(store: &mut S, env: Env, seat: Seat, maker: bool) -> Result<()> {
    let Some(mut account) = store.account(seat) else {
        let ledger = store.ledger();
        let stayed_behind = !maker && ledger.stage == Stage::InForce && seat.0 < ledger.seats;
        return if stayed_behind { Ok(()) } else { Err(ClearingError::UnknownSeat) };
    };
    void_all_orders(store, env, seat, &mut account)?;
    account.maker = maker;
    store.set_account(seat, &account);
    store.emit(Event::MakerSet { seat, maker });
    Ok(())
}
