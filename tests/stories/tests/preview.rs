//! Previews are promises: what the client says a message would do, from cells read off the chain and the engine run
//! natively, is what the deployed contracts then do: answer or error, events, margin and liquidation prices afterwards,
//! and the deposit that the chain takes for what is stored.

use std::collections::BTreeSet;

use sit_demo::replay::{Twins, begin_sequences, compare};
use sit_engine::chain::Env;
use sit_engine::clearing::Store;
use sit_engine::units::Seat;
use sit_market::sequence::{Sequence, Step};
use sit_native::preview::{Preview, preview_message, standing};
use sit_native::{Answer, EmittedEvent, Message};

/// Previews of random traders' messages; the states in between are those of the differential test.
const PREVIEWS: usize = 500;

/// Messages of a sequence, and sequences that share a chain.
const MESSAGES: usize = 50;
const PER_CHAIN: u64 = 10;

/// What the client says before the owner of the account sends the message.
fn asked(twins: &mut Twins, step: &Step, seat: Seat) -> Preview<Answer> {
    let env = Env { caller: step.by, now: step.at };
    preview_message(&mut twins.deployed.client().state(), env, seat, &step.message)
}

/// The account of an owner's message; `None` for what others send.
fn owner(twins: &mut Twins, step: &Step) -> Option<Seat> {
    let seat = step.message.account()?;
    let account = twins.native.clearing.account(seat)?;
    (account.owner == step.by).then_some(seat)
}

/// What came of previews.
#[derive(Debug, Default)]
struct Counts {
    kept: usize,
    accepted: usize,
    traded: usize,
    /// Accepted ones for which the chain took a deposit, and for which it gave one back.
    took: usize,
    gave: usize,
    refused: BTreeSet<&'static str>,
}

#[test]
fn the_chain_does_what_the_preview_said() {
    let mut counts = Counts::default();
    'all: for chain in 0.. {
        let (world, mut twins) = begin_sequences().expect("the contracts are built and deploy");
        for number in chain * PER_CHAIN..(chain + 1) * PER_CHAIN {
            let mut sequence = Sequence::new(world, 12, number);
            for message in 0..MESSAGES {
                let step = sequence.next(&mut twins.native);
                one(&mut twins, &step, &mut counts, &format!("sequence {number}, message {message}"));
                if counts.kept == PREVIEWS {
                    break 'all;
                }
            }
        }
    }
    println!("{counts:?}");
    let Counts { accepted, traded, took, gave, refused, .. } = &counts;
    // Trades are few in sequences of any messages; crates/client/tests/node/previews.rs has tenfold, over JSON-RPC.
    assert!(*accepted >= 80 && *traded >= 2 && *took >= 20 && *gave >= 5 && refused.len() >= 10, "{counts:?}");
    assert!(refused.contains("BelowInitialMargin"), "{refused:?}");
}

/// A message of a sequence, foreseen where it is its owner's, and then sent.
fn one(twins: &mut Twins, step: &Step, counts: &mut Counts, which: &str) {
    let Some(seat) = owner(twins, step) else {
        let sent = twins.send(step.at, step.by, &step.message);
        assert!(sent.is_ok(), "{which}: {:#}", sent.unwrap_err());
        return;
    };
    let said = asked(twins, step, seat);
    let deployed = twins.deployed.send(step.at.0.into(), step.by, &step.message).expect("the chain takes it");
    let told: Vec<EmittedEvent> = said.events.iter().map(EmittedEvent::from).collect();
    let outcome = said.outcome.clone().map_err(|error| error.name());
    // The vault emits an event for its own payment, and may refuse it by limits of its own, which are not the clearing
    // house's.
    let differs = if matches!(step.message, Message::Withdraw { .. }) {
        said.outcome.is_ok() != deployed.is_ok()
    } else {
        compare::outcome(&step.message, &outcome, &told, &deployed).is_some()
    };
    assert!(!differs, "{which}, {:?}: said {outcome:?}, {told:?}; then {deployed:?}", step.message);
    twins.native.now = step.at;
    let native = twins.native.send(step.by, &step.message);
    assert_eq!(native.is_ok(), deployed.is_ok());
    let after = standing(&mut twins.deployed.client().state(), seat);
    assert_eq!(after, said.after, "{which}, {:?}", step.message);
    counts.kept += 1;
    match (outcome, deployed) {
        (Ok(_), Ok(done)) => {
            counts.accepted += 1;
            counts.traded += usize::from(told.iter().any(|event| event.name == "Filled"));
            // What is said to come back one day is what the chain has taken for that; too much of triggers and
            // delegates that have all been cleared before: cells like those that nobody has written are not told from
            // none.
            let (told, taken) = (said.growth.deposit(), done.cost.deposit);
            let cleared = matches!(step.message, Message::SetDelegate { .. } | Message::SetTrigger { .. });
            assert!(told == taken || cleared && told > taken, "{which}, {:?}: {:?}", step.message, said.growth);
            counts.took += usize::from(done.cost.deposit > 0);
            counts.gave += usize::from(done.cost.deposit < 0);
        }
        (Err(name), _) => {
            counts.refused.insert(name);
        }
        (Ok(_), Err(failure)) => panic!("{which}: {failure}"),
    }
}
