//! The paper's hedging experiment (section 8.3) with what it leaves out.
//!
//! A company buys a twelfth of its expected tokens in each of twelve months, at its own price: the month's average of
//! the index times its basis. At the start it buys futures on each month's average, `h` for each expected unit. `h` is
//! the minimum-variance ratio *estimated* on two years of another path of the same process, month by month,
//!
//! ```text
//! h = cov(y, x) / var(x),    x = A_j / F_{j-1}(j) - 1,    y = own price of month j / F_{j-1}(j) - 1
//! cost = Q sum_j A_j B_j / 12 - h sum_j gain_j / 12 + frictions
//! ```
//!
//! (A the average, F_k(j) the price at the end of month k of the contract on month j), and the effect is measured on
//! paths that the estimate has not seen. Every friction can be left out ([`FrictionSet`]):
//!
//! * volume: Q is lognormal, the same for all months
//! * basis: B is lognormal with mean one and reverts, monthly correlation [`BASIS_MEMORY`]
//! * roll: only six months and the quarters beyond are listed; a month that is not is hedged with the quarter after it
//!   and rolled into its own contract when that is listed, a cost for every lot traded
//! * margin: initial margin and variation losses are borrowed; when they outgrow the credit line, the hedge is closed
//!
//! Without frictions a given ratio takes exactly its own share of the standard deviation away, whatever the process.
//! Futures carry the model's prices of risk, and launches happen in the budget's months as scheduled.

mod company;
mod frictions;
mod market;

use serde::Serialize;

use super::{HedgeError, sd_reduction};
use crate::model::Model;
use crate::numeric::{mean, standard_deviation};
use crate::path::{Key, fold_blocks};
use company::OwnRisk;
pub use company::Path;
pub use frictions::{FrictionSet, Funding};
use market::{Curve, Market};

/// Months of the budget.
pub const MONTHS: usize = 12;

/// Months on which the ratio is estimated.
const HISTORY: usize = 24;

/// Prices of a month.
const DAYS: usize = 30;

/// Months that are listed one by one.
const LISTED: usize = 6;

/// Correlation of a month's log basis with the month before's.
pub const BASIS_MEMORY: f64 = 0.7;

/// Fewest paths of an experiment: a standard deviation is then known to about 2 %.
pub const LEAST_PATHS: u32 = 2_000;

/// Most paths: what came of each is kept.
pub const MOST_PATHS: u32 = 1_000_000;

/// Scenario numbers of the random streams: the budget, the history behind the ratio, the frictions.
const BUDGET: u64 = 0x4845_4447;
const PAST: u64 = 0x4845_4450;
const FRICTION: u64 = 0x4845_4446;

/// Length of a day, in years: a month is a twelfth of a year.
const DAY: f64 = 1.0 / (12 * DAYS) as f64;

/// Which ratio is held.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ratio {
    /// The minimum-variance ratio as the company estimates it.
    Estimated,
    /// A given one.
    Fixed(f64),
}

/// What a hedge does, out of sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Mean ratio held.
    pub mean_ratio: f64,
    /// Standard deviation of the ratio over the companies that estimate it.
    pub ratio_sd: f64,
    /// Mean cost without the hedge, US dollars per million tokens.
    pub unhedged_mean: f64,
    /// Mean cost with it.
    pub hedged_mean: f64,
    /// Standard deviation of the cost without the hedge.
    pub unhedged_sd: f64,
    /// Standard deviation of the cost with it.
    pub hedged_sd: f64,
    /// Share of the variance that the hedge removes; negative when it adds to it.
    pub variance_reduction: f64,
    /// Share of the standard deviation that the hedge removes.
    pub sd_reduction: f64,
    /// Share of the variance that the best ratio in hindsight would have removed: what a regression on the same paths
    /// reports.
    pub in_sample_variance_reduction: f64,
    /// Share of the paths on which the credit line forced the hedge to be closed.
    pub closed_early: f64,
}

/// Runs the experiment for several sets of frictions on the same paths.
///
/// # Errors
/// [`HedgeError`] for too few paths, a friction or a ratio out of range, or a price that does not vary.
pub fn run(
    model: &Model,
    cases: &[(FrictionSet, Ratio)],
    paths: u32,
    seed: u64,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Outcome>, HedgeError> {
    costs(model, cases, paths, seed, progress)?.iter().map(|paths| Outcome::of(paths)).collect()
}

/// What [`run`] sums up: for each case what came of each path.
///
/// # Errors
/// [`HedgeError`] for too few paths, or a friction or a ratio out of range.
pub fn costs(
    model: &Model,
    cases: &[(FrictionSet, Ratio)],
    paths: u32,
    seed: u64,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Vec<Path>>, HedgeError> {
    if !(LEAST_PATHS..=MOST_PATHS).contains(&paths) {
        return Err(HedgeError::Paths(paths));
    }
    for (frictions, ratio) in cases {
        frictions.check()?;
        match ratio {
            Ratio::Fixed(ratio) if !ratio.is_finite() => return Err(HedgeError::Ratio(*ratio)),
            _ => {}
        }
    }
    let (ahead, behind) = (Curve::new(model, MONTHS, MONTHS), Curve::new(model, HISTORY, 1));
    let mut results: Vec<Vec<Path>> = cases.iter().map(|_| Vec::new()).collect();
    fold_blocks(
        u64::from(paths),
        |block, size| {
            let budget = Market::draw(model, &ahead, Key { seed, scenario: BUDGET, block }, MONTHS, MONTHS, size);
            let past = Market::draw(model, &behind, Key { seed, scenario: PAST, block }, HISTORY, 1, size);
            let own = OwnRisk::draw(seed, block, size);
            progress(size as u64);
            let of_case = |(frictions, ratio): &(FrictionSet, Ratio)| -> Vec<Path> {
                (0..size)
                    .map(|path| {
                        let ratio = match ratio {
                            Ratio::Fixed(ratio) => *ratio,
                            Ratio::Estimated => own[path].estimate(frictions, &past[path]),
                        };
                        own[path].cost(frictions, ratio, &budget[path])
                    })
                    .collect()
            };
            cases.iter().map(of_case).collect::<Vec<_>>()
        },
        |block| {
            for (all, part) in results.iter_mut().zip(block) {
                all.extend(part);
            }
        },
    );
    Ok(results)
}

/// Least-squares slope of y on x; zero when x does not vary.
fn slope(x: &[f64], y: &[f64]) -> f64 {
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xy, mut xx) = (0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xy += (x - mean_x) * (y - mean_y);
        xx += (x - mean_x) * (x - mean_x);
    }
    if xx > 0.0 { xy / xx } else { 0.0 }
}

impl Outcome {
    /// Of what came of the paths.
    ///
    /// # Errors
    /// [`HedgeError::NoRisk`] for a price that does not vary.
    pub fn of(paths: &[Path]) -> Result<Self, HedgeError> {
        let column = |of: fn(&Path) -> f64| -> Vec<f64> { paths.iter().map(of).collect() };
        let (unhedged, hedged, gains) = (column(|p| p.unhedged), column(|p| p.hedged), column(|p| p.gain));
        let ratios = column(|p| p.ratio);
        let (unhedged_sd, hedged_sd) = (standard_deviation(&unhedged), standard_deviation(&hedged));
        if unhedged_sd <= 1e-12 * mean(&unhedged).abs() {
            return Err(HedgeError::NoRisk);
        }
        let variance_reduction = 1.0 - (hedged_sd / unhedged_sd).powi(2);
        let explained = slope(&gains, &unhedged) * standard_deviation(&gains) / unhedged_sd;
        Ok(Self {
            mean_ratio: mean(&ratios),
            ratio_sd: standard_deviation(&ratios),
            unhedged_mean: mean(&unhedged),
            hedged_mean: mean(&hedged),
            unhedged_sd,
            hedged_sd,
            variance_reduction,
            sd_reduction: sd_reduction(variance_reduction),
            in_sample_variance_reduction: explained * explained,
            closed_early: paths.iter().filter(|path| path.closed).count() as f64 / paths.len() as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hedge::{Budget, Frictions};

    fn run_one(frictions: FrictionSet, ratio: Ratio) -> Outcome {
        run(&Model::paper(), &[(frictions, ratio)], 4_096, 1, &|_| ()).unwrap()[0]
    }

    #[test]
    fn without_frictions_a_ratio_takes_its_own_share_of_the_standard_deviation() {
        for ratio in [0.0, 0.5, 0.85, 1.0] {
            let outcome = run_one(FrictionSet::default(), Ratio::Fixed(ratio));
            assert!((outcome.sd_reduction - ratio).abs() < 1e-6, "{outcome:?}");
        }
        // The estimate of a company without frictions is the truth.
        let estimated = run_one(FrictionSet::default(), Ratio::Estimated);
        assert!((estimated.mean_ratio - 1.0).abs() < 1e-9 && estimated.ratio_sd < 1e-9, "{estimated:?}");
        assert!(estimated.variance_reduction > 0.999_999);
    }

    #[test]
    fn the_unhedged_cost_has_the_exact_moments() {
        let model = Model::paper();
        let times: Vec<f64> = (1..=MONTHS * DAYS).map(|day| day as f64 * DAY).collect();
        let exact = crate::average::moments(&model, &times).unwrap();
        let outcome = run(&model, &[(FrictionSet::default(), Ratio::Fixed(0.0))], 16_384, 1, &|_| ()).unwrap()[0];
        assert!((outcome.unhedged_mean - exact.mean).abs() < 4.0 * exact.sd / 128.0);
        assert!((outcome.unhedged_sd / exact.sd - 1.0).abs() < 0.04, "{outcome:?} {exact:?}");
    }

    #[test]
    fn volume_risk_costs_what_its_closed_form_says() {
        let times: Vec<f64> = (1..=MONTHS * DAYS).map(|day| day as f64 * DAY).collect();
        let average = crate::average::moments(&Model::paper(), &times).unwrap();
        let exact = Budget::new(average, Frictions { volume_cv: 0.10, basis_cv: 0.0 }).unwrap().outcome(1.0).unwrap();
        let got = run_one(FrictionSet { volume_cv: 0.10, ..FrictionSet::default() }, Ratio::Fixed(1.0));
        assert!((got.sd_reduction - exact.sd_reduction).abs() < 0.03, "{got:?} {exact:?}");
    }

    #[test]
    fn a_hedger_pays_the_prices_of_risk() {
        let text = "log_spot = 0.0\n[permanent]\nsigma = 0.3\nprice_of_risk = -0.4";
        let model = Model::from_toml(text).unwrap();
        let outcome = run(&model, &[(FrictionSet::default(), Ratio::Fixed(1.0))], 16_384, 1, &|_| ()).unwrap()[0];
        // Futures are dearer than what is expected by 0.3 * 0.4 a year, and a full hedge costs just them.
        let futures = |day: usize| model.futures_price(&model.start(), 0.0, day as f64 * DAY);
        let locked = (1..=MONTHS * DAYS).map(futures).sum::<f64>() / (MONTHS * DAYS) as f64;
        assert!((outcome.hedged_mean - locked).abs() < 1e-9 && outcome.hedged_sd < 1e-9, "{outcome:?} {locked}");
        assert!(outcome.hedged_mean > outcome.unhedged_mean + 0.05, "{outcome:?}");
    }

    #[test]
    fn no_friction_makes_a_hedge_better() {
        let cases: Vec<(FrictionSet, Ratio)> =
            FrictionSet::table().into_iter().map(|(_, set)| (set, Ratio::Estimated)).collect();
        let outcomes = run(&Model::paper(), &cases, 4_096, 1, &|_| ()).unwrap();
        let [none, rest @ ..] = outcomes.as_slice() else { panic!("six outcomes") };
        for one in rest {
            assert!(one.variance_reduction <= none.variance_reduction + 1e-9);
            // What is found out of sample is never better than hindsight.
            assert!(one.variance_reduction <= one.in_sample_variance_reduction + 0.02, "{one:?}");
        }
        let all = outcomes.last().unwrap();
        assert!(rest.iter().all(|one| all.variance_reduction <= one.variance_reduction + 0.02), "{outcomes:#?}");
        assert!(all.hedged_mean > all.unhedged_mean);
    }

    #[test]
    fn experiments_out_of_range_are_refused() {
        let refused = |frictions, ratio, paths| run(&Model::paper(), &[(frictions, ratio)], paths, 1, &|_| ()).is_err();
        assert!(refused(FrictionSet::default(), Ratio::Estimated, 100));
        assert!(refused(FrictionSet::default(), Ratio::Fixed(f64::NAN), 4_096));
        assert!(refused(FrictionSet { volume_cv: -0.1, ..FrictionSet::default() }, Ratio::Estimated, 4_096));
        let certain = Model::from_toml("log_spot = 0.0").unwrap();
        let nothing = run(&certain, &[(FrictionSet::default(), Ratio::Fixed(1.0))], 4_096, 1, &|_| ());
        assert_eq!(nothing, Err(HedgeError::NoRisk));
    }
}
