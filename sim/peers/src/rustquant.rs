//! RustQuant: Euler steps, each path stored. Its Ornstein-Uhlenbeck process has no jumps. Its process with jumps is
//! another one, a geometric Brownian motion without reversion: at most one jump a step, in units of the price. So both
//! are timed, and neither estimates our price.

use RustQuant_stochastics::{MertonJumpDiffusion, OrnsteinUhlenbeck, StochasticProcess, StochasticProcessConfig};
use sit_sim::path::{BLOCK, Estimate, fold_blocks};

use crate::workload::{INTENSITY, JUMP_MEAN, JUMP_SD, KAPPA, LOG_SPOT, SIGMA, STEPS, Workload};

/// The diffusion alone, of the logarithm.
pub fn diffusion(workload: &Workload, paths: u64) -> Estimate {
    draw(workload, paths, LOG_SPOT, || OrnsteinUhlenbeck::new(0.0, SIGMA, KAPPA), f64::exp)
}

/// With jumps, of the price.
pub fn jumps(workload: &Workload, paths: u64) -> Estimate {
    let process = || MertonJumpDiffusion::new(0.0, SIGMA, INTENSITY, JUMP_MEAN, JUMP_SD * JUMP_SD);
    draw(workload, paths, LOG_SPOT.exp(), process, |price| price)
}

/// Whole blocks, as its paths are made: our threads share the blocks, so its own are not asked for.
fn draw<P: StochasticProcess>(
    workload: &Workload,
    paths: u64,
    start: f64,
    process: impl Fn() -> P + Sync,
    price: impl Fn(f64) -> f64 + Sync,
) -> Estimate {
    let mut total = Estimate::default();
    fold_blocks(
        paths,
        |_, size| {
            let config = StochasticProcessConfig::new(start, 0.0, workload.years, STEPS as usize, size, false);
            let drawn = process().euler_maruyama(&config);
            let mut prices = [0.0; BLOCK];
            for (out, path) in prices.iter_mut().zip(&drawn.paths) {
                *out = price(path[STEPS as usize]);
            }
            Estimate::of(&prices[..size])
        },
        |block| total.merge(block),
    );
    total
}
