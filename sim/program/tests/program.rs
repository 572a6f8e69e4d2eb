//! The program as its users meet it: JSON on stdout, sentences on stderr, exit codes, files whole or absent.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sit_sim::model::{Model, ModelSpec};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sit-sim")).args(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Exit code 2, nothing on stdout, one sentence on stderr that contains `says`.
#[track_caller]
fn refused(arguments: &[&str], says: &str) {
    let output = run(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty());
    assert_eq!(message.lines().filter(|line| !line.starts_with("note: ")).count(), 1, "{message}");
    assert!(message.contains(says), "{message}");
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().into()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().into()
}

const SET_A: &str = "
log_spot = 0.2
[trend]
[reverting]
kappa = 3.0
sigma = 0.6
[reverting.jumps]
law = \"gaussian\"
intensity = 4.0
mean = 0.10
sd = 0.25
";

#[test]
fn a_model_is_evaluated_to_fifteen_digits() {
    let folder = tempfile::tempdir().unwrap();
    let model = write(folder.path(), "m.toml", SET_A);
    let curve = json(&["futures", "--model", &model, "--tenors", "0.25,1"]);
    assert!((curve["futures"][0].as_f64().unwrap() - 1.231748890022966).abs() < 2e-15);
    assert!((curve["spot_sd"][1].as_f64().unwrap() - 0.4336243115193311).abs() < 2e-15);
    let moments = json(&["moments", "--model", &model, "--tenor", "0.25"]);
    assert!((moments["mean_log"].as_f64().unwrap() - 0.164824436849401).abs() < 2e-15);
    let risk = json(&[
        "risk",
        "--model",
        &model,
        "--tenor",
        "0.25",
        "--horizon",
        "0.0027397260273972603",
        "--levels",
        "0.975,0.99",
    ]);
    assert!((risk["short"]["es"][1].as_f64().unwrap() - 0.105215).abs() < 6e-7);
    assert!(risk["long"]["var"][0].as_f64().unwrap() > 0.0);
    let average = json(&["average", "--model", "paper", "--times", "0.5,0.75"]);
    assert!(average["sd"].as_f64().unwrap() > 0.3);
    let test = json(&["backtest", "--exceedances", "3", "--observations", "250", "--level", "0.01"]);
    assert!((test["kupiec"]["lr"].as_f64().unwrap() - 0.094940).abs() < 5e-7);
    assert_eq!(test["traffic_light"]["zone"], "green");
    let hedge = json(&["hedge", "--model", "paper", "--ratio", "0.85"]);
    assert!((hedge["sd_reduction"].as_f64().unwrap() - 0.85).abs() < 1e-12);
}

/// A model with every table and both jump laws.
const EVERYTHING: &str = "
log_spot = 0.3
[trend]
level = 0.25
slope = -0.9
seasonal_amplitude = 0.05
seasonal_period = 1.0
seasonal_phase = 0.4
[permanent]
drift = 0.1
sigma = 0.15
[permanent.jumps]
law = \"double-exponential\"
intensity = 1.5
p_up = 0.2
eta_up = 8.0
eta_down = 5.0
[reverting]
kappa = 3.0
sigma = 0.5
[reverting.jumps]
law = \"gaussian\"
intensity = 4.0
mean = 0.10
sd = 0.20
[spike]
kappa = 60.0
sigma = 0.8
[spike.jumps]
law = \"double-exponential\"
intensity = 10.0
p_up = 0.8
eta_up = 4.0
eta_down = 9.0
";

#[test]
fn every_factor_and_both_laws_agree_with_quadrature_in_thirty_digits() {
    // Each number was computed from the model's definition alone, by adaptive quadrature of the jump integrals in
    // thirty digits and numerical derivatives of the exponent; the risk by an inversion on another grid, to nine.
    let folder = tempfile::tempdir().unwrap();
    let model = write(folder.path(), "m.toml", EVERYTHING);
    let close = |found: &Value, want: f64, digits: i32| {
        let found = found.as_f64().unwrap();
        assert!((found / want - 1.0).abs() < 10.0_f64.powi(-digits), "{found}, not {want}");
    };
    let curve = json(&["futures", "--model", &model, "--tenors", "0.25,1"]);
    assert_eq!(curve["tenors"], serde_json::json!([0.25, 1.0]));
    close(&curve["futures"][0], 1.2360999484891932, 14);
    close(&curve["futures"][1], 0.6236184385937086, 14);
    close(&curve["spot_sd"][0], 0.4212179604849929, 14);
    close(&curve["spot_sd"][1], 0.29143637969370256, 14);
    let moments = json(&["moments", "--model", &model, "--tenor", "0.25"]);
    close(&moments["mean_log"], 0.15982971420772732, 14);
    close(&moments["var_log"], 0.10431217728927797, 14);
    close(&moments["skew_log"], -0.126953317261343, 13);
    close(&moments["exkurt_log"], 1.60160578120832, 13);
    close(&moments["mean"], 1.2360999484891932, 14);
    close(&moments["sd"], 0.4212179604849929, 14);
    let average = json(&["average", "--model", &model, "--times", "0.1667,0.1694,0.25"]);
    close(&average["mean"], 1.2889507985539663, 14);
    close(&average["sd"], 0.3650499667686467, 13);
    let arguments = ["--tenor", "0.25", "--horizon", "0.00274", "--levels", "0.975,0.99"];
    let risk = json(&[&["risk", "--model", &model], &arguments[..]].concat());
    close(&risk["short"]["var"][0], 0.03086357021629859, 8);
    close(&risk["short"]["es"][0], 0.061442587865707665, 8);
    close(&risk["long"]["var"][0], 0.029910290388980954, 8);
    close(&risk["long"]["es"][0], 0.05695410629644071, 8);
    close(&risk["short"]["var"][1], 0.039923941453341875, 8);
    close(&risk["short"]["es"][1], 0.10202104535665946, 8);
    close(&risk["long"]["var"][1], 0.03707935936771918, 8);
    close(&risk["long"]["es"][1], 0.09312571277728654, 8);
}

#[test]
fn prices_of_risk_launches_and_clusters_are_read_from_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let more = "[[launches]]\ntime = 0.1\nmean = -0.22\n[reverting.clusters]\nexcitation = 5.0\ndecay = 20.0\n";
    let plain = write(folder.path(), "plain.toml", SET_A);
    let model =
        write(folder.path(), "more.toml", &(SET_A.replace("sigma = 0.6", "sigma = 0.6\nprice_of_risk = 0.5") + more));
    let futures = |model: &str| json(&["futures", "--model", model, "--tenors", "0.05,0.25"])["futures"].clone();
    let at = |curve: &Value, place: usize| curve[place].as_f64().unwrap();
    let (plain, more) = (futures(&plain), futures(&model));
    assert!(at(&more, 1) < 0.9 * at(&plain, 1) && at(&more, 0) > 0.9 * at(&plain, 0));
    let never = write(
        folder.path(),
        "never.toml",
        &(SET_A.to_string() + "[reverting.clusters]\nexcitation = 20.0\ndecay = 20.0"),
    );
    refused(&["futures", "--model", &never, "--tenors", "1"], "never stop");
}

#[test]
fn a_margin_set_is_verified_from_its_history_and_from_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = &path(&folder, "margin.json");
    let made = run(&["--threads", "2", "margin", "--sample", "1", "--paths", "20000", "--out", file]);
    assert!(made.status.success() && made.stdout.is_empty());
    let verified = json(&["--threads", "1", "verify", "--margin", file, "--sample", "1"]);
    assert_eq!(verified["verified"], true);
    refused(&["verify", "--margin", file, "--sample", "2"], "another price history");
    let text = std::fs::read_to_string(file).unwrap();
    let set: Value = serde_json::from_str(&text).unwrap();
    let short = &set["margin"]["months"][0]["short_bps"];
    let changed = text.replacen(
        &format!("\"short_bps\": {short}"),
        &format!("\"short_bps\": {}", short.as_u64().unwrap() - 1),
        1,
    );
    let changed = write(folder.path(), "changed.json", &changed);
    refused(&["verify", "--margin", &changed, "--sample", "1"], "its margins are not");
}

#[test]
fn a_set_over_many_models_is_verified_only_with_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let other = write(folder.path(), "m.toml", SET_A);
    let file = &path(&folder, "margin.json");
    let both = ["--model", "paper", "--model", &other];
    let made = run(&[&["margin", "--paths", "20000", "--regime", "emir-otc", "--out", file], &both[..]].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let set: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(set["margin"]["confidence_ppm"], 995_000);
    assert_eq!(set["margin"]["horizon_seconds"], 432_000);
    for tail in set["margin"]["tails"].as_array().unwrap() {
        for (value, interval) in [("var_bps", "var_interval_bps"), ("es_bps", "es_interval_bps")] {
            let ends = &tail["short"][interval];
            let [low, high] = [0, 1].map(|end| ends[end].as_u64().unwrap());
            let value = tail["short"][value].as_u64().unwrap();
            assert!(low <= value && value <= high && low < high, "{tail}");
        }
    }
    let again = &path(&folder, "again.json");
    let threads = ["--threads", "1", "margin", "--paths", "20000", "--regime", "emir-otc", "--out", again];
    assert!(run(&[&threads[..], &both[..]].concat()).status.success());
    assert_eq!(std::fs::read(file).unwrap(), std::fs::read(again).unwrap());
    assert_eq!(json(&[&["verify", "--margin", file], &both[..]].concat())["verified"], true);
    refused(&["verify", "--margin", file, "--model", "paper"], "another model");
    refused(&["verify", "--margin", file, "--model", &other, "--model", "paper"], "another model");
}

#[test]
fn evidence_is_verified_with_the_set_and_tampering_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let file = &path(&folder, "margin.json");
    let made = run(&["margin", "--sample", "1", "--paths", "20000", "--evidence", "--out", file]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(json(&["--threads", "1", "verify", "--margin", file, "--sample", "1"])["verified"], true);
    let set: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let evidence = &set["evidence"];
    let all = &evidence["coverage"][0];
    assert_eq!(all["kind"], "all");
    assert!(all["covered"].as_f64().unwrap() > 0.99 && all["margin_to_naive"].as_f64().unwrap() < 0.8);
    assert_eq!(evidence["backtest"]["sides"].as_array().unwrap().len(), 2);
    assert!(evidence["fund"]["needed"].as_f64().unwrap() > 0.0);
    let changed = |change: fn(&mut Value)| {
        let mut set = set.clone();
        change(&mut set);
        write(folder.path(), "changed.json", &set.to_string())
    };
    let tampered = changed(|set| set["evidence"]["fund"]["needed"] = 0.0.into());
    refused(&["verify", "--margin", &tampered, "--sample", "1"], "its evidence is not");
    let tampered = changed(|set| set["margin"]["shocks"][0][3] = 7.into());
    refused(&["verify", "--margin", &tampered, "--sample", "1"], "its risk array is not");
    let tampered = changed(|set| set["margin"]["limits"]["position_limit"] = 1.into());
    refused(&["verify", "--margin", &tampered, "--sample", "1"], "its limits are not");
    let tampered = changed(|set| set["margin"]["seed"] = 2.into());
    refused(&["verify", "--margin", &tampered, "--sample", "1"], "not verified");
    let tampered = changed(|set| set["certificate_hash"] = "0x00".into());
    refused(&["verify", "--margin", &tampered, "--sample", "1"], "its certificate is not");
}

#[test]
fn hedges_and_backtests_are_run_from_the_command_line() {
    let rows = json(&["hedge", "--experiment", "--model", "paper", "--paths", "2000"]);
    assert_eq!(rows.as_array().unwrap().len(), 7);
    assert!((rows[0]["sd_reduction"].as_f64().unwrap() - 0.85).abs() < 1e-6);
    assert!(rows[6]["variance_reduction"].as_f64().unwrap() < 0.9);
    let counts = ["backtest", "--exceedances", "4", "--observations", "250", "--neighbours", "1"];
    let test = json(&counts);
    assert!(test["christoffersen"]["exact_p_values"]["independence"].as_f64().unwrap() < 0.2);
    let walked = json(&["backtest", "--sample", "1"]);
    assert_eq!(walked["sides"][0]["side"], "short");
    refused(&["backtest", "--exceedances", "4", "--observations", "250", "--neighbours", "4"], "cannot follow");
    refused(&["backtest", "--sample", "1", "--horizon-days", "0"], "horizon");
    refused(&["backtest"], "or a price history");
    refused(&["backtest", "--exceedances", "4"], "--observations");
    refused(&["hedge"], "--model");
    refused(&["hedge", "--experiment", "--paths", "0"], "0 paths");
    refused(&["hedge", "--experiment", "--ratio", "0.5"], "--ratio");
}

#[test]
fn tables_of_paths_stand_beside_the_results_that_they_sum_up_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| path(&folder, name);
    let table = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(file(name)).unwrap()).unwrap() };
    let numbers = |column: &Value| -> Vec<f64> { serde_json::from_value(column.clone()).unwrap() };
    let tables = ["--returns-out", &file("returns.json"), "--array-out", &file("array.json")];
    let margin =
        json(&[&["margin", "--model", "paper", "--paths", "20000", "--tenors", "30,91"], &tables[..]].concat());
    let mut losses = numbers(&table("returns.json")["return_30d"]);
    assert_eq!(losses.len(), 20_000);
    losses.sort_unstable_by(|a, b| b.total_cmp(a));
    let shortfall = losses.iter().take(200).sum::<f64>() / 200.0;
    assert_eq!(margin["margin"]["months"][0]["short_bps"], (shortfall * 1e4).ceil());
    let array = table("array.json");
    assert_eq!(array["tenor_days"], serde_json::json!([30.0, 91.0]));
    assert_eq!(array.as_object().unwrap().len(), 17);
    let costs = ["hedge", "--experiment", "--model", "paper", "--paths", "2000", "--costs-out", &file("costs.json")];
    let rows = json(&costs);
    let costs = table("costs.json");
    let hedged: Vec<f64> = numbers(&costs["hedged"]).into_iter().skip(6 * 2_000).collect();
    let mean = hedged.iter().sum::<f64>() / 2_000.0;
    assert!((mean - rows[6]["hedged_mean"].as_f64().unwrap()).abs() < 1e-12);
    let market = ["market", "--model", "paper", "--paths", "2", "--attack-paths", "0", "--days", "3", "--paths-out"];
    let report = json(&[&market[..], &[&file("paths.json")]].concat());
    let volumes = numbers(&table("paths.json")["volume_lots"]);
    assert_eq!((volumes[0] + volumes[1]) / 2.0, report["sets"][0]["volume"]["mean"].as_f64().unwrap());
}

#[test]
fn calibrating_writes_a_model_that_can_be_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = &path(&folder, "m.toml");
    let report = json(&["calibrate", "--sample", "1", "--model-out", file]);
    assert_eq!(report["diagnostics"]["observations"], 1096);
    let curve = json(&["futures", "--model", file, "--tenors", "0.5"]);
    assert!(curve["futures"][0].as_f64().unwrap() > 0.0);
}

#[test]
fn draws_are_written_beside_the_result_and_do_not_depend_on_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = |threads: &str, name: &str| {
        let file = folder.path().join(name);
        let arguments = ["--threads", threads, "calibrate", "--sample", "1", "--draws", "20", "--posterior-out"];
        let report = json(&[&arguments[..], &[file.to_str().unwrap()]].concat());
        assert!(report.get("posterior").is_none());
        std::fs::read(file).unwrap()
    };
    let one = drawn("1", "one.json");
    assert!(one == drawn("2", "two.json"));
    let posterior: Value = serde_json::from_slice(&one).unwrap();
    assert_eq!(posterior["draws"].as_array().unwrap().len(), 20);
    let file = folder.path().join("one.json");
    let margin = json(&["margin", "--model", file.to_str().unwrap(), "--paths", "20000"]);
    assert!(margin["margin"]["months"][0]["short_bps"].as_u64().unwrap() > 0);
    let rows = json(&["calibrate", "--recovery", "2"]);
    assert_eq!(rows[0]["parameter"], "kappa");
}

#[test]
fn bad_input_is_answered_with_one_sentence_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let bad = write(folder.path(), "bad.toml", &SET_A.replace("sigma = 0.6", "sigma = -0.6"));
    let heavy = write(
        folder.path(),
        "heavy.toml",
        "[spike]\nkappa = 50.0\n[spike.jumps]\nlaw = 'double-exponential'\nintensity = 1.0\np_up = 0.5\neta_up = 1.5\neta_down = 3.0",
    );
    let prices = write(folder.path(), "p.csv", "date,price\n2026-01-01,1\n2026-01-02,0\n");
    let out = &path(&folder, "out.json");
    refused(&["futures", "--model", "no-such.toml", "--tenors", "1"], "no-such.toml");
    refused(&["futures", "--model", &bad, "--tenors", "1"], "reverting.sigma is -0.6");
    refused(&["futures", "--model", &heavy, "--tenors", "1"], "no finite variance");
    refused(&["futures", "--model", "paper", "--tenors", "0"], "above zero");
    refused(&["moments", "--model", "paper", "--tenor", "-1"], "above zero");
    refused(&["margin", "--model", "paper", "--paths", "0", "--out", out], "0 paths");
    refused(&["margin", "--out", out], "--model");
    refused(&["margin", "--prices", &prices, "--column", "price", "--out", out], "line 3");
    refused(&["calibrate", "--prices", &prices, "--column", "cost"], "columns are date, price");
    refused(&["calibrate", "--prices", &prices], "--column");
    refused(&["calibrate", "--prices", &prices, "--column", "price", "--sample", "1"], "--sample");
    refused(&["calibrate", "--sample", "1", "--draws", "3", "--out", out], "3 draws are too few");
    refused(&["calibrate", "--sample", "1", "--posterior-out", out], "--draws");
    refused(&["calibrate", "--recovery", "1", "--out", out], "at least two histories");
    refused(&["calibrate", "--recovery", "2", "--sample", "1"], "--recovery");
    refused(&["calibrate", "--record", &prices, "--class", &prices, "--as-of", "2026-13-01"], "--as-of");
    refused(&["calibrate", "--record", &prices, "--as-of", "2026-01-01"], "--class");
    refused(&["calibrate", "--record", &prices, "--class", &prices, "--as-of", "2026-01-01"], "no column \"vendor\"");
    refused(&["--threads", "0", "futures", "--model", "paper", "--tenors", "1"], "--threads");
    refused(&["risk", "--model", "paper", "--tenor", "0.1", "--horizon", "0.2", "--levels", "0.99"], "longer");
    refused(&["risk", "--model", "paper", "--tenor", "0.1", "--horizon", "0.01", "--levels", "1"], "level");
    refused(&["backtest", "--exceedances", "5", "--observations", "4", "--level", "0.01"], "5 exceedances");
    refused(&["hedge", "--model", "paper", "--volume-cv", "-1"], "volume_cv");
    refused(&["paper", "--paths", "0"], "--paths");
    let key = folder.path().join("key.toml");
    std::fs::write(&key, "log_spot = 0.2\n[reverting]\nkapa = 3.0\n").unwrap();
    refused(&["futures", "--model", key.to_str().unwrap(), "--tenors", "1"], "line 3: unknown field `kapa`");
    let empty = folder.path().join("empty.csv");
    std::fs::write(&empty, "").unwrap();
    refused(&["calibrate", "--prices", empty.to_str().unwrap(), "--column", "price"], "the file is empty");
    #[cfg(not(feature = "parquet"))]
    for asked in [
        &["calibrate", "--sample", "1", "--draws", "20", "--posterior-out", "t.parquet"][..],
        &["margin", "--model", "paper", "--returns-out", "t.parquet"],
        &["market", "--model", "paper", "--paths-out", "t.parquet"],
        &["hedge", "--experiment", "--costs-out", "t.parquet"],
    ] {
        refused(asked, "built without Parquet");
    }
    let nowhere = &path(&folder, "no-such-folder/out.json");
    let model_out = &path(&folder, "out.toml");
    let calibrate = ["calibrate", "--sample", "1", "--model-out", model_out, "--out", nowhere];
    refused(&calibrate, "there is no folder");
    assert!(!Path::new(model_out).exists());
    refused(&["margin", "--model", "paper", "--out", folder.path().to_str().unwrap()], "is a folder");
    refused(&["report", "--sample", "1", "--out", nowhere], "there is no folder");
    refused(&["--threads", "100000", "futures", "--model", "paper", "--tenors", "1"], "1 to 1024 are possible");
    refused(&["futures", "--model", "history", "--tenors", "1000"], "at most 100 years");
    refused(&["report", "--out", out], "--prices");
    refused(&["report", "--sample", "1", "--draws", "1", "--out", out], "1 draws are too few");
    refused(&["report", "--sample", "1", "--paths", "10", "--market-paths", "0", "--out", out], "paths");
    assert!(!Path::new(out).exists());
}

#[test]
fn a_market_is_run_and_scenarios_are_written_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let run = write(folder.path(), "run.toml", "[cast]\nspeculators = 2\n[[set]]\nname = 'one'\nfund = 1000000\n");
    let report = json(&[
        "market",
        "--model",
        "paper",
        "--paths",
        "3",
        "--attack-paths",
        "0",
        "--days",
        "4",
        "--run",
        &run,
        "--json",
    ]);
    assert_eq!(report["sets"][0]["set"]["name"], "one");
    assert!(report["sets"][0]["volume"]["mean"].as_f64().unwrap() > 0.0);
    let out = folder.path().join("scenarios");
    std::fs::create_dir(&out).unwrap();
    let out = out.to_str().unwrap();
    let written = json(&["scenarios", "--out", out, "--count", "6"]);
    assert_eq!(written.as_array().unwrap().len(), 6);
    assert_eq!(std::fs::read_dir(out).unwrap().count(), 6);
    let crossed = write(folder.path(), "bad.toml", "[[set]]\nname = 'x'\nmaintenance_bps = 9000\n");
    let market = ["market", "--model", "paper"];
    refused(&[&market[..], &["--paths", "0"]].concat(), "0 paths");
    refused(&[&market[..], &["--paths", "1", "--attack-paths", "2"]].concat(), "only 1 paths");
    refused(&[&market[..], &["--run", &crossed]].concat(), "maintenance_bps < liquidation_end_bps");
    refused(&["scenarios", "--out", "no-such-folder"], "is no folder");
    refused(&["scenarios", "--out", out, "--count", "1"], "one of each kind");
    refused(&["sequences", "--count", "0"], "--count is 0");
}

/// A file that a chapter of the book prints in full, with its name in the first line.
fn printed(chapter: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src").join(chapter);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("\n```toml\n").skip(1).map(|block| block.split("\n```").next().unwrap());
    let mut named = blocks.filter(|block| block.starts_with(&format!("# {name}")));
    named.next().unwrap_or_else(|| panic!("{chapter} prints no {name}")).into()
}

#[test]
fn the_tables_of_the_methodology_are_run_as_it_prints_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name| write(folder.path(), name, &printed("risk-methodology.md", name));
    let (sets, model) = (write("sets.toml"), write("no-jumps.toml"));
    let mut paper = ModelSpec::from(&Model::paper());
    paper.reverting.as_mut().unwrap().jumps = None;
    assert_eq!(Model::from_toml(&std::fs::read_to_string(&model).unwrap()).unwrap(), paper.build().unwrap());
    for model in ["paper", &model] {
        let few = ["--paths", "2", "--attack-paths", "1", "--days", "3", "--run", &sets, "--json"];
        let report = json(&[&["market", "--model", model][..], &few].concat());
        let names: Vec<&str> =
            report["sets"].as_array().unwrap().iter().map(|set| set["set"]["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["bare", "wide", "open-interest", "position", "launch"]);
    }
}

#[test]
fn an_interrupted_run_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = path(&folder, "margin.json");
    // Seconds of work: it is interrupted long before the end.
    let arguments = ["margin", "--model", "paper", "--paths", "4194304", "--out", &out];
    let mut running = Command::new(env!("CARGO_BIN_EXE_sit-sim")).args(arguments).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(running.try_wait().unwrap(), None, "it was not running any more");
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Rows of a history, one a day or every few days, made by rule.
fn table(days: impl Iterator<Item = i64>, price: impl Fn(i64) -> f64) -> String {
    let day = |n: i64| jiff::civil::date(2021, 1, 4).saturating_add(jiff::Span::new().days(n));
    let rows = days.enumerate().map(|(row, n)| format!("{},{:e}\n", day(n), price(row as i64)));
    format!("date,price\n{}", rows.collect::<String>())
}

/// A price that wanders about three dollars and jumps now and then, the same everywhere.
fn wandering(row: i64) -> f64 {
    let x = row as f64;
    3.0 * ((x * 0.13).sin() * 0.2
        + (x * 1.7).sin() * 0.05
        + (x * 2.9).cos() * 0.04
        + if row % 67 > 60 { 0.3 } else { 0.0 })
    .exp()
}

#[test]
fn a_short_history_is_told_what_to_do_by_each_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    let quarter = write(folder.path(), "quarter.csv", &table(0..60, wandering));
    let most = write(folder.path(), "most.csv", &table(0..300, wandering));
    let (out, margin) = (&path(&folder, "out"), &path(&folder, "margin.json"));
    assert!(run(&["margin", "--sample", "1", "--paths", "20000", "--out", margin]).status.success());
    for command in [
        &["calibrate"][..],
        &["margin", "--out", out],
        &["verify", "--margin", margin],
        &["backtest"],
        &["report", "--out", out],
    ] {
        let asked = [command, &["--prices", &quarter, "--column", "price"]].concat();
        refused(&asked, "the history ends after 60 prices");
        refused(&asked, "add prices of 30 more days");
        let without = matches!(command[0], "margin" | "verify");
        assert_eq!(String::from_utf8_lossy(&run(&asked).stderr).contains("--model history"), without, "{command:?}");
    }
    let asked = ["--prices", &most, "--column", "price"];
    refused(&[&["backtest"], &asked[..]].concat(), "add at least 68 days of prices");
    refused(&[&["backtest", "--horizon-days", "30"], &asked[..]].concat(), "add at least 96 days of prices");
    // Neither a margin set nor a report needs the year that its backtest needs; both say what is missing and why.
    let says = |arguments: &[&str]| {
        let output = run(&[arguments, &asked[..]].concat());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{message}");
        assert!(message.contains("no margin backtest: ") && message.contains("add at least 68 days"), "{message}");
    };
    says(&["margin", "--evidence", "--paths", "20000", "--out", out]);
    says(&["report", "--draws", "20", "--paths", "16384", "--market-paths", "0", "--out", out]);
    assert!(std::fs::read_to_string(out).unwrap().contains("add at least 68 days"), "the page says so, too");
}

#[test]
fn every_count_has_a_bound_and_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let out = &path(&folder, "out");
    refused(&["calibrate", "--sample", "1", "--draws", "100000000"], "1024 are the most");
    refused(&["calibrate", "--recovery", "1000000000"], "10000 are the most");
    refused(&["report", "--sample", "1", "--draws", "100000000", "--out", out], "1024 are the most");
    refused(&["report", "--sample", "1", "--market-paths", "100000000000", "--out", out], "are the most");
    refused(&["market", "--model", "paper", "--paths", "100000000000"], "are the most");
    refused(&["sequences", "--messages", "100000000000"], "--messages is 100000000000");
    refused(&["sequences", "--count", "100000000", "--messages", "100000"], "messages in all");
    refused(&["hedge", "--experiment", "--paths", "1000"], "at least 2000");
    refused(&["margin", "--model", "paper", "--horizon-seconds", "99999999"], "thirty days");
    refused(&["margin", "--model", "paper", "--tenors", "99999"], "ten years");
    refused(&["margin", "--model", "paper", "--array-out", out, "--out", out], "is named for two results");
    let nothing = write(folder.path(), "empty.toml", "");
    refused(&["futures", "--model", &nothing, "--tenors", "1"], "empty.toml");
    let twins = write(folder.path(), "twins.toml", "[[set]]\nname = 'x'\n[[set]]\nname = 'x'\n");
    refused(&["market", "--model", "paper", "--run", &twins], "two parameter sets are called \"x\"");
    let dear = write(folder.path(), "dear.toml", &SET_A.replace("log_spot = 0.2", "log_spot = 20.0"));
    refused(&["market", "--model", &dear, "--paths", "2", "--attack-paths", "2"], "check the unit");
    assert!(!Path::new(out).exists());
}

#[test]
fn what_a_file_holds_is_quoted_short_and_printable() {
    let folder = tempfile::tempdir().unwrap();
    let json = format!("{{\"a\": \"{}\"}}", "x".repeat(800_000));
    let table = format!("date,pri\u{1b}ce\n{}", table(0..100, wandering).split_once('\n').unwrap().1);
    let bell = table.replacen("e0", "\u{7}", 1);
    for (name, text) in
        [("p.json", json), ("esc.csv", table.replace("2021-01-09", "2021-0\u{1b}-09")), ("bell.csv", bell)]
    {
        let output = run(&["calibrate", "--prices", &write(folder.path(), name, &text), "--column", "2"]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.len() < 2_000 && !message.trim_end().contains(|c: char| c.is_control() && c != '\n'),
            "{message:?}"
        );
        assert_eq!(message.lines().filter(|line| !line.starts_with("note: ")).count(), 1, "{message}");
    }
}

#[test]
fn a_price_that_moves_by_the_same_share_each_day_has_draws() {
    // The grid of a density was asked for more points than there are numbers.
    let folder = tempfile::tempdir().unwrap();
    let halving = write(folder.path(), "halving.csv", &table(0..365, |row| 60.0 * 0.5_f64.powf(row as f64 / 30.0)));
    let drawn = json(&["calibrate", "--draws", "20", "--prices", &halving, "--column", "price"]);
    assert!(drawn["posterior"].is_object());
}

#[test]
fn a_history_that_no_market_opens_at_has_a_report_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let dear = write(folder.path(), "dear.csv", &table(0..365, |row| 6e4 * wandering(row)));
    let out = path(&folder, "out.html");
    let asked = ["report", "--draws", "20", "--paths", "16384", "--market-paths", "2", "--out", &out];
    let output = run(&[&asked[..], &["--prices", &dear, "--column", "price"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(std::fs::read_to_string(&out).unwrap().contains("a market is simulated from"));
}

#[test]
fn weekly_and_monthly_histories_are_tested_on_their_own_grid() {
    let folder = tempfile::tempdir().unwrap();
    for (name, step, rows) in [("weekly", 7, 160), ("monthly", 30, 120)] {
        let file = write(folder.path(), "p.csv", &table((0..rows).map(|row| row * step), wandering));
        let asked = ["--prices", &file, "--column", "price"];
        let output = run(&[&["backtest"], &asked[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(&format!("{rows} {name} prices")) && said.contains("note: "), "{name}: {said}");
        assert!(output.status.success(), "{name}: {said}");
        let walked: Value = serde_json::from_slice(&output.stdout).unwrap();
        let grid = &walked["own_grid"];
        assert_eq!((&grid["shortest_days"], &grid["longest_days"]), (&step.into(), &step.into()), "{name}: {walked}");
        // Every price after the first year, and the one before it.
        let first = (0..rows).filter(|row| row * step < 365).count() as i64;
        assert_eq!(walked["sides"][0]["observations"], rows - 1 - first, "{name}: {walked}");
        let (out, few) = (path(&folder, "report.html"), ["--draws", "20", "--paths", "16384", "--market-paths", "0"]);
        let output = run(&[&["report", "--out", &out], &few[..], &asked[..]].concat());
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(std::fs::read_to_string(&out).unwrap().contains(name), "the page says that the history is {name}");
        std::fs::remove_file(&out).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_seen_before_anything_is_computed() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    mode(&closed, 0o555);
    mode(folder.path(), 0o755);
    // Root may write everywhere: it has nobody run the program, from where nobody may read it.
    let root = std::fs::write(closed.join("mine"), "").is_ok();
    let mut program = PathBuf::from(env!("CARGO_BIN_EXE_sit-sim"));
    if root {
        std::fs::remove_file(closed.join("mine")).unwrap();
        std::fs::copy(&program, folder.path().join("sit-sim")).unwrap();
        program = folder.path().join("sit-sim");
        mode(&program, 0o755);
    }
    let out = closed.join("result").to_str().unwrap().to_owned();
    let margin = ["margin", "--model", "paper", "--paths", "4194304"];
    let report = ["report", "--sample", "1", "--paths", "4194304"];
    for asked in [
        [&margin[..], &["--out", &out]].concat(),
        [&margin[..], &["--array-out", &out]].concat(),
        [&report[..], &["--out", &out]].concat(),
        vec!["calibrate", "--recovery", "10000", "--out", &out],
        vec!["calibrate", "--sample", "1", "--draws", "1024", "--model-out", &out],
    ] {
        let mut command = Command::new(&program);
        if root {
            command.uid(65_534).gid(65_534);
        }
        let output = command.args(&asked).current_dir("/").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // As an input that is refused. What fails when it is written, after minutes of work, ends with another code.
        assert_eq!(output.status.code(), Some(2), "{asked:?}: {said}");
        assert_eq!(said, format!("sit-sim: {out}: cannot be written: its folder says permission denied\n"));
        assert!(output.stdout.is_empty(), "{asked:?}");
    }
    assert_eq!(std::fs::read_dir(&closed).unwrap().count(), 0);
}
