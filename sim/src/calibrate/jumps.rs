//! Which moves are jumps, and which of those are taken back.
//!
//! Moves over several days are scaled by the square root of their days before they are compared, as a diffusion's are.

use super::Series;
use crate::DAYS_PER_YEAR;
use crate::numeric::{mean, standard_deviation};

/// Standard deviations beyond which a move is a jump (Clewlow and Strickland's choice).
const SIGMAS: f64 = 3.0;

/// A jump is a spike when another takes it back within this many days: half of the quoted price moves that reverse do
/// so within three, and ten leave room for a week's holiday.
const ROUND_TRIP_DAYS: i32 = 10;

/// Share of a jump that may be left over for it to count as taken back.
const LEFT_OVER: f64 = 0.25;

/// A round trip smaller than this (log) is noise of the quotes, not a spike.
const SMALLEST_SPIKE: f64 = 0.05;

/// A jump of the history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// Index of the observation that shows it.
    pub index: usize,
    pub log_size: f64,
    /// Days until it was taken back, if it was.
    pub taken_back_after: Option<i32>,
}

/// The moves of a history, sorted into jumps and the rest.
pub(super) struct Moves {
    /// For each move, whether it was kept as diffusion.
    pub kept: Vec<bool>,
    /// The jumps in order, without the moves that took a spike back.
    pub jumps: Vec<Found>,
    /// Volatility of the kept moves, per square root of a year.
    pub sigma: f64,
    /// Rounds that the filter took.
    pub rounds: usize,
    /// Share of the moves that are exactly zero.
    pub still: f64,
}

pub(super) fn filter(series: &Series) -> Moves {
    let moves: Vec<(i32, f64)> = series.moves().collect();
    let scaled: Vec<f64> = moves.iter().map(|(gap, step)| step / f64::from((*gap).max(1)).sqrt()).collect();
    let mut kept = vec![true; scaled.len()];
    let mut rounds = 0;
    let (centre, spread) = loop {
        rounds += 1;
        let inside: Vec<f64> = scaled.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(z, _)| *z).collect();
        let (centre, spread) = (mean(&inside), standard_deviation(&inside));
        let mut changed = false;
        for (z, kept) in scaled.iter().zip(&mut kept) {
            if *kept && (z - centre).abs() > SIGMAS * spread && spread > 0.0 {
                *kept = false;
                changed = true;
            }
        }
        if !changed {
            break (centre, spread);
        }
    };
    let all: Vec<Found> = moves
        .iter()
        .zip(&kept)
        .enumerate()
        .filter(|(_, (_, kept))| !**kept)
        .map(|(i, ((gap, step), _))| Found {
            index: i + 1,
            log_size: step - centre * f64::from((*gap).max(1)).sqrt(),
            taken_back_after: None,
        })
        .collect();
    let zeros = moves.iter().filter(|(_, step)| *step == 0.0).count();
    Moves {
        jumps: pair_round_trips(series, all),
        sigma: spread * DAYS_PER_YEAR.sqrt(),
        still: zeros as f64 / moves.len().max(1) as f64,
        kept,
        rounds,
    }
}

/// Joins each jump with the one that takes it back, oldest first; a jump serves once.
fn pair_round_trips(series: &Series, all: Vec<Found>) -> Vec<Found> {
    let day = |found: &Found| series.days.get(found.index).copied().unwrap_or_default();
    let mut left: std::collections::VecDeque<Found> = all.into();
    let mut jumps = Vec::new();
    while let Some(mut first) = left.pop_front() {
        let back = left.iter().take_while(|second| day(second) - day(&first) <= ROUND_TRIP_DAYS).position(|second| {
            let sum = first.log_size + second.log_size;
            first.log_size.abs() >= SMALLEST_SPIKE && sum.abs() <= LEFT_OVER * first.log_size.abs()
        });
        if let Some(second) = back.and_then(|at| left.remove(at)) {
            first.taken_back_after = Some((day(&second) - day(&first)).max(1));
        }
        jumps.push(first);
    }
    jumps
}
