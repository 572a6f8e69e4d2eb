//! A history is the same however it is written, and no bytes make the reader panic.

use std::path::Path;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

/// How a table is written.
#[derive(Clone, Copy, Debug)]
struct Writing {
    separator: char,
    day: usize,
    comma: bool,
    thousands: bool,
    newest_first: bool,
    line: &'static str,
    missing: &'static str,
    encoding: usize,
    titles: usize,
}

/// Ways to write a day that leave nothing open over a hundred days.
const DAYS: [&str; 9] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d %b %Y",
    "%b %d %Y",
    "%Y-%m-%dT17:30:00Z",
    "%Y-%m-%d 00:00:00 UTC",
];

fn writings() -> impl Strategy<Value = Writing> {
    (
        (
            prop_oneof![Just(','), Just(';'), Just('\t'), Just('|')],
            0..DAYS.len(),
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
        ),
        (
            prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\n\n")],
            prop_oneof![Just("."), Just(""), Just("null"), Just("#N/A"), Just("NaN"), Just("-")],
            0..4_usize,
            0..3_usize,
        ),
    )
        .prop_map(|((separator, day, comma, thousands, newest_first), (line, missing, encoding, titles))| {
            Writing { separator, day, comma, thousands, newest_first, line, missing, encoding, titles }
        })
}

/// Days and prices in ten-thousandths; no two prices far enough apart to look like two units.
fn prices() -> impl Strategy<Value = Vec<(i32, u64)>> {
    let each = proptest::collection::vec((1..5_i32, 10_000..99_999_u64), 100..160);
    (each, prop_oneof![Just(1_u64), Just(1_000), Just(100_000)]).prop_map(|(steps, scale)| {
        let mut day = 0;
        let place = |(step, price): (i32, u64)| {
            day += step;
            (day, price * scale)
        };
        steps.into_iter().map(place).collect()
    })
}

impl Writing {
    fn number(self, ten_thousandths: u64) -> String {
        let (whole, decimals) = (ten_thousandths / 10_000, ten_thousandths % 10_000);
        let (decimal, between) = if self.comma { (',', '.') } else { ('.', ',') };
        let digits = whole.to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if self.thousands && at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(between);
            }
            grouped.push(digit);
        }
        format!("\"{grouped}{decimal}{decimals:04}\"")
    }

    fn bytes(self, prices: &[(i32, u64)]) -> Vec<u8> {
        let day =
            |n: i32| date(2020, 1, 20).saturating_add(jiff::Span::new().days(n)).strftime(DAYS[self.day]).to_string();
        let row = |day: String, price: String| format!("x{0}{day}{0}{price}", self.separator);
        let mut rows: Vec<String> = prices.iter().map(|(n, price)| row(day(*n), self.number(*price))).collect();
        // A day before all others, without a price.
        rows.insert(0, row(day(0), self.missing.into()));
        if self.newest_first {
            rows.reverse();
        }
        let mut lines: Vec<String> = (0..self.titles).map(|n| format!("Title {n}")).collect();
        lines.push(format!("who{0}DATE{0}Price", self.separator));
        lines.extend(rows);
        let text = lines.iter().map(|line| format!("{line}{}", self.line)).collect::<String>();
        match self.encoding {
            0 => text.into_bytes(),
            1 => [0xef, 0xbb, 0xbf].into_iter().chain(text.into_bytes()).collect(),
            2 => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
            _ => [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
        }
    }
}

/// The canonical text of a history as the dataset root has it, from nothing but the numbers.
fn root(prices: &[(i32, u64)]) -> [u8; 32] {
    let line = |(n, price): &(i32, u64)| {
        let day: Date = date(2020, 1, 20).saturating_add(jiff::Span::new().days(*n));
        let decimal = format!("{}.{:04}", price / 10_000, price % 10_000);
        format!("{day},{}\n", decimal.trim_end_matches('0').trim_end_matches('.'))
    };
    crate::keccak256(prices.iter().map(line).collect::<String>().as_bytes())
}

/// Some bytes of tables with others in between, so that a search for faults gets past the header.
fn almost_a_table() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("date,price\n".to_owned()),
        Just("2025-01-01,2.5\n".to_owned()),
        Just("\"".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("01/02/2025;2,5\n".to_owned()),
        Just("1735689600000,1,1,1,2\n".to_owned()),
        Just("2025-01-01 12:00:00+05:30[Asia/Kolkata],1e-5\n".to_owned()),
        "[-0-9.,;:/TZe%$ ]{0,24}\n",
        "\\PC{0,16}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_history_is_the_same_however_it_is_written(prices in prices(), writing in writings()) {
        let bytes = writing.bytes(&prices);
        let history = History::from_bytes(Path::new("p"), &bytes, "price", &ReadOptions::default());
        let history = history.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(history.dataset_root(), root(&prices));
        prop_assert_eq!(history.flags().iter().filter(|flag| flag.defect == Defect::MissingPrice).count(), 1);
    }

    #[test]
    fn no_bytes_make_the_reader_panic_and_every_refusal_is_one_short_line(
        bytes in prop_oneof![proptest::collection::vec(any::<u8>(), 0..400), almost_a_table()],
        column in prop_oneof![Just("price"), Just("2"), Just("5"), Just("")],
        options in options(),
    ) {
        if let Err(error) = History::from_bytes(Path::new("p"), &bytes, column, &options) {
            let message = error.to_string();
            prop_assert!(message.chars().count() < 2_500, "{message}");
            prop_assert!(!message.contains(char::is_control), "{message:?}");
        }
    }
}

fn options() -> impl Strategy<Value = ReadOptions> {
    let format = prop_oneof![
        Just(None),
        Just(Some(DateFormat::DayFirst)),
        Just(Some(DateFormat::Serial)),
        "%[a-zA-Z%]{1,3}".prop_map(|pattern| Some(DateFormat::Pattern(pattern))),
    ];
    let unit = prop_oneof![Just(None), Just(Some(Unit::UsdPerToken)), Just(Some(Unit::CentsPerMillion))];
    let decimal = prop_oneof![Just(None), Just(Some(DecimalMark::Comma))];
    let column = prop_oneof![Just(None), Just(Some("1".to_owned())), Just(Some("date".to_owned()))];
    (format, unit, decimal, column).prop_map(|(date_format, unit, decimal, date_column)| ReadOptions {
        date_column,
        date_format,
        unit,
        decimal,
    })
}
