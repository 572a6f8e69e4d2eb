//! How long an instrument was halted in a reward week: what makers did not owe.
//!
//! The time of a halt ([`crate::clearing::limits`]) is known when it begins, so it is booked then: to the running week,
//! and what reaches beyond it to the next. The previous week is kept, because makers are paid for it in the running
//! one.

use super::holidays::Holidays;
use crate::calendar::REWARD_EPOCH_SECONDS;
use crate::codec::{Reader, Writer};
use crate::units::Seconds;

/// Session seconds of halts, by reward week.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Halts {
    /// The latest week that is counted.
    week: u16,
    /// Session seconds halted in the latest week.
    latest: u32,
    /// Session seconds halted in the week before the latest.
    before: u32,
}

impl Halts {
    /// Encoded length in bytes.
    pub const BYTES: usize = 10;

    /// Books a halt, or a pause in which nobody trades, of any length. Halts do not overlap: in one nothing trades.
    pub fn begin(&mut self, now: Seconds, until: Seconds, holidays: &Holidays) {
        let last = until.0.saturating_sub(1) / REWARD_EPOCH_SECONDS;
        // Two weeks are kept: of a longer pause the last two.
        for week in (now.0 / REWARD_EPOCH_SECONDS).max(last.saturating_sub(1))..=last {
            let begin = Seconds(week.saturating_mul(REWARD_EPOCH_SECONDS));
            let end = begin.later(REWARD_EPOCH_SECONDS);
            self.add(week, holidays.session_seconds(now.max(begin), until.min(end)));
        }
    }

    /// Session seconds halted in a week, as far as it is still known.
    pub fn of(&self, week: u32) -> u32 {
        match u32::from(self.week).checked_sub(week) {
            Some(0) => self.latest,
            Some(1) => self.before,
            _ => 0,
        }
    }

    fn add(&mut self, week: u32, seconds: u32) {
        let week = u16::try_from(week).unwrap_or(u16::MAX);
        if week > self.week {
            self.before = if week.saturating_sub(1) == self.week { self.latest } else { 0 };
            (self.week, self.latest) = (week, 0);
        }
        match self.week.checked_sub(week) {
            Some(0) => self.latest = self.latest.saturating_add(seconds),
            Some(1) => self.before = self.before.saturating_add(seconds),
            _ => {}
        }
    }

    /// Appends it to a cell.
    pub fn write(&self, out: &mut Writer) {
        out.uint(self.week.into(), 2);
        out.uint(self.latest.into(), 4);
        out.uint(self.before.into(), 4);
    }

    /// Reads it back.
    pub fn read(from: &mut Reader<'_>) -> Self {
        Self { week: from.u16(), latest: from.u32(4), before: from.u32(4) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::DAY;

    // Thursday 2026-01-01 00:00 UTC: a week begins on a Thursday.
    const THURSDAY: u32 = 1_767_225_600;
    const WEEK: u32 = THURSDAY / REWARD_EPOCH_SECONDS;

    #[test]
    fn halts_add_up_by_week_and_are_split_where_a_week_ends() {
        let mut halts = Halts::default();
        let mut begin = |from: u32, seconds: u32| {
            halts.begin(Seconds(THURSDAY + from), Seconds(THURSDAY + from + seconds), &Holidays::default());
            halts
        };
        assert_eq!(begin(1_000, 600).of(WEEK), 600);
        assert_eq!(begin(DAY, 3 * DAY).of(WEEK), 600 + DAY); // Friday until Monday: the weekend is no session
        let over = begin(7 * DAY - 100, 600);
        assert_eq!((over.of(WEEK), over.of(WEEK + 1)), (700 + DAY, 500));
        let later = begin(8 * DAY, 600);
        assert_eq!((later.of(WEEK), later.of(WEEK + 1), later.of(WEEK + 2)), (700 + DAY, 1_100, 0));
        // A pause that ends in a week in which another halt was booked before, and one of a month: its last two weeks
        // are kept.
        let back = begin(7 * DAY - 50, 60);
        assert_eq!((back.of(WEEK), back.of(WEEK + 1)), (750 + DAY, 1_110));
        let month = begin(8 * DAY, 27 * DAY);
        assert_eq!((month.of(WEEK + 3), month.of(WEEK + 4)), (5 * DAY, 5 * DAY));
        let much_later = begin(40 * DAY, 600);
        assert_eq!((much_later.of(WEEK + 1), much_later.of(WEEK + 4), much_later.of(WEEK + 5)), (0, 5 * DAY, 600));
    }
}
