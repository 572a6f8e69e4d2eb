//! Hyperliquid JELLY, March 2025: with the backstop vault short against a squeeze, the validators settled the contract at
//! 0.0095, their own entry, while the oracle said 0.50.
//!
//! Here no message of any contract takes a settlement price, governance can take prints out of the window but put none in,
//! and never more than the rules let be missing (G4, G5, E1, E2, E4).

use crate::{DAY, START, TPI, USUAL, World};
use sit_devnet::{Account, args};

/// Prints from Monday to Friday, and the settlement of Friday proposed.
fn proposed() -> World {
    let mut world = World::live();
    for day in START + 2..START + 5 {
        assert_eq!(world.day(day, USUAL), Ok(2));
    }
    world.at(START + 5, 3_600);
    let anyone = world.anyone();
    world.call(&anyone, "propose_final", args![TPI, START + 4]).unwrap();
    world
}

fn finalise(world: &mut World) -> Result<u64, String> {
    let anyone = world.anyone();
    world.call(&anyone, "finalise", args![TPI, START + 4]).map(|receipt| receipt.get(0).unwrap())
}

#[test]
fn the_final_price_is_the_average_of_the_window_once_and_for_ever() {
    let mut world = proposed();
    let anyone = world.anyone();
    assert_eq!(finalise(&mut world), Err("DisputeRunning".to_owned()));
    assert_eq!(world.view::<u64>("final_price", args![TPI, START + 4]), Err("NotFinal".to_owned()));
    world.at(START + 6, 3_600 + 60);
    assert_eq!(finalise(&mut world), Ok(USUAL));
    assert_eq!(finalise(&mut world), Err("AlreadyFinal".to_owned()));
    let again = world.call(&anyone, "propose_final", args![TPI, START + 4]);
    assert_eq!(again.err().unwrap(), "AlreadyFinal");
    // Later prints change nothing.
    assert_eq!(world.day(START + 7, USUAL * 11 / 10), Ok(2));
    assert_eq!(world.view::<u64>("final_price", args![TPI, START + 4]), Ok(USUAL));
}

#[test]
fn governance_takes_prints_out_but_can_not_name_a_price_or_leave_too_few() {
    let mut world = proposed();
    world.govern("dispute", args![TPI, START + 4]);
    assert_eq!(finalise(&mut world), Err("Disputed".to_owned()), "a dispute freezes the claims");
    // All but two days out: too many gaps, whatever governance wants.
    let (oracle, governance) = (world.exchange.oracle.clone(), world.exchange.governance.clone());
    let (id, calldata) = world.exchange.queue(&oracle, "resolve", args![TPI, START + 4, 0b111_u64]).unwrap();
    let anyone = world.anyone();
    let refused = world.exchange.refuse(&anyone, &governance, "execute", args![id, sit_devnet::Value::Bytes(calldata)]);
    assert_eq!(refused.unwrap(), "ActionFailed");
    world.govern("resolve", args![TPI, START + 4, 0b11_u64]);
    world.at(START + 7, 3_600);
    assert_eq!(finalise(&mut world), Ok(USUAL));
}

#[test]
fn anyone_disputes_with_a_bond_and_loses_it_for_nothing() {
    let mut world = World::live();
    let usdc = world.exchange.chain.usdc();
    world.govern("connect", args![&usdc]);
    let terms = sit_devnet::Value::Tuple(args![0_u64, 0_u64, 0_u64, 0_u64, 0_u64, 500_000_000_u64, 0_u64]);
    world.govern("set_reporting", args![TPI, terms]);
    for day in START + 2..START + 5 {
        assert_eq!(world.day(day, USUAL), Ok(2));
    }
    world.at(START + 5, 3_600);
    let (anyone, rival): (Account, Account) = (world.anyone(), world.exchange.chain.account("rival"));
    world.call(&anyone, "propose_final", args![TPI, START + 4]).unwrap();
    let dispute = |world: &mut World| world.call(&rival, "dispute", args![TPI, START + 4]).map(|_| ());
    assert_eq!(dispute(&mut world), Err("TokenRefused".to_owned()));
    world.exchange.chain.mint_usdc(&rival, 600_000_000).unwrap();
    let oracle = world.exchange.oracle.clone();
    world.exchange.chain.call(&rival, &usdc, "approve", args![&oracle, 500_000_000_u64]).unwrap();
    dispute(&mut world).unwrap();
    assert_eq!(world.exchange.chain.usdc_balance(rival.address), 100_000_000);
    assert_eq!(finalise(&mut world), Err("Disputed".to_owned()));
    // Nobody resolves it: after the fallback delay the price stands and the bond comes back.
    world.at(START + 5, 3_600 + 7 * DAY + 60);
    assert_eq!(finalise(&mut world), Ok(USUAL));
    let collected: u64 = world.call(&rival, "collect", args![TPI]).unwrap().get(0).unwrap();
    assert_eq!((collected, world.exchange.chain.usdc_balance(rival.address)), (500_000_000, 600_000_000));
    assert_eq!(world.call(&rival, "collect", args![TPI]).err().unwrap(), "NothingDue");
}

#[test]
fn no_message_of_any_contract_takes_a_settlement_price() {
    let world = World::opened(&sit_engine::oracle::Rules::TPI, 4);
    let settling = ["finalise", "propose_final", "resolve", "dispute", "settle_day", "sunset", "settle"];
    for contract in [&world.exchange.oracle, &world.exchange.clearing] {
        for function in contract.abi.functions().filter(|function| settling.contains(&function.name.as_str())) {
            let priced =
                function.inputs.iter().any(|input| input.name.contains("price") || input.name.contains("mark"));
            assert!(!priced, "{}.{}", contract.name, function.name);
        }
    }
}
