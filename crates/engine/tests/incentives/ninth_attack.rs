//! A ninth attack: on the floor by the median maker, and on the hour that a maker has.

use super::*;

/// Twenty makers; the closing is cut in any way, finds volumes of an earlier one in the cell, and is interrupted by a
/// seat that is given notice, one that is accepted and, after it was read, one that is accepted anew.
#[test]
fn the_floor_does_not_depend_on_how_the_closing_is_cut_nor_on_who_comes_meanwhile() {
    let rewards = |visits: usize, comes: bool, pollutes: bool| {
        let mut ledger = connected();
        ledger.budget(5_000_000_000, START);
        for seat in 0..20 {
            ledger.designated(seat, START);
            ledger.scores.insert((seat, FIRST), (44_668_800_000, FULL));
            ledger.volumes.insert((seat, FIRST), if seat < 3 { 0 } else { 100 + 977 * seat % 1_301 });
        }
        if pollutes {
            (0..150).for_each(|_| ledger.read.add(7));
        }
        let now = end_of(FIRST);
        for turn in 0..1_000 {
            if comes && turn == 1 {
                // before the end of the first pass, where it takes more than one message
                ledger.designated(30, now);
                exit(&mut ledger, env(owner(5), now), 5).unwrap();
            }
            let step = close_epoch(&mut ledger, env(STRANGER, now), FIRST, visits).unwrap();
            ledger.check_accounts(now);
            if step.closed {
                break;
            }
        }
        let others = ledger.epochs[&FIRST].others;
        let earned = (0..20).map(|seat| &ledger.makers[&seat]).map(|maker| maker.due(now) + maker.vesting(now));
        (others, earned.collect::<Vec<u64>>())
    };
    let usual = rewards(8, false, false);
    for visits in 1..=8 {
        for (comes, pollutes) in [(false, false), (true, false), (false, true), (true, true)] {
            assert_eq!(rewards(visits, comes, pollutes), usual, "{visits} {comes} {pollutes}");
        }
    }
}

/// A warning, the capital back within minutes, and one block in which it is missing three hours later: it is a first
/// one again, from the earliest that a print which had to be confirmed can come after one that had not.
#[test]
fn who_has_cured_a_warning_has_an_hour_again() {
    let mut ledger = connected();
    ledger.designated(7, START);
    // As the books open at two: before, nobody is looked at.
    let two = START.later(14 * 3_600 + 120);
    ledger.collateral.insert(7, CAPITAL - 1);
    suspend(&mut ledger, env(STRANGER, two), 7).unwrap();
    ledger.collateral.insert(7, CAPITAL); // two minutes later the winner is paid
    ledger.refuses(IncentivesError::CapitalSuffices, |ledger| suspend(ledger, env(STRANGER, two.later(120)), 7));
    ledger.collateral.insert(7, CAPITAL - 1); // a second settlement, of a day that was confirmed
    for hours in 3..6 {
        let mut ledger = ledger.clone();
        let _ = suspend(&mut ledger, env(STRANGER, two.later(hours * 3_600)), 7);
        assert_eq!(ledger.makers[&7].status, Status::Designated, "suspended in the block in which it was short again");
    }
}
