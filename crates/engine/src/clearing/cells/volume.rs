//! What an account has traded on each of the last thirty days: the cold cell behind its fee tier.

use crate::calendar::Day;
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};

/// Days that count towards a tier.
pub const DAYS: u32 = 30;

/// Traded value is counted in units of ten dollars, rounded down for each fill.
pub const VOLUME_UNIT: i128 = 10_000_000;

/// Traded value by day, in [`crate::clearing::VOLUME_UNIT`]s.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Volume {
    last: Day,
    days: [u32; DAYS as usize],
}

impl Volume {
    /// Adds what was traded up to `today` and forgets what is older than thirty days. A day before the last one counts
    /// as the last.
    pub fn add(&mut self, today: Day, units: u32) {
        let gone = today.0.saturating_sub(self.last.0).min(DAYS);
        for step in 1..=gone {
            self.change(self.last.0.saturating_add(step), |_| 0);
        }
        self.last = self.last.max(today);
        self.change(self.last.0, |before| before.saturating_add(units));
    }

    /// Adds what was traded between the last day and `today`, at the earliest time that it can be of, and forgets what
    /// is older than thirty days. Before the first day it counts as of today.
    pub fn add_since_last(&mut self, today: Day, units: u32) {
        let first = self.last == Day::default();
        self.add(if first { today } else { self.last }, units);
        self.add(today, 0);
    }

    /// The sum of the thirty days up to the last one.
    pub fn total(&self) -> u64 {
        self.days.iter().map(|units| u64::from(*units)).sum()
    }

    fn change(&mut self, day: u32, new: impl Fn(u32) -> u32) {
        let index = usize::try_from(day % DAYS).unwrap_or(0);
        if let Some(units) = self.days.get_mut(index) {
            *units = new(*units);
        }
    }
}

const _: () = assert!(Volume::MAX_BYTES <= CELL_BYTES);

impl Cell for Volume {
    const MAX_BYTES: usize = 4 + 4 * DAYS as usize;

    fn write(&self, out: &mut Writer) {
        out.uint(self.last.0.into(), 4);
        for units in self.days {
            out.uint(units.into(), 4);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self { last: Day(from.u32(4)), days: core::array::from_fn(|_| from.u32(4)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_traded_before_a_refresh_is_as_old_as_the_refresh_before_it() {
        let mut volume = Volume::default();
        volume.add_since_last(Day(20_000), 5);
        volume.add_since_last(Day(20_020), 7);
        assert_eq!(volume.total(), 12);
        volume.add_since_last(Day(20_030), 1);
        assert_eq!(volume.total(), 1, "of the 12 none is younger than thirty days for certain");
        volume.add_since_last(Day(20_090), 9);
        assert_eq!(volume.total(), 0);
    }

    proptest! {
        #[test]
        fn the_total_is_what_was_traded_in_thirty_days(trades in prop::collection::vec((0..12_u32, 0..1_000_u32), 1..60)) {
            let (mut volume, mut today) = (Volume::default(), 20_000);
            let mut all = std::vec![];
            for (wait, units) in trades {
                today += wait;
                volume.add(Day(today), units);
                all.push((today, units));
                let counted = all.iter().filter(|(day, _)| today - day < DAYS).map(|(_, units)| u64::from(*units));
                prop_assert_eq!(volume.total(), counted.sum::<u64>());
            }
            prop_assert_eq!(Volume::from_cell(volume.to_cell().as_bytes()), volume);
            prop_assert_eq!(volume.to_cell().as_bytes().len(), Volume::MAX_BYTES);
        }
    }
}
