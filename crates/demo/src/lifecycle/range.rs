//! What the exchange can list: the refusals that a history meets before anything is built or sent.

use super::scene::Path;
use crate::calendar::iso;
use crate::exchange::PROVIDER_SPREAD_BPS;
use crate::month_sizes::MonthSizes;
use crate::report::price_text;
use anyhow::{Context, Result, ensure};
use jiff::civil::Date;
use sit_engine::calendar::Day;
use sit_engine::governance::{self, MarginRules};
use sit_sim::margin::{MarginError, MarginSet};

/// The last year of a history: a story lasts two months, its farthest month lies two years ahead, and the calendar of
/// the contracts ends in 2106.
const LAST_YEAR: i16 = 2100;

/// The highest index price, in quote atoms per million tokens: the index holds a price in 32 bits, and the highest
/// provider price that the last reporter sees must fit too. 4,128.59 USD.
pub(super) const HIGHEST: u64 = {
    let (mut dearest, mut place) = (0, 0);
    while place < PROVIDER_SPREAD_BPS.len() {
        dearest = if PROVIDER_SPREAD_BPS[place] > dearest { PROVIDER_SPREAD_BPS[place] } else { dearest };
        place += 1;
    }
    u32::MAX as u64 * 100 / 101 * 10_000 / dearest
};

/// The lowest price that can be listed, in quote atoms per million tokens: a tick is an atom at least. 0.0002 USD.
pub(super) const LOWEST: u64 = MonthSizes::LEAST_TICKS as u64;

/// The unix day of the first Monday after a history's last day.
pub(super) fn first_monday_after(date: &Date) -> Result<u32> {
    ensure!(
        (1970..=LAST_YEAR).contains(&date.year()),
        "the history ends on {date}, and the exchange's calendar takes histories that end from 1970 to {LAST_YEAR}: correct the \
         dates"
    );
    let monday = date.nth_weekday(1, jiff::civil::Weekday::Monday)?;
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = epoch.until((jiff::Unit::Day, monday))?.get_days();
    let day = u32::try_from(days).context("a day from 1970 on has a number")?;
    ensure!(iso(day) == monday.to_string(), "the calendars of the engine and of the history agree");
    Ok(day)
}

/// Refuses a path of index prices that leaves the range of the index, or that moves further in a day than the index
/// believes.
pub(super) fn check_path(path: &Path, first_day: u32, seed: u64) -> Result<()> {
    let (lowest, highest) = (price_text(LOWEST as f64 / 1e6), price_text(HIGHEST as f64 / 1e6));
    let mut before: Option<u64> = None;
    for (number, price) in (0_u32..).zip(&path.index) {
        let (day, text) = (iso(first_day + number), price_text(*price as f64 / 1e6));
        let first = number == 0;
        let whose = if first {
            format!("the history ends at {text} per million tokens")
        } else {
            format!("on {day} of the path drawn with seed {seed} a million tokens cost {text}")
        };
        let listed = format!("the exchange lists prices from {lowest} to {highest}");
        let seeds = if first { "" } else { ", or draw another path with --seed" };
        ensure!(
            *price >= LOWEST,
            "{whose}, and {listed}: if the column is in US dollars per token or per thousand tokens, multiply it by 1,000,000 \
             or by 1,000{seeds}"
        );
        ensure!(
            *price <= HIGHEST,
            "{whose}, and {listed}: if the column is in cents or per billion tokens, divide it by 100 or by 1,000; else give \
             the price of a smaller unit, such as a thousandth{seeds}"
        );
        if let Some(before) = before {
            let limit = u64::from(sit_engine::oracle::Rules::TPI.reject_above);
            let (low, high) = (before.min(*price), before.max(*price));
            ensure!(
                high * 10_000 <= low * limit,
                "on {day} of the path drawn with seed {seed} the price moves from {} to {text} in a day, and the index takes a \
                 move beyond {}x for an error of units: look for prices in another unit in the history, or draw another path \
                 with --seed",
                price_text(before as f64 / 1e6),
                limit / 10_000
            );
        }
        before = Some(*price);
    }
    Ok(())
}

/// Why a history has no margin set, in a sentence about the history.
pub(super) fn unmargined(error: MarginError) -> anyhow::Error {
    match error {
        MarginError::ShockTooLarge { tenor_days, bps } => anyhow::anyhow!(
            "this history jumps so much that the month of {tenor_days} days would need a margin of {:.0} % of its price, and the \
             contracts hold {:.0} % at most: look for prices in another unit in the history",
            bps / 100.0,
            f64::from(i16::MAX) / 100.0
        ),
        error => error.into(),
    }
}

/// Refuses a margin set that governance would refuse.
pub(super) fn check_margin(set: &MarginSet) -> Result<()> {
    let (maintenance_bps, liq_end_bps) = (sit_engine::launch::MAINTENANCE_BPS, sit_engine::launch::LIQUIDATION_END_BPS);
    let proposed = governance::MarginSet { product: 0, maintenance_bps, liq_end_bps, shocks: set.shocks };
    proposed.validate(&MarginRules::INITIAL).map_err(|error| {
        anyhow::anyhow!(
            "this history moves so much that its margin set would be refused: {} Look for prices in another unit in the history.",
            error.explanation()
        )
    })
}

/// How many of the months that the calendar lists have a mark that ticks can carry, nearest first; the one that the
/// story trades must be among them. Marks are in quote atoms per million tokens.
pub(super) fn listable(marks: &[u64], sizing: &MonthSizes, traded: usize, expiries: &[Day]) -> Result<usize> {
    let fits = |mark: u64| {
        let ticks = mark / u64::from(sizing.with_mark(mark).tick_size);
        (u64::from(MonthSizes::LEAST_TICKS)..u64::from(sit_engine::units::Ticks::MAX.0)).contains(&ticks)
    };
    let count = marks.iter().take_while(|mark| fits(**mark)).count();
    let mark = marks.get(count).copied().unwrap_or_default();
    ensure!(
        count > traded,
        "the trend of this history leads to a price of {} per million tokens for the month of {}, which no tick can carry: use \
         the part of the history with the trend that is to go on",
        price_text(mark as f64 / 1e6),
        crate::calendar::month_label(expiries.get(count).map_or(0, |day| day.0))
    );
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::batch;

    /// What is refused for its height is what the index cannot carry, and nothing below it: the last reporter sees a
    /// hundredth more, as in [`crate::exchange::Exchange::submit_prices`].
    #[test]
    fn the_highest_price_is_the_last_that_reporters_can_submit() {
        let fits = |price: u64| batch(price * 101 / 100).is_ok();
        assert!(fits(HIGHEST), "it is carried");
        // Roundings down, of a hundredth and of a spread, hide the next atom or two.
        assert!(!fits(HIGHEST + 3), "a price above it would not run");
        assert!(fits(1) && fits(LOWEST), "below there is room");
    }
}
