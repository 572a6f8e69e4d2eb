//! Approvals are bound to payload, council and window: none can be stockpiled, replayed or moved.

use super::*;

/// A sealed governance with a council of three of five.
fn three_of_five() -> Ledger {
    let mut ledger = sealed();
    set_council(&mut ledger, env(GOVERNANCE, START), &members(5), 3).unwrap();
    ledger
}

#[test]
fn the_last_approval_needed_starts_the_delay() {
    let mut ledger = three_of_five();
    let id = ledger.proposed(CLEARING, CALL, START);
    let council = members(5);
    assert!(!ledger.approve_as(council[4], id, START).unwrap());
    assert!(!ledger.approve_as(council[1], id, START.later(5)).unwrap());
    ledger
        .refuses(GovernanceError::WrongState, |ledger| execute(ledger, env(STRANGER, START.later(20 * DAY)), id, CALL));
    assert!(ledger.approve_as(council[2], id, START.later(9)).unwrap());
    assert_eq!(ledger.actions[&id].ready_at, START.later(9 + DELAYS.critical));
    ledger.refuses(GovernanceError::WrongState, |ledger| ledger.approve_as(council[0], id, START.later(10)));
}

#[test]
fn one_member_counts_once() {
    let mut ledger = three_of_five();
    let id = ledger.proposed(CLEARING, CALL, START);
    let member = members(5)[0];
    ledger.approve_as(member, id, START).unwrap();
    ledger.refuses(GovernanceError::AlreadyApproved, |ledger| ledger.approve_as(member, id, START));
}

#[test]
fn an_approval_counts_only_for_its_payload() {
    let mut ledger = three_of_five();
    let first = ledger.proposed(CLEARING, CALL, START);
    let second = ledger.proposed(CLEARING, CALL, START);
    // The same call proposed twice is two payloads: the number is part of them.
    let (one, other) = (ledger.actions[&first].payload_hash, ledger.actions[&second].payload_hash);
    assert_ne!(one, other);
    let member = members(5)[0];
    ledger.refuses(GovernanceError::PayloadChanged, |ledger| approve(ledger, env(member, START), second, one, 2));
    ledger.refuses(GovernanceError::UnknownAction, |ledger| approve(ledger, env(member, START), 99, one, 2));
}

#[test]
fn the_payload_binds_contract_number_target_window_and_calldata() {
    let window = window(START);
    let base = payload_preimage(GOVERNANCE, 1, CLEARING, window, [5; 32]);
    let others = [
        payload_preimage(STRANGER, 1, CLEARING, window, [5; 32]),
        payload_preimage(GOVERNANCE, 2, CLEARING, window, [5; 32]),
        payload_preimage(GOVERNANCE, 1, STRANGER, window, [5; 32]),
        payload_preimage(GOVERNANCE, 1, CLEARING, Window { not_before: Seconds(1), ..window }, [5; 32]),
        payload_preimage(GOVERNANCE, 1, CLEARING, Window { not_after: Seconds(1), ..window }, [5; 32]),
        payload_preimage(GOVERNANCE, 1, CLEARING, window, [6; 32]),
    ];
    assert!(others.iter().all(|other| *other != base));
    assert_eq!(base[..20], GOVERNANCE);
    assert_eq!(base[20..24], [0, 0, 0, 1]);
    assert_eq!(base[52..], [5; 32]);
}

#[test]
fn an_approval_of_an_expired_action_is_refused() {
    let mut ledger = three_of_five();
    let id = ledger.proposed(CLEARING, CALL, START);
    let over = START.later(60 * DAY + 1);
    ledger.refuses(GovernanceError::Expired, |ledger| ledger.approve_as(members(5)[0], id, over));
}

#[test]
fn a_new_council_starts_from_nothing() {
    let mut ledger = three_of_five();
    let (waiting, queued) = (ledger.proposed(CLEARING, CALL, START), ledger.proposed(CLEARING, CALL, START));
    let council = members(5);
    for member in &council[..2] {
        ledger.approve_as(*member, waiting, START).unwrap();
    }
    for member in &council[..3] {
        ledger.approve_as(*member, queued, START).unwrap();
    }
    // The same people in a new council: their old approvals belong to another council.
    set_council(&mut ledger, env(GOVERNANCE, START), &council, 3).unwrap();
    let payload = ledger.actions[&waiting].payload_hash;
    ledger.refuses(GovernanceError::WrongCouncilEpoch, |ledger| {
        approve(ledger, env(council[2], START), waiting, payload, 2)
    });
    assert!(!ledger.approve_as(council[2], waiting, START).unwrap(), "two old approvals counted");
    let later = START.later(7 * DAY);
    ledger.refuses(GovernanceError::WrongCouncilEpoch, |ledger| execute(ledger, env(STRANGER, later), queued, CALL));
}

#[test]
fn only_the_seated_council_approves() {
    let mut ledger = three_of_five();
    let id = ledger.proposed(CLEARING, CALL, START);
    for caller in [GOVERNOR, GUARDIAN, DEPLOYER, GOVERNANCE, [0; 20], members(6)[5]] {
        ledger.refuses(GovernanceError::NotAuthorised, |ledger| ledger.approve_as(caller, id, START));
    }
}

#[test]
fn councils_are_validated() {
    let mut ledger = sealed();
    let twice = [members(1)[0], members(1)[0]];
    let bad: [(&[Address], u8); 6] =
        [(&[], 0), (&members(3), 0), (&members(3), 4), (&members(10), 5), (&twice, 1), (&[[0; 20]], 1)];
    for (members, threshold) in bad {
        ledger.refuses(GovernanceError::BadCouncil, |ledger| {
            set_council(ledger, env(GOVERNANCE, START), members, threshold)
        });
    }
    set_council(&mut ledger, env(GOVERNANCE, START), &members(9), 9).unwrap();
    assert_eq!(ledger.council.unwrap().epoch, 2);
    assert_eq!(ledger.council.unwrap().members(), members(9));
}

#[test]
fn a_class_that_has_become_graver_since_the_proposal_counts_when_the_delay_begins() {
    let mut ledger = sealed();
    let classify = |ledger: &mut Ledger, class| {
        set_classes(ledger, env(GOVERNANCE, START), CLEARING, &[[0xAA, 0xBB, 0xCC, 0xDD]], class).unwrap();
    };
    classify(&mut ledger, Class::Routine);
    let (stockpiled, milder) = (ledger.proposed(CLEARING, CALL, START), ledger.proposed(CLEARING, CALL, START));
    let queued = ledger.queued(CLEARING, CALL, START);
    classify(&mut ledger, Class::Critical);
    ledger.approve_as(GOVERNOR, stockpiled, START).unwrap();
    let action = ledger.actions[&stockpiled];
    assert_eq!((action.class, action.ready_at), (Class::Critical, START.later(DELAYS.critical)));
    assert_eq!(ledger.actions[&queued].ready_at, START.later(DELAYS.routine), "what was queued keeps its delay");
    // A milder class in the table does not speed up an action that was proposed under a graver one.
    let graver = ledger.proposed(CLEARING, CALL, START);
    classify(&mut ledger, Class::Routine);
    for (id, class) in [(graver, Class::Critical), (milder, Class::Routine)] {
        ledger.approve_as(GOVERNOR, id, START).unwrap();
        assert_eq!(ledger.actions[&id].class, class);
    }
}
