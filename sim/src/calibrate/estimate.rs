//! The estimators in their order, on one history or on a simulated one.

use super::jumps::{Found, Moves, filter};
use super::kalman::{CRITICAL_PERMANENT, CRITICAL_REVERTING, Known, TwoFactors, two_factors};
use super::likelihood::{Fit, Likelihood, Prior, Times};
use super::process::{Parameter, Process};
use super::settings::{LawKind, Settings, TrendKind};
use super::simulate::Spikes;
use super::sizes::JumpEstimates;
use super::{Series, still};
use crate::model::JumpLaw;

/// Least diffusive volatility of a model, per square root of a year. A list price that moves only in steps has none of
/// its own; below this a day's move would be smaller than the finest tick of a contract at one dollar.
pub(super) const LEAST_SIGMA: f64 = 0.05;

/// Width of a prior around what the filter found, in standard errors of it. A dozen jumps among a thousand moves leave
/// the likelihood nearly flat between many small jumps and few large ones; a half, of 0.5, 1, 2 and 6, gave the
/// estimates of least error on simulated histories, for every parameter of the jumps.
const PRIOR_WIDTH: f64 = 0.5;

/// Fewest jumps whose law is estimated.
const FEWEST_JUMPS: usize = 2;

/// A double exponential for the direction in which a history has no jumps: mean sizes of a quarter.
const UNSEEN_SIDES: JumpLaw = JumpLaw::DoubleExponential { p_up: 0.5, eta_up: 4.0, eta_down: 4.0 };

/// What kind of process the history is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A list price that moves in steps only.
    Still,
    /// Every shock stays.
    Permanent,
    /// Shocks decay.
    Reverting,
    /// A permanent factor and a reverting one, both seen.
    TwoFactors,
}

/// Everything that is estimated on a history.
pub(super) struct Estimates {
    pub kind: Kind,
    /// The process, its mean reversion as estimated.
    pub process: Process,
    pub moves: Moves,
    pub jumps: JumpEstimates,
    pub spikes: Option<Spikes>,
    pub spike_jumps: Option<JumpEstimates>,
    pub fit: Option<Fit>,
    pub two_factors: Option<TwoFactors>,
    /// Log prices with the spikes taken out.
    pub values: Vec<f64>,
    pub warnings: Vec<String>,
}

/// Runs the estimators from a start whose mean reversion is above zero where a reverting kind is asked for.
pub(super) fn estimate(series: &Series, times: &Times, start: &Process, kind: Kind, settings: &Settings) -> Estimates {
    let mut warnings = Vec::new();
    let moves = filter(series);
    let (round_trips, lasting): (Vec<&Found>, Vec<&Found>) =
        moves.jumps.iter().partition(|jump| jump.taken_back_after.is_some());
    let sizes: Vec<f64> = lasting.iter().map(|jump| jump.log_size).collect();
    let mut jumps = JumpEstimates::of("lasting jumps", &sizes, series.years, &mut warnings);
    if settings.law != LawKind::Best && !sizes.is_empty() {
        jumps = jumps.with_form_of(form(settings.law, start.law), &sizes);
    }
    let spike_sizes: Vec<f64> = round_trips.iter().map(|jump| jump.log_size).collect();
    let spike_jumps =
        (!round_trips.is_empty()).then(|| JumpEstimates::of("spikes", &spike_sizes, series.years, &mut warnings));
    let spikes = spike_jumps.as_ref().map(|found| Spikes {
        intensity: found.intensity.value,
        law: found.law(),
        days: round_trips.iter().filter_map(|jump| jump.taken_back_after).collect(),
    });
    let values = without(series, &round_trips);
    let mut start = Process { sigma: moves.sigma, intensity: jumps.intensity.value, law: jumps.law(), ..*start };
    let mut found = Estimates {
        kind,
        process: start,
        moves,
        jumps,
        spikes,
        spike_jumps,
        fit: None,
        two_factors: None,
        values,
        warnings,
    };
    match kind {
        Kind::Still => {
            found.process = Process { kappa: 0.0, slope: 0.0, sigma: LEAST_SIGMA, ..start };
            if sizes.len() >= FEWEST_JUMPS {
                found.process.intensity = still::intensity(times, sizes.len());
            }
        }
        Kind::Permanent | Kind::Reverting | Kind::TwoFactors => {
            if kind == Kind::Permanent {
                start.kappa = 0.0;
            }
            let fit = best_law(&found, times, start, &sizes, settings);
            found.process = fit.process;
            found.fit = Some(fit);
        }
    }
    if kind == Kind::TwoFactors {
        separate(&mut found, times);
    }
    found
}

/// Tells the permanent from the reverting factor and keeps the result.
pub(super) fn separate(found: &mut Estimates, times: &Times) {
    let process = &mut found.process;
    let known = Known {
        times,
        values: &found.values,
        kept: &found.moves.kept,
        jump_mean: process.law.moment(1),
        jump_variance: process.law.moment(2) - process.law.moment(1).powi(2),
    };
    let factors = two_factors(&known, process.kappa, process.sigma, process.slope);
    let critical = if process.kappa > 0.0 { CRITICAL_PERMANENT } else { CRITICAL_REVERTING };
    if factors.likelihood_ratio > critical || found.kind == Kind::TwoFactors {
        (process.kappa, process.sigma, process.slope) = (factors.kappa, factors.sigma, factors.slope);
        found.kind = Kind::TwoFactors;
    }
    found.two_factors = Some(factors);
}

/// The parameters that are estimated by likelihood.
pub(super) fn free(process: &Process, jumps: usize, settings: &Settings) -> Vec<Parameter> {
    let mut free = Vec::new();
    if process.kappa > 0.0 {
        free.extend([Parameter::Level, Parameter::Kappa]);
    }
    if settings.trend == TrendKind::Line {
        free.push(Parameter::Slope);
    }
    free.push(Parameter::Sigma);
    if jumps >= FEWEST_JUMPS {
        free.extend(Parameter::of_jumps(&process.law));
    }
    free
}

/// The likelihood of the cleaned prices near a start.
pub(super) fn likelihood<'a>(
    found: &'a Estimates,
    times: &'a Times,
    start: Process,
    free: &[Parameter],
) -> Likelihood<'a> {
    let jumps = (found.jumps.count as f64).max(1.0);
    let priors = free
        .iter()
        .filter_map(|parameter| {
            let relative = match parameter {
                Parameter::Intensity | Parameter::EtaUp | Parameter::EtaDown => 1.0 / jumps.sqrt(),
                Parameter::JumpSd => 1.0 / (2.0 * jumps).sqrt(),
                Parameter::JumpMean => found.jumps.sd.value / jumps.sqrt(),
                Parameter::PUp => 2.0 / jumps.sqrt(),
                _ => return None,
            };
            let centre = parameter.coordinate(start.get(*parameter));
            Some(Prior { parameter: *parameter, centre, width: PRIOR_WIDTH * relative })
        })
        .collect();
    Likelihood::new(times, &found.values, start, priors)
}

/// The fit with the law that was asked for, or with the one of the lower Akaike criterion.
fn best_law(found: &Estimates, times: &Times, start: Process, sizes: &[f64], settings: &Settings) -> Fit {
    let fit = |law: JumpLaw| {
        let start = Process { law, ..start };
        let free = free(&start, sizes.len(), settings);
        likelihood(found, times, start, &free).maximise(&free)
    };
    if settings.law != LawKind::Best {
        return fit(start.law);
    }
    let normal = fit(JumpLaw::Gaussian { mean: found.jumps.mean.value, sd: found.jumps.sd.value });
    match found.jumps.two_sided(sizes).map(fit) {
        // Twice the number of parameters less twice the log-likelihood; the lower wins.
        Some(other) if other.log_likelihood - 1.0 > normal.log_likelihood => other,
        _ => normal,
    }
}

/// A law of the form that was asked for, with the rates of a known law where it has them.
fn form(kind: LawKind, known: JumpLaw) -> JumpLaw {
    match (kind, known) {
        (LawKind::DoubleExponential, JumpLaw::DoubleExponential { .. }) => known,
        (LawKind::DoubleExponential, JumpLaw::Gaussian { .. }) => UNSEEN_SIDES,
        _ => JumpLaw::Gaussian { mean: 0.0, sd: 0.0 },
    }
}

/// The log prices with every spike taken out from its first day to the day it was taken back.
fn without(series: &Series, spikes: &[&Found]) -> Vec<f64> {
    let mut values = series.log_prices.clone();
    for spike in spikes {
        let Some(first) = series.days.get(spike.index) else {
            continue;
        };
        let end = first + spike.taken_back_after.unwrap_or_default();
        let each = series.days.iter().zip(&mut values).skip(spike.index);
        each.take_while(|(day, _)| **day < end).for_each(|(_, value)| *value -= spike.log_size);
    }
    values
}
