//! stochastic-rs: Euler steps, each path stored. Its Ornstein-Uhlenbeck process has no jumps; its jump process draws
//! the diffusion through a Fourier transform and lets a jump decay from the end of its step.

use ndarray::Array1;
use sit_sim::path::{BLOCK, Estimate, fold_blocks};
use stochastic_rs_core::simd_rng::{Deterministic, Unseeded};
use stochastic_rs_stochastic::diffusion::ou::Ou;
use stochastic_rs_stochastic::jump::jump_fou::JumpFou;
use stochastic_rs_stochastic::process::cpoisson::CompoundPoisson;
use stochastic_rs_stochastic::process::poisson::Poisson;
use stochastic_rs_stochastic::traits::{PathSampler, ProcessExt};

use crate::workload::{INTENSITY, JUMP_MEAN, JUMP_SD, KAPPA, LOG_SPOT, SIGMA, STEPS, Workload};

/// Points of a path, the first included.
const POINTS: usize = STEPS as usize + 1;

/// The diffusion alone.
pub fn diffusion(workload: &Workload, paths: u64) -> Estimate {
    draw(paths, |block| {
        let seed = Deterministic::new(block);
        Ou::<f64, _>::new(KAPPA, 0.0, SIGMA, POINTS, Some(LOG_SPOT), Some(workload.years), seed)
    })
}

/// With jumps.
pub fn jumps(workload: &Workload, paths: u64) -> Estimate {
    draw(paths, |block| {
        let sizes = rand_distr_05::Normal::new(JUMP_MEAN, JUMP_SD).expect("the parameters are valid");
        let arrivals = Poisson::new(INTENSITY, None, Some(workload.years), Unseeded);
        let compound = CompoundPoisson::new(sizes, arrivals, Unseeded);
        let seed = Deterministic::new(block);
        JumpFou::new(0.5, KAPPA, 0.0, SIGMA, POINTS, Some(LOG_SPOT), Some(workload.years), compound, seed)
    })
}

fn draw<P: ProcessExt<f64, Output = Array1<f64>>>(paths: u64, process: impl Fn(u64) -> P + Sync) -> Estimate {
    let mut total = Estimate::default();
    fold_blocks(
        paths,
        |block, size| {
            let process = process(block);
            let mut sampler = process.sampler();
            let mut path = Array1::zeros(POINTS);
            let mut prices = [0.0; BLOCK];
            for price in &mut prices[..size] {
                sampler.sample_into(&mut path);
                *price = path[POINTS - 1].exp();
            }
            Estimate::of(&prices[..size])
        },
        |block| total.merge(block),
    );
    total
}
