//! The tail of a simulated loss.
//!
//! ```text
//! ES_alpha = 1/(n (1 - alpha)) [ sum of the k largest losses + (n (1 - alpha) - k) times the next one ],  k = floor(n (1 - alpha))
//! ```
//!
//! Acerbi and Tasche, Journal of Banking and Finance 26(7), 1487-1503, 2002, definition 2.6, which is coherent for any
//! n. The value at risk is the next one: the least loss that no more than a share 1 - alpha of the paths goes beyond.

use crate::numeric::{OrderStatistics, Sum};

/// Confidence of the intervals.
const INTERVAL: f64 = 0.95;

/// Standard deviations beyond a tail's edge to which losses are kept, for the lower end of its interval.
const MARGIN: f64 = 4.0;

/// The largest losses of a sample, largest first.
pub(crate) struct Tail {
    paths: f64,
    worst: Vec<f64>,
}

impl Tail {
    /// The tail of a sample of losses, from which numbers at `confidence` and above can be taken.
    pub fn of(losses: impl Iterator<Item = f64>, confidence: f64) -> Self {
        let mut worst: Vec<f64> = losses.collect();
        let paths = worst.len() as f64;
        let mass = paths * (1.0 - confidence);
        let keep = ((mass + MARGIN * mass.sqrt()).floor() as usize + 1).min(worst.len());
        if keep < worst.len() {
            worst.select_nth_unstable_by(keep, |a, b| b.total_cmp(a));
            worst.truncate(keep);
        }
        worst.sort_unstable_by(|a, b| b.total_cmp(a));
        Self { paths, worst }
    }

    /// Expected shortfall; zero of an empty sample.
    pub fn shortfall(&self, confidence: f64) -> f64 {
        let mass = self.paths * (1.0 - confidence);
        let whole = (mass.floor() as usize).min(self.worst.len().saturating_sub(1));
        let sum: Sum = self.worst.iter().take(whole).copied().collect();
        let next = self.worst.get(whole).copied().unwrap_or_default();
        if mass > 0.0 { (sum.value() + (mass - whole as f64) * next) / mass } else { 0.0 }
    }

    /// Value at risk; zero of an empty sample.
    pub fn value_at_risk(&self, confidence: f64) -> f64 {
        let mass = self.paths * (1.0 - confidence);
        let whole = (mass.floor() as usize).min(self.worst.len().saturating_sub(1));
        self.worst.get(whole).copied().unwrap_or_default()
    }

    /// The order statistics between which the value at risk lies with a confidence of 95 %, whatever the law of the
    /// losses; all of what is kept when the sample is too small for that.
    pub fn value_at_risk_interval(&self, confidence: f64) -> [f64; 2] {
        let paths = self.paths as u64;
        let ranks = OrderStatistics::new(paths, confidence).equal_tails(INTERVAL).unwrap_or([1, paths]);
        let last = self.worst.len().saturating_sub(1);
        ranks.map(|rank| {
            let place = (paths.saturating_sub(rank) as usize).min(last);
            self.worst.get(place).copied().unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortfall_is_the_mean_of_the_tail() {
        let tail = Tail::of((1..=1000).map(f64::from), 0.95);
        assert!((tail.shortfall(0.99) - 995.5).abs() < 1e-9);
        assert!((tail.shortfall(0.95) - 975.5).abs() < 1e-9);
        // Ten of a thousand lie above 990.
        assert_eq!(tail.value_at_risk(0.99), 990.0);
    }

    #[test]
    fn the_interval_of_the_value_at_risk_covers_it_as_often_as_it_says() {
        // Uniform losses on 400 samples of 2,000: the 99 % quantile is 0.99.
        let law = OrderStatistics::new(2_000, 0.99);
        let said = law.coverage(law.equal_tails(INTERVAL).unwrap());
        use rand::{RngExt, SeedableRng};
        let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(1);
        let covers = (0..400).filter(|_| {
            let tail = Tail::of((0..2_000).map(|_| random.random::<f64>()), 0.99);
            let [low, high] = tail.value_at_risk_interval(0.99);
            assert!(low <= tail.value_at_risk(0.99) && tail.value_at_risk(0.99) <= high);
            (low..=high).contains(&0.99)
        });
        // Within three standard deviations of a share of 95 % in 400.
        let share = covers.count() as f64 / 400.0;
        assert!(said >= INTERVAL && (share - said).abs() < 0.033, "{share}, {said}");
    }

    #[test]
    fn a_path_on_the_edge_of_the_tail_counts_for_its_part() {
        // 2.5 paths of 10: (10 + 9 + 8/2) / 2.5.
        let tail = Tail::of((1..=10).map(f64::from), 0.75);
        assert!((tail.shortfall(0.75) - 23.0 / 2.5).abs() < 1e-12);
        assert_eq!(Tail::of(std::iter::empty(), 0.99).shortfall(0.99), 0.0);
    }
}
