//! The story works with any history: whatever a path does is recorded, and it ends with balanced books.

#[path = "lifecycle/histories.rs"]
mod histories;

use histories::SHAPES;
use sit_demo::sweep::{self, Outcome, Prices, StoryResult, Subject};
use sit_sim::history::ReadOptions;

/// Seeds of the sample.
const SEEDS: u64 = 12;

/// Paths of the margin simulation: few more than its least.
const PATHS: u64 = 1 << 14;

#[test]
fn the_story_ends_at_every_seed_and_on_every_shape_of_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut subjects = vec![Subject { name: "the sample".into(), prices: Prices::Sample, seeds: 1..=SEEDS }];
    subjects.extend(
        SHAPES.iter().map(|shape| sweep::file(&shape.write(folder.path()), "price", &ReadOptions::default(), 1..=1)),
    );
    let threads = sweep::threads().expect("the system says how many threads it runs");
    let told = sweep::sweep(&subjects, PATHS, threads, &|| ());
    println!("{}", sweep::table(&told));
    let (sample, files) = told.split_at(SEEDS as usize);
    for story in sample {
        assert_eq!(story.outcome, Outcome::Ended, "seed {:?}", story.seed);
    }
    for (shape, story) in SHAPES.iter().zip(files) {
        assert_eq!(story.history, format!("{}.csv", shape.name));
        match &story.outcome {
            Outcome::Ended => assert!(shape.listed, "{}", shape.name),
            Outcome::Refused(sentence) => {
                assert!(!shape.listed && sentence.contains("per token"), "{}: {sentence}", shape.name);
            }
            Outcome::Broken(sentence) => panic!("{}: {sentence}", shape.name),
        }
    }
    for story in told.iter().filter(|story| story.outcome == Outcome::Ended) {
        let named = format!("{}, seed {:?}: {story:?}", story.history, story.seed);
        // Sizes follow from the process: what its price usually does calls nobody, and the rise of the story calls one
        // or two.
        if story.calm {
            assert_eq!(story.early_calls, 0, "{named}");
            assert!((1..=2).contains(&story.calls) && story.liquidations == 1, "{named}");
        }
        assert!(story.messages > 0, "{named}");
    }
    // The paths differ: calm and wild, with a rise put in and without, with one called and with two.
    let any = |found: &dyn Fn(&StoryResult) -> bool| told.iter().any(found);
    assert!(any(&|story| story.calm && story.calls == 1) && any(&|story| story.calls > 1));
    assert!(any(&|story| story.outcome == Outcome::Ended && !story.calm));
    assert!(any(&|story| story.outcome == Outcome::Ended && story.scene.is_none()), "a rise of its own needs no other");
    assert!(any(&|story| story.scene.is_some() && story.draws > 0));
}
