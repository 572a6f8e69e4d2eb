//! The price of a day from the batches of that day: a pure function.
//!
//! ```text
//! I, O, V   = lower medians of input price, output price and volume over the reporters
//! P_raw     = (a I + b O) / (a + b)
//! P         = P_raw * S_ref / S             one division for both, to the nearest atom, halves up; paper eq 6
//! screen    : out if |P - m| > k MAD and max(P, m) / min(P, m) > r,   m = median of P, MAD = median of |P - m|
//! gate      : max P / min P <= d
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
    OracleError, Rules, Scores, Submission,
    median::Column,
    rules::RATIO_ONE,
    weights::{Constituent, Constituents, Weights},
};
use crate::math::div_nearest;

/// The price of a day before it is linked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Value {
    /// Atoms per million units, at least 1.
    pub price: u64,
    /// The providers that entered the average, a bit for each.
    pub providers: u16,
}

/// The price of a day, from the batches of all reporters (by place) or of one alone.
///
/// # Errors
/// [`OracleError::TooFewProviders`], [`OracleError::Dispersed`], [`OracleError::PriceOutOfRange`].
pub(super) fn value(
    batches: &[Option<Submission>],
    scores: &Scores,
    rules: &Rules,
    quorum: u8,
) -> Result<Value, OracleError> {
    let mut constituents = adjust(batches, scores, rules, quorum);
    screen(&mut constituents, rules);
    let in_average = || constituents.iter().filter(|one| one.volume > 0).map(|one| one.price);
    if in_average().count() < usize::from(rules.min_providers) {
        return Err(OracleError::TooFewProviders);
    }
    let (lowest, highest) = (in_average().min().unwrap_or_default(), in_average().max().unwrap_or_default());
    if exceeds(highest, lowest, rules.max_dispersion) {
        return Err(OracleError::Dispersed);
    }
    let average = Weights::new(&constituents, rules.cap_bps).average(&constituents, rules.cap_bps);
    let price = average.filter(|price| *price > 0).ok_or(OracleError::PriceOutOfRange)?;
    let providers = constituents.iter().enumerate().fold(0, |mask, (bit, one)| mask | u16::from(one.volume > 0) << bit);
    Ok(Value { price, providers })
}

/// Whether two prices lie further apart than a ratio.
pub(super) fn exceeds(a: u64, b: u64, ratio: u32) -> bool {
    a.max(b) * u64::from(RATIO_ONE) > a.min(b) * u64::from(ratio)
}

/// Medians, blend and quality. A provider that fewer than `quorum` reporters quoted is left out.
fn adjust(batches: &[Option<Submission>], scores: &Scores, rules: &Rules, quorum: u8) -> Constituents {
    let mut constituents = Constituents::default();
    for (provider, (place, score)) in constituents.iter_mut().zip(scores).enumerate() {
        let quotes = || batches.iter().flatten().filter_map(|batch| batch.quote(provider));
        let (mut input, mut output, mut volume) = (Column::default(), Column::default(), Column::default());
        input.extend(quotes().map(|quote| quote.input.into()));
        output.extend(quotes().map(|quote| quote.output.into()));
        volume.extend(quotes().map(|quote| quote.volume));
        if *score == 0 || input.len() < usize::from(quorum) {
            continue;
        }
        let (a, b) = (u64::from(rules.blend_input), u64::from(rules.blend_output));
        let blended = a * input.lower_median() + b * output.lower_median();
        let price = div_nearest(blended * u64::from(rules.reference_score), (a + b) * u64::from(*score));
        *place = Constituent { price, volume: volume.lower_median() };
    }
    constituents
}

/// Takes outliers out.
fn screen(constituents: &mut Constituents, rules: &Rules) {
    if rules.screen_mads == 0 {
        return;
    }
    let median_of = |of: &dyn Fn(u64) -> u64| {
        let mut column = Column::default();
        column.extend(constituents.iter().filter(|one| one.volume > 0).map(|one| of(one.price)));
        column.lower_median()
    };
    let median = median_of(&|price| price);
    let mad = median_of(&|price| price.abs_diff(median));
    for one in constituents {
        let far = one.price.abs_diff(median) * u64::from(RATIO_ONE) > mad * u64::from(rules.screen_mads);
        if far && exceeds(one.price, median, rules.screen_ratio) {
            one.volume = 0;
        }
    }
}
