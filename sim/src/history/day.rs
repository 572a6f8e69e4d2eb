//! Days as people and vendors write them.
//!
//! The day of a time is the one that is written, in whatever zone it is written: a market's own day. Of a count of
//! seconds it is the day in UTC.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use sit_engine::calendar::DAY;

use super::options::DateFormat;

/// First and last year in which a price is believed to have been seen.
const YEARS: std::ops::Range<i16> = 1800..2100;

/// Counts of seconds since 1970 that are believed to be meant as such: from 1980 to 2100. Milliseconds, microseconds
/// and nanoseconds of the same days are a thousand times as many, so a count says by its size what it counts.
const SECONDS: std::ops::Range<i128> = 315_532_800..4_102_444_800;

/// Day that spreadsheets count as zero.
const SERIAL_ZERO: Date = date(1899, 12, 30);

/// Days of a spreadsheet that are believed to be meant as such: from 1927 to 2118.
const SERIALS: std::ops::Range<i64> = 10_000..80_000;

const NANOS: i128 = 1_000_000_000;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// In which way a day is written. Rows of one file are written in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `2025-12-31`, `2025/12/31`, `20251231`, with or without a time
    YearFirst,
    /// Two numbers and a year: `12/31/2025`
    Numbers,
    /// With a month's name: `Dec 31, 2025`
    Named,
    /// A month: `2025-12`, `Dec 2025`
    Month,
    /// Seconds, milliseconds, microseconds or nanoseconds since 1970
    Epoch,
    /// Days of a spreadsheet
    Serial,
    /// The user's own pattern
    Pattern,
}

impl Style {
    /// What to say of it; nothing of what everybody expects.
    pub(super) fn words(self, order: Order) -> Option<&'static str> {
        match (self, order) {
            (Self::YearFirst | Self::Pattern, _) => None,
            (Self::Numbers, Order::MonthFirst) => Some("dates have the month first"),
            (Self::Numbers, Order::DayFirst) => Some("dates have the day first"),
            (Self::Named, _) => Some("months are written by name"),
            (Self::Month, _) => Some("a month counts as its first day"),
            (Self::Epoch, _) => Some("times are counted from 1970, and days are those of UTC"),
            (Self::Serial, _) => Some("days are counted as spreadsheets count them"),
        }
    }
}

/// A day as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Written {
    Day(Date),
    /// Two numbers, of which one is the month, and the year.
    Numbers(i8, i8, i16),
}

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stamp {
    pub style: Style,
    written: Written,
    /// Nanoseconds after the day's beginning, the zone's distance from UTC taken off; `None` without a time.
    pub time: Option<i64>,
}

/// Whether the day or the month comes first in a column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

impl Stamp {
    /// What the numbers of this cell say about their order: the one above twelve is the day.
    pub(super) fn order(&self) -> Option<Order> {
        match self.written {
            Written::Numbers(13.., ..=12, _) => Some(Order::DayFirst),
            Written::Numbers(..=12, 13.., _) => Some(Order::MonthFirst),
            _ => None,
        }
    }

    /// The day; `None` when there is no such day.
    pub(super) fn day(&self, order: Order) -> Option<Date> {
        let day = match (self.written, order) {
            (Written::Day(day), _) => day,
            (Written::Numbers(day, month, year), Order::DayFirst)
            | (Written::Numbers(month, day, year), Order::MonthFirst) => Date::new(year, month, day).ok()?,
        };
        YEARS.contains(&day.year()).then_some(day)
    }
}

/// Reads a cell; `None` when it is no day in any way that is known, or not in the user's.
pub(super) fn read(text: &str, format: Option<&DateFormat>) -> Option<Stamp> {
    let text = text.trim();
    if text.len() > 64 || text.is_empty() {
        return None;
    }
    match format {
        Some(DateFormat::Pattern(pattern)) => by_pattern(pattern, text),
        Some(DateFormat::Serial) => serial(text),
        _ => number(text).or_else(|| calendar(text)),
    }
}

/// Whether a count could be a spreadsheet's days, to be named in a refusal.
pub(super) fn may_be_serial(text: &str) -> bool {
    serial(text.trim()).is_some()
}

fn by_pattern(pattern: &str, text: &str) -> Option<Stamp> {
    let parsed = strtime::parse(pattern, text).ok()?;
    let moment = parsed.to_datetime().ok().or_else(|| {
        let at = parsed.to_timestamp().ok()?;
        Some(at.to_zoned(TimeZone::UTC).datetime())
    });
    let day = moment.map(|moment| moment.date()).or_else(|| parsed.to_date().ok())?;
    let time = parsed.hour().is_some() || parsed.to_timestamp().is_ok();
    let time = moment.filter(|_| time).map(|moment| moment.time());
    let nanos = time.map(|time| {
        let seconds = i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        seconds * NANOS as i64 + i64::from(time.subsec_nanosecond())
    });
    Some(Stamp { style: Style::Pattern, written: Written::Day(day), time: nanos })
}

fn serial(text: &str) -> Option<Stamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let days: i64 = whole.parse().ok().filter(|days| SERIALS.contains(days))?;
    let day = SERIAL_ZERO.checked_add(jiff::Span::new().days(days)).ok()?;
    let share: f64 = format!("0.{fraction}").parse().ok()?;
    let time = (share > 0.0).then_some((share * f64::from(DAY) * NANOS as f64) as i64);
    Some(Stamp { style: Style::Serial, written: Written::Day(day), time })
}

/// A cell that is one number: `20251231`, or a count since 1970.
fn number(text: &str) -> Option<Stamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let count: i128 = whole.parse().ok()?;
    if whole.len() == 8 && fraction.is_empty() {
        let day = Date::new((count / 10_000) as i16, (count / 100 % 100) as i8, (count % 100) as i8).ok()?;
        return Some(Stamp { style: Style::YearFirst, written: Written::Day(day), time: None });
    }
    let scale = [1, 1_000, 1_000_000, NANOS].into_iter().find(|scale| SECONDS.contains(&(count / scale)))?;
    let moment = Timestamp::from_nanosecond(count * (NANOS / scale)).ok()?;
    let day = moment.to_zoned(TimeZone::UTC).date();
    let time = (count * (NANOS / scale)).rem_euclid(i128::from(DAY) * NANOS) as i64;
    Some(Stamp { style: Style::Epoch, written: Written::Day(day), time: Some(time) })
}

/// A day of the calendar with or without a time.
fn calendar(text: &str) -> Option<Stamp> {
    let (day, time) = match clock(text) {
        Some((day, rest)) => (day, Some(time_of(rest)?)),
        None => (text.trim_end_matches(['Z', 'z']), None),
    };
    let (style, written) = written(day)?;
    Some(Stamp { style, written, time })
}

/// A text split before its time of day; `None` when it has none.
fn clock(text: &str) -> Option<(&str, &str)> {
    let (at, skip) = match text.find(':') {
        // Back over the digits of the hour.
        Some(colon) => {
            let before = text.get(..colon)?;
            let hour = before.trim_end_matches(|c: char| c.is_ascii_digit());
            let separator = hour.chars().next_back()?;
            (hour.len().checked_sub(separator.len_utf8())?, separator)
        }
        // `20251231 170000` and `20251231T1700`.
        None => {
            let (digits, rest) = (text.get(..8)?, text.get(8..)?);
            let separator = rest.chars().next().filter(|c| matches!(c, ' ' | 'T' | 't' | '_'))?;
            let time = rest.get(1..)?;
            let all = digits.bytes().chain(time.bytes().take(4)).all(|byte| byte.is_ascii_digit());
            (all && time.len() >= 4).then_some((8, separator))?
        }
    };
    let separated = matches!(skip, ' ' | 'T' | 't' | '_' | ',' | '\u{a0}');
    separated.then(|| Some((text.get(..at)?, text.get(at + skip.len_utf8()..)?))).flatten()
}

/// Nanoseconds after the beginning of the day of a time such as `17:00`, `5:00 PM`, `170000` or `17:00:00.5+02:00`.
fn time_of(text: &str) -> Option<i64> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(text.len());
    let (clock, rest) = (text.get(..end)?, text.get(end..)?.trim());
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fields: Vec<&str> = if clock.contains(':') {
        clock.split(':').collect()
    } else {
        let pieces = [clock.get(..2), clock.get(2..4), clock.get(4..).filter(|rest| !rest.is_empty())];
        pieces.into_iter().flatten().collect()
    };
    let numbers = fields.iter().map(|field| field.parse::<i64>().ok().filter(|_| field.len() <= 2));
    let numbers = numbers.collect::<Option<Vec<i64>>>()?;
    let (mut hour, minute, second) = match *numbers.as_slice() {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let upper = rest.to_ascii_uppercase();
    let zone = if let Some(zone) = upper.strip_prefix("AM").or(upper.strip_prefix("PM")) {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if upper.starts_with("PM") { 12 } else { 0 };
        zone.trim().to_owned()
    } else {
        upper
    };
    // A leap second is the last of its minute.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let nanos = format!("{fraction:0<9}").get(..9)?.parse::<i64>().ok()?;
    let offset = offset_of(&zone)?;
    Some((hour * 3_600 + minute * 60 + second - offset) * NANOS as i64 + nanos)
}

/// Seconds that a zone is ahead of UTC; a zone that is only named says nothing about them. `None` for what is no zone.
fn offset_of(zone: &str) -> Option<i64> {
    let zone = zone.split('[').next()?.trim();
    let number = ["UTC", "GMT"].iter().find_map(|name| zone.strip_prefix(name)).unwrap_or(zone);
    let Some(sign) = number.chars().next().filter(|c| matches!(c, '+' | '-')) else {
        return (zone.len() <= 5 && zone.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some(0);
    };
    let digits: String = number.get(1..)?.chars().filter(|c| *c != ':').collect();
    let plain = matches!(digits.len(), 1 | 2 | 4 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let hours = digits.get(..digits.len().min(2)).filter(|_| plain)?.parse::<i64>().ok()?;
    let minutes = digits.get(2..4).map_or(Some(0), |text| text.parse::<i64>().ok())?;
    let seconds = hours * 3_600 + minutes * 60;
    (hours <= 15 && minutes <= 59).then_some(if sign == '-' { -seconds } else { seconds })
}

/// A part of a date.
#[derive(Clone, Copy, Debug)]
enum Token {
    /// A number with its digits.
    Number(i16, usize),
    /// A month by its name.
    Month(i8),
}

/// A date from its parts.
fn written(text: &str) -> Option<(Style, Written)> {
    if let Some((year, month)) = text.split_once(['M', 'm']).filter(|(year, _)| year.len() == 4)
        && let (Ok(year), Ok(month)) = (year.parse(), month.parse())
    {
        return Some((Style::Month, Written::Day(Date::new(year, month, 1).ok()?)));
    }
    if let Some(stamp) = number(text).filter(|stamp| stamp.style == Style::YearFirst) {
        return Some((stamp.style, stamp.written));
    }
    let mut tokens = Vec::new();
    for word in text.split(['-', '/', '.', ',', ' ', '\u{a0}']).filter(|word| !word.is_empty()) {
        match token(word)? {
            Some(token) => tokens.push(token),
            None if tokens.is_empty() => {} // a weekday before the date
            None => return None,
        }
    }
    let day = |style, year, month: i16, day: i16| {
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        Some((style, Written::Day(date)))
    };
    match *tokens.as_slice() {
        [Token::Number(year, 4), Token::Number(month, ..=2), Token::Number(d, ..=2)] => {
            day(Style::YearFirst, year, month, d)
        }
        [Token::Number(a, ..=2), Token::Number(b, ..=2), Token::Number(year, 4)] => {
            let (a, b) = (i8::try_from(a).ok()?, i8::try_from(b).ok()?);
            let exists = Date::new(year, b, a).is_ok() || Date::new(year, a, b).is_ok();
            exists.then_some((Style::Numbers, Written::Numbers(a, b, year)))
        }
        [Token::Month(month), Token::Number(d, ..=2), Token::Number(year, 4)]
        | [Token::Number(d, ..=2), Token::Month(month), Token::Number(year, 4)]
        | [Token::Number(year, 4), Token::Month(month), Token::Number(d, ..=2)] => {
            day(Style::Named, year, month.into(), d)
        }
        // As `strptime` reads two digits of a year.
        [Token::Number(d, ..=2), Token::Month(month), Token::Number(year, 2)] => {
            day(Style::Named, if year < 69 { 2000 + year } else { 1900 + year }, month.into(), d)
        }
        [Token::Month(month), Token::Number(year, 4)] | [Token::Number(year, 4), Token::Month(month)] => {
            day(Style::Month, year, month.into(), 1)
        }
        [Token::Number(year, 4), Token::Number(month, 2)] => day(Style::Month, year, month, 1),
        _ => None,
    }
}

/// A part of a date; `Some(None)` for a weekday, `None` for what is no part of a date.
fn token(word: &str) -> Option<Option<Token>> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return (word.len() <= 4).then(|| Some(Token::Number(word.parse().unwrap_or(0), word.len())));
    }
    let lower = word.to_ascii_lowercase();
    let place = |names: &[&str]| names.iter().position(|name| lower.len() >= 3 && name.starts_with(&lower));
    if let Some(month) = place(&MONTHS) {
        return Some(Some(Token::Month(month as i8 + 1)));
    }
    place(&WEEKDAYS).map(|_| None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_of(text: &str) -> Option<Date> {
        read(text, None)?.day(Order::DayFirst)
    }

    #[test]
    fn a_day_is_read_in_every_usual_way() {
        let day = date(2022, 6, 30);
        for text in [
            "2022-06-30",
            "2022/06/30",
            "2022.06.30",
            "2022-6-30",
            "20220630",
            "20220630 170000",
            "20220630T1700",
            "2022-06-30 00:00:00",
            "2022-06-30T20:00:00.000Z",
            "2022-06-30 00:00:00 UTC",
            "2022-06-30T23:59:59+00:00",
            "2022-06-30 00:00:00-05:00",
            "2022-06-30T00:00:00+02:00[Europe/Berlin]",
            "2022-06-30 5:30 PM",
            "2022-06-30Z",
            "30.06.2022",
            "30/06/2022 17:00",
            "30-Jun-22",
            "30-Jun-2022",
            "Jun 30, 2022",
            "June 30, 2022",
            "Thu, 30 Jun 2022",
            "2022-Jun-30",
            "1656547200",
            "1656547200.5",
            "1656547200000",
            "1656547200000000",
            "1656547200000000000",
        ] {
            assert_eq!(day_of(text), Some(day), "{text}");
        }
        for text in ["2022-06", "Jun 2022", "Jun-2022", "2022M06"] {
            assert_eq!(day_of(text), Some(date(2022, 6, 1)), "{text}");
        }
        assert_eq!(read("44742", Some(&DateFormat::Serial)).unwrap().day(Order::DayFirst), Some(day));
        let pattern = DateFormat::Pattern("%d.%m.%y".into());
        assert_eq!(read("30.06.22", Some(&pattern)).unwrap().day(Order::DayFirst), Some(day));
        let pattern = DateFormat::Pattern("%s".into());
        assert_eq!(read("1656547200", Some(&pattern)).unwrap().day(Order::DayFirst), Some(day));
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "",
            "price",
            "2022-13-01",
            "2022-02-30",
            "30.06.22",
            "44742",
            "2022",
            "12",
            "0001-01-01",
            "9999-12-31",
            "2022-06-30 25:00",
            "2022-06-30 12:00 somewhere",
            "June 2022 30",
            "31/31/2022",
            "2022-06-30-01",
            ":",
            "::",
            "2022-06-30T",
            "T12:00",
            "99999999999999999999",
            "2022-06-30 12:00:00.1.2",
            "\u{661}\u{662}",
            "1.6e9",
        ] {
            assert_eq!(day_of(text), None, "{text}");
        }
    }

    #[test]
    fn the_number_above_twelve_is_the_day() {
        assert_eq!(read("13/02/2025", None).unwrap().order(), Some(Order::DayFirst));
        assert_eq!(read("02/13/2025", None).unwrap().order(), Some(Order::MonthFirst));
        assert_eq!(read("02/03/2025", None).unwrap().order(), None);
        assert_eq!(read("02/03/2025", None).unwrap().day(Order::MonthFirst), Some(date(2025, 2, 3)));
    }

    #[test]
    fn times_are_compared_across_zones() {
        let time = |text: &str| read(text, None).unwrap().time.unwrap();
        assert_eq!(time("2025-01-01 12:00:00+02:00"), time("2025-01-01 10:00Z"));
        assert_eq!(time("2025-01-01 12:00 AM"), 0);
        assert_eq!(time("2025-01-01 12:30:00.25 PM"), 45_000_250_000_000);
        assert_eq!(time("20250101 235959"), 86_399_000_000_000);
        assert_eq!(read("2025-01-01", None).unwrap().time, None);
    }
}
