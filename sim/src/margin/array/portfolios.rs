//! Random portfolios of the kinds that a futures exchange sees.
//!
//! | kind | lots |
//! |---|---|
//! | outright | one month, either side |
//! | calendar | one month against another, lot for lot |
//! | butterfly | three months, +1 -2 +1 lots or the reverse |
//! | maker book | every month, normal around zero, a seventh smaller from month to month |
//! | hedge | a strip of consecutive months on one side; every other one with a calendar beside it |
//!
//! An exposure is lots times the month's price, as a share of the first month's price.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use super::super::Month;
use crate::path::{Stream, stream};

/// How the size of a maker's inventory falls from month to month.
const MAKER_DECAY: f64 = 6.0 / 7.0;

/// Standard deviation of a maker's inventory in the first month, in lots.
const MAKER_LOTS: f64 = 20.0;

/// A kind of portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One month.
    Outright,
    /// Two months against each other.
    Calendar,
    /// Three months.
    Butterfly,
    /// All months, both sides.
    MakerBook,
    /// A strip of months on one side.
    Hedge,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Outright, Self::Calendar, Self::Butterfly, Self::MakerBook, Self::Hedge];
}

/// Positions in all months.
#[derive(Clone, Debug, PartialEq)]
pub struct Portfolio {
    /// Kind.
    pub kind: Kind,
    /// Value of the net position of each month, short below zero.
    pub exposures: Vec<f64>,
}

impl Portfolio {
    /// The sum of the months' own margins, without any credit of one against another.
    #[must_use]
    pub fn gross(&self, months: &[Month]) -> f64 {
        let each = self.exposures.iter().zip(months).map(|(exposure, month)| {
            let bps = if *exposure > 0.0 { month.long_bps } else { month.short_bps };
            exposure.abs() * f64::from(bps) / super::BPS
        });
        each.sum()
    }
}

/// Draws portfolios, the kinds in turn. With fewer than three months the kinds that need more are left out. `curve` is
/// the price of each month; the same seed and scenario give the same portfolios.
#[must_use]
pub fn draw(curve: &[f64], seed: u64, scenario: u64, count: u64) -> Vec<Portfolio> {
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| match kind {
            Kind::Outright | Kind::Hedge => true,
            Kind::Calendar | Kind::MakerBook => curve.len() >= 2,
            Kind::Butterfly => curve.len() >= 3,
        })
        .collect();
    let mut rng = stream(seed, scenario, 0);
    let front = curve.first().copied().unwrap_or(1.0);
    kinds
        .into_iter()
        .cycle()
        .take(count as usize)
        .map(|kind| {
            let lots = lots(kind, curve.len(), &mut rng);
            let exposures = lots.iter().zip(curve).map(|(lots, price)| lots * price / front).collect();
            Portfolio { kind, exposures }
        })
        .collect()
}

fn lots(kind: Kind, months: usize, rng: &mut Stream) -> Vec<f64> {
    let mut lots = vec![0.0; months];
    let side = if rng.random::<bool>() { 1.0 } else { -1.0 };
    match kind {
        Kind::Outright => put(&mut lots, &[(rng.random_range(0..months), side)]),
        Kind::Calendar => {
            let [a, b] = distinct(months, rng);
            put(&mut lots, &[(a, side), (b, -side)]);
        }
        Kind::Butterfly => {
            let mut legs: [usize; 3] = distinct(months, rng);
            legs.sort_unstable();
            let [a, b, c] = legs;
            put(&mut lots, &[(a, side), (b, -2.0 * side), (c, side)]);
        }
        Kind::MakerBook => {
            let mut size = MAKER_LOTS;
            for entry in &mut lots {
                let z: f64 = StandardNormal.sample(rng);
                *entry = (size * z).round();
                size *= MAKER_DECAY;
            }
            // An empty book has no margin to measure.
            if lots.iter().all(|entry| *entry == 0.0) {
                put(&mut lots, &[(0, side)]);
            }
        }
        Kind::Hedge => {
            let (a, b) = (rng.random_range(0..months), rng.random_range(0..months));
            for entry in lots.iter_mut().take(a.max(b) + 1).skip(a.min(b)) {
                *entry += 2.0 * side;
            }
            if months >= 2 && rng.random::<bool>() {
                let [a, b] = distinct(months, rng);
                put(&mut lots, &[(a, side), (b, -side)]);
            }
        }
    }
    lots
}

fn put(lots: &mut [f64], legs: &[(usize, f64)]) {
    for (month, size) in legs {
        if let Some(entry) = lots.get_mut(*month) {
            *entry += size;
        }
    }
}

/// Different months; there must be as many.
fn distinct<const N: usize>(months: usize, rng: &mut Stream) -> [usize; N] {
    let mut picked = [usize::MAX; N];
    for place in 0..N {
        let mut candidate = rng.random_range(0..months);
        while picked.contains(&candidate) {
            candidate = (candidate + 1) % months;
        }
        if let Some(entry) = picked.get_mut(place) {
            *entry = candidate;
        }
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portfolios_are_what_their_kind_says() {
        let curve = [2.0, 1.9, 1.8, 1.7];
        let book = draw(&curve, 1, 2, 500);
        assert_eq!(book, draw(&curve, 1, 2, 500));
        assert_ne!(book, draw(&curve, 1, 3, 500));
        for portfolio in &book {
            let lots: Vec<f64> =
                portfolio.exposures.iter().zip(curve).map(|(value, price)| value * 2.0 / price).collect();
            let held = lots.iter().filter(|lots| lots.abs() > 1e-9).count();
            let net: f64 = lots.iter().sum();
            match portfolio.kind {
                Kind::Outright => assert_eq!(held, 1),
                Kind::Calendar => assert!(held == 2 && net.abs() < 1e-12),
                Kind::Butterfly => assert!(held == 3 && net.abs() < 1e-12),
                Kind::MakerBook | Kind::Hedge => assert!(held >= 1),
            }
        }
        assert!(draw(&curve[..1], 1, 2, 10).iter().all(|one| matches!(one.kind, Kind::Outright | Kind::Hedge)));
    }
}
