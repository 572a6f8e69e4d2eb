//! Scheduled jumps, clusters and prices of risk: what is drawn against what the closed forms say.

use super::*;
use crate::model::Model;

const CLUSTERED: &str = "
    log_spot = 0.1
    [permanent]
    sigma = 0.1
    price_of_risk = 0.8
    [spike]
    kappa = 8.0
    sigma = 0.3
    [spike.jumps]
    law = 'double-exponential'
    intensity = 3.0
    p_up = 0.8
    eta_up = 9.0
    eta_down = 6.0
    [spike.clusters]
    excitation = 12.0
    decay = 20.0
    start = 15.0
    [[launches]]
    time = 0.2
    mean = -0.22
    sd = 0.15
";

/// Estimates over paths of the log price, the price, and a futures price after `t`, in steps of a third of it.
fn drawn(model: &Model, t: f64, blocks: u64) -> [Estimate; 3] {
    let step = Step::new(model, t / 3.0);
    let mut found = [Estimate::default(); 3];
    for block in 0..blocks {
        let mut paths = Paths::new(model, model.start(), Key { seed: 21, scenario: 0, block }, BLOCK);
        for _ in 0..3 {
            paths.advance(&step);
        }
        let logs = paths.log_spots().to_vec();
        let prices: Vec<f64> = logs.iter().map(|x| x.exp()).collect();
        // The curve of one path costs an equation to solve: a few hundred of them are enough.
        let futures: Vec<f64> = (0..512).map(|path| model.futures_price(&paths.state(path), t, 0.2)).collect();
        for (estimate, values) in found.iter_mut().zip([logs, prices, futures]) {
            estimate.merge(Estimate::of(&values));
        }
    }
    found
}

#[test]
fn clusters_and_launches_have_the_exact_moments() {
    let model = Model::from_toml(CLUSTERED).unwrap();
    let [logs, prices, _] = drawn(&model, 0.3, 20);
    let exact = model.moments(&model.start(), 0.0, 0.3);
    let n = 20.0 * BLOCK as f64;
    assert!((logs.mean() - exact.mean_log).abs() < 3.0 * logs.error());
    let error = exact.var_log * ((exact.exkurt_log + 2.0) / n).sqrt();
    assert!((logs.sd().powi(2) - exact.var_log).abs() < 3.0 * error, "{} {}", logs.sd().powi(2), exact.var_log);
    assert!((prices.mean() - exact.mean).abs() < 3.0 * prices.error());
}

#[test]
fn futures_are_martingales_where_they_are_priced_and_pay_for_risk_where_they_are_not() {
    let model = Model::from_toml(CLUSTERED).unwrap();
    let today = model.futures_price(&model.start(), 0.0, 0.5);
    let [_, _, priced] = drawn(&model.priced(), 0.3, 20);
    assert!((priced.mean() - today).abs() < 3.0 * priced.error(), "{} {today}", priced.mean());
    let [_, _, real] = drawn(&model, 0.3, 20);
    let premium = (0.8 * 0.1 * 0.3_f64).exp();
    assert!((real.mean() - today * premium).abs() < 3.0 * real.error());
}

#[test]
fn the_intensity_has_its_mean() {
    let model = Model::from_toml(CLUSTERED).unwrap();
    let mut paths = Paths::new(&model, model.start(), Key { seed: 3, scenario: 0, block: 0 }, 2 * BLOCK);
    for _ in 0..5 {
        paths.advance(&Step::new(&model, 0.02));
    }
    let excess: Vec<f64> = (0..2 * BLOCK).map(|path| paths.state(path).excess[2]).collect();
    let found = Estimate::of(&excess);
    let [.., spike] = model.factors();
    let exact = spike.jumps().and_then(|jumps| jumps.clusters()).unwrap().mean_intensity(3.0, 0.1) - 3.0;
    assert!((found.mean() - exact).abs() < 3.0 * found.error(), "{} {exact}", found.mean());
}

#[test]
fn a_launch_happens_once_on_its_day_whatever_the_steps() {
    let model = Model::from_toml("[[launches]]\ntime = 0.3\nmean = 0.7").unwrap();
    for steps in [1, 3, 7, 10, 30] {
        let step = Step::new(&model, 0.6 / f64::from(steps));
        let mut paths = Paths::new(&model, model.start(), Key { seed: 1, scenario: 0, block: 0 }, 2);
        for _ in 0..steps {
            paths.advance(&step);
            let after = paths.time() > 0.3 - 1e-9;
            assert_eq!(paths.log_spots()[0], if after { 0.7 } else { 0.0 });
        }
    }
}
