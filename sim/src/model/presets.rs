//! Models by name.
//!
//! The paper (section 8) gives one set of parameters, its Table 3, and three scenarios of which it states only what
//! happens in them. Ours are Table 3 with another slope of the trend, each from a figure of the paper's own:
//!
//! | name | slope a year | where it comes from |
//! |---|---|---|
//! | `paper` | -0.35 | Table 3; the baseline |
//! | `paper-optimistic` | +0.53 | Figure 3, branch of exploding demand: 1.8 US dollars in 2026 to 15 in 2030 |
//! | `paper-pessimistic` | -1.10 | section 8.3, efficiency three times higher every year |
//!
//! `history` is what the median blended price of the GPT-4-Turbo class from March 2024 to July 2026 gives, 852 days of
//! public list prices: a level that only jumps, mostly down. The command
//!
//! ```text
//! sit-sim calibrate --prices sit_class_daily.csv --column blend31_median --model-out history.toml
//! ```
//!
//! wrote its numbers. They hold for the day after the record ends, at 0.2625 US dollars per million tokens.

use super::ModelSpec;
use super::spec::{JumpSpec, PermanentSpec, RevertingSpec, TrendForm, TrendSpec};

/// Names of the presets.
pub const PRESETS: [&str; 4] = ["paper", "paper-optimistic", "paper-pessimistic", "history"];

/// The spec of a preset.
pub(super) fn spec(name: &str) -> Option<ModelSpec> {
    match name {
        "paper" => Some(paper(-0.35)),
        "paper-optimistic" => Some(paper(0.53)),
        "paper-pessimistic" => Some(paper(-1.10)),
        "history" => Some(history()),
        _ => None,
    }
}

/// Table 3 from a price of 2 US dollars (Figure 6), with another slope a year.
fn paper(slope: f64) -> ModelSpec {
    ModelSpec {
        log_spot: Some(std::f64::consts::LN_2),
        trend: TrendSpec {
            level: std::f64::consts::LN_2,
            slope,
            seasonal_amplitude: 0.08,
            seasonal_period: 1.0,
            seasonal_phase: 0.0,
            form: TrendForm::MovingTarget,
        },
        reverting: Some(RevertingSpec {
            kappa: 2.5,
            sigma: 0.40,
            start: None,
            price_of_risk: 0.0,
            jumps: Some(JumpSpec::Gaussian { intensity: 3.0, mean: 0.10, sd: 0.25 }),
            clusters: None,
            priced_jumps: None,
        }),
        ..ModelSpec::default()
    }
}

/// The public record, by the command in the module's documentation.
fn history() -> ModelSpec {
    let jumps = JumpSpec::DoubleExponential { intensity: 10.007, p_up: 0.17391, eta_up: 5.4608, eta_down: 3.9765 };
    ModelSpec {
        trend: TrendSpec { level: -1.3375041969504586, slope: -1.7603, ..TrendSpec::default() },
        permanent: Some(PermanentSpec {
            drift: 1.7601913514503829,
            sigma: 0.05,
            jumps: Some(jumps),
            ..PermanentSpec::default()
        }),
        ..ModelSpec::default()
    }
}
