//! What the opening phase costs who comes to trade while it lasts: a hedger who has to have their lots, at whatever
//! price.
//!
//! They come at noon, when batches begin to be readable and the book waits for the print. With the phase they are
//! refused (`Opening`) until the day is settled, and for two minutes more where that was a repricing; then they take
//! what stands. Meanwhile the price goes on, and makers quote anew. What they pay beyond the fair value at noon, fees
//! included, is held against what somebody pays who takes the same lots a second before, from quotes that are fresh.
//!
//! A buyer and a seller come on each path. What the price moves while they wait is the loss of one and the gain of the
//! other, so it is a risk and no cost: the mean is what is left, the standard deviation says how large the risk is.

use rayon::prelude::*;
use serde::Serialize;
use sit_engine::calendar;
use sit_engine::units::{Seconds, Side};

use super::experiment::draw_news;
use super::strategy::Player;
use super::world::{START, STEP, World, lot};
use super::{Experiment, Strategy};

/// Lots of a hedger: what a maker owes on a side.
const LOTS: u32 = 50;

/// How far a hedger goes from the fair value.
const PATIENCE: f64 = 0.02;

/// Minutes from noon to the settlement: at once, as reporters usually are, and nearly as long as the book waits at all.
const WAITS: [u32; 3] = [0, 30, 115];

/// Steps after the first one in an open book in which a hedger who has not got all their lots tries again.
const TRIES: u32 = 12;

/// What waiting costs a hedger, in US dollars a lot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Waiting {
    /// Minutes from noon to the settlement.
    pub minutes: u32,
    /// Whether the print brings news, five to fourteen percent.
    pub news: bool,
    /// What is paid beyond the fair value at noon, fees included.
    pub cost: f64,
    /// How much more that is than at once.
    pub more: f64,
    /// Standard error of that.
    pub standard_error: f64,
    /// What the price moves meanwhile, for or against the hedger: the standard deviation of what it costs more.
    pub risk: f64,
}

/// What the opening phase costs hedgers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hedgers {
    /// Paths, each with a buyer and a seller.
    pub paths: u64,
    /// Price of a lot, US dollars.
    pub lot: f64,
    /// What is paid beyond the fair value by who takes at once, fees included, in US dollars a lot.
    pub at_once: f64,
    /// With the phase.
    pub waits: Vec<Waiting>,
}

/// A day's noon at which the print is due: the first day has its print when the week begins.
fn noon() -> Seconds {
    START.later(calendar::DAY + calendar::DAY / 2)
}

/// What a hedger pays a lot beyond the fair value at noon. `minutes` are those until the settlement; none for whoever
/// takes a second before noon.
fn cost(experiment: &Experiment, path: u64, side: Side, minutes: Option<u32>, news: bool) -> f64 {
    let setting = &experiment.setting;
    let mut players: Vec<Player> = (0..setting.makers).map(|seat| Player::new(Strategy::Honest, seat, 0)).collect();
    let mut world = World::new(setting, setting.makers, 0, experiment.seed, path);
    let hedger = setting.makers + 1;
    let act = |world: &mut World, players: &mut [Player], step: u32| {
        for player in players {
            player.act(world, step);
        }
    };
    let take = |world: &mut World, wanted: u32| {
        let limit = if side == Side::Buy { world.fair * (1.0 + PATIENCE) } else { world.fair * (1.0 - PATIENCE) };
        if wanted > 0 { world.take(hedger, side, limit.round() as u32, wanted) } else { 0 }
    };
    world.programme.now = Seconds(noon().0 - STEP);
    act(&mut world, &mut players, 0);
    if news {
        world.fair *= draw_news(experiment.seed, path).1.exp();
    }
    let arrival = world.fair;
    let mut wanted = LOTS;
    if let Some(minutes) = minutes {
        let settled = minutes * 60 / STEP;
        for step in 0..=settled + 1 + TRIES {
            world.programme.now = noon().later(step * STEP);
            if step == settled {
                world.print();
            }
            if step > 0 {
                world.move_fair(step, None);
            }
            world.informed();
            act(&mut world, &mut players, step);
            wanted -= take(&mut world, wanted);
        }
    } else {
        world.programme.now = Seconds(noon().0 - 1);
        wanted -= take(&mut world, wanted);
    }
    world.fair = arrival;
    -world.trading(hedger) / f64::from((LOTS - wanted).max(1))
}

/// Plays the hedgers.
#[must_use]
pub fn hedgers(experiment: &Experiment) -> Hedgers {
    const SIDES: [Side; 2] = [Side::Buy, Side::Sell];
    let of = |minutes: Option<u32>, news: bool| -> Vec<[f64; 2]> {
        let both = |path: u64| SIDES.map(|side| cost(experiment, path, side, minutes, news));
        (0..experiment.paths).into_par_iter().map(both).collect()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let variance = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0).max(1.0)
    };
    let at_once = of(None, false);
    let waits = [false, true].into_iter().flat_map(|news| WAITS.map(|minutes| (minutes, news)));
    let waits = waits.map(|(minutes, news)| {
        let costs = of(Some(minutes), news);
        let more: Vec<[f64; 2]> =
            costs.iter().zip(&at_once).map(|(with, without)| [with[0] - without[0], with[1] - without[1]]).collect();
        // Both sides of a path have the same prices, so their mean has next to nothing of these.
        let by_path: Vec<f64> = more.iter().map(|[buyer, seller]| (buyer + seller) / 2.0).collect();
        Waiting {
            minutes,
            news,
            cost: mean(&costs.concat()),
            more: mean(&by_path),
            standard_error: (variance(&by_path) / by_path.len().max(1) as f64).sqrt(),
            risk: variance(&more.concat()).sqrt(),
        }
    });
    let waits = waits.collect();
    Hedgers { paths: experiment.paths, lot: lot(), at_once: mean(&at_once.concat()), waits }
}
