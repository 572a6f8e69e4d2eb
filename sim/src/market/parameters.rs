//! What a market is run with: sizes of the instruments and sets of risk parameters.

use serde::{Deserialize, Serialize};
use sit_engine::clearing::Terms;
use sit_engine::units::{Lots, Ticks};

/// What a lot should be worth, in quote atoms: the power of ten that comes closest to 250 US dollars is taken.
const LOT_VALUE: f64 = 250e6;

/// Sizes of an instrument: four digits of price, a lot of some hundred dollars (the launch preset).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizing {
    /// Quote atoms per million tokens in a tick.
    pub tick_size: u16,
    /// Quote atoms of a tick on a lot.
    pub tick_value: u32,
}

impl Sizing {
    /// The sizes for a price in US dollars per million tokens.
    #[must_use]
    pub fn for_price(dollars: f64) -> Self {
        let atoms = (dollars * 1e6).max(1.0);
        let tick_size = 10_u16.pow((atoms.log10().floor() - 3.0).clamp(0.0, 4.0) as u32);
        let lot = 10_u32.pow((LOT_VALUE / atoms).log10().round().clamp(0.0, 5.0) as u32);
        Self { tick_size, tick_value: u32::from(tick_size) * lot }
    }

    /// A price in ticks, nearest; at least one.
    #[must_use]
    pub fn ticks(&self, dollars: f64) -> Ticks {
        Ticks(self.exact_ticks(dollars).round().max(1.0) as u32)
    }

    /// A price in ticks, not rounded.
    #[must_use]
    pub fn exact_ticks(&self, dollars: f64) -> f64 {
        dollars * 1e6 / f64::from(self.tick_size)
    }

    /// What a lot is worth at a price, in quote atoms.
    #[must_use]
    pub fn lot_value(&self, price: Ticks) -> u64 {
        u64::from(price.0) * u64::from(self.tick_value)
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
}

impl Default for ParameterSet {
    /// The launch preset: 99 % over two days, the paper's maintenance share and first price limit, a fund of 250,000 USD.
    fn default() -> Self {
        Self {
            name: "launch".into(),
            confidence_ppm: 990_000,
            horizon_seconds: 2 * 86_400,
            maintenance_bps: 7_500,
            liquidation_end_bps: 8_750,
            price_limit_bps: 1_500,
            position_limit: 20_000,
            open_interest_cap: 100_000,
            fund: 250_000_000_000,
            latency: 300,
        }
    }
}

impl ParameterSet {
    /// The launch preset, one with less margin and one with more.
    #[must_use]
    pub fn presets() -> Vec<Self> {
        let with = |name: &str, confidence_ppm| Self { name: name.into(), confidence_ppm, ..Self::default() };
        vec![with("thin", 950_000), with("launch", 990_000), with("strict", 995_000)]
    }

    /// Terms of every month.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            taker_fee_ppm: 500,
            maker_fee_ppm: 100,
            price_limit_bps: self.price_limit_bps,
            position_limit: Lots(self.position_limit),
            open_interest_cap: Lots(self.open_interest_cap),
            maker_spread_front_bps: 200, // paper section 5.4
            maker_spread_back_bps: 500,
            maker_lots: Lots(50),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_four_digits_of_ticks_and_a_lot_some_hundred_dollars() {
        for dollars in [0.0025, 0.2625, 2.0, 15.0, 60.0] {
            let sizing = Sizing::for_price(dollars);
            let price = sizing.ticks(dollars);
            assert!((1_000..10_000).contains(&price.0), "{dollars}: {price:?}");
            assert!((50_000_000..1_000_000_000).contains(&sizing.lot_value(price)), "{dollars}");
        }
    }
}
