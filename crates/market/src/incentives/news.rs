//! What a public price cut costs makers, with and without the opening phase and its quote epochs.
//!
//! The index prints the news at noon, and somebody who read it sends an order into the same block. From noon on the
//! book waits for the print, the print voids all quotes, and two minutes later it opens with new ones; without, the old
//! quotes still stand, so the order is carried out as if it had come just before. News that is out hours before the
//! print costs makers the same in both: no epoch helps against it.

use rayon::prelude::*;
use serde::Serialize;
use sit_engine::calendar;
use sit_engine::units::Seconds;

use super::experiment::draw_news;
use super::strategy::Player;
use super::world::{START, STEP, World};
use super::{Experiment, Strategy};

/// What one event costs an honest maker on average, in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct News {
    /// Events.
    pub paths: u64,
    /// Mean size of the move, in percent.
    pub move_percent: f64,
    /// Loss to the order in the block of the print, with the opening phase and quote epochs.
    pub with_epochs: f64,
    /// Loss to the order in the block of the print, without the opening phase and quote epochs.
    pub without_epochs: f64,
    /// Standard error of the difference.
    pub standard_error: f64,
}

/// Loss of honest makers in the block of a print that brings news.
fn loss(experiment: &Experiment, path: u64, epochs: bool) -> f64 {
    let setting = &experiment.setting;
    let mut players: Vec<Player> = (0..setting.makers).map(|seat| Player::new(Strategy::Honest, seat, 0)).collect();
    let mut world = World::new(setting, setting.makers, 0, experiment.seed, path);
    // Noon of the second day: the first has its print.
    let noon = START.later(calendar::DAY + calendar::DAY / 2);
    world.programme.now = Seconds(noon.0 - STEP);
    for player in &mut players {
        player.act(&mut world, 0);
    }
    let (_, size) = draw_news(experiment.seed, path);
    world.fair *= size.exp();
    world.programme.now = if epochs { noon } else { Seconds(noon.0 - 1) };
    world.informed();
    world.programme.now = noon;
    world.print();
    world.informed();
    let lost: f64 = (0..setting.makers).map(|seat| -world.trading(seat)).sum();
    lost / f64::from(setting.makers)
}

/// Plays the events.
#[must_use]
pub fn news(experiment: &Experiment) -> News {
    let events: Vec<(f64, f64, f64)> = (0..experiment.paths)
        .into_par_iter()
        .map(|path| {
            let (_, size) = draw_news(experiment.seed, path);
            (100.0 * size.exp_m1().abs(), loss(experiment, path, true), loss(experiment, path, false))
        })
        .collect();
    let count = events.len().max(1) as f64;
    let mean = |what: &dyn Fn(&(f64, f64, f64)) -> f64| events.iter().map(what).sum::<f64>() / count;
    let gap = mean(&|event| event.2 - event.1);
    let variance = events.iter().map(|event| (event.2 - event.1 - gap).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    News {
        paths: experiment.paths,
        move_percent: mean(&|event| event.0),
        with_epochs: mean(&|event| event.1),
        without_epochs: mean(&|event| event.2),
        standard_error: (variance / count).sqrt(),
    }
}
