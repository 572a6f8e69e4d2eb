//! What the program says to input that cannot be used: one sentence, a non-zero exit, and nothing written.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn demo(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sit-demo")).current_dir(folder).args(args).output().expect("the program starts")
}

/// What was said without the notes on what was understood of a file.
fn without_notes(stderr: &[u8]) -> String {
    let said = String::from_utf8_lossy(stderr);
    said.lines().filter(|line| !line.starts_with("note: ")).map(|line| format!("{line}\n")).collect()
}

/// Runs the demo on a history that must be refused with all these words, in one line.
fn refused(csv: &str, column: &str, words: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("prices.csv"), csv).expect("the file is written");
    let output = demo(folder.path(), &["--prices", "prices.csv", "--column", column]);
    let said = without_notes(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
    assert!(output.stdout.is_empty());
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing is written");
}

/// `--check` must refuse a history in the words in which the demo refuses it.
fn refused_unlisted(csv: &str, words: &[&str]) {
    refused(csv, "price", words);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("prices.csv"), csv).expect("the file is written");
    let said = |more: &[&str]| {
        let output = demo(folder.path(), &[&["--prices", "prices.csv", "--column", "price"], more].concat());
        (output.status.code(), without_notes(&output.stderr))
    };
    assert_eq!(said(&["--check"]), said(&[]));
}

/// A year of daily prices around one, from a first day on.
fn around(price: f64, first: jiff::civil::Date) -> String {
    let mut csv = String::from("date,price\n");
    for day in 0..365_i32 {
        let date = first + jiff::Span::new().days(day);
        let price = price * (1.0 + 0.03 * f64::from(day * day % 17) / 17.0);
        csv.push_str(&format!("{date},{price:.4e}\n"));
    }
    csv
}

/// A history of `days` days whose prices are changed by hand.
fn history(days: u32, change: impl Fn(u32) -> Option<String>) -> String {
    let mut csv = String::from("date,price\n");
    for day in 0..days {
        let (month, number) = (day / 28 + 1, day % 28 + 1);
        let usual = format!("2025-{month:02}-{number:02},{:.4}", 1.0 + 0.01 * f64::from(day % 7));
        csv.push_str(&change(day).unwrap_or(usual));
        csv.push('\n');
    }
    csv
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = demo(folder.path(), &["--prices", "nowhere.csv", "--column", "price"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(without_notes(&output.stderr).contains("nowhere.csv"));
}

#[test]
fn a_wrong_column_is_answered_with_the_columns_there_are() {
    refused(&history(120, |_| None), "cost", &["prices.csv", "cost", "price"]);
}

#[test]
fn a_bad_line_is_named_by_file_and_number() {
    let on_day_ten = |text: &'static str| history(120, move |day| (day == 10).then(|| text.to_owned()));
    refused(&on_day_ten("11/01/2025,1.0"), "price", &["prices.csv line 12", "11/01/2025"]);
    refused(&on_day_ten("2025-01-11,cheap"), "price", &["prices.csv line 12", "cheap"]);
    refused(&on_day_ten("2025-01-11,0"), "price", &["prices.csv line 12"]);
    refused(&on_day_ten("2025-01-11,-1"), "price", &["prices.csv line 12"]);
    refused(&on_day_ten("2025-01-10,1.0"), "price", &["prices.csv line 12", "2025-01-10"]);
    refused(&on_day_ten("2025-01-11,1000.0"), "price", &["prices.csv line 12"]);
}

#[test]
fn a_short_history_is_told_how_much_it_needs() {
    refused(&history(20, |_| None), "price", &["prices.csv", "90"]);
}

#[test]
fn a_price_that_never_moves_is_no_history() {
    let still = history(120, |day| Some(format!("2025-{:02}-{:02},1.0", day / 28 + 1, day % 28 + 1)));
    refused(&still, "price", &["never moves"]);
}

#[test]
fn a_price_that_no_tick_can_carry_is_refused_with_what_to_do_before_anything_is_built() {
    let first = jiff::civil::date(2025, 1, 1);
    // An index print has whole millionths of a dollar: 2.5 of them are shown as three.
    refused_unlisted(&around(2.5e-6, first), &["$0.000003", "$0.0002", "multiply it by 1,000,000"]);
    refused_unlisted(&around(170_000.0, first), &["$17", "$4,128.59", "divide it"]);
    refused_unlisted(&around(1e15, first), &["$4,128.59"]);
}

/// Both ways at the borders of what can be listed, those of the index, of the calendar and of a margin set: whatever
/// the check passes is told to its end, and whatever it refuses the demo refuses in the same words.
#[test]
fn the_check_refuses_what_would_not_run_and_nothing_else() {
    let first = jiff::civil::date(2025, 1, 1);
    let ends = |year| jiff::civil::date(year, 1, 1);
    // Steps up and back by so much that a margin set holds them or does not.
    let wild = |factor: f64| {
        let step = |day: u32| if day * day % 17 < 5 { factor } else { 1.0 };
        let price = |day: u32| step(day) * (1.0 + 0.01 * f64::from(day % 7));
        history(336, |day| Some(format!("2025-{:02}-{:02},{:.4}", day / 28 + 1, day % 28 + 1, price(day))))
    };
    // The highest price of the index is $4,128.59, the lowest that has ticks enough $0.0002; a path moves from where
    // the history ends.
    let cases: [(&str, String, bool); 12] = [
        ("the least rows", around(2.0, first).lines().take(91).collect::<Vec<_>>().join("\n"), true),
        ("a row less", around(2.0, first).lines().take(90).collect::<Vec<_>>().join("\n"), false),
        ("the last year of a history", around(2.0, ends(2099)), true),
        ("the first year of the calendar", around(2.0, ends(1970)), true),
        ("before the calendar", around(2.0, ends(1968)), false),
        ("well below the highest price", around(2_500.0, first), true),
        ("beyond the highest price", around(4_080.0, first), false),
        ("above the lowest price", around(0.000_5, first), true),
        ("beyond the lowest price", around(0.000_195, first), false),
        ("steps up by a half", wild(1.5), true),
        ("steps up to three times", wild(3.0), true),
        ("steps up to nine times", wild(9.0), false),
    ];
    // Each story has a chain in memory: two at a time.
    for some in cases.chunks(2) {
        std::thread::scope(|scope| {
            for (name, csv, passes) in some {
                scope.spawn(move || check_and_story_agree(name, csv, *passes));
            }
        });
    }
}

/// Holds `--check` of a history to its story, and both to what is known of it.
fn check_and_story_agree(name: &str, csv: &str, passes: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("prices.csv"), csv).expect("the file is written");
    let said = |more: &str| {
        let args = ["--prices", "prices.csv", "--column", "price", "--paths", "16384", "--json", more];
        let output = demo(folder.path(), &args);
        let errors = without_notes(&output.stderr);
        let errors: String = errors.lines().filter(|line| line.starts_with("error: ")).collect();
        (output.status.code(), errors)
    };
    let checked = said("--check");
    assert_eq!(checked.0, Some(if passes { 0 } else { 2 }), "{name}: {checked:?}");
    let told = said("--unnamed-blobs");
    assert_eq!(told, checked, "{name}: the story, and what --check says of it");
    assert_eq!(folder.path().join("demo/report.html").exists(), passes, "{name}");
}

#[test]
fn a_folder_that_nothing_can_be_written_to_is_refused_before_anything_is_computed() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "").expect("the file is written");
    // Nobody writes there, not even root; and a file is no folder of a folder.
    for (out, why) in [("/proc/demo", ""), ("/proc/sys/new/demo", ""), ("file/demo", "not a directory")] {
        if out.starts_with("/proc") && !Path::new("/proc/sys").exists() {
            continue;
        }
        // No margin set is computed from no paths: whatever computes first would say so.
        let output = demo(folder.path(), &["--paths", "0", "--out", out]);
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(line.starts_with(&format!("error: {out} could not be written (")) && line.contains(why), "{said}");
        assert!(!line.contains("at path") && line.contains("can be written to and has room"), "{said}");
    }
}

#[test]
fn a_history_outside_of_the_calendar_is_refused() {
    let refused = |year, words: &[&str]| refused_unlisted(&around(2.0, jiff::civil::date(year, 1, 2)), words);
    refused(1950, &["calendar", "from 1970 to 2100"]);
    refused(9998, &["9998-01-02", "1800 to 2099"]); // already by the reader
}

#[test]
fn a_check_that_passes_says_what_was_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("prices.csv"), around(2.0, jiff::civil::date(2025, 1, 1)))
        .expect("the file is written");
    let args = ["--prices", "prices.csv", "--column", "price", "--check", "--paths", "16384"];
    let output = demo(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty() && without_notes(&output.stderr).is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("365 daily prices") && said.contains("US dollars per million tokens"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing is written");
}

/// What a file leaves open is refused with the option that settles it, and the demo knows that option.
#[test]
fn what_a_file_leaves_open_is_settled_by_the_option_that_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = around(2.0e-6, jiff::civil::date(2025, 1, 1)).replacen("price", "usd_per_token", 1);
    fs::write(folder.path().join("prices.csv"), csv).expect("the file is written");
    let check = |more: &[&str]| {
        let args = ["--prices", "prices.csv", "--column", "usd_per_token", "--check", "--paths", "16384"];
        let output = demo(folder.path(), &[&args[..], more].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = check(&[]);
    assert!(code == Some(2) && said.contains("--unit usd-per-token"), "{said}");
    let (code, said) = check(&["--unit", "usd-per-token"]);
    assert!(code == Some(0) && said.contains("as --unit says"), "{said}");
}

/// Runs `scripts/demo` with a cache that holds nothing: it must be done before anything is set up or built.
#[test]
fn the_script_refuses_what_was_mistyped_before_it_builds() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("cache");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/demo");
    let cases: [(&[&str], &str); 17] = [
        (&["--unit", "usd", "--prices", "x.csv", "--column", "price"], "invalid value 'usd' for '--unit'"),
        (&["--date-format", "iso"], "invalid value 'iso' for '--date-format'"),
        (&["--decimal=dot"], "invalid value 'dot' for '--decimal'"),
        (&["--date-column", "2"], "--date-column says how a file is read"),
        (&["--prices"], "a value is required for '--prices'"),
        (&["--prices", "--column", "price"], "a value is required for '--prices'"),
        (&["--prices", "nowhere.csv", "--column", "price"], "nowhere.csv: cannot be read"),
        (&["--prices", "nowhere.csv"], "--column NAME"),
        (&["--column=price"], "--prices FILE"),
        (&["--sed", "4"], "unexpected argument '--sed'"),
        (&["--seed", "four"], "invalid value 'four' for '--seed'"),
        (&["--seed="], "a value is required for '--seed'"),
        (&["--paths", "1e6"], "invalid value '1e6' for '--paths'"),
        (&["--seeds", "3"], "--seeds needs --sweep"),
        (&["--sweep", "--seed", "3"], "--seed is for one story"),
        (&["prices.csv"], "unexpected argument 'prices.csv'"),
        (&["--check", "--unnamed-blobs"], "--check deploys nothing"),
    ];
    for (args, words) in cases {
        let output =
            Command::new("bash").arg(script).args(args).env("SIT_CACHE", &cache).current_dir(folder.path()).output();
        let output = output.expect("the script starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{args:?}: {said}");
        assert!(said.contains(words) && said.starts_with("error: "), "{args:?}: {said}");
        assert!(output.stdout.is_empty() && !cache.exists(), "{args:?}");
    }
}

/// Where the contracts lie that were built on this machine.
fn built() -> std::path::PathBuf {
    sit_client::cache_dir().join("contracts")
}

/// The story is told of contracts that everybody can build, unless somebody says otherwise.
#[test]
fn a_blob_that_the_manifest_does_not_name_is_refused_by_name() {
    let cache = tempfile::tempdir().expect("a folder");
    for contract in sit_native::Contract::ALL {
        let name = contract.name();
        fs::create_dir_all(cache.path().join("contracts").join(name)).expect("a folder");
        for file in [format!("{name}/{name}.polkavm"), format!("{name}/{name}.abi")] {
            fs::copy(built().join(&file), cache.path().join("contracts").join(&file)).expect("the contracts are built");
        }
    }
    // A program of another source, or that somebody has changed: here of one byte more.
    let vault = cache.path().join("contracts/vault/vault.polkavm");
    let mut code = fs::read(&vault).expect("the blob");
    code.push(0);
    fs::write(&vault, code).expect("the file is written");
    let told = |more: &[&str]| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sit-demo"));
        command.current_dir(folder.path()).env("SIT_CACHE", cache.path()).args(["--paths", "16384"]).args(more);
        let output = command.output().expect("the program starts");
        assert_eq!(output.status.code(), Some(2));
        assert!(!folder.path().join("demo").exists(), "nothing is written");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    // By another compiler all contracts are others than the manifest names.
    let manifest = sit_client::blobs::Manifest::read(include_str!("../../../contracts/blobs.toml"));
    let named = manifest.hold_built().is_ok();
    for more in [&[][..], &["--sweep", "--seeds", "1"]] {
        let said = told(more);
        let (names, _) = said.split_once(": contracts/blobs.toml names other code").expect("it is refused by name");
        let names = names.rsplit("error: ").next().unwrap_or_default();
        assert!(if named { names == "vault" } else { names.split(", ").any(|name| name == "vault") }, "{said}");
        assert!(said.contains("scripts/verify-blobs") && said.contains("--unnamed-blobs"), "{said}");
    }
    // Whoever insists is told by the chain what it thinks of the byte.
    let said = told(&["--unnamed-blobs"]);
    assert!(!said.contains("blobs.toml") && said.contains("error: "), "{said}");
}

/// What `scripts/weights --profile` prints for a message.
fn profiled(message: &str) -> Output {
    // The builder of contracts, which is asked for the names of functions, looks for the checkout where it is started.
    let checkout = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut command = Command::new(env!("CARGO_BIN_EXE_sit-weights"));
    command.current_dir(checkout).args(["--profile", message]).output().expect("the program starts")
}

/// A row of the order book's scene, one of the story's and one of the makers' programme.
#[test]
fn a_profile_names_the_functions_of_the_engine_that_a_message_spends_its_time_in() {
    for (message, functions) in [
        ("clearing.place (rests)", &["rules::order::submit", "rules::margin::", "book::Book>::"][..]),
        ("vault.deposit", &["sit_engine::"]),
        ("clearing.quote (10 + 10 levels; again; designated maker)", &["rules::quoting::", "book::Book>::"]),
    ] {
        let output = profiled(message);
        let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{message}: {wrong}");
        let mut lines = said.lines();
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with(&format!("{message}: ")) && first.ends_with(" ms of ref_time metered"), "{first}");
        for table in ["spent on", "function", "the host's"] {
            assert!(said.lines().any(|line| line.trim_start().starts_with(table)), "{table} is missing in {said}");
        }
        // Own instructions stand behind the function's name.
        let own = |name: &str| -> u64 {
            let rows = said.lines().filter(|line| line.contains(name));
            rows.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
        };
        for name in functions {
            assert!(own(name) > 0, "{name} has no instructions in {said}");
        }
        assert!(own("get_storage") > 1, "cells are read: {said}");
        // The check: what belongs to functions and what was paid for and not run is what was metered.
        let check = said.lines().find(|line| line.starts_with("check: ")).expect("a check");
        let numbers: Vec<u64> = check.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
        let [metered, of_functions, not_run] = numbers[..] else { panic!("{check}") };
        assert_eq!(metered, of_functions + not_run, "{check}");
        assert!(metered > 10_000 && not_run * 100 < metered, "{check}");
    }
}

#[test]
fn a_profile_of_a_precompile_has_no_instructions_and_one_of_a_constructor_is_refused() {
    let output = profiled("usdc.approve");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("usdc.approve: ") && said.contains("check: 0 instructions"), "{said}");
    for (message, words) in [
        ("vault.constructor", "vault.constructor runs once in the life of a contract, and is not profiled"),
        ("place", "a message is named contract.message, such as clearing.place, and not `place`"),
    ] {
        let output = profiled(message);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{said}");
        assert!(said.starts_with("error: ") && said.contains(words) && said.lines().count() == 1, "{said}");
    }
}
