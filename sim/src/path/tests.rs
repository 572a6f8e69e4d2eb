//! The law of the paths, and that their bits depend on nothing but the key.

use rayon::prelude::*;

use super::*;
use crate::model::{Model, State};
use crate::numeric::{mean, standard_deviation};

/// A model with everything in it.
fn full() -> Model {
    Model::from_toml(
        "
        log_spot = 0.3
        [trend]
        slope = -1.0
        [permanent]
        drift = 0.2
        sigma = 0.15
        [permanent.jumps]
        law = 'double-exponential'
        intensity = 3.0
        p_up = 0.2
        eta_up = 8.0
        eta_down = 5.0
        [reverting]
        kappa = 3.0
        sigma = 0.5
        [reverting.jumps]
        law = 'gaussian'
        intensity = 4.0
        mean = 0.1
        sd = 0.2
        [spike]
        kappa = 60.0
        [spike.jumps]
        law = 'gaussian'
        intensity = 10.0
        mean = 0.2
        sd = 0.1
        ",
    )
    .unwrap()
}

fn key(block: u64) -> Key {
    Key { seed: 7, scenario: 3, block }
}

/// Log prices after `years`, in `steps` steps.
fn terminal(model: &Model, years: f64, steps: u32, blocks: u64) -> Vec<f64> {
    let step = Step::new(model, years / f64::from(steps));
    let mut logs = Vec::new();
    for block in 0..blocks {
        let mut paths = Paths::new(model, model.start(), key(block), BLOCK);
        for _ in 0..steps {
            paths.advance(&step);
        }
        logs.extend_from_slice(paths.log_spots());
    }
    logs
}

#[test]
fn one_step_or_many_have_the_exact_moments() {
    let model = full();
    let exact = model.moments(&model.start(), 0.0, 0.5);
    for steps in [1, 13] {
        let logs = terminal(&model, 0.5, steps, 25);
        let n = logs.len() as f64;
        let error = (exact.var_log / n).sqrt();
        assert!((mean(&logs) - exact.mean_log).abs() < 3.0 * error);
        // The standard error of a variance is var sqrt((exkurt + 2)/n).
        let variance_error = exact.var_log * ((exact.exkurt_log + 2.0) / n).sqrt();
        let variance = standard_deviation(&logs).powi(2);
        assert!((variance - exact.var_log).abs() < 3.0 * variance_error);
        let prices: Vec<f64> = logs.iter().map(|x| x.exp()).collect();
        assert!((mean(&prices) - exact.mean).abs() < 3.0 * exact.sd / n.sqrt());
    }
}

#[test]
fn the_whole_distribution_is_that_of_the_fourier_inversion() {
    // Kolmogorov's distance over a hundredth of the sample; for the whole of it the 1 % point is 1.63/sqrt(n).
    use crate::risk::FuturesRisk;
    let model = full();
    let mut logs = terminal(&model, 0.5, 7, 5);
    logs.sort_unstable_by(f64::total_cmp);
    let risk = FuturesRisk::new(&model, 0.5, 0.5).unwrap();
    let futures = model.futures_price(&model.start(), 0.0, 0.5).ln();
    let n = logs.len();
    let distance = (1..100)
        .into_par_iter()
        .map(|percent| {
            let rank = percent * n / 100;
            (risk.distribution().cdf(logs[rank] - futures) - (rank as f64 + 0.5) / n as f64).abs()
        })
        .reduce(|| 0.0, f64::max);
    assert!(distance < 1.63 / (n as f64).sqrt(), "{distance}");
}

#[test]
fn normal_numbers_have_normal_tails() {
    let model = Model::from_toml("[permanent]\nsigma = 1.0").unwrap();
    let logs = terminal(&model, 1.0, 1, 100);
    let n = logs.len() as f64;
    for (bound, probability) in [(1.0, 0.15865525393145705), (2.0, 0.02275013194817921), (3.5, 2.3262907903552502e-4)] {
        let error = (probability * (1.0 - probability) / n).sqrt();
        for side in [-1.0, 1.0] {
            let share = logs.iter().filter(|x| *x * side > bound).count() as f64 / n;
            assert!((share - probability).abs() < 3.5 * error, "{share} beyond {bound}");
        }
    }
    // The two numbers of a pair, and neighbours, have nothing to do with one another.
    for lag in [1, 8, 256] {
        let products: Vec<f64> = logs.iter().zip(&logs[lag..]).map(|(a, b)| a * b).collect();
        assert!(mean(&products).abs() < 3.5 / n.sqrt(), "lag {lag}");
    }
}

/// The bits of everything that a block can be asked for.
fn bits(isa: Isa, model: &Model, block: u64, count: usize) -> Vec<u64> {
    let mut paths = Paths::on(isa, model, model.start(), key(block), count);
    let (mut sums, mut low, mut high) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
    for step in [Step::new(model, 0.01), Step::new(model, 0.2), Step::new(model, 1e-4)] {
        paths.advance(&step);
        paths.add_spots(&mut sums, 0.3);
        paths.widen(&mut low, &mut high);
    }
    paths.shock(Target::Spike, 0.1);
    let logs = paths.log_spots().to_vec();
    [sums, low, high, logs].concat().into_iter().map(f64::to_bits).collect()
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for count in [2, 18, 1000, BLOCK] {
        let portable = bits(Isa::PORTABLE, &full(), 5, count);
        for isa in Isa::available() {
            assert!(bits(isa, &full(), 5, count) == portable, "{}, {count} paths", isa.name());
        }
    }
}

#[test]
fn one_two_and_seven_threads_give_the_same_bits() {
    let model = full();
    let step = Step::new(&model, 0.02);
    let found = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut estimate = Estimate::default();
            fold_blocks(
                30_001,
                |block, size| {
                    let mut paths = Paths::new(&model, model.start(), key(block), BLOCK);
                    paths.advance(&step);
                    let mut spots = [0.0; BLOCK];
                    paths.spots(&mut spots);
                    Estimate::of(&spots[..size])
                },
                |block| estimate.merge(block),
            );
            [estimate.mean().to_bits(), estimate.sd().to_bits(), estimate.error().to_bits()]
        })
    };
    let one = found(1);
    assert_eq!(found(2), one);
    assert_eq!(found(7), one);
}

#[test]
fn the_first_paths_of_a_block_are_the_same_however_many_blocks_follow() {
    let counted = |total: u64| {
        let mut sizes = Vec::new();
        fold_blocks(total, |block, size| (block, size), |each| sizes.push(each));
        sizes
    };
    assert_eq!(counted(1), [(0, 1)]);
    assert_eq!(counted(2 * BLOCK as u64 + 5), [(0, BLOCK), (1, BLOCK), (2, 5)]);
    assert!(counted(0).is_empty());
}

#[test]
fn a_model_without_jumps_moves_by_the_same_diffusion() {
    let with = full();
    let [a, b, c] = with.factors();
    let bare = |kappa: f64, sigma: f64| crate::model::Factor::reverting("bare", kappa, sigma, None).unwrap();
    let permanent = crate::model::Factor::permanent(a.drift(), a.sigma(), None).unwrap();
    let without =
        Model::new(*with.trend(), permanent, bare(b.kappa(), b.sigma()), bare(c.kappa(), c.sigma()), with.start());
    let moved = |model: &Model| {
        let mut paths = Paths::new(model, State::default(), key(0), 4 * BLOCK);
        paths.advance(&Step::new(model, 1e-3));
        paths.log_spots().to_vec()
    };
    // Of 16384 paths with 17 jumps a year all but some 280 stay without one for a thousandth of it.
    let same = moved(&with).iter().zip(moved(&without)).filter(|(a, b)| **a == *b).count();
    assert!(same > 16_000 && same < 16_384, "{same}");
}

#[test]
fn a_model_without_randomness_follows_its_trend() {
    let model = Model::from_toml("log_spot = 1.0\n[trend]\nslope = -0.5").unwrap();
    let mut paths = Paths::new(&model, model.start(), key(0), 1);
    let step = Step::new(&model, 0.5);
    for _ in 0..4 {
        paths.advance(&step);
    }
    assert!(paths.log_spots()[0].abs() < 1e-15);
    assert_eq!(paths.count(), 2);
}
