//! The price of a day from the batches of that day: a pure function.
//!
//! ```text
//! I, O, V   = lower medians of input price, output price and volume over the reporters
//! B         = a I + b O, or as much of it as counts                         see `asks`
//! P         = B / (a + b) * S_ref / S       one division for both, to the nearest atom, halves up; paper eq 6
//! w         = weights by volume, capped                                     see `weights`
//! m, MAD    = medians of P and of |P - m| under these weights
//! screen    : out if |P - m| > k MAD and max(P, m) / min(P, m) > r
//! gate      : out if max P / min P > d, whichever of the two weighs less, of equals the one further from m
//! index     = sum w_i P_i                   see `weights`
//! ```
//!
//! The screen needs both conditions because list prices cluster: where most providers ask the same price the MAD is
//! zero or tiny, and the ratio keeps a genuine price cut in. With a MAD of zero the first condition holds for every
//! other price and the ratio decides alone.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "prices < 2^36 and rules bounded by `Rules::check`: every product is below 2^63"
)]

use super::{
    MAX_PROVIDERS, OracleError, Quote, Rules, Scores, Submission,
    asks::{Asks, Blends, UNMOVED},
    median::Column,
    rules::RATIO_ONE,
    weights::{Constituent, Constituents, Weights},
};
use crate::{
    fault::{self, Fault},
    math::div_nearest,
};
use core::cmp::Ordering;

/// How far the two middle numbers of an even count may lie apart before a day has to be confirmed: 2 % for a price,
/// which all reporters read from the same list, and a quarter for a volume, which each of them estimates. Further
/// apart, half of the batches contradict the other half, and the lower median would be the choice of whoever is lower.
pub(super) const MIDDLE_PRICE: u32 = 10_200;
const MIDDLE_VOLUME: u32 = 12_500;

/// The price of a day before it is linked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Value {
    /// Atoms per million units, at least 1.
    pub price: u64,
    /// What the average is taken over.
    pub constituents: Constituents,
    /// Whether in every number of every provider the middle ones agree.
    pub sure: bool,
    /// What each provider asks for, whether it is in the average or not.
    pub asked: Blends,
    /// How far the market has moved since what stands, in 2^-20.
    pub market: u64,
}

impl Value {
    /// The providers that entered the average, a bit for each.
    pub fn providers(&self) -> u16 {
        let each = self.constituents.iter().enumerate();
        each.fold(0, |mask, (bit, one)| mask | u16::from(one.volume > 0) << bit)
    }

    /// What the price would have been by one batch alone, its volumes too, over the same providers.
    ///
    /// # Errors
    /// [`OracleError::PriceOutOfRange`], also for a batch that lacks one of the providers or has no volume for any.
    pub fn own(&self, batch: &Submission, scores: &Scores, rules: &Rules) -> Result<u64, OracleError> {
        let mut of = *self;
        for (provider, one) in of.constituents.iter_mut().enumerate() {
            if one.volume > 0 {
                one.volume = batch.quote(provider).ok_or(OracleError::PriceOutOfRange)?.volume;
            }
        }
        of.alone(batch, scores, rules)
    }

    /// What the price would have been by the prices of one batch, over the same providers and their volumes of the day.
    /// Volumes are estimates, and a median of them needs no judge. Of a provider that asks for more than counts no more
    /// counts in the batch either: its price would else be nearly all that a reporter is judged by.
    ///
    /// # Errors
    /// [`OracleError::PriceOutOfRange`], also for a batch that lacks one of the providers.
    pub fn alone(&self, batch: &Submission, scores: &Scores, rules: &Rules) -> Result<u64, OracleError> {
        let mut constituents = self.constituents;
        for (provider, (one, score)) in constituents.iter_mut().zip(scores).enumerate() {
            if one.volume > 0 {
                let quote = batch.quote(provider).ok_or(OracleError::PriceOutOfRange)?;
                let asked = self.asked.get(provider).map_or(0, |asked| worth(*asked, *score, rules));
                let most = if asked > one.price { one.price } else { u64::MAX };
                one.price = adjusted_price(quote, *score, rules).min(most);
            }
        }
        average(&constituents, rules)
    }
}

/// The price of a day, from the batches of all reporters (by place).
///
/// # Errors
/// [`OracleError::TooFewProviders`], [`OracleError::Dispersed`], [`OracleError::PriceOutOfRange`].
pub(super) fn value(
    batches: &[Option<Submission>],
    scores: &Scores,
    rules: &Rules,
    quorum: usize,
    asks: &Asks,
) -> Result<Value, OracleError> {
    let (asked, mut constituents, sure) = collate(batches, scores, rules, quorum);
    let market = market(asks, &asked, &constituents, rules);
    let counts = asks.counts(&asked, market);
    for ((one, score), blend) in constituents.iter_mut().zip(scores).zip(&counts) {
        one.price = worth(*blend, *score, rules);
    }
    screen(&mut constituents, rules)?;
    let price = average(&constituents, rules)?;
    let sure = sure || fault::present(Fault::PrintByAMinority);
    Ok(Value { price, constituents, sure, asked, market })
}

/// How far the market has moved since what stands, in 2^-20: the median by weight of how far its providers have.
fn market(asks: &Asks, asked: &Blends, constituents: &Constituents, rules: &Rules) -> u64 {
    let weights = Weights::new(constituents, rules.cap_bps);
    let mut moves = Weighed::default();
    let places = moves.iter_mut().zip(asks.moves(asked)).zip(constituents);
    for (bit, ((place, moved), one)) in places.enumerate() {
        if moved > 0 {
            *place = (moved, weights.of(bit, one, rules.cap_bps));
        }
    }
    let moved = weighted_median(&moves);
    if moved == 0 { UNMOVED } else { moved }
}

/// The average under the weights.
fn average(constituents: &Constituents, rules: &Rules) -> Result<u64, OracleError> {
    let average = Weights::new(constituents, rules.cap_bps).average(constituents, rules.cap_bps);
    average.filter(|price| *price > 0).ok_or(OracleError::PriceOutOfRange)
}

/// Whether two prices lie further apart than a ratio.
pub(super) fn exceeds(a: u64, b: u64, ratio: u32) -> bool {
    a.max(b) * u64::from(RATIO_ONE) > a.min(b) * u64::from(ratio)
}

/// Whether two numbers of any size lie further apart than a ratio.
pub(super) fn apart(a: u64, b: u64, ratio: u32) -> bool {
    u128::from(a.max(b)) * u128::from(RATIO_ONE) > u128::from(a.min(b)) * u128::from(ratio)
}

/// What one pair of list prices is worth in the index: blend and quality, atoms per million units, to the nearest atom.
/// The rules are those that [`Rules::check`] accepts; a score of zero counts as one.
#[must_use]
pub fn adjusted_price(quote: &Quote, score: u16, rules: &Rules) -> u64 {
    worth(blend(quote.input.into(), quote.output.into(), rules), score, rules)
}

/// A provider's prices together, before quality and undivided: below 2^40.
fn blend(input: u64, output: u64, rules: &Rules) -> u64 {
    u64::from(rules.blend_input) * input + u64::from(rules.blend_output) * output
}

/// What such a blend is worth, to the nearest atom.
fn worth(blend: u64, score: u16, rules: &Rules) -> u64 {
    let parts = u64::from(rules.blend_input) + u64::from(rules.blend_output);
    div_nearest(blend * u64::from(rules.reference_score), parts * u64::from(score.max(1)))
}

/// Medians: what each provider asks for, its volume, and whether the middle numbers agree. A provider that fewer than
/// `quorum` reporters quoted is left out.
fn collate(
    batches: &[Option<Submission>],
    scores: &Scores,
    rules: &Rules,
    quorum: usize,
) -> (Blends, Constituents, bool) {
    let (mut asked, mut constituents, mut sure) = (Blends::default(), Constituents::default(), true);
    let places = constituents.iter_mut().zip(&mut asked).zip(scores);
    for (provider, ((one, asked), score)) in places.enumerate() {
        let quotes = || batches.iter().flatten().filter_map(|batch| batch.quote(provider));
        let (mut input, mut output, mut volume) = (Column::default(), Column::default(), Column::default());
        input.extend(quotes().map(|quote| quote.input.into()));
        output.extend(quotes().map(|quote| quote.output.into()));
        volume.extend(quotes().map(|quote| quote.volume));
        if *score == 0 || input.len() < quorum {
            continue;
        }
        for (column, ratio) in [(&input, MIDDLE_PRICE), (&output, MIDDLE_PRICE), (&volume, MIDDLE_VOLUME)] {
            sure &= !apart(column.lower_median(), column.upper_median(), ratio);
        }
        *asked = blend(input.lower_median(), output.lower_median(), rules);
        one.volume = volume.lower_median();
    }
    (asked, constituents, sure)
}

/// Takes outliers out, the furthest first.
///
/// # Errors
/// [`OracleError::TooFewProviders`], [`OracleError::Dispersed`] when too few would be left.
fn screen(constituents: &mut Constituents, rules: &Rules) -> Result<(), OracleError> {
    // Each round takes somebody out or ends.
    for _ in 0..=MAX_PROVIDERS {
        let left = constituents.iter().filter(|one| one.volume > 0).count();
        if left < usize::from(rules.min_providers) {
            return Err(OracleError::TooFewProviders);
        }
        let Some((provider, refusal)) = too_far(constituents, rules) else { break };
        let whole = refusal == OracleError::Dispersed && fault::present(Fault::GateRefusesTheDay);
        if whole || left == usize::from(rules.min_providers) {
            return Err(refusal);
        }
        if let Some(one) = constituents.get_mut(provider) {
            one.volume = 0;
        }
    }
    Ok(())
}

/// The provider that is furthest out of those beyond the screen, or, when none is, beyond the gate; and what it is to
/// leave one in.
fn too_far(constituents: &Constituents, rules: &Rules) -> Option<(usize, OracleError)> {
    let weights = Weights::new(constituents, rules.cap_bps);
    let weighed = |of: &dyn Fn(u64) -> u64| {
        let mut prices = Weighed::default();
        for (bit, (place, one)) in prices.iter_mut().zip(constituents).enumerate() {
            *place = (of(one.price), weights.of(bit, one, rules.cap_bps));
        }
        weighted_median(&prices)
    };
    let median = weighed(&|price| price);
    let mad = weighed(&|price| price.abs_diff(median));
    let present = || constituents.iter().enumerate().filter(|(_, one)| one.volume > 0);
    let beyond = |one: &Constituent| {
        rules.screen_mads > 0
            && one.price.abs_diff(median) * u64::from(RATIO_ONE) > mad * u64::from(rules.screen_mads)
            && exceeds(one.price, median, rules.screen_ratio)
    };
    if let Some((provider, _)) = furthest(present().filter(|(_, one)| beyond(one)), median) {
        return Some((provider, OracleError::TooFewProviders));
    }
    let (low, high) = (present().min_by_key(|(_, one)| one.price)?, present().max_by_key(|(_, one)| one.price)?);
    if !exceeds(high.1.price, low.1.price, rules.max_dispersion) {
        return None;
    }
    let weight = |(bit, one): (usize, &Constituent)| weights.of(bit, one, rules.cap_bps);
    let (provider, _) = match weight(low).cmp(&weight(high)) {
        Ordering::Less => low,
        Ordering::Greater => high,
        Ordering::Equal => furthest([low, high].into_iter(), median)?,
    };
    Some((provider, OracleError::Dispersed))
}

/// Whose price has the largest ratio to the median; of equals the first.
fn furthest<'a>(of: impl Iterator<Item = (usize, &'a Constituent)>, median: u64) -> Option<(usize, &'a Constituent)> {
    // a / b > c / d as a d > c b; prices are below 2^36.
    let ratio = |price: u64| (u128::from(price.max(median)), u128::from(price.min(median)));
    of.reduce(|held, next| {
        let ((a, b), (c, d)) = (ratio(next.1.price), ratio(held.1.price));
        if a * d > c * b { next } else { held }
    })
}

/// A number of each provider and its weight.
type Weighed = [(u64, u64); MAX_PROVIDERS];

/// The least number that at least half of the weight does not exceed; zero of nothing.
fn weighted_median(numbers: &Weighed) -> u64 {
    let whole: u64 = numbers.iter().map(|(_, weight)| weight).sum();
    let enough = |candidate: u64| {
        let not_larger: u64 = numbers.iter().filter(|(number, _)| *number <= candidate).map(|(_, weight)| weight).sum();
        not_larger * 2 >= whole
    };
    let candidates = numbers.iter().filter(|(number, weight)| *weight > 0 && enough(*number));
    candidates.map(|(number, _)| *number).min().unwrap_or(0)
}
