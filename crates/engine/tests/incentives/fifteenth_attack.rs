//! A fifteenth attack: on a closing that is begun in time and ended late.

use super::*;

/// A week that is closed more than a week late pays nobody, since clearing has it no more of those who have quoted
/// since. Whether it is late was asked when the budget is fixed, with the first message: a maker who began the closing
/// by reading themselves alone, a second before that, and went on a second later, had 500,000 of a budget of a million,
/// and four others like them nothing. It is asked with each message that reads.
#[test]
fn a_closing_that_is_begun_in_time_and_ended_late_pays_nobody() {
    let mut ledger = connected();
    for seat in 7..12 {
        ledger.designated(seat, START);
        ledger.scores.insert((seat, FIRST), (1_000_000, FULL));
    }
    ledger.budget(1_000_000, START);
    let late = end_of(FIRST + 1);
    let begun = close_epoch(&mut ledger, env(STRANGER, Seconds(late.0 - 1)), FIRST, 1).unwrap();
    assert!(!begun.closed);
    // Everybody quotes in the new week.
    ledger.scores.clear();
    while !close_epoch(&mut ledger, env(STRANGER, late), FIRST, MAX_VISITS).unwrap().closed {}
    let coming: Vec<u64> =
        (7..12).map(|seat| ledger.makers[&seat].due(late) + ledger.makers[&seat].vesting(late)).collect();
    assert_eq!(coming, [0; 5]);
}
