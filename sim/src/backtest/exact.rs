//! Exact finite-sample p-values of Christoffersen's tests.
//!
//! Under the null the days are independent hits with probability p, so all sequences with k hits are equally likely,
//! and the statistics depend on a sequence only through k, its number of runs of hits r, and its first and last day.
//! There are
//!
//! ```text
//! C(k - 1, r - 1) C(n - k - 1, z - 1)         z = r - 1 + [first day calm] + [last day calm]  runs of calm days
//! ```
//!
//! such sequences, so the law of the statistic is a sum over (k, r, first, last) and needs no recursion and no
//! simulation. The limit laws are poor for a year of days at 1 %: most such years hold no pair of neighbouring hits at
//! all.

use serde::Serialize;

use super::{BacktestError, Clusters, check, coverage::ratio};

/// Most days for which the sum is taken.
pub const MOST_EXACT: u64 = 5_000;

/// Counts of hits less likely than this are left out; all of them together change a p-value by less than a millionth.
const NEGLIGIBLE: f64 = 1e-12;

/// Relative slack within which two values of a statistic count as equal, so that rounding does not split a tie.
const TIE: f64 = 1e-9;

/// Exact p-values: the probability of a statistic at least as large.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExactClusters {
    /// Of independence.
    pub independence: f64,
    /// Of number and clustering at once.
    pub conditional_coverage: f64,
}

impl Clusters {
    /// Exact p-values of both tests for a series with `exceedances` in `observations` days at a `level`; `None` for
    /// more than [`MOST_EXACT`] days.
    ///
    /// # Errors
    /// [`BacktestError`] as [`super::kupiec`].
    pub fn exact(
        &self,
        exceedances: u64,
        observations: u64,
        level: f64,
    ) -> Result<Option<ExactClusters>, BacktestError> {
        check(exceedances, observations, level)?;
        if observations > MOST_EXACT {
            return Ok(None);
        }
        let independence = self.independence().lr;
        let conditional = ratio(exceedances, observations, level) + independence;
        let mut beyond = [0.0; 2];
        each_kind(observations, level, |hits, clusters, probability| {
            let lr = clusters.independence().lr;
            let statistics = [lr, ratio(hits, observations, level) + lr];
            for ((sum, value), observed) in beyond.iter_mut().zip(statistics).zip([independence, conditional]) {
                if value >= observed * (1.0 - TIE) - TIE {
                    *sum += probability;
                }
            }
        });
        let [independence, conditional_coverage] = beyond.map(|sum: f64| sum.min(1.0));
        Ok(Some(ExactClusters { independence, conditional_coverage }))
    }
}

/// Visits every kind of sequence: number of hits, pairs of days, probability.
fn each_kind(days: u64, level: f64, mut visit: impl FnMut(u64, &Clusters, f64)) {
    let n = days as f64;
    let log_choose = |n: f64, k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    for hits in 0..=days {
        let calm = days - hits;
        let (k, m) = (hits as f64, calm as f64);
        let each = k * level.ln() + m * (-level).ln_1p();
        if (log_choose(n, k) + each).exp() < NEGLIGIBLE {
            continue;
        }
        if hits == 0 || calm == 0 {
            let clusters = Clusters { n00: calm.saturating_sub(1), n11: hits.saturating_sub(1), ..Clusters::default() };
            visit(hits, &clusters, each.exp());
            continue;
        }
        for runs in 1..=hits {
            for (first_calm, last_calm) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let calm_runs = runs - 1 + first_calm + last_calm;
                if calm_runs == 0 || calm_runs > calm {
                    continue;
                }
                let ways = log_choose(k - 1.0, runs as f64 - 1.0) + log_choose(m - 1.0, calm_runs as f64 - 1.0);
                let clusters = Clusters {
                    n00: calm - calm_runs,
                    n01: runs - (1 - first_calm),
                    n10: runs - (1 - last_calm),
                    n11: hits - runs,
                };
                visit(hits, &clusters, (ways + each).exp());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kupiec;
    use super::*;

    /// All sequences one by one.
    fn by_hand(observed: &[bool], level: f64) -> ExactClusters {
        let days = observed.len();
        let statistics = |days: &[bool]| {
            let hits = days.iter().filter(|hit| **hit).count() as u64;
            let independence = Clusters::of(days).independence().lr;
            (hits, independence, kupiec(hits, days.len() as u64, level).unwrap().lr + independence)
        };
        let (_, independence, conditional) = statistics(observed);
        let mut p = [0.0; 2];
        for bits in 0..1_u32 << days {
            let sequence: Vec<bool> = (0..days).map(|day| bits >> day & 1 == 1).collect();
            let (hits, i, c) = statistics(&sequence);
            let probability = level.powi(hits as i32) * (1.0 - level).powi(days as i32 - hits as i32);
            p[0] += if i >= independence - 1e-9 { probability } else { 0.0 };
            p[1] += if c >= conditional - 1e-9 { probability } else { 0.0 };
        }
        ExactClusters { independence: p[0], conditional_coverage: p[1] }
    }

    #[test]
    fn the_sum_over_runs_is_the_sum_over_all_sequences() {
        let series = |text: &str| -> Vec<bool> { text.chars().map(|c| c == 'x').collect() };
        for (text, level) in
            [("..x...x.....", 0.1), ("xx.x........", 0.2), ("............", 0.05), ("xxxxx..xx...", 0.4)]
        {
            let days = series(text);
            let hits = days.iter().filter(|hit| **hit).count() as u64;
            let got = Clusters::of(&days).exact(hits, days.len() as u64, level).unwrap().unwrap();
            let want = by_hand(&days, level);
            assert!((got.independence - want.independence).abs() < 1e-9, "{text}: {got:?} {want:?}");
            assert!((got.conditional_coverage - want.conditional_coverage).abs() < 1e-9, "{text}: {got:?} {want:?}");
        }
    }

    #[test]
    fn in_a_year_at_one_percent_the_limit_law_is_far_off() {
        // Two neighbouring hits among four: the two p-values differ by more than a fifth.
        let mut days = [false; 250];
        days[20] = true;
        days[21] = true;
        days[90] = true;
        days[200] = true;
        let clusters = Clusters::of(&days);
        let exact = clusters.exact(4, 250, 0.01).unwrap().unwrap();
        let limit = clusters.independence().p_value;
        assert!(exact.independence > 1.2 * limit || exact.independence < limit / 1.2, "{exact:?} {limit}");
        assert_eq!(clusters.exact(4, MOST_EXACT + 1, 0.01), Ok(None));
    }
}
