//! What the bill costs with and without the hedge, and the cash that the hedge needs: statistics in floating point, in
//! US dollars, on the price process of `sit-sim`. The same seed gives the same numbers.
//!
//! Cash is needed for two things at once, day by day on each path:
//!
//! ```text
//! cash = initial margin of what is still held + variation paid so far
//! ```
//!
//! Initial margin is the engine's ([`crate::margin`]), at the path's marks and slow marks of the day; what is told is a
//! quantile, over the paths, of the largest sum. An account that keeps so much meets its initial margin on every day;
//! to keep what it holds it needs maintenance margin only, which is three quarters of it.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use sit_engine::clearing::mark::slow_mark;
use sit_engine::units::{Lots, QuoteAtoms, Side, Ticks};
use sit_sim::DAYS_PER_YEAR;
use sit_sim::model::{Model, State};
use sit_sim::path::{Key, Paths, Step};

use crate::HedgeError;
use crate::exposure::Month;
use crate::margin::{Held, House, Terms, lots};

/// Paths that are drawn.
const PATHS: usize = 1_024;

/// Names the random numbers of a plan.
const SCENARIO: u64 = 0x4845_4447;

/// Quantiles of 5, 50 and 95 %.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Band {
    /// 5 %.
    pub low: f64,
    /// 50 %.
    pub middle: f64,
    /// 95 %.
    pub high: f64,
}

/// What has come together by the end of a month.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Until {
    /// First day of the month.
    pub month: Date,
    /// The bill of all months so far without the hedge.
    pub unhedged: Band,
    /// With it.
    pub hedged: Band,
    /// Variation that the hedge has cost at its worst so far, at the confidence asked for.
    pub variation: f64,
    /// Initial margin at its largest since the end of the month before, at the confidence asked for.
    pub margin: f64,
    /// Initial margin and variation together at their largest since the end of the month before, at the confidence
    /// asked for.
    pub cash: f64,
}

/// Outcomes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Outcome {
    /// Without the hedge.
    pub unhedged: Band,
    /// With it.
    pub hedged: Band,
    /// Initial margin of all positions on the day of the plan.
    pub initial: f64,
    /// Initial margin at its largest, at the confidence asked for.
    pub margin: f64,
    /// Variation that the hedge has cost at its worst, at the confidence asked for.
    pub variation: f64,
    /// Initial margin and variation together at their largest, at the confidence asked for.
    pub cash: f64,
    /// By the end of each month.
    #[serde(skip)]
    pub by_month: Vec<Until>,
}

/// Who hedges, and how sure they want to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Asked {
    /// Day on which all orders are sent.
    pub today: Date,
    /// `Buy` for whoever buys tokens, `Sell` for whoever sells them.
    pub side: Side,
    /// Confidence of the cash, between 0 and 1.
    pub confidence: f64,
    /// Seed of the paths.
    pub seed: u64,
}

/// A month in days from the plan's own.
struct Leg {
    /// The day before its first, and its last.
    days: (i32, i32),
    /// The day on which its hedge ends: the contract's last trading day, or the month's last where the contract is one
    /// of a later month and is given back then.
    ends: i32,
    /// Millions of SIT that are used, and that are hedged.
    used: f64,
    held: f64,
    /// Lots.
    lots: Lots,
    /// Its contract, by its place among those of the plan; `None` for a month that is not hedged.
    contract: Option<usize>,
}

/// A contract of the plan.
struct Contract {
    last_day: Date,
    /// Days from the plan's own to it.
    expires: i32,
    /// The price at which it is bought or sold.
    locked: f64,
}

/// Logarithm of a futures price on a day: the model's is affine in the state, so a day's prices of all paths take seven
/// looks at the model.
struct Affine {
    constant: f64,
    values: [f64; 3],
    excess: [f64; 3],
}

impl Affine {
    fn of(model: &Model, t: f64, tenor: f64) -> Self {
        let at = |values: [f64; 3], excess: [f64; 3]| {
            model.futures_price(&State { excess, ..State::from_values(values) }, t, tenor.max(0.0)).ln()
        };
        let none = [0.0; 3];
        let constant = at(none, none);
        let one = |place: usize| std::array::from_fn(|at| f64::from(u8::from(at == place)));
        let values = std::array::from_fn(|place| at(one(place), none) - constant);
        let excess = std::array::from_fn(|place| at(none, one(place)) - constant);
        Self { constant, values, excess }
    }

    fn price(&self, state: &State) -> f64 {
        let values = state.values();
        let each = self.values.iter().zip(&values).chain(self.excess.iter().zip(&state.excess));
        each.fold(self.constant, |sum, (loading, value)| sum + loading * value).exp()
    }
}

/// What is followed along the paths: one number each.
struct Tracks {
    cost: Vec<f64>,
    gained: Vec<f64>,
    variation: Vec<f64>,
    margin: Vec<f64>,
    cash: Vec<f64>,
    month_margin: Vec<f64>,
    month_cash: Vec<f64>,
}

/// Draws. Usage is paid for day by day at the day's price; a hedge is entered whole on the day of the plan and ends on
/// the last trading day of its contract, so what is used after the third Wednesday of a month is paid for unhedged;
/// months without a contract are not hedged.
///
/// # Errors
/// [`HedgeError::Open`] for positions that the exchange would not take.
pub fn outcome(model: &Model, months: &[Month], terms: &Terms, asked: &Asked) -> Result<Outcome, HedgeError> {
    let Asked { today, side, confidence, seed } = *asked;
    let sign = if side == Side::Buy { 1.0 } else { -1.0 };
    let start = model.start();
    let step = Step::new(model, 1.0 / DAYS_PER_YEAR);
    let mut paths = Paths::new(model, start, Key { seed, scenario: SCENARIO, block: 0 }, PATHS);
    let years = |days: i32| f64::from(days) / DAYS_PER_YEAR;
    let (contracts, legs) = parts(model, today, months)?;
    let mut house = House::on(today, terms)?;
    let held = |day: i32, mark: &dyn Fn(usize) -> (Ticks, Ticks)| -> Vec<Held> {
        let of = |(place, contract): (usize, &Contract)| {
            let own = legs.iter().filter(|leg| leg.contract == Some(place) && leg.ends > day);
            let lots = Lots(own.map(|leg| leg.lots.0).sum());
            let (mark, slow) = mark(place);
            Held { last_day: contract.last_day, lots, mark, slow }
        };
        contracts.iter().enumerate().map(of).filter(|held| held.lots > Lots::ZERO).collect()
    };
    let first: Vec<Ticks> = contracts.iter().map(|contract| terms.ticks(contract.locked)).collect();
    let initial = usd(house.initial(side, &held(0, &|place| (first[place], first[place])))?);
    let mut slow: Vec<Vec<Ticks>> = first.iter().map(|mark| vec![*mark; PATHS]).collect();
    let mut tracks = Tracks {
        cost: vec![0.0; PATHS],
        gained: vec![0.0; PATHS],
        variation: vec![0.0; PATHS],
        margin: vec![initial; PATHS],
        cash: vec![initial; PATHS],
        month_margin: vec![initial; PATHS],
        month_cash: vec![initial; PATHS],
    };
    let mut spots = vec![0.0; PATHS];
    let mut by_month = Vec::with_capacity(months.len());
    let net = |tracks: &Tracks| -> Vec<f64> {
        // A buyer's cost falls by the gain of the long side, a seller's revenue by the loss of the short one: one
        // formula.
        tracks.cost.iter().zip(&tracks.gained).map(|(cost, gained)| cost - gained).collect()
    };
    for day in 1..=legs.last().map_or(0, |leg| leg.days.1) {
        paths.advance(&step);
        paths.spots(&mut spots);
        for leg in legs.iter().filter(|leg| leg.days.0 < day && day <= leg.days.1) {
            let of_a_day = leg.used / f64::from((leg.days.1 - leg.days.0).max(1));
            for (cost, spot) in tracks.cost.iter_mut().zip(&spots) {
                *cost += of_a_day * spot;
            }
        }
        // Contracts with a leg: what is left of it, and what of that ends today, in millions of SIT.
        let open: Vec<(usize, f64, f64)> = (0..contracts.len())
            .map(|place| {
                let own = || legs.iter().filter(move |leg| leg.contract == Some(place) && leg.ends >= day);
                let ends = own().filter(|leg| leg.ends == day).map(|leg| leg.held).sum();
                (place, own().map(|leg| leg.held).sum(), ends)
            })
            .filter(|(_, held, _)| *held > 0.0)
            .collect();
        if !open.is_empty() {
            let now = paths.time();
            let curve: Vec<Affine> =
                open.iter().map(|(place, ..)| Affine::of(model, now, years(contracts[*place].expires - day))).collect();
            let mut house = House::on(today.saturating_add(day.days()), terms)?;
            let mut position = held(day, &|_| (Ticks(1), Ticks(1)));
            for path in 0..PATHS {
                let state = paths.state(path);
                let (mut unpaid, mut ended) = (0.0, 0.0);
                for ((place, held, ends), affine) in open.iter().zip(&curve) {
                    let Contract { last_day, locked, .. } = &contracts[*place];
                    let price = affine.price(&state);
                    unpaid += held * (price - locked);
                    ended += ends * (price - locked);
                    let mark = terms.ticks(price);
                    let slow = &mut slow[*place][path];
                    *slow = slow_mark(*slow, mark);
                    if let Some(position) = position.iter_mut().find(|position| position.last_day == *last_day) {
                        (position.mark, position.slow) = (mark, *slow);
                    }
                }
                let paid = -sign * (tracks.gained[path] + unpaid);
                let margin = if position.is_empty() { 0.0 } else { usd(house.initial(side, &position)?) };
                tracks.variation[path] = tracks.variation[path].max(paid);
                tracks.margin[path] = tracks.margin[path].max(margin);
                tracks.cash[path] = tracks.cash[path].max(margin + paid);
                tracks.month_margin[path] = tracks.month_margin[path].max(margin);
                tracks.month_cash[path] = tracks.month_cash[path].max(margin + paid);
                tracks.gained[path] += ended;
            }
        }
        for (month, _) in months.iter().zip(&legs).filter(|(_, leg)| leg.days.1 == day) {
            let at = |values: &[f64]| quantile(&mut values.to_vec(), confidence);
            by_month.push(Until {
                month: month.month,
                unhedged: band(tracks.cost.clone()),
                hedged: band(net(&tracks)),
                variation: at(&tracks.variation),
                margin: at(&tracks.month_margin),
                cash: at(&tracks.month_cash),
            });
            tracks.month_margin.fill(0.0);
            tracks.month_cash.fill(0.0);
        }
    }
    Ok(Outcome {
        unhedged: band(tracks.cost.clone()),
        hedged: band(net(&tracks)),
        initial,
        margin: quantile(&mut tracks.margin, confidence),
        variation: quantile(&mut tracks.variation, confidence),
        cash: quantile(&mut tracks.cash, confidence),
        by_month,
    })
}

/// The contracts and the months of a plan.
fn parts(model: &Model, today: Date, months: &[Month]) -> Result<(Vec<Contract>, Vec<Leg>), HedgeError> {
    let until = |date: Date| today.until(date).map_or(0, |span| span.get_days());
    let mut contracts: Vec<Contract> = Vec::new();
    let mut legs = Vec::with_capacity(months.len());
    for month in months {
        let days = (until(month.month) - 1, until(month.month.last_of_month()));
        let hedged = month.contract.and(month.last_day).filter(|_| month.lots > 0);
        let contract = hedged.map(|last_day| {
            contracts.iter().position(|contract| contract.last_day == last_day).unwrap_or_else(|| {
                let expires = until(last_day).max(1);
                let locked = model.futures_price(&model.start(), 0.0, f64::from(expires) / DAYS_PER_YEAR);
                contracts.push(Contract { last_day, expires, locked });
                contracts.len() - 1
            })
        });
        let expires = contract.map_or(days.1, |place| contracts[place].expires);
        let (held, lots) = match contract {
            Some(_) => (month.hedged_sit as f64 / 1e6, lots(month.lots)?),
            None => (0.0, Lots::ZERO),
        };
        let used = month.sit as f64 / 1e6;
        legs.push(Leg { days, ends: expires.min(days.1).max(1), used, held, lots, contract });
    }
    for (place, contract) in contracts.iter().enumerate() {
        let of = |leg: &&Leg| leg.contract == Some(place);
        let all: u128 = legs.iter().filter(of).map(|leg| u128::from(leg.lots.0)).sum();
        lots(all).map_err(|error| HedgeError::Open(format!("{}: {error}", contract.last_day)))?;
    }
    Ok((contracts, legs))
}

fn usd(atoms: QuoteAtoms) -> f64 {
    atoms.0 as f64 / 1e6
}

fn band(mut values: Vec<f64>) -> Band {
    let [low, middle, high] = [0.05, 0.5, 0.95].map(|share| quantile(&mut values, share));
    Band { low, middle, high }
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let place = (share.clamp(0.0, 1.0) * (values.len().saturating_sub(1)) as f64).round() as usize;
    values.get(place).copied().unwrap_or(0.0)
}

/// How well the index follows what a company pays.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Basis {
    /// Monthly changes that both have.
    pub months: usize,
    /// R squared of the changes of the company's price on those of the index.
    pub r_squared: f64,
    /// Share of the variance of the company's price that a hedge of the whole would have removed; negative when it
    /// would have added to it.
    pub effectiveness: f64,
}

/// Least number of monthly changes for [`basis`].
pub const LEAST_CHANGES: usize = 4;

/// Compares relative changes of two prices by month, both in any unit; `None` when fewer than [`LEAST_CHANGES`] are
/// common, or one price does not move. Changes are between months that both have, also over a gap.
#[must_use]
pub fn basis(pairs: &[(f64, f64)]) -> Option<Basis> {
    let good: Vec<&(f64, f64)> = pairs.iter().filter(|(own, index)| *own > 0.0 && *index > 0.0).collect();
    let changes: Vec<(f64, f64)> =
        good.windows(2).map(|two| (two[1].0 / two[0].0 - 1.0, two[1].1 / two[0].1 - 1.0)).collect();
    let n = changes.len() as f64;
    if changes.len() < LEAST_CHANGES {
        return None;
    }
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| changes.iter().map(of).sum::<f64>() / n;
    let (own, index) = (mean(&|change| change.0), mean(&|change| change.1));
    let own_variance = mean(&|change| (change.0 - own).powi(2));
    let index_variance = mean(&|change| (change.1 - index).powi(2));
    let covariance = mean(&|change| (change.0 - own) * (change.1 - index));
    if own_variance < 1e-18 || index_variance < 1e-18 {
        return None;
    }
    let left = own_variance + index_variance - 2.0 * covariance;
    Some(Basis {
        months: changes.len(),
        r_squared: covariance * covariance / (own_variance * index_variance),
        effectiveness: 1.0 - left / own_variance,
    })
}
