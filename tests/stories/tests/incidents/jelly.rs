//! Hyperliquid JELLY, March 2025: with the backstop vault short against a squeeze, the validators settled the contract
//! at 0.0095, their own entry, while the oracle said 0.50.
//!
//! Here no message of any contract takes a settlement price, governance can take prints out of the window but put none
//! in, and never more than the rules let be missing (G4, E1, E2, E4).

use crate::{DAY, START, TPI, USUAL, World, dispute, finalise_price, propose_final, resolve};
use sit_client::{Artifact, Signer};
use sit_devnet::Account;
use sit_engine::calendar::Day;
use sit_engine::oracle::Reporting;
use sit_engine::oracle::validity::Validity;
use sit_native::{Contract, Message, view};

/// Prints from Monday to Friday, and the settlement of Friday proposed.
fn proposed() -> World {
    let mut world = World::live();
    for day in START + 2..START + 5 {
        assert_eq!(world.day(day, USUAL), Ok(Validity::Valid));
    }
    world.at(START + 5, 3_600);
    let anyone = world.anyone();
    world.call(&anyone, &propose_final(START + 4)).unwrap();
    world
}

fn finalise(world: &mut World) -> Result<u64, String> {
    let anyone = world.anyone();
    world.call(&anyone, &finalise_price(START + 4)).map(|done| done.answer().unwrap())
}

fn final_price(world: &mut World) -> Result<u64, String> {
    world.view(&view::FinalPrice { index: TPI, expiry: Day(START + 4) }).map(u64::from)
}

#[test]
fn the_final_price_is_the_average_of_the_window_once_and_for_ever() {
    let mut world = proposed();
    let anyone = world.anyone();
    assert_eq!(finalise(&mut world), Err("DisputeRunning".to_owned()));
    assert_eq!(final_price(&mut world), Err("NotFinal".to_owned()));
    world.at(START + 6, 3_600 + 60);
    assert_eq!(finalise(&mut world), Ok(USUAL));
    assert_eq!(finalise(&mut world), Err("AlreadyFinal".to_owned()));
    let again = world.call(&anyone, &propose_final(START + 4));
    assert_eq!(again.err().unwrap(), "AlreadyFinal");
    // Later prints change nothing.
    assert_eq!(world.day(START + 7, USUAL * 11 / 10), Ok(Validity::Valid));
    assert_eq!(final_price(&mut world), Ok(USUAL));
}

#[test]
fn governance_takes_prints_out_but_can_not_name_a_price_or_leave_too_few() {
    let mut world = proposed();
    world.govern(&dispute(START + 4));
    assert_eq!(finalise(&mut world), Err("Disputed".to_owned()), "a dispute freezes the claims");
    // A day that is no sample, and all but two days of an index that has no older ones: both are refused, even from
    // governance.
    let other_day = world.exchange.queue(&resolve(START + 4, 1 << 5)).unwrap();
    let proposal = world.exchange.queue(&resolve(START + 4, 0b111)).unwrap();
    let anyone = world.anyone();
    for refused in [&other_day, &proposal] {
        assert_eq!(world.exchange.refuse(&anyone, &refused.execution()).unwrap(), "ActionFailed");
    }
    world.govern(&resolve(START + 4, 0b11));
    world.at(START + 7, 3_600);
    assert_eq!(finalise(&mut world), Ok(USUAL));
}

#[test]
fn anyone_disputes_with_a_bond_and_loses_it_for_nothing() {
    let mut world = World::live();
    let token = world.exchange.address(Contract::Token).unwrap();
    world.govern(&Message::ConnectToken { token });
    let terms = Reporting { dispute_bond: 500_000_000, ..Reporting::default() };
    world.govern(&Message::SetReporting { index: TPI, terms });
    for day in START + 2..START + 8 {
        assert_eq!(world.day(day, USUAL), Ok(Validity::Valid));
    }
    world.at(START + 8, 3_600);
    let (anyone, rival): (Account, Account) = (world.anyone(), world.exchange.chain.account("rival"));
    world.call(&anyone, &propose_final(START + 7)).unwrap();
    assert_eq!(world.call(&rival, &dispute(START + 7)).err().unwrap(), "TokenRefused");
    world.fill_purse(&rival, 600_000_000, Contract::Oracle, 500_000_000);
    world.call(&rival, &dispute(START + 7)).unwrap();
    assert_eq!(world.purse(rival.address()), 100_000_000);
    let finalise = |world: &mut World| {
        let anyone = world.anyone();
        world.call(&anyone, &finalise_price(START + 7))
    };
    assert_eq!(finalise(&mut world).err().unwrap(), "Disputed");
    // Nobody resolves it: after the fallback delay the prints before the window stand in, and the bond comes back.
    world.at(START + 8, 3_600 + 10 * DAY + 60);
    let price: u64 = finalise(&mut world).unwrap().answer().unwrap();
    assert_eq!(price, USUAL);
    let collected: u64 = world.call(&rival, &Message::Collect { index: TPI }).unwrap().answer().unwrap();
    assert_eq!((collected, world.purse(rival.address())), (500_000_000, 600_000_000));
    assert_eq!(world.call(&rival, &Message::Collect { index: TPI }).err().unwrap(), "NothingDue");
}

#[test]
fn no_message_of_any_contract_takes_a_settlement_price() {
    let settling = ["finalise", "propose_final", "resolve", "dispute", "settle_day", "sunset", "settle"];
    for contract in [Contract::Oracle, Contract::Clearing] {
        let artifact = Artifact::of(contract).expect("the contract is built");
        for function in artifact.abi.functions().filter(|function| settling.contains(&function.name.as_str())) {
            let priced =
                function.inputs.iter().any(|input| input.name.contains("price") || input.name.contains("mark"));
            assert!(!priced, "{}.{}", contract.name(), function.name);
        }
    }
}
