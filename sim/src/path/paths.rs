//! A block of paths that move together, without discretisation error and without being stored.
//!
//! ```text
//! X_{t+dt} = a X_t + drift phi(kappa, dt) + sigma sqrt(phi(2 kappa, dt)) Z + sum_i e^{-kappa (t + dt - tau_i)} J_i
//! ```
//!
//! with `a = e^{-kappa dt}` and `phi` as in [`crate::model::phi`]. What is wanted of the paths is taken from them
//! between two steps; only where they stand is kept, so memory does not grow with the number of steps or of blocks.
//! Scheduled jumps (`model.launches()`) happen at their time, counted from the start of the paths, whatever the steps.

use super::aligned::Aligned;
use super::arrivals::Arrivals;
use super::lanes::{BATCH, Lanes, Purpose};
use super::{Isa, Key, kernel};
use crate::model::{Model, State, phi};

/// The transition of the three factors over one length of step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    dt: f64,
    factors: [FactorStep; 3],
}

#[derive(Clone, Copy, Debug)]
struct FactorStep {
    decay: f64,
    shift: f64,
    scale: f64,
}

impl Step {
    /// Prepares steps of `dt` years of a model.
    #[must_use]
    pub fn new(model: &Model, dt: f64) -> Self {
        let factors = model.factors().map(|factor| FactorStep {
            decay: factor.decay(dt),
            shift: factor.drift() * phi(factor.kappa(), dt),
            scale: factor.sigma() * phi(2.0 * factor.kappa(), dt).sqrt(),
        });
        Self { dt, factors }
    }
}

/// A factor that can be made to jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The jump stays.
    Permanent,
    /// The jump fades at the rate of the reverting factor.
    Reverting,
    /// The jump fades at the rate of the spike factor.
    Spike,
}

/// Paths under way.
#[derive(Clone, Debug)]
pub struct Paths<'m> {
    model: &'m Model,
    isa: Isa,
    now: f64,
    values: [Aligned; 3],
    lanes: Lanes,
    launched: Lanes,
    arrivals: [Option<Arrivals>; 3],
    logs: Aligned,
}

impl<'m> Paths<'m> {
    /// `count` paths that start in `state` at time zero, with the random numbers of `key`. They are drawn in pairs: an
    /// odd number is rounded up.
    #[must_use]
    pub fn new(model: &'m Model, state: State, key: Key, count: usize) -> Self {
        Self::on(Isa::widest(), model, state, key, count)
    }

    /// [`Self::new`] with the instructions of a given set. The numbers are the same.
    #[must_use]
    pub fn on(isa: Isa, model: &'m Model, state: State, key: Key, count: usize) -> Self {
        let count = count.next_multiple_of(2);
        let [a, b, c] = model.factors();
        let arrivals = |number: usize, factor| Arrivals::new(isa, key, number, factor, state.excess[number], count);
        Self {
            model,
            isa,
            now: 0.0,
            values: state.values().map(|value| Aligned::new(value, count)),
            lanes: Lanes::new(isa, key, Purpose::Diffusion),
            launched: Lanes::new(isa, key, Purpose::Launches),
            arrivals: [arrivals(0, a), arrivals(1, b), arrivals(2, c)],
            logs: Aligned::new(0.0, count),
        }
    }

    /// Moves all paths on by one step.
    pub fn advance(&mut self, step: &Step) {
        let end = self.now + step.dt;
        for ((values, arrivals), own) in self.values.iter_mut().zip(&mut self.arrivals).zip(&step.factors) {
            if own.scale > 0.0 {
                for chunk in values.chunks_mut(2 * BATCH) {
                    let words = self.lanes.take(chunk.len() / 2);
                    kernel::diffuse(self.isa, chunk, words, own.decay, own.shift, own.scale);
                }
            } else if own.decay != 1.0 || own.shift != 0.0 {
                kernel::drift(self.isa, values, own.decay, own.shift);
            }
            if let Some(arrivals) = arrivals {
                arrivals.deposit(values, self.now, step.dt);
            }
        }
        self.launch(end);
        self.now = end;
    }

    /// Lets the scheduled jumps between now and `end` happen.
    fn launch(&mut self, end: f64) {
        for launch in self.model.launches().all().iter().filter(|launch| launch.within(self.now, end)) {
            let left = self.model.factors()[launch.factor()].decay((end - launch.time()).max(0.0));
            let values = &mut self.values[launch.factor()];
            if launch.sd() == 0.0 {
                kernel::drift(self.isa, values, 1.0, left * launch.mean());
                continue;
            }
            for chunk in values.chunks_mut(2 * BATCH) {
                let words = self.launched.take(chunk.len() / 2);
                kernel::diffuse(self.isa, chunk, words, 1.0, left * launch.mean(), left * launch.sd());
            }
        }
    }

    /// Moves one factor of all paths at once.
    pub fn shock(&mut self, target: Target, log_size: f64) {
        let [permanent, reverting, spike] = &mut self.values;
        let values = match target {
            Target::Permanent => permanent,
            Target::Reverting => reverting,
            Target::Spike => spike,
        };
        kernel::drift(self.isa, values, 1.0, log_size);
    }

    /// Number of paths.
    #[must_use]
    pub fn count(&self) -> usize {
        self.logs.len()
    }

    /// Years since the start.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.now
    }

    /// Where each path's factors stand, in the order of [`Model::factors`].
    #[must_use]
    pub fn values(&self) -> [&[f64]; 3] {
        self.values.each_ref().map(|values| &**values)
    }

    /// Where one path stands.
    ///
    /// # Panics
    /// If there is no such path.
    #[must_use]
    pub fn state(&self, path: usize) -> State {
        let excess = self.arrivals.each_ref().map(|each| each.as_ref().map_or(0.0, |each| each.excess(path)));
        State { excess, ..State::from_values(self.values.each_ref().map(|values| values[path])) }
    }

    /// Natural logarithms of the spot prices.
    pub fn log_spots(&mut self) -> &[f64] {
        let [a, b, c] = &self.values;
        kernel::total(self.isa, &mut self.logs, self.model.trend().at(self.now), a, b, c);
        &self.logs
    }

    /// Writes the spot prices, of as many paths as there is room for.
    pub fn spots(&mut self, out: &mut [f64]) {
        let isa = self.isa;
        kernel::exponentials(isa, out, 0.0, self.log_spots());
    }

    /// Adds `weight` times the spot prices.
    pub fn add_spots(&mut self, out: &mut [f64], weight: f64) {
        let isa = self.isa;
        kernel::add_exponentials(isa, out, weight, 0.0, self.log_spots());
    }

    /// Lowers and raises the extremes of each path's log price to where it stands.
    pub fn widen(&mut self, low: &mut [f64], high: &mut [f64]) {
        let isa = self.isa;
        kernel::widen(isa, low, high, 0.0, self.log_spots());
    }
}
