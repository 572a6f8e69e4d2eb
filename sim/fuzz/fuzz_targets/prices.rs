//! The reader of price files on any bytes: it never panics, it takes no time that grows faster than the file, and what
//! it says is one line of printable text.
//!
//! The first bytes choose the column and the options, the rest is the file.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sit_sim::history::{DateFormat, DecimalMark, History, MIN_OBSERVATIONS, MOST_OBSERVATIONS, ReadOptions, Unit};

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, file)) = bytes.split_at_checked(2) else { return };
    let (first, second) = (choice[0], choice[1]);
    let column = ["price", "close", "2", "5"][usize::from(first % 4)];
    let options = ReadOptions {
        date_column: [None, Some("date"), Some("1"), Some("2")][usize::from(first / 4 % 4)].map(str::to_owned),
        date_format: match first / 16 % 8 {
            0 => Some(DateFormat::DayFirst),
            1 => Some(DateFormat::MonthFirst),
            2 => Some(DateFormat::Serial),
            3 => Some(DateFormat::Pattern("%d.%m.%y".into())),
            4 => Some(DateFormat::Pattern("%s".into())),
            _ => None,
        },
        unit: [None, Some(Unit::UsdPerMillion), Some(Unit::UsdPerToken), Some(Unit::CentsPerThousand)]
            [usize::from(second % 4)],
        decimal: [None, None, Some(DecimalMark::Point), Some(DecimalMark::Comma)][usize::from(second / 4 % 4)],
    };
    match History::from_bytes(Path::new("prices.csv"), file, column, &options) {
        Ok(history) => {
            let observations = history.observations();
            assert!((MIN_OBSERVATIONS..=MOST_OBSERVATIONS).contains(&observations.len()));
            assert!(observations.windows(2).all(|pair| pair[0].date < pair[1].date), "days come once and in order");
            assert!(observations.iter().all(|observation| observation.price > 0.0 && observation.price.is_finite()));
            assert!((0.0..1.0).contains(&history.holes().share));
            let sentences = history.understood().into_iter().chain(history.flags().iter().map(ToString::to_string));
            sentences.for_each(|sentence| check(&sentence));
            let _ = history.dataset_root();
        }
        Err(error) => check(&error.to_string()),
    }
});

fn check(sentence: &str) {
    assert!(sentence.chars().count() < 2_500 && !sentence.contains(char::is_control), "{sentence:?}");
}
