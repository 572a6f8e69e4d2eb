//! The price of a day from the batches of that day: a pure function.
//!
//! ```text
//! I, O, V   = lower medians of input price, output price and volume over the reporters
//! U         = what the provider usually sells                               see `volumes`
//! q         = min(1, 2 V / U)                                               as much of its price as it sells at
//! B         = q (a I + b O) + (1 - q) T of a cut, and of a rise 1 / (q / (a I + b O) + (1 - q) / T), where it stands at T;
//!             rounded down; as much of it as counts                         see `asks`
//! P         = B / (a + b) * S_ref / S       one division for both, to the nearest atom, halves up; paper eq 6
//! w         = weights by U, capped                                          see `weights`
//! m         = mean of P over the middle third of the weight, by eighth roots: (3 sum w P^(1/8))^8, to the nearest atom
//! s         = min(r, sqrt(d)), or sqrt(d) where there is no screen; the root in ten-thousandths, rounded down
//! high, low = m s, rounded down, and m / s, rounded up, at least 1
//! index     = sum w_i P_i, each P_i no further out than low or high         see `weights`
//! ```
//!
//! What a provider sells on a day decides how much of its price counts, and nothing else on that day: half of what it
//! usually sells makes all of it count, and what it asks for while it sells nothing is no price. It counts where it
//! stands then, as a share does whose trading is suspended, so that nobody moves the average by keeping away from it
//! (`docs/book/src/adr/0184-no-volume-of-a-day-decides.md`). Of a rise the harmonic mean is at most `1 / (1 - q)`: a
//! thousandth of what is usual, sold at two thousand times the price, would else be worth three times as much.
//!
//! Nobody leaves the average for its price either: what lies further out counts at the bound. A provider that left
//! would take its whole weight with it, and one that goes a little further, or a hundredth of somebody's volume, would
//! decide whether it does (`docs/book/src/adr/0179-no-provider-leaves-for-its-price.md`). Just inside the bound a
//! price counts with nearly as much, so a large one has no more of the average than it could have in any case.
//!
//! The bounds follow all prices upwards and downwards and in proportion, and so does the index: if each price changes
//! by a factor between `1 / x` and `x`, so do they, and it. The middle third begins where no single provider reaches,
//! and ends there. In it roots are averaged, near to a mean of logarithms, so that what comes into it from beyond a gap
//! brings its price in by degrees: with prices of 1 and 20 a thousandth of the weight moves `m` by 1.1 % at most, where
//! it moves the mean of the prices themselves by 5.7 %.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "prices < 2^36 and rules bounded by `Rules::check`: every product is below 2^63"
)]

use super::{
    MAX_PROVIDERS, OracleError, Quote, Rules, Scores, Submission,
    asks::{Asks, Blends, UNMOVED},
    median::Column,
    rules::RATIO_ONE,
    volumes::{FIRST, PARTS, Sold, Volumes},
    weights::{Constituents, Weights},
};
use crate::{
    fault::{self, Fault},
    math::div_nearest,
};

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
    /// What each provider asks for, and where it stands for what it does not sell, in the average or not.
    pub asked: Blends,
    /// What each provider has sold.
    pub sold: Sold,
    /// How far the market has moved since what stands, in 2^-20.
    pub market: u64,
    /// About which numbers half of the batches contradict the other half.
    pub torn: Torn,
    /// Where each provider stands.
    stands: Blends,
    /// What each provider usually sells, and what a newcomer begins with.
    volumes: Volumes,
    first: Option<u64>,
    /// Within what a price counts on this day.
    bounds: Bounds,
}

/// A bit for each provider about which half of the batches contradict the other half: the middle numbers lie apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Torn {
    /// About its price.
    pub price: u16,
    /// About what it has sold.
    pub volume: u16,
    /// Whether those may have sold more than a newcomer's part of everything.
    pub much: bool,
}

impl Torn {
    /// Whether in every number of every provider the middle ones agree.
    pub fn nowhere(self) -> bool {
        self == Self::default() || fault::present(Fault::PrintByAMinority)
    }
}

/// Within what a price counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Bounds {
    low: u64,
    high: u64,
}

impl Bounds {
    /// The bounds of a day.
    fn new(constituents: &Constituents, rules: &Rules) -> Self {
        let weights = Weights::new(constituents, rules.cap_bps);
        let mut roots = Weighed::default();
        for (bit, (place, one)) in roots.iter_mut().zip(constituents).enumerate() {
            *place = (eighth_root(one.price), weights.of(bit, one, rules.cap_bps));
        }
        let centre = eighth_power(middle_third(&roots));
        let one = u64::from(RATIO_ONE);
        let root = (u64::from(rules.max_dispersion) * one).isqrt();
        let reach = if rules.screen_mads > 0 { root.min(rules.screen_ratio.into()) } else { root };
        Self { low: (centre * one).div_ceil(reach).max(1), high: centre * reach / one }
    }

    /// What counts of a price. Where everybody asks for nothing nothing does.
    fn hold(&self, price: u64) -> u64 {
        price.max(self.low).min(self.high)
    }
}

impl Value {
    /// The providers that entered the average, a bit for each.
    pub fn providers(&self) -> u16 {
        let each = self.constituents.iter().enumerate();
        each.fold(0, |mask, (bit, one)| mask | u16::from(one.volume > 0) << bit)
    }

    /// What the price would have been by one batch alone, what it says has been sold too, also by whom nothing is usual
    /// yet: so that whoever makes half of the batches does not choose what the other half is asked about.
    ///
    /// # Errors
    /// [`OracleError::PriceOutOfRange`], also for a batch that lacks one of the providers.
    pub fn own(&self, batch: &Submission, scores: &Scores, rules: &Rules) -> Result<u64, OracleError> {
        let mut of = *self;
        let places = of.constituents.iter_mut().zip(&mut of.sold).zip(scores);
        for (provider, ((one, sold), score)) in places.enumerate() {
            *sold = batch.quote(provider).map_or(0, |quote| quote.volume);
            one.volume = if *score > 0 { self.volumes.usual(provider, *sold, self.first) } else { 0 };
        }
        of.alone(batch, scores, rules)
    }

    /// What the price would have been by the prices of one batch, where as much has been sold as on the day. Volumes
    /// are estimates, and a median of them needs no judge. Of a provider that asks for more than counts no more counts
    /// in the batch either: its price would else be nearly all that a reporter is judged by. For the same reason every
    /// price counts within the bounds of the day.
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
                let blend = blend(quote.input.into(), quote.output.into(), rules);
                let of = |each: &[u64; MAX_PROVIDERS]| each.get(provider).copied().unwrap_or(0);
                let sells = sold_at(blend, of(&self.stands), of(&self.sold), one.volume);
                one.price = self.bounds.hold(worth(sells, *score, rules).min(most));
            }
        }
        average(&constituents, rules)
    }

    /// A bit for each provider that sells so little that not all of what it asks for counts.
    pub fn partly(&self) -> u16 {
        let each = self.constituents.iter().zip(&self.sold).enumerate();
        each.fold(0, |mask, (bit, (one, sold))| mask | u16::from(2 * PARTS * sold < one.volume) << bit)
    }

    /// How many of some batches give, by their own prices and volumes, a price that is as near to this one as two
    /// numbers in the middle should be.
    pub fn backing(&self, batches: &[Option<Submission>], scores: &Scores, rules: &Rules) -> usize {
        let own = |batch: &Submission| self.own(batch, scores, rules).ok();
        let near = |other: &u64| !exceeds(self.price, *other, MIDDLE_PRICE);
        batches.iter().flatten().filter_map(own).filter(near).count()
    }
}

/// As much of what a provider asks for as it sells at, and where it stands of the rest: all of what it asks for if it
/// sells half of what it usually does. Of a cut the arithmetic mean, of a rise the harmonic one; rounded down. Blends
/// below 2^40; `usual` in [`PARTS`] of `sold`, below 2^44.
fn sold_at(asked: u64, stands: u64, sold: u64, usual: u64) -> u64 {
    let part = (2 * PARTS * sold).min(usual);
    if stands == 0 || part == usual {
        return asked;
    }
    let [asked, stands, part, usual] = [asked, stands, part, usual].map(u128::from);
    let mean = if asked > stands {
        (asked * stands * usual).checked_div(stands * part + asked * (usual - part))
    } else {
        (asked * part + stands * (usual - part)).checked_div(usual)
    };
    mean.and_then(|blend| u64::try_from(blend).ok()).unwrap_or(0)
}

/// The price of a day, from the batches of all reporters (by place). How far the market has moved is said for a basket
/// in the shadow: a median by weight of its own might be another provider's, and a link would have the difference for
/// good.
///
/// # Errors
/// [`OracleError::TooFewProviders`], [`OracleError::PriceOutOfRange`].
pub(super) fn value(
    batches: &[Option<Submission>],
    scores: &Scores,
    rules: &Rules,
    quorum: usize,
    asks: &Asks,
    volumes: &Volumes,
    moved: Option<u64>,
) -> Result<Value, OracleError> {
    let Said { mut asked, sold, torn } = collate(batches, scores, rules, quorum);
    let first = volumes.first(rules.cap_bps);
    let mut constituents = Constituents::default();
    for (provider, ((one, asked), sold)) in constituents.iter_mut().zip(&asked).zip(&sold).enumerate() {
        if *asked > 0 {
            one.volume = volumes.usual(provider, *sold, first);
        }
    }
    let present = constituents.iter().filter(|one| one.volume > 0).count();
    if present < rules.min_providers.into() {
        return Err(OracleError::TooFewProviders);
    }
    let stands = asks.stands();
    for (((asked, stands), sold), one) in asked.iter_mut().zip(&stands).zip(&sold).zip(&constituents) {
        if *asked > 0 {
            *asked = sold_at(*asked, *stands, *sold, one.volume);
        }
    }
    let market = moved.unwrap_or_else(|| market(asks, &asked, &constituents, rules));
    let counts = asks.counts(&asked, market);
    for ((one, score), blend) in constituents.iter_mut().zip(scores).zip(&counts) {
        one.price = worth(*blend, *score, rules);
    }
    if fault::present(Fault::GateRefusesTheDay) && dispersed(&constituents, rules) {
        return Err(OracleError::TooFewProviders);
    }
    let bounds = Bounds::new(&constituents, rules);
    for one in &mut constituents {
        one.price = bounds.hold(one.price);
    }
    let price = average(&constituents, rules)?;
    Ok(Value { price, constituents, asked, sold, market, torn, stands, volumes: *volumes, first, bounds })
}

/// Whether the prices lie further apart than they count.
fn dispersed(constituents: &Constituents, rules: &Rules) -> bool {
    let prices = || constituents.iter().filter(|one| one.volume > 0).map(|one| one.price);
    let (low, high) = (prices().min().unwrap_or(0), prices().max().unwrap_or(0));
    exceeds(high, low, rules.max_dispersion)
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

/// What the batches of a day say of each provider.
#[derive(Default)]
struct Said {
    asked: Blends,
    sold: Sold,
    torn: Torn,
}

/// Medians: what each provider asks for and has sold, and where the middle numbers do not agree. Nothing of a provider
/// that fewer than `quorum` reporters quoted.
fn collate(batches: &[Option<Submission>], scores: &Scores, rules: &Rules, quorum: usize) -> Said {
    let mut said = Said::default();
    let [mut known, mut most] = [0, 0];
    let places = said.asked.iter_mut().zip(&mut said.sold).zip(scores);
    for (provider, ((asked, sold), score)) in places.enumerate() {
        let quotes = || batches.iter().flatten().filter_map(|batch| batch.quote(provider));
        let (mut input, mut output, mut volume) = (Column::default(), Column::default(), Column::default());
        input.extend(quotes().map(|quote| quote.input.into()));
        output.extend(quotes().map(|quote| quote.output.into()));
        volume.extend(quotes().map(|quote| quote.volume));
        if *score == 0 || input.len() < quorum {
            continue;
        }
        let apart = |column: &Column, ratio| apart(column.lower_median(), column.upper_median(), ratio);
        let price = apart(&input, MIDDLE_PRICE) || apart(&output, MIDDLE_PRICE);
        said.torn.price |= u16::from(price) << provider;
        let vague = apart(&volume, MIDDLE_VOLUME);
        said.torn.volume |= u16::from(vague) << provider;
        *(if vague { &mut most } else { &mut known }) += volume.upper_median();
        *asked = blend(input.lower_median(), output.lower_median(), rules);
        *sold = volume.lower_median();
    }
    said.torn.much = most * FIRST > known;
    said
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

/// The mean of the numbers over the middle third of the weight, in ascending order; rounded down, zero of nothing.
/// Numbers are below 2^64 and the sum of the weights below 2^62 (see [`Weights::of`]).
fn middle_third(numbers: &Weighed) -> u64 {
    let whole: u64 = numbers.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0_u128;
    for (place, (number, weight)) in numbers.iter().enumerate() {
        let before = |&(other, (less, _)): &(usize, &(u64, u64))| (*less, other) < (*number, place);
        let below: u64 = numbers.iter().enumerate().filter(before).map(|(_, (_, weight))| weight).sum();
        // In thirds of the weight: the part of its own that lies from one `whole` to two.
        let within = |end: u64| (3 * end).clamp(whole, 2 * whole);
        sum += u128::from(*number) * u128::from(within(below + weight) - within(below));
    }
    sum.checked_div(whole.into()).and_then(|mean| u64::try_from(mean).ok()).unwrap_or(0)
}

/// Bits after the point of a square root, of the root of that and of the root of that: as many as there is room for.
const ROOT_BITS: [u32; 3] = [43, 54, 59];

/// The eighth root of a price, below 2^64, in 2^-59; each of the three roots is rounded down.
fn eighth_root(price: u64) -> u64 {
    let (mut root, mut bits) = (u128::from(price), 0);
    for next in ROOT_BITS {
        root = (root << (2 * next - bits)).isqrt();
        bits = next;
    }
    u64::try_from(root).unwrap_or(u64::MAX)
}

/// The price of which that is the eighth root: each square is rounded down, the last one to the nearest.
fn eighth_power(root: u64) -> u64 {
    let [second, fourth, eighth] = ROOT_BITS;
    let mut power = u128::from(root);
    for (bits, next) in [(eighth, fourth), (fourth, second)] {
        power = (power * power) >> (2 * bits - next);
    }
    let nearest = (power * power + (1 << (2 * second - 1))) >> (2 * second);
    u64::try_from(nearest).unwrap_or(u64::MAX)
}
