//! The minimum of a smooth function of a few variables: BFGS (Nocedal and Wright, Numerical Optimization, 2006,
//! algorithm 6.1) on forward differences, with a backtracking line search that also steps back from where the function
//! is infinite.
//!
//! The caller gives each variable a scale, about its standard error; the search works in those units, in which the
//! function curves by about one in every direction. Differences, tolerances and steps are then the same for every
//! problem.

/// Step of the differences, in scales: the error of the gradient is half of it, far below any standard error.
const DIFFERENCE: f64 = 1e-4;

/// Most iterations; a likelihood of seven parameters takes about twenty.
const MOST_ITERATIONS: usize = 80;

/// Longest step of one iteration, in scales.
const LONGEST_STEP: f64 = 3.0;

/// The search ends when the next step promises less than this; half a unit is one standard error.
const PROMISE: f64 = 1e-7;

/// Halvings of a step before the search gives up on its direction.
const MOST_HALVINGS: usize = 24;

/// Share of the promised decrease that a step has to bring (Armijo).
const SUFFICIENT: f64 = 1e-4;

/// Step of the second differences, in scales.
const CURVATURE: f64 = 0.05;

/// Where the function is least.
#[derive(Clone, Debug)]
pub(super) struct Minimum {
    pub at: Vec<f64>,
    pub value: f64,
}

/// Searches from `start`, where `f` must be finite.
pub(super) fn minimise(f: &dyn Fn(&[f64]) -> f64, start: &[f64], scales: &[f64]) -> Minimum {
    let n = start.len();
    let unscale = |x: &[f64]| -> Vec<f64> { x.iter().zip(start).zip(scales).map(|((x, s), k)| s + x * k).collect() };
    let eval = |x: &[f64]| f(&unscale(x));
    let mut x = vec![0.0; n];
    let mut value = eval(&x);
    let mut slope = gradient(&eval, &x, value);
    let mut inverse = identity(n);
    let mut fresh = true;
    for _ in 0..MOST_ITERATIONS {
        let mut direction = times(&inverse, &slope);
        direction.iter_mut().for_each(|d| *d = -*d);
        let mut promise = -dot(&direction, &slope);
        if promise.is_nan() || promise <= 0.0 {
            inverse = identity(n);
            direction = slope.iter().map(|s| -s).collect();
            promise = dot(&slope, &slope);
        }
        if promise < PROMISE {
            break;
        }
        let longest = direction.iter().fold(0.0_f64, |most, d| most.max(d.abs()));
        let mut share = (LONGEST_STEP / longest).min(1.0);
        let mut found = None;
        for _ in 0..MOST_HALVINGS {
            let next: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + share * d).collect();
            let there = eval(&next);
            if there <= value - SUFFICIENT * share * promise {
                found = Some((next, there));
                break;
            }
            share *= 0.5;
        }
        let Some((next, there)) = found else {
            if fresh {
                break;
            }
            // The curvature learnt so far misleads: once more from steepest descent.
            inverse = identity(n);
            fresh = true;
            continue;
        };
        let next_slope = gradient(&eval, &next, there);
        let step: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let turn: Vec<f64> = next_slope.iter().zip(&slope).map(|(a, b)| a - b).collect();
        update(&mut inverse, &step, &turn, fresh);
        fresh = false;
        (x, value, slope) = (next, there, next_slope);
    }
    Minimum { at: unscale(&x), value }
}

/// The inverse of the second derivatives at a point: the covariance of estimates whose log-likelihood is `-f`. `None`
/// where the function is not curved upwards in every direction.
pub(super) fn covariance(f: &dyn Fn(&[f64]) -> f64, at: &[f64], scales: &[f64]) -> Option<Vec<Vec<f64>>> {
    let n = at.len();
    let centre = f(at);
    let moved = |changes: &[(usize, f64)]| {
        let mut point = at.to_vec();
        for (i, steps) in changes {
            if let (Some(x), Some(scale)) = (point.get_mut(*i), scales.get(*i)) {
                *x += steps * CURVATURE * scale;
            }
        }
        f(&point)
    };
    let single: Vec<(f64, f64)> = (0..n).map(|i| (moved(&[(i, 1.0)]), moved(&[(i, -1.0)]))).collect();
    let mut second = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let (up_i, down_i) = single[i];
            let curvature = if i == j {
                up_i - 2.0 * centre + down_i
            } else {
                let (up_j, down_j) = single[j];
                let (both, neither) = (moved(&[(i, 1.0), (j, 1.0)]), moved(&[(i, -1.0), (j, -1.0)]));
                (both - up_i - up_j + 2.0 * centre - down_i - down_j + neither) / 2.0
            };
            second[i][j] = curvature / (CURVATURE * CURVATURE);
            second[j][i] = second[i][j];
        }
    }
    let mut inverse = inverse_of(&second)?;
    for (row, a) in inverse.iter_mut().zip(scales) {
        for (value, b) in row.iter_mut().zip(scales) {
            *value *= a * b;
        }
    }
    Some(inverse)
}

/// The inverse of a symmetric matrix by Cholesky's factors; `None` unless it is positive definite.
fn inverse_of(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let mut lower = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let rest: f64 = matrix[i][j] - (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            if i != j {
                lower[i][j] = rest / lower[j][j];
            } else if rest.is_finite() && rest > 0.0 {
                lower[i][i] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut columns = identity(n);
    for column in &mut columns {
        for i in 0..n {
            let rest = column[i] - (0..i).map(|k| lower[i][k] * column[k]).sum::<f64>();
            column[i] = rest / lower[i][i];
        }
        for i in (0..n).rev() {
            let rest = column[i] - (i + 1..n).map(|k| lower[k][i] * column[k]).sum::<f64>();
            column[i] = rest / lower[i][i];
        }
    }
    Some(columns)
}

fn gradient(eval: &dyn Fn(&[f64]) -> f64, x: &[f64], value: f64) -> Vec<f64> {
    (0..x.len())
        .map(|i| {
            let mut moved = x.to_vec();
            moved[i] += DIFFERENCE;
            let ahead = eval(&moved);
            if ahead.is_finite() {
                return (ahead - value) / DIFFERENCE;
            }
            moved[i] = x[i] - DIFFERENCE;
            let behind = eval(&moved);
            if behind.is_finite() { (value - behind) / DIFFERENCE } else { 0.0 }
        })
        .collect()
}

/// BFGS: `H' = (I - r s y^T) H (I - r y s^T) + r s s^T`, `r = 1 / s^T y`; left out where the curvature is not positive.
fn update(inverse: &mut [Vec<f64>], step: &[f64], turn: &[f64], first: bool) {
    let curvature = dot(step, turn);
    if curvature.is_nan() || curvature <= 1e-12 {
        return;
    }
    if first {
        // The first step gives the size of the whole matrix (Nocedal and Wright, equation 6.20).
        let size = curvature / dot(turn, turn);
        inverse.iter_mut().flatten().for_each(|value| *value *= size);
    }
    let turned = times(inverse, turn);
    let factor = (1.0 + dot(turn, &turned) / curvature) / curvature;
    for (i, row) in inverse.iter_mut().enumerate() {
        for (j, value) in row.iter_mut().enumerate() {
            *value += factor * step[i] * step[j] - (turned[i] * step[j] + step[i] * turned[j]) / curvature;
        }
    }
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect()
}

fn times(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| dot(row, vector)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_rosenbrocks_valley_is_found() {
        let valley = |x: &[f64]| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2);
        let found = minimise(&valley, &[-1.2, 1.0], &[0.3, 0.3]);
        // Within a few hundredths of the scales, which stand for standard errors.
        assert!((found.at[0] - 1.0).abs() < 0.02 && (found.at[1] - 1.0).abs() < 0.04, "{found:?}");
    }

    #[test]
    fn a_wall_is_not_crossed() {
        let wall = |x: &[f64]| if x[0] <= 0.0 { f64::INFINITY } else { x[0] - x[0].ln() };
        let found = minimise(&wall, &[5.0], &[1.0]);
        assert!((found.at[0] - 1.0).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn the_covariance_is_the_inverse_of_the_curvature() {
        let bowl = |x: &[f64]| 0.5 * (2.0 * x[0] * x[0] + 2.0 * x[0] * x[1] + 3.0 * x[1] * x[1]);
        let found = covariance(&bowl, &[0.0, 0.0], &[1.0, 0.5]).unwrap();
        // The inverse of [[2, 1], [1, 3]].
        for (row, want) in found.iter().zip([[0.6, -0.2], [-0.2, 0.4]]) {
            assert!(row.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        }
        assert_eq!(covariance(&|x: &[f64]| -x[0] * x[0], &[0.0], &[1.0]), None);
    }
}
