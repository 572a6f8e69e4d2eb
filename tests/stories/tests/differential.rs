//! The same random messages through the native engine and the deployed contracts: every return value, error, event and
//! balance equal.
//!
//! Ten thousand sequences run natively with `sit-sim sequences`. The sample here is sixty sequences of fifty messages; a
//! larger one is `SIT_SEQUENCES=600 scripts/cargo test`-style: the variable sets the number of sequences.

use sit_sim::market::sequence::{PEOPLE, QUORUM, Sequence, WALLET, World};
use sit_stories::replay::{Deployed, Twins};
use std::collections::BTreeSet;

/// Sequences that share a chain: each goes on where the one before has ended, with its own random stream.
const PER_CHAIN: u64 = 10;

/// Messages of a sequence.
const MESSAGES: usize = 50;

fn twins() -> (World, Twins) {
    let people: [String; PEOPLE] = std::array::from_fn(|number| format!("person {number}"));
    let reporters: [String; QUORUM] = std::array::from_fn(|number| format!("reporter {number}"));
    let names: Vec<String> = people.iter().chain(&reporters).cloned().chain(["stranger".to_owned()]).collect();
    let start = u64::from(World::start().0);
    let mut deployed = Deployed::new(start, &names).expect("the contracts are built and deploy");
    let world = World {
        addresses: deployed.addresses(),
        people: people.map(|name| deployed.address_of(&name)),
        reporters: reporters.map(|name| deployed.address_of(&name)),
        stranger: deployed.address_of("stranger"),
    };
    let mut native = world.deployed();
    native.now = World::start();
    let signers: Vec<[u8; 20]> = world.signers().collect();
    for signer in &signers {
        deployed.mint(*signer, WALLET).expect("tokens are minted");
    }
    let mut twins = Twins::new(native, deployed);
    let lacking: BTreeSet<String> = BTreeSet::new();
    for step in world.genesis(&|_| false) {
        let said = twins.send(step.at, step.by, &step.message).unwrap_or_else(|error| panic!("genesis: {error:#}"));
        if let Some(Err(refusal)) = said {
            panic!("{:?} of the genesis was refused: {}", step.message, refusal.name());
        }
    }
    assert!(lacking.is_empty());
    (world, twins)
}

#[test]
fn deployed_contracts_do_what_the_native_engine_does() {
    let sequences: u64 = std::env::var("SIT_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(60);
    let chains: Vec<u64> = (0..sequences.div_ceil(PER_CHAIN)).collect();
    let halves = chains.chunks(chains.len().div_ceil(2).max(1));
    let results: Vec<(u64, BTreeSet<String>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = halves
            .map(|half| scope.spawn(move || half.iter().map(|chain| on_chain(*chain, sequences)).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no difference")).collect()
    });
    let compared: u64 = results.iter().map(|(compared, _)| compared).sum();
    let lacking: BTreeSet<&String> = results.iter().flat_map(|(_, lacking)| lacking).collect();
    println!("{compared} messages compared in {sequences} sequences");
    for name in lacking {
        println!("not deployed yet: {name}");
    }
    assert!(compared >= sequences * MESSAGES as u64 * 3 / 4, "{compared} messages compared");
}

/// Runs the sequences of one chain; returns how many messages were compared, and what is not deployed.
fn on_chain(chain: u64, sequences: u64) -> (u64, BTreeSet<String>) {
    let (world, mut twins) = twins();
    let owners: Vec<[u8; 20]> = world.signers().chain([world.addresses.vault]).collect();
    for number in (chain * PER_CHAIN..(chain + 1) * PER_CHAIN).take_while(|number| *number < sequences) {
        let mut sequence = Sequence::new(world, 3, number);
        for message in 0..MESSAGES {
            let step = sequence.next(&mut twins.native);
            let said = twins.send(step.at, step.by, &step.message);
            said.unwrap_or_else(|error| panic!("sequence {number}, message {message}: {error:#}"));
        }
        twins.compare_balances(&owners).unwrap_or_else(|error| panic!("after sequence {number}: {error:#}"));
    }
    (twins.compared, twins.lacking.into_iter().collect())
}
