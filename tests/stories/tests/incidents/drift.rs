//! Drift, April 2026: approvals signed in advance with durable nonces, two of five and no timelock, made the attacker
//! administrator; they listed worthless collateral, pointed the oracle to themselves and lifted the limits, and 285
//! million dollars left in 31 withdrawals of 12 minutes.
//!
//! Here an approval is bound to the payload, to the council of its day and to a window; an action waits its delay from
//! its last approval, however many travel together; what is trusted changes only after days in which a guardian can
//! veto (G2, G6).

use crate::{DAY, START, TPI, World, set_provider};
use sit_client::{Proposal, Signer};
use sit_devnet::Account;
use sit_native::{Message, view};

/// The exchange after genesis, with a council of five of whom three must approve.
fn sealed() -> (World, Vec<Account>) {
    let mut world = World::live();
    let council: Vec<Account> =
        (1..=5).map(|number| world.exchange.chain.account(&format!("member {number}"))).collect();
    world.govern(&seat(&council, 3));
    let deployer = world.exchange.chain.account("deployer");
    world.exchange.send(&deployer, &Message::Seal {}).unwrap();
    (world, council)
}

fn seat(council: &[Account], threshold: u8) -> Message {
    Message::SetCouncil { members: council.iter().map(Signer::address).collect(), threshold }
}

/// A proposal, and what its approvals are bound to.
fn propose(world: &mut World, message: &Message) -> (Proposal, [u8; 32]) {
    let governor = world.exchange.chain.account("governor");
    let proposal = world.exchange.client().propose(&governor, message).unwrap();
    let action = world.view(&view::Action { id: proposal.id }).unwrap();
    (proposal, action.payload_hash)
}

fn approve(world: &mut World, who: &Account, id: u32, payload_hash: [u8; 32], epoch: u32) -> Result<(), String> {
    world.call(who, &Message::Approve { id, payload_hash, council_epoch: epoch }).map(|_| ())
}

fn execute(world: &mut World, id: u32, calldata: &[u8]) -> Result<(), String> {
    let anyone = world.anyone();
    world.call(&anyone, &Message::Execute { id, call: calldata.to_vec() }).map(|_| ())
}

#[test]
fn approvals_of_another_payload_of_an_old_council_or_too_late_count_for_nothing() {
    let (mut world, council) = sealed();
    let attacker = world.exchange.chain.account("attacker");
    let reporter = attacker.address();
    let harmless = propose(&mut world, &set_provider(1, 1_000));
    let evil = propose(&mut world, &Message::AddReporter { index: TPI, reporter });
    assert_eq!(approve(&mut world, &council[0], evil.0.id, harmless.1, 2), Err("PayloadChanged".to_owned()));
    assert_eq!(approve(&mut world, &council[0], evil.0.id, evil.1, 1), Err("WrongCouncilEpoch".to_owned()));
    assert_eq!(approve(&mut world, &attacker, evil.0.id, evil.1, 2), Err("NotAuthorised".to_owned()));
    approve(&mut world, &council[0], evil.0.id, evil.1, 2).unwrap();
    assert_eq!(approve(&mut world, &council[0], evil.0.id, evil.1, 2), Err("AlreadyApproved".to_owned()));
    approve(&mut world, &council[1], evil.0.id, evil.1, 2).unwrap();
    assert_eq!(
        execute(&mut world, evil.0.id, &evil.0.calldata),
        Err("WrongState".to_owned()),
        "two of five are not enough"
    );
    world.at(START + 40, 0);
    assert_eq!(approve(&mut world, &council[2], evil.0.id, evil.1, 2), Err("Expired".to_owned()));
}

#[test]
fn a_batch_waits_as_long_as_each_of_its_actions_and_the_guardian_stops_it() {
    let (mut world, council) = sealed();
    let attacker = world.exchange.chain.account("attacker");
    let reporter = attacker.address();
    // Own reporter, no screen, and the attacker as the governor: three actions at once.
    let batch = [
        propose(&mut world, &Message::AddReporter { index: TPI, reporter }),
        propose(&mut world, &set_provider(0, 950)),
        propose(&mut world, &Message::NominateGovernor { nominee: attacker.address() }),
    ];
    for (proposal, hash) in &batch {
        for member in &council[..3] {
            approve(&mut world, member, proposal.id, *hash, 2).unwrap();
        }
    }
    let queued = world.exchange.chain.now();
    for (proposal, _) in &batch {
        assert_eq!(execute(&mut world, proposal.id, &proposal.calldata), Err("NotReady".to_owned()));
    }
    let guardian = world.exchange.chain.account("guardian");
    world.exchange.send(&guardian, &Message::Veto { id: batch[2].0.id }).unwrap();
    world.exchange.chain.advance_to(queued + 3 * DAY - 60).unwrap();
    for (proposal, _) in &batch[..2] {
        assert_eq!(
            execute(&mut world, proposal.id, &proposal.calldata),
            Err("NotReady".to_owned()),
            "three days for what is trusted"
        );
    }
    world.exchange.chain.advance_to(queued + 3 * DAY + 60).unwrap();
    assert_eq!(execute(&mut world, batch[2].0.id, &batch[2].0.calldata), Err("WrongState".to_owned()));
    assert_eq!(execute(&mut world, batch[1].0.id, &batch[0].0.calldata), Err("PayloadChanged".to_owned()));
    execute(&mut world, batch[1].0.id, &batch[1].0.calldata).unwrap();
    assert_eq!(execute(&mut world, batch[1].0.id, &batch[1].0.calldata), Err("WrongState".to_owned()), "once");
    // A new council voids what the old one approved.
    let renew = propose(&mut world, &seat(&council[2..], 2));
    for member in &council[..3] {
        approve(&mut world, member, renew.0.id, renew.1, 2).unwrap();
    }
    world.exchange.chain.advance(3 * DAY + 60);
    execute(&mut world, renew.0.id, &renew.0.calldata).unwrap();
    assert_eq!(execute(&mut world, batch[0].0.id, &batch[0].0.calldata), Err("WrongCouncilEpoch".to_owned()));
}
