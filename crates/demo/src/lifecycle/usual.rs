//! What the price of the traded month usually does until its last trading day, by which the hedgers' collateral is
//! sized.
//!
//! Drawn from the calibrated process with a seed of its own: sizes follow from the process and its margin set, and are
//! the same whatever path a story takes.

use super::scene::{Draw, Settled};
use anyhow::Result;

/// Paths of the process that are looked at.
const PATHS: u64 = 1_000;

/// Seed of these paths, and the first of their scenarios: none that a story draws its own path with.
const SEED: u64 = 0x75_7375_616c;
const FIRST_SCENARIO: u64 = 1_000;

/// The share of paths that stay inside what is usual: nineteen of twenty.
const SHARE: f64 = 0.95;

/// The largest rise and the largest fall of the month's mark below which nineteen of twenty paths of the process stay,
/// for each number of days left, as fractions of the mark.
#[derive(Clone, Debug)]
pub(super) struct Usual {
    rises: Vec<f64>,
    falls: Vec<f64>,
}

impl Usual {
    /// What is usual for a month and a process. The seed of the draw is not used.
    ///
    /// # Errors
    /// When the process draws no path.
    pub fn of(draw: &Draw<'_>) -> Result<Self> {
        let draw = Draw { seed: SEED, ..*draw };
        let days = draw.tenor as usize + 1;
        let (mut rises, mut falls) = (vec![Vec::new(); days], vec![Vec::new(); days]);
        for scenario in FIRST_SCENARIO..FIRST_SCENARIO + PATHS {
            let settled = draw.settlements(&draw.index(scenario, None)?);
            let (mut high, mut low, mut next) = (0.0_f64, 0.0_f64, 0);
            for (day, (rises, falls)) in rises.iter_mut().zip(&mut falls).enumerate() {
                while let Some(settled) = settled.get(next).filter(|settled| settled.day as usize <= day) {
                    let change = settled.mark / f64::from(draw.mark.0) - 1.0;
                    (high, low, next) = (high.max(change), low.max(-change), next + 1);
                }
                rises.push(high);
                falls.push(low);
            }
        }
        let quantile = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            let rank = (SHARE * values.len() as f64).ceil() as usize;
            values.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        let (rises, falls) = (rises.into_iter().map(quantile).collect(), falls.into_iter().map(quantile).collect());
        Ok(Self { rises, falls })
    }

    /// How far the mark usually rises in this many days.
    pub fn rise(&self, days: u32) -> f64 {
        at(&self.rises, days)
    }

    /// How far the mark usually falls in this many days.
    pub fn fall(&self, days: u32) -> f64 {
        at(&self.falls, days)
    }

    /// Whether settlements stay inside what is usual: from none to a later one does the mark rise or fall further than
    /// on nineteen of twenty paths in the days that are left. `tenor` is the number of days to the last trading day.
    pub fn holds(&self, settled: &[Settled], tenor: u32) -> bool {
        settled.iter().enumerate().all(|(place, from)| {
            let left = tenor.saturating_sub(from.day);
            let inside = from.mark * (1.0 - self.fall(left))..=from.mark * (1.0 + self.rise(left));
            settled[place..].iter().all(|to| inside.contains(&to.mark))
        })
    }
}

fn at(values: &[f64], days: u32) -> f64 {
    values.get(days as usize).or(values.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sit_engine::units::Ticks;
    use sit_sim::model::Model;

    const TENOR: u32 = 30;

    fn usual(model: &Model, seed: u64) -> Usual {
        // Monday, 2026-01-05.
        let draw = Draw { model, seed, tenor: TENOR, first_day: 20_458, mark: Ticks(2_000), tick_size: 1_000 };
        Usual::of(&draw).expect("paths are drawn")
    }

    #[test]
    fn what_is_usual_grows_with_the_days_and_knows_no_seed_of_a_story() {
        let model = Model::paper();
        let (one, other) = (usual(&model, 1), usual(&model, 2));
        let all = |usual: &Usual| (0..=TENOR).map(|days| (usual.rise(days), usual.fall(days))).collect::<Vec<_>>();
        assert_eq!(all(&one), all(&other));
        assert!(all(&one).is_sorted_by(|a, b| a.0 <= b.0 && a.1 <= b.1), "{one:?}");
        assert_eq!((one.rise(0), one.fall(0)), (0.0, 0.0));
        assert!(one.rise(TENOR) > 0.05 && (0.05..1.0).contains(&one.fall(TENOR)), "{one:?}");
        assert_eq!(one.rise(TENOR), one.rise(TENOR + 100));
    }

    #[test]
    fn a_path_is_inside_until_it_moves_further_than_the_days_left_usually_do() {
        let usual = Usual { rises: vec![0.0, 0.1, 0.2, 0.3], falls: vec![0.0, 0.1, 0.1, 0.2] };
        let holds = |marks: &[(u32, f64)]| {
            let settled: Vec<Settled> =
                marks.iter().map(|(day, mark)| Settled { day: *day, mark: *mark, slow: *mark }).collect();
            usual.holds(&settled, 3)
        };
        assert!(holds(&[(0, 100.0), (1, 110.0), (2, 120.0)]));
        // A rise by a fifth, with one day left at its beginning, is more than a day's.
        assert!(!holds(&[(0, 100.0), (2, 100.0), (3, 120.0)]));
        assert!(!holds(&[(0, 100.0), (1, 79.0)]));
        assert!(holds(&[]));
    }
}
