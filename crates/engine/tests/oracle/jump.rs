//! A price that jumps passes within the confirmation time; an error does not pass at all.

use super::*;

const TODAY: Day = Day(START.0 + 2);
const TOMORROW: Day = Day(START.0 + 3);
/// All vendors cut by 60 %.
const CUT: [Quote; 5] = [Quote { input: 800_000, output: 800_000, volume: 10 }; 5];
const USUAL: [Quote; 5] = [Quote { input: 2_000_000, output: 2_000_000, volume: 10 }; 5];

#[test]
fn the_first_print_needs_a_second_day() {
    let mut story = Story::begin(Rules::TPI, 3, 5);
    assert_eq!(latest(&story.chain, TPI), Err(OracleError::NoPrint));
    assert_eq!(story.day(START, &USUAL), Ok(Validity::NeedsConfirmation));
    assert_eq!((story.price_on(START), story.validity()), (None, Validity::Invalid));
    assert_eq!(story.day(Day(START.0 + 1), &USUAL), Ok(Validity::Valid));
    assert_eq!((story.price_on(START), story.price_on(Day(START.0 + 1))), (Some(2_000_000), Some(2_000_000)));
    assert_eq!((story.chain.state(TPI).sequence, story.validity()), (2, Validity::Valid));
    assert_eq!(latest(&story.chain, TPI).map(|print| (print.day, print.price)), Ok((Day(START.0 + 1), 2_000_000)));
}

#[test]
fn one_vendors_cut_of_60_percent_passes_at_once() {
    let mut story = Story::live();
    let mut quotes = USUAL;
    quotes[0] = CUT[0];
    assert_eq!(story.day(TODAY, &quotes), Ok(Validity::Valid));
    assert_eq!(story.price_on(TODAY), Some(1_760_000)); // 2.00 - 1.20 / 5
}

#[test]
fn a_cut_of_60_percent_by_all_passes_after_the_delay_on_the_same_day() {
    let mut story = Story::live();
    assert_eq!(story.day(TODAY, &CUT), Ok(Validity::NeedsConfirmation));
    assert_eq!((story.price_on(TODAY), story.validity()), (None, Validity::NeedsConfirmation));
    assert_eq!(latest(&story.chain, TPI).map(|print| print.price), Ok(2_000_000));
    assert_eq!(story.publish(TODAY), Err(OracleError::AwaitingConfirmation));
    story.now = story.now.later(4 * 3_600 - 1);
    assert_eq!(story.publish(TODAY), Err(OracleError::AwaitingConfirmation));
    story.now = story.now.later(1);
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    assert_eq!((story.price_on(TODAY), story.validity()), (Some(800_000), Validity::Valid));
    assert_eq!(story.publish(TODAY), Err(OracleError::AlreadyPublished));
}

#[test]
fn the_next_day_confirms_it_too_and_both_days_are_printed() {
    let mut story = Story::live();
    assert_eq!(story.day(TODAY, &CUT), Ok(Validity::NeedsConfirmation));
    let mut nearly = CUT;
    nearly[0] = at(900_000, 10);
    assert_eq!(story.day(TOMORROW, &nearly), Ok(Validity::Valid));
    assert_eq!((story.price_on(TODAY), story.price_on(TOMORROW)), (Some(800_000), Some(820_000)));
    assert_eq!(story.chain.state(TPI).sequence, 4);
}

#[test]
fn a_confirmation_that_comes_too_late_for_the_day_prints_only_itself() {
    let mut story = Story::live();
    assert_eq!(story.day(TODAY, &CUT), Ok(Validity::NeedsConfirmation));
    let later = Day(TODAY.0 + SUBMISSION_DAYS);
    assert_eq!(story.day(later, &CUT), Ok(Validity::Valid));
    assert_eq!((story.price_on(TODAY), story.price_on(later)), (None, Some(800_000)));
}

#[test]
fn an_error_that_is_gone_the_next_day_leaves_a_gap_and_no_trace_in_the_price() {
    let mut story = Story::live();
    assert_eq!(story.day(TODAY, &CUT), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.day(TOMORROW, &USUAL), Ok(Validity::Valid));
    assert_eq!((story.price_on(TODAY), story.price_on(TOMORROW)), (None, Some(2_000_000)));
    assert_eq!(story.publish(TODAY), Err(OracleError::AlreadyPublished));
    assert_eq!(story.validity(), Validity::Valid);
}

#[test]
fn a_different_jump_confirms_nothing() {
    let mut story = Story::live();
    assert_eq!(story.day(TODAY, &CUT), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.day(TOMORROW, &[at(6_000_000, 10); 5]), Ok(Validity::NeedsConfirmation));
    assert_eq!((story.price_on(TODAY), story.price_on(TOMORROW)), (None, None));
}

#[test]
fn a_captured_majority_has_to_hold_through_the_delay() {
    let mut story = Story::live();
    story.to(TODAY, 15 * 3_600);
    for number in 0..5 {
        story.submit(reporter(number), TODAY, if number < 3 { &CUT } else { &USUAL }).unwrap();
    }
    assert_eq!(story.publish(TODAY), Ok(Validity::NeedsConfirmation));
    story.send(GOVERNANCE, |chain, env| remove_reporter(chain, env, TPI, reporter(0))).unwrap();
    // Two against two: the lower median is still the cut, but no quorum stands behind it.
    story.now = story.now.later(4 * 3_600);
    assert_eq!(story.publish(TODAY), Err(OracleError::AwaitingConfirmation));
    story.send(GOVERNANCE, |chain, env| remove_reporter(chain, env, TPI, reporter(1))).unwrap();
    assert_eq!(story.publish(TODAY), Ok(Validity::Valid));
    assert_eq!(story.price_on(TODAY), Some(2_000_000));
}

#[test]
fn an_impossible_move_is_a_warning_that_the_next_good_day_clears() {
    let mut story = Story::live();
    assert_eq!(story.day(TODAY, &[at(2_000, 10); 5]), Ok(Validity::Invalid));
    assert_eq!((story.price_on(TODAY), story.validity()), (None, Validity::Invalid));
    assert_eq!(story.publish(TODAY), Err(OracleError::ImplausibleMove));
    // Agreeing with it does not help.
    assert_eq!(story.day(TOMORROW, &[at(2_000, 10); 5]), Ok(Validity::Invalid));
    assert_eq!(story.day(Day(TOMORROW.0 + 1), &USUAL), Ok(Validity::Valid));
    assert_eq!(story.validity(), Validity::Valid);
}

#[test]
fn a_price_grows_stale() {
    let mut story = Story::live();
    let published_at = latest(&story.chain, TPI).unwrap().published_at;
    story.now = published_at.later(3 * DAY);
    assert_eq!(story.validity(), Validity::Valid);
    story.now = published_at.later(3 * DAY + 1);
    assert_eq!(story.validity(), Validity::Invalid);
}

#[test]
fn new_rules_of_pricing_put_the_index_on_probation() {
    let mut story = Story::live();
    let wider = Rules { cap_bps: 4_000, ..Rules::TPI };
    story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, wider)).unwrap();
    assert_eq!(story.validity(), Validity::NeedsConfirmation);
    assert_eq!(story.day(TODAY, &USUAL), Ok(Validity::NeedsConfirmation));
    assert_eq!(story.day(TOMORROW, &USUAL), Ok(Validity::Valid));
    assert_eq!(story.validity(), Validity::Valid);
    // Rules of settlement do not touch the price.
    let longer = Rules { window_days: 10, ..wider };
    story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, longer)).unwrap();
    assert_eq!(story.validity(), Validity::Valid);
}

#[test]
fn rules_of_what_happens_after_the_print_put_no_index_on_probation() {
    let after_the_print = [
        Rules { max_staleness: 2 * DAY, ..Rules::TPI },
        Rules { window_days: 6, ..Rules::TPI },
        Rules { max_gaps: 1, ..Rules::TPI },
        Rules { lock_delay: 7_200, ..Rules::TPI },
        Rules { dispute_delay: 2 * DAY, ..Rules::TPI },
        Rules { fallback_delay: 11 * DAY, ..Rules::TPI },
    ];
    for rules in after_the_print {
        let mut story = Story::live();
        story.send(GOVERNANCE, |chain, env| set_index(chain, env, TPI, rules)).unwrap();
        assert_eq!(story.validity(), Validity::Valid, "{rules:?}");
        assert_eq!(story.day(TODAY, &USUAL), Ok(Validity::Valid), "{rules:?}");
    }
}
