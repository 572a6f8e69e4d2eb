//! Exponential, logarithm, and sine with cosine, with the same bits on every processor.
//!
//! The functions of the standard library call the system's, whose last digits differ between systems. These are made of
//! additions, multiplications, divisions and fused multiply-adds alone, which IEEE 754 rounds in one way only, and have
//! no branches: a compiler may turn a loop over them into vectors of any width without changing a bit. A processor
//! without a fused multiply-add computes it in software.
//!
//! The polynomials are Chebyshev or minimax fits of 60 digits, rounded to doubles; their errors over the whole interval
//! are given beside them. Those of the normal numbers are as short as ten digits allow: simulation errors are larger by
//! many orders, and most of a simulation's time goes into them.

/// `sqrt(2) sin(pi v / 2) / v` in powers of `v^2`, for `v` in [-1/2, 1/2], to 1e-11.
const SIN: [f64; 5] =
    [2.2214414690695903, -0.9135311855793085, 0.11270233135976769, -0.006620310540604332, 0.00022373812261036692];

/// `sqrt(2) cos(pi v / 2)` in powers of `v^2`, for `v` in [-1/2, 1/2], to 7e-11.
const COS: [f64; 5] =
    [1.414213562306062, -1.7447160364905387, 0.3587424285673767, -0.02950059577130514, 0.0012779282102429567];

/// `2 atanh(s) / s` in powers of `s^2`, for `s` up to tan(pi/8)^2 = 0.172, to 2e-16.
const LN: [f64; 7] = [
    2.0,
    0.6666666666666202,
    0.40000000011309716,
    0.28571424110202615,
    0.22222864958464378,
    0.18140089744355153,
    0.166232317682249,
];

/// The same to 9e-12.
const SHORT_LN: [f64; 5] =
    [2.0000000000084657, 0.6666666523589823, 0.40000386644189795, 0.2853494374256338, 0.23618183014973107];

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

/// `-scale ln x` of a positive normal number, given `2 atanh(s) / s` and ln 2, both times the scale.
#[inline(always)]
fn minus_ln<const N: usize>(x: f64, ratio: &[f64; N], ln_2: f64) -> f64 {
    let shifted = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let exponent = (f64::from_bits(TWO_52) + 1023.0) - f64::from_bits((shifted >> 52) | TWO_52);
    let mantissa = f64::from_bits((shifted & MANTISSA).wrapping_add(SQRT_HALF));
    let s = (1.0 - mantissa) / (1.0 + mantissa);
    exponent.mul_add(ln_2, s * polynomial(ratio, s * s))
}

/// `ln x` of a positive normal number, to 6 units in the last place.
#[inline(always)]
#[must_use]
pub fn ln(x: f64) -> f64 {
    -minus_ln(x, &LN, LN_2[0])
}

/// Sine and cosine of `pi v`, for `v` in [-1/2, 1/2], to 1e-10: those of half the angle, doubled.
#[inline(always)]
#[must_use]
pub fn sin_cos_half_turns(v: f64) -> (f64, f64) {
    let square = v * v;
    let (sin, cos) = (v * polynomial(&SIN, square), polynomial(&COS, square));
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

/// Normal numbers of mean zero and a given standard deviation, two from a word (Box and Muller, Annals of Mathematical
/// Statistics 29(2), 610-611, 1958), to ten digits.
#[derive(Clone, Copy, Debug)]
pub struct Normal {
    /// [`SHORT_LN`] and ln 2, both times twice the variance.
    ratio: [f64; 5],
    ln_2: f64,
}

impl Normal {
    /// Prepares numbers of standard deviation `sd`.
    #[inline(always)]
    #[must_use]
    pub fn new(sd: f64) -> Self {
        let scale = 2.0 * sd * sd;
        Self { ratio: SHORT_LN.map(|coefficient| coefficient * scale), ln_2: LN_2[0] * scale }
    }

    /// Two independent numbers as a length and a direction: `(l, x, y)` stands for `l x` and `l y`. The length comes
    /// last in the computation: whoever uses the numbers multiplies and adds in one rounding.
    ///
    /// The high 52 bits choose the radius, which so reaches 8.57 standard deviations. The low 21 choose one of 2^21
    /// directions, spaced evenly: every polynomial of lower degree has the expectation of a uniform direction, so no
    /// use of the numbers can tell. The nine bits that both read change the radius by a part in 2^43.
    #[inline(always)]
    #[must_use]
    pub fn pair(&self, word: u64) -> (f64, f64, f64) {
        const HALF: u64 = 1 << (51 - ANGLE_BITS);
        const CENTRE: f64 = 1.5 - 0.5 / (1 << ANGLE_BITS) as f64;
        let length = minus_ln(unit(word), &self.ratio, self.ln_2).sqrt();
        let place = ((word << (63 - ANGLE_BITS)) >> 12) & !HALF;
        let (sin, cos) = sin_cos_half_turns(f64::from_bits(place | ONE) - CENTRE);
        (length, sin, f64::from_bits(cos.to_bits() ^ (word << 63)))
    }
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
    fn sine_and_cosine_are_right_to_ten_digits() {
        for v in points(-0.5, 0.5) {
            let (sin, cos) = sin_cos_half_turns(v);
            let x = std::f64::consts::PI * v;
            assert!((sin - libm::sin(x)).abs() < 1e-10 && (cos - libm::cos(x)).abs() < 1e-10, "{v}");
        }
    }

    #[test]
    fn normal_numbers_are_right_to_ten_digits() {
        let mut word = 1_u64;
        for _ in 0..20_000 {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (length, x, y) = Normal::new(0.3).pair(word);
            let want = 0.3 * (-2.0 * libm::log(unit(word))).sqrt();
            assert!((length / want - 1.0).abs() < 3e-12, "{word:x}");
            // The places on the half circle lie between its ends, the sign chooses the half.
            let angle = std::f64::consts::PI * (((word >> 1 & 0xf_ffff) as f64 + 0.5) / f64::from(1 << 20) - 0.5);
            let side = if word & 1 == 0 { 1.0 } else { -1.0 };
            assert!((x - libm::sin(angle)).abs() < 1e-10 && (y - side * libm::cos(angle)).abs() < 1e-10, "{word:x}");
        }
    }

    #[test]
    fn the_unit_never_is_zero_or_one() {
        assert_eq!(unit(0), f64::EPSILON / 2.0);
        assert_eq!(unit(u64::MAX), 1.0 - f64::EPSILON / 2.0);
        // The farthest that a normal number can lie from zero, and the nearest.
        let (length, sin, cos) = Normal::new(1.0).pair(0);
        assert!((length * sin + 8.571674348652905).abs() < 1e-9 && (0.0..1e-4).contains(&(length * cos)));
        let (length, ..) = Normal::new(1.0).pair(u64::MAX);
        assert!((length - f64::EPSILON.sqrt()).abs() < 1e-19);
    }

    #[test]
    fn the_directions_are_spread_evenly_over_the_whole_circle() {
        // Words that differ in their low 21 bits alone: all directions of nearly one radius.
        let high = 0x5000_0000_0000_0000;
        let normal = Normal::new(1.0);
        let mut sums = [0.0; 5];
        for direction in 0..1 << 21 {
            let (length, x, y) = normal.pair(high | direction);
            let (x, y) = (length * x, length * y);
            let all = [x, y, x * y, x * x - y * y, x * x * x];
            sums.iter_mut().zip(all).for_each(|(sum, value)| *sum += value);
        }
        assert!(sums.iter().all(|sum| (sum / f64::from(1 << 21)).abs() < 1e-11), "{sums:?}");
    }
}
