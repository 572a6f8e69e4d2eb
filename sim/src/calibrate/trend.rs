//! A robust line through the log prices.
//!
//! ```text
//! slope = median over i < j of (y_j - y_i) / (t_j - t_i),   level = median of y_i - slope t_i
//! ```
//!
//! P. K. Sen, Journal of the American Statistical Association 63, 1379-1389, 1968.

use super::Series;
use crate::DAYS_PER_YEAR;
use crate::numeric::{Sum, mean, median, median_in_place};

/// Most points that enter the pairs; a longer history is thinned evenly. 1,500 points are a million pairs.
const MOST_POINTS: usize = 1_500;

/// The trend, time in years from the first observation.
pub(super) struct Line {
    pub level: f64,
    pub slope: f64,
    /// Share of the variance of the log price that the line explains; below zero when the mean explains more.
    pub r_squared: f64,
}

impl Line {
    pub(super) fn at(&self, day: i32) -> f64 {
        self.level + self.slope * f64::from(day) / DAYS_PER_YEAR
    }
}

pub(super) fn theil_sen(series: &Series) -> Line {
    let stride = series.days.len().div_ceil(MOST_POINTS).max(1);
    let points: Vec<(f64, f64)> = series
        .days
        .iter()
        .zip(&series.log_prices)
        .step_by(stride)
        .map(|(day, y)| (f64::from(*day) / DAYS_PER_YEAR, *y))
        .collect();
    let mut slopes: Vec<f64> = points
        .iter()
        .enumerate()
        .flat_map(|(i, (t, y))| points.iter().skip(i + 1).map(move |(u, z)| (z - y) / (u - t)))
        .collect();
    let slope = median_in_place(&mut slopes);
    let levels: Vec<f64> = points.iter().map(|(t, y)| y - slope * t).collect();
    let mut line = Line { level: median(&levels), slope, r_squared: 0.0 };
    line.r_squared = r_squared(series, &line);
    line
}

/// The constant that a history without a trend is taken to move around.
pub(super) fn level(series: &Series) -> Line {
    Line { level: mean(&series.log_prices), slope: 0.0, r_squared: 0.0 }
}

fn r_squared(series: &Series, line: &Line) -> f64 {
    let centre = mean(&series.log_prices);
    let squares = |value: &dyn Fn(i32, f64) -> f64| {
        let each = series.days.iter().zip(&series.log_prices);
        each.map(|(day, y)| value(*day, *y).powi(2)).collect::<Sum>().value()
    };
    let total = squares(&|_, y| y - centre);
    if total == 0.0 { 0.0 } else { 1.0 - squares(&|day, y| y - line.at(day)) / total }
}
