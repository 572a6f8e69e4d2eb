//! The margin backtest on histories whose truth is known, and on the real one.

use std::path::Path;

use super::*;
use crate::history::{History, ReadOptions};
use crate::model::Model;
use crate::path::{PathRequest, simulate_one};

fn prices(model: &Model, seed: u64, days: u32) -> Vec<f64> {
    let request = PathRequest { seed, scenario: 9, days, deliveries: Vec::new(), jumps: Vec::new() };
    simulate_one(model, &request).unwrap().days.into_iter().map(|day| day.spot).collect()
}

fn request() -> WalkRequest {
    WalkRequest { simulations: 200, ..WalkRequest::default() }
}

/// A process without memory of where it stands, so that one law holds for every day.
const MEMORYLESS: &str = "
    log_spot = 0.0
    [permanent]
    drift = -0.125
    sigma = 0.4
    [permanent.jumps]
    law = 'gaussian'
    intensity = 6.0
    mean = 0.0
    sd = 0.12
";

#[test]
fn a_margin_from_the_true_model_passes_and_one_from_a_calmer_model_does_not() {
    let truth = Model::from_toml(MEMORYLESS).unwrap();
    let calm = Model::from_toml("log_spot = 0.0\n[permanent]\nsigma = 0.2").unwrap();
    let series = prices(&truth, 3, 4_000);
    for side in known(&truth, &series, &request()).unwrap().sides {
        assert!(side.kupiec.exact_p_value > 0.01 && side.shortfall.z2.p_value > 0.01, "{side:?}");
        assert!(side.margin_exceedances <= side.exceedances);
    }
    for side in known(&calm, &series, &request()).unwrap().sides {
        assert!(side.kupiec.exact_p_value < 1e-6 && side.shortfall.z2.p_value < 0.01, "{side:?}");
        assert_eq!(side.traffic_light.zone, Zone::Red);
    }
}

#[test]
fn a_margin_calibrated_on_the_past_holds_on_what_follows() {
    let mut passed = 0;
    for seed in 1..=4 {
        let result = walk(&History::sample(seed), &request(), &|_| ()).unwrap();
        assert!(result.calibrations >= 7);
        for side in &result.sides {
            assert!(side.observations > 300);
            // Of eight tests at 1 % one may fail by chance.
            passed += u32::from(side.kupiec.exact_p_value > 0.01 && side.traffic_light.zone != Zone::Red);
        }
    }
    assert!(passed >= 7, "{passed} of 8");
}

#[test]
fn the_real_list_prices_are_walked_when_they_are_at_hand() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/sit_class_daily.csv");
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return;
    }
    let result = walk(&History::load(&path, "blend31_median").unwrap(), &request(), &|_| ()).unwrap();
    for side in &result.sides {
        assert!(side.observations > 200 && side.margin_exceedances == 0, "{side:?}");
    }
}

#[test]
fn the_years_of_a_hole_count_for_nothing() {
    let whole = walk(&History::sample(1), &request(), &|_| ()).unwrap();
    for years in [10, 60] {
        // It was one calibration after another on the same prices, up to the fortieth, and few after the hole.
        let history = History::sample_with_hole(600, 365 * years);
        let found = walk(&history, &request(), &|_| ()).unwrap();
        assert_eq!(found.calibrations, calibrations(&history));
        assert!(found.calibrations.abs_diff(whole.calibrations) <= 1, "{} {}", found.calibrations, whole.calibrations);
        assert_eq!(found.own_grid.map(|grid| grid.holes), Some(1));
        // One horizon falls into the hole, and the grid of the rest may begin a day later.
        assert!(found.sides[0].observations.abs_diff(whole.sides[0].observations) <= 3, "{:?}", found.sides[0]);
    }
}

/// The sample on business days; on one Monday of its third year the price is higher than on the Friday before, and
/// stays so. Returns the history and that rise.
fn with_a_weekend_that_moved() -> (History, f64) {
    let moved = jiff::civil::date(2025, 3, 10);
    let sample = History::sample(1);
    let seen = sample.observations().iter().filter(|seen| seen.date.weekday().to_monday_one_offset() <= 5);
    let rows = seen.map(|seen| {
        let price = if seen.date < moved { seen.price } else { 1.6 * seen.price };
        format!("{},{price:e}\n", seen.date)
    });
    let text = format!("date,price\n{}", rows.collect::<String>());
    let history = History::from_bytes(Path::new("p.csv"), text.as_bytes(), "price", &ReadOptions::default()).unwrap();
    let at = history.observations().iter().position(|seen| seen.date == moved).unwrap();
    let price = |at: usize| history.observations()[at].price;
    let rise = price(at) / price(at - 1) - 1.0;
    (history, rise)
}

#[test]
fn every_business_day_is_tested_and_the_weekends_with_them() {
    let (history, rise) = with_a_weekend_that_moved();
    let days = history.days();
    let walk = |horizon_days| walk(&history, &WalkRequest { horizon_days, ..request() }, &|_| ()).unwrap();
    // Of one day: each price and the next, from the first calibration on.
    let each = walk(1);
    let first = days.partition_point(|day| *day < 365);
    assert_eq!(each.sides[0].observations, (days.len() - 1 - first) as u64);
    let grid = each.own_grid.unwrap();
    assert_eq!((grid.shortest_days, grid.longest_days, grid.holes), (1, 3, 0));
    assert!((each.sides[0].worst_loss - rise).abs() < 1e-12, "{} and not {rise}", each.sides[0].worst_loss);
    // Of two: some end on a Friday, others go over the weekend. Before a new calibration a rest is left that is shorter
    // than a horizon; no other day is left out.
    let two = walk(2);
    let grid = two.own_grid.unwrap();
    assert_eq!((grid.shortest_days, grid.holes), (2, 0));
    assert!((3..=4).contains(&grid.longest_days), "{grid:?}");
    let tested = (grid.mean_days * two.sides[0].observations as f64).round() as i32;
    let whole = days[days.len() - 1] - days[first];
    let rests = 3 * two.calibrations as i32;
    assert!((whole - rests..=whole).contains(&tested), "{tested} of {whole} days");
    assert!(two.sides[0].worst_loss > 0.4, "the weekend that moved is in one of them: {}", two.sides[0].worst_loss);
}

#[test]
fn a_history_of_less_than_a_year_can_not_be_walked() {
    let short = History::sample(1).first(300);
    assert!(matches!(walk(&short, &request(), &|_| ()), Err(WalkError::Short { days: 299, needed: 367 })));
    let none = WalkRequest { horizon_days: 0, ..request() };
    assert!(matches!(walk(&History::sample(1), &none, &|_| ()), Err(WalkError::Horizon(0))));
}
