//! Values of QuantLib's test suite that are about this process and not about an option it does not trade: the scheme
//! agreement of the extended Ornstein-Uhlenbeck process (`swingoption.cpp`, `testExtendedOrnsteinUhlenbeckProcess`) and
//! the value of a storage on it (`vpp.cpp`, `testSimpleExtOUStorageEngine`). Both at commit
//! 2a13d455048c748b9fb5c2ff3bb4f4cf56dfb9a9.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use sit_sim::model::{Factor, Model, State, Trend};

/// A process that reverts at a speed to a target, from zero.
fn reverting_to(target: Trend, speed: f64, volatility: f64) -> Model {
    let factor = Factor::reverting("reverting", speed, volatility, None).unwrap();
    let trend = Trend::moving_target(target, speed);
    let start = State { reverting: -trend.at(0.0), ..State::default() };
    Model::new(trend, Factor::default(), factor, Factor::default(), start)
}

/// `int_t^{t+dt} speed e^{-speed (t + dt - u)} target(u) du` by Gauss and Lobatto's five points, exact to the seventh
/// degree.
fn lobatto(target: &dyn Fn(f64) -> f64, speed: f64, t: f64, dt: f64) -> f64 {
    let side = (3.0_f64 / 7.0).sqrt();
    let rule = [(-1.0, 0.1), (-side, 49.0 / 90.0), (0.0, 32.0 / 45.0), (side, 49.0 / 90.0), (1.0, 0.1)];
    let at = |x: f64| {
        let u = dt * (1.0 + x) / 2.0;
        speed * (-speed * (dt - u)).exp() * target(t + u)
    };
    rule.iter().map(|(x, weight)| weight * at(*x)).sum::<f64>() * dt / 2.0
}

#[test]
fn the_exact_step_agrees_with_both_quadratures_of_a_moving_target() {
    let (speed, volatility) = (2.5, 0.70);
    let (years, steps) = (10.0, 10_000_u32);
    let dt = years / f64::from(steps);
    let flat = Trend::line(1.43, 0.0).unwrap();
    let rising = Trend::line(1.0, 1.0).unwrap();
    let wave = Trend::default().with_season(1.0, std::f64::consts::TAU, 0.0).unwrap();
    let targets: [(Trend, &dyn Fn(f64) -> f64); 3] =
        [(flat, &|_| 1.43), (rising, &|t| t + 1.0), (wave, &|t: f64| t.sin())];
    for (trend, target) in targets {
        let model = reverting_to(trend, speed, volatility);
        let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(1_234);
        let (mut ours, mut mid_point, mut quadrature) = (0.0_f64, 0.0_f64, 0.0_f64);
        for step in 0..steps {
            let t = f64::from(step) * dt;
            let noise: f64 = StandardNormal.sample(&mut random);
            let state = State { reverting: ours - model.trend().at(t), ..State::default() };
            let moments = model.moments(&state, t, dt);
            let shock = moments.var_log.sqrt() * noise;
            ours = moments.mean_log + shock;
            let decay = (-speed * dt).exp();
            mid_point = decay * mid_point + target(t + dt / 2.0) * (1.0 - decay) + shock;
            quadrature = decay * quadrature + lobatto(target, speed, t, dt) + shock;
            assert!((mid_point - quadrature).abs() < 1e-6, "step {step}: {mid_point} {quadrature}");
            assert!((ours - mid_point).abs() < 1e-6, "step {step}: {ours} {mid_point}");
            // The closed form is no scheme: it differs from the quadrature by rounding alone.
            assert!((ours - quadrature).abs() < 1e-11, "step {step}: {ours} {quadrature}");
        }
    }
}

#[test]
fn a_storage_is_worth_what_quantlib_says_on_its_mesh_and_a_little_more_without_it() {
    // Log price from 3, reverting to 3 at speed 1, volatility 0.5; each day one unit is bought, sold or neither.
    let factor = Factor::reverting("reverting", SPEED, VOLATILITY, None).unwrap();
    let trend = Trend::line(LEVEL, 0.0).unwrap();
    let model = Model::new(trend, Factor::default(), factor, Factor::default(), State::default());
    let exact = storage(&model, 401);
    let coarse = storage_by_differences(&model, 25);
    assert!((coarse - 69.5755).abs() < 5e-5, "{coarse}");
    // 25 prices are too few for its tolerance of 5e-2 to hold of the value itself; sixteen times as many are enough.
    let fine = storage_by_differences(&model, 401);
    assert!((fine - exact).abs() < 5e-2, "{fine}, {exact}");
    // The same on grids of 201, 801 and 1,601 prices.
    assert!((exact - 69.738).abs() < 1e-3, "{exact}");
}

const LEVEL: f64 = 3.0;
const SPEED: f64 = 1.0;
const VOLATILITY: f64 = 0.5;

/// Days of the storage, 18 December 2011 to 18 December 2012.
const DAYS: u32 = 366;

/// Discount rate.
const RATE: f64 = 0.1;

/// What it holds.
const CAPACITY: usize = 50;

/// The year's part that a day is: the first fourteen are of a year of 365 days, the others of 366.
fn day_length(day: u32) -> f64 {
    if day <= 14 { 1.0 / 365.0 } else { 1.0 / 366.0 }
}

/// Value of each load at each price, before the last day: what is left is worth the price of the day.
fn at_the_end(spots: &[f64]) -> Vec<Vec<f64>> {
    (0..=CAPACITY).map(|load| spots.iter().map(|spot| load as f64 * spot).collect()).collect()
}

/// The best of buying one, selling one, and waiting.
fn exercise(after: &[Vec<f64>], spots: &[f64]) -> Vec<Vec<f64>> {
    let best = |load: usize, place: usize| {
        let sold = load.checked_sub(1).map(|less| after[less][place] + spots[place]);
        let bought = after.get(load + 1).map(|more| more[place] - spots[place]);
        [sold, bought].into_iter().flatten().fold(after[load][place], f64::max)
    };
    (0..after.len()).map(|load| (0..spots.len()).map(|place| best(load, place)).collect()).collect()
}

/// QuantLib's way: central differences on prices at the quantiles of the process, averaged over ten times
/// (`FdmSimpleProcess1dMesher`), one step of Crank and Nicolson a day.
fn storage_by_differences(model: &Model, points: usize) -> f64 {
    const TIMES: u32 = 10;
    const OUTERMOST: f64 = 1e-4;
    let share = |point: usize| OUTERMOST + point as f64 * (1.0 - 2.0 * OUTERMOST) / (points - 1) as f64;
    let sds =
        (1..=TIMES).map(|time| model.moments(&model.start(), 0.0, f64::from(time) / f64::from(TIMES)).var_log.sqrt());
    let sd = sds.sum::<f64>() / f64::from(TIMES);
    let grid: Vec<f64> = (0..points).map(|point| sd * normal_quantile(share(point))).collect();
    let spots: Vec<f64> = grid.iter().map(|x| (LEVEL + x).exp()).collect();
    let factor = model.factors()[1];
    let rows: Vec<[f64; 3]> = (0..points)
        .map(|place| {
            let drift = -factor.kappa() * grid[place];
            let half = factor.sigma() * factor.sigma() / 2.0;
            let below = place.checked_sub(1).map(|below| grid[place] - grid[below]);
            let above = grid.get(place + 1).map(|above| above - grid[place]);
            let [low, middle, high] = match (below, above) {
                (Some(b), Some(a)) => {
                    let first = [-a / (b * (a + b)), (a - b) / (a * b), b / (a * (a + b))];
                    let second = [2.0 / (b * (a + b)), -2.0 / (a * b), 2.0 / (a * (a + b))];
                    std::array::from_fn(|side| drift * first[side] + half * second[side])
                }
                (None, Some(a)) => [0.0, -drift / a, drift / a],
                (Some(b), None) => [-drift / b, drift / b, 0.0],
                (None, None) => [0.0; 3],
            };
            [low, middle - RATE, high]
        })
        .collect();
    let mut value = at_the_end(&spots);
    for day in (1..=DAYS).rev() {
        value = exercise(&value, &spots);
        for row in &mut value {
            crank_nicolson(&rows, day_length(day), row);
        }
    }
    value[0][points / 2]
}

/// `(1 - dt A/2) new = (1 + dt A/2) old` for a matrix of three diagonals, by elimination.
fn crank_nicolson(rows: &[[f64; 3]], dt: f64, values: &mut [f64]) {
    let h = dt / 2.0;
    let old = values.to_vec();
    let at = |place: Option<usize>| place.and_then(|place| old.get(place)).copied().unwrap_or(0.0);
    let mut pivots = vec![0.0; rows.len()];
    let mut pivot = 1.0;
    for (place, [low, middle, high]) in rows.iter().enumerate() {
        let (below, above) = (at(place.checked_sub(1)), at(Some(place + 1)));
        let right = old[place] + h * (low * below + middle * old[place] + high * above);
        let (factor, before) = match place.checked_sub(1) {
            Some(before) => (-h * rows[before][2] / pivot, values[before]),
            None => (0.0, 0.0),
        };
        pivots[place] = factor;
        pivot = 1.0 - h * middle + h * low * factor;
        values[place] = (right + h * low * before) / pivot;
    }
    for place in (0..rows.len().saturating_sub(1)).rev() {
        values[place] -= pivots[place + 1] * values[place + 1];
    }
}

/// The quantile of the normal law, by bisection.
fn normal_quantile(share: f64) -> f64 {
    let below = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if below(middle) < share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// By induction with the exact transition, on prices five standard deviations to either side.
fn storage(model: &Model, points: usize) -> f64 {
    let width = 5.0 * model.moments(&model.start(), 0.0, 50.0).var_log.sqrt();
    let spacing = 2.0 * width / (points - 1) as f64;
    let grid: Vec<f64> = (0..points).map(|point| point as f64 * spacing - width).collect();
    let spots: Vec<f64> = grid.iter().map(|x| (LEVEL + x).exp()).collect();
    // Gauss and Hermite's five points: exact for polynomials of the ninth degree.
    let ten = 10.0_f64.sqrt();
    let (near, far) = ((5.0 - ten).sqrt(), (5.0 + ten).sqrt());
    let (often, rarely) = ((7.0 + 2.0 * ten) / 60.0, (7.0 - 2.0 * ten) / 60.0);
    let normal = [(-far, rarely), (-near, often), (0.0, 8.0 / 15.0), (near, often), (far, rarely)];
    let mut value = at_the_end(&spots);
    for day in (1..=DAYS).rev() {
        let dt = day_length(day);
        let steps: Vec<(f64, f64)> = grid
            .iter()
            .map(|x| model.moments(&State { reverting: *x, ..State::default() }, 0.0, dt))
            .map(|next| (next.mean_log - LEVEL, next.var_log.sqrt()))
            .collect();
        let exercised = exercise(&value, &spots);
        for (row, exercised) in value.iter_mut().zip(&exercised) {
            for ((mean, sd), held) in steps.iter().zip(row.iter_mut()) {
                let next = |z: f64| between(exercised, (mean + sd * z + width) / spacing);
                *held = (-RATE * dt).exp() * normal.iter().map(|(z, weight)| weight * next(*z)).sum::<f64>();
            }
        }
    }
    value[0][points / 2]
}

/// The value at a place between grid points, by the cubic through four of them.
fn between(values: &[f64], place: f64) -> f64 {
    let last = values.len() - 1;
    let place = place.clamp(0.0, last as f64);
    let first = (place.floor() as usize).saturating_sub(1).min(last - 3);
    let s = place - first as f64;
    let [a, b, c, d] = [0, 1, 2, 3].map(|point| values[first + point]);
    a * -(s - 1.0) * (s - 2.0) * (s - 3.0) / 6.0
        + b * s * (s - 2.0) * (s - 3.0) / 2.0
        + c * -s * (s - 1.0) * (s - 3.0) / 2.0
        + d * s * (s - 1.0) * (s - 2.0) / 6.0
}
