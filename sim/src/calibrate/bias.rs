//! The bias of the mean reversion, taken out by indirect inference.
//!
//! With the level to be estimated, a maximum-likelihood kappa lies above the truth by some multiple of 1/T: a short
//! history always seems to revert. Gourieroux, Monfort and Renault (Journal of Applied Econometrics 8, S85-S118, 1993)
//! and, for kappa, Phillips and Yu (Review of Financial Studies 22(9), 3669-3705, 2009) take the kappa at which the
//! *average* estimate from simulated histories is the one that was found:
//!
//! ```text
//! m(kappa) = E[ estimate of kappa | truth kappa ],   corrected = m^{-1}(estimate)
//! ```
//!
//! Each simulated history has the days, the first price, the volatility and the jumps of the real one; level, slope and
//! kappa are estimated on it again, with the densities held fixed. m is taken to be a line through two points, drawn
//! with the same random numbers.

use rayon::prelude::*;

use super::density::Density;
use super::likelihood::{Times, log_given, scale};
use super::minimise::minimise;
use super::process::{Parameter, Process};
use super::simulate::simulate;
use crate::numeric::mean;
use crate::path::stream;

/// Histories behind each point: the error of the correction is a tenth of the standard error of kappa.
const HISTORIES: u64 = 100;

/// Seed of the histories: a calibration has no seed of its own.
const SEED: u64 = 0x6b61_7070_6120_6d00;

/// Scenario of their random streams.
const SCENARIO: u64 = 0x6269_6173;

/// Slopes of m that are believed: outside them the two points say more about their noise.
const SLOPES: std::ops::RangeInclusive<f64> = 0.5..=2.0;

/// Half-lives, in histories, of the slowest reversion that is believed.
const SLOWEST: f64 = 4.0;

/// The line m.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding {
    at: f64,
    mean: f64,
    slope: f64,
    least: f64,
}

impl Binding {
    /// The line near an estimate.
    pub(super) fn near(times: &Times, first: f64, fitted: &Process, free: &[Parameter], tables: &[Density]) -> Self {
        let least = std::f64::consts::LN_2 / (SLOWEST * times.years);
        let average = |kappa: f64| mean_estimate(times, first, &Process { kappa, ..*fitted }, free, tables);
        let there = average(fitted.kappa);
        let at = (2.0 * fitted.kappa - there).max(least);
        let mean = average(at);
        let slope = (there - mean) / (fitted.kappa - at);
        let slope = if slope.is_finite() { slope.clamp(*SLOPES.start(), *SLOPES.end()) } else { 1.0 };
        Self { at, mean, slope, least }
    }

    /// The mean reversion whose average estimate this is.
    pub(super) fn correct(&self, estimate: f64) -> f64 {
        (self.at + (estimate - self.mean) / self.slope).max(self.least)
    }
}

fn mean_estimate(times: &Times, first: f64, truth: &Process, free: &[Parameter], tables: &[Density]) -> f64 {
    let free: Vec<Parameter> = free
        .iter()
        .copied()
        .filter(|parameter| matches!(parameter, Parameter::Level | Parameter::Slope | Parameter::Kappa))
        .collect();
    let scales: Vec<f64> = free.iter().map(|parameter| scale(times, truth, *parameter)).collect();
    let estimates: Vec<f64> = (0..HISTORIES)
        .into_par_iter()
        .map(|history| {
            let values = simulate(times, first, truth, &mut stream(SEED, SCENARIO, history));
            let objective = |x: &[f64]| -log_given(times, &values, &truth.at(&free, x), tables);
            truth.at(&free, &minimise(&objective, &truth.coordinates(&free), &scales).at).kappa
        })
        .collect();
    mean(&estimates)
}
