//! The search: candidates are drawn from an archive of what was novel (MAP-Elites, Mouret and Clune 2015,
//! arXiv:1504.04909), lived on several paths, and kept where they are the best of their cell.
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
use crate::world::{Keeper, Scene};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use sit_engine::fault::Fault;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Candidates of a batch.
const BATCH: u64 = 128;

/// Paths on which a candidate of the archive has been played, each with its mirror image.
const PATHS: u64 = 2;

/// How many courses these are.
const FEW: usize = 2 * PATHS as usize;

/// As many again for one that would be a find on those: plans that wait for the days of two paths are no finds, and
/// crowd out those that are.
const MORE_PATHS: u64 = 6;

/// Most cells of one objective, scene and class.
const MOST_CELLS: usize = 500;

/// By how much of its value a plan has to be better than the one of its cell, so that nothing is lived on more paths
/// for the sake of cents.
const BETTER: f64 = 0.01;

/// A plan is shortened at once when it is worth so much more than all before it.
const RECORD: f64 = 1.05;

/// From so many candidates on lotteries are looked for, unless a request says otherwise: what pays on a few paths and
/// loses on the others until it knows when to leave. What pays on average is found sooner without.
const LOTTERIES_FROM: u64 = 30_000;

/// A lottery is worth what it brings on the path that pays best but two.
const PAYING: usize = 3;

/// A plan whose lottery is worth so much, and that brings less than half of it on average, is tried with ways to stop.
const TICKET: f64 = 400.0;

/// Scenes and classes of which the one with the best ticket is drawn.
const TICKETS: usize = 3;

/// Then one plan of so many is given a reaction.
const REACTS: u32 = 6;

/// What is left of the heat of an archive when a plan is drawn from it.
const COOLS: f64 = 0.98;

/// Whether a value is enough above that of a cell.
fn beats(value: f64, best: f64) -> bool {
    value > best + BETTER * best.abs()
}

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
    /// How soon the keeper works.
    pub keeper: Keeper,
    /// Fixed faults that are put back.
    pub faults: Vec<Fault>,
    /// Ends the search as soon as one of these is the label of a find.
    pub until: Vec<Fault>,
    /// From so many candidates on lotteries are looked for as well.
    pub lotteries_from: u64,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            seed: 1,
            sequences: u64::MAX,
            time: None,
            threads: 1,
            keeper: Keeper::Prompt,
            faults: Vec::new(),
            until: Vec::new(),
            lotteries_from: LOTTERIES_FROM,
        }
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
    /// The best plan by objective, scene and class, with its value on the paths of the search, whether it holds on
    /// others or not.
    pub best: Vec<(Objective, f64, Genome)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Key {
    bits: u32,
    ruin: u8,
}

impl Key {
    fn new(objective: Objective, lived: &Lived) -> Self {
        let ruin = match lived.ruin {
            0 => 0,
            1..100 => 1,
            100..120 => 2,
            120..160 => 3,
            _ => 4,
        };
        Self { bits: lived.bits & objective.cell_bits(), ruin }
    }
}

struct Elite {
    key: Key,
    genome: Genome,
    value: f64,
    /// How often it was a parent.
    drawn: u32,
    /// How many of its children were kept.
    fruitful: u32,
    /// The place of the path on which it is judged as a lottery, if it is one: its children are lived there first.
    wins_on: Option<usize>,
}

impl Elite {
    /// Whether a plan is as good as this one, and shorter.
    fn is_longer(&self, genome: &Genome, value: f64) -> bool {
        let size = |genome: &Genome| (genome.genes.len(), genome.horizon());
        value >= self.value - 0.001 * self.value.abs() && size(genome) < size(&self.genome)
    }
}

/// The best candidates of one objective, scene and class.
#[derive(Default)]
struct Archive {
    places: FxHashMap<Key, usize>,
    elites: Vec<Elite>,
    /// The best value there has been.
    best: f64,
    /// How much it has got on lately: one for each better best value, less with each plan that is drawn from it.
    heat: f64,
}

impl Archive {
    /// Whether a plan of this value belongs into a cell: it is better than the one there, or as good and shorter.
    fn wants(&self, key: &Key, genome: &Genome, value: f64) -> bool {
        let elite = self.places.get(key).map(|place| &self.elites[*place]);
        elite.is_none_or(|elite| beats(value, elite.value) || elite.is_longer(genome, value))
    }

    /// Keeps the best of each cell; whether it is this one.
    fn keep(&mut self, key: Key, genome: &Genome, value: f64, wins_on: Option<usize>, dice: &mut Dice) -> bool {
        if beats(value, self.best) {
            (self.best, self.heat) = (value, self.heat + 1.0);
        }
        if let Some(place) = self.places.get(&key).copied() {
            let elite = &mut self.elites[place];
            let better = beats(value, elite.value);
            if better || elite.is_longer(genome, value) {
                (elite.genome, elite.value, elite.wins_on) = (genome.clone(), value, wins_on);
                (elite.drawn, elite.fruitful) = (elite.drawn / 2, elite.fruitful / 2);
            }
            return better;
        }
        if self.elites.len() < MOST_CELLS {
            self.places.insert(key, self.elites.len());
            self.elites.push(Elite { key, genome: genome.clone(), value, drawn: 0, fruitful: 0, wins_on });
            return true;
        }
        let place = (0..8)
            .map(|_| dice.index(self.elites.len()))
            .min_by(|one, other| self.elites[*one].value.total_cmp(&self.elites[*other].value))
            .unwrap_or(0);
        self.places.remove(&self.elites[place].key);
        self.places.insert(key, place);
        self.elites[place] = Elite { key, genome: genome.clone(), value, drawn: 0, fruitful: 0, wins_on };
        true
    }

    /// One of them: of a few the best, the one that was drawn least often, or the one whose children were kept most
    /// often.
    fn draw(&self, dice: &mut Dice) -> Option<usize> {
        if self.elites.is_empty() {
            return None;
        }
        let by = dice.below(3);
        let few = (0..5).map(|_| dice.index(self.elites.len()));
        let elite = |place: &usize| &self.elites[*place];
        match by {
            0 => few.min_by_key(|place| elite(place).drawn),
            1 => few.max_by(|one, other| elite(one).value.total_cmp(&elite(other).value)),
            _ => {
                few.max_by_key(|place| u64::from(elite(place).fruitful + 1) * 1_000 / u64::from(elite(place).drawn + 2))
            }
        }
    }
}

/// Courses by scene and class.
pub(crate) type Courses = FxHashMap<(Scene, Class), Arc<Vec<Course>>>;

pub(crate) fn courses(numbers: std::ops::Range<u64>, pairs: &[(Scene, Class)], keeper: Keeper) -> Courses {
    let build = |(scene, class): &(Scene, Class)| {
        let each = numbers.clone().flat_map(|number| [(number, false), (number, true)]);
        let courses: Vec<Course> =
            each.map(|(number, mirrored)| Course::new(*scene, *class, keeper, number, mirrored)).collect();
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

/// The mean over several courses; of [`Objective::Ticket`] the best.
fn mean(lived: &[Lived]) -> [f64; COUNT] {
    let mut means =
        std::array::from_fn(|place| lived.iter().map(|one| one.values[place]).sum::<f64>() / lived.len().max(1) as f64);
    let best = lived.iter().map(|one| one.value(Objective::Ticket)).fold(0.0, f64::max);
    means[Objective::Ticket as usize] = best;
    means
}

/// The mean profit over several courses.
fn profit(lived: &[Lived]) -> f64 {
    mean(lived)[Objective::Profit as usize]
}

/// What a lottery is worth, and the place of the path on which it is worth that: what pays on several paths waits for
/// the days of none of them.
fn lottery(lived: &[Lived]) -> (f64, usize) {
    let mut by_path: Vec<(f64, usize)> = lived.iter().map(|one| one.value(Objective::Ticket)).zip(0..).collect();
    by_path.sort_by(|one, other| other.0.total_cmp(&one.0));
    by_path.get(PAYING - 1).copied().unwrap_or_default()
}

/// That place, if it is one: it is worth something, and loses more than half of that on the other paths.
fn wins_on(lived: &[Lived]) -> Option<usize> {
    let (worth, place) = lottery(lived);
    (worth >= TICKET && profit(lived) < worth / 2.0).then_some(place)
}

/// The way to stop with which a plan earns most, if it earns more than without. `live` tells how it goes then.
fn with_the_best_exit(
    genome: &Genome,
    lived: &[Lived],
    live: &mut impl FnMut(&Genome) -> Vec<Lived>,
) -> Option<(Genome, Vec<Lived>)> {
    let mut best = None;
    let mut most = profit(lived);
    for stops in genome.with_exits() {
        let again = live(&stops);
        if profit(&again) > most {
            most = profit(&again);
            best = Some((stops, again));
        }
    }
    best
}

/// Leaves out what a plan does not need for its value on one course, and lives it again without: what comes after a
/// record starts from what made it. `note` is told of each life.
fn shorten(
    genome: &mut Genome,
    course: &Course,
    objective: Objective,
    mut lived: Lived,
    note: &mut impl FnMut(&Lived),
) -> Lived {
    // What acted comes first then, in its order.
    *genome = genome.without_idle(lived.acted);
    lived.acted = (1 << lived.acted.count_ones()) - 1;
    let wanted = (1.0 - BETTER) * lived.value(objective);
    for place in (0..genome.genes.len()).rev() {
        let mut shorter = genome.clone();
        shorter.genes.remove(place);
        if shorter.genes.is_empty() {
            break;
        }
        let again = course.live(&shorter);
        note(&again);
        if again.value(objective) >= wanted {
            (*genome, lived) = (shorter, again);
        }
    }
    for place in 0..genome.genes.len() {
        let mut shorter = genome.clone();
        shorter.genes[place].days = 1;
        if shorter == *genome {
            continue;
        }
        let again = course.live(&shorter);
        note(&again);
        if again.value(objective) >= wanted {
            (*genome, lived) = (shorter, again);
        }
    }
    lived
}

struct Tried {
    genome: Genome,
    keys: [Key; COUNT],
    values: [f64; COUNT],
    messages: u64,
    runs: u64,
    promising: bool,
    broken: Option<String>,
    /// The hash of the plan as it was drawn.
    drawn: u64,
    parent: Option<Parent>,
    /// The place of the path on which it is judged as a lottery, if it is one.
    wins_on: Option<usize>,
}

/// An elite: the place of its archive, and its own.
type Parent = (usize, usize);

/// Searches. `watch` is called every few seconds, and at each find, with the progress.
pub fn search(request: &Request, watch: &mut (dyn FnMut(&Progress) + Send)) -> Report {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(request.threads.max(1)).build().expect("threads start");
    let present = Present::put_back(&request.faults);
    pool.install(|| Search::new(request, &present).run(watch))
}

struct Search<'a> {
    request: &'a Request,
    courses: Courses,
    pairs: Vec<(Scene, Class)>,
    /// By objective, and in it by scene and class: what is easy in one does not crowd out what is hard in another.
    archives: Vec<Archive>,
    finder: Finder<'a>,
    progress: Progress,
    next: u64,
    dice: Dice,
    /// The plans that have been tried, by their hashes.
    seen: FxHashSet<u64>,
    /// Whether lotteries are looked for.
    late: bool,
}

impl<'a> Search<'a> {
    fn new(request: &'a Request, present: &'a Present) -> Self {
        let pairs = all_pairs();
        let mut archives = Vec::new();
        archives.resize_with(COUNT * pairs.len(), Archive::default);
        Self {
            request,
            courses: courses(0..PATHS + MORE_PATHS, &pairs, request.keeper),
            pairs,
            archives,
            finder: Finder::new(present, request),
            progress: Progress { best: [f64::NEG_INFINITY; COUNT], ..Progress::default() },
            next: 0,
            dice: Dice::new(request.seed, u64::MAX),
            seen: FxHashSet::default(),
            late: false,
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
            if !self.late && self.next >= self.request.lotteries_from {
                self.look_for_lotteries();
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
        let mut best = Vec::new();
        for objective in Objective::ALL {
            for archive in &self.archives[self.of(objective)] {
                let elite = archive.elites.iter().max_by(|one, other| one.value.total_cmp(&other.value));
                best.extend(elite.map(|elite| (objective, elite.value, elite.genome.clone())));
            }
        }
        Report { progress: self.progress, finds: self.finder.finds, best }
    }

    /// From here on lotteries are looked for. What has been kept as a ticket so far may know its path, and is judged
    /// anew.
    fn look_for_lotteries(&mut self) {
        self.late = true;
        for place in self.of(Objective::Ticket) {
            let before = std::mem::take(&mut self.archives[place]);
            let live = |elite: Elite| {
                let courses = self.courses.get(&(elite.genome.scene, elite.genome.class))?;
                let lived: Vec<Lived> = courses.iter().map(|course| course.live(&elite.genome)).collect();
                Some((elite, lived))
            };
            let judged: Vec<(Elite, Vec<Lived>)> = before.elites.into_par_iter().filter_map(live).collect();
            for (elite, lived) in judged {
                self.progress.messages += lived.iter().map(|one| one.messages).sum::<u64>();
                self.progress.runs += lived.len() as u64;
                let (worth, _) = lottery(&lived);
                if worth > 0.0 {
                    self.archives[place].keep(elite.key, &elite.genome, worth, wins_on(&lived), &mut self.dice);
                }
            }
        }
    }

    /// The archives of an objective.
    fn of(&self, objective: Objective) -> std::ops::Range<usize> {
        let first = objective as usize * self.pairs.len();
        first..first + self.pairs.len()
    }

    /// The archive of an objective for plans of the scene and class of this one.
    fn place_for(&self, objective: Objective, genome: &Genome) -> Option<usize> {
        let pair = self.pairs.iter().position(|pair| *pair == (genome.scene, genome.class))?;
        Some(self.of(objective).start + pair)
    }

    /// An archive, the more often the more it has got on lately: who is on the way is let go on.
    fn hot(&self, dice: &mut Dice) -> Option<usize> {
        let sum: f64 = self.archives.iter().map(|archive| archive.heat).sum();
        let mut left = sum * f64::from(dice.below(1 << 24)) / f64::from(1 << 24);
        self.archives.iter().position(|archive| {
            left -= archive.heat;
            left < 0.0
        })
    }

    /// A plan, and the elite that it comes from.
    fn candidate(&self, dice: &mut Dice) -> (Genome, Option<Parent>) {
        if dice.below(20) == 0 {
            return (Genome::draw(dice, self.request.keeper), None);
        }
        let objective = match dice.below(20) {
            1..=3 if self.late => Objective::Ticket,
            0..=5 => Objective::Profit,
            6 | 7 => Objective::Harm,
            8 => Objective::Closure,
            9 => Objective::Refusal,
            10 => Objective::Marks,
            _ => dice.one_of(&Objective::ALL[5..]),
        };
        // No scene is searched more than another for having more that can happen in it; but of tickets those are drawn
        // that are worth something.
        let some = |objective: Objective, dice: &mut Dice| {
            let filled: Vec<usize> =
                self.of(objective).filter(|place| !self.archives[*place].elites.is_empty()).collect();
            if filled.is_empty() {
                return None;
            }
            let count = if self.late && objective == Objective::Ticket { TICKETS } else { 1 };
            let few = (0..count).map(|_| dice.one_of(&filled));
            few.max_by(|one, other| self.archives[*one].best.total_cmp(&self.archives[*other].best))
        };
        let hot = if dice.below(3) == 0 { self.hot(dice) } else { None };
        let Some(archive) = hot.or_else(|| some(objective, dice)).or_else(|| some(Objective::Profit, dice)) else {
            return (Genome::draw(dice, self.request.keeper), None);
        };
        let Some(parent) = self.archives[archive].draw(dice) else {
            return (Genome::draw(dice, self.request.keeper), None);
        };
        let one = &self.archives[archive].elites[parent].genome;
        // What it is crossed with is of the same scene and class more often than not.
        let goal = dice.one_of(&Objective::ALL);
        let beside = if dice.below(4) > 0 { self.place_for(goal, one) } else { some(goal, dice) };
        let other = beside.map(|place| &self.archives[place]).and_then(|archive| {
            let place = archive.draw(dice)?;
            Some(&archive.elites[place].genome)
        });
        let mut genome = one.mutated(other.unwrap_or(one), dice);
        if self.late && dice.below(REACTS) == 0 {
            genome.react(dice);
        }
        (genome, Some((archive, parent)))
    }

    /// A plan that has not been tried yet, if a few draws bring one.
    fn new_candidate(&self, dice: &mut Dice) -> (Genome, Option<Parent>) {
        for _ in 0..4 {
            let (genome, parent) = self.candidate(dice);
            if !self.seen.contains(&FxBuildHasher.hash_one(&genome)) {
                return (genome, parent);
            }
        }
        self.candidate(dice)
    }

    /// Plays a candidate on one course, on its mirror image when it is new or better there, and on the others when it
    /// still is.
    fn try_one(&self, number: u64) -> Option<Tried> {
        let mut dice = Dice::new(self.request.seed, number);
        let (mut genome, parent) = self.new_candidate(&mut dice);
        if genome.genes.is_empty() {
            return None;
        }
        let drawn = FxBuildHasher.hash_one(&genome);
        let courses = self.courses.get(&(genome.scene, genome.class))?;
        // A lottery is judged by a path on which it wins: on the others what is new costs as much as what is not.
        let of_parent =
            parent.filter(|_| self.late).and_then(|(archive, place)| self.archives[archive].elites[place].wins_on);
        let first = of_parent.unwrap_or_else(|| dice.index(FEW));
        let (mut messages, mut runs) = (0, 0);
        let mut note = |lived: &[Lived]| {
            messages += lived.iter().map(|one| one.messages).sum::<u64>();
            runs += lived.len() as u64;
        };
        let mut lived = vec![courses[first].live(&genome)];
        note(&lived);
        if let Some(objective) = self.record(&genome, &lived[0]) {
            let record = lived.remove(0);
            let shortened =
                shorten(&mut genome, &courses[first], objective, record, &mut |one| note(std::slice::from_ref(one)));
            lived.push(shortened);
        }
        let keys_of = |lived: &[Lived]| Objective::ALL.map(|objective| Key::new(objective, &lived[0]));
        let mut keys = keys_of(&lived);
        let mut promising = self.wants(&genome, &keys, &lived);
        if promising {
            lived.push(courses[first ^ 1].live(&genome));
            note(&lived[1..]);
            promising = self.wants(&genome, &keys, &lived);
        }
        let mut wins = None;
        if promising {
            // The other few paths, then all that are left.
            let mut order = vec![first, first ^ 1];
            order.extend((0..courses.len()).filter(|place| place / 2 != first / 2));
            let (few, all) =
                (order.iter().filter(|place| **place < FEW || **place / 2 == first / 2).count(), order.len());
            let mut live = |genome: &Genome, places: std::ops::Range<usize>| {
                let lived: Vec<Lived> = order[places].iter().map(|place| courses[*place].live(genome)).collect();
                note(&lived);
                lived
            };
            lived.extend(live(&genome, 2..few));
            let means = mean(&lived);
            let found = |objective: Objective| {
                objective.threshold().is_some_and(|threshold| means[objective as usize] >= threshold)
            };
            let is_ticket = self.late && means[Objective::Ticket as usize] >= TICKET;
            if is_ticket || Objective::ALL.into_iter().any(found) {
                lived.extend(live(&genome, few..all));
            }
            if is_ticket {
                let (ticket, worth) = (Objective::Ticket, lottery(&lived).0);
                let archive = self.place_for(ticket, &genome).and_then(|place| self.archives.get(place));
                let is_new = archive.is_some_and(|archive| archive.wants(&keys[ticket as usize], &genome, worth));
                if is_new
                    && wins_on(&lived).is_some()
                    && let Some(stops) = with_the_best_exit(&genome, &lived, &mut |genome| live(genome, 0..all))
                {
                    (genome, lived) = stops;
                    keys = keys_of(&lived);
                }
                wins = wins_on(&lived).map(|place| order[place]);
            }
        }
        let broken = lived.iter().find_map(|one| one.broken.as_ref().map(ToString::to_string));
        // A move that did nothing on any path is in the way of those to come. Now and then one stays: another path or
        // another move may need it.
        let acted = lived.iter().fold(0, |acted, one| acted | one.acted);
        let genome = if dice.below(4) > 0 { genome.without_idle(acted) } else { genome };
        let mut values = mean(&lived);
        if self.late {
            let worth = if lived.len() == courses.len() { lottery(&lived).0 } else { 0.0 };
            values[Objective::Ticket as usize] = worth;
        }
        Some(Tried { keys, values, messages, runs, promising, broken, genome, drawn, parent, wins_on: wins })
    }

    /// An objective in which a plan has come further on its first path than all before it.
    fn record(&self, genome: &Genome, lived: &Lived) -> Option<Objective> {
        Objective::ALL.into_iter().find(|objective| {
            let value = lived.value(*objective);
            let archive = self.place_for(*objective, genome).and_then(|place| self.archives.get(place));
            value > 0.0 && archive.is_some_and(|archive| value > RECORD * archive.best)
        })
    }

    /// Whether a plan that has been lived on these courses is new or better anywhere.
    fn wants(&self, genome: &Genome, keys: &[Key; COUNT], lived: &[Lived]) -> bool {
        let values = mean(lived);
        lived[0].acted != 0
            && Objective::ALL.into_iter().any(|objective| {
                let (value, key) = (values[objective as usize], &keys[objective as usize]);
                let archive = self.place_for(objective, genome).and_then(|place| self.archives.get(place));
                (objective == Objective::Profit || value > 0.0)
                    && archive.is_some_and(|archive| archive.wants(key, genome, value))
            })
    }

    fn parent(&mut self, tried: &Tried) -> Option<&mut Elite> {
        let (archive, place) = tried.parent?;
        self.archives[archive].elites.get_mut(place)
    }

    fn merge(&mut self, tried: Tried) -> Option<Find> {
        if let Some(broken) = tried.broken.clone() {
            self.finder.note_broken(&tried.genome, broken, self.progress.sequences);
        }
        self.seen.insert(tried.drawn);
        if let Some(elite) = self.parent(&tried) {
            elite.drawn += 1;
        }
        if let Some((archive, _)) = tried.parent {
            self.archives[archive].heat *= COOLS;
        }
        if !tried.promising {
            return None;
        }
        let (mut wanted, mut kept) = (None, false);
        for objective in Objective::ALL {
            let value = tried.values[objective as usize];
            if objective != Objective::Profit && value <= 0.0 {
                continue;
            }
            let Some(archive) = self.place_for(objective, &tried.genome) else { continue };
            let key = tried.keys[objective as usize];
            kept |= self.archives[archive].keep(key, &tried.genome, value, tried.wins_on, &mut self.dice);
            let best = &mut self.progress.best[objective as usize];
            *best = best.max(value);
            if self.finder.wants(objective, &tried.genome, value, self.progress.sequences) && wanted.is_none() {
                wanted = Some(objective);
            }
        }
        if kept && let Some(elite) = self.parent(&tried) {
            elite.fruitful += 1;
        }
        let objective = wanted?;
        self.finder.confirm(objective, &tried.genome, tried.values[objective as usize], self.progress.sequences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lived(profit: f64) -> Lived {
        let mut values = [0.0; COUNT];
        (values[Objective::Profit as usize], values[Objective::Ticket as usize]) = (profit, profit.max(0.0));
        Lived { values, bits: 0, ruin: 0, messages: 0, acted: 1, broken: None }
    }

    #[test]
    fn what_pays_on_two_paths_alone_is_no_ticket_and_what_pays_on_all_is_no_lottery() {
        let on = |profits: &[f64]| profits.iter().map(|profit| lived(*profit)).collect::<Vec<Lived>>();
        let knows_the_day = on(&[-2_000.0, 40_000.0, -2_000.0, 50_000.0, -1_000.0, 300.0]);
        assert_eq!((lottery(&knows_the_day), wins_on(&knows_the_day)), ((300.0, 5), None));
        let waits_for_it = on(&[-9_000.0, 20_000.0, -9_000.0, 50_000.0, 10_000.0, -20_000.0]);
        assert_eq!((lottery(&waits_for_it), wins_on(&waits_for_it)), ((10_000.0, 4), None));
        let loses_elsewhere = on(&[-20_000.0, 20_000.0, -20_000.0, 50_000.0, 10_000.0, -20_000.0]);
        assert_eq!((lottery(&loses_elsewhere), wins_on(&loses_elsewhere)), ((10_000.0, 4), Some(4)));
        assert_eq!(wins_on(&on(&[600.0; 4])), None);
        assert_eq!(lottery(&on(&[600.0; 2])), (0.0, 0));
    }
}
