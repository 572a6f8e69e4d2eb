//! The company of the experiment: its volume and basis, the ratio that it estimates, what its budget costs.

use rand_distr::{Distribution, StandardNormal};

use super::market::Market;
use super::{BASIS_MEMORY, FRICTION, FrictionSet, Funding, HISTORY, LISTED, MONTHS, slope};
use crate::path::stream;

/// What is random about the company: standard normal numbers behind its volume and its basis, past and to come.
pub(super) struct OwnRisk {
    volume: f64,
    basis: Vec<f64>,
}

/// What came of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// Ratio held.
    pub ratio: f64,
    /// Cost without the hedge, US dollars per million tokens of expected volume.
    pub unhedged: f64,
    /// Cost with it.
    pub hedged: f64,
    /// What a ratio of one would have gained, before frictions.
    pub gain: f64,
    /// Whether the credit line forced the hedge to be closed.
    pub closed: bool,
}

impl OwnRisk {
    /// Of `size` companies.
    pub fn draw(seed: u64, block: u64, size: usize) -> Vec<Self> {
        let mut rng = stream(seed, FRICTION, block);
        (0..size)
            .map(|_| {
                let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
                let volume = normal();
                let mut level = normal();
                let kept = (1.0 - BASIS_MEMORY * BASIS_MEMORY).sqrt();
                let basis = (0..HISTORY + MONTHS).map(|_| {
                    level = BASIS_MEMORY * level + kept * normal();
                    level
                });
                Self { volume, basis: basis.collect() }
            })
            .collect()
    }

    /// The basis of a month of the past (from zero) or of the budget (from [`HISTORY`]).
    fn basis(&self, frictions: &FrictionSet, month: usize) -> f64 {
        lognormal(frictions.basis_cv, self.basis.get(month).copied().unwrap_or_default())
    }

    /// The minimum-variance ratio of this company's past.
    pub fn estimate(&self, frictions: &FrictionSet, past: &Market) -> f64 {
        let pairs = past.averages.iter().enumerate().map(|(month, average)| {
            let expected = past.future(month, month);
            (average / expected - 1.0, average * self.basis(frictions, month) / expected - 1.0)
        });
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.unzip();
        slope(&x, &y)
    }

    /// What the budget costs with this ratio.
    pub fn cost(&self, frictions: &FrictionSet, ratio: f64, market: &Market) -> Path {
        let volume = lognormal(frictions.volume_cv, self.volume);
        let own = market.averages.iter().enumerate();
        let paid: f64 = own.map(|(month, average)| average * self.basis(frictions, HISTORY + month)).sum();
        let unhedged = volume * paid / MONTHS as f64;
        let hedge = Hedge::run(frictions, ratio, market);
        Path {
            ratio,
            unhedged,
            hedged: unhedged - ratio * hedge.gain + hedge.cost,
            gain: hedge.gain,
            closed: hedge.closed,
        }
    }
}

/// The futures of a path: gain for a ratio of one, and cost of trading and funding.
struct Hedge {
    gain: f64,
    cost: f64,
    closed: bool,
}

impl Hedge {
    fn run(frictions: &FrictionSet, ratio: f64, market: &Market) -> Self {
        let share = 1.0 / MONTHS as f64;
        let mut hedge = Self { gain: 0.0, cost: 0.0, closed: false };
        let contract = |k: usize, month: usize| if frictions.roll_cost.is_some() { held_for(k, month) } else { month };
        let budget: f64 = (0..MONTHS).map(|month| share * market.future(0, month)).sum();
        for k in 0..MONTHS {
            let value: f64 = (k..MONTHS).map(|month| share * market.future(k, contract(k, month))).sum();
            if let Some(Funding { rate, initial_margin, credit_line }) = frictions.funding {
                let borrowed = ratio.abs() * initial_margin * value + (-ratio * hedge.gain).max(0.0);
                if borrowed > credit_line * budget {
                    hedge.closed = true;
                    hedge.cost += frictions.roll_cost.unwrap_or(0.0) * ratio.abs() * value;
                    return hedge;
                }
                hedge.cost += rate / 12.0 * borrowed;
            }
            for month in k..MONTHS {
                let held = contract(k, month);
                let (before, after) = (market.future(k, held), market.mark(k + 1, held));
                hedge.gain += share * (after - before);
                let traded = k == 0 || contract(k - 1, month) != held;
                if let (Some(cost), true) = (frictions.roll_cost, traded) {
                    // A roll trades two contracts, the opening one.
                    let legs = if k == 0 { before } else { before + market.future(k, contract(k - 1, month)) };
                    hedge.cost += cost * ratio.abs() * share * legs;
                }
            }
        }
        hedge
    }
}

/// The contract that hedges `month` at the end of month `k`, both from zero: its own if it is listed, else the
/// quarter's last.
fn held_for(k: usize, month: usize) -> usize {
    if month < k + LISTED { month } else { (month / 3 * 3 + 2).min(MONTHS - 1) }
}

/// Lognormal with mean one: `cv` is its standard deviation, `z` standard normal.
fn lognormal(cv: f64, z: f64) -> f64 {
    let variance = (cv * cv).ln_1p();
    (variance.sqrt() * z - variance / 2.0).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_beyond_the_sixth_are_hedged_with_their_quarter_until_they_are_listed() {
        let held: Vec<usize> = (0..MONTHS).map(|month| held_for(0, month)).collect();
        assert_eq!(held, [0, 1, 2, 3, 4, 5, 8, 8, 8, 11, 11, 11]);
        assert_eq!(held_for(1, 6), 6);
        assert_eq!(held_for(1, 7), 8);
    }
}
