//! The path of prices, and the scene that is put into one that is too calm for a liquidation.
//!
//! The path is drawn from the calibrated process. When it has no rise of its own that a short position's margin does
//! not cover, the story puts one in and says so: it is there to show who pays when margin is not enough.

use anyhow::{Context, Result};
use sit_engine::calendar::{self, Day};
use sit_engine::clearing::Month;
use sit_engine::clearing::mark::strike;
use sit_engine::oracle::Print;
use sit_engine::units::Ticks;
use sit_sim::model::Model;
use sit_sim::path::{PathRequest, ScheduledJump, Target, simulate_one};

/// Day of the path on which the scene comes: the Tuesday of the second week.
pub(super) const SCENE_DAY: u32 = 8;

/// Day of the path on which the speculator sells.
pub(super) const SPECULATION_DAY: u32 = 3;

/// What the speculator pays in, as a multiple of the initial margin: a little more than a usual day takes.
pub(super) const SPECULATION: f64 = 1.12;

/// How far the scene goes beyond what the speculator has.
const BEYOND: f64 = 1.15 / SPECULATION;

/// Days before the last trading day from which the month's mark is an average, in which a rise counts for less.
const WINDOW_DAYS: u32 = sit_engine::oracle::Rules::TPI.window_days as u32;

/// A rise that is put into the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    /// Size, as a fraction of the price.
    pub rise: f64,
}

/// The index's path, from the first day on.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// Price of each day, in quote atoms per million tokens.
    pub index: Vec<u64>,
    /// The rise that was put in.
    pub scene: Option<Scene>,
}

/// What a path is drawn with.
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

impl Draw<'_> {
    /// The path as the process draws it, or with a rise on [`SCENE_DAY`].
    pub(super) fn path(&self, scene: Option<Scene>) -> Result<Path> {
        let jump =
            |scene: Scene| ScheduledJump { day: SCENE_DAY, log_size: scene.rise.ln_1p(), target: Target::Permanent };
        let request = PathRequest {
            seed: self.seed,
            scenario: 1,
            days: self.tenor,
            deliveries: Vec::new(),
            jumps: scene.map(jump).into_iter().collect(),
        };
        let path = simulate_one(self.model, &request).context("the path of prices cannot be drawn")?;
        let index = path.days.iter().map(|day| (day.spot * 1e6).round().max(0.0) as u64).collect();
        Ok(Path { index, scene })
    }

    /// The scene for a path, given the initial margin of a short position as a fraction of its value: none where the
    /// month has a rise of its own from one settlement to the next, once the speculator is in, that this margin does
    /// not cover.
    pub(super) fn scene(&self, path: &Path, margin: f64) -> Option<Scene> {
        let marks = self.marks(path);
        let settled_by =
            |day: u32| marks.iter().rev().find(|(settled, _)| *settled <= day).map_or(1.0, |(_, mark)| *mark);
        // The speculator sells in the morning, at the mark of the day before.
        let held = marks.iter().filter(|(day, _)| *day + 1 >= SPECULATION_DAY).map(|(_, mark)| *mark);
        let held: Vec<f64> = held.collect();
        if held.windows(2).any(|pair| matches!(pair, [a, b] if *b > *a * (1.0 + margin))) {
            return None;
        }
        // What the speculator has by then for each dollar of the position: what was paid in, and what has been won
        // since.
        let (sold, now) = (settled_by(SPECULATION_DAY - 1), settled_by(SCENE_DAY - 1));
        let paid = SPECULATION * margin;
        let held = (paid * settled_by(0).max(sold) + sold - now) / now;
        Some(Scene { rise: BEYOND * held.max(paid) })
    }

    /// The day and the mark of every settlement before the averaging window, as the engine makes them from the index
    /// alone, in ticks.
    fn marks(&self, path: &Path) -> Vec<(u32, f64)> {
        let expiry = calendar::last_trading_time(Day(self.first_day + self.tenor));
        let mut month = Month { settle: self.mark, tick_size: self.tick_size, expiry, ..Month::default() };
        let print = |day: u32| {
            let price = path.index.get(day as usize).copied().unwrap_or_default();
            let day = Day(self.first_day + day);
            Print { day, price: u32::try_from(price).unwrap_or(u32::MAX).max(1), published_at: day.start() }
        };
        let mut marks = vec![(0, f64::from(self.mark.0))];
        let mut before = print(0);
        for day in 1..self.tenor.saturating_sub(WINDOW_DAYS) {
            if calendar::is_session(Day(self.first_day + day).start()) {
                month.settle = strike(&month, before, print(day), None, || None).mark;
                before = print(day);
                marks.push((day, f64::from(month.settle.0)));
            }
        }
        marks
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

    fn path(index: impl Fn(u32) -> u64) -> Path {
        Path { index: (0..35).map(index).collect(), scene: None }
    }

    #[test]
    fn a_calm_path_is_given_a_rise_beyond_what_a_short_position_holds() {
        let model = Model::paper();
        let scene = draw(&model).scene(&path(|_| 2_000_000), MARGIN).expect("nothing happens on this path");
        assert!((scene.rise - 1.15 * MARGIN).abs() < 1e-12);
        // Who has won on the way holds more, and the rise follows.
        let falling = draw(&model).scene(&path(|day| 2_000_000 - 50_000 * u64::from(day)), MARGIN).expect("it falls");
        assert!(falling.rise > 0.5);
        // What the index loses on its way to a mark that had expected it, nobody wins.
        let expected = Draw { mark: Ticks(1_000), ..draw(&model) };
        let expected = expected.scene(&path(|day| 2_000_000 - 33_333 * u64::from(day)), MARGIN).expect("it falls");
        assert!(expected.rise < falling.rise, "{expected:?} {falling:?}");
    }

    #[test]
    fn a_path_with_a_rise_of_its_own_is_left_alone() {
        let model = Model::paper();
        let scene = |at: u32| draw(&model).scene(&path(|day| if day < at { 2_000_000 } else { 2_900_000 }), MARGIN);
        assert!(scene(12).is_none());
        // Over a weekend too: from Friday to Monday.
        assert!(scene(13).is_none());
        // Before the speculator is in it calls nobody, and in the averaging window it is a part of an average.
        assert!(scene(2).is_some() && scene(3).is_none() && scene(28).is_some());
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
