//! The story works with any history: whatever a path does is recorded, and it ends with balanced books.

#[path = "lifecycle/histories.rs"]
mod histories;

use histories::SHAPES;
use sit_demo::sweep::{self, Outcome, Prices, Subject, Told};

/// Seeds of the sample.
const SEEDS: u64 = 12;

/// Paths of the margin simulation: few more than its least.
const PATHS: u64 = 1 << 14;

#[test]
fn the_story_ends_at_every_seed_and_on_every_shape_of_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut subjects = vec![Subject { name: "the sample".into(), prices: Prices::Sample, seeds: 1..=SEEDS }];
    subjects.extend(SHAPES.iter().map(|shape| sweep::file(&shape.write(folder.path()), "price", 1..=1)));
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
    // The paths differ: with a rise put in and without, with nobody called but by that rise and with many calls.
    let any = |found: &dyn Fn(&Told) -> bool| told.iter().any(found);
    assert!(
        any(&|story| story.scene.is_some() && story.calls == 1 && story.messages > 0),
        "on a calm path only the rise that is put in calls somebody"
    );
    assert!(any(&|story| story.scene.is_none()), "a rise of its own needs no other");
    assert!(any(&|story| story.calls > 5), "a wild path calls many times");
    assert!(any(&|story| story.liquidations > 1) && any(&|story| story.draws == 0) && any(&|story| story.draws > 0));
}
