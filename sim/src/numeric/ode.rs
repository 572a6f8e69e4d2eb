//! Ordinary differential equations.

use std::ops::{Add, Mul, Sub};

use num_complex::Complex64;

/// What a smooth equation can be solved in: sums, products and multiples by a number.
pub trait Value: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<f64, Output = Self> {}

impl Value for f64 {}
impl Value for Complex64 {}

/// Substeps of the midpoint rule that are extrapolated. Seven levels have order fourteen.
const SUBSTEPS: [usize; 7] = [2, 4, 6, 8, 10, 12, 14];

/// Solves `y' = f(t, y)` from `y(0) = start` to `end` in equal steps, each the Gragg-Bulirsch-Stoer extrapolation of
/// the modified midpoint rule in even powers of the substep (Hairer, Norsett and Wanner, Solving Ordinary Differential
/// Equations I, section II.9). Steps of half the shortest time scale of the equation give some fourteen digits.
pub fn solve<V: Value>(start: V, end: f64, steps: u32, f: impl Fn(f64, V) -> V) -> V {
    let width = end / f64::from(steps);
    (0..steps).fold(start, |y, step| extrapolated(y, f64::from(step) * width, width, &f))
}

/// One step.
fn extrapolated<V: Value>(y: V, t: f64, width: f64, f: &impl Fn(f64, V) -> V) -> V {
    let mut row = [y; SUBSTEPS.len()];
    for (level, substeps) in SUBSTEPS.into_iter().enumerate() {
        let mut entry = midpoint(y, t, width, substeps, f);
        // Aitken and Neville: each column removes one more power of the squared substep.
        for column in 0..level {
            let ratio = substeps as f64 / SUBSTEPS[level - 1 - column] as f64;
            let better = entry + (entry - row[column]) * (1.0 / (ratio * ratio - 1.0));
            row[column] = entry;
            entry = better;
        }
        row[level] = entry;
    }
    row[SUBSTEPS.len() - 1]
}

/// The modified midpoint rule with smoothing.
fn midpoint<V: Value>(y: V, t: f64, width: f64, substeps: usize, f: &impl Fn(f64, V) -> V) -> V {
    let h = width / substeps as f64;
    let (mut before, mut current) = (y, y + f(t, y) * h);
    for k in 1..substeps {
        let next = before + f(t + k as f64 * h, current) * (2.0 * h);
        (before, current) = (current, next);
    }
    (before + current + f(t + width, current) * h) * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equation_with_a_known_solution_is_solved_to_the_last_digits() {
        // y' = y cos t has e^(sin t).
        let found = solve(1.0, 3.0, 8, |t: f64, y: f64| y * t.cos());
        assert!((found - 3.0_f64.sin().exp()).abs() < 1e-13, "{found}");
        // y' = i y turns the unit circle.
        let turned = solve(Complex64::ONE, 2.0, 4, |_, y| y * Complex64::I);
        assert!((turned - Complex64::new(0.0, 2.0).exp()).norm() < 1e-13);
    }
}
