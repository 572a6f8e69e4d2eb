//! The inputs of a market: sizes of the instruments and sets of risk parameters.

use serde::{Deserialize, Serialize};
use sit_engine::clearing::{AddOns, Terms, WithdrawalLimits};
use sit_engine::launch;
pub use sit_engine::launch::Sizing;
use sit_engine::units::{Lots, Ticks};

/// Prices in US dollars per million tokens, where the sizes of an instrument count in ticks and quote atoms.
pub trait Dollars {
    /// The sizes for a price.
    fn for_dollars(dollars: f64) -> Self;
    /// A price in ticks, nearest; at least one.
    fn ticks(&self, dollars: f64) -> Ticks;
    /// A price in ticks, not rounded.
    fn exact_ticks(&self, dollars: f64) -> f64;
    /// What a lot is worth at a price, in quote atoms.
    fn lot_value(&self, price: Ticks) -> u64;
}

impl Dollars for Sizing {
    fn for_dollars(dollars: f64) -> Self {
        Self::for_price((dollars * 1e6) as u64)
    }

    fn ticks(&self, dollars: f64) -> Ticks {
        Ticks(self.exact_ticks(dollars).round().max(1.0) as u32)
    }

    fn exact_ticks(&self, dollars: f64) -> f64 {
        dollars * 1e6 / f64::from(self.tick_size)
    }

    fn lot_value(&self, price: Ticks) -> u64 {
        u64::from(price.0) * u64::from(self.tick_value.0)
    }
}

/// What stands around the scenarios' margin: the add-ons to it, how fast money may leave, what one month may take of
/// the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Safeguards {
    /// A larger position of one account pays for its concentration, from this many lots.
    pub size_lower: u32,
    /// A position of this many lots is charged its whole value.
    pub size_upper: u32,
    /// Open interest from which margin rises for everyone, in basis points of the cap.
    pub open_interest_lower_bps: u16,
    /// Open interest at which initial margin is the whole value.
    pub open_interest_upper_bps: u16,
    /// Least initial margin, in basis points of the value of all positions.
    pub floor_bps: u16,
    /// The anti-procyclical buffer when it is full, in basis points of the scenarios' margin.
    pub buffer_bps: u16,
    /// What comes back of it each day.
    pub refill_bps: u16,
    /// Whether withdrawals are limited as at launch.
    pub limit_withdrawals: bool,
    /// What one month may take out of the insurance fund, in basis points of the fund.
    pub fund_cap_bps: u16,
}

impl Safeguards {
    /// None: what the contracts have until governance sets some.
    pub const NONE: Self = Self::of(AddOns::NONE, false, 10_000);

    const fn of(add_ons: AddOns, limit_withdrawals: bool, fund_cap_bps: u16) -> Self {
        Self {
            size_lower: add_ons.size_lower.0,
            size_upper: add_ons.size_upper.0,
            open_interest_lower_bps: add_ons.open_interest_lower_bps,
            open_interest_upper_bps: add_ons.open_interest_upper_bps,
            floor_bps: add_ons.floor_bps,
            buffer_bps: add_ons.buffer_target_bps,
            refill_bps: add_ons.refill_bps,
            limit_withdrawals,
            fund_cap_bps,
        }
    }

    /// The add-ons as the contract takes them.
    #[must_use]
    pub fn add_ons(&self) -> AddOns {
        AddOns {
            size_lower: Lots(self.size_lower),
            size_upper: Lots(self.size_upper),
            open_interest_lower_bps: self.open_interest_lower_bps,
            open_interest_upper_bps: self.open_interest_upper_bps,
            floor_bps: self.floor_bps,
            buffer_target_bps: self.buffer_bps,
            refill_bps: self.refill_bps,
        }
    }

    /// The limits of withdrawals as the contract takes them.
    #[must_use]
    pub fn withdrawal_limits(&self) -> WithdrawalLimits {
        if self.limit_withdrawals { launch::WITHDRAWAL_LIMITS } else { WithdrawalLimits::NONE }
    }
}

impl Default for Safeguards {
    /// The safeguards of the launch preset. What each is worth against attackers: `docs/book/src/risk-methodology.md`.
    fn default() -> Self {
        Self::of(launch::ADD_ONS, true, launch::FUND_CAP_BPS)
    }
}

/// Risk parameters under which a market is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ParameterSet {
    /// What to call it.
    pub name: String,
    /// Confidence of the margin's expected shortfall, in parts per million.
    pub confidence_ppm: u32,
    /// Close-out horizon of the margin, in seconds.
    pub horizon_seconds: u32,
    /// Maintenance margin as a share of initial margin, in basis points.
    pub maintenance_bps: u16,
    /// Where a liquidation stops, as a share of initial margin, in basis points.
    pub liquidation_end_bps: u16,
    /// Price limits, in basis points of the settlement mark.
    pub price_limit_bps: u16,
    /// Largest position of an account, in lots.
    pub position_limit: u32,
    /// Largest open interest of a month, in lots.
    pub open_interest_cap: u32,
    /// Insurance fund at the start, in quote atoms.
    pub fund: u64,
    /// Time from a print until keepers and liquidators have reacted to it, in seconds.
    pub latency: u32,
    /// What stands around the scenarios' margin.
    pub safeguards: Safeguards,
}

impl Default for ParameterSet {
    /// The launch preset, where people react within five minutes.
    fn default() -> Self {
        Self {
            name: "launch".into(),
            confidence_ppm: launch::MARGIN_CONFIDENCE_PPM,
            horizon_seconds: launch::MARGIN_HORIZON_SECONDS,
            maintenance_bps: launch::MAINTENANCE_BPS,
            liquidation_end_bps: launch::LIQUIDATION_END_BPS,
            price_limit_bps: launch::TERMS.price_limit_bps,
            position_limit: launch::TERMS.position_limit.0,
            open_interest_cap: launch::TERMS.open_interest_cap.0,
            fund: launch::FUND,
            latency: 300,
            safeguards: Safeguards::default(),
        }
    }
}

impl ParameterSet {
    /// The launch preset without safeguards: what the contracts are before governance has set any.
    #[must_use]
    pub fn bare() -> Self {
        Self { name: "bare".into(), safeguards: Safeguards::NONE, ..Self::default() }
    }

    /// The launch preset without safeguards and with them, one with less margin and one with more.
    #[must_use]
    pub fn presets() -> Vec<Self> {
        let with = |name: &str, confidence_ppm| Self { name: name.into(), confidence_ppm, ..Self::default() };
        vec![Self::bare(), with("thin", 950_000), Self::default(), with("strict", 995_000)]
    }

    /// Terms of every month.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            price_limit_bps: self.price_limit_bps,
            position_limit: Lots(self.position_limit),
            open_interest_cap: Lots(self.open_interest_cap),
            ..launch::TERMS
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_four_digits_of_ticks_and_a_lot_some_hundred_dollars() {
        for dollars in [0.0025, 0.2625, 2.0, 15.0, 60.0] {
            let sizing = Sizing::for_dollars(dollars);
            let price = sizing.ticks(dollars);
            assert!((1_000..10_000).contains(&price.0), "{dollars}: {price:?}");
            assert!((50_000_000..1_000_000_000).contains(&sizing.lot_value(price)), "{dollars}");
        }
    }

    #[test]
    fn open_interest_raises_margin_as_in_dydx_v4() {
        // Its own example: base 20 %, caps of 25 and 50 million, open interest of 37.5 million: 60 %, here rounded up
        // to a 255th.
        let tier = Safeguards { open_interest_lower_bps: 5_000, open_interest_upper_bps: 10_000, ..Safeguards::NONE };
        let scale = tier.add_ons().open_interest_scale(Lots(3_750_000), Lots(5_000_000));
        assert_eq!(scale, 128);
        let margin = 0.20 + f64::from(scale) / 255.0 * 0.80;
        assert!((0.60..0.60 + 0.80 / 255.0).contains(&margin), "{margin}");
    }

    #[test]
    fn the_launch_has_every_safeguard_and_the_bare_set_none() {
        assert!(Safeguards::default().add_ons().is_sound() && Safeguards::NONE.add_ons().is_sound());
        assert_eq!(ParameterSet::bare().safeguards.add_ons(), AddOns::NONE);
        assert_eq!(ParameterSet::bare().safeguards.withdrawal_limits(), WithdrawalLimits::NONE);
        let launch = ParameterSet::default().safeguards;
        assert_eq!(launch.withdrawal_limits(), launch::WITHDRAWAL_LIMITS);
        assert!(launch.fund_cap_bps < 10_000 && launch.size_upper < ParameterSet::default().position_limit);
    }
}
