//! `set_delegate`: the owner lets another address trade for an account, or takes that back.

use crate::chain::{Address, Env};
use crate::clearing::cells::{Delegate, Instrument};
use crate::clearing::error::{ClearingError, Result};
use crate::clearing::event::Event;
use crate::clearing::store::{Store, own_account};
use crate::codec::Reader;
use crate::units::{Lots, Seat};

/// The instruments of an encoded scope: two bytes each, big endian; a rest of one byte is none.
pub fn parse_scope(bytes: &[u8]) -> impl Iterator<Item = Instrument> {
    bytes.chunks_exact(2).map(|chunk| Instrument(Reader::new(chunk).u16()))
}

/// Sets what `delegate` may trade for the account, in place of what he might before; an expiry in the past dismisses
/// him. Only the owner may send it.
///
/// Cells: account read, delegate written.
///
/// # Errors
/// `NotAuthorised`, `UnknownSeat`, `BadSize` for a largest order above [`Lots::MAX`].
pub fn set_delegate<S: Store>(
    store: &mut S,
    env: Env,
    seat: Seat,
    address: Address,
    delegate: &Delegate,
) -> Result<()> {
    own_account(store, &env, seat)?;
    if delegate.max_lots > Lots::MAX {
        return Err(ClearingError::BadSize);
    }
    store.set_delegate(seat, address, delegate);
    let Delegate { max_lots, expiry, .. } = *delegate;
    store.emit(Event::DelegateSet { seat, delegate: address, max_lots, expiry });
    Ok(())
}
