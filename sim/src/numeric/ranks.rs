//! How well a sample knows a quantile: confidence intervals from order statistics.
//!
//! Of n independent draws, B ~ Binomial(n, p) lie at or below the quantile of level p, so it lies between the order
//! statistics of ranks l < u (from 1, ascending) with probability
//!
//! ```text
//! P(l <= B <= u - 1) = F(u - 1) - F(l - 1)
//! ```
//!
//! whatever the law of the draws (David and Nagaraja, Order Statistics, third edition, section 7.1). Draws that are
//! independent without having one law, as those of a stratified sample, vary less (Hoeffding, Annals of Mathematical
//! Statistics 27(3), 713-721, 1956): for them the interval is on the safe side.

/// Standard deviations around the mean of the binomial law that are computed: what is beyond them has no digit in a
/// double.
const REACH: f64 = 12.0;

/// The law of the number of draws at or below a quantile.
#[derive(Clone, Debug)]
pub struct OrderStatistics {
    draws: u64,
    /// The first number whose probability is not zero in a double.
    first: u64,
    /// Distribution function from there on.
    cumulative: Vec<f64>,
}

impl OrderStatistics {
    /// For a number of draws and a quantile of a level between 0 and 1.
    #[must_use]
    pub fn new(draws: u64, level: f64) -> Self {
        let n = draws as f64;
        let reach = REACH * (n * level * (1.0 - level)).sqrt() + REACH * REACH;
        let first = (n * level - reach).floor().max(0.0) as u64;
        let last = ((n * level + reach).ceil() as u64).min(draws);
        // Ratios of neighbours from the mode outwards, so that no factorial is needed and none overflows.
        let mode = (((n + 1.0) * level).floor() as u64).clamp(first, last);
        let odds = level / (1.0 - level);
        let mut mass = vec![0.0; (last - first + 1) as usize];
        let place = |k: u64| (k - first) as usize;
        mass[place(mode)] = 1.0;
        for k in mode..last {
            mass[place(k + 1)] = mass[place(k)] * ((draws - k) as f64 / (k + 1) as f64) * odds;
        }
        for k in (first..mode).rev() {
            mass[place(k)] = mass[place(k + 1)] * ((k + 1) as f64 / (draws - k) as f64) / odds;
        }
        let total: f64 = mass.iter().sum();
        let mut sum = 0.0;
        for value in &mut mass {
            sum += *value;
            *value = sum / total;
        }
        Self { draws, first, cumulative: mass }
    }

    /// Probability that at most `k` draws lie at or below the quantile.
    fn at_most(&self, k: u64) -> f64 {
        match k.checked_sub(self.first) {
            None => 0.0,
            Some(place) => self.cumulative.get(place as usize).copied().unwrap_or(1.0),
        }
    }

    /// Probability that the quantile lies between the order statistics of two ranks.
    #[must_use]
    pub fn coverage(&self, [lower, upper]: [u64; 2]) -> f64 {
        let below = |rank: u64| rank.checked_sub(1).map_or(0.0, |k| self.at_most(k));
        (below(upper) - below(lower)).max(0.0)
    }

    /// The ranks between which the quantile lies with at least this confidence, and beyond either of which with no more
    /// than half of the rest; nothing when the sample is too small for it.
    #[must_use]
    pub fn equal_tails(&self, confidence: f64) -> Option<[u64; 2]> {
        let tail = (1.0 - confidence) / 2.0;
        let reached = |share: f64| self.cumulative.partition_point(|sum| *sum < share) as u64 + self.first;
        let ranks @ [lower, upper] = [reached(tail), reached(1.0 - tail) + 1];
        (lower >= 1 && upper <= self.draws).then_some(ranks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tailed_ranks_of_the_quantiles_that_margins_are_made_of() {
        let ranks = |draws, level| OrderStatistics::new(draws, level).equal_tails(0.95);
        assert_eq!(ranks(10_000, 0.99), Some([9_880, 9_920]));
        assert_eq!(ranks(100_000, 0.995), Some([99_456, 99_544]));
        assert_eq!(ranks(1_000_000, 0.995), Some([994_861, 995_139]));
    }

    #[test]
    fn the_tightest_ranks_of_the_99_percent_quantile_of_a_thousand() {
        let law = OrderStatistics::new(1_000, 0.99);
        assert!((law.coverage([983, 996]) - 0.9575).abs() < 5e-5, "{}", law.coverage([983, 996]));
        // No pair that lies closer covers as much as 95 %.
        for lower in 1..=988 {
            assert!(law.coverage([lower, lower + 12]) < 0.95, "{lower}");
        }
    }

    #[test]
    fn a_sample_that_does_not_reach_so_far_has_no_interval() {
        assert_eq!(OrderStatistics::new(100, 0.99).equal_tails(0.95), None);
        assert!(OrderStatistics::new(1_000, 0.99).equal_tails(0.95).is_some());
    }

    #[test]
    fn the_law_is_the_binomial_one() {
        // P(B <= 4), P(B <= 9) of 250 days at 1 %, the Basel table read from the other end: B counts the 99 %.
        let law = OrderStatistics::new(250, 0.99);
        assert!((1.0 - law.at_most(245) - 0.892188).abs() < 5e-7);
        assert!((1.0 - law.at_most(240) - 0.999750).abs() < 5e-7);
    }
}
