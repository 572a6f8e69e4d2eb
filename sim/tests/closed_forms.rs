//! Simulation against the closed forms on models drawn at random: the two share no formula but the transition.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sit_sim::margin::{CloseOut, Floors, MarginRequest, months_over};
use sit_sim::model::{Factor, JumpLaw, Jumps, Model, State, Trend};
use sit_sim::numeric::{mean, standard_deviation};
use sit_sim::path::{BLOCK, Key, Paths, Step};
use sit_sim::risk::{FuturesRisk, Side};
use sit_sim::{DAY, DAYS_PER_YEAR};

/// Models that are tried.
const MODELS: usize = 20;

/// Standard errors that a simulated mean may be off. Of the sixty comparisons of a run at most one in four hundred is
/// expected beyond three; the seeds are fixed, so a pass stays a pass.
const ERRORS: f64 = 3.0;

fn jumps() -> impl Strategy<Value = Option<Jumps>> {
    let gaussian = (0.5..8.0_f64, -0.3..0.2_f64, 0.02..0.3_f64)
        .prop_map(|(intensity, mean, sd)| Jumps::new("random", intensity, JumpLaw::Gaussian { mean, sd }).ok());
    let kou =
        (0.5..8.0_f64, 0.0..1.0_f64, 5.0..20.0_f64, 2.0..20.0_f64).prop_map(|(intensity, p_up, eta_up, eta_down)| {
            let law = JumpLaw::DoubleExponential { p_up, eta_up, eta_down };
            Jumps::new("random", intensity, law).ok()
        });
    proptest::prop_oneof![proptest::strategy::Just(None), gaussian, kou]
}

fn models() -> impl Strategy<Value = Model> {
    let permanent = (-0.5..0.5_f64, 0.05..0.4_f64, jumps())
        .prop_map(|(drift, sigma, jumps)| Factor::permanent(drift, sigma, jumps).unwrap());
    let reverting = (0.5..10.0_f64, 0.05..0.8_f64, jumps())
        .prop_map(|(kappa, sigma, jumps)| Factor::reverting("reverting", kappa, sigma, jumps).unwrap());
    let spike = (20.0..120.0_f64, 0.0..1.0_f64, jumps())
        .prop_map(|(kappa, sigma, jumps)| Factor::reverting("spike", kappa, sigma, jumps).unwrap());
    let trend = (-1.0..1.0_f64, -2.0..0.5_f64, 0.0..0.1_f64)
        .prop_map(|(level, slope, season)| Trend::line(level, slope).unwrap().with_season(season, 1.0, 0.3).unwrap());
    (trend, permanent, reverting, spike, -0.3..0.3_f64).prop_map(|(trend, permanent, reverting, spike, x)| {
        let start = State { reverting: x, ..State::default() };
        Model::new(trend, permanent, reverting, spike, start)
    })
}

/// The same models on every run.
fn each_model(mut check: impl FnMut(usize, &Model)) {
    let mut runner = TestRunner::deterministic();
    for number in 0..MODELS {
        check(number, &models().new_tree(&mut runner).unwrap().current());
    }
}

#[track_caller]
fn within(what: &str, values: &[f64], exact: f64, sd: f64) {
    let n = values.len() as f64;
    let found = mean(values);
    let error = sd / n.sqrt();
    assert!((found - exact).abs() <= ERRORS * error, "{what}: {found}, not {exact} +- {error}");
}

#[test]
fn simulated_prices_have_the_exact_mean_and_the_futures_are_martingales() {
    each_model(|number, model| {
        let step = Step::new(model, 0.1);
        let (mut logs, mut prices, mut futures) = (Vec::new(), Vec::new(), Vec::new());
        for block in 0..5 {
            let key = Key { seed: 1, scenario: number as u64, block };
            let mut paths = Paths::new(model, model.start(), key, BLOCK);
            for _ in 0..3 {
                paths.advance(&step);
            }
            logs.extend_from_slice(paths.log_spots());
            let mut spots = [0.0; BLOCK];
            paths.spots(&mut spots);
            prices.extend_from_slice(&spots);
            futures.extend((0..BLOCK).map(|path| model.futures_price(&paths.state(path), 0.3, 0.4)));
        }
        let exact = model.moments(&model.start(), 0.0, 0.3);
        within("log price", &logs, exact.mean_log, exact.var_log.sqrt());
        within("price", &prices, exact.mean, exact.sd);
        let today = model.futures_price(&model.start(), 0.0, 0.7);
        let spread = standard_deviation(&futures);
        within("futures", &futures, today, spread);
    });
}

/// Independent margins of one model, whose spread is the error of each.
const SEEDS: u64 = 8;

/// Student's t with seven degrees of freedom is beyond five on one comparison in six hundred.
const STUDENT_ERRORS: f64 = 5.0;

#[test]
fn the_simulated_margin_is_the_exact_expected_shortfall() {
    each_model(|number, model| {
        let sets: Vec<_> = (0..SEEDS)
            .map(|seed| {
                let request = MarginRequest {
                    tenor_days: vec![30, 180],
                    paths: 65_536,
                    seed,
                    close_out: CloseOut::Fixed { seconds: 2 * DAY },
                    floors: Floors { least_bps: 0, side_ppm: 0, term_ppm: 0, spread_ppm: 0 },
                    ..MarginRequest::default()
                };
                months_over(std::slice::from_ref(model), &request, &|_| ()).unwrap()
            })
            .collect();
        for (month, tenor_days) in [30.0, 180.0].into_iter().enumerate() {
            let (tenor, horizon) = (tenor_days / DAYS_PER_YEAR, 2.0 / DAYS_PER_YEAR);
            let risk = FuturesRisk::new(model, tenor, horizon).unwrap();
            for side in [Side::Short, Side::Long] {
                let found: Vec<f64> = sets
                    .iter()
                    .map(|set| match side {
                        Side::Short => f64::from(set[month].short_bps) / 1e4,
                        Side::Long => f64::from(set[month].long_bps) / 1e4,
                    })
                    .collect();
                let exact = risk.tail(side, 0.99).unwrap().es;
                let error = standard_deviation(&found) / (SEEDS as f64).sqrt();
                // Every margin is rounded up to a basis point.
                let off = (mean(&found) - exact).abs();
                assert!(off <= STUDENT_ERRORS * error + 1e-4, "model {number}: {found:?}, not {exact}");
            }
        }
    });
}
