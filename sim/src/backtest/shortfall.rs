//! Acerbi and Szekely's backtests of an expected shortfall.
//!
//! With losses L_t, predicted laws P_t with value at risk VaR_t and expected shortfall ES_t at a level a (the share of
//! days on which the value at risk may be exceeded), I_t = 1 when L_t > VaR_t, N the number of such days among T, k =
//! floor(T a):
//!
//! ```text
//! Z1 = 1 - (1/N) sum_t L_t I_t / ES_t                                              given the number of exceedances
//! Z2 = 1 - (1/(T a)) sum_t L_t I_t / ES_t                                          number and size together
//! Z3 = 1 - (1/T) sum_t mean of the k largest of P_t^{-1}(U) / expected value of it            U_t = P_t(L_t)
//! ```
//!
//! Their expectation is zero when the prediction is right (of Z1 given at least one exceedance) and negative when it is
//! too low. The p-value is the probability, under the predicted laws, of a value as low as the observed one. It comes
//! from simulated years drawn from the predictions, each counted with the observed one, so that it is a valid p-value
//! whatever the number of days (Dwass 1957). C. Acerbi and B. Szekely, Backtesting expected shortfall, Risk, December
//! 2014, equations 4, 6, 9.

use rand::RngExt;
use rayon::prelude::*;
use serde::Serialize;

use super::BacktestError;
use crate::numeric::Sum;
use crate::path::stream;

/// Simulated years per random stream.
const BATCH: u32 = 64;

/// Scenario number of the random streams.
const SCENARIO: u64 = 0x4143_535a;

/// A predicted law of a loss, as a sample.
#[derive(Clone, Debug)]
pub struct PredictedLaw {
    ascending: Vec<f64>,
    var: f64,
    es: f64,
    level: f64,
}

impl PredictedLaw {
    /// The law of a sample of losses, for tests at a level such as 0.01.
    ///
    /// # Errors
    /// [`BacktestError::Level`], or [`BacktestError::Law`] when fewer than ten of the sample lie beyond the level.
    pub fn new(mut losses: Vec<f64>, level: f64) -> Result<Self, BacktestError> {
        if !(level > 0.0 && level < 1.0) {
            return Err(BacktestError::Level(level));
        }
        let beyond = (losses.len() as f64 * level).floor() as usize;
        if beyond < 10 || losses.iter().any(|loss| !loss.is_finite()) {
            return Err(BacktestError::Law);
        }
        losses.sort_unstable_by(f64::total_cmp);
        let tail = losses.iter().rev().take(beyond);
        let es = tail.copied().collect::<Sum>().value() / beyond as f64;
        let var = losses.iter().rev().nth(beyond).copied().unwrap_or_default();
        if es > 0.0 { Ok(Self { ascending: losses, var, es, level }) } else { Err(BacktestError::Law) }
    }

    /// Value at risk.
    #[must_use]
    pub fn var(&self) -> f64 {
        self.var
    }

    /// Expected shortfall.
    #[must_use]
    pub fn es(&self) -> f64 {
        self.es
    }

    /// The loss that is not exceeded with probability `u`.
    fn quantile(&self, u: f64) -> f64 {
        let place = (u * self.ascending.len() as f64) as usize;
        self.ascending.get(place.min(self.ascending.len() - 1)).copied().unwrap_or_default()
    }

    /// The probability of a smaller loss; in the middle of those that are as large.
    fn rank(&self, loss: f64) -> f64 {
        let below = self.ascending.partition_point(|other| *other < loss);
        let upto = self.ascending.partition_point(|other| *other <= loss);
        (below + upto) as f64 / 2.0 / self.ascending.len() as f64
    }

    /// Expected mean of the `k` largest of `days` draws: `(T/k) int q(v) P(fewer than k of T - 1 above v) dv`.
    fn expected_top(&self, k: usize, days: usize) -> f64 {
        let (n, others) = (self.ascending.len() as f64, days as f64 - 1.0);
        let mut sum = Sum::default();
        for (place, value) in self.ascending.iter().enumerate().rev() {
            let above = 1.0 - (place as f64 + 0.5) / n;
            let fewer = fewer_than(k, others, above);
            if fewer < 1e-12 {
                break;
            }
            sum.add(value * fewer);
        }
        sum.value() / n * days as f64 / k as f64
    }
}

/// `P(X < k)` for X binomial with `n` draws of probability `p`, for small k.
fn fewer_than(k: usize, n: f64, p: f64) -> f64 {
    let mut term = (n * (-p).ln_1p()).exp();
    let mut total = 0.0;
    for count in 0..k {
        total += term;
        let count = count as f64;
        term *= ((n - count) / (count + 1.0)).max(0.0) * (p / (1.0 - p));
    }
    total.min(1.0)
}

/// A statistic and its p-value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ShortfallTest {
    /// The statistic: zero as expected, below zero when losses were worse than predicted.
    pub z: f64,
    /// Probability of a value as low.
    pub p_value: f64,
}

/// The three tests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ShortfallTests {
    /// Size of the exceedances; `None` without any.
    pub z1: Option<ShortfallTest>,
    /// Number and size.
    pub z2: ShortfallTest,
    /// The whole tail by ranks.
    pub z3: ShortfallTest,
}

/// Tests losses against their predictions: each day's loss with the number of its law in `laws`. `simulations` years
/// are drawn for the p-values.
///
/// # Errors
/// [`BacktestError::NoObservations`] without days or laws, [`BacktestError::Law`] when a day names a law that is not
/// there or the laws differ in their level.
pub fn acerbi_szekely(
    days: &[(usize, f64)],
    laws: &[PredictedLaw],
    simulations: u32,
    seed: u64,
) -> Result<ShortfallTests, BacktestError> {
    let (Some(first), false) = (laws.first(), days.is_empty()) else {
        return Err(BacktestError::NoObservations);
    };
    if laws.iter().any(|law| law.level != first.level) || days.iter().any(|(law, _)| *law >= laws.len()) {
        return Err(BacktestError::Law);
    }
    let year = Year::new(days, laws);
    let ranks: Vec<f64> = days.iter().map(|(law, loss)| laws[*law].rank(*loss)).collect();
    let losses: Vec<f64> = days.iter().map(|(_, loss)| *loss).collect();
    let observed = year.statistics(&losses, ranks);
    let simulated: Vec<[Option<f64>; 3]> = (0..simulations.div_ceil(BATCH))
        .into_par_iter()
        .flat_map_iter(|batch| {
            let mut rng = stream(seed, SCENARIO, batch.into());
            let year = &year;
            (0..BATCH.min(simulations - batch * BATCH)).map(move |_| {
                let ranks: Vec<f64> = days.iter().map(|_| rng.random()).collect();
                let losses: Vec<f64> =
                    days.iter().zip(&ranks).map(|((law, _), u)| year.laws[*law].quantile(*u)).collect();
                year.statistics(&losses, ranks)
            })
        })
        .collect();
    let test = |which: usize| {
        observed[which].map(|z| {
            let comparable = simulated.iter().filter_map(|all| all[which]);
            let (low, all) = comparable.fold((1, 1), |(low, all), other| (low + u32::from(other <= z), all + 1));
            ShortfallTest { z, p_value: f64::from(low) / f64::from(all) }
        })
    };
    let none = ShortfallTest { z: 0.0, p_value: 1.0 };
    Ok(ShortfallTests { z1: test(0), z2: test(1).unwrap_or(none), z3: test(2).unwrap_or(none) })
}

/// What the statistics need of a period.
struct Year<'a> {
    days: &'a [(usize, f64)],
    laws: &'a [PredictedLaw],
    /// Size of the tail.
    k: usize,
    /// Share of the days under each law, over the expected mean of the k largest.
    weights: Vec<f64>,
}

impl<'a> Year<'a> {
    fn new(days: &'a [(usize, f64)], laws: &'a [PredictedLaw]) -> Self {
        let level = laws.first().map_or(0.01, |law| law.level);
        let k = ((days.len() as f64 * level).floor() as usize).max(1);
        let weights = laws
            .iter()
            .enumerate()
            .map(|(number, law)| {
                let share = days.iter().filter(|(own, _)| *own == number).count() as f64 / days.len() as f64;
                if share > 0.0 { share / law.expected_top(k, days.len()) } else { 0.0 }
            })
            .collect();
        Self { days, laws, k, weights }
    }

    fn statistics(&self, losses: &[f64], mut ranks: Vec<f64>) -> [Option<f64>; 3] {
        let (mut count, mut sum) = (0.0, Sum::default());
        for ((law, _), loss) in self.days.iter().zip(losses) {
            let law = &self.laws[*law];
            if *loss > law.var {
                count += 1.0;
                sum.add(loss / law.es);
            }
        }
        let level = self.laws.first().map_or(0.01, |law| law.level);
        let expected = losses.len() as f64 * level;
        ranks.sort_unstable_by(|a, b| b.total_cmp(a));
        let top = |law: &PredictedLaw| ranks.iter().take(self.k).map(|u| law.quantile(*u)).sum::<f64>() / self.k as f64;
        let each = self.laws.iter().zip(&self.weights).filter(|(_, weight)| **weight > 0.0);
        let z3 = 1.0 - each.map(|(law, weight)| weight * top(law)).sum::<f64>();
        [(count > 0.0).then(|| 1.0 - sum.value() / count), Some(1.0 - sum.value() / expected), Some(z3)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_distr::{Distribution, StandardNormal};

    fn normal(scale: f64, count: usize) -> Vec<f64> {
        let mut rng = stream(5, 0, 0);
        (0..count)
            .map(|_| {
                let z: f64 = StandardNormal.sample(&mut rng);
                scale * z
            })
            .collect()
    }

    fn law() -> PredictedLaw {
        PredictedLaw::new(normal(1.0, 100_000), 0.025).unwrap()
    }

    #[test]
    fn a_law_has_the_tail_of_the_normal() {
        // Of the standard normal at 2.5 %: 1.95996 and 2.33780.
        assert!((law().var() - 1.95996).abs() < 0.03);
        assert!((law().es() - 2.33780).abs() < 0.03);
        assert!((law().rank(law().quantile(0.3)) - 0.3).abs() < 1e-4);
    }

    #[test]
    fn the_statistics_are_those_of_their_definitions() {
        let law = law();
        let (var, es) = (law.var(), law.es());
        // Two exceedances in eighty days at 2.5 %: as many as expected, at 1.5 times the predicted shortfall on
        // average.
        let mut days = vec![(0, 0.0); 80];
        days[3].1 = es;
        days[40].1 = 2.0 * es;
        let tests = acerbi_szekely(&days, &[law], 200, 1).unwrap();
        assert!((tests.z1.unwrap().z + 0.5).abs() < 1e-12);
        assert!((tests.z2.z + 0.5).abs() < 1e-12);
        assert!(tests.z3.z < 0.0 && var < es);
    }

    #[test]
    fn a_right_prediction_passes_and_a_low_one_does_not() {
        let laws = [law()];
        let year = |scale: f64| -> Vec<(usize, f64)> {
            let mut rng = stream(77, 1, 0);
            (0..500)
                .map(|_| {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    (0, scale * z)
                })
                .collect()
        };
        let right = acerbi_szekely(&year(1.0), &laws, 1_000, 1).unwrap();
        assert!(right.z2.p_value > 0.05 && right.z3.p_value > 0.05, "{right:?}");
        let low = acerbi_szekely(&year(1.5), &laws, 1_000, 1).unwrap();
        assert!(low.z2.p_value < 0.005 && low.z3.p_value < 0.005, "{low:?}");
    }

    #[test]
    fn the_expected_top_is_what_simulation_gives() {
        let law = law();
        let mut rng = stream(9, 0, 0);
        let mean: f64 = (0..20_000)
            .map(|_| {
                let mut year: Vec<f64> = (0..100).map(|_| law.quantile(rng.random())).collect();
                year.sort_unstable_by(|a, b| b.total_cmp(a));
                (year[0] + year[1]) / 2.0
            })
            .sum::<f64>()
            / 20_000.0;
        assert!((law.expected_top(2, 100) - mean).abs() < 0.01, "{mean} {}", law.expected_top(2, 100));
    }

    #[test]
    fn a_sample_without_a_tail_is_no_prediction() {
        assert!(matches!(PredictedLaw::new(vec![1.0; 100], 0.01), Err(BacktestError::Law)));
        assert!(matches!(PredictedLaw::new(normal(1.0, 5_000), 0.0), Err(BacktestError::Level(_))));
        assert!(matches!(acerbi_szekely(&[], &[law()], 10, 1), Err(BacktestError::NoObservations)));
    }
}
