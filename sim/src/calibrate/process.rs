//! The process that the likelihood is a function of, and its parameters as numbers on the whole line.
//!
//! ```text
//! ln S_t = level + slope (t - T/2) + X_t,   dX = -kappa X dt + sigma dW + J dN
//! ```
//!
//! The level is that of the middle of the history, where it is independent of the slope. With kappa = 0 the level says
//! nothing and the slope is that of the diffusion alone.

use serde::Serialize;

use crate::model::JumpLaw;

/// Least rate of upward jumps that a search may reach: a mean rise of a third. From two on the price has no variance,
/// and near it the variance rests on rises that nobody has seen.
pub(super) const LEAST_ETA_UP: f64 = 3.0;

/// A process with one factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Process {
    pub level: f64,
    pub slope: f64,
    pub kappa: f64,
    pub sigma: f64,
    pub intensity: f64,
    pub law: JumpLaw,
}

/// A number that a history is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// Log price that the price reverts to, in the middle of the history.
    Level,
    /// Slope of it, per year.
    Slope,
    /// Mean reversion, per year.
    Kappa,
    /// Diffusive volatility, per square root of a year.
    Sigma,
    /// Jumps a year.
    Intensity,
    /// Mean of a Gaussian jump, natural logarithm.
    JumpMean,
    /// Standard deviation of a Gaussian jump.
    JumpSd,
    /// Probability that a double-exponential jump goes up.
    PUp,
    /// Rate of its upward size.
    EtaUp,
    /// Rate of its downward size.
    EtaDown,
}

impl Parameter {
    /// The parameters of the jumps of a law.
    pub(super) fn of_jumps(law: &JumpLaw) -> &'static [Self] {
        match law {
            JumpLaw::Gaussian { .. } => &[Self::Intensity, Self::JumpMean, Self::JumpSd],
            JumpLaw::DoubleExponential { .. } => &[Self::Intensity, Self::PUp, Self::EtaUp, Self::EtaDown],
        }
    }

    /// The value that stands for a coordinate of the search.
    pub(super) fn value(self, coordinate: f64) -> f64 {
        match self {
            Self::Level | Self::Slope | Self::JumpMean => coordinate,
            Self::Kappa | Self::Sigma | Self::Intensity | Self::JumpSd | Self::EtaDown => coordinate.exp(),
            Self::PUp => 1.0 / (1.0 + (-coordinate).exp()),
            Self::EtaUp => LEAST_ETA_UP + coordinate.exp(),
        }
    }

    /// The coordinate of the search that stands for a value.
    pub(super) fn coordinate(self, value: f64) -> f64 {
        match self {
            Self::Level | Self::Slope | Self::JumpMean => value,
            Self::Kappa | Self::Sigma | Self::Intensity | Self::JumpSd | Self::EtaDown => value.ln(),
            Self::PUp => (value / (1.0 - value)).ln(),
            Self::EtaUp => (value - LEAST_ETA_UP).max(f64::MIN_POSITIVE).ln(),
        }
    }

    /// How much the value changes with its coordinate.
    pub(super) fn derivative(self, value: f64) -> f64 {
        match self {
            Self::Level | Self::Slope | Self::JumpMean => 1.0,
            Self::Kappa | Self::Sigma | Self::Intensity | Self::JumpSd | Self::EtaDown => value,
            Self::PUp => value * (1.0 - value),
            Self::EtaUp => value - LEAST_ETA_UP,
        }
    }
}

impl Process {
    /// The value of a parameter; zero of one that the jump law does not have.
    pub(super) fn get(&self, parameter: Parameter) -> f64 {
        match (parameter, self.law) {
            (Parameter::Level, _) => self.level,
            (Parameter::Slope, _) => self.slope,
            (Parameter::Kappa, _) => self.kappa,
            (Parameter::Sigma, _) => self.sigma,
            (Parameter::Intensity, _) => self.intensity,
            (Parameter::JumpMean, JumpLaw::Gaussian { mean, .. }) => mean,
            (Parameter::JumpSd, JumpLaw::Gaussian { sd, .. }) => sd,
            (Parameter::PUp, JumpLaw::DoubleExponential { p_up, .. }) => p_up,
            (Parameter::EtaUp, JumpLaw::DoubleExponential { eta_up, .. }) => eta_up,
            (Parameter::EtaDown, JumpLaw::DoubleExponential { eta_down, .. }) => eta_down,
            _ => 0.0,
        }
    }

    /// Sets a parameter; one that the jump law does not have is left alone.
    pub(super) fn set(&mut self, parameter: Parameter, value: f64) {
        match (parameter, &mut self.law) {
            (Parameter::Level, _) => self.level = value,
            (Parameter::Slope, _) => self.slope = value,
            (Parameter::Kappa, _) => self.kappa = value,
            (Parameter::Sigma, _) => self.sigma = value,
            (Parameter::Intensity, _) => self.intensity = value,
            (Parameter::JumpMean, JumpLaw::Gaussian { mean, .. }) => *mean = value,
            (Parameter::JumpSd, JumpLaw::Gaussian { sd, .. }) => *sd = value,
            (Parameter::PUp, JumpLaw::DoubleExponential { p_up, .. }) => *p_up = value,
            (Parameter::EtaUp, JumpLaw::DoubleExponential { eta_up, .. }) => *eta_up = value,
            (Parameter::EtaDown, JumpLaw::DoubleExponential { eta_down, .. }) => *eta_down = value,
            _ => {}
        }
    }

    /// Coordinates of some parameters.
    pub(super) fn coordinates(&self, free: &[Parameter]) -> Vec<f64> {
        free.iter().map(|parameter| parameter.coordinate(self.get(*parameter))).collect()
    }

    /// The process with some parameters at other coordinates.
    pub(super) fn at(&self, free: &[Parameter], coordinates: &[f64]) -> Self {
        let mut process = *self;
        for (parameter, coordinate) in free.iter().zip(coordinates) {
            process.set(*parameter, parameter.value(*coordinate));
        }
        process
    }

    /// The mean of the jumps a year.
    pub(super) fn jump_drift(&self) -> f64 {
        self.intensity * self.law.moment(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_survives_its_coordinate() {
        let two_sided = JumpLaw::DoubleExponential { p_up: 0.3, eta_up: 8.0, eta_down: 4.0 };
        let normal = JumpLaw::Gaussian { mean: -0.1, sd: 0.2 };
        for law in [two_sided, normal] {
            let process = Process { level: -1.0, slope: -0.4, kappa: 3.0, sigma: 0.6, intensity: 4.0, law };
            let mut free = vec![Parameter::Level, Parameter::Slope, Parameter::Kappa, Parameter::Sigma];
            free.extend(Parameter::of_jumps(&law));
            let again = Process { level: 0.0, slope: 0.0, kappa: 1.0, sigma: 1.0, intensity: 1.0, law }
                .at(&free, &process.coordinates(&free));
            for parameter in free {
                let (a, b) = (process.get(parameter), again.get(parameter));
                assert!((a - b).abs() < 1e-12, "{parameter:?}: {a} {b}");
                let x = parameter.coordinate(a);
                let slope = (parameter.value(x + 1e-6) - parameter.value(x - 1e-6)) / 2e-6;
                assert!((slope - parameter.derivative(a)).abs() < 1e-6, "{parameter:?}");
            }
        }
    }
}
