//! Designation: who becomes a maker, and how they cease to be one.

use super::*;

#[test]
fn a_maker_applies_and_governance_accepts() {
    let mut ledger = connected();
    ledger.applied(7, START);
    ledger.refuses(IncentivesError::AlreadyApplied, |ledger| apply(ledger, env(owner(7), START), 7));
    accept(&mut ledger, env(GOVERNANCE, START), 7).unwrap();
    assert_eq!(ledger.makers[&7].status, Status::Designated);
    // Double designation, in either order.
    ledger.refuses(IncentivesError::AlreadyApplied, |ledger| apply(ledger, env(owner(7), START), 7));
    ledger.refuses(IncentivesError::NotApplied, |ledger| accept(ledger, env(GOVERNANCE, START), 7));
}

#[test]
fn only_the_owner_of_a_seat_with_capital_applies() {
    let mut ledger = connected();
    ledger.refuses(IncentivesError::ClearingFailed, |ledger| apply(ledger, env(owner(7), START), 7));
    ledger.owners.insert(7, owner(7));
    ledger.collateral.insert(7, CAPITAL - 1);
    ledger.refuses(IncentivesError::NotAuthorised, |ledger| apply(ledger, env(STRANGER, START), 7));
    ledger.refuses(IncentivesError::CapitalTooLow, |ledger| apply(ledger, env(owner(7), START), 7));
}

#[test]
fn capital_withdrawn_after_the_application_is_noticed() {
    let mut ledger = connected();
    ledger.applied(7, START);
    ledger.collateral.insert(7, CAPITAL - 1);
    ledger.refuses(IncentivesError::CapitalTooLow, |ledger| accept(ledger, env(GOVERNANCE, START), 7));
}

type Message = fn(&mut Ledger, Env) -> Result<(), IncentivesError>;

#[test]
fn every_message_of_governance_is_refused_to_all_others() {
    let messages: [(&str, Message); 5] = [
        ("set_parameters", |ledger, env| set_parameters(ledger, env, STEADY)),
        ("set_budget", |ledger, env| set_budget(ledger, env, 1)),
        ("accept", |ledger, env| accept(ledger, env, 7)),
        ("dismiss", |ledger, env| dismiss(ledger, env, 7).map(drop)),
        ("connect", |ledger, env| connect(ledger, env, CLEARING)),
    ];
    for (name, message) in messages {
        let mut ledger = connected();
        ledger.applied(7, START);
        if name == "connect" {
            ledger.programme.as_mut().unwrap().clearing = [0; 20];
        }
        for caller in [STRANGER, CLEARING, owner(7)] {
            ledger.refuses(IncentivesError::NotAuthorised, |ledger| message(ledger, env(caller, START)));
        }
        message(&mut ledger, env(GOVERNANCE, START)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}

#[test]
fn clearing_is_named_once() {
    let mut ledger = connected();
    ledger.refuses(IncentivesError::AlreadyConnected, |ledger| connect(ledger, env(GOVERNANCE, START), STRANGER));
    let mut ledger = Ledger::default();
    ledger.refuses(IncentivesError::ZeroAddress, |ledger| found(ledger, [0; 20]));
    found(&mut ledger, GOVERNANCE).unwrap();
    ledger.refuses(IncentivesError::ZeroAddress, |ledger| connect(ledger, env(GOVERNANCE, START), [0; 20]));
    ledger.refuses(IncentivesError::NotConnected, |ledger| apply(ledger, env(owner(7), START), 7));
}

#[test]
fn parameters_have_hard_bounds() {
    let mut ledger = connected();
    let base = Parameters::INITIAL;
    let bad = [
        Parameters { capital: 0, ..base },
        Parameters { capital: u64::MAX, ..base },
        Parameters { uptime_floor_bps: 4_999, ..base },
        Parameters { uptime_floor_bps: 10_001, ..base },
        Parameters { maker_cap_bps: 99, ..base },
        Parameters { maker_cap_bps: 10_001, ..base },
        Parameters { uptime_power: 6, ..base },
        Parameters { volume_quarters: 5, ..base },
        Parameters { volume_hours: 169, ..base },
        Parameters { volume_floor_bps: 1_001, ..base },
        Parameters { target_depth: 1_000_000_001, ..base },
        Parameters { budget_step_bps: 2_501, ..base },
        Parameters { least_budget: base.most_budget + 1, ..base },
        Parameters { most_budget: MAX_BUDGET + 1, ..base },
        Parameters { notice_seconds: DAY - 1, ..base },
        Parameters { notice_seconds: 8 * WEEK + 1, ..base },
        Parameters { strikes: 0, ..base },
        Parameters { strikes: 13, ..base },
    ];
    for parameters in bad {
        ledger.refuses(IncentivesError::BadParameters, |ledger| {
            set_parameters(ledger, env(GOVERNANCE, START), parameters)
        });
    }
    for good in [base, Parameters::PAPER] {
        set_parameters(&mut ledger, env(GOVERNANCE, START), good).unwrap();
    }
}

#[test]
fn the_paper_s_preset_asks_fifty_million_dollars() {
    let mut ledger = connected();
    set_parameters(&mut ledger, env(GOVERNANCE, START), Parameters::PAPER).unwrap();
    ledger.owners.insert(7, owner(7));
    ledger.collateral.insert(7, 49_999_999_999_999);
    ledger.refuses(IncentivesError::CapitalTooLow, |ledger| apply(ledger, env(owner(7), START), 7));
    ledger.collateral.insert(7, 50_000_000_000_000);
    apply(&mut ledger, env(owner(7), START), 7).unwrap();
}

#[test]
fn rules_do_not_change_under_a_week_that_is_over() {
    let mut ledger = connected();
    let after = end_of(FIRST);
    ledger.refuses(IncentivesError::CloseFirst, |ledger| set_budget(ledger, env(GOVERNANCE, after), 1));
    ledger.refuses(IncentivesError::CloseFirst, |ledger| {
        set_parameters(ledger, env(GOVERNANCE, after), Parameters::INITIAL)
    });
    ledger.closed(FIRST);
    set_budget(&mut ledger, env(GOVERNANCE, after), 1).unwrap();
}

#[test]
fn the_roster_holds_two_hundred_makers_and_a_place_that_is_free_is_used_again() {
    let mut ledger = connected();
    for seat in 0..u32::from(MAX_MAKERS) {
        ledger.designated(seat, START);
    }
    ledger.applied(1_000, START);
    ledger.refuses(IncentivesError::RosterFull, |ledger| accept(ledger, env(GOVERNANCE, START), 1_000));
    assert!(dismiss(&mut ledger, env(GOVERNANCE, START), 137).unwrap());
    accept(&mut ledger, env(GOVERNANCE, START), 1_000).unwrap();
    assert_eq!(ledger.makers[&1_000].slot, 137);
    assert_eq!(ledger.programme.unwrap().slots, MAX_MAKERS);
}

#[test]
fn a_maker_without_capital_is_suspended_by_anyone_and_resumes_himself() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.refuses(IncentivesError::CapitalSuffices, |ledger| suspend(ledger, env(STRANGER, START), 7));
    ledger.collateral.insert(7, CAPITAL - 1);
    ledger.suspended(7, START).unwrap();
    ledger.refuses(IncentivesError::WrongStatus, |ledger| suspend(ledger, env(STRANGER, START.later(DAY)), 7));
    ledger.refuses(IncentivesError::CapitalTooLow, |ledger| resume(ledger, env(owner(7), START), 7));
    ledger.collateral.insert(7, CAPITAL);
    ledger.refuses(IncentivesError::NotAuthorised, |ledger| resume(ledger, env(STRANGER, START), 7));
    resume(&mut ledger, env(owner(7), START), 7).unwrap();
    ledger.refuses(IncentivesError::WrongStatus, |ledger| resume(ledger, env(owner(7), START), 7));
}

#[test]
fn a_suspended_week_earns_nothing_and_the_weeks_around_it_do() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_000, START);
    for epoch in FIRST..FIRST + 4 {
        ledger.scores.insert((7, epoch), (100, FULL));
    }
    // Suspended and back within the second week, before the first is closed.
    ledger.collateral.insert(7, 0);
    ledger.suspended(7, end_of(FIRST)).unwrap();
    ledger.collateral.insert(7, CAPITAL);
    resume(&mut ledger, env(owner(7), end_of(FIRST).later(DAY)), 7).unwrap();
    for epoch in FIRST..FIRST + 3 {
        ledger.closed(epoch);
    }
    let rewarded: Vec<u64> = ledger.epochs.values().map(|epoch| epoch.rewarded).collect();
    assert_eq!(rewarded, [500, 0, 500]);
}

#[test]
fn two_suspensions_in_weeks_not_yet_closed_are_joined() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_000, START);
    for (epoch, day) in [(FIRST, 1), (FIRST + 1, 8)] {
        ledger.scores.insert((7, epoch), (100, FULL));
        ledger.collateral.insert(7, 0);
        ledger.suspended(7, START.later(day * DAY)).unwrap();
        ledger.collateral.insert(7, CAPITAL);
        resume(&mut ledger, env(owner(7), START.later(day * DAY + CURE_SECONDS)), 7).unwrap();
    }
    for epoch in [FIRST, FIRST + 1] {
        ledger.closed(epoch);
        assert_eq!(ledger.epochs[&epoch].rewarded, 0);
    }
}

#[test]
fn a_maker_who_gives_notice_earns_until_he_leaves() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_000, START);
    for epoch in FIRST..FIRST + 3 {
        ledger.scores.insert((7, epoch), (100, FULL));
    }
    let notice = START.later(DAY);
    ledger.refuses(IncentivesError::NotAuthorised, |ledger| exit(ledger, env(STRANGER, notice), 7));
    exit(&mut ledger, env(owner(7), notice), 7).unwrap();
    ledger.refuses(IncentivesError::WrongStatus, |ledger| exit(ledger, env(owner(7), notice), 7));
    assert!(ledger.closed(FIRST).is_empty());
    // Notice is over one day into the second week: its closing ends the designation.
    assert_eq!(ledger.closed(FIRST + 1), [7]);
    assert!(ledger.closed(FIRST + 2).is_empty());
    let rewarded: Vec<u64> = ledger.epochs.values().map(|epoch| epoch.rewarded).collect();
    assert_eq!(rewarded, [500, 500, 0]);
    // They keep what they have earned, and may apply again.
    assert_eq!(ledger.claimed(7, end_of(FIRST + 10)), Ok(1_000));
    ledger.applied(7, end_of(FIRST + 10));
}

#[test]
fn an_application_can_be_withdrawn_or_rejected() {
    let mut ledger = connected();
    ledger.applied(7, START);
    exit(&mut ledger, env(owner(7), START), 7).unwrap();
    assert_eq!(ledger.makers[&7].status, Status::Ended);
    ledger.applied(7, START);
    assert!(!dismiss(&mut ledger, env(GOVERNANCE, START), 7).unwrap());
    ledger.refuses(IncentivesError::WrongStatus, |ledger| dismiss(ledger, env(GOVERNANCE, START), 7));
    ledger.refuses(IncentivesError::NotAMaker, |ledger| dismiss(ledger, env(GOVERNANCE, START), 8));
}

#[test]
fn who_fails_three_full_weeks_loses_his_designation_and_what_is_not_due() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_200, START);
    ledger.scores.insert((7, FIRST), (100, FULL));
    ledger.scores.insert((7, FIRST + 2), (100, FULL));
    // Paid, failed, paid: the strike is forgotten. Then three failures.
    for epoch in FIRST..FIRST + 5 {
        assert!(ledger.closed(epoch).is_empty());
    }
    let before = ledger.programme.unwrap().owed;
    assert_eq!(before, 1_200);
    assert_eq!(ledger.closed(FIRST + 5), [7]);
    // The third week's later half has become due by then, all three thirds: nothing to forfeit.
    assert_eq!(ledger.programme.unwrap().owed, 1_200);
    assert_eq!(ledger.makers[&7].status, Status::Ended);
    assert_eq!(ledger.claimed(7, end_of(FIRST + 5)), Ok(1_200));
}

#[test]
fn a_dismissed_maker_forfeits_what_is_not_due_and_keeps_what_is() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_200, START);
    ledger.scores.insert((7, FIRST), (100, FULL));
    ledger.closed(FIRST);
    let now = end_of(FIRST).later(WEEK);
    // 600: half at once, a third of the other half a week later.
    assert!(dismiss(&mut ledger, env(GOVERNANCE, now), 7).unwrap());
    assert_eq!(ledger.programme.unwrap().owed, 400);
    assert_eq!(ledger.claimed(7, now), Ok(400));
    assert_eq!(ledger.claimed(7, now.later(10 * WEEK)), Err(IncentivesError::NothingDue));
}

#[test]
fn who_gives_notice_needs_the_capital_until_the_end() {
    let mut ledger = connected();
    for seat in [7, 8] {
        ledger.designated(seat, START);
    }
    ledger.budget(1_000_000, START);
    exit(&mut ledger, env(owner(7), START.later(1)), 7).unwrap();
    ledger.refuses(IncentivesError::CapitalSuffices, |ledger| suspend(ledger, env(STRANGER, START.later(2)), 7));
    ledger.collateral.insert(7, CAPITAL - 1);
    ledger.suspended(7, START.later(2)).unwrap();
    assert_eq!(ledger.makers[&7].status, Status::Leaving, "on the way out all the same");
    ledger.refuses(IncentivesError::WrongStatus, |ledger| suspend(ledger, env(STRANGER, START.later(DAY)), 7));
    for epoch in [FIRST, FIRST + 1] {
        for seat in [7, 8] {
            ledger.scores.insert((seat, epoch), (1_000_000, FULL));
        }
        ledger.closed(epoch);
    }
    let maker = ledger.makers[&7];
    assert_eq!((maker.due(end_of(FIRST + 1)), maker.vesting(end_of(FIRST + 1)), maker.status), (0, 0, Status::Ended));
    assert!(ledger.makers[&8].due(end_of(FIRST + 1)) > 0);
}

#[test]
fn who_has_the_capital_back_within_the_notice_is_paid_for_what_is_left_of_it() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.budget(1_000_000, START);
    exit(&mut ledger, env(owner(7), START.later(DAY)), 7).unwrap();
    ledger.collateral.insert(7, 0);
    ledger.suspended(7, START.later(2 * DAY)).unwrap();
    ledger.refuses(IncentivesError::CapitalTooLow, |ledger| resume(ledger, env(owner(7), START.later(2 * DAY)), 7));
    ledger.collateral.insert(7, CAPITAL);
    resume(&mut ledger, env(owner(7), START.later(3 * DAY)), 7).unwrap();
    assert_eq!(ledger.makers[&7].status, Status::Leaving);
    ledger.refuses(IncentivesError::WrongStatus, |ledger| resume(ledger, env(owner(7), START.later(3 * DAY)), 7));
    for epoch in [FIRST, FIRST + 1] {
        ledger.scores.insert((7, epoch), (1_000_000, FULL));
    }
    ledger.closed(FIRST);
    assert_eq!(ledger.makers[&7].due(end_of(FIRST)), 0, "the week of the suspension");
    ledger.closed(FIRST + 1);
    assert!(ledger.makers[&7].due(end_of(FIRST + 1)) > 0);
}

#[test]
fn a_maker_who_lacks_capital_is_warned_and_has_an_hour() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.collateral.insert(7, CAPITAL - 1);
    let before = ledger.makers[&7];
    suspend(&mut ledger, env(STRANGER, START), 7).unwrap();
    assert_eq!(ledger.makers[&7], Maker { warned_at: START, ..before });
    let hour = START.later(CURE_SECONDS);
    assert_eq!(ledger.events.last(), Some(&Event::CapitalShort { seat: 7, cure_until: hour }));
    for second in [0, 1, CURE_SECONDS - 1] {
        let now = START.later(second);
        ledger.refuses(IncentivesError::CurePeriod, |ledger| suspend(ledger, env(STRANGER, now), 7));
    }
    ledger.collateral.insert(7, CAPITAL);
    ledger.refuses(IncentivesError::CapitalSuffices, |ledger| suspend(ledger, env(STRANGER, hour), 7));
    ledger.refuses(IncentivesError::WrongStatus, |ledger| resume(ledger, env(owner(7), hour), 7));
    ledger.collateral.insert(7, CAPITAL - 1);
    suspend(&mut ledger, env(STRANGER, hour), 7).unwrap();
    let maker = ledger.makers[&7];
    assert_eq!((maker.status, maker.unpaid_from, maker.warned_at), (Status::Suspended, FIRST, Seconds::ZERO));
    assert_eq!(ledger.events.last(), Some(&Event::Suspended { seat: 7 }));
}

#[test]
fn a_warning_counts_for_two_hours_and_a_half() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.collateral.insert(7, 0);
    suspend(&mut ledger, env(STRANGER, START), 7).unwrap();
    let end = START.later(WARNING_SECONDS);
    let mut last = ledger.clone();
    suspend(&mut last, env(STRANGER, Seconds(end.0 - 1)), 7).unwrap();
    assert_eq!(last.makers[&7].status, Status::Suspended);
    // A second later, or a week, it is a first one again.
    for now in [end, end.later(WEEK)] {
        let mut later = ledger.clone();
        assert_eq!(later.makers[&7].warning(now), None);
        suspend(&mut later, env(STRANGER, now), 7).unwrap();
        assert_eq!((later.makers[&7].status, later.makers[&7].warned_at), (Status::Designated, now));
        later.refuses(IncentivesError::CurePeriod, |ledger| suspend(ledger, env(STRANGER, now.later(1)), 7));
    }
}

/// From noon until the books have opened at two minutes past two nobody is looked at.
#[test]
fn nobody_is_looked_at_while_books_collect() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.collateral.insert(7, 0);
    let (noon, opened) = (START.later(DAY / 2), START.later(DAY / 2 + 2 * 3_600 + 120));
    for now in [noon, Seconds(opened.0 - 1)] {
        ledger.refuses(IncentivesError::CurePeriod, |ledger| suspend(ledger, env(STRANGER, now), 7));
    }
    for now in [Seconds(noon.0 - 1), opened] {
        let mut ledger = ledger.clone();
        suspend(&mut ledger, env(STRANGER, now), 7).unwrap();
        assert_eq!(ledger.makers[&7].warned_at, now);
    }
}

/// Somebody looks for two minutes after each print, however late it is settled before midnight, and the capital is
/// missing in these minutes alone.
#[test]
fn what_winners_wait_for_on_two_days_suspends_nobody() {
    let noon = DAY / 2;
    for first in (noon..DAY).step_by(600) {
        let mut ledger = connected();
        ledger.designated(7, START);
        ledger.collateral.insert(7, CAPITAL * 9 / 10);
        for settled in [first, DAY + noon, 2 * DAY + noon] {
            for second in [0, 60, 119] {
                let _ = suspend(&mut ledger, env(STRANGER, START.later(settled + second)), 7);
            }
            assert_eq!(ledger.makers[&7].status, Status::Designated, "settled at {first} and {settled}");
        }
    }
}

/// A maker takes the capital away for a week and has a friend send the message whenever that renews the warning:
/// whoever looks for them every quarter of an hour has them suspended within three hours and a half: an hour, and the
/// two from noon on in which nobody is looked at.
#[test]
fn who_takes_the_capital_away_is_suspended_by_two_messages_whoever_warns_before() {
    for looks in (0..3 * DAY).step_by(900) {
        let mut ledger = connected();
        ledger.designated(7, START);
        ledger.collateral.insert(7, 0);
        for second in (0..looks).step_by(60) {
            let now = START.later(second);
            if ledger.makers[&7].warning(now).is_none() {
                let _ = suspend(&mut ledger, env(owner(7), now), 7);
            }
        }
        for more in (0..=14).map(|quarter| 900 * quarter) {
            let _ = suspend(&mut ledger, env(STRANGER, START.later(looks + more)), 7);
        }
        assert_eq!(ledger.makers[&7].status, Status::Suspended, "who looks after {looks} seconds");
    }
}

#[test]
fn a_warning_ends_with_the_designation() {
    let mut ledger = connected();
    ledger.designated(7, START);
    ledger.collateral.insert(7, 0);
    suspend(&mut ledger, env(STRANGER, START), 7).unwrap();
    assert!(dismiss(&mut ledger, env(GOVERNANCE, START), 7).unwrap());
    ledger.designated(7, START);
    ledger.collateral.insert(7, 0);
    suspend(&mut ledger, env(STRANGER, START.later(CURE_SECONDS)), 7).unwrap();
    assert_eq!(ledger.makers[&7].status, Status::Designated);
}
