//! The risk array: how the whole curve moves in each of sixteen scenarios.
//!
//! ```text
//! margin of a portfolio = max over s of  - sum_m exposure_m shock_m(s)            exposure = value at the mark, short below zero
//! need of a portfolio   = max( its own expected shortfall,  spread floor * sum of its months' margins )
//! ```
//!
//! The expected shortfall of all portfolios is the support function of one convex body, the means of the curve's move
//! under every way of picking a tail (Cascos and Molchanov, Finance and Stochastics 11, 373-397, 2007: the
//! zonoid-trimmed region). A risk array is a polytope of sixteen corners around it. Two corners are given: `level-up`
//! and `level-down` move every month by its own margin, so that an outright position pays exactly that, and no scenario
//! moves a month further. The other fourteen are found (`optimise`): they minimise the mean margin of random portfolios
//! ([`portfolios`]) subject to covering the need of each. What this is worth is measured out of sample
//! ([`super::coverage`]).
//!
//! The spread floor is for the model's own error: with one factor a calendar spread has next to no risk in it, the
//! market's has.

mod optimise;
pub mod portfolios;

use rayon::prelude::*;

use super::returns::Returns;
use super::tail::Tail;
use super::{BPS, MarginError, Month, SCENARIOS, SLOTS};
use crate::numeric::Sum;
use optimise::{Move, Need};
use portfolios::Portfolio;

/// Portfolios from which the array is made.
const PORTFOLIOS: u64 = 2_048;

/// Paths from which their needs are taken, at most.
const PATHS: usize = 1 << 15;

/// Scenario number of the training portfolios.
const SCENARIO: u64 = 0x4152_5241;

/// Names of the scenarios, in the order of a row of the array.
pub const NAMES: [&str; SCENARIOS] = [
    "level-up",
    "level-down",
    "joint-03",
    "joint-04",
    "joint-05",
    "joint-06",
    "joint-07",
    "joint-08",
    "joint-09",
    "joint-10",
    "joint-11",
    "joint-12",
    "joint-13",
    "joint-14",
    "joint-15",
    "joint-16",
];

/// Finds the array. `curve` is the price of each month.
pub(super) fn shocks(
    returns: &Returns,
    months: &[Month],
    curve: &[f64],
    confidence: f64,
    spread_ppm: u32,
    seed: u64,
) -> Result<[[i16; SCENARIOS]; SLOTS], MarginError> {
    let returns = returns.first(PATHS);
    let book = portfolios::draw(curve, seed, SCENARIO, PORTFOLIOS);
    let spread = f64::from(spread_ppm) / 1e6;
    let needs: Vec<Need> = book.par_iter().map(|one| need(one, &returns, months, confidence, spread)).collect();
    let mut box_up: Move = [0.0; SLOTS];
    let mut box_down: Move = [0.0; SLOTS];
    for ((up, down), month) in box_up.iter_mut().zip(&mut box_down).zip(months) {
        *up = f64::from(month.short_bps) / BPS;
        *down = -f64::from(month.long_bps) / BPS;
    }
    let scenarios = optimise::scenarios(&needs, box_up, box_down);
    let mut shocks = [[0; SCENARIOS]; SLOTS];
    for (slot, (row, month)) in shocks.iter_mut().zip(months).enumerate() {
        for (shock, scenario) in row.iter_mut().zip(&scenarios) {
            let fraction = scenario.get(slot).copied().unwrap_or_default();
            *shock = away_from_zero(fraction * BPS, month)?;
        }
    }
    Ok(shocks)
}

/// What a portfolio needs, as a share of the sum of its months' margins, and the move of the curve that asks for it.
fn need(portfolio: &Portfolio, returns: &Returns, months: &[Month], confidence: f64, spread: f64) -> Need {
    let gross = portfolio.gross(months);
    let mut exposures: Move = [0.0; SLOTS];
    for (to, from) in exposures.iter_mut().zip(&portfolio.exposures) {
        *to = from / gross;
    }
    let losses: Vec<f64> = returns.rows().map(|row| -dot(&exposures, row)).collect();
    let tail = Tail::of(losses.iter().copied(), confidence);
    let shortfall = tail.shortfall(confidence);
    let mut at: Move = [0.0; SLOTS];
    if shortfall > spread {
        let edge = tail.value_at_risk(confidence);
        let mut sums = [Sum::default(); SLOTS];
        let mut count = 0.0;
        for (row, _) in returns.rows().zip(&losses).filter(|(_, loss)| **loss > edge) {
            count += 1.0;
            sums.iter_mut().zip(row).for_each(|(sum, value)| sum.add(*value));
        }
        at.iter_mut().zip(&sums).for_each(|(to, sum)| *to = sum.value() / f64::max(count, 1.0));
    } else {
        // Every leg goes against the portfolio, each by the floor's share of its margin.
        for ((to, exposure), month) in at.iter_mut().zip(&exposures).zip(months) {
            let side = if *exposure > 0.0 { -f64::from(month.long_bps) } else { f64::from(month.short_bps) };
            *to = spread * side / BPS;
        }
    }
    Need { exposures, least: shortfall.max(spread).min(1.0), at }
}

pub(super) fn dot(exposures: &[f64], moves: &[f64]) -> f64 {
    exposures.iter().zip(moves).map(|(exposure, change)| exposure * change).sum()
}

/// Whole basis points away from zero, against whoever the move goes against; never beyond the month's margin.
fn away_from_zero(bps: f64, month: &Month) -> Result<i16, MarginError> {
    let whole = bps.abs().ceil().copysign(bps).clamp(-f64::from(month.long_bps), f64::from(month.short_bps));
    if whole.abs() <= f64::from(i16::MAX) {
        Ok(whole as i16)
    } else {
        Err(MarginError::ShockTooLarge { tenor_days: month.tenor_days, bps })
    }
}
