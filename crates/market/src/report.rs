//! Thousands of paths for each parameter set, added up.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sit_engine::calendar;

use super::cast::{Attack, Cast};
use super::parameters::ParameterSet;
use super::run::{FIRST_DAY, PathOutcome, PathPlan, run_path};
use super::strategies::Reporters;
use sit_sim::margin::{self, MarginError, MarginRequest};
use sit_sim::model::Model;
use sit_sim::path::ScheduledJump;

/// Quote atoms in a US dollar.
const ATOMS: f64 = 1e6;

/// Paths whose outcomes are in memory at a time.
const CHUNK: u64 = 256;

/// Most paths of one run, of all sets and incidents together: what became of each is kept.
const MOST_PATHS: u64 = 3_000_000;

/// Prices at which a market opens, in US dollars per million tokens: an index print holds up to a thousand dollars, and
/// a path needs room to rise fourfold; below a tenth of a cent a tick is no longer small.
const PRICES: std::ops::RangeInclusive<f64> = 0.001..=250.0;

/// Longest market, in days: what the listing rule carries without new listings.
const MOST_DAYS: u32 = 365;

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketRequest {
    /// Paths for each parameter set.
    pub paths: u64,
    /// Paths for each attack: the first ones of the set.
    pub attack_paths: u64,
    /// Days of a path.
    pub days: u32,
    /// Seed of the random streams.
    pub seed: u64,
    /// Paths of the margin computation.
    pub margin_paths: u64,
    /// Who takes part.
    pub cast: Cast,
    /// Under which parameters.
    pub sets: Vec<ParameterSet>,
    /// Which incidents are tried.
    pub attacks: Vec<Attack>,
    /// Jumps at known days, the same on every path.
    pub jumps: Vec<ScheduledJump>,
}

impl Default for MarketRequest {
    /// A thousand paths of 30 days for each preset, a hundred for each attack.
    fn default() -> Self {
        Self {
            paths: 1_000,
            attack_paths: 100,
            days: 30,
            seed: 1,
            margin_paths: 1 << 16,
            cast: Cast::default(),
            sets: ParameterSet::presets(),
            attacks: Attack::ALL.to_vec(),
            jumps: Vec::new(),
        }
    }
}

/// Why a market cannot be simulated.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MarketError {
    /// Nothing to do.
    #[error("0 {0}: at least one is needed")]
    Nothing(&'static str),
    /// More attack paths than paths.
    #[error("{attack_paths} paths for each attack, but only {paths} paths to compare them with")]
    AttackPaths {
        /// Paths for each attack.
        attack_paths: u64,
        /// Paths.
        paths: u64,
    },
    /// Too many days.
    #[error("{0} days: a path has {MOST_DAYS} days at most")]
    Days(u32),
    /// Too many paths.
    #[error("{0} paths over all parameter sets and incidents: {MOST_PATHS} are the most")]
    TooManyPaths(u128),
    /// A price at which no market opens.
    #[error(
        "the price is {0:e} US dollars per million tokens, and a market is simulated from {least} to {most} of them: check the unit",
        least = PRICES.start(), most = PRICES.end()
    )]
    Price(f64),
    /// Two sets of one name.
    #[error("two parameter sets are called \"{0}\": give each a name of its own")]
    Twins(String),
    /// A parameter of a set is outside its domain.
    #[error("parameter set \"{set}\": {rule}")]
    Set {
        /// Its name.
        set: String,
        /// What must hold.
        rule: &'static str,
    },
    /// The margin cannot be computed.
    #[error(transparent)]
    Margin(#[from] MarginError),
}

/// A quantity over paths.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Mean.
    pub mean: f64,
    /// Share of paths on which it is above zero.
    pub positive: f64,
    /// Median.
    pub p50: f64,
    /// 95 % quantile.
    pub p95: f64,
    /// 99 % quantile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

impl Distribution {
    /// Of these values; zero everywhere when there are none. Quantiles are the smallest value that at least such a
    /// share of the values does not exceed.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let count = values.len().max(1);
        let quantile = |level: f64| {
            let place = ((level * count as f64).ceil() as usize).clamp(1, count) - 1;
            values.get(place).copied().unwrap_or(0.0)
        };
        Self {
            mean: sit_sim::numeric::mean(&values),
            positive: values.iter().filter(|value| **value > 0.0).count() as f64 / count as f64,
            p50: quantile(0.50),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max: values.last().copied().unwrap_or(0.0),
        }
    }
}

/// Profit of a kind of participant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindReport {
    /// The kind.
    pub kind: String,
    /// Profit of all of that kind together, US dollars.
    pub profit: Distribution,
}

/// An incident that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttackReport {
    /// The incident.
    pub attack: Attack,
    /// What the attacker made, US dollars.
    pub profit: Distribution,
    /// What the insurance fund paid more than on the same path without the attack, US dollars.
    pub fund_cost: Distribution,
    /// What winners lost more than on the same path without the attack, US dollars.
    pub haircut_cost: Distribution,
    /// Liquidations that happened more than on the same path without the attack.
    pub liquidations: Distribution,
}

/// The market under one parameter set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetReport {
    /// The parameters.
    pub set: ParameterSet,
    /// Initial margin of the front month, long and short, in basis points of the price.
    pub front_margin_bps: [u32; 2],
    /// Messages accepted on a path.
    pub messages: Distribution,
    /// Lots traded on a path.
    pub volume: Distribution,
    /// Margin calls on a path.
    pub margin_calls: Distribution,
    /// Liquidations on a path.
    pub liquidations: Distribution,
    /// Most liquidations on one day of a path.
    pub cascade: Distribution,
    /// Accounts that end below zero.
    pub bankrupt: Distribution,
    /// What the insurance fund pays on a path, US dollars.
    pub fund_draw: Distribution,
    /// What winners bear, US dollars.
    pub haircut: Distribution,
    /// Prints of a path that had to wait for confirmation or were invalid.
    pub doubted_prints: Distribution,
    /// Profits by kind.
    pub profits: Vec<KindReport>,
    /// The incidents.
    pub attacks: Vec<AttackReport>,
}

/// A market simulation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarketReport {
    /// Seed.
    pub seed: u64,
    /// Paths for each set.
    pub paths: u64,
    /// Paths for each attack.
    pub attack_paths: u64,
    /// Days of a path.
    pub days: u32,
    /// Who took part.
    pub cast: Cast,
    /// Each parameter set.
    pub sets: Vec<SetReport>,
}

/// Simulates the market under every parameter set. `progress` is called, from any thread, with the number of paths run
/// since its last call.
///
/// # Errors
/// [`MarketError`] when the request is outside its domain.
pub fn simulate(
    model: &Model,
    request: &MarketRequest,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<MarketReport, MarketError> {
    simulate_keeping(model, request, progress, &mut |_, _| ())
}

/// Which path an outcome is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Place of the parameter set among the request's.
    pub set: usize,
    /// Place of the incident among the request's; nothing for a path without one.
    pub attack: Option<usize>,
    /// Number of the path.
    pub path: usize,
}

/// [`simulate`] with every path: `keep` is given what became of each, path by path in the order of the report.
///
/// # Errors
/// [`MarketError`] as [`simulate`].
pub fn simulate_keeping(
    model: &Model,
    request: &MarketRequest,
    progress: &(dyn Fn(u64) + Sync),
    keep: &mut dyn FnMut(Place, &PathOutcome),
) -> Result<MarketReport, MarketError> {
    request.check()?;
    check_prices(model, request.cast.months)?;
    let sets = (0..request.sets.len()).map(|set| run_set(model, request, set, progress, keep));
    let sets = sets.collect::<Result<_, _>>()?;
    Ok(MarketReport {
        seed: request.seed,
        paths: request.paths,
        attack_paths: request.attack_paths,
        days: request.days,
        cast: request.cast.clone(),
        sets,
    })
}

impl MarketRequest {
    /// Paths that will be run, for a progress bar.
    #[must_use]
    pub fn total_paths(&self) -> u64 {
        u64::try_from(self.paths_in_all()).unwrap_or(u64::MAX)
    }

    fn paths_in_all(&self) -> u128 {
        let attacked = self.attacks.len() as u128 * u128::from(self.attack_paths);
        self.sets.len() as u128 * (u128::from(self.paths) + attacked)
    }

    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// [`MarketError`] for the first count or parameter that is out of range.
    pub fn check(&self) -> Result<(), MarketError> {
        for (count, name) in [
            (self.paths, "paths"),
            (self.days.into(), "days"),
            (self.sets.len() as u64, "parameter sets"),
            (self.cast.months as u64, "months"),
        ] {
            if count == 0 {
                return Err(MarketError::Nothing(name));
            }
        }
        if self.days > MOST_DAYS {
            return Err(MarketError::Days(self.days));
        }
        if self.attack_paths > self.paths && !self.attacks.is_empty() {
            return Err(MarketError::AttackPaths { attack_paths: self.attack_paths, paths: self.paths });
        }
        if self.paths_in_all() > MOST_PATHS.into() {
            return Err(MarketError::TooManyPaths(self.paths_in_all()));
        }
        for (place, set) in self.sets.iter().enumerate() {
            if self.sets.iter().take(place).any(|other| other.name == set.name) {
                return Err(MarketError::Twins(sit_sim::shown(&set.name)));
            }
        }
        self.sets.iter().try_for_each(|set| check_set(set, &self.cast))
    }
}

/// A market opens at the spot price and lists its months at their futures prices.
fn check_prices(model: &Model, months: usize) -> Result<(), MarketError> {
    let state = model.start();
    let days = calendar::listing(FIRST_DAY).into_iter().take(months).map(|day| day.0 - FIRST_DAY.0);
    let futures = days.map(|days| model.futures_price(&state, 0.0, f64::from(days) / sit_sim::DAYS_PER_YEAR));
    let mut prices = std::iter::once(model.spot(&state, 0.0)).chain(futures);
    prices.find(|price| !PRICES.contains(price)).map_or(Ok(()), |price| Err(MarketError::Price(price)))
}

/// Refuses what the contract would refuse, before any path is run.
fn check_set(set: &ParameterSet, cast: &Cast) -> Result<(), MarketError> {
    let (maintenance, end) = (set.maintenance_bps, set.liquidation_end_bps);
    let rules = [
        (0 < maintenance && maintenance < end && end < 10_000, "0 < maintenance_bps < liquidation_end_bps < 10,000"),
        ((100..=5_000).contains(&set.price_limit_bps), "price_limit_bps is 100 to 5,000"),
        (
            (50..=set.open_interest_cap).contains(&set.position_limit) && set.open_interest_cap < 1 << 23,
            "50 <= position_limit <= open_interest_cap < 8,388,608",
        ),
        (set.latency <= 1_800, "latency is half an hour at most"),
        (
            set.safeguards.add_ons().is_sound() && set.safeguards.fund_cap_bps <= 10_000,
            "the safeguards' lower bounds lie below their upper ones, size_upper is at most 16,777,215, floor_bps and buffer_bps \
             at most 5,000, refill_bps at most 1,000, fund_cap_bps at most 10,000",
        ),
        (cast.months <= calendar::LISTED_MONTHS, "ten months are listed at most"),
    ];
    let broken = rules.into_iter().find(|(holds, _)| !holds);
    broken.map_or(Ok(()), |(_, rule)| Err(MarketError::Set { set: sit_sim::shown(&set.name), rule }))
}

/// The margin of a parameter set: shocks as the contract takes them, and the hash of their certificate.
pub(crate) fn margin_of(
    model: &Model,
    set: &ParameterSet,
    seed: u64,
    paths: u64,
) -> Result<(margin::MarginSet, Vec<u8>, [u8; 32]), MarginError> {
    let request = MarginRequest {
        tenor_days: calendar::listing(FIRST_DAY).map(|day| day.0 - FIRST_DAY.0).to_vec(),
        confidence_ppm: set.confidence_ppm,
        horizon_seconds: set.horizon_seconds,
        paths,
        seed,
        ..MarginRequest::default()
    };
    let computed = margin::compute(model, &request, &|_| {})?;
    let shocks = computed.shocks.iter().flatten().flat_map(|shock| shock.to_be_bytes()).collect();
    let certificate = margin::certificate(&computed, model, sit_sim::keccak256(b""));
    let hash = margin::certificate_hash(&certificate);
    Ok((computed, shocks, hash))
}

fn run_set(
    model: &Model,
    request: &MarketRequest,
    place: usize,
    progress: &(dyn Fn(u64) + Sync),
    keep: &mut dyn FnMut(Place, &PathOutcome),
) -> Result<SetReport, MarketError> {
    let set = &request.sets[place];
    let (computed, shocks, certificate) = margin_of(model, set, request.seed, request.margin_paths)?;
    let run = |path: u64, attack: Option<Attack>| {
        let plan = PathPlan {
            model,
            set,
            shocks: &shocks,
            certificate,
            seed: request.seed,
            path,
            days: request.days,
            months: request.cast.months,
            jumps: &request.jumps,
            recording: false,
        };
        let mut agents = request.cast.assemble(set, Reporters::default(), attack);
        let (outcome, _) = run_path(&plan, &mut agents);
        progress(1);
        outcome
    };
    let all = |paths: u64, attack| -> Vec<PathOutcome> {
        let chunks = (0..paths).step_by(CHUNK as usize);
        let chunk = |first: u64| -> Vec<PathOutcome> {
            let range = first..(first + CHUNK).min(paths);
            range.into_par_iter().map(|path| run(path, attack)).collect()
        };
        chunks.flat_map(chunk).collect()
    };
    let mut keep_all = |attack, outcomes: &[PathOutcome]| {
        for (path, outcome) in outcomes.iter().enumerate() {
            keep(Place { set: place, attack, path }, outcome);
        }
    };
    let baseline = all(request.paths, None);
    keep_all(None, &baseline);
    let attacks = request.attacks.iter().enumerate().map(|(number, attack)| {
        let attacked = all(request.attack_paths, Some(*attack));
        keep_all(Some(number), &attacked);
        judge_attack(*attack, &attacked, &baseline)
    });
    let attacks = attacks.collect();
    let front = computed.months.first();
    Ok(SetReport {
        set: set.clone(),
        front_margin_bps: front.map_or([0; 2], |month| [month.long_bps, month.short_bps]),
        attacks,
        ..summary(set, &baseline)
    })
}

fn over(outcomes: &[PathOutcome], of: impl Fn(&PathOutcome) -> f64) -> Distribution {
    Distribution::of(outcomes.iter().map(of).collect())
}

fn dollars(atoms: i128) -> f64 {
    atoms as f64 / ATOMS
}

fn summary(set: &ParameterSet, outcomes: &[PathOutcome]) -> SetReport {
    let mut kinds: Vec<&'static str> = Vec::new();
    for (kind, _) in outcomes.first().map(|outcome| outcome.profits.as_slice()).unwrap_or_default() {
        if !kinds.contains(kind) {
            kinds.push(kind);
        }
    }
    let profits = kinds.into_iter().map(|kind| KindReport {
        kind: kind.into(),
        profit: over(outcomes, |outcome| dollars(profit_of(outcome, kind))),
    });
    SetReport {
        set: set.clone(),
        front_margin_bps: [0; 2],
        messages: over(outcomes, |outcome| outcome.tally.accepted as f64),
        volume: over(outcomes, |outcome| outcome.tally.volume as f64),
        margin_calls: over(outcomes, |outcome| outcome.tally.margin_calls.into()),
        liquidations: over(outcomes, |outcome| outcome.tally.liquidations.into()),
        cascade: over(outcomes, |outcome| outcome.cascade.into()),
        bankrupt: over(outcomes, |outcome| outcome.bankrupt.into()),
        fund_draw: over(outcomes, |outcome| dollars(outcome.fund_draw)),
        haircut: over(outcomes, |outcome| dollars(outcome.haircut)),
        doubted_prints: over(outcomes, |outcome| outcome.tally.doubted_prints.into()),
        profits: profits.collect(),
        attacks: Vec::new(),
    }
}

fn profit_of(outcome: &PathOutcome, kind: &str) -> i128 {
    outcome.profits.iter().filter(|(other, _)| *other == kind).map(|(_, profit)| profit).sum()
}

/// What an attack changed, path by path.
fn judge_attack(attack: Attack, attacked: &[PathOutcome], baseline: &[PathOutcome]) -> AttackReport {
    let known: Vec<&str> =
        baseline.first().map(|outcome| outcome.profits.iter().map(|(kind, _)| *kind).collect()).unwrap_or_default();
    let attacker = |outcome: &PathOutcome| -> i128 {
        outcome.profits.iter().filter(|(kind, _)| !known.contains(kind)).map(|(_, profit)| profit).sum()
    };
    let more = |of: &dyn Fn(&PathOutcome) -> f64| {
        Distribution::of(attacked.iter().zip(baseline).map(|(with, without)| of(with) - of(without)).collect())
    };
    AttackReport {
        attack,
        profit: over(attacked, |outcome| dollars(attacker(outcome))),
        fund_cost: more(&|outcome| dollars(outcome.fund_draw)),
        haircut_cost: more(&|outcome| dollars(outcome.haircut)),
        liquidations: more(&|outcome| outcome.tally.liquidations.into()),
    }
}
