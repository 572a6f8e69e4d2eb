//! What a hedge does to the cost of a token budget.
//!
//! A company buys a volume Q of tokens over some months, at its own price A B, where A is the average of the index over
//! the purchases and B is its basis to the index; it buys futures on A at F_0 for the share h of the volume it expects.
//! With Q, A and B independent, E Q = E B = 1, F_0 = E A = m and sd A = v:
//!
//! ```text
//! Cost   = Q A B - h (A - F_0)
//! Var(h) = g - 2 h v^2 + h^2 v^2,    g = (1 + c_Q^2)(1 + c_B^2)(m^2 + v^2) - m^2
//! ```
//!
//! so the best h is one, and the share of the variance that it removes is v^2/g. Without frictions g = v^2 and the
//! standard deviation falls by exactly h: a figure for the effect of a hedge says something only through its frictions.
//!
//! What a company gets that has to estimate its ratio, hold margin and roll is simulated in [`experiment`].
//!
//! Effectiveness is quoted as a share of the variance (E) or of the standard deviation (1 - sqrt(1 - E)); both are
//! always given, because they are easily mixed up.

pub mod experiment;
mod scenarios;

use serde::Serialize;

pub use scenarios::scenarios;

use crate::average::{self, AverageError, AverageMoments};
use crate::model::{Model, ModelError};

/// Most months of a budget: purchases farther ahead than ten years have no futures to hedge them.
const MOST_MONTHS: u32 = 120;

/// What keeps a hedge from being perfect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Frictions {
    /// Standard deviation of the volume, as a share of its mean.
    pub volume_cv: f64,
    /// Standard deviation of one's own price against the index, as a share of it.
    pub basis_cv: f64,
}

/// The cost of a budget for one unit of volume: the mean and the standard deviation of the average index, and the
/// frictions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    average: AverageMoments,
    frictions: Frictions,
}

/// What a hedge does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HedgeOutcome {
    /// Futures held for each expected unit of volume.
    pub ratio: f64,
    /// Mean cost, the same with and without the hedge.
    pub mean: f64,
    /// Standard deviation of the cost without the hedge.
    pub unhedged_sd: f64,
    /// Standard deviation of the cost with it.
    pub hedged_sd: f64,
    /// Share of the variance that the hedge removes; negative when it adds to it.
    pub variance_reduction: f64,
    /// Share of the standard deviation that the hedge removes.
    pub sd_reduction: f64,
    /// Share of the variance that the best ratio, one, would remove.
    pub best_variance_reduction: f64,
}

/// Why the effect of a hedge cannot be computed.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HedgeError {
    /// Number of months.
    #[error("a budget over {0} months is asked for: 1 to {MOST_MONTHS} are possible")]
    Months(u32),
    /// A friction that is no standard deviation.
    #[error("the {name} is {value}: it must be zero or above")]
    Friction {
        /// Which friction.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// Too few paths or too many.
    #[error(
        "{0} paths are asked for: the experiment needs at least {least}, and {most} are the most", least = experiment::LEAST_PATHS,
        most = experiment::MOST_PATHS
    )]
    Paths(u32),
    /// A ratio that is no number.
    #[error("the hedge ratio is {0}: it must be a finite number")]
    Ratio(f64),
    /// A price that does not vary.
    #[error("the price of this model does not vary over the budget, so there is nothing to hedge")]
    NoRisk,
    /// The average has no moments.
    #[error(transparent)]
    Average(#[from] AverageError),
    /// A scenario is no model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Budget {
    /// A budget bought in equal parts at the end of each of the next `months`.
    ///
    /// # Errors
    /// [`HedgeError`] for a number of months or a friction out of range, or a price that does not vary.
    pub fn monthly(model: &Model, months: u32, frictions: Frictions) -> Result<Self, HedgeError> {
        if !(1..=MOST_MONTHS).contains(&months) {
            return Err(HedgeError::Months(months));
        }
        let times: Vec<f64> = (1..=months).map(|month| f64::from(month) / 12.0).collect();
        Self::new(average::moments(model, &times)?, frictions)
    }

    /// A budget whose average price has the given moments.
    ///
    /// # Errors
    /// [`HedgeError`] for a friction out of range, or a price that does not vary.
    pub fn new(average: AverageMoments, frictions: Frictions) -> Result<Self, HedgeError> {
        let named = [("volume_cv", frictions.volume_cv), ("basis_cv", frictions.basis_cv)];
        for (name, value) in named {
            if !(value.is_finite() && value >= 0.0) {
                return Err(HedgeError::Friction { name, value });
            }
        }
        if !(average.sd.is_finite() && average.sd > 0.0) {
            return Err(HedgeError::NoRisk);
        }
        Ok(Self { average, frictions })
    }

    /// The effect of holding `ratio` futures for each expected unit of volume.
    ///
    /// # Errors
    /// [`HedgeError::Ratio`] unless the ratio is finite.
    pub fn outcome(&self, ratio: f64) -> Result<HedgeOutcome, HedgeError> {
        if !ratio.is_finite() {
            return Err(HedgeError::Ratio(ratio));
        }
        let AverageMoments { mean, sd } = self.average;
        let square = |x: f64| x * x;
        // (1 + c_Q^2)(1 + c_B^2) - 1, kept apart so that no friction leaves exactly the variance of the average.
        let (volume, basis) = (square(self.frictions.volume_cv), square(self.frictions.basis_cv));
        let friction = (volume + basis + volume * basis) * (square(mean) + square(sd));
        let unhedged = square(sd) + friction;
        let hedged = square((1.0 - ratio) * sd) + friction;
        Ok(HedgeOutcome {
            ratio,
            mean,
            unhedged_sd: unhedged.sqrt(),
            hedged_sd: hedged.sqrt(),
            variance_reduction: 1.0 - hedged / unhedged,
            sd_reduction: 1.0 - (hedged / unhedged).sqrt(),
            best_variance_reduction: square(sd) / unhedged,
        })
    }
}

/// Share of the standard deviation that is removed with a share of the variance.
#[must_use]
pub fn sd_reduction(variance_reduction: f64) -> f64 {
    1.0 - (1.0 - variance_reduction).sqrt()
}

/// Share of the variance that is removed with a share of the standard deviation.
#[must_use]
pub fn variance_reduction(sd_reduction: f64) -> f64 {
    1.0 - (1.0 - sd_reduction) * (1.0 - sd_reduction)
}

/// Correlation between cost and futures that a best hedge with this share of the variance removed needs (Ederington
/// 1979: effectiveness is the square of the correlation).
#[must_use]
pub fn needed_correlation(variance_reduction: f64) -> f64 {
    variance_reduction.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn budget(volume_cv: f64) -> Budget {
        let average = AverageMoments { mean: 1.0, sd: 0.30 };
        Budget::new(average, Frictions { volume_cv, basis_cv: 0.0 }).unwrap()
    }

    #[test]
    fn volume_risk_decides_what_a_full_hedge_is_worth() {
        // 1 - sqrt( c^2 (m^2 + v^2) / (v^2 + c^2 (m^2 + v^2)) ) at v/m = 0.30.
        let table = [(0.05, 0.829), (0.06, 0.796), (0.08, 0.732), (0.10, 0.671), (0.115, 0.628), (0.15, 0.537)];
        for (cv, want) in table {
            let got = budget(cv).outcome(1.0).unwrap().sd_reduction;
            assert!((got - want).abs() < 6e-4, "cv {cv}: {got}");
        }
    }

    #[test]
    fn the_papers_figures_convert_as_they_should() {
        for (variance, sd) in [(0.87, 0.639), (0.91, 0.700), (0.78, 0.531)] {
            assert!((sd_reduction(variance) - sd).abs() < 6e-4);
        }
        for (sd, variance, correlation) in [(0.62, 0.8556, 0.925), (0.78, 0.9516, 0.9755)] {
            let got = variance_reduction(sd);
            assert!((got - variance).abs() < 1e-9);
            assert!((needed_correlation(got) - correlation).abs() < 5e-4);
        }
    }

    #[test]
    fn a_simulated_hedge_agrees() {
        use crate::path::stream;
        use rand_distr::{Distribution, StandardNormal};
        let budget =
            Budget::new(AverageMoments { mean: 2.0, sd: 0.5 }, Frictions { volume_cv: 0.1, basis_cv: 0.05 }).unwrap();
        let mut rng = stream(3, 0, 0);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let costs: Vec<f64> = (0..200_000)
            .map(|_| {
                let (q, a, b) = (1.0 + 0.1 * normal(), 2.0 + 0.5 * normal(), 1.0 + 0.05 * normal());
                q * a * b - 0.7 * (a - 2.0)
            })
            .collect();
        let sd = crate::numeric::standard_deviation(&costs);
        let exact = budget.outcome(0.7).unwrap().hedged_sd;
        assert!((sd / exact - 1.0).abs() < 3.0 / (2.0 * 200_000.0_f64).sqrt() * 1.2, "{sd} {exact}");
    }

    #[test]
    fn frictions_that_are_no_standard_deviations_are_refused() {
        let average = AverageMoments { mean: 1.0, sd: 0.3 };
        let refused = |volume_cv, basis_cv| Budget::new(average, Frictions { volume_cv, basis_cv }).is_err();
        assert!(refused(-0.1, 0.0));
        assert!(refused(0.0, f64::NAN));
        let paper = Model::paper();
        assert_eq!(Budget::monthly(&paper, 0, Frictions::default()), Err(HedgeError::Months(0)));
        let certain = Model::from_toml("log_spot = 0.0").unwrap();
        assert_eq!(Budget::monthly(&certain, 12, Frictions::default()), Err(HedgeError::NoRisk));
    }

    proptest! {
        #[test]
        fn without_frictions_the_standard_deviation_falls_by_the_ratio(ratio in 0.0..1.0_f64) {
            let outcome = budget(0.0).outcome(ratio).unwrap();
            prop_assert!((outcome.sd_reduction - ratio).abs() < 1e-12);
        }

        #[test]
        fn no_ratio_beats_one(ratio in -2.0..3.0_f64, cv in 0.0..0.5_f64) {
            let outcome = budget(cv).outcome(ratio).unwrap();
            prop_assert!(outcome.variance_reduction <= outcome.best_variance_reduction + 1e-12);
        }
    }
}
