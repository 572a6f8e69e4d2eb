//! Finds: confirmed on paths that the search has not seen, made as short as they can be, labelled by intervention, and
//! described.
//!
//! A label is a fault without which the find is worth less than three tenths: the find is played again with that fault
//! fixed and all others as they were. A find without a label is what no fault that was put back explains.

use crate::cast::Cast;
use crate::course::{COUNT, Course, Objective};
use crate::faults::{self, Present};
use crate::gene::{Genome, Price, Size, When};
use crate::path::Class;
use crate::search::{Request, courses};
use crate::story;
use crate::world::{Scene, Sent, wallets};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sit_engine::chain::Address;
use sit_engine::clearing::Store;
use sit_engine::fault::Fault;
use std::sync::Arc;

/// The first number of the paths on which finds are confirmed.
const FRESH: u64 = 1_000;

/// Paths on which a find is confirmed, each with its mirror image.
const FRESH_PATHS: u64 = 6;

/// Paths, each with its mirror image, for what is worth enough on those on average and pays on too few of them to say
/// whether that is luck: a lottery needs paths.
const LOTTERY_PATHS: u64 = 4 * FRESH_PATHS;

/// Part of the value that a repair takes away to be a label.
const LABEL_SHARE: f64 = 0.7;

/// On so many fresh paths a find that waits for its day has to pay.
const PAYING_PATHS: usize = 3;

/// What such a find may lose on the others, as a share of its gains: a fair bet loses as much as it gains. The fees of
/// a spread of two products that waits for its day (H1) come to 18 % of what the day brings.
const LOSS_SHARE: f64 = 0.25;

/// A find is looked at again when it is worth so much more than the last one of its kind.
const BETTER: f64 = 1.4;

/// Candidates after which another plan is looked at although the last one, which was worth as much on the paths of the
/// search, did not hold: what pays on one path by luck does not hide what pays on all.
const PATIENCE: u64 = 500;

/// What has been looked at of one objective, scene and class.
#[derive(Clone, Copy, Default)]
struct Looked {
    /// The value of the last find.
    found: f64,
    /// The value of the last plan that did not hold.
    failed: f64,
    /// From how many candidates on another one is looked at that is worth no more.
    again: u64,
}

/// What a find loses when one fault is fixed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Label {
    /// The fault.
    pub fault: Fault,
    /// The part of the value that goes, from zero to one.
    pub share: f64,
}

/// A find.
#[derive(Clone, Debug)]
pub struct Find {
    /// What it is about.
    pub objective: Objective,
    /// The mean over paths that the search has not seen.
    pub value: f64,
    /// The standard error of that.
    pub error: f64,
    /// On how many of the paths it is above zero, and how many there are.
    pub above: (usize, usize),
    /// Faults without which it is worth less than three tenths.
    pub labels: Vec<Label>,
    /// The plan, as short as it could be made.
    pub genome: Genome,
    /// The seed of the search.
    pub seed: u64,
    /// Candidates that had been tried.
    pub sequences: u64,
    /// What happens on the best of the paths.
    pub story: String,
}

/// A find as it is written down.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    /// What it is about.
    pub objective: Objective,
    /// The mean over paths that the search has not seen.
    pub value: f64,
    /// The standard error of that.
    pub error: f64,
    /// Names of the faults that explain it.
    pub labels: Vec<String>,
    /// The plan.
    pub genome: Genome,
    /// The seed of the search.
    pub seed: u64,
    /// Candidates that had been tried.
    pub sequences: u64,
    /// The find in sentences.
    pub story: String,
}

impl From<&Find> for Written {
    fn from(find: &Find) -> Self {
        Self {
            objective: find.objective,
            value: find.value,
            error: find.error,
            labels: find.labels.iter().map(|label| faults::name(label.fault).to_owned()).collect(),
            genome: find.genome.clone(),
            seed: find.seed,
            sequences: find.sequences,
            story: find.story.clone(),
        }
    }
}

impl Find {
    /// The names of the labels, joined; `NEW` without any.
    pub fn label(&self) -> String {
        let names: Vec<&str> = self.labels.iter().map(|label| faults::name(label.fault)).collect();
        if names.is_empty() { "NEW".to_owned() } else { names.join("+") }
    }

    /// In one line.
    pub fn line(&self) -> String {
        format!(
            "{:?} {} {:.1} +- {:.1} {} on {} of {} fresh paths ({:?}, {:?}), {} moves, after {} sequences",
            self.objective,
            self.label(),
            self.value,
            self.error,
            self.objective.unit(),
            self.above.0,
            self.above.1,
            self.genome.scene,
            self.genome.class,
            self.genome.genes.len(),
            self.sequences,
        )
    }
}

/// Values of a plan on paths that no search has seen, by path and objective, with these faults put back: what a test of
/// a find compares.
pub fn measure(genome: &Genome, put_back: &[Fault]) -> Vec<[f64; COUNT]> {
    let _held = Present::put_back(put_back);
    live_all(&unseen(genome, FRESH_PATHS), genome)
}

/// So many paths for a plan that no search has seen, each with its mirror image.
fn unseen(genome: &Genome, paths: u64) -> Arc<Vec<Course>> {
    let pair = (genome.scene, genome.class);
    courses(FRESH..FRESH + paths, &[pair], genome.keeper)[&pair].clone()
}

/// A plan as plain messages, of the coalition and of everybody else: whoever sends them to another exchange of the same
/// people has the same run.
#[derive(Clone, Debug)]
pub struct Record {
    /// What everybody has in their wallet before the first message, in the token's atoms; the vault may take it.
    pub wallets: Vec<(Address, u128)>,
    /// What is sent, from the first message of the genesis on.
    pub sent: Vec<Sent>,
    /// What the plan is worth on this path.
    pub value: f64,
    /// What is left in the insurance fund, in quote atoms.
    pub fund: u64,
}

/// Lives a plan among people of these addresses, with these faults put back, on that one of the paths which no search
/// has seen on which it is worth most. It begins at [`Scene::starts`].
pub fn record(genome: &Genome, cast: Cast, put_back: &[Fault], objective: Objective) -> Record {
    let _held = Present::put_back(put_back);
    let (_, best, value) = best_of_unseen(genome, objective);
    // Each path comes with its mirror image.
    let (number, mirrored) = (FRESH + best as u64 / 2, best % 2 == 1);
    let mut world = Course::with(cast, genome.scene, genome.class, genome.keeper, number, mirrored).relive(genome);
    let fund = world.exchange.clearing.ledger().fund;
    let sent = world.record.take().unwrap_or_default();
    Record { wallets: wallets(&cast), sent, value, fund }
}

/// What happens on the best of such paths, in sentences, with these faults put back: refused messages, too.
pub fn story_of(genome: &Genome, put_back: &[Fault], objective: Objective) -> String {
    let _held = Present::put_back(put_back);
    let (courses, best, value) = best_of_unseen(genome, objective);
    story::tell(&courses[best], genome, objective, value, true)
}

/// Paths that no search has seen, which of them a plan is worth most on, and how much that is.
fn best_of_unseen(genome: &Genome, objective: Objective) -> (Arc<Vec<Course>>, usize, f64) {
    let courses = unseen(genome, FRESH_PATHS);
    let values = Measured::of(&live_all(&courses, genome), objective).values;
    let best = (0..values.len()).max_by(|one, other| values[*one].total_cmp(&values[*other])).unwrap_or(0);
    (courses, best, values[best])
}

/// The mean of one objective over such paths.
pub fn mean_of(values: &[[f64; COUNT]], objective: Objective) -> f64 {
    values.iter().map(|value| value[objective as usize]).sum::<f64>() / values.len().max(1) as f64
}

fn live_all(courses: &[Course], genome: &Genome) -> Vec<[f64; COUNT]> {
    courses.par_iter().map(|course| course.live(genome).values).collect()
}

pub(crate) struct Finder<'a> {
    present: &'a Present,
    faults: Vec<Fault>,
    seed: u64,
    /// From so many candidates on what pays on few paths is judged by more of them.
    lotteries_from: u64,
    /// By how many paths there are.
    fresh: FxHashMap<(u64, Scene, Class), Arc<Vec<Course>>>,
    /// Courses with one fault mended.
    repaired: FxHashMap<(u8, u64, Scene, Class), Arc<Vec<Course>>>,
    looked_at: FxHashMap<(Objective, Scene, Class), Looked>,
    pub(crate) finds: Vec<Find>,
    broken: Vec<String>,
}

impl<'a> Finder<'a> {
    pub(crate) fn new(present: &'a Present, request: &Request) -> Self {
        Self {
            present,
            faults: request.faults.clone(),
            seed: request.seed,
            lotteries_from: request.lotteries_from,
            fresh: FxHashMap::default(),
            repaired: FxHashMap::default(),
            looked_at: FxHashMap::default(),
            finds: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Whether a value of the search is worth confirming.
    pub(crate) fn wants(&self, objective: Objective, genome: &Genome, value: f64, sequences: u64) -> bool {
        let Some(threshold) = objective.threshold() else { return false };
        let last = self.looked_at.get(&(objective, genome.scene, genome.class)).copied().unwrap_or_default();
        let better = value > BETTER * last.found;
        value >= threshold && better && (value > BETTER * last.failed || sequences >= last.again)
    }

    /// A plan that breaks an invariant: the books, or the zero sum.
    pub(crate) fn note_broken(&mut self, genome: &Genome, broken: String, sequences: u64) {
        if self.broken.contains(&broken) || self.broken.len() > 20 {
            return;
        }
        self.finds.push(Find {
            objective: Objective::Harm,
            value: f64::INFINITY,
            error: 0.0,
            above: (1, 1),
            labels: Vec::new(),
            genome: genome.clone(),
            seed: self.seed,
            sequences,
            story: format!("An invariant does not hold: {broken}"),
        });
        self.broken.push(broken);
    }

    /// Confirms, shortens, labels and describes; `None` when it does not hold on fresh paths.
    pub(crate) fn confirm(
        &mut self,
        objective: Objective,
        genome: &Genome,
        value: f64,
        sequences: u64,
    ) -> Option<Find> {
        let threshold = objective.threshold()?;
        let mut paths = FRESH_PATHS;
        let mut fresh = self.fresh(genome, paths);
        let mut first = Measured::of(&live_all(&fresh, genome), objective);
        if !first.holds(threshold) && first.mean >= threshold && sequences >= self.lotteries_from {
            paths = LOTTERY_PATHS;
            fresh = self.fresh(genome, paths);
            first = Measured::of(&live_all(&fresh, genome), objective);
        }
        let measured = |genome: &Genome| Measured::of(&live_all(&fresh, genome), objective);
        let looked = self.looked_at.entry((objective, genome.scene, genome.class)).or_default();
        if !first.holds(threshold) {
            (looked.failed, looked.again) = (value, sequences + PATIENCE);
            return None;
        }
        (looked.found, looked.failed) = (value, 0.0);
        let genome = minimise(genome, &|shorter| {
            let again = measured(shorter);
            again.holds(threshold) && again.mean >= 0.9 * first.mean
        });
        let last = measured(&genome);
        let labels = self.label(objective, &genome, last.mean, paths);
        let best =
            last.values.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1)).map_or(0, |best| best.0);
        let story = story::tell(&fresh[best], &genome, objective, last.values[best], false);
        let above = (last.values.iter().filter(|value| **value > 0.0).count(), last.values.len());
        let (value, error, seed) = (last.mean, last.error, self.seed);
        Some(Find { objective, value, error, above, labels, genome, seed, sequences, story })
    }

    /// So many paths that the search has not seen.
    fn fresh(&mut self, genome: &Genome, paths: u64) -> Arc<Vec<Course>> {
        let key = (paths, genome.scene, genome.class);
        self.fresh.entry(key).or_insert_with(|| unseen(genome, paths)).clone()
    }

    fn label(&mut self, objective: Objective, genome: &Genome, value: f64, paths: u64) -> Vec<Label> {
        let mut labels = Vec::new();
        for fault in self.faults.clone() {
            let others: Vec<Fault> = self.faults.iter().copied().filter(|other| *other != fault).collect();
            self.present.change(&others);
            let key = (fault as u8, paths, genome.scene, genome.class);
            let repaired = self.repaired.entry(key).or_insert_with(|| unseen(genome, paths));
            let left = Measured::of(&live_all(repaired, genome), objective).mean;
            let share = (1.0 - left / value).clamp(0.0, 1.0);
            if share >= LABEL_SHARE {
                labels.push(Label { fault, share });
            }
        }
        self.present.change(&self.faults);
        labels
    }
}

struct Measured {
    values: Vec<f64>,
    mean: f64,
    error: f64,
}

impl Measured {
    fn of(lived: &[[f64; COUNT]], objective: Objective) -> Self {
        let values: Vec<f64> = lived.iter().map(|values| values[objective as usize]).collect();
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0).max(1.0);
        Self { values, mean, error: (variance / count).sqrt() }
    }

    /// Whether it is more than chance: the mean is three standard errors above zero, or it pays on several
    /// paths and costs next to nothing on the others. The second is what an attack looks like that waits for its day.
    fn holds(&self, threshold: f64) -> bool {
        let gains: f64 = self.values.iter().map(|value| value.max(0.0)).sum();
        let losses: f64 = self.values.iter().map(|value| (-value).max(0.0)).sum();
        let paying = self.values.iter().filter(|value| **value >= threshold).count();
        let waits = paying >= PAYING_PATHS && losses <= LOSS_SHARE * gains;
        self.mean >= threshold && (self.mean > 3.0 * self.error || waits)
    }
}

/// The shortest plan that still works: moves are left out, then conditions, repetitions, prices and sizes made plain,
/// as long as `does` says so.
pub(crate) fn minimise(genome: &Genome, does: &impl Fn(&Genome) -> bool) -> Genome {
    let mut best = genome.clone();
    // Delta debugging: large parts first, then single moves.
    let mut part = best.genes.len().div_ceil(2);
    while part > 0 {
        let mut place = 0;
        while place < best.genes.len() {
            let mut shorter = best.clone();
            shorter.genes.drain(place..(place + part).min(best.genes.len()));
            if !shorter.genes.is_empty() && does(&shorter) {
                best = shorter;
            } else {
                place += part;
            }
        }
        part /= 2;
    }
    for place in 0..best.genes.len() {
        let plainer: [fn(&mut crate::gene::Gene); 5] = [
            |gene| gene.again = false,
            |gene| gene.days = 1,
            |gene| gene.when = When::Always,
            |gene| {
                if let crate::gene::Move::Cross { price, .. } = &mut gene.act {
                    *price = Price::Worst;
                }
            },
            |gene| {
                if let crate::gene::Move::Rest { size, .. } | crate::gene::Move::Pull { size, .. } = &mut gene.act {
                    *size = Size::One;
                }
            },
        ];
        for change in plainer {
            let mut plain = best.clone();
            change(&mut plain.genes[place]);
            if plain != best && does(&plain) {
                best = plain;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gene::{Gene, Month, Move, Role, Way};
    use crate::world::{Keeper, Phase};

    fn gene(from: u8, days: u8, when: When, act: Move) -> Gene {
        Gene { from, days, phase: Phase::Late, again: false, when, act }
    }

    #[test]
    fn what_does_nothing_for_the_value_goes_and_what_does_stays() {
        let cross = Move::Cross {
            who: Role::Weak,
            with: Role::Strong,
            month: Month::Largest,
            way: Way::Close,
            price: Price::Bad(3),
            size: Size::Position,
        };
        let wanted = [gene(2, 1, When::Always, Move::WithdrawAll), gene(3, 1, When::Always, cross)];
        let idle = gene(0, 5, When::Broke, Move::Fire);
        let genes = vec![idle, wanted[0], idle, idle, gene(3, 4, When::Short, cross), idle, idle];
        let long = Genome { scene: Scene::Ordinary, class: Class::Calm, keeper: Keeper::Prompt, genes };
        // What counts: somebody withdraws, and later somebody closes.
        let does = |genome: &Genome| {
            let place = |found: fn(&Move) -> bool| genome.genes.iter().position(|gene| found(&gene.act));
            let out = place(|act| matches!(act, Move::WithdrawAll));
            let closed = place(|act| matches!(act, Move::Cross { way: Way::Close, .. }));
            out.is_some() && closed.is_some() && out < closed
        };
        let short = minimise(&long, &does);
        assert!(does(&short));
        assert_eq!(short.genes.len(), 2, "{short:?}");
        assert_eq!((short.genes[1].days, short.genes[1].when), (1, When::Always), "and the conditions are plain");
    }

    #[test]
    fn a_find_is_more_than_luck() {
        let of = |values: &[f64]| {
            let lived: Vec<[f64; COUNT]> = values.iter().map(|value| [*value; COUNT]).collect();
            Measured::of(&lived, Objective::Profit).holds(400.0)
        };
        assert!(of(&[500.0, 520.0, 480.0, 510.0]), "it pays on every path");
        assert!(of(&[9_000.0, 0.0, 0.0, 8_000.0, 0.0, 0.0, 7_000.0, -10.0]), "it waits for its day");
        // H1, written by hand: three of twelve paths pay, the others cost the fees.
        let fees = [-2_433.0, -1_239.0, -2_496.0, -1_148.0, -2_566.0, -2_313.0, -1_148.0, -2_494.0, -2_508.0];
        assert!(
            of(&[[35_730.0, 28_758.0, 37_341.0].as_slice(), fees.as_slice()].concat()),
            "it pays the fees of waiting"
        );
        assert!(!of(&[9_000.0, -8_000.0, 7_000.0, -6_000.0, 5_000.0, -1_000.0]), "it is a bet");
        assert!(!of(&[399.0, 399.0, 399.0]), "it is next to nothing");
        assert!(!of(&[9_000.0, 0.0, 0.0, 0.0, 0.0, 0.0]), "one path is one path");
    }
}
