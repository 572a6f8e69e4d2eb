//! Mean reversion by least squares.
//!
//! ```text
//! X_{i+1} - X_i = alpha + b X_i + e,   kappa = -ln(1 + b)/dt,   target = -alpha/b
//! ```
//!
//! on the moves that are no jumps and span the usual number of days. The detrended price X keeps its jumps: what a jump
//! does afterwards is the best evidence of reversion there is.

use super::Series;
use super::jumps::Moves;
use super::trend::Line;
use crate::DAYS_PER_YEAR;
use crate::numeric::{Sum, mean};

/// Dickey-Fuller value at 5 % for a detrended series of some hundred observations (Fuller 1996, table 10.A.2): a
/// t-statistic above it is what a price without any mean reversion shows one time in twenty.
pub(super) const DICKEY_FULLER_LINE: f64 = -3.41;

/// The same around a constant level.
pub(super) const DICKEY_FULLER_LEVEL: f64 = -2.86;

/// A series that stands still on more than this share of its days shows steps, not a diffusion that reverts.
pub(super) const MOST_STILL: f64 = 0.5;

/// What the regression says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reversion {
    /// Rate, per year; zero or below when the price does not revert.
    pub kappa: f64,
    /// What the detrended log price reverts to.
    pub target: f64,
    /// t-statistic of the slope.
    pub t_statistic: f64,
}

impl Reversion {
    /// Whether the history shows mean reversion.
    pub(super) fn identified(&self, critical: f64) -> bool {
        self.kappa > 0.0 && self.t_statistic <= critical
    }
}

/// `None` when the kept moves leave nothing to regress.
pub(super) fn estimate(series: &Series, line: &Line, moves: &Moves) -> Option<Reversion> {
    let gap = usual_gap(series);
    let detrended: Vec<f64> = series.days.iter().zip(&series.log_prices).map(|(day, y)| y - line.at(*day)).collect();
    let pairs: Vec<(f64, f64)> = detrended
        .windows(2)
        .zip(series.moves())
        .zip(&moves.kept)
        .filter(|((_, (days, _)), kept)| **kept && *days == gap)
        .filter_map(|((pair, _), _)| match pair {
            [x, next] => Some((*x, next - x)),
            _ => None,
        })
        .collect();
    let n = pairs.len() as f64;
    let centre = |pick: fn(&(f64, f64)) -> f64| mean(&pairs.iter().map(pick).collect::<Vec<_>>());
    let (x_mean, step_mean) = (centre(|pair| pair.0), centre(|pair| pair.1));
    let sum = |term: &dyn Fn(f64, f64) -> f64| {
        let each = pairs.iter().map(|(x, step)| term(x - x_mean, step - step_mean));
        each.collect::<Sum>().value()
    };
    let (xx, xy) = (sum(&|x, _| x * x), sum(&|x, step| x * step));
    let slope = xy / xx;
    let residual = sum(&|x, step| (step - slope * x).powi(2)) / (n - 2.0);
    let t_statistic = slope / (residual / xx).sqrt();
    if !(t_statistic.is_finite() && slope > -1.0) {
        return None;
    }
    let dt = f64::from(gap) / DAYS_PER_YEAR;
    let kappa = -slope.ln_1p() / dt;
    Some(Reversion { kappa, target: x_mean - step_mean / slope, t_statistic })
}

/// The most frequent distance between observations, in days; the shortest of several.
fn usual_gap(series: &Series) -> i32 {
    let mut counts = std::collections::BTreeMap::new();
    for (gap, _) in series.moves() {
        *counts.entry(gap).or_insert(0_usize) += 1;
    }
    let most = counts.values().copied().max().unwrap_or_default();
    counts.into_iter().find(|(_, count)| *count == most).map_or(1, |(gap, _)| gap.max(1))
}
