//! The margin set tests itself: one bit for each settlement, class and side, and consequences that nobody has to
//! decide.
//!
//! ```text
//! exceeded(long)  = old mark - new mark > old mark * worst fall of the set / 10,000
//! exceeded(short) = new mark - old mark > old mark * worst rise of the set / 10,000
//! ```
//!
//! Three classes, each watched in its nearest month so that a day is one observation: the front month, the other
//! consecutive months, the quarterlies beyond them. The last 250 observations count (Basel traffic light; Kupiec's test
//! at 95 % and 99.99 % for fewer), at the nominal 1 % of the certificate's confidence.
//!
//! | grade | when | consequence |
//! |---|---|---|
//! | green | fewer exceedances than [`YELLOW_FROM`] says | none |
//! | yellow | from there on, or two exceedances on successive days | every shock raised by [`SURCHARGE_BPS`] |
//! | red | from [`RED_FROM`] on | the highest surcharge, and only reductions until a new set is in force |
//!
//! Exceedances that come together are what an unconditional count misses (Christoffersen 1998); of 250 independent days
//! at 1 % two adjacent ones come together with a probability of 2.4 %, so a pair is yellow by itself.

use crate::codec::{CELL_BYTES, Cell, Reader, Writer};

/// Observations that count.
pub const WINDOW: u8 = 250;

/// Classes of months.
pub const CLASSES: usize = 3;

/// From so many observations on, one exceedance more is still green: with `n` observations the yellow grade begins at
/// the least `x >= 2` with `P(X <= x) >= 95 %`, X binomial with 1 %, which is the number of entries not above `n`: 5 at
/// 250, as Basel has it. A single exceedance is what margin is for, however few days there were. Printed by
/// `tests/vectors/backtest_zones.py`.
pub const YELLOW_FROM: [u8; 5] = [1, 1, 83, 138, 199];

/// From so many observations on, one exceedance more is still below red: with `n` observations red begins at the least
/// `x >= 3` with `P(X <= x) >= 99.99 %`, which is the number of entries not above `n`. Basel's 10 at 250.
pub const RED_FROM: [u8; 10] = [1, 1, 1, 25, 47, 74, 106, 142, 181, 224];

/// By how much every shock is raised, in basis points: Basel's plus factors 0.40, 0.50, 0.65, 0.75, 0.85 for the first
/// yellow count and those after it, and 1.00 for red, each over the multiplier 3. Rounded up.
pub const SURCHARGE_BPS: [u16; 6] = [1_334, 1_667, 2_167, 2_500, 2_834, 3_334];

/// How a series stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grade {
    /// Exceedances are in line with the confidence of the set.
    Green,
    /// The set may be too low. With the number of exceedances above the first yellow count, at most four.
    Yellow(u8),
    /// The set is too low.
    Red,
}

impl Grade {
    /// The grade of so many exceedances in so many observations.
    pub fn of(observed: u8, exceedances: u8, clustered: bool) -> Self {
        let reached = |from: &[u8]| u8::try_from(from.iter().filter(|count| **count <= observed).count()).unwrap_or(0);
        let yellow = reached(&YELLOW_FROM);
        if observed == 0 {
            Self::Green
        } else if exceedances >= reached(&RED_FROM) {
            Self::Red
        } else if exceedances >= yellow {
            Self::Yellow(exceedances.saturating_sub(yellow).min(4))
        } else if clustered {
            Self::Yellow(0)
        } else {
            Self::Green
        }
    }

    /// What every shock is raised by, in basis points.
    pub fn surcharge_bps(self) -> u16 {
        let step = match self {
            Self::Green => return 0,
            Self::Yellow(step) => usize::from(step),
            Self::Red => SURCHARGE_BPS.len().saturating_sub(1),
        };
        SURCHARGE_BPS.get(step).copied().unwrap_or_default()
    }

    /// Its number in events: 0 green, 1 yellow, 2 red.
    pub fn number(self) -> u8 {
        match self {
            Self::Green => 0,
            Self::Yellow(_) => 1,
            Self::Red => 2,
        }
    }
}

const BITS: usize = 32;

/// The last [`WINDOW`] observations of one class: a ring of bits for each side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Series {
    /// How many there are.
    pub observed: u8,
    next: u8,
    sides: [[u8; BITS]; 2],
}

impl Series {
    /// Adds an observation: whether long and short positions lost more than their margin.
    pub(crate) fn push(&mut self, exceeded: [bool; 2]) {
        for (bits, exceeded) in self.sides.iter_mut().zip(exceeded) {
            if let Some(byte) = bits.get_mut(usize::from(self.next / 8)) {
                let mask = 1 << (self.next % 8);
                *byte = if exceeded { *byte | mask } else { *byte & !mask };
            }
        }
        self.next = self.next.saturating_add(1) % WINDOW;
        self.observed = self.observed.saturating_add(1).min(WINDOW);
    }

    /// The exceedances of a side, and whether two came on successive observations.
    pub fn count(&self, side: usize) -> (u8, bool) {
        let bits = self.sides.get(side).copied().unwrap_or_default();
        let exceeded = |bit: u8| bits.get(usize::from(bit / 8)).is_some_and(|byte| byte >> (bit % 8) & 1 == 1);
        // The oldest observation stands at `next` once the ring is full.
        let start = if self.observed == WINDOW { self.next } else { 0 };
        let (mut count, mut clustered, mut before) = (0_u8, false, false);
        for bit in (start..WINDOW).chain(0..start).take(self.observed.into()) {
            let now = exceeded(bit);
            clustered |= now && before;
            count = count.saturating_add(now.into());
            before = now;
        }
        (count, clustered)
    }

    /// The worse grade of its two sides.
    pub fn grade(&self) -> Grade {
        let of = |side: usize| {
            let (count, clustered) = self.count(side);
            Grade::of(self.observed, count, clustered)
        };
        of(0).max(of(1))
    }
}

/// The backtest of a product's margin set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backtest {
    /// By class.
    pub series: [Series; CLASSES],
}

impl Backtest {
    /// The worst grade of all series.
    pub fn grade(&self) -> Grade {
        self.series.iter().map(Series::grade).max().unwrap_or(Grade::Green)
    }
}

const _: () = assert!(Backtest::MAX_BYTES <= CELL_BYTES);
const _: () = assert!(WINDOW as usize <= BITS * 8);

impl Cell for Backtest {
    const MAX_BYTES: usize = CLASSES * (2 + 2 * BITS);

    fn write(&self, out: &mut Writer) {
        for series in &self.series {
            out.uint(series.observed.into(), 1);
            out.uint(series.next.into(), 1);
            for bits in &series.sides {
                out.put(bits);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            series: core::array::from_fn(|_| Series {
                observed: from.u8(),
                next: from.u8(),
                sides: [from.array(), from.array()],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// P(X <= x) of a binomial with 1 %, exactly: numerators over 100^n would need big integers, so in f64, whose error
    /// is far below the distance of any entry from its level.
    fn cumulative(n: u8, x: u8) -> f64 {
        let (mut term, mut sum) = (0.99_f64.powi(n.into()), 0.0);
        for k in 0..=x.min(n) {
            sum += term;
            term *= f64::from(n - k.min(n)) / f64::from(k + 1) / 99.0;
        }
        sum
    }

    #[test]
    fn the_zones_are_those_of_the_binomial_distribution() {
        for observed in 1..=WINDOW {
            let from = |level: f64, least: u8| (least..).find(|x| cumulative(observed, *x) >= level).unwrap();
            let grade = |count: u8| Grade::of(observed, count, false);
            let (yellow, red) = (from(0.95, 2), from(0.9999, 3));
            assert_eq!(grade(yellow - 1), Grade::Green, "{observed}");
            assert!(matches!(grade(yellow), Grade::Yellow(0)), "{observed}");
            assert!(matches!(grade(red - 1), Grade::Yellow(_)), "{observed}");
            assert_eq!(grade(red), Grade::Red, "{observed}");
        }
    }

    #[test]
    fn two_hundred_and_fifty_days_are_basels_traffic_light() {
        let grades = [(4, Grade::Green), (5, Grade::Yellow(0)), (9, Grade::Yellow(4)), (10, Grade::Red)];
        for (count, grade) in grades {
            assert_eq!(Grade::of(250, count, false), grade);
        }
        assert_eq!(Grade::of(250, 2, true), Grade::Yellow(0));
        // Plus factors over the multiplier: 3.4 / 3 to 3.85 / 3, and 4 / 3.
        assert_eq!(SURCHARGE_BPS.map(|bps| bps.div_ceil(100)), [14, 17, 22, 25, 29, 34]);
    }

    proptest! {
        #[test]
        fn the_ring_counts_the_last_250_days(days in prop::collection::vec(any::<(u8, u8)>(), 0..600)) {
            let exceeded: std::vec::Vec<[bool; 2]> =
                days.iter().map(|(long, short)| [*long < 6, *short < 6]).collect();
            let mut series = Series::default();
            exceeded.iter().for_each(|day| series.push(*day));
            let last = &exceeded[exceeded.len().saturating_sub(250)..];
            for side in 0..2 {
                let count = last.iter().filter(|day| day[side]).count();
                let clustered = last.windows(2).any(|pair| pair[0][side] && pair[1][side]);
                prop_assert_eq!(series.count(side), (u8::try_from(count).unwrap(), clustered));
            }
            let backtest = Backtest { series: [series, Series::default(), series] };
            prop_assert_eq!(Backtest::from_cell(backtest.to_cell().as_bytes()), backtest);
        }

        #[test]
        fn more_exceedances_are_never_a_better_grade(observed in 1_u8..=250, a: u8, b: u8, clustered: bool) {
            let (few, many) = (a.min(b), a.max(b));
            prop_assert!(Grade::of(observed, few, clustered) <= Grade::of(observed, many, clustered));
            prop_assert!(Grade::of(observed, few, false) <= Grade::of(observed, few, true));
            let (lower, higher) = (Grade::of(observed, few, false), Grade::of(observed, many, clustered));
            prop_assert!(lower.surcharge_bps() <= higher.surcharge_bps());
        }
    }
}
