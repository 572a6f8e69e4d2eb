//! The timelock: nothing shortens a delay, nothing outlives its window.

use super::*;
use proptest::prelude::*;

#[test]
fn an_action_waits_the_delay_of_its_class_to_the_second() {
    let mut ledger = sealed();
    let rules = [
        (1, Class::Tighten, DELAYS.tighten),
        (2, Class::Routine, DELAYS.routine),
        (3, Class::Loosen, DELAYS.loosen),
        (4, Class::Critical, DELAYS.critical),
    ];
    for (selector, class, delay) in rules {
        set_classes(&mut ledger, env(GOVERNANCE, START), CLEARING, &[[selector; 4]], class).unwrap();
        let id = ledger.queued(CLEARING, &[selector; 4], START);
        ledger.refuses(GovernanceError::NotReady, |ledger| {
            execute(ledger, env(STRANGER, START.later(delay - 1)), id, &[selector; 4])
        });
        let action = execute(&mut ledger, env(STRANGER, START.later(delay)), id, &[selector; 4]).unwrap();
        assert_eq!((action.target, action.state), (CLEARING, State::Executed));
    }
}

#[test]
fn what_the_table_does_not_know_waits_longest() {
    let mut ledger = sealed();
    let id = ledger.queued(CLEARING, CALL, START);
    assert_eq!(ledger.actions[&id].class, Class::Critical);
    assert_eq!(ledger.actions[&id].ready_at, START.later(DELAYS.critical));
}

#[test]
fn an_action_is_executed_once() {
    let mut ledger = sealed();
    let id = ledger.queued(CLEARING, CALL, START);
    let later = START.later(7 * DAY);
    execute(&mut ledger, env(STRANGER, later), id, CALL).unwrap();
    ledger.refuses(GovernanceError::WrongState, |ledger| execute(ledger, env(STRANGER, later), id, CALL));
    ledger.refuses(GovernanceError::WrongState, |ledger| ledger.approve_as(GOVERNOR, id, later));
    ledger.refuses(GovernanceError::WrongState, |ledger| cancel(ledger, env(GOVERNOR, later), id));
    ledger.refuses(GovernanceError::WrongState, |ledger| veto(ledger, env(GUARDIAN, later), id));
}

#[test]
fn a_changed_payload_is_refused() {
    let mut ledger = sealed();
    let id = ledger.queued(CLEARING, CALL, START);
    let later = START.later(7 * DAY);
    let mut changed = CALL.to_vec();
    changed[6] ^= 1;
    ledger.refuses(GovernanceError::PayloadChanged, |ledger| execute(ledger, env(STRANGER, later), id, &changed));
    ledger.refuses(GovernanceError::PayloadChanged, |ledger| execute(ledger, env(STRANGER, later), id, &CALL[..6]));
}

#[test]
fn an_expired_action_is_refused_and_a_waiting_one_can_be_withdrawn() {
    let mut ledger = sealed();
    let id = ledger.queued(CLEARING, CALL, START);
    let (last, over) = (START.later(60 * DAY), START.later(60 * DAY + 1));
    ledger.refuses(GovernanceError::Expired, |ledger| execute(ledger, env(STRANGER, over), id, CALL));
    execute(&mut ledger.clone(), env(STRANGER, last), id, CALL).unwrap();
    cancel(&mut ledger, env(GOVERNOR, START), id).unwrap();
    ledger.refuses(GovernanceError::WrongState, |ledger| execute(ledger, env(STRANGER, last), id, CALL));
}

#[test]
fn an_action_waits_for_the_beginning_of_its_window() {
    let mut ledger = sealed();
    let window = Window { not_before: START.later(20 * DAY), not_after: START.later(30 * DAY) };
    let id = propose(&mut ledger, env(GOVERNOR, START), CLEARING, CALL, window).unwrap();
    ledger.approve_as(GOVERNOR, id, START).unwrap();
    assert_eq!(ledger.actions[&id].ready_at, window.not_before);
}

#[test]
fn windows_that_cannot_be_met_are_refused() {
    let mut ledger = sealed();
    let bad = [
        Window { not_before: START.later(9 * DAY), not_after: START.later(8 * DAY) },
        Window { not_before: START, not_after: START.later(7 * DAY - 1) },
        Window { not_before: START, not_after: START.later(90 * DAY + 1) },
        Window { not_before: Seconds(0), not_after: Seconds(1) },
    ];
    for window in bad {
        ledger.refuses(GovernanceError::BadWindow, |ledger| {
            propose(ledger, env(GOVERNOR, START), CLEARING, CALL, window)
        });
    }
    // Approved too late for its delay.
    let id = ledger.proposed(CLEARING, CALL, START);
    ledger.refuses(GovernanceError::BadWindow, |ledger| ledger.approve_as(GOVERNOR, id, START.later(53 * DAY + 1)));
    ledger.approve_as(GOVERNOR, id, START.later(53 * DAY)).unwrap();
}

#[test]
fn calldata_are_bounded() {
    let mut ledger = sealed();
    for calldata in [&[][..], &[1, 2, 3][..], &[0; MAX_CALLDATA_BYTES + 1][..]] {
        ledger.refuses(GovernanceError::BadCalldata, |ledger| {
            propose(ledger, env(GOVERNOR, START), CLEARING, calldata, window(START))
        });
    }
    ledger.proposed(CLEARING, &[0; MAX_CALLDATA_BYTES], START);
    ledger.refuses(GovernanceError::ZeroAddress, |ledger| {
        propose(ledger, env(GOVERNOR, START), [0; 20], CALL, window(START))
    });
}

#[test]
fn genesis_has_no_delay_and_ends_once() {
    let mut ledger = young();
    let wiring = ledger.queued(CLEARING, CALL, START);
    let kept_back = ledger.queued(CLEARING, CALL, START);
    execute(&mut ledger, env(STRANGER, START), wiring, CALL).unwrap();
    seal(&mut ledger, env(DEPLOYER, START)).unwrap();
    ledger.refuses(GovernanceError::AlreadySealed, |ledger| seal(ledger, env(DEPLOYER, START)));
    // What was queued without delay cannot be kept for later.
    ledger.refuses(GovernanceError::QueuedBeforeSeal, |ledger| {
        execute(ledger, env(STRANGER, START.later(30 * DAY)), kept_back, CALL)
    });
    let id = ledger.queued(CLEARING, CALL, START);
    ledger.refuses(GovernanceError::NotReady, |ledger| execute(ledger, env(STRANGER, START), id, CALL));
}

#[test]
fn a_forgotten_seal_leaves_no_open_door() {
    let mut ledger = young();
    let before = START.later(GENESIS_SECONDS - 1);
    let after = START.later(GENESIS_SECONDS);
    let kept_back = ledger.queued(CLEARING, CALL, before);
    ledger.refuses(GovernanceError::QueuedBeforeSeal, |ledger| execute(ledger, env(STRANGER, after), kept_back, CALL));
    let id = ledger.queued(CLEARING, CALL, after);
    assert_eq!(ledger.actions[&id].ready_at, after.later(DELAYS.critical));
    ledger.refuses(GovernanceError::AlreadySealed, |ledger| seal(ledger, env(DEPLOYER, after)));
}

#[test]
fn delays_have_hard_bounds_and_cannot_cross() {
    let mut ledger = sealed();
    let bad = [
        Delays { tighten: Delays::MIN.tighten - 1, ..DELAYS },
        Delays { routine: Delays::MIN.routine - 1, ..DELAYS },
        Delays { loosen: Delays::MIN.loosen - 1, ..DELAYS },
        Delays { critical: Delays::MIN.critical - 1, ..DELAYS },
        Delays { critical: 30 * DAY + 1, ..DELAYS },
        Delays { tighten: 2 * DAY, ..DELAYS },
        Delays { routine: 4 * DAY, ..DELAYS },
        Delays { loosen: 8 * DAY, ..DELAYS },
        Delays { tighten: 0, routine: 0, loosen: 0, critical: 0 },
        Delays { tighten: u32::MAX, routine: u32::MAX, loosen: u32::MAX, critical: u32::MAX },
    ];
    for delays in bad {
        ledger.refuses(GovernanceError::BadDelays, |ledger| set_delays(ledger, env(GOVERNANCE, START), delays));
        Ledger::default().refuses(GovernanceError::BadDelays, |ledger| {
            found(ledger, env(DEPLOYER, START), GOVERNOR, GUARDIAN, delays)
        });
    }
    set_delays(&mut ledger, env(GOVERNANCE, START), Delays::MIN).unwrap();
}

#[test]
fn neighbouring_classes_may_wait_equally_long() {
    let mut ledger = sealed();
    let equal = [
        Delays { tighten: DELAYS.routine, ..DELAYS },
        Delays { routine: DELAYS.loosen, ..DELAYS },
        Delays { loosen: DELAYS.critical, ..DELAYS },
    ];
    for delays in equal {
        set_delays(&mut ledger, env(GOVERNANCE, START), delays).unwrap();
        assert_eq!(ledger.charter.unwrap().delays, delays);
    }
}

#[test]
fn a_shorter_delay_does_not_help_what_is_queued_already() {
    let mut ledger = sealed();
    let id = ledger.queued(CLEARING, CALL, START);
    set_delays(&mut ledger, env(GOVERNANCE, START), Delays::MIN).unwrap();
    ledger.refuses(GovernanceError::NotReady, |ledger| {
        execute(ledger, env(STRANGER, START.later(7 * DAY - 1)), id, CALL)
    });
}

proptest! {
    /// Whatever is proposed, approved and tried in whatever order: between an action's last approval and its execution
    /// lies at least the smallest delay its class ever has, and no action is executed twice.
    #[test]
    fn no_sequence_compresses_a_delay(steps in prop::collection::vec((0_u8..5, 0_u32..6, 0_u32..3 * DAY), 1..80)) {
        let mut ledger = sealed();
        for (selector, class) in [(1, Class::Tighten), (2, Class::Routine), (3, Class::Loosen)] {
            set_classes(&mut ledger, env(GOVERNANCE, START), CLEARING, &[[selector; 4]], class).unwrap();
        }
        let mut now = START;
        let mut queued_at = BTreeMap::new();
        let mut executed = BTreeMap::new();
        for (what, id, wait) in steps {
            let calldata = |id: u32| [u8::try_from(id % 4 + 1).unwrap(); 8];
            match what {
                0 => {
                    let id = ledger.charter.unwrap().next_id;
                    ledger.proposed(CLEARING, &calldata(id), now);
                }
                1 if ledger.actions.contains_key(&id) && ledger.approve_as(GOVERNOR, id, now).is_ok() => {
                    queued_at.insert(id, now);
                }
                2 => now = now.later(wait),
                3 if execute(&mut ledger, env(STRANGER, now), id, &calldata(id)).is_ok() => {
                    prop_assert!(executed.insert(id, now).is_none());
                }
                4 => {
                    let delays = if wait % 2 == 0 { Delays::MIN } else { DELAYS };
                    set_delays(&mut ledger, env(GOVERNANCE, now), delays).unwrap();
                }
                _ => {}
            }
        }
        for (id, time) in executed {
            prop_assert!(time.since(queued_at[&id]) >= Delays::MIN.of(ledger.actions[&id].class));
        }
    }
}
