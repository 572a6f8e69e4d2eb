//! The day's price limits, and the halts behind them (paper section 5.3: 15 % with a halt of ten minutes, 25 % with a
//! halt until the next session).
//!
//! ```text
//! first limit  = settlement mark +- price_limit_bps               at least one tick, rounded down
//! second limit = settlement mark +- price_limit_bps * 5 / 3       in force from the first halt to the next settlement
//! ```
//!
//! Orders outside the limits are refused, and a resting order that they have left never trades, so no trade is beyond
//! them. Trades *at* the first limit, above or below, halt trading for [`HALT_SECONDS`]; afterwards the second limit is
//! in force. Trades at the second one halt trading until the next session. A limit counts as reached when at it
//!
//! ```text
//! lots traded >= what a maker owes on a side
//! time between the first and the last trade >= SUSTAIN          1 minute, at the second limit 10
//! all within SUSTAIN * 6
//! ```
//!
//! so by a market that stays there while everybody may offer inside the limit, and never by a trade of two accounts of
//! one person in an empty book. The message that trades is carried out to its end: all its fills are inside the limits
//! that it met.
//!
//! While new risk is kept out of the product ([`super::guard`]) nobody may offer a better price, so there is one: the
//! settlement mark. Who reduces trades at it, which is neither a last price nor a trade at a limit.
//!
//! In a halt no order, quote, replacement, roll or trigger is carried out, and after it the book collects orders
//! ([`crate::clearing::opening`]). Cancelling (also by an empty quote), deposits, withdrawals, settlement, liquidations
//! and bids for them go on. A liquidation is no trade of the book and halts nothing.
//!
//! The last price, at which triggers may fire, is held to the same: a trade counts from a fifth of the lots that a
//! maker owes ([`has_size`]), for [`LAST_PRICE_SECONDS`] and within its quote epoch, no further than [`BAND_BPS`] from
//! the mark. A market order that a trigger sends trades no further from the mark either.

use super::guard;
use crate::clearing::cells::{Curve, Market, Month, Status, Terms, mark_of_round};
use crate::fault::{self, Fault};
use crate::units::{BPS, Lots, Seconds, Side, Ticks};

/// How long trading halts after trades at the first limit: ten minutes.
pub const HALT_SECONDS: u32 = 600;

/// How long trades at the first limit must go on before they halt trading: a minute, ten blocks of six seconds in which
/// anybody may offer inside it. At the second limit, which closes the day, ten times as long.
pub const SUSTAIN_SECONDS: u32 = 60;

/// How long a trade counts as the last price for triggers: ten minutes.
pub const LAST_PRICE_SECONDS: u32 = 600;

/// How far from the mark the last price may be at which a trigger fires, and at most trades, in basis points of the
/// mark.
pub const BAND_BPS: u16 = 300;

/// Whether a trade is large enough to be the last price: a fifth of the lots that a maker owes on each side.
pub fn has_size(lots: Lots, terms: &Terms) -> bool {
    lots.0.saturating_mul(5) >= terms.maker_lots.0
}

/// Notes a trade at a limit; whether the limit counts as reached by it.
pub fn touch(market: &mut Market, now: Seconds, lots: Lots, wide: bool) -> bool {
    const LONGEST: u32 = 6;
    let sustain = SUSTAIN_SECONDS.saturating_mul(if wide { 10 } else { 1 });
    let since = now.since(market.touched_at);
    if since > sustain.saturating_mul(LONGEST) {
        (market.touched_at, market.touched) = (now, 0);
    }
    market.touched = u16::try_from(lots.0).unwrap_or(u16::MAX).saturating_add(market.touched);
    let lasting = now.since(market.touched_at) >= sustain;
    let reached = lasting && u32::from(market.touched) >= market.terms.maker_lots.0.min(u16::MAX.into());
    if reached {
        (market.touched_at, market.touched) = (Seconds::ZERO, 0);
    }
    reached || fault::present(Fault::HaltByOneLot)
}

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
    /// The limits of a month now: around its settlement mark, or the mark itself while orders there may only reduce.
    pub fn today(curve: &Curve, month: &Month, market: &Market, now: Seconds) -> Self {
        let reduces = month.status == Status::ReduceOnly || guard::keeps_risk_out(curve, now);
        let wide = market.wide_round == mark_of_round(curve.round);
        Self::by(month.settle, if reduces { 0 } else { market.terms.price_limit_bps }, wide)
    }

    /// The limits around a settlement mark.
    pub fn around(settle: Ticks, terms: &Terms, wide: bool) -> Self {
        Self::by(settle, terms.price_limit_bps, wide)
    }

    /// As [`Self::around`], so many basis points from the mark; zero for the mark itself.
    pub(crate) fn by(settle: Ticks, bps: u16, wide: bool) -> Self {
        let first = u64::from(settle.0).saturating_mul(bps.into());
        let scaled = if wide { first.saturating_mul(5) / 3 } else { first };
        let limit = u32::try_from(scaled.div_euclid(BPS.into())).unwrap_or(Ticks::MAX.0);
        Self { wide, ..Self::within(settle, limit.max(bps.min(1).into())) }
    }

    /// So many ticks around a price.
    fn within(price: Ticks, ticks: u32) -> Self {
        Self { low: Ticks(price.0.saturating_sub(ticks)), high: Ticks(price.0.saturating_add(ticks)), wide: false }
    }

    /// The band around a mark in which triggers fire by the last price and trade.
    pub fn band(mark: Ticks) -> Self {
        let ticks = u64::from(mark.0).saturating_mul(BAND_BPS.into()).div_euclid(BPS.into());
        Self::within(mark, u32::try_from(ticks).unwrap_or(Ticks::MAX.0).max(1))
    }

    /// Whether a price is inside, the limits themselves among them.
    pub fn contain(&self, price: Ticks) -> bool {
        self.low <= price && price <= self.high
    }

    /// The nearer one of a protection price and the limit in its way. An invalid price stays as it is.
    pub fn protect(&self, side: Side, price: Ticks) -> Ticks {
        match side {
            Side::Buy if price < Ticks::MAX => price.min(self.high),
            Side::Sell if price > Ticks::ZERO => price.max(self.low),
            _ => price,
        }
    }

    /// Whether a price is at a limit.
    pub fn reached(&self, price: Ticks) -> bool {
        price <= self.low || price >= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(settle: u32, bps: u16, wide: bool) -> (u32, u32) {
        let limits = Limits::by(Ticks(settle), bps, wide);
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
