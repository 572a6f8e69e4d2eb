//! Root finding.

/// Steps after which the interval is as short as doubles allow, whatever the function.
const MOST_STEPS: usize = 200;

/// A root of `f` between `low` and `high`, where it has opposite signs, to within `tolerance`: the Illinois variant of
/// regula falsi (Dowell and Jarratt, BIT 11, 168-174, 1971), which never leaves the bracket. `None` when the signs
/// agree.
pub fn find_root(f: impl Fn(f64) -> f64, low: f64, high: f64, tolerance: f64) -> Option<f64> {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if fa.is_nan() || fb.is_nan() || fa.signum() == fb.signum() {
        return None;
    }
    for step in 0..MOST_STEPS {
        // Every fourth step halves the interval, which bounds the work where the secant creeps.
        let c = if step % 4 == 3 { a + (b - a) / 2.0 } else { b - fb * (b - a) / (fb - fa) };
        let fc = f(c);
        if fc == 0.0 || (b - a).abs() <= tolerance {
            return Some(c);
        }
        if fc.signum() == fb.signum() {
            fa /= 2.0;
        } else {
            (a, fa) = (b, fb);
        }
        (b, fb) = (c, fc);
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_cubic_is_found_and_a_bracket_without_one_is_refused() {
        let root = find_root(|x| x * x * x - 2.0, 0.0, 10.0, 1e-14).unwrap();
        assert!((root - 2.0_f64.cbrt()).abs() < 1e-13);
        assert_eq!(find_root(|x| x * x + 1.0, -1.0, 1.0, 1e-12), None);
    }
}
