//! What makers do with their quotes.

use serde::Serialize;
use sit_engine::clearing::Level;
use sit_engine::units::{Lots, Side, Ticks};

use super::world::{STEP, World};

/// A way to quote. All but the first are attacks on the programme, or ways to do less for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Two levels of the lots owed on each side, near the fair value, moved with it, also when there is news.
    Honest,
    /// The lots owed at the edge of the permitted spread.
    MinimumEffort,
    /// Quotes far and large: all the size that counts at the edge of the spread.
    Stuffing,
    /// Quotes for five minutes in every hour, as against a sampled score.
    Flicker,
    /// Bids only.
    OneSided,
    /// The minimum, and trades with a second address for volume.
    SelfTrade,
    /// The honest quotes, split between two designated seats.
    SybilSplit,
    /// Honest, but pulls all quotes from the news until the index has printed it.
    PullAtNews,
    /// Quotes of a size at a half-spread in basis points, for the curve of depth.
    Level {
        /// Half of the spread, basis points.
        half_bps: u32,
        /// Lots on each side; zero for absent.
        lots: u32,
    },
}

impl Strategy {
    /// All that are compared, the honest one first.
    pub const COMPARED: [Self; 8] = [
        Self::Honest,
        Self::MinimumEffort,
        Self::Stuffing,
        Self::Flicker,
        Self::OneSided,
        Self::SelfTrade,
        Self::SybilSplit,
        Self::PullAtNews,
    ];

    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::MinimumEffort => "minimum effort",
            Self::Stuffing => "stuffing",
            Self::Flicker => "flicker",
            Self::OneSided => "one-sided",
            Self::SelfTrade => "self-trade",
            Self::SybilSplit => "sybil split",
            Self::PullAtNews => "pull at news",
            Self::Level { .. } => "level",
        }
    }

    /// Seats for which it must hold the capital requirement.
    #[must_use]
    pub fn seats(self) -> u32 {
        if self == Self::SybilSplit { 2 } else { 1 }
    }

    /// Levels on each side: half-spread in basis points, and lots.
    fn levels(self) -> &'static [(f64, u32)] {
        match self {
            Self::Honest | Self::PullAtNews | Self::Flicker | Self::OneSided | Self::SybilSplit => {
                &[(15.0, 50), (30.0, 50)]
            }
            Self::MinimumEffort | Self::SelfTrade => &[(EDGE_BPS, 50)],
            Self::Stuffing => &[(EDGE_BPS, 400)],
            Self::Level { .. } => &[],
        }
    }
}

/// Where quotes stand that are as far from the reference as they may be, in basis points: half the spread of a front
/// month.
const EDGE_BPS: f64 = 98.0;

/// Move of the fair value, in basis points, after which quotes are renewed.
const RENEW_BPS: f64 = 4.0;

/// How far quotes lean against a position of a hundred lots, in basis points.
const LEAN_BPS: f64 = 4.0;

/// Lots that the self-trader trades with their own account every hour.
const WASH_LOTS: u32 = 10;

/// A maker at work.
#[derive(Clone, Copy, Debug)]
pub struct Player {
    strategy: Strategy,
    seat: u32,
    /// The second seat of those who use one.
    second: u32,
    centre: f64,
    epoch: u16,
}

impl Player {
    /// A maker on a seat. `second` is the seat that a self-trader or a sybil also has.
    #[must_use]
    pub fn new(strategy: Strategy, seat: u32, second: u32) -> Self {
        Self { strategy, seat, second, centre: 0.0, epoch: 0 }
    }

    /// Answers the market, once in a step.
    pub fn act(&mut self, world: &mut World, step: u32) {
        const HOUR: u32 = 3_600 / STEP;
        match self.strategy {
            Strategy::Flicker if !step.is_multiple_of(HOUR) => self.withdraw(world),
            Strategy::PullAtNews if world.news => self.withdraw(world),
            _ => self.renew(world),
        }
        if self.strategy == Strategy::SelfTrade && step.is_multiple_of(HOUR) {
            self.wash(world, (step / HOUR).is_multiple_of(2));
        }
    }

    fn withdraw(&mut self, world: &mut World) {
        if self.centre > 0.0 {
            world.quote(self.seat, &[], &[]);
            self.centre = 0.0;
        }
    }

    /// Renews the quotes when the fair value or the epoch has moved, or part of the quotes is gone.
    fn renew(&mut self, world: &mut World) {
        let moved = (world.fair / self.centre - 1.0).abs() * 1e4;
        let epoch = world.month_now().epoch;
        let (bids, asks) = world.resting(self.seat);
        let owed: u32 = self.owed();
        let mut whole = bids.min(asks) >= owed || self.strategy == Strategy::OneSided && bids >= owed;
        if self.strategy == Strategy::SybilSplit {
            let (bids, asks) = world.resting(self.second);
            whole &= bids.min(asks) >= owed;
        }
        if moved < RENEW_BPS && epoch == self.epoch && whole {
            return;
        }
        (self.centre, self.epoch) = (world.fair, epoch);
        let seats: &[(u32, &[(f64, u32)])] = match (self.strategy, self.strategy.levels()) {
            (Strategy::SybilSplit, [near, far]) => {
                &[(self.seat, std::slice::from_ref(near)), (self.second, std::slice::from_ref(far))]
            }
            (Strategy::Level { half_bps, lots }, _) => {
                &[(self.seat, &[(f64::from(half_bps), lots)][..usize::from(lots > 0)])]
            }
            (_, levels) => &[(self.seat, levels)],
        };
        for (seat, levels) in seats {
            // A maker at the edge keeps to the reference, by which they are judged, unless that would cross the fair
            // value.
            let reference = f64::from(world.month_now().reference.0);
            let fair = if levels.first().is_some_and(|(half, _)| *half == EDGE_BPS) {
                reference.clamp(world.fair * 0.992, world.fair * 1.008)
            } else {
                world.fair
            };
            let lean = LEAN_BPS * f64::from(world.net(*seat)) / 100.0;
            let centre = fair * (1.0 - lean.clamp(-60.0, 60.0) / 1e4);
            let asks = if self.strategy == Strategy::OneSided { Vec::new() } else { side(Side::Sell, centre, levels) };
            world.quote(*seat, &side(Side::Buy, centre, levels), &asks);
        }
    }

    /// Lots on a side of the first seat when all quotes stand.
    fn owed(&self) -> u32 {
        match (self.strategy, self.strategy.levels()) {
            (Strategy::Level { lots, .. }, _) => lots,
            (Strategy::SybilSplit, [(_, lots), ..]) => *lots,
            (_, levels) => levels.iter().map(|(_, lots)| lots).sum(),
        }
    }

    /// Trades with the second address at a price inside everybody's quotes.
    fn wash(&mut self, world: &mut World, sells: bool) {
        let price = world.fair.round() as u32;
        let (rests, takes) = if sells { (Side::Sell, Side::Buy) } else { (Side::Buy, Side::Sell) };
        if world.rest(self.seat, rests, price, WASH_LOTS) {
            world.take(self.second, takes, price, WASH_LOTS);
        }
    }
}

/// Levels of a side, away from a centre.
fn side(side: Side, centre: f64, levels: &[(f64, u32)]) -> Vec<Level> {
    let level = |(half_bps, lots): &(f64, u32)| {
        let away = centre * half_bps / 1e4;
        let price = if side == Side::Buy { (centre - away).floor() } else { (centre + away).ceil() };
        Level { price: Ticks(price as u32), lots: Lots(*lots) }
    };
    levels.iter().map(level).collect()
}
