//! Jumps of the log price: how often, and how large.
//!
//! ```text
//! Gaussian             J ~ N(mean, sd^2)                          E[e^{theta J}] = e^{theta mean + theta^2 sd^2 / 2}
//! double exponential   J = +Exp(eta_up) with p_up, else -Exp(eta_down)
//!                      E[e^{theta J}] = p_up eta_up/(eta_up - theta) + (1 - p_up) eta_down/(eta_down + theta)
//! ```
//!
//! Sizes are natural logarithms, intensities are per year. The double exponential is Kou's law (Management Science
//! 48(8), 1086-1101, 2002). It has a mean price only for eta_up > 1 and a variance only for eta_up > 2; without a
//! variance every standard error and every expected-shortfall backtest is meaningless, so the constructor refuses it.

use num_complex::Complex64;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, StandardNormal};

use super::{Clusters, ModelError};

/// The law of one jump of the log price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JumpLaw {
    /// Normal.
    Gaussian {
        /// Mean, natural logarithm.
        mean: f64,
        /// Standard deviation, natural logarithm.
        sd: f64,
    },
    /// Exponential up with probability `p_up`, else exponential down.
    DoubleExponential {
        /// Probability that a jump goes up.
        p_up: f64,
        /// Rate of the upward size; its mean is `1 / eta_up`. Above 2.
        eta_up: f64,
        /// Rate of the downward size; its mean is `1 / eta_down`. Above 0.
        eta_down: f64,
    },
}

/// Jumps that arrive as a Poisson process, or in clusters around one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jumps {
    intensity: f64,
    law: JumpLaw,
    clusters: Option<Clusters>,
}

impl Jumps {
    /// Jumps with `intensity` arrivals a year. `factor` names the factor in error messages.
    ///
    /// # Errors
    /// [`ModelError`] when a parameter is outside its domain or leaves the price without a mean or a variance.
    pub fn new(factor: &'static str, intensity: f64, law: JumpLaw) -> Result<Self, ModelError> {
        let domain = |name, value: f64, holds: bool, rule| {
            if value.is_finite() && holds {
                Ok(())
            } else {
                Err(ModelError::Domain { name: format!("{factor}.jumps.{name}"), value, rule })
            }
        };
        domain("intensity", intensity, intensity >= 0.0, "zero or above")?;
        match law {
            JumpLaw::Gaussian { mean, sd } => {
                domain("mean", mean, true, "a finite number")?;
                domain("sd", sd, sd >= 0.0, "zero or above")?;
            }
            JumpLaw::DoubleExponential { p_up, eta_up, eta_down } => {
                domain("p_up", p_up, (0.0..=1.0).contains(&p_up), "between 0 and 1")?;
                domain("eta_down", eta_down, eta_down > 0.0, "above zero")?;
                domain("eta_up", eta_up, eta_up > 0.0, "above zero")?;
                if p_up > 0.0 && intensity > 0.0 {
                    if eta_up <= 1.0 {
                        return Err(ModelError::InfiniteMean { factor, eta_up });
                    }
                    if eta_up <= 2.0 {
                        return Err(ModelError::InfiniteVariance { factor, eta_up });
                    }
                }
            }
        }
        Ok(Self { intensity, law, clusters: None })
    }

    /// The same arrivals as the roots of clusters: each jump brings further ones ([`Clusters`]).
    ///
    /// # Errors
    /// [`ModelError`] for parameters that [`Clusters::new`] refuses.
    pub fn with_clusters(
        self,
        factor: &'static str,
        excitation: f64,
        decay: f64,
        start: Option<f64>,
    ) -> Result<Self, ModelError> {
        let clusters = Clusters::new(factor, self.intensity, excitation, decay, start)?;
        Ok(Self { clusters: Some(clusters), ..self })
    }

    /// Arrivals a year; with clusters, of their roots.
    #[must_use]
    pub fn intensity(&self) -> f64 {
        self.intensity
    }

    /// How jumps excite further ones, if they do.
    #[must_use]
    pub fn clusters(&self) -> Option<&Clusters> {
        self.clusters.as_ref()
    }

    /// How far the intensity stands above its base at time zero.
    #[must_use]
    pub fn excess(&self) -> f64 {
        self.clusters.map_or(0.0, |clusters| clusters.start() - self.intensity)
    }

    /// Law of the size.
    #[must_use]
    pub fn law(&self) -> JumpLaw {
        self.law
    }
}

impl JumpLaw {
    /// `E[e^{theta J}] - 1`, without the cancellation that computing it literally would suffer for small `theta`.
    /// For the double exponential `theta` must lie in `(-eta_down, eta_up)`.
    #[must_use]
    pub fn mgf_minus_one(&self, theta: f64) -> f64 {
        match *self {
            Self::Gaussian { mean, sd } => (theta * mean + theta * theta * sd * sd / 2.0).exp_m1(),
            Self::DoubleExponential { p_up, eta_up, eta_down } => {
                p_up * theta / (eta_up - theta) - (1.0 - p_up) * theta / (eta_down + theta)
            }
        }
    }

    /// [`Self::mgf_minus_one`] at a complex argument whose real part obeys the same bounds.
    #[must_use]
    pub fn complex_mgf_minus_one(&self, theta: Complex64) -> Complex64 {
        match *self {
            Self::Gaussian { mean, sd } => (theta * mean + theta * theta * (sd * sd / 2.0)).exp() - 1.0,
            Self::DoubleExponential { p_up, eta_up, eta_down } => {
                theta * p_up / (eta_up - theta) - theta * (1.0 - p_up) / (eta_down + theta)
            }
        }
    }

    /// The raw moment `E[J^n]`.
    #[must_use]
    pub fn moment(&self, n: u32) -> f64 {
        match *self {
            Self::Gaussian { mean, sd } => {
                // m_n = mean m_{n-1} + (n-1) sd^2 m_{n-2}
                let (mut before, mut current) = (0.0, 1.0);
                for k in 1..=n {
                    (before, current) = (current, mean * current + f64::from(k - 1) * sd * sd * before);
                }
                current
            }
            Self::DoubleExponential { p_up, eta_up, eta_down } => {
                let factorial: f64 = (1..=n).map(f64::from).product();
                let sign = if n.is_multiple_of(2) { 1.0 } else { -1.0 };
                let order = f64::from(n);
                factorial * (p_up / eta_up.powf(order) + sign * (1.0 - p_up) / eta_down.powf(order))
            }
        }
    }

    /// Draws one jump.
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        match *self {
            Self::Gaussian { mean, sd } => {
                let z: f64 = StandardNormal.sample(rng);
                mean + sd * z
            }
            Self::DoubleExponential { p_up, eta_up, eta_down } => {
                let up = rng.random::<f64>() < p_up;
                let size: f64 = Exp1.sample(rng);
                if up { size / eta_up } else { -size / eta_down }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KOU: JumpLaw = JumpLaw::DoubleExponential { p_up: 0.7, eta_up: 6.0, eta_down: 10.0 };

    #[test]
    fn moments_of_the_normal_law() {
        let law = JumpLaw::Gaussian { mean: 0.5, sd: 2.0 };
        assert_eq!(law.moment(0), 1.0);
        assert_eq!(law.moment(1), 0.5);
        assert_eq!(law.moment(2), 4.25);
        assert_eq!(law.moment(3), 0.125 + 3.0 * 0.5 * 4.0);
    }

    #[test]
    fn the_moments_are_the_derivatives_of_the_transform() {
        let h = 1e-4;
        let slope = (KOU.mgf_minus_one(h) - KOU.mgf_minus_one(-h)) / (2.0 * h);
        assert!((slope - KOU.moment(1)).abs() < 1e-7);
        let curvature = (KOU.mgf_minus_one(h) + KOU.mgf_minus_one(-h)) / (h * h);
        assert!((curvature - KOU.moment(2)).abs() < 1e-6);
    }

    #[test]
    fn a_law_without_a_variance_is_refused_and_says_which_parameter_to_raise() {
        let law = |eta_up| JumpLaw::DoubleExponential { p_up: 0.5, eta_up, eta_down: 3.0 };
        let no_mean = Jumps::new("spike", 1.0, law(1.0)).unwrap_err();
        assert!(matches!(no_mean, ModelError::InfiniteMean { .. }));
        let no_variance = Jumps::new("spike", 1.0, law(2.0)).unwrap_err();
        assert!(no_variance.to_string().contains("spike.jumps.eta_up"), "{no_variance}");
        assert!(Jumps::new("spike", 1.0, law(2.1)).is_ok());
        assert!(Jumps::new("spike", -1.0, law(3.0)).is_err());
        assert!(Jumps::new("spike", f64::NAN, law(3.0)).is_err());
    }
}
