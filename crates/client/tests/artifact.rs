//! Artifacts that are missing, broken or of another version.

use sit_client::Artifact;
use sit_native::Contract;

/// The script that builds the contracts.
const BUILD: &str = "scripts/test contracts";

#[test]
fn an_artifact_that_is_not_built_says_what_builds_it() {
    let error = Artifact::load("no-such-contract").unwrap_err().to_string();
    assert!(error.contains("no-such-contract") && error.ends_with(&format!("build it with {BUILD}")), "{error}");
    let error = Artifact::new("broken", Vec::new(), "{").unwrap_err().to_string();
    assert!(error.contains("`broken`") && error.contains(BUILD), "{error}");
}

#[test]
fn the_script_that_is_named_builds_the_contracts() {
    let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/test")).unwrap();
    assert!(script.contains("    contracts   builds the contracts"), "scripts/test says what its stage does");
}

#[test]
fn a_built_contract_is_of_the_version_of_the_vocabulary() {
    for contract in Contract::ALL {
        Artifact::of(contract).unwrap_or_else(|error| panic!("{error}"));
    }
}
