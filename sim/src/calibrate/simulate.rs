//! Simulated histories: the days of the real one, the prices of a fitted process.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, StandardNormal};

use super::likelihood::Times;
use super::process::Process;
use crate::model::{JumpLaw, phi};

/// Log prices on the days of a history, from its first price, by the exact transition.
pub(super) fn simulate<R: Rng + ?Sized>(times: &Times, first: f64, process: &Process, rng: &mut R) -> Vec<f64> {
    let kappa = process.kappa;
    let steps: Vec<(f64, f64, f64)> = times
        .taus
        .iter()
        .map(|tau| (*tau, (-kappa * tau).exp(), process.sigma * phi(2.0 * kappa, *tau).sqrt()))
        .collect();
    let trend = |t: &f64| process.level + process.slope * t;
    let mut x = first - times.centred.first().map_or(0.0, trend);
    let mut until_jump = gap(process.intensity, rng);
    let mut values = vec![first];
    for (index, t) in times.gap.iter().zip(times.centred.iter().skip(1)) {
        let (tau, decay, sd) = steps[*index];
        let z: f64 = StandardNormal.sample(rng);
        x = decay * x + sd * z;
        while until_jump < tau {
            x += (-kappa * (tau - until_jump)).exp() * process.law.sample(rng);
            until_jump += gap(process.intensity, rng);
        }
        until_jump -= tau;
        values.push(x + trend(t));
    }
    values
}

/// Spikes: moves up or down that are taken back whole after some days.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spikes {
    /// Spikes a year.
    pub intensity: f64,
    /// Law of the size.
    pub law: JumpLaw,
    /// Days that they last, each as likely as the others.
    pub days: Vec<i32>,
}

impl Spikes {
    /// Adds spikes to the log prices of a history.
    pub(super) fn add<R: Rng + ?Sized>(&self, times: &Times, values: &mut [f64], rng: &mut R) {
        let Some(start) = times.centred.first() else {
            return;
        };
        let mut t = gap(self.intensity, rng);
        while t < times.years && !self.days.is_empty() {
            let days = self.days[rng.random_range(0..self.days.len())];
            let (from, to) = (start + t, start + t + f64::from(days) / crate::DAYS_PER_YEAR);
            let size = self.law.sample(rng);
            for (value, at) in values.iter_mut().zip(&times.centred) {
                if (from..to).contains(at) {
                    *value += size;
                }
            }
            t += gap(self.intensity, rng);
        }
    }
}

fn gap<R: Rng + ?Sized>(intensity: f64, rng: &mut R) -> f64 {
    if intensity > 0.0 {
        let unit: f64 = Exp1.sample(rng);
        unit / intensity
    } else {
        f64::INFINITY
    }
}
