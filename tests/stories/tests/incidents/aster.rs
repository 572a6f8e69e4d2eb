//! Aster XPL, September 2025: the index was hard-coded at 1 USD, the cap on the mark was taken away before the real feed was
//! in place, and the mark went to 4 USD: 16 million dollars of refunds.
//!
//! Here new rules of pricing put a live index on probation, its first print waits for a second one, and while it waits no new
//! risk is taken (O7, P4). The scale of a live index can not change at all.

use crate::{START, TPI, USUAL, World};
use sit_demo::exchange::index_arguments;
use sit_devnet::{CallError, args};
use sit_engine::oracle::Rules;

#[test]
fn a_changed_cap_needs_two_prints_that_agree_before_risk_is_taken_again() {
    let mut world = World::live();
    assert_eq!(world.validity(), 2);
    let uncapped = Rules { cap_bps: 10_000, reject_above: 1_000_000, ..Rules::TPI };
    world.govern("set_index", index_arguments(&uncapped));
    assert_eq!(world.validity(), 1, "the next print has to be confirmed whatever it is");
    assert_eq!(world.day(START + 2, 4 * USUAL), Ok(1));
    assert_eq!((world.validity(), world.print_of(START + 2)), (1, None));
    assert_eq!(world.day(START + 3, USUAL), Ok(1), "another price confirms nothing");
    assert_eq!(world.day(START + 4, USUAL), Ok(2));
    assert_eq!((world.validity(), world.print_of(START + 2), world.print_of(START + 3)), (2, None, Some(USUAL)));
}

#[test]
fn the_scale_of_a_live_index_is_fixed() {
    let mut world = World::live();
    let (oracle, governance) = (world.exchange.oracle.clone(), world.exchange.governance.clone());
    let other = Rules { reference_score: 250, ..Rules::TPI };
    let (id, calldata) = world.exchange.queue(&oracle, "set_index", index_arguments(&other)).unwrap();
    let anyone = world.anyone();
    let refused =
        world.exchange.chain.call(&anyone, &governance, "execute", args![id, sit_devnet::Value::Bytes(calldata)]);
    assert!(
        matches!(&refused, Err(CallError::Reverted { revert, .. }) if revert.name == "ActionFailed"),
        "{refused:?}"
    );
    // Quality changes through the basket: linked, so that the change itself moves nothing.
    world.govern("set_provider", args![TPI, 0_u64, 4_000_u64]);
    assert_eq!(world.day(START + 2, USUAL), Ok(2));
    assert_eq!(world.print_of(START + 2), Some(USUAL));
}
