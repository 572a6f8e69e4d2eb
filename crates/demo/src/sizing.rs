//! Contract sizes that make sense at today's price.
//!
//! The paper's lot of a million tokens is worth cents at today's prices and its tick is coarser than a maker's spread
//! (`docs/book/src/departures.md`). The launch preset takes powers of ten so that a price has four digits of ticks and a
//! lot is worth some hundred dollars.

use sit_engine::clearing::{AddOns, Terms};
use sit_engine::units::Lots;

/// What a lot should be worth, in quote atoms: the power of ten that comes closest to 250 USD is taken.
const LOT_VALUE: f64 = 250e6;

/// Sizes of an instrument.
#[derive(Clone, Copy, Debug)]
pub struct Sizing {
    /// Millions of tokens in a lot.
    pub lot: u32,
    /// Quote atoms per million tokens in a tick.
    pub tick_size: u16,
    /// Quote atoms of a tick on a lot.
    pub tick_value: u32,
    /// Terms of the launch preset.
    pub terms: Terms,
}

impl Sizing {
    /// The sizes for a price in quote atoms per million tokens.
    #[must_use]
    pub fn for_price(price: u64) -> Self {
        let digits = price.max(1).ilog10();
        // Four digits of price; a tick of at most 10,000 atoms, the paper's cent.
        let tick_size = 10_u16.pow(digits.saturating_sub(3).min(4));
        let lots_in_value = LOT_VALUE / price.max(1) as f64;
        let lot = 10_u32.pow(lots_in_value.log10().round().clamp(0.0, 5.0) as u32);
        Self { lot, tick_size, tick_value: u32::from(tick_size) * lot, terms: Self::terms() }
    }

    /// Price in ticks, nearest.
    #[must_use]
    pub fn ticks(&self, dollars: f64) -> u32 {
        (dollars * 1e6 / f64::from(self.tick_size)).round().max(1.0) as u32
    }

    /// Price in US dollars per million tokens.
    #[must_use]
    pub fn dollars(&self, ticks: u32) -> f64 {
        f64::from(ticks) * f64::from(self.tick_size) / 1e6
    }

    /// The add-ons of the launch preset: a position pays for its size from a tenth of the position limit on, and its whole value
    /// at ten times the limit.
    #[must_use]
    pub fn add_ons(&self) -> AddOns {
        let limit = self.terms.position_limit.0;
        AddOns { size_lower: Lots(limit / 10), size_upper: Lots(limit * 10), ..AddOns::LAUNCH }
    }

    fn terms() -> Terms {
        Terms {
            taker_fee_ppm: 500,
            maker_fee_ppm: 100,
            price_limit_bps: 1_500, // paper section 5.3, first limit
            position_limit: Lots(20_000),
            open_interest_cap: Lots(100_000),
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
        for price in [2_500_u64, 262_500, 2_000_000, 15_000_000, 60_000_000] {
            let sizing = Sizing::for_price(price);
            let ticks = price / u64::from(sizing.tick_size);
            assert!((1_000..10_000).contains(&ticks), "{price}: {ticks}");
            let value = ticks * u64::from(sizing.tick_value);
            assert!((50_000_000..1_000_000_000).contains(&value), "{price}: {value}");
        }
    }
}
