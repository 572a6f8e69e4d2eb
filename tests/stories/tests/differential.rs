//! The same random messages through the native engine and the deployed contracts: every return value, error, event and
//! balance equal.
//!
//! Ten thousand sequences run natively with `sit-sim sequences`. The sample here is three hundred sequences of fifty
//! messages; the variable `SIT_SEQUENCES` sets another number.

use sit_demo::replay::begin_sequences;
use sit_market::sequence::Sequence;

/// Sequences that share a chain: each goes on where the one before has ended, with its own random stream.
const PER_CHAIN: u64 = 10;

/// Messages of a sequence.
const MESSAGES: usize = 50;

#[test]
fn deployed_contracts_do_what_the_native_engine_does() {
    let sequences: u64 = std::env::var("SIT_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(300);
    let chains: Vec<u64> = (0..sequences.div_ceil(PER_CHAIN)).collect();
    let halves = chains.chunks(chains.len().div_ceil(2).max(1));
    let results: Vec<u64> = std::thread::scope(|scope| {
        let workers: Vec<_> = halves
            .map(|half| scope.spawn(move || half.iter().map(|chain| on_chain(*chain, sequences)).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no difference")).collect()
    });
    let compared: u64 = results.iter().sum();
    println!("{compared} messages compared in {sequences} sequences");
    assert!(
        compared >= sequences * MESSAGES as u64,
        "{compared} messages compared: every one is, and those of the genesis"
    );
}

/// Runs the sequences of one chain; returns how many messages were compared.
fn on_chain(chain: u64, sequences: u64) -> u64 {
    let (world, mut twins) = begin_sequences().expect("the contracts are built and deploy");
    let owners: Vec<[u8; 20]> = world.signers().chain([world.addresses.vault]).collect();
    for number in (chain * PER_CHAIN..(chain + 1) * PER_CHAIN).take_while(|number| *number < sequences) {
        let mut sequence = Sequence::new(world, 3, number);
        for message in 0..MESSAGES {
            let step = sequence.next(&mut twins.native);
            let sent = twins.send(step.at, step.by, &step.message);
            assert!(sent.is_ok(), "sequence {number}, message {message}: {:#}", sent.unwrap_err());
        }
        twins.compare_balances(&owners).unwrap_or_else(|error| panic!("after sequence {number}: {error:#}"));
    }
    twins.compared
}
