//! The providers of an index and their quality.
//!
//! A basket changes between days: the new version runs in the shadow of the current one, reporters cover both, and when
//! it has been seen for long enough it is linked and comes into force (see `publish`), so that the change itself moves
//! no price and nobody's price of one day decides the level.

use super::MAX_PROVIDERS;
use crate::{
    calendar::Day,
    codec::{self, Cell, Reader, Writer},
    units::BPS,
};

/// Quality score of each provider, in the unit of the reference score; zero is not in the basket.
pub type Scores = [u16; MAX_PROVIDERS];

/// How far scores may change against each other in one version, as a ratio.
const STEP: u16 = 11_000;

/// The current version of the basket and the next one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Basket {
    /// Counts the versions that came into force.
    pub version: u16,
    /// Scores in force.
    pub current: Scores,
    /// First day on which the next version runs in the shadow; day 0 if there is none.
    pub next_from: Day,
    /// Scores of the next version.
    pub next: Scores,
}

impl Basket {
    /// Whether there is a next version.
    pub(super) fn waits(&self) -> bool {
        self.next_from != Day::default()
    }

    /// The next version, if it runs in the shadow on a day.
    pub fn next_on(&self, day: Day) -> Option<&Scores> {
        (self.waits() && self.next_from <= day).then_some(&self.next)
    }

    /// Whether a batch for a day has to hold a provider.
    pub fn covers(&self, day: Day, provider: usize) -> bool {
        let scored = |scores: &Scores| scores.get(provider).is_some_and(|score| *score > 0);
        scored(&self.current) || self.next_on(day).is_some_and(scored)
    }

    /// The scores of a provider in both versions.
    pub(super) fn change(&self, provider: usize) -> (u16, u16) {
        let of = |scores: &Scores| scores.get(provider).copied().unwrap_or(0);
        (of(&self.current), of(&self.next))
    }

    /// How many of some providers are in force.
    pub(super) fn in_force(&self, which: impl Fn(usize) -> bool) -> usize {
        (0..MAX_PROVIDERS).filter(|place| which(*place) && self.change(*place).0 > 0).count()
    }

    /// Whether as many of some providers stay in the next version as are wanted, or as are in force if those are fewer.
    pub(super) fn keeps(&self, wanted: u8, which: impl Fn(usize) -> bool) -> bool {
        let stay = self.in_force(|place| which(place) && self.change(place).1 > 0);
        stay >= self.in_force(which).min(wanted.into())
    }

    /// Whether scores change as they may: while nobody enters or leaves, and by a tenth against each other at most, so
    /// that nobody's price of the days of the shadow has much of the link.
    pub(super) fn rescores_well(&self) -> bool {
        let each = || (0..MAX_PROVIDERS).map(|provider| self.change(provider)).filter(|change| *change != (0, 0));
        let near = |(now, next): (u16, u16), (other, after): (u16, u16)| {
            let product =
                |one: u16, two: u16, ratio: u16| u64::from(one).saturating_mul(two.into()).saturating_mul(ratio.into());
            product(next, other, BPS) <= product(after, now, STEP) && now > 0 && next > 0
        };
        let rescores = each().any(|(now, next)| now > 0 && next > 0 && now != next);
        !rescores || each().all(|one| each().all(|other| near(one, other)))
    }

    /// The next version becomes the current one.
    pub(super) fn advance(&mut self) {
        self.version = self.version.saturating_add(1);
        self.current = self.next;
        self.next_from = Day::default();
        self.next = Scores::default();
    }
}

impl Cell for Basket {
    const MAX_BYTES: usize = 2 + 2 * MAX_PROVIDERS + 4 + 2 * MAX_PROVIDERS;

    fn write(&self, out: &mut Writer) {
        out.uint(self.version.into(), 2);
        for score in self.current {
            out.uint(score.into(), 2);
        }
        if self.waits() {
            out.uint(self.next_from.0.into(), 4);
            for score in self.next {
                out.uint(score.into(), 2);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            version: from.u16(),
            current: core::array::from_fn(|_| from.u16()),
            next_from: Day(from.u32(4)),
            next: core::array::from_fn(|_| from.u16()),
        }
    }
}

const _: () = assert!(Basket::MAX_BYTES <= codec::CELL_BYTES);
