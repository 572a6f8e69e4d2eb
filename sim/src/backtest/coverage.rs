//! Kupiec's test of the proportion of failures.
//!
//! ```text
//! LR = -2 ln[ (1 - p)^{n - x} p^x / ((1 - x/n)^{n - x} (x/n)^x) ]  ~  chi^2(1)
//! ```
//!
//! P. Kupiec, Journal of Derivatives 3(2), 73-84, 1995. The limit law is poor for a year of days, so the exact p-value
//! is given beside it: the probability of all counts at least as unlikely by the same statistic.

use serde::Serialize;

use super::{BacktestError, binomial, check, chi_square_one, log_likelihood};

/// Relative slack within which two values of the statistic count as equal, so that rounding does not split a tie.
const TIE: f64 = 1e-9;

/// Result of the test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Likelihood ratio.
    pub lr: f64,
    /// p-value by the limit law.
    pub p_value: f64,
    /// p-value by the binomial law.
    pub exact_p_value: f64,
}

/// Tests whether `exceedances` in `observations` days fit the `level`.
///
/// # Errors
/// [`BacktestError`] when there are no days, more exceedances than days, or a level outside (0, 1).
pub fn kupiec(exceedances: u64, observations: u64, level: f64) -> Result<Coverage, BacktestError> {
    check(exceedances, observations, level)?;
    let lr = ratio(exceedances, observations, level);
    let exact: f64 = binomial(observations, level)
        .into_iter()
        .zip(0..)
        .filter(|(_, k)| ratio(*k, observations, level) >= lr * (1.0 - TIE) - TIE)
        .map(|(probability, _)| probability)
        .sum();
    Ok(Coverage { lr, p_value: chi_square_one(lr), exact_p_value: exact.min(1.0) })
}

pub(super) fn ratio(exceedances: u64, observations: u64, level: f64) -> f64 {
    let calm = observations - exceedances;
    let share = exceedances as f64 / observations as f64;
    let expected = log_likelihood(calm, 1.0 - level) + log_likelihood(exceedances, level);
    let observed = log_likelihood(calm, 1.0 - share) + log_likelihood(exceedances, share);
    (2.0 * (observed - expected)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn lr(observations: u64, exceedances: u64, want: f64) {
        let got = kupiec(exceedances, observations, 0.01).unwrap().lr;
        assert!((got - want).abs() < 6e-7, "x={exceedances}: {got}, not {want}");
    }

    /// Worked numbers of Kupiec's test: a year, 255 days, two and four years.
    #[test]
    fn likelihood_ratios_at_one_percent() {
        let year = [
            (0, 5.025168),
            (1, 1.176491),
            (2, 0.108435),
            (3, 0.094940),
            (4, 0.769138),
            (5, 1.956810),
            (6, 3.555355),
            (7, 5.496990),
            (10, 12.955491),
        ];
        for (exceedances, want) in year {
            lr(250, exceedances, want);
        }
        lr(255, 6, 3.415358);
        lr(255, 7, 5.316341);
        lr(500, 11, 5.419085);
        lr(1000, 16, 3.076553);
        lr(1000, 17, 4.090973);
    }

    #[test]
    fn the_published_example() {
        // MathWorks, varbacktest.pof: 57 failures in 1043 days at 95 %.
        let test = kupiec(57, 1043, 0.05).unwrap();
        assert!((test.lr - 0.46147).abs() < 5e-6);
        assert!((test.p_value - 0.49694).abs() < 5e-6);
        let three = kupiec(3, 250, 0.05).unwrap();
        assert!((three.lr - 10.8123).abs() < 5e-5);
    }

    #[test]
    fn the_exact_p_value_is_a_probability_of_the_binomial_law() {
        // Of 250 days at 1 %, the likeliest counts by the statistic are 3, then 2.
        assert!((kupiec(3, 250, 0.01).unwrap().exact_p_value - 1.0).abs() < 1e-9);
        let two = kupiec(2, 250, 0.01).unwrap().exact_p_value;
        let three_alone = 0.214_949_5;
        assert!((two - (1.0 - three_alone)).abs() < 1e-4, "{two}");
    }

    #[test]
    fn impossible_counts_are_refused() {
        assert_eq!(kupiec(0, 0, 0.01), Err(BacktestError::NoObservations));
        assert!(matches!(kupiec(5, 4, 0.01), Err(BacktestError::TooManyExceedances { .. })));
        assert!(matches!(kupiec(1, 4, 0.0), Err(BacktestError::Level(_))));
        assert!(matches!(kupiec(1, 4, f64::NAN), Err(BacktestError::Level(_))));
    }
}
