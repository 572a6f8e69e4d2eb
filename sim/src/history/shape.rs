//! What kind of history it is: how often there is a price, and where there is none.

use jiff::civil::{Date, Weekday};

use super::{History, days_between};

/// How often a history has a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Every day, weekends included.
    Daily,
    /// Every day but two of the week.
    BusinessDays,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Every quarter.
    Quarterly,
    /// By no rule that is known.
    Irregular,
}

/// Distances in days between prices of each regular frequency, least and most.
const DISTANCES: [(Frequency, i32, i32); 3] =
    [(Frequency::Weekly, 5, 9), (Frequency::Monthly, 26, 35), (Frequency::Quarterly, 85, 97)];

/// Share of the distances that have to be of a frequency.
const MOST_OF_THEM: f64 = 0.8;

/// Share of the prices that may fall on the two days of the week on which there is no trading.
const ON_REST_DAYS: f64 = 0.02;

impl Frequency {
    /// Name, as an adjective.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::BusinessDays => "business-day",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::Irregular => "irregular",
        }
    }

    /// Days that usually pass from one price to the next, at most: over a weekend with a holiday, over a long month.
    #[must_use]
    pub fn usual_gap(self) -> i32 {
        match self {
            Self::Daily => 1,
            Self::BusinessDays => 4,
            Self::Weekly => 9,
            Self::Monthly => 35,
            Self::Quarterly | Self::Irregular => 97,
        }
    }

    fn of(dates: &[Date], gaps: &[i32]) -> Self {
        let share = |least: i32, most: i32| {
            gaps.iter().filter(|gap| (least..=most).contains(*gap)).count() as f64 / gaps.len().max(1) as f64
        };
        if let Some((frequency, ..)) = DISTANCES.iter().find(|(_, least, most)| share(*least, *most) >= MOST_OF_THEM) {
            return *frequency;
        }
        if share(1, 4) < MOST_OF_THEM || share(1, 1) < 0.5 {
            return Self::Irregular;
        }
        let mut of_day = [0_usize; 7];
        for date in dates {
            if let Some(count) = of_day.get_mut(date.weekday().to_monday_zero_offset() as usize) {
                *count += 1;
            }
        }
        // Saturday and Sunday in most of the world, Friday and Saturday in some of it.
        let rests = [[Weekday::Saturday, Weekday::Sunday], [Weekday::Friday, Weekday::Saturday]];
        let on = |day: &Weekday| of_day.get(day.to_monday_zero_offset() as usize).copied().unwrap_or(0);
        let rarely = rests.iter().any(|days| {
            let count: usize = days.iter().map(on).sum();
            count as f64 <= ON_REST_DAYS * dates.len() as f64
        });
        if rarely { Self::BusinessDays } else { Self::Daily }
    }
}

/// Where a history has no price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Holes {
    /// Days from the first to the last price, both included.
    pub days: usize,
    /// Share of them without a price.
    pub share: f64,
    /// The longest time without one: the last price before it, the first after it. `None` when every day has one.
    pub longest: Option<(Date, Date)>,
}

impl History {
    /// How often there is a price.
    #[must_use]
    pub fn frequency(&self) -> Frequency {
        let dates: Vec<Date> = self.observations.iter().map(|observation| observation.date).collect();
        let gaps: Vec<i32> = dates.windows(2).map(|pair| days_between(pair[0], pair[1])).collect();
        Frequency::of(&dates, &gaps)
    }

    /// Where there is none.
    #[must_use]
    pub fn holes(&self) -> Holes {
        let days = self.span().map_or(0, |(first, last)| days_between(first, last) as usize + 1);
        let pairs = self.observations.windows(2).map(|pair| (pair[0].date, pair[1].date));
        // Of holes of one length the first.
        let longest = pairs.filter(|(a, b)| days_between(*a, *b) > 1).reduce(|most, other| {
            if days_between(other.0, other.1) > days_between(most.0, most.1) { other } else { most }
        });
        let missing = days.saturating_sub(self.len());
        Holes { days, share: missing as f64 / days.max(1) as f64, longest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn frequency(dates: &[Date]) -> Frequency {
        let gaps: Vec<i32> = dates.windows(2).map(|pair| days_between(pair[0], pair[1])).collect();
        Frequency::of(dates, &gaps)
    }

    #[test]
    fn a_history_is_recognised_by_its_distances() {
        let every = |days: i64, count: i64| -> Vec<Date> {
            (0..count).map(|n| date(2024, 1, 1).saturating_add(jiff::Span::new().days(days * n))).collect()
        };
        let daily = every(1, 400);
        assert_eq!(frequency(&daily), Frequency::Daily);
        let but = |rest: [Weekday; 2]| -> Vec<Date> {
            daily.iter().copied().filter(|day| !rest.contains(&day.weekday())).collect()
        };
        assert_eq!(frequency(&but([Weekday::Saturday, Weekday::Sunday])), Frequency::BusinessDays);
        assert_eq!(frequency(&but([Weekday::Friday, Weekday::Saturday])), Frequency::BusinessDays);
        assert_eq!(frequency(&every(7, 100)), Frequency::Weekly);
        let months: Vec<Date> = (0..100).map(|n| date(2010 + n / 12, (n % 12) as i8 + 1, 1)).collect();
        assert_eq!(frequency(&months), Frequency::Monthly);
        assert_eq!(frequency(&every(91, 100)), Frequency::Quarterly);
        assert_eq!(frequency(&every(3, 100)), Frequency::Irregular);
    }

    #[test]
    fn the_longest_hole_is_named_by_its_ends() {
        let history = History::sample(1);
        assert_eq!(history.holes(), Holes { days: 1_096, share: 0.0, longest: None });
        let mut with_hole = history.clone();
        with_hole.observations.drain(10..20);
        let holes = with_hole.holes();
        assert_eq!(holes.longest, Some((date(2023, 1, 10), date(2023, 1, 21))));
        assert!((holes.share - 10.0 / 1_096.0).abs() < 1e-12);
    }
}
