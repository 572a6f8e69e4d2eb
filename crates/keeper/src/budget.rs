//! How much DOT may be spent in a day.
//!
//! ```text
//! half of the cap      what can wait may be spent for: whoever makes work for a keeper does not use up the rest
//! the cap              everything
//! ```

use sit_engine::calendar::Day;

/// Of a message of which nobody knows what it cost, or whether it was done, this part of the cap counts as spent at
/// least.
const UNKNOWN: u128 = 50;

/// Spending of a day, in planck (10^-10 DOT), against its cap. Days are those of the chain's time, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Planck that a day may cost; `None` for no cap.
    pub cap: Option<u128>,
    /// The day.
    pub day: Day,
    /// Planck spent on it.
    pub spent: u128,
    /// The dearest message of the day, in planck.
    dearest: u128,
}

impl Budget {
    /// Nothing spent yet.
    #[must_use]
    pub const fn new(cap: Option<u128>) -> Self {
        Self { cap, day: Day(0), spent: 0, dearest: 0 }
    }

    /// Goes on to a day; what was spent on an earlier one counts no more. Time that goes back changes nothing.
    pub fn enter(&mut self, day: Day) {
        if day > self.day {
            (self.day, self.spent, self.dearest) = (day, 0, 0);
        }
    }

    /// Whether more may be spent on the day.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.cap.is_none_or(|cap| self.spent < cap)
    }

    /// Whether more may be spent on the day for what can wait: half of the cap, rounded up.
    #[must_use]
    pub fn is_open_for_the_rest(&self) -> bool {
        self.cap.is_none_or(|cap| self.spent < cap.div_ceil(2))
    }

    /// Notes planck that were spent.
    pub fn spend(&mut self, planck: u128) {
        self.spent = self.spent.saturating_add(planck);
        self.dearest = self.dearest.max(planck);
    }

    /// Notes a message of which nobody knows what it cost, or whether it was done: as much as the dearest of the day,
    /// and a part of the cap at least. So a node that takes messages and keeps silent about them does not have the cap
    /// spent many times over. Returns the planck noted.
    pub fn spend_unknown(&mut self) -> u128 {
        let planck = self.dearest.max(self.cap.map_or(0, |cap| cap.div_ceil(UNKNOWN)));
        self.spent = self.spent.saturating_add(planck);
        planck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_wait_leaves_half_of_a_day_to_what_cannot() {
        let mut budget = Budget::new(Some(11));
        budget.enter(Day(5));
        budget.spend(5);
        assert!(budget.is_open_for_the_rest());
        budget.spend(1);
        assert!(!budget.is_open_for_the_rest() && budget.is_open());
        budget.enter(Day(6));
        assert!(budget.is_open_for_the_rest());
        assert!(Budget::new(None).is_open_for_the_rest());
    }

    #[test]
    fn a_node_that_keeps_silent_has_the_cap_spent_once() {
        let mut budget = Budget::new(Some(1_000));
        budget.enter(Day(5));
        let most = (0..).take_while(|_| budget.is_open() && budget.spend_unknown() > 0).count();
        assert_eq!((most, budget.spent), (50, 1_000));
        budget.enter(Day(6));
        budget.spend(70);
        assert_eq!(budget.spend_unknown(), 70, "as much as the dearest of the day");
        budget.enter(Day(7));
        assert_eq!(budget.spend_unknown(), 20, "what was dear yesterday is no measure");
    }

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
