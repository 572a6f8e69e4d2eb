//! Integer arithmetic with the rounding in the name of each function. All of it is against the trader where money is at
//! stake: what they owe is rounded up, what they get is rounded down.
#![expect(clippy::arithmetic_side_effects, reason = "divisors are checked, products bounded by the callers' units")]

/// `a * b / c`, rounded towards minus infinity; zero when `c` is zero.
pub fn mul_div_floor(a: i128, b: i128, c: i128) -> i128 {
    if c == 0 { 0 } else { (a * b).div_euclid(c) }
}

/// `a * b / c`, rounded towards plus infinity; zero when `c` is zero. `c` must not be negative.
pub fn mul_div_ceil(a: i128, b: i128, c: i128) -> i128 {
    if c == 0 { 0 } else { -((-(a * b)).div_euclid(c)) }
}

/// `a / b` rounded to the nearest integer, halves up; zero when `b` is zero.
pub fn div_nearest(a: u64, b: u64) -> u64 {
    (a + b / 2).checked_div(b).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_in_the_name() {
        assert_eq!(mul_div_floor(7, 3, 2), 10);
        assert_eq!(mul_div_floor(-7, 3, 2), -11);
        assert_eq!(mul_div_ceil(7, 3, 2), 11);
        assert_eq!(mul_div_ceil(-7, 3, 2), -10);
        assert_eq!(mul_div_ceil(6, 1, 3), 2);
        assert_eq!(div_nearest(5, 2), 3);
        assert_eq!(div_nearest(4, 3), 1);
    }

    #[test]
    fn a_zero_divisor_gives_zero() {
        assert_eq!((mul_div_floor(1, 1, 0), mul_div_ceil(1, 1, 0), div_nearest(1, 0)), (0, 0, 0));
    }
}
