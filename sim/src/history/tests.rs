//! Records with every defect that the loader knows.

use std::io::Write;
use std::path::Path;

use jiff::civil::date;

use super::*;

const HEADER: &str = "date,vendor,model,input_usd_per_mtok,output_usd_per_mtok,source\n";

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{text}").unwrap();
    file
}

fn load(rows: &str, class: &str) -> Result<History, HistoryError> {
    let (record, class) = (file(&format!("{HEADER}{rows}")), file(class));
    History::from_record(&PanelRequest {
        record: record.path().into(),
        class: class.path().into(),
        as_of: date(2025, 12, 31),
    })
}

/// The flags of one kind, with their lines.
fn flagged(history: &History, defect: Defect) -> Vec<Option<u64>> {
    history.flags().iter().filter(|flag| flag.defect == defect).map(|flag| flag.line).collect()
}

fn price_on(history: &History, day: Date) -> f64 {
    history.observations().iter().find(|observation| observation.date == day).unwrap().price
}

#[test]
fn the_index_is_the_median_over_vendors_of_the_cheapest_model() {
    let history = load(
        "2025-01-01,a,big,4,4,s\n2025-01-01,a,small,2,6,s\n2025-01-01,b,big,9,9,s\n2025-01-01,c,other,1,1,s\n2025-03-01,d,big-2,5,5,s\n",
        "big*  # and its successors\nsmall\n",
    )
    .unwrap();
    // Blends are three parts input and one output: a has 4 and 3, b has 9, then d comes with 5; c is not of the class.
    assert_eq!(price_on(&history, date(2025, 1, 1)), 6.0);
    assert_eq!(price_on(&history, date(2025, 3, 1)), 5.0);
    assert_eq!(history.len(), 365);
    let class = history.flags().iter().find(|flag| flag.defect == Defect::ClassAssumption).unwrap();
    assert!(class.text.contains("3 models of 3 vendors"), "{class}");
}

#[test]
fn an_announced_price_a_free_one_and_one_without_a_date_are_left_out() {
    let history = load("2025-01-01,a,m,4,4,s\n2026-01-01,a,m,1,1,s\n2025-02-01,a,m,0,0,s\n,a,m,3,3,s\n", "m").unwrap();
    assert_eq!(flagged(&history, Defect::Announced), [Some(3)]);
    assert_eq!(flagged(&history, Defect::Free), [Some(4)]);
    assert_eq!(flagged(&history, Defect::NoDate), [Some(5)]);
    assert!(history.observations().iter().all(|observation| observation.price == 4.0));
}

#[test]
fn a_price_in_another_unit_is_left_out_wherever_it_stands() {
    // Between two good prices, first of its series, and last of it, where the model's other vendors tell which is
    // wrong.
    let rows = "2025-01-01,a,m,4,4,s\n2025-02-01,a,m,0.004,0.004,s\n2025-03-01,a,m,3,3,s\n\
                2025-01-01,b,x/m,4000,4000,s\n2025-03-01,b,x/m,4,4,s\n\
                2025-01-01,c,m,5,5,s\n2025-03-01,c,m,0.005,0.005,s\n";
    let history = load(rows, "m\nx/m").unwrap();
    assert_eq!(flagged(&history, Defect::Unit), [Some(3), Some(5), Some(8)]);
    assert_eq!(price_on(&history, date(2025, 2, 15)), 4.5);
    assert_eq!(price_on(&history, date(2025, 4, 1)), 4.0);
}

#[test]
fn a_source_that_restores_a_stale_list_is_not_believed() {
    let cut = "2025-01-01,a,m,8,8,list\n2025-01-01,a,n,6,6,list\n2025-04-01,a,m,4,4,list\n2025-04-01,a,n,3,3,list\n";
    let stale = "2025-10-10,a,m,8,8,list\n2025-10-10,a,n,6,6,list\n";
    let history = load(&format!("{cut}{stale}"), "m\nn").unwrap();
    assert_eq!(flagged(&history, Defect::Regression), [Some(6), Some(7)]);
    assert_eq!(price_on(&history, date(2025, 12, 1)), 3.0);
    // One model alone, or on a marketplace, may go back.
    let alone = load(&format!("{cut}2025-10-10,a,m,8,8,list\n2025-10-10,a,n,2,2,list\n"), "m\nn").unwrap();
    assert_eq!(flagged(&alone, Defect::Regression), []);
    let market = load(&format!("{cut}{stale}").replace(",list", ",openrouter@list"), "m\nn").unwrap();
    assert_eq!(flagged(&market, Defect::Regression), []);
    assert_eq!(price_on(&market, date(2025, 12, 1)), 6.0);
}

#[test]
fn the_first_source_dates_a_price_and_a_late_copy_changes_nothing() {
    let rows = "2025-01-01,a,m,8,8,one\n2025-02-01,a,m,4,4,one\n2025-02-20,a,m,4,4,two\n2025-03-01,a,m,8,8,three\n";
    let history = load(rows, "m").unwrap();
    assert_eq!(price_on(&history, date(2025, 2, 1)), 4.0);
    assert_eq!(price_on(&history, date(2025, 3, 2)), 4.0);
    assert_eq!(flagged(&history, Defect::LateCopy), [Some(5)]);
    assert_eq!(flagged(&history, Defect::RecordedLate), [None]);
}

#[test]
fn a_withdrawn_model_leaves_the_index() {
    let rows = "2025-01-01,a,m,2,2,s\n2025-01-01,b,m,4,4,s\n2025-06-01,a,m,2,2,s:removed\n";
    let history = load(rows, "m").unwrap();
    assert_eq!(price_on(&history, date(2025, 5, 31)), 3.0);
    assert_eq!(price_on(&history, date(2025, 6, 1)), 4.0);
}

#[test]
fn a_record_and_a_class_may_come_from_any_editor() {
    let rows = "2025-01-01,a,GPT-big,4,4,s\n2025-02-01,b,small,2,6,s\n2025-06-01,a,other,2,2,s\n";
    let plain = load(rows, "gpt-big\nsmall\n").unwrap();
    for class in ["\u{feff}gpt-big\r\nsmall\r\n", "\u{feff}# models\nGPT-BIG # the first\n\nSmall"] {
        let history = load(rows, class).unwrap();
        assert_eq!(history.dataset_root(), plain.dataset_root());
        assert_eq!(history.flags().len(), plain.flags().len());
    }
    let record = file(&format!("\u{feff}{}", (HEADER.to_uppercase() + rows).replace(',', ";")));
    let class = file("gpt-big\nsmall\n");
    let request = PanelRequest { record: record.path().into(), class: class.path().into(), as_of: date(2025, 12, 31) };
    assert_eq!(History::from_record(&request).unwrap().dataset_root(), plain.dataset_root());
}

#[test]
fn a_line_of_a_class_that_names_nothing_is_named() {
    let history = load("2025-01-01,a,m,4,4,s\n2025-02-01,b,n,2,6,s\n", "m\ngpt-4*\nn\n").unwrap();
    assert_eq!(flagged(&history, Defect::ClassUnmatched), [Some(2)]);
    let flag = history.flags().iter().find(|flag| flag.defect == Defect::ClassUnmatched).unwrap();
    assert!(flag.text.contains("\"gpt-4*\""), "{flag}");
}

#[test]
fn a_record_that_is_read_long_after_its_last_row_is_told_or_refused() {
    let read = |as_of| {
        let (record, class) = (file(&format!("{HEADER}2025-01-01,a,m,4,4,s\n2025-03-01,a,m,3,3,s\n")), file("m"));
        History::from_record(&PanelRequest { record: record.path().into(), class: class.path().into(), as_of })
    };
    assert_eq!(flagged(&read(date(2025, 4, 1)).unwrap(), Defect::LongSilence), []);
    assert_eq!(flagged(&read(date(2036, 1, 1)).unwrap(), Defect::LongSilence), [None]);
    let message = read(date(9999, 12, 31)).unwrap_err().to_string();
    assert!(message.contains("check --as-of"), "{message}");
}

#[test]
fn a_record_that_cannot_be_read_is_refused_with_its_line() {
    let says = |rows: &str, class: &str, text: &str| {
        let message = load(rows, class).unwrap_err().to_string();
        assert!(message.contains(text), "{message}");
    };
    says("2025-13-01,a,m,4,4,s\n", "m", "line 2: \"2025-13-01\" is not a date");
    says("2025-01-01,a,m,4,4,s\n2025-01-02,a,m,4,dear,s\n", "m", "line 3: \"dear\" is not a price");
    says("2025-01-01,a,m,-4,4,s\n", "m", "line 2: the price is -4");
    says("2025-01-01,a,m,4,4,s\n", "# nothing\n", "it names no model");
    says("2025-12-01,a,m,4,4,s\n", "m", "on 31 days");
    says("2025-12-01,a,m,4,4,s\n", "m", "as of a day 59 days later with --as-of");
    let (record, class) = (file("date,model\n"), file("m"));
    let request = PanelRequest { record: record.path().into(), class: class.path().into(), as_of: date(2025, 1, 1) };
    let message = History::from_record(&request).unwrap_err().to_string();
    assert!(message.contains("no column \"vendor\"; the columns are date, model"), "{message}");
    let gone = History::from_record(&PanelRequest { class: "no/such.txt".into(), ..request }).unwrap_err().to_string();
    assert!(gone.starts_with("no/such.txt: cannot be read"), "{gone}");
}

#[test]
fn the_named_defects_of_the_public_record_are_found_when_it_is_at_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let record = folder.join("llm_prices_tidy.csv");
    if !record.exists() {
        eprintln!("skipped: {} is not there", record.display());
        return;
    }
    // The class of the panel: every model that was some vendor's cheapest.
    let panel = std::fs::read_to_string(folder.join("sit_class_panel_monthly.csv")).unwrap();
    let models: Vec<&str> = panel.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    let class = file(&models.join("\n"));
    let history =
        History::from_record(&PanelRequest { record, class: class.path().into(), as_of: date(2026, 7, 24) }).unwrap();
    let count = |defect| flagged(&history, defect).len();
    assert!(count(Defect::Unit) > 50, "{}", count(Defect::Unit));
    assert!(count(Defect::Announced) > 30);
    let regressions: Vec<&Flag> = history.flags().iter().filter(|flag| flag.defect == Defect::Regression).collect();
    assert!(regressions.iter().any(|flag| flag.text.contains("on 2025-10-10 simonw/llm-prices@git returns o3")));
    // It falls as the published index does, from 15 dollars to less than one.
    let last = history.observations().last().unwrap();
    assert!((0.15..0.6).contains(&last.price), "{}", last.price);
}
