//! The loop that anyone would write with rand and rand_distr: exact, one path after the other. The times of the jumps
//! are drawn once along the path, or, plainer and on the standard generator, their number day by day.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, Poisson, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use sit_sim::path::{BLOCK, Estimate, fold_blocks};

use crate::workload::{INTENSITY, JUMP_MEAN, JUMP_SD, KAPPA, LOG_SPOT, SIGMA, STEPS, Workload};

/// With the fastest of rand's generators.
pub fn fast(workload: &Workload, paths: u64) -> Estimate {
    along_the_path::<Xoshiro256PlusPlus>(workload, paths)
}

/// With rand's standard generator.
pub fn standard(workload: &Workload, paths: u64) -> Estimate {
    along_the_path::<StdRng>(workload, paths)
}

/// With rand's standard generator, a Poisson number of jumps each day at uniform times.
pub fn day_by_day(workload: &Workload, paths: u64) -> Estimate {
    let (decay, scale) = transition(workload.dt);
    let number = Poisson::new(INTENSITY * workload.dt).expect("the mean is above zero");
    draw::<StdRng>(paths, |rng| {
        let mut x = LOG_SPOT;
        for _ in 0..STEPS {
            let z: f64 = StandardNormal.sample(rng);
            x = x * decay + scale * z;
            let jumps: f64 = number.sample(rng);
            for _ in 0..jumps as u32 {
                let z: f64 = StandardNormal.sample(rng);
                let left: f64 = rng.random();
                x += (-KAPPA * workload.dt * left).exp() * (JUMP_MEAN + JUMP_SD * z);
            }
        }
        x
    })
}

/// The times of the jumps drawn along the path.
fn along_the_path<R: Rng + SeedableRng>(workload: &Workload, paths: u64) -> Estimate {
    let dt = workload.dt;
    let (decay, scale) = transition(dt);
    draw::<R>(paths, |rng| {
        let gap = |rng: &mut R| -> f64 {
            let unit: f64 = Exp1.sample(rng);
            unit / INTENSITY
        };
        let mut x = LOG_SPOT;
        let mut until_jump = gap(rng);
        for _ in 0..STEPS {
            let z: f64 = StandardNormal.sample(rng);
            x = x * decay + scale * z;
            while until_jump < dt {
                let z: f64 = StandardNormal.sample(rng);
                x += (-KAPPA * (dt - until_jump)).exp() * (JUMP_MEAN + JUMP_SD * z);
                until_jump += gap(rng);
            }
            until_jump -= dt;
        }
        x
    })
}

/// What is left of the factor after a step, and the standard deviation of what is added.
fn transition(dt: f64) -> (f64, f64) {
    ((-KAPPA * dt).exp(), SIGMA * (-(-2.0 * KAPPA * dt).exp_m1() / (2.0 * KAPPA)).sqrt())
}

/// Prices of all paths, whose logarithms are drawn one by one.
fn draw<R: SeedableRng>(paths: u64, path: impl Fn(&mut R) -> f64 + Sync) -> Estimate {
    let mut total = Estimate::default();
    fold_blocks(
        paths,
        |block, size| {
            let mut rng = R::seed_from_u64(block);
            let mut prices = [0.0; BLOCK];
            prices[..size].iter_mut().for_each(|price| *price = path(&mut rng).exp());
            Estimate::of(&prices[..size])
        },
        |block| total.merge(block),
    );
    total
}
