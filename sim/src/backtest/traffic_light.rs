//! The supervisors' traffic light.
//!
//! The zone follows from the probability of at most x exceedances in n days at the level: green below 95 %, yellow
//! below 99.99 %, red from there on (Basel Committee, Supervisory framework for the use of backtesting, 1996). With 250
//! days at 1 % that is green to 4, yellow from 5 to 9, red from 10.

use serde::Serialize;

use super::{BacktestError, binomial, check};

/// Probability from which the zone is yellow.
const YELLOW: f64 = 0.95;

/// Probability from which the zone is red.
const RED: f64 = 0.9999;

/// A zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Zone {
    /// The number of exceedances is as it should be.
    Green,
    /// It is too high to be comfortable.
    Yellow,
    /// It is too high to be chance.
    Red,
}

/// Result of the test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrafficLight {
    /// Zone.
    pub zone: Zone,
    /// Probability of at most as many exceedances.
    pub probability: f64,
    /// Probability of at least as many: how often a sound margin would look so bad or worse.
    pub type_one: f64,
}

/// Sorts `exceedances` in `observations` days at a `level` into a zone.
///
/// # Errors
/// [`BacktestError`] when there are no days, more exceedances than days, or a level outside (0, 1).
pub fn traffic_light(exceedances: u64, observations: u64, level: f64) -> Result<TrafficLight, BacktestError> {
    check(exceedances, observations, level)?;
    let law = binomial(observations, level);
    let before = usize::try_from(exceedances).unwrap_or(usize::MAX);
    let probability = law.iter().take(before.saturating_add(1)).sum::<f64>().min(1.0);
    let type_one = law.iter().skip(before).sum::<f64>().min(1.0);
    let zone = match probability {
        p if p < YELLOW => Zone::Green,
        p if p < RED => Zone::Yellow,
        _ => Zone::Red,
    };
    Ok(TrafficLight { zone, probability, type_one })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zones_of_a_year_at_one_percent() {
        let light = |exceedances| traffic_light(exceedances, 250, 0.01).unwrap();
        for (exceedances, probability, zone) in [
            (4, 0.892188, Zone::Green),
            (5, 0.958817, Zone::Yellow),
            (9, 0.999750, Zone::Yellow),
            (10, 0.999946, Zone::Red),
        ] {
            let got = light(exceedances);
            assert!((got.probability - probability).abs() < 5e-7, "{got:?}");
            assert_eq!(got.zone, zone);
        }
    }

    #[test]
    fn the_published_example() {
        // MathWorks, varbacktest.tl: 57 failures in 1043 days at 95 %.
        let light = traffic_light(57, 1043, 0.05).unwrap();
        assert!((light.probability - 0.77913).abs() < 5e-6);
        assert!((light.type_one - 0.26396).abs() < 5e-6);
        assert_eq!(light.zone, Zone::Green);
    }
}
