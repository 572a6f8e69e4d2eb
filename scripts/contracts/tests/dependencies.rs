//! What the project depends on is what `deny.toml` allows: licences, and where packages come from; and it is compiled
//! once. The auditors' node stands on the same pallets.
//!
//! cargo-deny checks this and more, but takes minutes to compile (ADR 8); this needs what cargo knows anyway.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::Command,
};

use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};

/// A package that the workspace uses on this machine.
struct Package {
    name: String,
    license: String,
    source: Option<String>,
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output().expect("a toolchain");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn cargo(arguments: &[&str]) -> String {
    output(&env::var("CARGO").unwrap_or_else(|_| "cargo".into()), arguments)
}

fn packages() -> Vec<Package> {
    let about = output("rustc", &["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let arguments = ["metadata", "--locked", "--all-features", "--format-version", "1", "--filter-platform", host];
    let printed = cargo(&arguments);
    let metadata: Value = serde_json::from_str(&printed).expect("JSON");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let used: BTreeSet<_> = list(&metadata["resolve"]["nodes"]).iter().filter_map(|node| text(&node["id"])).collect();
    let packages: Vec<_> = list(&metadata["packages"])
        .iter()
        .filter(|package| text(&package["id"]).is_some_and(|id| used.contains(&id)))
        .map(|package| Package {
            name: text(&package["name"]).expect("a name"),
            license: text(&package["license"]).unwrap_or_default(),
            source: text(&package["source"]),
        })
        .collect();
    assert!(packages.len() > 100, "cargo lists the packages");
    packages
}

fn rules() -> toml::Table {
    fs::read_to_string(root().join("deny.toml")).expect("deny.toml").parse().expect("TOML")
}

fn licensees(list: &toml::Value) -> Vec<Licensee> {
    let licensee = |name: &toml::Value| Licensee::parse(name.as_str().expect("a licence")).expect("an SPDX licence");
    list.as_array().expect("licences").iter().map(licensee).collect()
}

fn allowed(license: &str, licensees: &[Licensee]) -> bool {
    let expression = Expression::parse_mode(license, ParseMode::LAX);
    expression.is_ok_and(|license| license.evaluate(|asked| licensees.iter().any(|given| given.satisfies(asked))))
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed_or_an_exception_of_its_own() {
    let rules = rules();
    let general = licensees(&rules["licenses"]["allow"]);
    let exceptions = rules["licenses"]["exceptions"].as_array().expect("exceptions");
    let mut needed = BTreeSet::new();
    for package in packages().iter().filter(|package| package.source.is_some()) {
        if allowed(&package.license, &general) {
            continue;
        }
        let own = exceptions.iter().find(|exception| exception["crate"].as_str() == Some(&package.name));
        assert!(
            own.is_some_and(|exception| allowed(&package.license, &licensees(&exception["allow"]))),
            "{} is under {:?}: do without it, or name it in deny.toml and say what follows",
            package.name,
            package.license
        );
        needed.insert(package.name.clone());
    }
    let named: BTreeSet<_> = exceptions.iter().filter_map(|exception| exception["crate"].as_str()).collect();
    assert_eq!(named, needed.iter().map(String::as_str).collect(), "exceptions in deny.toml that nothing needs");
}

#[test]
fn every_dependency_comes_from_the_registry_that_is_allowed() {
    let rules = rules();
    let registries = rules["sources"]["allow-registry"].as_array().expect("registries");
    let allowed: Vec<_> = registries.iter().filter_map(|registry| registry.as_str()).collect();
    for package in packages() {
        let Some(source) = package.source else { continue };
        let registry = source.strip_prefix("registry+").unwrap_or(&source);
        assert!(allowed.contains(&registry), "{} comes from {source}: see deny.toml", package.name);
    }
}

/// Cargo compiles a package once for each set of features that is asked of it. What only a test's dependency asks for
/// would make two of everything that stands on the package: of the chain, six hundred crates.
#[test]
fn programs_and_tests_ask_for_the_same_features() {
    let features = |kinds: &str| -> BTreeSet<String> {
        let tree =
            cargo(&["tree", "--locked", "--workspace", "--edges", kinds, "--format", "{p} {f}", "--prefix", "none"]);
        tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
    };
    let (programs, tests) = (features("normal,build"), features("normal,build,dev"));
    assert!(programs.len() > 100, "cargo lists the packages");
    // What programs have in two forms, for themselves and for build scripts, tests may need in one of them.
    let package = |line: &str| line.splitn(3, ' ').take(2).map(str::to_owned).collect::<Vec<_>>();
    let of_programs: BTreeSet<_> = programs.iter().map(|line| package(line)).collect();
    let twice: Vec<_> = tests.difference(&programs).filter(|line| of_programs.contains(&package(line))).collect();
    assert!(twice.is_empty(), "these are compiled twice; name the features that tests add in crates/hub: {twice:#?}");
}

/// Versions of each package of a lock file.
fn locked(lock: &str) -> BTreeMap<String, BTreeSet<String>> {
    let table: toml::Table = fs::read_to_string(root().join(lock)).expect(lock).parse().expect("TOML");
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in table["package"].as_array().expect("packages") {
        let text = |field: &str| package[field].as_str().expect("a text").to_owned();
        versions.entry(text("name")).or_default().insert(text("version"));
    }
    assert!(versions.len() > 100, "{lock} lists its packages");
    versions
}

/// A package of a lock file: its name, and its version.
type Locked = (String, String);

/// A dependency as a lock file names it: its version stands there where the lock has several.
type Needed = (String, Option<String>);

/// What a package of a lock file stands on, itself among it: names with versions.
fn below(lock: &str, package: &str) -> BTreeMap<String, BTreeSet<String>> {
    let table: toml::Table = fs::read_to_string(root().join(lock)).expect(lock).parse().expect("TOML");
    let text = |value: &toml::Value| value.as_str().expect("a text").to_owned();
    let mut needs: BTreeMap<Locked, Vec<Needed>> = BTreeMap::new();
    for package in table["package"].as_array().expect("packages") {
        let listed = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        let named = listed.map(|one| {
            let one = text(one);
            let mut words = one.split(' ').map(str::to_owned);
            (words.next().expect("a name"), words.next())
        });
        needs.insert((text(&package["name"]), text(&package["version"])), named.collect());
    }
    let named = |name: &str| -> Locked {
        let mut found = needs.keys().filter(|(other, _)| other == name);
        let only = found.next().unwrap_or_else(|| panic!("{lock} has no {name}"));
        assert!(found.next().is_none(), "{lock} has several {name}, and does not say which");
        only.clone()
    };
    let (mut found, mut waiting) = (BTreeMap::<String, BTreeSet<String>>::new(), vec![named(package)]);
    while let Some((name, version)) = waiting.pop() {
        if found.entry(name.clone()).or_default().insert(version.clone()) {
            let needed = needs[&(name, version)].iter();
            waiting.extend(needed.map(|(name, version)| match version {
                Some(version) => (name.clone(), version.clone()),
                None => named(name),
            }));
        }
    }
    found
}

/// What the runtime of a node has besides: the interfaces by which a node asks it (`crates/hub/src/node.rs`).
const ASKED_BY_A_NODE: [&str; 7] = [
    "frame-system-rpc-runtime-api",
    "pallet-transaction-payment-rpc-runtime-api",
    "sp-block-builder",
    "sp-keyring",
    "sp-offchain",
    "sp-session",
    "sp-transaction-pool",
];

/// The auditors' node is a workspace of its own with a lock of its own, and it shall be the chain on which the
/// contracts are tested: what decides about states and weights below the runtime has the same versions in both
/// locks. Ours has older ones besides, for ink!, and the node has others for its network; neither is below the runtime.
#[test]
fn the_node_and_the_chain_in_process_stand_on_the_same_pallets() {
    let decides =
        |name: &str| ["frame-", "pallet-", "polkavm", "revm", "sp-"].iter().any(|start| name.starts_with(start));
    let deciding = |lock: &str, package: &str| -> BTreeMap<String, BTreeSet<String>> {
        below(lock, package).into_iter().filter(|(name, _)| decides(name)).collect()
    };
    let ours = deciding("Cargo.lock", "sit-hub");
    for name in ["pallet-revive", "pallet-assets", "pallet-assets-precompiles", "polkavm", "sp-io", "frame-support"] {
        assert!(
            ours.get(name).is_some_and(|versions| versions.len() == 1),
            "{name} is below the runtime once: {ours:?}"
        );
    }
    let mut node = deciding("node/Cargo.lock", "sit-node-runtime");
    for name in ASKED_BY_A_NODE {
        assert!(node.remove(name).is_some() && !ours.contains_key(name), "{name} is not what the node has besides");
    }
    assert!(ours.len() > 60, "the runtime stands on {} packages of the chain", ours.len());
    assert_eq!(ours, node, "below the runtime in Cargo.lock, and in node/Cargo.lock");
    // The runtime that the node runs and the one by which its Ethereum server was compiled.
    let (node, wasm) = (locked("node/Cargo.lock"), locked("node/wasm/Cargo.lock"));
    for (name, versions) in wasm.iter().filter(|(name, _)| *name != "sit-node-wasm") {
        let known = node.get(name).is_some_and(|known| versions.is_subset(known));
        assert!(known, "{name} {versions:?} of node/wasm/Cargo.lock is not in node/Cargo.lock");
    }
    // What is built for a machine without an operating system needs less of it, and the same.
    let wasm = deciding("node/wasm/Cargo.lock", "sit-node-runtime");
    let other = |(name, versions): &(&String, &BTreeSet<String>)| {
        !ASKED_BY_A_NODE.contains(&name.as_str()) && ours.get(*name) != Some(*versions)
    };
    let others: Vec<_> = wasm.iter().filter(other).collect();
    assert!(others.is_empty() && wasm.len() > 60, "below the runtime in node/wasm/Cargo.lock: {others:?}");
}

/// The sources of the runtime have two manifests, since features of a node would enter the lock of the main workspace:
/// whatever version the first one asks for, the second asks for too.
#[test]
fn both_manifests_of_the_runtime_ask_for_the_same_versions() {
    let asked = |manifest: &str| -> BTreeMap<String, String> {
        let table: toml::Table = fs::read_to_string(root().join(manifest)).expect(manifest).parse().expect("TOML");
        let dependencies = table["dependencies"].as_table().expect("dependencies").iter();
        let version = |one: &toml::Value| one.as_str().or_else(|| one.get("version")?.as_str()).map(str::to_owned);
        dependencies.filter_map(|(name, one)| Some((name.clone(), version(one)?))).collect()
    };
    let (ours, node) = (asked("crates/hub/Cargo.toml"), asked("node/runtime/Cargo.toml"));
    let chain: Vec<_> = ours
        .iter()
        .filter(|(name, _)| ["frame-", "pallet-", "sp-"].iter().any(|start| name.starts_with(start)))
        .collect();
    assert!(chain.len() >= 10, "{chain:?}");
    for (name, version) in chain {
        assert_eq!(node.get(name), Some(version), "{name} in node/runtime/Cargo.toml, and in crates/hub/Cargo.toml");
    }
}

/// The stories by ink!'s framework have a lock of their own. What encodes messages there, and ink! itself, is what
/// encodes them here.
#[test]
fn the_stories_by_the_framework_stand_on_the_same_client() {
    let encodes = |name: &str| ["alloy-", "ink", "k256", "sit-", "ureq"].iter().any(|start| name.starts_with(start));
    let (ours, theirs) = (locked("Cargo.lock"), locked("tests/e2e/Cargo.lock"));
    let mut shared = 0;
    for (name, versions) in theirs.iter().filter(|(name, _)| encodes(name)) {
        let Some(known) = ours.get(name) else { continue };
        assert!(versions.is_subset(known), "{name}: {versions:?} in tests/e2e/Cargo.lock and {known:?} in Cargo.lock");
        shared += versions.len();
    }
    assert!(shared > 20, "the two locks share {shared} packages that encode");
}

#[test]
fn copyleft_is_told_from_what_asks_nothing_in_return() {
    let general = licensees(&rules()["licenses"]["allow"]);
    for good in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(allowed(good, &general), "{good}");
    }
    for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "LGPL-3.0+", "MPL-2.0", "", "none of your business"] {
        assert!(!allowed(bad, &general), "{bad}");
    }
}

#[test]
fn the_bill_of_materials_has_every_package_with_its_licence_and_checksum() {
    let script = root().join("scripts/sbom");
    let printed = output(script.to_str().expect("a path"), &["--main"]);
    let bill: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!((bill["bomFormat"].as_str(), bill["specVersion"].as_str()), (Some("CycloneDX"), Some("1.5")));
    let components = bill["components"].as_array().expect("components");
    let name = |component: &Value| component["name"].as_str().expect("a name").to_owned();
    let listed: BTreeSet<String> = components.iter().map(name).collect();
    let used = packages();
    assert_eq!(listed, used.iter().map(|package| package.name.clone()).collect());
    assert_eq!(components.len(), used.len());
    let published: BTreeSet<&str> = used.iter().filter(|one| one.source.is_some()).map(|one| &*one.name).collect();
    for component in components.iter().filter(|component| published.contains(&*name(component))) {
        let (hash, licences) = (&component["hashes"][0]["content"], &component["licenses"]);
        assert!(hash.as_str().is_some_and(|hash| hash.len() == 64), "{component}");
        assert!(licences.is_array(), "{component}");
    }
    let compiled = |what: &str| components.iter().filter(|one| one["properties"][0]["value"] == what).count();
    assert!(compiled("blob") > 10 && compiled("program") > 100, "{} and {}", compiled("blob"), compiled("program"));
}

/// The lock files of cargo and npm that are committed.
fn locks() -> BTreeSet<String> {
    let files = output("git", &["ls-files"]);
    let ends = |file: &&str| file.ends_with("Cargo.lock") || file.ends_with("package-lock.json");
    files.lines().filter(ends).map(str::to_owned).collect()
}

#[test]
fn the_bill_of_materials_covers_every_lock_file() {
    let script = root().join("scripts/sbom");
    let printed = Command::new(script).current_dir(root()).output().expect("it starts");
    if !printed.status.success() {
        let program = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
        let fetched = |folder: &str| {
            let manifest = format!("{folder}/Cargo.toml");
            let arguments = ["fetch", "--locked", "--offline", "--manifest-path", &manifest];
            Command::new(&program).args(arguments).current_dir(root()).output().is_ok_and(|run| run.status.success())
        };
        let why = String::from_utf8_lossy(&printed.stderr);
        assert!(!["node", "node/wasm", "sim/fuzz", "sim/peers"].into_iter().all(fetched), "{why}");
        eprintln!("NOT CHECKED: the bill of materials of the node and the tools: cargo cannot fetch their packages");
        return;
    }
    let bill: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let components = bill["components"].as_array().expect("components");
    let property = |component: &Value, name: &str| -> String {
        let all = component["properties"].as_array().expect("properties");
        let found = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{component} has no {name}"));
        found["value"].as_str().expect("a text").to_owned()
    };
    let mut of_lock: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut refs = BTreeSet::new();
    for component in components {
        assert!(refs.insert(component["bom-ref"].as_str().expect("a reference")), "{component} stands there twice");
        let package = format!("{}@{}", component["name"].as_str().unwrap(), component["version"].as_str().unwrap());
        for lock in property(component, "sit:locks").split(", ") {
            of_lock.entry(lock.to_owned()).or_default().insert(package.clone());
        }
    }
    assert_eq!(of_lock.keys().cloned().collect::<BTreeSet<_>>(), locks(), "lock files in the bill, and committed ones");
    for (lock, listed) in &of_lock {
        let text = fs::read_to_string(root().join(lock)).expect("a lock file");
        let locked: BTreeSet<String> = if lock.ends_with(".json") {
            let table: Value = serde_json::from_str(&text).expect("JSON");
            let packages = table["packages"].as_object().expect("packages").iter();
            let name = |at: &str| at.rsplit("node_modules/").next().unwrap_or_default().to_owned();
            let named = packages.filter(|(at, _)| !at.is_empty());
            let all: BTreeSet<String> =
                named.map(|(at, one)| format!("{}@{}", name(at), one["version"].as_str().unwrap())).collect();
            assert_eq!(&all, listed, "{lock}");
            all
        } else {
            let table: toml::Table = text.parse().expect("TOML");
            let packages = table["package"].as_array().expect("packages").iter();
            packages
                .map(|one| format!("{}@{}", one["name"].as_str().unwrap(), one["version"].as_str().unwrap()))
                .collect()
        };
        // A lock of cargo also names what other systems need.
        assert!(listed.is_subset(&locked), "{lock}: {:?}", listed.difference(&locked).collect::<Vec<_>>());
        assert!(listed.len() * 2 > locked.len(), "{lock}: {} of {}", listed.len(), locked.len());
    }
    let purposes: BTreeSet<String> = components.iter().map(|one| property(one, "sit:compiled-for")).collect();
    let all = ["blob", "build and tests", "node", "page", "program"].map(str::to_owned);
    assert_eq!(purposes, all.into(), "what packages are compiled for");
    for relation in bill["dependencies"].as_array().expect("relations") {
        for needed in relation["dependsOn"].as_array().expect("a list") {
            assert!(refs.contains(needed.as_str().expect("a reference")), "{needed} is no package of the bill");
        }
    }
}
