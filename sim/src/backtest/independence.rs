//! Christoffersen's tests: do exceedances come in clusters?
//!
//! ```text
//! n_ij = days of kind j after a day of kind i (1 = exceedance),   pi_i = n_i1/(n_i0 + n_i1),   pi = (n_01 + n_11)/n
//! LR_ind = -2 ln[ (1 - pi)^{n00 + n10} pi^{n01 + n11} / ((1 - pi_0)^{n00} pi_0^{n01} (1 - pi_1)^{n10} pi_1^{n11}) ]  ~  chi^2(1)
//! LR_cc  = LR_pof + LR_ind                                                                                          ~  chi^2(2)
//! ```
//!
//! P. Christoffersen, International Economic Review 39(4), 841-862, 1998.

use serde::Serialize;

use super::{BacktestError, chi_square_one, chi_square_two, kupiec, log_likelihood};

/// How often a day of each kind follows a day of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Clusters {
    /// Calm after calm.
    pub n00: u64,
    /// Exceedance after calm.
    pub n01: u64,
    /// Calm after an exceedance.
    pub n10: u64,
    /// Exceedance after an exceedance.
    pub n11: u64,
}

/// A likelihood ratio and its p-value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LikelihoodRatio {
    /// Likelihood ratio.
    pub lr: f64,
    /// p-value by the limit law.
    pub p_value: f64,
}

impl Clusters {
    /// Counts the pairs of a series of days, true on an exceedance.
    #[must_use]
    pub fn of(days: &[bool]) -> Self {
        let mut clusters = Self::default();
        for pair in days.windows(2) {
            match pair {
                [false, false] => clusters.n00 += 1,
                [false, true] => clusters.n01 += 1,
                [true, false] => clusters.n10 += 1,
                _ => clusters.n11 += 1,
            }
        }
        clusters
    }

    /// Tests whether an exceedance makes another one on the next day more likely.
    #[must_use]
    pub fn independence(&self) -> LikelihoodRatio {
        let share = |of: u64, rest: u64| if of == 0 { 0.0 } else { of as f64 / (of + rest) as f64 };
        let (calm, hits) = (self.n00 + self.n10, self.n01 + self.n11);
        let pooled = share(hits, calm);
        let (after_calm, after_hit) = (share(self.n01, self.n00), share(self.n11, self.n10));
        let together = log_likelihood(calm, 1.0 - pooled) + log_likelihood(hits, pooled);
        let apart = log_likelihood(self.n00, 1.0 - after_calm)
            + log_likelihood(self.n01, after_calm)
            + log_likelihood(self.n10, 1.0 - after_hit)
            + log_likelihood(self.n11, after_hit);
        let lr = (2.0 * (apart - together)).max(0.0);
        LikelihoodRatio { lr, p_value: chi_square_one(lr) }
    }

    /// Tests number and clustering at once: `exceedances` in `observations` days at a `level`, in these clusters.
    ///
    /// # Errors
    /// [`BacktestError`] as [`kupiec`].
    pub fn conditional_coverage(
        &self,
        exceedances: u64,
        observations: u64,
        level: f64,
    ) -> Result<LikelihoodRatio, BacktestError> {
        let lr = kupiec(exceedances, observations, level)?.lr + self.independence().lr;
        Ok(LikelihoodRatio { lr, p_value: chi_square_two(lr) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example() {
        // MathWorks, varbacktest.cci and varbacktest.cc: 57 failures in 1043 days at 95 %.
        let clusters = Clusters { n00: 932, n01: 53, n10: 53, n11: 4 };
        let independence = clusters.independence();
        assert!((independence.lr - 0.25866).abs() < 5e-6);
        assert!((independence.p_value - 0.61104).abs() < 5e-6);
        let both = clusters.conditional_coverage(57, 1043, 0.05).unwrap();
        assert!((both.lr - 0.72013).abs() < 1e-5);
        assert!((both.p_value - 0.69763).abs() < 5e-6);
    }

    #[test]
    fn a_run_of_exceedances_is_a_cluster_and_a_lone_one_is_not() {
        let mut run = [false; 250];
        run[100..106].fill(true);
        let clusters = Clusters::of(&run);
        assert_eq!(clusters, Clusters { n00: 242, n01: 1, n10: 1, n11: 5 });
        assert!(clusters.independence().p_value < 1e-6);
        assert_eq!(Clusters::of(&[]).independence().lr, 0.0);
        assert!(Clusters::of(&[false; 250]).independence().p_value > 0.99);
    }
}
