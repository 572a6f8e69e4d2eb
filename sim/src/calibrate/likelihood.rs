//! The exact likelihood of a history, and its greatest value.
//!
//! ```text
//! e_i   = (y_{i+1} - g_{i+1}) - e^{-kappa tau_i} (y_i - g_i),   g_i = level + slope t_i
//! ln L  = sum_i ln p(e_i; tau_i)
//! ```
//!
//! with p the density of [`super::density`], one table for each distance between days. As the standard deviation of the
//! jumps falls to zero on a single move, ln L grows without bound (Honore, Pitfalls in estimating jump-diffusion
//! models, 1998), and short of that a dozen jumps hardly tell their number from their size. So the likelihood is
//! penalised, as Ciuperca, Ridolfi and Idier propose for mixtures (Scandinavian Journal of Statistics 30(1), 45-59,
//! 2003): [`Prior`] adds what the moves beyond three standard deviations say by themselves.

use std::cell::RefCell;
use std::rc::Rc;

use super::density::{Density, Grid};
use super::minimise::{covariance, minimise};
use super::process::{Parameter, Process};
use crate::model::JumpLaw;

/// Mean reversion beyond which a search does not go, per year: half of a shock gone in 14 hours.
const MOST_KAPPA: f64 = 400.0;

/// Share of the starting value below which the volatility cannot fall: there the grid gets coarse.
const LEAST_SIGMA_SHARE: f64 = 0.3;

/// The days of a history, as the likelihood needs them.
#[derive(Clone, Debug)]
pub(super) struct Times {
    /// Years from the middle of the history.
    pub centred: Vec<f64>,
    /// Distinct distances, in years.
    pub taus: Vec<f64>,
    /// For each move, which of them.
    pub gap: Vec<usize>,
    /// Length, in years.
    pub years: f64,
}

impl Times {
    pub(super) fn of(days: &[i32]) -> Self {
        let last = days.last().copied().unwrap_or_default();
        let years = f64::from(last) / crate::DAYS_PER_YEAR;
        let mut gaps: Vec<i32> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let each = gaps.clone();
        gaps.sort_unstable();
        gaps.dedup();
        Self {
            centred: days.iter().map(|day| f64::from(*day) / crate::DAYS_PER_YEAR - years / 2.0).collect(),
            taus: gaps.iter().map(|gap| f64::from(*gap) / crate::DAYS_PER_YEAR).collect(),
            gap: each.iter().filter_map(|gap| gaps.binary_search(gap).ok()).collect(),
            years,
        }
    }

    /// The innovations of a process, with the index of their distance.
    pub(super) fn innovations<'a>(
        &'a self,
        values: &'a [f64],
        process: &Process,
    ) -> impl Iterator<Item = (usize, f64)> + 'a {
        let Process { level, slope, kappa, .. } = *process;
        let decays: Vec<f64> = self.taus.iter().map(|tau| (-kappa * tau).exp()).collect();
        let left = values.iter().zip(&self.centred).map(move |(y, t)| y - level - slope * t);
        let ahead = left.clone().skip(1);
        left.zip(ahead).zip(&self.gap).map(move |((x, next), gap)| (*gap, next - decays[*gap] * x))
    }
}

/// What is known of a parameter without the likelihood: a normal law of its coordinate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prior {
    pub parameter: Parameter,
    pub centre: f64,
    pub width: f64,
}

/// What the likelihood was greatest at.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub process: Process,
    /// Logarithm of the likelihood, without the prior.
    pub log_likelihood: f64,
    /// Penalised log-likelihood at the optimum, for the standard errors.
    pub free: Vec<Parameter>,
}

/// A process with the densities that were computed for it.
type Kept = (Process, Rc<Vec<Density>>);

/// The likelihood of one history.
pub(super) struct Likelihood<'a> {
    times: &'a Times,
    values: &'a [f64],
    grids: Vec<Grid>,
    /// Moves of each distance.
    moves: Vec<usize>,
    start: Process,
    priors: Vec<Prior>,
    /// The densities of the last two processes: a search that moves the level or the slope alone asks for the same
    /// again.
    last: RefCell<[Option<Kept>; 2]>,
}

impl<'a> Likelihood<'a> {
    /// The likelihood of the values near a process.
    pub(super) fn new(times: &'a Times, values: &'a [f64], start: Process, priors: Vec<Prior>) -> Self {
        let largest = times.innovations(values, &start).fold(0.0_f64, |most, (_, e)| most.max(e.abs()));
        let grids = times.taus.iter().map(|tau| Grid::new(&start, *tau, 1.1 * largest)).collect();
        let mut moves = vec![0; times.taus.len()];
        for gap in &times.gap {
            if let Some(count) = moves.get_mut(*gap) {
                *count += 1;
            }
        }
        Self { times, values, grids, moves, start, priors, last: RefCell::default() }
    }

    /// The density of each distance; `None` outside the parameters' domain.
    pub(super) fn densities(&self, process: &Process) -> Option<Rc<Vec<Density>>> {
        let inside = process.kappa <= MOST_KAPPA && process.sigma >= LEAST_SIGMA_SHARE * self.start.sigma;
        if !inside {
            return None;
        }
        // Level and slope move the innovations and not their law.
        let law = Process { level: 0.0, slope: 0.0, ..*process };
        let mut last = self.last.borrow_mut();
        if let Some(at) = last.iter().position(|known| known.as_ref().is_some_and(|(of, _)| *of == law)) {
            last.swap(0, at);
        } else {
            let each = self.times.taus.iter().zip(&self.grids).zip(&self.moves);
            let density = |((tau, grid), moves): ((&f64, &Grid), &usize)| {
                let mut density = Density::new(process, *tau, grid)?;
                // Each move asks for four points.
                if 4 * moves > density.points() {
                    density.tabulate();
                }
                Some(density)
            };
            let densities = each.map(density).collect::<Option<Vec<Density>>>()?;
            last.swap(0, 1);
            last[0] = Some((law, Rc::new(densities)));
        }
        last[0].as_ref().map(|(_, densities)| Rc::clone(densities))
    }

    /// The density of each distance with a table of its logarithm, for more histories than this one.
    pub(super) fn tables(&self, process: &Process) -> Option<Vec<Density>> {
        let each = self.times.taus.iter().zip(&self.grids);
        let table = |(tau, grid): (&f64, &Grid)| {
            let mut density = Density::new(process, *tau, grid)?;
            density.tabulate();
            Some(density)
        };
        each.map(table).collect()
    }

    /// `ln L`; minus infinity outside the domain.
    pub(super) fn log(&self, process: &Process) -> f64 {
        self.densities(process).map_or(f64::NEG_INFINITY, |tables| self.log_given(process, &tables))
    }

    /// `ln L` with densities that are already there.
    pub(super) fn log_given(&self, process: &Process, densities: &[Density]) -> f64 {
        log_given(self.times, self.values, process, densities)
    }

    fn penalty(&self, process: &Process) -> f64 {
        let miss = |prior: &Prior| {
            let there = prior.parameter.coordinate(process.get(prior.parameter));
            ((there - prior.centre) / prior.width).powi(2) / 2.0
        };
        self.priors.iter().map(miss).sum()
    }

    fn minus_penalised(&self, process: &Process) -> f64 {
        self.penalty(process) - self.log(process)
    }

    /// The greatest penalised likelihood over some parameters.
    pub(super) fn maximise(&self, free: &[Parameter]) -> Fit {
        let objective = |x: &[f64]| self.minus_penalised(&self.start.at(free, x));
        let found = minimise(&objective, &self.start.coordinates(free), &self.scales(&self.start, free));
        let process = self.start.at(free, &found.at);
        Fit { process, log_likelihood: self.log(&process), free: free.to_vec() }
    }

    /// The covariance of the estimates, from the curvature of the penalised likelihood, in the parameters' own units.
    pub(super) fn covariance(&self, fit: &Fit) -> Option<Vec<Vec<f64>>> {
        let objective = |x: &[f64]| self.minus_penalised(&self.start.at(&fit.free, x));
        let at = fit.process.coordinates(&fit.free);
        let mut matrix = covariance(&objective, &at, &self.scales(&fit.process, &fit.free))?;
        let derivatives: Vec<f64> = fit.free.iter().map(|p| p.derivative(fit.process.get(*p))).collect();
        for (row, a) in matrix.iter_mut().zip(&derivatives) {
            for (value, b) in row.iter_mut().zip(&derivatives) {
                *value *= a * b;
            }
        }
        Some(matrix)
    }

    fn scales(&self, process: &Process, free: &[Parameter]) -> Vec<f64> {
        free.iter().map(|parameter| scale(self.times, process, *parameter)).collect()
    }
}

/// `ln L` of values under densities that are already there.
pub(super) fn log_given(times: &Times, values: &[f64], process: &Process, densities: &[Density]) -> f64 {
    times.innovations(values, process).map(|(gap, e)| densities[gap].ln(e)).sum()
}

/// About the standard error of a parameter's coordinate: the floors of T years of n prices.
pub(super) fn scale(times: &Times, process: &Process, parameter: Parameter) -> f64 {
    let (years, moves) = (times.years, times.gap.len() as f64);
    let jumps = (process.intensity * years).max(1.0);
    let variance = process.sigma.powi(2) + process.intensity * process.law.moment(2);
    // Over a history shorter than the half-life the price is all but a random walk.
    let slow = process.kappa.max(1.0 / years);
    match (parameter, process.law) {
        (Parameter::Level, _) => variance.sqrt() / (slow * years.sqrt()),
        (Parameter::Slope, _) if process.kappa == 0.0 => process.sigma / years.sqrt(),
        (Parameter::Slope, _) => (12.0 * variance).sqrt() / (slow * years.powf(1.5)),
        (Parameter::Kappa, _) => (2.0 / (slow * years)).sqrt().min(1.0),
        (Parameter::Sigma, _) => 1.0 / (2.0 * moves).sqrt(),
        (Parameter::Intensity | Parameter::EtaUp | Parameter::EtaDown, _) => 1.0 / jumps.sqrt(),
        (Parameter::JumpMean, JumpLaw::Gaussian { sd, .. }) => sd / jumps.sqrt(),
        (Parameter::JumpMean | Parameter::JumpSd, _) => 1.0 / (2.0 * jumps).sqrt(),
        (Parameter::PUp, _) => 2.0 / jumps.sqrt(),
    }
}
