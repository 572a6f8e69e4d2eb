//! The price at which a liquidator takes over: a Dutch auction that starts near the mark and worsens until someone
//! bids.
//!
//! ```text
//! discount = START + (END - START) * elapsed / DURATION                  in the fast phase, basis points of the mark price
//!          = END + (LAST - END) * (elapsed - DURATION) / SLOW            afterwards, of an account that owes more than it has
//! price    = mark * (1 - discount) for a long position, mark * (1 + discount) for a short one
//! reward   = what the discount is worth to the liquidator
//!         <= equity * (maintenance before - maintenance after) / maintenance before        as long as there is equity
//! ```
//!
//! A liquidation belongs to the marks at which it was started. When one of them has moved, when liquidations were
//! paused meanwhile, or when the account has become insolvent since, the clock starts again with the next message, and
//! an account that meets its maintenance margin by then is let go ([`Auction::is_stale`]): nobody is taken over at the
//! late price of an auction that was about other marks, and nobody can prepare one for an accomplice.
//!
//! The last line of the formulas is what the account can afford: with it a liquidation never lowers the ratio of equity
//! to maintenance margin and never bankrupts (invariant L3). It is Derive's discount on the account's own equity, with
//! our discount of the mark as its schedule.

use super::margin::{Health, Judged};
use crate::clearing::cells::Auction;
use crate::clearing::error::{ClearingError, Result};
use crate::fault::{self, Fault};
use crate::math::mul_div_floor;
use crate::units::{BPS, QuoteAtoms, Seconds, Side, Ticks};

/// Discount at the start, in basis points: what a quick takeover through the book would cost.
pub const START_BPS: u32 = 100;

/// Largest discount, in basis points: the paper's first price limit (section 5.3), beyond which trading halts anyway.
pub const END_BPS: u32 = 1_500;

/// Seconds until the discount is largest: the fast phase of the best on-chain auctions lasts 15 minutes.
pub const DURATION: u32 = 900;

/// Largest discount of an account that owes more than it has, in basis points: somebody will take half the price.
pub const LAST_BPS: u32 = 5_000;

/// Seconds from the largest discount of the fast phase to that of the slow one: the slow phase of the same auctions
/// lasts 12 hours.
pub const SLOW_DURATION: u32 = 43_200;

/// A schedule with a fast and a slow phase: the steps that have been made of `fast.0` in `fast.1` seconds, then of
/// `slow.0` in `slow.1` seconds, rounded down.
pub fn two_phases(elapsed: u32, fast: (u32, u32), slow: (u32, u32)) -> u32 {
    let made = |elapsed: u32, (steps, seconds): (u32, u32)| {
        let whole = mul_div_floor(steps.into(), elapsed.min(seconds).into(), seconds.into());
        u32::try_from(whole).unwrap_or(steps)
    };
    made(elapsed, fast).saturating_add(made(elapsed.saturating_sub(fast.1), slow))
}

impl Auction {
    /// Whether the fast phase is over.
    pub fn is_late(&self, now: Seconds) -> bool {
        now.since(self.started) >= DURATION
    }

    /// Whether it is stale: started at other marks, or when the account still had equity.
    pub fn is_stale(&self, judged: &Judged, health: &Health) -> bool {
        let became_insolvent = self.deficit == 0 && health.equity < QuoteAtoms::ZERO;
        (self.marks != judged.marks || became_insolvent) && !fault::present(Fault::AuctionOutlivesItsMark)
    }

    /// The price for the position that was built on `side` (bought: long), rounded against the liquidated account,
    /// which pays for the risk it leaves; never beyond the range of prices. `insolvent` lets the slow phase follow.
    ///
    /// # Errors
    /// `NoAuction` when none runs.
    pub fn price(&self, now: Seconds, mark: Ticks, side: Side, insolvent: bool) -> Result<Ticks> {
        if self.started == Seconds::ZERO {
            return Err(ClearingError::NoAuction);
        }
        let slow = if insolvent { LAST_BPS - END_BPS } else { 0 };
        let worsened = two_phases(now.since(self.started), (END_BPS - START_BPS, DURATION), (slow, SLOW_DURATION));
        let discount = i128::from(START_BPS).saturating_add(worsened.into());
        let factor = match side {
            Side::Buy => i128::from(BPS).saturating_sub(discount),
            Side::Sell => i128::from(BPS).saturating_add(discount),
        };
        let scaled = match side {
            Side::Buy => mul_div_floor(mark.0.into(), factor, BPS.into()),
            Side::Sell => crate::math::mul_div_ceil(mark.0.into(), factor, BPS.into()),
        };
        let bounded = scaled.clamp(1, i128::from(Ticks::MAX.0).saturating_sub(1));
        Ok(Ticks(u32::try_from(bounded).unwrap_or(mark.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_discount_grows_from_one_to_fifteen_percent_and_stays_there() {
        let auction = Auction { started: Seconds(1_000), ..Auction::default() };
        let price = |after: u32, side| auction.price(Seconds(1_000 + after), Ticks(10_000), side, false);
        assert_eq!(price(0, Side::Buy), Ok(Ticks(9_900)));
        assert_eq!(price(450, Side::Buy), Ok(Ticks(9_200)));
        assert_eq!(price(900, Side::Buy), Ok(Ticks(8_500)));
        assert_eq!(price(90_000, Side::Sell), Ok(Ticks(11_500)));
    }

    #[test]
    fn what_is_owed_by_a_bankrupt_is_offered_at_half_price_in_the_end() {
        let auction = Auction { started: Seconds(1_000), ..Auction::default() };
        let price = |after: u32| auction.price(Seconds(1_000 + after), Ticks(10_000), Side::Buy, true);
        assert_eq!(
            [899, 900, 22_500, 44_100, 90_000].map(price),
            [8_502, 8_500, 6_750, 5_000, 5_000].map(|p| Ok(Ticks(p)))
        );
    }

    /// V20, Derive `DutchAuctionView.t.sol`: what a liquidator pays falls from 100 % to 80 % of the account's value in
    /// 600 seconds, then to nothing in 7,200; from 96 % in 300. Ours is the same schedule on the discount of the mark;
    /// one step here is a basis point of the discount.
    #[test]
    fn v20_two_phases_follow_the_published_schedule() {
        let paid = |elapsed| 10_000 - two_phases(elapsed, (2_000, 600), (8_000, 7_200));
        assert_eq!([0, 300, 600, 960, 7_800, 9_999].map(paid), [10_000, 9_000, 8_000, 7_600, 0, 0]);
        let from_96 = |elapsed| 9_600 - two_phases(elapsed, (1_600, 300), (8_000, 7_200));
        assert_eq!(from_96(150), 8_800);
        assert_eq!(paid(600 + 7_200 / 10 * 9), 800, "90 % through the slow phase");
    }

    #[test]
    fn without_an_auction_there_is_no_price() {
        assert_eq!(Auction::default().price(Seconds(1), Ticks(1), Side::Buy, false), Err(ClearingError::NoAuction));
    }
}
