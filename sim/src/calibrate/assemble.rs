//! From the estimates to a model, with a stated default for what the history cannot say.

use super::Series;
use super::diagnostics::{Diagnostics, Estimate, Jump, JumpKind};
use super::estimate::{Estimates, Kind, LEAST_SIGMA};
use super::jumps::Found;
use super::likelihood::Times;
use super::process::Parameter;
use super::reversion::{MOST_STILL, Reversion};
use crate::DAYS_PER_YEAR;
use crate::history::History;
use crate::model::{Factor, Jumps, Model, ModelError, State, Trend};
use crate::numeric::mean;

/// Volatility of the permanent factor beside a reverting one that the history cannot tell it from, per square root of a
/// year; without it a far contract would hardly move. The value is crude oil's (Schwartz and Smith 2000, table 2).
const PERMANENT_SIGMA: f64 = 0.145;

/// Significant digits of an estimate in a model. The third is already far inside every standard error, and what a
/// search leaves in the seventh should not make two machines disagree about a margin.
const DIGITS: i32 = 5;

/// The model of some estimates, at a last log price.
pub(super) fn model_of(found: &Estimates, times: &Times, last: f64) -> Result<Model, ModelError> {
    let process = &found.process;
    let jumps = |factor| Jumps::new(factor, rounded(process.intensity), rounded_law(process.law));
    let spike = spike_factor(found)?;
    let slope = rounded(process.slope);
    match found.kind {
        Kind::Still | Kind::Permanent => {
            // The trend has the jumps' mean in it, so the permanent factor takes it out again.
            let drift = rounded(process.jump_drift());
            let trend = Trend::line(last, slope + drift)?;
            let jumps = jumps("permanent")?;
            let permanent =
                Factor::permanent(-jumps.intensity() * jumps.law().moment(1), rounded(process.sigma), Some(jumps))?;
            Ok(Model::new(trend, permanent, Factor::default(), spike, State::default()))
        }
        Kind::Reverting => {
            let trend = Trend::line(rounded(process.level + process.slope * times.years / 2.0), slope)?;
            let sigma = rounded(process.sigma.max(LEAST_SIGMA));
            let reverting = Factor::reverting("reverting", rounded(process.kappa), sigma, Some(jumps("reverting")?))?;
            let permanent = Factor::permanent(0.0, PERMANENT_SIGMA, None)?;
            let start = State { reverting: last - trend.at(0.0), ..State::default() };
            Ok(Model::new(trend, permanent, reverting, spike, start))
        }
        Kind::TwoFactors => {
            let (x, permanent) = found.two_factors.map_or((0.0, 0.0), |both| (both.reverting, both.permanent_sigma));
            let trend = Trend::line(rounded(last - x), slope)?;
            let sigma = rounded(process.sigma.max(LEAST_SIGMA));
            let reverting = Factor::reverting("reverting", rounded(process.kappa), sigma, Some(jumps("reverting")?))?;
            let permanent = Factor::permanent(0.0, rounded(permanent), None)?;
            let start = State { reverting: last - trend.at(0.0), ..State::default() };
            Ok(Model::new(trend, permanent, reverting, spike, start))
        }
    }
}

/// A spike factor as fast as the spikes of the history were taken back.
fn spike_factor(found: &Estimates) -> Result<Factor, ModelError> {
    let (Some(spikes), Some(jumps)) = (&found.spikes, &found.spike_jumps) else {
        return Ok(Factor::default());
    };
    let days: Vec<f64> = spikes.days.iter().copied().map(f64::from).collect();
    let jumps = Jumps::new("spike", rounded(jumps.intensity.value), rounded_law(jumps.law()))?;
    Factor::reverting("spike", DAYS_PER_YEAR / mean(&days), 0.0, Some(jumps))
}

/// What the diagnostics need beside the estimates.
pub(super) struct Evidence<'a> {
    pub history: &'a History,
    pub series: &'a Series,
    pub r_squared: f64,
    pub reversion: Option<&'a Reversion>,
    pub critical: f64,
    /// Mean reversion before the correction of its bias.
    pub uncorrected: Option<f64>,
    pub covariance: Option<Vec<Vec<f64>>>,
}

/// The diagnostics of a calibration.
pub(super) fn diagnostics(found: &Estimates, model: &Model, evidence: &Evidence<'_>) -> Diagnostics {
    let Evidence { history, series, .. } = *evidence;
    let mut warnings = found.warnings.clone();
    let reverts = matches!(found.kind, Kind::Reverting | Kind::TwoFactors);
    let free = found.fit.as_ref().map(|fit| fit.free.clone()).unwrap_or_default();
    let error = |parameter: Parameter| {
        let at = free.iter().position(|other| *other == parameter)?;
        let variance = evidence.covariance.as_ref()?.get(at)?.get(at)?;
        Some(variance.sqrt())
    };
    let of_process = |parameter, value| Estimate { value, standard_error: error(parameter) };
    let sigma = if found.kind == Kind::Still || found.process.sigma < LEAST_SIGMA {
        warnings.push(format!(
            "Between its jumps the price moves by {:.3} a year: the volatility is set to its least value, {LEAST_SIGMA}.",
            found.moves.sigma
        ));
        Estimate { value: LEAST_SIGMA, standard_error: None }
    } else {
        of_process(Parameter::Sigma, found.process.sigma)
    };
    let kappa = if reverts {
        Some(of_process(Parameter::Kappa, found.process.kappa))
    } else {
        evidence
            .reversion
            .map(|r| Estimate { value: r.kappa, standard_error: Some((2.0 * r.kappa.abs() / series.years).sqrt()) })
    };
    let law = found.process.law;
    let estimated = found.jumps.count > 1;
    let or_filter = |parameter, value, filter: Estimate| Estimate {
        value,
        standard_error: error(parameter).or(if estimated { filter.standard_error } else { None }),
    };
    say_what_is_missing(found, evidence, &mut warnings);
    let (first, last) = history.span().map(|(a, b)| (a.to_string(), b.to_string())).unwrap_or_default();
    let span_days = series.days.last().copied().unwrap_or_default();
    let variance = law.moment(2) - law.moment(1).powi(2);
    let kappa_bias = match (evidence.uncorrected, reverts) {
        (Some(uncorrected), true) => uncorrected - found.process.kappa,
        _ => 4.0 / series.years,
    };
    Diagnostics {
        observations: history.len(),
        first,
        last,
        years: series.years,
        missing_days: (span_days as usize + 1).saturating_sub(history.len()),
        still_share: found.moves.still,
        trend_slope: model.trend().slope(),
        trend_r_squared: evidence.r_squared,
        kappa,
        kappa_t_statistic: evidence.reversion.map(|r| r.t_statistic),
        kappa_bias,
        reversion_identified: reverts,
        half_life_days: reverts.then(|| std::f64::consts::LN_2 / found.process.kappa * DAYS_PER_YEAR),
        sigma,
        permanent_sigma: permanent_sigma(found, model),
        permanent_likelihood_ratio: found.two_factors.map(|both| both.likelihood_ratio),
        log_likelihood: found.fit.as_ref().map(|fit| fit.log_likelihood),
        filter_rounds: found.moves.rounds,
        jump_intensity: or_filter(Parameter::Intensity, found.process.intensity, found.jumps.intensity),
        jump_mean: or_filter(Parameter::JumpMean, law.moment(1), found.jumps.mean),
        jump_sd: or_filter(Parameter::JumpSd, variance.sqrt(), found.jumps.sd),
        jumps: list(history, &found.moves.jumps),
        warnings,
    }
}

fn permanent_sigma(found: &Estimates, model: &Model) -> Option<Estimate> {
    let [permanent, ..] = model.factors();
    match found.kind {
        Kind::Reverting | Kind::TwoFactors => Some(Estimate { value: permanent.sigma(), standard_error: None }),
        Kind::Still | Kind::Permanent => None,
    }
}

fn say_what_is_missing(found: &Estimates, evidence: &Evidence<'_>, warnings: &mut Vec<String>) {
    let years = evidence.series.years;
    if found.moves.still > MOST_STILL {
        warnings.push(format!(
            "The price stands still on {:.0} % of its days, as list prices do: every move that remains is counted as a jump.",
            100.0 * found.moves.still
        ));
    }
    match found.kind {
        Kind::Reverting => {
            warnings.push(format!(
                "Mean reversion was estimated at {:.2} a year and corrected to {:.2} for the bias of a history of {years:.1} years; its standard error is at least {:.2}.",
                evidence.uncorrected.unwrap_or(found.process.kappa),
                found.process.kappa,
                (2.0 * found.process.kappa / years).sqrt() / 2.0,
            ));
            warnings.push(format!(
                "A permanent factor cannot be told from the reverting one in {years:.1} years (likelihood ratio {:.2}): its volatility is set to {PERMANENT_SIGMA}.",
                found.two_factors.map_or(0.0, |both| both.likelihood_ratio)
            ));
        }
        Kind::TwoFactors => warnings.push(format!(
            "A permanent and a reverting factor are both seen (likelihood ratio {:.2}): mean reversion {:.2} a year is the Kalman filter's and is not corrected for bias.",
            found.two_factors.map_or(0.0, |both| both.likelihood_ratio),
            found.process.kappa
        )),
        Kind::Still | Kind::Permanent => {
            let seen = evidence.reversion.map_or_else(String::new, |reversion| {
                format!(" (t-statistic {:.2}, needed {})", reversion.t_statistic, evidence.critical)
            });
            warnings.push(format!(
                "Mean reversion is not identified{seen}: every jump that is not taken back within days is treated as permanent, which asks for more margin on far months."
            ));
        }
    }
}

fn list(history: &History, jumps: &[Found]) -> Vec<Jump> {
    jumps
        .iter()
        .filter_map(|jump| {
            let observation = history.observations().get(jump.index)?;
            let kind = if jump.taken_back_after.is_some() { JumpKind::Spike } else { JumpKind::Lasting };
            Some(Jump { date: observation.date.to_string(), log_size: jump.log_size, kind })
        })
        .collect()
}

fn rounded_law(law: crate::model::JumpLaw) -> crate::model::JumpLaw {
    use crate::model::JumpLaw::{DoubleExponential, Gaussian};
    match law {
        Gaussian { mean, sd } => Gaussian { mean: rounded(mean), sd: rounded(sd) },
        DoubleExponential { p_up, eta_up, eta_down } => {
            DoubleExponential { p_up: rounded(p_up), eta_up: rounded(eta_up), eta_down: rounded(eta_down) }
        }
    }
}

/// A number to [`DIGITS`] significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.*e}", (DIGITS - 1) as usize).parse().unwrap_or(value)
}
