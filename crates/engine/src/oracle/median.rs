//! The lower median: of `n` numbers the one that stands at place `ceil(n / 2)` in ascending order.
//!
//! It is always a number that somebody reported, never an average of two (two survivors of which one is wrong have no
//! middle). With `n` reporters of whom fewer than `n / 2` are faulty, both numbers in the middle of an even count lie
//! between honest ones, so either is safe; of the two we take the lower, because a choice by reporter or by last price
//! would let somebody choose. Where honest reporters read the same price list the two are equal and the choice costs
//! nothing.
#![expect(clippy::arithmetic_side_effects, reason = "counts up to 16")]

use super::MAX_REPORTERS;

// One column holds either what the reporters say of a provider or the prices of all providers.
const _: () = assert!(MAX_REPORTERS == super::MAX_PROVIDERS);

/// Up to 16 numbers of which the median is wanted.
#[derive(Clone, Copy, Default)]
pub(super) struct Column {
    values: [u64; MAX_REPORTERS],
    used: usize,
}

impl Column {
    /// Adds a number; more than 16 cannot come and would be left out.
    pub(super) fn push(&mut self, value: u64) {
        if let Some(place) = self.values.get_mut(self.used) {
            *place = value;
            self.used += 1;
        }
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// The lower median; zero of nothing. By counting, as sorting sixteen numbers costs more code than it saves time.
    pub(super) fn lower_median(&self) -> u64 {
        let values = self.values.get(..self.used).unwrap_or_default();
        let below = (self.used.max(1) - 1) / 2;
        let is_median = |candidate: &&u64| {
            let smaller = values.iter().filter(|value| value < candidate).count();
            let not_larger = values.iter().filter(|value| value <= candidate).count();
            smaller <= below && below < not_larger
        };
        values.iter().find(is_median).copied().unwrap_or_default()
    }
}

impl Extend<u64> for Column {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn median(values: &[u64]) -> u64 {
        let mut column = Column::default();
        column.extend(values.iter().copied());
        column.lower_median()
    }

    #[test]
    fn the_lower_of_two_in_the_middle() {
        assert_eq!(median(&[]), 0);
        assert_eq!(median(&[7]), 7);
        assert_eq!(median(&[9, 1]), 1);
        assert_eq!(median(&[9, 1, 5]), 5);
        assert_eq!(median(&[9, 1, 5, 6]), 5);
        assert_eq!(median(&[5, 5, 5, 1]), 5);
    }

    proptest! {
        #[test]
        fn it_is_what_sorting_gives(values in prop::collection::vec(0_u64..20, 1..=16)) {
            let mut sorted: Vec<u64> = values.clone();
            sorted.sort_unstable();
            prop_assert_eq!(median(&values), sorted[(sorted.len() - 1) / 2]);
        }
    }
}
