//! The market on the engine: deterministic, audited, and what agents do has the effects it should have.

use sit_sim::market::sequence::{Covered, World, run_sequence};
use sit_sim::market::{Attack, MarketRequest, ParameterSet, simulate};
use sit_sim::model::Model;

fn request() -> MarketRequest {
    MarketRequest {
        paths: 6,
        attack_paths: 2,
        days: 8,
        margin_paths: 20_000,
        sets: vec![ParameterSet::default()],
        attacks: vec![Attack::SweepTheBook, Attack::ReporterFault],
        ..MarketRequest::default()
    }
}

fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

#[test]
fn a_market_is_the_same_for_any_number_of_threads() {
    let model = Model::paper();
    let run = |threads| on_threads(threads, || simulate(&model, &request(), &|_| {}).unwrap());
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(7));
    let set = &one.sets[0];
    assert!(set.volume.mean > 1_000.0, "{:?}", set.volume);
    assert!(set.messages.mean > 200.0, "{:?}", set.messages);
}

#[test]
fn random_sequences_keep_every_invariant_and_come_across_most_of_the_exchange() {
    // The full run is `sit-sim sequences`: ten thousand sequences of fifty messages.
    let world = World::named();
    let begun = world.begun();
    let mut covered = Covered::default();
    for number in 0..1_000 {
        covered.merge(run_sequence(world, &begun, 7, number, 50).unwrap_or_else(|broken| panic!("{broken}")));
    }
    for event in
        ["Filled", "Removed", "RemovedAll", "Settled", "LiquidationStarted", "Liquidated", "Withdrawn", "Printed"]
    {
        assert!(covered.events.contains_key(event), "{event} never happened: {:?}", covered.events);
    }
    assert!(covered.refused.len() > 40, "{:?}", covered.refused);
    assert!(covered.accepted.len() > 20, "{:?}", covered.accepted);
}
