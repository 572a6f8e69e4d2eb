//! Each role has one privilege: every privileged message is refused to everybody else.

use super::*;

const EVERYBODY: [Address; 6] = [DEPLOYER, GOVERNOR, GUARDIAN, STRANGER, GOVERNANCE, CLEARING];

type Message = fn(&mut Ledger, Env) -> Result<(), GovernanceError>;

/// Each privileged message, who may send it, and the refusal of the others.
const MATRIX: [(&str, Message, Address, GovernanceError); 14] = [
    ("seal", seal, DEPLOYER, GovernanceError::NotAuthorised),
    (
        "propose",
        |ledger, env| propose(ledger, env, CLEARING, CALL, window(env.now)).map(drop),
        GOVERNOR,
        GovernanceError::NotAuthorised,
    ),
    (
        "propose_margin_set",
        |ledger, env| {
            let set = margins::set();
            let certificate = margins::certificate(&set);
            propose_margin_set(ledger, env, CLEARING, &set, &certificate, window(env.now)).map(drop)
        },
        GOVERNOR,
        GovernanceError::NotAuthorised,
    ),
    ("cancel", |ledger, env| cancel(ledger, env, 0), GOVERNOR, GovernanceError::NotAuthorised),
    ("veto", |ledger, env| veto(ledger, env, 0), GUARDIAN, GovernanceError::NotAuthorised),
    ("tighten", |ledger, env| tighten(ledger, env, CLEARING, &[1, 1, 1, 1]), GUARDIAN, GovernanceError::NotAuthorised),
    (
        "approve",
        |ledger, env| {
            let payload = ledger.actions[&0].payload_hash;
            approve(ledger, env, 0, payload, 1).map(drop)
        },
        // The council's only member at first.
        GOVERNOR,
        GovernanceError::NotAuthorised,
    ),
    (
        "nominate",
        |ledger, env| nominate(ledger, env, Role::Governor, STRANGER),
        GOVERNANCE,
        GovernanceError::NotAuthorised,
    ),
    ("accept_role", |ledger, env| accept_role(ledger, env, Role::Guardian), CLEARING, GovernanceError::NotAuthorised),
    ("set_council", |ledger, env| set_council(ledger, env, &[STRANGER], 1), GOVERNANCE, GovernanceError::NotAuthorised),
    ("set_delays", |ledger, env| set_delays(ledger, env, DELAYS), GOVERNANCE, GovernanceError::NotAuthorised),
    (
        "set_classes",
        |ledger, env| set_classes(ledger, env, CLEARING, &[[5; 4]], Class::Routine),
        GOVERNANCE,
        GovernanceError::NotAuthorised,
    ),
    (
        "set_margin_rules",
        |ledger, env| set_margin_rules(ledger, env, MarginRules::INITIAL),
        GOVERNANCE,
        GovernanceError::NotAuthorised,
    ),
    ("register", |ledger, env| register(ledger, env, [6; 32], CLEARING), GOVERNANCE, GovernanceError::NotAuthorised),
];

#[test]
fn every_privileged_message_has_one_role_and_refuses_all_others() {
    let mut ledger = young();
    ledger.proposed(CLEARING, CALL, START);
    set_classes(&mut ledger, env(GOVERNANCE, START), CLEARING, &[[1; 4]], Class::Tighten).unwrap();
    nominate(&mut ledger, env(GOVERNANCE, START), Role::Guardian, CLEARING).unwrap();
    for (name, message, role, error) in MATRIX {
        for caller in EVERYBODY {
            let mut ledger = ledger.clone();
            if caller == role {
                message(&mut ledger, env(caller, START)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            } else {
                ledger.refuses(error, |ledger| message(ledger, env(caller, START)));
            }
        }
    }
}

#[test]
fn a_role_changes_hands_only_when_the_successor_accepts() {
    let mut ledger = sealed();
    nominate(&mut ledger, env(GOVERNANCE, START), Role::Governor, STRANGER).unwrap();
    assert_eq!(ledger.charter.unwrap().governor, GOVERNOR);
    accept_role(&mut ledger, env(STRANGER, START), Role::Governor).unwrap();
    assert_eq!(ledger.charter.unwrap().governor, STRANGER);
    ledger.refuses(GovernanceError::NotAuthorised, |ledger| {
        propose(ledger, env(GOVERNOR, START), CLEARING, CALL, window(START))
    });
    // The nomination is used up.
    ledger.refuses(GovernanceError::NotAuthorised, |ledger| accept_role(ledger, env(STRANGER, START), Role::Governor));
    // Nobody can accept a role without a nomination, not even the zero address.
    ledger.refuses(GovernanceError::NotAuthorised, |ledger| accept_role(ledger, env([0; 20], START), Role::Guardian));
}

#[test]
fn nobody_is_governor_and_guardian_at_once() {
    let mut ledger = Ledger::default();
    ledger.refuses(GovernanceError::RolesMustDiffer, |ledger| {
        found(ledger, env(DEPLOYER, START), GOVERNOR, GOVERNOR, DELAYS)
    });
    let mut ledger = sealed();
    nominate(&mut ledger, env(GOVERNANCE, START), Role::Governor, GUARDIAN).unwrap();
    ledger
        .refuses(GovernanceError::RolesMustDiffer, |ledger| accept_role(ledger, env(GUARDIAN, START), Role::Governor));
}

#[test]
fn the_guardian_sends_at_once_only_what_is_registered_as_tightening() {
    let mut ledger = sealed();
    for (selector, class) in [(1, Class::Tighten), (2, Class::Routine), (3, Class::Loosen)] {
        set_classes(&mut ledger, env(GOVERNANCE, START), CLEARING, &[[selector; 4]], class).unwrap();
    }
    tighten(&mut ledger, env(GUARDIAN, START), CLEARING, &[1; 36]).unwrap();
    for calldata in [[2; 36], [3; 36], [4; 36]] {
        ledger.refuses(GovernanceError::NotTightening, |ledger| {
            tighten(ledger, env(GUARDIAN, START), CLEARING, &calldata)
        });
    }
    // The same message of another contract is not registered.
    ledger.refuses(GovernanceError::NotTightening, |ledger| tighten(ledger, env(GUARDIAN, START), STRANGER, &[1; 36]));
}

#[test]
fn the_guardian_can_veto_all_but_his_own_replacement() {
    let mut ledger = sealed();
    let stopped = ledger.queued(CLEARING, CALL, START);
    veto(&mut ledger, env(GUARDIAN, START), stopped).unwrap();
    let later = START.later(7 * DAY);
    ledger.refuses(GovernanceError::WrongState, |ledger| execute(ledger, env(STRANGER, later), stopped, CALL));

    let replacement = ledger.queued(GOVERNANCE, &NOMINATE_GUARDIAN, START);
    ledger.refuses(GovernanceError::NotVetoable, |ledger| veto(ledger, env(GUARDIAN, START), replacement));
    // A message of the same name on another contract is no replacement.
    let other = ledger.queued(CLEARING, &NOMINATE_GUARDIAN, START);
    veto(&mut ledger, env(GUARDIAN, START), other).unwrap();
}

#[test]
fn messages_of_governance_stay_critical() {
    let mut ledger = sealed();
    ledger.refuses(GovernanceError::OwnMessagesAreCritical, |ledger| {
        set_classes(ledger, env(GOVERNANCE, START), GOVERNANCE, &[[1; 4]], Class::Tighten)
    });
    let id = ledger.queued(GOVERNANCE, &[1; 4], START);
    assert_eq!(ledger.actions[&id].class, Class::Critical);
}

#[test]
fn versions_of_a_name_are_counted_and_remember_the_one_before() {
    let mut ledger = sealed();
    register(&mut ledger, env(GOVERNANCE, START), [6; 32], CLEARING).unwrap();
    register(&mut ledger, env(GOVERNANCE, START.later(1)), [6; 32], STRANGER).unwrap();
    let expected = Version { target: STRANGER, previous: CLEARING, version: 2, since: START.later(1) };
    assert_eq!(ledger.version([6; 32]), Some(expected));
    assert_eq!(ledger.version([7; 32]), None);
}

#[test]
fn lists_of_selectors_are_bounded() {
    let mut ledger = sealed();
    for selectors in [&[][..], &[[1; 4]; MAX_SELECTORS + 1][..]] {
        ledger.refuses(GovernanceError::BadLength, |ledger| {
            set_classes(ledger, env(GOVERNANCE, START), CLEARING, selectors, Class::Routine)
        });
    }
    set_classes(&mut ledger, env(GOVERNANCE, START), CLEARING, &[[1; 4]; MAX_SELECTORS], Class::Routine).unwrap();
}

#[test]
fn a_nomination_ends_and_can_be_taken_back() {
    for role in [Role::Governor, Role::Guardian] {
        let mut ledger = sealed();
        let nominated =
            |ledger: &mut Ledger, nominee, now| nominate(ledger, env(GOVERNANCE, now), role, nominee).unwrap();
        nominated(&mut ledger, STRANGER, START);
        let late = START.later(NOMINATION_SECONDS);
        ledger.refuses(GovernanceError::Expired, |ledger| accept_role(ledger, env(STRANGER, late), role));
        nominated(&mut ledger, STRANGER, late);
        nominated(&mut ledger, [0; 20], late);
        for caller in [STRANGER, [0; 20]] {
            ledger.refuses(GovernanceError::NotAuthorised, |ledger| accept_role(ledger, env(caller, late), role));
        }
        nominated(&mut ledger, STRANGER, late);
        let last = Seconds(late.0 + NOMINATION_SECONDS - 1);
        assert_eq!(accept_role(&mut ledger, env(STRANGER, last), role), Ok(()));
    }
}

/// Between its deployment and its founding governance has no governor, no guardian and no council: nobody is anything
/// in it.
#[test]
fn before_it_is_founded_nobody_proposes_approves_vetoes_tightens_or_seals() {
    fn refused(ledger: &mut Ledger, sender: Address, message: Message) {
        ledger.refuses(GovernanceError::NotFounded, |ledger| message(ledger, env(sender, START)));
    }
    let mut ledger = Ledger::default();
    for sender in EVERYBODY {
        refused(&mut ledger, sender, seal);
        refused(&mut ledger, sender, |ledger, env| propose(ledger, env, CLEARING, CALL, window(env.now)).map(drop));
        refused(&mut ledger, sender, |ledger, env| approve(ledger, env, 0, [0; 32], 1).map(drop));
        refused(&mut ledger, sender, |ledger, env| veto(ledger, env, 0));
        refused(&mut ledger, sender, |ledger, env| cancel(ledger, env, 0));
        refused(&mut ledger, sender, |ledger, env| tighten(ledger, env, CLEARING, &[1, 1, 1, 1]));
        refused(&mut ledger, sender, |ledger, env| accept_role(ledger, env, Role::Governor));
        let nothing = execute(&mut ledger, env(sender, START), 0, CALL);
        assert_eq!(nothing.err(), Some(GovernanceError::UnknownAction));
    }
    assert_eq!(ledger, Ledger::default());
}

/// Nobody holds the key of the zero address: whatever is given to it is lost for good.
#[test]
fn nothing_is_given_to_the_zero_address() {
    let zero = [0; 20];
    for (governor, guardian) in [(zero, GUARDIAN), (GOVERNOR, zero), (zero, zero)] {
        let mut ledger = Ledger::default();
        ledger.refuses(GovernanceError::ZeroAddress, |ledger| {
            found(ledger, env(DEPLOYER, START), governor, guardian, DELAYS)
        });
    }
    let mut ledger = young();
    let itself = env(GOVERNANCE, START);
    ledger.refuses(GovernanceError::ZeroAddress, |ledger| {
        register(ledger, itself, sit_engine::governance::CLEARING, zero)
    });
    ledger.refuses(GovernanceError::ZeroAddress, |ledger| set_classes(ledger, itself, zero, &[[5; 4]], Class::Routine));
}
