//! Scheduled jumps: a model launch moves prices at a time that is known, by a size that is not.
//!
//! ```text
//! eps_i has the further term sum_k e^{-kappa_i (T - t_k)} J_k,   J_k ~ N(mean_k, sd_k^2),   t < t_k <= T
//! ```
//!
//! Assody (SSRN 6926798, 2026) puts a launch of hardware at about -0.22 in the logarithm.

use super::ModelError;

/// Most launches of one model.
pub const MOST_LAUNCHES: usize = 16;

/// One scheduled jump.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Launch {
    time: f64,
    mean: f64,
    sd: f64,
    factor: usize,
}

impl Launch {
    /// A jump at `time` years of a normal size (natural logarithm), of the factor with this place in
    /// [`Model::factors`](super::Model::factors).
    ///
    /// # Errors
    /// [`ModelError::Domain`] unless the time lies ahead, the mean is finite and the standard deviation zero or above.
    pub fn new(time: f64, mean: f64, sd: f64, factor: usize) -> Result<Self, ModelError> {
        let domain = |name: &str, value: f64, holds: bool, rule| {
            if value.is_finite() && holds {
                Ok(())
            } else {
                Err(ModelError::Domain { name: format!("launches.{name}"), value, rule })
            }
        };
        domain("time", time, time > 0.0, "above zero: what has been launched is in the price")?;
        domain("mean", mean, true, "a finite number")?;
        domain("sd", sd, sd >= 0.0, "zero or above")?;
        domain("factor", factor as f64, factor < 3, "0, 1 or 2")?;
        Ok(Self { time, mean, sd, factor })
    }

    /// When, in years from time zero.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Mean size, natural logarithm.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Standard deviation of the size, natural logarithm.
    #[must_use]
    pub fn sd(&self) -> f64 {
        self.sd
    }

    /// Place of the factor that jumps in [`Model::factors`](super::Model::factors).
    #[must_use]
    pub fn factor(&self) -> usize {
        self.factor
    }

    /// Whether it happens after `start` and no later than `end`. A time that was added up from steps may be a rounding
    /// short of the day it stands for.
    #[must_use]
    pub fn within(&self, start: f64, end: f64) -> bool {
        let reached = |t: f64| self.time <= t + 1e-9;
        reached(end) && !reached(start)
    }
}

/// The launches of a model, in the order of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Launches {
    all: [Launch; MOST_LAUNCHES],
    count: usize,
}

impl Launches {
    /// # Errors
    /// [`ModelError::TooManyLaunches`] beyond [`MOST_LAUNCHES`].
    pub fn new(launches: &[Launch]) -> Result<Self, ModelError> {
        let mut all = [Launch::default(); MOST_LAUNCHES];
        let Some(places) = all.get_mut(..launches.len()) else {
            return Err(ModelError::TooManyLaunches(launches.len()));
        };
        places.copy_from_slice(launches);
        places.sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(Self { all, count: launches.len() })
    }

    /// The launches.
    #[must_use]
    pub fn all(&self) -> &[Launch] {
        &self.all[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use crate::average;
    use crate::model::{Model, ModelError};

    fn model() -> Model {
        Model::from_toml(
            "
            log_spot = 0.0
            [reverting]
            kappa = 4.0
            [[launches]]
            time = 0.5
            mean = -0.22
            sd = 0.1
            [[launches]]
            time = 0.25
            mean = 0.3
            sd = 0.2
            factor = 'reverting'
            ",
        )
        .unwrap()
    }

    #[test]
    fn a_launch_moves_the_curve_from_its_day_on() {
        let model = model();
        let start = model.start();
        let at = |tau: f64| model.moments(&start, 0.0, tau);
        assert_eq!(at(0.24).mean, 1.0);
        let left = (-4.0_f64 * 0.15).exp();
        assert!((at(0.4).mean - (0.3 * left + 0.02 * left * left).exp()).abs() < 1e-15);
        assert!((at(0.4).var_log - 0.04 * left * left).abs() < 1e-16);
        let gone = (-4.0_f64 * 0.35).exp();
        let want = -0.22 + 0.005 + 0.3 * gone + 0.02 * gone * gone;
        assert!((at(0.6).mean - want.exp()).abs() < 1e-15);
        // Seen from between the two, only the later one is still to come.
        assert!((model.futures_price(&start, 0.3, 0.4) - (-0.22_f64 + 0.005).exp()).abs() < 1e-15);
    }

    #[test]
    fn an_average_over_one_time_or_many_at_the_same_is_the_spot() {
        let model = model();
        for time in [0.25, 0.4, 0.7] {
            let spot = model.moments(&model.start(), 0.0, time);
            let average = average::moments(&model, &[time, time]).unwrap();
            assert!((average.mean - spot.mean).abs() < 1e-15 && (average.sd - spot.sd).abs() < 1e-9, "{time}");
        }
    }

    #[test]
    fn a_launch_in_the_past_and_a_seventeenth_are_refused() {
        let past = Model::from_toml("[[launches]]\ntime = 0.0\nmean = 0.1").unwrap_err();
        assert!(past.to_string().starts_with("launches.time is 0"), "{past}");
        let many = "[[launches]]\ntime = 1.0\nmean = 0.1\n".repeat(17);
        assert!(matches!(Model::from_toml(&many), Err(ModelError::TooManyLaunches(17))));
    }
}
