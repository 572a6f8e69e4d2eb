//! How much DOT may be spent in a day.

use sit_engine::calendar::Day;

/// Spending of a day, in planck (10^-10 DOT), against its cap. Days are those of the chain's time, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Planck that a day may cost; `None` for no cap.
    pub cap: Option<u128>,
    /// The day.
    pub day: Day,
    /// Planck spent on it.
    pub spent: u128,
}

impl Budget {
    /// Nothing spent yet.
    #[must_use]
    pub const fn new(cap: Option<u128>) -> Self {
        Self { cap, day: Day(0), spent: 0 }
    }

    /// Goes on to a day; what was spent on an earlier one counts no more. Time that goes back changes nothing.
    pub fn enter(&mut self, day: Day) {
        if day > self.day {
            (self.day, self.spent) = (day, 0);
        }
    }

    /// Whether more may be spent on the day.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.cap.is_none_or(|cap| self.spent < cap)
    }

    /// Notes planck that were spent.
    pub fn spend(&mut self, planck: u128) {
        self.spent = self.spent.saturating_add(planck);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_cap_and_the_next_one_its_own() {
        let mut budget = Budget::new(Some(10));
        budget.enter(Day(5));
        budget.spend(9);
        assert!(budget.is_open());
        budget.spend(1);
        assert!(!budget.is_open());
        budget.enter(Day(4));
        assert!(!budget.is_open(), "time that goes back gives nothing back");
        budget.enter(Day(6));
        assert!(budget.is_open() && budget.spent == 0);
    }
}
