//! Every stored type comes back from its cell, and fits the length it claims.

use super::*;
use sit_engine::codec::Cell;

fn comes_back<T: Cell + PartialEq + core::fmt::Debug>(value: T) {
    let cell = value.to_cell();
    assert_eq!(T::from_cell(cell.as_bytes()), value);
    assert!(cell.as_bytes().len() <= T::MAX_BYTES);
}

#[test]
fn stored_types_come_back_from_their_cells() {
    let mut ledger = sealed();
    let id = ledger.queued(CLEARING, CALL, START);
    let mut charter = ledger.charter.unwrap();
    charter.governor_nominee = STRANGER;
    charter.guardian_nominee = CLEARING;
    comes_back(charter);
    comes_back(ledger.actions[&id]);
    comes_back(Council::new(7, &members(9), 5).unwrap());
    comes_back(Council::new(7, &members(1), 1).unwrap());
    for class in [Class::Routine, Class::Tighten, Class::Loosen, Class::Critical] {
        comes_back(class);
    }
    comes_back(Version { target: CLEARING, previous: STRANGER, version: 3, since: START });
    comes_back(MarginRules::INITIAL);
    let profile = margins::set().profile();
    comes_back(AcceptedMargin { sequence: 4, accepted_at: START, certificate_hash: [7; 32], profile });
    comes_back(PendingMargin { product: 2, base: 3, certificate_hash: [8; 32], profile });
}

#[test]
fn the_largest_council_and_the_charter_fill_the_length_they_claim() {
    assert_eq!(Council::new(1, &members(9), 9).unwrap().to_cell().as_bytes().len(), Council::MAX_BYTES);
    assert_eq!(sealed().charter.unwrap().to_cell().as_bytes().len(), Charter::MAX_BYTES);
}

#[test]
fn an_unknown_class_byte_reads_as_the_one_that_waits_longest() {
    assert_eq!(Class::from_cell(&[77]), Class::Critical);
}
