//! The days from Monday to Friday on which a product does not trade. Governance amends them
//! ([`crate::clearing::set_holidays()`]).
//!
//! ```text
//! session      = one UTC day, Monday to Friday, that is no holiday
//! next session = the first second of the next such day
//! ```

use crate::calendar::{self, DAY, Day};
use crate::codec::Reader;
use crate::units::Seconds;

/// Holidays that a calendar holds at most: what a year has between two amendments, in the bytes that the curve cell has
/// left.
pub const MAX_HOLIDAYS: usize = 6;

/// Bytes of an encoded holiday: days since 1970-01-01, big endian. Two bytes last until 2149.
pub const HOLIDAY_BYTES: usize = 2;

/// Weekdays without trading, in order; absent ones are zero and come last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Holidays(pub [u16; MAX_HOLIDAYS]);

impl Holidays {
    /// Reads encoded days. `None` unless they are at most [`MAX_HOLIDAYS`] different days from Monday to Friday, in
    /// order.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut holidays = Self::default();
        let chunks = bytes.chunks_exact(HOLIDAY_BYTES);
        if !chunks.remainder().is_empty() || chunks.len() > MAX_HOLIDAYS {
            return None;
        }
        let mut last = 0;
        for (day, chunk) in holidays.0.iter_mut().zip(chunks) {
            *day = Reader::new(chunk).u16();
            if *day <= last || !calendar::is_session(Day((*day).into()).start()) {
                return None;
            }
            last = *day;
        }
        Some(holidays)
    }

    /// The days.
    pub fn days(&self) -> impl Iterator<Item = Day> {
        self.0.into_iter().filter(|day| *day > 0).map(|day| Day(day.into()))
    }

    /// Whether a day is one of them.
    pub fn contains(&self, day: Day) -> bool {
        self.0.iter().any(|holiday| u32::from(*holiday) == day.0)
    }

    /// Whether the product trades: a weekday that is no holiday, all day, UTC.
    pub fn is_session(&self, now: Seconds) -> bool {
        calendar::is_session(now) && !self.contains(Day::of(now))
    }

    /// The first second of the next session after the day of `now`.
    pub fn next_session(&self, now: Seconds) -> Seconds {
        let mut day = Day::of(now);
        // Six holidays and the weekends between them: never more than ten days in a row without a session.
        for _ in 0..=MAX_HOLIDAYS + 4 {
            day = Day(day.0.saturating_add(1));
            if self.is_session(day.start()) {
                break;
            }
        }
        day.start()
    }

    /// Session seconds from `from` to `to`: what a clock shows that stops at weekends and on holidays.
    pub fn session_seconds(&self, from: Seconds, to: Seconds) -> u32 {
        let closed = self.days().fold(0_u32, |closed, day| {
            let end = to.min(day.start().later(DAY));
            closed.saturating_add(end.since(from.max(day.start())))
        });
        calendar::session_seconds(from, to).saturating_sub(closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// Monday 2026-11-23.
    const MONDAY: u16 = 20_780;

    fn encoded(days: &[u16]) -> Vec<u8> {
        days.iter().flat_map(|day| day.to_be_bytes()).collect()
    }

    #[test]
    fn holidays_are_weekdays_in_order_and_six_at_most() {
        let six: Vec<u16> = [0, 1, 2, 3, 4, 7].map(|day| MONDAY + day).to_vec();
        assert_eq!(Holidays::parse(&encoded(&six)).map(|holidays| holidays.days().count()), Some(6));
        assert_eq!(Holidays::parse(&[]), Some(Holidays::default()));
        for wrong in [&[MONDAY + 5][..], &[MONDAY + 6], &[MONDAY, MONDAY], &[MONDAY + 1, MONDAY], &[0]] {
            assert_eq!(Holidays::parse(&encoded(wrong)), None, "{wrong:?}");
        }
        assert_eq!(Holidays::parse(&encoded(&[six, std::vec![MONDAY + 8]].concat())), None);
        assert_eq!(Holidays::parse(&[1]), None);
    }

    #[test]
    fn the_next_session_is_the_next_day_that_trades() {
        let start = |offset: u16| Day((MONDAY + offset).into()).start();
        let holidays = Holidays::parse(&encoded(&[MONDAY + 3, MONDAY + 4, MONDAY + 7])).unwrap();
        assert_eq!(holidays.next_session(start(0).later(5)), start(1));
        assert_eq!(holidays.next_session(start(2)), start(8), "two holidays, a weekend, a holiday");
        assert!(!holidays.is_session(start(3)) && holidays.is_session(start(8)));
        let long = Holidays::parse(&encoded(&[0, 1, 2, 3, 4, 7].map(|day| MONDAY + day))).unwrap();
        assert_eq!(long.next_session(start(0)), start(8));
        assert_eq!(Holidays::default().next_session(Seconds(u32::MAX)), Day(u32::MAX / DAY + 1).start());
    }

    proptest! {
        #[test]
        fn the_session_clock_counts_the_seconds_of_sessions(
            from in 0_u32..12 * DAY,
            length in 0_u32..30_000,
            closed in proptest::collection::btree_set(prop_oneof![0_u16..5, 7_u16..12], 0..6),
        ) {
            let days: Vec<u16> = closed.iter().map(|day| MONDAY + day).collect();
            let holidays = Holidays::parse(&encoded(&days)).unwrap();
            let from = Day(MONDAY.into()).start().later(from);
            let open = (from.0..from.0 + length).filter(|second| holidays.is_session(Seconds(*second))).count();
            prop_assert_eq!(holidays.session_seconds(from, from.later(length)) as usize, open);
            // The clock adds up: from the start to here and on for a fortnight is the whole way.
            let (here, end) = (from.later(length), from.later(length).later(14 * DAY));
            let parts = holidays.session_seconds(from, here) + holidays.session_seconds(here, end);
            prop_assert_eq!(holidays.session_seconds(from, end), parts);
        }
    }
}
