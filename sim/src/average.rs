//! Exact mean and standard deviation of an average of prices, as a settlement over a window or the cost of a budget.
//!
//! ```text
//! ln E[S_s S_t] = g(s) + g(t) + sum_i [ x_i a_i(s) (1 + a_i(d)) + ln E[e^{(1 + a_i(d)) eps_i(s) + eps_i(d)}] ],   d = t - s >= 0
//! Cov(S_s, S_t) = E[S_s] E[S_t] (e^{ln E[S_s S_t] - ln E[S_s] - ln E[S_t]} - 1)
//! ```
//!
//! with `a_i(tau) = e^{-kappa_i tau}`; the two innovations are independent unless jumps are clustered. The transform is
//! taken at arguments up to two, which every model that its constructor accepts has.

use serde::Serialize;

use crate::model::{Launch, Model, State};
use crate::numeric::Sum;

/// Most times of one average: their pairs are all visited.
pub const MOST_TIMES: usize = 5_000;

/// Mean and standard deviation of an average of prices.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AverageMoments {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// Why an average has no moments.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AverageError {
    /// Number of times.
    #[error("{0} times are given: an average needs 1 to {MOST_TIMES}")]
    Times(usize),
    /// A time in the past.
    #[error("the time {0} is not a number of years of zero or more")]
    Past(f64),
}

/// Moments of the arithmetic average of the prices at `times`, in years from time zero, each counted as often as it is
/// given.
///
/// # Errors
/// [`AverageError`] when there are no times, too many, or one is not zero or above.
pub fn moments(model: &Model, times: &[f64]) -> Result<AverageMoments, AverageError> {
    if times.is_empty() || times.len() > MOST_TIMES {
        return Err(AverageError::Times(times.len()));
    }
    if let Some(time) = times.iter().find(|time| !(time.is_finite() && **time >= 0.0)) {
        return Err(AverageError::Past(*time));
    }
    let mut sorted = times.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let start = model.start();
    let log_means: Vec<f64> = sorted.iter().map(|time| model.log_mgf(&start, 0.0, *time, 1.0)).collect();
    let dated: Vec<(f64, f64)> = sorted.into_iter().zip(log_means).collect();
    let mut total = Sum::default();
    let mut variance = Sum::default();
    for (i, (s, log_s)) in dated.iter().enumerate() {
        total.add(log_s.exp());
        for (j, (t, log_t)) in dated.iter().enumerate().skip(i) {
            let covariance = (log_s + log_t).exp() * (log_product(model, &start, *s, *t) - log_s - log_t).exp_m1();
            variance.add(if i == j { covariance } else { 2.0 * covariance });
        }
    }
    let n = times.len() as f64;
    Ok(AverageMoments { mean: total.value() / n, sd: variance.value().max(0.0).sqrt() / n })
}

/// `ln E[S_s S_t]` for `s <= t`.
fn log_product(model: &Model, start: &State, s: f64, t: f64) -> f64 {
    let d = t - s;
    let factors: f64 = model
        .factors()
        .iter()
        .zip(start.values())
        .zip(start.excess)
        .map(|((factor, x), excess)| {
            let both = 1.0 + factor.decay(d);
            x * factor.decay(s) * both + factor.joint_log_mgf(excess, (both, s), (1.0, d))
        })
        .sum();
    let launches: f64 = model.launches().all().iter().map(|launch| log_product_of_launch(model, launch, s, t)).sum();
    model.trend().at(s) + model.trend().at(t) + factors + launches
}

/// What a scheduled jump adds to it: what is left of the jump at both times, of those that it comes before.
fn log_product_of_launch(model: &Model, launch: &Launch, s: f64, t: f64) -> f64 {
    let factor = model.factors()[launch.factor()];
    let left = |time: f64| if launch.within(0.0, time) { factor.decay((time - launch.time()).max(0.0)) } else { 0.0 };
    let theta = left(s) + left(t);
    theta * launch.mean() + theta * theta * launch.sd() * launch.sd() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::{BLOCK, Estimate, Key, Paths, Step};

    #[test]
    fn one_time_is_the_spot() {
        let model = Model::paper();
        let spot = model.moments(&model.start(), 0.0, 0.7);
        let average = moments(&model, &[0.7]).unwrap();
        assert!((average.mean - spot.mean).abs() < 1e-14);
        assert!((average.sd - spot.sd).abs() < 1e-13);
        let twice = moments(&model, &[0.7, 0.7]).unwrap();
        assert!((twice.sd - spot.sd).abs() < 1e-13);
    }

    #[test]
    fn the_papers_unhedged_cost_varies_by_39_cents_and_not_by_1_80_dollars() {
        let months: Vec<f64> = (1..=12).map(|month| f64::from(month) / 12.0).collect();
        let average = moments(&Model::paper(), &months).unwrap();
        assert!((average.sd - 0.385).abs() < 5e-4, "{}", average.sd);
    }

    #[test]
    fn a_simulated_average_agrees() {
        let model = Model::paper();
        let step = Step::new(&model, 0.05);
        let times: Vec<f64> = (1..=6).map(|k| 0.05 * f64::from(k)).collect();
        let mut estimate = Estimate::default();
        for block in 0..15 {
            let mut paths = Paths::new(&model, model.start(), Key { seed: 11, scenario: 0, block }, BLOCK);
            let mut averages = vec![0.0; BLOCK];
            for _ in &times {
                paths.advance(&step);
                paths.add_spots(&mut averages, 1.0 / 6.0);
            }
            estimate.merge(Estimate::of(&averages));
        }
        let exact = moments(&model, &times).unwrap();
        assert!((estimate.mean() - exact.mean).abs() < 3.0 * estimate.error());
        // The averages have a kurtosis of about six: the relative standard error of their sd is sqrt(5/(4n)).
        let relative = (5.0 / (4.0 * 15.0 * BLOCK as f64)).sqrt();
        assert!((estimate.sd() / exact.sd - 1.0).abs() < 3.0 * relative);
    }

    #[test]
    fn times_out_of_range_are_refused() {
        assert_eq!(moments(&Model::paper(), &[]), Err(AverageError::Times(0)));
        assert_eq!(moments(&Model::paper(), &[0.1, -0.1]), Err(AverageError::Past(-0.1)));
    }
}
