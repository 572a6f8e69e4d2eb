//! What a week's measure counts.
//!
//! ```text
//! adjusted = counted^(1-b) * (counted + hours * 3,600 * 1,024 * volume)^b        b = 0, 1/4, 1/2, 3/4 or 1
//! adjusted = 0   if   volume * 10,000 < floor_bps * others,   where these have FLOOR_FROM lots or more
//! ```
//!
//! `counted` is what clearing measured, uptime included ([`crate::clearing::Score`]): weighted lot-seconds. A lot
//! traded counts as so many hours of quoting a lot at the reference price. The exponents add up to one, so the formula
//! is homogeneous and concave: the parts of a maker who splits their quotes and trades among several seats never
//! weigh more than the whole, beyond the rounding (Rockafellar, Convex Analysis, theorem 4.7: a positively homogeneous
//! concave function is superadditive). A trade alone, without quotes, weighs nothing for b below one, and a week of
//! quotes without a trade is not worthless, so that nobody wins a quiet week by one wash trade.
//!
//! The floor is no part of that: it is for makers with whom nobody trades. Each part of a maker who splits is held
//! against it, and fewer than half of the makers move it only between what the rest have traded ([`super::Volumes`]).
//!
//! Source: the shape is that of dYdX v3 (`V^0.7 D^0.3`) and Injective (`LS^0.4 Uptime^3 Vol^0.8`); exponents that
//! add up to something else reward splitting or merging.

use super::Parameters;
use crate::clearing::FULL_WEIGHT;
use crate::units::BPS;

/// Largest number that counts, in weighted lot-seconds: twelve months quoted with the largest size for a week are below
/// it. With a budget below 2^47 every product stays below 2^111.
pub const COUNTED_MAX: u64 = 1 << 63;

/// The floor of volume holds in weeks in which the others of a maker traded at least so many lots, each of them taken
/// for the one in the middle ([`super::Volumes`]). So fewer than half of the makers, who trade with a second owner,
/// raise the floor over nobody: in a quiet week that would cost a few hundred dollars and win the whole budget.
pub const FLOOR_FROM: u64 = 2_000;

/// What a lot of wash trading costs at least, in quote atoms: 150 millionths of a lot of 250 US dollars, which is
/// what both sides together pay at the launch fees in the best tier.
pub const WASH_COST: u64 = 37_500;

/// What counts of a maker's week, given the lots that their others traded ([`super::Volumes::others`]). Every root is
/// rounded down.
pub fn adjusted(counted: u64, volume: u32, volume_of_others: u64, rules: &Parameters) -> u64 {
    let traded = u128::from(volume).saturating_mul(BPS.into());
    let owed = u128::from(volume_of_others).saturating_mul(rules.volume_floor_bps.into());
    if volume_of_others >= FLOOR_FROM && traded < owed {
        return 0;
    }
    let quoted = counted.min(COUNTED_MAX);
    let lot = u64::from(rules.volume_hours).saturating_mul(3_600).saturating_mul(FULL_WEIGHT);
    let both = quoted.saturating_add(lot.saturating_mul(volume.into())).min(COUNTED_MAX);
    let half = mean(quoted, both);
    match rules.volume_quarters {
        0 => quoted,
        1 => mean(quoted, half),
        2 => half,
        3 => mean(half, both),
        _ => both,
    }
}

/// The geometric mean, rounded down.
fn mean(a: u64, b: u64) -> u64 {
    let root = u128::from(a).saturating_mul(b.into()).isqrt();
    u64::try_from(root).unwrap_or(u64::MAX)
}
