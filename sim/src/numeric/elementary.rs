//! Exponential, logarithm, and sine with cosine, with the same bits on every processor.
//!
//! The functions of the standard library call the system's, whose last digits differ between systems. These are made of
//! additions, multiplications, divisions and fused multiply-adds alone, which IEEE 754 rounds in one way only, and have no
//! branches: a compiler may turn a loop over them into vectors of any width without changing a bit. A processor without a
//! fused multiply-add computes it in software.
//!
//! The polynomials are Chebyshev fits of 60 digits, rounded to doubles; their errors over the whole interval are given beside
//! them.

/// `sqrt(2) sin(pi v / 2) / v` in powers of `v^2`, for `v` in [-1/2, 1/2], to 1e-14.
const SIN: [f64; 6] = [
    2.2214414690791737,
    -0.9135311874966903,
    0.1127023927305849,
    -0.006620998010515583,
    0.0002268812424281249,
    -5.029489682926044e-06,
];

/// `sqrt(2) cos(pi v / 2)` in powers of `v^2`, for `v` in [-1/2, 1/2], to 8e-14.
const COS: [f64; 6] = [
    1.4142135623730165,
    -1.7447160498870775,
    0.3587428573772675,
    -0.02950539940691148,
    0.0012998909944146977,
    -3.5144569418656874e-05,
];

/// `(2 atanh(s) - 2 s) / s^3` in powers of `s^2`, for `s` up to tan(pi/8)^2 = 0.172, to 5e-14; times s^3 that is 3e-16.
const LN: [f64; 6] = [
    0.6666666666666208,
    0.40000000011206505,
    0.2857142413832416,
    0.22222862280108716,
    0.18140193802865992,
    0.16621817152858928,
];

/// `(e^r - 1 - r) / r^2` in powers of `r`, for `r` within half of ln 2, to 3e-17.
const EXP: [f64; 10] = [
    0.5000000000000001,
    0.16666666666666669,
    0.041666666666624164,
    0.008333333333330065,
    0.0013888888917196719,
    0.00019841269863040545,
    2.4801521322368692e-05,
    2.7557268480310024e-06,
    2.7620075879983367e-07,
    2.5100375832561234e-08,
];

/// ln 2, and what its rounding to a double leaves over.
const LN_2: [f64; 2] = [std::f64::consts::LN_2, 2.3190468138462996e-17];

/// Mantissa of a double.
const MANTISSA: u64 = (1 << 52) - 1;

/// The bits of one.
const ONE: u64 = 0x3ff0_0000_0000_0000;

/// The bits of the double below sqrt(1/2): mantissas are taken from there to its double.
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;

/// The bits of 2^52, in whose low bits an integer stands as it is.
const TWO_52: u64 = 0x4330_0000_0000_0000;

/// 1.5 times 2^52: a number below 2^51 added to it is rounded to an integer.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Arguments of [`exp`] are held within this, so that the result is a positive finite number.
const MOST_EXPONENT: f64 = 700.0;

/// Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let mut sum = 0.0;
    let mut i = N;
    while i > 0 {
        i -= 1;
        sum = if i + 1 == N { coefficients[i] } else { f64::mul_add(sum, x, coefficients[i]) };
    }
    sum
}

/// Estrin's scheme: one multiplication more than Horner's rule, but the additions wait for three others instead of five.
#[inline(always)]
fn polynomial_of_six(coefficients: &[f64; 6], x: f64) -> f64 {
    let [a, b, c, d, e, f] = *coefficients;
    let square = x * x;
    let (low, middle, high) = (b.mul_add(x, a), d.mul_add(x, c), f.mul_add(x, e));
    high.mul_add(square, middle).mul_add(square, low)
}

/// `e^x`, to 2 units in the last place; `x` is first held within 700 of zero.
#[inline(always)]
#[must_use]
pub fn exp(x: f64) -> f64 {
    let x = x.clamp(-MOST_EXPONENT, MOST_EXPONENT);
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = (-n).mul_add(LN_2[1], (-n).mul_add(LN_2[0], x));
    let fraction = 1.0 + (r * r).mul_add(polynomial(&EXP, r), r);
    f64::from_bits(fraction.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// `-ln x` of a positive normal number, to 6 units in the last place.
#[inline(always)]
fn minus_ln(x: f64) -> f64 {
    let shifted = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let exponent = (f64::from_bits(TWO_52) + 1023.0) - f64::from_bits((shifted >> 52) | TWO_52);
    let mantissa = f64::from_bits((shifted & MANTISSA).wrapping_add(SQRT_HALF));
    let s = (1.0 - mantissa) / (1.0 + mantissa);
    let square = s * s;
    (s * square).mul_add(polynomial_of_six(&LN, square), exponent.mul_add(LN_2[0], s + s))
}

/// `ln x` of a positive normal number, to 6 units in the last place.
#[inline(always)]
#[must_use]
pub fn ln(x: f64) -> f64 {
    -minus_ln(x)
}

/// Sine and cosine of `pi v`, for `v` in [-1/2, 1/2], to 2e-13: those of half the angle, doubled.
#[inline(always)]
#[must_use]
pub fn sin_cos_half_turns(v: f64) -> (f64, f64) {
    let square = v * v;
    let (sin, cos) = (v * polynomial_of_six(&SIN, square), polynomial_of_six(&COS, square));
    (sin * cos, (-sin).mul_add(sin, 1.0))
}

/// A number in (0, 1) from the high 52 bits: an odd multiple of 2^-53, so the mean is exactly one half.
#[inline(always)]
#[must_use]
pub fn unit(bits: u64) -> f64 {
    f64::from_bits((bits >> 12) | ONE) - (1.0 - f64::EPSILON / 2.0)
}

/// Bits of a word that choose the place on a half circle, above the one that chooses the half.
const ANGLE_BITS: u32 = 20;

/// Two independent normal numbers from one word, as a length and a direction: `(l, x, y)` stands for `l x` and `l y`, of mean
/// zero and standard deviation `sd` (Box and Muller, Annals of Mathematical Statistics 29(2), 610-611, 1958), to twelve
/// digits. The length comes last in the computation: whoever uses the numbers multiplies and adds in one rounding.
///
/// The high 52 bits choose the radius, which so reaches 8.57 standard deviations. The low 21 choose one of 2^21 directions,
/// spaced evenly: every polynomial of lower degree has the expectation of a uniform direction, so no use of the numbers
/// can tell. The nine bits that both read change the radius by a part in 2^43.
#[inline(always)]
#[must_use]
pub fn normal_pair(word: u64, sd: f64) -> (f64, f64, f64) {
    const HALF: u64 = 1 << (51 - ANGLE_BITS);
    const CENTRE: f64 = 1.5 - 0.5 / (1 << ANGLE_BITS) as f64;
    let length = minus_ln(unit(word)).sqrt() * (sd * std::f64::consts::SQRT_2);
    let place = ((word << (63 - ANGLE_BITS)) >> 12) & !HALF;
    let (sin, cos) = sin_cos_half_turns(f64::from_bits(place | ONE) - CENTRE);
    (length, sin, f64::from_bits(cos.to_bits() ^ (word << 63)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points spread evenly from `low` to `high`.
    fn points(low: f64, high: f64) -> impl Iterator<Item = f64> {
        (0..=20_000).map(move |i| low + (high - low) * f64::from(i) / 20_000.0)
    }

    #[test]
    fn the_exponential_is_right_to_two_units_in_the_last_place() {
        for x in points(-700.0, 700.0).chain(points(-1.0, 1.0)) {
            assert!((exp(x) / libm::exp(x) - 1.0).abs() <= 2.0 * f64::EPSILON, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(1e9), exp(700.0));
        assert!(exp(f64::NEG_INFINITY) > 0.0);
    }

    #[test]
    fn the_logarithm_is_right_to_six_units_in_the_last_place() {
        let small = (1..=53).map(|k| 0.5_f64.powi(k));
        for x in points(1e-6, 2.0).chain(points(3.0, 1e9)).chain(small) {
            assert!((ln(x) - libm::log(x)).abs() <= 6.0 * f64::EPSILON * libm::log(x).abs(), "{x}");
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn sine_and_cosine_are_right_to_twelve_digits() {
        for v in points(-0.5, 0.5) {
            let (sin, cos) = sin_cos_half_turns(v);
            let x = std::f64::consts::PI * v;
            assert!((sin - libm::sin(x)).abs() < 2e-13 && (cos - libm::cos(x)).abs() < 2e-13, "{v}");
        }
    }

    #[test]
    fn the_unit_never_is_zero_or_one() {
        assert_eq!(unit(0), f64::EPSILON / 2.0);
        assert_eq!(unit(u64::MAX), 1.0 - f64::EPSILON / 2.0);
        // The farthest that a normal number can lie from zero.
        let (length, sin, cos) = normal_pair(0, 1.0);
        assert!((length * sin + 8.571674348652905).abs() < 2e-11 && (0.0..1e-4).contains(&(length * cos)));
    }

    #[test]
    fn the_directions_are_spread_evenly_over_the_whole_circle() {
        // Words that differ in their low 21 bits alone: all directions of nearly one radius.
        let high = 0x5000_0000_0000_0000;
        let mut sums = [0.0; 5];
        for direction in 0..1 << 21 {
            let (length, x, y) = normal_pair(high | direction, 1.0);
            let (x, y) = (length * x, length * y);
            let all = [x, y, x * y, x * x - y * y, x * x * x];
            sums.iter_mut().zip(all).for_each(|(sum, value)| *sum += value);
        }
        assert!(sums.iter().all(|sum| (sum / f64::from(1 << 21)).abs() < 1e-11), "{sums:?}");
    }
}
