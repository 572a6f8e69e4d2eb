//! Poisson numbers of one mean, many times.
//!
//! Inversion of the distribution function, tabulated once and searched from the middle, where most numbers lie. A large
//! mean is cut into equal parts whose numbers are added up.

/// Largest mean of one part: e^-256 is still a normal number.
const MOST_MEAN: f64 = 256.0;

/// A Poisson distribution.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    mean: f64,
    parts: u32,
    /// `P(N <= n)` of a part, up to one.
    below: Vec<f64>,
    middle: usize,
}

impl Counts {
    /// The distribution with the given mean, zero or above.
    pub fn new(mean: f64) -> Self {
        let parts = (mean / MOST_MEAN).ceil().max(1.0);
        let each = mean / parts;
        let mut probability = libm::exp(-each);
        let mut below = vec![probability];
        let mut total = probability;
        let mut n = 0.0;
        // Beyond the mean the probabilities fall faster than geometrically; what is below the last digit of one is
        // never drawn.
        while n < each || probability > f64::EPSILON / 16.0 {
            n += 1.0;
            probability *= each / n;
            total += probability;
            below.push(total);
        }
        Self { mean, parts: parts as u32, below, middle: each as usize }
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Draws a number, from as many uniform numbers as there are parts.
    pub fn draw(&self, mut uniform: impl FnMut() -> f64) -> usize {
        (0..self.parts).map(|_| self.inverse(uniform())).sum()
    }

    /// The smallest n with `P(N <= n) >= u`.
    fn inverse(&self, u: f64) -> usize {
        let mut n = self.middle;
        while n > 0 && self.below[n - 1] >= u {
            n -= 1;
        }
        while n + 1 < self.below.len() && self.below[n] < u {
            n += 1;
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::stream;
    use rand::RngExt;

    #[test]
    fn the_table_is_the_distribution_function() {
        let counts = Counts::new(3.0);
        let p = |n: i32| (-3.0_f64).exp() * 3.0_f64.powi(n) / (1..=n).map(f64::from).product::<f64>();
        for n in 0..12 {
            let want: f64 = (0..=n).map(p).sum();
            assert!((counts.below[n as usize] - want).abs() < 1e-15);
            assert_eq!(counts.inverse(want - 1e-12), n as usize);
            assert_eq!(counts.inverse(want + 1e-12), n as usize + 1);
        }
        assert_eq!(Counts::new(0.0).inverse(1.0 - 1e-16), 0);
        assert_eq!(counts.inverse(1e-300), 0);
    }

    #[test]
    fn small_and_large_numbers_have_their_mean_and_variance() {
        let mut rng = stream(5, 0, 0);
        for mean in [0.02, 7.5, 45.0, 1_000.0] {
            let counts = Counts::new(mean);
            let n = 40_000;
            let drawn: Vec<f64> = (0..n).map(|_| counts.draw(|| rng.random()) as f64).collect();
            let (found, sd) = (crate::numeric::mean(&drawn), crate::numeric::standard_deviation(&drawn));
            assert!((found - mean).abs() < 3.5 * (mean / f64::from(n)).sqrt(), "{mean}: {found}");
            // The fourth central moment is mean + 3 mean^2.
            let error = ((mean + 2.0 * mean * mean) / f64::from(n)).sqrt();
            assert!((sd * sd - mean).abs() < 3.5 * error, "{mean}: {}", sd * sd);
        }
    }
}
