//! Every way in which cash changes is a row of a statement, exactly once: random sequences of everybody's messages on
//! the exchange in memory, and after each message the rows of each account add up to its cash.

use std::collections::BTreeMap;

use sit_cli::history::{self, changes};
use sit_engine::clearing::{Instrument, Store};
use sit_engine::units::{QuoteAtoms, Seat, TickValue};
use sit_market::sequence::{Sequence, World};

#[test]
fn the_rows_of_a_statement_add_up_to_the_cash_after_every_message() {
    let world = World::named();
    let begun = world.begun();
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    for number in 0..400 {
        let mut exchange = begun.clone();
        let mut sequence = Sequence::new(world, 7, number);
        let mut sums: BTreeMap<Seat, QuoteAtoms> =
            exchange.clearing.accounts().map(|(seat, account)| (seat, QuoteAtoms(account.cash.into()))).collect();
        for message in 0..150 {
            let step = sequence.next(&mut exchange);
            exchange.now = step.at;
            if exchange.send(step.by, &step.message).is_err() {
                continue;
            }
            let told = exchange.told().to_vec();
            let mut store = exchange.clearing.clone();
            let mut values: BTreeMap<Instrument, TickValue> = BTreeMap::new();
            for instrument in told.iter().filter_map(|event| event.get::<Instrument>("instrument")) {
                values.extend(store.market(instrument).map(|market| (instrument, market.tick_value)));
            }
            let accounts: Vec<(Seat, u64)> =
                exchange.clearing.accounts().map(|(seat, account)| (seat, account.cash)).collect();
            for (seat, cash) in accounts {
                let sum = sums.entry(seat).or_default();
                for event in &told {
                    for change in changes(event, seat, &|instrument| values.get(&instrument).copied()) {
                        *sum += change.amount;
                        *seen.entry(change.kind).or_default() += 1;
                    }
                }
                assert_eq!(
                    *sum,
                    QuoteAtoms(cash.into()),
                    "sequence {number}, message {message}, seat {}: {:?} told {told:?}",
                    seat.0,
                    step.message
                );
            }
        }
    }
    // What the sequences never do would not have been tested.
    for kind in ["deposit", "withdrawal", "transfer-in", "trade", "taker-fee", "maker-fee", "variation", "liquidation"]
    {
        assert!(seen.contains_key(kind), "no {kind} among {seen:?}");
    }
    assert!(seen.keys().all(|kind| history::KINDS.iter().any(|(known, _)| known == kind)), "{seen:?}");
}
