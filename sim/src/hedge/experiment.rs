//! The paper's hedging experiment (section 8.3) with what it leaves out.
//!
//! A company buys a twelfth of its expected tokens in each of twelve months, at its own price: the month's average of the
//! index times its basis. At the start it buys futures on each month's average, `h` for each expected unit. `h` is the
//! minimum-variance ratio *estimated* on two years of another path of the same process, month by month,
//!
//! ```text
//! h = cov(y, x) / var(x),    x = A_j / F_{j-1}(j) - 1,    y = own price of month j / F_{j-1}(j) - 1
//! cost = Q sum_j A_j B_j / 12 - h sum_j gain_j / 12 + frictions
//! ```
//!
//! (A the average, F_k(j) the price at the end of month k of the contract on month j), and the effect is measured on paths that
//! the estimate hasn't seen. Every friction can be left out ([`FrictionSet`]):
//!
//! * volume: Q is lognormal, the same for all months
//! * basis: B is lognormal with mean one and reverts, monthly correlation [`BASIS_MEMORY`]
//! * roll: only six months and the quarters beyond are listed; a month that isn't is hedged with the quarter after it and
//!   rolled into its own contract when that is listed, a cost for every lot traded
//! * margin: initial margin and variation losses are borrowed; when they outgrow the credit line, the hedge is closed
//!
//! Without frictions a given ratio takes exactly its own share of the standard deviation away, whatever the process.

use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use super::{HedgeError, sd_reduction};
use crate::model::Model;
use crate::numeric::{mean, standard_deviation};
use crate::path::{BLOCK, Key, Paths, Step, fold_blocks, stream};

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

/// Scenario numbers of the random streams: the budget, the history behind the ratio, the frictions.
const BUDGET: u64 = 0x4845_4447;
const PAST: u64 = 0x4845_4450;
const FRICTION: u64 = 0x4845_4446;

/// Frictions of an experiment; the default has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct FrictionSet {
    /// Standard deviation of the volume, as a share of its mean.
    pub volume_cv: f64,
    /// Standard deviation of the basis, as a share of the index.
    pub basis_cv: f64,
    /// Cost of trading a future, as a share of its price; `None` when every month is listed from the start and free to trade.
    pub roll_cost: Option<f64>,
    /// Margin and its funding; `None` when futures need no money.
    pub funding: Option<Funding>,
}

/// What it takes to hold futures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Funding {
    /// Interest, per year.
    pub rate: f64,
    /// Initial margin, as a share of the value of the futures.
    pub initial_margin: f64,
    /// Most that may be borrowed, as a share of the budget at its futures prices.
    pub credit_line: f64,
}

impl FrictionSet {
    /// The frictions one by one and all together, by name: volume 10 %, basis 5 %, half a percent a trade, 10 % interest on a
    /// margin of 25 % with a credit line of half the budget.
    #[must_use]
    pub fn table() -> [(&'static str, Self); 6] {
        let (volume_cv, basis_cv, roll_cost) = (0.10, 0.05, Some(0.005));
        let funding = Some(Funding { rate: 0.10, initial_margin: 0.25, credit_line: 0.50 });
        let none = Self::default();
        [
            ("none", none),
            ("volume", Self { volume_cv, ..none }),
            ("basis", Self { basis_cv, ..none }),
            ("roll", Self { roll_cost, ..none }),
            ("margin", Self { funding, ..none }),
            ("all", Self { volume_cv, basis_cv, roll_cost, funding }),
        ]
    }

    fn check(&self) -> Result<(), HedgeError> {
        let mut named = vec![("volume_cv", self.volume_cv), ("basis_cv", self.basis_cv)];
        named.extend(self.roll_cost.map(|cost| ("roll_cost", cost)));
        if let Some(Funding { rate, initial_margin, credit_line }) = self.funding {
            named.extend([("rate", rate), ("initial_margin", initial_margin), ("credit_line", credit_line)]);
        }
        match named.into_iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
            Some((name, value)) => Err(HedgeError::Friction { name, value }),
            None => Ok(()),
        }
    }
}

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
    /// Share of the variance that the best ratio in hindsight would have removed: what a regression on the same paths reports.
    pub in_sample_variance_reduction: f64,
    /// Share of the paths on which the credit line forced the hedge to be closed.
    pub closed_early: f64,
}

/// Runs the experiment for several sets of frictions on the same paths.
///
/// # Errors
/// [`HedgeError`] for too few paths, a friction or a ratio out of range, or a price that doesn't vary.
pub fn run(
    model: &Model,
    cases: &[(FrictionSet, Ratio)],
    paths: u32,
    seed: u64,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Outcome>, HedgeError> {
    if paths < LEAST_PATHS {
        return Err(HedgeError::Paths(paths));
    }
    for (frictions, ratio) in cases {
        frictions.check()?;
        match ratio {
            Ratio::Fixed(ratio) if !ratio.is_finite() => return Err(HedgeError::Ratio(*ratio)),
            _ => {}
        }
    }
    let curve = Curve::new(model);
    let mut results: Vec<Vec<Path>> = cases.iter().map(|_| Vec::new()).collect();
    fold_blocks(
        u64::from(paths),
        |block, size| {
            let budget = Market::draw(model, &curve, Key { seed, scenario: BUDGET, block }, MONTHS, MONTHS, size);
            let past = Market::draw(model, &curve, Key { seed, scenario: PAST, block }, HISTORY, 1, size);
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
    results.iter().map(|paths| Outcome::of(paths)).collect()
}

/// Prices of contracts on a month's average: what each day of the month adds, by days until then.
struct Curve {
    /// Decay of the three factors and the rest of the log price, by days to the day.
    days: Vec<([f64; 3], f64)>,
}

impl Curve {
    fn new(model: &Model) -> Self {
        let at = |day: usize| {
            let tau = day as f64 * DAY;
            let factors = model.factors();
            (factors.map(|factor| factor.decay(tau)), factors.map(|factor| factor.log_mgf(1.0, tau)).iter().sum())
        };
        Self { days: (0..=MONTHS * DAYS).map(at).collect() }
    }

    /// The price at `now` (days) of the contract on the month that ends `ahead` months later.
    fn price(&self, model: &Model, state: [f64; 3], now: usize, ahead: usize) -> f64 {
        let first = (ahead - 1) * DAYS + 1;
        let days = self.days.iter().enumerate().skip(first).take(DAYS);
        let total: f64 = days
            .map(|(day, (decay, rest))| {
                let carried: f64 = state.iter().zip(decay).map(|(x, weight)| x * weight).sum();
                (model.trend().at((now + day) as f64 * DAY) + carried + rest).exp()
            })
            .sum();
        total / DAYS as f64
    }
}

/// Length of a day, in years: a month is a twelfth of a year.
const DAY: f64 = 1.0 / (12 * DAYS) as f64;

/// A path of the market: each month's average, and at each month's start the prices of the contracts ahead.
struct Market {
    averages: Vec<f64>,
    /// `futures[k][a]`: at the end of month k, of the contract that ends a + 1 months later.
    futures: Vec<Vec<f64>>,
}

impl Market {
    fn draw(model: &Model, curve: &Curve, key: Key, months: usize, ahead: usize, size: usize) -> Vec<Self> {
        let mut paths = Paths::new(model, model.start(), key, BLOCK);
        let step = Step::new(model, DAY);
        let mut all: Vec<Self> = (0..size).map(|_| Self { averages: Vec::new(), futures: Vec::new() }).collect();
        let mut averages = vec![0.0; BLOCK];
        for month in 0..months {
            for (number, path) in all.iter_mut().enumerate() {
                let state = paths.state(number).values();
                let contracts = 1..=ahead.min(months - month);
                let prices = contracts.map(|contract| curve.price(model, state, month * DAYS, contract));
                path.futures.push(prices.collect());
            }
            averages.fill(0.0);
            for _ in 0..DAYS {
                paths.advance(&step);
                paths.add_spots(&mut averages, 1.0 / DAYS as f64);
            }
            all.iter_mut().zip(&averages).for_each(|(path, average)| path.averages.push(*average));
        }
        all
    }

    /// The price at the end of month `k` of the contract on `month` (counted from zero).
    fn future(&self, k: usize, month: usize) -> f64 {
        self.futures.get(k).and_then(|row| row.get(month - k)).copied().unwrap_or_default()
    }

    /// The price at the end of month `k`; the average itself once the month is over.
    fn mark(&self, k: usize, month: usize) -> f64 {
        if k > month { self.averages.get(month).copied().unwrap_or_default() } else { self.future(k, month) }
    }
}

/// What is random about the company: standard normal numbers behind its volume and its basis, past and to come.
struct OwnRisk {
    volume: f64,
    basis: Vec<f64>,
}

/// What a path has cost.
struct Path {
    ratio: f64,
    unhedged: f64,
    hedged: f64,
    gain: f64,
    closed: bool,
}

impl OwnRisk {
    fn draw(seed: u64, block: u64, size: usize) -> Vec<Self> {
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

    fn estimate(&self, frictions: &FrictionSet, past: &Market) -> f64 {
        let pairs = past.averages.iter().enumerate().map(|(month, average)| {
            let expected = past.future(month, month);
            (average / expected - 1.0, average * self.basis(frictions, month) / expected - 1.0)
        });
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.unzip();
        slope(&x, &y)
    }

    fn cost(&self, frictions: &FrictionSet, ratio: f64, market: &Market) -> Path {
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

/// The contract that hedges `month` at the end of month `k`, both from zero: its own if it is listed, else the quarter's last.
fn held_for(k: usize, month: usize) -> usize {
    if month < k + LISTED { month } else { (month / 3 * 3 + 2).min(MONTHS - 1) }
}

/// Lognormal with mean one: `cv` is its standard deviation, `z` standard normal.
fn lognormal(cv: f64, z: f64) -> f64 {
    let variance = (cv * cv).ln_1p();
    (variance.sqrt() * z - variance / 2.0).exp()
}

/// Least-squares slope of y on x; zero when x doesn't vary.
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
    fn of(paths: &[Path]) -> Result<Self, HedgeError> {
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
    fn months_beyond_the_sixth_are_hedged_with_their_quarter_until_they_are_listed() {
        let held: Vec<usize> = (0..MONTHS).map(|month| held_for(0, month)).collect();
        assert_eq!(held, [0, 1, 2, 3, 4, 5, 8, 8, 8, 11, 11, 11]);
        assert_eq!(held_for(1, 6), 6);
        assert_eq!(held_for(1, 7), 8);
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
