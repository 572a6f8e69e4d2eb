//! Recovery of known parameters, and histories that identify little.

use std::io::Write;

use super::*;
use crate::path::{PathRequest, simulate_one};

/// A history of the given prices, one a day.
fn history(prices: &[f64]) -> History {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "date,price").unwrap();
    let mut date = jiff::civil::date(2010, 1, 1);
    for price in prices {
        writeln!(file, "{date},{price:.9}").unwrap();
        date = date.tomorrow().unwrap();
    }
    History::load(file.path(), "price").unwrap()
}

fn simulated(model: &Model, days: u32, seed: u64) -> History {
    let request = PathRequest { seed, scenario: 0, days, deliveries: Vec::new(), jumps: Vec::new() };
    let path = simulate_one(model, &request).unwrap();
    history(&path.days.iter().map(|day| day.spot).collect::<Vec<_>>())
}

/// Set A of the check values around a falling trend.
fn set_a() -> Model {
    Model::from_toml(
        "
        log_spot = 1.0
        [trend]
        level = 1.0
        slope = -0.4
        [reverting]
        kappa = 3.0
        sigma = 0.6
        [reverting.jumps]
        law = 'gaussian'
        intensity = 4.0
        mean = 0.10
        sd = 0.25
        ",
    )
    .unwrap()
}

#[test]
fn a_long_path_gives_its_parameters_back() {
    // Twelve years: the standard error of kappa is about 0.7, its bias 0.33.
    let model = set_a();
    let seeds = 8;
    let mut totals = [0.0; 6];
    for seed in 0..seeds {
        let found = calibrate(&simulated(&model, 4_383, seed)).unwrap();
        assert!(found.diagnostics.reversion_identified);
        let [_, reverting, _] = found.model.factors();
        let d = &found.diagnostics;
        let estimates = [
            reverting.kappa(),
            reverting.sigma(),
            d.jump_intensity.value,
            d.jump_mean.value,
            d.jump_sd.value,
            d.trend_slope,
        ];
        for (total, estimate) in totals.iter_mut().zip(estimates) {
            *total += estimate / seeds as f64;
        }
    }
    // Truth, and what a mean over eight histories may be off: the filter misses small jumps, so it finds fewer and
    // larger.
    let truth = [(3.0, 0.8), (0.6, 0.02), (4.0, 1.0), (0.10, 0.05), (0.25, 0.05), (-0.4, 0.06)];
    for (estimate, (truth, within)) in totals.iter().zip(truth) {
        assert!((estimate - truth).abs() < within, "{totals:?}");
    }
}

#[test]
fn a_random_walk_is_not_taken_for_mean_reversion() {
    let walk = Model::from_toml("[permanent]\nsigma = 0.5").unwrap();
    let identified = (0..20)
        .filter(|seed| calibrate(&simulated(&walk, 730, *seed)).unwrap().diagnostics.reversion_identified)
        .count();
    // One in twenty is the level of the test.
    assert!(identified <= 3, "{identified} of 20");
}

#[test]
fn a_list_price_of_few_steps_is_a_permanent_level_with_jumps() {
    let prices: Vec<f64> = (0..600)
        .map(|day| match day {
            0..100 => 15.0,
            100..250 => 6.0,
            250..400 => 0.9,
            _ => 0.3,
        })
        .collect();
    let found = calibrate(&history(&prices)).unwrap();
    let diagnostics = &found.diagnostics;
    assert_eq!(diagnostics.jumps.len(), 3);
    assert!(!diagnostics.reversion_identified);
    assert!((diagnostics.jumps[0].log_size - (6.0_f64 / 15.0).ln()).abs() < 1e-12);
    assert_eq!(diagnostics.sigma, Estimate { value: 0.05, standard_error: None });
    assert_eq!(diagnostics.warnings.len(), 3, "{:#?}", diagnostics.warnings);
    // The futures curve starts at the last price.
    let model = &found.model;
    assert!((model.futures_price(&model.start(), 0.0, 0.0) - 0.3).abs() < 1e-12);
}

#[test]
fn a_move_that_is_taken_back_in_days_is_a_spike() {
    let prices: Vec<f64> = (0..400_u32)
        .map(|day| {
            let wiggle = if day % 2 == 0 { 1.0 } else { 1.002 };
            let spike = if (200..203).contains(&day) { 1.5 } else { 1.0 };
            2.0 * wiggle * spike
        })
        .collect();
    let found = calibrate(&history(&prices)).unwrap();
    let jumps = &found.diagnostics.jumps;
    assert_eq!(jumps.len(), 1, "{jumps:?}");
    assert_eq!(jumps[0].kind, JumpKind::Spike);
    let [_, _, spike] = found.model.factors();
    assert!((spike.kappa() - crate::DAYS_PER_YEAR / 3.0).abs() < 1e-9);
}

#[test]
fn a_price_that_never_moves_is_refused() {
    assert!(matches!(calibrate(&history(&[2.0; 200])), Err(CalibrationError::NeverMoves)));
}

#[test]
fn days_without_a_price_are_counted_and_bridged() {
    let model = Model::paper();
    let full = simulated(&model, 900, 3);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "date,price").unwrap();
    // No prices at weekends.
    for observation in full.observations() {
        if observation.date.weekday().to_monday_one_offset() <= 5 {
            writeln!(file, "{},{}", observation.date, observation.price).unwrap();
        }
    }
    let found = calibrate(&History::load(file.path(), "price").unwrap()).unwrap();
    let diagnostics = found.diagnostics;
    assert!((250..=260).contains(&diagnostics.missing_days), "{}", diagnostics.missing_days);
    assert!((diagnostics.sigma.value - 0.4).abs() < 0.06, "{:?}", diagnostics.sigma);
}

/// The days of a history that `keeps` chooses by their number and their date.
fn thinned(full: &History, keeps: impl Fn(usize, jiff::civil::Date) -> bool) -> History {
    let kept = full.observations().iter().enumerate().filter(|(number, seen)| keeps(*number, seen.date));
    let rows = kept.map(|(_, seen)| format!("{},{:e}\n", seen.date, seen.price));
    let text = format!("date,price\n{}", rows.collect::<String>());
    History::from_bytes(std::path::Path::new("p.csv"), text.as_bytes(), "price", &Default::default()).unwrap()
}

#[test]
fn a_price_seen_on_business_days_or_every_week_or_month_has_the_volatility_of_its_year() {
    // A week taken for a day would give 1.3 instead of 0.5, a month 2.7; a Monday taken for a day of its own 0.6.
    let walk = Model::from_toml("[permanent]\nsigma = 0.5").unwrap();
    let seeds = 3_u32;
    let mut sums = [0.0; 4];
    for seed in 0..seeds {
        let full = simulated(&walk, 4_383, seed.into());
        let seen = [
            full.clone(),
            thinned(&full, |_, day| day.weekday().to_monday_one_offset() <= 5),
            thinned(&full, |number, _| number % 7 == 0),
            thinned(&full, |_, day| day.day() == 1),
        ];
        let names = seen.each_ref().map(|history| history.frequency().name());
        assert_eq!(names, ["daily", "business-day", "weekly", "monthly"]);
        for (sum, history) in sums.iter_mut().zip(&seen) {
            *sum += calibrate(history).unwrap().diagnostics.sigma.value / f64::from(seeds);
        }
    }
    // Twelve years have 4,383 days, 3,130 business days, 627 weeks, 144 months: the standard error of a mean over three
    // is 0.5 / sqrt(2 n) / sqrt(3), at most 0.017. Four of them, and what moves that were taken for jumps take out.
    for (sigma, within) in sums.iter().zip([0.02, 0.02, 0.04, 0.07]) {
        assert!((sigma - 0.5).abs() < within, "{sums:?}");
    }
}

#[test]
fn a_hole_of_years_is_one_move_among_the_others() {
    // It took half an hour: the law of the one move over the hole was computed half-life by half-life.
    let of = |history: &History| calibrate(history).unwrap().diagnostics;
    let whole = of(&History::sample(1));
    for years in [10, 60] {
        let found = of(&History::sample_with_hole(600, 365 * years));
        assert!(found.reversion_identified, "{years}");
        // Less of it is known: what both say agrees within its standard errors.
        let kappa =
            |of: &Diagnostics| of.kappa.and_then(|kappa| kappa.standard_error.map(|error| (kappa.value, error)));
        let ((with, error), (without, other)) = (kappa(&found).unwrap(), kappa(&whole).unwrap());
        assert!((with - without).abs() < 2.0 * error.hypot(other), "{years}: {with} {without}");
        assert!((found.sigma.value / whole.sigma.value - 1.0).abs() < 0.1, "{years}: {:?}", found.sigma);
    }
}

#[test]
fn the_sample_history_identifies_what_it_was_made_from() {
    for seed in 1..=5 {
        let found = calibrate(&History::sample(seed)).unwrap();
        assert!(found.diagnostics.reversion_identified, "seed {seed}");
    }
}

#[test]
fn the_real_list_prices_calibrate_when_they_are_at_hand() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/sit_class_daily.csv");
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return;
    }
    let found = calibrate(&History::load(&path, "blend31_median").unwrap()).unwrap();
    let diagnostics = &found.diagnostics;
    assert!(diagnostics.still_share > 0.9);
    assert!((-2.2..-1.2).contains(&diagnostics.trend_slope), "{}", diagnostics.trend_slope);
    let [permanent, ..] = found.model.factors();
    assert!(permanent.jumps().is_some_and(|jumps| jumps.law().moment(1) < 0.0));
}

#[test]
fn known_parameters_come_back_at_least_as_well_as_by_the_mixture_and_the_filter() {
    // `sit-sim calibrate --recovery` prints the table for 60 histories; these are 40 of the same process.
    let rows = recovery::recovery(40, 3, &|_| ()).unwrap();
    for row in &rows {
        let [found, start] = [&row.found, &row.start].map(|spread| spread.error(row.truth));
        let worse = row.mixture.error(row.truth).max(row.filter.error(row.truth));
        eprintln!("{}: {found:.4}; same histories {start:.4}, elsewhere at most {worse:.4}", row.parameter);
        assert!(found < 1.15 * worse, "{row:?}");
        assert!(found < 1.25 * start, "{row:?}");
        // The filter is the one that was measured elsewhere: a third is three standard errors of a spread over 40
        // histories.
        assert!((row.start.sd / row.filter.sd - 1.0).abs() < 0.35, "{row:?}");
    }
    // What the correction is for: the bias of kappa was two thirds and more.
    assert!((rows[0].found.mean - 3.0).abs() < 0.5, "{:?}", rows[0]);
}

#[test]
fn a_permanent_factor_is_told_from_a_fast_reverting_one() {
    let both = Model::from_toml("[permanent]\nsigma = 0.4\n[reverting]\nkappa = 30.0\nsigma = 0.9").unwrap();
    let mut found = Vec::new();
    for seed in 0..8 {
        let d = calibrate(&simulated(&both, 1_826, seed)).unwrap().diagnostics;
        let seen = d.permanent_likelihood_ratio.is_some_and(|ratio| ratio > 2.71);
        if let (true, Some(kappa), Some(sigma)) = (seen && d.reversion_identified, d.kappa, d.permanent_sigma) {
            found.push([kappa.value, d.sigma.value, sigma.value]);
        }
    }
    // The slope takes some of a slow wander for itself: the permanent volatility comes out low.
    assert!(found.len() >= 6, "{found:?}");
    let mean_of = |column: usize| crate::numeric::mean(&found.iter().map(|row| row[column]).collect::<Vec<_>>());
    assert!((mean_of(0) - 30.0).abs() < 8.0, "{found:?}");
    assert!((mean_of(1) - 0.9).abs() < 0.05, "{found:?}");
    assert!((mean_of(2) - 0.4).abs() < 0.1, "{found:?}");
}

#[test]
fn the_draws_of_a_seed_are_the_same_for_any_number_of_threads_and_reach_around_the_truth() {
    let history = History::sample(1);
    let calibration = calibrate(&history).unwrap();
    let draw = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bootstrap(&history, &calibration, 40, 7, &|_| ()).unwrap())
    };
    let posterior = draw(1);
    assert!(posterior == draw(3));
    let text = serde_json::to_string(&posterior).unwrap();
    let again = Posterior::from_json(&text).unwrap();
    let curve = |posterior: &Posterior| -> Vec<f64> {
        posterior.models().unwrap().iter().map(|model| model.futures_price(&model.start(), 0.0, 0.5)).collect()
    };
    assert!(curve(&again).iter().zip(curve(&posterior)).all(|(a, b)| (a / b - 1.0).abs() < 1e-12));
    // Every draw starts at the last price, and the bands hold what the sample was made from.
    let spot = calibration.model.spot(&calibration.model.start(), 0.0);
    assert!(
        posterior.models().unwrap().iter().all(|model| (model.spot(&model.start(), 0.0) / spot - 1.0).abs() < 1e-9)
    );
    for (name, truth) in [("reverting.kappa", 6.0), ("reverting.sigma", 0.45), ("reverting.jumps.intensity", 4.0)] {
        let band = posterior.parameters.iter().find(|band| band.name == name).unwrap();
        assert!(band.sd > 0.0 && (band.point - truth).abs() < 3.0 * band.sd, "{band:?}");
        assert!(band.percentiles.windows(2).all(|pair| pair[0] <= pair[1]), "{band:?}");
    }
    let size = posterior.parameters.len();
    assert!(posterior.covariance.len() == size && posterior.covariance.iter().all(|row| row.len() == size));
    assert!(matches!(bootstrap(&history, &calibration, 3, 7, &|_| ()), Err(CalibrationError::FewDraws(3))));
}

#[test]
fn the_draws_of_a_list_price_and_of_a_random_walk_are_models_too() {
    let steps: Vec<f64> =
        (0..900_i32).map(|day| 15.0 * 0.8_f64.powi(day / 100) * if day % 300 > 250 { 1.1 } else { 1.0 }).collect();
    let walk = Model::from_toml(
        "[permanent]\nsigma = 0.5\n[permanent.jumps]\nlaw = 'gaussian'\nintensity = 4.0\nmean = -0.2\nsd = 0.1",
    )
    .unwrap();
    for history in [history(&steps), simulated(&walk, 900, 1)] {
        let calibration = calibrate(&history).unwrap();
        assert!(!calibration.diagnostics.reversion_identified);
        let posterior = bootstrap(&history, &calibration, 30, 1, &|_| ()).unwrap();
        assert_eq!((posterior.left_out, posterior.draws.len()), (0, 30));
        let slope = &posterior.parameters[0];
        assert!(slope.sd > 0.0 && (slope.mean - slope.point).abs() < slope.sd, "{slope:?}");
    }
}

#[test]
fn lopsided_jumps_get_a_law_with_two_sides_by_likelihood() {
    let two_sided = Model::from_toml(
        "log_spot = 0.0\n[reverting]\nkappa = 8.0\nsigma = 0.4\n[reverting.jumps]\nlaw = 'double-exponential'\nintensity = 12.0\np_up = 0.8\neta_up = 4.0\neta_down = 12.0",
    )
    .unwrap();
    let history = simulated(&two_sided, 2_192, 5);
    let found = calibrate(&history).unwrap();
    let [_, reverting, _] = found.model.factors();
    let law = reverting.jumps().unwrap().law();
    let crate::model::JumpLaw::DoubleExponential { p_up, eta_up, .. } = law else {
        panic!("{law:?}");
    };
    assert!((p_up - 0.8).abs() < 0.15 && (eta_up - 4.0).abs() < 1.5, "{law:?}");
    let forced = calibrate_with(&history, &Settings { law: LawKind::Gaussian, ..Settings::default() }).unwrap();
    assert!(found.diagnostics.log_likelihood > forced.diagnostics.log_likelihood);
}
