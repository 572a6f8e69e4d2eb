//! Units of the protocol, as types: a product of two of them exists only where it means something.
//!
//! ```text
//! Lots * Ticks          = Points        (lot-ticks: value in ticks summed over lots)
//! Points * TickValue    = QuoteAtoms    (10^-6 USD, the collateral's smallest unit)
//! ```
//!
//! Bounds (checked on entry, see each `MAX`): positions below 2^23 lots, prices below 2^24 ticks, tick values below
//! 2^32 atoms. So points stay below 2^47 a position and atoms below 2^79, far inside `i64` and `i128`: the operators
//! here cannot overflow on validated values, and trap rather than wrap if that were ever wrong.
//!
//! ```
//! use sit_engine::units::{Lots, QuoteAtoms, TickValue, Ticks};
//!
//! // Three lots at 4,000 ticks of a tenth of a cent each are worth 12 dollars.
//! assert_eq!(Lots(3) * Ticks(4_000) * TickValue(1_000), QuoteAtoms(12_000_000));
//! ```
//!
//! A price times a price means nothing, so there is no such product:
//!
//! ```compile_fail,E0277
//! use sit_engine::units::Ticks;
//!
//! let nothing = Ticks(4_000) * Ticks(4_000);
//! ```
#![expect(
    clippy::arithmetic_side_effects,
    reason = "bounded by construction, see above; this is the only file that may"
)]

use core::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub $inner);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);
        }
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }
    };
}

unit!(
    /// A number of contracts, never negative: the size of an order or of a fill.
    Lots(u32)
);
unit!(
    /// A position: positive is long, negative is short.
    NetLots(i32)
);
unit!(
    /// A price in ticks of the instrument.
    Ticks(u32)
);
unit!(
    /// Lot-ticks: the unit in which variation is counted, so that it sums to zero exactly.
    Points(i64)
);
unit!(
    /// Collateral, in 10^-6 USD. Signed, because equity and differences are; stored cash is never negative.
    QuoteAtoms(i128)
);

/// Quote atoms that one tick is worth on one lot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TickValue(pub u32);

/// Seconds since 1970-01-01 UTC, as the chain reports them. `u32` lasts until 2106.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Seconds(pub u32);

/// A trading account: the number under which its cell is stored. Its owner's address stands in the cell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Seat(pub u32);

/// Basis points in a whole. Of this width so that it becomes every wider whole number without a check.
pub const BPS: u16 = 10_000;

impl Lots {
    /// The largest size of an order and of a position: 2^23 - 1 lots (three signed bytes in the account cell).
    pub const MAX: Self = Self(0x7F_FFFF);
}

impl NetLots {
    /// The size without its direction.
    pub fn size(self) -> Lots {
        Lots(self.0.unsigned_abs())
    }

    /// The lots that trading on `side` can take off.
    pub fn reducible(self, side: Side) -> Lots {
        let reduces = match side {
            Side::Buy => self < Self::ZERO,
            Side::Sell => self > Self::ZERO,
        };
        if reduces { self.size() } else { Lots::ZERO }
    }
}

impl Ticks {
    /// The largest price: 2^24 - 1 ticks (three bytes in cells and order identifiers).
    pub const MAX: Self = Self(0xFF_FFFF);
}

impl Seconds {
    /// The beginning of 1970; where a time may be absent, its absence.
    pub const ZERO: Self = Self(0);

    /// This many seconds later; saturates at the end of time.
    pub fn later(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to here, zero if it is not earlier.
    pub fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Mul<Ticks> for Lots {
    type Output = Points;
    fn mul(self, price: Ticks) -> Points {
        Points(i64::from(self.0) * i64::from(price.0))
    }
}

impl Mul<Ticks> for NetLots {
    type Output = Points;
    fn mul(self, price: Ticks) -> Points {
        Points(i64::from(self.0) * i64::from(price.0))
    }
}

impl Mul<TickValue> for Points {
    type Output = QuoteAtoms;
    fn mul(self, value: TickValue) -> QuoteAtoms {
        QuoteAtoms(i128::from(self.0) * i128::from(value.0))
    }
}

impl Neg for Points {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Neg for QuoteAtoms {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

/// Which side of the book an order stands on, and which way a fill moves the position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// Buys: bids, longs.
    Buy,
    /// Sells: asks, shorts.
    Sell,
}

impl Side {
    /// The side that trades against this one.
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// Whether an order on this side trades with one on the other side at `price`: never where nothing stands, which
    /// [`Ticks::MAX`] says of offers and zero of bids.
    pub(crate) fn crosses(self, limit: Ticks, price: Ticks) -> bool {
        match self {
            Self::Buy => price <= limit && price < Ticks::MAX,
            Self::Sell => price >= limit && price > Ticks::ZERO,
        }
    }

    /// The change of position when `lots` trade on this side.
    pub fn signed(self, lots: Lots) -> NetLots {
        // Lots::MAX fits in i32, so the cast keeps the value.
        let lots = lots.0.cast_signed();
        match self {
            Self::Buy => NetLots(lots),
            Self::Sell => NetLots(-lots),
        }
    }
}
