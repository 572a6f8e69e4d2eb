//! The paths of both indices, which nobody in the coalition controls.
//!
//! A path class says how far the index moves in a day. But for [`Class::Gaps`], no day moves further than an account
//! that met its maintenance margin before it can bear: what is found there is no limited liability. Every path is
//! walked with its mirror image, in which each ratio is turned round, so that nothing is found that the path alone
//! pays.

use crate::dice::Dice;
use serde::{Deserialize, Serialize};

/// Days that a path has.
pub const DAYS: usize = 10;

/// Tokens and compute at the start, in quote atoms per million units.
pub const START: [u32; 2] = [260_000, 200_000];

/// What part of the tokens' move the compute index makes, in percent: with it on paths of even numbers, against it on
/// others.
const COMPUTE_SHARE: i64 = 40;

/// How far an index moves in a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// At most 0.4 % a day: no repricing but by sums.
    Calm,
    /// At most 5 %.
    Busy,
    /// Jumps of 8 to 12 % on a third of the days, none of them after another, at most 1 % on the others.
    Jumps,
    /// As busy, and two of five prints are missed.
    Missed,
    /// Jumps of 25 to 40 %, beyond the margin: limited liability pays there by design.
    Gaps,
}

impl Class {
    /// The classes that a search walks.
    pub const SEARCHED: [Self; 4] = [Self::Calm, Self::Busy, Self::Jumps, Self::Missed];
}

/// A path: on each day the price of both indices, or no print.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Path {
    /// By day: prices in quote atoms per million units; `None` when nobody reports.
    pub prices: Vec<Option<[u32; 2]>>,
}

impl Path {
    /// The path of a class with this number, or its mirror image.
    pub(crate) fn draw(class: Class, number: u64, mirrored: bool) -> Self {
        let mut dice = Dice::new(0x5041_5448 + class as u64, number);
        let mut level = START.map(f64::from);
        let mut quiet = 1;
        let share = if number.is_multiple_of(2) { COMPUTE_SHARE } else { -COMPUTE_SHARE };
        let mut prices = Vec::with_capacity(DAYS);
        for _ in 0..DAYS {
            let mut move_bps = |most: u32| i64::from(dice.below(2 * most + 1)) - i64::from(most);
            let (first, own) = match class {
                Class::Calm => (move_bps(40), move_bps(30)),
                Class::Busy | Class::Missed => (move_bps(500), move_bps(150)),
                Class::Jumps | Class::Gaps => (move_bps(100), move_bps(80)),
            };
            let (least, more) = if class == Class::Gaps { (2_500, 1_500) } else { (800, 400) };
            let jumps = matches!(class, Class::Jumps | Class::Gaps) && quiet > 0 && dice.below(2) == 0;
            quiet = if jumps { 0 } else { quiet + 1 };
            let first = if jumps {
                let size = i64::from(least + dice.below(more));
                if dice.below(2) == 0 { size } else { -size }
            } else {
                first
            };
            let moves = [first, first * share / 100 + own];
            for (price, moved) in level.iter_mut().zip(moves) {
                let ratio = 1.0 + moved as f64 / 10_000.0;
                *price = if mirrored { *price / ratio } else { *price * ratio };
            }
            let missed = class == Class::Missed && dice.below(5) < 2;
            prices.push((!missed).then(|| level.map(|price| price.round().clamp(20_000.0, 2_000_000.0) as u32)));
        }
        Self { prices }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_image_moves_the_other_way_by_the_same_ratio() {
        for class in Class::SEARCHED {
            let (path, mirror) = (Path::draw(class, 3, false), Path::draw(class, 3, true));
            let mut last = [START, START];
            for (one, other) in path.prices.iter().zip(&mirror.prices) {
                let (Some(one), Some(other)) = (one, other) else { continue };
                let moved = f64::from(one[0]) / f64::from(last[0][0]) * f64::from(other[0]) / f64::from(last[1][0]);
                assert!((moved - 1.0).abs() < 1e-3, "{class:?}: {moved}");
                last = [*one, *other];
            }
        }
    }

    #[test]
    fn no_day_of_the_searched_classes_moves_beyond_maintenance_margin() {
        for class in Class::SEARCHED {
            for number in 0..50 {
                for mirrored in [false, true] {
                    let prices = Path::draw(class, number, mirrored).prices;
                    let printed: Vec<[u32; 2]> = std::iter::once(START).chain(prices.into_iter().flatten()).collect();
                    for days in printed.windows(2) {
                        let ratio = f64::from(days[1][0]) / f64::from(days[0][0]);
                        // Two missed days and the next one add up in the class of missed prints.
                        let most = if class == Class::Missed { 1.28 } else { 1.145 };
                        assert!((1.0 / most..most).contains(&ratio), "{class:?} {number}: {ratio}");
                    }
                }
            }
        }
    }
}
