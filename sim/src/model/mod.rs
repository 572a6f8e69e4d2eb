//! The price process.
//!
//! ```text
//! ln S_t = g(t) + xi_t + X_t + Y_t
//! ```
//!
//! * `g`: a deterministic [`Trend`] with an optional season
//! * `xi`: the permanent factor, whose shocks stay (efficiency gains, price cuts)
//! * `X`: the reverting factor (scarcity of capacity)
//! * `Y`: the spike factor, which reverts within days
//!
//! The three are independent [`Factor`]s, so every transform is a product and every closed form is exact:
//!
//! ```text
//! F(t, T) = exp( g(T) + sum_i [ e^{-kappa_i tau} X^i_t + ln E^Q[e^{eps_i}] ] ),   tau = T - t
//! ```
//!
//! Jumps whose time is known are [`Launches`]; jumps that bring further ones are [`Clusters`]. Futures prices are
//! expectations under the pricing measure Q ([`Model::priced`]), which is the process itself unless a factor names
//! prices of risk. The paper's process (section 8.1, Table 3) is [`Model::paper`]; the other presets are [`PRESETS`].

mod clusters;
mod factor;
mod jump;
mod launches;
mod moments;
mod numbers;
mod presets;
mod spec;
#[cfg(test)]
pub(crate) mod tests;
mod trend;

pub use clusters::Clusters;
pub use factor::{Factor, phi};
pub use jump::{JumpLaw, Jumps};
pub use launches::{Launch, Launches, MOST_LAUNCHES};
pub use moments::Moments;
pub use presets::PRESETS;
pub use spec::ModelSpec;
pub use trend::Trend;

use num_complex::Complex64;

/// Why a model cannot be built.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A parameter is outside its domain.
    #[error("{name} is {value}: it must be {rule}")]
    Domain {
        /// Parameter, as named in the TOML file.
        name: String,
        /// What was given.
        value: f64,
        /// What it must be.
        rule: &'static str,
    },
    /// Upward jumps so heavy-tailed that the price has no mean.
    #[error(
        "{factor}.jumps.eta_up is {eta_up}: it must be above 1, or the price has no finite mean (and above 2 for a finite variance)"
    )]
    InfiniteMean {
        /// Factor that jumps.
        factor: &'static str,
        /// What was given.
        eta_up: f64,
    },
    /// Upward jumps so heavy-tailed that the price has no variance.
    #[error("{factor}.jumps.eta_up is {eta_up}: it must be above 2, or the price has no finite variance")]
    InfiniteVariance {
        /// Factor that jumps.
        factor: &'static str,
        /// What was given.
        eta_up: f64,
    },
    /// Clustered jumps that together grow so large that the price has no variance.
    #[error(
        "{factor}.clusters: the jumps excite each other so much that the price has no finite variance: lower the excitation or the size of the jumps"
    )]
    Explosive {
        /// Factor that jumps.
        factor: &'static str,
    },
    /// A parameter that only another one gives a meaning to.
    #[error("{0}")]
    Conflict(&'static str),
    /// More launches than a model holds.
    #[error("{0} launches are given: a model holds at most {MOST_LAUNCHES}")]
    TooManyLaunches(usize),
    /// The text is not a model.
    #[error("the model cannot be read: {0}")]
    Syntax(String),
}

/// Where the three factors stand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    /// Permanent factor, natural logarithm.
    pub permanent: f64,
    /// Reverting factor, natural logarithm.
    pub reverting: f64,
    /// Spike factor, natural logarithm.
    pub spike: f64,
    /// How far the intensity of each factor's jumps stands above its base, per year, in the order of
    /// [`Model::factors`]. Only clustered jumps ever leave zero.
    pub excess: [f64; 3],
}

impl State {
    /// Where the factors stand, in the order of [`Model::factors`].
    #[must_use]
    pub fn values(&self) -> [f64; 3] {
        [self.permanent, self.reverting, self.spike]
    }

    /// The state with the given factors, in the order of [`Model::factors`], and jumps at their base intensity.
    #[must_use]
    pub fn from_values([permanent, reverting, spike]: [f64; 3]) -> Self {
        Self { permanent, reverting, spike, ..Self::default() }
    }
}

/// The price process: a trend, three factors and where they start.
///
/// ```
/// use sit_sim::model::Model;
///
/// // The paper's process starts at 2 dollars and is drawn to a target below that: a year ahead costs less.
/// let model = Model::paper();
/// let start = model.start();
/// assert!((model.spot(&start, 0.0) - 2.0).abs() < 1e-12);
/// assert!(model.futures_price(&start, 0.0, 1.0) < 2.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    trend: Trend,
    permanent: Factor,
    reverting: Factor,
    spike: Factor,
    launches: Launches,
    start: State,
}

impl Model {
    /// The process that starts at time zero in `start`, clustered jumps at the intensity that they start with. A factor
    /// without dynamics is [`Factor::default`].
    #[must_use]
    pub fn new(trend: Trend, permanent: Factor, reverting: Factor, spike: Factor, start: State) -> Self {
        let excess = [&permanent, &reverting, &spike].map(Factor::excess);
        let start = State { excess, ..start };
        Self { trend, permanent, reverting, spike, launches: Launches::default(), start }
    }

    /// The same process with scheduled jumps.
    #[must_use]
    pub fn with_launches(self, launches: Launches) -> Self {
        Self { launches, ..self }
    }

    /// The process as futures are priced with it: the measure Q.
    #[must_use]
    pub fn priced(&self) -> Self {
        let [permanent, reverting, spike] = self.factors().map(Factor::priced);
        Self { permanent, reverting, spike, ..*self }
    }

    /// The paper's process (section 8.1, Table 3) from a price of 2 US dollars (Figure 6): mean reversion of 2.5 a year
    /// to a moving target of ln 2 - 0.35 t + 0.08 sin(2 pi t), volatility 0.40, three jumps a year, N(0.10, 0.25^2).
    #[must_use]
    pub fn paper() -> Self {
        // The parameters are constants that a test builds; the fallback is never reached.
        Self::preset("paper").unwrap_or_else(|| {
            Self::new(Trend::default(), Factor::default(), Factor::default(), Factor::default(), State::default())
        })
    }

    /// The preset of this name, one of [`PRESETS`].
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        presets::spec(name).and_then(|spec| spec.build().ok())
    }

    /// Reads a model from TOML; [`ModelSpec`] describes the keys.
    ///
    /// # Errors
    /// [`ModelError`] when the text is not TOML, has unknown keys, or a parameter is outside its domain.
    pub fn from_toml(text: &str) -> Result<Self, ModelError> {
        ModelSpec::from_toml(text)?.build()
    }

    /// The trend.
    #[must_use]
    pub fn trend(&self) -> &Trend {
        &self.trend
    }

    /// Permanent, reverting and spike factor.
    #[must_use]
    pub fn factors(&self) -> [&Factor; 3] {
        [&self.permanent, &self.reverting, &self.spike]
    }

    /// The scheduled jumps.
    #[must_use]
    pub fn launches(&self) -> &Launches {
        &self.launches
    }

    /// Where the factors stand at time zero.
    #[must_use]
    pub fn start(&self) -> State {
        self.start
    }

    /// The same process started elsewhere.
    #[must_use]
    pub fn started_at(self, start: State) -> Self {
        Self { start, ..self }
    }

    /// Spot price at time `t` (years) in a given state.
    #[must_use]
    pub fn spot(&self, state: &State, t: f64) -> f64 {
        (self.trend.at(t) + state.values().iter().sum::<f64>()).exp()
    }

    /// Futures price at time `t` for delivery `tenor` years later: the expectation under Q. The spot price when the
    /// tenor is zero or below.
    #[must_use]
    pub fn futures_price(&self, state: &State, t: f64, tenor: f64) -> f64 {
        self.priced().log_mgf(state, t, tenor.max(0.0), 1.0).exp()
    }

    /// `ln E[S_{t+tau}^theta]` given the state at `t`.
    #[must_use]
    pub fn log_mgf(&self, state: &State, t: f64, tau: f64, theta: f64) -> f64 {
        let carried: f64 = self.factors().iter().zip(state.values()).map(|(factor, x)| x * factor.decay(tau)).sum();
        theta * (self.trend.at(t + tau) + carried) + self.innovations_log_mgf(state, t, tau, [theta; 3])
    }

    /// `ln E[exp(sum_i theta_i eps_i)]` of the innovations over `tau` after `t`, scheduled jumps included. They depend
    /// on the state through the intensity of clustered jumps alone.
    #[must_use]
    pub fn innovations_log_mgf(&self, state: &State, t: f64, tau: f64, theta: [f64; 3]) -> f64 {
        let each = self.factors().into_iter().zip(state.excess).zip(theta);
        let drawn: f64 = each.map(|((factor, excess), theta)| factor.log_mgf_from(excess, theta, tau)).sum();
        let launched: f64 = self
            .launched(t, tau)
            .map(|(launch, left)| {
                let theta = theta[launch.factor()] * left;
                theta * launch.mean() + theta * theta * launch.sd() * launch.sd() / 2.0
            })
            .sum();
        drawn + launched
    }

    /// [`Self::innovations_log_mgf`] at complex arguments.
    #[must_use]
    pub fn complex_innovations_log_mgf(&self, state: &State, t: f64, tau: f64, theta: [Complex64; 3]) -> Complex64 {
        let each = self.factors().into_iter().zip(state.excess).zip(theta);
        let drawn: Complex64 =
            each.map(|((factor, excess), theta)| factor.complex_log_mgf_from(excess, theta, tau)).sum();
        let launched: Complex64 = self
            .launched(t, tau)
            .map(|(launch, left)| {
                let theta = theta[launch.factor()] * left;
                theta * launch.mean() + theta * theta * (launch.sd() * launch.sd() / 2.0)
            })
            .sum();
        drawn + launched
    }

    /// The `n`-th cumulant, `n` from one to four, of `sum_i weight_i eps_i` over `tau` after `t`.
    #[must_use]
    pub fn innovations_cumulant(&self, state: &State, t: f64, tau: f64, weights: [f64; 3], n: u32) -> f64 {
        let order = n as i32;
        let each = self.factors().into_iter().zip(state.excess).zip(weights);
        let drawn: f64 =
            each.map(|((factor, excess), weight)| weight.powi(order) * factor.cumulant_from(excess, n, tau)).sum();
        let launched: f64 = self
            .launched(t, tau)
            .map(|(launch, left)| {
                let weight = weights[launch.factor()] * left;
                match n {
                    1 => weight * launch.mean(),
                    2 => weight * weight * launch.sd() * launch.sd(),
                    _ => 0.0,
                }
            })
            .sum();
        drawn + launched
    }

    /// The launches within `tau` after `t`, each with what is left of it at the end.
    fn launched(&self, t: f64, tau: f64) -> impl Iterator<Item = (&Launch, f64)> {
        let end = t + tau;
        let within = self.launches.all().iter().filter(move |launch| launch.within(t, end));
        within.map(move |launch| (launch, self.factors()[launch.factor()].decay((end - launch.time()).max(0.0))))
    }

    /// Mean, variance and shape of the price `tau` years after time `t`.
    #[must_use]
    pub fn moments(&self, state: &State, t: f64, tau: f64) -> Moments {
        Moments::of(self, state, t, tau)
    }
}
