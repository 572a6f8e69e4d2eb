//! One factor of the log price: a process that decays to zero, or stays where it is, and jumps.
//!
//! ```text
//! dX = (drift - kappa X) dt + sigma dW + J dN
//! ```
//!
//! kappa > 0 is the reverting factor and, when it is large, the spike factor (Schwartz 1997; Hambly, Howison and Kluge,
//! Quantitative Finance 9(8), 937-949, 2009); kappa = 0 is the permanent factor (Schwartz and Smith, Management Science
//! 46(7), 893-911, 2000). All are one formula, since with
//!
//! ```text
//! phi(k, tau) = (1 - e^{-k tau}) / k      (tau when k = 0)
//! X_{t+tau}   = e^{-kappa tau} X_t + eps,
//! ln E[e^{theta eps}] = theta drift phi(kappa, tau) + theta^2 sigma^2 phi(2 kappa, tau) / 2 + lambda I(theta; tau)
//! I(theta; tau) = int_0^tau (E[e^{theta e^{-kappa s} J}] - 1) ds
//! ```
//!
//! the innovation eps does not depend on where the factor stands. With clustered jumps ([`super::Clusters`]) it depends
//! on how excited they are.
//!
//! Futures are priced under a measure Q: the diffusion has the further drift `-price_of_risk sigma`, and jumps may have
//! another intensity and law ([`Factor::with_prices_of_risk`], [`Factor::priced`]). Time in years, rates per year.

use num_complex::Complex64;

use super::clusters::{Argument, Series};
use super::{JumpLaw, Jumps, ModelError};
use crate::numeric::gauss_legendre;

/// One factor. The default has no dynamics: it stays where it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Factor {
    kappa: f64,
    drift: f64,
    sigma: f64,
    jumps: Option<Jumps>,
    price_of_risk: f64,
    priced_jumps: Option<Jumps>,
}

/// `(1 - e^{-k tau}) / k`, and its limit `tau` when `k` is zero: the time that a shock decaying at rate `k` counts for.
#[must_use]
pub fn phi(k: f64, tau: f64) -> f64 {
    if k * tau == 0.0 { tau } else { -(-k * tau).exp_m1() / k }
}

impl Factor {
    /// A factor that reverts to zero at rate `kappa` a year, with volatility `sigma` per square root of a year.
    /// `name` is the table of the model it stands in, for error messages.
    ///
    /// # Errors
    /// [`ModelError::Domain`] unless `kappa` is above zero and `sigma` zero or above, both finite, and
    /// [`ModelError::Explosive`] when clustered jumps leave the price without a variance.
    pub fn reverting(name: &'static str, kappa: f64, sigma: f64, jumps: Option<Jumps>) -> Result<Self, ModelError> {
        if !(kappa.is_finite() && kappa > 0.0) {
            return Err(ModelError::Domain { name: format!("{name}.kappa"), value: kappa, rule: "above zero" });
        }
        check_sigma(name, sigma)?;
        check_variance(name, kappa, jumps)?;
        Ok(Self { kappa, sigma, jumps, ..Self::default() })
    }

    /// A factor that keeps every shock, with `drift` a year and volatility `sigma` per square root of a year.
    ///
    /// # Errors
    /// [`ModelError::Domain`] unless both are finite and `sigma` zero or above, and [`ModelError::Explosive`] when
    /// clustered jumps leave the price without a variance.
    pub fn permanent(drift: f64, sigma: f64, jumps: Option<Jumps>) -> Result<Self, ModelError> {
        if !drift.is_finite() {
            return Err(ModelError::Domain { name: "permanent.drift".into(), value: drift, rule: "a finite number" });
        }
        check_sigma("permanent", sigma)?;
        check_variance("permanent", 0.0, jumps)?;
        Ok(Self { drift, sigma, jumps, ..Self::default() })
    }

    /// The same factor with what the market pays for its risks: `price_of_risk` of the diffusion, per square root of a
    /// year, and the `jumps` that futures are priced with; those of the process itself if left out.
    ///
    /// # Errors
    /// [`ModelError`] unless the price is finite, and the priced jumps happen if and only if those of the process do
    /// and neither is clustered: otherwise no price of jumps makes one of the other.
    pub fn with_prices_of_risk(
        self,
        name: &'static str,
        price_of_risk: f64,
        jumps: Option<Jumps>,
    ) -> Result<Self, ModelError> {
        if !price_of_risk.is_finite() {
            let name = format!("{name}.price_of_risk");
            return Err(ModelError::Domain { name, value: price_of_risk, rule: "a finite number" });
        }
        if let Some(priced) = jumps {
            let happens = |jumps: Option<Jumps>| jumps.is_some_and(|jumps| jumps.intensity() > 0.0);
            let clustered = |jumps: Option<Jumps>| jumps.is_some_and(|jumps| jumps.clusters().is_some());
            if happens(self.jumps) != happens(jumps) {
                return Err(ModelError::Conflict("priced_jumps and jumps must both happen or both not"));
            }
            if clustered(self.jumps) || clustered(Some(priced)) {
                return Err(ModelError::Conflict("priced_jumps and clusters cannot go together"));
            }
        }
        Ok(Self { price_of_risk, priced_jumps: jumps, ..self })
    }

    /// The factor as futures are priced with it.
    #[must_use]
    pub fn priced(&self) -> Self {
        Self {
            drift: self.drift - self.price_of_risk * self.sigma,
            jumps: self.priced_jumps.or(self.jumps),
            price_of_risk: 0.0,
            priced_jumps: None,
            ..*self
        }
    }

    /// Rate of mean reversion, per year; zero for a permanent factor.
    #[must_use]
    pub fn kappa(&self) -> f64 {
        self.kappa
    }

    /// Drift, per year.
    #[must_use]
    pub fn drift(&self) -> f64 {
        self.drift
    }

    /// Diffusive volatility, per square root of a year.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// Jumps, if it has any.
    #[must_use]
    pub fn jumps(&self) -> Option<&Jumps> {
        self.jumps.as_ref()
    }

    /// Price of the risk of the diffusion, per square root of a year.
    #[must_use]
    pub fn price_of_risk(&self) -> f64 {
        self.price_of_risk
    }

    /// The jumps that futures are priced with, where they are not those of the process.
    #[must_use]
    pub fn priced_jumps(&self) -> Option<&Jumps> {
        self.priced_jumps.as_ref()
    }

    /// What is left after `tau` of a shock of one.
    #[must_use]
    pub fn decay(&self, tau: f64) -> f64 {
        (-self.kappa * tau).exp()
    }

    /// How far the intensity of clustered jumps stands above its base at time zero; zero for all others.
    #[must_use]
    pub fn excess(&self) -> f64 {
        self.jumps.map_or(0.0, |jumps| jumps.excess())
    }

    /// `ln E[e^{theta eps}]` of the innovation over `tau`, from time zero.
    #[must_use]
    pub fn log_mgf(&self, theta: f64, tau: f64) -> f64 {
        self.log_mgf_from(self.excess(), theta, tau)
    }

    /// [`Self::log_mgf`] from a time at which the intensity of clustered jumps stands `excess` above its base.
    #[must_use]
    pub fn log_mgf_from(&self, excess: f64, theta: f64, tau: f64) -> f64 {
        let continuous = theta * self.drift * phi(self.kappa, tau)
            + theta * theta * self.sigma * self.sigma * phi(2.0 * self.kappa, tau) / 2.0;
        continuous
            + self.jumps.map_or(0.0, |jumps| match jumps.clusters() {
                None => jumps.intensity() * jump_integral(jumps.law(), self.kappa, theta, tau),
                Some(_) => self.clustered(&jumps, excess, theta, tau),
            })
    }

    /// [`Self::log_mgf_from`] at a complex argument.
    #[must_use]
    pub fn complex_log_mgf_from(&self, excess: f64, theta: Complex64, tau: f64) -> Complex64 {
        let continuous = theta * (self.drift * phi(self.kappa, tau))
            + theta * theta * (self.sigma * self.sigma * phi(2.0 * self.kappa, tau) / 2.0);
        continuous
            + self.jumps.map_or(Complex64::ZERO, |jumps| match jumps.clusters() {
                None => complex_jump_integral(jumps.law(), self.kappa, theta, tau) * jumps.intensity(),
                Some(_) => self.clustered(&jumps, excess, theta, tau),
            })
    }

    /// [`Self::log_mgf`] at a complex argument.
    #[must_use]
    pub fn complex_log_mgf(&self, theta: Complex64, tau: f64) -> Complex64 {
        self.complex_log_mgf_from(self.excess(), theta, tau)
    }

    /// The jumps' part of the exponent when they are clustered.
    fn clustered<A: Argument>(&self, jumps: &Jumps, excess: f64, theta: A, tau: f64) -> A {
        let exponent = jumps.exponent(self.kappa, theta, theta * 0.0, tau);
        exponent.loading * (jumps.intensity() + excess) + exponent.constant
    }

    /// `ln E[e^{first eps_s + second eps_d}]` of two innovations that follow each other, over `s` and then `d`, from
    /// `excess`.
    #[must_use]
    pub fn joint_log_mgf(&self, excess: f64, (first, s): (f64, f64), (second, d): (f64, f64)) -> f64 {
        let Some(jumps) = self.jumps.filter(|jumps| jumps.clusters().is_some()) else {
            return self.log_mgf_from(excess, first, s) + self.log_mgf_from(excess, second, d);
        };
        // What the second innovation expects of the intensity in between is carried through the first.
        let bare = Self { jumps: None, ..*self };
        let later = jumps.exponent(self.kappa, second, 0.0, d);
        let earlier = jumps.exponent(self.kappa, first, later.loading, s);
        bare.log_mgf(first, s)
            + bare.log_mgf(second, d)
            + later.constant
            + earlier.constant
            + earlier.loading * (jumps.intensity() + excess)
    }

    /// The `n`-th cumulant of the innovation over `tau` from time zero, `n` from one to four.
    #[must_use]
    pub fn cumulant(&self, n: u32, tau: f64) -> f64 {
        self.cumulant_from(self.excess(), n, tau)
    }

    /// [`Self::cumulant`] from a time at which the intensity of clustered jumps stands `excess` above its base.
    #[must_use]
    pub fn cumulant_from(&self, excess: f64, n: u32, tau: f64) -> f64 {
        let decayed = phi(f64::from(n) * self.kappa, tau);
        let continuous = match n {
            1 => self.drift,
            2 => self.sigma * self.sigma,
            _ => 0.0,
        };
        let jumps = self.jumps.map_or(0.0, |jumps| match jumps.clusters() {
            None => jumps.intensity() * jumps.law().moment(n) * decayed,
            Some(_) => self.clustered(&jumps, excess, Series::THETA, tau).derivative(n),
        });
        continuous * decayed + jumps
    }
}

fn check_sigma(name: &'static str, sigma: f64) -> Result<(), ModelError> {
    if sigma.is_finite() && sigma >= 0.0 {
        Ok(())
    } else {
        Err(ModelError::Domain { name: format!("{name}.sigma"), value: sigma, rule: "zero or above" })
    }
}

fn check_variance(factor: &'static str, kappa: f64, jumps: Option<Jumps>) -> Result<(), ModelError> {
    if jumps.is_none_or(|jumps| jumps.has_variance(kappa)) { Ok(()) } else { Err(ModelError::Explosive { factor }) }
}

/// `I(theta; tau)`. With `v = e^{-kappa s}` and `a = e^{-kappa tau}` it is
/// `(1/kappa) int_a^1 (M(theta v) - 1)/v dv = phi(kappa, tau) int_0^1 (M(theta v) - 1)/v dy`, `v = 1 - (1 - a)(1 - y)`,
/// which has no cancellation for any kappa, zero included. For double-exponential jumps it is elementary.
fn jump_integral(law: JumpLaw, kappa: f64, theta: f64, tau: f64) -> f64 {
    let lost = -(-kappa * tau).exp_m1();
    match law {
        _ if lost == 0.0 => tau * law.mgf_minus_one(theta),
        JumpLaw::DoubleExponential { p_up, eta_up, eta_down } => {
            let up = (theta * lost / (eta_up - theta)).ln_1p();
            let down = (-theta * lost / (eta_down + theta)).ln_1p();
            (p_up * up + (1.0 - p_up) * down) / kappa
        }
        JumpLaw::Gaussian { .. } => {
            let integral: f64 = gauss_legendre()
                .iter()
                .map(|(y, weight)| {
                    let v = 1.0 - lost * (1.0 - y);
                    weight * law.mgf_minus_one(theta * v) / v
                })
                .sum();
            phi(kappa, tau) * integral
        }
    }
}

/// A jump that has decayed by this exponent moves the price by less than a double can show.
const NEGLIGIBLE_DECAY: f64 = 40.0;

/// Largest turn of the phase, in radians, that one panel of the quadrature is asked to resolve.
const PHASE_PER_PANEL: f64 = 8.0;

/// `ln(1 + z)` without cancellation when z is small, as it is when kappa is: `|1 + z|^2 = 1 + 2 Re z + |z|^2`.
fn complex_ln_1p(z: Complex64) -> Complex64 {
    Complex64::new((2.0 * z.re + z.norm_sqr()).ln_1p() / 2.0, z.im.atan2(1.0 + z.re))
}

/// [`jump_integral`] at a complex argument: in time, by panels short enough for the decay and for the oscillation of
/// the integrand.
fn complex_jump_integral(law: JumpLaw, kappa: f64, theta: Complex64, tau: f64) -> Complex64 {
    let lost = -(-kappa * tau).exp_m1();
    match law {
        _ if lost == 0.0 => law.complex_mgf_minus_one(theta) * tau,
        JumpLaw::DoubleExponential { p_up, eta_up, eta_down } => {
            let up = complex_ln_1p(theta * lost / (eta_up - theta));
            let down = complex_ln_1p(-theta * lost / (eta_down + theta));
            (up * p_up + down * (1.0 - p_up)) / kappa
        }
        JumpLaw::Gaussian { mean, sd } => {
            let end = tau.min(NEGLIGIBLE_DECAY / kappa);
            let reach = theta.norm() * (mean.abs() + sd) * -(-kappa * end).exp_m1();
            let panels = (kappa * end + reach / PHASE_PER_PANEL).ceil().max(1.0);
            let width = end / panels;
            let mut integral = Complex64::ZERO;
            let mut start = 0.0;
            for _ in 0..panels as u64 {
                for (y, weight) in gauss_legendre() {
                    let v = (-kappa * (start + y * width)).exp();
                    integral += law.complex_mgf_minus_one(theta * v) * (weight * width);
                }
                start += width;
            }
            // Beyond the end only the first order is left: theta E[J] e^{-kappa s}.
            integral + theta * (mean * ((-kappa * end).exp() - (-kappa * tau).exp()) / kappa)
        }
    }
}
