//! The day's price limits, and the halts behind them (paper section 5.3: 15 % with a halt of ten minutes, 25 % with a
//! halt until the next session).
//!
//! ```text
//! first limit  = settlement mark +- price_limit_bps               at least one tick, rounded down
//! second limit = settlement mark +- price_limit_bps * 5 / 3       in force from the first halt to the next settlement
//! ```
//!
//! Orders outside the limits are refused, and a resting order that they have left never trades, so no trade is beyond
//! them. A trade *at* the first limit, above or below, of any size, halts trading for [`HALT_SECONDS`]; afterwards the
//! second limit is in force. A trade at the second one halts trading until the next session. The message that trades is
//! carried out to its end: all its fills are inside the limits that it met.
//!
//! In a halt no order, quote, replacement, roll or trigger is carried out. Cancelling (also by an empty quote),
//! deposits, withdrawals, settlement, liquidations and bids for them go on. A liquidation is no trade of the book and
//! halts nothing.

use crate::clearing::cells::Terms;
use crate::units::{BPS, Side, Ticks};

/// How long trading halts after a trade at the first limit: ten minutes.
pub const HALT_SECONDS: u32 = 600;

/// The prices that an instrument may have today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The lowest.
    pub low: Ticks,
    /// The highest.
    pub high: Ticks,
    /// Whether the second limit is in force.
    pub wide: bool,
}

impl Limits {
    /// The limits around a settlement mark.
    pub fn around(settle: Ticks, terms: &Terms, wide: bool) -> Self {
        let first = u64::from(settle.0).saturating_mul(terms.price_limit_bps.into());
        let scaled = if wide { first.saturating_mul(5) / 3 } else { first };
        let limit = u32::try_from(scaled.div_euclid(BPS.into())).unwrap_or(Ticks::MAX.0).max(1);
        Self { low: Ticks(settle.0.saturating_sub(limit)), high: Ticks(settle.0.saturating_add(limit)), wide }
    }

    /// Whether a price is inside, the limits themselves among them.
    pub fn contain(&self, price: Ticks) -> bool {
        self.low <= price && price <= self.high
    }

    /// The nearer one of a protection price and the limit in its way. What is no price stays none.
    pub fn protect(&self, side: Side, price: Ticks) -> Ticks {
        match side {
            Side::Buy if price < Ticks::MAX => price.min(self.high),
            Side::Sell if price > Ticks::ZERO => price.max(self.low),
            _ => price,
        }
    }

    /// Whether a trade at this price halts trading.
    pub fn reached(&self, price: Ticks) -> bool {
        price <= self.low || price >= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(settle: u32, bps: u16, wide: bool) -> (u32, u32) {
        let limits = Limits::around(Ticks(settle), &Terms { price_limit_bps: bps, ..Terms::default() }, wide);
        (limits.low.0, limits.high.0)
    }

    #[test]
    fn limits_are_fifteen_and_twenty_five_percent_of_the_settlement_mark() {
        assert_eq!(limits(2_600, 1_500, false), (2_210, 2_990));
        assert_eq!(limits(2_600, 1_500, true), (1_950, 3_250));
        assert_eq!(limits(2_599, 1_500, false), (2_210, 2_988)); // 389.85 rounded down
        assert_eq!(limits(3, 1_500, false), (2, 4)); // at least a tick
        assert_eq!(limits(1, 100, true), (0, 2));
        assert_eq!(limits(0xFF_FFFE, 5_000, true), (2_796_203, 30_758_225));
    }
}
