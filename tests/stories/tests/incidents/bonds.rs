//! Reporters under bond on the deployed oracle: rewards, slashes, records, leaving, and every atom accounted for (O2, O3).

use crate::{DAY, START, TPI, USUAL, World};
use sit_devnet::{Account, Value, args};
use sit_engine::codec::Cell;
use sit_engine::oracle::{Rules, Stakes};

const BOND: u64 = 1_000_000_000;
const DEVIATION: u64 = 200_000_000;
const MISS: u64 = 50_000_000;
const REWARD: u64 = 30_000_000;
const POT: u64 = 1_000_000_000;
const UNBONDING: u64 = 7 * DAY;

/// Place, submissions, misses, deviations, bond, earned.
type Standing = (u8, u16, u16, u8, u64, u64);

/// A live index under bonds, all five reporters bonded, and a pot; 2,000 USD in each purse before.
fn bonded() -> World {
    let mut world = World::live();
    let (oracle, usdc) = (world.exchange.oracle.clone(), world.exchange.chain.usdc());
    let terms = args![0_u64, BOND, DEVIATION, MISS, REWARD, 0_u64, UNBONDING];
    let reporters = world.reporters.clone();
    assert_eq!(world.call(&reporters[0], "post_bond", args![TPI, BOND]).err().unwrap(), "NotConnected");
    world.govern("connect", args![&usdc]);
    world.govern("set_reporting", args![TPI, Value::Tuple(terms)]);
    world.at(START + 2, 15 * 3_600);
    assert_eq!(world.submit(0, START + 2, USUAL), Err("BondMissing".to_owned()));
    let patron = world.exchange.chain.account("patron");
    for who in reporters.iter().chain([&patron]) {
        assert_eq!(world.call(who, "fund", args![TPI, POT]).err().unwrap(), "TokenRefused");
        world.exchange.chain.mint_usdc(who, u128::from(2 * BOND)).unwrap();
        world.exchange.chain.call(who, &usdc, "approve", args![&oracle, 2 * BOND]).unwrap();
    }
    for reporter in &reporters {
        world.call(reporter, "post_bond", args![TPI, BOND]).unwrap();
    }
    assert_eq!(world.call(&patron, "post_bond", args![TPI, BOND]).err().unwrap(), "UnknownReporter");
    world.call(&patron, "fund", args![TPI, POT]).unwrap();
    sound(&mut world, &[]);
    world
}

fn standing(world: &mut World, number: usize) -> Standing {
    let (oracle, anyone, who) = (world.exchange.oracle.clone(), world.anyone(), world.reporters[number].clone());
    world.exchange.chain.view(&anyone, &oracle, "reporter", args![TPI, &who]).unwrap().get(0).unwrap()
}

fn due(world: &mut World, who: &Account) -> (u64, u32) {
    let (oracle, anyone) = (world.exchange.oracle.clone(), world.anyone());
    world.exchange.chain.view(&anyone, &oracle, "due", args![TPI, who]).unwrap().get(0).unwrap()
}

/// What the token says the oracle holds is the pot, the stakes and what is due to those who left.
fn sound(world: &mut World, gone: &[Account]) {
    let oracle = world.exchange.oracle.address;
    let cell: Vec<u8> = world.view("cell", args![u64::from(b'K'), TPI, 0_u64, 0_u64]).unwrap();
    let dues: u64 = gone.iter().map(|who| due(world, who).0).sum();
    let told = u128::from(Stakes::from_cell(&cell).total() + dues);
    assert_eq!(world.exchange.chain.usdc_balance(oracle), told);
}

#[test]
fn a_print_pays_who_agreed_and_takes_from_who_lied_or_was_silent() {
    let mut world = bonded();
    let today = START + 2;
    for (number, price) in [(0, USUAL), (1, USUAL), (2, USUAL * 10_100 / 10_000), (3, USUAL * 1_000)] {
        world.submit(number, today, price).unwrap();
    }
    world.at(today + 1, 0);
    assert_eq!(world.publish(today), Ok(2), "one of four sees a thousand times the price, and nothing moves");
    assert!(world.print_of(today).is_some_and(|print| print.abs_diff(USUAL) <= USUAL / 100));
    // The days before: both prints of the beginning, the first of which waited for the second.
    for number in 0..3 {
        assert_eq!(standing(&mut world, number), (number as u8, 3, 0, 0, BOND, REWARD));
    }
    assert_eq!(standing(&mut world, 3), (3, 3, 0, 1, BOND - DEVIATION, 0));
    assert_eq!(standing(&mut world, 4), (4, 2, 1, 0, BOND - MISS, 0));
    sound(&mut world, &[]);
    let honest = world.reporters[0].clone();
    let earned: u64 = world.call(&honest, "collect", args![TPI]).unwrap().get(0).unwrap();
    assert_eq!(earned, REWARD);
    assert_eq!(world.call(&honest, "collect", args![TPI]).err().unwrap(), "NothingDue");
    sound(&mut world, &[]);
}

#[test]
fn a_jump_that_waits_pays_and_costs_once_it_is_printed_and_not_before() {
    let mut world = bonded();
    let today = START + 2;
    let cut = USUAL * 2 / 5;
    for number in 0..5 {
        world.submit(number, today, if number == 4 { USUAL } else { cut }).unwrap();
    }
    assert_eq!(world.publish(today), Ok(1));
    assert_eq!(standing(&mut world, 0), (0, 2, 0, 0, BOND, 0));
    assert_eq!(world.day(today + 1, cut), Ok(2), "the next day confirms it, and both are printed");
    assert_eq!(standing(&mut world, 0), (0, 4, 0, 0, BOND, 2 * REWARD));
    assert_eq!(standing(&mut world, 4), (4, 4, 0, 1, BOND - DEVIATION, REWARD), "the old price on the day of the cut");
    sound(&mut world, &[]);
}

#[test]
fn who_leaves_can_still_be_slashed_until_his_bond_is_free_and_everybody_gets_the_rest() {
    let mut world = bonded();
    let today = START + 2;
    assert_eq!(world.day(today, USUAL), Ok(2));
    let (liar, leaver) = (world.reporters[3].clone(), world.reporters[4].clone());
    world.call(&leaver, "resign", args![TPI]).unwrap();
    world.govern("remove_reporter", args![TPI, &liar]);
    let gone = [liar.clone(), leaver.clone()];
    sound(&mut world, &gone);
    world.at(today + 1, 15 * 3_600);
    assert_eq!(world.submit(3, today + 1, USUAL), Err("UnknownReporter".to_owned()));
    assert_eq!(world.call(&leaver, "collect", args![TPI]).err().unwrap(), "NothingDue", "not free yet");
    // A proven fault of the past, before the bond is free.
    world.govern("slash", args![TPI, &liar, DEVIATION]);
    sound(&mut world, &gone);
    let free_at = due(&mut world, &leaver).1;
    world.exchange.chain.advance_to(u64::from(free_at) - 60).unwrap();
    assert_eq!(world.call(&leaver, "collect", args![TPI]).err().unwrap(), "NothingDue");
    let both_free = free_at.max(due(&mut world, &liar).1);
    world.exchange.chain.advance_to(u64::from(both_free)).unwrap();
    let paid: u64 = world.call(&leaver, "collect", args![TPI]).unwrap().get(0).unwrap();
    assert_eq!(paid, BOND + REWARD);
    let paid: u64 = world.call(&liar, "collect", args![TPI]).unwrap().get(0).unwrap();
    assert_eq!(paid, BOND + REWARD - DEVIATION);
    sound(&mut world, &gone);
    // The others leave too: what is left is the pot.
    for number in 0..3 {
        let reporter = world.reporters[number].clone();
        world.call(&reporter, "resign", args![TPI]).unwrap();
    }
    world.exchange.chain.advance(UNBONDING + 60);
    for number in 0..3 {
        let reporter = world.reporters[number].clone();
        let paid: u64 = world.call(&reporter, "collect", args![TPI]).unwrap().get(0).unwrap();
        assert_eq!(paid, BOND + REWARD);
    }
    let oracle = world.exchange.oracle.address;
    assert_eq!(world.exchange.chain.usdc_balance(oracle), u128::from(POT - 5 * REWARD + DEVIATION));
}

#[test]
fn the_terms_are_bounded_where_they_are_set() {
    let mut world = World::opened(&Rules::TPI, 5);
    let (oracle, governance, anyone) =
        (world.exchange.oracle.clone(), world.exchange.governance.clone(), world.anyone());
    let bad: [[u64; 7]; 4] = [
        [0, BOND, MISS, DEVIATION, REWARD, 0, UNBONDING], // silence dearer than a lie
        [0, BOND, BOND + 1, MISS, REWARD, 0, UNBONDING],  // a slash above the bond
        [0, BOND, DEVIATION, MISS, REWARD, 0, DAY],       // free before the batches are out of use
        [3_600, 0, 0, 0, 0, 0, 0],                        // commitments end before the window opens
    ];
    for terms in bad {
        let terms = Value::Tuple(terms.into_iter().flat_map(|number| args![number]).collect());
        let (id, calldata) = world.exchange.queue(&oracle, "set_reporting", args![TPI, terms]).unwrap();
        let refused = world.exchange.refuse(&anyone, &governance, "execute", args![id, Value::Bytes(calldata)]);
        assert_eq!(refused.unwrap(), "ActionFailed");
    }
}
