//! How deep and how tight the book is with the programme and without it.
//!
//! Without it nobody has obligations: makers quote where they earn most by trading alone. Each chooses a half-spread
//! and a size from a grid as the best answer to what all others do, and all follow, until nobody gains by another
//! choice or after [`ROUNDS`]. Depth is what the book then shows within a distance of the fair value, averaged over the
//! week.

use rayon::prelude::*;
use serde::Serialize;

use super::experiment::{draw_news, weighed};
use super::strategy::Player;
use super::world::{Setting, World};
use super::{Experiment, Strategy};

/// Half-spreads to choose from, in basis points.
const HALVES: [u32; 6] = [10, 15, 25, 40, 60, 90];

/// Lots on each side to choose from; zero is to stay away.
const SIZES: [u32; 5] = [0, 50, 100, 200, 400];

/// Best answers that are followed at most.
const ROUNDS: u32 = 6;

/// How a maker quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quoting {
    /// Half of the spread, basis points.
    pub half_bps: u32,
    /// Lots on each side; zero for absent.
    pub lots: u32,
}

/// Depth on the smaller side within a distance of the fair value, of all makers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// Weekly budget, dollars.
    pub budget: f64,
    /// How every maker quotes in the end.
    pub quoting: Quoting,
    /// Whether nobody gained by another choice.
    pub settled: bool,
    /// Profit of a maker in a week, dollars.
    pub profit: f64,
    /// Distance from the fair value in basis points, and lots within it.
    pub points: Vec<(u32, f64)>,
}

/// Both markets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Depth {
    /// With the programme.
    pub with: Curve,
    /// Without it.
    pub without: Curve,
}

/// Mean profit of the first maker with one way to quote while all others keep another.
fn profit(experiment: &Experiment, mine: Quoting, others: Quoting, capital: f64) -> f64 {
    let setting = &experiment.setting;
    let level = |quoting: Quoting| Strategy::Level { half_bps: quoting.half_bps, lots: quoting.lots };
    let week = |path: u64, has_news: bool| {
        let mut players: Vec<Player> = (0..setting.makers)
            .map(|seat| Player::new(level(if seat == 0 { mine } else { others }), seat, 0))
            .collect();
        let number = 2 * path + u64::from(has_news);
        let mut world = World::new(setting, setting.makers, 0, experiment.seed, number);
        world.play(setting, &mut players, has_news.then(|| draw_news(experiment.seed, path)));
        let outcome = world.close(setting.makers).first().copied().unwrap_or_default();
        outcome.trading + outcome.reward - if mine.lots > 0 { capital } else { 0.0 }
    };
    let weeks: Vec<f64> =
        (0..experiment.paths).into_par_iter().map(|path| weighed(week(path, true), week(path, false))).collect();
    weeks.iter().sum::<f64>() / weeks.len().max(1) as f64
}

/// Follows best answers. With a budget the capital requirement costs `capital` dollars a week.
fn settle(experiment: &Experiment, capital: f64) -> Curve {
    let mut all = Quoting { half_bps: 40, lots: 100 };
    let mut settled = false;
    let mut earns = 0.0;
    for _ in 0..ROUNDS {
        let kept = profit(experiment, all, all, capital);
        let mut best = (all, kept);
        for half_bps in HALVES {
            for lots in SIZES {
                let mine = Quoting { half_bps, lots };
                let earned = profit(experiment, mine, all, capital);
                if earned > best.1 {
                    best = (mine, earned);
                }
            }
        }
        (settled, earns) = (best.0 == all, kept);
        if settled {
            break;
        }
        all = best.0;
    }
    let within = |distance: u32| {
        let total = f64::from(all.lots * experiment.setting.makers);
        (distance, if all.half_bps <= distance { total } else { 0.0 })
    };
    let points = (0..=20).map(|step| within(step * 5)).collect();
    Curve { budget: experiment.setting.budget as f64 / 1e6, quoting: all, settled, profit: earns, points }
}

/// The market with the programme and without it.
#[must_use]
pub fn depth(experiment: &Experiment) -> Depth {
    let capital = experiment.setting.parameters.capital as f64 / 1e6 * 0.10 / 52.0;
    let bare = Setting { budget: 0, ..experiment.setting };
    Depth { with: settle(experiment, capital), without: settle(&Experiment { setting: bare, ..*experiment }, 0.0) }
}
