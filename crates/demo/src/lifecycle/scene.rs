//! The path of prices, and the scene that is put into one that is too calm for a liquidation.
//!
//! The path is drawn from the calibrated process. When it has no rise of its own that a short position's margin does not
//! cover, the story puts one in and says so: it is there to show who pays when margin is not enough.

use anyhow::{Context, Result};
use sit_engine::calendar;
use sit_engine::units::Seconds;
use sit_sim::model::Model;
use sit_sim::path::{PathRequest, ScheduledJump, Target, simulate_one};

/// Day of the path on which the scene comes: the Tuesday of the second week.
pub(super) const SCENE_DAY: u32 = 8;

/// Day of the path on which the speculator sells.
pub(super) const SPECULATION_DAY: u32 = 3;

/// What the speculator pays in, as a multiple of the initial margin.
pub(super) const SPECULATION: f64 = 1.05;

/// How far the scene goes beyond what the speculator has.
const BEYOND: f64 = 1.15 / SPECULATION;

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
    /// Initial margin of a short position in it, as a fraction of its value.
    pub margin: f64,
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

    /// The scene for a path: none where it has a rise of its own from one settlement to the next, once the speculator is
    /// in, that a short position's margin does not cover.
    pub(super) fn scene(&self, path: &Path) -> Option<Scene> {
        // The speculator sells in the morning, at the mark of the day before.
        let settled: Vec<u64> = (SPECULATION_DAY - 1..self.tenor)
            .filter(|day| calendar::is_session(Seconds((self.first_day + day) * 86_400)))
            .filter_map(|day| path.index.get(day as usize).copied())
            .collect();
        let rise = |pair: &[u64]| matches!(pair, [a, b] if *b as f64 > *a as f64 * (1.0 + self.margin));
        if settled.windows(2).any(rise) {
            return None;
        }
        // What the speculator has by then for each dollar of the position: what was paid in, and what has been won since.
        let at = |day: u32| path.index.get(day as usize).map_or(1.0, |price| (*price).max(1) as f64);
        let (sold, now) = (at(SPECULATION_DAY - 1), at(SCENE_DAY - 1));
        let paid = SPECULATION * self.margin;
        let held = (paid * at(0).max(sold) + sold - now) / now;
        Some(Scene { rise: BEYOND * held.max(paid) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(model: &Model) -> Draw<'_> {
        // Monday, 2026-01-05.
        Draw { model, seed: 1, tenor: 30, first_day: 20_458, margin: 0.4 }
    }

    fn path(index: impl Fn(u32) -> u64) -> Path {
        Path { index: (0..35).map(index).collect(), scene: None }
    }

    #[test]
    fn a_calm_path_is_given_a_rise_beyond_what_a_short_position_holds() {
        let model = Model::paper();
        let scene = draw(&model).scene(&path(|_| 2_000_000)).expect("nothing happens on this path");
        assert!((scene.rise - 1.15 * 0.4).abs() < 1e-12);
        // Who has won on the way holds more, and the rise follows.
        let falling = draw(&model).scene(&path(|day| 2_000_000 - 50_000 * u64::from(day))).expect("it falls");
        assert!(falling.rise > 0.5);
    }

    #[test]
    fn a_path_with_a_rise_of_its_own_is_left_alone() {
        let model = Model::paper();
        let jumps_on = |at: u32| path(move |day| if day < at { 2_000_000 } else { 2_900_000 });
        assert!(draw(&model).scene(&jumps_on(12)).is_none());
        // Over a weekend too: from Friday to Monday.
        assert!(draw(&model).scene(&jumps_on(13)).is_none());
        // Before the speculator is in it calls nobody.
        assert!(draw(&model).scene(&jumps_on(2)).is_some());
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
