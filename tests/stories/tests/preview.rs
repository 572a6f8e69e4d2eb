//! Previews are promises: what the client says a message would do, from cells read off the chain and the engine run
//! natively, is what the deployed contracts then do: answer or error, events, margin and liquidation prices afterwards.

use sit_demo::replay::{Twins, begin_sequences, compare};
use sit_engine::chain::Env;
use sit_engine::clearing::Store;
use sit_engine::units::{Seat, Seconds};
use sit_market::sequence::{Sequence, Step};
use sit_native::preview::{Preview, preview_message, standing};
use sit_native::{Answer, EmittedEvent, Message};

/// Messages of random traders; the states in between are those of the differential test.
const MESSAGES: usize = 500;

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

#[test]
fn the_chain_does_what_the_preview_said() {
    let (world, mut twins) = begin_sequences().expect("the contracts are built and deploy");
    let mut sequence = Sequence::new(world, 11, 0);
    let (mut kept, mut accepted, mut refused) = (0, 0, Vec::new());
    for number in 0..MESSAGES {
        let step = sequence.next(&mut twins.native);
        let Some(seat) = owner(&mut twins, &step) else {
            let sent = twins.send(step.at, step.by, &step.message);
            assert!(sent.is_ok(), "message {number}: {:#}", sent.unwrap_err());
            continue;
        };
        let said = asked(&mut twins, &step, seat);
        let deployed = twins.deployed.send(step.at.0.into(), step.by, &step.message).expect("the chain takes it");
        let told: Vec<EmittedEvent> = said.events.iter().map(EmittedEvent::from).collect();
        let outcome = said.outcome.clone().map_err(|error| error.name());
        // The vault emits an event for its own payment, and may refuse it by limits of its own, which are not the
        // clearing house's.
        let differs = if matches!(step.message, Message::Withdraw { .. }) {
            said.outcome.is_ok() != deployed.is_ok()
        } else {
            compare::outcome(&step.message, &outcome, &told, &deployed).is_some()
        };
        assert!(!differs, "message {number}, {:?}: said {outcome:?}, {told:?}; then {deployed:?}", step.message);
        twins.native.now = step.at;
        let native = twins.native.send(step.by, &step.message);
        assert_eq!(native.is_ok(), deployed.is_ok());
        let after = standing(&mut twins.deployed.client().state(), seat);
        assert_eq!(after, said.after, "message {number}, {:?}", step.message);
        kept += 1;
        match outcome {
            Ok(_) => accepted += 1,
            Err(name) => refused.push(name),
        }
    }
    refused.sort_unstable();
    refused.dedup();
    println!("{kept} previews kept: {accepted} accepted, refusals {refused:?}");
    assert!(kept >= 100 && accepted >= 40 && refused.len() >= 6, "{kept} kept, {accepted} accepted, {refused:?}");
    assert!(refused.contains(&"BelowInitialMargin"), "{refused:?}");
    assert!(twins.native.now > Seconds::ZERO);
}
