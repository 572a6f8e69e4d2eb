//! The market on the engine: deterministic, audited, and what agents do has the effects it should have.

use rand::Rng;
use sit_engine::clearing::{Instrument, Store};
use sit_market::sequence::{Covered, Sequence, World, run_sequence};
use sit_market::{Attack, MarketError, MarketRequest, ParameterSet, bytes, simulate, simulate_paths};
use sit_sim::model::Model;
use sit_sim::path::stream;

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
    assert!(covered.refused.contains_key("clearing.Opening"), "no order met the opening phase: {:?}", covered.refused);
    for message in ["cover", "allocate", "offset"] {
        let done = covered.accepted.contains_key(&format!("clearing.{message}"));
        assert!(done, "{message} was never accepted: {:?}", covered.accepted);
    }
    assert!(covered.refused.contains_key("clearing.NothingToOffset"), "{:?}", covered.refused);
    assert!(covered.refused.len() > 40, "{:?}", covered.refused);
    assert!(covered.accepted.len() > 20, "{:?}", covered.accepted);
}

/// Numbers at the ends of their types, lists of nothing, one contract's figures in another's messages.
#[test]
fn any_bytes_are_messages_that_break_no_invariant() {
    let ready = bytes::Ready::default();
    let mut told = bytes::Outcomes::default();
    for number in 0..2_000 {
        let mut random = stream(11, 0x4259_5445, number);
        let drawn: Vec<u8> = (0..150).flat_map(|_| random.next_u32().to_le_bytes()).collect();
        let one = ready.run(&drawn).unwrap_or_else(|broken| panic!("bytes {number}: {broken}"));
        told.done += one.done;
        told.refused += one.refused;
        told.unread += one.unread;
    }
    println!("{told:?}");
    assert!(told.done > 500 && told.refused > 10_000, "{told:?}");
}

#[test]
fn a_month_of_which_one_side_has_claimed_is_no_broken_book() {
    // A sequence on which the audit once took the claims that were still to come for lots out of nowhere.
    let (seed, number) = (4, 11_846);
    let world = World::named();
    let mut exchange = world.begun();
    let mut sequence = Sequence::new(world, seed, number);
    let mut lopsided = 0;
    for _ in 0..50 {
        let step = sequence.next(&mut exchange);
        exchange.now = step.at;
        let _ = exchange.send(step.by, &step.message);
        exchange.audit_all().unwrap_or_else(|broken| panic!("sequence {number} of seed {seed}: {broken}"));
        lopsided += (0..16).filter(|serial| half_claimed(&mut exchange, Instrument(*serial))).count();
    }
    assert!(lopsided > 0, "sequence {number} of seed {seed} has no such month any more: find one that has");
}

/// Whether a month has its final price and what is left of its long lots is not what is left of its short ones.
fn half_claimed(exchange: &mut sit_native::Exchange, instrument: Instrument) -> bool {
    let settled = exchange.clearing.market(instrument).is_some_and(|market| market.final_price.is_some());
    let net: i64 = exchange.clearing.accounts().map(|(_, account)| i64::from(account.net(instrument).0)).sum();
    settled && net != 0
}

#[test]
fn the_table_of_paths_sums_up_to_the_report() {
    let (report, table) = simulate_paths(&Model::paper(), &request(), &|_| {}).unwrap();
    assert_eq!(report, simulate(&Model::paper(), &request(), &|_| {}).unwrap());
    // Six paths without an incident, two for each of two incidents.
    assert_eq!(table.rows(), 10);
    let column = |name: &str| table.iter().find(|(other, _)| *other == name).unwrap().1;
    let mean = |name: &str, incident: f64, paths: f64| {
        let each = column(name).iter().zip(column("incident")).filter(|(_, of)| **of == incident);
        each.map(|(value, _)| value).sum::<f64>() / paths
    };
    let set = &report.sets[0];
    assert!((mean("volume_lots", 0.0, 6.0) - set.volume.mean).abs() < 1e-9);
    assert!((mean("profit_attacker_usd", 1.0, 2.0) - set.attacks[0].profit.mean).abs() < 1e-6);
    assert_ne!(set.attacks[0].profit.mean, 0.0);
    for kind in &set.profits {
        let found = mean(&format!("profit_{}_usd", kind.kind), 0.0, 6.0);
        assert!((found - kind.profit.mean).abs() < 1e-6, "{}", kind.kind);
    }
}

#[test]
fn a_market_that_can_not_open_or_would_never_end_is_refused_before_it_begins() {
    let refused = |model: &str, request: MarketRequest| {
        simulate(&Model::from_toml(model).unwrap(), &request, &|_| panic!("a path was run")).unwrap_err()
    };
    for log_spot in [20.0, 12.04, 6.91, -8.0, -13.0] {
        let model = format!("log_spot = {log_spot}\n[permanent]\nsigma = 0.3\n");
        assert!(matches!(refused(&model, request()), MarketError::Price(_)), "{log_spot}");
    }
    // A curve that leaves the range is as bad as a price that does.
    let rising = "log_spot = 5.0\n[trend]\nlevel = 5.0\nslope = 6.0\n[permanent]\nsigma = 0.3\n";
    assert!(matches!(refused(rising, request()), MarketError::Price(price) if price > 250.0));
    let usual = "log_spot = 0.7\n[permanent]\nsigma = 0.3\n";
    for paths in [100_000_000_000, u64::MAX] {
        assert!(matches!(refused(usual, MarketRequest { paths, ..request() }), MarketError::TooManyPaths(_)));
    }
    let twins = MarketRequest { sets: vec![ParameterSet::default(), ParameterSet::default()], ..request() };
    assert_eq!(refused(usual, twins), MarketError::Twins("launch".into()));
}
