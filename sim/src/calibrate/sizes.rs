//! How often the price jumps, and by how much.
//!
//! The law of the sizes is normal or double exponential, whichever has the lower Akaike criterion:
//!
//! ```text
//! normal              ln L = -n/2 (ln(2 pi s^2) + 1),                                          2 parameters
//! double exponential  ln L = n_up (ln(p/m_up) - 1) + n_down (ln((1 - p)/m_down) - 1),          3 parameters
//! ```
//!
//! with m_up and m_down the mean sizes of either direction. Cuts and rises of list prices are not mirror images of each
//! other, and a normal law would lend the tail of the one to the other.

use super::diagnostics::Estimate;
use super::process::LEAST_ETA_UP;
use crate::model::JumpLaw;
use crate::numeric::{Sum, mean, standard_deviation};

/// Standard deviation of jumps when the history shows none: the paper's (Table 3).
const DEFAULT_JUMP_SD: f64 = 0.25;

/// Most jumps a year that are assumed when the history shows none.
const MOST_UNSEEN_JUMPS: f64 = 1.0;

/// Fewest jumps for which three parameters are worth comparing with two.
const FEWEST_FOR_TWO_SIDES: usize = 6;

/// Intensity, mean, standard deviation and law of jumps.
pub(super) struct JumpEstimates {
    /// How many were found.
    pub count: usize,
    pub intensity: Estimate,
    pub mean: Estimate,
    pub sd: Estimate,
    law: JumpLaw,
}

impl JumpEstimates {
    pub(super) fn of(what: &str, sizes: &[f64], years: f64, warnings: &mut Vec<String>) -> Self {
        let count = sizes.len() as f64;
        let seen = Estimate { value: count / years, standard_error: Some(count.sqrt() / years) };
        match sizes {
            [] => {
                let intensity = (1.0 / years).min(MOST_UNSEEN_JUMPS);
                let bound = 3.0 / years;
                warnings.push(format!(
                    "The history shows no {what}, which says only that there are fewer than {bound:.1} a year (95 %): {intensity:.2} a year are assumed, of mean 0 and standard deviation {DEFAULT_JUMP_SD}."
                ));
                Self::normal(0, assumed(intensity), assumed(0.0), assumed(DEFAULT_JUMP_SD))
            }
            [only] => {
                warnings.push(format!(
                    "The history shows one of the {what}, so their standard deviation is not identified: it is set to the size of that one, {:.3}.",
                    only.abs()
                ));
                Self::normal(1, seen, assumed(*only), assumed(only.abs()))
            }
            _ => {
                let sd = standard_deviation(sizes);
                let mean = Estimate { value: mean(sizes), standard_error: Some(sd / count.sqrt()) };
                let sd = Estimate { value: sd, standard_error: Some(sd / (2.0 * count).sqrt()) };
                let normal = Self::normal(sizes.len(), seen, mean, sd);
                match two_sided(sizes) {
                    Some((law, true)) => Self { law, ..normal },
                    _ => normal,
                }
            }
        }
    }

    fn normal(count: usize, intensity: Estimate, mean: Estimate, sd: Estimate) -> Self {
        let law = JumpLaw::Gaussian { mean: mean.value, sd: sd.value };
        Self { count, intensity, mean, sd, law }
    }

    /// The law that explains the sizes better.
    pub(super) fn law(&self) -> JumpLaw {
        self.law
    }

    /// These estimates with a law of the given form, whatever explains the sizes better.
    pub(super) fn with_form_of(self, form: JumpLaw, sizes: &[f64]) -> Self {
        let law = match form {
            JumpLaw::Gaussian { .. } => JumpLaw::Gaussian { mean: self.mean.value, sd: self.sd.value },
            JumpLaw::DoubleExponential { eta_up, eta_down, .. } => sides(sizes, eta_up, eta_down),
        };
        Self { law, ..self }
    }

    /// A double exponential to start a search from; `None` where the sizes do not allow one.
    pub(super) fn two_sided(&self, sizes: &[f64]) -> Option<JumpLaw> {
        two_sided(sizes).map(|(law, _)| law)
    }
}

fn assumed(value: f64) -> Estimate {
    Estimate { value, standard_error: None }
}

/// The double exponential law of the sizes; the given rates where there is nothing in a direction.
fn sides(sizes: &[f64], eta_up: f64, eta_down: f64) -> JumpLaw {
    let (ups, downs): (Vec<f64>, Vec<f64>) = sizes.iter().partition(|size| **size > 0.0);
    JumpLaw::DoubleExponential {
        p_up: ups.len() as f64 / sizes.len().max(1) as f64,
        eta_up: if ups.is_empty() { eta_up } else { (1.0 / mean(&ups)).max(LEAST_ETA_UP) },
        eta_down: if downs.is_empty() { eta_down } else { -1.0 / mean(&downs) },
    }
}

/// The double exponential law of the sizes, when there are enough of them in both directions, and whether it explains
/// them better than the normal.
fn two_sided(sizes: &[f64]) -> Option<(JumpLaw, bool)> {
    let (ups, downs): (Vec<f64>, Vec<f64>) = sizes.iter().partition(|size| **size > 0.0);
    let n = sizes.len() as f64;
    let (n_up, n_down) = (ups.len() as f64, downs.len() as f64);
    let (m_up, m_down) = (mean(&ups), -mean(&downs));
    if sizes.len() < FEWEST_FOR_TWO_SIDES || m_up <= 0.0 || m_down <= 0.0 || m_up * LEAST_ETA_UP >= 1.0 {
        return None;
    }
    let p_up = n_up / n;
    let centre = mean(sizes);
    let squares: Sum = sizes.iter().map(|size| (size - centre).powi(2)).collect();
    let normal = -n / 2.0 * ((std::f64::consts::TAU * squares.value() / n).ln() + 1.0);
    let two_sided = n_up * ((p_up / m_up).ln() - 1.0) + n_down * (((1.0 - p_up) / m_down).ln() - 1.0);
    let law = JumpLaw::DoubleExponential { p_up, eta_up: 1.0 / m_up, eta_down: 1.0 / m_down };
    // Akaike: twice the number of parameters less twice the log-likelihood; the lower wins.
    Some((law, 3.0 - two_sided < 2.0 - normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lopsided_sizes_get_a_law_with_two_sides() {
        let sizes = [-0.1, -0.2, -0.05, -1.2, -0.3, -0.02, 0.02, 0.05];
        let Some((JumpLaw::DoubleExponential { p_up, eta_up, eta_down }, true)) = two_sided(&sizes) else {
            panic!("not two-sided");
        };
        assert_eq!(p_up, 0.25);
        assert!((eta_up - 1.0 / 0.035).abs() < 1e-9);
        assert!((eta_down - 6.0 / 1.87).abs() < 1e-9);
    }

    #[test]
    fn sizes_of_one_direction_or_with_rises_too_large_stay_normal() {
        assert_eq!(two_sided(&[-0.1, -0.2, -0.3, -0.1, -0.2, -0.9]), None);
        assert_eq!(two_sided(&[0.9, 0.8, 0.01, -0.01, -0.2, -0.9]), None);
    }

    #[test]
    fn the_mean_is_the_same_under_both_laws() {
        let sizes = [-0.1, -0.2, -0.05, -1.2, -0.3, -0.02, 0.02, 0.05];
        let estimates = JumpEstimates::of("jumps", &sizes, 2.0, &mut Vec::new());
        assert!((estimates.law().moment(1) - mean(&sizes)).abs() < 1e-12);
    }
}
