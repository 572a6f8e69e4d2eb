//! What the supervisors ask for at least.
//!
//! | regime | confidence | horizon | source |
//! |---|---|---|---|
//! | `pfmi` | 99 % | the close-out time itself, one day here at least | CPMI-IOSCO, Principles for financial market infrastructures, 2012, principle 6, key consideration 3 |
//! | `emir` | 99 % | 2 days | Delegated Regulation (EU) 153/2013, articles 24 and 26, other than OTC derivatives |
//! | `emir-otc` | 99.5 % | 5 days | the same, OTC derivatives |
//!
//! The value at risk at that confidence over that horizon is the floor of a month's margin; the expected shortfall over
//! the random close-out time stands above it.

use serde::{Deserialize, Serialize};
use sit_engine::calendar::DAY;

use super::MarginRequest;

/// A preset of confidences and horizons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// Principles for financial market infrastructures.
    Pfmi,
    /// European clearing houses, listed derivatives.
    #[default]
    Emir,
    /// European clearing houses, OTC derivatives.
    EmirOtc,
}

impl Regime {
    /// Confidence of the value at risk, in parts per million.
    #[must_use]
    pub fn confidence_ppm(self) -> u32 {
        match self {
            Self::Pfmi | Self::Emir => 990_000,
            Self::EmirOtc => 995_000,
        }
    }

    /// Least horizon, in seconds.
    #[must_use]
    pub fn horizon_seconds(self) -> u32 {
        match self {
            Self::Pfmi => DAY,
            Self::Emir => 2 * DAY,
            Self::EmirOtc => 5 * DAY,
        }
    }

    /// The default request under this regime.
    #[must_use]
    pub fn request(self) -> MarginRequest {
        let confidence_ppm = self.confidence_ppm();
        MarginRequest {
            confidence_ppm,
            var_confidence_ppm: confidence_ppm,
            horizon_seconds: self.horizon_seconds(),
            ..MarginRequest::default()
        }
    }
}
