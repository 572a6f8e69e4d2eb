//! Jumps of a whole block of paths.
//!
//! The jumps of n independent paths with intensity lambda are one Poisson process with intensity n lambda whose
//! arrivals each belong to a path drawn uniformly (superposition and thinning). In a step there are a Poisson number of
//! them at uniform times, so none has to be looked for among the paths that do not jump. Each decays from its own
//! moment to the end of the step: no error of discretisation. Clustered jumps are the roots drawn here and what
//! [`Offspring`] makes of them.

use super::counts::Counts;
use super::kernel;
use super::lanes::{BATCH, Lanes, Purpose};
use super::offspring::{Event, Offspring};
use super::{Isa, Key};
use crate::model::{Factor, JumpLaw};
use crate::numeric::elementary::unit;

/// The jumps of one factor: how many there are is drawn step by step, what they are a batch ahead.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    isa: Isa,
    lanes: Lanes,
    numbers: Lanes,
    law: JumpLaw,
    kappa: f64,
    /// Jumps a year of all paths.
    intensity: f64,
    paths: u32,
    counts: Counts,
    /// Of each jump of the batch: the part of its step that follows it, its size, its path.
    shares: Vec<f64>,
    sizes: Vec<f64>,
    owners: Vec<u32>,
    used: usize,
    left: Vec<f64>,
    offspring: Option<Offspring>,
}

impl Arrivals {
    /// The jumps of `paths` paths of a factor whose intensity stands `excess` above its base; `None` for a factor that
    /// does not jump.
    pub fn new(isa: Isa, key: Key, number: usize, factor: &Factor, excess: f64, paths: usize) -> Option<Self> {
        let jumps = factor.jumps().filter(|jumps| jumps.intensity() > 0.0)?;
        let offspring = jumps.clusters().map(|clusters| Offspring::new(key, number, factor, clusters, excess, paths));
        Some(Self {
            isa,
            lanes: Lanes::new(isa, key, Purpose::Jumps(number)),
            numbers: Lanes::new(isa, key, Purpose::Numbers(number)),
            law: jumps.law(),
            kappa: factor.kappa(),
            intensity: jumps.intensity() * paths as f64,
            paths: paths as u32,
            counts: Counts::new(0.0),
            shares: vec![0.0; BATCH],
            sizes: vec![0.0; BATCH],
            owners: vec![0; BATCH],
            used: BATCH,
            left: vec![0.0; BATCH],
            offspring,
        })
    }

    /// Adds to each path what its jumps in the `dt` years after `start` have left of them at the end.
    pub fn deposit(&mut self, values: &mut [f64], start: f64, dt: f64) {
        let mean = self.intensity * dt;
        if self.counts.mean() != mean {
            self.counts = Counts::new(mean);
        }
        let end = start + dt;
        let mut due = self.counts.draw(|| unit(self.numbers.take(1)[0]));
        while due > 0 {
            if self.used == BATCH {
                self.draw();
            }
            let many = due.min(BATCH - self.used);
            // Whole vectors: what lies beyond the jumps of this step is computed and left alone.
            let batch = self.used..BATCH.min(self.used + many.next_multiple_of(8));
            let left = &mut self.left[..batch.len()];
            kernel::decayed(self.isa, left, &self.sizes[batch.clone()], &self.shares[batch.clone()], self.kappa * dt);
            let owners = &self.owners[batch.clone()];
            for (owner, left) in owners.iter().zip(&*left).take(many) {
                values[*owner as usize] += left;
            }
            if let Some(offspring) = &mut self.offspring {
                for (owner, share) in owners.iter().zip(&self.shares[batch]).take(many) {
                    offspring.beget(Event { time: end - share * dt, owner: *owner });
                }
            }
            self.used += many;
            due -= many;
        }
        if let Some(offspring) = &mut self.offspring {
            offspring.deposit(values, end);
        }
    }

    /// How far the intensity of each path stands above its base, if jumps are clustered.
    pub fn excess(&self, path: usize) -> f64 {
        self.offspring.as_ref().map_or(0.0, |offspring| offspring.excess(path))
    }

    /// Draws the next batch.
    fn draw(&mut self) {
        kernel::units(self.isa, &mut self.shares, self.lanes.take(BATCH));
        let mut marks = [0; BATCH];
        marks.copy_from_slice(self.lanes.take(BATCH));
        kernel::owners(self.isa, &mut self.owners, &marks, self.paths);
        kernel::sizes(self.isa, self.law, &mut self.sizes, &marks, self.lanes.take(BATCH));
        self.used = 0;
    }
}
