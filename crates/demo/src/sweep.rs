//! Many stories: the sample of every seed, other histories at some seeds each, and what became of each of them.
//!
//! A story ends with everybody's money withdrawn and balanced books, or its history is refused before anything is sent.
//! There is no third way: whatever else happens is broken.

use crate::lifecycle::{self, Plan};
use crate::record::Record;
use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use serde::Serialize;
use sit_sim::history::{History, ReadOptions};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the prices of stories come from.
pub enum Prices {
    /// The generated sample of the story's seed.
    Sample,
    /// A history.
    Given(History),
    /// A file that is no history, with the reader's sentence.
    Refused(String),
}

/// A history on which stories are played.
pub struct Subject {
    /// What to call it.
    pub name: String,
    /// Its prices.
    pub prices: Prices,
    /// Seeds of the stories.
    pub seeds: RangeInclusive<u64>,
}

/// What became of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "sentence")]
pub enum Outcome {
    /// It was played to its end: everybody has withdrawn and the books balance.
    Ended,
    /// Its history was refused before anything was sent, with this sentence.
    Refused(String),
    /// Neither.
    Broken(String),
}

/// What became of one story of a sweep.
#[derive(Clone, Debug, Serialize)]
pub struct StoryResult {
    /// Name of its history.
    pub history: String,
    /// Its seed; absent where the file is no history.
    pub seed: Option<u64>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The rise that was put in, as a fraction of the price.
    pub scene: Option<f64>,
    /// Whether the path as it was drawn stays inside what its process usually does.
    pub calm: bool,
    /// Margin calls.
    pub calls: u64,
    /// Those of them that came before the day of the story's rise.
    pub early_calls: u64,
    /// Liquidations.
    pub liquidations: u64,
    /// Draws on the insurance fund.
    pub draws: u64,
    /// What the winners of the month bore, in quote atoms.
    pub borne: i128,
    /// Messages that the contracts executed, each followed by an audit.
    pub messages: u64,
}

impl StoryResult {
    fn of(history: &str, seed: Option<u64>, outcome: Outcome) -> Self {
        let history = history.to_owned();
        Self {
            history,
            seed,
            outcome,
            scene: None,
            calm: false,
            calls: 0,
            early_calls: 0,
            liquidations: 0,
            draws: 0,
            borne: 0,
            messages: 0,
        }
    }
}

/// Plays every story on `threads` threads, each with a chain of its own, and calls `done` after each. The order is that
/// of the subjects and their seeds, whatever the number of threads.
pub fn sweep(subjects: &[Subject], paths: u64, threads: usize, done: &(dyn Fn() + Sync)) -> Vec<StoryResult> {
    let jobs: Vec<(&Subject, Option<u64>)> = subjects
        .iter()
        .flat_map(|subject| -> Vec<(&Subject, Option<u64>)> {
            match subject.prices {
                Prices::Refused(_) => vec![(subject, None)],
                _ => subject.seeds.clone().map(|seed| (subject, Some(seed))).collect(),
            }
        })
        .collect();
    let (next, told) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, jobs.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some((subject, seed)) = jobs.get(place) else { return };
                    let story = tell(subject, *seed, paths);
                    if let Ok(mut told) = told.lock() {
                        told.push((place, story));
                    }
                    done();
                }
            });
        }
    });
    let mut told = told.into_inner().unwrap_or_default();
    told.sort_by_key(|(place, _)| *place);
    told.into_iter().map(|(_, story)| story).collect()
}

fn tell(subject: &Subject, seed: Option<u64>, paths: u64) -> StoryResult {
    let sample;
    let (history, seed) = match (&subject.prices, seed) {
        (Prices::Given(history), Some(seed)) => (history, seed),
        (Prices::Sample, Some(seed)) => {
            sample = History::sample(seed);
            (&sample, seed)
        }
        (Prices::Refused(sentence), _) => {
            return StoryResult::of(&subject.name, None, Outcome::Refused(sentence.clone()));
        }
        (_, None) => return StoryResult::of(&subject.name, None, Outcome::Broken("it was given no seed".into())),
    };
    let generated = matches!(subject.prices, Prices::Sample);
    let plan = Plan { history, name: &subject.name, generated, seed, paths, progress: &|_| () };
    let outcome = |outcome| StoryResult::of(&subject.name, Some(seed), outcome);
    // A panic is a defect like any other: the sweep names its seed and goes on.
    let ready = match catch_unwind(AssertUnwindSafe(|| lifecycle::ready(&plan).map_err(|error| format!("{error:#}")))) {
        Ok(Ok(ready)) => ready,
        Ok(Err(refusal)) => return outcome(Outcome::Refused(refusal)),
        Err(_) => return outcome(Outcome::Broken("it panicked before anything was sent".into())),
    };
    match catch_unwind(AssertUnwindSafe(|| ready.tell(|_| ()))) {
        Ok(Ok(record)) => ended(outcome(Outcome::Ended), &record),
        Ok(Err(error)) => outcome(Outcome::Broken(format!("{error:#}"))),
        Err(_) => outcome(Outcome::Broken("it panicked".into())),
    }
}

/// A story that was played to its end, if its books balance.
fn ended(told: StoryResult, record: &Record) -> StoryResult {
    let books = &record.books;
    let owed = books.accounts + books.instruments + books.fund + books.incentives + books.treasury;
    let whole = record.audits == record.messages && books.token_balance == owed;
    let outcome = if !whole {
        Outcome::Broken(format!("the books do not balance: {books:?}"))
    } else if books.accounts != 0 || books.instruments != 0 {
        Outcome::Broken(format!("not everybody's money has left: {books:?}"))
    } else {
        told.outcome
    };
    let waterfall = &record.waterfall;
    StoryResult {
        outcome,
        scene: record.scene.as_ref().map(|scene| scene.rise),
        calm: record.usual.calm,
        calls: waterfall.calls,
        early_calls: waterfall.early_calls,
        liquidations: waterfall.liquidations,
        draws: waterfall.draws,
        borne: waterfall.unpaid,
        messages: record.messages,
        ..told
    }
}

/// The stories of a sweep as a table, a row for each history, and below it every sentence with which one was refused or
/// broke.
#[must_use]
pub fn table(told: &[StoryResult]) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_header([
        "history",
        "stories",
        "ended",
        "refused",
        "broken",
        "scenes",
        "calm",
        "margin calls",
        "liquidations",
        "fund draws",
        "borne",
    ]);
    let mut sentences: Vec<String> = Vec::new();
    for stories in told.chunk_by(|one, other| one.history == other.history) {
        let count =
            |wanted: &dyn Fn(&StoryResult) -> bool| stories.iter().filter(|story| wanted(story)).count().to_string();
        // Sum and range: `31 (0\u{2013}4)`.
        let counts = |of: &dyn Fn(&StoryResult) -> u64| {
            let ended = stories.iter().filter(|story| story.outcome == Outcome::Ended).map(of);
            let sum: u64 = ended.clone().sum();
            match (ended.clone().min(), ended.max()) {
                (Some(least), Some(most)) => format!("{sum} ({least}\u{2013}{most})"),
                _ => "\u{2013}".into(),
            }
        };
        let name = stories.first().map_or("", |story| story.history.as_str());
        table.add_row([
            name.to_owned(),
            stories.len().to_string(),
            count(&|story| story.outcome == Outcome::Ended),
            count(&|story| matches!(story.outcome, Outcome::Refused(_))),
            count(&|story| matches!(story.outcome, Outcome::Broken(_))),
            count(&|story| story.scene.is_some()),
            count(&|story| story.calm),
            counts(&|story| story.calls),
            counts(&|story| story.liquidations),
            counts(&|story| story.draws),
            count(&|story| story.borne > 0),
        ]);
        // A sentence that many seeds share stands once.
        for same in stories.chunk_by(|one, other| one.outcome == other.outcome) {
            let (word, sentence) = match same.first().map(|story| &story.outcome) {
                None | Some(Outcome::Ended) => continue,
                Some(Outcome::Refused(sentence)) => ("refused", sentence),
                Some(Outcome::Broken(sentence)) => ("BROKEN", sentence),
            };
            let seeds = match same {
                [StoryResult { seed: Some(first), .. }, .., StoryResult { seed: Some(last), .. }] => {
                    format!(", seeds {first} to {last}")
                }
                [StoryResult { seed: Some(seed), .. }] => format!(", seed {seed}"),
                _ => String::new(),
            };
            sentences.push(format!("{name}{seeds}, {word}: {sentence}"));
        }
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = table.to_string();
    for sentence in sentences {
        text.push('\n');
        text.push_str(&sentence);
    }
    text
}

/// Whether a story broke.
#[must_use]
pub fn broke(told: &[StoryResult]) -> bool {
    told.iter().any(|story| matches!(story.outcome, Outcome::Broken(_)))
}

/// Reads a file as a subject; one that is no history becomes a row with the reader's sentence.
#[must_use]
pub fn file(path: &std::path::Path, column: &str, options: &ReadOptions, seeds: RangeInclusive<u64>) -> Subject {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.display().to_string());
    let prices = match History::read(path, column, options) {
        Ok(history) => Prices::Given(history),
        Err(error) => Prices::Refused(error.to_string()),
    };
    Subject { name, prices, seeds }
}

/// Threads that this machine runs at once.
///
/// # Errors
/// When the system does not say.
pub fn threads() -> Result<usize> {
    Ok(std::thread::available_parallelism()?.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(history: &str, seed: u64, outcome: Outcome, calls: u64) -> StoryResult {
        StoryResult { calls, ..StoryResult::of(history, Some(seed), outcome) }
    }

    #[test]
    fn the_table_counts_what_became_of_the_stories_and_says_each_sentence_once() {
        let refused = || Outcome::Refused("too dear".into());
        let told = [
            story("sample", 1, Outcome::Ended, 3),
            story("sample", 2, Outcome::Ended, 0),
            story("sample", 3, Outcome::Broken("a step failed".into()), 9),
            story("gold", 1, refused(), 0),
            story("gold", 2, refused(), 0),
        ];
        let text = table(&told);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1][..9], ["sample", "3", "2", "0", "1", "0", "0", "3", "(0\u{2013}3)"], "{text}");
        assert_eq!(lines[2][..5], ["gold", "2", "0", "2", "0"], "{text}");
        assert!(
            text.ends_with("sample, seed 3, BROKEN: a step failed\ngold, seeds 1 to 2, refused: too dear"),
            "{text}"
        );
        assert!(broke(&told) && !broke(&told[3..]));
    }

    #[test]
    fn a_file_that_is_no_history_is_a_row_with_the_readers_sentence() {
        let subject = file(std::path::Path::new("nowhere.csv"), "price", &ReadOptions::default(), 1..=5);
        let told = sweep(&[subject], 1, 2, &|| ());
        assert_eq!(told.len(), 1);
        assert!(matches!(&told[0].outcome, Outcome::Refused(sentence) if sentence.contains("nowhere.csv")), "{told:?}");
    }
}
