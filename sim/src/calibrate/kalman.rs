//! A permanent and a reverting factor, neither of which is seen by itself: the Kalman filter.
//!
//! ```text
//! ln S_t = xi_t + X_t,   d xi = slope dt + sigma_xi dW,   dX = -kappa X dt + sigma dZ + jumps
//! ```
//!
//! Schwartz and Smith, Management Science 46(7), 893-911, 2000, section 5, with the price itself as the only
//! observation. A move that the three-sigma filter takes for a jump adds the variance of a jump to X on that day, so
//! that how much of it stays is left to the data. The permanent level starts unknown; the likelihood begins with the
//! second price.
//!
//! Where the price reverts, the permanent factor is believed by the ratio of the likelihoods with and without sigma_xi.
//! Zero lies on the edge of its range, so the ratio is zero half of the time and chi-square with one degree of freedom
//! in the other half, and 2.71 is passed one time in twenty in long histories (Self and Liang, Journal of the American
//! Statistical Association 82, 605-610, 1987), one time in a hundred in three years. Where the price seems to wander,
//! the reverting factor is believed by the ratio with and without it; kappa means nothing without a sigma, so the law
//! is no standard one, and the value is what one in a hundred simulated random walks of three years passes. An ignored
//! test below prints both.

use super::likelihood::Times;
use super::minimise::minimise;
use crate::model::phi;

/// Likelihood ratio above which a permanent factor is believed beside a reverting one.
pub(super) const CRITICAL_PERMANENT: f64 = 2.71;

/// Likelihood ratio above which a reverting factor is believed beside a permanent one.
pub(super) const CRITICAL_REVERTING: f64 = 10.7;

/// Mean reversion that the search for a reverting factor starts from where none is known, per year: half gone in 25
/// days.
const UNKNOWN_KAPPA: f64 = 10.0;

/// Variance of the unknown first level: a standard deviation of a hundred in the logarithm.
const UNKNOWN: f64 = 1e4;

/// Walls of the search, far beyond any history: rates per year and volatilities per square root of a year.
const KAPPA: std::ops::RangeInclusive<f64> = 0.05..=400.0;
const SIGMA: std::ops::RangeInclusive<f64> = 1e-3..=20.0;

/// What the filter makes of a history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TwoFactors {
    pub kappa: f64,
    pub sigma: f64,
    pub permanent_sigma: f64,
    pub slope: f64,
    /// Twice the gain in log-likelihood over a permanent level that follows its slope without noise.
    pub likelihood_ratio: f64,
    /// The reverting factor on the last day.
    pub reverting: f64,
}

/// What is known before the search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub times: &'a Times,
    pub values: &'a [f64],
    /// For each move, whether it is no jump.
    pub kept: &'a [bool],
    pub jump_mean: f64,
    pub jump_variance: f64,
}

/// State of the filter: mean and covariance of (xi, X).
#[derive(Clone, Copy)]
struct Belief {
    xi: f64,
    x: f64,
    xi_xi: f64,
    xi_x: f64,
    x_x: f64,
}

/// Estimates both volatilities, the reversion and the slope. Without a mean reversion to start from the ratio is that
/// of the reverting factor, else that of the permanent one.
pub(super) fn two_factors(known: &Known<'_>, kappa: f64, sigma: f64, slope: f64) -> TwoFactors {
    let scale_slope = sigma / known.times.years.sqrt();
    let minus = |k: f64, s: f64, b: f64, p: f64| -filter(known, k, s, b, p).0;
    let alone = if kappa > 0.0 {
        let reverting = |x: &[f64]| match x {
            [k, s, b] => minus(k.exp(), s.exp(), *b, 0.0),
            _ => f64::INFINITY,
        };
        minimise(&reverting, &[kappa.ln(), sigma.ln(), slope], &[0.3, 0.03, scale_slope])
    } else {
        let wandering = |x: &[f64]| match x {
            [p, b] => minus(*KAPPA.start(), *SIGMA.start(), *b, p.exp()),
            _ => f64::INFINITY,
        };
        minimise(&wandering, &[sigma.ln(), slope], &[0.03, scale_slope])
    };
    let both = |x: &[f64]| match x {
        [k, s, b, p] => minus(k.exp(), s.exp(), *b, p.exp()),
        _ => f64::INFINITY,
    };
    // From two starts: a permanent factor of a third of the movement, and one of most of it with a fast reverting one.
    let slow = if kappa > 0.0 { kappa } else { UNKNOWN_KAPPA };
    let [first, second] = [(1.0, 0.9, 0.4), (5.0, 0.6, 0.8)].map(|(faster, reverting, permanent)| {
        let kappa = (faster * slow).min(KAPPA.end() / 2.0);
        let start = [kappa.ln(), (reverting * sigma).ln(), slope, (permanent * sigma).ln()];
        minimise(&both, &start, &[0.3, 0.1, scale_slope, 0.3])
    });
    let best = if second.value < first.value { second } else { first };
    let ratio = (2.0 * (alone.value - best.value)).max(0.0);
    let [k, s, b, p] = match best.at.as_slice() {
        [k, s, b, p] => [k.exp(), s.exp(), *b, p.exp()],
        _ => [kappa, sigma, slope, 0.0],
    };
    let (_, belief) = filter(known, k, s, b, p);
    TwoFactors { kappa: k, sigma: s, permanent_sigma: p, slope: b, likelihood_ratio: ratio, reverting: belief.x }
}

/// The log-likelihood of the prices and what is believed after the last of them.
fn filter(known: &Known<'_>, kappa: f64, sigma: f64, slope: f64, permanent_sigma: f64) -> (f64, Belief) {
    let stationary = sigma * sigma / (2.0 * kappa);
    let first = known.values.first().copied().unwrap_or_default();
    // After the first price xi + X is known exactly and X is as uncertain as it ever was.
    let gain = stationary / (stationary + UNKNOWN);
    let left = stationary * (1.0 - gain);
    let mut belief = Belief { xi: first, x: 0.0, xi_xi: left, xi_x: -left, x_x: left };
    if !(KAPPA.contains(&kappa) && SIGMA.contains(&sigma)) || permanent_sigma > *SIGMA.end() {
        return (f64::NEG_INFINITY, belief);
    }
    let steps: Vec<(f64, f64, f64)> = known
        .times
        .taus
        .iter()
        .map(|tau| (*tau, (-kappa * tau).exp(), sigma * sigma * phi(2.0 * kappa, *tau)))
        .collect();
    let mut log = 0.0;
    for ((index, kept), y) in known.times.gap.iter().zip(known.kept).zip(known.values.iter().skip(1)) {
        let (tau, decay, noise) = steps[*index];
        let (mean, extra) = if *kept { (0.0, 0.0) } else { (known.jump_mean, known.jump_variance) };
        let xi = belief.xi + slope * tau;
        let x = decay * belief.x + mean;
        let xi_xi = belief.xi_xi + permanent_sigma * permanent_sigma * tau;
        let xi_x = decay * belief.xi_x;
        let x_x = decay * decay * belief.x_x + noise + extra;
        let variance = xi_xi + 2.0 * xi_x + x_x;
        let miss = y - xi - x;
        log -= 0.5 * (miss * miss / variance + (std::f64::consts::TAU * variance).ln());
        let (gain_xi, gain_x) = ((xi_xi + xi_x) / variance, (xi_x + x_x) / variance);
        belief = Belief {
            xi: xi + gain_xi * miss,
            x: x + gain_x * miss,
            xi_xi: xi_xi - gain_xi * gain_xi * variance,
            xi_x: xi_x - gain_xi * gain_x * variance,
            x_x: x_x - gain_x * gain_x * variance,
        };
    }
    (if log.is_nan() { f64::NEG_INFINITY } else { log }, belief)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::process::Process;
    use crate::calibrate::simulate::simulate;
    use crate::model::JumpLaw;
    use crate::path::stream;

    fn ratios(truth: &Process, years: f64, histories: u64) -> Vec<f64> {
        let times = Times::of(&(0..(years * crate::DAYS_PER_YEAR) as i32).collect::<Vec<_>>());
        let mut ratios: Vec<f64> = (0..histories)
            .map(|index| {
                let values = simulate(&times, 0.0, truth, &mut stream(1, 0x6b61_6c6d, index));
                let kept = vec![true; times.gap.len()];
                let known = Known { times: &times, values: &values, kept: &kept, jump_mean: 0.0, jump_variance: 0.0 };
                two_factors(&known, truth.kappa, truth.sigma, 0.0).likelihood_ratio
            })
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios
    }

    fn process(kappa: f64) -> Process {
        let law = JumpLaw::Gaussian { mean: 0.0, sd: 0.0 };
        Process { level: 0.0, slope: 0.0, kappa, sigma: 0.5, intensity: 0.0, law }
    }

    #[test]
    fn one_factor_is_seldom_taken_for_two() {
        let walks = ratios(&process(0.0), 2.0, 30);
        assert!(walks[28] < CRITICAL_REVERTING, "{walks:?}");
        let reverting = ratios(&process(6.0), 2.0, 30);
        assert!(reverting[26] < CRITICAL_PERMANENT, "{reverting:?}");
    }

    #[test]
    #[ignore = "measures the critical values on 1,000 histories each; prints them"]
    fn the_critical_values_are_those_of_simulated_histories() {
        for (what, kappa, years) in [("random walk", 0.0, 1.0), ("random walk", 0.0, 3.0), ("reverting", 6.0, 3.0)] {
            let sorted = ratios(&process(kappa), years, 1_000);
            eprintln!("{what}, {years} years: 95 % {:.2}, 99 % {:.2}", sorted[949], sorted[989]);
        }
    }
}
