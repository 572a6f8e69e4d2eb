//! What a margin computation is asked for, and the rules it must obey.

use serde::{Deserialize, Serialize};
use sit_engine::calendar::DAY;

use super::MarginSet;
use super::SLOTS;
use super::close_out::CloseOut;
use super::limits::{Depth, Targets};
use super::regime::Regime;
use super::returns::GROUP;

/// Fewest paths that may lie in the tail: with a hundred, the expected shortfall has a relative error of a tenth or
/// less.
const FEWEST_TAIL_PATHS: u64 = 100;

/// Most paths of one computation: their returns are held in memory, eight bytes for each month, some 400 MB in all.
const MOST_PATHS: u64 = 1 << 22;

/// Most models of one computation: each needs paths of its own in the tail.
pub const MOST_MODELS: usize = 1_024;

/// Longest close-out, in seconds: thirty days, as for its stages.
const LONGEST_CLOSE_OUT: u32 = 30 * DAY;

/// Days to the furthest month.
const MOST_TENOR_DAYS: u32 = 3_653;

/// Highest confidence, in parts per million: beyond it too few of the most paths lie in the tail.
const HIGHEST_CONFIDENCE: u32 = 999_900;

/// Floors under the simulated risk, in the order in which they are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floors {
    /// No side of any month below this many basis points. The default 800 is the lower end of the paper's initial
    /// margin (section 5.3, 8 % to 12 %).
    pub least_bps: u32,
    /// No side below this share of the other side of the same month, in parts per million. The default is a third: the
    /// few jumps of a history do not identify their sign.
    pub side_ppm: u32,
    /// No month below this share of the front month on the same side, in parts per million. The default is a quarter:
    /// mean reversion, which makes far months calm, is known to within half of itself at best.
    pub term_ppm: u32,
    /// No portfolio below this share of the sum of its months' own margins, in parts per million. The default is a
    /// tenth: a model of few factors makes spreads safer than a market does.
    pub spread_ppm: u32,
}

impl Default for Floors {
    fn default() -> Self {
        Self { least_bps: 800, side_ppm: 333_333, term_ppm: 250_000, spread_ppm: 100_000 }
    }
}

/// What to compute a margin set for.
///
/// ```
/// use sit_sim::{margin::{MarginRequest, compute}, model::Model};
///
/// let request = MarginRequest { tenor_days: vec![30, 91], paths: 10_000, ..MarginRequest::default() };
/// let set = compute(&Model::paper(), &request, &|_| ())?;
/// assert_eq!(set.months.len(), 2);
/// // Prices jump up, so whoever is short is asked for more.
/// assert!(set.months.iter().all(|month| month.short_bps > month.long_bps));
/// # Ok::<(), sit_sim::margin::MarginError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarginRequest {
    /// Days to the last trading day of each month, nearest first.
    pub tenor_days: Vec<u32>,
    /// Confidence of the expected shortfall, in parts per million.
    pub confidence_ppm: u32,
    /// Law of the close-out time over which the expected shortfall is taken.
    pub close_out: CloseOut,
    /// Confidence of the value at risk below which no margin falls, in parts per million.
    pub var_confidence_ppm: u32,
    /// Horizon of that value at risk, in seconds.
    pub horizon_seconds: u32,
    /// Paths to draw.
    pub paths: u64,
    /// Seed of the random streams.
    pub seed: u64,
    /// Floors under the result.
    pub floors: Floors,
    /// The market that the limits are for.
    pub depth: Depth,
    /// How often they may bind.
    pub targets: Targets,
}

impl Default for MarginRequest {
    /// Six months and four quarters at their usual distance, expected shortfall at 99 % over the random close-out time,
    /// value at risk of [`Regime::default`], 2^20 paths of seed 1.
    fn default() -> Self {
        Self {
            tenor_days: vec![30, 61, 91, 122, 152, 183, 274, 365, 457, 548],
            confidence_ppm: sit_engine::launch::MARGIN_CONFIDENCE_PPM,
            close_out: CloseOut::default(),
            var_confidence_ppm: Regime::default().confidence_ppm(),
            horizon_seconds: Regime::default().horizon_seconds(),
            paths: 1 << 20,
            seed: 1,
            floors: Floors::default(),
            depth: Depth::default(),
            targets: Targets::default(),
        }
    }
}

/// Why a margin set cannot be computed.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MarginError {
    /// Number of months.
    #[error("{0} months are asked for: a product has 1 to {SLOTS}")]
    Months(usize),
    /// Tenors are zero or not ascending.
    #[error("the tenors must be above zero days and ascend: {before} days are followed by {after}")]
    Tenors {
        /// Days of the month before; zero for the first.
        before: u32,
        /// Days of the month after.
        after: u32,
    },
    /// Confidence outside its range.
    #[error("a confidence of {0} ppm is asked for: it must be from 500000 (50 %) to {HIGHEST_CONFIDENCE} (99.99 %)")]
    Confidence(u32),
    /// No horizon, or one that no close-out takes.
    #[error("the close-out horizon must be above zero seconds and at most {LONGEST_CLOSE_OUT} (thirty days)")]
    Horizon,
    /// A month further away than any that is listed.
    #[error("a tenor of {0} days is asked for: months are at most {MOST_TENOR_DAYS} days (ten years) away")]
    Tenor(u32),
    /// A law of the close-out time that is none.
    #[error("the close-out time has no law: {0}")]
    CloseOut(String),
    /// A depth or a target outside its domain.
    #[error("{name} is {value}: it must be from {least} to {most}")]
    Depth {
        /// Name.
        name: &'static str,
        /// What was given.
        value: u32,
        /// The least it may be.
        least: u32,
        /// The most it may be.
        most: u32,
    },
    /// Target shares in the wrong order.
    #[error(
        "the second price limit is to bind on {close_ppm} of a million days and the first on {halt_ppm}: the second must bind more rarely"
    )]
    Targets {
        /// Of the first limit.
        halt_ppm: u32,
        /// Of the second.
        close_ppm: u32,
    },
    /// Too few members or years for a fund.
    #[error("a fund for {members} members over {years} years is asked for: at least 2 and 1000 are needed")]
    Fund {
        /// Members.
        members: u64,
        /// Years.
        years: u64,
    },
    /// No models, or too many.
    #[error("{0} models are given: a margin set is computed over 1 to {MOST_MODELS} of them")]
    Models(usize),
    /// Too few or too many paths.
    #[error(
        "{paths} paths are asked for: {least} to {most} are needed at this confidence and number of models, so that at least {FEWEST_TAIL_PATHS} lie in the tail"
    )]
    Paths {
        /// What was asked for.
        paths: u64,
        /// The fewest possible.
        least: u64,
        /// The most possible.
        most: u64,
    },
    /// A floor above the whole.
    #[error("{name} is {value}: it must be at most {most}")]
    Floor {
        /// Name of the floor.
        name: &'static str,
        /// What was given.
        value: u32,
        /// The most it may be.
        most: u32,
    },
    /// A shock beyond 16 bits.
    #[error(
        "the margin of the month of {tenor_days} days is {bps} basis points, more than the contracts can hold (32767): check the jumps of the model"
    )]
    ShockTooLarge {
        /// Month.
        tenor_days: u32,
        /// Its margin.
        bps: f64,
    },
}

impl MarginRequest {
    /// The request that a set answers.
    #[must_use]
    pub fn of(set: &MarginSet) -> Self {
        Self {
            tenor_days: set.months.iter().map(|month| month.tenor_days).collect(),
            confidence_ppm: set.confidence_ppm,
            close_out: set.close_out,
            var_confidence_ppm: set.var_confidence_ppm,
            horizon_seconds: set.horizon_seconds,
            paths: set.paths,
            seed: set.seed,
            floors: set.floors,
            depth: set.depth,
            targets: set.targets,
        }
    }

    /// Checks every rule, for a computation over a number of models.
    ///
    /// # Errors
    /// [`MarginError`] for the first rule that is broken.
    pub(crate) fn check(&self, models: usize) -> Result<(), MarginError> {
        if !(1..=SLOTS).contains(&self.tenor_days.len()) {
            return Err(MarginError::Months(self.tenor_days.len()));
        }
        let mut before = 0;
        for after in self.tenor_days.iter().copied() {
            if after <= before {
                return Err(MarginError::Tenors { before, after });
            }
            before = after;
        }
        if let Some(days) = self.tenor_days.iter().copied().find(|days| *days > MOST_TENOR_DAYS) {
            return Err(MarginError::Tenor(days));
        }
        for confidence in [self.confidence_ppm, self.var_confidence_ppm] {
            if !(500_000..=HIGHEST_CONFIDENCE).contains(&confidence) {
                return Err(MarginError::Confidence(confidence));
            }
        }
        let fixed = match self.close_out {
            CloseOut::Fixed { seconds } => seconds,
            CloseOut::Stages(_) => 1,
        };
        if [self.horizon_seconds, fixed].into_iter().any(|seconds| !(1..=LONGEST_CLOSE_OUT).contains(&seconds)) {
            return Err(MarginError::Horizon);
        }
        if !(1..=MOST_MODELS).contains(&models) {
            return Err(MarginError::Models(models));
        }
        self.close_out.law()?;
        let confidence = self.confidence_ppm.max(self.var_confidence_ppm);
        let tail = (FEWEST_TAIL_PATHS * 1_000_000).div_ceil(u64::from(1_000_000 - confidence));
        // Every model gets a group of paths at least.
        let least = tail.max((models * GROUP) as u64);
        let most = MOST_PATHS;
        if !(least..=most).contains(&self.paths) {
            return Err(MarginError::Paths { paths: self.paths, least, most });
        }
        let floors = [
            ("least_bps", self.floors.least_bps, 10_000),
            ("side_ppm", self.floors.side_ppm, 1_000_000),
            ("term_ppm", self.floors.term_ppm, 1_000_000),
            ("spread_ppm", self.floors.spread_ppm, 1_000_000),
        ];
        for (name, value, most) in floors {
            if value > most {
                return Err(MarginError::Floor { name, value, most });
            }
        }
        self.depth.check()?;
        self.targets.check()?;
        Ok(())
    }
}
