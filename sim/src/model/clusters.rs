//! Jumps that bring further jumps: Hawkes arrivals.
//!
//! ```text
//! d lambda = decay (base - lambda) dt + excitation dN
//! ```
//!
//! Hawkes, Biometrika 58(1), 83-90, 1971. Each jump raises the intensity by `excitation`, which fades at rate `decay`;
//! it so brings `excitation / decay` further jumps of its own in the mean, less than one if the intensity has a steady
//! state. The transform of the factor's innovation is exponential in the intensity at the start,
//!
//! ```text
//! ln E[e^{theta eps + c lambda_tau}] = C(tau) lambda_0 + decay base int_0^tau C ds
//! C' = -decay C + E[e^{theta e^{-kappa s} J}] e^{excitation C} - 1,   C(0) = c
//! ```
//!
//! solved numerically to machine precision ([`ode`](crate::numeric::ode)); in powers of theta the same equation gives
//! the cumulants.

use std::ops::{Add, Mul, Sub};

use num_complex::Complex64;

use super::{JumpLaw, Jumps, ModelError};
use crate::numeric::ode::{Value, solve};

/// How jumps excite further ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clusters {
    excitation: f64,
    decay: f64,
    start: f64,
}

impl Clusters {
    /// Clusters of jumps of the given law around arrivals of intensity `base`. Without a `start` the intensity begins
    /// at its mean in the steady state. `factor` names the factor in error messages.
    ///
    /// # Errors
    /// [`ModelError`] when a parameter is outside its domain or the intensity has no steady state.
    pub fn new(
        factor: &'static str,
        base: f64,
        excitation: f64,
        decay: f64,
        start: Option<f64>,
    ) -> Result<Self, ModelError> {
        let domain = |name, value: f64, holds: bool, rule| {
            if value.is_finite() && holds {
                Ok(())
            } else {
                Err(ModelError::Domain { name: format!("{factor}.clusters.{name}"), value, rule })
            }
        };
        domain("excitation", excitation, excitation > 0.0, "above zero")?;
        domain("decay", decay, decay > 0.0, "above zero")?;
        domain(
            "excitation",
            excitation,
            excitation < decay,
            "below the decay, or jumps never stop bringing further ones",
        )?;
        let start = start.unwrap_or(base / (1.0 - excitation / decay));
        domain("start", start, start >= base, "at least the intensity of the jumps")?;
        Ok(Self { excitation, decay, start })
    }

    /// What a jump adds to the intensity, per year.
    #[must_use]
    pub fn excitation(&self) -> f64 {
        self.excitation
    }

    /// Rate at which that fades, per year.
    #[must_use]
    pub fn decay(&self) -> f64 {
        self.decay
    }

    /// Intensity at time zero, per year.
    #[must_use]
    pub fn start(&self) -> f64 {
        self.start
    }

    /// Further jumps that one brings by itself, in the mean.
    #[must_use]
    pub fn branching(&self) -> f64 {
        self.excitation / self.decay
    }

    /// Mean of the intensity after `tau` years.
    #[must_use]
    pub fn mean_intensity(&self, base: f64, tau: f64) -> f64 {
        let steady = base / (1.0 - self.branching());
        steady + (self.start - steady) * (-(self.decay - self.excitation) * tau).exp()
    }
}

/// Steps of the search for an explosion; a factor that reverts so slowly that they do not suffice is taken for a
/// permanent one.
const MOST_STEPS: u32 = 1_000_000;

impl Jumps {
    /// Whether the price has a finite variance for every tenor, the factor reverting at `kappa`: whether C stays finite
    /// from zero on at the argument two. It does if `M e^{excitation C} - 1 = decay C` has a root for the M of a fresh
    /// jump, for C stays below it; else it is followed, until it falls or exceeds the root for M = 1, beyond which
    /// nothing holds it.
    pub(super) fn has_variance(&self, kappa: f64) -> bool {
        let law = self.law();
        let Some(Clusters { excitation, decay, .. }) = self.clusters().copied() else { return true };
        let ratio = decay / excitation;
        let most = 1.0 + law.mgf_minus_one(2.0).max(0.0);
        if ratio - 1.0 <= ratio * (ratio / most).ln() {
            return true;
        }
        // e^y = 1 + ratio y, from above.
        let root = (0..200).fold(10.0 * ratio, |y: f64, _| (ratio * y).ln_1p()) / excitation;
        let slope = |s: f64, c: f64| {
            let jump = law.mgf_minus_one(2.0 * (-kappa * s).exp());
            (1.0 + jump) * (excitation * c).exp() - 1.0 - decay * c
        };
        let width = 0.02 / (decay + excitation + kappa);
        let mut c = 0.0;
        for step in 0..MOST_STEPS {
            let s = f64::from(step) * width;
            let now = slope(s, c);
            if now <= 0.0 {
                return true;
            }
            let half = c + now * width / 2.0;
            c += slope(s + width / 2.0, half) * width;
            if c.is_nan() || c >= root {
                return false;
            }
        }
        false
    }

    /// The exponent over `tau` years of a factor that reverts at `kappa`, with `carried` of the intensity at the end.
    pub(super) fn exponent<A: Argument>(&self, kappa: f64, theta: A, carried: A, tau: f64) -> Exponent<A> {
        let (law, base) = (self.law(), self.intensity());
        let Some(Clusters { excitation, decay, .. }) = self.clusters().copied() else {
            return Exponent { loading: carried * 0.0, constant: carried * 0.0 };
        };
        let rate = 2.0 * (decay + excitation + kappa * (1.0 + theta.size() * law.moment(2).sqrt()));
        // No more steps than take a second: a tenor of centuries is solved less exactly.
        let steps = (tau * rate).ceil().clamp(1.0, 1e5) as u32;
        let start = Pair { loading: carried, integral: carried * 0.0 };
        let end = solve(start, tau, steps, |s, pair: Pair<A>| {
            let jump = (theta * (-kappa * s).exp()).jump(law);
            let excited = (pair.loading * excitation).exp_minus_one();
            Pair { loading: excited + jump + jump * excited - pair.loading * decay, integral: pair.loading }
        });
        Exponent { loading: end.loading, constant: end.integral * (decay * base) }
    }
}

/// `loading * lambda_0 + constant`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exponent<A> {
    pub loading: A,
    pub constant: A,
}

/// C and its integral.
#[derive(Clone, Copy)]
struct Pair<A> {
    loading: A,
    integral: A,
}

impl<A: Argument> Add for Pair<A> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { loading: self.loading + other.loading, integral: self.integral + other.integral }
    }
}

impl<A: Argument> Sub for Pair<A> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { loading: self.loading - other.loading, integral: self.integral - other.integral }
    }
}

impl<A: Argument> Mul<f64> for Pair<A> {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self { loading: self.loading * factor, integral: self.integral * factor }
    }
}

impl<A: Argument> Value for Pair<A> {}

/// What a transform can be taken at: a real or complex number, or a power series without a constant term.
pub(super) trait Argument: Value + Mul<Output = Self> {
    /// Its absolute value.
    fn size(self) -> f64;
    /// `e^x - 1`.
    fn exp_minus_one(self) -> Self;
    /// `E[e^{x J}] - 1`.
    fn jump(self, law: JumpLaw) -> Self;
}

impl Argument for f64 {
    fn size(self) -> f64 {
        self.abs()
    }
    fn exp_minus_one(self) -> Self {
        self.exp_m1()
    }
    fn jump(self, law: JumpLaw) -> Self {
        law.mgf_minus_one(self)
    }
}

impl Argument for Complex64 {
    fn size(self) -> f64 {
        self.norm()
    }
    fn exp_minus_one(self) -> Self {
        self.exp() - 1.0
    }
    fn jump(self, law: JumpLaw) -> Self {
        law.complex_mgf_minus_one(self)
    }
}

/// Highest power of a [`Series`].
const ORDER: usize = 4;

/// Coefficients of theta, theta^2, ... of a power series without a constant term.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Series([f64; ORDER]);

impl Series {
    /// theta itself.
    pub const THETA: Self = Self([1.0, 0.0, 0.0, 0.0]);
    /// Zero.
    pub const ZERO: Self = Self([0.0; ORDER]);

    /// The `n`-th derivative at zero; none is known beyond the fourth.
    pub fn derivative(self, n: u32) -> f64 {
        let factorial: f64 = (1..=n).map(f64::from).product();
        (n as usize).checked_sub(1).and_then(|place| self.0.get(place)).map_or(f64::NAN, |value| value * factorial)
    }
}

impl Add for Series {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl Sub for Series {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }
}

impl Mul<f64> for Series {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self(self.0.map(|coefficient| coefficient * factor))
    }
}

impl Mul for Series {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        // Index i stands for the power i + 1.
        Self(std::array::from_fn(|i| (0..i).map(|j| self.0[j] * other.0[i - 1 - j]).sum()))
    }
}

impl Value for Series {}

impl Argument for Series {
    fn size(self) -> f64 {
        0.0
    }
    fn exp_minus_one(self) -> Self {
        let square = self * self;
        self + square * 0.5 + square * self * (1.0 / 6.0) + square * square * (1.0 / 24.0)
    }
    fn jump(self, law: JumpLaw) -> Self {
        let mut power = self;
        let mut factorial = 1.0;
        let mut sum = Self::ZERO;
        for n in 1..=ORDER as u32 {
            factorial *= f64::from(n);
            sum = sum + power * (law.moment(n) / factorial);
            power = power * self;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Factor, Model, State};

    const LAW: JumpLaw = JumpLaw::Gaussian { mean: 0.1, sd: 0.2 };

    fn jumps(excitation: f64, start: Option<f64>) -> Jumps {
        Jumps::new("spike", 3.0, LAW).unwrap().with_clusters("spike", excitation, 20.0, start).unwrap()
    }

    fn factor(kappa: f64, excitation: f64, start: Option<f64>) -> Factor {
        Factor::reverting("spike", kappa, 0.4, Some(jumps(excitation, start))).unwrap()
    }

    #[test]
    fn jumps_that_hardly_excite_are_a_poisson_process() {
        let poisson = Factor::reverting("spike", 5.0, 0.4, Some(Jumps::new("spike", 3.0, LAW).unwrap())).unwrap();
        let hardly = factor(5.0, 1e-12, None);
        for theta in [-1.0, 0.5, 2.0] {
            assert!((hardly.log_mgf(theta, 0.7) - poisson.log_mgf(theta, 0.7)).abs() < 1e-11);
        }
        for n in 1..=4 {
            assert!((hardly.cumulant(n, 0.7) / poisson.cumulant(n, 0.7) - 1.0).abs() < 1e-11);
        }
    }

    #[test]
    fn the_mean_is_the_integral_of_the_mean_intensity() {
        // int_0^tau E[lambda_s] e^{-kappa (tau - s)} ds E[J], with E[lambda_s] = m + (lambda_0 - m) e^{-r s}, r = decay
        // - excitation.
        let (kappa, tau, excitation) = (5.0, 0.7, 12.0);
        let factor = factor(kappa, excitation, Some(9.0));
        let (steady, r) = (3.0 / (1.0 - excitation / 20.0), 20.0 - excitation);
        let settled = steady * (1.0 - (-kappa * tau).exp()) / kappa;
        let excess = (9.0 - steady) * ((-kappa * tau).exp() - (-r * tau).exp()) / (r - kappa);
        assert!((factor.cumulant(1, tau) - 0.1 * (settled + excess)).abs() < 1e-14);
        assert!((jumps(excitation, Some(9.0)).clusters().unwrap().mean_intensity(3.0, 0.0) - 9.0).abs() < 1e-14);
    }

    #[test]
    fn the_cumulants_are_the_derivatives_of_the_exponent() {
        let factor = factor(5.0, 12.0, Some(9.0));
        let at = |theta: f64| factor.log_mgf(theta, 0.7);
        let h = 1e-3;
        assert!(((at(h) - at(-h)) / (2.0 * h) / factor.cumulant(1, 0.7) - 1.0).abs() < 1e-5);
        assert!(((at(h) + at(-h)) / (h * h) / factor.cumulant(2, 0.7) - 1.0).abs() < 1e-5);
        let complex = factor.complex_log_mgf(Complex64::new(1.3, 0.0), 0.7);
        assert!((complex.re - at(1.3)).abs() < 1e-13 && complex.im == 0.0);
    }

    #[test]
    fn two_innovations_in_a_row_are_one() {
        let factor = factor(5.0, 12.0, Some(9.0));
        let whole = factor.log_mgf(1.5, 0.7);
        let split = factor.joint_log_mgf(factor.excess(), (1.5 * factor.decay(0.3), 0.4), (1.5, 0.3));
        assert!((whole - split).abs() < 1e-13, "{whole} {split}");
    }

    #[test]
    fn jumps_that_never_die_out_or_have_no_variance_are_refused() {
        let refused = |excitation, start| {
            let jumps = Jumps::new("spike", 3.0, LAW).unwrap();
            jumps.with_clusters("spike", excitation, 20.0, start).unwrap_err().to_string()
        };
        assert!(refused(20.0, None).contains("never stop"));
        assert!(refused(0.0, None).contains("above zero"));
        assert!(refused(5.0, Some(2.0)).starts_with("spike.clusters.start is 2"));
        // The same clusters explode where their jumps stay and not where they fade.
        let clustered = jumps(12.0, None);
        assert!(Factor::permanent(0.0, 0.1, Some(clustered)).unwrap_err().to_string().contains("no finite variance"));
        assert!(Factor::reverting("spike", 0.1, 0.1, Some(clustered)).is_err());
        assert!(Factor::reverting("spike", 5.0, 0.1, Some(clustered)).is_ok());
        assert!(Factor::permanent(0.0, 0.1, Some(jumps(2.0, None))).is_ok());
    }

    #[test]
    fn the_price_depends_on_how_excited_the_jumps_are() {
        let model = Model::new(
            Default::default(),
            Factor::default(),
            Factor::default(),
            factor(5.0, 12.0, Some(9.0)),
            State::default(),
        );
        assert_eq!(model.start().excess, [0.0, 0.0, 6.0]);
        let calm = State::default();
        assert!(model.futures_price(&model.start(), 0.0, 0.1) > model.futures_price(&calm, 0.0, 0.1));
    }
}
