//! Sizes of the contract in the story: those of the launch preset, with prices in US dollars.

use sit_engine::clearing::{AddOns, Terms};
use sit_engine::launch;
use sit_engine::units::Lots;

/// Sizes and terms of an instrument.
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
    /// The sizes of the launch preset for a price in quote atoms per million tokens.
    #[must_use]
    pub fn for_price(price: u64) -> Self {
        let launch::Sizing { lot, tick_size, tick_value } = launch::Sizing::for_price(price);
        Self { lot, tick_size, tick_value: tick_value.0, terms: launch::TERMS }
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

    /// The add-ons of the launch preset, but for the sizes: the story has few accounts, each of which stands for many, so a
    /// position pays for its size from a tenth of the position limit on, and its whole value at ten times the limit.
    #[must_use]
    pub fn add_ons(&self) -> AddOns {
        let limit = self.terms.position_limit.0;
        AddOns { size_lower: Lots(limit / 10), size_upper: Lots(limit * 10), ..launch::ADD_ONS }
    }
}
