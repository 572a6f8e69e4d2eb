//! What each provider usually sells: the volumes that weights are taken by.
//!
//! ```text
//! usual  = what it sells, at most 1/256 of what all usually sell        on the first print on which it sells anything
//! usual' = usual + (min(sold, 2 usual) - usual) / 8                     on each later one, rounded away from usual;
//!                                                                       a sixteenth of a unit at least
//!          sold                                                         where that is less, but something, of who
//!                                                                       enters, in the shadow
//! ```
//!
//! No volume of a day decides a price of that day: whoever sells nothing, a single unit, or ten times as much, has the
//! weight that it had, and another one by an eighth of the difference on the next print, by no more than an eighth of
//! what it had (`docs/book/src/adr/0184-no-volume-of-a-day-decides.md`).
#![expect(clippy::arithmetic_side_effects, reason = "usual volumes are below 2^44")]

use super::{MAX_PROVIDERS, Scores};
use crate::codec::{Reader, Writer};

/// Parts of a unit in which usual volumes are counted, so that small ones can follow, too.
pub(super) const PARTS: u64 = 16;

/// Prints over which a usual volume follows what is sold.
const PRINTS: u64 = 8;

/// Of all usual volumes, so small a part is the first one of a provider that had sold nothing while others did.
const FIRST: u64 = 256;

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

    /// What a provider usually sells; of one that has sold nothing so far what counts of what it sells today, which is
    /// all of it where it `enters`, or nobody else has sold anything.
    pub(super) fn usual(&self, provider: usize, sold: u64, enters: bool) -> u64 {
        let usual = self.of(provider);
        if usual == 0 { (sold * PARTS).min(if enters { u64::MAX } else { self.first() }) } else { usual }
    }

    /// The most that is usual of a provider's first sales.
    fn first(&self) -> u64 {
        let known: u64 = self.0.iter().sum();
        if known == 0 { u64::MAX } else { (known / FIRST).max(1) }
    }

    /// Those of the providers that are in a basket, and nothing of the others.
    pub(super) fn within(&self, scores: &Scores) -> Self {
        let mut volumes = *self;
        for (usual, _) in volumes.0.iter_mut().zip(scores).filter(|(_, score)| **score == 0) {
            *usual = 0;
        }
        volumes
    }

    /// Notes what was sold on a print, of the providers that are `heard`, in the basket in force or in its shadow,
    /// where they `enter`.
    pub(super) fn note(&mut self, sold: &Sold, enters: bool, heard: impl Fn(usize) -> bool) {
        let before = *self;
        for (place, (usual, sold)) in self.0.iter_mut().zip(sold).enumerate().filter(|(place, _)| heard(*place)) {
            let all = sold * PARTS;
            *usual = match () {
                () if *usual == 0 => before.usual(place, *sold, enters),
                () if enters && all > 0 && all < *usual => all,
                () => follow(*usual, all),
            };
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

/// A usual volume after a print on which so much was sold. Whoever has sold something is never forgotten, or they would
/// come back with the volume of a day.
fn follow(usual: u64, sold: u64) -> u64 {
    let most = sold.min(2 * usual);
    if most > usual {
        usual + (most - usual).div_ceil(PRINTS)
    } else {
        (usual - (usual - most).div_ceil(PRINTS)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is usual of the first of two providers after each of some prints, in whole units, rounded down.
    fn after(sold: &[u64], enters: bool) -> std::vec::Vec<u64> {
        let mut volumes = Volumes::default();
        let print = |sold: &u64| {
            let mut of = Sold::default();
            of[0] = *sold;
            volumes.note(&of, enters, |_| true);
            volumes.of(0) / PARTS
        };
        sold.iter().map(print).collect()
    }

    #[test]
    fn an_eighth_of_a_usual_volume_changes_in_a_print_at_most() {
        assert_eq!(after(&[800, 800, 0, 0, 800], false), [800, 800, 700, 612, 635]);
        assert_eq!(after(&[800, 1_600, 80_000, 800], false), [800, 900, 1_012, 985]);
        assert_eq!(after(&[0, 0, 5, 5], false), [0, 0, 5, 5]);
        assert_eq!(
            after(&[80_000, 800, 0, 1_600], true),
            [80_000, 800, 700, 787],
            "who enters is no more than it sells"
        );
    }

    #[test]
    fn the_smallest_follow_too_and_nobody_is_forgotten() {
        assert_eq!(after(&[1; 3], false), [1; 3]);
        let small = after(&[&[1][..], &[1_000; 80]].concat(), false);
        assert!(small[40] > 100 && small[80] > 900, "{small:?}");
        let mut volumes = Volumes::default();
        volumes.note(&[1_000; MAX_PROVIDERS], false, |place| place < 2);
        let [mut one, none] = [Sold::default(); 2];
        for _ in 0..200 {
            volumes.note(&none, false, |place| place < 2);
        }
        assert_eq!((volumes.of(0), volumes.of(1)), (1, 1), "a sixteenth of a unit");
        // One that has sold nothing begins with a 256th of what all usually sell.
        volumes = Volumes::default();
        volumes.note(&[1_000; MAX_PROVIDERS], false, |place| place < 8);
        one[9] = 1_000_000;
        assert_eq!(volumes.usual(9, 1_000_000, false), 8 * 1_000 * PARTS / FIRST);
        volumes.note(&one, false, |place| place == 9);
        assert_eq!(volumes.of(9), 8 * 1_000 * PARTS / FIRST);
        assert_eq!(volumes.usual(10, 1_000_000, true), 1_000_000 * PARTS);
    }
}
