//! A history of our own making, for whoever has none at hand.
//!
//! It is one path of a process with everything in it: a falling trend, a reverting factor with jumps, permanent cuts
//! and short spikes. It is no market's record, and whoever shows it must say so.

use jiff::Span;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::{History, Observation};
use crate::model::Model;
use crate::path::{DailyPath, PathRequest, simulate_one};

/// First day of the sample.
const FIRST: Date = date(2023, 1, 1);

/// Days after the first: three years, enough to tell a reverting price from a wandering one.
const DAYS: u32 = 1_095;

/// Decimals of a sample price: the collateral's smallest unit is a millionth of a dollar.
const DECIMALS: u32 = 6;

/// Decimals of a simulated price.
const FINE_DECIMALS: u32 = 12;

/// Scenario number of the sample's random stream.
const SCENARIO: u64 = 0x5a4d_504c;

/// The process behind the sample: from 4 US dollars, falling 30 % a year, half of a shock gone in 42 days.
const SAMPLE_MODEL: &str = "
    log_spot = 1.3862943611198906
    [trend]
    level = 1.3862943611198906
    slope = -0.36
    [reverting]
    kappa = 6.0
    sigma = 0.45
    [reverting.jumps]
    law = 'gaussian'
    intensity = 4.0
    mean = 0.08
    sd = 0.22
";

impl History {
    /// The sample history of a seed: daily prices of three years, the same for everybody.
    #[must_use]
    pub fn sample(seed: u64) -> Self {
        let request = PathRequest { seed, scenario: SCENARIO, days: DAYS, deliveries: Vec::new(), jumps: Vec::new() };
        // Both constants above are accepted by their constructors, as the test below shows for every run of the build.
        let path = Model::from_toml(SAMPLE_MODEL)
            .ok()
            .and_then(|model| simulate_one(&model, &request).ok())
            .unwrap_or(DailyPath { days: Vec::new() });
        Self::of_prices(path.days.into_iter().map(|day| day.spot), DECIMALS)
    }

    /// The first sample, its prices from the given one on so many days later.
    #[cfg(test)]
    pub(crate) fn sample_with_hole(from: usize, days: i64) -> Self {
        let mut sample = Self::sample(1);
        for observation in sample.observations.iter_mut().skip(from) {
            observation.date = observation.date.saturating_add(Span::new().days(days));
        }
        sample
    }

    /// A simulated history: one log price a day, with more decimals than any market quotes.
    pub(crate) fn of_log_prices(log_prices: &[f64]) -> Self {
        Self::of_prices(log_prices.iter().map(|log_price| log_price.exp()), FINE_DECIMALS)
    }

    fn of_prices(prices: impl Iterator<Item = f64>, decimals: u32) -> Self {
        let observations = (0_i64..)
            .zip(prices)
            .filter_map(|(day, price)| {
                let atoms = (price * 10_f64.powi(decimals as i32)).round().max(1.0);
                let exact = Decimal::new(atoms as i64, decimals);
                Observation::new(FIRST.saturating_add(Span::new().days(day)), exact)
            })
            .collect();
        Self { observations, flags: Vec::new(), understood: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_of_a_seed_is_whole_and_always_the_same() {
        let sample = History::sample(1);
        assert_eq!(sample.len(), DAYS as usize + 1);
        assert_eq!(sample.observations()[0].price, 4.0);
        assert_eq!(sample.dataset_root(), History::sample(1).dataset_root());
        assert_ne!(sample.dataset_root(), History::sample(2).dataset_root());
    }
}
