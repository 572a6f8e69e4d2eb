//! Gauss-Legendre quadrature.
//!
//! ```text
//! int_0^1 f(y) dy = sum_i w_i f(y_i),   y_i = (1 + x_i)/2,   P_n(x_i) = 0,   w_i = 1 / ((1 - x_i^2) P_n'(x_i)^2)
//! ```
//!
//! Exact for polynomials up to degree 2n - 1. The roots come from Newton's method on the three-term recurrence
//! (Abramowitz and Stegun 22.16.6 for the starting points, 25.4.29 for the weights).

use std::sync::OnceLock;

/// Nodes of the rule. 32 reach machine precision for the entire integrands of this crate.
const NODES: usize = 32;

/// Newton's method converges quadratically from its starting points; eight steps are twice what is ever needed.
const NEWTON_STEPS: usize = 8;

/// The nodes on (0, 1) and their weights, as pairs.
pub fn gauss_legendre() -> &'static [(f64, f64); NODES] {
    static RULE: OnceLock<[(f64, f64); NODES]> = OnceLock::new();
    RULE.get_or_init(|| std::array::from_fn(node))
}

/// The `index`-th node and its weight, mapped from (-1, 1) to (0, 1).
fn node(index: usize) -> (f64, f64) {
    let n = NODES as f64;
    let mut x = (std::f64::consts::PI * (index as f64 + 0.75) / (n + 0.5)).cos();
    let mut slope = 1.0;
    for _ in 0..NEWTON_STEPS {
        let (value, derivative) = legendre(x);
        slope = derivative;
        x -= value / derivative;
    }
    ((1.0 - x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
}

/// The Legendre polynomial of degree [`NODES`] and its derivative.
fn legendre(x: f64) -> (f64, f64) {
    let (mut before, mut current) = (1.0, x);
    for degree in 2..=NODES {
        let k = degree as f64;
        (before, current) = (current, ((2.0 * k - 1.0) * x * current - (k - 1.0) * before) / k);
    }
    (current, NODES as f64 * (x * current - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_sum_to_one_and_the_exponential_is_integrated_to_the_last_digit() {
        let total: f64 = gauss_legendre().iter().map(|(_, w)| w).sum();
        assert!((total - 1.0).abs() < 1e-14);
        let integral: f64 = gauss_legendre().iter().map(|(y, w)| w * y.exp()).sum();
        assert!((integral - (std::f64::consts::E - 1.0)).abs() < 1e-14);
    }

    #[test]
    fn a_polynomial_of_degree_63_is_integrated_exactly() {
        let integral: f64 = gauss_legendre().iter().map(|(y, w)| w * y.powi(63)).sum();
        assert!((integral - 1.0 / 64.0).abs() < 1e-15);
    }
}
