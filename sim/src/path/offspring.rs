//! The jumps that jumps bring.
//!
//! A Hawkes process is a Poisson process of roots in which every jump, root or not, brings a Poisson number of further
//! ones, `excitation / decay` in the mean, each after an exponential time of rate `decay` (Hawkes and Oakes, Journal of
//! Applied Probability 11(3), 493-503, 1974). So it is drawn exactly, without stepping the intensity and without
//! rejection; what is kept is the jumps that are known to come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::Rng;
use rand_distr::{Distribution, Exp1, Poisson};

use super::Key;
use super::stream::{Stream, stream};
use crate::model::{Clusters, Factor, JumpLaw};

/// A jump of a path, at years from the start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub time: f64,
    pub owner: u32,
}

/// The jumps to come, and what all so far have done to the intensities.
#[derive(Clone, Debug)]
pub(super) struct Offspring {
    rng: Stream,
    law: JumpLaw,
    kappa: f64,
    clusters: Clusters,
    now: f64,
    /// By time: times above zero are ordered as their bits are.
    pending: BinaryHeap<Reverse<(u64, u32)>>,
    /// How far each path's intensity stands above its base.
    excess: Vec<f64>,
    /// Jumps since `now`, whose excitation is still to be added.
    recent: Vec<Event>,
}

impl Offspring {
    /// What is still to come of the past of `paths` paths whose intensity stands `excess` above its base.
    pub fn new(key: Key, number: usize, factor: &Factor, clusters: &Clusters, excess: f64, paths: usize) -> Self {
        let mut offspring = Self {
            // Apart from the lanes, which are seeded otherwise.
            rng: stream(key.mixed(), number as u64, u64::MAX),
            law: factor.jumps().map_or(JumpLaw::Gaussian { mean: 0.0, sd: 0.0 }, |jumps| jumps.law()),
            kappa: factor.kappa(),
            clusters: *clusters,
            now: 0.0,
            pending: BinaryHeap::new(),
            excess: vec![excess; paths],
            recent: Vec::new(),
        };
        for owner in 0..paths as u32 {
            offspring.bring(Event { time: 0.0, owner }, excess / clusters.decay());
        }
        offspring
    }

    /// Takes note of a jump and draws those that it brings.
    pub fn beget(&mut self, event: Event) {
        self.recent.push(event);
        self.bring(event, self.clusters.branching());
    }

    /// Draws a Poisson number of jumps after an event.
    fn bring(&mut self, event: Event, mean: f64) {
        for _ in 0..poisson(mean, &mut self.rng) {
            let wait: f64 = Exp1.sample(&mut self.rng);
            let time = event.time + wait / self.clusters.decay();
            self.pending.push(Reverse((time.to_bits(), event.owner)));
        }
    }

    /// Adds to each path what the jumps brought before `end` have left of them at `end`.
    pub fn deposit(&mut self, values: &mut [f64], end: f64) {
        while let Some(Reverse((bits, owner))) = self.pending.peek().copied() {
            let time = f64::from_bits(bits);
            if time >= end {
                break;
            }
            self.pending.pop();
            values[owner as usize] += (-self.kappa * (end - time)).exp() * self.law.sample(&mut self.rng);
            self.beget(Event { time, owner });
        }
        let fade = |elapsed: f64| (-self.clusters.decay() * elapsed).exp();
        let kept = fade(end - self.now);
        self.excess.iter_mut().for_each(|excess| *excess *= kept);
        for event in self.recent.drain(..) {
            self.excess[event.owner as usize] += self.clusters.excitation() * fade(end - event.time);
        }
        self.now = end;
    }

    /// How far the intensity of a path stands above its base.
    pub fn excess(&self, path: usize) -> f64 {
        self.excess[path]
    }
}

/// A Poisson number; zero for a mean of zero.
fn poisson<R: Rng + ?Sized>(mean: f64, rng: &mut R) -> u64 {
    Poisson::new(mean).map_or(0, |law| law.sample(rng) as u64)
}
