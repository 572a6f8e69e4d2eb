//! Strategies compared on the same weeks.

use rayon::prelude::*;
use serde::Serialize;

use super::Strategy;
use super::world::{Outcome, STEP, Setting, World, cast, uniform};
use sit_engine::calendar::DAY;
use sit_sim::path::stream;

/// Weeks in a year.
const WEEKS: f64 = 52.0;

/// Weeks with news in a year: moves of the median list price of large models, 23 in 852 days.
pub(super) const NEWS_A_YEAR: f64 = 10.0;

/// What capital costs in a year.
const COST_OF_CAPITAL: f64 = 0.10;

/// How the comparison is made.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// What the weeks have in common.
    pub setting: Setting,
    /// Seed of all random streams.
    pub seed: u64,
    /// Weeks with news, and as many without.
    pub paths: u64,
}

/// What a strategy makes in a week, on average, in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The strategy.
    pub strategy: Strategy,
    /// Adjusted score: lots at the reference price on the smaller side, averaged over the week.
    pub score: f64,
    /// Share of the time due in which its obligations were met.
    pub uptime: f64,
    /// Lots traded.
    pub volume: f64,
    /// Trading profit at the fair value, fees included.
    pub trading: f64,
    /// Reward.
    pub reward: f64,
    /// Cost of the capital required.
    pub capital: f64,
    /// Profit: trading and reward less capital.
    pub profit: f64,
    /// What honest quoting makes more, on the same weeks.
    pub honest_makes_more: f64,
    /// Standard error of that.
    pub standard_error: f64,
    /// What honest quoting makes more in a week with news.
    pub more_with_news: f64,
    /// Standard error of that.
    pub news_error: f64,
}

/// The comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// Weeks with news, and as many without.
    pub paths: u64,
    /// Seed.
    pub seed: u64,
    /// The strategies, the honest one first.
    pub rows: Vec<Row>,
    /// Whether the honest one makes more than each other by more than two standard errors.
    pub honest_is_best: bool,
}

/// A week's news: its step, at any time of a session day, and the size of the move, three of four downwards.
pub(super) fn draw_news(seed: u64, path: u64) -> (u32, f64) {
    let mut rng = stream(seed, 3, path);
    let session = (uniform(&mut rng) * f64::from(5 * DAY)) as u32;
    // Sessions are Thursday and Friday, then Monday to Wednesday.
    let second = if session < 2 * DAY { session } else { session + 2 * DAY };
    let down = uniform(&mut rng) < 0.75;
    let size = 0.05 + 0.09 * uniform(&mut rng);
    (second / STEP, if down { -size } else { size })
}

/// One week of a strategy: what became of all its seats together.
fn week(experiment: &Experiment, strategy: Strategy, path: u64, has_news: bool) -> Outcome {
    let (mut players, designated, others) = cast(&experiment.setting, strategy);
    let number = 2 * path + u64::from(has_news);
    let mut world = World::new(&experiment.setting, designated, others, experiment.seed, number);
    let jump = has_news.then(|| draw_news(experiment.seed, path));
    world.play(&experiment.setting, &mut players, jump);
    let second = experiment.setting.makers;
    let partner = if strategy == Strategy::SelfTrade { world.trading(second) } else { 0.0 };
    let outcomes = world.close(designated);
    let mut mine = outcomes.first().copied().unwrap_or_default();
    if let Some(other) = outcomes.get(second as usize).filter(|_| strategy == Strategy::SybilSplit) {
        mine.trading += other.trading;
        mine.reward += other.reward;
        mine.score += other.score;
        mine.volume += other.volume;
        mine.uptime = mine.uptime.min(other.uptime);
    }
    mine.trading += partner;
    mine
}

/// Mean over all weeks: those with news weigh as often as they come.
pub(super) fn weighed(with: f64, without: f64) -> f64 {
    let share = NEWS_A_YEAR / WEEKS;
    share * with + (1.0 - share) * without
}

/// Plays every strategy on the same weeks.
#[must_use]
pub fn compare(experiment: &Experiment) -> Table {
    let weeks: Vec<Vec<[Outcome; 2]>> = Strategy::COMPARED
        .iter()
        .map(|strategy| {
            let of = |path| [false, true].map(|has_news| week(experiment, *strategy, path, has_news));
            (0..experiment.paths).into_par_iter().map(of).collect()
        })
        .collect();
    let capital = experiment.setting.parameters.capital as f64 / 1e6 * COST_OF_CAPITAL / WEEKS;
    let profit =
        |strategy: Strategy, week: &Outcome| week.trading + week.reward - capital * f64::from(strategy.seats());
    let honest = weeks.first().cloned().unwrap_or_default();
    let row = |(strategy, weeks): (&Strategy, &Vec<[Outcome; 2]>)| {
        let count = weeks.len().max(1) as f64;
        let mean = |what: &dyn Fn(&Outcome) -> f64| {
            let sum = weeks.iter().map(|[without, with]| weighed(what(with), what(without))).sum::<f64>();
            sum / count
        };
        let gaps: Vec<[f64; 2]> = weeks
            .iter()
            .zip(&honest)
            .map(|(week, honest)| {
                let [without, with] =
                    [0, 1].map(|news| profit(Strategy::Honest, &honest[news]) - profit(*strategy, &week[news]));
                [weighed(with, without), with]
            })
            .collect();
        let [all, with_news] = [0, 1].map(|kind| {
            let gap = gaps.iter().map(|each| each[kind]).sum::<f64>() / count;
            let variance = gaps.iter().map(|each| (each[kind] - gap).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
            (gap, (variance / count).sqrt())
        });
        Row {
            strategy: *strategy,
            score: mean(&|week| week.score),
            uptime: mean(&|week| week.uptime),
            volume: mean(&|week| week.volume),
            trading: mean(&|week| week.trading),
            reward: mean(&|week| week.reward),
            capital: capital * f64::from(strategy.seats()),
            profit: mean(&|week| profit(*strategy, week)),
            honest_makes_more: all.0,
            standard_error: all.1,
            more_with_news: with_news.0,
            news_error: with_news.1,
        }
    };
    let rows: Vec<Row> = Strategy::COMPARED.iter().zip(&weeks).map(row).collect();
    let honest_is_best = rows.iter().skip(1).all(|row| row.honest_makes_more > 2.0 * row.standard_error);
    Table { paths: experiment.paths, seed: experiment.seed, rows, honest_is_best }
}
