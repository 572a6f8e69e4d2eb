//! Sizes of the contract in the story: those of the launch preset, with prices in US dollars.

use sit_engine::clearing::{AddOns, PAGE_TICKS, PAGES, Terms};
use sit_engine::launch;
use sit_engine::units::{Lots, Ticks};

/// Largest value of a tick on a lot, in quote atoms: with it the position limit's value at the largest price still
/// stays below 2^62, as the contract asks (`Terms::check`).
const MOST_TICK_VALUE: u32 = ((1_u64 << 62) / (launch::TERMS.position_limit.0 as u64 * Ticks::MAX.0 as u64)) as u32;

/// The coarsest tick, in quote atoms per million tokens: five cents, the largest round size in the contract's 16 bits.
const COARSEST: u16 = 50_000;

/// Price from which the coarsest tick is taken, in quote atoms per million tokens: 100 USD, so that four digits are
/// left.
const COARSEST_FROM: u64 = 100_000_000;

/// The widest spread that makers are permitted in the front months, in basis points: with the back months at two and a
/// half times that, the most that the contract takes.
const WIDEST_SPREAD_BPS: u16 = 800;

/// The narrowest first price limit that the contract takes, in basis points.
const NARROWEST_LIMIT_BPS: u16 = 100;

/// Sizes and terms of an instrument.
#[derive(Clone, Copy, Debug)]
pub struct MonthSizes {
    /// Millions of tokens in a lot.
    pub lot: u32,
    /// Quote atoms per million tokens in a tick.
    pub tick_size: u16,
    /// Quote atoms of a tick on a lot.
    pub tick_value: u32,
    /// Terms of the launch preset.
    pub terms: Terms,
}

impl MonthSizes {
    /// The fewest ticks that a mark may have: the narrowest price limit then still holds a tick inside it on which
    /// quotes can stand without a trade at the limit, which would halt trading.
    pub const LEAST_TICKS: u32 = 2 * 10_000 / NARROWEST_LIMIT_BPS as u32;

    /// The lot of the launch preset for a price in quote atoms per million tokens, with the tick that fits it.
    #[must_use]
    pub fn for_price(price: u64) -> Self {
        Self::of_lot(launch::Sizing::for_price(price).lot, price)
    }

    /// The same lot with the tick that fits a month's mark, in quote atoms per million tokens: far months may cost much
    /// less or more than today's price.
    #[must_use]
    pub fn with_mark(&self, mark: u64) -> Self {
        Self { terms: self.terms, ..Self::of_lot(self.lot, mark) }
    }

    fn of_lot(lot: u32, price: u64) -> Self {
        // Four digits of price; from 100 USD on some more, for ticks end at five cents.
        let preset = launch::Sizing::for_price(price).tick_size;
        let mut tick_size = if price >= COARSEST_FROM { COARSEST } else { preset };
        while tick_size > 1 && u32::from(tick_size).saturating_mul(lot) > MOST_TICK_VALUE {
            tick_size = tick_size.div_ceil(10);
        }
        Self { lot, tick_size, tick_value: u32::from(tick_size) * lot, terms: launch::TERMS }
    }

    /// These sizes with limits that fit a process: the first price limit as its margin set has it, in basis points,
    /// as far as the second one, five thirds of it, stays inside the book's window around a mark of `mark` ticks; and
    /// the spread that makers may quote, which is a day's diffusive move, but not below the preset's.
    #[must_use]
    pub fn limited(mut self, mark: u32, price_limit_bps: u32, daily_move: f64) -> Self {
        let window = u64::from(PAGES / 2 * PAGE_TICKS - PAGE_TICKS) * 10_000 * 3 / 5 / u64::from(mark.max(1));
        let limit = u64::from(price_limit_bps).min(window).max(NARROWEST_LIMIT_BPS.into());
        self.terms.price_limit_bps = u16::try_from(limit).unwrap_or(u16::MAX).min(5_000);
        let narrowest = launch::TERMS.maker_spread_front_bps;
        let spread = (daily_move * 1e4).round().clamp(narrowest.into(), WIDEST_SPREAD_BPS.into()) as u16;
        self.terms.maker_spread_front_bps = spread;
        self.terms.maker_spread_back_bps = spread / 2 * 5;
        self
    }

    /// What a lot is worth at a mark, in quote atoms.
    #[must_use]
    pub fn lot_value(&self, mark: u32) -> u64 {
        u64::from(mark) * u64::from(self.tick_value)
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

    /// The add-ons of the launch preset, except for the sizes: the story has few accounts, each of which stands for
    /// many, so a position pays for its size from a tenth of the position limit on, and its whole value at ten times
    /// the limit.
    #[must_use]
    pub fn add_ons(&self) -> AddOns {
        let limit = self.terms.position_limit.0;
        AddOns { size_lower: Lots(limit / 10), size_upper: Lots(limit * 10), ..launch::ADD_ONS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_engine::units::TickValue;

    #[test]
    fn every_price_that_the_index_can_carry_has_sizes_that_the_contract_takes() {
        for digits in 2..=9 {
            for lead in [1, 2, 4, 5, 9] {
                let price = lead * 10_u64.pow(digits);
                let spot = MonthSizes::for_price(price);
                // Its far months may cost a thousandth of it, or a thousand times as much.
                for mark in [price / 1_000, price / 30, price, 30 * price, 1_000 * price] {
                    let sizing = spot.with_mark(mark);
                    let ticks = mark / u64::from(sizing.tick_size);
                    assert_eq!(sizing.lot, spot.lot);
                    assert!(ticks < u64::from(Ticks::MAX.0) || mark > u64::from(u32::MAX), "{price} {mark}: {ticks}");
                    assert!(ticks >= 1_000 || mark < 1_000, "{price} {mark}: {ticks}");
                    let limited = sizing.limited(ticks as u32, 1_500, 0.08);
                    assert_eq!(limited.terms.check(TickValue(limited.tick_value)), Ok(()), "{price} {mark}");
                }
            }
        }
    }

    #[test]
    fn the_second_price_limit_of_a_dear_month_lies_inside_the_books_window() {
        for mark in [1_000_u32, 9_999, 16_000, 80_000, 200_000] {
            let terms = MonthSizes::for_price(1).limited(mark, 1_500, 0.0).terms;
            let second = u64::from(mark) * u64::from(terms.price_limit_bps) * 5 / 3 / 10_000;
            assert!(second <= u64::from(PAGES / 2 * PAGE_TICKS), "{mark}: {second}");
            assert_eq!(terms.price_limit_bps == 1_500, mark <= 16_000, "{mark}: {}", terms.price_limit_bps);
        }
    }

    #[test]
    fn the_fewest_ticks_are_those_at_which_quotes_stand_inside_the_narrowest_limit() {
        // At the limit a trade halts trading; a tick inside it is one nearer to the mark.
        let inside = |mark: u32| (mark * u32::from(NARROWEST_LIMIT_BPS) / 10_000).saturating_sub(1);
        assert_eq!([MonthSizes::LEAST_TICKS - 1, MonthSizes::LEAST_TICKS].map(inside), [0, 1]);
        let sizes = MonthSizes::for_price(MonthSizes::LEAST_TICKS.into());
        assert_eq!(sizes.tick_size, 1, "no tick is smaller");
        let limited = sizes.limited(MonthSizes::LEAST_TICKS, NARROWEST_LIMIT_BPS.into(), 0.0);
        assert_eq!(limited.terms.check(TickValue(limited.tick_value)), Ok(()));
    }

    #[test]
    fn makers_may_quote_a_days_move_between_the_papers_spread_and_the_contracts() {
        let spreads = |daily_move| {
            let terms = MonthSizes::for_price(2_000_000).limited(2_000, 1_500, daily_move).terms;
            (terms.maker_spread_front_bps, terms.maker_spread_back_bps)
        };
        assert_eq!([0.0, 0.03, 1.0].map(spreads), [(200, 500), (300, 750), (800, 2_000)]);
    }
}
