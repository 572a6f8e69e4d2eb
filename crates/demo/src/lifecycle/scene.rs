//! The path of prices, and the scene that is put into one that is too calm for a liquidation.
//!
//! The path is drawn from the calibrated process. When it has no rise of its own that takes all that a short position
//! with little collateral has, the story puts one in and says so: it is there to show who pays when margin is not
//! enough. The speculator sells on the morning of that day, so that nothing else happens to them before it.

use anyhow::{Context, Result};
use sit_engine::calendar::{self, Day};
use sit_engine::clearing::Month;
use sit_engine::clearing::mark::{slow_mark, strike};
use sit_engine::oracle::Print;
use sit_engine::units::Ticks;
use sit_sim::model::Model;
use sit_sim::path::{PathRequest, ScheduledJump, Target, simulate_one};

/// Day of the path on which the scene comes: the Tuesday of the second week.
pub(super) const SCENE_DAY: u32 = 8;

/// First day of the path on which the speculator may sell: the hedgers have built their positions by then.
const FIRST_SPECULATION_DAY: u32 = 3;

/// What the speculator pays in, as a multiple of the initial margin.
pub(super) const SPECULATION: f64 = 1.12;

/// How far the scene goes beyond what the speculator has: as far as the price of their sale may lie from the mark, and
/// the fees, so that they owe something in the end.
const BEYOND: f64 = 1.05;

/// The rise that takes all that the speculator has, as a multiple of the margin.
pub(super) const TAKEN: f64 = BEYOND * SPECULATION;

/// Days before the last trading day from which the month's mark is an average, in which a rise counts for less.
const WINDOW_DAYS: u32 = sit_engine::oracle::Rules::TPI.window_days as u32;

/// A rise that is put into the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    /// Size, as a fraction of the price.
    pub rise: f64,
}

/// Where the rise of a story comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rise {
    /// The path has it itself, on this day.
    Own(u32),
    /// It has none, and this one is put in on [`SCENE_DAY`].
    PutIn(Scene),
}

/// The index's path, from the first day on.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// Price of each day, in quote atoms per million tokens.
    pub index: Vec<u64>,
    /// Day of the rise, on whose morning the speculator sells.
    pub rise_day: u32,
    /// The rise that was put in.
    pub scene: Option<Scene>,
}

/// A daily settlement of the month that is traded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    /// Day of the path.
    pub day: u32,
    /// The mark, in ticks.
    pub mark: f64,
    /// The slow mark, in ticks.
    pub slow: f64,
}

/// What a path is drawn with.
#[derive(Clone, Copy)]
pub(super) struct Draw<'a> {
    pub model: &'a Model,
    pub seed: u64,
    /// Days to the last trading day of the month that is traded.
    pub tenor: u32,
    pub first_day: u32,
    /// Its first mark.
    pub mark: Ticks,
    /// Its tick, in quote atoms per million tokens.
    pub tick_size: u16,
}

/// The scenario of the random stream that a story's path is.
const STORY: u64 = 1;

impl Draw<'_> {
    /// The path as the process draws it, or with a rise on [`SCENE_DAY`].
    pub(super) fn path(&self, scene: Option<Scene>) -> Result<Path> {
        Ok(Path { index: self.index(STORY, scene)?, rise_day: SCENE_DAY, scene })
    }

    /// Prices of the index in a scenario of the random stream, in quote atoms per million tokens, from the first day
    /// on.
    pub(super) fn index(&self, scenario: u64, scene: Option<Scene>) -> Result<Vec<u64>> {
        let jump =
            |scene: Scene| ScheduledJump { day: SCENE_DAY, log_size: scene.rise.ln_1p(), target: Target::Permanent };
        let request = PathRequest {
            seed: self.seed,
            scenario,
            days: self.tenor,
            deliveries: Vec::new(),
            jumps: scene.map(jump).into_iter().collect(),
        };
        let path = simulate_one(self.model, &request).context("the path of prices cannot be drawn")?;
        Ok(path.days.iter().map(|day| (day.spot * 1e6).round().max(0.0) as u64).collect())
    }

    /// The rise of the story on a path, given the initial margin of a short position as a fraction of its value: the
    /// first of the path's own, from one settlement to the next, that takes all that the speculator has; else the one
    /// that does so on [`SCENE_DAY`], whatever the path does on that day.
    pub(super) fn rise(&self, index: &[u64], margin: f64) -> Rise {
        let settled = self.settlements(index);
        // Of the value of what they sell: what was paid in for the first mark, and no less than the contracts ask for
        // where they sell, at the mark of the settlement before: margin, and the distance to the slow mark.
        let held = |at: &Settled| {
            let slow = at.slow.max(at.mark);
            let paid = SPECULATION * margin * f64::from(self.mark.0);
            paid.max(SPECULATION * margin * at.mark).max(margin * slow + slow - at.mark) / at.mark
        };
        let taken = |before: &Settled| before.mark * (1.0 + BEYOND * held(before));
        let taking = |pair: &[Settled]| match pair {
            [before, after] => (after.day >= FIRST_SPECULATION_DAY && after.mark > taken(before)).then_some(after.day),
            _ => None,
        };
        if let Some(day) = settled.windows(2).find_map(taking) {
            return Rise::Own(day);
        }
        let until = |day: u32| settled.iter().rev().find(|settled| settled.day <= day);
        let rise = until(SCENE_DAY - 1).zip(until(SCENE_DAY)).map(|(before, drawn)| taken(before) / drawn.mark - 1.0);
        Rise::PutIn(Scene { rise: rise.unwrap_or_default() })
    }

    /// Every settlement before the averaging window, as the engine makes them from the index alone.
    pub(super) fn settlements(&self, index: &[u64]) -> Vec<Settled> {
        let expiry = calendar::last_trading_time(Day(self.first_day + self.tenor));
        let mut month =
            Month { settle: self.mark, slow: self.mark, tick_size: self.tick_size, expiry, ..Month::default() };
        let print = |day: u32| {
            let price = index.get(day as usize).copied().unwrap_or_default();
            let day = Day(self.first_day + day);
            Print { day, price: u32::try_from(price).unwrap_or(u32::MAX).max(1), published_at: day.start() }
        };
        let settled =
            |day: u32, month: &Month| Settled { day, mark: f64::from(month.settle.0), slow: f64::from(month.slow.0) };
        let mut settlements = vec![settled(0, &month)];
        let mut before = print(0);
        for day in 1..self.tenor.saturating_sub(WINDOW_DAYS) {
            if calendar::is_session(Day(self.first_day + day).start()) {
                month.settle = strike(&month, before, print(day), None, || None).mark;
                month.slow = slow_mark(month.slow, month.settle);
                before = print(day);
                settlements.push(settled(day, &month));
            }
        }
        settlements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARGIN: f64 = 0.4;

    fn draw(model: &Model) -> Draw<'_> {
        // Monday, 2026-01-05.
        Draw { model, seed: 1, tenor: 30, first_day: 20_458, mark: Ticks(2_000), tick_size: 1_000 }
    }

    fn index(price: impl Fn(u32) -> u64) -> Vec<u64> {
        (0..35).map(price).collect()
    }

    fn put_in(rise: Rise) -> f64 {
        match rise {
            Rise::PutIn(scene) => scene.rise,
            Rise::Own(day) => panic!("the path has a rise of its own on day {day}"),
        }
    }

    #[test]
    fn a_calm_path_is_given_a_rise_beyond_what_a_short_position_holds() {
        let model = Model::paper();
        let rise = put_in(draw(&model).rise(&index(|_| 2_000_000), MARGIN));
        assert!((rise - BEYOND * SPECULATION * MARGIN).abs() < 1e-12);
        // Who paid in for a dearer lot holds more of a cheaper one, and the rise follows; so it does where the price
        // falls on the very day.
        let falling = put_in(draw(&model).rise(&index(|day| 2_000_000 - 50_000 * u64::from(day)), MARGIN));
        assert!(falling > rise + 0.05, "{falling}");
        let on_the_day = index(|day| if day < SCENE_DAY { 2_000_000 } else { 1_600_000 });
        let told = put_in(draw(&model).rise(&on_the_day, MARGIN));
        assert!(((1.0 + told) * 0.8 - 1.0 - rise).abs() < 0.01, "{told}");
    }

    #[test]
    fn a_path_with_a_rise_of_its_own_is_left_alone() {
        let model = Model::paper();
        let rise = |at: u32| draw(&model).rise(&index(|day| if day < at { 2_000_000 } else { 3_000_000 }), MARGIN);
        assert!(matches!(rise(12), Rise::Own(14 | 12)), "{:?}", rise(12));
        // Over a weekend too: from Friday to Monday.
        assert!(matches!(rise(13), Rise::Own(14)), "{:?}", rise(13));
        // Before the speculator is in it calls nobody, and in the averaging window it is a part of an average.
        assert!(matches!(rise(2), Rise::PutIn(_)) && matches!(rise(3), Rise::Own(3)));
        assert!(matches!(rise(28), Rise::PutIn(_)));
    }

    #[test]
    fn the_rest_of_the_path_is_the_same_with_the_scene() {
        let model = Model::paper();
        let draw = draw(&model);
        let calm = draw.path(None).unwrap();
        let told = draw.path(Some(Scene { rise: 0.5 })).unwrap();
        assert_eq!(calm.index[..8], told.index[..8]);
        let ratio = told.index[20] as f64 / calm.index[20] as f64;
        assert!((ratio - 1.5).abs() < 1e-5, "{ratio}");
    }
}
