//! sit-sim.

use sit_sim::model::Model;
use sit_sim::path::{BLOCK, Estimate, Isa, Key, Paths, Step, fold_blocks};

use crate::workload::{STEPS, Workload};

fn draw(model: &Model, isa: Isa, paths: u64, steps: u32, dt: f64, each_day: bool) -> Estimate {
    let step = Step::new(model, dt);
    let weight = 1.0 / f64::from(steps);
    let mut total = Estimate::default();
    fold_blocks(
        paths,
        |block, size| {
            let mut paths = Paths::on(isa, model, model.start(), Key { seed: 1, scenario: 0, block }, BLOCK);
            let mut prices = [0.0; BLOCK];
            for _ in 0..steps {
                paths.advance(&step);
                if each_day {
                    paths.add_spots(&mut prices, weight);
                }
            }
            if !each_day {
                paths.spots(&mut prices);
            }
            Estimate::of(&prices[..size])
        },
        |block| total.merge(block),
    );
    total
}

/// Prices at the end.
pub fn terminal(workload: &Workload, isa: Isa, paths: u64) -> Estimate {
    draw(&workload.model, isa, paths, STEPS, workload.dt, false)
}

/// Average over the prices of all days.
pub fn every_price(workload: &Workload, paths: u64) -> Estimate {
    draw(&workload.model, Isa::widest(), paths, STEPS, workload.dt, true)
}

/// What the diffusion alone takes.
pub fn without_jumps(workload: &Workload, paths: u64) -> Estimate {
    draw(&workload.without_jumps, Isa::widest(), paths, STEPS, workload.dt, false)
}

/// Prices at the end, in one step.
pub fn one_step(workload: &Workload, paths: u64) -> Estimate {
    draw(&workload.model, Isa::widest(), paths, 1, workload.years, false)
}
