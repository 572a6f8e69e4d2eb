//! How far the paper's paths go, day by day over three years.

use crate::model::Model;
use crate::path::{BLOCK, Key, Paths, Step, fold_blocks};

/// Scenario number of the random streams.
const SCENARIO: u64 = 0x5041_5045;

/// Trading days of the paper's three years.
const DAYS: u32 = 756;

/// Shares of paths, in percent.
pub(super) struct Extremes {
    /// The highest price is more than twice the first.
    pub doubled_percent: f64,
    /// The highest price is more than five times the lowest.
    pub fivefold_percent: f64,
}

impl Extremes {
    pub fn draw(model: &Model, seed: u64, paths: u32, progress: &(dyn Fn(u64) + Sync)) -> Self {
        let step = Step::new(model, super::TRADING_DAY);
        let log_first = model.spot(&model.start(), 0.0).ln();
        let (two, five) = (std::f64::consts::LN_2, 5.0_f64.ln());
        let draw = |block: u64, size: usize| {
            let mut paths = Paths::new(model, model.start(), Key { seed, scenario: SCENARIO, block }, BLOCK);
            let (mut low, mut high) = (vec![log_first; BLOCK], vec![log_first; BLOCK]);
            for _ in 0..DAYS {
                paths.advance(&step);
                paths.widen(&mut low, &mut high);
            }
            let extremes = low.into_iter().zip(high).take(size);
            let counts = extremes.map(|(low, high)| [u32::from(high - log_first > two), u32::from(high - low > five)]);
            progress(size as u64);
            counts.fold([0, 0], |[a, b], [c, d]| [a + c, b + d])
        };
        let mut counts = [0, 0];
        fold_blocks(u64::from(paths), draw, |[doubled, fivefold]| {
            counts = [counts[0] + doubled, counts[1] + fivefold];
        });
        let [doubled_percent, fivefold_percent] = counts.map(|count| 100.0 * f64::from(count) / f64::from(paths));
        Self { doubled_percent, fivefold_percent }
    }
}
