//! The density of one innovation of the log price, by Fourier inversion of its exact characteristic function.
//!
//! ```text
//! ln phi(u) = -u^2 sigma^2 phi(2 kappa, tau) / 2 + lambda int_0^tau (E[e^{iu e^{-kappa s} J}] - 1) ds
//! p(x)      = (1/pi) Re int_0^U e^{-iux} phi(u) du
//! ```
//!
//! No mixture is cut off and no jump is moved to the end of its day. The integral is a sum over `u = k du` by one fast
//! Fourier transform, of half the length because the density is real; U is where the diffusion has brought phi below
//! 1e-13. Between the points of the grid ln p is a cubic: it is a parabola where the diffusion rules, and the cubic
//! follows a parabola without error. Logarithms are taken where they are asked for, or at all points when most of them
//! will be ([`Density::tabulate`]).

use num_complex::Complex64;

use super::process::Process;
use crate::DAYS_PER_YEAR;
use crate::model::{JumpLaw, phi};

/// Standard deviations of the diffusion at which phi has fallen to 1e-13.
const CUT: f64 = 7.75;

/// Points of the grid in one standard deviation of the diffusion that the grid was made for.
const POINTS_PER_SD: f64 = 8.0;

/// Standard deviations of the jumps, and exponential means of them, that the grid reaches beyond the largest move.
const JUMP_REACH: f64 = 8.0;
const EXPONENTIAL_REACH: f64 = 24.0;

/// Most points: a diffusion of a thousandth of the range.
const MOST_POINTS: usize = 1 << 15;

/// Density, as a share of its peak, below which rounding speaks and not the law.
const FLOOR: f64 = 1e-13;

/// Nodes and weights of the four-point Gauss-Legendre rule on (0, 1) (Abramowitz and Stegun, table 25.4).
const RULE: [(f64, f64); 4] = [
    (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
    (0.330_009_478_207_571_87, 0.326_072_577_431_273_07),
    (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
    (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
];

/// Decay and turn of the phase, in units of the exponent, that one panel of [`RULE`] resolves to 1e-13.
const PER_PANEL: f64 = 0.25;

/// `E[e^{iuJ}] - 1` is -1 to the last digit when the Gaussian has fallen by this exponent.
const GONE: f64 = 40.0;

/// Years between two prices beyond which there is a hole: no usual history, not even a quarterly one, has them so far
/// apart.
const HOLE: f64 = 104.5 / DAYS_PER_YEAR;

/// Where densities are computed: the same points for every parameter of one search, so that the likelihood is smooth.
pub(super) struct Grid {
    step: f64,
    points: usize,
    transform: Transform,
}

impl Grid {
    /// A grid for innovations over `tau` that reach as far as `largest`, of a process about like this one.
    pub(super) fn new(process: &Process, tau: f64, largest: f64) -> Self {
        let sd = process.sigma * phi(2.0 * process.kappa, tau).sqrt();
        let jumps = match process.law {
            JumpLaw::Gaussian { mean, sd } => mean.abs() + JUMP_REACH * sd,
            JumpLaw::DoubleExponential { eta_up, eta_down, .. } => EXPONENTIAL_REACH / eta_up.min(eta_down),
        };
        let half = largest.max(jumps) + JUMP_REACH * sd;
        let step = sd / POINTS_PER_SD;
        // A price that all but stands still has a step of nothing, and asks for more points than there are.
        let points = (2.0 * half / step).clamp(64.0, MOST_POINTS as f64) as usize;
        let points = points.next_power_of_two().max(64);
        Self { step, points, transform: Transform::of(points) }
    }
}

/// A density on a grid, asked for its logarithm.
pub(super) struct Density {
    step: f64,
    half: f64,
    /// The density at the points of the grid, or its logarithm once that is tabulated.
    values: Vec<f64>,
    tabulated: bool,
    floor: f64,
    lowest: f64,
}

impl Density {
    /// The density of the innovation over `tau`; `None` when the diffusion is too fine for the grid.
    pub(super) fn new(process: &Process, tau: f64, grid: &Grid) -> Option<Self> {
        let points = grid.points;
        let sd = process.sigma * phi(2.0 * process.kappa, tau).sqrt();
        let du = std::f64::consts::TAU / (points as f64 * grid.step);
        let count = (CUT / (sd * du)).ceil();
        if !(count.is_finite() && count < points as f64 / 2.0) {
            return None;
        }
        let mut spectrum = vec![Complex64::ZERO; points / 2 + 1];
        let mut sign = 0.5 * du / std::f64::consts::PI;
        let mut over_hole = Decayed::over_hole(process, tau);
        for (k, value) in spectrum.iter_mut().enumerate().take(count as usize + 1) {
            let u = k as f64 * du;
            let integral = match &mut over_hole {
                Some(decayed) => decayed.up_to(u),
                None => jump_integral(process.law, process.kappa, u, tau),
            };
            let jumps = process.intensity * integral;
            // The grid begins half its length to the left of zero, which turns every other frequency by pi.
            *value = (jumps - u * u * sd * sd / 2.0).exp() * sign;
            sign = if k == 0 { -2.0 * sign } else { -sign };
        }
        let values = grid.transform.real_part(&spectrum);
        let floor = FLOOR * greatest(&values);
        let half = grid.step * points as f64 / 2.0;
        Some(Self { step: grid.step, half, values, tabulated: false, floor, lowest: floor.ln() })
    }

    /// Takes the logarithm at all points, for whoever asks for more values than there are points.
    pub(super) fn tabulate(&mut self) {
        if !std::mem::replace(&mut self.tabulated, true) {
            let floor = self.floor;
            self.values.iter_mut().for_each(|value| *value = value.max(floor).ln());
        }
    }

    /// Points of the grid.
    pub(super) fn points(&self) -> usize {
        self.values.len()
    }

    /// `ln p(x)`; beyond the grid the lowest value there is.
    pub(super) fn ln(&self, x: f64) -> f64 {
        let place = (x + self.half) / self.step;
        let index = place as usize;
        match index.checked_sub(1).and_then(|first| self.values.get(first..first + 4)) {
            Some(&[a, b, c, d]) => {
                let log = |value: f64| if self.tabulated { value } else { value.max(self.floor).ln() };
                let [a, b, c, d] = [a, b, c, d].map(log);
                let t = place - index as f64;
                // Lagrange's cubic through -1, 0, 1, 2.
                let (p, q, r) = (t + 1.0, t - 1.0, t - 2.0);
                b * p * q * r / 2.0 - a * t * q * r / 6.0 - c * p * t * r / 2.0 + d * p * t * q / 6.0
            }
            _ => self.lowest,
        }
    }
}

/// The greatest of some numbers and zero, eight at a time.
fn greatest(values: &[f64]) -> f64 {
    let mut lanes = [0.0_f64; 8];
    let (blocks, rest) = values.as_chunks::<8>();
    for block in blocks {
        for (most, value) in lanes.iter_mut().zip(block) {
            *most = if *value > *most { *value } else { *most };
        }
    }
    lanes.iter().chain(rest).fold(0.0, |most, value| most.max(*value))
}

/// `int_0^tau (E[e^{iu e^{-kappa s} J}] - 1) ds`.
fn jump_integral(law: JumpLaw, kappa: f64, u: f64, tau: f64) -> Complex64 {
    let lost = -(-kappa * tau).exp_m1();
    let argument = Complex64::new(0.0, u);
    if lost == 0.0 {
        return law.complex_mgf_minus_one(argument) * tau;
    }
    match law {
        JumpLaw::DoubleExponential { p_up, eta_up, eta_down } => {
            let up = (1.0 + argument * lost / (eta_up - argument)).ln();
            let down = (1.0 - argument * lost / (eta_down + argument)).ln();
            (up * p_up + down * (1.0 - p_up)) / kappa
        }
        JumpLaw::Gaussian { mean, sd } => {
            if (u * sd * (1.0 - lost)).powi(2) / 2.0 > GONE {
                return Complex64::new(-tau, 0.0);
            }
            let panels = ((kappa * tau + u * lost * (mean.abs() + sd)) / PER_PANEL).ceil().max(1.0);
            let width = tau / panels;
            let mut integral = Complex64::ZERO;
            for panel in 0..panels as u64 {
                for (y, weight) in RULE {
                    let decayed = u * (-kappa * width * (panel as f64 + y)).exp();
                    let size = (-(decayed * sd).powi(2) / 2.0).exp();
                    integral += (Complex64::from_polar(size, decayed * mean) - 1.0) * (weight * width);
                }
            }
            integral
        }
    }
}

/// [`jump_integral`] of Gaussian jumps over a hole in a history, from one u to the next.
///
/// ```text
/// int_0^tau f(u e^{-kappa s}) ds = (G(u) - G(u e^{-kappa tau})) / kappa
/// f(v) = E[e^{ivJ}] - 1,   G(w) = int_0^w f(v) dv / v
/// ```
///
/// G is a sum that grows with u, and the years of the hole are no part of it: half-life by half-life they would be
/// thousands of panels for each u.
struct Decayed {
    mean: f64,
    sd: f64,
    kappa: f64,
    /// Share of a shock that is left after the hole.
    left: f64,
    u: f64,
    /// G(u).
    sum: Complex64,
}

impl Decayed {
    /// `None` where there is no hole, and where its panels are few or the integral is elementary.
    fn over_hole(process: &Process, tau: f64) -> Option<Self> {
        let (kappa, JumpLaw::Gaussian { mean, sd }) = (process.kappa, process.law) else { return None };
        let many = tau > HOLE && kappa * tau > 1.0;
        many.then(|| Self { mean, sd, kappa, left: (-kappa * tau).exp(), u: 0.0, sum: Complex64::ZERO })
    }

    /// The integral at u, which is not below the one before.
    fn up_to(&mut self, u: f64) -> Complex64 {
        self.sum += self.between(self.u, u);
        self.u = u;
        (self.sum - self.between(0.0, u * self.left)) / self.kappa
    }

    /// `G(to) - G(from)`.
    fn between(&self, from: f64, to: f64) -> Complex64 {
        if to <= from {
            return Complex64::ZERO;
        }
        let panels = ((to - from) * (self.mean.abs() + self.sd) / PER_PANEL).ceil().max(1.0);
        let width = (to - from) / panels;
        let mut integral = Complex64::ZERO;
        for panel in 0..panels as u64 {
            for (y, weight) in RULE {
                let v = from + width * (panel as f64 + y);
                let size = (-(v * self.sd).powi(2) / 2.0).exp();
                integral += (Complex64::from_polar(size, v * self.mean) - 1.0) * (weight * width / v);
            }
        }
        integral
    }
}

/// The real part of a discrete Fourier transform, `Re sum_k v_k e^{-2 pi i j k / n}` for `k <= n / 2` (Cooley and
/// Tukey, Mathematics of Computation 19, 297-301, 1965). The length is a power of two.
///
/// The result is real, so even and odd points are the two parts of a transform of half the length: with `h = n / 2`,
/// the spectrum made Hermitian, `w = e^{-2 pi i / n}` and `X` its values,
/// `Z_k = (X_k + X_{k+h}) + i w^k (X_k - X_{k+h})` transforms to `x_{2j} + i x_{2j+1}`.
struct Transform {
    /// `e^{-2 pi i k / n}` for `k < n / 2`.
    turns: Vec<Complex64>,
    /// The turns of each stage of the half transform, from the third on, one after the other.
    stages: Vec<Vec<Complex64>>,
}

impl Transform {
    fn of(points: usize) -> Self {
        let turn = -std::f64::consts::TAU / points as f64;
        let turns: Vec<Complex64> = (0..points / 2).map(|k| Complex64::from_polar(1.0, turn * k as f64)).collect();
        // A stage that joins blocks of `half` values turns by multiples of pi / half.
        let halves = std::iter::successors(Some(4), |half| Some(2 * half)).take_while(|half| *half < points / 2);
        let stages = halves.map(|half| turns.iter().copied().step_by(points / 2 / half).collect()).collect();
        Self { turns, stages }
    }

    /// The transform of a spectrum of `n / 2 + 1` values, the first and the last of which count once.
    fn real_part(&self, spectrum: &[Complex64]) -> Vec<f64> {
        let h = self.turns.len();
        let at = |k: usize| spectrum.get(k).copied().unwrap_or(Complex64::ZERO);
        // Half of v_k at k and half of its conjugate at n - k have the same real part as v_k and no imaginary one.
        let whole = |k: usize| if k == 0 { Complex64::new(at(0).re, 0.0) } else { 0.5 * at(k) };
        let mut values: Vec<Complex64> = self
            .turns
            .iter()
            .enumerate()
            .map(|(k, turn)| {
                let (low, high) = (whole(k), if k == 0 { Complex64::new(at(h).re, 0.0) } else { whole(h - k).conj() });
                let (sum, difference) = (low + high, (low - high) * turn);
                Complex64::new(sum.re - difference.im, sum.im + difference.re)
            })
            .collect();
        self.half(&mut values);
        values.iter().flat_map(|value| [value.re, value.im]).collect()
    }

    /// The transform of half the length, in place.
    fn half(&self, values: &mut [Complex64]) {
        let n = values.len();
        let shift = usize::BITS - n.trailing_zeros();
        for i in 0..n {
            let j = i.reverse_bits() >> shift;
            if i < j {
                values.swap(i, j);
            }
        }
        // The first two stages turn by nothing and by a quarter.
        for block in values.as_chunks_mut::<4>().0 {
            let [a, b, c, d] = *block;
            let (ab, ba, cd, dc) = (a + b, a - b, c + d, c - d);
            let quarter = Complex64::new(dc.im, -dc.re);
            *block = [ab + cd, ba + quarter, ab - cd, ba - quarter];
        }
        for turns in &self.stages {
            let half = turns.len();
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for ((a, b), turn) in low.iter_mut().zip(high).zip(turns) {
                    let turned = *b * turn;
                    (*a, *b) = (*a + turned, *a - turned);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Factor;
    use crate::model::Jumps;
    use crate::numeric::gauss_legendre;

    fn set(law: JumpLaw) -> Process {
        Process { level: 0.0, slope: 0.0, kappa: 3.0, sigma: 0.6, intensity: 4.0, law }
    }

    /// The integral by Gauss-Legendre panels, with the characteristic function of the model.
    fn literal(process: &Process, tau: f64, x: f64) -> f64 {
        let jumps = Jumps::new("reverting", process.intensity, process.law).unwrap();
        let factor = Factor::reverting("reverting", process.kappa, process.sigma, Some(jumps)).unwrap();
        let end = 9.0 / (process.sigma * phi(2.0 * process.kappa, tau).sqrt());
        let panels = 200;
        let width = end / f64::from(panels);
        let each = (0..panels).flat_map(|panel| {
            gauss_legendre().iter().map(move |(y, weight)| {
                let u = (f64::from(panel) + y) * width;
                let phi = factor.complex_log_mgf(Complex64::new(0.0, u), tau).exp();
                (phi * Complex64::from_polar(1.0, -u * x)).re * weight * width
            })
        });
        each.sum::<f64>() / std::f64::consts::PI
    }

    #[test]
    fn the_density_is_the_inverse_of_the_models_own_transform() {
        let laws = [
            JumpLaw::Gaussian { mean: 0.1, sd: 0.25 },
            JumpLaw::DoubleExponential { p_up: 0.7, eta_up: 6.0, eta_down: 10.0 },
        ];
        for law in laws {
            for days in [1.0, 3.0, 30.0] {
                let (process, tau) = (set(law), days / DAYS_PER_YEAR);
                let grid = Grid::new(&process, tau, 0.9);
                let density = Density::new(&process, tau, &grid).unwrap();
                for x in [-0.9, -0.41, -0.13, -0.05, 0.0, 0.013, 0.08, 0.1, 0.11, 0.3, 0.77] {
                    let want = literal(&process, tau, x).ln();
                    assert!((density.ln(x) - want).abs() < 2e-4, "{law:?} {days} {x}: {} {want}", density.ln(x));
                }
            }
        }
    }

    #[test]
    fn the_density_integrates_to_one_and_beyond_the_grid_it_is_finite() {
        let (process, tau) = (set(JumpLaw::Gaussian { mean: 0.1, sd: 0.25 }), 1.0 / DAYS_PER_YEAR);
        let density = Density::new(&process, tau, &Grid::new(&process, tau, 1.0)).unwrap();
        let total: f64 = density.values.iter().sum::<f64>() * density.step;
        assert!((total - 1.0).abs() < 1e-9, "{total}");
        assert!(density.ln(99.0).is_finite() && density.ln(-99.0).is_finite());
    }

    #[test]
    fn a_table_of_logarithms_changes_no_digit() {
        let (process, tau) = (set(JumpLaw::Gaussian { mean: 0.1, sd: 0.25 }), 1.0 / DAYS_PER_YEAR);
        let grid = Grid::new(&process, tau, 1.0);
        let (asked, mut table) =
            (Density::new(&process, tau, &grid).unwrap(), Density::new(&process, tau, &grid).unwrap());
        table.tabulate();
        for x in (-300..300).map(|n| f64::from(n) / 100.0) {
            assert_eq!(asked.ln(x), table.ln(x), "{x}");
        }
    }

    #[test]
    fn the_transform_is_the_sum_that_it_stands_for() {
        for points in [64, 128, 512] {
            let value = |k: usize| Complex64::new((k as f64 * 0.7).sin() + 0.1, (k as f64).cos());
            let spectrum: Vec<Complex64> = (0..=points / 2).map(value).collect();
            let found = Transform::of(points).real_part(&spectrum);
            for (j, found) in found.iter().enumerate() {
                let turn = |k: usize| -std::f64::consts::TAU * ((j * k) % points) as f64 / points as f64;
                let want: f64 =
                    spectrum.iter().enumerate().map(|(k, v)| (v * Complex64::from_polar(1.0, turn(k))).re).sum();
                assert!((found - want).abs() < 1e-12 * points as f64, "{points} {j}: {found} {want}");
            }
        }
    }

    #[test]
    fn over_a_hole_the_integral_is_what_it_is_half_life_by_half_life() {
        for law in [JumpLaw::Gaussian { mean: 0.1, sd: 0.25 }, JumpLaw::Gaussian { mean: -0.4, sd: 0.0 }] {
            for (kappa, tau) in [(4.0, 0.3), (3.0, 10.0), (30.0, 10.0), (400.0, 60.0)] {
                let mut decayed = Decayed::over_hole(&Process { kappa, ..set(law) }, tau).unwrap();
                // In parts of a quarter of 1 / kappa each, in which the phase turns evenly.
                let parts = (4.0 * kappa * tau).ceil();
                let part =
                    |u: f64, i: f64| jump_integral(law, kappa, u * (-kappa * tau * i / parts).exp(), tau / parts);
                for u in (0..40).map(|k| f64::from(k) * 0.9) {
                    let want = (0..parts as u64).map(|i| part(u, i as f64)).sum::<Complex64>();
                    let found = decayed.up_to(u);
                    assert!((found - want).norm() < 1e-11 * (1.0 + want.norm()), "{kappa} {tau} {u}: {found} {want}");
                }
            }
        }
        // Nothing changes between the prices of any usual history, and none where the integral is elementary.
        let fast = Process { kappa: 400.0, ..set(JumpLaw::Gaussian { mean: 0.1, sd: 0.25 }) };
        assert!(Decayed::over_hole(&fast, 104.0 / DAYS_PER_YEAR).is_none());
        let two_sided = JumpLaw::DoubleExponential { p_up: 0.7, eta_up: 6.0, eta_down: 10.0 };
        assert!(Decayed::over_hole(&Process { law: two_sided, ..fast }, 10.0).is_none());
    }

    #[test]
    fn a_price_that_all_but_stands_still_has_a_grid() {
        for sigma in [0.0, 1e-300, 1e-12] {
            let process = Process { sigma, ..set(JumpLaw::Gaussian { mean: 0.0, sd: 0.25 }) };
            assert!(Grid::new(&process, 1.0 / DAYS_PER_YEAR, 1.0).points <= MOST_POINTS);
        }
    }
}
