//! The targets of the fuzzer, compiled and run on bytes that follow from a number, so that a target that no longer fits
//! the code is seen: `sim/fuzz` is a workspace of its own, with a runtime that the tests do not compile.
#![expect(unused_attributes, reason = "a target has no `main` where the fuzzer's runtime has it")]

extern crate self as libfuzzer_sys;

/// What stands in for the fuzzer's runtime.
mod runtime {
    /// A target is a function of its bytes here.
    macro_rules! fuzz_target {
        (|$bytes:ident: &[u8]| $body:block) => {
            pub fn run($bytes: &[u8]) $body
        };
    }
    pub(crate) use fuzz_target;
}
pub(crate) use runtime::fuzz_target;

#[path = "../../../sim/fuzz/fuzz_targets/cells.rs"]
mod cells;
#[path = "../../../sim/fuzz/fuzz_targets/index.rs"]
mod index;
#[path = "../../../sim/fuzz/fuzz_targets/messages.rs"]
mod messages;
#[path = "../../../sim/fuzz/fuzz_targets/prices.rs"]
mod prices;
#[path = "../../../sim/fuzz/fuzz_targets/settlement.rs"]
mod settlement;

use std::collections::BTreeSet;
use std::path::Path;

/// What the fuzzer calls with its bytes.
type Target = fn(&[u8]);

/// A target's name, the target, and how many bytes it is given.
const TARGETS: [(&str, Target, usize); 5] = [
    ("cells", cells::run, 417),
    ("index", index::run, 648),
    ("messages", messages::run, 900),
    ("prices", prices::run, 500),
    ("settlement", settlement::run, 200),
];

/// Words of numbers that follow from one number, as `sim/fuzz/run` makes its seeds.
fn bytes(seed: u16, length: usize) -> Vec<u8> {
    let step = 2 * seed + 1;
    let numbers = std::iter::successors(Some(seed), |number| Some(number.wrapping_mul(5).wrapping_add(step)));
    numbers.take(length).map(|number| number as u8).collect()
}

#[test]
fn every_target_of_the_fuzzer_runs() {
    for (name, run, length) in TARGETS {
        for seed in 0..40 {
            println!("{name}, seed {seed}");
            run(&bytes(seed, length));
        }
        run(&[]);
    }
    let rows = (0..112).map(|row| format!("2025-{:02}-{:02},2.{:02}\n", row / 28 + 1, row % 28 + 1, row % 90));
    let table = format!("P@date,price\n{}", rows.collect::<String>());
    prices::run(table.as_bytes());
}

#[test]
fn no_target_is_forgotten() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sim/fuzz");
    let files = std::fs::read_dir(fuzz.join("fuzz_targets")).expect("the targets are there");
    let names = files.map(|file| file.expect("a file").path().file_stem().expect("a name").display().to_string());
    assert_eq!(names.collect::<BTreeSet<_>>(), TARGETS.map(|(name, ..)| name.to_owned()).into());
    let script = std::fs::read_to_string(fuzz.join("run")).expect("the script is there");
    for (name, ..) in TARGETS {
        assert!(script.contains(&format!("\n    {name} ")), "sim/fuzz/run does not say what {name} is");
    }
}
