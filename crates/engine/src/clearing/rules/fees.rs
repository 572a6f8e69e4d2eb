//! The fee schedule: an instrument's maker and taker fees, and what an account's tier makes of them.
//!
//! ```text
//! taker pays  value * taker fee * taker share of the tier       rounded up
//! maker pays  value * maker fee * maker share of the tier       rounded up; a negative share is a rebate, rounded down
//! rebate      at most what the taker of the same trade has paid
//! ```
//!
//! So the fees of a trade are never below zero, whatever the tiers. A tier is earned by the value traded in thirty days
//! ([`crate::clearing::refresh_tier()`]); the steps are those of dYdX v4.

use crate::clearing::cells::{Account, Market, VOLUME_UNIT};
use crate::math::{mul_div_ceil, mul_div_floor};
use crate::units::{BPS, QuoteAtoms};

/// Largest volume that an account counts between two refreshes: 24 bits, 167 million dollars.
pub const MAX_VOLUME: u32 = 0xFF_FFFF;

/// What an account of a tier pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tier {
    /// Traded value of thirty days from which it applies, in [`VOLUME_UNIT`]s.
    pub from_volume: u64,
    /// Share of the taker fee, in basis points.
    pub taker_bps: u16,
    /// Share of the maker fee, in basis points; negative for a rebate.
    pub maker_bps: i16,
}

/// The tiers, lowest first: from 0, 1, 5, 25, 125, 250, 500 and 1,000 million dollars.
pub const TIERS: [Tier; 8] = [
    tier(0, 10_000, 10_000),
    tier(1, 9_000, 10_000),
    tier(5, 8_000, 5_000),
    tier(25, 7_000, 0),
    tier(125, 6_000, 0),
    tier(250, 5_000, -5_000),
    tier(500, 5_000, -7_000),
    tier(1_000, 5_000, -10_000),
];

const fn tier(millions: u64, taker_bps: u16, maker_bps: i16) -> Tier {
    const UNITS_OF_A_MILLION: u64 = 100_000;
    Tier { from_volume: millions.saturating_mul(UNITS_OF_A_MILLION), taker_bps, maker_bps }
}

/// The tier of a thirty-day volume in [`VOLUME_UNIT`]s.
pub fn tier_of(volume: u64) -> u8 {
    let reached = TIERS.iter().filter(|tier| tier.from_volume <= volume).count();
    u8::try_from(reached.saturating_sub(1)).unwrap_or(0)
}

/// What both sides of a trade are due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// From the taker.
    pub taker: QuoteAtoms,
    /// From the maker.
    pub maker: QuoteAtoms,
    /// To the maker; one of the two is zero.
    pub rebate: QuoteAtoms,
}

/// The fees of a trade of `value` between accounts of these tiers.
pub fn due(value: QuoteAtoms, market: &Market, taker: &Account, maker: &Account) -> Due {
    let (taker_share, maker_share) = (share(taker).taker_bps, share(maker).maker_bps);
    let maker_fee = i128::from(market.terms.maker_fee_ppm);
    let taker_fee = i128::from(market.terms.taker_fee_ppm).saturating_mul(taker_share.into());
    let taker = QuoteAtoms(mul_div_ceil(value.0, taker_fee, WHOLE));
    let paid = maker_fee.saturating_mul(maker_share.max(0).into());
    let got = maker_fee.saturating_mul(i128::from(maker_share.min(0)).saturating_neg());
    Due {
        taker,
        maker: QuoteAtoms(mul_div_ceil(value.0, paid, WHOLE)),
        rebate: QuoteAtoms(mul_div_floor(value.0, got, WHOLE)).min(taker),
    }
}

/// Adds a fill to what an account has traded.
pub fn note_volume(account: &mut Account, value: QuoteAtoms) {
    let units = u32::try_from(mul_div_floor(value.0, 1, VOLUME_UNIT)).unwrap_or(MAX_VOLUME);
    account.volume = account.volume.saturating_add(units).min(MAX_VOLUME);
}

/// Millionths of basis points.
const WHOLE: i128 = 1_000_000 * BPS as i128;

fn share(account: &Account) -> Tier {
    const FIRST: Tier = tier(0, 10_000, 10_000);
    TIERS.get(usize::from(account.tier)).copied().unwrap_or(FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clearing::cells::Terms;
    use proptest::prelude::*;

    fn account(tier: u8) -> Account {
        let mut account = Account::new([1; 20]);
        account.tier = tier;
        account
    }

    fn market(taker: u16, maker: u16) -> Market {
        Market::new(Terms { taker_fee_ppm: taker, maker_fee_ppm: maker, ..Terms::default() })
    }

    #[test]
    fn tiers_begin_at_their_volumes() {
        let of_dollars = |dollars: u64| tier_of(dollars / 10);
        assert_eq!([0, 999_999, 1_000_000, 4_999_999, 5_000_000].map(of_dollars), [0, 0, 1, 1, 2]);
        assert_eq!(
            [25, 125, 250, 500, 1_000, 100_000].map(|millions| of_dollars(millions * 1_000_000)),
            [3, 4, 5, 6, 7, 7]
        );
    }

    #[test]
    fn a_higher_tier_pays_less_and_the_highest_are_paid() {
        let fees = |taker, maker| due(QuoteAtoms(1_000_000_000), &market(500, 100), &account(taker), &account(maker));
        let of = |taker: i128, maker: i128, rebate: i128| Due {
            taker: QuoteAtoms(taker),
            maker: QuoteAtoms(maker),
            rebate: QuoteAtoms(rebate),
        };
        assert_eq!(fees(0, 0), of(500_000, 100_000, 0));
        assert_eq!(fees(1, 2), of(450_000, 50_000, 0));
        assert_eq!(fees(4, 3), of(300_000, 0, 0));
        assert_eq!(fees(7, 5), of(250_000, 0, 50_000));
    }

    proptest! {
        #[test]
        fn a_rebate_is_never_more_than_the_taker_pays(
            value in 0..1_i128 << 62, taker_fee in 0..=10_000_u16, share in 0..=100_u16, tiers in (0..8_u8, 0..8_u8),
        ) {
            let maker_fee = u16::try_from(u32::from(taker_fee) * u32::from(share) / 100).expect("smaller");
            let due = due(QuoteAtoms(value), &market(taker_fee, maker_fee), &account(tiers.0), &account(tiers.1));
            prop_assert!(due.rebate <= due.taker);
            prop_assert!(due.rebate == QuoteAtoms::ZERO || due.maker == QuoteAtoms::ZERO);
        }
    }
}
