//! What an eighth attack on the makers' programme found of its floor of volume (`docs/book/src/findings-eighth.md`).

use super::*;
use proptest::prelude::*;

/// The budget, in quote atoms.
const BUDGET: u64 = 5_000_000_000;

/// Fees of both sides of so many lots at 250 US dollars, in US dollars: 15 cents a lot in the first tier, 3.75 in the
/// last ([`WASH_COST`]).
fn fees(lots: u32) -> [u64; 2] {
    [u64::from(lots) * 15 / 100, u64::from(lots) * WASH_COST / 1_000_000]
}

/// What makers of equal scores get for a week in which they trade so many lots, in US dollars.
fn rewards(volumes: &[u32]) -> Vec<u64> {
    let mut ledger = connected();
    ledger.budget(BUDGET, START);
    for (seat, lots) in (0..).zip(volumes) {
        ledger.designated(seat, START);
        ledger.scores.insert((seat, FIRST), (44_668_800_000, FULL));
        ledger.volumes.insert((seat, FIRST), *lots);
    }
    ledger.closed(FIRST);
    let now = end_of(FIRST);
    ledger.makers.values().map(|maker| (maker.due(now) + maker.vesting(now)) / 1_000_000).collect()
}

fn others(volumes: impl IntoIterator<Item = u32>) -> u64 {
    let mut read = Volumes::default();
    volumes.into_iter().for_each(|volume| read.add(volume));
    read.others()
}

/// Two of five makers of equal scores are one firm's, and trade 2,000 lots each with a third account in a quiet week,
/// in which the honest three have traded four lots each.
#[test]
fn two_seats_of_one_firm_push_nobody_below_the_floor() {
    let [quiet, washed] = [[4, 4, 4, 4, 4], [2_001, 2_000, 4, 4, 4]].map(|volumes| rewards(&volumes));
    assert_eq!((fees(4_001), quiet), ([600, 150], vec![1_000; 5]));
    assert_eq!(washed, [1_000; 5], "it was 2,500 for each of the two");
    // As many lots as there are, of two of five and of half of ten.
    for lots in [2_000, 1_000_000, u32::MAX] {
        assert_eq!(rewards(&[lots, lots, 4, 4, 4]), [1_000; 5]);
        assert_eq!(rewards(&[lots, lots, lots, lots, lots, 4, 4, 4, 4, 4]), [500; 10]);
    }
}

#[test]
fn the_others_of_makers_who_trade_alike_are_what_they_have_traded() {
    for makers in [0, 1, 2, 3, 8, 9, 100, 199, 200_u16] {
        let expected = u64::from(makers.saturating_sub(1)) * 21;
        assert_eq!(others((0..makers).map(|_| 21)), expected, "{makers} makers");
    }
    assert_eq!(others([5, 9]), 5, "of two the lower");
    assert_eq!((others([0, 7, 90]), others([90, 7, 0, 7])), (14, 21));
    assert_eq!(others(0..200), 199 * 99);
}

proptest! {
    /// Of any makers, fewer than half move the one in the middle nowhere but between two of the rest, in any order and
    /// with any lots. So who has traded half as much as the largest of the rest is above the floor, however many they
    /// are.
    #[test]
    fn fewer_than_half_of_the_makers_move_the_floor_only_between_the_rest(
        rest in prop::collection::vec(0_u32..1_000_000, 1..=100),
        firm in prop::collection::vec(prop_oneof![Just(0), Just(u32::MAX), any::<u32>()], 0..100),
    ) {
        let firm = firm.get(..rest.len() - 1).unwrap_or(&firm);
        let all = others(rest.iter().chain(firm).copied());
        prop_assert_eq!(all, others(firm.iter().chain(&rest).copied()));
        let by = (rest.len() + firm.len() - 1) as u64;
        let (least, most) = (*rest.iter().min().unwrap(), *rest.iter().max().unwrap());
        prop_assert!((by * u64::from(least)..=by * u64::from(most)).contains(&all));
        prop_assert_eq!(adjusted(7, most.div_ceil(2), all, &STEADY), 7);
    }

    /// Who splits scores and lots among seats weighs no more than one seat above the floor does, whatever the floor.
    #[test]
    fn parts_weigh_no_more_than_a_whole_above_the_floor(
        parts in prop::collection::vec((0_u64..1 << 50, 0_u32..10_000), 1..20), others in 0_u64..10_000_000,
        quarters in 0_u8..=4,
    ) {
        let rules = Parameters { volume_quarters: quarters, ..STEADY };
        let (score, lots) = parts.iter().fold((0, 0), |(score, lots), part| (score + part.0, lots + part.1));
        let whole = adjusted(score, lots, 0, &rules);
        let weighed: u64 = parts.iter().map(|(score, lots)| adjusted(*score, *lots, others, &rules)).sum();
        prop_assert!(weighed <= whole + 2 + (whole >> 32), "{weighed} {whole}");
    }
}

/// A known limit: six of eleven seats are more than half. What it takes are 600,000 US dollars of capital, six seats
/// that governance accepts, and 180 US dollars of fees; it wins 2,274 a week.
#[test]
fn a_firm_with_more_than_half_of_the_makers_pushes_the_rest_below_the_floor() {
    let quiet = rewards(&[4; 11]);
    let washed = rewards(&[200, 200, 200, 200, 200, 200, 4, 4, 4, 4, 4]);
    let firm = |rewards: &[u64]| rewards.iter().take(6).sum::<u64>();
    assert_eq!((fees(1_200), firm(&quiet), firm(&washed)), ([180, 45], 2_724, 4_998));
    assert_eq!(washed[6..], [0; 5]);
}

/// A known limit, the other way round: a firm with half of the seats trades nothing, and the floor is none. What that
/// saves it are the lots of the floor, three US dollars a seat: who trades them with a second account is above it.
#[test]
fn a_firm_with_half_of_the_makers_that_trades_nothing_ends_the_floor() {
    assert_eq!(rewards(&[0, 0, 0, 0, 900, 900, 900, 900, 900])[..4], [0; 4], "with four of nine it is below");
    assert_eq!(rewards(&[0, 0, 0, 0, 0, 900, 900, 900, 900, 900]), [500; 10]);
    let bought = 21; // 0.25 % of nine times 900
    assert_eq!(rewards(&[bought, bought, bought, bought, bought, 900, 900, 900, 900, 900]), [500; 10]);
    assert_eq!(fees(5 * bought), [15, 3]);
}
