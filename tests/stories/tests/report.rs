//! The report shows what the record has, whole and to the last atom.

#[path = "report/plausible.rs"]
mod plausible;

use plausible::record;
use sit_demo::record::Record;
use sit_demo::report::{self, PAGE_NAME, RECORD_NAME, ReportError};
use std::fs;

#[test]
fn the_page_has_every_section_and_every_figure() {
    let page = report::html(&record(300)).unwrap();
    for heading in [
        "What happened",
        "Prices",
        "Hedged against unhedged",
        "Accounts",
        "Risk",
        "Margin calls, liquidation and who paid",
        "The vault&rsquo;s books",
        "Margin and its certificate",
        "History and calibration",
        "Fills",
        "Settlements",
        "On the chain",
    ] {
        assert!(page.contains(&format!("<h2>{heading}</h2>")), "{heading}");
    }
    // Prices, curves, results, coverage, open interest, history, and the equity of six participants.
    assert_eq!(page.matches("<svg").count(), 12);
    assert_eq!(page.matches("<figure>").count(), 7);
    assert_eq!(page.matches("class=\"card good\"").count(), 4);
}

#[test]
fn the_page_stands_alone() {
    let page = report::html(&record(300)).unwrap();
    for outside in ["http:", "https:", "src=", "@import", "url(", "<script", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for target in page.split("href=\"").skip(1) {
        assert!(target.starts_with('#'), "{}", &target[..20]);
    }
}

#[test]
fn every_tag_that_opens_closes() {
    for page in [report::html(&record(300)).unwrap(), report::html(&Record::default()).unwrap()] {
        assert_balanced(&page);
    }
}

#[test]
fn names_can_not_write_html() {
    let mut record = record(2);
    let evil = "<script>alert(\"x\")</script> & co";
    record.source.name = evil.into();
    record.participants[0].name = evil.into();
    record.participants[0].role = evil.into();
    record.instruments[0].label = evil.into();
    record.fills[0].buyer = evil.into();
    record.milestones[0].text = evil.into();
    record.calibration.warnings = vec![evil.into()];
    let page = report::html(&record).unwrap();
    assert!(!page.contains("<script"));
    assert!(page.contains("&#60;script&#62;"));
    assert_balanced(&page);
}

#[test]
fn long_tables_are_folded_and_short_ones_are_not() {
    let page = report::html(&record(300)).unwrap();
    assert!(page.contains("<summary>270 more</summary>"));
    assert_eq!(page.matches("<td class=\"w\">maker A</td><td class=\"w\">AI company</td>").count(), 300);
    let page = report::html(&record(2)).unwrap();
    assert_eq!(page.matches("<td class=\"w\">maker A</td><td class=\"w\">AI company</td>").count(), 2);
    assert!(!page.contains("270 more"));
}

#[test]
fn a_record_with_nothing_in_it_says_so() {
    let page = report::html(&Record::default()).unwrap();
    for sentence in ["Nothing happened.", "Nothing was traded.", "Nobody took part.", "There is nothing to draw."] {
        assert!(page.contains(sentence), "{sentence}");
    }
    assert!(!page.contains("NaN"));
    let lines = report::summary(&Record::default());
    assert!(lines.contains("no price history") && !lines.contains("NaN"));
}

#[test]
fn odd_numbers_are_drawn_around() {
    let mut record = record(2);
    record.days.truncate(1);
    record.days[0].index = f64::NAN;
    record.days[0].marks = vec![None; 3];
    record.days[0].equity = vec![i128::MAX];
    record.source.prices =
        vec![("not a date".into(), 1.0), ("2026-01-01".into(), f64::NAN), ("2026-01-02".into(), -1.0)];
    record.fills[0].time = u64::MAX;
    let page = report::html(&record).unwrap();
    assert!(!page.contains("NaN"));
    assert_balanced(&page);
}

#[test]
fn both_sides_of_the_books_stand_in_page_and_summary() {
    let mut record = record(2);
    let both = |record: &Record| [report::html(record).unwrap(), report::summary(record)];
    for text in both(&record) {
        assert!(text.matches("307,654,321,987").count() >= 2, "{text}");
        assert!(text.contains("balanced") && !text.contains("NOT BALANCED"));
    }
    record.books.fund -= 1;
    for text in both(&record) {
        assert!(text.contains("307,654,321,986") && text.contains("307,654,321,987"));
        assert!(text.contains("NOT BALANCED"));
    }
}

#[test]
fn a_rise_that_was_put_into_the_path_is_said_beside_it() {
    let page = report::html(&record(2)).unwrap();
    assert!(page.contains("the rise of 55.0 % on 2026-09-13 was put into it"));
    let drawn = Record { scene: None, ..record(2) };
    assert!(!report::html(&drawn).unwrap().contains("was put into it"));
}

#[test]
fn the_summary_fits_a_page() {
    let mut long = record(300);
    for _ in 0..20 {
        long.participants.extend(long.participants.clone().into_iter().take(1));
        long.waterfall.steps.extend(long.waterfall.steps.clone().into_iter().take(1));
    }
    long.source.name = "a very long name of a file ".repeat(10);
    for record in [record(2), long] {
        let summary = report::summary(&record);
        let summary = console::strip_ansi_codes(&summary);
        assert!(summary.lines().count() <= 45, "{summary}");
        for line in summary.lines() {
            assert!(console::measure_text_width(line) <= 100, "{line}");
        }
    }
}

#[test]
fn the_files_are_whole_and_alone_in_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(PAGE_NAME), "the report of yesterday").unwrap();
    let record = record(2);
    let path = report::write(&record, folder.path()).unwrap();
    assert_eq!(path, folder.path().join(PAGE_NAME));
    assert_eq!(fs::read_to_string(&path).unwrap(), report::html(&record).unwrap());
    let json: serde_json::Value = serde_json::from_slice(&fs::read(folder.path().join(RECORD_NAME)).unwrap()).unwrap();
    assert_eq!(json["books"]["token_balance"], 307_654_321_987_u64);
    assert_eq!(names(folder.path()), [RECORD_NAME, PAGE_NAME]);
}

#[test]
fn a_folder_that_refuses_keeps_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let error = report::write(&record(2), &folder.path().join("missing")).unwrap_err();
    assert!(matches!(error, ReportError::Write { .. }), "{error}");
    assert!(error.to_string().contains("record.json could not be written"), "{error}");
    assert!(names(folder.path()).is_empty());

    // A folder in the page's place cannot be replaced by it: that works for root too, unlike permissions.
    let page = folder.path().join(PAGE_NAME);
    fs::create_dir_all(page.join("occupied")).unwrap();
    let error = report::write(&record(2), folder.path()).unwrap_err();
    assert!(error.to_string().contains("report.html could not be written"), "{error}");
    assert_eq!(names(folder.path()), [RECORD_NAME, PAGE_NAME], "no temporary file stays");
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every tag is closed in the order in which it was opened.
fn assert_balanced(page: &str) {
    let mut open = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let skip = if rest.starts_with("!--") { "-->" } else { ">" };
        let (tag, after) = rest.split_once(skip).expect("a tag ends");
        rest = after;
        let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop().as_deref(), Some(closed), "{}", &rest[..rest.len().min(80)]),
            None if tag.starts_with('!') || tag.ends_with('/') || name == "meta" => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}
