//! Reporters under bond on the deployed oracle: rewards, slashes, records, leaving, and every atom accounted for (O2,
//! O3).

use crate::{DAY, START, TPI, USUAL, World};
use sit_client::Signer;
use sit_devnet::Account;
use sit_engine::oracle::validity::Validity;
use sit_engine::oracle::{Reporting, Rules};
use sit_native::answers::{DueAmount, ReporterRecord};
use sit_native::{Contract, Message, TokenAmount, stored, view};

const BOND: u64 = 1_000_000_000;
const DEVIATION: u64 = 200_000_000;
const MISS: u64 = 50_000_000;
const REWARD: u64 = 30_000_000;
const POT: u64 = 1_000_000_000;
const UNBONDING: u32 = 7 * DAY as u32;

/// The terms of these stories.
const TERMS: Reporting = Reporting {
    commit_until: 0,
    bond: BOND,
    deviation_slash: DEVIATION,
    miss_slash: MISS,
    reward: REWARD,
    dispute_bond: 0,
    unbonding: UNBONDING,
};

/// Place, submissions, misses, deviations, bond, earned.
type Standing = (u8, u16, u16, u8, u64, u64);

/// A live index under bonds, all five reporters bonded, and a pot; 2,000 USD in each purse before.
fn bonded() -> World {
    let mut world = World::live();
    let (oracle, token) =
        (world.exchange.address(Contract::Oracle).unwrap(), world.exchange.address(Contract::Token).unwrap());
    let reporters = world.reporters.clone();
    assert_eq!(
        world.call(&reporters[0], &Message::PostBond { index: TPI, amount: BOND }).err().unwrap(),
        "NotConnected"
    );
    world.govern(&Message::ConnectToken { token });
    world.govern(&Message::SetReporting { index: TPI, terms: TERMS });
    world.at(START + 2, 15 * 3_600);
    assert_eq!(world.submit(0, START + 2, USUAL), Err("BondMissing".to_owned()));
    let patron = world.exchange.chain.account("patron");
    for who in reporters.iter().chain([&patron]) {
        assert_eq!(world.call(who, &Message::Fund { index: TPI, amount: POT }).err().unwrap(), "TokenRefused");
        world.exchange.chain.mint_usdc(who, u128::from(2 * BOND)).unwrap();
        let allowance = Message::ApproveSpender { spender: oracle, value: TokenAmount(u128::from(2 * BOND)) };
        world.call(who, &allowance).unwrap();
    }
    for reporter in &reporters {
        world.call(reporter, &Message::PostBond { index: TPI, amount: BOND }).unwrap();
    }
    assert_eq!(world.call(&patron, &Message::PostBond { index: TPI, amount: BOND }).err().unwrap(), "UnknownReporter");
    world.call(&patron, &Message::Fund { index: TPI, amount: POT }).unwrap();
    sound(&mut world, &[]);
    world
}

fn standing(world: &mut World, number: usize) -> Standing {
    let reporter = world.reporters[number].address();
    let record = world.view(&view::Reporter { index: TPI, reporter }).unwrap();
    let ReporterRecord { place, submissions, misses, deviations, bond, earned } = record;
    (place, submissions, misses, deviations, bond, earned)
}

fn due(world: &mut World, who: &Account) -> (u64, u32) {
    let DueAmount { amount, free_at } = world.view(&view::Due { index: TPI, whom: who.address() }).unwrap();
    (amount, free_at.0)
}

/// What the token says the oracle holds is the pot, the stakes and what is due to those who left.
fn sound(world: &mut World, gone: &[Account]) {
    let stakes = world.exchange.client().oracle_cell(&stored::stakes(TPI)).unwrap().unwrap();
    let dues: u64 = gone.iter().map(|who| due(world, who).0).sum();
    let told = u128::from(stakes.total() + dues);
    assert_eq!(world.purse_of(Contract::Oracle), told);
}

#[test]
fn a_print_pays_who_agreed_and_takes_from_who_lied_or_was_silent() {
    let mut world = bonded();
    let today = START + 2;
    for (number, price) in [(0, USUAL), (1, USUAL), (2, USUAL * 10_100 / 10_000), (3, USUAL * 1_000)] {
        world.submit(number, today, price).unwrap();
    }
    world.at(today + 1, 0);
    assert_eq!(
        world.publish(today),
        Ok(Validity::Valid),
        "one of four sees a thousand times the price, and nothing moves"
    );
    assert!(world.print_of(today).is_some_and(|print| print.abs_diff(USUAL) <= USUAL / 100));
    // The days before: both prints of the beginning, the first of which waited for the second.
    for number in 0..3 {
        assert_eq!(standing(&mut world, number), (number as u8, 3, 0, 0, BOND, REWARD));
    }
    assert_eq!(standing(&mut world, 3), (3, 3, 0, 1, BOND - DEVIATION, 0));
    assert_eq!(standing(&mut world, 4), (4, 2, 1, 0, BOND - MISS, 0));
    sound(&mut world, &[]);
    let honest = world.reporters[0].clone();
    let earned: u64 = world.call(&honest, &Message::Collect { index: TPI }).unwrap().answer().unwrap();
    assert_eq!(earned, REWARD);
    assert_eq!(world.call(&honest, &Message::Collect { index: TPI }).err().unwrap(), "NothingDue");
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
    assert_eq!(world.publish(today), Ok(Validity::NeedsConfirmation));
    assert_eq!(standing(&mut world, 0), (0, 2, 0, 0, BOND, 0));
    assert_eq!(world.day(today + 1, cut), Ok(Validity::Valid), "the next day confirms it, and both are printed");
    assert_eq!(standing(&mut world, 0), (0, 4, 0, 0, BOND, 2 * REWARD));
    assert_eq!(standing(&mut world, 4), (4, 4, 0, 1, BOND - DEVIATION, REWARD), "the old price on the day of the cut");
    sound(&mut world, &[]);
}

#[test]
fn who_leaves_can_still_be_slashed_until_his_bond_is_free_and_everybody_gets_the_rest() {
    let mut world = bonded();
    let today = START + 2;
    assert_eq!(world.day(today, USUAL), Ok(Validity::Valid));
    let (liar, leaver) = (world.reporters[3].clone(), world.reporters[4].clone());
    world.call(&leaver, &Message::Resign { index: TPI }).unwrap();
    world.govern(&Message::RemoveReporter { index: TPI, reporter: liar.address() });
    let gone = [liar.clone(), leaver.clone()];
    sound(&mut world, &gone);
    world.at(today + 1, 15 * 3_600);
    assert_eq!(world.submit(3, today + 1, USUAL), Err("UnknownReporter".to_owned()));
    assert_eq!(world.call(&leaver, &Message::Collect { index: TPI }).err().unwrap(), "NothingDue", "not free yet");
    // A proven fault of the past, before the bond is free.
    world.govern(&Message::Slash { index: TPI, reporter: liar.address(), amount: DEVIATION });
    sound(&mut world, &gone);
    let free_at = due(&mut world, &leaver).1;
    world.exchange.chain.advance_to(u64::from(free_at) - 60).unwrap();
    assert_eq!(world.call(&leaver, &Message::Collect { index: TPI }).err().unwrap(), "NothingDue");
    let both_free = free_at.max(due(&mut world, &liar).1);
    world.exchange.chain.advance_to(u64::from(both_free)).unwrap();
    let paid: u64 = world.call(&leaver, &Message::Collect { index: TPI }).unwrap().answer().unwrap();
    assert_eq!(paid, BOND + REWARD);
    let paid: u64 = world.call(&liar, &Message::Collect { index: TPI }).unwrap().answer().unwrap();
    assert_eq!(paid, BOND + REWARD - DEVIATION);
    sound(&mut world, &gone);
    // The others leave too: what is left is the pot.
    for number in 0..3 {
        let reporter = world.reporters[number].clone();
        world.call(&reporter, &Message::Resign { index: TPI }).unwrap();
    }
    world.exchange.chain.advance(u64::from(UNBONDING) + 60);
    for number in 0..3 {
        let reporter = world.reporters[number].clone();
        let paid: u64 = world.call(&reporter, &Message::Collect { index: TPI }).unwrap().answer().unwrap();
        assert_eq!(paid, BOND + REWARD);
    }
    assert_eq!(world.purse_of(Contract::Oracle), u128::from(POT - 5 * REWARD + DEVIATION));
}

#[test]
fn the_terms_are_bounded_where_they_are_set() {
    let mut world = World::opened(&Rules::TPI, 5);
    let anyone = world.anyone();
    let silence_dearer_than_a_lie = Reporting { deviation_slash: MISS, miss_slash: DEVIATION, ..TERMS };
    let slash_above_the_bond = Reporting { deviation_slash: BOND + 1, ..TERMS };
    let free_before_the_batches_are_out_of_use = Reporting { unbonding: DAY as u32, ..TERMS };
    let commitments_end_before_the_window_opens = Reporting { commit_until: 3_600, ..Reporting::default() };
    for terms in [
        silence_dearer_than_a_lie,
        slash_above_the_bond,
        free_before_the_batches_are_out_of_use,
        commitments_end_before_the_window_opens,
    ] {
        let proposal = world.exchange.queue(&Message::SetReporting { index: TPI, terms }).unwrap();
        assert_eq!(world.exchange.refuse(&anyone, &proposal.execution()).unwrap(), "ActionFailed", "{terms:?}");
    }
}
