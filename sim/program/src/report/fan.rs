//! What the price may do, parameters and chance together: quantiles over the draws of the calibration's uncertainty.

use rayon::prelude::*;

use sit_sim::model::Model;
use sit_sim::path::{Key, Paths, Step};

/// Levels of the quantiles.
pub const LEVELS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Months ahead.
const MONTHS: u32 = 24;

/// Paths of each model and month.
const PATHS: usize = 512;

/// Scenario of the random numbers.
const SCENARIO: u64 = 0x66_616e;

/// Quantiles of a price some time from now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Months from the last day of the history.
    pub months: f64,
    /// Quantiles at [`LEVELS`], US dollars per million tokens.
    pub quantiles: [f64; 5],
}

/// Quantiles of the spot price, month by month, over the models and the paths of each.
#[must_use]
pub fn prices(models: &[Model], seed: u64) -> Vec<Spread> {
    let by_model: Vec<Vec<Vec<f64>>> = models
        .par_iter()
        .enumerate()
        .map(|(number, model)| {
            let step = Step::new(model, 1.0 / 12.0);
            let key = Key { seed, scenario: SCENARIO, block: number as u64 };
            let mut paths = Paths::new(model, model.start(), key, PATHS);
            let mut spots = vec![0.0; PATHS];
            (0..=MONTHS)
                .map(|month| {
                    if month > 0 {
                        paths.advance(&step);
                    }
                    paths.spots(&mut spots);
                    spots.clone()
                })
                .collect()
        })
        .collect();
    (0..=MONTHS as usize)
        .map(|month| {
            let all = by_model.iter().filter_map(|months| months.get(month)).flatten().copied().collect();
            Spread { months: month as f64, quantiles: quantiles(all) }
        })
        .collect()
}

/// Quantiles over the models of the futures price, month by month: what is not known of the parameters alone.
#[must_use]
pub fn curve(models: &[Model]) -> Vec<Spread> {
    (0..=MONTHS)
        .map(|month| {
            let tenor = f64::from(month) / 12.0;
            let prices = models.iter().map(|model| model.futures_price(&model.start(), 0.0, tenor)).collect();
            Spread { months: f64::from(month), quantiles: quantiles(prices) }
        })
        .collect()
}

/// The smallest value that at least such a share of the values does not exceed.
fn quantiles(mut values: Vec<f64>) -> [f64; 5] {
    values.sort_unstable_by(f64::total_cmp);
    LEVELS.map(|level| {
        let place = ((level * values.len() as f64).ceil() as usize).clamp(1, values.len().max(1)) - 1;
        values.get(place).copied().unwrap_or_default()
    })
}
