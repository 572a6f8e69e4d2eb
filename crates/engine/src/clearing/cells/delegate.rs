//! A delegate of an account: an address that may trade for it and do nothing else. One cold cell for each, read only
//! when the sender of an order is not the owner.
//!
//! A delegate places, replaces, cancels, quotes and rolls within his scope. He never withdraws, transfers or names
//! other delegates, and a trigger that he sets pays its keeper nothing: money leaves the account by trading alone.

use super::instrument::Instrument;
use crate::clearing::error::{ClearingError, Result};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};
use crate::units::{Lots, Seconds};

/// Instruments that a scope can name: all months of a curve.
pub const MAX_SCOPE: usize = 12;

/// What a delegate may trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Delegate {
    /// Largest order, or level of a quote.
    pub max_lots: Lots,
    /// From when on he may nothing; zero when he was dismissed.
    pub expiry: Seconds,
    used: u8,
    instruments: [Instrument; MAX_SCOPE],
}

impl Delegate {
    /// A delegate for these instruments; none named means all.
    ///
    /// # Errors
    /// `TooMany` instruments.
    pub fn new(max_lots: Lots, expiry: Seconds, instruments: impl Iterator<Item = Instrument>) -> Result<Self> {
        let mut delegate = Self { max_lots, expiry, ..Self::default() };
        for instrument in instruments {
            *delegate.instruments.get_mut(usize::from(delegate.used)).ok_or(ClearingError::TooMany)? = instrument;
            delegate.used = delegate.used.saturating_add(1);
        }
        Ok(delegate)
    }

    /// The instruments of his scope; none means all.
    pub fn instruments(&self) -> &[Instrument] {
        self.instruments.get(..usize::from(self.used)).unwrap_or_default()
    }

    /// Whether he may send an order of this size now. Cancelling is an order of no size.
    ///
    /// # Errors
    /// `DelegationExpired`, `OutsideDelegation`.
    pub fn check(&self, now: Seconds, instrument: Instrument, lots: Lots) -> Result<()> {
        if self.expiry <= now {
            return Err(ClearingError::DelegationExpired);
        }
        let named = self.used == 0 || self.instruments().contains(&instrument);
        if named && lots <= self.max_lots { Ok(()) } else { Err(ClearingError::OutsideDelegation) }
    }
}

const _: () = assert!(Delegate::MAX_BYTES <= CELL_BYTES);

impl Cell for Delegate {
    const MAX_BYTES: usize = 3 + 4 + MAX_SCOPE * 2;

    fn write(&self, out: &mut Writer) {
        out.uint(self.max_lots.0.into(), 3);
        out.uint(self.expiry.0.into(), 4);
        for instrument in self.instruments() {
            out.uint(instrument.0.into(), 2);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let mut delegate = Self { max_lots: Lots(from.u32(3)), expiry: Seconds(from.u32(4)), ..Self::default() };
        for place in &mut delegate.instruments {
            if from.is_empty() {
                break;
            }
            *place = Instrument(from.u16());
            delegate.used = delegate.used.saturating_add(1);
        }
        delegate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delegate_with_a_full_scope_comes_back_and_one_more_instrument_is_too_many() {
        let full = Delegate::new(Lots::MAX, Seconds(u32::MAX), (0..12).map(Instrument)).expect("twelve");
        assert_eq!(full.to_cell().as_bytes().len(), Delegate::MAX_BYTES);
        assert_eq!(Delegate::from_cell(full.to_cell().as_bytes()), full);
        let more = Delegate::new(Lots(1), Seconds(1), (0..13).map(Instrument));
        assert_eq!(more, Err(ClearingError::TooMany));
    }

    #[test]
    fn a_scope_ends_at_its_size_its_instruments_and_its_time() {
        let delegate = Delegate::new(Lots(10), Seconds(100), [Instrument(3)].into_iter()).expect("one");
        let check = |now, instrument, lots| delegate.check(Seconds(now), Instrument(instrument), Lots(lots));
        assert_eq!(check(99, 3, 10), Ok(()));
        assert_eq!(check(99, 3, 11), Err(ClearingError::OutsideDelegation));
        assert_eq!(check(99, 4, 1), Err(ClearingError::OutsideDelegation));
        assert_eq!(check(100, 3, 0), Err(ClearingError::DelegationExpired));
        let anywhere = Delegate::new(Lots(10), Seconds(100), core::iter::empty()).expect("none");
        assert_eq!(anywhere.check(Seconds(1), Instrument(77), Lots(10)), Ok(()));
    }
}
