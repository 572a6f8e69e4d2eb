//! How long it takes to close a defaulter out, as a distribution.
//!
//! Margin is good at the last settled mark. From there to the end of a close-out run, in this order and independently:
//!
//! ```text
//! print gap      one day between prints; over a weekend without prints three (one print in five)
//! missed print   one more day when the reporters' quorum fails
//! oracle delay   uniform: the prints of two days lie at different hours of the submission window
//! dispute        a print that moves too far waits for its confirmation
//! keeper latency exponential, cut at its longest
//! auction        uniform up to the auction's length
//! ```
//!
//! The defaults are the exchange's own rules where it has one (`oracle::Rules::TPI`, `clearing::auction`); the
//! probabilities are assumptions, stated here and part of the certificate. The law of the sum is computed, not sampled:
//! each stage on a grid of minutes, rounded up, then convolved, and the sum rounded up to whole hours, against the
//! trader.

use serde::{Deserialize, Serialize};
use sit_engine::calendar::DAY;

use super::MarginError;
use crate::numeric::Sum;

/// Seconds of a cell of the grid.
const MINUTE: u32 = 60;

/// Minutes of an hour.
const HOUR: usize = 60;

/// Longest close-out, in seconds: thirty days.
const LONGEST: u64 = 30 * DAY as u64;

/// A whole in parts per million.
const WHOLE_PPM: u32 = 1_000_000;

/// The law of the close-out time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "law", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CloseOut {
    /// Always the same.
    Fixed {
        /// The time, in seconds.
        seconds: u32,
    },
    /// The stages of the exchange.
    Stages(Stages),
}

/// The stages of a close-out. Times in seconds, probabilities in parts per million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stages {
    /// From one print to the next.
    pub print_gap: u32,
    /// From the last print of a week to the first of the next.
    pub weekend_gap: u32,
    /// Share of the prints that a weekend follows.
    pub weekend_ppm: u32,
    /// Probability that a print is missed, which costs another print gap.
    pub missed_ppm: u32,
    /// Longest delay of a print against its usual hour; uniform from zero.
    pub oracle_delay: u32,
    /// Probability that a print waits for its confirmation.
    pub dispute_ppm: u32,
    /// How long it then waits.
    pub dispute: u32,
    /// Mean latency of the first keeper.
    pub keeper: u32,
    /// Longest latency of the first keeper.
    pub keeper_longest: u32,
    /// Length of the auction; it ends uniformly within.
    pub auction: u32,
}

impl Default for Stages {
    /// Daily prints on weekdays, one in fifty missed, up to four hours late; half of the prints that lead to a default
    /// move far enough to wait four hours for their confirmation; keepers after ten minutes, four hours at most; a
    /// quarter of an hour of auction.
    fn default() -> Self {
        Self {
            print_gap: DAY,
            weekend_gap: 3 * DAY,
            weekend_ppm: 200_000,
            missed_ppm: 20_000,
            oracle_delay: 4 * 3_600,
            dispute_ppm: 500_000,
            dispute: 4 * 3_600,
            keeper: 600,
            keeper_longest: 4 * 3_600,
            auction: 900,
        }
    }
}

impl Default for CloseOut {
    fn default() -> Self {
        Self::Stages(Stages::default())
    }
}

/// The distribution of the close-out time: times in seconds, ascending, each with its probability.
#[derive(Clone, Debug, PartialEq)]
pub struct CloseOutLaw {
    atoms: Vec<(u32, f64)>,
}

impl CloseOut {
    /// Computes the distribution.
    ///
    /// # Errors
    /// [`MarginError::CloseOut`] when a probability is above one, the time is never above zero, or it may last longer
    /// than thirty days.
    pub fn law(&self) -> Result<CloseOutLaw, MarginError> {
        match self {
            Self::Fixed { seconds: 0 } => Err(MarginError::Horizon),
            Self::Fixed { seconds } => Ok(CloseOutLaw { atoms: vec![(*seconds, 1.0)] }),
            Self::Stages(stages) => stages.law(),
        }
    }
}

impl Stages {
    fn law(&self) -> Result<CloseOutLaw, MarginError> {
        let shares = [self.weekend_ppm, self.missed_ppm, self.dispute_ppm];
        if let Some(share) = shares.into_iter().find(|share| *share > WHOLE_PPM) {
            return Err(MarginError::CloseOut(format!("a probability of {share} ppm is above one")));
        }
        let times = [
            self.print_gap.max(self.weekend_gap),
            self.print_gap,
            self.oracle_delay,
            self.dispute,
            self.keeper_longest,
            self.auction,
        ];
        let longest: u64 = times.into_iter().map(u64::from).sum();
        if self.print_gap == 0 || longest > LONGEST {
            return Err(MarginError::CloseOut(
                "the print gap must be above zero and all stages together at most thirty days".into(),
            ));
        }
        let share = |ppm: u32| f64::from(ppm) / f64::from(WHOLE_PPM);
        let weekend = share(self.weekend_ppm);
        let stages = [
            two_points(self.print_gap, self.weekend_gap, weekend),
            two_points(0, self.print_gap, share(self.missed_ppm)),
            uniform(self.oracle_delay),
            two_points(0, self.dispute, share(self.dispute_ppm)),
            exponential(self.keeper, self.keeper_longest),
            uniform(self.auction),
        ];
        let minutes = stages.iter().fold(vec![1.0], |so_far, stage| convolve(&so_far, stage));
        let hours = minutes.len().div_ceil(HOUR) + 1;
        let mut atoms = vec![0.0; hours];
        for (minute, probability) in minutes.iter().enumerate() {
            if let Some(atom) = atoms.get_mut(minute.div_ceil(HOUR)) {
                *atom += probability;
            }
        }
        let seconds = (0_u32..).map(|hour| hour * 3_600);
        Ok(CloseOutLaw { atoms: seconds.zip(atoms).filter(|(_, probability)| *probability > 0.0).collect() })
    }
}

impl CloseOutLaw {
    /// The shortest time, in seconds, that is not exceeded with a probability of at least `level`.
    #[must_use]
    pub fn quantile(&self, level: f64) -> u32 {
        let mut below = 0.0;
        for (seconds, probability) in &self.atoms {
            below += probability;
            if below >= level {
                return *seconds;
            }
        }
        self.longest()
    }

    /// Mean, in seconds.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.atoms.iter().map(|(seconds, probability)| f64::from(*seconds) * probability).collect::<Sum>().value()
    }

    /// The longest time, in seconds.
    #[must_use]
    pub fn longest(&self) -> u32 {
        self.atoms.last().map_or(0, |(seconds, _)| *seconds)
    }

    /// Times in seconds, ascending, with their probabilities.
    #[must_use]
    pub fn atoms(&self) -> &[(u32, f64)] {
        &self.atoms
    }
}

/// Minutes, rounded up.
fn cell(seconds: u32) -> usize {
    seconds.div_ceil(MINUTE) as usize
}

fn two_points(usual: u32, other: u32, probability: f64) -> Vec<f64> {
    let mut law = vec![0.0; cell(usual.max(other)) + 1];
    for (seconds, mass) in [(usual, 1.0 - probability), (other, probability)] {
        if let Some(entry) = law.get_mut(cell(seconds)) {
            *entry += mass;
        }
    }
    law
}

/// Uniform up to `seconds`: equal mass on each minute, put at its end.
fn uniform(seconds: u32) -> Vec<f64> {
    let cells = cell(seconds);
    if cells == 0 {
        return vec![1.0];
    }
    let mut law = vec![1.0 / cells as f64; cells + 1];
    law[0] = 0.0;
    law
}

/// Exponential with a mean, cut at `longest`; the mass of each minute is put at its end.
fn exponential(mean: u32, longest: u32) -> Vec<f64> {
    let cells = cell(longest);
    if cells == 0 || mean == 0 {
        return vec![1.0];
    }
    let beyond = |minute: usize| (-(minute as f64) * f64::from(MINUTE) / f64::from(mean)).exp();
    let mut law: Vec<f64> = vec![0.0];
    law.extend((0..cells).map(|minute| beyond(minute) - beyond(minute + 1)));
    law[cells] += beyond(cells);
    law
}

fn convolve(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate().filter(|(_, x)| **x > 0.0) {
        for (entry, y) in sum.iter_mut().skip(i).zip(b) {
            *entry += x * y;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stages_add_up() {
        let law = CloseOut::default().law().unwrap();
        let total: f64 = law.atoms().iter().map(|(_, probability)| probability).sum();
        assert!((total - 1.0).abs() < 1e-12);
        // 1.4 days of gap, a fiftieth of a day missed, 2 h late, 2 h disputed, 10 min for the keeper, 7.5 of auction:
        // 38.4 h, and half an hour or so of rounding up.
        let hours = law.mean() / 3_600.0;
        assert!((38.3..39.5).contains(&hours), "{hours}");
        assert!(law.longest() <= 109 * 3_600);
        assert!(law.quantile(0.99) >= 72 * 3_600);
        assert_eq!(law.quantile(1.0), law.longest());
    }

    #[test]
    fn a_fixed_time_is_a_single_point() {
        let law = CloseOut::Fixed { seconds: 172_800 }.law().unwrap();
        assert_eq!(law.atoms(), [(172_800, 1.0)]);
        assert_eq!(law.quantile(0.5), 172_800);
    }

    #[test]
    fn a_longer_stage_never_shortens_the_close_out() {
        let base = CloseOut::default().law().unwrap();
        let slow = Stages { keeper: 3_600, dispute_ppm: 1_000_000, ..Stages::default() };
        let slow = CloseOut::Stages(slow).law().unwrap();
        for level in [0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999] {
            assert!(slow.quantile(level) >= base.quantile(level));
        }
    }

    #[test]
    fn impossible_stages_are_refused() {
        let refused = |stages: Stages| CloseOut::Stages(stages).law().is_err();
        assert!(refused(Stages { weekend_ppm: 1_000_001, ..Stages::default() }));
        assert!(refused(Stages { print_gap: 0, ..Stages::default() }));
        assert!(refused(Stages { dispute: 40 * DAY, ..Stages::default() }));
        assert_eq!(CloseOut::Fixed { seconds: 0 }.law(), Err(MarginError::Horizon));
    }
}
