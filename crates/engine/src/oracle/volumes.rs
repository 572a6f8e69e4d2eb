//! What each provider usually sells: the volumes that weights are taken by.
//!
//! ```text
//! usual  = what it sells                                        on the first print of an index
//!          what gives it 1/256 of the weight, rounded down       of a newcomer, which has sold nothing so far, on the
//!                                                               first print on which it sells anything, and as long
//!                                                               as its basket runs in the shadow
//! usual' = usual + (min(sold, 2 usual) - usual) / 8             on each later print in force, rounded away from
//!                                                               usual; of who stays no less than usual or sixteen
//!                                                               units, whichever is less; and at least a sixteenth of
//!                                                               a unit
//! ```
//!
//! No volume of a day decides a price of that day: whoever sells nothing, a single unit, or ten times as much, has the
//! weight that it had, and another one by an eighth of the difference on the next print, by no more than an eighth of
//! what it had (`docs/book/src/adr/0184-no-volume-of-a-day-decides.md`).
//!
//! Nor does what somebody sells, or asks for, before others could have bought or sold it in the index: a newcomer is
//! linked by a weight that it does not choose, with which it comes into force, and has another one as any provider has,
//! print by print (`docs/book/src/adr/0187-who-enters-begins-small.md`). It is a part of the weight and not of the
//! volume, since the cap gives what the large have too much to the small by volume: beside one of 97 % a 256th of all
//! volume is a tenth of the average.
//!
//! Where those that share by volume sell so little that this part cannot be told by sixteenths of a unit, all that is
//! small doubles until it can, while a change of the basket waits for it ([`Volumes::refine`]): weights are ratios.
#![expect(clippy::arithmetic_side_effects, reason = "usual volumes are below 2^44")]

use super::{
    MAX_PROVIDERS, Scores,
    weights::{Constituents, Weights},
};
use crate::codec::{Reader, Writer};
use crate::fault::{self, Fault};
use crate::units::BPS;

/// Parts of a unit in which usual volumes are counted, so that small ones can follow, too.
pub(super) const PARTS: u64 = 16;

/// Prints over which a usual volume follows what is sold.
const PRINTS: u64 = 8;

/// Of all weight, so small a part has a newcomer.
pub(super) const FIRST: u64 = 256;

/// To so little fades who sells nothing any more, and stays, unless it never sold as much, in sixteenths of a million
/// units: a newcomer's part beside it can be told then ([`Volumes::divides`]), and beside large providers it is no more
/// than the volume says, which a part of all would be.
const FADED: u64 = FIRST;

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

    /// Whether a provider has ever sold anything.
    pub(super) fn has_sold(&self, provider: usize) -> bool {
        self.of(provider) > 0
    }

    /// What a provider usually sells; of a newcomer that sells something today what it begins with ([`Self::first`]).
    pub(super) fn usual(&self, provider: usize, sold: u64, first: Option<u64>) -> u64 {
        match self.of(provider) {
            0 if sold > 0 => first.unwrap_or(sold * PARTS),
            usual => usual,
        }
    }

    /// What a newcomer begins with, whatever it sells: at least a sixteenth of a unit. None where nothing is usual of
    /// anybody yet: then each begins with what it sells.
    pub(super) fn first(&self, cap: u16) -> Option<u64> {
        // This stands before the mends of these two.
        let faults = [Fault::LinkOfOneDay, Fault::OneProviderMovesThePrint];
        if self.is_none() || faults.into_iter().any(fault::present) {
            return None;
        }
        let weights = self.weights(cap);
        // Where all have the cap nobody shares anything by volume, and a part of all is as good as any.
        let part = (weights.volume * u64::from(BPS)).checked_div(weights.rest * FIRST).filter(|_| weights.volume > 0);
        let all: u64 = self.0.iter().sum();
        Some(part.unwrap_or(all / FIRST).max(1))
    }

    /// Whether the part of a newcomer can be told by sixteenths of a unit, as those that share it with others are now:
    /// beside such as have sold next to nothing it would be as large as theirs, until those are
    /// [refined](Self::refine).
    pub(super) fn divides(&self, cap: u16) -> bool {
        let weights = self.weights(cap);
        !self.is_none() && weights.volume * u64::from(BPS) >= weights.rest * FIRST
    }

    /// Whether nothing is usual of anybody yet.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The weights by what is usual.
    fn weights(&self, cap: u16) -> Weights {
        let mut of = Constituents::default();
        for (one, usual) in of.iter_mut().zip(self.0) {
            one.volume = usual;
        }
        Weights::new(&of, cap)
    }

    /// Those of the providers that are in a basket, and nothing of the others.
    pub(super) fn within(&self, scores: &Scores) -> Self {
        let mut volumes = *self;
        for (usual, _) in volumes.0.iter_mut().zip(scores).filter(|(_, score)| **score == 0) {
            *usual = 0;
        }
        volumes
    }

    /// Notes what was sold on a print in force, of the providers that are `heard`.
    pub(super) fn note(&mut self, sold: &Sold, cap: u16, heard: impl Fn(usize) -> bool) {
        let (before, first) = (*self, self.first(cap));
        for (place, (usual, sold)) in self.0.iter_mut().zip(sold).enumerate().filter(|(place, _)| heard(*place)) {
            let least = FADED.min(*usual);
            *usual =
                if *usual == 0 { before.usual(place, *sold, first) } else { follow(*usual, sold * PARTS).max(least) };
        }
    }

    /// Lets those that leave fade by a print, as if they sold nothing: those that the cap holds from where it begins
    /// to, or nobody would see for weeks that they do.
    pub(super) fn fade(&mut self, cap: u16, leaves: impl Fn(usize) -> bool) {
        let weights = self.weights(cap);
        let most = (weights.volume * u64::from(cap)).checked_div(weights.rest).filter(|_| weights.volume > 0);
        for (_, usual) in self.0.iter_mut().enumerate().filter(|(place, usual)| **usual > 0 && leaves(*place)) {
            *usual = follow((*usual).min(most.unwrap_or(u64::MAX)), 0);
        }
    }

    /// Doubles all below 32 units until a newcomer's part can be told, or nobody would enter or leave any more where
    /// those that stay sell next to nothing. No weight moves: where that part cannot be told those outside the cap have
    /// less than sixteen units together, so all of them double, and whoever has the cap and 32 units or more has it
    /// beside twice as much, too. No later print undoes it, since nobody who stays fades below sixteen units
    /// ([`FADED`]).
    pub(super) fn refine(&mut self, cap: u16) {
        for _ in 0..FIRST.ilog2() {
            if self.divides(cap) {
                break;
            }
            for usual in self.0.iter_mut().filter(|usual| **usual < 2 * FADED) {
                *usual *= 2;
            }
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
    use proptest::prelude::*;

    const CAP: u16 = 3_000;

    /// What is usual of the first of two providers after each of some prints, in whole units, rounded down.
    fn after(sold: &[u64]) -> std::vec::Vec<u64> {
        let mut volumes = Volumes::default();
        let mut print = |sold: &u64| {
            let mut of = Sold::default();
            of[0] = *sold;
            volumes.note(&of, CAP, |_| true);
            volumes.of(0) / PARTS
        };
        sold.iter().map(&mut print).collect()
    }

    #[test]
    fn an_eighth_of_a_usual_volume_changes_in_a_print_at_most() {
        assert_eq!(after(&[800, 800, 0, 0, 800]), [800, 800, 700, 612, 635]);
        assert_eq!(after(&[800, 1_600, 80_000, 800]), [800, 900, 1_012, 985]);
        assert_eq!(after(&[0, 0, 5, 5]), [0, 0, 5, 5]);
    }

    #[test]
    fn the_smallest_follow_too_and_nobody_is_forgotten() {
        assert_eq!(after(&[1; 3]), [1; 3]);
        let small = after(&[&[1][..], &[1_000; 80]].concat());
        assert!(small[40] > 100 && small[80] > 900, "{small:?}");
        let mut volumes = Volumes::default();
        let mut sold = Sold::default();
        (sold[0], sold[1]) = (1_000, 3);
        volumes.note(&sold, CAP, |place| place < 2);
        for _ in 0..200 {
            volumes.note(&Sold::default(), CAP, |place| place < 2);
        }
        assert_eq!((volumes.of(0), volumes.of(1)), (FADED, 3 * PARTS), "sixteen units, or what it has sold at all");
    }

    /// Whatever a newcomer sells, it begins with a 256th of the weight, and who leaves ends with as much.
    #[test]
    fn a_newcomer_chooses_no_weight() {
        for usual in [&[1_000; 8][..], &[97_000, 1_000, 1_000, 1_000, 1_000], &[500_000, 500_000, 2_000, 2_000, 2_000]]
        {
            let mut volumes = Volumes::default();
            let mut of = Sold::default();
            of[..usual.len()].copy_from_slice(usual);
            volumes.note(&of, CAP, |_| true);
            let first = volumes.first(CAP).unwrap();
            assert_eq!(volumes.usual(9, 0, Some(first)), 0, "nothing of who sells nothing");
            for sold in [1, 31, 1_000_000] {
                let mut then = volumes;
                of = Sold::default();
                of[9] = sold;
                then.note(&of, CAP, |place| place == 9);
                assert_eq!((volumes.usual(9, sold, Some(first)), then.of(9)), (first, first));
                let weights = then.weights(CAP);
                let bps = weights.rest * then.of(9) / weights.volume;
                assert!((36..=39).contains(&bps), "{bps} basis points of {usual:?}");
            }
            // The first leaves: its weight falls in the first print, and is a newcomer's after 37 at most.
            let mut prints = 0;
            while volumes.of(0) > volumes.first(CAP).unwrap() {
                volumes.fade(CAP, |place| place == 0);
                prints += 1;
                assert_eq!(volumes.weights(CAP).capped & 1, 0, "after {prints}");
            }
            assert!(prints <= 37, "{prints} prints of {usual:?}");
        }
        assert_eq!(Volumes::default().first(CAP), None);
        assert_eq!(Volumes::default().usual(9, 7, None), 7 * PARTS, "while nothing is known of anybody");
    }

    /// The weight of each provider in 2^-64, rounded down.
    fn shares(volumes: &Volumes, cap: u16) -> [u128; MAX_PROVIDERS] {
        let weights = volumes.weights(cap);
        core::array::from_fn(|place| match weights.capped >> place & 1 {
            1 => (u128::from(cap) << 64) / u128::from(BPS),
            _ => (u128::from(weights.rest * volumes.of(place)) << 64) / u128::from(u64::from(BPS) * weights.volume),
        })
    }

    /// What is usual of some, from a sixteenth of a unit to millions of units.
    fn usual() -> impl Strategy<Value = Volumes> {
        let one = (0_u32..30).prop_flat_map(|bits| 1_u64..2 << bits);
        let of = prop::collection::vec(one, 4..=MAX_PROVIDERS);
        of.prop_map(|of| Volumes(core::array::from_fn(|place| of.get(place).copied().unwrap_or(0))))
    }

    proptest! {
        /// It can be told where the sum of `min(cap, usual / 256)` is one or more, and no print brings that below one
        /// while they stay: of nobody the usual volume falls below 256, or below what it is.
        #[test]
        fn a_newcomers_part_can_be_told_for_good_and_no_weight_moves(
            before in usual(),
            cap in 1_000_u16..=10_000,
            days in prop::collection::vec(prop::array::uniform(0_u64..40), 60),
        ) {
            let cap = cap.max(BPS.div_ceil(before.0.iter().filter(|usual| **usual > 0).count() as u16));
            let mut volumes = before;
            volumes.refine(cap);
            prop_assert!(volumes.divides(cap));
            prop_assert_eq!(shares(&volumes, cap), shares(&before, cap));
            prop_assert!((0..MAX_PROVIDERS).all(|place| volumes.of(place) <= before.of(place).max(4 * FADED)));
            for sold in days {
                volumes.note(&sold, cap, |place| before.has_sold(place));
                prop_assert!(volumes.divides(cap));
            }
        }

        /// Of all beside the four that stay and sell nothing, or a unit or two.
        #[test]
        fn who_leaves_comes_to_a_newcomers_part(before in usual(), sold in 0_u64..3) {
            let mut volumes = before;
            let mut print = |_: &u32| {
                volumes.note(&[sold; MAX_PROVIDERS], CAP, |place| place < 4);
                volumes.fade(CAP, |place| place >= 4);
                volumes.refine(CAP);
                volumes.divides(CAP) && (4..MAX_PROVIDERS).all(|place| Some(volumes.of(place)) <= volumes.first(CAP))
            };
            let prints = (1..1_000).find(&mut print);
            prop_assert!(prints.is_some_and(|prints| prints <= 200), "{prints:?} of {before:?}");
        }
    }
}
