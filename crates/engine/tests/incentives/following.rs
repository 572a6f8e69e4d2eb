//! The programme goes on with the next version of the clearing house, and nobody loses what was earned.

use super::*;

const NEXT: Address = [11; 20];

#[test]
fn what_was_earned_is_claimed_after_the_clearing_house_has_moved() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_000_000, START);
    ledger.scores.insert((7, FIRST), (1_000_000, FULL));
    ledger.closed(FIRST);
    let before = ledger.programme.unwrap();
    let due = ledger.makers[&7].due(end_of(FIRST));
    assert!(due > 0 && before.owed > due);
    // Registered, but not connected to the programme: nobody follows yet.
    ledger.refuses(IncentivesError::NothingToFollow, follow);
    ledger.in_force = Some(CLEARING);
    ledger.refuses(IncentivesError::NothingToFollow, follow);
    ledger.in_force = Some(NEXT);
    follow(&mut ledger).unwrap();
    let after = ledger.programme.unwrap();
    assert_eq!(after, Programme { clearing: NEXT, ..before }, "nothing but the house has changed");
    assert_eq!(ledger.events.last(), Some(&Event::Connected { clearing: NEXT }));
    ledger.refuses(IncentivesError::NothingToFollow, follow);
    assert_eq!(claim(&mut ledger, env(owner(7), end_of(FIRST)), 7), Ok(due));
}

#[test]
fn before_it_is_connected_the_programme_follows_nobody() {
    let mut ledger = Ledger::default();
    found(&mut ledger, GOVERNANCE).unwrap();
    ledger.in_force = Some(NEXT);
    ledger.refuses(IncentivesError::NotConnected, follow);
}
