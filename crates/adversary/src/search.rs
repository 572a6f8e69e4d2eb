//! The search: candidates are drawn from an archive of what was novel (MAP-Elites, Mouret and Clune 2015,
//! arXiv:1504.04909),
//! lived on several paths, and kept where they are the best of their cell.
//!
//! A cell is an objective, a scene, a class of paths, the set of things that happened, how near to ruin the coalition
//! came and how long it took. Steps that earn nothing by themselves are kept for that reason: they make other things
//! happen. A batch is drawn from the archive as it was before the batch and merged in order, so a run depends on its
//! seed alone and not on the number of threads.

use crate::course::{COUNT, Course, Lived, Objective};
use crate::dice::Dice;
use crate::faults::Present;
use crate::find::{Find, Finder};
use crate::gene::Genome;
use crate::path::Class;
use crate::world::Scene;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use sit_engine::fault::Fault;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Candidates of a batch.
const BATCH: u64 = 128;

/// Paths on which a candidate of the archive has been played, each with its mirror image.
const PATHS: u64 = 2;

/// As many again for one that would be a find on those: plans that wait for the days of two paths are no finds, and
/// crowd out those that are.
const MORE_PATHS: u64 = 3;

/// Most cells of one objective.
const MOST_CELLS: usize = 3_000;

/// What to search, and for how long.
#[derive(Clone, Debug)]
pub struct Request {
    /// Everything follows from it.
    pub seed: u64,
    /// Candidates to try at most.
    pub sequences: u64,
    /// Time to take at most; a run that this ends is not repeatable to the last find.
    pub time: Option<Duration>,
    /// Threads; the result does not depend on them.
    pub threads: usize,
    /// Fixed faults that are put back.
    pub faults: Vec<Fault>,
    /// Ends the search as soon as one of these is the label of a find.
    pub until: Vec<Fault>,
}

impl Default for Request {
    fn default() -> Self {
        Self { seed: 1, sequences: u64::MAX, time: None, threads: 1, faults: Vec::new(), until: Vec::new() }
    }
}

/// How far a search has come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Candidates tried.
    pub sequences: u64,
    /// Messages sent.
    pub messages: u64,
    /// Paths that candidates were lived on.
    pub runs: u64,
    /// Cells of the archive.
    pub cells: usize,
    /// Finds confirmed.
    pub finds: usize,
    /// The last of them.
    pub latest: Option<Find>,
    /// Best value by objective.
    pub best: [f64; COUNT],
    /// Time taken.
    pub elapsed: Duration,
}

/// What a search came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How far it came.
    pub progress: Progress,
    /// What it found.
    pub finds: Vec<Find>,
    /// The best plan by objective, with its value on the paths of the search, whether it holds on others or not.
    pub best: Vec<(Objective, f64, Genome)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Key {
    scene: Scene,
    class: Class,
    bits: u32,
    ruin: u8,
}

impl Key {
    fn new(objective: Objective, genome: &Genome, lived: &Lived) -> Self {
        let ruin = match lived.ruin {
            0 => 0,
            1..100 => 1,
            100..120 => 2,
            120..160 => 3,
            _ => 4,
        };
        Self { scene: genome.scene, class: genome.class, bits: lived.bits & objective.cell_bits(), ruin }
    }
}

struct Elite {
    key: Key,
    genome: Genome,
    value: f64,
    /// How often it was a parent.
    drawn: u32,
}

/// The best candidates of one objective.
#[derive(Default)]
struct Archive {
    places: FxHashMap<Key, usize>,
    elites: Vec<Elite>,
}

impl Archive {
    fn value(&self, key: &Key) -> Option<f64> {
        self.places.get(key).map(|place| self.elites[*place].value)
    }

    fn keep(&mut self, key: Key, genome: &Genome, value: f64, dice: &mut Dice) {
        if let Some(place) = self.places.get(&key).copied() {
            let elite = &mut self.elites[place];
            let shorter = value >= elite.value * 0.999 && genome.genes.len() < elite.genome.genes.len();
            if value > elite.value || shorter {
                (elite.genome, elite.value, elite.drawn) = (genome.clone(), value, elite.drawn / 2);
            }
            return;
        }
        if self.elites.len() < MOST_CELLS {
            self.places.insert(key, self.elites.len());
            self.elites.push(Elite { key, genome: genome.clone(), value, drawn: 0 });
            return;
        }
        let place = (0..8)
            .map(|_| dice.place(self.elites.len()))
            .min_by(|one, other| self.elites[*one].value.total_cmp(&self.elites[*other].value))
            .unwrap_or(0);
        self.places.remove(&self.elites[place].key);
        self.places.insert(key, place);
        self.elites[place] = Elite { key, genome: genome.clone(), value, drawn: 0 };
    }

    /// One of them: of a few the best, or the one that was drawn least often.
    fn draw(&self, dice: &mut Dice) -> Option<usize> {
        if self.elites.is_empty() {
            return None;
        }
        let least = dice.below(2) == 0;
        let few = (0..5).map(|_| dice.place(self.elites.len()));
        if least {
            few.min_by_key(|place| self.elites[*place].drawn)
        } else {
            few.max_by(|one, other| self.elites[*one].value.total_cmp(&self.elites[*other].value))
        }
    }
}

/// Courses by scene and class.
pub(crate) type Courses = FxHashMap<(Scene, Class), Arc<Vec<Course>>>;

pub(crate) fn courses(numbers: std::ops::Range<u64>, pairs: &[(Scene, Class)]) -> Courses {
    let build = |(scene, class): &(Scene, Class)| {
        let each = numbers.clone().flat_map(|number| [(number, false), (number, true)]);
        let courses: Vec<Course> =
            each.map(|(number, mirrored)| Course::new(*scene, *class, number, mirrored)).collect();
        ((*scene, *class), Arc::new(courses))
    };
    pairs.par_iter().map(build).collect()
}

/// All scenes and classes that a search walks.
pub(crate) fn all_pairs() -> Vec<(Scene, Class)> {
    let mut pairs = Vec::new();
    for scene in Scene::ALL {
        pairs.extend(scene.classes().iter().map(|class| (scene, *class)));
    }
    pairs
}

/// The mean over several courses.
pub(crate) fn mean(lived: &[Lived]) -> [f64; COUNT] {
    std::array::from_fn(|place| lived.iter().map(|one| one.values[place]).sum::<f64>() / lived.len().max(1) as f64)
}

struct Tried {
    genome: Genome,
    keys: [Key; COUNT],
    values: [f64; COUNT],
    messages: u64,
    runs: u64,
    promising: bool,
    broken: Option<String>,
    parent: Option<(Objective, usize)>,
}

/// Searches. `watch` is called every few seconds, and at each find, with the progress.
pub fn search(request: &Request, watch: &mut (dyn FnMut(&Progress) + Send)) -> Report {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(request.threads.max(1)).build().expect("threads start");
    let present = Present::put_back(&request.faults);
    pool.install(|| Search::new(request, &present).run(watch))
}

struct Search<'a> {
    request: &'a Request,
    courses: Courses,
    archives: [Archive; COUNT],
    finder: Finder<'a>,
    progress: Progress,
    next: u64,
    dice: Dice,
}

impl<'a> Search<'a> {
    fn new(request: &'a Request, present: &'a Present) -> Self {
        Self {
            request,
            courses: courses(0..PATHS + MORE_PATHS, &all_pairs()),
            archives: Default::default(),
            finder: Finder::new(present, request.faults.clone(), request.seed),
            progress: Progress { best: [f64::NEG_INFINITY; COUNT], ..Progress::default() },
            next: 0,
            dice: Dice::new(request.seed, u64::MAX),
        }
    }

    fn run(mut self, watch: &mut (dyn FnMut(&Progress) + Send)) -> Report {
        let start = Instant::now();
        let mut told = Duration::ZERO;
        'search: loop {
            self.progress.elapsed = start.elapsed();
            let over = self.request.time.is_some_and(|time| self.progress.elapsed >= time);
            if over || self.next >= self.request.sequences {
                break;
            }
            if self.progress.elapsed >= told + Duration::from_secs(5) {
                told = self.progress.elapsed;
                watch(&self.progress);
            }
            let last = (self.next + BATCH).min(self.request.sequences);
            let tried: Vec<Option<Tried>> =
                (self.next..last).into_par_iter().map(|number| self.try_one(number)).collect();
            for (number, tried) in (self.next..last).zip(tried) {
                self.progress.sequences = number + 1;
                let Some(tried) = tried else { continue };
                self.progress.messages += tried.messages;
                self.progress.runs += tried.runs;
                if let Some(find) = self.merge(tried) {
                    let labelled = find.labels.iter().any(|label| self.request.until.contains(&label.fault));
                    self.progress.latest = Some(find.clone());
                    self.finder.finds.push(find);
                    self.progress.finds = self.finder.finds.len();
                    self.progress.elapsed = start.elapsed();
                    watch(&self.progress);
                    if labelled {
                        break 'search;
                    }
                }
            }
            self.next = last;
            self.progress.cells = self.archives.iter().map(|archive| archive.elites.len()).sum();
        }
        self.progress.elapsed = start.elapsed();
        watch(&self.progress);
        let best = Objective::ALL.into_iter().filter_map(|objective| {
            let elites = &self.archives[objective as usize].elites;
            let elite = elites.iter().max_by(|one, other| one.value.total_cmp(&other.value))?;
            Some((objective, elite.value, elite.genome.clone()))
        });
        Report { progress: self.progress, finds: self.finder.finds, best: best.collect() }
    }

    /// A plan, and the elite that it comes from.
    fn candidate(&self, dice: &mut Dice) -> (Genome, Option<(Objective, usize)>) {
        if dice.below(20) == 0 {
            return (Genome::draw(dice), None);
        }
        let objective = match dice.below(20) {
            0..=6 => Objective::Profit,
            7 | 8 => Objective::Harm,
            9 => Objective::Closure,
            10 => Objective::Refusal,
            11 => Objective::Marks,
            _ => dice.one_of(&Objective::ALL[5..]),
        };
        let own = &self.archives[objective as usize];
        let archive = if own.elites.is_empty() { &self.archives[Objective::Profit as usize] } else { own };
        let other = &self.archives[dice.place(COUNT)];
        let Some(parent) = archive.draw(dice) else { return (Genome::draw(dice), None) };
        let one = &archive.elites[parent].genome;
        let other = other.draw(dice).map_or(one, |place| &other.elites[place].genome);
        let objective = if own.elites.is_empty() { Objective::Profit } else { objective };
        (one.mutated(other, dice), Some((objective, parent)))
    }

    /// Plays a candidate on one course, and on the others when it is new or better there.
    fn try_one(&self, number: u64) -> Option<Tried> {
        let mut dice = Dice::new(self.request.seed, number);
        let (genome, parent) = self.candidate(&mut dice);
        if genome.genes.is_empty() {
            return None;
        }
        let courses = self.courses.get(&(genome.scene, genome.class))?;
        let (courses, more) = courses.split_at(2 * PATHS as usize);
        let first = dice.place(courses.len());
        let mut lived = vec![courses[first].live(&genome)];
        let keys = Objective::ALL.map(|objective| Key::new(objective, &genome, &lived[0]));
        let promising = Objective::ALL.into_iter().any(|objective| {
            let value = lived[0].value(objective);
            let wanted = objective == Objective::Profit || value > 0.0;
            wanted && self.archives[objective as usize].value(&keys[objective as usize]).is_none_or(|best| value > best)
        });
        if promising {
            let others = (0..courses.len()).filter(|place| *place != first);
            lived.extend(others.map(|place| courses[place].live(&genome)));
            let found = |objective: Objective| {
                let value = mean(&lived)[objective as usize];
                objective.threshold().is_some_and(|threshold| value >= threshold)
            };
            if Objective::ALL.into_iter().any(found) {
                lived.extend(more.iter().map(|course| course.live(&genome)));
            }
        }
        let messages = lived.iter().map(|one| one.messages).sum();
        let broken = lived.iter().find_map(|one| one.broken.as_ref().map(ToString::to_string));
        Some(Tried {
            keys,
            values: mean(&lived),
            messages,
            runs: lived.len() as u64,
            promising,
            broken,
            genome,
            parent,
        })
    }

    fn merge(&mut self, tried: Tried) -> Option<Find> {
        if let Some(broken) = tried.broken {
            self.finder.note_broken(&tried.genome, broken, self.progress.sequences);
        }
        if let Some((objective, place)) = tried.parent
            && let Some(elite) = self.archives[objective as usize].elites.get_mut(place)
        {
            elite.drawn += 1;
        }
        if !tried.promising {
            return None;
        }
        let mut wanted = None;
        for objective in Objective::ALL {
            let value = tried.values[objective as usize];
            if objective != Objective::Profit && value <= 0.0 {
                continue;
            }
            self.archives[objective as usize].keep(
                tried.keys[objective as usize],
                &tried.genome,
                value,
                &mut self.dice,
            );
            let best = &mut self.progress.best[objective as usize];
            *best = best.max(value);
            if self.finder.wants(objective, &tried.genome, value, self.progress.sequences) && wanted.is_none() {
                wanted = Some(objective);
            }
        }
        let objective = wanted?;
        self.finder.confirm(objective, &tried.genome, tried.values[objective as usize], self.progress.sequences)
    }
}
