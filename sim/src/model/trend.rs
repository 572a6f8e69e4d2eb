//! The deterministic part of the log price.
//!
//! ```text
//! g(t) = level + slope t + amplitude sin(2 pi t / period + phase)
//! ```
//!
//! The paper writes mean reversion with a moving target instead, `dX = kappa (theta_t - X) dt + ...` with
//! `theta_t = level + slope t + amplitude sin(w t)` (section 8.1). That is the same process seen from its own steady
//! state: `g' = kappa (theta - g)` is solved by
//!
//! ```text
//! g(t) = level - slope/kappa + slope t + amplitude cos(phi) sin(w t - phi),   tan(phi) = w / kappa
//! ```
//!
//! so [`Trend::moving_target`] is a constructor and not a second kind of model.

use super::ModelError;

/// The deterministic part of the log price. The default is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trend {
    level: f64,
    slope: f64,
    amplitude: f64,
    period: f64,
    phase: f64,
}

impl Trend {
    /// A line: `level` at time zero, `slope` a year.
    ///
    /// # Errors
    /// [`ModelError::Domain`] unless both are finite.
    pub fn line(level: f64, slope: f64) -> Result<Self, ModelError> {
        finite("trend.level", level)?;
        finite("trend.slope", slope)?;
        Ok(Self { level, slope, ..Self::default() })
    }

    /// Adds a season of `amplitude` (log), `period` (years) and `phase` (radians).
    ///
    /// # Errors
    /// [`ModelError::Domain`] unless all are finite and the period of a season that has an amplitude is above zero.
    pub fn with_season(self, amplitude: f64, period: f64, phase: f64) -> Result<Self, ModelError> {
        finite("trend.seasonal_amplitude", amplitude)?;
        finite("trend.seasonal_phase", phase)?;
        if amplitude == 0.0 {
            return Ok(self);
        }
        if !(period.is_finite() && period > 0.0) {
            return Err(ModelError::Domain { name: "trend.seasonal_period".into(), value: period, rule: "above zero" });
        }
        Ok(Self { amplitude, period, phase, ..self })
    }

    /// The trend of a process that reverts at rate `kappa` to `target`.
    #[must_use]
    pub fn moving_target(target: Self, kappa: f64) -> Self {
        let lag = if target.amplitude == 0.0 { 0.0 } else { (std::f64::consts::TAU / target.period).atan2(kappa) };
        Self {
            level: target.level - target.slope / kappa,
            slope: target.slope,
            amplitude: target.amplitude * lag.cos(),
            period: target.period,
            phase: target.phase - lag,
        }
    }

    /// `g(t)`, with `t` in years.
    #[must_use]
    pub fn at(&self, t: f64) -> f64 {
        let season = if self.amplitude == 0.0 {
            0.0
        } else {
            self.amplitude * (std::f64::consts::TAU * t / self.period + self.phase).sin()
        };
        self.level + self.slope * t + season
    }

    /// Level at time zero without the season, natural logarithm.
    #[must_use]
    pub fn level(&self) -> f64 {
        self.level
    }

    /// Slope, per year.
    #[must_use]
    pub fn slope(&self) -> f64 {
        self.slope
    }

    /// Amplitude, period and phase of the season; all zero without one.
    #[must_use]
    pub fn season(&self) -> (f64, f64, f64) {
        (self.amplitude, self.period, self.phase)
    }
}

fn finite(name: &str, value: f64) -> Result<(), ModelError> {
    if value.is_finite() {
        Ok(())
    } else {
        Err(ModelError::Domain { name: name.into(), value, rule: "a finite number" })
    }
}
