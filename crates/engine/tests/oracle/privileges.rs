//! What only governance may do, and the bounds of what it may set.

use super::*;

#[test]
fn nobody_but_governance_changes_anything() {
    let mut story = Story::live();
    for caller in [reporter(0), [0; 20], [0xEE; 20]] {
        let refused = [
            story.send(caller, |chain, env| set_index(chain, env, TPI, Rules::TPI)),
            story.send(caller, |chain, env| set_provider(chain, env, TPI, 0, 1_000)),
            story.send(caller, |chain, env| add_reporter(chain, env, TPI, caller)),
            story.send(caller, |chain, env| remove_reporter(chain, env, TPI, caller)),
            story.send(caller, |chain, env| dispute(chain, env, TPI, START)).map(|_| ()),
            story.send(caller, |chain, env| resolve(chain, env, TPI, START, 0)).map(|_| ()),
        ];
        assert_eq!(refused, [Err(OracleError::NotAuthorised); 6]);
    }
}

#[test]
fn rules_out_of_bounds_or_crossed_are_refused() {
    let good = Rules::TPI;
    assert_eq!(good.check(), Ok(()));
    let bad = [
        Rules { blend_input: 101, ..good },
        Rules { blend_input: 0, blend_output: 0, ..good },
        Rules { reference_score: 0, ..good },
        Rules { cap_bps: 0, ..good },
        Rules { cap_bps: 10_001, ..good },
        Rules { cap_bps: 2_499, ..good }, // four providers could not fill it
        Rules { min_providers: 3, ..good },
        Rules { min_providers: 17, ..good },
        Rules { min_reporters: 2, ..good },
        Rules { min_reporters: 17, ..good },
        Rules { opens: DAY, ..good },
        Rules { opens: 11 * 3_600, ..good },
        Rules { opens: 12 * 3_600 + 1, ..good },
        Rules { closes: DAY + 1, ..good },
        Rules { max_staleness: 3_599, ..good },
        Rules { screen_ratio: 9_999, ..good },
        Rules { max_dispersion: 0, ..good },
        Rules { confirm_above: 10_000, ..good },
        Rules { reject_above: good.confirm_above, ..good },
        Rules { reject_above: 1_000_001, ..good },
        Rules { confirm_delay: 0, ..good },
        Rules { window_days: 0, max_gaps: 0, ..good },
        Rules { window_days: 33, ..good },
        Rules { max_gaps: good.window_days, ..good },
        Rules { lock_delay: u32::MAX, ..good },
        Rules { dispute_delay: 0, ..good },
        Rules { fallback_delay: 0, ..good },
    ];
    let mut story = Story::live();
    for rules in bad {
        let refused = story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, rules));
        assert_eq!(refused, Err(OracleError::BadRules), "{rules:?}");
    }
}

#[test]
fn the_scale_of_a_live_index_stays() {
    let other = Rules { blend_output: 2, ..Rules::TPI };
    let mut young = Story::begin(Rules::TPI, 3, 5);
    assert_eq!(young.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, other)), Ok(()));
    let mut live = Story::live();
    let refused = live.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, other));
    assert_eq!(refused, Err(OracleError::ScaleIsFixed));
}

#[test]
fn a_quorum_is_more_than_two_thirds_of_the_reporters() {
    // Of so many, fewer than a third can be missing, and of those who are there fewer than half can be wrong.
    for (registered, quorum) in [(3, 3), (4, 3), (5, 4), (6, 5), (7, 5), (9, 7), (12, 9), (16, 11)] {
        assert_eq!(Reporters::quorum_of(registered, 3), quorum);
        assert!(quorum * 3 > registered * 2 && (registered - quorum) * 3 < registered + 3);
        assert_eq!(Reporters::quorum_of(registered, 16), 16, "rules may ask for more");
    }
    let mut story = Story::live();
    let again = story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(0)));
    assert_eq!(again, Err(OracleError::AlreadyReporter));
    for number in 5..16 {
        story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(number))).unwrap();
    }
    let more = story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(16)));
    assert_eq!(more, Err(OracleError::TooManyReporters));
}

#[test]
fn what_a_removed_reporter_sent_does_not_pass_to_his_successor() {
    let mut story = Story::live();
    let today = Day(START.0 + 2);
    story.to(today, 15 * 3_600);
    story.submit(reporter(0), today, &[at(1, 1); 5]).unwrap();
    story.send(GOVERNANCE, |chain, env| remove_reporter(chain, env, TPI, reporter(0))).unwrap();
    story.send(GOVERNANCE, |chain, env| add_reporter(chain, env, TPI, reporter(9))).unwrap();
    assert_eq!(story.chain.reporters(TPI).place_of(reporter(9)), Some(0));
    for number in [1, 2] {
        story.submit(reporter(number), today, &[at(2_000_000, 1); 5]).unwrap();
    }
    assert_eq!(story.publish(today), Err(OracleError::QuorumMissing));
    assert_eq!(story.submit(reporter(9), today, &[at(2_000_000, 1); 5]), Ok(()));
    assert_eq!(story.submit(reporter(0), today, &[at(2_000_000, 1); 5]), Err(OracleError::UnknownReporter));
    let gone = story.send(GOVERNANCE, |chain, env| remove_reporter(chain, env, TPI, reporter(0)));
    assert_eq!(gone, Err(OracleError::UnknownReporter));
}
