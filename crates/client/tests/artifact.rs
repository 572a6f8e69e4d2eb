//! Artifacts that are missing, broken or of another version.

use sit_client::Artifact;
use sit_native::Contract;

/// The command that builds the contracts. It is the program's own name that counts: `sit-contracts`, and its `build`.
const BUILD: &str = "`cargo run --locked -p sit-contracts build`";

#[test]
fn an_artifact_that_is_not_built_says_what_builds_it() {
    let error = Artifact::load("no-such-contract").unwrap_err().to_string();
    assert!(error.contains("no-such-contract") && error.ends_with(&format!("build it with {BUILD}")), "{error}");
    let error = Artifact::new("broken", Vec::new(), "{").unwrap_err().to_string();
    assert!(error.contains("`broken`") && error.contains(BUILD), "{error}");
}

#[test]
fn the_command_that_is_named_is_there() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let manifest = std::fs::read_to_string(format!("{root}/scripts/contracts/Cargo.toml")).unwrap();
    assert!(manifest.contains("name = \"sit-contracts\""));
    let scripts = std::fs::read_to_string(format!("{root}/scripts/lib.sh")).unwrap();
    assert!(scripts.contains("sit-contracts\" build"), "the scripts build the contracts by the same program");
}

#[test]
fn a_built_contract_is_of_the_version_of_the_vocabulary() {
    for contract in Contract::ALL {
        Artifact::of(contract).unwrap_or_else(|error| panic!("{error}"));
    }
}
