//! What a simulation is for: the mean of something over paths, with its standard error.

use rayon::prelude::*;

use super::kernel::{self, PARTS};
use super::{BLOCK, Isa};
use crate::numeric::Sum;

/// Blocks that are drawn before their results are added up: memory stays flat however many follow.
const WAVE: u64 = 256;

/// Draws blocks on all threads of the pool and hands their results to `fold` in the order of the blocks, so that what
/// is added up does not depend on who was first. `draw` gets the number of the block and how many of its paths count:
/// all but the last have [`BLOCK`].
pub fn fold_blocks<T: Send>(paths: u64, draw: impl Fn(u64, usize) -> T + Sync, mut fold: impl FnMut(T)) {
    let blocks = paths.div_ceil(BLOCK as u64);
    let size = |block: u64| (paths - block * BLOCK as u64).min(BLOCK as u64) as usize;
    let mut start = 0;
    while start < blocks {
        let end = blocks.min(start + WAVE);
        let results: Vec<T> = (start..end).into_par_iter().map(|block| draw(block, size(block))).collect();
        results.into_iter().for_each(&mut fold);
        start = end;
    }
}

/// A sample mean and what its error is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Estimate {
    count: u64,
    sum: Sum,
    squares: Sum,
}

impl Estimate {
    /// The estimate from one block's values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let mut sums = [[0.0; PARTS]; 2];
        kernel::power_sums(Isa::widest(), &mut sums, values);
        let [sum, squares] = sums.map(|parts| parts.into_iter().collect());
        Self { count: values.len() as u64, sum, squares }
    }

    /// Adds another block's.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.sum.add(other.sum.value());
        self.squares.add(other.squares.value());
    }

    /// Mean; zero of nothing.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum.value() / self.count as f64 }
    }

    /// Sample standard deviation; zero with fewer than two values.
    #[must_use]
    pub fn sd(&self) -> f64 {
        if self.count < 2 {
            return 0.0;
        }
        let n = self.count as f64;
        let centred = self.squares.value() - self.sum.value() * self.sum.value() / n;
        (centred.max(0.0) / (n - 1.0)).sqrt()
    }

    /// Standard error of the mean.
    #[must_use]
    pub fn error(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sd() / (self.count as f64).sqrt() }
    }
}
