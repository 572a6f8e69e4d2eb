//! Scenarios of the market simulation, replayed on deployed contracts: calm, spike, crash, gap, silent index, cascade.
//! Every answer, error and event is the native engine's, and so is every balance at the end, to the last atom.
//!
//! The scenarios are what `sit-sim scenarios` writes, taken through their text, made here from the same code.

use sit_demo::replay::{Deployed, Twins};
use sit_engine::units::Seconds;
use sit_market::scenario::{Kind, Scenario, ending, write_all};
use std::collections::BTreeMap;
use std::thread;

/// Scenarios to replay: nine of each kind.
const SCENARIOS: u64 = 54;

#[test]
fn deployed_contracts_replay_the_simulations_scenarios_to_the_last_atom() {
    let scenarios: Vec<Scenario> = write_all(SCENARIOS).expect("scenarios").iter().map(through_text).collect();
    let halves = scenarios.chunks(scenarios.len().div_ceil(2));
    let replayed: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = halves
            .map(|half| {
                scope.spawn(move || {
                    half.iter().inspect(|one| replay(one)).map(|one| one.name.clone()).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no difference")).collect()
    });
    assert_eq!(replayed.len() as u64, SCENARIOS);
    for kind in Kind::ALL {
        assert!(replayed.iter().filter(|name| name.starts_with(kind.name())).count() >= 9, "{kind:?}");
    }
    // The deployed contracts have every message of the vocabulary, so no scenario says that they lack one.
    assert!(scenarios.iter().all(|one| one.lacks.is_empty()));
}

/// What a reader of the file gets.
fn through_text(scenario: &Scenario) -> Scenario {
    let text = serde_json::to_string(scenario).expect("a scenario is JSON");
    serde_json::from_str(&text).expect("and comes back")
}

/// Replays a scenario, and compares everything with what was written.
fn replay(scenario: &Scenario) {
    let name = &scenario.name;
    let starts = u64::from(scenario.starts);
    let mut deployed = Deployed::new(starts, &scenario.actors).expect("the contracts are built and deploy");
    let addresses = deployed.addresses();
    let mut known: BTreeMap<String, [u8; 20]> =
        scenario.actors.iter().map(|actor| (actor.clone(), deployed.address_of(actor))).collect();
    for (contract, address) in [
        ("clearing", addresses.clearing),
        ("vault", addresses.vault),
        ("oracle", addresses.oracle),
        ("token", addresses.token),
    ] {
        known.insert(contract.to_owned(), address);
    }
    let native = sit_native::Exchange::new(addresses, Seconds(scenario.starts), sit_sim::keccak256);
    let mut twins = Twins::new(native, deployed);
    for (place, line) in scenario.steps.iter().enumerate() {
        let by = known[&line.by];
        if let Some(atoms) = line.mint() {
            twins.mint(by, atoms.into()).unwrap_or_else(|error| panic!("{name}, line {place}: {error:#}"));
            continue;
        }
        let message = line.message(&|actor| known.get(actor).copied());
        let message = message.unwrap_or_else(|error| panic!("{name}, line {place}: {error}"));
        let said = twins.send(Seconds(line.at), by, &message);
        let said = said.unwrap_or_else(|error| panic!("{name}, line {place}: {error:#}"));
        let refused = said.err().map(|refusal| refusal.name().to_owned());
        assert_eq!(refused, line.refused, "{name}, line {place}: not what was written");
    }
    let owners: Vec<[u8; 20]> = known.values().copied().collect();
    twins.compare_balances(&owners).unwrap_or_else(|error| panic!("{name}: {error:#}"));
    let name_of =
        |address| known.iter().find(|(_, other)| **other == address).map_or_else(String::new, |(name, _)| name.clone());
    assert_eq!(ending(&mut twins.native, name_of), scenario.ends, "{name} ends as it was written");
}
