//! Joint returns of all months over a random close-out time, over the uncertainty of the parameters.
//!
//! Paths come in groups. A group has one model and one close-out time: the models take turns, and the times follow the
//! golden-ratio sequence through their distribution, so that a few thousand groups hold both in their true proportions.
//! What a margin is taken from is therefore the predictive distribution: jumps, parameters and times, all at once.

use rayon::prelude::*;

use super::close_out::CloseOutLaw;
use crate::model::{Model, State};
use crate::path::{Key, Paths, Step};
use crate::{DAYS_PER_YEAR, SECONDS_PER_YEAR};

/// Paths of a group.
pub(crate) const GROUP: usize = 256;

/// The golden ratio less one: multiples of it fill the unit interval evenly, whatever their number.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// What to draw.
#[derive(Clone, Copy)]
pub(crate) struct Draw<'a> {
    pub models: &'a [Model],
    pub tenor_days: &'a [u32],
    pub law: &'a CloseOutLaw,
    pub seed: u64,
    /// Scenario number of the random streams: returns for different purposes are independent.
    pub scenario: u64,
    pub paths: usize,
}

/// Returns as fractions of the price, path by path.
pub(crate) struct Returns {
    months: usize,
    models: usize,
    values: Vec<f64>,
}

impl Returns {
    pub fn draw(draw: &Draw<'_>, progress: &(dyn Fn(u64) + Sync)) -> Self {
        let months = draw.tenor_days.len();
        let mut values = vec![0.0; draw.paths * months];
        values.par_chunks_mut(GROUP * months).enumerate().for_each(|(number, group)| {
            let horizon = f64::from(close_out_of(draw.law, number)) / SECONDS_PER_YEAR;
            if let Some(model) = draw.models.get(number % draw.models.len().max(1)) {
                fill(draw, model, horizon, number as u64, group);
            }
            progress((group.len() / months) as u64);
        });
        Self { months, models: draw.models.len(), values }
    }

    /// Number of months.
    pub fn months(&self) -> usize {
        self.months
    }

    /// Number of models.
    pub fn models(&self) -> usize {
        self.models
    }

    /// The returns of all months, path by path.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> + Clone {
        self.values.chunks_exact(self.months.max(1))
    }

    /// [`Self::rows`] in parallel.
    pub fn par_rows(&self) -> impl IndexedParallelIterator<Item = &[f64]> {
        self.values.par_chunks_exact(self.months.max(1))
    }

    /// The returns of one month, path by path.
    pub fn month(&self, month: usize) -> impl Iterator<Item = f64> + Clone {
        self.values.iter().skip(month).step_by(self.months.max(1)).copied()
    }

    /// The returns of one month under one of the models.
    pub fn month_under(&self, month: usize, model: usize) -> impl Iterator<Item = f64> {
        let models = self.models.max(1);
        self.month(month).enumerate().filter(move |(path, _)| path / GROUP % models == model).map(|(_, value)| value)
    }

    /// The returns of one month on a section of the paths, of `sections` in all, each made of whole groups that follow
    /// each other: it has all models and close-out times in nearly their true proportions.
    pub fn month_in(&self, month: usize, section: usize, sections: usize) -> impl Iterator<Item = f64> {
        let groups = self.rows().len().div_ceil(GROUP);
        let start = |section: usize| section * groups / sections.max(1) * GROUP;
        let (from, to) = (start(section), start(section + 1));
        self.month(month).skip(from).take(to - from)
    }

    /// The first paths, as many as there are up to `most`.
    pub fn first(&self, most: usize) -> Self {
        let values = self.values.iter().take(most * self.months).copied().collect();
        Self { months: self.months, models: self.models, values }
    }
}

/// The close-out time of a group, in seconds.
pub(super) fn close_out_of(law: &CloseOutLaw, group: usize) -> u32 {
    law.quantile((group as f64 * GOLDEN + 0.5).fract())
}

/// Draws a group. A month that ends within the close-out is held to be exposed to all of it.
fn fill(draw: &Draw<'_>, model: &Model, horizon: f64, block: u64, out: &mut [f64]) {
    let weighted: Vec<([f64; 3], f64)> = draw
        .tenor_days
        .iter()
        .map(|days| {
            let rest = (f64::from(*days) / DAYS_PER_YEAR - horizon).max(0.0);
            let weights = model.factors().map(|factor| factor.decay(rest));
            (weights, model.priced().innovations_log_mgf(&model.start(), 0.0, horizon, weights))
        })
        .collect();
    // What each factor does over the horizon, from a standing start.
    let standing = State { excess: model.start().excess, ..State::default() };
    let mut paths = Paths::new(model, standing, Key { seed: draw.seed, scenario: draw.scenario, block }, GROUP);
    paths.advance(&Step::new(model, horizon));
    let [permanent, reverting, spike] = paths.values();
    let innovations = permanent.iter().zip(reverting).zip(spike);
    for (row, ((x, y), z)) in out.chunks_exact_mut(weighted.len()).zip(innovations) {
        for (value, ([a, b, c], expected)) in row.iter_mut().zip(&weighted) {
            *value = (a * x + b * y + c * z - expected).exp_m1();
        }
    }
}
