//! The loop that anyone would write with rand and rand_distr: exact, one path after the other, the times of the jumps drawn
//! once along the path.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use sit_sim::path::{BLOCK, Estimate, fold_blocks};

use crate::workload::{INTENSITY, JUMP_MEAN, JUMP_SD, KAPPA, LOG_SPOT, SIGMA, STEPS, Workload};

/// With the fastest of rand's generators.
pub fn fast(workload: &Workload, paths: u64) -> Estimate {
    draw::<Xoshiro256PlusPlus>(workload, paths)
}

/// With rand's standard generator.
pub fn standard(workload: &Workload, paths: u64) -> Estimate {
    draw::<StdRng>(workload, paths)
}

fn draw<R: Rng + SeedableRng>(workload: &Workload, paths: u64) -> Estimate {
    let dt = workload.dt;
    let decay = (-KAPPA * dt).exp();
    let scale = SIGMA * (-(-2.0 * KAPPA * dt).exp_m1() / (2.0 * KAPPA)).sqrt();
    let mut total = Estimate::default();
    fold_blocks(
        paths,
        |block, size| {
            let mut rng = R::seed_from_u64(block);
            let gap = |rng: &mut R| -> f64 {
                let unit: f64 = Exp1.sample(rng);
                unit / INTENSITY
            };
            let mut prices = [0.0; BLOCK];
            for price in &mut prices[..size] {
                let mut x = LOG_SPOT;
                let mut until_jump = gap(&mut rng);
                for _ in 0..STEPS {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    x = x * decay + scale * z;
                    while until_jump < dt {
                        let z: f64 = StandardNormal.sample(&mut rng);
                        x += (-KAPPA * (dt - until_jump)).exp() * (JUMP_MEAN + JUMP_SD * z);
                        until_jump += gap(&mut rng);
                    }
                    until_jump -= dt;
                }
                *price = x.exp();
            }
            Estimate::of(&prices[..size])
        },
        |block| total.merge(block),
    );
    total
}
