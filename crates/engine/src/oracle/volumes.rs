//! What each provider usually sells: the volumes that weights are taken by.
//!
//! ```text
//! usual  = what it sells on the first day on which it sells anything
//! usual' = usual + (min(sold, 2 usual) - usual) / 8         on each print, rounded away from usual
//! ```
//!
//! No volume of a day decides a price of that day: whoever sells nothing, a single unit, or ten times as much, has next
//! to the weight that it had, and an eighth of the difference on the next print, no more than an eighth of what it had
//! (`docs/book/src/adr/0184-no-volume-of-a-day-decides.md`).
#![expect(clippy::arithmetic_side_effects, reason = "usual volumes are below 2^44")]

use super::{MAX_PROVIDERS, Scores};
use crate::codec::{Reader, Writer};

/// Parts of a unit in which usual volumes are counted, so that small ones can follow, too.
pub(super) const PARTS: u64 = 16;

/// Prints over which a usual volume follows what is sold.
const PRINTS: u64 = 8;

/// The volume of each provider, by its number.
pub(super) type Sold = [u64; MAX_PROVIDERS];

/// What each provider of an index usually sells, in sixteenths of a million units, below 2^44; zero for nothing so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Volumes([u64; MAX_PROVIDERS]);

impl Volumes {
    /// Encoded length at most.
    pub(super) const MAX_BYTES: usize = 2 + MAX_PROVIDERS * 6;

    /// What a provider usually sells, in sixteenths of a million units.
    #[must_use]
    pub fn of(&self, provider: usize) -> u64 {
        self.0.get(provider).copied().unwrap_or(0)
    }

    /// What a provider usually sells, by what it sells today if it has sold nothing so far.
    pub(super) fn usual(&self, provider: usize, sold: u64) -> u64 {
        let usual = self.of(provider);
        if usual == 0 { sold * PARTS } else { usual }
    }

    /// Those of the providers that are in a basket, and nothing of the others.
    pub(super) fn within(&self, scores: &Scores) -> Self {
        let mut volumes = *self;
        for (usual, _) in volumes.0.iter_mut().zip(scores).filter(|(_, score)| **score == 0) {
            *usual = 0;
        }
        volumes
    }

    /// Notes what was sold on a print, of the providers that are `heard`.
    pub(super) fn note(&mut self, sold: &Sold, heard: impl Fn(usize) -> bool) {
        for (_, (usual, sold)) in self.0.iter_mut().zip(sold).enumerate().filter(|(place, _)| heard(*place)) {
            *usual = follow(*usual, sold * PARTS);
        }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        let seen = self.0.iter().rev().fold(0_u64, |mask, usual| mask << 1 | u64::from(*usual > 0));
        out.uint(seen, 2);
        for usual in self.0.iter().filter(|usual| **usual > 0) {
            out.uint(*usual, 6);
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Self {
        let seen = from.u16();
        Self(core::array::from_fn(|place| if seen >> place & 1 == 1 { from.uint(6) } else { 0 }))
    }
}

/// A usual volume after a print on which so much was sold.
fn follow(usual: u64, sold: u64) -> u64 {
    let most = sold.min(2 * usual);
    match () {
        () if usual == 0 => sold,
        () if most > usual => usual + (most - usual).div_ceil(PRINTS),
        () => usual - (usual - most).div_ceil(PRINTS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is usual after each of some prints, in whole units, rounded down.
    fn after(sold: &[u64]) -> std::vec::Vec<u64> {
        let mut usual = 0;
        let print = |sold: &u64| {
            usual = follow(usual, sold * PARTS);
            usual / PARTS
        };
        sold.iter().map(print).collect()
    }

    #[test]
    fn an_eighth_of_a_usual_volume_changes_in_a_print_at_most() {
        assert_eq!(after(&[800, 800, 0, 0, 800]), [800, 800, 700, 612, 635]);
        assert_eq!(after(&[800, 1_600, 80_000, 800]), [800, 900, 1_012, 985]);
        assert_eq!(after(&[0, 0, 5, 5]), [0, 0, 5, 5]);
    }

    #[test]
    fn the_smallest_follow_too_and_who_is_gone_ends() {
        assert_eq!(after(&[1; 3]), [1; 3]);
        let small = after(&[&[1][..], &[1_000; 80]].concat());
        assert!(small[40] > 100 && small[80] > 900, "{small:?}");
        let fading = core::iter::successors(Some(1_000_000 * PARTS), |usual| Some(follow(*usual, 0)));
        let gone = fading.take_while(|usual| *usual > 0).count();
        assert!((100..120).contains(&gone), "{gone} prints");
    }
}
