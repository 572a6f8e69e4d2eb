//! Drift, April 2026: approvals signed in advance with durable nonces, two of five and no timelock, made the attacker
//! administrator; he listed worthless collateral, pointed the oracle to himself and lifted the limits, and 285 million dollars
//! left in 31 withdrawals of 12 minutes.
//!
//! Here an approval is bound to the payload, to the council of its day and to a window; an action waits its delay from its
//! last approval, however many travel together; what is trusted changes only after days, in the sight of a guardian who can
//! veto (G1, G2, G6).

use crate::{DAY, START, TPI, World};
use sit_devnet::{Account, Address, Deployed, Value, args};

type Action = (u8, u8, Address, [u8; 32], u32, u32, u32, u32);

/// The exchange after genesis, with a council of five of whom three must approve.
fn sealed() -> (World, Vec<Account>) {
    let mut world = World::live();
    let council: Vec<Account> =
        (1..=5).map(|number| world.exchange.chain.account(&format!("member {number}"))).collect();
    let governance = world.exchange.governance.clone();
    seat(&mut world, &governance, &council, 3);
    let deployer = world.exchange.chain.account("deployer");
    world.exchange.send(&deployer, &governance, "seal", args![]).unwrap();
    (world, council)
}

fn seat(world: &mut World, governance: &Deployed, council: &[Account], threshold: u64) {
    let members = Value::Array(council.iter().map(sit_devnet::IntoArg::into_arg).collect());
    world.exchange.govern(governance, "set_council", args![members, threshold]).unwrap();
}

fn propose(world: &mut World, target: &Deployed, message: &str, arguments: Vec<Value>) -> (u32, Vec<u8>, [u8; 32]) {
    let calldata = target.calldata(message, &arguments).unwrap();
    let (governance, governor) = (world.exchange.governance.clone(), world.exchange.chain.account("governor"));
    let (now, end) = (world.exchange.chain.now(), world.exchange.chain.now() + 30 * DAY);
    let proposal = args![target, Value::Bytes(calldata.clone()), now, end];
    let id: u32 = world.exchange.send(&governor, &governance, "propose", proposal).unwrap().get(0).unwrap();
    let action: Action =
        world.exchange.chain.view(&governor, &governance, "action", args![id]).unwrap().get(0).unwrap();
    (id, calldata, action.3)
}

fn approve(world: &mut World, who: &Account, id: u32, hash: [u8; 32], epoch: u64) -> Result<(), String> {
    let governance = world.exchange.governance.clone();
    let approved = world.exchange.chain.call(who, &governance, "approve", args![id, hash, epoch]);
    approved.map(|_| ()).map_err(|error| error.name().to_owned())
}

fn execute(world: &mut World, id: u32, calldata: &[u8]) -> Result<(), String> {
    let (governance, anyone) = (world.exchange.governance.clone(), world.anyone());
    let executed =
        world.exchange.chain.call(&anyone, &governance, "execute", args![id, Value::Bytes(calldata.to_vec())]);
    executed.map(|_| ()).map_err(|error| error.name().to_owned())
}

#[test]
fn approvals_of_another_payload_of_an_old_council_or_too_late_count_for_nothing() {
    let (mut world, council) = sealed();
    let oracle = world.exchange.oracle.clone();
    let attacker = world.exchange.chain.account("attacker");
    let harmless = propose(&mut world, &oracle, "set_provider", args![TPI, 1_u64, 1_000_u64]);
    let evil = propose(&mut world, &oracle, "add_reporter", args![TPI, &attacker]);
    assert_eq!(approve(&mut world, &council[0], evil.0, harmless.2, 2), Err("PayloadChanged".to_owned()));
    assert_eq!(approve(&mut world, &council[0], evil.0, evil.2, 1), Err("WrongCouncilEpoch".to_owned()));
    assert_eq!(approve(&mut world, &attacker, evil.0, evil.2, 2), Err("OnlyCouncil".to_owned()));
    approve(&mut world, &council[0], evil.0, evil.2, 2).unwrap();
    assert_eq!(approve(&mut world, &council[0], evil.0, evil.2, 2), Err("AlreadyApproved".to_owned()));
    approve(&mut world, &council[1], evil.0, evil.2, 2).unwrap();
    assert_eq!(execute(&mut world, evil.0, &evil.1), Err("WrongState".to_owned()), "two of five are not enough");
    world.at(START + 40, 0);
    assert_eq!(approve(&mut world, &council[2], evil.0, evil.2, 2), Err("Expired".to_owned()));
}

#[test]
fn a_batch_waits_as_long_as_each_of_its_actions_and_the_guardian_stops_it() {
    let (mut world, council) = sealed();
    let (oracle, governance) = (world.exchange.oracle.clone(), world.exchange.governance.clone());
    let attacker = world.exchange.chain.account("attacker");
    // Own reporter, no screen, and himself as the governor: three actions in one breath.
    let batch = [
        propose(&mut world, &oracle, "add_reporter", args![TPI, &attacker]),
        propose(&mut world, &oracle, "set_provider", args![TPI, 0_u64, 100_u64]),
        propose(&mut world, &governance, "nominate_governor", args![&attacker]),
    ];
    for (id, _, hash) in &batch {
        for member in &council[..3] {
            approve(&mut world, member, *id, *hash, 2).unwrap();
        }
    }
    let queued = world.exchange.chain.now();
    for (id, calldata, _) in &batch {
        assert_eq!(execute(&mut world, *id, calldata), Err("NotReady".to_owned()));
    }
    let guardian = world.exchange.chain.account("guardian");
    world.exchange.send(&guardian, &governance, "veto", args![batch[2].0]).unwrap();
    world.exchange.chain.advance_to(queued + 3 * DAY - 60).unwrap();
    for (id, calldata, _) in &batch[..2] {
        assert_eq!(execute(&mut world, *id, calldata), Err("NotReady".to_owned()), "three days for what is trusted");
    }
    world.exchange.chain.advance_to(queued + 3 * DAY + 60).unwrap();
    assert_eq!(execute(&mut world, batch[2].0, &batch[2].1), Err("WrongState".to_owned()));
    assert_eq!(execute(&mut world, batch[1].0, &batch[0].1), Err("PayloadChanged".to_owned()));
    execute(&mut world, batch[1].0, &batch[1].1).unwrap();
    assert_eq!(execute(&mut world, batch[1].0, &batch[1].1), Err("WrongState".to_owned()), "once");
    // A new council voids what the old one approved.
    let renew = propose(&mut world, &governance, "set_council", {
        let members = Value::Array(council[2..].iter().map(sit_devnet::IntoArg::into_arg).collect());
        args![members, 2_u64]
    });
    for member in &council[..3] {
        approve(&mut world, member, renew.0, renew.2, 2).unwrap();
    }
    world.exchange.chain.advance(3 * DAY + 60);
    execute(&mut world, renew.0, &renew.1).unwrap();
    assert_eq!(execute(&mut world, batch[0].0, &batch[0].1), Err("WrongCouncilEpoch".to_owned()));
}
