//! A model as text.
//!
//! ```toml
//! log_spot = 0.2             # natural logarithm of today's price; left out: the trend's value today
//! [trend]                    # all optional, zero by default
//! level = 0.0
//! slope = -0.35              # per year
//! seasonal_amplitude = 0.08
//! seasonal_period = 1.0      # years
//! seasonal_phase = 0.0       # radians
//! form = "path"              # or "moving-target": the table describes what the reverting factor reverts to
//! [permanent]                # shocks that stay
//! drift = 0.0                # per year
//! sigma = 0.1                # per square root of a year
//! [reverting]
//! kappa = 3.0                # per year
//! sigma = 0.6
//! [reverting.jumps]          # also [permanent.jumps] and [spike.jumps]
//! law = "gaussian"           # or "double-exponential" with p_up, eta_up, eta_down
//! intensity = 4.0            # per year
//! mean = 0.10
//! sd = 0.25
//! [reverting.clusters]       # jumps that bring further ones; also of the other factors
//! excitation = 8.0           # what a jump adds to the intensity, per year
//! decay = 20.0               # rate at which that fades, per year
//! start = 6.0                # intensity at time zero; left out: its mean in the steady state
//! [spike]
//! kappa = 60.0
//! [[launches]]               # jumps whose time is known
//! time = 0.5                 # years from time zero
//! mean = -0.22
//! sd = 0.05                  # zero if left out
//! factor = "permanent"       # or "reverting", "spike"; permanent if left out
//! ```
//!
//! What the market pays for risk turns the process into the one that futures are priced with: in each factor's table
//! `price_of_risk`, per square root of a year, lowers the drift by its multiple of sigma, and a table such as
//! `[reverting.priced_jumps]` takes the place of `[reverting.jumps]`.
//!
//! Each factor may give its own `start` (log). What `log_spot` leaves over after the trend and the given starts belongs
//! to the reverting factor if there is one without a start of its own, else to the permanent factor.

use serde::{Deserialize, Serialize};

use super::{Clusters, Factor, JumpLaw, Jumps, Launch, Launches, Model, ModelError, State, Trend};

/// A model as read from TOML, before its parameters are checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSpec {
    /// Natural logarithm of the price at time zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_spot: Option<f64>,
    /// Deterministic part.
    pub trend: TrendSpec,
    /// Factor whose shocks stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permanent: Option<PermanentSpec>,
    /// Factor that reverts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverting: Option<RevertingSpec>,
    /// Factor that reverts within days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spike: Option<RevertingSpec>,
    /// Scheduled jumps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub launches: Vec<LaunchSpec>,
}

/// What the `[trend]` table describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrendForm {
    /// The deterministic part of the log price itself.
    #[default]
    Path,
    /// What the reverting factor is pulled to (the paper's form).
    MovingTarget,
}

/// The `[trend]` table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrendSpec {
    /// Level at time zero, natural logarithm.
    pub level: f64,
    /// Slope, per year.
    pub slope: f64,
    /// Amplitude of the season, natural logarithm.
    #[serde(alias = "amplitude")]
    pub seasonal_amplitude: f64,
    /// Period of the season, in years.
    #[serde(alias = "period")]
    pub seasonal_period: f64,
    /// Phase of the season at time zero, in radians.
    #[serde(alias = "phase")]
    pub seasonal_phase: f64,
    /// What the table describes.
    pub form: TrendForm,
}

/// A `[[launches]]` table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchSpec {
    /// Years from time zero.
    pub time: f64,
    /// Mean size, natural logarithm.
    pub mean: f64,
    /// Standard deviation of the size.
    #[serde(default)]
    pub sd: f64,
    /// Factor that jumps.
    #[serde(default)]
    pub factor: FactorName,
}

/// A factor by the name of its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorName {
    /// `[permanent]`.
    #[default]
    Permanent,
    /// `[reverting]`.
    Reverting,
    /// `[spike]`.
    Spike,
}

/// A `clusters` table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSpec {
    /// What a jump adds to the intensity, per year.
    pub excitation: f64,
    /// Rate at which that fades, per year.
    pub decay: f64,
    /// Intensity at time zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<f64>,
}

/// The `[permanent]` table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PermanentSpec {
    /// Drift, per year.
    pub drift: f64,
    /// Volatility, per square root of a year.
    pub sigma: f64,
    /// Value at time zero, natural logarithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<f64>,
    /// Price of the risk of the diffusion, per square root of a year.
    #[serde(skip_serializing_if = "is_zero")]
    pub price_of_risk: f64,
    /// Jumps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jumps: Option<JumpSpec>,
    /// How jumps excite further ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clusters: Option<ClusterSpec>,
    /// Jumps that futures are priced with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priced_jumps: Option<JumpSpec>,
}

/// The `[reverting]` and `[spike]` tables.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevertingSpec {
    /// Rate of mean reversion, per year.
    #[serde(alias = "beta")]
    pub kappa: f64,
    /// Volatility, per square root of a year.
    #[serde(default)]
    pub sigma: f64,
    /// Value at time zero, natural logarithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<f64>,
    /// Price of the risk of the diffusion, per square root of a year.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub price_of_risk: f64,
    /// Jumps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jumps: Option<JumpSpec>,
    /// How jumps excite further ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<ClusterSpec>,
    /// Jumps that futures are priced with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced_jumps: Option<JumpSpec>,
}

/// A `jumps` table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "law", rename_all = "kebab-case", deny_unknown_fields)]
pub enum JumpSpec {
    /// Normal sizes.
    Gaussian {
        /// Arrivals a year.
        intensity: f64,
        /// Mean size.
        mean: f64,
        /// Standard deviation of the size.
        sd: f64,
    },
    /// Kou's law.
    DoubleExponential {
        /// Arrivals a year.
        intensity: f64,
        /// Probability that a jump goes up.
        p_up: f64,
        /// Rate of the upward size.
        eta_up: f64,
        /// Rate of the downward size.
        eta_down: f64,
    },
}

impl JumpSpec {
    fn build(self, factor: &'static str) -> Result<Jumps, ModelError> {
        match self {
            Self::Gaussian { intensity, mean, sd } => Jumps::new(factor, intensity, JumpLaw::Gaussian { mean, sd }),
            Self::DoubleExponential { intensity, p_up, eta_up, eta_down } => {
                Jumps::new(factor, intensity, JumpLaw::DoubleExponential { p_up, eta_up, eta_down })
            }
        }
    }

    fn of(jumps: &Jumps) -> Self {
        let intensity = jumps.intensity();
        match jumps.law() {
            JumpLaw::Gaussian { mean, sd } => Self::Gaussian { intensity, mean, sd },
            JumpLaw::DoubleExponential { p_up, eta_up, eta_down } => {
                Self::DoubleExponential { intensity, p_up, eta_up, eta_down }
            }
        }
    }
}

/// The jumps of a factor, with their clusters.
fn build_jumps(
    name: &'static str,
    jumps: Option<JumpSpec>,
    clusters: Option<ClusterSpec>,
) -> Result<Option<Jumps>, ModelError> {
    let jumps = jumps.map(|jumps| jumps.build(name)).transpose()?;
    match (jumps, clusters) {
        (None, Some(_)) => Err(ModelError::Conflict("clusters are given for a factor without jumps")),
        (Some(jumps), Some(spec)) => jumps.with_clusters(name, spec.excitation, spec.decay, spec.start).map(Some),
        (jumps, None) => Ok(jumps),
    }
}

impl ClusterSpec {
    fn of(clusters: &Clusters) -> Self {
        Self { excitation: clusters.excitation(), decay: clusters.decay(), start: Some(clusters.start()) }
    }
}

impl PermanentSpec {
    fn build(self) -> Result<Factor, ModelError> {
        let jumps = build_jumps("permanent", self.jumps, self.clusters)?;
        let priced = self.priced_jumps.map(|jumps| jumps.build("permanent")).transpose()?;
        Factor::permanent(self.drift, self.sigma, jumps)?.with_prices_of_risk("permanent", self.price_of_risk, priced)
    }

    fn of(factor: &Factor, start: f64) -> Option<Self> {
        (*factor != Factor::default() || start != 0.0).then(|| Self {
            drift: factor.drift(),
            sigma: factor.sigma(),
            start: Some(start),
            price_of_risk: factor.price_of_risk(),
            jumps: factor.jumps().map(JumpSpec::of),
            clusters: factor.jumps().and_then(Jumps::clusters).map(ClusterSpec::of),
            priced_jumps: factor.priced_jumps().map(JumpSpec::of),
        })
    }
}

impl RevertingSpec {
    fn build(self, name: &'static str) -> Result<Factor, ModelError> {
        let jumps = build_jumps(name, self.jumps, self.clusters)?;
        let priced = self.priced_jumps.map(|jumps| jumps.build(name)).transpose()?;
        Factor::reverting(name, self.kappa, self.sigma, jumps)?.with_prices_of_risk(name, self.price_of_risk, priced)
    }

    fn of(factor: &Factor, start: f64) -> Option<Self> {
        (factor.kappa() > 0.0).then(|| Self {
            kappa: factor.kappa(),
            sigma: factor.sigma(),
            start: Some(start),
            price_of_risk: factor.price_of_risk(),
            jumps: factor.jumps().map(JumpSpec::of),
            clusters: factor.jumps().and_then(Jumps::clusters).map(ClusterSpec::of),
            priced_jumps: factor.priced_jumps().map(JumpSpec::of),
        })
    }
}

impl LaunchSpec {
    fn build(self) -> Result<Launch, ModelError> {
        Launch::new(self.time, self.mean, self.sd, self.factor as usize)
    }

    fn of(launch: &Launch) -> Self {
        let factor = match launch.factor() {
            0 => FactorName::Permanent,
            1 => FactorName::Reverting,
            _ => FactorName::Spike,
        };
        Self { time: launch.time(), mean: launch.mean(), sd: launch.sd(), factor }
    }
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl ModelSpec {
    /// Reads the text of a TOML file.
    ///
    /// # Errors
    /// [`ModelError::Syntax`] when the text is empty, is not TOML, lacks a key or has one that is not known.
    pub fn from_toml(text: &str) -> Result<Self, ModelError> {
        let empty = toml::from_str::<toml::Table>(text).is_ok_and(|table| table.is_empty());
        if empty {
            let what = "it is empty: a model has a log_spot and at least one factor, such as [permanent] with a sigma";
            return Err(ModelError::Syntax(what.into()));
        }
        crate::from_toml(text).map_err(ModelError::Syntax)
    }

    /// The text that [`Self::from_toml`] reads.
    ///
    /// # Errors
    /// [`ModelError::Syntax`] when a number has no form in TOML.
    pub fn to_toml(&self) -> Result<String, ModelError> {
        toml::to_string(self).map_err(|error| ModelError::Syntax(error.to_string()))
    }

    /// Checks the parameters and builds the model.
    ///
    /// # Errors
    /// [`ModelError`] for the first parameter that breaks a rule.
    pub fn build(&self) -> Result<Model, ModelError> {
        let permanent = self.permanent.map(PermanentSpec::build).transpose()?.unwrap_or_default();
        let reverting = self.reverting.map(|spec| spec.build("reverting")).transpose()?;
        let spike = self.spike.map(|spec| spec.build("spike")).transpose()?;
        let trend = self.build_trend(reverting.as_ref())?;
        let start = self.start(&trend)?;
        let launches: Vec<Launch> = self.launches.iter().map(|launch| launch.build()).collect::<Result<_, _>>()?;
        let model = Model::new(trend, permanent, reverting.unwrap_or_default(), spike.unwrap_or_default(), start);
        Ok(model.with_launches(Launches::new(&launches)?))
    }

    fn build_trend(&self, reverting: Option<&Factor>) -> Result<Trend, ModelError> {
        let spec = self.trend;
        let trend = Trend::line(spec.level, spec.slope)?.with_season(
            spec.seasonal_amplitude,
            spec.seasonal_period,
            spec.seasonal_phase,
        )?;
        match (spec.form, reverting) {
            (TrendForm::Path, _) => Ok(trend),
            (TrendForm::MovingTarget, Some(factor)) => Ok(Trend::moving_target(trend, factor.kappa())),
            (TrendForm::MovingTarget, None) => Err(ModelError::Conflict(
                "trend.form is \"moving-target\", but there is no [reverting] table to be pulled to it",
            )),
        }
    }

    fn start(&self, trend: &Trend) -> Result<State, ModelError> {
        let given = State {
            permanent: self.permanent.and_then(|spec| spec.start).unwrap_or(0.0),
            reverting: self.reverting.and_then(|spec| spec.start).unwrap_or(0.0),
            spike: self.spike.and_then(|spec| spec.start).unwrap_or(0.0),
            ..State::default()
        };
        let names = ["permanent.start", "reverting.start", "spike.start"];
        let named = names.into_iter().zip(given.values());
        for (name, value) in named.chain(self.log_spot.map(|value| ("log_spot", value))) {
            if !value.is_finite() {
                return Err(ModelError::Domain { name: name.into(), value, rule: "a finite number" });
            }
        }
        let Some(log_spot) = self.log_spot else {
            return Ok(given);
        };
        let left = log_spot - trend.at(0.0) - given.values().iter().sum::<f64>();
        Ok(match self.reverting {
            Some(RevertingSpec { start: None, .. }) => State { reverting: left, ..given },
            _ => State { permanent: given.permanent + left, ..given },
        })
    }
}

impl From<&Model> for ModelSpec {
    /// The spec that builds the same model, with every start written out.
    fn from(model: &Model) -> Self {
        let [permanent, reverting, spike] = model.factors();
        let start = model.start();
        let trend = model.trend();
        let (seasonal_amplitude, seasonal_period, seasonal_phase) = trend.season();
        Self {
            log_spot: None,
            trend: TrendSpec {
                level: trend.level(),
                slope: trend.slope(),
                seasonal_amplitude,
                seasonal_period,
                seasonal_phase,
                form: TrendForm::Path,
            },
            permanent: PermanentSpec::of(permanent, start.permanent),
            reverting: RevertingSpec::of(reverting, start.reverting),
            spike: RevertingSpec::of(spike, start.spike),
            launches: model.launches().all().iter().map(LaunchSpec::of).collect(),
        }
    }
}
