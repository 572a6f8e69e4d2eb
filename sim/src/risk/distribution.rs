//! A distribution function by Fourier inversion.
//!
//! ```text
//! P(R <= q) = 1/2 - (1/pi) int_0^U Im( e^{-iuq} phi(u) ) / u du
//! ```
//!
//! Gil-Pelaez, Biometrika 38, 481-482, 1951. The integral is cut where the diffusion alone has brought phi below 1e-17,
//! and done by Gauss-Legendre panels narrow enough for the fastest oscillation that a quantile within reach can cause.
//! The characteristic function of the log return of a futures contract is
//!
//! ```text
//! phi(u) = exp( ln E[e^{(theta + iu) sum_i w_i eps_i}] - (theta + iu) K ),   K = ln E^Q[e^{sum_i w_i eps_i}],   w_i = e^{-kappa_i (tau - h)}
//! ```
//!
//! with theta = 0 under the process itself and theta = 1 for the measure whose density is e^R, up to its mean
//! `E[e^R] = exp(ln E[e^{sum_i w_i eps_i}] - K)`, which is one when there are no prices of risk.

use num_complex::Complex64;
use rayon::prelude::*;

use super::RiskError;
use crate::model::{Factor, Model, phi};
use crate::numeric::{Sum, find_root, gauss_legendre};

/// Standard deviations of the diffusion at which phi has fallen to e^{-40}.
const CUT: f64 = 9.0;

/// Standard deviations of the whole return within which quantiles are sought.
const REACH: f64 = 60.0;

/// Largest turn of the integrand, in radians, that one panel of 32 nodes resolves to machine precision.
const TURN_PER_PANEL: f64 = 20.0;

/// Most panels: a diffusion a thousandth of the jumps. Beyond it the law is all but discrete.
const MOST_PANELS: f64 = 30_000.0;

/// Absolute accuracy of a quantile of the log return.
const QUANTILE_TOLERANCE: f64 = 1e-13;

/// A distribution, as its characteristic function on a grid.
#[derive(Debug)]
pub struct Distribution {
    /// Frequency, and phi(u)/u times the weight of the node over pi.
    nodes: Vec<(f64, Complex64)>,
    reach: f64,
    /// `E[e^R]` when theta is one, else one.
    mean: f64,
}

impl Distribution {
    /// The law of the log return of a futures contract over `horizon`, under the measure `theta`.
    pub(super) fn of_return(model: &Model, tenor: f64, horizon: f64, theta: f64) -> Result<Self, RiskError> {
        let start = model.start();
        let weights = model.factors().map(|factor| factor.decay(tenor - horizon));
        let own = |(factor, weight): (&Factor, f64)| {
            let sd = weight * factor.sigma();
            sd * sd * phi(2.0 * factor.kappa(), horizon)
        };
        let diffusion = model.factors().into_iter().zip(weights).map(own).sum::<f64>().sqrt();
        let whole = model.innovations_cumulant(&start, 0.0, horizon, weights, 2).sqrt();
        let expected = model.priced().innovations_log_mgf(&start, 0.0, horizon, weights);
        // The logarithm of the mean of e^R; nothing to divide by under the process itself.
        let normal = theta * (model.innovations_log_mgf(&start, 0.0, horizon, weights) - expected);
        let reach = REACH * whole;
        let panels = (CUT / diffusion * reach / TURN_PER_PANEL).ceil();
        if panels.is_nan() || panels > MOST_PANELS {
            return Err(RiskError::NoDiffusion);
        }
        let width = CUT / diffusion / panels;
        let transform = |u: f64| {
            let argument = Complex64::new(theta, u);
            let arguments = weights.map(|weight| argument * weight);
            let exponent = model.complex_innovations_log_mgf(&start, 0.0, horizon, arguments);
            (exponent - argument * expected - normal).exp()
        };
        let nodes = (0..panels as u64)
            .into_par_iter()
            .flat_map_iter(|panel| {
                gauss_legendre().iter().map(move |(y, weight)| {
                    let u = (panel as f64 + y) * width;
                    let scale = weight * width / (std::f64::consts::PI * u);
                    (u, transform(u) * scale)
                })
            })
            .collect();
        Ok(Self { nodes, reach, mean: normal.exp() })
    }

    /// What the measure was divided by: the mean of e^R for theta = 1, one for theta = 0.
    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// `P(R <= q)`.
    #[must_use]
    pub fn cdf(&self, q: f64) -> f64 {
        let sum: Sum = self
            .nodes
            .iter()
            .map(|(u, value)| {
                let (sin, cos) = (u * q).sin_cos();
                value.im * cos - value.re * sin
            })
            .collect();
        0.5 - sum.value()
    }

    /// The value that R stays below with the given probability.
    ///
    /// # Errors
    /// [`RiskError::OutOfReach`] when it lies beyond sixty standard deviations.
    pub fn quantile(&self, probability: f64) -> Result<f64, RiskError> {
        let excess = |q: f64| self.cdf(q) - probability;
        find_root(excess, -self.reach, self.reach, QUANTILE_TOLERANCE).ok_or(RiskError::OutOfReach(probability))
    }
}
