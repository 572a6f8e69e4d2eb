//! A delegate of an account: an address that may trade for it and do nothing else. One cold cell for each, read only
//! when the sender of an order is not the owner.
//!
//! A delegate places, replaces, cancels, quotes and rolls within their scope. They never withdraw, transfer or name
//! other delegates, and a trigger that they set pays its keeper nothing: money leaves the account by trading alone.
//!
//! By trading it does leave. With an accomplice on the other side a delegate can lose, order by order, all that the
//! account has. What bounds that is the number of lots that they may send in a day ([`Delegate::day_lots`]): at most as
//! many lots times twice the day's price limit. Without it, whoever holds the delegate's key is trusted with
//! everything.

use super::instrument::Instrument;
use crate::calendar::Day;
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
    /// Lots of all orders, levels of quotes and triggers of a UTC day together; zero for no such limit.
    pub day_lots: Lots,
    /// From when on they may do nothing; zero when they were dismissed.
    pub expiry: Seconds,
    /// What they have sent of a day's lots, and on which day.
    sent: (Lots, u16),
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

    /// This delegate with a limit for a day; zero for none.
    #[must_use]
    pub fn within_a_day(self, day_lots: Lots) -> Self {
        Self { day_lots, ..self }
    }

    /// The instruments of their scope; none means all.
    pub fn instruments(&self) -> &[Instrument] {
        self.instruments.get(..usize::from(self.used)).unwrap_or_default()
    }

    /// Whether they may send an order of this size now. Cancelling is an order of no size.
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

    /// Counts lots that they send against those of the day. Whether the cell has changed.
    ///
    /// # Errors
    /// `DelegateDayLimit`.
    pub fn send(&mut self, now: Seconds, lots: Lots) -> Result<bool> {
        if self.day_lots == Lots::ZERO || lots == Lots::ZERO {
            return Ok(false);
        }
        let today = u16::try_from(Day::of(now).0).unwrap_or(u16::MAX);
        let before = if self.sent.1 == today { self.sent.0 } else { Lots::ZERO };
        let sum = before + lots;
        if sum > self.day_lots {
            return Err(ClearingError::DelegateDayLimit);
        }
        self.sent = (sum, today);
        Ok(true)
    }
}

const _: () = assert!(Delegate::MAX_BYTES <= CELL_BYTES);

impl Cell for Delegate {
    // largest order 3, expiry 4, lots of a day 3, sent 3 and 2
    const MAX_BYTES: usize = 15 + MAX_SCOPE * 2;

    fn write(&self, out: &mut Writer) {
        out.uint(self.max_lots.0.into(), 3);
        out.uint(self.expiry.0.into(), 4);
        out.uint(self.day_lots.0.into(), 3);
        out.uint(self.sent.0.0.into(), 3);
        out.uint(self.sent.1.into(), 2);
        for instrument in self.instruments() {
            out.uint(instrument.0.into(), 2);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let mut delegate = Self {
            max_lots: Lots(from.u32(3)),
            expiry: Seconds(from.u32(4)),
            day_lots: Lots(from.u32(3)),
            sent: (Lots(from.u32(3)), from.u16()),
            ..Self::default()
        };
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
    use crate::calendar::DAY;

    #[test]
    fn a_delegate_with_a_full_scope_comes_back_and_one_more_instrument_is_too_many() {
        let full = Delegate::new(Lots::MAX, Seconds(u32::MAX), (0..12).map(Instrument)).expect("twelve");
        let mut full = full.within_a_day(Lots::MAX);
        assert_eq!(full.send(Seconds(u32::MAX), Lots::MAX), Ok(true));
        assert_eq!(full.to_cell().as_bytes().len(), Delegate::MAX_BYTES);
        assert_eq!(Delegate::from_cell(full.to_cell().as_bytes()), full);
        let more = Delegate::new(Lots(1), Seconds(1), (0..13).map(Instrument));
        assert_eq!(more, Err(ClearingError::TooMany));
    }

    #[test]
    fn a_days_lots_are_counted_by_utc_days() {
        let mut delegate =
            Delegate::new(Lots(10), Seconds(u32::MAX), core::iter::empty()).expect("none").within_a_day(Lots(25));
        let noon = Day(20_000).start().later(DAY / 2);
        assert_eq!(
            [10, 10, 6, 5, 1].map(|lots| delegate.send(noon, Lots(lots))),
            [Ok(true), Ok(true), Err(ClearingError::DelegateDayLimit), Ok(true), Err(ClearingError::DelegateDayLimit),]
        );
        assert_eq!(delegate.send(noon, Lots::ZERO), Ok(false), "cancelling counts for nothing");
        assert_eq!(delegate.send(noon.later(DAY / 2), Lots(10)), Ok(true), "a new day");
        let mut unlimited = delegate.within_a_day(Lots::ZERO);
        assert_eq!(unlimited.send(noon, Lots::MAX), Ok(false));
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
