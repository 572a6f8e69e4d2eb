//! The session calendar: civil dates, trading sessions and the months that are listed by rule.
//!
//! ```text
//! day number   = seconds since 1970-01-01 UTC / 86 400
//! session      = Monday to Friday, 24 hours, UTC
//! months       = 6 consecutive + the 4 nearest quarterlies (March, June, September, December) after them
//! last trading = third Wednesday of the delivery month, 16:00:00 UTC
//! ```
//!
//! Source: paper section 5.1 (months, hours, last trading day); the hour is ours, the paper names none. Civil dates
//! follow the Gregorian calendar by the shift of the year to March (Hinnant, "chrono-compatible low-level date
//! algorithms"). Time before 1970 does not exist here, and [`Seconds`] ends in 2106.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "day numbers of u32 seconds are below 49 711, years below 2107; divisors are constants"
)]

use crate::units::Seconds;

/// Seconds in a day. The chain's clock has no leap seconds.
pub const DAY: u32 = 86_400;

/// Length of a reward epoch, in seconds: one week. Epoch number = unix time / this; as 1970-01-01 was a Thursday,
/// reward weeks begin on Thursdays at 00:00 UTC.
pub const REWARD_EPOCH_SECONDS: u32 = 604_800;

/// Last trading time, in seconds after the start of the last trading day: 16:00:00 UTC, when London and New York both
/// work.
pub const LAST_TRADING_TIME: u32 = 16 * 3_600;

/// Consecutive months that are listed, the front month among them.
pub const SERIAL_MONTHS: usize = 6;

/// Quarterlies that are listed after the consecutive months.
pub const QUARTERLY_MONTHS: usize = 4;

/// Months that are listed at any time.
pub const LISTED_MONTHS: usize = SERIAL_MONTHS + QUARTERLY_MONTHS;

/// A UTC day: the number of days since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Day(pub u32);

/// A delivery month: the number of months since January 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Month(pub u32);

/// A civil date of the Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date {
    /// Year, from 1970.
    pub year: u32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month, from 1.
    pub day: u32,
}

/// Day of the week. Monday is 0, so that the working days come first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    /// The day in which a moment falls.
    pub fn of(now: Seconds) -> Self {
        Self(now.0 / DAY)
    }

    /// Its first second; sticks at the end of time.
    pub fn start(self) -> Seconds {
        Seconds(self.0.saturating_mul(DAY))
    }

    /// Its civil date.
    pub fn date(self) -> Date {
        // Eras of 400 years that begin on 1 March of year 0, so that the leap day is the last of its year.
        let days = self.0.saturating_add(719_468);
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let (month, turn) = if shifted_month < 10 { (shifted_month + 3, 0) } else { (shifted_month - 9, 1) };
        Date { year: era * 400 + year_of_era + turn, month, day }
    }

    /// Its day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match self.0 % 7 {
            0 => Weekday::Thursday,
            1 => Weekday::Friday,
            2 => Weekday::Saturday,
            3 => Weekday::Sunday,
            4 => Weekday::Monday,
            5 => Weekday::Tuesday,
            _ => Weekday::Wednesday,
        }
    }

    /// The month in which it lies.
    pub fn month(self) -> Month {
        let date = self.date();
        Month((date.year - 1970) * 12 + date.month - 1)
    }
}

impl Date {
    /// Its day number; `None` for a date that does not exist, lies before 1970 or after the end of [`Seconds`].
    pub fn day(self) -> Option<Day> {
        if !(1970..=2106).contains(&self.year) || !(1..=12).contains(&self.month) || !(1..=31).contains(&self.day) {
            return None;
        }
        let (year, shifted_month) =
            if self.month > 2 { (self.year, self.month - 3) } else { (self.year - 1, self.month + 9) };
        let year_of_era = year % 400;
        let day_of_year = (153 * shifted_month + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let day = Day(year / 400 * 146_097 + day_of_era - 719_468);
        // 30 February and other dates that do not exist name another day and do not convert back.
        (day.date() == self && day.0 <= u32::MAX / DAY).then_some(day)
    }
}

impl Month {
    /// The month after it.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Whether a quarterly contract is delivered in it: March, June, September, December.
    pub fn is_quarterly(self) -> bool {
        self.0 % 3 == 2
    }

    /// Its first day; day 0 if the month lies after the end of time.
    pub fn first_day(self) -> Day {
        Date { year: 1970 + self.0 / 12, month: self.0 % 12 + 1, day: 1 }.day().unwrap_or_default()
    }

    /// Its third Wednesday, the last trading day of the contract that is delivered in it.
    pub fn third_wednesday(self) -> Day {
        let first = self.first_day();
        // Day 6 (1970-01-07) was a Wednesday.
        let to_wednesday = (6 + 7 - first.0 % 7) % 7;
        Day(first.0 + to_wednesday + 14)
    }
}

/// Whether the exchange is in session: Monday to Friday, all day, UTC.
pub fn is_session(now: Seconds) -> bool {
    Day::of(now).weekday() <= Weekday::Friday
}

/// The moment at which trading of a contract ends, given its last trading day.
pub fn last_trading_time(last_trading_day: Day) -> Seconds {
    last_trading_day.start().later(LAST_TRADING_TIME)
}

/// The last trading days of the months that are listed on a day, in order.
///
/// A month stays listed through its last trading day; the next one enters the day after. On every day the list holds
/// exactly [`LISTED_MONTHS`] different months. Valid until the year 2103, when the last quarterly passes the end of
/// time.
pub fn listing(today: Day) -> [Day; LISTED_MONTHS] {
    let mut month = today.month();
    if month.third_wednesday() < today {
        month = month.next();
    }
    let mut days = [Day::default(); LISTED_MONTHS];
    for (index, day) in days.iter_mut().enumerate() {
        while index >= SERIAL_MONTHS && !month.is_quarterly() {
            month = month.next();
        }
        *day = month.third_wednesday();
        month = month.next();
    }
    days
}

/// Session seconds from `from` to `to`: what a clock shows that stops at weekends. Zero when `to` is not later.
pub fn session_seconds(from: Seconds, to: Seconds) -> u32 {
    session_clock(to).saturating_sub(session_clock(from))
}

/// Session seconds since Monday 1969-12-29.
fn session_clock(now: Seconds) -> u32 {
    const WEEKDAYS: u32 = 5;
    let days = now.0 / DAY + 3; // 1970-01-01 was a Thursday
    let (week, weekday) = (days / 7, days % 7);
    let today = if weekday < WEEKDAYS { now.0 % DAY } else { 0 };
    (week * WEEKDAYS + weekday.min(WEEKDAYS)) * DAY + today
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn day(year: u32, month: u32, day: u32) -> Day {
        Date { year, month, day }.day().unwrap()
    }

    /// The independent way: count day by day from Thursday, 1970-01-01, with the leap rule as the almanac states it.
    fn almanac() -> impl Iterator<Item = (Day, Date, u32)> {
        let mut date = Date { year: 1970, month: 1, day: 1 };
        (0..=u32::MAX / DAY).map(move |number| {
            let today = (Day(number), date, (number + 3) % 7);
            let leap = date.year.is_multiple_of(4) && (!date.year.is_multiple_of(100) || date.year.is_multiple_of(400));
            let length = match date.month {
                4 | 6 | 9 | 11 => 30,
                2 if leap => 29,
                2 => 28,
                _ => 31,
            };
            date.day += 1;
            if date.day > length {
                date = Date { year: date.year, month: date.month + 1, day: 1 };
            }
            if date.month > 12 {
                date = Date { year: date.year + 1, month: 1, day: 1 };
            }
            today
        })
    }

    /// All last trading days until the end of time, by counting Wednesdays.
    fn expiries() -> Vec<(Day, Date)> {
        almanac()
            .filter(|(_, date, weekday)| *weekday == 2 && (15..=21).contains(&date.day))
            .map(|(day, date, _)| (day, date))
            .collect()
    }

    #[test]
    fn every_day_until_2106_has_the_date_and_weekday_of_the_almanac() {
        for (day, date, weekday) in almanac() {
            assert_eq!((day.date(), day.weekday() as u32), (date, weekday), "{day:?}");
            assert_eq!(date.day(), Some(day));
            assert_eq!(is_session(day.start()), weekday < 5);
            assert_eq!(day.month(), Month((date.year - 1970) * 12 + date.month - 1));
        }
    }

    #[test]
    fn dates_that_do_not_exist_have_no_day() {
        for (year, month, day) in [
            (2026, 2, 29),
            (2100, 2, 29),
            (2024, 2, 30),
            (2026, 4, 31),
            (2026, 13, 1),
            (2026, 0, 1),
            (2026, 1, 0),
            (1969, 12, 31),
            (2106, 12, 31),
        ] {
            assert_eq!(Date { year, month, day }.day(), None, "{year}-{month}-{day}");
        }
        assert_eq!(day(2000, 2, 29).0 + 1, day(2000, 3, 1).0);
    }

    #[test]
    fn the_last_trading_day_is_the_third_wednesday_and_trading_ends_at_four() {
        assert_eq!(day(2026, 4, 1).month().third_wednesday(), day(2026, 4, 15)); // a month that begins with a Wednesday
        assert_eq!(day(2026, 10, 31).month().third_wednesday(), day(2026, 10, 21)); // one that begins the day after
        assert_eq!(day(2028, 2, 29).month().third_wednesday(), day(2028, 2, 16)); // a leap month
        assert_eq!(last_trading_time(day(2026, 12, 16)), Seconds(1_797_436_800)); // 2026-12-16T16:00:00Z
    }

    #[test]
    fn the_months_roll_the_day_after_the_last_trading_day_also_across_the_year() {
        let on_the_day = listing(day(2026, 9, 16)).map(|expiry| (expiry.date().year, expiry.date().month));
        let expected = [
            (2026, 9),
            (2026, 10),
            (2026, 11),
            (2026, 12),
            (2027, 1),
            (2027, 2),
            (2027, 3),
            (2027, 6),
            (2027, 9),
            (2027, 12),
        ];
        assert_eq!(on_the_day, expected);
        let the_day_after = listing(day(2026, 9, 17)).map(|expiry| (expiry.date().year, expiry.date().month));
        let expected = [
            (2026, 10),
            (2026, 11),
            (2026, 12),
            (2027, 1),
            (2027, 2),
            (2027, 3),
            (2027, 6),
            (2027, 9),
            (2027, 12),
            (2028, 3),
        ];
        assert_eq!(the_day_after, expected);
    }

    #[test]
    fn a_session_runs_from_monday_midnight_to_friday_midnight() {
        let monday = day(2026, 11, 23).start();
        assert!(!is_session(Seconds(monday.0 - 1)));
        assert!(is_session(monday));
        assert!(is_session(monday.later(5 * DAY - 1)));
        assert!(!is_session(monday.later(5 * DAY)));
    }

    #[test]
    fn every_listing_is_the_one_that_counting_wednesdays_gives() {
        let expiries = expiries();
        for today in (0..48_500).map(Day) {
            let ahead: Vec<_> = expiries.iter().filter(|(day, _)| *day >= today).take(24).collect();
            let (serial, later) = ahead.split_at(SERIAL_MONTHS);
            let quarterly = later.iter().filter(|(_, date)| [3, 6, 9, 12].contains(&date.month)).take(QUARTERLY_MONTHS);
            let expected: Vec<Day> = serial.iter().chain(quarterly).map(|(day, _)| *day).collect();
            assert_eq!(listing(today).as_slice(), expected, "{:?}", today.date());
        }
    }

    proptest! {
        #[test]
        fn a_listed_month_is_in_the_future_in_session_and_in_order(now in 0_u32..4_190_400_000) {
            let listed = listing(Day::of(Seconds(now)));
            prop_assert!(listed.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(listed.iter().all(|expiry| *expiry >= Day::of(Seconds(now)) && is_session(last_trading_time(*expiry))));
        }

        #[test]
        fn nothing_panics_at_any_number(number in any::<u32>()) {
            let _ = (Day(number).date(), Day(number).weekday(), Day(number).start(), is_session(Seconds(number)));
            let _ = listing(Day::of(Seconds(number)));
            let _ = Date { year: number % 4_000, month: number % 14, day: number % 33 }.day();
        }
    }

    proptest! {
        #[test]
        fn the_session_clock_counts_the_seconds_of_sessions(from in 0_u32..100_000_000, length in 0_u32..30_000) {
            let counted = (from..from + length).filter(|second| is_session(Seconds(*second))).count();
            prop_assert_eq!(session_seconds(Seconds(from), Seconds(from + length)) as usize, counted);
        }
    }
}
