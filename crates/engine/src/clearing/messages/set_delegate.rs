//! `set_delegate`: the owner lets another address trade for an account, or takes that back.

use crate::chain::{Address, Env};
use crate::clearing::cells::{Delegate, Instrument};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::{Store, own_account};
use crate::codec::Reader;
use crate::units::{Lots, Seat};

/// The instruments of an encoded scope: two bytes each, big endian; a single byte at the end is ignored.
pub fn parse_scope(bytes: &[u8]) -> impl Iterator<Item = Instrument> {
    bytes.chunks_exact(2).map(|chunk| Instrument(Reader::new(chunk).u16()))
}

/// Sets what `delegate` may trade for the account, in place of what they might before; an expiry in the past dismisses
/// them, and takes every trigger that a delegate has set away. Only the owner may send it.
///
/// Cells: account read, delegate written; triggers read at a dismissal, and written when one goes.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `BadSize` for a largest order or lots of a day above [`Lots::MAX`].
pub fn set_delegate<S: Store>(
    store: &mut S,
    env: Env,
    seat: Seat,
    address: Address,
    delegate: &Delegate,
) -> Result<()> {
    own_account(store, &env, seat)?;
    if delegate.max_lots > Lots::MAX || delegate.day_lots > Lots::MAX {
        return Err(ClearingError::BadSize);
    }
    store.set_delegate(seat, address, delegate);
    if delegate.expiry <= env.now {
        let mut triggers = store.triggers(seat);
        if triggers.drop_delegated() {
            store.set_triggers(seat, &triggers);
        }
    }
    let Delegate { max_lots, expiry, .. } = *delegate;
    store.emit(Event::DelegateSet { seat, delegate: address, max_lots, expiry });
    Ok(())
}
