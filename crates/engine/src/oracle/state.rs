//! The state of an index: its last print and what waits for confirmation.

use super::{Asks, Validity, Volumes, median::Column};
use crate::{
    calendar::Day,
    codec::{self, Cell, Reader, Writer},
    units::Seconds,
};

/// A link factor of one, in 10^-9.
pub const LINK_ONE: u64 = 1_000_000_000;

/// The print of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Print {
    /// The day.
    pub day: Day,
    /// Atoms per million units; never zero.
    pub price: u32,
    /// When it was published.
    pub published_at: Seconds,
}

/// A price that was computed but not published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending {
    /// The day.
    pub day: Day,
    /// Atoms per million units.
    pub price: u32,
    /// Since when it waits.
    pub since: Seconds,
    /// [`Validity::NeedsConfirmation`], or [`Validity::Invalid`]: then it is not waiting but a warning.
    pub validity: Validity,
}

/// Days for which a new basket runs in the shadow of the one in force: an odd number, so that the median is one of
/// them, and only different prices on four of the days move it.
pub const SHADOW_DAYS: usize = 7;

/// A new basket in the shadow of the one in force: for each day what link would make their prices one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shadow {
    /// The first day of the basket that it is the shadow of: another basket starts from nothing.
    pub from: Day,
    /// Links of the last days that had a print, in 10^-9, oldest first.
    links: [u64; SHADOW_DAYS],
    used: u8,
}

impl Shadow {
    /// Links of the last days that had a print.
    pub fn links(&self) -> &[u64] {
        self.links.get(..usize::from(self.used)).unwrap_or_default()
    }

    /// The shadow of the basket that begins with a day, before its first print.
    pub fn of(from: Day) -> Self {
        Self { from, ..Self::default() }
    }

    /// Adds the link of a day, and forgets the oldest of more than [`SHADOW_DAYS`].
    pub fn push(&mut self, link: u64) {
        if usize::from(self.used) == SHADOW_DAYS {
            self.links.rotate_left(1);
        } else {
            self.used = self.used.saturating_add(1);
        }
        if let Some(place) = self.links.get_mut(usize::from(self.used).saturating_sub(1)) {
            *place = link;
        }
    }

    /// The lower median of the links, once there are enough of them.
    pub(super) fn link(&self) -> Option<u64> {
        let mut column = Column::default();
        column.extend(self.links().iter().copied());
        (usize::from(self.used) == SHADOW_DAYS).then(|| column.lower_median())
    }
}

/// The state of an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexState {
    /// The last print.
    pub last: Option<Print>,
    /// Counts the prints.
    pub sequence: u32,
    /// Link factor of the basket's version, in 10^-9.
    pub link: u64,
    /// The next print has to be confirmed whatever its move: the first one, and the first under new rules of pricing.
    pub probation: bool,
    /// What was computed after the last print.
    pub pending: Option<Pending>,
    /// Price times seconds for which it was the last print, summed until the last print was published. Prices and all
    /// of time have 32 bits each, so it never overflows.
    pub accumulated: u64,
    /// The last day that was printed because it was confirmed: moves before it have been seen twice.
    pub confirmed: Day,
    /// The last day for which reporters were fined because it could have no quorum.
    pub silent: Day,
    /// What the providers have asked for on the last prints.
    pub asks: Asks,
    /// What the providers usually sell.
    pub volumes: Volumes,
    /// What the next basket would have been linked by.
    pub shadow: Shadow,
}

impl Default for IndexState {
    fn default() -> Self {
        Self {
            last: None,
            sequence: 0,
            link: LINK_ONE,
            probation: true,
            pending: None,
            accumulated: 0,
            confirmed: Day::default(),
            silent: Day::default(),
            asks: Asks::default(),
            volumes: Volumes::default(),
            shadow: Shadow::default(),
        }
    }
}

impl IndexState {
    /// Makes a print the last one.
    pub(super) fn record(&mut self, print: Print) {
        self.accumulated = self.accumulator(print.published_at);
        self.last = Some(print);
        self.sequence = self.sequence.saturating_add(1);
        self.probation = false;
        self.pending = None;
    }

    /// Price times seconds until now. The difference of two readings over the seconds between them is the time-weighted
    /// average of what the index was in between.
    pub(super) fn accumulator(&self, now: Seconds) -> u64 {
        let Some(last) = self.last else { return self.accumulated };
        let since_last = u64::from(last.price).saturating_mul(now.since(last.published_at).into());
        self.accumulated.saturating_add(since_last)
    }

    /// The newest day that was computed, published or not.
    pub(super) fn newest_day(&self) -> Option<Day> {
        self.pending.map(|pending| pending.day).or(self.last.map(|print| print.day))
    }
}

impl Cell for IndexState {
    const MAX_BYTES: usize =
        1 + 3 * 4 + 4 + 8 + 3 * 4 + 8 + 4 + 4 + Asks::MAX_BYTES + Volumes::MAX_BYTES + 4 + 8 * SHADOW_DAYS;

    fn write(&self, out: &mut Writer) {
        let invalid = self.pending.is_some_and(|pending| pending.validity == Validity::Invalid);
        let flags = u64::from(self.probation)
            | u64::from(self.last.is_some()) << 1
            | u64::from(self.pending.is_some()) << 2
            | u64::from(invalid) << 3;
        out.uint(flags, 1);
        out.uint(self.sequence.into(), 4);
        out.uint(self.link, 8);
        if let Some(print) = self.last {
            for number in [print.day.0, print.price, print.published_at.0] {
                out.uint(number.into(), 4);
            }
        }
        if let Some(pending) = self.pending {
            for number in [pending.day.0, pending.price, pending.since.0] {
                out.uint(number.into(), 4);
            }
        }
        out.uint(self.accumulated, 8);
        out.uint(self.confirmed.0.into(), 4);
        out.uint(self.silent.0.into(), 4);
        self.asks.write(out);
        self.volumes.write(out);
        if self.shadow != Shadow::default() {
            out.uint(self.shadow.from.0.into(), 4);
            for link in self.shadow.links() {
                out.uint(*link, 8);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let flags = from.u8();
        let flag = |bit: u32| flags >> bit & 1 == 1;
        Self {
            probation: flag(0),
            sequence: from.u32(4),
            link: from.uint(8),
            last: flag(1).then(|| Print {
                day: Day(from.u32(4)),
                price: from.u32(4),
                published_at: Seconds(from.u32(4)),
            }),
            pending: flag(2).then(|| Pending {
                day: Day(from.u32(4)),
                price: from.u32(4),
                since: Seconds(from.u32(4)),
                validity: if flag(3) { Validity::Invalid } else { Validity::NeedsConfirmation },
            }),
            accumulated: from.uint(8),
            confirmed: Day(from.u32(4)),
            silent: Day(from.u32(4)),
            asks: Asks::read(from),
            volumes: Volumes::read(from),
            shadow: {
                let mut shadow = Shadow::of(Day(from.u32(4)));
                while !from.is_empty() {
                    shadow.push(from.uint(8));
                }
                shadow
            },
        }
    }
}

const _: () = assert!(IndexState::MAX_BYTES <= codec::CELL_BYTES);
