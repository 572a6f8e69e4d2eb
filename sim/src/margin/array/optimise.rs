//! Fourteen scenarios that cover the needs of many portfolios with the least margin.
//!
//! ```text
//! minimise  mean over p of [ margin(p) + PENALTY max(0, need(p) - margin(p)) ],    margin(p) = max over s of - exposure . move(s)
//! ```
//!
//! over the moves, each month within its own margin. The need is a convex function of the portfolio, so the moves that
//! ask for it are corners to start from: the worst-covered portfolio's is added until there are fourteen (Kelley's
//! cutting planes). From there the sum is lowered by projected subgradient steps with per-coordinate scaling (Kingma
//! and Ba, ICLR 2015). What still falls short is lifted by scaling all fourteen. Exposures are scaled so that a
//! portfolio's months' own margins add up to one.

use rayon::prelude::*;

use super::super::{SCENARIOS, SLOTS};

/// A move of the curve, as fractions of the marks.
pub(super) type Move = [f64; SLOTS];

/// What one portfolio needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// Exposures, scaled.
    pub exposures: Move,
    /// Margin that covers it, as a share of its months' own margins.
    pub least: f64,
    /// The move of the curve that asks for it.
    pub at: Move,
}

/// Scenarios that are given: level-up and level-down.
const GIVEN: usize = 2;

/// Weight of a missing unit of margin against an unneeded one.
const PENALTY: f64 = 40.0;

/// Steps of the descent.
const STEPS: u32 = 400;

/// First length of a step, as a share of a month's margin; it falls linearly to a fiftieth of it.
const FIRST_STEP: f64 = 0.02;

/// Memory of the mean gradient and of its square.
const MEMORY: [f64; 2] = [0.9, 0.99];

/// Share of the portfolios whose need is met exactly or better after the last scaling.
const MET: f64 = 0.995;

/// Portfolios of one parallel task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 128;

/// All scenarios: the two given ones, then the others.
pub(super) fn scenarios(needs: &[Need], up: Move, down: Move) -> [Move; SCENARIOS] {
    let mut moves = [[0.0; SLOTS]; SCENARIOS];
    moves[0] = up;
    moves[1] = down;
    let limits = Limits { up, down };
    for place in GIVEN..SCENARIOS {
        let worst = needs
            .iter()
            .map(|need| (need.least - margin(&moves, &need.exposures).0, need))
            .fold(None::<(f64, &Need)>, |best, next| if best.is_none_or(|b| next.0 > b.0) { Some(next) } else { best });
        if let (Some((_, need)), Some(entry)) = (worst, moves.get_mut(place)) {
            *entry = limits.within(need.at);
        }
    }
    descend(&mut moves, needs, &limits);
    lift(&mut moves, needs, &limits);
    moves
}

struct Limits {
    up: Move,
    down: Move,
}

impl Limits {
    fn within(&self, mut point: Move) -> Move {
        for ((value, up), down) in point.iter_mut().zip(&self.up).zip(&self.down) {
            *value = value.clamp(*down, *up);
        }
        point
    }

    /// Unit of each month: the larger of its two margins.
    fn unit(&self, slot: usize) -> f64 {
        let at = |side: &Move| side.get(slot).copied().unwrap_or_default().abs();
        at(&self.up).max(at(&self.down))
    }
}

/// The margin of a portfolio and the scenario that asks for it; at least zero.
fn margin(moves: &[Move; SCENARIOS], exposures: &Move) -> (f64, usize) {
    let mut worst = (0.0, 0);
    for (scenario, change) in moves.iter().enumerate() {
        let loss = -super::dot(exposures, change);
        if loss > worst.0 {
            worst = (loss, scenario);
        }
    }
    worst
}

fn descend(moves: &mut [Move; SCENARIOS], needs: &[Need], limits: &Limits) {
    let (mut first, mut second) = ([[0.0; SLOTS]; SCENARIOS], [[0.0; SLOTS]; SCENARIOS]);
    for step in 0..STEPS {
        let gradient = gradient(moves, needs, limits);
        let left = 1.0 - f64::from(step) / f64::from(STEPS);
        let length = FIRST_STEP * (0.02 + 0.98 * left);
        let warm = MEMORY.map(|memory| 1.0 - memory.powi(step as i32 + 1));
        for scenario in GIVEN..SCENARIOS {
            let mut point = moves[scenario];
            for slot in 0..SLOTS {
                let slope = gradient[scenario][slot];
                let (m, v) = (&mut first[scenario][slot], &mut second[scenario][slot]);
                *m = MEMORY[0] * *m + (1.0 - MEMORY[0]) * slope;
                *v = MEMORY[1] * *v + (1.0 - MEMORY[1]) * slope * slope;
                let (mean, square) = (*m / warm[0], *v / warm[1]);
                point[slot] -= length * limits.unit(slot) * mean / (square.sqrt() + 1e-9);
            }
            moves[scenario] = limits.within(point);
        }
    }
}

/// Slope of the objective in each month of each scenario, per unit of the month.
fn gradient(moves: &[Move; SCENARIOS], needs: &[Need], limits: &Limits) -> [Move; SCENARIOS] {
    let parts: Vec<[Move; SCENARIOS]> = needs
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut sum = [[0.0; SLOTS]; SCENARIOS];
            for need in chunk {
                let (value, scenario) = margin(moves, &need.exposures);
                let weight = if value < need.least { 1.0 - PENALTY } else { 1.0 };
                for (entry, exposure) in sum[scenario].iter_mut().zip(&need.exposures) {
                    *entry -= weight * exposure;
                }
            }
            sum
        })
        .collect();
    let mut total = [[0.0; SLOTS]; SCENARIOS];
    for part in &parts {
        for (row, add) in total.iter_mut().zip(part) {
            for (slot, (entry, add)) in row.iter_mut().zip(add).enumerate() {
                *entry += add * limits.unit(slot) / needs.len() as f64;
            }
        }
    }
    total
}

/// Scales the found scenarios up until nearly all needs are met.
fn lift(moves: &mut [Move; SCENARIOS], needs: &[Need], limits: &Limits) {
    let mut missing: Vec<f64> = needs
        .iter()
        .map(|need| {
            let value = margin(moves, &need.exposures).0;
            if value > 0.0 { need.least / value } else { 1.0 }
        })
        .collect();
    if missing.is_empty() {
        return;
    }
    missing.sort_unstable_by(f64::total_cmp);
    let place = ((missing.len() as f64 * MET).ceil() as usize).clamp(1, missing.len()) - 1;
    let factor = missing.get(place).copied().unwrap_or(1.0).max(1.0);
    for entry in moves.iter_mut().skip(GIVEN) {
        *entry = limits.within(entry.map(|value| value * factor));
    }
}
